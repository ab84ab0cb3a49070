"""A drawing of how the screens stand to each other, and which one is the participant's."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gazeapp.ui.screens import ScreenInfo
from gazeapp.ui.theme import Theme, interface_font
from gazeapp.ui.translation import tr


class ScreenMap(QWidget):
    """Click a screen, or press Left and Right, to make it the participant's."""

    chosen = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._screens: tuple[ScreenInfo, ...] = ()
        self._participant = ""
        self.words = (self.tr("participant"), self.tr("you"), self.tr("participant and you"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(180)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Wanted size; called by Qt."""
        return QSize(600, 260)

    def show_screens(self, screens: Sequence[ScreenInfo], participant: str) -> None:
        """Show these screens; `participant` is the key of one of them."""
        self._screens, self._participant = tuple(screens), participant
        role = f", {self.words[0]}"
        self.setAccessibleDescription("; ".join(s.text + role * (s.key == participant) for s in self._screens))
        self.update()

    def rect_of(self, screen: ScreenInfo) -> QRectF:
        """Where a screen is drawn."""
        left = min(s.x for s in self._screens)
        top = min(s.y for s in self._screens)
        right = max(s.x + s.width_px / s.scale for s in self._screens)
        bottom = max(s.y + s.height_px / s.scale for s in self._screens)
        area = QRectF(self.rect()).adjusted(16, 16, -16, -16)
        scale = min(area.width() / (right - left), area.height() / (bottom - top))
        x0 = area.center().x() - (right - left) * scale / 2
        y0 = area.center().y() - (bottom - top) * scale / 2
        return QRectF(
            x0 + (screen.x - left) * scale,
            y0 + (screen.y - top) * scale,
            screen.width_px / screen.scale * scale,
            screen.height_px / screen.scale * scale,
        ).adjusted(4, 4, -4, -4)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Called by Qt."""
        for screen in self._screens:
            if self.rect_of(screen).contains(event.position()):
                self.chosen.emit(screen.key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Called by Qt."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        keys = [screen.key for screen in sorted(self._screens, key=lambda s: (s.x, s.y))]
        if step is None or self._participant not in keys:
            super().keyPressEvent(event)
            return
        self.chosen.emit(keys[(keys.index(self._participant) + step) % len(keys)])

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw; called by Qt."""
        tokens = self._theme.tokens
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for screen in self._screens:
                rect = self.rect_of(screen)
                is_participant = screen.key == self._participant
                # a frame around all of them would look like one more screen
                wide = 4 if is_participant and self.hasFocus() else 2
                painter.setPen(QPen(tokens.color("accent" if is_participant else "line"), wide))
                painter.setBrush(tokens.color("raised" if is_participant else "background"))
                painter.drawRoundedRect(rect, 8, 8)
                painter.setPen(tokens.color("ink" if is_participant else "dim"))
                painter.setFont(interface_font(26, bold=True))
                painter.drawText(rect.adjusted(0, -26, 0, -26), Qt.AlignmentFlag.AlignCenter, str(screen.number))
                painter.setFont(interface_font(bold=is_participant))
                role = self.words[2] if len(self._screens) == 1 else self.words[0 if is_participant else 1]
                painter.drawText(rect.adjusted(0, 10, 0, 10), Qt.AlignmentFlag.AlignCenter, role)
                painter.setFont(interface_font(11))
                painter.setPen(tokens.color("dim"))
                words = f"{screen.width_px}×{screen.height_px} · {screen.refresh_hz:.0f} Hz"
                if screen.scale != 1:
                    words += f" · {tr.share(screen.scale)}"
                painter.drawText(rect.adjusted(0, 44, 0, 44), Qt.AlignmentFlag.AlignCenter, words)
                painter.drawText(rect.adjusted(0, 64, 0, 64), Qt.AlignmentFlag.AlignCenter, screen.name)
