"""participants, erase and recover on the command line."""

from __future__ import annotations

import json

import numpy as np
import pytest

from gazeapp.__main__ import main
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.events import StateChanged
from gazeapp.store.study import Study
from gazeapp.store.writer import SessionWriter

pytestmark = pytest.mark.slow


@pytest.fixture
def session(tmp_path):
    with Study.create(tmp_path / "study") as study:
        study.add_participant("P017")
        study.record_consent("P017")
        study.add_participant("P018")
        session = study.new_session("P017", "pilot")
    with session.writer() as writer:
        time_s = np.concatenate([np.arange(300), 350 + np.arange(300)]) / 300
        writer.set_meta({"tracker": {"rate_hz": 300.0}})
        writer.write_samples(GazeSamples.build(time_s, eyes="left", left_px=np.ones((600, 2))))
    return session


def test_participants_are_listed(session, tmp_path, capsys):
    assert main(["participants", str(tmp_path / "study"), "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)["participants"]
    assert (first["pseudonym"], first["sessions"]) == ("P017", [session.session_id])
    assert second["consented_utc"] is None
    assert main(["participants", str(tmp_path / "study")]) == 0
    assert "no consent" in capsys.readouterr().out


def test_a_folder_without_a_study_is_one_line(tmp_path, capsys):
    assert main(["participants", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "study.sqlite is missing" in error


def test_erase_removes_and_says_so(session, tmp_path, capsys):
    assert main(["erase", str(tmp_path / "study"), "--participant", "P017", "--yes"]) == 0
    assert "erased 1 sessions" in capsys.readouterr().out
    assert not session.path.exists()
    assert main(["erase", str(tmp_path / "study"), "--participant", "P017", "--yes"]) == 2
    assert "was erased on" in capsys.readouterr().err
    assert main(["erase", str(tmp_path / "study"), "--participant", "Anna"]) == 2
    assert "P018" in capsys.readouterr().err


def test_recover_lists_gaps(session, capsys):
    assert main(["recover", str(session.path)]) == 0
    out = capsys.readouterr().out
    assert "finished normally" in out
    assert "600 samples of 650 expected" in out
    assert "(50 samples)" in out
    assert main(["recover", str(session.path), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["is_whole"] is True
    assert document["gaps"][0]["n_missing"] == 50


def test_recover_rebuilds_a_cut_session(session, capsys):
    data = session.database.read_bytes()
    session.database.write_bytes(data[: len(data) - 8192])
    assert main(["recover", str(session.path)]) == 0
    out = capsys.readouterr().out
    assert "session.sqlite.damaged" in out
    assert "the file ends early" in out
    with session.reader() as reader:
        assert reader.n_samples > 200


def test_recover_of_nothing_is_one_line(tmp_path, capsys):
    assert main(["recover", str(tmp_path / "nowhere")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_recover_says_when_a_session_ended_before_its_plan(tmp_path, capsys):
    with SessionWriter(tmp_path / "session.sqlite") as writer:
        writer.set_meta({"session_id": "one"})
        writer.write_event(StateChanged(time_s=2.0, old="paused", new="finished", reason="The tracker was lost."))
    assert main(["recover", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "finished normally" not in out
    assert "ended before its plan did (The tracker was lost); nothing was changed." in out
