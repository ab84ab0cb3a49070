"""A picture with what is known of the gaze on it, drawn alike on the screen and into PNG, SVG and PDF files.

Marks and words are vectors wherever the file can hold them; the image and the maps over it are pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen, QPolygonF

from gazeapp.analysis.area import Area
from gazeapp.analysis.heat_map import GazePlotPoint
from gazeapp.ui.area_artist import draw_areas
from gazeapp.ui.formatting import format_figure
from gazeapp.ui.qt_images import contained, polygon, resized, rgb_image, rgba_image
from gazeapp.ui.theme import Tokens, interface_font

GAZE = QColor("#ffd166")
"""Over a photograph the light theme's darker gaze colour would drown."""
GROUND = QColor("#101216")
"""Behind every image."""
HEADER_PX, LEGEND_PX = 26.0, 20.0
MAX_ZOOM = 16.0
ROOMY_PX = 480.0
"""In a narrower picture durations would cover the fixations they belong to."""
_LEGEND_STEPS = 45
_MAGMA = ("#000004", "#3b0f70", "#8c2981", "#de4968", "#fe9f6d", "#fcfdbf")
_DIVERGING = ("#2166ac", "#67a9cf", "#f7f7f7", "#ef8a62", "#b2182b")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PictureScene:
    """One pane."""

    name: str
    caption: str = ""
    image_rgb: NDArray[np.uint8] | None = None
    """(H, W, 3)."""
    size_wh: tuple[int, int] | None = None
    """Of the picture in its own pixels, where the image itself is not there."""
    overlay_rgba: NDArray[np.uint8] | None = None
    """(h, w, 4), straight alpha, stretched over the image."""
    kind: str = ""
    """"density" or "difference" for a map, which lies over grey and has a legend."""
    ends: tuple[str, str] = ("", "")
    """What the legend says at its ends."""
    is_sketched: bool = False
    """Fixations are dots alone: something else is looked at."""
    points: tuple[GazePlotPoint, ...] = ()
    """Fixations with the ways between them."""
    trail_px: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 2)))
    """(N, 2) gaze, image pixels, NaN where it is missing; the last one is marked."""
    eye_trails_px: tuple[tuple[str, NDArray[np.float64]], ...] = ()
    """Raw gaze by the token of its colour, (N, 2) image pixels."""
    areas: tuple[Area, ...] = ()
    chosen_area: int = -1
    """The one with handles."""
    draft: Area | None = None
    """One that is being drawn."""
    note: str = ""
    """Why something is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How all panes are drawn."""

    opacity: float = 0.85
    """Of maps, 0 to 1."""
    brightness: float = 0.7
    """Of images, 0 to 1."""
    shows_numbers: bool = True
    shows_durations: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Zoom:
    """What part of the pictures is seen: the same in all panes."""

    factor: float = 1.0
    x: float = 0.5
    """Middle of what is seen, as a share of the picture's width."""
    y: float = 0.5

    def within(self) -> Zoom:
        """The nearest one that shows nothing beside the picture."""
        factor = min(max(self.factor, 1.0), MAX_ZOOM)
        half = 0.5 / factor
        return Zoom(factor=factor, x=min(max(self.x, half), 1 - half), y=min(max(self.y, half), 1 - half))

    def whole(self, place: QRectF) -> QRectF:
        """Where the whole picture lies when this part of it fills a place."""
        wide, high = place.width() * self.factor, place.height() * self.factor
        return QRectF(place.center().x() - self.x * wide, place.center().y() - self.y * high, wide, high)


