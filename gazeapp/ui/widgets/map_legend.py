"""What the colours of the maps say: one legend for all panes, outside the pictures, and how the maps are drawn."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QLineF, QRectF, QSignalBlocker, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QSlider, QWidget

from gazeapp.saliency.colors import legend_rgba
from gazeapp.ui.models.map_look import MapLook
from gazeapp.ui.qt_images import rgba_image
from gazeapp.ui.theme import Theme, interface_font
from gazeapp.ui.widgets.basic import label

BAR_PX, HIGH_PX, GAP_PX = 84, 18, 8
SLIDER_PX = 72


class MapLegend(QWidget):
    """A bar of the map's own colours between the words for its ends; that of a difference marks where there is none."""

    def __init__(self, theme: Theme, kind: Literal["density", "difference"], low: str, high: str) -> None:
        super().__init__()
        self._theme, self.words = theme, [low, high]
        self._has_middle = kind == "difference"
        self._bar = rgba_image(legend_rgba(kind, BAR_PX, 1))
        self.setAccessibleName(f"{low} – {high}")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Wanted size; called by Qt."""
        metrics = QFontMetricsF(interface_font(11))
        return QSize(round(sum(map(metrics.horizontalAdvance, self.words))) + BAR_PX + 2 * GAP_PX + 2, HIGH_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw; called by Qt."""
        low, high = self.words
        with QPainter(self) as painter:
            painter.setFont(interface_font(11))
            painter.setPen(self._theme.tokens.color("dim"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, low)
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, high)
            left = painter.fontMetrics().horizontalAdvance(low) + GAP_PX
            bar = QRectF(left, self.height() / 2 - 3, BAR_PX, 6)
            painter.drawImage(bar, self._bar)
            painter.setPen(QPen(self._theme.tokens.color("faint"), 1))  # an end may have the colour of the ground
            painter.drawRect(bar.adjusted(-0.5, -0.5, 0.5, 0.5))
            if self._has_middle:
                painter.setPen(QPen(self._theme.tokens.color("ink"), 1))
                x = round(bar.center().x()) + 0.5
                painter.drawLine(QLineF(x, bar.top() - 3, x, bar.bottom() + 3))


class MapSliders(QWidget):
    """Two sliders for the look of all maps."""

    def __init__(self, look: MapLook) -> None:
        super().__init__()
        self._look = look
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.opacity = self._slider(row, self.tr("Map"), self.tr("Opacity of the maps"))
        row.addSpacing(6)
        self.brightness = self._slider(row, self.tr("Image"), self.tr("Brightness of the images"))
        look.changed.connect(self._show)
        self._show()

    def _slider(self, row: QHBoxLayout, name: str, meaning: str) -> QSlider:
        row.addWidget(label(name, "small"))
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(5, 100)
        slider.setFixedWidth(SLIDER_PX)
        slider.setToolTip(meaning)
        slider.setAccessibleName(meaning)
        slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        slider.valueChanged.connect(self._use)
        row.addWidget(slider)
        return slider

    def _show(self) -> None:
        for slider, share in ((self.opacity, self._look.opacity), (self.brightness, self._look.brightness)):
            with QSignalBlocker(slider):
                slider.setValue(round(100 * share))

    def _use(self, _value: int) -> None:
        self._look.choose(opacity=self.opacity.value() / 100, brightness=self.brightness.value() / 100)
