"""From rows of numbers to samples in display pixels: the one way for live streams and files."""

from __future__ import annotations

from typing import cast

import numpy as np

from gazeapp.gaze.channels.layout import GazeLayout
from gazeapp.gaze.channels.lost import HeldWatch, ZeroAxisWatch, find_lost, find_zero_axis
from gazeapp.gaze.channels.unit import Reading, UnclearReading, Unit, decide_reading, is_far, to_px
from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import Bools, Floats, GazeSamples

MIN_CONFIDENCE = 0.6
"""Pupil Labs' own limit for gaze that can be used."""
_MOST_CONFIDENCE = 1.5
"""No share is larger, even of programs that overshoot 1 a little."""
_ENOUGH = 500
"""Points after which unit and origin are settled for good."""
SETTLING_ROWS = 200_000
"""Samples of a long recording, taken evenly, by which unit and origin are settled."""
_FEW = 5
_SURE = 20
"""Points before a stated unit is held against the values."""
_BY_VALUES = ("unknown", "percent")
"""Units that only values can tell: Gazepoint calls its shares percent."""
_APART_MM = 20.0  # eyes are 50 to 75 mm apart
_SWAPPED = (
    "the left eye lies to the right of the right eye: their channels are swapped; correct the sender, or pass "
    "--device-option columns=..."
)
_HELD = (
    "gaze that repeats one value exactly for longer than 100 ms counts as lost from then on (--device-option "
    "repeats=gaze keeps it)"
)
_HELD_UNSURE = (
    "gaze repeats one value exactly for longer than 100 ms, as where a program fills what was lost; a mouse or a "
    "script does so too"
)
_MOST_BLINKS = 0.5
_LEAST_VALID = 0.1
_INVALID = (
    "its validity counts nearly all of the gaze that is there as lost: check whether 1 or 0 means valid, and name the "
    "columns without it (columns=...) if need be"
)
_PUPIL_MM = (1.5, 9.5)


