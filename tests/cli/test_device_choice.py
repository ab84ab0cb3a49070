"""Which tracker a run takes where the command line does not say: nothing unasked."""

from __future__ import annotations

import io

import pytest

from gazeapp.cli.device_choice import choose_device
from gazeapp.devices import discovery
from gazeapp.devices.tracker import TrackerInfo
from gazeapp.errors import SettingsError


def info(backend, name, serial, problem=""):
    return TrackerInfo(
        backend=backend,
        name=name,
        serial=serial,
        rate_hz=120.0,
        rates_hz=(120.0,),
        eyes="binocular",
        capabilities=frozenset(),
        problem=problem,
    )


FOUND = [
    info("lsl", "EyeLink", "pc"),
    info("lsl", "Neon", "dev", "counts in the picture of a scene camera"),
    info("webcam", "Webcam 0", "0"),
]


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def found(monkeypatch):
    monkeypatch.setattr(discovery, "find_trackers", lambda: FOUND)


@pytest.fixture
def asked(monkeypatch, found):
    def answer(text):
        screen = Terminal()
        monkeypatch.setattr("sys.stdin", Terminal(text))
        monkeypatch.setattr("sys.stderr", screen)
        return screen

    return answer


def test_elsewhere_than_on_a_terminal_the_list_is_the_answer(found):
    with pytest.raises(SettingsError, match=r"EyeLink.*--device lsl --device-option stream=pc.*Neon.*scene camera"):
        choose_device()


def test_on_a_terminal_a_person_chooses_and_the_choice_is_named(asked):
    screen = asked("1\n")
    assert choose_device() == ("lsl", {"stream": "pc"})
    assert "recording from lsl: EyeLink" in screen.getvalue()
    asked("2\n")
    assert choose_device() == ("webcam", {"camera": "0"})
    asked("s\n")
    assert choose_device() == ("simulated", {})


@pytest.mark.parametrize("text", ["", "\n", "9\nx\n3\n"])
def test_without_an_answer_nothing_is_recorded(text, asked):
    asked(text)
    with pytest.raises(SettingsError, match="nothing is taken or simulated unasked"):
        choose_device()


def test_a_stream_is_chosen_among_streams_alone(asked):
    asked("s\n2\n1\n")
    assert choose_device(only="lsl") == ("lsl", {"stream": "pc"})
