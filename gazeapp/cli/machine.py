"""The checks of `gazeapp doctor`: one function per question, each with what was found and how to mend it."""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from gazeapp import __version__

MIN_FREE_GB = 5.0
"""An hour of binocular gaze at 1200 Hz takes about 0.6 GB; below this a session may not end well."""
_SYSTEM_LIBRARIES = (
    "libegl1 libgl1 libgl1-mesa-dri libxkbcommon0 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 "
    "libxcb-image0 libxcb-render-util0 libxcb-shape0 libxcb-randr0 libxcb-xkb1 libx11-xcb1 libdbus-1-3 "
    "libfontconfig1 libfreetype6 libglib2.0-0"
)
_SCREENS = """
import json
from PySide6.QtGui import QGuiApplication
app = QGuiApplication([])
print(json.dumps([app.platformName(), [
    [s.name(), round(s.size().width() * s.devicePixelRatio()), round(s.size().height() * s.devicePixelRatio()),
     s.physicalSize().width(), s.physicalSize().height(), s.refreshRate(), s.devicePixelRatio()]
    for s in app.screens()]]))
"""
_ASK_S = 60.0
_TOO_LATE = f"it did not answer within {_ASK_S:g} s"
_QT = "import PySide6.QtWidgets, PySide6.QtOpenGLWidgets, PySide6; print(PySide6.__version__)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    name: str
    state: Literal["ok", "missing", "wrong"]
    """ "missing": an option that is not there; "wrong": something that keeps the program from working."""
    found: str
    mend: str = ""


def check_python() -> list[Finding]:
    """The interpreter and the packages that nothing works without."""
    version = platform.python_version()
    fits = (3, 10) <= sys.version_info[:2] <= (3, 13)
    findings = [
        Finding(
            name="Python",
            state="ok" if fits else "wrong",
            found=f"{version} ({platform.system()} {platform.machine()})",
            mend="" if fits else "use Python 3.10 to 3.13; run the set-up script of the README with it",
        )
    ]
    for package in ("numpy", "scipy", "opencv-python-headless", "torch"):
        found = _version(package)
        findings.append(
            Finding(
                name=package,
                state="ok" if found else "wrong",
                found=found or "not installed",
                mend="" if found else "run the set-up script of the README again",
            )
        )
    return findings


def check_qt() -> list[Finding]:
    """Qt and its system libraries, in a process of their own: a missing library aborts it."""
    if not _version("PySide6-Essentials") and not _version("PySide6"):
        return [
            Finding(
                name="Qt",
                state="missing",
                found="PySide6 is not installed: the commands work, the windows do not",
                mend="pip install 'gazeapp[app]'",
            )
        ]
    answer, complaint = _ask(_QT)
    if not answer:
        mend = "reinstall PySide6-Essentials"
        if platform.system() == "Linux":
            mend = f"install the system libraries, on Debian: apt-get install {_SYSTEM_LIBRARIES}"
        return [Finding(name="Qt", state="wrong", found=complaint, mend=mend)]
    return [Finding(name="Qt", state="ok", found=f"PySide6 {answer}"), *_check_monitors()]


def _check_monitors() -> list[Finding]:
    answer, complaint = _ask(_SCREENS)
    if not answer:
        return [
            Finding(
                name="monitors",
                state="missing",
                found=f"no display can be opened ({complaint})",
                mend="log in at the screen, or use the commands with --headless; on Debian the libraries "
                f"{_SYSTEM_LIBRARIES} are needed too",
            )
        ]
    name, screens = json.loads(answer)
    if name in ("offscreen", "minimal"):
        return [
            Finding(
                name="monitors",
                state="missing",
                found=f"Qt draws {name}: no real screen",
                mend="unset QT_QPA_PLATFORM to use the real screens",
            )
        ]
    return [
        Finding(
            name=f"monitor {title}",
            state="ok" if width_mm > 0 else "wrong",
            found=f"{width}×{height} px, {width_mm:g}×{height_mm:g} mm, {hz:.1f} Hz, scale {scale:g}",
            mend="" if width_mm > 0 else "the monitor does not tell its size: measure it and type it in at set-up",
        )
        for title, width, height, width_mm, height_mm, hz, scale in screens
    ]


