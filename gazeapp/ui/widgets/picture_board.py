"""Panes with pictures, side by side; a click enlarges one, and another one brings all back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gazeapp.ui.picture_file import save_picture
from gazeapp.ui.picture_scene import Look, PictureScene, SceneArtist, layout
from gazeapp.ui.theme import LIGHT, Theme, Tokens


class PictureBoard(QWidget):
    """Draws scenes on the screen as it draws them into files."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._artist = SceneArtist()
        self._scenes: tuple[PictureScene, ...] = ()
        self._large = -1
        self.look = Look()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(320, 220))
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
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
        self.setAccessibleName("; ".join(f"{scene.name}: {scene.note or scene.caption}" for scene in scenes))
        self.update()

    def set_look(self, look: Look) -> None:
        """Draw all panes in another way."""
        self.look = look
        self.update()

    def enlarge(self, number: int) -> None:
        """Show one pane alone; -1 shows all."""
        self._large = number if -1 < number < len(self._scenes) > 1 else -1
        self.update()

    def save(self, path: Path, title: str, *, size: QSize | None = None) -> None:
        """Write what is shown, on white; StoreError or SettingsError where it cannot be."""
        save_picture(
            path,
            size or self.size(),
            LIGHT.color("panel"),
            lambda painter, rect: self._draw(painter, rect.adjusted(12, 8, -12, -8), LIGHT),
            title,
        )

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw; called by Qt."""
        with QPainter(self) as painter:
            self._draw(painter, QRectF(self.rect()), self._theme.tokens)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Called by Qt."""
        if self._large >= 0:
            self.enlarge(-1)
            return
        places = layout(len(self._scenes), QRectF(self.rect()))
        self.enlarge(next((n for n, place in enumerate(places) if place.contains(event.position())), -1))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Called by Qt."""
        if event.key() == Qt.Key.Key_Escape and self._large >= 0:
            self.enlarge(-1)
        else:
            super().keyPressEvent(event)

    def _draw(self, painter: QPainter, rect: QRectF, tokens: Tokens) -> None:
        for scene, place in zip(self.shown, layout(len(self.shown), rect), strict=True):
            self._artist.draw(painter, place, scene, self.look, tokens)
