"""The records that a session stores beside samples and events: one frozen dataclass per table, plain values only."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from gazeapp.gaze.correction_late import LateCorrection
from gazeapp.gaze.display import Points, StimulusFrame
from gazeapp.gaze.fixations import Fixation
from gazeapp.store.embedding import UserEmbedding
from gazeapp.store.events import OnsetKind
from gazeapp.types import Floats
from gazeapp.types import Json as Json


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationRow:
    """One calibration attempt; several are kept, the one in force is named by the newest `CorrectionRow`."""

    number: int
    time_s: float
    """End of the attempt."""
    start_s: float
    status: str
    """"ok", or "failed": kept too, with what was collected."""
    points: tuple[Json, ...]
    """Per target: at least target_id, x_px, y_px, n_samples; gaze and residuals where there are any."""
    correction: Json | None
    """`gaze.correction.Correction.to_json()`; None for a failed attempt or one computed by the tracker."""
    residual_left_deg: float = math.nan
    residual_right_deg: float = math.nan
    device_blob: bytes = b""
    """Calibration computed by the tracker, in its own format; empty otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionRow:
    """From `from_time_s` on, this correction is in force, until the next one."""

    time_s: float
    """When it was decided."""
    from_time_s: float
    source: str
    """"calibration", "drift", "saliency", "none" (back to raw gaze)."""
    correction: Json | None
    """None: gaze is used as it comes."""
    calibration: int | None = None
    """Number of the `CalibrationRow` it comes from."""
    note: str = ""
    residual_deg: float = math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class RecalibrationRow:
    """A correction that was applied to a session when it was over, or the end of one: the last row counts."""

    from_time_s: float
    made_utc: str
    correction: Json | None
    """`gaze.correction_late.LateCorrection.to_json()`; None: taken back."""
    finding: Json
    """What it was found by."""
    software: str
    """Version that wrote it."""

    @property
    def late(self) -> LateCorrection | None:
        """As it is applied; ValueError, TypeError or KeyError where it is not one."""
        return None if self.correction is None else LateCorrection.from_json(self.correction, self.from_time_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationRow:
    """One validation or drift check."""

    time_s: float
    start_s: float
    purpose: str
    """"validate" or "drift"."""
    report: Json
    """`store.quality_text.quality_json`."""
    calibration: int | None = None
    """Number of the calibration it checks."""


Move = Callable[[Points, Floats], Points]
"""(N, 2) display pixels at (N,) times → where they are then."""


def move_fixations(fixations: tuple[Fixation, ...], frame: StimulusFrame, move: Move) -> tuple[Fixation, ...]:
    """Fixations on an image elsewhere, at the same times; image pixels."""
    if not fixations:
        return fixations
    places = frame.to_display([(f.x_px, f.y_px) for f in fixations])
    moved = frame.to_image(move(places, np.array([f.onset_s for f in fixations])))
    return tuple(replace(f, x_px=float(x), y_px=float(y)) for f, (x, y) in zip(fixations, moved, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRow:
    """One stimulus shown to the participant, with the definitive fixations on it."""

    trial: int
    phase: str
    frame: StimulusFrame
    shown_s: float
    hidden_s: float
    onset_kind: OnsetKind
    fixations: tuple[Fixation, ...]
    """Image pixels."""
    carried_over: tuple[Fixation, ...]
    """Under way when the image appeared (image pixels); not part of any map."""
    n_samples: int
    data_loss: float
    """Share of invalid samples, 0 to 1."""
    timing: Json = field(default_factory=dict)
    """Frame timing of the stimulus window: late frames, longest interval."""

    @property
    def is_interrupted(self) -> bool:
        """Whether the image was taken off before its time: it was not viewed, and came again later."""
        return self.timing.get("interrupted") is True

    def moved(self, move: Move) -> TrialRow:
        """With fixations elsewhere, at the same times."""
        frame = self.frame
        return replace(
            self,
            fixations=move_fixations(self.fixations, frame, move),
            carried_over=move_fixations(self.carried_over, frame, move),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRow:
    """One stretch of a session: the first begins it, another follows each time that it was resumed."""

    start_s: float
    facts: Json
    """started_utc, clock_origin, tracker, software, experimenter, after (why the part before ended)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PredictionRow:
    """What the networks predicted for one stimulus; maps are kept bit for bit."""

    trial: int
    stimulus_id: str
    time_s: float
    final: bool
    universal: NDArray[np.float32] | None
    """(H, W) density; None when the inference failed."""
    personal: NDArray[np.float32] | None
    """(H, W) density; None before there was an embedding."""
    embedding: UserEmbedding | None
    """The embedding the personal map was made with."""
    model_sha256: str
    elapsed_s: float
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingHistoryRow:
    """The embedding after one more pair: how it settles."""

    time_s: float
    trial: int
    n_pairs: int
    spread: float
    vector: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StimulusRow:
    """An image used in the session; the file lies in the session's `stimuli/` folder."""

    stimulus_id: str
    name: str
    file: str
    """File name within `stimuli/`."""
    width_px: int
    height_px: int
    source: str = ""
    """Where it came from, as the experimenter named it; never an absolute path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockOffsetRow:
    """One measurement of a tracker's clock against this computer's; raw stamps are kept with every sample."""

    time_s: float
    """Session clock, when it was measured."""
    offset_s: float
    """What to add to the tracker's stamps to get this computer's clock."""
    uncertainty_s: float
    """Half the round trip of the exchange."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EyeImageRow:
    """One picture of the eyes by the tracker's camera, as it came: it can tell people apart."""

    time_s: float
    """When the camera took it."""
    device_time_s: float
    camera: int
    region: int
    """Number of the part of the picture, for cameras that send several."""
    kind: str
    """"full" (the eyes were not found), "cropped", "multi_roi", "unknown"."""
    left_px: int
    """Where the part lies in the camera's picture."""
    top_px: int
    width_px: int
    height_px: int
    format: str
    """"gif", "jpg" or "unknown"."""
    image: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemRow:
    """Trouble during the recording: a lost tracker, a gap, a full disk."""

    time_s: float
    kind: str
    message: str
    gap_s: float = 0.0
