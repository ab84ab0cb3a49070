"""The meaning of columns, in this program's own sample tables and in those that others export."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from gazeapp.errors import UnreadableTable
from gazeapp.gaze.display import Display, Points
from gazeapp.gaze.samples import Eyes, GazeSamples
from gazeapp.store.delimited import MISSING, Bools, Delimited, Floats

NEEDED = (
    "time_s (or time_ms, time_us) and left_x_px, left_y_px, right_x_px, right_y_px (or one eye, or x_px, y_px; "
    "_norm or _deg instead of _px)"
)
_SECONDS = {"time_s": 1.0, "time_ms": 1e-3, "time_us": 1e-6}
_UNITS = ("px", "norm", "deg")
_ENOUGH_ROWS = 20  # to tell a wrong unit from an odd sample


@dataclass(frozen=True, slots=True)
class TargetColumns:
    """Where a target was at each sample."""

    target_id: tuple[str, ...]
    """Per row; empty without a target."""
    place_px: Points
    """(N, 2)."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One layout of sample tables."""

    name: str
    matches: Callable[[Delimited], bool]
    read: Callable[[Delimited, Display], tuple[GazeSamples, TargetColumns | None]]


def recognise(table: Delimited) -> Dialect:
    """The layout of a table.

    Raises:
        UnreadableTable: None fits; the message lists what was found and what is needed.
    """
    for dialect in DIALECTS:
        if dialect.matches(table):
            return dialect
    bare = [name for name in table.header if re.fullmatch(r"(left_|right_)?[xy]|time|timestamp", name)]
    hint = f" ({', '.join(bare)} carry no unit: add _px, _norm or _deg, _s, _ms or _us)" if bare else ""
    raise UnreadableTable(
        f"{table.path}: the columns are not understood{hint}; found: {', '.join(table.header)}; needed: {NEEDED}",
        found=table.header,
        needed=NEEDED,
    )


def _own_matches(table: Delimited) -> bool:
    return any(name in table for name in _SECONDS) and bool(_gaze_columns(table))


def _gaze_columns(table: Delimited) -> dict[str, tuple[str, str]]:
    """Eye → (prefix, unit) of the gaze columns there are."""
    found = {}
    for eye, prefix in (("left", "left_"), ("right", "right_"), ("cyclopean", "")):
        for unit in _UNITS:
            if f"{prefix}x_{unit}" in table and f"{prefix}y_{unit}" in table:
                found[eye] = (prefix, unit)
                break
    return found


def _own(table: Delimited, display: Display) -> tuple[GazeSamples, TargetColumns | None]:
    columns = _gaze_columns(table)
    if "left" in columns or "right" in columns:
        columns.pop("cyclopean", None)
    time_name = next(name for name in _SECONDS if name in table)
    raw = {
        eye: np.stack([table.numbers(f"{prefix}x_{unit}"), table.numbers(f"{prefix}y_{unit}")], axis=1)
        for eye, (prefix, unit) in columns.items()
    }
    for eye, (prefix, unit) in columns.items():
        _check_unit(table, f"{prefix}x_{unit}, {prefix}y_{unit}", raw[eye], unit)
    gaze = {eye: to_px(raw[eye], unit, display) for eye, (_, unit) in columns.items()}
    both = "left" in gaze and "right" in gaze
    eyes: Eyes = "binocular" if both else "left" if "left" in gaze else "right" if "right" in gaze else "cyclopean"
    samples = GazeSamples.build(
        _time(table, time_name, _SECONDS[time_name]),
        eyes=eyes,
        left_px=gaze.get("left", gaze.get("cyclopean")),
        right_px=gaze.get("right"),
        left_valid=_optional_flags(table, "left_valid" if eyes != "cyclopean" else "valid"),
        right_valid=_optional_flags(table, "right_valid"),
        left_pupil_mm=_optional(table, "left_pupil_mm" if eyes != "cyclopean" else "pupil_mm"),
        right_pupil_mm=_optional(table, "right_pupil_mm"),
    )
    for unit in _UNITS:
        names = (f"target_x_{unit}", f"target_y_{unit}")
        if "target_id" in table and all(name in table for name in names):
            place = np.stack([table.numbers(name) for name in names], axis=1)
            return samples, TargetColumns(_target_ids(table), to_px(place, unit, display))
    return samples, None


