"""Drawing areas on the picture with the mouse, and moving them with mouse or arrow keys."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent

from gazeapp.analysis.area import COLORS, Area
from gazeapp.analysis.area_shape import drawn, free_name, handles, moved, reshaped
from gazeapp.ui.widgets.picture_board import Point

Tool = Literal["select", "box", "ellipse", "polygon"]
TOOLS: tuple[Tool, ...] = ("select", "box", "ellipse", "polygon")
ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
FAST = 10
"""Pixels an arrow key moves with Shift."""


class AreaEditor(QObject):
    """A tool of the board. What it shows meanwhile are `areas` and `draft`; what is done is told by `edited`."""

    edited = Signal(object)
    """The areas after a change, to be kept."""
    shown = Signal()
    """Something looks different: a draft, a drag under way, another choice."""

    def __init__(self) -> None:
        super().__init__()
        self.areas: tuple[Area, ...] = ()
        self.chosen = -1
        self.draft: Area | None = None
        self.tool: Tool = "select"
        self.size_wh: tuple[int, int] | None = None
        self._kept: tuple[Area, ...] = ()
        self._points: list[Point] = []
        """Corners so far, or where the button went down."""
        self._handle = -1
        self._is_dragging = False

    def show_areas(self, areas: tuple[Area, ...], size_wh: tuple[int, int] | None) -> None:
        """Show the areas of an image, as they are kept."""
        if areas == self._kept and size_wh == self.size_wh:
            return
        self._kept = self.areas = areas
        self.size_wh = size_wh
        self.chosen = min(self.chosen, len(areas) - 1)
        self._drop()

    def choose(self, number: int) -> None:
        """Have handles on one of them; -1 for none."""
        if number != self.chosen and number < len(self.areas):
            self.chosen = number
            self.shown.emit()

    def set_tool(self, tool: Tool) -> None:
        """Draw boxes, ellipses or polygons, or change what is there."""
        self.tool = tool
        self._drop()

    def remove(self) -> None:
        """Remove the one that is chosen."""
        if 0 <= self.chosen < len(self.areas):
            left = [area for number, area in enumerate(self.areas) if number != self.chosen]
            self.chosen = min(self.chosen, len(left) - 1)
            self._tell(tuple(left))

    # What the board tells

    def press(self, point: Point, reach_px: float) -> bool:
        """The button went down on the picture."""
        if self.tool == "polygon":
            if len(self._points) >= 3 and _near(point, self._points[0], reach_px):
                return self.finish()
            self._points.append(point)
            self._show_draft(point)
            return True
        if self.tool != "select":
            self._points = [point]
            return True
        self._handle = self._handle_at(point, reach_px)
        if self._handle < 0:
            hit = [n for n, area in enumerate(self.areas) if area.contains([point])[0]]
            self.chosen = hit[-1] if hit else -1
            self.shown.emit()
            if not hit:
                return False
        self._points, self._is_dragging = [point], True
        return True

    def move(self, point: Point, *, is_down: bool) -> bool:
        """The pointer is elsewhere."""
        if not self._points:
            return False
        if self.tool != "select":
            self._show_draft(point)
            return True
        if not is_down or not self._is_dragging:
            return False
        area = self._kept[self.chosen]
        if self._handle >= 0:
            changed = reshaped(area, self._handle, point)
        else:
            start = self._points[0]
            changed = moved(area, point[0] - start[0], point[1] - start[1], self.size_wh)
        self.areas = (*self._kept[: self.chosen], changed, *self._kept[self.chosen + 1 :])
        self.shown.emit()
        return True

    def release(self, point: Point) -> bool:
        """The button went up."""
        if self.tool == "polygon" or not self._points:
            return False
        if self.tool == "select":
            was_moved, self._is_dragging, self._points = self.areas != self._kept, False, []
            if was_moved:
                self._tell(self.areas)
            return True
        self._points.append(point)
        return self._draw()

    def finish(self) -> bool:
        """The polygon is closed."""
        return self.tool == "polygon" and bool(self._points) and self._draw()

    def key(self, event: QKeyEvent) -> bool:
        """Return closes a polygon, Escape gives it up, Delete removes, arrows move."""
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Escape and (self._points or self.tool != "select"):
            if self._points:
                self._drop()
                return True
            return False
        if key == Qt.Key.Key_Backspace and self.tool == "polygon" and self._points:
            self._points.pop()
            self._show_draft(self._points[-1] if self._points else None)
            return True
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            return self.finish()
        if key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.chosen >= 0:
            self.remove()
            return True
        if key in ARROWS and 0 <= self.chosen < len(self.areas):
            step = FAST if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            dx, dy = (step * way for way in ARROWS[key])
            changed = moved(self.areas[self.chosen], dx, dy, self.size_wh)
            self._tell((*self.areas[: self.chosen], changed, *self.areas[self.chosen + 1 :]))
            return True
        return False

    def _draw(self) -> bool:
        points, self._points, self.draft = self._points, [], None
        name, color = free_name(self.areas, self.tr("area")), COLORS[len(self.areas) % len(COLORS)]
        assert self.tool != "select"
        made = drawn(self.tool, points, name=name, color=color)
        if made is None:
            self.shown.emit()
            return True
        self.chosen = len(self.areas)
        self._tell((*self.areas, made))
        return True

    def _show_draft(self, point: Point | None) -> None:
        self.draft = None
        points = self._points if point is None or point in self._points else [*self._points, point]
        if self.tool == "polygon" and len(points) == 2:
            points = [*points, ((points[0][0] + points[1][0]) / 2 + 0.01, (points[0][1] + points[1][1]) / 2)]
        if len(points) >= 2 and self.tool != "select":
            color = COLORS[len(self.areas) % len(COLORS)]
            self.draft = drawn(self.tool, points, name=free_name(self.areas, self.tr("area")), color=color)
        self.shown.emit()

    def _handle_at(self, point: Point, reach_px: float) -> int:
        if not 0 <= self.chosen < len(self.areas):
            return -1
        spots = handles(self.areas[self.chosen])
        return next((n for n, spot in enumerate(spots) if _near(point, spot, reach_px)), -1)

    def _drop(self) -> None:
        self._points, self.draft, self._is_dragging, self._handle = [], None, False, -1
        self.areas = self._kept
        self.shown.emit()

    def _tell(self, areas: tuple[Area, ...]) -> None:
        self._kept = self.areas = areas
        self.edited.emit(areas)
        self.shown.emit()


def _near(one: Point, other: Point, reach_px: float) -> bool:
    return abs(one[0] - other[0]) <= reach_px and abs(one[1] - other[1]) <= reach_px
