"""Quality over the whole session in three rows with one time axis, to be zoomed and dragged.

Drawn with pyqtgraph: zoom, drag and axes are what it is for. It is imported when the first plot is made, because that
takes half a second; whoever makes one has it loaded in the background before.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gazeapp.ui.formatting import format_clock
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
        self._limits: dict[str, tuple[float, ...]] = {}
        self._ratio = 0.0
        self._history: QualityHistory | None = None
        self._area = pyqtgraph.GraphicsLayoutWidget()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._area)
        self._plots: dict[str, Any] = {}
        self._lines: dict[str, Any] = {}
        self._is_following, self._followed_s = True, -math.inf
        for n, name in enumerate(ROWS):
            axes = {"left": local_axis(pyqtgraph, "left"), "bottom": clock_axis(pyqtgraph)}
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

    def follow(self) -> None:
        """Show the whole session again from the next `show_now` on."""
        self._is_following, self._followed_s = True, -math.inf

    def show_now(self, now_s: float) -> None:
        """Let the time axis reach to now, unless somebody zoomed in; once a second is enough."""
        if not self._is_following or now_s - self._followed_s < 1.0:
            return
        self._followed_s = now_s
        times = [self._lines[name].getData()[0] for name in ("loss", "validation", "drift")]
        first_s = min((float(t[0]) for t in times if t is not None and len(t)), default=0.0)
        self._plots[ROWS[0]].setXRange(min(first_s, now_s - 6), now_s, padding=0.02)

    def _zoomed(self, *_: object) -> None:
        """Somebody moved the axis by hand."""
        self._is_following = False

    def showEvent(self, _event: QShowEvent) -> None:
        """Called by Qt: on a denser screen the pens are wider."""
        if self.devicePixelRatioF() != self._ratio:
            self._paint()

    def show_history(self, history: QualityHistory, limits: dict[str, tuple[float, ...]]) -> None:
        """Show a session so far.

        Args:
            history: Of that session.
            limits: By row, in its unit, NaN where there is none; of the checks that of validation, then that of drift.
        """
        limits = {row: values for row, values in limits.items() if any(map(math.isfinite, values))}
        self._history = history
        if limits != self._limits:
            self._limits = dict(limits)
            self._paint()
        else:
            self._draw(history)

    def _draw(self, history: QualityHistory) -> None:
        times_s, loss, precision = history.series()
        self._lines["loss"].setData(times_s, loss)
        self._lines["precision"].setData(times_s, precision, connect="finite")
        for kind, limit in zip(("validation", "drift"), self._limits.get("offset", (math.inf,) * 2), strict=True):
            checks = [c for c in history.checks if c.kind == kind]
            tones = [self._theme.tokens.color("warn" if c.offset_deg > limit else "ok") for c in checks]
            offsets = [c.offset_deg for c in checks]
            self._lines[kind].setData([c.time_s for c in checks], offsets, symbolBrush=tones)
        gone = [t for t in history.troubles if t.kind == "lost"]
        self._lines["lost"].setData([t.time_s for t in gone], [0.0] * len(gone))
        self._scale("loss", loss)
        self._scale("precision", precision)
        self._scale("offset", np.array([c.offset_deg for c in history.checks]))

    def _scale(self, row: str, values: NDArray[np.float64]) -> None:
        """From 0 to the largest value or the limit: a trend that fills the row would look worse than it is."""
        known = values[np.isfinite(values)]
        top = max([*known.tolist(), *filter(math.isfinite, self._limits.get(row, ()))], default=0.0)
        if top > 0:
            self._plots[row].setYRange(0, 1.1 * top, padding=0)

    def _paint(self) -> None:
        tokens, pg = self._theme.tokens, self._pg
        self._ratio = wide = self.devicePixelRatioF()  # these pens count the screen's own pixels
        self._area.setBackground(tokens.color("panel"))
        for name, plot in self._plots.items():
            plot.clear()
            plot.showGrid(x=True, y=True, alpha=0.25)
            for side in ("left", "bottom"):
                axis = plot.getAxis(side)
                axis.setPen(tokens.color("line"))
                axis.setTextPen(tokens.color("dim"))
                axis.setTickFont(interface_font(11))
            plot.setTitle(self._titles[ROWS.index(name)], color=tokens.dim, size="11px", justify="left")
            styles = (Qt.PenStyle.DotLine, Qt.PenStyle.DashLine)
            for limit, style in zip(self._limits.get(name, ()), styles, strict=False):
                if math.isfinite(limit):
                    pen = pg.mkPen(tokens.color("warn"), width=2 * wide, style=style)
                    plot.addItem(pg.InfiniteLine(limit, angle=0, pen=pen))
            plot.setLimits(yMin=0)
        self._plots[ROWS[-1]].setLabel("bottom", self._titles[3], color=tokens.dim)
        self._lines = {
            "loss": self._plots["loss"].plot(pen=pg.mkPen(tokens.color("accent"), width=wide)),
            "precision": self._plots["precision"].plot(pen=pg.mkPen(tokens.color("accent"), width=wide)),
            "validation": self._plots["offset"].plot(
                pen=None, symbol="o", symbolSize=9, symbolPen=None, symbolBrush=tokens.color("ok")
            ),
            "drift": self._plots["offset"].plot(
                pen=None, symbol="d", symbolSize=10, symbolPen=None, symbolBrush=tokens.color("ok")
            ),
            "lost": self._plots["loss"].plot(
                pen=None, symbol="t1", symbolSize=11, symbolPen=None, symbolBrush=tokens.color("bad")
            ),
        }
        if self._history is not None:
            self._draw(self._history)


TIMES_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
"""Steps of a time axis."""
LEAST_STEP_PX = 64


def clock_axis(pg: Any) -> Any:  # Any: an untyped library
    """A time axis in minutes and seconds, as all other times are told."""
    axis = pg.AxisItem("bottom")

    def steps(low: float, high: float, length_px: float) -> list[tuple[float, float]]:
        wanted = (high - low) * LEAST_STEP_PX / max(length_px, 1.0)
        return [(next((step for step in TIMES_S if step >= wanted), TIMES_S[-1]), 0.0)]

    axis.tickSpacing = steps
    axis.tickStrings = lambda values, _scale, _spacing: [format_clock(value) for value in values]
    return axis


def local_axis(pg: Any, side: str) -> Any:  # Any: an untyped library
    """An axis whose figures have the decimal sign of the interface's language."""
    axis = pg.AxisItem(side)
    in_english = axis.tickStrings
    axis.tickStrings = lambda *facts: [with_decimal_sign(figure) for figure in in_english(*facts)]
    return axis
