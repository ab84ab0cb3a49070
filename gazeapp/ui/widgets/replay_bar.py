"""Playing a viewing: time line, clock and speed."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QWidget

from gazeapp.ui.formatting import format_figure
from gazeapp.ui.models.recording import TrialView
from gazeapp.ui.theme import Theme
from gazeapp.ui.widgets.basic import KeyButton, SteadyLabel, combo
from gazeapp.ui.widgets.time_line import TimeLine

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)


class ReplayBar(QWidget):
    """Space plays, the arrow keys step, a click or a drag goes to a time."""

    moved = Signal(float)
    """Seconds from the image's appearance."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        self.play = KeyButton(self.tr("Play"), "Space")
        self.time = TimeLine(theme)
        self.time.setAccessibleName(self.tr("Time"))
        self.clock = SteadyLabel("dim", 104)
        self.raw = QCheckBox(self.tr("raw gaze"))
        self.raw.setToolTip(self.tr("Each eye as the tracker delivered it, before any correction"))
        self.speed = combo(self.tr("Speed"), 4)
        for speed in SPEEDS:
            digits = 2 if speed == 0.25 else 1 if speed < 1 else 0
            self.speed.addItem(f"{format_figure(speed, digits)}×", speed)
        self.speed.setCurrentIndex(SPEEDS.index(1.0))
        self.play.clicked.connect(self.time.toggle)
        self.speed.activated.connect(self._use_speed)
        self.time.moved.connect(self._show_time)
        self.time.played.connect(lambda is_on: self.play.set_words(self.tr("Stop") if is_on else self.tr("Play")))
        self.raw.toggled.connect(lambda _on: self.moved.emit(self.time.position_s))
        for part in (self.play, self.time, self.clock, self.raw, self.speed):
            row.addWidget(part, 1 if part is self.time else 0)

    def show_view(self, view: TrialView | None) -> None:
        """Play another viewing."""
        if view is None:
            self.time.show_time(0.0, (), ())
            return
        shown_s = view.viewing.shown_s
        losses = view.losses
        self.time.show_time(
            view.shown_s,
            [(f.onset_s - shown_s, f.end_s - shown_s) for f in view.viewing.fixations],
            [(begin, end) for begin, end, kind in losses if kind == "gap"],
            [(begin, end) for begin, end, kind in losses if kind == "blink"],
            view.events,
        )

    def _use_speed(self, _index: int) -> None:
        self.time.speed = self.speed.currentData()

    def _show_time(self, position_s: float) -> None:
        self.clock.show_text(f"{format_figure(position_s)} / {format_figure(self.time.length_s, 2, ' s')}")
        self.moved.emit(position_s)
