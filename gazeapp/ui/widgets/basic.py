"""The plain building blocks: labels with a role, panels, pills, sections, a button that shows its key."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QKeySequence, QPainter, QPaintEvent, QResizeEvent, QShortcutEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from gazeapp.ui.icons import tinted_icon
from gazeapp.ui.theme import Theme, interface_font

FIELD_PX, BAR_PX = 32, 10
"""Height of a field and width of a scroll bar in the style sheet."""


def label(text: str, role: str = "", *, wrap: bool = False, right: bool = False) -> QLabel:
    """A label of one of the style sheet's roles: brand, title, figure, strong, section, dim, small."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        made.setProperty("role", role)
    if role == "section":
        made.setFont(interface_font(11, bold=True, spaced=True))
    if wrap:
        made.setWordWrap(True)
    if right:
        made.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return made


def set_tone(widget: QWidget, tone: str) -> None:
    """Give a widget the tone ok, warn, bad, accent or none; style sheets do not notice a property by themselves."""
    if widget.property("tone") != tone:
        widget.setProperty("tone", tone)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def set_role(widget: QWidget, role: str) -> None:
    """Give a widget another role of the style sheet."""
    if widget.property("role") != role:
        widget.setProperty("role", role)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def field_label(text: str) -> QLabel:
    """The name beside a field of a form, as high as the field: a form would set it a little above the middle."""
    made = label(text, "dim")
    made.setMinimumHeight(FIELD_PX)
    return made


def keep_width(area: QScrollArea, column: QLayout, right_px: int) -> None:
    """Let what is scrolled end at the same place, whether the bar is there or not.

    Args:
        area: Has its bar only where it is needed.
        column: Of what is scrolled.
        right_px: Free at its right without the bar.
    """
    bar = area.verticalScrollBar()

    def fit(_low: int, high: int) -> None:
        edges = column.contentsMargins()
        edges.setRight(max(right_px - (BAR_PX if high else 0), 0))
        column.setContentsMargins(edges)

    bar.rangeChanged.connect(fit)


def set_text(target: QLabel, text: str) -> None:
    """Change a label only when its text changes: a live view asks thirty times a second."""
    if target.text() != text:
        target.setText(text)


class SteadyLabel(QLabel):
    """For a figure that changes many times a second: it grows to its widest text, and never has the window laid out
    anew.

    A label of any other kind asks for that with each new text, and the whole window is painted once more.
    """

    def __init__(self, role: str, least_width_px: int = 0) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        self._least_width_px = least_width_px

    def show_text(self, text: str) -> None:
        """Show another text."""
        if text == self.text():
            return
        self.ensurePolished()
        metrics = self.fontMetrics()
        wide = max(metrics.horizontalAdvance(text) + 2, self._least_width_px, self.minimumWidth())
        # a size that is fixed both ways is what Qt looks at before it asks for a new layout
        self.setFixedSize(wide, max(metrics.height() + 2, self.minimumHeight()))
        self.setText(text)


def combo(name: str, least_characters: int = 14) -> QComboBox:
    """A choice that long words of another language never widen."""
    box = QComboBox()
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(least_characters)
    box.setAccessibleName(name)
    return box


def line() -> QFrame:
    """A hairline between parts."""
    made = QFrame()
    made.setProperty("role", "line")
    return made


class ElidedLabel(QLabel):
    """A dim label that gives way: what does not fit ends in an ellipsis and is told by the tool tip."""

    def __init__(self, mode: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle) -> None:
        super().__init__()
        self.setProperty("role", "dim")
        self._whole, self._mode = "", mode
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def show_text(self, text: str) -> None:
        """Show a text as far as there is room."""
        if text != self._whole:
            self._whole = text
            self.setToolTip(text)
            self._fit()

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Called by Qt."""
        self._fit()

    def _fit(self) -> None:
        fitting = self.fontMetrics().elidedText(self._whole, self._mode, self.width())
        set_text(self, fitting)


def pad_number(box: QAbstractSpinBox) -> None:
    """Let a number begin where the words of other fields do; the style sheet does not reach it."""
    line = box.lineEdit()
    if line is not None:
        line.setTextMargins(9, 0, 4, 0)


class Panel(QFrame):
    """A raised surface with the grid's 16 px inside."""

    def __init__(self, *, margin_px: int = 16, spacing_px: int = 8) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(margin_px, margin_px, margin_px, margin_px)
        self.column.setSpacing(spacing_px)


