"""What a session's file keeps of the results of a run: rows from records."""

from __future__ import annotations

from collections.abc import Mapping

from gazeapp.devices.tracker import TrackerNotice
from gazeapp.experiment.trial import Exposure
from gazeapp.runtime.inference import WeightsInUse
from gazeapp.runtime.snapshot import InferenceResult, TrialRecord
from gazeapp.store.records import EmbeddingHistoryRow, PredictionRow, ProblemRow, TrialRow


def problem_row(problem: TrackerNotice) -> ProblemRow:
    """Trouble with the tracker."""
    return ProblemRow(time_s=problem.time_s, kind=problem.kind, message=problem.message, gap_s=problem.gap_s)


def trial_row(record: TrialRecord, exposure: Exposure, frames: Mapping[str, float]) -> TrialRow:
    """A finished exposure with its fixations and timing.

    Args:
        record: What its gaze says.
        exposure: What the participant was shown, and when.
        frames: What is known about the frames of the screen meanwhile.
    """
    planned = exposure.planned
    return TrialRow(
        trial=record.trial,
        phase=planned.phase,
        frame=record.frame,
        shown_s=record.shown_s,
        hidden_s=record.hidden_s,
        onset_kind=exposure.onset_kind,
        fixations=record.fixations,
        carried_over=record.carried_over,
        n_samples=record.n_samples,
        data_loss=record.data_loss,
        timing={
            "planned_trial": planned.number,
            "block": planned.block,
            "repeat": planned.repeat,
            "interrupted": exposure.is_interrupted,
            "complete": record.complete,
            **exposure.delays_s,
            **frames,
        },
    )


def prediction_row(result: InferenceResult, now_s: float, in_use: WeightsInUse | None) -> PredictionRow:
    """The final prediction for an exposure."""
    return PredictionRow(
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


def embedding_row(result: InferenceResult, now_s: float) -> EmbeddingHistoryRow | None:
    """The embedding after an enrolment image; None where nothing is known yet."""
    learnt = result.embedding
    if learnt is None:
        return None
    return EmbeddingHistoryRow(
        time_s=now_s, trial=result.trial, n_pairs=learnt.n_pairs, spread=learnt.spread, vector=learnt.vector
    )
