"""Locations of the shipped assets, in a checkout and in an installed wheel alike."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def assets_dir() -> Path:
    """The folder with shipped weights, stimuli, icons and style; raises FileNotFoundError if it was not installed."""
    for candidate in (_PACKAGE / "_assets", _PACKAGE.parent / "assets"):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"no assets beside {_PACKAGE}: the installation is incomplete, reinstall gazeapp")
