"""The line icons under assets/icons, tinted with a colour of the theme."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from gazeapp.locations import assets_dir


def icon_names() -> list[str]:
    """Every icon of the set."""
    return sorted(path.stem for path in (assets_dir() / "icons").glob("*.svg"))


def draw_icon(painter: QPainter, name: str, rect: QRectF, color: QColor) -> None:
    """Paint an icon into a rectangle of the painter's device."""
    _renderer(name, color).render(painter, rect)


def icon_pixmap(name: str, color: QColor, size_px: int, *, device_ratio: float = 1.0) -> QPixmap:
    """An icon as a pixmap of `size_px` device independent pixels."""
    pixmap = QPixmap(round(size_px * device_ratio), round(size_px * device_ratio))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    draw_icon(painter, name, QRectF(pixmap.rect()), color)
    painter.end()
    pixmap.setDevicePixelRatio(device_ratio)
    return pixmap


def tinted_icon(name: str, color: QColor) -> QIcon:
    """An icon for buttons and menus."""
    return QIcon(icon_pixmap(name, color, 18, device_ratio=2.0))


def _renderer(name: str, color: QColor) -> QSvgRenderer:
    tinted = _drawing(name).replace("currentColor", color.name(QColor.NameFormat.HexRgb))
    return QSvgRenderer(QByteArray(tinted.encode()))


@lru_cache(maxsize=64)
def _drawing(name: str) -> str:
    # no file is read while something is painted
    return (assets_dir() / "icons" / f"{name}.svg").read_text(encoding="utf-8")
