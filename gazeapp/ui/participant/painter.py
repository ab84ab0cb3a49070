"""Draws a scene with QPainter: one drawing for the participant's window, its raster fallback and the thumbnail."""

from __future__ import annotations

import logging
import math
from collections import OrderedDict
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPen, QPolygonF

from gazeapp.errors import GazeAppError
from gazeapp.experiment.participant_display import Blank, Cross, Message, Scene, Stimulus, Target
from gazeapp.ui.participant.blur import BlurredImages
from gazeapp.ui.qt_images import contained, rgb_image, rgba_image
from gazeapp.ui.theme import interface_font

_log = logging.getLogger(__name__)

CACHED_IMAGES = 4
MESSAGE_IMAGE_PX = 2400
"""Longer side up to which the picture of an instruction is kept."""
MESSAGE_IMAGE_SHARE = 0.6
"""Of the height, for a picture with words below it."""
TARGET_IMAGE_PX = 110.0
"""Longer side of a target's picture when it appears."""
TARGET_END = 0.26
"""Of a target's size when its gaze is collected: movement catches the eye, a small end holds it."""
USUAL_TARGET_PX = 68.0
"""Diameter for which marks and pictures are drawn; they grow and shrink with the target's own."""


class ScenePainter:
    """Paints scenes in physical display pixels; keeps the Qt images of the latest stimuli, made before their onset."""

    def __init__(self) -> None:
        self._images: OrderedDict[tuple[int, int], QImage] = OrderedDict()
        self._blurred = BlurredImages()
        self._target_pictures: dict[str, QImage | None] = {}
        self._message_picture: tuple[str, QImage | None] = ("", None)

    def prepare(self, scene: Scene) -> None:
        """Convert a stimulus and scale it to its place now, so that painting it costs one copy."""
        if isinstance(scene, Stimulus):
            image = self._image(scene)
            if scene.window is not None:
                self._blurred.prepare(image, scene.image_rgb, scene.window.blur_px)
        elif isinstance(scene, Message):
            self._picture_of(scene)

    def close(self) -> None:
        """End what works in the background; may be called twice, and painting goes on."""
        self._blurred.close()

    def is_prepared(self, scene: Scene) -> bool:
        """Whether a stimulus can be painted without waiting for its blurred image."""
        if not isinstance(scene, Stimulus) or scene.window is None:
            return True
        return self._blurred.prepare(self._image(scene), scene.image_rgb, scene.window.blur_px).done()

    def paint_hidden(self, painter: QPainter, scene: Scene) -> None:
        """Draw a stimulus into a single pixel; what is painted next covers it."""
        if isinstance(scene, Stimulus):
            painter.drawImage(QRectF(0, 0, 1, 1), self._whole_image(scene))

    def paint(
        self,
        painter: QPainter,
        scene: Scene,
        size_px: tuple[int, int],
        age_s: float = 0.0,
        pointer_px: tuple[float, float] | None = None,
    ) -> None:
        """Fill the whole screen.

        Args:
            painter: Counts physical pixels.
            scene: What to draw.
            size_px: Physical pixels of the screen.
            age_s: How long ago a target appeared.
            pointer_px: Where an image with a window is sharp, NaN for nowhere; None draws it without its window.
        """
        painter.fillRect(QRectF(0, 0, *size_px), QColor(scene.background))
        if isinstance(scene, Blank):
            return
        if isinstance(scene, Stimulus):
            self._paint_stimulus(painter, scene, pointer_px)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if isinstance(scene, Cross):
            _paint_cross(painter, scene)
        elif isinstance(scene, Target):
            progress = min(max(age_s / max(scene.expected_s, 0.1), 0.0), 1.0)
            if scene.look == "image":
                self._paint_image_target(painter, scene, progress)
            elif scene.look == "picture":
                _paint_picture_target(painter, scene, progress)
            else:
                _paint_target(painter, scene, progress)
        elif isinstance(scene, Message):
            _paint_message(painter, scene, size_px, self._picture_of(scene))

    def _picture_of(self, scene: Message) -> QImage | None:
        """The picture above the words; None without one, or where it cannot be read: the words stay."""
        if self._message_picture[0] != scene.image_file:
            picture = _read_picture(scene.image_file, MESSAGE_IMAGE_PX, "only the words are shown")
            self._message_picture = scene.image_file, picture
        return self._message_picture[1]

    def _paint_stimulus(self, painter: QPainter, scene: Stimulus, pointer_px: tuple[float, float] | None) -> None:
        frame = scene.frame
        image = self._image(scene)
        # whole pixels: a picture between two of them would be blurred on its way to the screen
        rect = QRectF(round(frame.left_px), round(frame.top_px), image.width(), image.height())
        ratio = painter.device().devicePixelRatio()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, ratio != int(ratio))
        if scene.window is None or pointer_px is None:
            painter.drawImage(rect, image)
        else:
            self._blurred.paint(
                painter, rect.topLeft(), image, self._whole_image(scene), pointer_px, scene.window.radius_px
            )
        if scene.overlay_rgba is not None:
            painter.drawImage(rect, rgba_image(scene.overlay_rgba))

    def _paint_image_target(self, painter: QPainter, scene: Target, progress: float) -> None:
        """A picture of one's own that shrinks; a dot marks its middle, or stands alone where there is no picture."""
        picture = self._target_picture(scene.image_file)
        if picture is None:
            _paint_target(painter, scene, progress)
            return
        size = TARGET_IMAGE_PX * (1 - 0.4 * progress) * scene.size_px / USUAL_TARGET_PX
        rect = contained(picture.width(), picture.height(), QRectF(0, 0, size, size))
        rect.moveCenter(QPointF(scene.x_px, scene.y_px))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(rect, picture)
        painter.setPen(QPen(Qt.GlobalColor.white, 1.5))
        painter.setBrush(QColor("#101010"))
        painter.drawEllipse(rect.center(), 4, 4)

    def _target_picture(self, file: str) -> QImage | None:
        if file not in self._target_pictures:
            self._target_pictures[file] = _read_picture(
                file, round(TARGET_IMAGE_PX), "a dot takes its place as the target"
            )
        return self._target_pictures[file]

    def _whole_image(self, scene: Stimulus) -> QImage:
        """What is drawn all over a stimulus' place: the blurred image where it has a window."""
        image = self._image(scene)
        if scene.window is None:
            return image
        return self._blurred.prepare(image, scene.image_rgb, scene.window.blur_px).result()

    def _image(self, scene: Stimulus) -> QImage:
        frame = scene.frame
        key = id(scene.image_rgb), round(frame.width_px)
        if key not in self._images:
            image = rgb_image(scene.image_rgb).convertToFormat(QImage.Format.Format_RGB32)
            size = QRectF(0, 0, round(frame.width_px), round(frame.height_px)).size().toSize()
            if size != image.size():
                image = image.scaled(
                    size,
                    Qt.AspectRatioMode.IgnoreAspectRatio,
                    Qt.TransformationMode.SmoothTransformation,
                )
            self._images[key] = image
            while len(self._images) > CACHED_IMAGES:
                self._images.popitem(last=False)
        return self._images[key]


