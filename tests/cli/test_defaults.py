"""Options from the user's file of defaults: they stand before what is typed, and never speak of a person."""

from __future__ import annotations

import json
import subprocess

import pytest

from gazeapp import __version__
from gazeapp.__main__ import main
from gazeapp.cli import machine
from gazeapp.command_defaults import defaults_path

ROWS = "time_s,x_norm,y_norm\n" + "".join(f"{n / 100},{0.5},{0.5}\n" for n in range(60))


@pytest.fixture
def defaults():
    def write(text):
        defaults_path().parent.mkdir(parents=True, exist_ok=True)
        defaults_path().write_text(text, encoding="utf-8")

    yield write
    defaults_path().unlink(missing_ok=True)


@pytest.fixture
def gaze(tmp_path):
    path = tmp_path / "gaze.csv"
    path.write_text(ROWS, encoding="utf-8")
    return str(path)


def fixation(capsys):
    return json.loads(capsys.readouterr().out)["fixations"][0]


def test_what_is_typed_counts_before_the_default(defaults, gaze, capsys):
    defaults('[fixations]\ndisplay = "1000,500,531,299,650"\njson = true\n')
    assert main(["fixations", gaze]) == 0
    assert fixation(capsys)["x_px"] == 500
    assert main(["fixations", gaze, "--display", "1200,600,531,299,650"]) == 0
    assert fixation(capsys)["x_px"] == 600


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[fixations]\ndisplya = 1\n", "displya is no option"),
        ("[run]\nconsent = 'gaze'\n", "consent must be typed each time"),
        ("[fixations]\njson = 'yes'\n", "must be true or false"),
        ("fixations = 3\n", "must be a table"),
        ("[fixation]\njson = true\n", "[fixation] is no command"),
        ("[fixations]\n" + "#" * 100_001, "is larger than"),
        ("[fixations\n", "is not valid TOML"),
    ],
)
def test_a_default_that_is_none_is_told_by_name(defaults, gaze, capsys, text, said):
    defaults(text)
    command = ["run", "plan.toml", "--participant", "P1"] if "[run]" in text else ["fixations", gaze]
    assert main(command) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "defaults.toml" in error


def test_a_default_gives_way_to_an_option_that_excludes_it(defaults, tmp_path, capsys):
    defaults(f'[predict]\nstudy = "{tmp_path.as_posix()}"\n')
    assert main(["predict", "photo.jpg", "--embedding", str(tmp_path / "none.json")]) == 2
    assert "none.json" in capsys.readouterr().err


def test_help_is_there_whatever_the_file_says(defaults, capsys):
    defaults("[fixations\n")
    assert main(["fixations", "--help"]) == 0


@pytest.mark.parametrize(
    ("printed", "state"),
    [(f"gazeapp ({__version__})", "ok"), ("gazeapp (99.0.0)\nAvailable", "missing"), ("", "missing")],
)
def test_a_newer_version_is_looked_for_only_when_asked(monkeypatch, capsys, printed, state):
    asked = []
    monkeypatch.setattr(machine, "CHECKS", ())

    def answer(command, **_):
        asked.append(command)
        return subprocess.CompletedProcess(command, 0, stdout=printed)

    monkeypatch.setattr(machine.subprocess, "run", answer)
    assert main(["doctor", "--json"]) == 0
    assert asked == []
    capsys.readouterr()
    assert main(["doctor", "--json", "--newer"]) == 0
    (check,) = json.loads(capsys.readouterr().out)["checks"]
    assert check["state"] == state
    assert len(asked) == 1
