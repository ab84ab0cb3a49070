"""Which channel of a stream, or column of a table, holds which part of gaze."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from gazeapp.errors import Unsupported
from gazeapp.gaze.channels.meaning import Channel, Meaning, meaning_of
from gazeapp.gaze.channels.unit import Origin, Unit, usual_origin
from gazeapp.gaze.samples import Eyes

ROLES = ("x", "y", "valid", "lost", "confidence", "pupil", "origin_x", "origin_y", "origin_z")
"""What a column may hold, alone or after `left_` or `right_`."""
WORLD = (
    "its gaze counts in the picture of a scene camera, not on the screen: map it onto the screen first (Pupil: "
    "a surface; Neon: the "
    "marker mapper), or say coordinates=screen if it does lie on the screen"
)
PICTURE = (
    "its gaze counts in the picture or media that was shown, not on the screen: export display coordinates, or say "
    "coordinates=screen if the picture filled the screen"
)
_UNIT_ORDER: tuple[Unit, ...] = (
    "pixels",
    "normalised",
    "degrees",
    "mm",
    "cm",
    "m",
    "percent",
    "height",
    "norm",
    "unknown",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GazeLayout:
    """Which column holds what, and in which unit."""

    eyes: Eyes
    columns: dict[str, int]
    """Role → column; roles are `left_x`, `right_pupil`, …; a cyclopean point is kept as left."""
    unit: Unit
    origin: Origin
    pupil_in_mm: bool | None
    """None: a diameter whose unit only its values can tell."""
    found_by: str
    """ "type", "label", "order" or "options": how sure one may be."""
    unit_by_person: bool = False
    origin_is_known: bool = False
    """Whether label, unit or a person told the origin; else it is the usual one."""
    valid_below: float | None = None
    """Validity is a code of trouble, of which up to this one is gaze; None: 1 is gaze."""
    notes: tuple[str, ...] = ()
    """What was assumed in finding the columns."""

    def with_valid_below(self, limit: float) -> GazeLayout:
        """The same, with validity as a code of trouble."""
        return replace(self, valid_below=limit)


_FILTERED = -3
"""Points of a lower rank are fixations of the tracker's own filter."""
_GAZE_TYPES = frozenset(
    [
        "gaze",
        "eyegaze",
        "eye",
        "eyes",
        "eyetracker",
        "eyetracking",
        "et",
        "pog",
        "gazedata",
        "gazestream",
        "gazeposition",
        "gazepositions",
    ]
)


def is_gaze_type(kind: str) -> bool:
    """Whether the type of a stream says that it carries gaze.

    >>> is_gaze_type("Eye Tracker"), is_gaze_type("eye-gaze"), is_gaze_type("EEG")
    (True, True, False)
    """
    return re.sub(r"[^a-z]", "", kind.lower()) in _GAZE_TYPES


def recognise_layout(
    channels: Sequence[Channel],
    *,
    title: str = "",
    unit: str = "",
    origin: str = "",
    columns: str = "",
    coordinates: str = "",
    how: str = "--option",
) -> GazeLayout:
    """Find gaze among channels.

    Args:
        channels: Of a stream or a table, in order.
        title: What it is called, for messages.
        unit: A person's word: one of `UNITS`.
        origin: A person's word: one of `ORIGINS`.
        columns: A person's word: `left_x:0,left_y:1,right_x:3,right_y:4` (or `x:0,y:1`); columns by number or name.
        coordinates: "screen" where a person says that what looks like a scene camera's gaze lies on the screen.
        how: The option that answers a question, for messages.

    Raises:
        Unsupported: No gaze can be found, or it is not on the screen; the channels are listed.
    """
    notes: list[str] = []
    if columns:
        found, by = parse_columns(columns, [c.label for c in channels]), "options"
        found.pop("time", None)
        frames = {meaning_of(channels[column]).frame for role, column in found.items() if role.endswith(("_x", "_y"))}
        if "world" in frames and coordinates != "screen":
            raise Unsupported(f"{title}: {WORLD.replace('say ', f'say {how} ')}", found=tuple(channels))
    else:
        found, by = _find(channels, title, coordinates, how, notes)
    eyes = _eyes(found)
    if eyes is None:
        listed = ", ".join(f"{i}: {c.label or c.kind or 'unnamed'}" for i, c in enumerate(channels))
        raise Unsupported(
            f"{title}: no gaze found among its channels ({listed}); say where it is with "
            f"{how} columns=left_x:0,left_y:1,right_x:2,right_y:3 (or x:0,y:1)",
            found=tuple(channels),
        )
    if eyes == "cyclopean":
        found = {re.sub("^both", "left", role): column for role, column in found.items()}
    else:  # what is told of both eyes at once holds for each
        for role in [
            role for role in found if role.startswith("both_") and role[5:] in ("valid", "lost", "confidence")
        ]:
            for side in ("left", "right"):
                found.setdefault(f"{side}_{role[5:]}", found[role])
    first = meaning_of(channels[found["right_x" if eyes == "right" else "left_x"]])
    label = channels[found["right_x" if eyes == "right" else "left_x"]].label.lower()
    used = cast(Unit, unit) if unit else first.unit
    told = cast(Origin, origin) if origin else ("bottom-left" if label.startswith("norm_pos") else None)
    return GazeLayout(
        eyes=eyes,
        columns={k: v for k, v in found.items() if not k.startswith("both")},
        unit=used,
        origin=told or usual_origin(used),
        origin_is_known=told is not None,
        unit_by_person=bool(unit),
        pupil_in_mm=_pupil_in_mm(channels, found),
        found_by=by,
        notes=tuple(notes),
    )