class Section(QWidget):
    """A named part of the right column."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(8)
        self.heading = label(name, "section")
        self.column.addWidget(self.heading)


class Dot(QWidget):
    """A filled disc in a tone; always beside words."""

    def __init__(self, theme: Theme, tone: str = "faint", size_px: int = 8) -> None:
        super().__init__()
        self._theme, self._tone = theme, tone
        self.setFixedSize(QSize(size_px, size_px))
        theme.changed.connect(self.update)

    def set_tone(self, tone: str) -> None:
        """Show another token's colour."""
        if tone != self._tone:
            self._tone = tone
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw; called by Qt."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.tokens.color(self._tone))
            painter.drawEllipse(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))


class Pill(QFrame):
    """A state in the top bar: a dot and a few words at a fixed least width, or fewer words where that is too wide."""

    def __init__(self, theme: Theme, least_width_px: int = 120) -> None:
        super().__init__()
        self._least_width_px, self._words, self._short = least_width_px, "", ""
        self.setProperty("role", "pill")
        self.setMinimumWidth(least_width_px)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(26)
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(11, 0, 12, 0)
        row.setSpacing(8)
        self._dot = Dot(theme)
        self._text = label("")
        row.addWidget(self._dot)
        row.addWidget(self._text, 1)

    def show_state(self, text: str, tone: str, short: str = "") -> None:
        """Change words and dot; `short` is said where the words have no room."""
        if (text, short) != (self._words, self._short):
            is_short = self._text.text() == self._short and bool(self._short) and bool(short)
            self._words, self._short = text, short
            set_text(self._text, short if is_short else text)
        self._dot.set_tone(tone)
        self.setAccessibleName(text)

    def fit(self, room_px: int) -> None:
        """Say all, or the short words where there is less room than that needs."""
        margins = self._row.contentsMargins()
        around = margins.left() + self._dot.width() + self._row.spacing() + margins.right()
        needed = max(self._least_width_px, around + self._text.fontMetrics().horizontalAdvance(self._words) + 2)
        is_short = bool(self._short) and needed > room_px
        self.setMinimumWidth(0 if is_short else self._least_width_px)
        set_text(self._text, self._short if is_short else self._words)


KEY_SYMBOLS = {"Return": "⏎", "Right": "→", "Left": "←"}


def key_words(key: str) -> str:
    """A key as it stands on the keyboards of the interface's language: "⏎", "Alt+⏎", "Ctrl+O" or "Strg+O"."""
    words, last = QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText), key.rpartition("+")[2]
    if last in KEY_SYMBOLS:
        name = QKeySequence(last).toString(QKeySequence.SequenceFormat.NativeText)
        return words.removesuffix(name) + KEY_SYMBOLS[last]
    return words


class KeyButton(QPushButton):
    """A button that shows its key beside its words and answers to it.

    Args:
        text: What it does.
        key: A key sequence as `QKeySequence` writes it, such as "Return" or "C"; empty for none.
        primary: The one primary action of a page.
    """

    def __init__(self, text: str, key: str = "", *, primary: bool = False, quiet: bool = False) -> None:
        super().__init__()
        self._words, self.key = text, key
        self.setProperty("role", "primary" if primary else "quiet" if quiet else "")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAutoDefault(False)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.set_words(text)
        if key:
            self.setShortcut(QKeySequence(key))

    def set_primary(self, is_primary: bool) -> None:
        """Be the one primary action of a page, or one of the others."""
        set_role(self, "primary" if is_primary else "")

    def set_words(self, text: str) -> None:
        """Say something else; the key stays."""
        if text == self._words and self.text():
            return
        shortcut = self.shortcut()
        self._words = text
        self.setText(f"{text}  {key_words(self.key)}".strip())
        self.setAccessibleName(text)
        self.setShortcut(shortcut)  # setText clears it

    def event(self, event: QEvent) -> bool:
        """Answer the key at once: Qt would show the button pressed for 100 ms first."""
        if event.type() == QEvent.Type.Shortcut and isinstance(event, QShortcutEvent) and not event.isAmbiguous():
            self.click()
            return True
        return bool(super().event(event))

    @property
    def words(self) -> str:
        """The words without the key."""
        return self._words

    def tint(self, icon: str, color: QColor) -> None:
        """Put an icon of the set before the words."""
        self.setIcon(tinted_icon(icon, color))
