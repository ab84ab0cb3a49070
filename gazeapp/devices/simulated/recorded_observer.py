"""A real person's recorded fixations, looked again: eyes for a simulated tracker."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gazeapp.devices.simulated.scanpath import GazePath
from gazeapp.gaze.display import Display
from gazeapp.gaze.fixations import Fixation
from gazeapp.store.events import CrossShown, Event, StimulusShown, TargetShown

FIRST_SACCADE_S = 0.15
"""Recordings say how long fixations lasted, not when the first began: the eye rests at the cross this long."""
_TARGET_REACTION_S = 0.2


class RecordedObserver:
    """Repeats recorded scan paths when their stimuli appear; looks at crosses and targets in between.

    Convention: a recorded fixation lasts from the landing of one saccade to the start of the next, so each is replayed
    with its own duration and the saccades (main sequence) come between them.

    Args:
        display: The participant's screen.
        scanpaths: For a stimulus id, the fixations in image pixels, in order; only positions and durations count.
    """

    def __init__(self, display: Display, scanpaths: Mapping[str, Sequence[Fixation]]) -> None:
        self._display = display
        self._scanpaths = scanpaths
        self._lock = threading.Lock()
        self._path = GazePath(display, (display.width_px / 2, display.height_px / 2))

    def on_event(self, event: Event) -> None:
        """React to a cross, a target or a stimulus."""
        with self._lock:
            if isinstance(event, CrossShown | TargetShown):
                self._path.cancel_after(event.time_s)
                start_s = event.time_s + _TARGET_REACTION_S
                self._path.look(start_s, (event.x_px, event.y_px))
            elif isinstance(event, StimulusShown):
                self._path.cancel_after(event.time_s)
                self._follow(event)

    def gaze_px(self, time_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N, 2) true gaze in display pixels; times of successive calls never go back."""
        if not len(time_s):
            return np.empty((0, 2))
        with self._lock:
            gaze = self._path.at(time_s)
            self._path.forget_before(float(time_s[0]))
        return gaze

    def _follow(self, event: StimulusShown) -> None:
        leave_s = event.time_s + FIRST_SACCADE_S
        for fixation in self._scanpaths.get(event.frame.stimulus_id, ()):
            point = event.frame.to_display((fixation.x_px, fixation.y_px))
            landed_s = self._path.look(leave_s, (float(point[0]), float(point[1])))
            leave_s = landed_s + fixation.duration_s
