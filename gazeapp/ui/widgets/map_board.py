"""The three maps and the gaze of one stimulus, in four ways to compare them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from gazeapp.gaze.fixations import Fixation
from gazeapp.ui.models.map_look import MapLook
from gazeapp.ui.models.map_set import MapSet
from gazeapp.ui.theme import Theme
from gazeapp.ui.widgets.basic import KeyButton, label
from gazeapp.ui.widgets.gaze_view import GazeView
from gazeapp.ui.widgets.map_layer import MapLayers
from gazeapp.ui.widgets.map_legend import MapLegend, MapSliders
from gazeapp.ui.widgets.map_view import MapView
from gazeapp.ui.widgets.pane import Pane

QUAD = ("universal", "personal", "difference", "gaze")
Mode = Literal["side by side", "swipe", "flicker", "contour"]
MODES: tuple[Mode, ...] = ("side by side", "swipe", "flicker", "contour")


class MapBoard(QWidget):
    """Universal, personal, difference and gaze: always the same picture, the same crop, the same scale."""

    mode_chosen = Signal(str)

    def __init__(self, theme: Theme, look: MapLook | None = None) -> None:
        super().__init__()
        self._theme = theme
        self._look = look or MapLook()
        self._layers = MapLayers(self._look)
        self._look.changed.connect(self._repaint)
        self._person = ""
        self.gaze = GazeView(theme)
        self._views = {
            name: MapView(theme, self._layers, name)
            for name in ("universal", "personal", "difference", "swipe", "flicker", "contour")
        }
        self.panes = {
            "universal": Pane(self.tr("Universal"), self._views["universal"]),
            "personal": Pane(self.tr("Personal"), self._views["personal"]),
            "difference": Pane(self.tr("Difference"), self._views["difference"]),
            "gaze": Pane(self.tr("Gaze now"), self.gaze),
        }
        for name in ("swipe", "flicker", "contour"):
            self.panes[name] = Pane(self.tr("Universal and personal"), self._views[name])
        quad = QWidget()
        self._grid = QGridLayout(quad)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(12)
        for n, name in enumerate(QUAD):
            self._grid.addWidget(self.panes[name], n // 2, n % 2)
            self.panes[name].clicked.connect(partial(self._enlarge_or_back, name))
            self.panes[name].view.setCursor(Qt.CursorShape.PointingHandCursor)
            self.panes[name].view.setToolTip(self.tr("A click enlarges this picture, another one brings all back."))
        self._large = ""
        self.enlarge("")
        self._stack = QStackedWidget()
        self._stack.addWidget(quad)
        for name in ("swipe", "flicker", "contour"):
            self._stack.addWidget(self.panes[name])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(self._mode_row())
        column.addWidget(self._stack, 1)
        column.addLayout(self._legend_row())
        self.say_empty(self.tr("No image on the screen"))
        self._views["universal"].waiting_text = self.tr("Being computed …")
        self._views["difference"].waiting_text = self.tr("Available after the personal map")
        self._views["personal"].waiting_text = self.tr("Available after the first image")
        self.show_person("")

    def say_empty(self, words: str) -> None:
        """What stands where there is no image."""
        for view in self._views.values():
            view.empty_text = words
        self.gaze.empty_text = words

    @property
    def mode(self) -> Mode:
        """How the maps are compared."""
        return MODES[self._stack.currentIndex()]

    def set_mode(self, mode: Mode) -> None:
        """Compare in another way."""
        self.enlarge("")
        self._stack.setCurrentIndex(MODES.index(mode))
        self._buttons[MODES.index(mode)].setChecked(True)
        self.mode_chosen.emit(mode)

    @property
    def large(self) -> str:
        """The pane that is shown alone; empty for all four."""
        return self._large

    def enlarge(self, name: str) -> None:
        """Show one of the four panes alone; an empty name shows all."""
        self._large = name
        for n, other in enumerate(QUAD):
            self.panes[other].setVisible(name in ("", other))
            if name in ("", other):
                self._grid.setRowStretch(n // 2, 1)
                self._grid.setColumnStretch(n % 2, 1)
        if name:
            row, column = divmod(QUAD.index(name), 2)
            self._grid.setRowStretch(1 - row, 0)
            self._grid.setColumnStretch(1 - column, 0)
        self._grid.setSpacing(0 if name else 12)

    def _choose(self, mode: Mode) -> None:
        """Side by side once more shows one picture after another, then all again."""
        if mode == self.mode == "side by side":
            order = ("", *QUAD)
            self.enlarge(order[(order.index(self._large) + 1) % len(order)])
        else:
            self.set_mode(mode)

    def _enlarge_or_back(self, name: str) -> None:
        self.enlarge("" if self._large else name)

    def view(self, name: str) -> MapView:
        """One of the map views, by its content."""
        return self._views[name]

    def show_person(self, name: str) -> None:
        """Whose personal map it is."""
        self._person = name or self.tr("this participant")
        people, person = self.tr("where people look"), self.tr("where {0} looks").format(self._person)
        self.panes["universal"].show_header(caption=people)
        self.panes["personal"].show_header(caption=person)
        self.panes["difference"].show_header(caption=self.tr("personal − universal"))
        for name_ in ("swipe", "flicker", "contour"):
            self._views[name_].names = (people, person)

    def show_figures(self, *, universal: str, personal: str, difference: str) -> None:
        """Scores beside the names, such as "CC 0.61  NSS 1.9"."""
        self.panes["universal"].show_header(figures=universal)
        self.panes["personal"].show_header(figures=personal)
        self.panes["difference"].show_header(figures=difference)

    def show_maps(self, maps: MapSet) -> None:
        """Show the maps of one stimulus, as far as they are known."""
        if self._layers.show_maps(maps):
            self._repaint()

    def _repaint(self) -> None:
        for view in self._views.values():
            if view.isVisible():
                view.update()

    def show_stimulus(self, rgb: NDArray[np.uint8] | None) -> None:
        """Show another picture in the gaze view."""
        self.gaze.show_stimulus(rgb)

    def show_gaze(self, fixations: Sequence[Fixation], trail_px: NDArray[np.float64]) -> None:
        """Show fixations and trail in image pixels."""
        if self.gaze.isVisible():
            self.gaze.show_gaze(fixations, trail_px)
        count = self.tr("1 fixation") if len(fixations) == 1 else self.tr("{0} fixations").format(len(fixations))
        self.panes["gaze"].show_header(caption=count, figures=self.tr("trail 1 s"))

    def _mode_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(2)
        row.addWidget(label(self.tr("Compare"), "section"))
        row.addSpacing(8)
        names = (self.tr("Side by side"), self.tr("Swipe"), self.tr("Flicker"), self.tr("Contour"))
        icons = ("side-by-side", "swipe", "flicker", "contour")
        group = QButtonGroup(self)
        self._buttons: list[KeyButton] = []
        for n, (mode, name, icon) in enumerate(zip(MODES, names, icons, strict=True), start=1):
            button = KeyButton(name, str(n))
            button.setProperty("role", "segment")
            button.setCheckable(True)
            button.setChecked(n == 1)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.tint(icon, self._theme.tokens.color("dim"))
            self._theme.changed.connect(
                lambda button=button, icon=icon: button.tint(icon, self._theme.tokens.color("dim"))
            )
            button.clicked.connect(lambda _checked=False, mode=mode: self._choose(mode))
            if n == 1:
                button.setToolTip(self.tr("Once more: one picture after another, large."))
            group.addButton(button)
            self._buttons.append(button)
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(MapSliders(self._look))
        return row

    def _legend_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(24)
        less = self.tr("less")
        row.addStretch(1)
        row.addWidget(MapLegend(self._theme, "density", less, self.tr("more gaze")))
        row.addWidget(MapLegend(self._theme, "difference", self.tr("less than others"), self.tr("more than others")))
        row.addStretch(1)
        return row
