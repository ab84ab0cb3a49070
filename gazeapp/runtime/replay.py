"""Does a stored session give the same result again? Its samples and events, through the same pipeline."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from gazeapp.errors import DamagedSession
from gazeapp.experiment.stimulus_set import background_rgb
from gazeapp.gaze.correction import Correction
from gazeapp.gaze.correction_timeline import CorrectedGaze
from gazeapp.gaze.detection.registry import make_detector, recorded_options
from gazeapp.gaze.samples import GazeSamples
from gazeapp.runtime.pipeline import Pipeline
from gazeapp.runtime.snapshot import TrialRecord
from gazeapp.saliency.maps import normalise
from gazeapp.store.embedding import UserEmbedding
from gazeapp.store.events import StimulusHidden, StimulusShown
from gazeapp.store.reader import SessionReader
from gazeapp.store.records import TrialRow
from gazeapp.store.stimuli import BACKGROUND
from gazeapp.types import Image, Json, Map

_ROUNDING_PX = 1e-6
_ROUNDING_SHARE = 1e-3
"""Of a map's peak: single precision through a network of many layers."""
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
class MapComparison:
    """One stored map, and the same computed again."""

    trial: int
    kind: Literal["universal", "personal"]
    largest_difference: float
    """Largest difference of two pixels, as a share of the stored map's peak; 0 when equal to the bit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduction:
    """A whole session compared."""

    trials: tuple[TrialComparison, ...]
    n_samples: int
    maps: tuple[MapComparison, ...] = ()
    n_maps_of_other_weights: int = 0
    """Maps that only the weights which made them can give again."""
    is_recalibrated: bool = False
    """Whether a correction was applied afterwards: compared is what was recorded, without it."""

    @property
    def is_exact(self) -> bool:
        """Whether every trial and map came out equal to the bit."""
        return all(trial.fixations_equal for trial in self.trials) and not any(m.largest_difference for m in self.maps)

    @property
    def is_same(self) -> bool:
        """Whether they came out equal but for rounding: another processor may add in another order."""
        return all(
            trial.fixations_equal or (trial.n_stored == trial.n_again and trial.largest_shift_px < _ROUNDING_PX)
            for trial in self.trials
        ) and all(m.largest_difference < _ROUNDING_SHARE for m in self.maps)


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
        trials=tuple(_compare(row, again.get(row.trial)) for row in reader.recorded_trials()),
        n_samples=reader.n_samples,
        is_recalibrated=reader.late_correction() is not None,
    )


class MapNetworks(Protocol):
    """What makes maps, by the weights in use."""

    @property
    def sha256(self) -> str:
        """Of the weights behind personal maps."""
        ...

    @property
    def universal_sha256(self) -> str:
        """Of those behind universal maps."""
        ...

    def universal(self, image_rgb: Image) -> Map:
        """(H, W) density."""
        ...

    def personal(self, image_rgb: Image, universal: Map, embedding: UserEmbedding) -> Map:
        """(H, W) density."""
        ...


def reproduce_maps(reader: SessionReader, networks: MapNetworks) -> tuple[tuple[MapComparison, ...], int]:
    """Compute every stored map again from its image, its universal map and its embedding.

    Returns:
        The maps compared, and how many were left out because other weights made them.

    Raises:
        DamagedSession: An image is missing or was changed.
    """
    recorded = set((reader.meta.get("weights") or {}).values())
    background = _background(reader.meta)
    compared: list[MapComparison] = []
    n_other = 0
    for row in reader.predictions(final_only=True):
        if row.error or row.universal is None:
            continue
        has_universal, has_personal = networks.universal_sha256 in recorded, networks.sha256 == row.model_sha256
        n_other += (not has_universal) + (row.personal is not None and not has_personal)
        if not (has_universal or has_personal):
            continue
        image = reader.stimuli.load(row.stimulus_id, background=background).rgb
        if has_universal:
            compared.append(_compare_maps(row.trial, "universal", row.universal, networks.universal(image)))
        if row.personal is not None and row.embedding is not None and has_personal:
            again = normalise(networks.personal(image, row.universal, row.embedding))
            compared.append(_compare_maps(row.trial, "personal", row.personal, again))
    return tuple(compared), n_other


def _compare_maps(trial: int, kind: Literal["universal", "personal"], stored: Map, again: Map) -> MapComparison:
    if stored.shape != again.shape:
        return MapComparison(trial=trial, kind=kind, largest_difference=math.inf)
    largest = float(np.abs(stored - again).max() / stored.max())
    return MapComparison(trial=trial, kind=kind, largest_difference=largest)


def _background(meta: Json) -> tuple[int, int, int]:
    """What was behind transparent parts of the images."""
    plan = meta.get("plan")
    stimuli = plan.get("stimuli") if isinstance(plan, dict) else None
    text = stimuli.get("background") if isinstance(stimuli, dict) else None
    return background_rgb(text) if isinstance(text, str) else BACKGROUND


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


def _detection(meta: Json) -> tuple[str, Json]:
    found = meta.get("detection")
    if not isinstance(found, dict) or "algorithm" not in found:
        raise DamagedSession(
            "the session does not say how its fixations were detected, so they cannot be computed again"
        )
    return str(found["algorithm"]), dict(found.get("parameters", {}))


def _rate_hz(meta: Json) -> float:
    tracker = meta.get("tracker")
    rate_hz = tracker.get("rate_hz") if isinstance(tracker, dict) else None
    return math.nan if rate_hz is None else float(rate_hz)
