"""The screens of this computer: physical size, what to call them, and how one is recognised the next time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtGui import QGuiApplication, QScreen

from gazeapp.gaze.display import Display
from gazeapp.ui.translation import tr

USUAL_DISTANCE_MM = 650.0
"""Where most screen-based trackers want the eyes."""
USUAL_MM_PER_PX = 25.4 / 96
"""For screens that do not tell their size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenInfo:
    """One screen as the system reports it."""

    number: int
    """From 1, in the system's order."""
    name: str
    width_px: int
    """Physical pixels."""
    height_px: int
    width_mm: float
    height_mm: float
    refresh_hz: float
    scale: float
    """Physical pixels per device independent pixel."""
    x: int
    """Place on the desktop, device independent pixels."""
    y: int
    is_size_known: bool

    @property
    def key(self) -> str:
        """Recognises the screen on another day: its name, its pixels and its place."""
        return f"{self.name}|{self.width_px}x{self.height_px}|{self.x},{self.y}"

    @property
    def text(self) -> str:
        """Number, pixels and rate, as people tell screens apart."""
        return f"{self.number} · {self.width_px}×{self.height_px} · {self.refresh_hz:.0f} Hz"

    def display(self, distance_mm: float = USUAL_DISTANCE_MM) -> Display:
        """The screen as geometry."""
        return Display(
            width_px=self.width_px,
            height_px=self.height_px,
            width_mm=self.width_mm,
            height_mm=self.height_mm,
            distance_mm=distance_mm,
        )


def list_screens() -> list[ScreenInfo]:
    """Every screen, in the system's order."""
    return [describe_screen(screen, n) for n, screen in enumerate(QGuiApplication.screens(), start=1)]


def describe_screen(screen: QScreen, number: int) -> ScreenInfo:
    """Read what the system knows about a screen."""
    scale = screen.devicePixelRatio()
    geometry = screen.geometry()
    width_px, height_px = round(geometry.width() * scale), round(geometry.height() * scale)
    size = screen.physicalSize()
    # projectors and virtual screens report 0 or nonsense; 5 to 40 px per mm does not exist
    known = size.width() > 20 and size.height() > 20 and 0.5 < width_px / size.width() < 40
    return ScreenInfo(
        number=number,
        name=screen.name(),
        width_px=width_px,
        height_px=height_px,
        width_mm=size.width() if known else width_px * USUAL_MM_PER_PX,
        height_mm=size.height() if known else height_px * USUAL_MM_PER_PX,
        refresh_hz=screen.refreshRate(),
        scale=scale,
        x=geometry.x(),
        y=geometry.y(),
        is_size_known=known,
    )


def choose_participant_screen(
    screens: Sequence[ScreenInfo], remembered_key: str = "", named: str = ""
) -> tuple[ScreenInfo, str]:
    """Pick the participant's screen.

    Args:
        screens: What is there now, the experimenter's own first.
        remembered_key: `ScreenInfo.key` of the last time; empty for none.
        named: The plan's wish; empty for none.

    Returns:
        The screen, and a sentence when it is not the one that was asked for.
    """
    for wish in (named, remembered_key):
        if not wish:
            continue
        name, _, geometry = wish.partition("|")
        for screen in screens:
            if wish in (screen.key, screen.name):
                return screen, ""
        for screen in screens:
            if screen.name == name:
                before = geometry.partition("|")[0].replace("x", "×")
                words = tr("The screen {0} has changed since the last time (it was {1}); check size and distance.")
                return screen, words.format(name, before)
        chosen = _largest_other(screens)
        return chosen, tr("The screen {0} is not connected; {1} is used instead.").format(name, chosen.name)
    return _largest_other(screens), ""


def _largest_other(screens: Sequence[ScreenInfo]) -> ScreenInfo:
    others = list(screens[1:]) or list(screens)
    return max(others, key=lambda screen: screen.width_px * screen.height_px)
