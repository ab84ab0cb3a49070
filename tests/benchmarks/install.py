"""Each documented way of installing, from nothing, and what happens where something is missing.

    python tests/benchmarks/install.py measure [--only NAME …]     one row after the other into tests/benchmarks/speed
    python tests/benchmarks/install.py bare ROOT                   the README's first command in a bare system at ROOT
    python tests/benchmarks/install.py page                        tests/benchmarks/INSTALL.md of what was stored

Linux, as root: a row without network runs in a network namespace of its own, a row of another user as `nobody`. Every
row has a copy of the committed files, in a folder whose name holds a space and umlauts. ROOT is a system that holds
only what Debian calls essential, and Python; `debootstrap --include=python3,ca-certificates bookworm ROOT` makes it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from trainer.reports.markdown import markdown_table

CHECKOUT = Path(__file__).resolve().parents[2]
STORED = Path(__file__).parent / "speed" / "install.json"
PAGE = Path(__file__).parent / "INSTALL.md"
NOBODY = "nobody"
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull, "UV_OFFLINE": "1"}
"""pip as on a machine that reaches no index."""


@dataclass(frozen=True, slots=True)
class Place:
    """A copy of the checkout, and what was made of it."""

    checkout: Path
    environment: Mapping[str, str]

    def run(self, *words: str | Path, prefix: tuple[str, ...] = (), user: str | None = None, **more: str) -> tuple:
        """Exit code and the last line that was printed; a traceback counts as the last line."""
        done = subprocess.run(
            [*prefix, *map(str, words)],
            cwd=self.checkout,
            env={**self.environment, **more},
            user=user,
            group=user and "nogroup",
            extra_groups=[] if user else None,
            capture_output=True,
            text=True,
            check=False,
        )
        lines = [line for line in (done.stdout + "\n" + done.stderr).splitlines() if line.strip()]
        if any(line.startswith("Traceback") for line in lines):
            return done.returncode, "Traceback … " + lines[-1]
        said = [line for line in lines if line.startswith(("start:", "gazeapp:", "error:"))]
        return done.returncode, (said or lines or [""])[-1]

    def venv(self, *requirements: str, first: str = "") -> tuple:
        """A virtual environment into which pip installs, one thing before the others."""
        self.run(sys.executable, "-m", "venv", "own")
        pip = ("own/bin/python", "-m", "pip", "install", "--quiet")
        if first:
            self.run(*pip, first)
        return self.run(*pip, *requirements)


def copy_of_checkout(folder: Path) -> Place:
    """The committed files, and an environment that says as little as can be."""
    checkout = folder / "Prüf stand ä"
    checkout.mkdir()
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=CHECKOUT, capture_output=True, check=True)
    subprocess.run(["tar", "x"], cwd=checkout, input=archive.stdout, check=True)
    kept = {key: value for key, value in os.environ.items() if key.startswith("PIP_") or key.endswith("_CERT_FILE")}
    return Place(checkout, {**kept, "PATH": os.defpath, "HOME": str(folder), "LANG": "C.UTF-8"})


def start(place: Place, *words: str, **options: object) -> tuple:
    return place.run("/usr/bin/env", "python3", "packaging/start.py", *words, **options)


def megabytes(folder: Path) -> float:
    """What the files of a folder take; links count nothing."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink()) / 1e6


WAYS: dict[str, Callable[[Place], tuple]] = {
    "`start.py setup`": lambda place: start(place, "setup"),
    "`start.py demo`": lambda place: start(place, "demo"),
    "`pip install .`, whatever PyTorch it takes": lambda place: place.venv("."),
    "CPU build of PyTorch, then `pip install '.[app,lsl,export]'`": lambda place: place.venv(
        ".[app,lsl,export]", first=torch_pin()
    ),
    "the same from a wheel": lambda place: wheel(place),
}
AGAIN = "`start.py setup` again"


def wheel(place: Place) -> tuple:
    """Build a wheel, and install it elsewhere."""
    place.run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", "wheels", ".")
    (built,) = (place.checkout / "wheels").glob("*.whl")
    return place.venv(f"{built}[app,lsl,export]", first=torch_pin())


def torch_pin() -> str:
    """The tested version, of which the CPU build is found first here."""
    text = (CHECKOUT / "packaging" / "constraints.txt").read_text(encoding="utf-8")
    return next(line.split("#")[0].strip() for line in text.splitlines() if line.startswith("torch=="))


