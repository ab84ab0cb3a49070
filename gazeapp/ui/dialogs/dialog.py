"""What all dialogs have: a title, a body, an answer that is never given by accident."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from gazeapp.ui.widgets.basic import KeyButton, label


class Dialog(QDialog):
    """Escape changes nothing. Opened with `open`: nothing waits for it, and a session goes on behind it."""

    def __init__(self, parent: QWidget | None, title: str, *, width_px: int = 520) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setModal(True)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._whole = whole = QVBoxLayout(self)
        whole.setContentsMargins(24, 20, 24, 18)
        whole.setSpacing(14)
        self._title = label(title, "title", wrap=True)
        whole.addWidget(self._title)
        inner = QWidget()
        inner.setObjectName("scrolled")
        self.body = QVBoxLayout(inner)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(12)
        area = QScrollArea()  # a small screen shows all of it, too
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        bar = area.verticalScrollBar()
        bar.rangeChanged.connect(lambda _low, high: self.body.setContentsMargins(0, 0, 6 if high else 0, 0))
        self._area, self._inner = area, inner
        inner.installEventFilter(self)
        whole.addWidget(area, 1)
        self.problem = label("", "", wrap=True)
        self.problem.setProperty("tone", "bad")
        self.problem.hide()
        whole.addWidget(self.problem)
        self._row = QHBoxLayout()
        self._row.setSpacing(10)
        self._row.addStretch(1)
        whole.addLayout(self._row)
        self.setMinimumWidth(min(width_px, 620))
        self._width_px = width_px
        self.finished.connect(self._give_back)

    def _give_back(self, _code: int) -> None:
        """The keys go back to the window that asked; not every window manager sees to it."""
        parent = self.parentWidget()
        if parent is not None and parent.isVisible():
            parent.activateWindow()

    def add_button(
        self, text: str, do: Callable[[], object], *, key: str = "", primary: bool = False, danger: bool = False
    ) -> KeyButton:
        """Add an answer; the primary one comes last."""
        button = KeyButton(text, key, primary=primary)
        if danger:
            button.setProperty("tone", "bad")
        button.clicked.connect(do)
        self._row.addWidget(button)
        return button

    def show_problem(self, text: str) -> None:
        """Say why the answer cannot be given yet."""
        self.problem.setText(text)
        self.problem.setVisible(bool(text))
        if text and self.isVisible():
            self.fit_screen()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Called by Qt: what appears in the body later has room, too."""
        if watched is self._inner and event.type() == QEvent.Type.LayoutRequest and self.isVisible():
            self.fit_screen()
        return False

    def open(self) -> None:
        """Show it, no larger than the screen."""
        self.fit_screen()
        super().open()

    def fit_screen(self) -> None:
        """As large as it needs, and no larger than the screen; never smaller than somebody made it."""
        self.ensurePolished()
        room = (self.screen() or QGuiApplication.primaryScreen()).availableGeometry()
        wide = min(max(self._width_px, self.minimumSizeHint().width()), room.width() - 40)
        edges, inside = self._whole.contentsMargins(), wide - 48
        body_px = _height(self._inner, inside)
        self._area.setMinimumHeight(min(body_px, 60))  # else Qt keeps room for the buttons of a scroll bar
        parts = [_height(part, inside) for part in (self._title, self.problem) if not part.isHidden()]
        parts += [body_px, self._row.sizeHint().height()]
        high = sum(parts) + self._whole.spacing() * (len(parts) - 1) + edges.top() + edges.bottom() + 2
        now = self.size() if self.isVisible() else QSize()
        self.resize(max(wide, now.width()), min(max(high, now.height()), room.height() - 60))


def change_nothing() -> None:
    """The answer that Escape gives, too."""


def _height(part: QWidget, width_px: int) -> int:
    """What a part needs: words that wrap need more of it where there is less width."""
    return part.heightForWidth(width_px) if part.hasHeightForWidth() else part.sizeHint().height()


class Question(Dialog):
    """A question with answers; closing it, or Escape, is the answer that changes nothing.

    Args:
        parent: Window it belongs to.
        title: The question.
        text: What follows from the answers.
        answers: (words, what to do, how it looks: "", "primary", "danger"), the harmless one first.
    """

    def __init__(
        self,
        parent: QWidget | None,
        title: str,
        text: str,
        answers: list[tuple[str, Callable[[], object], str]],
    ) -> None:
        super().__init__(parent, title)
        self.text = label(text, "dim", wrap=True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.body.addWidget(self.text)
        self.buttons = {
            words: self.add_button(
                words,
                partial(self._answer, do),
                key="Escape" if do is change_nothing else "",
                primary=look == "primary",
                danger=look == "danger",
            )
            for words, do, look in answers
        }

    def _answer(self, do: Callable[[], object], _checked: bool = False) -> None:
        self.accept()
        do()
