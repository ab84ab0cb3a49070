"""Studies encrypted at rest: whole or not at all, bound to whose they are, and everything works with the passphrase."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gazeapp.__main__ import main
from gazeapp.errors import DamagedSession, DiskFull, FolderInUse, StoreError, StudyLocked
from gazeapp.experiment.study_merge import merge_study
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store import recalibration, sealed_file, shredding, study_key
from gazeapp.store.folder_lock import LOCK_NAME, FolderLock
from gazeapp.store.reader import SessionReader
from gazeapp.store.recovery.session import recover
from gazeapp.store.sealed_file import SEALED_NAME, WorkingCopy, header_of
from gazeapp.store.study import Study
from gazeapp.store.study_encryption import decrypt_study, encrypt_study
from gazeapp.store.study_transfer import copy_study
from tests.store.example_study import EMBEDDING, make_study, record_session
from trainer.__main__ import main as trainer_main

WORDS = "four words no sentence"


@pytest.fixture(autouse=True)
def cheap_and_forgotten(monkeypatch):
    """A passphrase costs half a second on purpose; nobody is asked, and nothing is known from another test."""
    monkeypatch.setattr(study_key, "_COST", {"n": 1 << 8, "r": 8, "p": 1})
    monkeypatch.delenv(study_key.PASSPHRASE_VARIABLE, raising=False)
    study_key._opened.clear()
    study_key.ask_with(None)
    yield
    study_key._opened.clear()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A study with one finished session, made once."""
    folder = tmp_path_factory.mktemp("made") / "study"
    study, _ = make_study(folder)
    study.close()
    return folder


@pytest.fixture
def plain(made, tmp_path):
    """A copy of it, and its session."""
    shutil.copytree(made, tmp_path / "study")
    with Study.open(tmp_path / "study") as study:
        (session,) = study.sessions()
    return tmp_path / "study", session


@pytest.fixture
def encrypted(plain):
    """The same encrypted and locked, its session, and what was in it."""
    study, session = plain
    with SessionReader(session.path) as reader:
        samples, dump = reader.samples(), dumped(session.database)
    encrypt_study(study, WORDS)
    study_key.lock(study)
    return study, session, samples, dump


def dumped(database):
    with sqlite3.connect(database) as connection:
        rows = "\n".join(connection.iterdump())
    connection.close()
    return rows


