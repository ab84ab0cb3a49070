"""A view of the eyes in front of the tracker, before anything is calibrated."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gazeapp.runtime.snapshot import HeadPosition, Snapshot
from gazeapp.ui.formatting import format_figure
from gazeapp.ui.theme import Theme, interface_font

VIEW_MM = (400.0, 260.0)
"""Width and height of the space that is drawn, for trackers that tell positions and no guide of their own: about what a
stationary tracker covers at 65 cm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EyePosition:
    """One eye: share of the view from the left and the top (0 to 1, NaN where unknown), and whether it is seen."""

    x_norm: float
    y_norm: float
    is_seen: bool


def eye_positions(snapshot: Snapshot) -> tuple[EyePosition, EyePosition]:
    """Both eyes as a snapshot knows them: where they are, else only whether they are seen."""
    if snapshot.head is not None:
        return head_eyes(snapshot.head)
    recent = snapshot.trace_time_s > snapshot.time_s - 0.25
    left, right = (
        EyePosition(x_norm=math.nan, y_norm=math.nan, is_seen=bool(np.isfinite(trace_px[recent]).any()))
        for trace_px in (snapshot.trace_left_px, snapshot.trace_right_px)
    )
    return left, right


def head_eyes(head: HeadPosition) -> tuple[EyePosition, EyePosition]:
    """Both eyes by the tracker's own guide, else by where it measures them."""
    heights_mm = [eye[1] for eye in (head.left_mm, head.right_mm) if math.isfinite(eye[1])]
    eyes = []
    for guide, (x_mm, y_mm, z_mm) in ((head.left_guide, head.left_mm), (head.right_guide, head.right_mm)):
        x, y = math.nan, math.nan
        if math.isfinite(guide[0]):
            # the guide counts from the person's right; here they see themselves as in a mirror
            x, y = 1 - guide[0], guide[1]
        elif math.isfinite(x_mm):
            # how far up a tracker looks is not known: heights tell only whether the head is upright
            x = 0.5 + x_mm / VIEW_MM[0]
            y = 0.5 - (y_mm - float(np.mean(heights_mm))) / VIEW_MM[1]
        is_seen = math.isfinite(guide[0]) or math.isfinite(z_mm)
        eyes.append(EyePosition(x_norm=x, y_norm=y, is_seen=is_seen))
    return eyes[0], eyes[1]


class TrackStatus(QWidget):
    """Both eyes in the tracker's view, with the head's distance beside it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._eyes: tuple[EyePosition | None, EyePosition | None] = (None, None)
        self._distance_mm = math.nan
        self.range_mm = (500.0, 800.0)
        """Distances at which stationary trackers work best."""
        self.empty_text = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(150)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Wanted size; called by Qt."""
        return QSize(260, 150)

    def show_eyes(self, left: EyePosition | None, right: EyePosition | None, distance_mm: float) -> None:
        """Show the eyes; None where the tracker does not deliver positions."""
        self._eyes, self._distance_mm = (left, right), distance_mm
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw; called by Qt."""
        tokens = self._theme.tokens
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            box = QRectF(0.5, 0.5, self.width() - 74, self.height() - 1)
            painter.setPen(QPen(tokens.color("line"), 1))
            painter.setBrush(tokens.color("background"))
            painter.drawRoundedRect(box, 8, 8)
            painter.setFont(interface_font(12))
            known = [eye for eye in self._eyes if eye is not None]
            if not known:
                painter.setPen(tokens.color("dim"))
                words = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(box.adjusted(16, 0, -16, 0), words, self.empty_text)
            for eye, token, name in zip(self._eyes, ("left_eye", "right_eye"), "LR", strict=True):
                if eye is None:
                    continue
                x = eye.x_norm if math.isfinite(eye.x_norm) else (0.4 if name == "L" else 0.6)
                y = eye.y_norm if math.isfinite(eye.y_norm) else 0.5
                x, y = min(max(x, 0.08), 0.92), min(max(y, 0.12), 0.88)
                centre = QPointF(box.left() + x * box.width(), box.top() + y * box.height())
                style = Qt.PenStyle.SolidLine if eye.is_seen else Qt.PenStyle.DashLine
                painter.setPen(QPen(tokens.color(token if eye.is_seen else "faint"), 2, style))
                painter.setBrush(tokens.color(token, 0.25 if eye.is_seen else 0.0))
                painter.drawEllipse(centre, 15, 15)
                painter.setPen(tokens.color("ink" if eye.is_seen else "dim"))
                painter.drawText(
                    QRectF(centre.x() - 15, centre.y() - 15, 30, 30),
                    Qt.AlignmentFlag.AlignCenter,
                    name if eye.is_seen else "×",
                )
            if math.isfinite(self._distance_mm):  # else there is nothing to say, and no scale that nobody explains
                self._paint_distance(painter, QRectF(box.right() + 14, 8, 10, self.height() - 16))

    def _paint_distance(self, painter: QPainter, bar: QRectF) -> None:
        tokens = self._theme.tokens
        low, high = self.range_mm
        bottom, top = low - 200, high + 200
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens.color("raised"))
        painter.drawRoundedRect(bar, 5, 5)

        def y(mm: float) -> float:
            return bar.bottom() - (min(max(mm, bottom), top) - bottom) / (top - bottom) * bar.height()

        painter.setBrush(tokens.color("ok", 0.45))
        painter.drawRect(QRectF(bar.left(), y(high), bar.width(), y(low) - y(high)))
        painter.setBrush(tokens.color("ink"))
        at = y(self._distance_mm)
        painter.drawRect(QRectF(bar.left() - 3, at - 1.5, bar.width() + 6, 3))
        painter.setPen(tokens.color("ink"))
        text = format_figure(self._distance_mm / 10, 0, " cm")
        painter.drawText(QRectF(bar.right() + 6, at - 9, 46, 18), Qt.AlignmentFlag.AlignVCenter, text)
