"""From the channels of any gaze stream to `GazeSamples`: by channel type, then label, then order.

Three dialects are common: App-TobiiPro (ScreenX and ScreenY in "screencoords", which are 0 to 1), TittaLSL
(normalised, with validity channels) and Pupil Capture (norm_pos, origin at the bottom left, confidence).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np

from gazeapp.devices.lsl.inlet import Channel, StreamDescription
from gazeapp.errors import Unsupported
from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import Bools, Eyes, Floats, GazeSamples

Unit = Literal["pixels", "normalised", "mm", "degrees", "unknown"]
Origin = Literal["top-left", "bottom-left", "centre"]
UNITS: tuple[Unit, ...] = ("pixels", "normalised", "mm", "degrees", "unknown")
ORIGINS: tuple[Origin, ...] = ("top-left", "bottom-left", "centre")

_ROLES = ("x", "y", "valid", "confidence", "pupil", "origin_x", "origin_y", "origin_z")
_APART_MM = 20.0  # eyes are 50 to 75 mm apart
_SWAPPED = (
    "the left eye lies to the right of the right eye: their channels are swapped; correct the sender, or pass "
    "--device-option columns=..."
)
_LARGEST_NORM = 3.0  # gaze further than a screen's size beside it is pixels, not a share of the screen


@dataclass(frozen=True, slots=True, kw_only=True)
class GazeLayout:
    """Which column holds what."""

    eyes: Eyes
    columns: dict[str, int]
    """Role → column; roles are `left_x`, `right_pupil`, …; a cyclopean point is kept as left."""
    unit: Unit
    origin: Origin
    pupil_in_mm: bool
    found_by: str
    """ "type", "label", "order" or "options": how sure one may be."""


def recognise_layout(stream: StreamDescription, *, unit: str = "", origin: str = "", columns: str = "") -> GazeLayout:
    """Find gaze among a stream's channels.

    Args:
        stream: Its description.
        unit: Overrides what the stream says: one of `UNITS`.
        origin: Overrides what is known of the dialect: one of `ORIGINS`.
        columns: Overrides everything found: `left_x:0,left_y:1,right_x:3,right_y:4` (or `x:0,y:1`).

    Raises:
        Unsupported: No gaze can be found; the channels are listed.
    """
    if columns:
        found, how = _typed_columns(columns, len(stream.channels)), "options"
    else:
        found, how = _columns_by_meaning(stream.channels)
    eyes: Eyes | None = _eyes(found)
    if eyes is None or not stream.is_numeric:
        listed = ", ".join(f"{i}: {c.label or c.kind or 'unnamed'}" for i, c in enumerate(stream.channels))
        raise Unsupported(
            f"{stream.title}: no gaze found among its channels ({listed}); say where it is with "
            "--device-option columns=left_x:0,left_y:1,right_x:2,right_y:3 (or x:0,y:1)",
            found=stream.channels,
        )
    if eyes == "cyclopean":
        found = {re.sub("^both", "left", role): column for role, column in found.items()}
    first = stream.channels[found["right_x" if eyes == "right" else "left_x"]]
    return GazeLayout(
        eyes=eyes,
        columns={k: v for k, v in found.items() if not k.startswith("both")},
        unit=cast(Unit, unit) if unit else _unit(first.unit),
        origin=cast(Origin, origin) if origin else _origin(stream, first),
        pupil_in_mm=_pupil_in_mm(stream.channels, found),
        found_by=how,
    )


class GazeReader:
    """Turns rows of a stream into samples in display pixels.

    Args:
        layout: Which column holds what.
        display: The participant's screen.
        min_confidence: Gaze below it is missing. Pupil Labs recommends 0.6.
    """

    def __init__(self, layout: GazeLayout, display: Display, *, min_confidence: float = 0.6) -> None:
        self._layout = layout
        self._display = display
        self._min_confidence = min_confidence
        self._unit: Unit = layout.unit
        self._n_checked = 0
        self._notes: list[tuple[str, str]] = []
        self._is_swap_told = False

    @property
    def unit(self) -> Unit:
        """The unit in use: as stated, or as the values show it to be."""
        return self._unit

    def take_notes(self) -> list[tuple[str, str]]:
        """(kind, words) for each contradiction between values and description since the last call; each is told
        once.
        """
        notes, self._notes = self._notes, []
        return notes

    def read(self, rows: Floats, *, time_s: Floats, device_time_s: Floats, receive_s: float) -> GazeSamples:
        """(N, C) rows → N samples."""
        left, left_ok = self._point(rows, "left")
        right, right_ok = self._point(rows, "right")
        self._check_unit(np.concatenate([left[left_ok], right[right_ok]]))
        left_mm, right_mm = self._origin(rows, "left"), self._origin(rows, "right")
        self._check_eyes(left_mm, right_mm)
        return GazeSamples.build(
            time_s,
            eyes=self._layout.eyes,
            left_px=self._to_px(left),
            right_px=self._to_px(right),
            left_valid=left_ok,
            right_valid=right_ok,
            left_pupil_mm=self._pupil(rows, "left"),
            right_pupil_mm=self._pupil(rows, "right"),
            left_origin_mm=left_mm,
            right_origin_mm=right_mm,
            device_time_s=device_time_s,
            receive_time_s=np.full(len(rows), receive_s),
        )

    def _column(self, rows: Floats, role: str) -> Floats | None:
        column = self._layout.columns.get(role)
        return None if column is None else rows[:, column]

    def _point(self, rows: Floats, eye: str) -> tuple[Floats, Bools]:
        x, y = self._column(rows, f"{eye}_x"), self._column(rows, f"{eye}_y")
        if x is None or y is None:
            return np.full((len(rows), 2), np.nan), np.zeros(len(rows), dtype=bool)
        ok = np.isfinite(x) & np.isfinite(y)
        # senders without a validity channel write a lost eye as (0, 0) or (-1, -1)
        ok &= ~((x == y) & ((x == 0.0) | (x == -1.0)))
        valid = self._column(rows, f"{eye}_valid")
        if valid is not None:
            ok &= valid > 0
        confidence = self._column(rows, f"{eye}_confidence")
        if confidence is not None:
            ok &= confidence >= self._min_confidence
        return np.stack([x, y], axis=1), ok

    def _check_unit(self, points: Floats) -> None:
        """Believe the values where they contradict the stated unit; silent errors of scale ruin a study."""
        if self._n_checked >= 500 or not len(points) or self._unit in ("mm", "degrees"):
            return
        self._n_checked += len(points)
        looks_norm = bool(np.median(np.abs(points)) <= _LARGEST_NORM)
        actual: Unit = "normalised" if looks_norm else "pixels"
        if self._unit == "unknown":
            self._unit = actual
        elif actual != self._unit and self._n_checked >= 20:
            words = (
                f"the stream says its gaze is in {self._unit}, but its values look {actual} and are read so; "
                "check the live dot, and correct the sender or pass --device-option unit=..."
            )
            self._notes.append(("units", words))
            self._unit = actual

    def _check_eyes(self, left_mm: Floats | None, right_mm: Floats | None) -> None:
        """A person's left eye has the smaller x in user coordinates; swapped labels would swap calibrations too."""
        if left_mm is None or right_mm is None or self._is_swap_told:
            return
        apart_mm = left_mm[:, 0] - right_mm[:, 0]
        seen = np.isfinite(apart_mm) & (left_mm[:, 2] > 0) & (right_mm[:, 2] > 0)
        if seen.any() and np.median(apart_mm[seen]) > _APART_MM:
            self._is_swap_told = True
            self._notes.append(("eyes-swapped", _SWAPPED))

    def _to_px(self, points: Floats) -> Floats:
        display = self._display
        if self._unit == "degrees":
            return display.deg_to_px(points)
        if self._unit == "pixels":
            size = display.size_px
        elif self._unit == "mm":
            size, points = display.size_px, points / display.size_mm * display.size_px
        else:
            size, points = display.size_px, points * display.size_px
        if self._layout.origin == "bottom-left":
            return np.stack([points[:, 0], size[1] - points[:, 1]], axis=1)
        if self._layout.origin == "centre":
            return points + size / 2
        return points

    def _pupil(self, rows: Floats, eye: str) -> Floats | None:
        pupil = self._column(rows, f"{eye}_pupil")
        if pupil is None or not self._layout.pupil_in_mm:
            return None
        return np.where(pupil > 0, pupil, np.nan)

    def _origin(self, rows: Floats, eye: str) -> Floats | None:
        axes = [self._column(rows, f"{eye}_origin_{axis}") for axis in "xyz"]
        if any(axis is None for axis in axes):
            return None
        return np.stack(cast("list[Floats]", axes), axis=1)


