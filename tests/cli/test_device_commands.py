from __future__ import annotations

import json
import math
import threading

import pytest

from gazeapp.__main__ import main
from gazeapp.cli import machine
from gazeapp.devices import discovery
from gazeapp.devices.tracker import Availability, TrackerInfo
from gazeapp.errors import UnavailableReason

pytestmark = pytest.mark.slow


def test_devices_lists_every_backend_with_a_reason_where_it_is_not_usable(capsys):
    assert main(["devices", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    rows = {row["backend"]: row for row in document["backends"]}
    assert list(rows) == ["simulated", "replay", "lsl", "tobii", "webcam"]
    assert rows["replay"]["ok"]
    assert all(row["ok"] or (row["reason"] and row["hint"]) for row in rows.values())
    assert isinstance(document["trackers"], list)


def test_devices_in_words_names_the_backends(capsys):
    assert main(["devices"]) == 0
    assert "simulated" in capsys.readouterr().out


def test_devices_says_in_words_why_a_backend_is_missing_and_what_rates_a_tracker_has(monkeypatch, capsys):
    missing = Availability(backend="tobii", ok=False, reason=UnavailableReason.WRONG_PYTHON, hint="set it up")
    found = [
        TrackerInfo(
            backend="tobii",
            name="Fusion",
            serial="T-1",
            rate_hz=120.0,
            rates_hz=(60.0, 120.0, 250.0),
            eyes="binocular",
            capabilities=frozenset(),
        ),
        TrackerInfo(
            backend="lsl",
            name="glasses",
            serial="",
            rate_hz=math.nan,
            rates_hz=(),
            eyes="cyclopean",
            capabilities=frozenset(),
        ),
    ]
    monkeypatch.setattr(discovery, "backends", lambda: [missing])
    monkeypatch.setattr(discovery, "find_trackers", lambda: found)
    assert main(["devices"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "backends:",
        "  tobii      not available: its SDK needs Python 3.10",
        "             set it up",
        "trackers found:",
        "  tobii      Fusion (T-1), 120 Hz (or 60, 250), binocular",
        "  lsl        glasses, irregular, cyclopean",
    ]
    assert main(["devices", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["backends"][0]["reason"] == "wrong-python"
    assert document["trackers"][1]["rate_hz"] is None


def test_a_busy_machine_is_not_called_broken(monkeypatch):
    monkeypatch.setattr(machine, "_ask", lambda _: ("", machine._TOO_LATE))
    (gpu,) = machine.check_gpu()
    assert gpu.state == "missing"
    assert "not found out" in gpu.found


def test_doctor_answers_every_question(capsys):
    assert main(["doctor", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    names = {check["name"] for check in document["checks"]}
    assert {"Python", "numpy", "torch", "GPU", "tracker backend lsl", "free disk here"} <= names
    assert all(check["state"] in ("ok", "missing", "wrong") for check in document["checks"])
    python = next(check for check in document["checks"] if check["name"] == "Python")
    assert python["state"] == "ok"


def test_doctor_says_how_to_mend_what_is_wrong(monkeypatch, capsys):
    monkeypatch.setattr(machine, "MIN_FREE_GB", 1e9)
    monkeypatch.setattr(machine, "CHECKS", (machine.check_files,))
    assert main(["doctor"]) == 0
    assert "free at least 1e+09 GB" in capsys.readouterr().out


def test_a_process_that_dies_is_a_finding_not_a_crash():
    answer, complaint = machine._ask("import sys; sys.exit('no such library')")
    assert (answer, complaint) == ("", "no such library")


@pytest.mark.parametrize("command", ["devices", "doctor", "stream"])
def test_help_has_an_example(command, capsys):
    assert main([command, "--help"]) == 0
    assert f"example: gazeapp {command}" in capsys.readouterr().out


def test_stream_publishes_what_another_program_reads(tmp_path, capsys):
    import numpy as np

    pylsl = pytest.importorskip("pylsl", reason="pylsl is not installed", exc_type=ImportError)
    import cv2

    rng = np.random.default_rng(0)
    cv2.imwrite(str(tmp_path / "a.png"), rng.integers(0, 255, (60, 80, 3), dtype=np.uint8))
    command = ["stream", "--rate", "300", "--name", "a-stream", "--images", str(tmp_path), "--duration", "5"]
    worker = threading.Thread(target=main, args=(command,))
    worker.start()
    found = pylsl.resolve_byprop("name", "a-stream", 1, 5)
    markers = pylsl.resolve_byprop("name", "a-stream_markers", 1, 5)
    inlet = pylsl.StreamInlet(found[0])
    sample, _ = inlet.pull_sample(5)
    inlet.close_stream()
    worker.join()
    assert len(sample) == 6
    assert found[0].nominal_srate() == 300
    assert markers
    assert "samples" in capsys.readouterr().err


def test_a_rate_for_a_recording_is_refused(capsys):
    assert main(["stream", "--device", "replay", "--rate", "100"]) == 2
    assert "--rate" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--duration", "nan"], "--duration nan: must be seconds"),
        (["--duration", "-1"], "--duration -1: must be seconds"),
        (["--name", " "], "--name must not be empty"),
    ],
)
def test_a_stream_that_could_not_end_or_be_found_is_refused(capsys, argv, said):
    assert main(["stream", *argv]) == 2
    assert said in capsys.readouterr().err
