"""What one channel or column carries, told by its type, its label and its unit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from gazeapp.gaze.channels.unit import Unit, parse_unit

What = Literal["gaze", "valid", "lost", "confidence", "pupil", "place", "other"]
"""gaze: a point looked at, on a flat surface. place: a point in space. lost: a flag that gaze is *not* there."""
Frame = Literal["screen", "world", "picture"]
"""What a point counts from: the screen, the picture of a scene camera, or a picture or media on the screen."""
Side = Literal["left", "right", "both"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One channel of a stream or one column of a table; what its source does not say is empty."""

    label: str
    kind: str = ""
    """LSL's key `type` (or `metatype`): ScreenX, Diameter, Confidence, …"""
    unit: str = ""
    eye: str = ""
    """left, right, both."""
    frame: str = ""
    """LSL's key `coordinate_system`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a channel carries."""

    what: What
    eye: Side
    axis: str
    """x, y, z; empty for what has no axis."""
    stem: tuple[str, ...]
    """The label's words without the axis: the axes of one point share them."""
    unit: Unit
    frame: Frame
    rank: int
    """Which of several points is to be preferred."""
    by_type: bool
    """Whether the channel's type said so; else its label."""


_WORDS = frozenset(
    [
        "left",
        "right",
        "gaze",
        "eye",
        "eyes",
        "point",
        "pos",
        "position",
        "pupil",
        "screen",
        "raw",
        "avg",
        "average",
        "diam",
        "diameter",
        "size",
        "psize",
        "area",
        "valid",
        "validity",
        "val",
        "x",
        "y",
        "z",
        "px",
        "norm",
        "pixels",
        "mm",
        "cm",
        "deg",
        "adcs",
        "dacs",
        "mcs",
        "por",
        "pog",
        "fpog",
        "bpog",
        "pmm",
        "pd",
        "ps",
        "pv",
        "pc",
        "fix",
        "fixation",
        "time",
        "stamp",
        "timestamp",
        "display",
        "regard",
        "scaled",
        "smooth",
        "smoothed",
        "filtered",
        "corrected",
        "cyclopean",
        "binocular",
        "mean",
        "both",
        "2d",
        "3d",
        "dm",
        "state",
        "origin",
        "confidence",
        "coord",
        "coords",
        "loc",
        "location",
        "timestamps",
        "horizontal",
        "vertical",
    ]
)
_CUT = sorted(_WORDS | {"l", "r"}, key=len, reverse=True)

# words after which a point is no gaze on a surface
_NOT_GAZE = frozenset(
    [
        "reflex",
        "cr",
        "glint",
        "trackbox",
        "track",
        "camera",
        "cam",
        "center",
        "centre",
        "pc",
        "normal",
        "normals",
        "direction",
        "velocity",
        "vel",
        "acceleration",
        "accel",
        "href",
        "head",
        "target",
        "tar",
        "mouse",
        "cursor",
        "stimulus",
        "presented",
        "media",
        "aoi",
        "per",
        "degree",
        "resolution",
        "rotation",
        "ellipse",
        "circle",
        "diameter",
        "diam",
        "size",
        "psize",
        "area",
        "target_x",
        "button",
        "trial",
        "event",
        "click",
        "quaternion",
        "gyro",
        "gyroscope",
        "accelerometer",
        "euler",
        "rot",
        "yaw",
        "pitch",
        "roll",
        "vergence",
        "intersection",
        "hit",
        "bounding",
        "bbox",
        "width",
        "height",
        "optical",
        "axis",
        "dispersion",
        "amplitude",
        "saccade",
        "start",
        "end",
        "std",
        "sd",
        "rms",
        "error",
        "offset",
        "translation",
        "eyeball",
        "azimuth",
        "elevation",
        "deviation",
        "landmark",
        "keypoint",
        "face",
        "user",
        "ucs",
        "image_width",
        "projected",
        "forward",
        "vector",
        "ray",
        "hmd",
    ]
)
_BLINK = frozenset(["blink", "blinking", "blinkflag", "isblink", "inblink", "bkid"])
_ABOUT_BLINKS = frozenset(
    [
        "duration",
        "dur",
        "rate",
        "count",
        "number",
        "per",
        "since",
        "start",
        "end",
        "time",
        "frequency",
        "interval",
        "last",
        "next",
        "onset",
        "offset",
        "confidence",
        "probability",
        "index",
    ]
)
"""What is told of blinks, and is no flag."""
_PUPIL = frozenset(["pupil", "diam", "diameter", "psize", "pmm", "pd"])
_WORLD = frozenset(["world", "scene", "video", "egocentric"])
_PICTURE = frozenset(["mcs", "media", "reference"])
_SCREEN_WORDS = frozenset(["screen", "display", "adcs", "dacs", "surface", "monitor"])
_GAZE_WORDS = frozenset(["gaze", "por", "pog", "bpog", "regard", "eye", "eyes"])
_AXIS = {"x": "x", "y": "y", "z": "z", "horizontal": "x", "vertical": "y"}
_INDEX = {"0": "x", "1": "y", "2": "z"}
_BRACKET = re.compile(r"[\[(]([^\[\]()]+)[\])]\s*$")
"""A unit behind a label, as tables write it."""
_KIND_AXIS = re.compile(r"(screen|gaze|pupil|position|direction|intersection|reflex|diameter|origin)[_ ]?([xyz])")


