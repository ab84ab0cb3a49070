"""Erasing a participant leaves nothing of them in the study's folder but a dated record."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from gazeapp.__main__ import main
from gazeapp.errors import ConsentMissing, FolderInUse, StoreError
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store import events
from gazeapp.store.embedding import UserEmbedding
from gazeapp.store.map_bytes import pack_map
from gazeapp.store.participant import fingerprint
from gazeapp.store.records import EmbeddingHistoryRow, PredictionRow
from gazeapp.store.study import Study
from gazeapp.store.study_place import STUDY_NAME
from tests.store.example_study import make_study
from trainer.__main__ import main as trainer_main

pytestmark = pytest.mark.slow

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


def copy_of(study: Study, session, to: str):
    place = study.path / to
    shutil.copytree(session.path, place)
    return place


def test_sessions_are_found_by_their_own_contents(tmp_path):
    with Study.create(tmp_path) as study:
        record(study, "P1", "x", np.ones((4, 5), np.float32))
        record(study, "P2", "y", np.ones((4, 5), np.float32))
        listed, other = study.sessions("P1")[0], study.sessions("P2")[0]
        unlisted = copy_of(study, listed, "sessions/renamed")
        nested = copy_of(study, listed, "old/2025/backup of monday")
        (nested / "session.sqlite").rename(nested / "session.sqlite.bak")
        damaged = copy_of(study, listed, "sessions/damaged")
        content = bytearray((damaged / "session.sqlite").read_bytes())
        content[:100] = bytes(100)
        (damaged / "session.sqlite").write_bytes(content)
        plan = study.plan_erasure("P1")
        assert {unlisted, nested, damaged} <= set(plan.folders)
        assert set(plan.unlisted) == {unlisted, nested, damaged}
        assert study.erase("P1").n_sessions == 5
        assert not any(path.exists() for path in (unlisted, nested, damaged, listed.path))
        assert other.path.is_dir()


def test_a_session_of_which_nobody_can_say_whose_it_is_stays_and_is_named(tmp_path):
    with Study.create(tmp_path) as study:
        record(study, "P1", "x", np.ones((4, 5), np.float32))
        torn = tmp_path / "sessions" / "torn"
        torn.mkdir()
        (torn / "session.sqlite").write_bytes(bytes(5000))
        assert study.plan_erasure("P1").unknown == (torn,)
        study.erase("P1")
        assert torn.exists()


@pytest.mark.parametrize("who", ["P1", "P2"])
def test_study_and_session_that_disagree_are_not_erased(tmp_path, who):
    with Study.create(tmp_path) as study:
        for pseudonym in ("P1", "P2"):
            record(study, pseudonym, pseudonym, np.ones((4, 5), np.float32))
        first = study.sessions("P1")[0]
        shutil.rmtree(first.path)
        shutil.copytree(study.sessions("P2")[0].path, first.path)
        with pytest.raises(StoreError, match="find out whose it is"):
            study.erase(who)
        assert len(study.sessions()) == 4


def test_a_folder_that_also_holds_the_session_of_another_is_not_erased(tmp_path):
    with Study.create(tmp_path) as study:
        for pseudonym in ("P1", "P2"):
            record(study, pseudonym, pseudonym, np.ones((4, 5), np.float32))
        inner = copy_of(study, study.sessions("P2")[0], f"sessions/{study.sessions('P1')[0].session_id}/inner")
        with pytest.raises(StoreError, match="folder of its own"):
            study.erase("P1")
        assert inner.is_dir()
        shutil.copy(study.sessions("P1")[0].database, tmp_path / "session.sqlite")
        with pytest.raises(StoreError):
            study.erase("P1")
        assert len(study.sessions()) == 4


@pytest.mark.skipif(not hasattr(os, "pread"), reason="a file that is open cannot be removed on Windows")
def test_logs_and_journals_are_overwritten_before_they_are_removed(tmp_path):
    """Held open, a file can still be read when its name is gone."""
    held = {}

    def hold(path):
        held[path.name] = os.open(path, os.O_RDONLY)

    study = Study.create(tmp_path)
    record(study, "P1", "quokka", np.random.default_rng(0).random((40, 50), np.float32))
    study.record_consent("P1", initials="quokka")
    hold(tmp_path / f"{STUDY_NAME}-journal")
    session = study.new_session("P1", "plan")
    writer = session.writer()
    writer.write_samples(GazeSamples.build(np.arange(500) / 500, eyes="left", left_px=np.full((500, 2), GAZE_X_PX)))
    writer.commit()
    hold(session.path / "session.sqlite-wal")
    assert struct.pack(">d", GAZE_X_PX) in os.pread(held["session.sqlite-wal"], 1 << 24, 0)
    writer.close()
    hold(session.database)
    study.erase("P1")
    study.close()
    for name, file in held.items():
        content = os.pread(file, 1 << 24, 0)
        os.close(file)
        assert content == bytes(len(content)), name
        assert not any(path.name == name for path in tmp_path.rglob("*-*"))


def test_copies_made_from_a_persons_data_are_listed_until_they_are_erased(tmp_path, capsys):
    study, session = make_study(tmp_path / "study")
    study.close()
    assert main(["export", str(study.path), "--format", "csv", "-o", str(tmp_path / "out")]) == 0
    assert main(["export", str(session.path), "--format", "xdf", "-o", str(study.path / "exports")]) == 0
    assert main(["report", str(session.path)]) == 0
    assert main(["report", str(session.path), "-o", str(tmp_path / "P017.html")]) == 0
    capsys.readouterr()
    assert main(["erase", str(study.path), "--participant", "P017", "--dry-run", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(copy["kind"], copy["place"]) for copy in found["copies"]] == [
        ("csv export", str(tmp_path / "out")),
        ("xdf export", "exports"),
        ("report", str(tmp_path / "P017.html")),
    ]
    assert "personal maps" in found["copies"][2]["holds"]
    assert main(["erase", str(study.path), "--participant", "P017", "--yes"]) == 0
    assert "P017.html" in capsys.readouterr().out
    assert b"P017" not in (study.path / STUDY_NAME).read_bytes()


def test_weights_trained_on_a_person_are_listed(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study, _ = make_study(tmp_path / "study")
    study.close()
    assert trainer_main(["prepare", "sessions", "--root", "study", "-o", "data", "--size", "32x24"]) in (0, None)
    digest = json.loads((tmp_path / "data" / "meta.json").read_text("utf-8"))["sha256"]
    for place, data in (("runs/mine", digest), ("runs/other", "0" * 64), ("far/away/from/here", digest)):
        header = json.dumps({"__metadata__": {"gazeapp": json.dumps({"provenance": {"data": [{"sha256": data}]}})}})
        (tmp_path / place).mkdir(parents=True)
        content = len(header).to_bytes(8, "little") + header.encode()
        (tmp_path / place / "weights.safetensors").write_bytes(content)
    capsys.readouterr()
    command = ["erase", "study", "--participant", "P017", "--dry-run", "--json"]
    assert main(command) == 0
    found = json.loads(capsys.readouterr().out)
    assert [copy["kind"] for copy in found["copies"]] == ["training data"]
    assert found["weights"] == [str(tmp_path / "runs" / "mine" / "weights.safetensors")]
    assert main([*command, "--look-in", "far"]) == 0
    assert len(json.loads(capsys.readouterr().out)["weights"]) == 2
    assert main(command[:-1]) == 0
    assert "cannot forget" in capsys.readouterr().out


def test_erase_asks_before_it_begins(tmp_path, capsys, monkeypatch):
    study, session = make_study(tmp_path)
    study.close()
    command = ["erase", str(tmp_path), "--participant", "P017"]

    class Answer(io.StringIO):
        def isatty(self) -> bool:
            return True

    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for stdin, code in ((io.StringIO("yes\n"), 2), (Answer("no\n"), 1), (Answer(""), 1)):
        monkeypatch.setattr("sys.stdin", stdin)
        assert main(command) == code
        assert capsys.readouterr().err.strip().count("\n") == 0
    assert main([*command, "--dry-run"]) == 0
    assert session.session_id in capsys.readouterr().out
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    monkeypatch.setattr("sys.stdin", Answer("yes\n"))
    assert main(command) == 0
    assert not session.path.exists()


def test_a_fingerprint_is_slow_and_blind_to_case():
    salt = bytes(16)
    begin = time.process_time()
    assert fingerprint("Zoë", salt) == fingerprint("ZOE\u0308", salt)
    assert time.process_time() - begin > 0.04
    assert fingerprint("Zoë", b"another") != fingerprint("Zoë", salt)


@pytest.mark.parametrize(
    ("kdf", "is_known"),
    [("scrypt n=16384 r=8 p=1", True), ("scrypt n=9999999 r=99 p=99", False), ("md5", False)],
    ids=["earlier-cost", "absurd-cost", "unknown"],
)
def test_a_pseudonym_erased_at_another_cost_is_recognised_or_the_row_left_aside(tmp_path, kdf, is_known):
    with Study.create(tmp_path / "study") as study:
        study.add_participant("P018")
        study.erase("P018", reason="asked")
    made = fingerprint("P018", bytes(16), kdf) if is_known else "00"
    with sqlite3.connect(tmp_path / "study" / STUDY_NAME) as connection:
        connection.execute("UPDATE erasures SET kdf = ?, fingerprint_salt = ?, fingerprint = ?", (kdf, "00" * 16, made))
    connection.close()
    with Study.open(tmp_path / "study") as study:
        assert bool(study.was_erased("P018")) == is_known
        assert not study.was_erased("P019")


def test_a_session_that_is_being_recorded_is_not_erased(tmp_path):
    with Study.create(tmp_path) as study:
        record(study, "P1", "x", np.ones((4, 5), np.float32))
        session = study.sessions("P1")[0]
        with session.writer(), pytest.raises(FolderInUse):
            study.erase("P1")
        assert len(study.sessions("P1")) == 2
        assert study.erase("P1").n_sessions == 2


def test_erasing_can_be_repeated_after_files_are_gone(tmp_path):
    with Study.create(tmp_path) as study:
        record(study, "P1", "x", np.ones((4, 5), np.float32))
        for session in study.sessions("P1"):
            for path in sorted(session.path.rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()
            session.path.rmdir()
        assert study.erase("P1").n_sessions == 2


@pytest.mark.slow
def test_no_byte_of_an_erased_person_is_left_on_the_disk():
    program = Path(__file__).parents[1] / "benchmarks" / "erase_image.py"
    done = subprocess.run([sys.executable, str(program), "--quick"], capture_output=True, text=True, timeout=200)
    if done.returncode == 3:
        pytest.skip(done.stdout.strip())
    assert done.returncode == 0, done.stdout + done.stderr
