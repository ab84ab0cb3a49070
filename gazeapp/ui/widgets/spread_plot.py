"""A plot of how the embedding settles: what is open against the images viewed, with the line below which it
is enough.

Drawn with pyqtgraph, which is imported when the first plot is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from gazeapp.ui.theme import Theme, interface_font

HEIGHT_PX = 108
RANGE = 0.08, 1.0
"""Of what is open, lowest and highest: the same in every session, so that curves can be compared."""


class SpreadPlot(QWidget):
    """One point per image; the vertical axis is logarithmic, because what is open falls like 1/n.

    Args:
        theme: The colours in use.
        enough_text: What stands at the line below which it is enough.
    """

    def __init__(self, theme: Theme, enough_text: str) -> None:
        import pyqtgraph

        super().__init__()
        self._pg: Any = pyqtgraph  # Any: an untyped library
        self._theme = theme
        self._range: tuple[float, ...] = ()
        self._ratio = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HEIGHT_PX)
        self.plot = pyqtgraph.PlotWidget()
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.disableAutoRange()
        self.plot.hideAxis("left")
        self.plot.getAxis("bottom").setTickFont(interface_font(11))
        self._level = pyqtgraph.InfiniteLine(angle=0)
        self._words = pyqtgraph.TextItem(enough_text)
        self._words.setFont(interface_font(11))
        self._line, self._ahead = (pyqtgraph.PlotCurveItem(antialias=True) for _ in range(2))
        self._last = pyqtgraph.ScatterPlotItem(size=8, pen=None)
        for item in (self._level, self._words, self._line, self._ahead, self._last):
            self.plot.addItem(item)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plot)
        self._paint()
        theme.changed.connect(self._paint)

    def show_history(self, points: Sequence[tuple[int, float]], *, enough: float, n_planned: int) -> None:
        """Show what is open after each image.

        Args:
            points: (images, what is open, above 0), in order; at least one.
            enough: Where it is enough.
            n_planned: Images of the plan.
        """
        counts, spread = np.array(points, float).T
        spread = np.clip(spread, *RANGE)
        most = max(n_planned, int(counts[-1]), 2)
        low, high = np.log10(RANGE)
        level = float(np.log10(enough))
        if (most, low, high, level) != self._range:  # axes cost more than all that is in them
            self._range = most, low, high, level
            self.plot.getAxis("bottom").setTicks([[(1, "1"), (most, str(most))]])
            self.plot.setRange(xRange=(1, most), yRange=(low, high), padding=0.04)
            self._level.setValue(level)
            self._words.setAnchor((1, 1 if level < low + 0.8 * (high - low) else 0))
            self._words.setPos(most, level)
        self._line.setData(counts, np.log10(spread))
        # the mean of n independent images narrows like 1/n: where the line would go, not a promise
        ahead = np.linspace(counts[-1], most, 12 if len(counts) >= 4 and counts[-1] < most else 0)
        self._ahead.setData(ahead, np.log10(spread[-1] * counts[-1] / ahead))
        self._last.setData(counts[-1:], np.log10(spread[-1:]))

    def showEvent(self, _event: QShowEvent) -> None:
        """Called by Qt: on a denser screen the pens are wider."""
        if self.devicePixelRatioF() != self._ratio:
            self._paint()

    def _paint(self) -> None:
        tokens, pg = self._theme.tokens, self._pg
        self._ratio = wide = self.devicePixelRatioF()  # these pens count the screen's own pixels
        dots = pg.QtCore.Qt.PenStyle.DotLine
        self.plot.setBackground(tokens.color("background"))
        self.plot.getAxis("bottom").setPen(tokens.color("line"))
        self.plot.getAxis("bottom").setTextPen(tokens.color("dim"))
        self._level.setPen(pg.mkPen(tokens.color("ok"), width=1.4 * wide, style=dots))
        self._words.setColor(tokens.color("ok_text"))
        self._line.setPen(pg.mkPen(tokens.color("accent"), width=2 * wide))
        self._ahead.setPen(pg.mkPen(tokens.color("accent"), width=1.4 * wide, style=dots))
        self._last.setBrush(pg.mkBrush(tokens.color("accent")))
