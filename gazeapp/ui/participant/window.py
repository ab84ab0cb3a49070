"""The participant's window: nothing but the scene; tells when it became visible; passes keys, pointer and focus on."""

from __future__ import annotations

import logging
import math
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Protocol

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QOpenGLContext,
    QPainter,
    QPaintEvent,
    QRasterWindow,
    QScreen,
    QSurfaceFormat,
    QWindow,
)
from PySide6.QtOpenGL import QOpenGLWindow

from gazeapp.experiment.participant_display import Blank, OnShown, Scene, Stimulus, Target
from gazeapp.gaze.clock import Clock
from gazeapp.store.events import OnsetKind
from gazeapp.ui.participant.painter import ScenePainter

KEPT_FRAMES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameTiming:
    """Frame intervals over some time."""

    n_frames: int
    median_s: float
    """NaN with fewer than two frames."""
    p99_s: float
    longest_s: float
    n_late: int
    """Intervals above 1.5 refresh periods."""


class FrameLog:
    """Appends frame times; old ones are forgotten."""

    def __init__(self, period_s: float = 1 / 60) -> None:
        self.period_s = period_s
        """The screen's refresh period."""
        self._times_s: deque[float] = deque(maxlen=KEPT_FRAMES)
        self._breaks: deque[float] = deque(maxlen=KEPT_FRAMES)

    def add(self, time_s: float, *, follows: bool) -> None:
        """A frame was presented; `follows` tells that it was drawn right after the one before, without a rest."""
        self._times_s.append(time_s)
        if not follows:
            self._breaks.append(time_s)

    def between(self, start_s: float, stop_s: float) -> FrameTiming:
        """Intervals of frames with start_s <= time < stop_s; intervals across a rest do not count."""
        times = np.array([t for t in self._times_s if start_s <= t < stop_s])
        intervals = np.diff(times)
        intervals = intervals[~np.isin(times[1:], list(self._breaks))] if len(times) > 1 else intervals
        if not len(intervals):
            return FrameTiming(n_frames=len(times), median_s=np.nan, p99_s=np.nan, longest_s=np.nan, n_late=0)
        return FrameTiming(
            n_frames=len(times),
            median_s=float(np.median(intervals)),
            p99_s=float(np.percentile(intervals, 99)),
            longest_s=float(intervals.max()),
            n_late=int((intervals > 1.5 * self.period_s).sum()),
        )


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


KEY_REST_S = 0.15
"""A key that arrives sooner after a new scene was meant for the one before."""


