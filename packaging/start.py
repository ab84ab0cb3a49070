#!/usr/bin/env python3
"""Set up this checkout and run it: on a fresh Linux, Windows or macOS machine, with Python 3.10 to 3.13 alone.

    python3 packaging/start.py demo      the main job with a simulated observer, headless; ends with files to open
    python3 packaging/start.py test      style, types and all tests; with --quick all but the slow tests
    python3 packaging/start.py app       open the application
    python3 packaging/start.py setup     only set up

It makes `.venv` in the checkout, installs the CPU build of PyTorch unless a CUDA GPU is present, and names missing
system libraries (as root on Debian and Ubuntu it installs them). Running it again costs seconds.
Words after the command are handed on: `start.py demo --n-images 12`, `start.py test tests/gaze`.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
VENV = CHECKOUT / ".venv"
CONSTRAINTS = CHECKOUT / "packaging" / "constraints.txt"
OLDEST, NEWEST = (3, 10), (3, 13)

# What Qt's windows load at run time, and the Debian package that holds each.
WINDOW_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
}
WINDOW_TESTS = "tests/ui"
TEST_PROGRAMS = {"Xvfb": "xvfb", "xauth": "xauth", "xrandr": "x11-xserver-utils"}


def say(text: str) -> None:
    """Print one line at once, so that it stands before the output of what is started next."""
    print(f"start: {text}", flush=True)


def fail(text: str) -> None:
    """End with a message and exit code 2."""
    print(f"start: {text}", file=sys.stderr, flush=True)
    sys.exit(2)


def run(command: list[str | Path], **options: object) -> subprocess.CompletedProcess[str]:
    """Run a command in the checkout, text output."""
    return subprocess.run([str(part) for part in command], cwd=CHECKOUT, text=True, **options)  # type: ignore[call-overload, no-any-return]  # subprocess' own overloads


def use_supported_python() -> None:
    """Continue under a supported Python when this one is too old or too new."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return
    found = f"{sys.version_info[0]}.{sys.version_info[1]}"
    for minor in (12, 11, 13, 10):  # each within OLDEST and NEWEST, or this would go on for ever
        name = shutil.which(f"python3.{minor}")
        if name and subprocess.run([name, "-c", ""], check=False).returncode == 0:
            say(f"Python {found} is not supported; going on with {name}")
            sys.exit(subprocess.run([name, __file__, *sys.argv[1:]], check=False).returncode)
    fail(f"Python {found} is not supported and no other was found: install Python 3.10 to 3.13")


def missing_packages(*, for_tests: bool) -> list[str]:
    """Debian names of the system libraries and programs that are not on this Linux machine."""
    if sys.platform != "linux":
        return []
    missing = []
    for library, package in WINDOW_LIBRARIES.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(package)
    folders = ("/usr/lib", "/usr/lib64")
    if not any(
        next(Path(folder).glob(pattern), None)
        for folder in folders
        for pattern in (
            "dri/swrast_dri.so",
            "*/dri/swrast_dri.so",
            "*/dri/libdril_dri.so",
            "*/libgallium*.so*",
        )
    ):
        missing.append("libgl1-mesa-dri")
    fonts = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".fonts")
    if not any(next(folder.rglob("*.[to]tf"), None) for folder in fonts if folder.is_dir()):
        missing.append("fonts-dejavu-core")
    if for_tests:
        missing += [package for program, package in TEST_PROGRAMS.items() if not shutil.which(program)]
    return missing


