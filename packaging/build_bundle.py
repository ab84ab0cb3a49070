"""Build the one-folder bundle in a clean environment, and try it.

The bundle's size, its start-up and what the demonstration made in it are printed as JSON. Windows and macOS bundles are
built on those systems, with the same command.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from start import CHECKOUT, CONSTRAINTS, install_torch

PYINSTALLER = "pyinstaller==6.22.3"
EXTRAS = "app,lsl,export"
WINDOWS_S = 60.0


def main() -> int:
    """Build, try, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--out", type=Path, default=CHECKOUT / "dist", metavar="DIR")
    parser.add_argument("--environment", type=Path, metavar="DIR", help="a clean environment that is there already")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        started_s = time.monotonic()
        environment = args.environment or make_environment(Path(scratch) / "environment")
        command = [python_in(environment), "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
        command += ["--distpath", args.out.absolute(), "--workpath", Path(scratch) / "work"]
        subprocess.run([*command, CHECKOUT / "packaging" / "gazeapp.spec"], check=True)
        bundle = args.out.absolute() / "gazeapp"
        found = {"build_s": round(time.monotonic() - started_s), "size_mb": round(size_bytes(bundle) / 1e6)}
        print(json.dumps({**found, **try_out(bundle, Path(scratch))}, indent=2))
    return 0


def make_environment(folder: Path) -> Path:
    """A virtual environment with the application and PyInstaller, and nothing else."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    install_torch(python_in(folder))
    wanted = ["-c", CONSTRAINTS, f"{CHECKOUT}[{EXTRAS}]", PYINSTALLER]
    subprocess.run([python_in(folder), "-m", "pip", "install", "--quiet", *wanted], check=True)
    return folder


def try_out(bundle: Path, scratch: Path) -> dict[str, object]:
    """Run commands, the demonstration and the windows from the bundle, away from checkout and environment.

    Raises:
        subprocess.CalledProcessError: A command failed.
        RuntimeError: The windows did not open, or did not end when they were asked to.
    """
    program = bundle / f"gazeapp{'.exe' if os.name == 'nt' else ''}"
    inherited = dict(os.environ) if os.name == "nt" else {"PATH": os.defpath, "HOME": str(scratch), "LANG": "C.UTF-8"}
    environment = {**inherited, "QT_QPA_PLATFORM": "offscreen"}

    def run(*words: str) -> tuple[float, str]:
        began_s = time.monotonic()
        done = subprocess.run(
            [program, *words], cwd=scratch, env=environment, check=True, stdout=subprocess.PIPE, text=True
        )
        return round(time.monotonic() - began_s, 1), done.stdout

    help_s, _ = run("--help")
    _, doctor = run("doctor", "--json")
    demo_s, _ = run("demo", "--headless", "--n-images", "4", "--out", "demo-study")
    made = [path for path in (scratch / "demo-study").rglob("*") if path.is_file()]
    return {
        "help_s": help_s,
        "wrong": [check for check in json.loads(doctor)["checks"] if check["state"] == "wrong"],
        "demo_s": demo_s,
        "demo_files": len(made),
        "windows_s": open_windows(program, scratch, environment),
    }


def open_windows(program: Path, scratch: Path, environment: dict[str, str]) -> float:
    """Open the windows, wait until the log says that they are there, and end them; the seconds until then."""
    began_s = time.monotonic()
    windows = subprocess.Popen([program, "--study", "windows-study"], cwd=scratch, env=environment)
    while not any("ready after" in log.read_text("utf-8") for log in scratch.rglob("*.log")):
        if windows.poll() is not None or time.monotonic() - began_s > WINDOWS_S:
            windows.kill()
            raise RuntimeError(f"no windows after {time.monotonic() - began_s:.0f} s: exit code {windows.poll()}")
        time.sleep(0.05)
    ready_s = round(time.monotonic() - began_s, 1)
    windows.terminate()
    if os.name != "nt" and windows.wait(WINDOWS_S) not in (0, 128 + signal.SIGTERM):
        raise RuntimeError(f"the windows ended with {windows.returncode}")
    return ready_s


def python_in(environment: Path) -> Path:
    """The interpreter of a virtual environment."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def size_bytes(folder: Path) -> int:
    """What the files of a folder take; links count nothing."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


if __name__ == "__main__":
    sys.exit(main())
