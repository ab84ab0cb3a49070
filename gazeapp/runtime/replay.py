"""Does a stored session give the same result again? Its samples and events, through the same pipeline."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from gazeapp.errors import DamagedSession
from gazeapp.gaze.correction import Correction
from gazeapp.gaze.correction_timeline import CorrectedGaze
from gazeapp.gaze.detection.registry import make_detector, recorded_options
from gazeapp.gaze.samples import GazeSamples
from gazeapp.runtime.pipeline import Pipeline
from gazeapp.runtime.snapshot import TrialRecord
from gazeapp.store.events import StimulusHidden, StimulusShown
from gazeapp.store.reader import SessionReader
from gazeapp.store.records import TrialRow

_CHUNK = 600
"""Rows per step; any other number gives the same result, which is the point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialComparison:
    """One trial, as stored and as computed again."""

    trial: int
    n_stored: int
    n_again: int
    """Fixations; 0 where the trial could not be found again."""
    fixations_equal: bool
    """Every onset, duration and place equal to the bit, carried-over fixations and sample counts too."""
    largest_shift_px: float
    """Between fixations of the same rank, image pixels; 0 when equal, NaN when there is nothing to compare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduction:
    """A whole session compared."""

    trials: tuple[TrialComparison, ...]
    n_samples: int

    @property
    def is_exact(self) -> bool:
        """Whether every trial came out equal to the bit."""
        return all(trial.fixations_equal for trial in self.trials)

    @property
    def sentence(self) -> str:
        """The finding in words."""
        n, n_equal = len(self.trials), sum(trial.fixations_equal for trial in self.trials)
        if not n:
            return "The session has no finished trial to compare."
        if n_equal == n:
            return f"All {n} trials gave the same fixations again, to the bit."
        different = ", ".join(str(t.trial) for t in self.trials if not t.fixations_equal)
        return f"{n - n_equal} of {n} trials came out differently: {different}."


class StoredCursor:
    """A sample ring's cursor over a stored session."""

    n_missed = 0

    def __init__(self, chunks: Iterator[GazeSamples]) -> None:
        self._chunks = chunks
        self._held: GazeSamples | None = next(chunks, None)

    @property
    def next_s(self) -> float:
        """Time up to which the next `read` reaches; infinite at the end."""
        return math.inf if self._held is None else float(self._held.time_s[-1])

    def read(self) -> CorrectedGaze:
        """The next chunk, as it was recorded."""
        chunk, self._held = self._held, next(self._chunks, None)
        return CorrectedGaze.uncorrected(GazeSamples.empty() if chunk is None else chunk)


def replay(reader: SessionReader, chunk_size: int = _CHUNK) -> list[TrialRecord]:
    """Run a stored session through the live pipeline.

    Raises:
        DamagedSession: The screen, the detection settings or the events are missing or not understood.
        SettingsError: The fixations were found by a rule that is no more.
    """
    algorithm, recorded = _detection(reader.meta)
    options = recorded_options(algorithm, recorded)
    display = reader.display
    pipeline = Pipeline(
        cursor := StoredCursor(reader.sample_chunks(n_rows=chunk_size)),
        lambda: make_detector(algorithm, display, options),
        rate_hz=_rate_hz(reader.meta),
    )
    for row in reader.corrections():
        content = row.correction
        pipeline.set_correction(None if content is None else Correction.from_json(content), row.from_time_s)
    events = [e for e in reader.events() if isinstance(e, StimulusShown | StimulusHidden)]
    now_s = 0.0
    while math.isfinite(cursor.next_s):
        now_s = cursor.next_s
        # told before the samples that follow them; told late, they would give the same
        while events and events[0].time_s <= now_s:
            pipeline.on_event(events.pop(0))
        pipeline.advance(now_s)
    for event in events:
        pipeline.on_event(event)
    pipeline.finish(max([now_s, *(event.time_s for event in events)]))
    return pipeline.take_trials()


def reproduce(reader: SessionReader, chunk_size: int = _CHUNK) -> Reproduction:
    """Compare a stored session's trials with those that its samples give again."""
    again = {record.trial: record for record in replay(reader, chunk_size)}
    return Reproduction(
        trials=tuple(_compare(row, again.get(row.trial)) for row in reader.trials()),
        n_samples=reader.n_samples,
    )


def _compare(stored: TrialRow, again: TrialRecord | None) -> TrialComparison:
    if again is None:
        return TrialComparison(
            trial=stored.trial,
            n_stored=len(stored.fixations),
            n_again=0,
            fixations_equal=False,
            largest_shift_px=math.nan,
        )
    pairs = list(zip(stored.fixations, again.fixations, strict=False))
    shifts = [math.hypot(a.x_px - b.x_px, a.y_px - b.y_px) for a, b in pairs]
    return TrialComparison(
        trial=stored.trial,
        n_stored=len(stored.fixations),
        n_again=len(again.fixations),
        fixations_equal=(
            stored.fixations == again.fixations
            and stored.carried_over == again.carried_over
            and stored.n_samples == again.n_samples
        ),
        largest_shift_px=float(np.max(shifts)) if shifts else math.nan,
    )


def _detection(meta: dict[str, Any]) -> tuple[str, dict[str, Any]]:  # Any: JSON values
    found = meta.get("detection")
    if not isinstance(found, dict) or "algorithm" not in found:
        raise DamagedSession(
            "the session does not say how its fixations were detected, so they cannot be computed again"
        )
    return str(found["algorithm"]), dict(found.get("parameters", {}))


def _rate_hz(meta: dict[str, Any]) -> float:  # Any: JSON values
    tracker = meta.get("tracker")
    rate_hz = tracker.get("rate_hz") if isinstance(tracker, dict) else None
    return math.nan if rate_hz is None else float(rate_hz)
