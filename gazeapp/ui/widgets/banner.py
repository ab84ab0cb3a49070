"""A page's finding: one sentence, what to do next, and the key for it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from gazeapp.ui.icons import icon_pixmap
from gazeapp.ui.theme import Theme
from gazeapp.ui.widgets.basic import KeyButton, label, set_tone

SLIM_PX = 44
"""Height of a banner where pictures need the room."""
_ICONS = {"": "info", "ok": "validate", "warn": "warning", "bad": "error"}


class Banner(QFrame):
    """Finding first (strong), advice after it; a tone never comes without its icon and words.

    Args:
        theme: The colours in use.
        is_slim: Take as little room as two lines need.
    """

    acted = Signal()
    """The offered next step was chosen."""

    def __init__(self, theme: Theme, *, is_slim: bool = False) -> None:
        super().__init__()
        self._theme, self._tone = theme, ""
        self.setProperty("role", "banner")
        # with room for the bar, and for a finding of two lines: nothing below moves when they come
        high, above = (SLIM_PX, 3) if is_slim else (78, 12)
        self.setMinimumHeight(high)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, above, 16, above)
        row.setSpacing(14)
        row.addStrut(high - 2 * above)
        self._icon = QLabel()
        self._icon.setFixedSize(22, 22)
        self._finding = label("", "strong", wrap=True)
        self._advice = label("", "dim", wrap=True)
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.hide()
        words = QVBoxLayout()
        words.setSpacing(0 if is_slim else 3)
        words.addWidget(self._finding)
        words.addWidget(self._advice)
        words.addSpacing(0 if is_slim else 3)
        words.addWidget(self._progress)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addLayout(words, 1)
        self._slot = QWidget()
        self._slot_row = QHBoxLayout(self._slot)
        self._slot_row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._slot)
        self._button: KeyButton | None = None
        self._other: KeyButton | None = None
        theme.changed.connect(self._draw_icon)
        self._draw_icon()

    @property
    def text(self) -> str:
        """Finding and advice, as a screen reader says them."""
        return f"{self._finding.text()} {self._advice.text()}".strip()

    @property
    def tone(self) -> str:
        """ok, warn, bad or nothing."""
        return self._tone

    def show_finding(self, finding: str, advice: str = "", *, tone: str = "", action: str = "", key: str = "") -> None:
        """Say what is the case and what to do; `action` with its `key` offers the next step as a button."""
        self._finding.setText(finding)
        self._advice.setText(advice)
        self._advice.setVisible(bool(advice))
        self._tone = tone
        self.setAccessibleName(self.text)
        set_tone(self, tone)
        self._draw_icon()
        self._progress.hide()
        if self._button is not None:
            self._slot_row.removeWidget(self._button)
            self._button.hide()
            self._button.deleteLater()
            self._button = None
        if self._other is not None:
            self._slot_row.removeWidget(self._other)
            self._other.hide()
            self._other.deleteLater()
            self._other = None
        if action:
            self._button = KeyButton(action, key)
            self._button.clicked.connect(self.acted)
            self._slot_row.addWidget(self._button)

    def offer(self, words: str, do: Callable[[], object], key: str = "") -> None:
        """Another step beside the one that was offered."""
        self._other = KeyButton(words, key)
        self._other.clicked.connect(lambda: do())
        self._slot_row.addWidget(self._other)

    def show_progress(self, share: float | None) -> None:
        """Add a bar of 0 to 1 to the finding; None while the share is not known."""
        self._progress.setRange(0, 0 if share is None else 1000)
        if share is not None:
            self._progress.setValue(round(1000 * share))
        self._progress.show()

    def _draw_icon(self) -> None:
        color = self._theme.tokens.color(f"{self._tone}_text" if self._tone else "dim")
        ratio = self.devicePixelRatioF()
        self._icon.setPixmap(icon_pixmap(_ICONS[self._tone], color, 22, device_ratio=ratio))
