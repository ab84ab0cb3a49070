"""Opens the windows: the application, a plan, or the demonstration. Imports Qt only after looking whether it is there."""

from __future__ import annotations

import ctypes.util
import importlib.util
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gazeapp.errors import SettingsError
from gazeapp.session.plan import ExperimentPlan

if TYPE_CHECKING:
    from gazeapp.assembly import RunOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class AppOptions:
    """What the command line may ask of the application."""

    study: Path | None = None
    plan: ExperimentPlan | None = None
    theme: str = ""
    """"system", "dark", "light"; empty takes the one of the last time."""
    weights: Path | None = None
    use_gl: bool | None = None
    """False for the raster path of the participant's window, None to use OpenGL where it works."""
    watch_stalls: bool = False


def run_app(options: AppOptions) -> int:
    """Open the application and return when it is closed."""
    require_windows()
    from gazeapp.ui.startup import open_app

    return open_app(options)


def run_plan(options: RunOptions) -> int:
    """Open the application for one plan and participant."""
    require_windows()
    from gazeapp.ui.startup import open_plan

    return open_plan(options)


def run_demo(options: RunOptions) -> int:
    """Show the whole main job in windows, with a simulated observer and nobody at the keys."""
    require_windows()
    from gazeapp.ui.startup import open_demo

    return open_demo(options)


def require_windows() -> None:
    """Say what is missing for windows, where Qt itself would abort the process.

    Raises:
        SettingsError: No Qt, no display, or no library that Qt's window system needs.
    """
    if importlib.util.find_spec("PySide6") is None:
        raise SettingsError(
            "the windows need PySide6: pip install 'gazeapp[app]'; every command works without them (--headless)",
            key="PySide6",
        )
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise SettingsError(
            "no display: neither DISPLAY nor WAYLAND_DISPLAY is set; use --headless, or xvfb-run",
            key="DISPLAY",
        )
    if os.environ.get("DISPLAY") and not ctypes.util.find_library("xcb-cursor"):
        raise SettingsError(
            "Qt needs libxcb-cursor0 to open windows (on Debian: apt-get install libxcb-cursor0); gazeapp doctor lists "
            "the rest",
            key="libxcb-cursor0",
        )
