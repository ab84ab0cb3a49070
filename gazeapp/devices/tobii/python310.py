"""Finds, or sets up on request, the Python 3.10 interpreter that the Tobii SDK needs."""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from platformdirs import user_data_path

from gazeapp.errors import BackendUnavailable, UnavailableReason

SDK_REQUIREMENT = "tobii-research==2.1.0"
_PROBE = (
    "import sys, importlib.util as u;print(sys.version_info[:2] == (3, 10), u.find_spec('tobii_research') is not None)"
)


def has_sdk_here() -> bool:
    """Whether this very interpreter can load the SDK."""
    return sys.version_info[:2] == (3, 10) and bool(importlib.util.find_spec("tobii_research"))


@functools.cache
def find_sdk_interpreter() -> Path | None:
    """A Python 3.10 in which the SDK is installed; None when there is none."""
    return next((p for p in _candidates() if _probe(p) == (True, True)), None)


def find_python310() -> Path | None:
    """Any Python 3.10."""
    return next((p for p in _candidates() if _probe(p)[0]), None)


def sdk_folder() -> Path:
    """Where `set_up` puts the SDK's own environment."""
    return user_data_path("gazeapp", appauthor=False) / "tobii-python-3.10"


def set_up() -> Path:
    """Make an environment with the SDK on a Python 3.10 of this machine; needs the network.

    The SDK is proprietary and for non-commercial research; it is downloaded by the person's wish, never shipped.

    Returns:
        The environment's interpreter.

    Raises:
        BackendUnavailable: No Python 3.10, or the download failed.
    """
    python = find_python310()
    if python is None:
        hint = "install Python 3.10 (python.org, `uv python install 3.10` or pyenv), then run this again"
        raise BackendUnavailable(
            f"the Tobii SDK needs Python 3.10, and none was found: {hint}",
            reason=UnavailableReason.WRONG_PYTHON,
            hint=hint,
        )
    folder = sdk_folder()
    steps = (
        [str(python), "-m", "venv", str(folder)],
        [str(_interpreter_in(folder)), "-m", "pip", "install", "--quiet", SDK_REQUIREMENT],
    )
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            hint = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise BackendUnavailable(
                f"setting up the Tobii SDK failed at `{' '.join(step[1:4])}`: {hint}",
                reason=UnavailableReason.FAILED,
                hint=hint,
            )
    find_sdk_interpreter.cache_clear()
    return _interpreter_in(folder)


def _candidates() -> Iterator[Path]:
    yield _interpreter_in(sdk_folder())
    if sys.version_info[:2] == (3, 10) and not getattr(sys, "frozen", False):
        yield Path(sys.executable)
    for name in ("python3.10", "python3", "python"):
        found = shutil.which(name)
        if found:
            yield Path(found)
    pyenv = Path(os.path.expandvars("$PYENV_ROOT")) if "PYENV_ROOT" in os.environ else Path.home() / ".pyenv"
    for folder in sorted((pyenv / "versions").glob("3.10*"), reverse=True):
        yield _interpreter_in(folder)
    for command in (["py", "-3.10", "-c", "import sys; print(sys.executable)"], ["uv", "python", "find", "3.10"]):
        if shutil.which(command[0]):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode == 0 and done.stdout.strip():
                yield Path(done.stdout.strip())


def _interpreter_in(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _probe(python: Path) -> tuple[bool, bool]:
    """Whether it is a Python 3.10, and whether it has the SDK."""
    if not python.exists():
        return False, False
    try:
        done = subprocess.run([python, "-I", "-c", _PROBE], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False, False
    words = done.stdout.split()
    return (words[0] == "True", words[1] == "True") if len(words) == 2 else (False, False)