def _read_picture(file: str, largest_px: int, instead: str) -> QImage | None:
    """A picture of the plan, no larger than needed; None for none, or one that cannot be read, which is noted."""
    if not file:
        return None
    from gazeapp.store.stimuli import (
        decode_image,
    )  # the one decoder, which checks before it decodes

    try:
        image = rgb_image(decode_image(Path(file)).rgb)
    except GazeAppError as error:
        _log.warning("%s; %s", error.message, instead)
        return None
    if max(image.width(), image.height()) <= largest_px:
        return image
    return image.scaled(
        largest_px,
        largest_px,
        Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )


def ink_on(background: str) -> QColor:
    """Black or white, whichever is easier to see on the plan's background."""
    color = QColor(background)
    light = 0.2126 * color.redF() ** 2.2 + 0.7152 * color.greenF() ** 2.2 + 0.0722 * color.blueF() ** 2.2
    return QColor("#101010") if light > 0.18 else QColor("#f2f2f2")


def _paint_cross(painter: QPainter, scene: Cross) -> None:
    centre = QPointF(scene.x_px, scene.y_px)
    painter.setPen(QPen(ink_on(scene.background), 3))
    for arm in (QPointF(15, 0), QPointF(0, 15)):
        painter.drawLine(centre - arm, centre + arm)


