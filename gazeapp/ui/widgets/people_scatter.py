"""People of the study as dots, by how alike they look: axes, names, and a dot that opens its person.

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
from gazeapp.ui.widgets.quality_plot import local_axis

DOT_PX = 11
SMALL_PX = 8
NAMED = 8
"""As many names fit into the small plot; more are read by hovering."""


class PeopleScatter(QWidget):
    """The person at hand stands out; the circle is where an embedding may still move.

    Args:
        theme: Colours.
        is_small: Beside other things: no words below, and names only while there are few.
    """

    person_wanted = Signal(str)

    def __init__(self, theme: Theme, *, is_small: bool = False) -> None:
        import pyqtgraph

        super().__init__()
        self._pg: Any = pyqtgraph  # Any: an untyped library
        self._theme, self._is_small = theme, is_small
        self._plane: EmbeddingPlane | None = None
        self._own = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        self.plot = pyqtgraph.PlotWidget(axisItems={side: local_axis(pyqtgraph, side) for side in ("left", "bottom")})
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.setAspectLocked(True)
        self.plot.setAccessibleName(self.tr("People by how alike they look"))
        for side in ("left", "bottom"):
            self.plot.getAxis(side).enableAutoSIPrefix(False)
        self._mark: tuple[Any, Any, Any] | None = None
        """Circle, name and dot of the one who stands out."""
        column.addWidget(self.plot, 1)
        self.note = label("", "dim", wrap=True)
        column.addWidget(self.note)
        self.note.setVisible(not is_small)
        theme.changed.connect(self._paint)

    def show_people(self, plane: EmbeddingPlane | None, own: str, problem: str = "") -> None:
        """Show people; `own` is the one who stands out."""
        before = self._plane, self._own
        self._plane, self._own = plane, own
        # while one person settles, nothing else moves: a live view is drawn in the time between two frames
        if self._mark is None or plane is None or not _is_same_but_one(before, (plane, own)):
            self._paint()
        else:
            self._place_own(plane)
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
        self._mark = None
        self.plot.setBackground(tokens.color("panel" if self._is_small else "background"))
        for side, words in zip(("bottom", "left"), self._labels(), strict=True):
            axis = self.plot.getAxis(side)
            axis.setPen(tokens.color("line"))
            axis.setTextPen(tokens.color("dim"))
            axis.setTickFont(interface_font(11))
            axis.setStyle(showValues=not self._is_small)  # what counts is who is near whom
            axis.setLabel(words, color=tokens.dim, **{"font-size": "11px"})
        if plane is None or not plane.names:
            return
        others = [n for n, name in enumerate(plane.names) if name != self._own]
        if not self._is_small or len(others) < NAMED:
            own_y = plane.points[plane.names.index(self._own)][1] if self._own in plane.names else -np.inf
            for n in others:  # the one who stands out has the name above, and those below have theirs out of its way
                self._add_name(plane.names[n], "dim", plane.points[n], is_above=bool(plane.points[n][1] >= own_y))
        self._add_dots(plane.points[others], others, "o", "faint", 0)
        if self._own in plane.names:
            circle = pg.QtWidgets.QGraphicsEllipseItem()
            circle.setPen(pg.mkPen(tokens.color("accent"), width=1.2))
            circle.setBrush(pg.mkBrush(tokens.color("accent", 0.12)))
            self.plot.addItem(circle)
            own = plane.names.index(self._own)
            words = self._add_name(self._own, "ink", plane.points[own])
            self._mark = circle, words, self._add_dots(plane.points[[own]], [own], "d", "accent", 4)
            self._place_own(plane)
        self.plot.autoRange(padding=0.15)

    def _add_name(self, name: str, tone: str, point: Any, *, is_above: bool = True) -> Any:  # Any: an item of pyqtgraph
        anchor = (0.5, 1.3 if is_above else -0.3)
        text = self._pg.TextItem(name, color=self._theme.tokens.color(tone), anchor=anchor)
        text.setFont(interface_font(12, bold=tone == "ink"))
        text.setPos(*map(float, point))
        self.plot.addItem(text)
        return text

    def _add_dots(self, points: Any, which: list[int], symbol: str, tone: str, more_px: int) -> Any:  # Any: as above
        pg, tokens = self._pg, self._theme.tokens
        dots = pg.ScatterPlotItem(
            pos=points,
            data=which,
            symbol=symbol,
            size=(SMALL_PX if self._is_small else DOT_PX) + more_px,
            brush=pg.mkBrush(tokens.color(tone)),
            pen=pg.mkPen(tokens.color("background")),
            hoverable=True,
            hoverPen=pg.mkPen(tokens.color("ink"), width=2),
            tip=self._words,
        )
        dots.sigClicked.connect(self._clicked)
        self.plot.addItem(dots)
        return dots

    def _place_own(self, plane: EmbeddingPlane) -> None:
        """The dot, the name and the circle of the one who stands out."""
        assert self._mark is not None, "painted before"
        own = plane.names.index(self._own)
        circle, words, dots = self._mark
        x, y, radius = *map(float, plane.points[own]), float(plane.radius[own])
        radius = radius if np.isfinite(radius) else 0.0
        circle.setRect(x - radius, y - radius, 2 * radius, 2 * radius)
        words.setPos(x, y)
        dots.setData(pos=plane.points[[own]], data=[own])
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
        words = self.tr("{0} ({1})") if self._is_small else self.tr("{0} ({1} of the differences)")
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


def _is_same_but_one(before: tuple[EmbeddingPlane | None, str], now: tuple[EmbeddingPlane, str]) -> bool:
    """Whether nothing is elsewhere than before but the one who stands out."""
    (old, was), (new, own) = before, now
    if old is None or was != own or (old.names, old.shares) != (new.names, new.shares):
        return False
    others = [n for n, name in enumerate(new.names) if name != own]
    return bool(np.array_equal(old.points[others], new.points[others]))
