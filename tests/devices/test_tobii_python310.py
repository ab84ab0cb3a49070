from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from gazeapp.devices.tobii import python310
from gazeapp.errors import BackendUnavailable, UnavailableReason


def fake_python(path: Path, answer: str) -> Path:
    """A program that answers the probe, or fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{answer}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


posix = pytest.mark.skipif(os.name == "nt", reason="the stand-ins are shell scripts")


def test_without_python_3_10_setting_up_says_what_to_install(monkeypatch):
    monkeypatch.setattr(python310, "find_python310", lambda: None)
    with pytest.raises(BackendUnavailable, match=r"install Python 3\.10") as raised:
        python310.set_up()
    assert raised.value.reason is UnavailableReason.WRONG_PYTHON


@posix
def test_a_failing_download_is_told_in_its_own_words(monkeypatch, tmp_path):
    python = fake_python(tmp_path / "python", "echo no route to host >&2; exit 1")
    monkeypatch.setattr(python310, "find_python310", lambda: python)
    with pytest.raises(BackendUnavailable, match="no route to host"):
        python310.set_up()


@posix
def test_the_environment_that_was_set_up_is_found_first(monkeypatch, tmp_path):
    monkeypatch.setattr(python310, "sdk_folder", lambda: tmp_path)
    python = fake_python(tmp_path / "bin" / "python", "echo True True")
    python310.find_sdk_interpreter.cache_clear()
    assert python310.find_sdk_interpreter() == python
    python310.find_sdk_interpreter.cache_clear()


@posix
@pytest.mark.parametrize(
    ("answer", "expected"),
    [("echo True False", (True, False)), ("exit 1", (False, False)), ("echo hello", (False, False))],
    ids=["no-sdk", "broken", "other-program"],
)
def test_a_candidate_is_asked_not_believed(tmp_path, answer, expected):
    assert python310._probe(fake_python(tmp_path / "python", answer)) == expected


def test_this_interpreter_is_no_python_3_10_with_the_sdk_unless_it_says_so():
    assert python310._probe(Path(sys.executable))[0] == (sys.version_info[:2] == (3, 10))
    assert python310._probe(Path("/nowhere/python")) == (False, False)
