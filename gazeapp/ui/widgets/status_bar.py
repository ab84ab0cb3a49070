"""The quiet line at the bottom: rate, loss, latency, saved-ago on the left, the page's keys on the right."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout

from gazeapp.runtime.snapshot import StreamHealth
from gazeapp.ui.formatting import format_figure, format_share
from gazeapp.ui.theme import Theme
from gazeapp.ui.widgets.basic import Dot, ElidedLabel, SteadyLabel, label, set_text, set_tone


class StatusBar(QFrame):
    """Fixed places for the figures: nothing moves when they change."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("bottom")
        self.setFixedHeight(30)
        row = QHBoxLayout(self)
        row.setContentsMargins(18, 0, 18, 0)
        row.setSpacing(14)
        self._dot = Dot(theme)
        row.addWidget(self._dot)
        widths = {"rate": 70, "loss": 92, "latency": 104, "saved": 128}
        self._parts = {name: SteadyLabel("small", width) for name, width in widths.items()}
        self._study = ElidedLabel()
        self._study.setProperty("role", "small")
        row.addWidget(self._study, 2)
        self._problem = label("", "small")
        for part in (*self._parts.values(), self._problem):
            row.addWidget(part)
        self._notice = ElidedLabel(Qt.TextElideMode.ElideRight)
        self._notice.setProperty("role", "small")
        set_tone(self._notice, "warn")
        row.addWidget(self._notice, 1)
        self._keys = label("", "small", right=True)
        self._keys.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._keys)
        self.show_health(None)

    def show_health(self, health: StreamHealth | None) -> None:
        """Show how stream and recording do; None while no tracker is open: the study stands there then."""
        for part in (self._dot, *self._parts.values(), self._problem):
            part.setVisible(health is not None)
        self._study.setVisible(health is None)
        unknown = float("nan")
        rate = health.rate_hz if health else unknown
        loss = health.data_loss if health else unknown
        latency = health.latency_s if health else unknown
        saved = health.saved_ago_s if health else unknown
        saved = 0.0 if saved < 0 else saved  # written since the rest was looked at
        problem = health.problem if health else ""
        for name, text in {
            "rate": format_figure(rate, 0, " Hz"),
            "loss": self.tr("loss {0}").format(format_share(loss)),
            "latency": self.tr("latency {0}").format(format_figure(latency * 1e3, 0, " ms")),
            "saved": self.tr("saved {0} ago").format(format_figure(saved, 1, " s")),
        }.items():
            self._parts[name].show_text(text)
        set_text(self._problem, problem)
        set_tone(self._problem, "warn" if problem else "")
        is_flowing = rate > 0
        tone = "faint" if health is None else "bad" if saved > 2 or not is_flowing else "warn" if problem else "ok"
        self._dot.set_tone(tone)
        set_tone(self._parts["saved"], "bad" if saved > 2 else "")

    def show_study(self, text: str) -> None:
        """Which study is open, and how much room its disk has."""
        self._study.show_text(text)

    @property
    def notice(self) -> str:
        """What should be known and stands in nobody's way."""
        return self._notice.toolTip()

    def show_notice(self, text: str) -> None:
        """Say in passing what should be known; all of it is in the tool tip."""
        self._notice.show_text(text)

    def show_keys(self, text: str) -> None:
        """The keys of the page that is open, such as "⏎ use · C calibrate · F1 help"."""
        set_text(self._keys, text)
