"""Who can open what is kept of people."""

from __future__ import annotations

import os
import stat
import sys

import pytest

from gazeapp.store.embedding import write_embedding
from gazeapp.store.study import Study
from gazeapp.store.study_place import STUDY_NAME
from tests.store.example_study import EMBEDDING, make_study

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows knows rights, but not these")


@pytest.fixture(params=[0o000, 0o022, 0o277], ids=["umask-000", "umask-022", "umask-277"])
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def open_to_others(folder):
    found = [path for path in (folder, *folder.rglob("*")) if stat.S_IMODE(path.stat().st_mode) & 0o077]
    return [path for path in found if "images" not in path.parts]  # which the example draws beside the study


def test_study_and_sessions_are_open_to_their_owner_alone_whatever_the_umask(tmp_path, umask):
    study, session = make_study(tmp_path / "study")
    with session.reader() as reader:
        assert open_to_others(tmp_path / "study") == [], "while it is open"
        assert reader.n_samples
    study.close()
    assert open_to_others(tmp_path / "study") == []
    assert stat.S_IMODE((tmp_path / "study").stat().st_mode) == 0o700
    assert stat.S_IMODE(session.path.stat().st_mode) == 0o700
    assert stat.S_IMODE(session.database.stat().st_mode) == 0o600


def test_while_recording_no_log_is_open_to_others(tmp_path, umask):
    with Study.create(tmp_path / "study") as study:
        study.add_participant("P017")
        study.record_consent("P017")
        session = study.new_session("P017", "plan")
        with session.writer() as writer:
            writer.set_meta({"seed": 1})
            writer.commit()
            assert {path.name for path in session.path.iterdir()} >= {"session.sqlite-wal", "session.sqlite-shm"}
            assert open_to_others(tmp_path / "study") == []


def test_a_study_of_an_earlier_version_is_closed_to_others_when_it_is_opened(tmp_path):
    Study.create(tmp_path / "study").close()
    (tmp_path / "study" / STUDY_NAME).chmod(0o644)
    Study.open(tmp_path / "study").close()
    assert stat.S_IMODE((tmp_path / "study" / STUDY_NAME).stat().st_mode) == 0o600


def test_embeddings_are_written_for_their_owner_alone(tmp_path):
    before = os.umask(0)
    try:
        write_embedding(EMBEDDING, tmp_path / "e.json")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "e.json").stat().st_mode) == 0o600


def test_a_disk_that_keeps_no_rights_is_told_and_used(tmp_path, caplog, monkeypatch):
    from gazeapp.store import private

    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(private.Path, "chmod", refuse)
    monkeypatch.setattr(private, "_rights", lambda _: 0o777)
    monkeypatch.setattr(private, "_told", set())
    with Study.create(tmp_path / "study") as study:
        study.add_participant("P1")
    assert caplog.text.count("keeps no rights of files: everybody on this computer can open") == 1
    assert "study encrypt" in caplog.text
