"""Saves what is drawn as PNG, SVG or PDF at a size of one's choice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, QSize, QSizeF
from PySide6.QtGui import QColor, QImage, QPageSize, QPainter, QPdfWriter

from gazeapp.errors import SettingsError
from gazeapp.store.new_file import write_whole
from gazeapp.store.storage_errors import disk_error

Draw = Callable[[QPainter, QRectF], None]
KINDS = (".png", ".svg", ".pdf")
SCALE = 2.0
"""A PNG holds twice the points of what is on the screen."""
POINTS_PER_INCH = 96
"""A point of the screen, as everywhere."""
MAX_PX = 16_000
"""Longest side of a PNG: more takes gigabytes."""


def save_picture(
    path: Path, size: QSize, background: QColor, draw: Draw, title: str = "", *, scale: float = SCALE
) -> None:
    """Write a picture, whole or not at all; what stood there is replaced.

    Args:
        path: Its ending says the kind.
        size: In points of the screen.
        background: Behind everything.
        draw: Draws into a rectangle of that size.
        title: Of the file.
        scale: Pixels of a PNG for each point.

    Raises:
        SettingsError: Another ending, or too large.
        StoreError: It cannot be written.
    """
    kind = path.suffix.lower()
    if kind not in KINDS:
        raise SettingsError(f"{path.name}: a picture is saved as {', '.join(KINDS)}", key="path")
    if kind == ".png" and max(size.width(), size.height()) * scale > MAX_PX:
        raise SettingsError(f"{path.name}: at most {MAX_PX} pixels a side; save it as SVG or PDF", key="size")
    rect = QRectF(0, 0, size.width(), size.height())
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if kind == ".png":
        _draw_png(buffer, size, background, draw, rect, scale)
    elif kind == ".svg":
        _draw_svg(buffer, size, background, draw, rect, title)
    else:
        _draw_pdf(buffer, size, background, draw, rect, title)
    buffer.close()
    try:
        write_whole(path, bytes(data.data()))
    except OSError as error:
        raise disk_error(error, path) from error


def _draw_png(buffer: QBuffer, size: QSize, background: QColor, draw: Draw, rect: QRectF, scale: float) -> None:
    image = QImage(size * scale, QImage.Format.Format_RGB32)
    image.fill(background)
    with QPainter(image) as painter:
        painter.scale(scale, scale)
        draw(painter, rect)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stubs know file names alone


def _draw_svg(buffer: QBuffer, size: QSize, background: QColor, draw: Draw, rect: QRectF, title: str) -> None:
    from PySide6.QtSvg import QSvgGenerator

    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setResolution(POINTS_PER_INCH)
    generator.setSize(size)
    generator.setViewBox(rect)
    generator.setTitle(title)
    with QPainter(generator) as painter:
        painter.fillRect(rect, background)
        draw(painter, rect)


def _draw_pdf(buffer: QBuffer, size: QSize, background: QColor, draw: Draw, rect: QRectF, title: str) -> None:
    writer = QPdfWriter(buffer)
    writer.setTitle(title)
    writer.setCreator("gazeapp")
    inches = QSizeF(size.width() / POINTS_PER_INCH, size.height() / POINTS_PER_INCH)
    writer.setPageSize(QPageSize(inches, QPageSize.Unit.Inch))
    writer.setPageMargins(QMarginsF())
    writer.setResolution(POINTS_PER_INCH)
    with QPainter(writer) as painter:
        painter.fillRect(rect, background)
        draw(painter, rect)