class SceneArtist:
    """Draws scenes; keeps the scaled image and map of each, so that painting anew costs copies of pixels."""

    def __init__(self) -> None:
        self._images: dict[tuple[int, int, int, bool], tuple[object, QImage]] = {}
        self._overlays: dict[int, tuple[object, QImage]] = {}

    def draw(
        self, painter: QPainter, rect: QRectF, scene: PictureScene, look: Look, tokens: Tokens, zoom: Zoom | None = None
    ) -> None:
        """Draw a pane into a rectangle: header, picture, legend."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        place = picture_place(rect, scene)
        self._draw_header(painter, QRectF(place.left(), rect.top(), place.width(), HEADER_PX), scene, tokens)
        size_wh = scene_size(scene)
        if size_wh is None:
            painter.setPen(tokens.color("dim"))
            painter.setFont(interface_font())
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(place.adjusted(16, 0, -16, 0), flags, scene.note)
            return
        whole = place if zoom is None else zoom.whole(place)
        painter.fillRect(place, GROUND)
        painter.save()
        painter.setClipRect(place)
        self._draw_image(painter, whole, scene, look, is_whole=whole == place)
        if scene.overlay_rgba is not None:
            self._draw_overlay(painter, whole, scene.overlay_rgba, look.opacity)
        scale = whole.width() / size_wh[0]
        areas = [*scene.areas, *([scene.draft] if scene.draft is not None else [])]
        chosen = len(areas) - 1 if scene.draft is not None else scene.chosen_area
        draw_areas(painter, whole.topLeft(), scale, areas, chosen, is_filled=scene.overlay_rgba is None)
        _draw_points(painter, whole.topLeft(), scale, size_wh[0], scene, look)
        for color, trail_px in scene.eye_trails_px:
            _draw_trail(painter, whole.topLeft(), scale, trail_px, tokens.color(color), is_marked=False)
        _draw_trail(painter, whole.topLeft(), scale, scene.trail_px, QColor(Qt.GlobalColor.white))
        painter.restore()
        if scene.note:
            _draw_note(painter, place, scene.note)
        if scene.kind:
            _draw_legend(painter, QRectF(place.left(), place.bottom() + 4, place.width(), LEGEND_PX - 4), scene, tokens)

    def _draw_header(self, painter: QPainter, rect: QRectF, scene: PictureScene, tokens: Tokens) -> None:
        painter.setFont(interface_font(bold=True))
        wide = QFontMetricsF(painter.font()).horizontalAdvance(scene.name)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(tokens.color("ink"))
        painter.drawText(rect, middle, scene.name)
        painter.setFont(interface_font())
        rest = rect.adjusted(wide + 12, 0, 0, 0)
        painter.setPen(tokens.color("dim"))
        painter.drawText(rest, middle, _fitted(scene.caption, QFontMetricsF(painter.font()), rest.width()))

    def _draw_image(self, painter: QPainter, place: QRectF, scene: PictureScene, look: Look, *, is_whole: bool) -> None:
        if scene.image_rgb is None:
            return
        is_screen = _is_screen(painter)
        size = QSize(scene.image_rgb.shape[1], scene.image_rgb.shape[0])  # a file holds the image as it is
        if is_screen and is_whole:  # scaled once; enlarged, only the part that is seen is scaled, each time
            ratio = painter.device().devicePixelRatioF()
            size = QSize(max(1, round(place.width() * ratio)), max(1, round(place.height() * ratio)))
        image = self._image(scene.image_rgb, size, is_grey=bool(scene.kind))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not (is_screen and is_whole))
        if is_screen:
            painter.setOpacity(look.brightness)
            painter.drawImage(place, image)
        else:  # other programs read an image's opacity in their own ways
            painter.drawImage(place, _dimmed(image, look.brightness))
        painter.restore()

    def _draw_overlay(self, painter: QPainter, place: QRectF, rgba: NDArray[np.uint8], opacity: float) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if _is_screen(painter):
            painter.setOpacity(opacity)
            painter.drawImage(place, self._overlay(rgba))
        else:
            faint = rgba.copy()
            faint[..., 3] = np.rint(faint[..., 3] * opacity)
            painter.drawImage(place, rgba_image(faint))
        painter.restore()

    def _image(self, rgb: NDArray[np.uint8], size: QSize, *, is_grey: bool) -> QImage:
        key = (id(rgb), size.width(), size.height(), is_grey)
        if key not in self._images:
            if len(self._images) > 16:
                self._images.clear()
            small = resized(rgb, size) if size.width() != rgb.shape[1] else rgb
            if is_grey:
                import cv2

                small = np.asarray(cv2.cvtColor(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB))
            self._images[key] = rgb, rgb_image(small).convertToFormat(QImage.Format.Format_RGB32)
        return self._images[key][1]

    def _overlay(self, rgba: NDArray[np.uint8]) -> QImage:
        if id(rgba) not in self._overlays:
            if len(self._overlays) > 16:
                self._overlays.clear()
            self._overlays[id(rgba)] = rgba, rgba_image(rgba)
        return self._overlays[id(rgba)][1]


def _fitted(caption: str, metrics: QFontMetricsF, width_px: float) -> str:
    """As many clauses of a caption as there is room for; the first one is cut where it must be."""
    clauses = caption.split(" · ")
    while len(clauses) > 1 and metrics.horizontalAdvance(" · ".join(clauses)) > width_px:
        clauses.pop()
    return metrics.elidedText(" · ".join(clauses), Qt.TextElideMode.ElideRight, width_px)


def _is_screen(painter: QPainter) -> bool:
    device = painter.device()
    return device is not None and device.devType() == 1  # a widget


def _dimmed(image: QImage, brightness: float) -> QImage:
    """The image over the ground of a pane, in its own pixels."""
    made = QImage(image.size(), QImage.Format.Format_RGB32)
    made.fill(GROUND)
    with QPainter(made) as painter:
        painter.setOpacity(brightness)
        painter.drawImage(0, 0, image)
    return made


def scene_size(scene: PictureScene) -> tuple[int, int] | None:
    """(width, height) of a scene's picture in its own pixels; None without one."""
    if scene.image_rgb is not None:
        return int(scene.image_rgb.shape[1]), int(scene.image_rgb.shape[0])
    if scene.size_wh is None and scene.overlay_rgba is not None:
        return int(scene.overlay_rgba.shape[1]), int(scene.overlay_rgba.shape[0])
    return scene.size_wh