def _columns_by_meaning(channels: tuple[Channel, ...]) -> tuple[dict[str, int], str]:
    for how, role_of in (("type", _role_by_type), ("label", _role_by_label)):
        found: dict[str, int] = {}
        for column, channel in enumerate(channels):
            role = role_of(channel)
            if role:
                found.setdefault(f"{_eye(channel)}_{role}", column)
        if _eyes(found):
            return found, how
    if len(channels) in (2, 3) and not any(c.label or c.kind for c in channels):
        return {"both_x": 0, "both_y": 1}, "order"
    return {}, "order"


def _role_by_type(channel: Channel) -> str:
    kind, label = channel.kind.lower(), channel.label.lower()
    match kind:
        case "screenx" | "gazex":
            return "x"
        case "screeny" | "gazey":
            return "y"
        case "validflag" | "validity" | "valid":
            return "" if re.search("pupil|origin|openness", label) else "valid"
        case "confidence":
            return "confidence"
        case "diameter" | "pupilsize" | "pupildiameter":
            # Pupil sends both: the 3-D model's diameter is in millimetres, the 2-D one in camera pixels
            return "" if label.endswith("_2d") else "pupil"
        case "pupilx" | "pupily" | "pupilz":
            in_mm = channel.unit.lower() in ("mm", "millimeters", "millimetres")
            return f"origin_{kind[-1]}" if in_mm and "eye_center" not in label else ""
    return ""


