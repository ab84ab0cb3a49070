"""Panes with pictures, side by side, that are zoomed and moved together.

A click enlarges one pane, and another one brings all back; the wheel zooms where the pointer is, dragging moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gazeapp.ui.picture_file import save_picture
from gazeapp.ui.picture_scene import Look, PictureScene, SceneArtist, Zoom, layout, picture_place, scene_size
from gazeapp.ui.theme import LIGHT, Theme, Tokens

STEP = 1.25
"""A notch of the wheel, or a key, zooms by so much."""
DRAG_PX = 4.0
"""A shorter way with the button down is a click."""
Point = tuple[float, float]


class BoardTool(Protocol):
    """Takes the mouse over a picture, where it wants it; places are image pixels, within the image."""

    def press(self, point: Point, reach_px: float) -> bool:
        """The button went down; `reach_px` is how near is near."""
        ...

    def move(self, point: Point, *, is_down: bool) -> bool:
        """The pointer moves."""
        ...

    def release(self, point: Point) -> bool:
        """The button went up."""
        ...

    def finish(self) -> bool:
        """A double click."""
        ...

    def key(self, event: QKeyEvent) -> bool:
        """A key went down."""
        ...


class PictureBoard(QWidget):
    """Draws scenes on the screen as it draws them into files."""

    zoomed = Signal(float)
    """By how much, 1 for all of it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._artist = SceneArtist()
        self._scenes: tuple[PictureScene, ...] = ()
        self._large = -1
        self._pressed: QPointF | None = None
        self._dragged_from: Zoom | None = None
        self.look = Look()
        self.zoom = Zoom()
        self.tool: BoardTool | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(320, 200))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        theme.changed.connect(self.update)

    @property
    def scenes(self) -> tuple[PictureScene, ...]:
        """What is shown."""
        return self._scenes

    @property
    def shown(self) -> tuple[PictureScene, ...]:
        """All of it, or the one that is enlarged."""
        return self._scenes[self._large : self._large + 1] if self._large >= 0 else self._scenes

    def show_scenes(self, scenes: Sequence[PictureScene]) -> None:
        """Show these panes."""
        if len(scenes) != len(self._scenes):
            self._large = -1
        self._scenes = tuple(scenes)
        words = "; ".join(f"{scene.name}: {scene.note or scene.caption}" for scene in scenes)
        if words != self.accessibleName():
            self.setAccessibleName(words)
        self.update()

    def set_look(self, look: Look) -> None:
        """Draw all panes in another way."""
        self.look = look
        self.update()

    def enlarge(self, number: int) -> None:
        """Show one pane alone; -1 shows all."""
        self._large = number if -1 < number < len(self._scenes) > 1 else -1
        self.update()

    def set_zoom(self, zoom: Zoom) -> None:
        """Show another part of every picture."""
        within = zoom.within()
        if within != self.zoom:
            self.zoom = within
            self.zoomed.emit(within.factor)
            self.update()

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom; what is at a place of the board stays there."""
        target = min(max(self.zoom.factor * factor, 1.0), 16.0)
        found = self._place_at(at) if at is not None else None
        if at is None or found is None:
            self.set_zoom(replace(self.zoom, factor=target))
            return
        _, place = found
        whole = self.zoom.whole(place)
        share_x, share_y = (at.x() - whole.left()) / whole.width(), (at.y() - whole.top()) / whole.height()
        self.set_zoom(
            Zoom(
                factor=target,
                x=share_x - (at.x() - place.center().x()) / (place.width() * target),
                y=share_y - (at.y() - place.center().y()) / (place.height() * target),
            )
        )

    def save(self, path: Path, title: str, *, size: QSize | None = None, scale: float = 2.0) -> None:
        """Write what is shown, on white; StoreError or SettingsError where it cannot be."""
        save_picture(
            path,
            size or self.size(),
            LIGHT.color("panel"),
            lambda painter, rect: self._draw(painter, rect.adjusted(12, 8, -12, -8), LIGHT),
            title,
            scale=scale,
        )

    def image_point(self, position: QPointF, *, clamp: bool = False) -> Point | None:
        """Which pixel of the picture lies at a place of the board; None beside the pictures."""
        found = self._place_at(position, nearest=clamp)
        if found is None:
            return None
        scene, place = found
        size_wh = scene_size(scene)
        assert size_wh is not None
        whole = self.zoom.whole(place)
        x = (position.x() - whole.left()) / whole.width() * size_wh[0]
        y = (position.y() - whole.top()) / whole.height() * size_wh[1]
        return (min(max(x, 0.0), float(size_wh[0])), min(max(y, 0.0), float(size_wh[1])))

    def _place_at(self, position: QPointF, *, nearest: bool = False) -> tuple[PictureScene, QRectF] | None:
        for scene, pane in zip(self.shown, layout(len(self.shown), QRectF(self.rect())), strict=True):
            place = picture_place(pane, scene)
            if scene_size(scene) is not None and (nearest or place.contains(position)):
                return scene, place
        return None

    def _reach_px(self) -> float:
        """What ten points of the screen are in pixels of the picture."""
        found = self._place_at(QPointF(), nearest=True)
        size_wh = scene_size(found[0]) if found else None
        return 10.0 * size_wh[0] / (found[1].width() * self.zoom.factor) if found and size_wh else 0.0

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw; called by Qt."""
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), self._theme.tokens.color("background"))
            self._draw(painter, QRectF(self.rect()), self._theme.tokens)
            if self.hasFocus():
                painter.setPen(self._theme.tokens.color("accent"))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Called by Qt."""
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            return
        point = self.image_point(event.position())
        is_left = event.button() == Qt.MouseButton.LeftButton
        if self.tool is not None and is_left and point is not None and self.tool.press(point, self._reach_px()):
            return
        self._pressed, self._dragged_from = event.position(), self.zoom

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Called by Qt."""
        if self._pressed is None:
            is_down = bool(event.buttons() & Qt.MouseButton.LeftButton)
            point = self.image_point(event.position(), clamp=is_down)
            if self.tool is not None and point is not None:
                self.tool.move(point, is_down=is_down)
            return
        found = self._place_at(self._pressed)
        way = event.position() - self._pressed
        if found is None or self._dragged_from is None or way.manhattanLength() < DRAG_PX:
            return
        _, place = found
        old = self._dragged_from
        self.set_zoom(
            replace(
                old,
                x=old.x - way.x() / (place.width() * old.factor),
                y=old.y - way.y() / (place.height() * old.factor),
            )
        )

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Called by Qt."""
        pressed, self._pressed, self._dragged_from = self._pressed, None, None
        if pressed is None:
            point = self.image_point(event.position(), clamp=True)
            if self.tool is not None and point is not None:
                self.tool.release(point)
            return
        is_click = (event.position() - pressed).manhattanLength() < DRAG_PX
        if not is_click or self.tool is not None or event.button() != Qt.MouseButton.LeftButton:
            return
        if self._large >= 0:
            self.enlarge(-1)
            return
        places = layout(len(self._scenes), QRectF(self.rect()))
        self.enlarge(next((n for n, place in enumerate(places) if place.contains(event.position())), -1))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Called by Qt."""
        if self.tool is None or not self.tool.finish():
            self.mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Called by Qt."""
        self.zoom_by(STEP ** (event.angleDelta().y() / 120), event.position())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Called by Qt."""
        if self.tool is not None and self.tool.key(event):
            return
        step = 0.1 / self.zoom.factor
        match Qt.Key(event.key()):
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self.zoom_by(STEP)
            case Qt.Key.Key_Minus:
                self.zoom_by(1 / STEP)
            case Qt.Key.Key_0:
                self.set_zoom(Zoom())
            case Qt.Key.Key_Left if self.zoom.factor > 1:
                self.set_zoom(replace(self.zoom, x=self.zoom.x - step))
            case Qt.Key.Key_Right if self.zoom.factor > 1:
                self.set_zoom(replace(self.zoom, x=self.zoom.x + step))
            case Qt.Key.Key_Up if self.zoom.factor > 1:
                self.set_zoom(replace(self.zoom, y=self.zoom.y - step))
            case Qt.Key.Key_Down if self.zoom.factor > 1:
                self.set_zoom(replace(self.zoom, y=self.zoom.y + step))
            case Qt.Key.Key_Escape if self._large >= 0:
                self.enlarge(-1)
            case _:
                super().keyPressEvent(event)

    def _draw(self, painter: QPainter, rect: QRectF, tokens: Tokens) -> None:
        for scene, place in zip(self.shown, layout(len(self.shown), rect), strict=True):
            self._artist.draw(painter, place, scene, self.look, tokens, self.zoom)