def provide_system_libraries(*, for_tests: bool) -> None:
    """Name what is missing; as root on Debian or Ubuntu, install it. Nothing here stops the set-up."""
    missing = missing_packages(for_tests=for_tests)
    if not missing:
        return
    say(f"system libraries missing: {' '.join(missing)}")
    apt = shutil.which("apt-get")
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if not (apt and is_root):
        how = f"sudo apt-get install {' '.join(missing)}" if apt else "install them with your system's package manager"
        say(f"the headless demo works without them; for windows: {how}")
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run([apt, "update", "-qq"], env=environment, check=False, stdout=subprocess.DEVNULL)
    done = run(
        [apt, "install", "-y", "-qq", "--no-install-recommends", *missing],
        env=environment,
        check=False,
        stdout=subprocess.DEVNULL,
    )
    if done.returncode:
        say("installing them failed; going on without")
    else:
        say(f"installed: {' '.join(missing)}")


def venv_python() -> Path:
    """The interpreter of the checkout's own environment."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def require_own(folder: Path) -> None:
    """Say so where this user may not write."""
    if not os.access(folder, os.W_OK):
        fail(f"{folder} cannot be written by this user: copy the checkout to a folder of your own, and start there")


def make_environment() -> Path:
    """Create `.venv` unless it is there and works."""
    python = venv_python()
    if python.exists() and run([python, "-c", "import pip"], check=False, capture_output=True).returncode == 0:
        return python
    require_own(CHECKOUT)
    say(f"making {VENV.name} with Python {platform.python_version()}")
    done = run([sys.executable, "-m", "venv", "--clear", VENV], check=False, capture_output=True)
    if done.returncode and sys.platform == "linux" and shutil.which("apt-get"):
        package = f"python3.{sys.version_info[1]}-venv"
        if os.geteuid() != 0:
            fail(f"Python's venv module is incomplete here: sudo apt-get install {package}")
        say(f"system package missing: {package}")
        run(["apt-get", "update", "-qq"], check=False)
        run(["apt-get", "install", "-y", "-qq", package], check=False)
        done = run([sys.executable, "-m", "venv", "--clear", VENV], check=False, capture_output=True)
    if done.returncode:
        fail(f"could not make a virtual environment: {(done.stderr or done.stdout).strip()[-300:]}")
    return python


def torch_pin() -> str:
    """The tested version, as constraints.txt states it."""
    for line in CONSTRAINTS.read_text(encoding="utf-8").splitlines():
        if line.startswith("torch=="):
            return line.split("#")[0].strip()
    raise AssertionError("constraints.txt names no torch")


def has_cuda_gpu() -> bool:
    """Whether an NVIDIA driver answers with at least one GPU."""
    tool = shutil.which("nvidia-smi")
    if not tool:
        return False
    done = subprocess.run([tool, "-L"], capture_output=True, text=True, check=False)
    return done.returncode == 0 and "GPU 0" in done.stdout


def plain_torch_is_small(python: Path, pin: str) -> bool:
    """Whether pip would take a build of torch without several GB of CUDA packages (or a GPU wants these)."""
    if os.name == "nt" or sys.platform == "darwin" or has_cuda_gpu():
        return True
    done = run(
        [
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--dry-run",
            "--no-deps",
            "--ignore-installed",
            "--report",
            "-",
            pin,
        ],
        check=False,
        capture_output=True,
    )
    if done.returncode:
        return False
    try:
        report = json.loads(done.stdout[done.stdout.index("{") :])
        metadata = report["install"][0]["metadata"]
    except (ValueError, KeyError, IndexError):
        return False
    if metadata["version"].endswith("+cpu"):
        return True
    return not any("nvidia" in requirement for requirement in metadata.get("requires_dist", []))


def install_torch(python: Path) -> None:
    """Keep an importable torch; else install the pinned one, without CUDA packages unless a GPU is here."""
    if run([python, "-c", "import torch"], check=False, capture_output=True).returncode == 0:
        return
    if sys.platform == "darwin" and platform.machine() == "x86_64":
        fail("PyTorch has no current build for Intel Macs; use an Apple-silicon Mac, Linux or Windows")
    pin = torch_pin()
    say(f"installing {pin}")
    pip = [python, "-m", "pip", "install", "--quiet"]
    if plain_torch_is_small(python, pin):
        if run([*pip, pin], check=False).returncode == 0:
            return
        fail("installing PyTorch failed; is the package index reachable?")
    if run([*pip, "uv"], check=False).returncode == 0:
        done = run(
            [python, "-m", "uv", "pip", "install", "--quiet", "--python", python, "--torch-backend=cpu", pin],
            check=False,
            capture_output=True,
        )
        if done.returncode == 0:
            return
    say("no CPU-only build could be had: the plain one brings several GB of CUDA packages")
    if run([*pip, pin], check=False).returncode:
        fail("installing PyTorch failed; is the package index reachable?")


def install_project(python: Path, extras: str) -> None:
    """Install the project and what it needs, unless nothing changed since the last time."""
    recipe = [(CHECKOUT / "pyproject.toml").read_bytes(), CONSTRAINTS.read_bytes(), extras.encode()]
    wanted = hashlib.sha256(b"\0".join(recipe)).hexdigest()
    stamp = VENV / f"installed-{extras.replace(',', '-')}"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    require_own(VENV)
    install_torch(python)
    say(f"installing gazeapp with its {extras} extras")
    done = run(
        [python, "-m", "pip", "install", "--quiet", "-c", CONSTRAINTS, "-e", f".[{extras}]"],
        check=False,
    )
    if done.returncode:
        fail("installing failed (see above); is the package index reachable?")
    stamp.write_text(wanted, encoding="utf-8")


def test(python: Path, words: list[str]) -> int:
    """Style, types, tests; everything is run, and any failure makes the exit code.

    With `--quick` the tests that are marked slow are left out, and types and the windows' tests run beside the others
    on a second core.
    """
    is_quick = "--quick" in words
    words = [word for word in words if word != "--quick"]
    tests = ["pytest", "-q", *(["-m", "not slow"] if is_quick else []), *words]
    worst, beside = 0, {}
    if not words:
        for command in (["ruff", "check", "--no-cache", "."], ["ruff", "format", "--no-cache", "--check", "."]):
            say(f"style: {' '.join(command)}")
            worst = run([python, "-m", *command], check=False).returncode or worst
        if is_quick:
            beside = {"types": begin(python, "mypy"), "tests of windows": begin(python, *tests, WINDOW_TESTS)}
            tests.append(f"--ignore={WINDOW_TESTS}")
        else:
            say("types: mypy")
            worst = run([python, "-m", "mypy"], check=False).returncode or worst
    say(f"tests: {' '.join(tests)}")
    worst = run([python, "-m", *tests], check=False).returncode or worst
    for name, process in beside.items():
        print(f"{name}: {process.communicate()[0].strip()}", flush=True)
        worst = process.returncode or worst
    return worst


def begin(python: Path, *words: str) -> subprocess.Popen[str]:
    """Start a module of the environment, which runs while something else does; what it prints waits."""
    return subprocess.Popen(
        [str(python), "-m", *words], cwd=CHECKOUT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def main(arguments: list[str]) -> int:
    """Set up, then run the command; the exit code is the command's."""
    command, words = (arguments[0], arguments[1:]) if arguments else ("", [])
    if command in ("", "-h", "--help") or command not in ("demo", "test", "app", "setup"):
        print(__doc__)
        return 0 if command in ("-h", "--help") else 2
    use_supported_python()
    provide_system_libraries(for_tests=command == "test")
    python = make_environment()
    install_project(python, "dev" if command == "test" else "app,lsl,train,export,onnx")
    if command == "test":
        return test(python, words)
    if command == "demo":
        out = [] if "--out" in words else ["--out", "demo-study"]
        return run([python, "-m", "gazeapp", "demo", "--headless", *out, *words], check=False).returncode
    if command == "app":
        return run([python, "-m", "gazeapp", *words], check=False).returncode
    say(f"ready: {python} -m gazeapp --help")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("start: stopped; the same command goes on from here", file=sys.stderr, flush=True)
        sys.exit(130)