def _etdq(table: Delimited, display: Display) -> tuple[GazeSamples, TargetColumns | None]:
    """ETDQualitizer: milliseconds, pixels from the screen's centre."""
    half = display.size_px / 2
    gaze = {
        eye: np.stack([table.numbers(f"{eye}_x"), table.numbers(f"{eye}_y")], axis=1) + half
        for eye in ("left", "right")
        if f"{eye}_x" in table and f"{eye}_y" in table
    }
    eyes: Eyes = "binocular" if len(gaze) == 2 else "left" if "left" in gaze else "right"
    samples = GazeSamples.build(
        _time(table, "timestamp", 1e-3),
        eyes=eyes,
        left_px=gaze.get("left"),
        right_px=gaze.get("right"),
    )
    place = np.stack([table.numbers("tar_x"), table.numbers("tar_y")], axis=1) + half
    return samples, TargetColumns(_target_ids(table), place)


def _tobii_sdk_matches(table: Delimited) -> bool:
    return "LGazePos2dx" in table and "RGazePos2dx" in table and "LValidity" in table


def _tobii_sdk(table: Delimited, display: Display) -> tuple[GazeSamples, TargetColumns | None]:
    """Tobii SDK 3: microseconds, 0 to 1 over the screen, validity 0 (sure) to 4 (not found), -1 for missing pupils."""
    parts: dict[str, Floats] = {}
    valid: dict[str, Bools] = {}
    for eye, letter in (("left", "L"), ("right", "R")):
        norm = np.stack([table.numbers(f"{letter}GazePos2d{axis}") for axis in "xy"], axis=1)
        parts[f"{eye}_px"] = display.norm_to_px(norm)
        valid[eye] = table.numbers(f"{letter}Validity") <= 1
        pupil = _optional(table, f"{letter}PupilDm")
        if pupil is not None:
            parts[f"{eye}_pupil_mm"] = np.where(pupil > 0, pupil, np.nan)
        names = [f"{letter}EyePos3d{axis}" for axis in "xyz"]
        if all(name in table for name in names):
            origin = np.stack([table.numbers(name) for name in names], axis=1)
            origin[~valid[eye]] = np.nan
            parts[f"{eye}_origin_mm"] = origin
    device_s = _time(table, "Time", 1e-6)
    time_s = _time(table, "RelTimestamp", 1e-3) if "RelTimestamp" in table else device_s
    samples = GazeSamples.build(
        time_s,
        eyes="binocular",
        device_time_s=device_s,
        left_valid=valid["left"],
        right_valid=valid["right"],
        **parts,
    )
    return samples, None


def _find(table: Delimited, *patterns: str) -> str | None:
    """The first column whose simplified name (lower case, letters and digits) matches one of the patterns."""
    for pattern in patterns:
        for name in table.header:
            if re.fullmatch(pattern, re.sub(r"[^a-zµμ0-9]", "", name.lower())):
                return name
    return None


def _tobii_lab_columns(table: Delimited) -> dict[str, str | None]:
    columns = {"time": _find(table, r"recordingtimestamp(µs|μs|us|ms)?")}
    for eye in ("left", "right"):
        for axis in "xy":
            columns[f"{eye}_{axis}"] = _find(
                table,
                rf"gazepoint{eye}{axis}((dacs|adcs)px)?",
                rf"gazepoint{eye}{axis}(dacs|adcs|mcs)?norm",
            )
        columns[f"{eye}_valid"] = _find(table, rf"validity{eye}")
        columns[f"{eye}_pupil"] = _find(table, rf"pupil(diameter)?{eye}(mm)?")
    return columns


def _tobii_lab_matches(table: Delimited) -> bool:
    columns = _tobii_lab_columns(table)
    return all(columns[name] for name in ("time", "left_x", "left_y", "right_x", "right_y"))


