"""A scatter plot of a person among others, with the region the embedding may still move in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gazeapp.ui.theme import Theme, interface_font


class EmbeddingScatter(QWidget):
    """Two principal axes of unit-length embeddings; distances are only roughly those of the full space."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._others = np.empty((0, 2))
        self._own: NDArray[np.float64] | None = None
        self._radius = 0.0
        self._name = ""
        self.empty_text = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(164)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Wanted size; called by Qt."""
        return QSize(260, 164)

    def show_people(
        self, others: NDArray[np.float64], own: NDArray[np.float64] | None, spread: float, name: str
    ) -> None:
        """Show people by their embeddings.

        Args:
            others: (N, D) unit vectors of other people; the axes are theirs, so that the picture stays still
                while one person settles.
            own: (D,) unit vector of the person at hand, or None.
            spread: 1 - mean cosine of resampled embeddings; NaN when unknown.
            name: What to write beside the person.
        """
        self._name = name
        self._radius = float(np.sqrt(2 * spread)) if np.isfinite(spread) else 0.0
        if len(others) >= 3:
            centre = others.mean(axis=0)
            _, _, axes = np.linalg.svd(others - centre, full_matrices=False)
            # a principal axis has no sign of its own: the larger end points to the right and up
            axes = axes[:2] * np.sign(axes[:2][[0, 1], np.abs(axes[:2]).argmax(axis=1)])[:, None]
            self._others = (others - centre) @ axes.T
            self._own = None if own is None else (own - centre) @ axes.T
        else:
            self._others = np.empty((0, 2))
            self._own = None if own is None else np.zeros(2)
        self.setAccessibleName(name)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw; called by Qt."""
        tokens = self._theme.tokens
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.setPen(QPen(tokens.color("line"), 1))
            painter.setBrush(tokens.color("background"))
            painter.drawRoundedRect(box, 8, 8)
            painter.setFont(interface_font(11))
            if self._own is None and not len(self._others):
                painter.setPen(tokens.color("dim"))
                words = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(box.adjusted(20, 10, -20, -10), words, self.empty_text)
                return
            everyone = self._others if self._own is None else np.vstack([self._others, self._own])
            reach = max(float(np.abs(everyone).max()) + self._radius * 0.5, 0.3)
            scale = min(box.width(), box.height()) / 2 / reach * 0.88
            stretch = min(box.width() / box.height(), 1.6)
            painter.setClipRect(box)

            def at(point: NDArray[np.float64]) -> QPointF:
                return QPointF(box.center().x() + point[0] * scale * stretch, box.center().y() - point[1] * scale)

            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens.color("faint"))
            for point in self._others:
                painter.drawEllipse(at(point), 4, 4)
            if self._own is None:
                return
            centre = at(self._own)
            if self._radius:
                painter.setPen(QPen(tokens.color("accent"), 1.2))
                painter.setBrush(tokens.color("accent", 0.15))
                radius = self._radius * scale
                painter.drawEllipse(centre, max(radius * stretch, 6), max(radius, 6))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens.color("accent"))
            painter.drawEllipse(centre, 6, 6)
            painter.setPen(tokens.color("ink"))
            left = centre.x() > box.right() - 70
            text = QRectF(centre.x() - 80 if left else centre.x() + 10, centre.y() - 20, 70, 16)
            painter.drawText(
                text,
                Qt.AlignmentFlag.AlignRight if left else Qt.AlignmentFlag.AlignLeft,
                self._name,
            )
