"""Quality over the whole session in three rows with one time axis, to be zoomed and dragged.

Drawn with pyqtgraph: zoom, drag and axes are what it is for. It is imported when the first plot is made, because that
takes half a second; whoever makes one has it loaded in the background before.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gazeapp.ui.theme import Theme, interface_font
from gazeapp.ui.translation import with_decimal_sign

if TYPE_CHECKING:
    from gazeapp.ui.models.quality_history import QualityHistory

ROWS = ("offset", "loss", "precision")


class QualityPlot(QWidget):
    """Checks as points, loss and precision as lines, limits dotted, lost trackers as bands.

    Args:
        theme: The colours in use.
        titles: Of the three rows and the time axis.
    """

    def __init__(self, theme: Theme, titles: tuple[str, str, str, str]) -> None:
        import pyqtgraph

        super().__init__()
        self._pg: Any = pyqtgraph  # Any: an untyped library
        self._theme, self._titles = theme, titles
        self._limits: dict[str, float] = {}
        self._area = pyqtgraph.GraphicsLayoutWidget()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._area)
        self._plots: dict[str, Any] = {}
        self._lines: dict[str, Any] = {}
        self._is_following, self._followed_s = True, -math.inf
        for n, name in enumerate(ROWS):
            axes = {side: local_axis(pyqtgraph, side) for side in ("left", "bottom")}
            plot = self._area.addPlot(row=n, col=0, axisItems=axes)
            plot.setMenuEnabled(False)
            plot.setMouseEnabled(x=True, y=False)
            plot.getViewBox().sigRangeChangedManually.connect(self._zoomed)
            plot.hideButtons()
            plot.getAxis("left").setWidth(52)
            for side in ("left", "bottom"):
                plot.getAxis(side).enableAutoSIPrefix(False)  # "minutes (×0.001)" is no time
            plot.setLimits(xMin=0)
            if n:
                plot.setXLink(self._plots[ROWS[0]])
            if n < len(ROWS) - 1:
                plot.getAxis("bottom").setStyle(showValues=False)
            self._plots[name] = plot
        self._paint()
        theme.changed.connect(self._paint)

    def show_all(self) -> None:
        """Zoom out to the whole session, and follow it."""
        self._is_following, self._followed_s = True, -math.inf
        self._plots[ROWS[0]].enableAutoRange(axis="x")

    def show_now(self, now_s: float) -> None:
        """Let the time axis reach to now, unless somebody zoomed in; once a second is enough."""
        if not self._is_following or now_s - self._followed_s < 1.0:
            return
        self._followed_s = now_s
        times = self._lines["loss"].getData()[0]
        first = float(times[0]) if times is not None and len(times) else 0.0
        self._plots[ROWS[0]].setXRange(min(first, now_s / 60 - 0.1), now_s / 60, padding=0.02)

    def _zoomed(self, *_: object) -> None:
        """Somebody moved the axis by hand."""
        self._is_following = False

    def show_history(self, history: QualityHistory, limits: dict[str, float]) -> None:
        """Show a session so far; `limits` by row, in its unit, NaN where there is none."""
        limits = {row: limit for row, limit in limits.items() if math.isfinite(limit)}
        minutes, loss, precision = history.series()
        self._lines["loss"].setData(minutes, loss)
        self._lines["precision"].setData(minutes, precision, connect="finite")
        for kind in ("validation", "drift"):
            checks = [c for c in history.checks if c.kind == kind]
            self._lines[kind].setData([c.time_s / 60 for c in checks], [c.offset_deg for c in checks])
        gone = [t for t in history.troubles if t.kind == "lost"]
        self._lines["lost"].setData([t.time_s / 60 for t in gone], [0.0] * len(gone))
        self._scale("loss", loss)
        self._scale("precision", precision)
        self._scale("offset", np.array([c.offset_deg for c in history.checks]))
        if limits != self._limits:
            self._limits = dict(limits)
            self._paint()

    def _scale(self, row: str, values: NDArray[np.float64]) -> None:
        """From 0 to the largest value or the limit: a trend that fills the row would look worse than it is."""
        known = values[np.isfinite(values)]
        top = max([*known.tolist(), self._limits.get(row, 0.0)], default=0.0)
        if top > 0:
            self._plots[row].setYRange(0, 1.1 * top, padding=0)

    def _paint(self) -> None:
        tokens, pg = self._theme.tokens, self._pg
        self._area.setBackground(tokens.color("panel"))
        data = {name: line.getData() for name, line in self._lines.items()}
        for name, plot in self._plots.items():
            plot.clear()
            plot.showGrid(x=True, y=True, alpha=0.15)
            for side in ("left", "bottom"):
                axis = plot.getAxis(side)
                axis.setPen(tokens.color("line"))
                axis.setTextPen(tokens.color("dim"))
                axis.setTickFont(interface_font(11))
            plot.setTitle(self._titles[ROWS.index(name)], color=tokens.dim, size="11px", justify="left")
            if name in self._limits:
                pen = pg.mkPen(tokens.color("warn"), width=1.4, style=pg.QtCore.Qt.PenStyle.DotLine)
                plot.addItem(pg.InfiniteLine(self._limits[name], angle=0, pen=pen))
            plot.setLimits(yMin=0)
        self._plots[ROWS[-1]].setLabel("bottom", self._titles[3], color=tokens.dim)
        self._lines = {
            "loss": self._plots["loss"].plot(pen=pg.mkPen(tokens.color("accent"), width=1)),
            "precision": self._plots["precision"].plot(pen=pg.mkPen(tokens.color("accent"), width=1)),
            "validation": self._plots["offset"].plot(
                pen=None, symbol="o", symbolSize=9, symbolPen=None, symbolBrush=tokens.color("ok")
            ),
            "drift": self._plots["offset"].plot(
                pen=None, symbol="d", symbolSize=10, symbolPen=None, symbolBrush=tokens.color("gaze")
            ),
            "lost": self._plots["loss"].plot(
                pen=None, symbol="t1", symbolSize=11, symbolPen=None, symbolBrush=tokens.color("bad")
            ),
        }
        for name, (x, y) in data.items():
            if x is not None:
                self._lines[name].setData(x, y)


def local_axis(pg: Any, side: str) -> Any:  # Any: an untyped library
    """An axis whose figures have the decimal sign of the interface's language."""
    axis = pg.AxisItem(side)
    in_english = axis.tickStrings
    axis.tickStrings = lambda *facts: [with_decimal_sign(figure) for figure in in_english(*facts)]
    return axis
