"""How often the experimenter's window may repaint: it shares its thread with the participant's screen."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from gazeapp.experiment.state import SessionStep

REPAINT_MS = 33
EXPOSURE_REPAINT_MS = 50
"""While the participant looks at an image, the experimenter's window repaints less often."""
MAPS_S = 0.2
"""New maps are coloured at most this often while the participant looks at an image."""
QUIET_S = 0.05
"""No repaint of the experimenter's window this shortly before the participant's screen changes."""
TRACE_S = 0.1
"""The trace of the last seconds is drawn anew at most this often while the participant looks at an image."""
FRAMES_S = 0.04
"""Frames that follow each other within this time are a movement: a target, or an image that is followed by the
mouse."""
LONGEST_HOLD_S = 0.1
"""A participant's window that nothing becomes visible on, such as a covered one, holds the experimenter's up no
longer."""


class RepaintScheduler(QObject):
    """Tells when there is something to paint and a good moment for it.

    Args:
        step: What the participant is doing.
        time_left_s: Until their screen changes; NaN where that is open.
    """

    repaint_due = Signal()
    """There is newer gaze, and now is a good moment."""
    maps_due = Signal()
    """The same for maps: colouring them costs more than everything else."""

    def __init__(self, step: Callable[[], SessionStep], time_left_s: Callable[[], float]) -> None:
        super().__init__()
        self._step, self._time_left_s = step, time_left_s
        self.is_scene_due: Callable[[], bool] = lambda: False
        """Whether something was put on the participant's screen that is not visible yet."""
        self._held_s = self._trace_s = self._frame_s = -math.inf
        self._is_blocked = self._waits_for_frame = False
        self._has_news = self._has_maps = False
        self._maps_s = -math.inf
        self._timer = QTimer(self)
        self._timer.setInterval(REPAINT_MS)
        self._timer.timeout.connect(self._tell)

    def start(self) -> None:
        """Tell from now on."""
        self._timer.start()

    def stop(self) -> None:
        """Tell no more."""
        self._timer.stop()

    @property
    def is_blocked(self) -> bool:
        """Whether the participant's screen is about to change: whatever can wait does."""
        now_s = time.monotonic()
        if not self.is_scene_due():
            self._is_blocked = False
            return False
        if not self._is_blocked:
            self._is_blocked, self._held_s = True, now_s
        return now_s - self._held_s < LONGEST_HOLD_S

    def is_trace_due(self) -> bool:
        """Whether the trace of the last seconds should be drawn again; asked once for each time it could be."""
        now_s = time.monotonic()
        if self._step() is SessionStep.STIMULUS and now_s - self._trace_s < TRACE_S:
            return False
        self._trace_s = now_s
        return True

    def note_frame(self) -> None:
        """A frame reached the participant's screen: until the next one is a good moment."""
        self._frame_s = time.monotonic()
        if self._waits_for_frame:
            self._waits_for_frame = False
            QTimer.singleShot(0, self, self._tell_now)  # the frame's own event ends first

    def mark_dirty(self) -> None:
        """There is newer gaze."""
        self._has_news = True

    def note_maps(self) -> None:
        """There are newer maps or scores."""
        self._has_maps = True
        if not self._timer.isActive():
            self._tell_maps()

    def _tell(self) -> None:
        is_exposed = self._step() is SessionStep.STIMULUS
        wanted_ms = EXPOSURE_REPAINT_MS if is_exposed else REPAINT_MS
        if self._timer.interval() != wanted_ms:
            self._timer.setInterval(wanted_ms)
        # while something moves on the participant's screen each of its frames comes first
        if not self._waits_for_frame and time.monotonic() - self._frame_s < FRAMES_S:
            self._waits_for_frame = self._has_news or self._has_maps
            return
        self._waits_for_frame = False
        self._tell_now()

    def _tell_now(self) -> None:
        is_exposed = self._step() is SessionStep.STIMULUS
        # a stimulus that should leave now must not wait for the experimenter's picture
        if self._time_left_s() < QUIET_S or self.is_blocked:
            return
        if self._has_news:
            self._has_news = False
            self.repaint_due.emit()
        if self._has_maps and not (is_exposed and time.monotonic() - self._maps_s < MAPS_S):
            self._tell_maps()

    def _tell_maps(self) -> None:
        self._has_maps, self._maps_s = False, time.monotonic()
        self.maps_due.emit()