def check_gpu() -> list[Finding]:
    """Whether networks can use a GPU; they run on the CPU without one."""
    answer, complaint = _ask(
        "import torch; print(torch.cuda.get_device_name() if torch.cuda.is_available() else 'none')"
    )
    if complaint == _TOO_LATE:
        return [
            Finding(
                name="GPU",
                state="missing",
                found=f"not found out: torch was asked, and {complaint}",
                mend="ask again when this machine has less to do",
            )
        ]
    if not answer:
        return [
            Finding(
                name="GPU",
                state="wrong",
                found=f"torch cannot be loaded ({complaint})",
                mend="run the set-up script of the README again",
            )
        ]
    if answer != "none":
        return [Finding(name="GPU", state="ok", found=answer)]
    mend = ""
    if shutil.which("nvidia-smi"):
        mend = "this torch is built for the CPU: install the build for your CUDA version to use the GPU"
    return [Finding(name="GPU", state="missing", found="none used; the networks run on the CPU", mend=mend)]


def check_trackers() -> list[Finding]:
    """Every tracker backend."""
    from gazeapp.devices.discovery import backends

    return [
        Finding(
            name=f"tracker backend {row.backend}",
            state="ok" if row.ok else "missing",
            found="available" if row.ok else (row.reason.words if row.reason else "not available"),
            mend=row.hint,
        )
        for row in backends()
    ]


def check_files() -> list[Finding]:
    """Shipped weights and images, and room to write."""
    from gazeapp.locations import assets_dir
    from gazeapp.log_file import log_path

    findings = []
    for name in ("weights", "stimuli"):
        try:
            n = sum(1 for path in (assets_dir() / name).rglob("*") if path.is_file())
        except FileNotFoundError:
            n = 0
        findings.append(
            Finding(
                name=f"shipped {name}",
                state="ok" if n else "wrong",
                found=f"{n} files",
                mend="" if n else "the installation is incomplete: reinstall gazeapp",
            )
        )
    findings.append(Finding(name="log file", state="ok", found=str(log_path()), mend=""))
    free_gb = shutil.disk_usage(Path.cwd()).free / 1e9
    enough = free_gb >= MIN_FREE_GB
    findings.append(
        Finding(
            name="free disk here",
            state="ok" if enough else "wrong",
            found=f"{free_gb:.1f} GB",
            mend="" if enough else f"free at least {MIN_FREE_GB:g} GB, or keep studies on another disk (--study)",
        )
    )
    return findings


def check_newer() -> list[Finding]:
    """Whether pip knows a newer version; the only question that leaves this machine, and only when it is asked."""
    command = [sys.executable, "-m", "pip", "index", "versions", "gazeapp", "--disable-pip-version-check"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_ASK_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        done = None
    newest = re.match(r"gazeapp \(([^)]+)\)", done.stdout) if done is not None else None
    if newest is None:
        return [Finding(name="newer version", state="missing", found="pip knows of none, or cannot be asked here")]
    is_newest = newest[1] == __version__
    mend = "" if is_newest else "pip install --upgrade gazeapp, between studies rather than within one"
    return [Finding(name="newer version", state="ok" if is_newest else "missing", found=newest[1], mend=mend)]


CHECKS: tuple[Callable[[], list[Finding]], ...] = (
    check_python,
    check_qt,
    check_gpu,
    check_trackers,
    check_files,
)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _ask(program: str) -> tuple[str, str]:
    """Run a few lines in another interpreter: what it printed, or else the last line of its complaint."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            timeout=_ASK_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "", _TOO_LATE
    lines = done.stderr.strip().splitlines()
    return (done.stdout.strip() if done.returncode == 0 else ""), (
        lines[-1] if lines else f"it ended with {done.returncode}"
    )
