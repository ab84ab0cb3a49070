"""The rules of the structure, executed."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gazeapp.__main__ import PROGRAM as APPLICATION
from gazeapp.command_line import run_program
from trainer.__main__ import PROGRAM as TRAINER

PROGRAMS = (APPLICATION, TRAINER)
CHECKOUT = Path(__file__).resolve().parents[1]


def _loaded_after(statement: str) -> set[str]:
    script = f"import sys\n{statement}\nprint('\\n'.join(m.split('.')[0] for m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=CHECKOUT)
    return set(done.stdout.split())


def test_import_contracts_hold():
    tool = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([tool, "--no-cache"], capture_output=True, text=True, cwd=CHECKOUT, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


def test_no_module_imports_itself_in_a_circle():
    import grimp

    graph = grimp.build_graph("gazeapp", "trainer", cache_dir=None)
    imported = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    while ends := [module for module, targets in imported.items() if not targets & imported.keys()]:
        for module in ends:
            del imported[module]
    # what is left lies on a circle, or leads to one
    assert not imported


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import gazeapp", {"numpy", "torch", "PySide6"}),
        ("import gazeapp.__main__", {"numpy", "torch", "PySide6", "scipy", "cv2"}),
        ("import trainer.__main__", {"numpy", "torch", "PySide6", "scipy", "matplotlib"}),
        ("from trainer.__main__ import PROGRAM as P; [P.parser(c) for c in P.commands]", {"torch", "cv2", "scipy"}),
        ("from gazeapp.__main__ import PROGRAM as P; [P.parser(c) for c in P.commands]", {"torch", "cv2", "PySide6"}),
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
    for program in PROGRAMS:
        for name in program.commands:
            module = program.module(name)
            assert module.__doc__, name
            assert module.EXAMPLE.startswith(f"{program.call} {name}"), name
            assert "example: " in program.parser(name).format_help(), name


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_unknown_command_is_one_line_with_the_closest(program, capsys):
    assert run_program(program, ["exprot"]) == 2
    error = capsys.readouterr().err
    assert "did you mean 'export'?" in error
    assert error.count("\n") == 1


def test_options_without_a_command_are_the_applications(capsys):
    assert run_program(APPLICATION, ["--theme", "purple"]) == 2
    assert "gazeapp: argument --theme" in capsys.readouterr().err


def test_no_file_speaks_of_a_machine():
    """No absolute path of a person's machine and no package registry's host in what is committed."""
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=CHECKOUT, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    forbidden = (" /" + "tmp/", "/" + "root/", "/" + "work/", "pypi." + "org", "/" + "home/")
    for name in listed.stdout.splitlines():
        path = CHECKOUT / name
        if path.suffix in {".py", ".md", ".toml", ".txt", ".json", ".sh", ".yml", ""} and path.is_file():
            text = path.read_text(encoding="utf-8", errors="ignore")
            assert not [word for word in forbidden if word in text], name


def test_every_icon_is_drawn_somewhere():
    code = "".join(path.read_text(encoding="utf-8") for path in (CHECKOUT / "gazeapp").rglob("*.py"))
    style = (CHECKOUT / "assets" / "style.qss").read_text(encoding="utf-8")
    for path in (CHECKOUT / "assets" / "icons").rglob("*.svg"):
        tint = re.sub("-(dark|light)$", "-$name", path.stem)
        assert f'"{path.stem}"' in code or f"{tint}.svg" in style, path.name