def picture_place(rect: QRectF, scene: PictureScene) -> QRectF:
    """Where the picture lies in a pane."""
    room = rect.adjusted(0, HEADER_PX, 0, -LEGEND_PX)
    size_wh = scene_size(scene)
    if size_wh is None:
        return room
    return QRectF(contained(*size_wh, room).toAlignedRect())


def _draw_points(
    painter: QPainter, corner: QPointF, scale: float, width_px: int, scene: PictureScene, look: Look
) -> None:
    """Discs whose area grows with duration, numbered, with the saccades between them."""
    points = [QPointF(corner.x() + p.x_px * scale, corner.y() + p.y_px * scale) for p in scene.points]
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(Qt.GlobalColor.black, 3), QPen(GAZE, 1.4)):
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF(points))
    if scene.is_sketched:
        painter.setPen(QPen(Qt.GlobalColor.black, 1))
        painter.setBrush(GAZE)
        for point in points:
            painter.drawEllipse(point, 3.5, 3.5)
        return
    small, tiny = interface_font(12, bold=True), interface_font(11)
    for fixation, point in zip(scene.points, points, strict=True):
        radius = 8 + 14 * min(fixation.duration_s, 1.5) ** 0.5
        painter.setPen(QPen(GAZE, 1.6))
        fill = QColor("#15171b")
        fill.setAlphaF(0.62 if look.shows_numbers else 0.28)
        painter.setBrush(fill)
        painter.drawEllipse(point, radius, radius)
        if look.shows_numbers:
            painter.setFont(small)
            painter.setPen(Qt.GlobalColor.white)
            box = QRectF(point.x() - radius, point.y() - radius, 2 * radius, 2 * radius)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(fixation.number))
        if look.shows_durations and scale * width_px >= ROOMY_PX:
            painter.setFont(tiny)
            text = format_figure(1000 * fixation.duration_s, 0, " ms")
            wide = QFontMetricsF(tiny).horizontalAdvance(text)
            box = QRectF(point.x() - wide / 2 - 4, point.y() + radius + 1, wide + 8, 15)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(10, 12, 16, 190))
            painter.drawRoundedRect(box, 4, 4)
            painter.setPen(GAZE)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def _draw_trail(
    painter: QPainter,
    corner: QPointF,
    scale: float,
    trail_px: NDArray[np.float64],
    color: QColor,
    *,
    is_marked: bool = True,
) -> None:
    seen: NDArray[np.bool_] = np.isfinite(trail_px[:, 0]) & np.isfinite(trail_px[:, 1])
    if not seen.any():
        return
    places = trail_px[seen] * scale + (corner.x(), corner.y())
    breaks = np.flatnonzero(np.diff(np.flatnonzero(seen)) > 1) + 1
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(color, 1.5))
    for piece in np.split(places, breaks):
        painter.drawPolyline(polygon(piece))
    if is_marked and seen[-1]:
        painter.setPen(QPen(Qt.GlobalColor.black, 1))
        painter.setBrush(color)
        painter.drawEllipse(QPointF(*places[-1]), 5, 5)