def parse_columns(text: str, labels: Sequence[str]) -> dict[str, int]:
    """Columns named by hand, `ROLE:COLUMN` joined by commas; a column by its number from 0 or by its name.

    Raises:
        Unsupported: An unknown role or no such column.
    """
    found: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        role, _, column = (piece.strip() for piece in part.partition(":"))
        sided = role.partition("_")[0] in ("left", "right") and "_" in role
        known = role == "time" or (role.partition("_")[2] if sided else role) in ROLES
        index = _column_index(column, labels)
        if not known or index is None:
            raise Unsupported(
                f"columns: {part!r} is not ROLE:COLUMN with a role such as left_x, right_pupil, x, y and a column "
                f"below {len(labels)}" + (f" or one of {', '.join(filter(None, labels))}" if any(labels) else "")
            )
        found[role if sided or role == "time" else f"both_{role}"] = index
    return found


def _column_index(text: str, labels: Sequence[str]) -> int | None:
    if text in labels and text:
        return labels.index(text)
    folded = [label.lower() for label in labels]
    if text.lower() in folded and text:
        return folded.index(text.lower())
    return int(text) if text.isdecimal() and len(text) < 6 and int(text) < len(labels) else None


@dataclass(slots=True)
class _Point:
    """The axes of one point among the channels."""

    eye: str
    meaning: Meaning
    axes: dict[str, int]
    by_type: bool


def _find(
    channels: Sequence[Channel], title: str, coordinates: str, how: str, notes: list[str]
) -> tuple[dict[str, int], str]:
    meanings = [meaning_of(channel) for channel in channels]
    if len(channels) in (2, 3) and not any(c.label or c.kind for c in channels):
        notes.append("its channels have no names: the first two are taken as x and y")
        return {"both_x": 0, "both_y": 1}, "order"
    points = [p for p in _points(meanings, "gaze") if {"x", "y"} <= set(p.axes) and "z" not in p.axes]
    typed = {p.eye for p in points if p.by_type}
    points = [p for p in points if p.by_type or p.eye not in typed]
    on_screen = [p for p in points if p.meaning.frame == "screen" or coordinates == "screen"]
    if points and not on_screen:
        shares = [p for p in points if p.meaning.frame == "world" and p.meaning.unit == "normalised"]
        if not shares:
            frame = points[0].meaning.frame
            raise Unsupported(
                f"{title}: {(WORLD if frame == 'world' else PICTURE).replace('say ', f'say {how} ')}",
                found=tuple(channels),
            )
        notes.append(
            "its gaze is told in shares of a scene camera's picture: it is on the screen only if that picture "
            "shows the screen and "
            "nothing else"
        )
        on_screen = shares
    found: dict[str, int] = {}
    for point in sorted(on_screen, key=_worse_last):
        if f"{point.eye}_x" not in found:
            found[f"{point.eye}_x"], found[f"{point.eye}_y"] = point.axes["x"], point.axes["y"]
            if point.meaning.rank < _FILTERED and point.eye == "both":
                notes.append(
                    f"only the tracker's own fixations are told ({channels[point.axes['x']].label}), not every "
                    f"sample of gaze"
                )
    is_filtered = bool(found) and all(meanings[column].rank < _FILTERED for column in found.values())
    for column, meaning in sorted(enumerate(meanings), key=lambda one: -one[1].rank):
        # whether a tracker's own filter sees a fixation says nothing about a sample of gaze
        is_apart = meaning.what == "valid" and meaning.rank < _FILTERED and not is_filtered
        if meaning.what in ("valid", "lost", "confidence", "pupil") and not is_apart:
            found.setdefault(f"{meaning.eye}_{meaning.what}", column)
    for place in _points(meanings, "place"):
        if set(place.axes) == {"x", "y", "z"} and f"{place.eye}_origin_x" not in found:
            found.update({f"{place.eye}_origin_{axis}": column for axis, column in place.axes.items()})
    return found, "type" if any(p.by_type for p in on_screen) else "label"


def _points(meanings: Sequence[Meaning], what: str) -> list[_Point]:
    points: dict[tuple[object, ...], _Point] = {}
    for column, meaning in enumerate(meanings):
        if meaning.what == what and meaning.axis:
            key = (meaning.eye, meaning.stem, meaning.unit, meaning.frame)
            point = points.setdefault(key, _Point(meaning.eye, meaning, {}, meaning.by_type))
            point.axes.setdefault(meaning.axis, column)
    return list(points.values())


def _worse_last(point: _Point) -> tuple[int, int]:
    return -point.meaning.rank, _UNIT_ORDER.index(point.meaning.unit)


def _eyes(found: Mapping[str, int]) -> Eyes | None:
    has = {eye: {f"{eye}_x", f"{eye}_y"} <= set(found) for eye in ("left", "right", "both")}
    if has["left"] and has["right"]:
        return "binocular"
    if has["both"]:
        return "cyclopean"
    if has["left"]:
        return "left"
    return "right" if has["right"] else None


def _pupil_in_mm(channels: Sequence[Channel], found: Mapping[str, int]) -> bool | None:
    column = next((found[r] for r in found if r.endswith("_pupil")), None)
    if column is None:
        return False
    channel = channels[column]
    unit = meaning_of(channel).unit
    label = channel.label.lower()
    if unit == "mm" or "pmm" in label or (not channel.unit and channel.kind.lower() == "pupilsize"):
        return True  # App-TobiiPro names no unit; the SDK it relays gives millimetres
    if unit != "unknown" or "area" in label or "(m)" in label:
        return False
    return None
