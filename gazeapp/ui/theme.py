"""Colours, type and style sheet of the interface: one set of tokens, dark and light."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum
from string import Template

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from gazeapp.locations import assets_dir

BASE_PX = 13
"""Size of running text at the system's normal text size, device independent pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """One colour scheme. `*_text` are the shades in which a verdict is written: at least 4.5:1 on every surface."""

    name: str
    background: str
    panel: str
    raised: str
    line: str
    ink: str
    dim: str
    faint: str
    """Lines, rings and marks only: it lacks the contrast for text."""
    accent: str
    on_accent: str
    ok: str
    warn: str
    bad: str
    ok_text: str
    warn_text: str
    bad_text: str
    gaze: str
    left_eye: str
    right_eye: str
    warn_panel: str
    ok_panel: str
    bad_panel: str

    def color(self, name: str, alpha: float = 1.0) -> QColor:
        """The token as a colour with an opacity of 0 to 1."""
        value = QColor(getattr(self, name))
        value.setAlphaF(alpha)
        return value


DARK = Tokens(
    name="dark",
    background="#14161a",
    panel="#1b1e24",
    raised="#23272f",
    line="#2e333d",
    ink="#e8eaee",
    dim="#9aa3b2",
    faint="#697386",
    accent="#5b9dff",
    on_accent="#0b1526",
    ok="#42c98b",
    warn="#f0b44c",
    bad="#f2686a",
    ok_text="#42c98b",
    warn_text="#f0b44c",
    bad_text="#f47e80",
    gaze="#ffd166",
    left_eye="#5b9dff",
    right_eye="#c792ea",
    warn_panel="#2a241a",
    ok_panel="#182722",
    bad_panel="#2c1d20",
)

LIGHT = Tokens(
    name="light",
    background="#f6f7f9",
    panel="#ffffff",
    raised="#eef0f4",
    line="#dde1e8",
    ink="#1b2029",
    dim="#586174",
    faint="#8b94a5",
    accent="#2667d9",
    on_accent="#ffffff",
    ok="#168a5b",
    warn="#a76b00",
    bad="#c73a3d",
    ok_text="#0f7049",
    warn_text="#8a5800",
    bad_text="#b52e32",
    gaze="#c98a00",
    left_eye="#2667d9",
    right_eye="#8e3fb5",
    warn_panel="#fff6e3",
    ok_panel="#e7f5ee",
    bad_panel="#fdecec",
)


class ThemeChoice(Enum):
    """Which colours the person asked for."""

    SYSTEM = "system"
    DARK = "dark"
    LIGHT = "light"


class Theme(QObject):
    """The colours in use; widgets that paint read `tokens` and repaint on `changed`."""

    changed = Signal()

    def __init__(self, choice: ThemeChoice = ThemeChoice.SYSTEM) -> None:
        super().__init__()
        self._choice = choice
        self.tokens = self._resolve()
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow_system)

    @property
    def choice(self) -> ThemeChoice:
        """What the person asked for."""
        return self._choice

    def choose(self, choice: ThemeChoice) -> None:
        """Use other colours from now on."""
        self._choice = choice
        self._update()

    def toggle(self) -> None:
        """Dark to light, light to dark."""
        self.choose(ThemeChoice.LIGHT if self.tokens is DARK else ThemeChoice.DARK)

    def apply(self) -> None:
        """Give the application its font, palette and style sheet."""
        application = QApplication.instance()
        assert isinstance(application, QApplication), "a theme needs the application"
        sheet = style_sheet(self.tokens)
        if application.styleSheet() == sheet:
            return  # setting it again would restyle every widget there is
        application.setStyle("Fusion")
        application.setFont(interface_font())
        application.setPalette(_palette(self.tokens))
        application.setStyleSheet(sheet)

    def _follow_system(self) -> None:
        if self._choice is ThemeChoice.SYSTEM:
            self._update()

    def _update(self) -> None:
        tokens = self._resolve()
        if tokens is not self.tokens:
            self.tokens = tokens
            self.apply()
            self.changed.emit()

    def _resolve(self) -> Tokens:
        if self._choice is ThemeChoice.SYSTEM:
            scheme = QGuiApplication.styleHints().colorScheme()
            return LIGHT if scheme == Qt.ColorScheme.Light else DARK
        return LIGHT if self._choice is ThemeChoice.LIGHT else DARK


def interface_font(px: int = BASE_PX, *, bold: bool = False, spaced: bool = False) -> QFont:
    """The system's interface font at `px`, scaled as the system scales its text, with figures of equal width."""
    font = QFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont))
    font.setPixelSize(round(px * text_scale()))
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    if spaced:
        font.setLetterSpacing(QFont.SpacingType.PercentageSpacing, 106)
        font.setCapitalization(QFont.Capitalization.AllUppercase)
    if hasattr(font, "setFeature"):  # Qt 6.7; older fonts mostly have tabular figures anyway
        font.setFeature(QFont.Tag("tnum"), 1)
        for ligatures in ("liga", "clig"):  # in a PDF "fi" would be one sign, which no search for "fixation" finds
            font.setFeature(QFont.Tag(ligatures), 0)
    return font


def text_scale() -> float:
    """How much larger than normal the person set the system's text; 1 up to 13 pt, the largest system's normal."""
    size_pt = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).pointSizeF()
    return size_pt / 11.0 if 13.0 < size_pt < 36.0 else 1.0


def style_sheet(tokens: Tokens) -> str:
    """The style sheet for a colour scheme, from assets/style.qss."""
    text = (assets_dir() / "style.qss").read_text(encoding="utf-8")
    sizes = {f"px_{px}": round(px * text_scale()) for px in (11, 12, 15, 20, 26)}
    icons = (assets_dir() / "icons").as_posix()
    # style sheets write colours with `#` and blocks with `{}`: string.Template leaves both alone
    return Template(text).substitute(asdict(tokens), icons=icons, **sizes)


def _palette(tokens: Tokens) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for which, name in {
        role.Window: "background",
        role.Base: "panel",
        role.AlternateBase: "raised",
        role.Button: "raised",
        role.WindowText: "ink",
        role.Text: "ink",
        role.ButtonText: "ink",
        role.ToolTipBase: "raised",
        role.ToolTipText: "ink",
        role.PlaceholderText: "dim",
        role.Highlight: "accent",
        role.HighlightedText: "on_accent",
        role.Link: "accent",
        role.Mid: "line",
        role.Dark: "line",
    }.items():
        palette.setColor(which, QColor(getattr(tokens, name)))
    for which in (role.Text, role.WindowText, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(tokens.dim))
    return palette
