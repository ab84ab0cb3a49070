"""The set-up script, without setting anything up."""

from __future__ import annotations

import ast
import ctypes
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
SCRIPT = CHECKOUT / "packaging" / "start.py"


@pytest.fixture
def start():
    spec = importlib.util.spec_from_file_location("gazeapp_start", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_needs_nothing_but_the_standard_library():
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"))
    imported = {
        name.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (node.names if isinstance(node, ast.Import) else [ast.alias(name=node.module)])
    }
    assert imported <= sys.stdlib_module_names


def test_the_readme_opens_with_its_two_commands():
    text = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    blocks = text.split("```")[1::2]
    assert [block.strip() for block in blocks[:2]] == [
        "python3 packaging/start.py demo",
        "python3 packaging/start.py test",
    ]
    assert "start.py test" in (CHECKOUT / ".ci" / "run").read_text(encoding="utf-8")


def test_no_module_beside_it_shadows_the_standard_library():
    names = {path.stem for path in (CHECKOUT / "packaging").glob("*.py")}
    assert not names & set(sys.stdlib_module_names)
    assert "__init__" not in names


@pytest.mark.skipif(sys.platform != "linux", reason="system packages are looked for on Linux alone")
def test_every_missing_system_library_is_named(start, monkeypatch):
    def nothing_loads(name, *_args, **_kwargs):
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", nothing_loads)
    monkeypatch.setattr(start.shutil, "which", lambda _name: None)
    missing = start.missing_packages(for_tests=True)
    assert set(start.WINDOW_LIBRARIES.values()) <= set(missing)
    assert {"xvfb", "xauth", "x11-xserver-utils"} <= set(missing)


@pytest.mark.parametrize(
    ("version", "requires", "expected"),
    [
        ("2.13.0+cpu", ["nvidia-cublas"], True),
        ("2.13.0", ["filelock", "sympy"], True),
        ("2.13.0", ["filelock", "nvidia-cublas-cu13; platform_system == 'Linux'"], False),
    ],
    ids=["cpu build", "plain and small", "with CUDA packages"],
)
def test_several_gigabytes_are_not_taken_by_surprise(start, monkeypatch, version, requires, expected):
    report = {"install": [{"metadata": {"version": version, "requires_dist": requires}}]}
    done = subprocess.CompletedProcess([], 0, stdout=json.dumps(report), stderr="")
    monkeypatch.setattr(start, "run", lambda *_args, **_kwargs: done)
    monkeypatch.setattr(start, "has_cuda_gpu", lambda: False)
    monkeypatch.setattr(start.sys, "platform", "linux")
    monkeypatch.setattr(start.os, "name", "posix")
    assert start.plain_torch_is_small(Path("python"), "torch==2.13.0") is expected


def test_wrong_words_show_how_it_is_used():
    done = subprocess.run([sys.executable, SCRIPT, "frobnicate"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "start.py demo" in done.stdout


class _Beside:
    returncode = 0

    def communicate(self):
        return "no issues", None


QUICK = ["pytest", "-q", "-m", "not slow"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--quick"], [["ruff"], ["ruff"], ["mypy"], [*QUICK, "tests/ui"], [*QUICK, "--ignore=tests/ui"]]),
        ([], [["ruff"], ["ruff"], ["mypy"], ["pytest", "-q"]]),
        (["--quick", "tests/gaze"], [[*QUICK, "tests/gaze"]]),
    ],
    ids=["quick", "all", "a part of the quick ones"],
)
def test_quick_leaves_out_slow_tests_and_no_check(start, monkeypatch, words, expected):
    asked = []

    def run(command, **_options):
        asked.append(command[2:])
        return _Beside()

    monkeypatch.setattr(start, "run", run)
    monkeypatch.setattr(start.subprocess, "Popen", run)
    assert start.test(Path("python"), words) == 0
    assert [command if command[0] == "pytest" else command[:1] for command in asked] == expected


@pytest.mark.parametrize("failing", ["mypy", "tests/ui"])
def test_what_runs_beside_fails_the_quick_run_too(start, monkeypatch, failing):
    class Failed(_Beside):
        returncode = 1

    monkeypatch.setattr(start, "run", lambda *_args, **_options: _Beside())
    monkeypatch.setattr(
        start.subprocess, "Popen", lambda command, **_options: Failed() if failing in command else _Beside()
    )
    assert start.test(Path("python"), ["--quick"]) == 1


def test_a_checkout_of_another_user_is_told_before_anything_is_made(start, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(start, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(start.os, "access", lambda *_: False)
    with pytest.raises(SystemExit) as ended:
        start.make_environment()
    assert ended.value.code == 2
    assert "copy the checkout" in capsys.readouterr().err
    assert not (tmp_path / ".venv").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_ends_in_one_line(tmp_path):
    folder = tmp_path / "packaging"
    folder.mkdir()
    for name in ("start.py", "constraints.txt"):
        (folder / name).write_bytes((SCRIPT.parent / name).read_bytes())
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\n[ -e waits ] || { : > waits; exec /bin/sleep 30; }\n")  # instead of looking for pip
    python.chmod(0o755)
    (tmp_path / "pyproject.toml").write_text("")
    with subprocess.Popen(
        [sys.executable, folder / "start.py", "setup"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env={"PATH": ""},  # nothing is installed
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background ignores it
    ) as started:
        while not (tmp_path / "waits").exists() and started.poll() is None:
            time.sleep(0.02)
        os.killpg(started.pid, signal.SIGINT)
        said = started.stdout.read()
    assert "Traceback" not in said
    assert said.splitlines()[-1] == "start: stopped; the same command goes on from here"
    assert started.returncode == 130
