"""A framed view with a header: name, caption, figures; the views of the live page share it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from gazeapp.ui.widgets.basic import ElidedLabel, label, set_text


class Pane(QFrame):
    """Name on the left, caption in the middle, figures on the right, the view below."""

    clicked = Signal()

    def __init__(self, name: str, view: QWidget, *, caption: str = "") -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.view = view
        header = QHBoxLayout()
        header.setContentsMargins(12, 0, 12, 0)
        self._name = label(name, "strong")
        self._caption = ElidedLabel(Qt.TextElideMode.ElideRight)
        self._caption.show_text(caption)
        self._caption.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._figures = label("", "dim", right=True)
        for part, stretch in ((self._name, 0), (self._caption, 1), (self._figures, 0)):
            # long captions give way instead of widening the window
            part.setSizePolicy(
                QSizePolicy.Policy.Ignored if stretch else QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Preferred
            )
            header.addWidget(part, stretch)
        head = QWidget()
        head.setFixedHeight(34)
        head.setLayout(header)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 0, 1, 9)  # the picture keeps clear of the round corners
        column.setSpacing(0)
        column.addWidget(head)
        column.addWidget(view, 1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Called by Qt."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()

    def show_header(self, *, caption: str | None = None, figures: str | None = None, name: str | None = None) -> None:
        """Change parts of the header."""
        if caption is not None:
            self._caption.show_text(caption)
        for part, text in ((self._figures, figures), (self._name, name)):
            if text is not None:
                set_text(part, text)
        if figures is not None:
            self._figures.setMinimumWidth(max(self._figures.minimumWidth(), self._figures.sizeHint().width()))