class GazeReader:
    """Turns rows of a stream or a table into samples in display pixels.

    Args:
        layout: Which column holds what.
        display: The participant's screen.
        min_confidence: Gaze below it is missing.
        tells_lost: Whether a code of lost gaze is told when it is first met; else `lost_counts` tells in the end. So
            it is with a stream, of which repeated values and axes at zero are known only as it goes on.
        keeps_repeats: Whether a person said that repeated values are gaze.
    """

    def __init__(
        self,
        layout: GazeLayout,
        display: Display,
        *,
        min_confidence: float = MIN_CONFIDENCE,
        tells_lost: bool = False,
        keeps_repeats: bool = False,
    ) -> None:
        self._layout = layout
        self._display = display
        self._min_confidence = min_confidence
        self._reading: Reading | None = None
        self._points: list[Floats] = []
        self._n_points = 0
        self._notes: list[tuple[str, str]] = [("assumed", note) for note in layout.notes]
        self._told: set[str] = set()
        self._lost: dict[str, int] = {}
        self._pupil_in_mm = layout.pupil_in_mm
        self._tells_lost = tells_lost
        self._confidence_in_percent = False
        self._zero_axes: dict[str, tuple[str, ...]] = {}
        self._eyes_are_checked = False
        self._ignores_blinks = False
        self._held = HeldWatch() if tells_lost and not keeps_repeats else None
        self._zero_watches = {eye: ZeroAxisWatch() for eye in ("left", "right")} if tells_lost else {}

    @property
    def unit(self) -> Unit:
        """The unit in use: as stated, or as the values show it to be."""
        return self._reading.unit if self._reading else self._layout.unit

    @property
    def lost_counts(self) -> dict[str, int]:
        """How many points were a code of lost gaze, or screens away, by the way people write it."""
        return dict(self._lost)

    def take_notes(self) -> list[tuple[str, str]]:
        """(kind, words) since the last call; each is told once: "assumed", "units", "eyes-swapped"."""
        notes, self._notes = self._notes, []
        return notes

    def settle(self, rows: Floats, *, is_whole: bool = True) -> Reading:
        """Decide unit and origin by a whole recording, or by the first stretch of a stream, before it is read.

        Args:
            rows: (N, C) values.
            is_whole: Whether nothing else will come: then a person's place tells the origin, too.

        Raises:
            UnclearReading: Two readings fit; the message is the question.
        """
        layout = self._layout
        some = rows[:: 1 + len(rows) // SETTLING_ROWS]
        if is_whole:
            self._find_zero_axes(some)
            self._check_flags(some)
        points = self._known_points(some)
        self._points, self._n_points = [points], len(points)
        if layout.unit in _BY_VALUES or len(points) >= _FEW:
            self._reading = self._decide(points, is_whole=is_whole)
        else:
            self._reading = Reading(unit=layout.unit, origin=layout.origin)
        self._tell_reading(self._reading)
        if is_whole:
            self._points, self._n_points = [], _ENOUGH
            self._find_zero_axes(some)  # the origin may be another one now
            for eye in ("left", "right"):  # once for all, however few rows are read at a time
                self._pupil(some, eye)
            self._check_eyes(self._place(some, "left"), self._place(some, "right"))
            self._eyes_are_checked = True
        return self._reading

    def read(
        self, rows: Floats, *, time_s: Floats, device_time_s: Floats, receive_s: float = float("nan")
    ) -> GazeSamples:
        """(N, C) rows → N samples."""
        if self._n_points < _ENOUGH:
            self._learn(rows)
        self._watch_zero_axes(rows)
        left, left_ok = self._point(rows, "left")
        right, right_ok = self._point(rows, "right")
        left_mm, right_mm = self._place(rows, "left"), self._place(rows, "right")
        if not self._eyes_are_checked:
            self._check_eyes(left_mm, right_mm)
        samples = GazeSamples.build(
            time_s,
            eyes=self._layout.eyes,
            left_px=left,
            right_px=right,
            left_valid=left_ok,
            right_valid=right_ok,
            left_pupil_mm=self._pupil(rows, "left"),
            right_pupil_mm=self._pupil(rows, "right"),
            left_origin_mm=left_mm,
            right_origin_mm=right_mm,
            device_time_s=device_time_s,
            receive_time_s=np.full(len(rows), receive_s),
        )
        return samples if self._held is None else self._without_held(samples, self._held)

    def _without_held(self, samples: GazeSamples, watch: HeldWatch) -> GazeSamples:
        points = np.concatenate([samples.left_px, samples.right_px], axis=1)
        held = watch.push(points, samples.time_s)
        if watch.is_unsure:
            self._tell("assumed", _HELD_UNSURE)
        if not held.any():
            return samples
        self._tell("assumed", _HELD)
        return samples.without(held)

    def _watch_zero_axes(self, rows: Floats) -> None:
        """As `settle` does for a whole recording, of a stream as far as it came."""
        origin = self._reading.origin if self._reading else self._layout.origin
        for eye, watch in self._zero_watches.items():
            x, y = self._column(rows, f"{eye}_x"), self._column(rows, f"{eye}_y")
            if x is not None and y is not None:
                self._zero_axes[eye] = watch.push(x, y, origin)

    def _learn(self, rows: Floats) -> None:
        """Hold a stream's first points against what is assumed of them: silent errors of scale ruin a study."""
        points = self._known_points(rows)
        if not len(points):
            return
        self._points.append(points)
        self._n_points += len(points)
        if self._layout.unit not in _BY_VALUES and self._n_points < _SURE:
            return
        try:
            self._reading = self._decide(np.concatenate(self._points), is_whole=False)
        except UnclearReading as question:
            self._reading = None
            self._tell("units", f"{question}; until then its gaze counts as lost")
            return
        self._tell_reading(self._reading)
        if self._n_points >= _ENOUGH:
            self._points.clear()

    def _decide(self, points: Floats, *, is_whole: bool) -> Reading:
        layout = self._layout
        # a person may look at one corner for a while: of a stream, the usual origin is believed
        is_known = layout.origin_is_known or (not is_whole and layout.unit not in _BY_VALUES)
        return decide_reading(
            points,
            self._display,
            said=layout.unit,
            is_sure=layout.unit_by_person,
            origin=layout.origin if is_known else None,
        )

    def _tell_reading(self, reading: Reading) -> None:
        for note in reading.notes:
            self._tell("assumed" if self._layout.unit == "unknown" else "units", note)

    def _tell(self, kind: str, words: str) -> None:
        key = words[:40]
        if key not in self._told:
            self._told.add(key)
            self._notes.append((kind, words))

    def _known_points(self, rows: Floats) -> Floats:
        parts = []
        for eye in ("left", "right"):
            points, ok = self._raw(rows, eye)
            parts.append(points[ok])
        return np.concatenate(parts)

    def _column(self, rows: Floats, role: str) -> Floats | None:
        column = self._layout.columns.get(role)
        return None if column is None else rows[:, column]

    def _check_flags(self, rows: Floats) -> None:
        """A flag that would take most of the gaze is told; one of blinks is none then."""
        for eye in ("left", "right"):
            x, y = self._column(rows, f"{eye}_x"), self._column(rows, f"{eye}_y")
            if x is None or y is None:
                continue
            there = ~find_lost(x, y, self._layout.origin)[0]
            blinks, valid = self._column(rows, f"{eye}_lost"), self._column(rows, f"{eye}_valid")
            with np.errstate(invalid="ignore"):
                if blinks is not None and (blinks[there] > 0).mean() > _MOST_BLINKS:
                    self._ignores_blinks = True
                    self._tell("assumed", "a column about blinks marks more than half of the gaze, and is not used")
                if valid is not None and there.any():
                    limit = self._layout.valid_below
                    is_valid = valid > 0 if limit is None else valid <= limit
                    if is_valid[there].mean() < _LEAST_VALID:
                        self._tell("assumed", _INVALID)

    def _find_zero_axes(self, rows: Floats) -> None:
        origin = self._reading.origin if self._reading else self._layout.origin
        for eye in ("left", "right"):
            x, y = self._column(rows, f"{eye}_x"), self._column(rows, f"{eye}_y")
            if x is not None and y is not None:
                self._zero_axes[eye] = tuple(find_zero_axis(x, y, origin))

    def _raw(self, rows: Floats, eye: str, *, counts: bool = False) -> tuple[Floats, Bools]:
        """(N, 2) values as they came, and which of them are gaze."""
        x, y = self._column(rows, f"{eye}_x"), self._column(rows, f"{eye}_y")
        if x is None or y is None:
            return np.full((len(rows), 2), np.nan), np.zeros(len(rows), dtype=bool)
        origin = self._reading.origin if self._reading else self._layout.origin
        lost, codes = find_lost(x, y, origin)
        ok = ~lost
        for name in self._zero_axes.get(eye, ()):
            one, other = (x, y) if name.startswith("(0") else (y, x)
            found = ~lost & (one == 0) & (other != 0)
            if found.any():
                codes[name] = int(found.sum())
                ok &= ~found
        valid = self._column(rows, f"{eye}_valid")
        if valid is not None:
            below = self._layout.valid_below
            with np.errstate(invalid="ignore"):
                ok &= valid > 0 if below is None else valid <= below
        blinks = self._column(rows, f"{eye}_lost")
        if blinks is not None and not self._ignores_blinks:
            with np.errstate(invalid="ignore"):
                in_blink = ok & (blinks > 0)
            if in_blink.any():
                codes["a mark for a blink"] = int(in_blink.sum())
                ok &= ~in_blink
        confidence = self._confidence(rows, eye)
        if confidence is not None:
            with np.errstate(invalid="ignore"):
                ok &= confidence >= self._min_confidence
        if counts:
            for name, n in codes.items():
                self._count_lost(name, n)
        return np.stack([x, y], axis=1), ok

    def _confidence(self, rows: Floats, eye: str) -> Floats | None:
        """0 to 1; some programs write percent."""
        confidence = self._column(rows, f"{eye}_confidence")
        if confidence is None:
            return None
        with np.errstate(invalid="ignore"):
            if not self._confidence_in_percent and bool((confidence > _MOST_CONFIDENCE).any()):
                self._confidence_in_percent = True
                self._tell("assumed", "confidence above 1 is taken as percent")
        return confidence / 100 if self._confidence_in_percent else confidence

    def _point(self, rows: Floats, eye: str) -> tuple[Floats, Bools]:
        points, ok = self._raw(rows, eye, counts=True)
        reading = self._reading
        if reading is None:
            if self._layout.unit in _BY_VALUES:
                return np.full((len(rows), 2), np.nan), np.zeros(len(rows), dtype=bool)
            reading = Reading(unit=self._layout.unit, origin=self._layout.origin)
        gaze_px = to_px(np.where(ok[:, None], points, np.nan), reading.unit, reading.origin, self._display)
        far = is_far(gaze_px, self._display) | (ok & ~np.isfinite(gaze_px).all(axis=1))
        if far.any():
            self._count_lost("places several screens away", int(far.sum()))
        return gaze_px, ok & ~far

    def _count_lost(self, name: str, n: int) -> None:
        if self._tells_lost and name not in self._lost:
            self._notes.append(("assumed", f"gaze with {name} counts as lost"))
        self._lost[name] = self._lost.get(name, 0) + n

    def _check_eyes(self, left_mm: Floats | None, right_mm: Floats | None) -> None:
        """A person's left eye has the smaller x in user coordinates; swapped labels would swap calibrations too."""
        if left_mm is None or right_mm is None or _SWAPPED[:40] in self._told:
            return
        apart_mm = left_mm[:, 0] - right_mm[:, 0]
        with np.errstate(invalid="ignore"):
            seen = np.isfinite(apart_mm) & (left_mm[:, 2] > 0) & (right_mm[:, 2] > 0)
        if seen.any() and np.median(apart_mm[seen]) > _APART_MM:
            self._tell("eyes-swapped", _SWAPPED)

    def _pupil(self, rows: Floats, eye: str) -> Floats | None:
        pupil = self._column(rows, f"{eye}_pupil")
        if pupil is None or self._pupil_in_mm is False:
            return None
        with np.errstate(invalid="ignore"):
            sizes = np.where((pupil > 0) & (pupil < 1000 if self._pupil_in_mm else True), pupil, np.nan)
        if self._pupil_in_mm is None:
            known = sizes[np.isfinite(sizes)]
            if not len(known):
                return None
            self._pupil_in_mm = bool(_PUPIL_MM[0] <= np.median(known) <= _PUPIL_MM[1])
            self._tell(
                "assumed",
                (
                    "the unit of the pupils is not stated; by their values they are diameters in millimetres"
                    if self._pupil_in_mm
                    else "pupil sizes are left out: their unit is not stated, and they are no millimetres"
                ),
            )
            if not self._pupil_in_mm:
                return None
        return sizes

    def _place(self, rows: Floats, eye: str) -> Floats | None:
        axes = [self._column(rows, f"{eye}_origin_{axis}") for axis in "xyz"]
        if any(axis is None for axis in axes):
            return None
        return np.stack(cast("list[Floats]", axes), axis=1)


def lost_notes(counts: dict[str, int], n: int) -> tuple[str, ...]:
    """In words, what was counted as lost because of its numbers.

    Args:
        counts: As `GazeReader.lost_counts`.
        n: Samples in all.
    """
    return tuple(
        f"{count} of {n} samples at {name} count as lost"
        if "(" in name
        else f"{count} of {n} samples with {name} count as lost"
        for name, count in counts.items()
    )