def meaning_of(channel: Channel) -> Meaning:
    """What a channel carries.

    >>> meaning_of(Channel(label="leftEyeX")).what, meaning_of(Channel(label="leftEyeX")).eye
    ('gaze', 'left')
    >>> meaning_of(Channel(label="left_gaze_origin_in_user_coordinate_system_0")).what
    'place'
    """
    bracket = _BRACKET.search(channel.label)
    told = parse_unit(bracket[1]) if bracket else "unknown"
    label = channel.label[: bracket.start()] if bracket and told != "unknown" else channel.label
    words = label_words(label)
    kind = re.sub(r"[\s_]", "", channel.kind.lower())
    axis, stem = _axis(words)
    unit = parse_unit(channel.unit)
    if unit == "unknown":
        unit = told
    if unit == "unknown":
        unit, stem = _unit_in_label(channel.label, stem)
    else:
        stem = _unit_in_label(channel.label, stem)[1]
    typed = _KIND_AXIS.fullmatch(kind)
    if typed:
        axis = typed[2]
    what, by_type = _what(kind, words, axis, unit, typed, channel)
    return Meaning(
        what=what,
        eye=_eye(channel, words),
        axis=axis if what in ("gaze", "place") else "",
        stem=stem,
        unit=unit,
        frame=_frame(channel, words),
        rank=_rank(words),
        by_type=by_type,
    )


@lru_cache(maxsize=4096)
def label_words(label: str) -> tuple[str, ...]:
    """The words of a label, lower case: camelCase, underscores and run-together words are taken apart.

    >>> label_words("GazePointLeftX (ADCSpx)")
    ('gaze', 'point', 'left', 'x', 'adcs', 'px')
    >>> label_words("LPOGX"), label_words("Lrawx")
    (('l', 'pog', 'x'), ('l', 'raw', 'x'))
    """
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", re.sub(r"(?i)(pog)(?=v\b)", r"\1 ", label))
    words: list[str] = []
    for word in re.findall(r"\d+d|\d+|[a-zµμ°%]+", apart.lower()):
        words += [word] if word in _WORDS else _segments(word) or [word]
    return tuple(words)


def _segments(word: str) -> list[str]:
    """A run-together word as words that are known; empty where it is not made of them."""
    if not word:
        return []
    for known in _CUT:
        if word.startswith(known):
            if len(known) == len(word):
                return [known]
            rest = _segments(word[len(known) :])
            if rest:
                return [known, *rest]
    return []


