"""The maps of a session: of the image on the screen, and of every image that was looked at, with their scores."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from gazeapp.gaze.display import StimulusFrame
from gazeapp.runtime.snapshot import InferenceResult, Snapshot
from gazeapp.runtime.stopping_rule import EnoughRule
from gazeapp.saliency.prediction_score import PredictionScore
from gazeapp.store.records import TrialRow
from gazeapp.ui.bridge import QtBridge
from gazeapp.ui.models.finished_trial import FinishedTrial, score, thinned
from gazeapp.ui.models.live_session import LiveSession
from gazeapp.ui.models.map_set import MapSet

if TYPE_CHECKING:  # takes a second to load, and the window should be there before
    from gazeapp.runtime.enrolment import EnrolmentProgress

Pair = tuple[PredictionScore | None, PredictionScore | None]
"""Scores of the universal and the personal map."""


MIN_CERTAINTY = EnoughRule().min_certainty
"""At which a person counts as known, and maps fade no more."""


class MapModel(QObject):
    """Joins what the networks answer with the images it is about; scores are computed in the background."""

    changed = Signal()
    """The maps of the image on the screen, or their scores, changed."""
    trial_finished = Signal(int)
    """Index into `trials`."""

    def __init__(self, bridge: QtBridge) -> None:
        super().__init__()
        self._bridge = bridge
        self.sigma_deg = 1.0
        self.begin(None)

    def begin(self, run: LiveSession | None) -> None:
        """Forget everything; a session begins, or there is none."""
        self._run = run
        self.image_rgb: NDArray[np.uint8] | None = None
        self.stimulus_id = ""
        """Of that image: what is about another is not shown with it."""
        self.shown = MapSet()
        self.live_scores: Pair = (None, None)
        self.trials: list[FinishedTrial] = []
        self.certainty = 1.0
        """0 to 1: how far the person is known."""
        self._results: dict[int, InferenceResult] = {}
        """The newest answer on each trial that is not finished."""
        self._is_scoring = False

    @property
    def is_illustration(self) -> bool:
        """Whether a model observer looked: its maps are shown, and no score."""
        return self._run is not None and self._run.is_illustration

    def note_progress(self, progress: EnrolmentProgress | None) -> None:
        """How well the person is known now."""
        known = progress.history[-1].certainty if progress and progress.history else 0.0
        self.certainty = min(1.0, max(0.3, known / MIN_CERTAINTY)) if known == known else 0.3

    def show_image(self, stimulus_id: str) -> None:
        """An image appeared on the participant's screen; its maps follow."""
        if self._run is None:
            return
        self.image_rgb, self.stimulus_id = self._run.image_rgb(stimulus_id), stimulus_id
        self.shown = MapSet(image_rgb=self.image_rgb, certainty=self.certainty)
        self.live_scores = (None, None)
        self.changed.emit()

    def take_result(self, result: InferenceResult, exposure: int | None, snapshot: Snapshot | None) -> None:
        """Take what the networks answered.

        Args:
            result: The answer.
            exposure: The image on the screen; None between images.
            snapshot: The newest gaze, for the scores.
        """
        finished = [n for n, trial in enumerate(self.trials) if trial.trial == result.trial]
        kept = self._results.get(result.trial)
        if not finished and (kept is None or result.number >= kept.number):
            self._results[result.trial] = result
        is_shown = result.stimulus_id == self.stimulus_id
        if is_shown and (exposure is None or result.trial == exposure):
            self.shown = self._maps(self.image_rgb, result)
            self.changed.emit()
        for n in finished if result.final else ():
            self._rescore(n, result)
        self._score_live(snapshot)

    def finish(self, trial: TrialRow) -> None:
        """A trial is over: keep its image, its gaze, and what is known of its maps; not of one that was interrupted."""
        if self._run is None:
            return
        result = self._results.pop(trial.trial, None)
        if trial.is_interrupted:
            return  # the image comes again
        self.trials.append(
            FinishedTrial(
                trial=trial.trial,
                phase=trial.phase,
                maps=thinned(self._maps(None, result)),
                fixations=trial.fixations,
                universal=None,
                personal=None,
                data_loss=trial.data_loss,
                frame=trial.frame,
                shown_s=trial.shown_s,
            )
        )
        if result is not None:
            self._rescore(len(self.trials) - 1, result)
        self.trial_finished.emit(len(self.trials) - 1)

    def maps_of(self, trial: FinishedTrial) -> MapSet:
        """What is painted of a trial that is over: its picture, and the difference of its maps."""
        kept = trial.maps
        image_rgb = None if self._run is None else self._run.image_rgb(trial.frame.stimulus_id)
        difference = None
        if kept.universal is not None and kept.personal is not None:
            difference = kept.personal - kept.universal
        return replace(kept, image_rgb=image_rgb, discrepancy=difference)

    def _maps(self, image_rgb: NDArray[np.uint8] | None, result: InferenceResult | None) -> MapSet:
        return MapSet(
            image_rgb=image_rgb,
            universal=result.universal if result else None,
            personal=result.personal if result else None,
            discrepancy=result.discrepancy if result else None,
            certainty=self.certainty,
        )

    def _rescore(self, index: int, result: InferenceResult) -> None:
        trials, trial = self.trials, self.trials[index]
        maps = self._maps(None, result)

        def done(scores: Pair | Exception) -> None:
            # a session that began meanwhile has a list of its own
            if not isinstance(scores, Exception) and trials is self.trials:
                trials[index] = trial.with_maps(thinned(maps), *scores)
                self.trial_finished.emit(index)

        if self.is_illustration:
            done((None, None))
            return
        px_per_deg, fixations, sigma_deg = (
            self._px_per_deg(trial.frame),
            trial.fixations,
            self.sigma_deg,
        )
        self._bridge.run(lambda: score(maps, fixations, px_per_deg, sigma_deg), done)

    def _score_live(self, snapshot: Snapshot | None) -> None:
        if self._is_scoring or self.is_illustration or snapshot is None or snapshot.frame is None:
            return
        if not snapshot.fixations or snapshot.frame.stimulus_id != self.stimulus_id:
            return
        self._is_scoring = True
        maps, px_per_deg = self.shown, self._px_per_deg(snapshot.frame)
        fixations, sigma_deg = snapshot.fixations, self.sigma_deg

        def done(scores: Pair | Exception) -> None:
            self._is_scoring = False
            if not isinstance(scores, Exception):
                self.live_scores = scores
                self.changed.emit()

        self._bridge.run(lambda: score(maps, fixations, px_per_deg, sigma_deg), done)

    def _px_per_deg(self, frame: StimulusFrame) -> float:
        return self._run.display.px_per_deg / frame.scale if self._run else math.nan


def trail_of(snapshot: Snapshot, span_s: float = 1.0) -> NDArray[np.float64]:
    """(N, 2) gaze of the last second in image pixels; empty between trials."""
    if snapshot.frame is None or not len(snapshot.trace_time_s):
        return np.empty((0, 2))
    first = int(np.searchsorted(snapshot.trace_time_s, snapshot.time_s - span_s))
    return np.asarray(snapshot.frame.to_image(snapshot.trace_px[first:]))
