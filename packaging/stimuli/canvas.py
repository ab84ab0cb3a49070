"""A picture that shapes are painted on: QPainter with short names, colours as hex text, pairs as gradients."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QImage,
    QLinearGradient,
    QPainter,
    QPainterPath,
    QPen,
    QPolygonF,
    QRadialGradient,
)

WIDTH, HEIGHT = 800, 600
Fill = str | tuple[str, str]
"""One colour, or two: a gradient from top to bottom; a first colour "o#rrggbb" runs from the middle outwards."""


def mix(a: str, b: str, share: float) -> str:
    """A colour between two: 0 is the first."""
    p, q = QColor(a), QColor(b)
    return QColor.fromRgbF(
        *(u + (v - u) * share for u, v in zip(p.getRgbF()[:3], q.getRgbF()[:3], strict=True))
    ).name()


def dark(colour: str, share: float = 0.25) -> str:
    """A colour nearer to black."""
    return mix(colour, "#10121c", share)


def light(colour: str, share: float = 0.3) -> str:
    """A colour nearer to white."""
    return mix(colour, "#ffffff", share)


def soft(colour: str, alpha: float) -> str:
    """A colour with transparency, as #aarrggbb."""
    c = QColor(colour)
    c.setAlphaF(alpha)
    return c.name(QColor.NameFormat.HexArgb)