def _axis(words: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    for index in range(len(words) - 1, -1, -1):
        if words[index] in _AXIS:
            return _AXIS[words[index]], words[:index] + words[index + 1 :]
    if len(words) > 1 and words[-1] in _INDEX and not words[-2].isdigit() and words[-2] not in ("eye", "diameter"):
        return _INDEX[words[-1]], words[:-1]
    return "", words


_UNIT_WORDS: dict[str, Unit] = {
    "px": "pixels",
    "pixel": "pixels",
    "pixels": "pixels",
    "norm": "normalised",
    "normalized": "normalised",
    "normalised": "normalised",
    "mm": "mm",
    "cm": "cm",
    "m": "m",
    "deg": "degrees",
    "degrees": "degrees",
    "dva": "degrees",
    "percent": "percent",
}


def _unit_in_label(label: str, stem: tuple[str, ...]) -> tuple[Unit, tuple[str, ...]]:
    unit: Unit = "unknown"
    rest = []
    for word in stem:
        if word in _UNIT_WORDS and not (word == "norm" and "pos" in stem and label.lower().startswith("norm_pos")):
            unit = _UNIT_WORDS[word]
        else:
            rest.append(word)
    lowered = label.lower()
    if unit == "unknown" and (
        "on_display_area" in lowered
        or "norm_pos" in lowered
        or "on display area" in lowered
        or "fpog" in lowered
        or re.search(r"(^|[^a-z])[lrbf]pog[xy]", lowered)
    ):
        unit = "normalised"
    return unit, tuple(rest)


def _eye(channel: Channel, words: tuple[str, ...]) -> Side:
    said = channel.eye.lower()
    for side in ("left", "right"):
        if said.startswith(side):
            return "left" if side == "left" else "right"
    if "left" in words or (said == "" and "l" in words):
        return "left"
    if "right" in words or (said == "" and "r" in words):
        return "right"
    return "both"


def _frame(channel: Channel, words: tuple[str, ...]) -> Frame:
    if channel.frame.lower() in ("world", "scene", "camera", "scene camera", "video") or _WORLD & set(words):
        return "world"
    if _PICTURE & set(words):
        return "picture"
    return "screen"


def _what(
    kind: str, words: tuple[str, ...], axis: str, unit: Unit, typed: re.Match[str] | None, channel: Channel
) -> tuple[What, bool]:
    have = set(words)
    if typed:
        if typed[1] in ("screen", "gaze") and axis != "z":
            return "gaze", True
        in_mm = unit == "mm" and "center" not in have and "trackbox" not in have and "track" not in have
        return ("place" if typed[1] in ("pupil", "origin") and in_mm else "other"), True
    if (
        have & {"valid", "validity"}
        or kind in ("validflag", "validity", "valid")
        or words[-1:] == ("v",)
        or words[-1:] == ("val",)
    ):
        # of the gaze, not of the pupil, of where the eye is, or of how far it is open
        about_gaze = not have & {"pupil", "origin", "openness", "available", "pv", "ps"} and kind != "availableflag"
        return ("valid" if about_gaze else "other"), kind.startswith("valid")
    if have & _BLINK and not have & _ABOUT_BLINKS:
        return "lost", False
    if have & {"confidence"} or kind == "confidence":
        return "confidence", kind == "confidence"
    if axis:
        if have & {"origin"} or (have >= {"eye", "3d"}) or (have >= {"eye", "position"} and unit == "mm"):
            return ("other" if have & {"trackbox", "track", "center", "centre"} else "place"), False
        if have & (_NOT_GAZE - ({"area"} if "display" in have else set())) or have & {
            "pupil",
            "3d",
            "system",
            "openness",
        }:
            return "other", False
        if have & {"angle", "angles"} and unit != "degrees":
            return "other", False  # of the eye in the head, often in radians
        if have & {"time", "timestamp", "stamp", "fpog"} and "fpog" not in have:
            return "other", False
        return "gaze", False
    if kind in ("diameter", "pupilsize", "pupildiameter") or have & _PUPIL:
        unfit = have & {"2d", "state", "detected", "origin"} or kind.startswith("reflex")
        return ("other" if unfit else "pupil"), kind in ("diameter", "pupilsize", "pupildiameter")
    return "other", False


def _rank(words: tuple[str, ...]) -> int:
    have = set(words)
    rank = 0
    if have & _SCREEN_WORDS:
        rank += 8
    if have & _GAZE_WORDS:
        rank += 4
    if have & {"raw"}:
        rank -= 1
    if have & {"avg", "average", "smooth", "smoothed", "filtered", "mean"}:
        rank -= 2
    if have & {"fix", "fixation", "fpog"}:
        rank -= 6  # what a tracker's own filter made of gaze
    return rank