def _draw_note(painter: QPainter, place: QRectF, text: str) -> None:
    """Words on a dark ground over a picture: readable on any of them, in both colour schemes."""
    painter.setFont(interface_font(12))
    flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    inner = painter.boundingRect(place.adjusted(20, 8, -20, -8), flags, text)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(10, 12, 16, 205))
    painter.drawRoundedRect(inner.adjusted(-10, -5, 10, 5), 6, 6)
    painter.setPen(Qt.GlobalColor.white)
    painter.drawText(inner, flags, text)


def _draw_legend(painter: QPainter, rect: QRectF, scene: PictureScene, tokens: Tokens) -> None:
    painter.setFont(interface_font(11))
    metrics = QFontMetricsF(painter.font())
    low, high = scene.ends
    strip = QRectF(rect.left() + metrics.horizontalAdvance(low) + 8, rect.center().y() - 3, 2 * _LEGEND_STEPS, 6)
    painter.setPen(tokens.color("dim"))
    painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, low)
    painter.drawText(rect.adjusted(strip.right() + 8 - rect.left(), 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, high)
    colors = [QColor(color) for color in (_DIVERGING if scene.kind == "difference" else _MAGMA)]
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    # plain steps: not every program that opens a saved file knows gradients
    for n in range(_LEGEND_STEPS):
        share = n / (_LEGEND_STEPS - 1) * (len(colors) - 1)
        below = min(int(share), len(colors) - 2)
        painter.setBrush(_between(colors[below], colors[below + 1], share - below))
        painter.drawRect(QRectF(strip.left() + 2.0 * n, strip.top(), 2.0, strip.height()))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)


def _between(first: QColor, second: QColor, share: float) -> QColor:
    pairs = zip(first.getRgb()[:3], second.getRgb()[:3], strict=True)  # type: ignore[index]  # the stubs say object
    return QColor(*(round(one + share * (other - one)) for one, other in pairs))


def layout(n: int, rect: QRectF, gap: float = 14.0) -> list[QRectF]:
    """Places of n panes: one alone, else two in a row."""
    if n <= 1:
        return [rect] * n
    rows = -(-n // 2)
    wide, high = (rect.width() - gap) / 2, (rect.height() - gap * (rows - 1)) / rows
    return [
        QRectF(rect.left() + (k % 2) * (wide + gap), rect.top() + (k // 2) * (high + gap), wide, high) for k in range(n)
    ]