def _tobii_lab(table: Delimited, display: Display) -> tuple[GazeSamples, TargetColumns | None]:
    """Exports of Tobii Pro Lab (µs, valid/invalid, rows of other sensors in between) and Tobii Studio (ms, 0 to 4)."""
    sensor = _find(table, "sensor")
    if sensor:
        table = table.select(np.array([cell in ("", "Eye Tracker") for cell in table.text(sensor)]))
        if not len(table):
            raise UnreadableTable(f"{table.path}: no row comes from the eye tracker (column {sensor})")
    columns = {key: name for key, name in _tobii_lab_columns(table).items() if name}
    time_name = columns["time"]
    in_ms = "ms" in time_name or re.sub(r"\W", "", time_name) == "RecordingTimestamp"
    parts: dict[str, Floats | Bools] = {}
    for eye in ("left", "right"):
        names = [columns[f"{eye}_{axis}"] for axis in "xy"]
        place = np.stack([table.numbers(name) for name in names], axis=1)
        parts[f"{eye}_px"] = display.norm_to_px(place) if "norm" in names[0].lower() else place
        if f"{eye}_valid" in columns:
            parts[f"{eye}_valid"] = _tobii_validity(table, columns[f"{eye}_valid"])
        if f"{eye}_pupil" in columns:
            parts[f"{eye}_pupil_mm"] = table.numbers(columns[f"{eye}_pupil"])
    time_s = _time(table, time_name, 1e-3 if in_ms else 1e-6)
    return GazeSamples.build(time_s, eyes="binocular", device_time_s=time_s, **parts), None


def _tobii_validity(table: Delimited, name: str) -> Bools:
    if set(table.text(name)) & {"Valid", "Invalid"}:
        return table.flags(name)
    codes = table.numbers(name)
    return np.isfinite(codes) & (codes <= 1)


def _time(table: Delimited, name: str, unit_s: float) -> Floats:
    time = table.numbers(name)
    unknown = np.flatnonzero(~np.isfinite(time))
    if len(unknown):
        row = int(unknown[0])
        raise table.error(name, row, table.text(name)[row], "a time")
    return time * unit_s


def _check_unit(table: Delimited, name: str, points: Points, unit: str) -> None:
    """Refuse a unit that the values belie: gaze of a real eye neither rests within a pixel nor strays ten screens."""
    known = points[np.isfinite(points).all(axis=1)]
    if len(known) < _ENOUGH_ROWS:
        return
    middle = float(np.median(np.abs(known)))
    if unit == "px" and np.abs(known).max() <= 1.5 and np.ptp(known) > 0:
        hint = "all values lie within 1.5: they look like shares of the screen; name the columns _norm"
    elif unit == "norm" and middle > 10:
        hint = "the values are far above 1: they look like pixels; name the columns _px"
    elif unit == "deg" and middle > 60:
        hint = "the values are far above what a screen spans: they look like pixels; name the columns _px"
    else:
        return
    raise UnreadableTable(f"{table.path}, columns {name}: {hint}", found=unit)


def to_px(points: Points, unit: str, display: Display) -> Points:
    """(N, 2) points in px, norm or deg (azimuth right, elevation up) → display pixels."""
    if unit == "norm":
        return display.norm_to_px(points)
    if unit == "deg":
        return display.deg_to_px(points)
    return points


def _target_ids(table: Delimited) -> tuple[str, ...]:
    """Per row; whole numbers without a decimal point, -1 and missing cells as empty text."""
    ids = []
    for cell in table.text("target_id"):
        text = "" if cell.lower() in MISSING else re.sub(r"\.0*$", "", cell)
        ids.append("" if text == "-1" else text)
    return tuple(ids)


def _optional(table: Delimited, name: str) -> Floats | None:
    return table.numbers(name) if name in table else None


def _optional_flags(table: Delimited, name: str) -> Bools | None:
    return table.flags(name) if name in table else None


def _etdq_matches(table: Delimited) -> bool:
    names = ("timestamp", "target_id", "tar_x", "tar_y")
    return all(name in table for name in names) and ("left_x" in table or "right_x" in table)


DIALECTS: Sequence[Dialect] = (
    Dialect("gazeapp", _own_matches, _own),
    Dialect("etdqualitizer", _etdq_matches, _etdq),
    Dialect("tobii-sdk", _tobii_sdk_matches, _tobii_sdk),
    Dialect("tobii-lab", _tobii_lab_matches, _tobii_lab),
)
