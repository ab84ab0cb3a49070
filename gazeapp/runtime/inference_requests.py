"""When the networks are asked, and with what: from snapshots and finished trials to inference requests."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from gazeapp.gaze.display import Display, StimulusFrame
from gazeapp.gaze.fixations import Fixation
from gazeapp.runtime.snapshot import InferenceRequest, Snapshot, TrialRecord

FIXATIONS_BETWEEN_REQUESTS = 4
"""About one request a second of viewing; what is asked faster than answered is replaced anyway."""


class RequestMaker:
    """Numbers requests and decides when one is due: at onset, after every few fixations, and at a trial's end.

    `while_looking` is called from one thread, the rest from any.

    Args:
        image_rgb: Stimulus → (H, W, 3) pixels; they must not change afterwards.
        display: The participant's screen.
        is_enrolment: Trial → whether its gaze is to be learnt.
    """

    def __init__(
        self,
        image_rgb: Callable[[str], NDArray[np.uint8]],
        display: Display,
        is_enrolment: Callable[[int], bool],
    ) -> None:
        self._image_rgb = image_rgb
        self._display = display
        self._is_enrolment = is_enrolment
        self._numbers = itertools.count(1)
        self._trial: int | None = None
        self._n_asked_with = 0

    def while_looking(self, snapshot: Snapshot) -> InferenceRequest | None:
        """A request that a newer one may replace; None when there is nothing new to ask."""
        if snapshot.trial is None or snapshot.frame is None:
            return None
        is_new = snapshot.trial != self._trial
        n = len(snapshot.fixations)
        if not is_new and n < self._n_asked_with + FIXATIONS_BETWEEN_REQUESTS:
            return None
        self._trial, self._n_asked_with = snapshot.trial, n
        enrol = self._is_enrolment(snapshot.trial)
        return self._make(snapshot.trial, snapshot.frame, snapshot.fixations, enrol=enrol, final=False)

    def ahead(self, trial: int, frame: StimulusFrame) -> InferenceRequest:
        """A request for an image that is about to appear and teaches nothing: its maps are to be there with it."""
        return self._make(trial, frame, (), enrol=False, final=False)

    def at_the_end(self, record: TrialRecord) -> InferenceRequest:
        """The request that is answered in any case."""
        enrol = self._is_enrolment(record.trial)
        return self._make(record.trial, record.frame, record.fixations, enrol=enrol, final=True)

    def _make(
        self, trial: int, frame: StimulusFrame, fixations: Sequence[Fixation], *, enrol: bool, final: bool
    ) -> InferenceRequest:
        points = np.array([(f.x_px, f.y_px) for f in fixations], dtype=np.float64).reshape(-1, 2)
        durations = np.array([f.duration_s for f in fixations], dtype=np.float64)
        points.setflags(write=False)
        durations.setflags(write=False)
        return InferenceRequest(
            number=next(self._numbers),
            trial=trial,
            stimulus_id=frame.stimulus_id,
            image_rgb=self._image_rgb(frame.stimulus_id),
            px_per_deg=self._display.px_per_deg / frame.scale,
            fixations_px=points,
            durations_s=durations,
            enrol=enrol,
            final=final,
        )
