"""Erasing a participant leaves nothing of them in the study's folder but a dated record."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from gazeapp.errors import ConsentMissing, StoreError
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store import events
from gazeapp.store.embedding import UserEmbedding
from gazeapp.store.records import EmbeddingHistoryRow, PredictionRow
from gazeapp.store.session_rows import pack_map
from gazeapp.store.study import STUDY_NAME, Study

GAZE_X_PX = 1234.56789012345
VECTOR = (0.123456789012345, 0.987654321098765)


def record(study: Study, pseudonym: str, secret: str, density: np.ndarray) -> None:
    study.add_participant(pseudonym)
    study.record_consent(pseudonym, initials=secret)
    embedding = UserEmbedding(vector=VECTOR, n_pairs=3, spread=0.1, model_name=secret, model_sha256="c", sigma_deg=1.0)
    for _ in range(2):
        session = study.new_session(pseudonym, f"plan-{secret}")
        session.stimuli.folder.mkdir()
        (session.stimuli.folder / "image.png").write_bytes(f"pixels-{secret}".encode())
        with session.writer() as writer:
            gaze = np.full((500, 2), GAZE_X_PX)
            writer.write_samples(GazeSamples.build(np.arange(500) / 500, eyes="left", left_px=gaze))
            writer.write_event(events.Note(time_s=1.0, text=f"note {secret}"))
            writer.write_growth(EmbeddingHistoryRow(time_s=1.0, trial=0, n_pairs=1, spread=0.1, vector=VECTOR))
            writer.write_prediction(
                PredictionRow(
                    trial=0,
                    stimulus_id="a",
                    time_s=1.0,
                    final=True,
                    universal=density,
                    personal=density,
                    embedding=embedding,
                    model_sha256="c",
                    elapsed_s=0.1,
                )
            )
        study.save_embedding(pseudonym, embedding, session_id=session.session_id)


def test_no_byte_of_an_erased_participant_remains(tmp_path):
    density = np.random.default_rng(0).random((40, 50), np.float32)
    with Study.create(tmp_path) as study:
        study.add_participant("P018")
        study.record_consent("P018")
        other = study.new_session("P018", "plan")
        record(study, "P017", "quokka", density)
        erasure = study.erase("P017")
        assert (erasure.n_sessions, erasure.n_embeddings) == (2, 2)
        assert [p.pseudonym for p in study.participants()] == ["P018"]
        assert study.erasures() == [erasure]
        assert other.reader().state == "finished"
    everything = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert {path.name for path in everything} == {STUDY_NAME, "session.sqlite"}
    for needle in (
        b"quokka",
        struct.pack(">d", GAZE_X_PX),
        b"0.123456789012345",
        b"P017",
        pack_map(density)[:32],
        density.tobytes()[:32],
    ):
        assert not [path for path, data in everything.items() if needle in data], needle
    assert [path.name for path in (tmp_path / "sessions").iterdir()] == [other.session_id]


def test_only_the_participant_named_is_erased(tmp_path):
    density = np.ones((4, 5), np.float32)
    with Study.create(tmp_path) as study:
        for pseudonym in ("P1", "P1-2", "Z-P1", "P11"):
            record(study, pseudonym, pseudonym, density)
        study.erase("P1")
        assert len(list((tmp_path / "sessions").iterdir())) == 6
        assert [p.pseudonym for p in study.participants()] == [
            "P1-2",
            "P11",
            "Z-P1",
        ]
        assert all(len(study.sessions(p)) == 2 for p in ("P1-2", "P11", "Z-P1"))


def test_an_erased_pseudonym_is_not_given_to_someone_else(tmp_path):
    with Study.create(tmp_path) as study:
        study.add_participant("P1")
        study.erase("P1")
        with pytest.raises(StoreError, match="erased"):
            study.add_participant("P1")
        with pytest.raises(StoreError, match="was erased on"):
            study.new_session("P1", "plan")


def test_after_withdrawal_nothing_is_stored(tmp_path):
    with Study.create(tmp_path) as study:
        study.add_participant("P1")
        study.record_consent("P1")
        session = study.new_session("P1", "plan")
        assert study.withdraw("P1").reason == "consent withdrawn"
        assert not session.path.exists()
        with pytest.raises((ConsentMissing, StoreError)):
            study.new_session("P1", "plan")


def test_erasing_can_be_repeated_after_files_are_gone(tmp_path):
    with Study.create(tmp_path) as study:
        record(study, "P1", "x", np.ones((4, 5), np.float32))
        for session in study.sessions("P1"):
            for path in sorted(session.path.rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()
            session.path.rmdir()
        assert study.erase("P1").n_sessions == 2