def _paint_target(painter: QPainter, scene: Target, progress: float) -> None:
    centre = QPointF(scene.x_px, scene.y_px)
    shrink = 1 - (1 - progress) ** 3
    radius = scene.size_px / 2 * (1 - (1 - TARGET_END) * shrink)
    ink = QColor(scene.color) if scene.color else ink_on(scene.background)
    mark = scene.size_px / 2 * TARGET_END
    painter.setPen(QPen(ink, 2))
    painter.setBrush(QColor(scene.background).darker(125))
    painter.drawEllipse(centre, radius, radius)
    # bull's eye and cross hair together keep the eye stillest: Thaler et al. (2013), What is the best fixation target
    painter.setPen(QPen(QColor(scene.background), 2))
    painter.setBrush(ink)
    painter.drawEllipse(centre, 0.67 * mark, 0.67 * mark)
    painter.setBrush(QColor(scene.background))
    painter.drawEllipse(centre, 0.18 * mark, 0.18 * mark)


def _paint_picture_target(painter: QPainter, scene: Target, progress: float) -> None:
    """A small turning sun with a face: it moves, it is friendly, and its centre is one point."""
    centre = QPointF(scene.x_px, scene.y_px)
    radius = (40.0 - 16.0 * progress) * scene.size_px / USUAL_TARGET_PX
    turn = progress * math.pi
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("#ff9f1c"))
    for n in range(10):
        angle = turn + n * math.pi / 5
        ray = [
            (radius * 1.55 * np.cos(angle), radius * 1.55 * np.sin(angle)),
            (radius * np.cos(angle + 0.22), radius * np.sin(angle + 0.22)),
            (radius * np.cos(angle - 0.22), radius * np.sin(angle - 0.22)),
        ]
        painter.drawPolygon(QPolygonF([centre + QPointF(float(x), float(y)) for x, y in ray]))
    painter.setBrush(QColor("#ffd166"))
    painter.drawEllipse(centre, radius, radius)
    painter.setBrush(QColor("#3a2a10"))
    for side in (-1, 1):
        painter.drawEllipse(centre + QPointF(side * radius * 0.38, -radius * 0.22), radius * 0.09, radius * 0.13)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor("#3a2a10"), radius * 0.08))
    mouth = QRectF(centre.x() - radius * 0.45, centre.y() - radius * 0.25, radius * 0.9, radius * 0.75)
    painter.drawArc(mouth, 200 * 16, 140 * 16)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("#101010"))
    painter.drawEllipse(centre, 4, 4)


def _paint_message(painter: QPainter, scene: Message, size_px: tuple[int, int], picture: QImage | None) -> None:
    """Words in the middle, a picture above them; long words are set smaller rather than cut off."""
    width, height = size_px
    room = QRectF(0.12 * width, 0.06 * height, 0.76 * width, 0.88 * height)
    gap = 0.04 * height if picture is not None and scene.text else 0.0
    share = 0.0 if picture is None else 1.0 if not scene.text else MESSAGE_IMAGE_SHARE
    words = QRectF(room.left(), 0, room.width(), (1 - share) * room.height() - gap)
    flags = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
    font = QFont(interface_font())
    for size in range(max(24, round(height / 26)), 11, -1):
        font.setPixelSize(size)
        painter.setFont(font)
        needed = painter.boundingRect(words, flags, scene.text)
        if needed.height() <= words.height() and needed.width() <= words.width():
            break
    shown = QRectF()
    if picture is not None:
        shown = contained(picture.width(), picture.height(), QRectF(0, 0, room.width(), share * room.height()))
        if shown.width() > picture.width():  # never larger than it is: it would only be blurred
            shown = QRectF(0, 0, picture.width(), picture.height())
    words_px = needed.height() if scene.text else 0.0
    top = (height - (shown.height() + gap + words_px)) / 2
    if picture is not None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        shown.moveTo((width - shown.width()) / 2, top)
        painter.drawImage(shown, picture)
    painter.setPen(ink_on(scene.background))
    painter.drawText(QRectF(room.left(), top + shown.height() + gap, room.width(), words_px + 2), flags, scene.text)
