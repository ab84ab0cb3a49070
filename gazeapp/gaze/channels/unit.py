"""Units and origins of gaze: what they are called, whether values can be in them, and the way to pixels."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import Bools, Floats

Unit = Literal["pixels", "normalised", "percent", "mm", "cm", "m", "degrees", "height", "norm", "unknown"]
"""normalised: 0 to 1 over the screen. height, norm: PsychoPy's, from the centre, y up; norm is -1 to 1."""
Origin = Literal["top-left", "bottom-left", "centre", "centre-up"]
"""centre: y grows downwards from the middle; centre-up: upwards."""
UNITS: tuple[Unit, ...] = ("pixels", "normalised", "percent", "mm", "cm", "m", "degrees", "height", "norm", "unknown")
ORIGINS: tuple[Origin, ...] = ("top-left", "bottom-left", "centre", "centre-up")

_NAMES: dict[Unit, str] = {
    "pixels": r"pix(el)?s?|px|screen ?pixels?|(screen )?pix(el)? ?coord(inate)?s?",
    "normalised": r"norm(ali[sz]ed)?( .*)?|screen ?coord(inate)?s?|adcs( ?norm)?"
    r"|shares?|fraction|relative|unit|a\.?u\.?|ratio",
    "percent": r"percent(age)?|%",
    "mm": r"mm|milli(meters|metres|meter|metre)",
    "cm": r"cm|centi(meters|metres|meter|metre)",
    "m": r"m|met(er|re)s?",
    "degrees": r"deg(ree)?s?|dva|°|degrees? of visual angle|visual angle",
    "height": r"height",
}
_MM: dict[str, float] = {"mm": 1.0, "cm": 10.0, "m": 1000.0}
"""Millimetres in a unit."""
_CENTRED: frozenset[Unit] = frozenset({"degrees", "height", "norm"})
_FAR_SCREENS = 2.0
"""Gaze farther beside the screen than this many screens is no gaze."""
_FEW = 5
_MOST_DEG = 75.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How gaze values are to be read."""

    unit: Unit
    origin: Origin
    notes: tuple[str, ...] = ()
    """What was assumed, or where values and description contradict each other."""


class UnclearReading(Exception):
    """Two readings fit the values equally well; the message is the question."""


def parse_unit(text: str) -> Unit:
    """A unit as senders and files write it; "unknown" for anything else.

    >>> parse_unit("normalised location"), parse_unit("screenPixels"), parse_unit("device")
    ('normalised', 'pixels', 'unknown')
    """
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text.strip()).lower().replace("_", " ")
    return next((unit for unit, pattern in _NAMES.items() if re.fullmatch(pattern, words)), "unknown")


def usual_origin(unit: Unit) -> Origin:
    """Where a unit counts from, unless something else is said."""
    return "centre-up" if unit in _CENTRED else "top-left"


def decide_reading(
    points: Floats,
    display: Display,
    *,
    said: Unit = "unknown",
    origin: Origin | None = None,
    is_sure: bool = False,
) -> Reading:
    """Settle unit and origin by what was said and by what the values can be.

    Values win over a description that they belie, and a note says so. Where nothing was said and two units fit, or two
    origins, that is a question and not a guess.

    Args:
        points: (N, 2) values of gaze that is there, as they came.
        display: The participant's screen.
        said: The unit that the source states.
        origin: The origin that is known.
        is_sure: A person said the unit: it is taken, or refused, but never replaced.

    Raises:
        UnclearReading: The message is the question, and names the option that answers it.
    """
    known = points[np.isfinite(points).all(axis=1)] if len(points) else points
    if not len(known):
        return Reading(unit=said, origin=origin or usual_origin(said))
    sizes = np.abs(known)
    middle, most = float(np.median(sizes)), float(np.percentile(sizes, 95))
    if said == "unknown":
        unit, note = _unit_by_values(known, middle, most, display, origin)
        notes: tuple[str, ...] = (note,)
    else:
        unit, notes = _unit_said(said, known, middle, most, display, is_sure=is_sure)
    if origin is None:
        origin, more = _origin_by_values(known, unit, said, display)
        notes += more
    return Reading(unit=unit, origin=origin, notes=notes + _beyond(known, unit, origin, display))


def _unit_said(
    said: Unit, known: Floats, middle: float, most: float, display: Display, *, is_sure: bool
) -> tuple[Unit, tuple[str, ...]]:
    actual: Unit = said
    is_whole = bool((known == np.round(known)).all())
    looks_normalised = middle <= 1.5 and most <= 1.5 and not is_whole
    if said == "percent" and looks_normalised:
        return "normalised", ()  # Gazepoint calls its shares percent
    if said in ("pixels", "mm", "percent") and looks_normalised and len(known) >= _FEW:
        actual = "normalised"
    elif said in ("normalised", "norm", "height") and middle > 3:
        actual = "percent" if most <= 110 else "pixels"
    elif said == "degrees" and middle > _MOST_DEG:
        actual = "pixels"
    elif said in _MM and middle > 1.5 * max(display.size_mm) / _MM[said]:
        actual = "mm" if said != "mm" and most <= 1.5 * max(display.size_mm) else "pixels"
    if actual == said:
        return said, ()
    if is_sure:
        raise UnclearReading(
            f"gaze was said to be in {said}, but its values ({_range(known)}) cannot be: they look {actual}; "
            f"say unit={actual}, or leave the option out"
        )
    return actual, (f"gaze is described as {said}, but its values ({_range(known)}) look {actual} and are read so",)


def _unit_by_values(
    known: Floats, middle: float, most: float, display: Display, origin: Origin | None
) -> tuple[Unit, str]:
    told = f"the unit of gaze is not stated; by its values ({_range(known)}) it is taken as "
    unclear = f"the unit of gaze is not stated, and its values ({_range(known)})"
    if most <= 1.5 and middle <= 1.5:
        centred = origin in ("centre", "centre-up")
        if not centred and float((known < -0.02).mean()) <= 0.1:
            return "normalised", f"{told}shares of the screen"
        if not centred:
            raise UnclearReading(
                f"{unclear} lie on both sides of 0: say unit=norm (from the centre, -1 to 1), unit=height (from the "
                "centre, in screen heights) or unit=normalised (0 to 1)"
            )
        if float(np.percentile(np.abs(known[:, 1]), 95)) > 0.6:
            return "norm", f"{told}norm (-1 to 1 from the centre)"
        raise UnclearReading(
            f"{unclear} can be norm (-1 to 1 over the screen) or height (screen heights): say unit=norm or unit=height"
        )
    if most < min(120.0, 0.12 * max(display.size_px)):
        raise UnclearReading(
            f"{unclear} can be degrees, centimetres, millimetres, percent or pixels: say unit=degrees, unit=cm, "
            f"unit=mm, "
            "unit=percent or unit=pixels"
        )
    return "pixels", f"{told}pixels"


def _origin_by_values(known: Floats, unit: Unit, said: Unit, display: Display) -> tuple[Origin, tuple[str, ...]]:
    usual = usual_origin(unit)
    if unit == "degrees":
        return usual, (
            "degrees are read from the screen's centre, upwards; if y grows downwards, say --option origin=centre",
        )
    if usual != "top-left" or len(known) < _FEW:
        return usual, ()
    size = display.size_px if unit == "pixels" else display.size_mm / _MM.get(unit, 1.0)
    if unit in ("normalised", "percent"):
        size = np.ones(2) * (100 if unit == "percent" else 1)
    # gaze may stray beyond an edge, but not be there a good part of the time and never in the far half
    beside = (known < -0.03 * size).mean(axis=0)
    far = (known > 0.55 * size).mean(axis=0)
    if (beside > 0.2).any() and not (far > 0.05).any():
        raise UnclearReading(
            f"gaze ({_range(known)}) lies left of or above the screen's corner much of the time: it seems to "
            f"count from the centre; "
            "say origin=centre-up (y grows upwards), origin=centre (downwards) or origin=top-left"
        )
    return usual, ()


def _beyond(known: Floats, unit: Unit, origin: Origin, display: Display) -> tuple[str, ...]:
    if len(known) < _FEW:
        return ()
    px = to_px(known, unit, origin, display)
    outside = ((px < -0.1 * display.size_px) | (px > 1.1 * display.size_px)).any(axis=1).mean()
    if outside <= 0.25:
        return ()
    percent = 100 * outside
    return (
        f"{percent:.0f} % of the gaze lies well beside the screen of {display.width_px} × {display.height_px} px: "
        "is it the screen that was recorded on (--display), and is the unit right (unit=…)?",
    )


def to_px(points: Floats, unit: Unit, origin: Origin, display: Display) -> Floats:
    """(N, 2) values → display pixels, origin top left.

    Convention: a flat screen; degrees are Fick angles, azimuth to the right and elevation up (down for origin
    "centre").
    """
    width, height = display.size_px
    if unit == "degrees":
        signed = points * np.array([1.0, -1.0 if origin == "centre" else 1.0])
        within = (np.abs(signed) <= _MOST_DEG).all(axis=1)
        safe = np.where(within[:, None], signed, np.nan)
        result: Floats = display.deg_to_px(safe)
        return result
    scale = {
        "pixels": np.ones(2),
        "normalised": np.array([width, height]),
        "percent": np.array([width, height]) / 100,
        "mm": display.size_px / display.size_mm,
        "cm": 10 * display.size_px / display.size_mm,
        "m": 1000 * display.size_px / display.size_mm,
        "height": np.array([height, height]),
        "norm": np.array([width, height]) / 2,
    }.get(unit, np.ones(2))
    scaled = points * scale
    if origin == "bottom-left":
        return np.stack([scaled[:, 0], height - scaled[:, 1]], axis=1)
    if origin == "centre":
        return np.asarray(scaled + display.size_px / 2)
    if origin == "centre-up":
        return np.stack([width / 2 + scaled[:, 0], height / 2 - scaled[:, 1]], axis=1)
    return np.asarray(scaled)


def is_far(points_px: Floats, display: Display) -> Bools:
    """(N,) whether gaze lies screens away, where no gaze is; NaN is not far."""
    margin = _FAR_SCREENS * display.size_px
    with np.errstate(invalid="ignore"):
        beyond: Bools = (points_px < -margin) | (points_px > display.size_px + margin)
    return beyond[:, 0] | beyond[:, 1]


def _range(known: Floats) -> str:
    low, high = np.percentile(known, [2, 98])
    return f"mostly {low:.4g} to {high:.4g}"
