"""Turns what happens in a run into what its session file keeps."""

from __future__ import annotations

from collections.abc import Mapping

from gazeapp.devices.tracker import ClockReporting, Tracker, TrackerNotice
from gazeapp.experiment.schedule import PlannedTrial
from gazeapp.gaze.eye_openness import EyeOpenness
from gazeapp.runtime.inference import WeightsInUse
from gazeapp.runtime.recorder import Recorder
from gazeapp.runtime.snapshot import InferenceResult, TrialRecord
from gazeapp.store.events import Event, OnsetKind
from gazeapp.store.records import (
    CalibrationRow,
    CorrectionRow,
    EmbeddingHistoryRow,
    EyeImageRow,
    PredictionRow,
    ProblemRow,
    TrialRow,
    ValidationRow,
)
from gazeapp.store.writer import SessionWriter

CLOCK_PERIOD_S = 30.0
"""How often the measurements of the tracker's clock are kept: what a crash may cost of them."""


class SessionLog:
    """Hands rows to the recorder; nothing here waits for the disk."""

    def __init__(self, recorder: Recorder[SessionWriter]) -> None:
        self._recorder = recorder
        self._has_weights = False
        self._n_offsets = 0
        self._clock_due_s = CLOCK_PERIOD_S

    def keep_clock(self, tracker: Tracker, now_s: float, *, at_end: bool = False) -> None:
        """The measurements so far of a tracker's clock that is not this computer's."""
        if not isinstance(tracker, ClockReporting) or (now_s < self._clock_due_s and not at_end):
            return
        self._clock_due_s = now_s + CLOCK_PERIOD_S
        offsets = tracker.clock_offsets
        if len(offsets) == self._n_offsets:
            return
        self._n_offsets = len(offsets)
        values = [[o.time_s, o.offset_s, o.uncertainty_s] for o in offsets]
        self._recorder.take_record(lambda writer: writer.set_meta({"clock_offsets": values}))

    def keep_openness(self, openness: EyeOpenness) -> None:
        """How far the eyes are open; from the tracker's thread."""
        self._recorder.take_record(lambda writer: writer.write_openness(openness))

    def keep_eye_image(self, image: EyeImageRow) -> None:
        """A picture of the eyes; from the tracker's thread."""
        self._recorder.take_record(lambda writer: writer.write_eye_image(image))

    def keep_event(self, event: Event) -> None:
        """Anything that happened."""
        self._recorder.take_event(event)

    def keep_quality(self, row: CalibrationRow | CorrectionRow | ValidationRow) -> None:
        """A calibration, a correction that came into force, a validation or drift check."""
        if isinstance(row, CalibrationRow):
            self._recorder.take_record(lambda writer: writer.write_calibration(row))
        elif isinstance(row, CorrectionRow):
            self._recorder.take_record(lambda writer: writer.write_correction(row))
        else:
            self._recorder.take_record(lambda writer: writer.write_validation(row))

    def keep_problem(self, problem: TrackerNotice) -> None:
        """Trouble with the tracker."""
        row = ProblemRow(time_s=problem.time_s, kind=problem.kind, message=problem.message, gap_s=problem.gap_s)
        self._recorder.take_record(lambda writer: writer.write_problem(row))

    def keep_trial(
        self,
        record: TrialRecord,
        planned: PlannedTrial,
        *,
        onset_kind: OnsetKind,
        is_interrupted: bool,
        frames: Mapping[str, float],
    ) -> None:
        """A finished exposure with its fixations and timing."""
        row = TrialRow(
            trial=record.trial,
            phase=planned.phase,
            frame=record.frame,
            shown_s=record.shown_s,
            hidden_s=record.hidden_s,
            onset_kind=onset_kind,
            fixations=record.fixations,
            carried_over=record.carried_over,
            n_samples=record.n_samples,
            data_loss=record.data_loss,
            timing={
                "planned_trial": planned.number,
                "block": planned.block,
                "repeat": planned.repeat,
                "interrupted": is_interrupted,
                "complete": record.complete,
                **frames,
            },
        )
        self._recorder.take_record(lambda writer: writer.write_trial(row))

    def keep_result(
        self,
        result: InferenceResult,
        now_s: float,
        in_use: WeightsInUse | None,
        *,
        is_enrolment: bool,
    ) -> None:
        """The final prediction for an exposure; after enrolment images also how the embedding grew."""
        if in_use is not None and not self._has_weights:
            self._has_weights = True
            weights = {in_use.name: in_use.sha256, in_use.universal_name: in_use.universal_sha256}
            self._recorder.take_record(lambda writer: writer.set_meta({"weights": weights}))
        prediction = PredictionRow(
            trial=result.trial,
            stimulus_id=result.stimulus_id,
            time_s=now_s,
            final=True,
            universal=result.universal,
            personal=result.personal,
            embedding=result.predicted_with,
            model_sha256=in_use.sha256 if in_use else "",
            elapsed_s=result.elapsed_s,
            error=result.error,
        )
        self._recorder.take_record(lambda writer: writer.write_prediction(prediction))
        learnt = result.embedding
        if learnt is None or not is_enrolment:
            return
        growth = EmbeddingHistoryRow(
            time_s=now_s,
            trial=result.trial,
            n_pairs=learnt.n_pairs,
            spread=learnt.spread,
            vector=learnt.vector,
        )
        self._recorder.take_record(lambda writer: writer.write_growth(growth))
