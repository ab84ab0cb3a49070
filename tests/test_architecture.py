"""The rules of the structure, executed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]


def _loaded_after(statement: str) -> set[str]:
    script = f"import sys\n{statement}\nprint('\\n'.join(m.split('.')[0] for m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=CHECKOUT)
    return set(done.stdout.split())


def test_import_contracts_hold():
    tool = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([tool, "--no-cache"], capture_output=True, text=True, cwd=CHECKOUT, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import gazeapp", {"numpy", "torch", "PySide6"}),
        ("import gazeapp.__main__", {"numpy", "torch", "PySide6", "scipy", "cv2"}),
        ("import trainer.__main__", {"torch", "PySide6", "scipy", "matplotlib"}),
        ("import gazeapp.networks.predictors", {"PySide6", "pyqtgraph"}),
        ("import gazeapp.gaze.detection.registry", {"torch", "PySide6"}),
        ("import gazeapp.runtime.pipeline", {"torch", "PySide6"}),
        ("import gazeapp.runtime", {"torch", "PySide6"}),
        ("import gazeapp.ui.app", {"torch"}),
    ],
    ids=lambda value: value.split()[-1] if isinstance(value, str) else "",
)
def test_importing_a_part_does_not_load_the_rest(statement, absent):
    assert not _loaded_after(statement) & absent


@pytest.mark.parametrize("package", ["gazeapp", "trainer"])
def test_help_answers_at_once(package):
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", package, "--help"],
        capture_output=True,
        text=True,
        check=True,
        cwd=CHECKOUT,
    )
    # generous: a loaded machine; the import rules above are what keeps it short
    assert time.perf_counter() - begin < 5
    assert "example" in done.stdout


def test_every_command_has_help_with_an_example():
    import importlib
    import keyword

    from gazeapp.__main__ import COMMANDS

    for name in COMMANDS:
        module = importlib.import_module(f"gazeapp.cli.{name}{'_' * keyword.iskeyword(name)}")
        assert module.__doc__, name
        assert module.EXAMPLE.startswith(f"gazeapp {name}"), name


def test_no_file_speaks_of_a_machine():
    """No absolute path of a person's machine and no package registry's host in what is committed."""
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=CHECKOUT, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    forbidden = ("/" + "root/", "/" + "work/main", "pypi." + "org", "/" + "home/")
    for name in listed.stdout.splitlines():
        path = CHECKOUT / name
        if path.suffix in {".py", ".md", ".toml", ".txt", ".json", ".sh", ".yml", ""} and path.is_file():
            text = path.read_text(encoding="utf-8", errors="ignore")
            assert not [word for word in forbidden if word in text], name