def _role_by_label(channel: Channel) -> str:
    label = channel.label.lower()
    if re.search("3d|origin|user_coord|normal[0-9]|center", label):
        return ""
    if "valid" in label:
        return "" if re.search("pupil|openness", label) else "valid"
    if "confidence" in label:
        return "confidence"
    if "pupil" in label or "diam" in label:
        return "" if re.search("_?[xy]$|_[xy]_", label) else "pupil"
    axis = re.search(r"(?:^|[^a-z])(x|y)(?:$|[^a-z])|gaze_?(x|y)|(?:left|right)(x|y)", label)
    return next((g for g in axis.groups() if g), "") if axis else ""


def _eye(channel: Channel) -> str:
    said = channel.eye or channel.label.lower()
    if "left" in said or re.search(r"(^|_)l(_|$)", said):
        return "left"
    if "right" in said or re.search(r"(^|_)r(_|$)", said):
        return "right"
    return "both"


def _eyes(found: dict[str, int]) -> Eyes | None:
    has = {eye: {f"{eye}_x", f"{eye}_y"} <= set(found) for eye in ("left", "right", "both")}
    if has["left"] and has["right"]:
        return "binocular"
    if has["both"]:
        return "cyclopean"
    if has["left"]:
        return "left"
    return "right" if has["right"] else None


def _unit(said: str) -> Unit:
    match said.lower():
        case "pixels" | "pixel" | "px":
            return "pixels"
        case "normalized" | "normalised" | "norm" | "screencoords" | "adcs":
            return "normalised"
        case "mm" | "millimeters" | "millimetres":
            return "mm"
        case "degrees" | "degree" | "deg" | "dva":
            return "degrees"
    return "unknown"


def _origin(stream: StreamDescription, first: Channel) -> Origin:
    if first.label.lower().startswith("norm_pos") or "pupil" in stream.manufacturer.lower():
        return "bottom-left"
    return "top-left"


def _pupil_in_mm(channels: tuple[Channel, ...], found: dict[str, int]) -> bool:
    column = next((found[r] for r in found if r.endswith("_pupil")), None)
    if column is None:
        return False
    channel = channels[column]
    # App-TobiiPro names no unit; the SDK it relays gives millimetres
    return channel.unit.lower() in ("mm", "millimeters", "millimetres") or (
        not channel.unit and channel.kind.lower() == "pupilsize"
    )


def _typed_columns(text: str, n_channels: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in text.split(","):
        role, _, column = part.partition(":")
        role = role.strip() if "_" in role and role.split("_")[0] in ("left", "right") else f"both_{role.strip()}"
        known = role.partition("_")[2] in _ROLES
        if not known or not column.strip().isdigit() or int(column) >= n_channels:
            raise Unsupported(
                f"columns: {part!r} is not ROLE:COLUMN with a role such as left_x, right_pupil, x, y and a column "
                f"below {n_channels}"
            )
        found[role] = int(column)
    return found
