"""Everybody of the study as dots, by how alike they look: axes, names, and a dot that opens its person.

Drawn with pyqtgraph, which is imported when the first plot is made.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gazeapp.analysis.embedding_plane import EmbeddingPlane, draw_plane
from gazeapp.errors import SettingsError
from gazeapp.store.new_file import write_whole
from gazeapp.store.storage_errors import disk_error
from gazeapp.ui.formatting import format_share
from gazeapp.ui.picture_file import KINDS
from gazeapp.ui.theme import Theme, interface_font
from gazeapp.ui.widgets.basic import label

DOT_PX = 11


class PeopleScatter(QWidget):
    """The person of the open session stands out; the circle is where an embedding may still move."""

    person_wanted = Signal(str)

    def __init__(self, theme: Theme) -> None:
        import pyqtgraph

        super().__init__()
        self._pg: Any = pyqtgraph  # Any: an untyped library
        self._theme = theme
        self._plane: EmbeddingPlane | None = None
        self._own = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        self.plot = pyqtgraph.PlotWidget()
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.setAspectLocked(True)
        self.plot.setAccessibleName(self.tr("People by how alike they look"))
        for side in ("left", "bottom"):
            self.plot.getAxis(side).enableAutoSIPrefix(False)
        self._dots: Any = None
        column.addWidget(self.plot, 1)
        self.note = label("", "dim", wrap=True)
        column.addWidget(self.note)
        theme.changed.connect(self._paint)

    def show_people(self, plane: EmbeddingPlane | None, own: str, problem: str = "") -> None:
        """Show people; `own` is the one of the open session."""
        self._plane, self._own = plane, own
        self._paint()
        if plane is None:
            self.note.setText(problem)
            return
        words = self.tr("Near dots look alike. Click a dot to open the person; the wheel zooms.")
        if len(plane.names) < 3:
            words = self.tr("Fewer than three people have an embedding: enrol more to compare them.")
        if plane.other_weights:
            words += " " + self.tr("Made by other weights, so not shown: {0}.").format(
                ", ".join(plane.other_weights[:5])
            )
        self.note.setText(words)

    def _paint(self) -> None:
        tokens, pg, plane = self._theme.tokens, self._pg, self._plane
        self.plot.clear()
        self.plot.setBackground(tokens.color("background"))
        for side, words in zip(("bottom", "left"), self._labels(), strict=True):
            axis = self.plot.getAxis(side)
            axis.setPen(tokens.color("line"))
            axis.setTextPen(tokens.color("dim"))
            axis.setTickFont(interface_font(11))
            axis.setLabel(words, color=tokens.dim)
        if plane is None or not plane.names:
            return
        for name, (x, y), radius in zip(plane.names, plane.points, plane.radius, strict=True):
            is_own = name == self._own
            if is_own and np.isfinite(radius) and radius > 0:
                circle = pg.QtWidgets.QGraphicsEllipseItem(x - radius, y - radius, 2 * radius, 2 * radius)
                circle.setPen(pg.mkPen(tokens.color("accent"), width=1.2))
                circle.setBrush(pg.mkBrush(tokens.color("accent", 0.12)))
                self.plot.addItem(circle)
            text = pg.TextItem(name, color=tokens.color("ink" if is_own else "dim"), anchor=(0.5, 1.3))
            text.setFont(interface_font(12, bold=is_own))
            text.setPos(float(x), float(y))
            self.plot.addItem(text)
        spots = [
            {
                "pos": point,
                "data": n,
                "symbol": "d" if name == self._own else "o",
                "size": DOT_PX + 4 if name == self._own else DOT_PX,
                "brush": pg.mkBrush(tokens.color("accent" if name == self._own else "faint")),
                "pen": pg.mkPen(tokens.color("background")),
            }
            for n, (name, point) in enumerate(zip(plane.names, plane.points, strict=True))
        ]
        self._dots = pg.ScatterPlotItem(
            spots, hoverable=True, hoverPen=pg.mkPen(tokens.color("ink"), width=2), tip=self._words
        )
        self._dots.sigClicked.connect(self._clicked)
        self.plot.addItem(self._dots)
        self.plot.autoRange(padding=0.15)

    def save(self, path: Path, size: QSize, scale: float) -> None:
        """Write the plot as PNG, SVG or PDF; StoreError or SettingsError where it cannot be."""
        if self._plane is None:
            return
        kind = path.suffix.lower()
        if kind not in KINDS:
            raise SettingsError(f"{path.name}: a picture is saved as {', '.join(KINDS)}", key="path")
        figure = draw_plane(self._plane, self._own, self._labels(), (size.width() / 96, size.height() / 96))
        data = io.BytesIO()
        import matplotlib

        with matplotlib.rc_context({"svg.fonttype": "none", "pdf.fonttype": 42}):  # words stay words
            figure.savefig(data, format=kind[1:], dpi=96 * scale)
        try:
            write_whole(path, data.getvalue())
        except OSError as error:
            raise disk_error(error, path) from error

    def _labels(self) -> tuple[str, str]:
        shares = self._plane.shares if self._plane else (0.0, 0.0)
        words = self.tr("{0} ({1} of the differences)")
        names = (self.tr("first direction"), self.tr("second direction"))
        first, second = (words.format(n, format_share(s, 0)) for n, s in zip(names, shares, strict=True))
        return first, second

    def _words(self, x: float, y: float, data: Any) -> str:  # Any: as pyqtgraph hands it over
        assert self._plane is not None
        return self.tr("{0}: known from {1} images").format(self._plane.names[data], self._plane.n_pairs[data])

    def _clicked(self, _plot: object, points: Any, _event: object = None) -> None:  # Any: spots of pyqtgraph
        if self._plane is not None and len(points):
            self.person_wanted.emit(self._plane.names[points[0].data()])

    def keyPressEvent(self, event: Any) -> None:  # Any: pyqtgraph has no types
        """Called by Qt."""
        if event.key() == Qt.Key.Key_0:
            self.plot.autoRange(padding=0.15)
        else:
            super().keyPressEvent(event)
