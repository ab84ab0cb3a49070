"""Horizontal and vertical gaze over the last seconds, with a strip that says fixation, between, or lost.

Drawn with pyqtgraph after thinning to one stroke per pixel column; its ranges never change, and a repaint takes 2 ms of
processor time (`tests/benchmarks/LIVE_PLOTS.md`). It is imported when the first plot is made.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from gazeapp.ui.models.trace_window import SPAN_S, TraceWindow
from gazeapp.ui.theme import Theme, interface_font
from gazeapp.ui.widgets.basic import label

_NAMES_S = 0.02 * SPAN_S
"""Room for the names behind now."""
_STRIP = (1.12, 0.1)
"""Top and height of the strip, in heights of the screen."""


class GazeTrace(QStackedWidget):
    """The plot, or words as long as there is no gaze.

    Args:
        theme: The colours in use.
        empty_text: The words.
    """

    def __init__(self, theme: Theme, empty_text: str) -> None:
        super().__init__()
        self._theme = theme
        self._plot: _TracePlot | None = None
        self.setMinimumHeight(48)
        words = label(empty_text, "dim")
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.addWidget(words)

    def show_window(self, window: TraceWindow | None) -> None:
        """Show these seconds; None when there is no gaze."""
        if window is None or not len(window.time_s):
            self.setCurrentIndex(0)
            return
        plot = self.make()
        plot.show_window(window)
        self.setCurrentWidget(plot)

    def make(self) -> _TracePlot:
        """Make the plot, where there is none yet."""
        if self._plot is None:
            self._plot = _TracePlot(self._theme)
            self.addWidget(self._plot)
        return self._plot


class _TracePlot(QWidget):
    """x in the left eye's blue, y in the right eye's purple, each named at its end."""

    def __init__(self, theme: Theme) -> None:
        import pyqtgraph

        super().__init__()
        self._pg: Any = pyqtgraph  # Any: an untyped library
        self._theme = theme
        self._view = pyqtgraph.PlotWidget()
        self._view.setMenuEnabled(False)
        self._view.hideButtons()
        self._view.setMouseEnabled(x=False, y=False)
        for side in ("left", "bottom"):
            self._view.hideAxis(side)
        self._view.invertY()
        self._view.setRange(xRange=(-SPAN_S, _NAMES_S), yRange=(-0.05, sum(_STRIP)), padding=0, disableAutoRange=True)
        self._lines = [pyqtgraph.InfiniteLine(share, angle=0) for share in (0.0, 0.5, 1.0)]
        self._strip = pyqtgraph.ImageItem(axisOrder="row-major")
        self._curves = [pyqtgraph.PlotCurveItem() for _ in "xy"]
        self._names = [pyqtgraph.TextItem(name, anchor=(0, 0.5)) for name in "xy"]
        for item in (*self._lines, self._strip, *self._curves, *self._names):
            self._view.addItem(item)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._view)
        self._paint()
        theme.changed.connect(self._paint)

    def show_window(self, window: TraceWindow) -> None:
        """Show these seconds."""
        ago_s = window.time_s - window.now_s
        ends = []
        for axis, curve in enumerate(self._curves):
            values = np.clip(window.gaze_px[:, axis] / max(window.size_px[axis], 1.0), -0.05, 1.05)
            x, y = thinned(ago_s, values, self._view.width())
            # a pen of width 1 takes Qt's fast path; thicker ones are ten times slower
            curve.setData(x, y, connect="finite")
            ends.append(float(values[-1]))
        for name, end in zip(self._names, apart(ends, 14 * sum(_STRIP) / max(self._view.height(), 1)), strict=True):
            name.setVisible(bool(np.isfinite(end)))
            if np.isfinite(end):
                name.setPos(0.0, end)
        self._strip.setImage(self._strip_rgba(ago_s, window), autoLevels=False, levels=None)
        self._strip.setRect(-SPAN_S, _STRIP[0], SPAN_S, _STRIP[1])

    def _strip_rgba(self, ago_s: NDArray[np.float64], window: TraceWindow) -> NDArray[np.uint8]:
        """(3, W, 4) what each moment was: fixation, between fixations, lost, or not there yet."""
        width = max(self._view.width(), 1)
        rgba = np.zeros((3, width, 4), np.uint8)
        columns = np.clip(((ago_s + SPAN_S) / SPAN_S * width).astype(np.int64), 0, width)
        rgba[:, columns[0] : columns[-1]] = self._colors["faint"]
        for start, stop in window.fixations_s:
            first, last = ((t - window.now_s + SPAN_S) / SPAN_S * width for t in (start, stop))
            rgba[:, max(0, round(first)) : max(0, round(last))] = self._colors["ok"]
        # a lost sample stands for the time up to the next, however slow the tracker is
        following = np.maximum(np.append(columns[1:], columns[-1]), columns + 1)
        is_lost = ~np.isfinite(window.gaze_px[:, 0])
        steps = np.zeros(width + 2, np.int64)
        np.add.at(steps, columns[is_lost], 1)
        np.add.at(steps, following[is_lost], -1)
        lost = np.flatnonzero(np.cumsum(steps[:width]) > 0)
        rgba[:, lost] = 0  # lost gaze is also thinner: colour alone carries no meaning
        rgba[1, lost] = self._colors["bad"]
        return rgba

    def _paint(self) -> None:
        tokens, pg = self._theme.tokens, self._pg
        self._view.setBackground(tokens.color("panel"))
        for line in self._lines:
            line.setPen(pg.mkPen(tokens.color("line")))
        self._colors = {
            tone: np.array(tokens.color(tone, alpha).getRgb(), np.uint8)
            for tone, alpha in (("faint", 0.45), ("ok", 1.0), ("bad", 1.0))
        }
        for tone, curve, name in zip(("left_eye", "right_eye"), self._curves, self._names, strict=True):
            curve.setPen(pg.mkPen(tokens.color(tone)))
            name.setColor(tokens.color(tone))
            name.setFont(interface_font(11))


def apart(ends: list[float], least: float) -> list[float]:
    """Push two names apart that would be written over each other; NaN is none."""
    first, second = ends
    if not abs(first - second) < least:
        return ends
    middle, way = (first + second) / 2, least / 2 if second >= first else -least / 2
    return [middle - way, middle + way]


def thinned(
    ago_s: NDArray[np.float64], values: NDArray[np.float64], width_px: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Thin samples of the last SPAN_S seconds to the lowest and highest value of each pixel column.

    Args:
        ago_s: (N,) when, in order; now is 0.
        values: (N,) NaN where missing.
        width_px: Of all SPAN_S.

    Returns:
        (M,) time and (M,) value, NaN where all of a column is missing; M is at most two for each column.
    """
    keep = ago_s >= -SPAN_S
    ago_s, values = ago_s[keep], values[keep]
    if not len(ago_s):
        return ago_s, values
    pixel = (ago_s / SPAN_S * width_px).astype(np.int64)
    edges = np.flatnonzero(np.diff(pixel, prepend=pixel[:1] - 1))
    y = np.stack([np.fmin.reduceat(values, edges), np.fmax.reduceat(values, edges)], axis=1)
    y[1::2] = y[1::2, ::-1]  # up, then down: neighbours join without a spike
    return np.repeat(ago_s[edges], 2), y.ravel()
