"""Quiet, colours, completion, the log file, and what a system shows of the program."""

from __future__ import annotations

import configparser
import logging
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from gazeapp import __version__
from gazeapp.__main__ import COMMANDS, PROGRAM, main
from gazeapp.locations import assets_dir
from gazeapp.log_file import log_path, logging_to_file
from gazeapp.shell_completion import SHELLS, completion_script

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def pairs(tmp_path):
    shutil.copy(next((assets_dir() / "stimuli").glob("*.jpg")), tmp_path / "a.jpg")
    (tmp_path / "a.csv").write_text("onset_s,duration_s,x_px,y_px\n0,0.2,40,50\n")
    return tmp_path


@pytest.mark.parametrize("before", [True, False], ids=["before the command", "behind it"])
def test_quiet_shows_no_progress_and_errors_all_the_same(before, pairs, capsys):
    def quiet(*command):
        return main(["--quiet", *command] if before else [*command, "--quiet"])

    command = ["recalibrate", "--pairs", str(pairs), "--universal", "centre-bias"]
    assert main(command) == 0
    assert "images: 1/1" in capsys.readouterr().err
    assert quiet(*command) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out
    assert quiet("recalibrate", "--pairs", str(pairs / "nowhere")) == 2
    assert "nowhere" in capsys.readouterr().err
    assert main(command) == 0
    assert "images: 1/1" in capsys.readouterr().err


def test_no_color_is_respected(monkeypatch):
    """The bar's library looks for it; this notices when it no longer does."""
    program = (
        "import sys; sys.stderr.isatty = lambda: True\n"
        "from gazeapp.progress import ProgressBar\n"
        "with ProgressBar('work', 2) as bar: bar.show(1)"
    )
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("FORCE_COLOR", "1")
    colour = re.compile(r"\x1b\[[0-9;]*3[0-9][0-9;]*m")
    for no_color in (False, True):
        if no_color:
            monkeypatch.setenv("NO_COLOR", "1")
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert "work" in done.stderr
        assert bool(colour.search(done.stderr)) is not no_color


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_names_every_command_and_its_options(shell):
    script = completion_script(PROGRAM, shell)
    for name in COMMANDS:
        assert re.search(rf"\b{name}\b", script), name
    assert "algorithm" in script
    assert "pysaliency" in script  # a value of --format


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_bash_completes(tmp_path):
    script = tmp_path / "completion.bash"
    script.write_text(completion_script(PROGRAM, "bash"))

    def completed(*words):
        typed = " ".join(f"'{word}'" for word in words)
        program = f"source {script}; COMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}; _gazeapp_complete; "
        done = subprocess.run(
            ["bash", "-c", program + 'echo "${COMPREPLY[@]}"'], capture_output=True, text=True, check=True
        )
        return done.stdout.split()

    assert completed("gazeapp", "fix") == ["fixations"]
    assert completed("gazeapp", "export", "--format", "b") == ["bids"]
    assert "--display" in completed("gazeapp", "quality", "--d")


def test_the_log_file_is_turned_over_and_the_terminal_hears_no_more(tmp_path, monkeypatch):
    monkeypatch.setattr("gazeapp.log_file.MAX_BYTES", 2000)
    path = tmp_path / "logs" / "gazeapp.log"
    level = logging.getLogger().level
    with logging_to_file(path):
        for number in range(200):
            logging.getLogger("gazeapp.test").info("something happened, number %d", number)
    assert logging.getLogger().level == level
    files = sorted(file.name for file in path.parent.iterdir())
    assert files == ["gazeapp.log", "gazeapp.log.1", "gazeapp.log.2", "gazeapp.log.3"]
    assert all(file.stat().st_size <= 2000 for file in path.parent.iterdir())
    assert "number 199" in path.read_text()
    if sys.platform != "win32":
        assert path.stat().st_mode & 0o077 == 0


def test_a_log_file_that_cannot_be_written_stops_nothing(tmp_path, caplog):
    (tmp_path / "file").write_text("")
    with logging_to_file(tmp_path / "file" / "gazeapp.log"):
        pass
    assert "no log file" in caplog.text


def test_help_writes_no_log(capsys):
    assert main(["run", "--help"]) == 0
    assert not log_path().exists()


def test_versions_and_dates_agree():
    changelog = (CHECKOUT / "packaging" / "CHANGELOG.md").read_text(encoding="utf-8")
    release = re.search(r"^## (\d+\.\d+\.\d+) - (\d{4}-\d{2}-\d{2})$", changelog, re.MULTILINE)
    citation = (CHECKOUT / "CITATION.cff").read_text(encoding="utf-8")
    metainfo = ElementTree.parse(CHECKOUT / "packaging" / "assets" / "gazeapp.metainfo.xml").getroot()
    assert release is not None
    assert release.group(1) == __version__
    assert f"version: {__version__}" in citation
    assert f"date-released: {release.group(2)}" in citation
    newest = metainfo.find("releases/release")
    assert newest is not None
    assert (newest.get("version"), newest.get("date")) == release.groups()


def test_the_desktop_finds_program_and_icon():
    entry = configparser.ConfigParser(interpolation=None)
    entry.optionxform = str
    entry.read(CHECKOUT / "packaging" / "assets" / "gazeapp.desktop", encoding="utf-8")
    desktop = entry["Desktop Entry"]
    assert desktop["Exec"] == desktop["Icon"] == desktop["StartupWMClass"] == "gazeapp"
    metainfo = ElementTree.parse(CHECKOUT / "packaging" / "assets" / "gazeapp.metainfo.xml").getroot()
    assert metainfo.findtext("launchable") == "gazeapp.desktop"
    assert ElementTree.parse(assets_dir() / "icon.svg").getroot().tag.endswith("svg")


@pytest.mark.parametrize("level", ["99", "loud", ""])
def test_a_level_of_the_log_that_there_is_not_is_one_line(level, monkeypatch, capsys):
    monkeypatch.setenv("GAZEAPP_LOG", level)
    assert main(["doctor"]) == 2
    said = capsys.readouterr().err
    assert "must be one of DEBUG, INFO" in said
    assert said.count("\n") == 1
