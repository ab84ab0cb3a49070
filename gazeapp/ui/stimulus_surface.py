"""The two kinds of window a participant can look at: OpenGL with onsets at the buffer swap, and a raster fallback."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import (
    QGuiApplication,
    QOpenGLContext,
    QPainter,
    QPaintEvent,
    QRasterWindow,
    QSurfaceFormat,
    QWindow,
)
from PySide6.QtOpenGL import QOpenGLWindow

from gazeapp.store.events import OnsetKind

_log = logging.getLogger(__name__)


class SurfaceOwner(Protocol):
    """What a surface asks and tells."""

    def paint_scene(self, painter: QPainter) -> None:
        """Draw in physical pixels."""
        ...

    def frame_presented(self, kind: OnsetKind) -> None:
        """The latest drawing is on the screen."""
        ...

    def window_event(self, event: QEvent) -> None:
        """Every event of the window, before it is handled."""
        ...


class GlSurface(QOpenGLWindow):
    """Swaps with the screen's refresh; `frameSwapped` tells when a drawing was handed to the screen."""

    def __init__(self, owner: SurfaceOwner) -> None:
        super().__init__(QOpenGLWindow.UpdateBehavior.NoPartialUpdate)
        self._owner = owner
        wanted = QSurfaceFormat()
        wanted.setSwapInterval(1)
        wanted.setSwapBehavior(QSurfaceFormat.SwapBehavior.DoubleBuffer)
        self.setFormat(wanted)
        self.frameSwapped.connect(lambda: owner.frame_presented("swap"))

    def paintGL(self) -> None:
        """Called by Qt with the context current."""
        with QPainter(self) as painter:
            # the painter counts device independent pixels; a stimulus is placed in physical ones
            painter.scale(1 / self.devicePixelRatio(), 1 / self.devicePixelRatio())
            self._owner.paint_scene(painter)

    def event(self, event: QEvent) -> bool:
        """Pass events on before handling them."""
        self._owner.window_event(event)
        return bool(super().event(event))


class RasterSurface(QRasterWindow):
    """Where there is no OpenGL: an onset is the moment at which the drawing was handed to the window system."""

    def __init__(self, owner: SurfaceOwner) -> None:
        super().__init__()
        self._owner = owner
        self._is_painted = False

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Called by Qt."""
        with QPainter(self) as painter:
            painter.scale(1 / self.devicePixelRatio(), 1 / self.devicePixelRatio())
            self._owner.paint_scene(painter)
            self._is_painted = True

    def event(self, event: QEvent) -> bool:
        """Pass events on; Qt draws and flushes inside an update or paint event: afterwards the drawing is out."""
        self._owner.window_event(event)
        done = bool(super().event(event))
        if self._is_painted:
            self._is_painted = False
            self._owner.frame_presented("raster")
        return done


Surface = GlSurface | RasterSurface
MakeSurface = Callable[[SurfaceOwner], Surface]


def make_surface(owner: SurfaceOwner, *, use_gl: bool | None = None) -> Surface:
    """Make the best surface this system has.

    Args:
        owner: Draws and listens.
        use_gl: False for the raster path, True to insist on OpenGL, None to try.
    """
    if use_gl is None:
        use_gl = has_opengl()
        if not use_gl:
            _log.info("no OpenGL here: stimulus onsets are timed at the raster paint")
    surface: Surface = GlSurface(owner) if use_gl else RasterSurface(owner)
    surface.setFlags(Qt.WindowType.Window | Qt.WindowType.FramelessWindowHint)
    surface.setCursor(Qt.CursorShape.BlankCursor)
    return surface


def has_opengl() -> bool:
    """Whether a window with OpenGL can be made here."""
    if QGuiApplication.platformName() in ("offscreen", "minimal", "vnc", "linuxfb"):
        return False
    context = QOpenGLContext()
    return context.create() and context.isValid()


def physical_size(window: QWindow) -> tuple[int, int]:
    """(width, height) of a window in physical pixels."""
    ratio = window.devicePixelRatio()
    rect = QRectF(0, 0, window.width() * ratio, window.height() * ratio)
    return round(rect.width()), round(rect.height())