def every_byte(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_nothing_of_gaze_maps_or_embeddings_is_plain_in_an_encrypted_study(encrypted):
    study, session, samples, _ = encrypted
    assert [path.name for path in session.path.iterdir() if path.is_file()] == [SEALED_NAME]
    content = every_byte(study)
    for number in (samples.left_px[17, 0], samples.device_time_s[40], EMBEDDING.vector[2]):
        assert np.float64(number).tobytes()[::-1] not in content
        assert repr(float(number)).encode() not in content
    assert b"CREATE TABLE samples" not in content
    if os.name == "posix":
        assert stat.S_IMODE((session.path / SEALED_NAME).stat().st_mode) == 0o600
        assert stat.S_IMODE((study / study_key.KEY_NAME).stat().st_mode) == 0o600


def test_without_the_passphrase_nothing_opens_and_the_lists_still_do(encrypted):
    study, session, _, _ = encrypted
    with pytest.raises(StudyLocked, match="GAZEAPP_PASSPHRASE"):
        SessionReader(session.path)
    with pytest.raises(StudyLocked, match="not the passphrase"):
        study_key.unlock(study, "another one altogether")
    with Study.open(study) as opened:
        assert [p.pseudonym for p in opened.participants()] == ["P017"]
        assert opened.session_records()[0].session_id == session.session_id
        with pytest.raises(StudyLocked):
            opened.load_embedding("P017")
        with pytest.raises(StudyLocked):  # nothing would be recorded that could not be encrypted
            opened.new_session("P017", "pilot")
    assert len(list((study / "sessions").iterdir())) == 1


def test_with_it_the_session_and_the_embedding_are_what_they_were(encrypted):
    study, session, samples, _ = encrypted
    study_key.unlock(study, WORDS)
    with SessionReader(session.path) as reader:
        found, copy = reader.samples(), reader.file
        assert copy.parent != session.path
        if os.name == "posix":
            assert stat.S_IMODE(copy.stat().st_mode) == 0o600
            assert stat.S_IMODE(copy.parent.stat().st_mode) == 0o700
        assert reader.path == session.database
    assert not copy.parent.exists()
    for name in ("time_s", "left_px", "right_px", "left_pupil_mm", "device_time_s"):
        assert np.array_equal(getattr(found, name), getattr(samples, name), equal_nan=True)
    with Study.open(study) as opened:
        assert opened.load_embedding("P017") == EMBEDDING
    decrypt_study(study)
    assert not (study / study_key.KEY_NAME).exists()
    with Study.open(study) as opened:
        assert opened.load_embedding("P017") == EMBEDDING


def test_decrypting_gives_the_database_back_to_the_byte(encrypted):
    study, session, _, dump = encrypted
    study_key.unlock(study, WORDS)
    decrypt_study(study)
    assert dumped(session.database) == dump


@pytest.mark.parametrize("damage", ["flip", "cut", "longer", "header", "swap"])
def test_a_changed_file_is_refused_whatever_was_changed(damage, encrypted):
    study, session, _, _ = encrypted
    study_key.unlock(study, WORDS)
    sealed = session.path / SEALED_NAME
    data = bytearray(sealed.read_bytes())
    match damage:
        case "flip":
            data[-5] ^= 1
        case "cut":
            data = data[: len(data) // 2]
        case "longer":
            data += b"x"
        case "header":
            data = data.replace(b"P017", b"P018")
        case "swap":
            chunk = 1 << 20
            first = data.index(b"}") + 1
            if len(data) > first + 2 * (chunk + 16):
                data[first : first + chunk + 16], data[first + chunk + 16 : first + 2 * (chunk + 16)] = (
                    data[first + chunk + 16 : first + 2 * (chunk + 16)],
                    data[first : first + chunk + 16],
                )
            else:
                data[first], data[first + 1] = data[first + 1], data[first] ^ 1
    sealed.write_bytes(data)
    with pytest.raises(DamagedSession, match=r"encrypted|changed"):
        SessionReader(session.path)
    with pytest.raises(DamagedSession):
        recover(session.path)
    assert sealed.read_bytes() == data


def test_an_embedding_moved_to_another_person_is_refused(encrypted):
    study, *_ = encrypted
    study_key.unlock(study, WORDS)
    with Study.open(study) as opened:
        opened.add_participant("P018")
        opened._db.write("UPDATE embeddings SET pseudonym = 'P018'")
        with pytest.raises(DamagedSession, match="not theirs"):
            opened.load_embedding("P018")


def test_what_is_recorded_into_an_encrypted_study_is_encrypted_when_it_closes_and_can_be_gone_on_with(encrypted):
    study, _, _, _ = encrypted
    study_key.unlock(study, WORDS)
    with Study.open(study) as opened:
        session = opened.new_session("P017", "pilot")
        record_session(session)
        assert not session.database.exists()
        assert (session.path / SEALED_NAME).exists()
        with session.reader() as reader:
            n = reader.n_samples
        again = opened.open_again(session.session_id)
        with again.writer() as writer:
            assert again.database.exists()
            assert not (session.path / SEALED_NAME).exists()
            time_s = 1000 + np.arange(10) / 300
            points = np.full((10, 2), 500.0)
            writer.write_samples(
                GazeSamples.build(time_s, eyes="binocular", left_px=points, right_px=points, device_time_s=time_s)
            )
        with again.reader() as reader:
            assert reader.n_samples == n + 10
        assert not session.database.exists()


def test_a_full_disk_or_a_stop_leaves_the_plain_session_whole(plain, monkeypatch):
    study, session = plain
    before = session.database.read_bytes()

    def no_space(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sealed_file.os, "fsync", no_space)
    with pytest.raises(DiskFull):
        sealed_file.seal(session.database, study_key.StudyKey(key_id="0" * 16, secret=bytes(32)), "S", "P017")
    monkeypatch.undo()
    assert session.database.read_bytes() == before
    assert [path.name for path in session.path.iterdir() if path.is_file()] == [session.database.name]
    monkeypatch.setattr(sealed_file, "shred_file", lambda _path: (_ for _ in ()).throw(KeyboardInterrupt))
    monkeypatch.setattr(study_key, "_COST", {"n": 1 << 8, "r": 8, "p": 1})
    with pytest.raises(KeyboardInterrupt):
        encrypt_study(study, WORDS)
    monkeypatch.undo()
    with SessionReader(session.path) as reader:  # both are there: the plain one counts
        assert reader.file == session.database
    assert encrypt_study(study, "").n_sessions == 1
    assert not session.database.exists()


def test_a_stop_while_the_plain_session_is_overwritten_leaves_the_sealed_one_in_force(plain, monkeypatch):
    study, session = plain
    with SessionReader(session.path) as reader:
        n_samples = reader.n_samples

    def stopped(path):
        path.write_bytes(bytes(path.stat().st_size // 2))
        raise KeyboardInterrupt

    monkeypatch.setattr(shredding, "overwrite", stopped)
    monkeypatch.setattr(study_key, "_COST", {"n": 1 << 8, "r": 8, "p": 1})
    with pytest.raises(KeyboardInterrupt):
        encrypt_study(study, WORDS)
    monkeypatch.undo()
    assert not session.database.exists()
    with SessionReader(session.path) as reader:
        assert reader.n_samples == n_samples
    assert {path.name for path in session.path.iterdir() if path.is_file()} == {SEALED_NAME}


def test_a_session_that_somebody_reads_is_not_sealed_without_its_log(plain, monkeypatch):
    study, session = plain
    monkeypatch.setattr(study_key, "_COST", {"n": 1 << 8, "r": 8, "p": 1})
    with sqlite3.connect(session.database) as writing:
        writing.execute("PRAGMA journal_mode = WAL")
        writing.execute("INSERT INTO meta (key, value) VALUES ('added', '1')")
    reading = sqlite3.connect(session.database, isolation_level=None)
    reading.execute("BEGIN")
    reading.execute("SELECT * FROM meta").fetchall()
    writing.close()
    with pytest.raises(StoreError, match="in use by another program"):
        encrypt_study(study, WORDS)
    assert session.database.exists()
    reading.close()
    encrypt_study(study, "")
    with SessionReader(session.path) as reader:
        assert reader.meta["added"] == 1


def test_an_interrupted_session_stays_plain_and_is_named_and_a_recovery_encrypts_it(plain):
    study, session = plain
    with sqlite3.connect(session.database) as connection:
        connection.execute("UPDATE meta SET value = '\"recording\"' WHERE key = 'state'")
    connection.close()
    assert encrypt_study(study, WORDS).plain == (session.session_id,)
    assert recover(session.path).was == "interrupted"
    assert not session.database.exists()
    found = recover(session.path)
    assert found.was == "recovered"
    assert found.counts["samples"]


def test_erasing_needs_no_key_also_for_what_the_study_does_not_list(encrypted):
    study, session, _, _ = encrypted
    other = study / "put-aside"
    other.mkdir()
    (other / SEALED_NAME).write_bytes((session.path / SEALED_NAME).read_bytes())
    assert header_of(other / SEALED_NAME)["pseudonym"] == "P017"
    with Study.open(study) as opened:
        plan = opened.plan_erasure("P017")
        assert set(plan.folders) == {session.path, other}
        opened.erase("P017")
    assert not session.path.exists()
    assert not other.exists()
    assert b"P017" not in every_byte(study)


def test_copies_open_with_the_same_passphrase_and_a_merge_changes_the_key(encrypted, tmp_path):
    study, session, samples, _ = encrypted
    copy = copy_study(study, tmp_path / "copy")
    study_key.unlock(copy, WORDS)
    with Study.open(copy) as opened, opened.session(session.session_id).reader() as reader:
        assert reader.n_samples == len(samples)
    into = tmp_path / "into"
    Study.create(into).close()
    encrypt_study(into, "the other one of them")
    study_key.lock(into)
    study_key.lock(study)
    with pytest.raises(StudyLocked):
        merge_study(into, study)
    study_key.unlock(study, WORDS)
    study_key.unlock(into, "the other one of them")
    merge_study(into, study, renamed={"P017": "P117"})
    study_key.lock(study)
    study_key.lock(into)
    study_key.unlock(into, "the other one of them")
    with Study.open(into) as opened:
        assert opened.load_embedding("P117") == EMBEDDING
        (merged,) = opened.sessions()
        assert not merged.database.exists()
        with merged.reader() as reader:
            assert reader.n_samples == len(samples)


def test_another_passphrase_opens_the_same_data_and_the_old_one_does_not(encrypted):
    study, session, _, _ = encrypted
    study_key.unlock(study, WORDS)
    with pytest.raises(StudyLocked, match="at least"):
        study_key.change_passphrase(study, "short")
    study_key.change_passphrase(study, "another good passphrase")
    study_key.lock(study)
    with pytest.raises(StudyLocked):
        study_key.unlock(study, WORDS)
    study_key.unlock(study, "another good passphrase")
    SessionReader(session.path).close()


@pytest.mark.parametrize(
    "change",
    [{"n": 1 << 30}, {"salt": "zz"}, {"wrapped": "00"}, {"kdf": "none"}, {"schema": 2}, {"key_id": 7}, {"p": 10**9}],
    ids=lambda change: next(iter(change)),
)
def test_a_key_file_of_others_costs_nothing_and_is_refused(change, encrypted):
    study, session, _, _ = encrypted
    file = study / study_key.KEY_NAME
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(DamagedSession, match="restore the file"):
        study_key.unlock(study, WORDS)
    with pytest.raises(DamagedSession):
        SessionReader(session.path)


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_the_copy_of_a_killed_reader_is_removed_by_the_next_one(encrypted, tmp_path, monkeypatch):
    study, session, _, _ = encrypted
    code = (
        "import os, sys; from pathlib import Path; from gazeapp.store import study_key, sealed_file\n"
        f"sealed_file._MEMORY = Path({str(tmp_path / 'memory')!r})\n"
        f"study_key.unlock(Path({str(study)!r}), {WORDS!r})\n"
        f"copy = sealed_file.WorkingCopy(Path({str(session.database)!r})); print(copy.path, flush=True)\n"
        "os.kill(os.getpid(), 9)"
    )
    (tmp_path / "memory").mkdir()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    left = Path(done.stdout.strip())
    assert left.exists()
    study_key.unlock(study, WORDS)
    monkeypatch.setattr(sealed_file, "_MEMORY", tmp_path / "memory")
    monkeypatch.setattr(sealed_file, "_MAKING_S", -1.0)
    monkeypatch.delattr(os, "getuid")  # as on Windows
    in_use = WorkingCopy(session.database)
    assert not left.exists()
    WorkingCopy(session.database).close()
    assert in_use.path.exists()
    in_use.close()
    assert not list((tmp_path / "memory").iterdir())


@pytest.mark.skipif(os.name == "nt", reason="Windows can lock every disk")
def test_where_nothing_can_be_locked_a_copy_in_use_stays_and_that_of_a_killed_reader_goes(
    encrypted, tmp_path, monkeypatch
):
    import fcntl

    def cannot_lock(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    study, session, _, _ = encrypted
    study_key.unlock(study, WORDS)
    (tmp_path / "memory").mkdir()
    monkeypatch.setattr(sealed_file, "_MEMORY", tmp_path / "memory")
    monkeypatch.setattr(sealed_file, "_MAKING_S", -1.0)
    monkeypatch.setattr(fcntl, "flock", cannot_lock)
    in_use = WorkingCopy(session.database)
    gone = WorkingCopy(session.database)
    lock = gone.path.parent / LOCK_NAME
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    lock.write_text(json.dumps(json.loads(lock.read_text()) | {"pid": int(ended.stdout)}))
    WorkingCopy(session.database).close()
    assert in_use.path.exists()
    assert not gone.path.exists()
    in_use.close()


def test_decrypting_leaves_no_sealed_file_beside_a_plain_one(encrypted):
    study, session, _, _ = encrypted
    study_key.unlock(study, WORDS)
    sealed = session.path / SEALED_NAME
    before = sealed.read_bytes()
    session.writer().close(state="recording")
    sealed.write_bytes(before)  # as a stop in the middle of sealing leaves it
    decrypt_study(study)
    assert session.database.is_file()
    assert not sealed.exists()


def test_a_session_that_somebody_holds_is_not_decrypted(encrypted):
    study, session, _, _ = encrypted
    study_key.unlock(study, WORDS)
    with FolderLock(session.path), pytest.raises(FolderInUse):
        session.writer()
    assert not session.database.exists()
    assert (session.path / SEALED_NAME).is_file()


def test_what_went_wrong_first_is_told_when_a_session_cannot_be_sealed_again(encrypted, monkeypatch):
    study, session, _, _ = encrypted
    study_key.unlock(study, WORDS)

    def fail(*_):
        raise DiskFull("no space", path=session.database)

    monkeypatch.setattr(recalibration, "seal", fail)
    monkeypatch.setattr(recalibration.schema, "migrate", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        recalibration.undo_recalibration(session.path)


def test_the_trainer_says_in_one_line_where_a_passphrase_is_wanted(encrypted, tmp_path, capsys):
    study, _, _, _ = encrypted
    command = ["prepare", "sessions", "--root", str(study), "-o", str(tmp_path / "data")]
    study_key.ask_with(None)
    assert trainer_main(command) == 2
    said = capsys.readouterr().err
    assert "GAZEAPP_PASSPHRASE" in said
    assert said.count("\n") == 1


@pytest.mark.slow
def test_commands_work_with_the_passphrase_from_the_environment(plain, tmp_path, monkeypatch, capsys):
    study, session = plain
    folder = str(study)
    assert main(["study", "encrypt", folder]) == 2
    assert "GAZEAPP_PASSPHRASE" in capsys.readouterr().err
    monkeypatch.setenv("GAZEAPP_PASSPHRASE", WORDS)
    assert main(["study", "encrypt", folder]) == 0
    assert "by anybody" in capsys.readouterr().out
    study_key.lock(study)
    for command in (
        ["recover", str(session.path)],
        ["report", str(session.path), "-o", str(tmp_path / "r.html")],
        ["export", folder, "--format", "csv", "-o", str(tmp_path / "csv")],
        ["participants", folder],
        ["study", "backup", folder, str(tmp_path / "backups")],
    ):
        assert main(command) in (0, 1), (command, capsys.readouterr())
        assert not session.database.exists()
    monkeypatch.setenv("GAZEAPP_PASSPHRASE", "not the passphrase")
    study_key.lock(study)
    capsys.readouterr()
    assert main(["export", folder, "--format", "csv", "-o", str(tmp_path / "csv2")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert main(["erase", folder, "--participant", "P017", "--yes"]) == 0
    monkeypatch.setenv("GAZEAPP_PASSPHRASE", WORDS)
    assert main(["study", "decrypt", folder]) == 0
