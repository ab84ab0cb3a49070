"""How all pictures are drawn: opacity of the map, brightness of the image, and how far they are zoomed."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QSlider

from gazeapp.ui.formatting import format_figure
from gazeapp.ui.picture_scene import Zoom
from gazeapp.ui.widgets.basic import KeyButton, Section, label
from gazeapp.ui.widgets.picture_board import PictureBoard


class LookBar(Section):
    """Two sliders and the way back from the zoom; they apply to every view."""

    def __init__(self, board: PictureBoard) -> None:
        super().__init__("")
        self.heading.setText(self.tr("Picture"))
        self._board = board
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setColumnStretch(1, 1)
        self.opacity = self._slider(grid, 0, self.tr("Map"), board.look.opacity)
        self.brightness = self._slider(grid, 1, self.tr("Image"), board.look.brightness)
        self.column.addLayout(grid)
        self.whole = KeyButton(self.tr("Whole picture"), "0")
        self.whole.setToolTip(self.tr("The wheel zooms, dragging moves, a click enlarges one picture"))
        self.whole.clicked.connect(lambda: board.set_zoom(Zoom()))
        self.column.addWidget(self.whole)
        board.zoomed.connect(self._show_zoom)
        self._show_zoom(1.0)

    def _slider(self, grid: QGridLayout, row: int, name: str, share: float) -> QSlider:
        grid.addWidget(label(name, "dim"), row, 0)
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(5, 100)
        slider.setValue(round(100 * share))
        slider.setAccessibleName(name)
        slider.valueChanged.connect(self._use)
        grid.addWidget(slider, row, 1)
        return slider

    def _use(self, _value: int) -> None:
        look = replace(self._board.look, opacity=self.opacity.value() / 100, brightness=self.brightness.value() / 100)
        self._board.set_look(look)

    def _show_zoom(self, factor: float) -> None:
        self.whole.setEnabled(factor > 1)
        self.whole.set_words(
            self.tr("Whole picture ({0}×)").format(format_figure(factor, 1)) if factor > 1 else self.tr("Whole picture")
        )