class StimulusWindow(QObject):
    """The `ParticipantDisplay` on a screen. Everything happens on the GUI thread.

    Args:
        clock: The session clock.
        background: Of the plan, until the first scene.
        use_gl: False for the raster path, None to use OpenGL where it works.
        is_continuous: Draw every frame even while nothing moves, so that each frame's time is known; costs little
            with a graphics card and much without one.
    """

    key_pressed = Signal(str)
    """A key the participant or experimenter pressed on this window, as a key sequence such as "Space"."""
    closed = Signal()
    """The window was closed from outside."""
    frame_shown = Signal()
    """A frame reached the screen."""
    screen_lost = Signal(str)
    """The screen it was shown on went away; carries its name."""

    def __init__(
        self,
        clock: Clock,
        background: str = "#808080",
        *,
        use_gl: bool | None = None,
        is_continuous: bool = False,
    ) -> None:
        super().__init__()
        self._clock = clock
        self._scene: Scene = Blank(background=background)
        self._next: Scene | None = None
        self._painter = ScenePainter()
        self._pending: OnShown | None = None
        self._turn = self._painted_turn = 0
        self._asked_s = self._shown_s = math.nan
        self._was_animated = self._is_closing = False
        self.is_continuous = is_continuous
        self.shows_pointer = False
        """Whether the mouse is seen wherever no image is shown: a person whose mouse is the gaze must find the
        target."""
        self._has_pointer_moved = False
        self.frames = FrameLog()
        self.onset_delays_s: list[float] = []
        """From asking for each stimulus to its being visible."""
        self.pointer_px: tuple[float, float] = (math.nan, math.nan)
        """Where the mouse is on this window, physical pixels; NaN while it is elsewhere. Read by a tracker's thread."""
        self.surface = make_surface(self, use_gl=use_gl)
        self.surface.setTitle("gazeapp – participant")
        # without a graphics card there is no refresh to wait for: targets then move at a timer's pace
        self._animation = QTimer(self)
        self._animation.setTimerType(Qt.TimerType.PreciseTimer)
        self._animation.setInterval(16)
        self._animation.timeout.connect(self._next_frame)
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication), "a window needs the application"
        application.screenRemoved.connect(self._screen_removed)

    # Stage

    def show(self, scene: Scene, on_shown: OnShown) -> None:
        """Replace the scene; `on_shown` is called once it is visible, unless it was replaced before."""
        self._scene, self._pending = scene, on_shown
        self._turn += 1
        self._asked_s, self._shown_s = self._clock.now_s(), math.nan
        sees_pointer = self.shows_pointer and not isinstance(scene, Stimulus)
        self.surface.setCursor(Qt.CursorShape.ArrowCursor if sees_pointer else Qt.CursorShape.BlankCursor)
        self._animate()
        self.surface.update()

    def prepare(self, scene: Scene) -> None:
        """Convert the next picture now, and have it in the graphics memory before its onset."""
        self._painter.prepare(scene)
        self._next = scene
        self.surface.update()

    def frame_timing(self, start_s: float, stop_s: float) -> Mapping[str, float]:
        """Frames of an exposure, for the session's file."""
        return asdict(self.frames.between(start_s, stop_s))

    # Window

    @property
    def scene(self) -> Scene:
        """What is on the screen, or about to be."""
        return self._scene

    @property
    def is_waiting(self) -> bool:
        """Whether a scene was asked for that is not visible yet."""
        return self._pending is not None

    @property
    def size_px(self) -> tuple[int, int]:
        """Physical pixels."""
        return physical_size(self.surface)

    def open_on(self, screen: QScreen, *, fullscreen: bool = True, takes_keys: bool = True) -> None:
        """Show the window on a screen: all of it, or a part for trying things out.

        Args:
            screen: Where.
            fullscreen: All of it.
            takes_keys: Whether it takes the keyboard; on a screen of its own the keys stay with the experimenter.
        """
        self.surface.setFlag(Qt.WindowType.WindowDoesNotAcceptFocus, not takes_keys)
        self.surface.setScreen(screen)
        self.frames.period_s = 1 / max(screen.refreshRate(), 1.0)
        geometry = screen.geometry()
        if fullscreen:
            self.surface.setGeometry(geometry)
            self.surface.showFullScreen()
            if self.surface.geometry() != geometry:  # some window managers move it to the screen of the mouse
                self.surface.setGeometry(geometry)
        else:
            half = QRect(geometry.topLeft() + QPoint(40, 60), geometry.size() / 2)
            self.surface.setGeometry(half)
            self.surface.show()
        if takes_keys:
            self.surface.requestActivate()

    def close(self) -> None:
        """Take the window off; may be called twice."""
        self._animation.stop()
        self._pending = None
        self._is_closing = True
        self.surface.close()
        self._is_closing = False
        self._painter.close()

    @property
    def is_open(self) -> bool:
        """Whether the window is on a screen."""
        return self.surface.isVisible()

    # SurfaceOwner

    def paint_scene(self, painter: QPainter) -> None:
        """Draw the scene; called by the surface."""
        self._painted_turn = self._turn
        if self._next is not None and self._painter.is_prepared(self._next):
            # drawn into one pixel below the scene: the picture is uploaded, and nobody sees it
            self._painter.paint_hidden(painter, self._next)
            self._next = None
        self._painter.paint(painter, self._scene, self.size_px, self._age_s(), self.pointer_px)

    def frame_presented(self, kind: OnsetKind) -> None:
        """A drawing reached the screen; called by the surface."""
        now_s = self._clock.now_s()
        animated = self._is_animated()
        self.frames.add(now_s, follows=self._was_animated)
        self._was_animated = animated
        pending = self._pending
        if pending is not None and self._painted_turn == self._turn:
            self._pending = None
            self._shown_s = now_s
            if isinstance(self._scene, Stimulus):
                self.onset_delays_s.append(now_s - self._asked_s)
            pending(now_s, kind)
        if animated and kind == "swap":
            self.surface.update()
        self.frame_shown.emit()

    def window_event(self, event: QEvent) -> None:
        """Take keys and the pointer out of the window's events; called by the surface."""
        kind = event.type()
        if isinstance(event, QKeyEvent) and kind == QEvent.Type.KeyPress:
            self._press(event)
        elif isinstance(event, QMouseEvent):
            ratio = self.surface.devicePixelRatio()
            at = event.position()
            self.pointer_px = (at.x() * ratio, at.y() * ratio)
            self._pointer_moved()
        elif kind == QEvent.Type.Leave:
            self.pointer_px = (math.nan, math.nan)
            self._pointer_moved()
        elif kind == QEvent.Type.Close and not self._is_closing:
            self.closed.emit()

    def _press(self, event: QKeyEvent) -> None:
        if event.isAutoRepeat():
            return
        key = Qt.Key(event.key())
        text = {
            Qt.Key.Key_Return: "Return",
            Qt.Key.Key_Enter: "Return",
            Qt.Key.Key_Escape: "Escape",
            Qt.Key.Key_Space: "Space",
            Qt.Key.Key_F1: "F1",
        }.get(key, event.text().upper())
        is_far = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if is_far and (Qt.Key.Key_0 <= key <= Qt.Key.Key_9 or Qt.Key.Key_A <= key <= Qt.Key.Key_Z):
            text = f"Alt+{chr(key)}"
        # Escape, help and other pages always work; any other key right after a change was meant for what was there
        is_fresh = not self._clock.now_s() - self._shown_s >= KEY_REST_S
        if text and (key in (Qt.Key.Key_Escape, Qt.Key.Key_F1) or is_far or not is_fresh):
            self.key_pressed.emit(text)

    def _age_s(self) -> float:
        return 0.0 if math.isnan(self._shown_s) else self._clock.now_s() - self._shown_s

    def _is_animated(self) -> bool:
        return self.is_continuous or isinstance(self._scene, Target)

    @property
    def _follows_pointer(self) -> bool:
        return isinstance(self._scene, Stimulus) and self._scene.window is not None

    def _pointer_moved(self) -> None:
        """Draw the image anew where its window follows the pointer: with the next frame, however fast the mouse is."""
        if not self._follows_pointer:
            return
        self._has_pointer_moved = True
        if hasattr(self.surface, "paintGL"):
            self.surface.update()  # waits for the screen's refresh by itself
        else:
            self._animate()

    def _next_frame(self) -> None:
        if self._is_animated() or self._has_pointer_moved:
            self._has_pointer_moved = False
            self.surface.update()

    def _animate(self) -> None:
        if (self._is_animated() or self._follows_pointer) and self.surface.isVisible():
            if not self._animation.isActive() and not hasattr(self.surface, "paintGL"):
                self._animation.start()
        else:
            self._animation.stop()

    def _screen_removed(self, screen: QScreen) -> None:
        if self.surface.isVisible() and self.surface.screen() in (screen, None):
            self.screen_lost.emit(screen.name())
