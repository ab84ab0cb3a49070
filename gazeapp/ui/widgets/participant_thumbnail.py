"""A small picture of what the participant sees, with its screen and how long it stays."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from gazeapp.experiment.participant_display import Scene, Stimulus
from gazeapp.ui.participant.painter import ScenePainter
from gazeapp.ui.qt_images import contained, rgb_image, rgba_image
from gazeapp.ui.theme import Theme
from gazeapp.ui.widgets.basic import Panel, label, set_text

WIDTH_PX = 146
FEW_PX = 320


class ParticipantThumbnail(Panel):
    """Always visible: the experimenter never has to guess what is on the other screen."""

    def __init__(self, theme: Theme, heading: str) -> None:
        super().__init__(margin_px=10, spacing_px=6)
        self._screen = _Screen(theme)
        self._what = label("", "small", wrap=True)
        self._left = label("", "small", wrap=True)
        self.column.addWidget(label(heading, "section"))
        self.column.addWidget(self._screen)
        texts = QVBoxLayout()
        texts.setSpacing(1)
        for part in (self._what, self._left):
            # two lines, so that the panel never moves and a new text has nothing laid out anew
            part.setFixedSize(WIDTH_PX, 32)
            part.setAlignment(Qt.AlignmentFlag.AlignTop)
            texts.addWidget(part)
        self.column.addLayout(texts)

    def show_screen(self, width_px: int, height_px: int, text: str) -> None:
        """Describe the participant's screen; `text` such as "Screen 2 · 1920×1080 · 60 Hz"."""
        self._screen.show_size(width_px, height_px)
        set_text(self._what, text.replace(" · ", "\n", 1))

    def show_scene(self, scene: Scene | None, text: str) -> None:
        """Show what is on it; `text` such as "1.8 s left · no overlay shown"."""
        self._screen.show_scene(scene)
        set_text(self._left, text)
        self.setAccessibleDescription(text)


class _Screen(QWidget):
    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._painter = ScenePainter()
        self._scene: Scene | None = None
        self._cache: QImage | None = None
        self._size_px = (16, 9)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(86)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(WIDTH_PX, 86)

    def show_size(self, width_px: int, height_px: int) -> None:
        if (width_px, height_px) != self._size_px:
            self._size_px, self._cache = (width_px, height_px), None
            self.update()

    def show_scene(self, scene: Scene | None) -> None:
        if scene is not self._scene:
            self._scene, self._cache = scene, None
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            rect = contained(*self._size_px, QRectF(self.rect()))
            if self._scene is None:
                painter.setPen(QPen(self._theme.tokens.color("line"), 1, Qt.PenStyle.DashLine))
                painter.drawRect(rect.adjusted(0.5, 0.5, -0.5, -0.5))
                return  # the words below say it
            if self._cache is None:
                ratio = self.devicePixelRatioF()
                self._cache = QImage(rect.size().toSize() * ratio, QImage.Format.Format_RGB32)
                self._cache.fill(QColor(self._scene.background))
                inner = QPainter(self._cache)
                inner.scale(self._cache.width() / self._size_px[0], self._cache.height() / self._size_px[1])
                if isinstance(self._scene, Stimulus):
                    _paint_small(inner, self._scene)
                else:
                    self._painter.paint(inner, self._scene, self._size_px)
                inner.end()
            painter.drawImage(rect, self._cache)


def _paint_small(painter: QPainter, scene: Stimulus) -> None:
    """The image from few of its pixels: made while the participant looks at it, from all of them it took a frame's
    time.
    """
    frame, step = scene.frame, max(1, max(scene.image_rgb.shape) // FEW_PX)
    rect = QRectF(frame.left_px, frame.top_px, frame.width_px, frame.height_px)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(rect, rgb_image(scene.image_rgb[::step, ::step]))
    if scene.overlay_rgba is not None:
        painter.drawImage(rect, rgba_image(scene.overlay_rgba[::step, ::step]))
