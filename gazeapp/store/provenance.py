"""What made a recording: versions of the software, and the moment of the session clock's zero."""

from __future__ import annotations

import contextlib
import platform
import sqlite3
import time
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from gazeapp import __version__

_PACKAGES = (
    "numpy",
    "scipy",
    "opencv-python-headless",
    "torch",
    "PySide6-Essentials",
    "pylsl",
    "tobii-research",
)


def software_versions() -> dict[str, str]:
    """Name → version of everything that had a part; packages that are not installed are left out. Imports nothing."""
    versions = {
        "gazeapp": __version__,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
    }
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def clock_origin(origin_monotonic_s: float | None) -> dict[str, object]:
    """Ties the session clock to the wall clock.

    Args:
        origin_monotonic_s: `time.monotonic()` at the session clock's zero; None for virtual time.
    """
    if origin_monotonic_s is None:
        return {"kind": "virtual", "zero_utc": None, "monotonic_s": None}
    zero_s = time.time() - (time.monotonic() - origin_monotonic_s)
    return {"kind": "monotonic", "zero_utc": _iso(zero_s), "monotonic_s": origin_monotonic_s}


def now_utc() -> str:
    """The present, ISO 8601 in UTC with microseconds."""
    return _iso(time.time())


def without_folders(value: Any) -> Any:  # Any: JSON values
    """JSON in which absolute paths are their last part: studies are passed on, the folders of this machine are
    nobody's.
    """
    if isinstance(value, dict):
        return {key: without_folders(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_folders(item) for item in value]
    if isinstance(value, str):
        for kind in (PurePosixPath, PureWindowsPath):
            if kind(value).is_absolute():
                return kind(value).name
    return value


def without_place(option: str) -> str:
    """A device option as it may be stored: of a file or a folder its name, however it was given."""
    is_place = option.startswith("~")
    if not is_place and ("/" in option or "\\" in option):
        with contextlib.suppress(OSError, ValueError):
            is_place = Path(option).exists()
    return Path(option).name if is_place else str(without_folders(option))


def _iso(wall_s: float) -> str:
    return datetime.fromtimestamp(wall_s, timezone.utc).isoformat().replace("+00:00", "Z")