TROUBLES: dict[str, Callable[[Place], tuple]] = {
    "no network": lambda place: start(place, "setup", prefix=("unshare", "-n"), **OFFLINE),
    "no wheels for this Python": lambda place: start(
        place, "setup", PIP_CONFIG_FILE=os.devnull, PIP_FIND_LINKS="", PIP_INDEX_URL=empty_index(place)
    ),
    "another user's checkout": lambda place: start(place, "setup", user=NOBODY),
}
LATER: dict[str, Callable[[Place], tuple]] = {
    "no display, `start.py app`": lambda place: start(place, "app"),
    "no network, set up before": lambda place: start(
        place, "demo", "--n-images", "3", "--out", "offline", prefix=("unshare", "-n"), **OFFLINE
    ),
    "set up by another user": lambda place: start(place, "demo", "--n-images", "3", user=NOBODY),
    "the same, `--out` of one's own": lambda place: start(
        place,
        "demo",
        "--n-images",
        "3",
        "--out",
        str(home_of_nobody() / "study"),
        user=NOBODY,
        HOME=str(home_of_nobody()),
    ),
    "nothing in the environment": lambda place: place.run(
        "/usr/bin/env", "-i", place.checkout / ".venv/bin/python", "-m", "gazeapp", "doctor"
    ),
}
"""In a checkout that is set up."""


def empty_index(place: Place) -> str:
    """Of packages, where pip finds none."""
    folder = place.checkout.parent / "simple"
    folder.mkdir(exist_ok=True)
    return folder.as_uri()


def home_of_nobody() -> Path:
    folder = Path(tempfile.gettempdir()) / "home-of-nobody"
    folder.mkdir(exist_ok=True)
    shutil.chown(folder, NOBODY, "nogroup")
    return folder


def measure(only: list[str]) -> None:
    """Store each row as soon as it is known."""
    rows = json.loads(STORED.read_text(encoding="utf-8"))["found"] if STORED.exists() else {}
    wanted = [name for name in (*WAYS, *TROUBLES) if not only or name in only]
    for name in wanted:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o755)
            place = copy_of_checkout(Path(folder))
            rows[name] = row(place, {**WAYS, **TROUBLES}[name])
            store(rows)
            if name == next(iter(WAYS)):
                rows[AGAIN] = row(place, WAYS[name])
                for later, act in LATER.items():
                    rows[later] = row(place, act)
                    store(rows)


def row(place: Place, act: Callable[[Place], tuple]) -> dict[str, object]:
    """Seconds, megabytes that came, exit code, last line."""
    before_mb, began_s = megabytes(place.checkout), time.monotonic()
    code, line = act(place)
    took_s = time.monotonic() - began_s
    line = line.replace(str(place.checkout), "CHECKOUT").replace(str(place.checkout.parent), "HOME")
    found = {
        "s": round(took_s, 1),
        "mb": round(megabytes(place.checkout) - before_mb),
        "code": code,
        "line": line[:300],
    }
    print(found, file=sys.stderr, flush=True)
    return found


def store(rows: dict[str, object]) -> None:
    document = {"load": round(os.getloadavg()[1], 1), "python": platform.python_version(), "found": rows}
    STORED.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def bare(root: Path) -> None:
    """The README's first command as root of a bare system, which has network and nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        source = copy_of_checkout(Path(folder)).checkout
        target = root / "srv" / source.name
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)
    place = Place(target, {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"})
    kept = {key: value for key, value in os.environ.items() if key.startswith("PIP_") or key.endswith("_CERT_FILE")}
    inside = f"cd '/srv/{target.name}' && exec python3 packaging/start.py demo"
    rows = json.loads(STORED.read_text(encoding="utf-8"))["found"] if STORED.exists() else {}
    rows["bare Debian, `start.py demo`"] = row(
        place, lambda place: place.run("chroot", root, "/bin/sh", "-c", inside, **kept)
    )
    store(rows)


def page() -> str:
    """What was stored."""
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    rows = stored["found"]
    ways = [name for name in rows if name in WAYS or name == AGAIN or name.startswith("bare")]
    troubles = [name for name in rows if name not in ways]
    working = [name for name in ways if rows[name]["code"] == 0]
    broken = [name for name in rows if "Traceback" in rows[name]["line"]]
    lines = [
        "# Installing",
        "",
        f"**{len(working)} of {len(ways)} ways work**, from nothing and in a folder whose name holds a space and "
        f"umlauts; where something is missing one line says what, with {len(broken)} tracebacks"
        + (f" ({', '.join(broken)})." if broken else "."),
        "",
        f"Python {stored['python']}, CPU build of PyTorch, index on the same network; other programs ran (load "
        f"{stored['load']:g} on two cores).",
        "",
        "    python tests/benchmarks/install.py measure && python tests/benchmarks/install.py page",
        "",
        markdown_table(["way", "s", "MB"], [[name, f"{rows[name]['s']:.0f}", f"{rows[name]['mb']}"] for name in ways]),
        "",
        markdown_table(
            ["where", "exit", "last line"],
            [[name, f"{rows[name]['code']}", f"“{rows[name]['line']}”"] for name in troubles],
        ),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    measuring = verbs.add_parser("measure")
    measuring.add_argument("--only", nargs="+", default=[])
    verbs.add_parser("bare").add_argument("root", type=Path)
    verbs.add_parser("page")
    args = parser.parse_args()
    if args.verb == "measure":
        measure(args.only)
    elif args.verb == "bare":
        bare(args.root)
    else:
        PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
