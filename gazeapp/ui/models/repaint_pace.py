"""How often the experimenter's window may repaint: it shares its thread with the participant's screen."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from gazeapp.session.state import Step

REPAINT_MS = 33
EXPOSURE_REPAINT_MS = 50
"""While the participant looks at an image, the experimenter's window repaints less often."""
MAPS_S = 0.2
"""New maps are coloured at most this often while the participant looks at an image."""
QUIET_S = 0.05
"""No repaint of the experimenter's window this shortly before the participant's screen changes."""


class RepaintPace(QObject):
    """Tells when there is something to paint and a good moment for it.

    Args:
        step: What the participant is doing.
        time_left_s: Until their screen changes; NaN where that is open.
    """

    due = Signal()
    """There is newer gaze, and now is a good moment."""
    maps_due = Signal()
    """The same for maps: colouring them costs more than everything else."""

    def __init__(self, step: Callable[[], Step], time_left_s: Callable[[], float]) -> None:
        super().__init__()
        self._step, self._time_left_s = step, time_left_s
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

    def note_news(self) -> None:
        """There is newer gaze."""
        self._has_news = True

    def note_maps(self) -> None:
        """There are newer maps or scores."""
        self._has_maps = True
        if not self._timer.isActive():
            self._tell_maps()

    def _tell(self) -> None:
        is_exposed = self._step() is Step.STIMULUS
        wanted_ms = EXPOSURE_REPAINT_MS if is_exposed else REPAINT_MS
        if self._timer.interval() != wanted_ms:
            self._timer.setInterval(wanted_ms)
        # a stimulus that should leave now must not wait for the experimenter's picture
        if self._time_left_s() < QUIET_S:
            return
        if self._has_news:
            self._has_news = False
            self.due.emit()
        if self._has_maps and not (is_exposed and time.monotonic() - self._maps_s < MAPS_S):
            self._tell_maps()

    def _tell_maps(self) -> None:
        self._has_maps, self._maps_s = False, time.monotonic()
        self.maps_due.emit()
