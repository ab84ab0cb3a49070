"""What the pipeline publishes: frozen values, safe to hand to any thread."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gazeapp.gaze.display import StimulusFrame
from gazeapp.gaze.fixations import Fixation
from gazeapp.store.embedding import UserEmbedding


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamHealth:
    """How the gaze stream and its recording are doing."""

    n_received: int
    n_expected: int
    """From the nominal rate and the time since the first sample."""
    rate_hz: float
    """Measured over the last second."""
    data_loss: float
    """Share of invalid samples over the last second, 0 to 1."""
    latency_s: float
    """Median of (receive time - sample time) over the last second; NaN where stamps lack it."""
    n_saved: int
    saved_ago_s: float
    """Since the last write reached the disk; NaN before the first."""
    queue_length: int
    """Chunks that wait for the disk."""
    problem: str = ""
    """The latest trouble in words; empty when all is well."""


Place = tuple[float, float, float]
"""x, y, z; NaN where it is not known."""
UNSEEN: Place = (math.nan, math.nan, math.nan)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadPosition:
    """Where the eyes are, from trackers that measure it; each number is NaN while it is not known."""

    left_mm: Place
    """The tracker's user coordinates: from its middle to the right, up, and towards the person."""
    right_mm: Place
    distance_mm: float
    """From the tracker to the eyes, along its axis; the mean of the eyes that are seen."""
    left_guide: Place = UNSEEN
    """The tracker's own position guide: each axis 0 to 1 over the space it can see, (0.5, 0.5, 0.5) is best."""
    right_guide: Place = UNSEEN


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Snapshot:
    """The state of the live view at one moment."""

    number: int
    time_s: float
    trial: int | None
    frame: StimulusFrame | None
    """Where the stimulus lies; None between trials."""
    trace_time_s: NDArray[np.float64]
    """(N,) the last 5 s of corrected samples."""
    trace_px: NDArray[np.float64]
    """(N, 2) display pixels, cyclopean, NaN where missing."""
    trace_left_px: NDArray[np.float64]
    trace_right_px: NDArray[np.float64]
    fixations: tuple[Fixation, ...]
    """Fixations of the trial on screen so far, image pixels."""
    looked_s: tuple[tuple[float, float], ...]
    """(onset, end) of the fixations that the trace shows, on this image and those before."""
    health: StreamHealth
    head: HeadPosition | None = None
    """None from trackers that never said where the eyes are."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrialRecord:
    """One finished trial: the definitive fixations of exactly its samples."""

    trial: int
    frame: StimulusFrame
    shown_s: float
    hidden_s: float
    fixations: tuple[Fixation, ...]
    """Image pixels; fixations that were under way when the image appeared are not among them."""
    carried_over: tuple[Fixation, ...]
    """Fixations under way at stimulus onset (image pixels): they say nothing about this image."""
    n_samples: int
    data_loss: float
    """Share of the samples due in this time that are missing or invalid, 0 to 1."""
    complete: bool = True
    """False when the stream fell silent before the stimulus' end, or the live view read so late that samples were lost
    to it: the recording then holds more than this record was made from."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InferenceRequest:
    """Everything one inference needs, copied; it refers to no live state.

    `enrol` asks to add (image, personal map of `fixations_px`) to the person's embedding; every request asks for
    the universal and, once there is an embedding, the personal map of the image.
    """

    number: int
    trial: int
    stimulus_id: str
    image_rgb: NDArray[np.uint8]
    """(H, W, 3)."""
    px_per_deg: float
    """Image pixels per degree of visual angle, as it was shown."""
    fixations_px: NDArray[np.float64]
    """(N, 2) image pixels; empty before the person looked."""
    durations_s: NDArray[np.float64]
    """(N,) of the fixations."""
    enrol: bool
    final: bool
    """Made at the stimulus' end: never replaced by a newer request, stored once."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InferenceResult:
    """Maps and embedding that answer one request."""

    number: int
    trial: int
    stimulus_id: str
    universal: NDArray[np.float32]
    """(H, W) density of the image's size."""
    personal: NDArray[np.float32] | None
    """(H, W) density; None before there is an embedding."""
    discrepancy: NDArray[np.float32] | None
    """personal - universal."""
    embedding: UserEmbedding | None
    """After this request: at the end of an enrolment trial it rests on this image too."""
    final: bool
    elapsed_s: float
    error: str = ""
    """In words, when the inference failed; the universal map is then flat if it was that which failed."""
    predicted_with: UserEmbedding | None = None
    """The embedding that `personal` was made with: at the end of an enrolment trial, the one before this image."""
