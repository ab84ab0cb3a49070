"""Python's garbage, collected on the GUI thread alone."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

LOOK_MS = 500


class GarbageCollector(QObject):
    """Collects garbage as often as Python would at most, but from a timer of the GUI thread.

    All of it at once takes 0.1 to 0.25 s, about once a minute; while somebody is recorded most is left alone
    (`runtime.garbage`).

    Python collects in whichever thread happens to allocate; an object of Qt that is part of a circle would be
    destroyed there, which stops timers from the wrong thread or ends the program.
    """

    def __init__(self) -> None:
        super().__init__()
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)

    def start(self) -> None:
        """Collect from now on; Python does no more."""
        gc.disable()
        self._timer.start()

    def close(self) -> None:
        """Leave it to Python again."""
        self._timer.stop()
        gc.enable()

    def look(self) -> None:
        """Collect the oldest generation that is due."""
        counts, limits = gc.get_count(), gc.get_threshold()
        for generation in (2, 1, 0):
            if counts[generation] > limits[generation]:
                gc.collect(generation)
                return