class Canvas:
    """One 800×600 picture; `random` is seeded by the scene, so that it is always drawn alike."""

    def __init__(self, seed: int) -> None:
        self.image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
        self.image.fill(QColor("#4a3320"))
        self.random = random.Random(seed)
        self._painter = QPainter(self.image)
        self._painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)

    @contextmanager
    def at(
        self, x: float, y: float, scale: float = 1.0, turn: float = 0.0, flip: bool = False
    ) -> Iterator[None]:
        """Draw in coordinates around (x, y)."""
        self._painter.save()
        self._painter.translate(x, y)
        self._painter.rotate(turn)
        self._painter.scale(-scale if flip else scale, scale)
        yield
        self._painter.restore()

    @contextmanager
    def inside(self, x: float, y: float, w: float, h: float) -> Iterator[None]:
        """Draw only within a rectangle."""
        self._painter.save()
        self._painter.setClipRect(QRectF(x, y, w, h))
        yield
        self._painter.restore()

    def rect(
        self,
        x: float,
        y: float,
        w: float,
        h: float,
        fill: Fill,
        r: float = 0,
        edge: str = "",
        pen: float = 1.5,
    ) -> None:
        """A rectangle with rounded corners."""
        box = QRectF(x, y, w, h)
        self._style(fill, box, edge, pen)
        self._painter.drawRoundedRect(box, r, r)

    def oval(
        self, x: float, y: float, rx: float, ry: float, fill: Fill, edge: str = "", pen: float = 1.5
    ) -> None:
        """An ellipse around (x, y)."""
        box = QRectF(x - rx, y - ry, 2 * rx, 2 * ry)
        self._style(fill, box, edge, pen)
        self._painter.drawEllipse(box)

    def poly(
        self, points: Sequence[tuple[float, float]], fill: Fill, edge: str = "", pen: float = 1.5
    ) -> None:
        """A polygon."""
        shape = QPolygonF([QPointF(*p) for p in points])
        self._style(fill, shape.boundingRect(), edge, pen)
        self._painter.drawPolygon(shape)

    def blob(
        self, points: Sequence[tuple[float, float]], fill: Fill, edge: str = "", pen: float = 1.5
    ) -> None:
        """A smooth closed shape through points."""
        path = _smooth([*points], closed=True)
        self._style(fill, path.boundingRect(), edge, pen)
        self._painter.drawPath(path)

    def line(self, points: Sequence[tuple[float, float]], colour: str, width: float) -> None:
        """Straight strokes through points, round ends."""
        self._stroke(colour, width)
        self._painter.drawPolyline(QPolygonF([QPointF(*p) for p in points]))

    def curve(self, points: Sequence[tuple[float, float]], colour: str, width: float) -> None:
        """A smooth stroke through points."""
        self._stroke(colour, width)
        self._painter.drawPath(_smooth([*points], closed=False))

    def arc(
        self, x: float, y: float, r: float, start: float, span: float, colour: str, width: float
    ) -> None:
        """Part of a circle, degrees against the clock from the right."""
        self._stroke(colour, width)
        self._painter.drawArc(QRectF(x - r, y - r, 2 * r, 2 * r), int(start * 16), int(span * 16))

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float,
        colour: str,
        bold: bool = True,
        family: str = "DejaVu Sans",
    ) -> None:
        """Words around (x, y)."""
        font = QFont(family)
        font.setPixelSize(max(1, round(size)))
        font.setBold(bold)
        self._painter.setFont(font)
        self._painter.setPen(QColor(colour))
        lines = words.split("\n")
        box = QRectF(x - 1000, y - size * 0.62 * len(lines), 2000, size * 1.24 * len(lines))
        self._painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)

    def shadow(self, x: float, y: float, rx: float, ry: float, alpha: float = 0.35) -> None:
        """A soft dark spot on the ground."""
        self.glow(x, y, rx, ry, "#000000", alpha)

    def glow(
        self, x: float, y: float, rx: float, ry: float, colour: str, alpha: float = 0.6
    ) -> None:
        """A spot of colour that fades outwards."""
        with self.at(x, y):
            self._painter.scale(1.0, ry / rx)
            gradient = QRadialGradient(0, 0, rx)
            gradient.setColorAt(0, QColor(soft(colour, alpha)))
            gradient.setColorAt(1, QColor(soft(colour, 0)))
            self._painter.setPen(Qt.PenStyle.NoPen)
            self._painter.setBrush(QBrush(gradient))
            self._painter.drawEllipse(QRectF(-rx, -rx, 2 * rx, 2 * rx))

    def speckle(
        self, x: float, y: float, w: float, h: float, n: int, colours: Sequence[str], size: float
    ) -> None:
        """Many small dots: leaves, grass, stones, confetti."""
        for _ in range(n):
            r = size * self.random.uniform(0.4, 1.0)
            self.oval(
                x + self.random.random() * w,
                y + self.random.random() * h,
                r,
                r * 0.8,
                self.random.choice(colours),
            )

    def save(self, path: Path, grain: float = 3.0, quality: int = 86) -> None:
        """Write a JPEG with a little grain, so that plain areas are not perfectly plain."""
        self._painter.end()
        rows = np.frombuffer(self.image.bits(), np.uint8).reshape(HEIGHT, WIDTH, 4)
        noise = np.random.default_rng(7).normal(0, grain, (HEIGHT // 2, WIDTH // 2, 1))
        noise = noise.repeat(2, axis=0).repeat(2, axis=1)
        y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
        shade = 1 - 0.1 * (x**2 + y**2)[..., None]
        grained = np.clip(rows[..., :3] * shade + noise, 0, 255).astype(np.uint8)
        out = np.ascontiguousarray(
            np.concatenate([grained, np.full_like(grained[..., :1], 255)], axis=2)
        )
        QImage(out.data, WIDTH, HEIGHT, 4 * WIDTH, QImage.Format.Format_RGB32).save(
            str(path), "JPEG", quality
        )

    def _style(self, fill: Fill, box: QRectF, edge: str, pen: float) -> None:
        self._painter.setPen(QPen(QColor(edge), pen) if edge else Qt.PenStyle.NoPen)
        if isinstance(fill, str):
            self._painter.setBrush(QColor(fill))
            return
        first, second = fill
        if first.startswith("o"):
            gradient: QLinearGradient | QRadialGradient = QRadialGradient(
                box.center() - QPointF(box.width(), box.height()) * 0.12,
                max(box.width(), box.height()) * 0.62,
            )
            first = first[1:]
        else:
            gradient = QLinearGradient(box.topLeft(), box.bottomLeft())
        gradient.setColorAt(0, QColor(first))
        gradient.setColorAt(1, QColor(second))
        self._painter.setBrush(QBrush(gradient))

    def _stroke(self, colour: str, width: float) -> None:
        pen = QPen(QColor(colour), width)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        self._painter.setPen(pen)
        self._painter.setBrush(Qt.BrushStyle.NoBrush)


def _smooth(points: list[tuple[float, float]], closed: bool) -> QPainterPath:
    """A Catmull–Rom curve as Bézier pieces."""
    n = len(points)
    path = QPainterPath(QPointF(*points[0]))
    for i in range(n if closed else n - 1):
        p0, p1, p2, p3 = (
            points[(i + k) % n] if closed else points[min(max(i + k, 0), n - 1)]
            for k in (-1, 0, 1, 2)
        )
        path.cubicTo(
            p1[0] + (p2[0] - p0[0]) / 6, p1[1] + (p2[1] - p0[1]) / 6,
            p2[0] - (p3[0] - p1[0]) / 6, p2[1] - (p3[1] - p1[1]) / 6,
            *p2,
        )  # fmt: skip
    return path
