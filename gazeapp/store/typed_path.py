"""Paths as people type them, and as files name them: whatever is written is a path, also one that no file can have."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path


def typed_path(text: str) -> Path:
    """What was typed, `~` read as the home of whoever it names; a name that nobody has stays as it is."""
    path = Path(text)
    with contextlib.suppress(RuntimeError):
        path = path.expanduser()
    return path


def is_folder(path: Path) -> bool:
    """Whether there is a folder; False, too, for a path that is too long or leads around in links."""
    return _says(path.is_dir)


def is_file(path: Path) -> bool:
    """The same for a file."""
    return _says(path.is_file)


def is_there(path: Path) -> bool:
    """The same for either."""
    return _says(path.exists)


def _says(ask: Callable[[], bool]) -> bool:
    try:
        return ask()
    except (OSError, RuntimeError, ValueError):
        return False
