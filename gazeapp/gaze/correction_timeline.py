"""Which correction is in force when, and gaze together with what it was corrected by."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, fields
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from gazeapp.gaze.samples import Eyes, GazeSamples

_RAW = tuple(field.name for field in fields(GazeSamples) if field.name != "eyes")

UNCORRECTED = -1
"""Number of a correction for gaze that nobody corrected yet."""


class GazeCorrection(Protocol):
    """Turns raw gaze into corrected gaze, sample by sample."""

    def apply(self, samples: GazeSamples) -> GazeSamples:
        """Samples with corrected gaze."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedCorrection:
    """A correction and its number in the timeline it belongs to."""

    number: int
    correction: GazeCorrection | None
    """None leaves gaze as it is."""

    def apply(self, samples: GazeSamples) -> CorrectedGaze:
        """Correct samples."""
        return CorrectedGaze(
            raw=samples,
            corrected=samples if self.correction is None else self.correction.apply(samples),
            number=np.full(len(samples), self.number, dtype=np.int32),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CorrectedGaze:
    """The same samples as the tracker gave them and corrected: corrected once, for all who read them."""

    raw: GazeSamples
    corrected: GazeSamples
    number: NDArray[np.int32]
    """(N,) which correction of the timeline each sample was corrected by, or UNCORRECTED."""

    @classmethod
    def uncorrected(cls, raw: GazeSamples) -> CorrectedGaze:
        """Gaze as it came, to be corrected where it is needed."""
        return cls(raw=raw, corrected=raw, number=np.full(len(raw), UNCORRECTED, dtype=np.int32))

    @classmethod
    def of_columns(cls, eyes: Eyes, columns: dict[str, Any]) -> CorrectedGaze:  # Any: each column has its own type
        """Inverse of `columns`."""
        raw = {name: columns[name] for name in _RAW}
        moved = {"left_px": columns["corrected_left_px"], "right_px": columns["corrected_right_px"]}
        return cls(
            raw=GazeSamples(eyes=eyes, **raw),
            corrected=GazeSamples(eyes=eyes, **{**raw, **moved}),
            number=columns["number"],
        )

    @property
    def columns(self) -> dict[str, NDArray[Any]]:  # Any: each column has its own type
        """Everything but the eyes, as arrays of N rows."""
        return {name: getattr(self.raw, name) for name in _RAW} | {
            "corrected_left_px": self.corrected.left_px,
            "corrected_right_px": self.corrected.right_px,
            "number": self.number,
        }

    def __len__(self) -> int:
        return len(self.raw)

    def __getitem__(self, rows: slice) -> CorrectedGaze:
        return CorrectedGaze(raw=self.raw[rows], corrected=self.corrected[rows], number=self.number[rows])

    def between(self, start_s: float, stop_s: float) -> CorrectedGaze:
        """Samples with start_s <= time_s < stop_s."""
        first, last = np.searchsorted(self.raw.time_s, [start_s, stop_s], side="left")
        return self[int(first) : int(last)]

    def by(self, wanted: NumberedCorrection) -> GazeSamples:
        """Corrected by this correction: at hand already, unless it came late or another is in force by now."""
        if (self.number == wanted.number).all():
            return self.corrected
        return self.raw if wanted.correction is None else wanted.correction.apply(self.raw)


class GazeCursor(Protocol):
    """A place in the gaze stream; that of a `SampleRing` is one."""

    def read(self) -> CorrectedGaze:
        """What arrived since the last call, as it came and corrected."""
        ...


class CorrectionTimeline:
    """Remembers every correction of a session with the time from which it counts; usable from any thread.

    Args:
        first: In force from the start; None leaves gaze as it is.
    """

    def __init__(self, first: GazeCorrection | None = None) -> None:
        self._lock = threading.Lock()
        self._entries: tuple[tuple[float, NumberedCorrection], ...] = (
            (-math.inf, NumberedCorrection(number=0, correction=first)),
        )

    @property
    def newest(self) -> NumberedCorrection:
        """What gaze that arrives now is corrected by."""
        return self._entries[-1][1]

    def put(self, correction: GazeCorrection | None, from_s: float) -> None:
        """Correct gaze differently from `from_s` on; of corrections from the same time, the later told one counts."""
        with self._lock:
            entry = (from_s, NumberedCorrection(number=len(self._entries), correction=correction))
            self._entries = tuple(sorted((*self._entries, entry), key=lambda known: known[0]))  # stable

    def at(self, time_s: float) -> NumberedCorrection:
        """What is in force at a time, as far as it was told."""
        return [entry for from_s, entry in self._entries if from_s <= time_s][-1]
