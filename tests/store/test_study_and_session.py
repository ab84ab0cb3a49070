"""Study, session writer and reader together."""

from __future__ import annotations

import contextlib
import errno
import math
import os
import sqlite3
from typing import get_type_hints

import numpy as np
import pytest

from gazeapp.errors import AlreadyExists, ConsentMissing, DiskFull, StoreError, UnsupportedSchema
from gazeapp.gaze.display import Display, StimulusFrame
from gazeapp.gaze.fixations import Fixation
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store import events, schema
from gazeapp.store.embedding import UserEmbedding
from gazeapp.store.events import _classes, decode_event, encode_event
from gazeapp.store.reader import SessionReader
from gazeapp.store.records import (
    CalibrationRow,
    CorrectionRow,
    EmbeddingHistoryRow,
    PredictionRow,
    ProblemRow,
    StimulusRow,
    TrialRow,
    ValidationRow,
)
from gazeapp.store.recovery.session import recover
from gazeapp.store.storage_errors import database_error, disk_error
from gazeapp.store.study import Study, require_pseudonym
from gazeapp.store.write_ahead_log import RESERVE_BYTES
from gazeapp.store.writer import SessionWriter
from tests.fakes import look_at

DISPLAY = Display(width_px=1920, height_px=1080, width_mm=531.36, height_mm=298.89, distance_mm=650)
FRAME = StimulusFrame(
    stimulus_id="ab" * 32,
    image_width_px=800,
    image_height_px=600,
    left_px=240.0,
    top_px=0.0,
    width_px=1440.0,
    height_px=1080.0,
)
EMBEDDING = UserEmbedding(
    vector=(0.6, 0.8), n_pairs=3, spread=0.1, model_name="m", model_sha256="c" * 64, sigma_deg=1.0
)


def gaze(n: int = 240, *, start_s: float = 0.0, seed: int = 1) -> GazeSamples:
    rng = np.random.default_rng(seed)
    left = rng.normal(960, 50, (n, 2))
    left[::7] = np.nan
    return GazeSamples.build(
        start_s + np.arange(n) / 1200,
        eyes="binocular",
        left_px=left,
        right_px=rng.normal(960, 50, (n, 2)),
        left_pupil_mm=rng.normal(3, 0.1, n),
        device_time_s=1000 + np.arange(n) / 1200,
        right_origin_mm=rng.normal(0, 9, (n, 3)),
    )


def assert_same_samples(a: GazeSamples, b: GazeSamples) -> None:
    assert a.eyes == b.eyes
    for name in (
        "time_s",
        "device_time_s",
        "receive_time_s",
        "left_px",
        "right_px",
        "left_valid",
        "right_valid",
        "left_pupil_mm",
        "right_pupil_mm",
        "left_origin_mm",
        "right_origin_mm",
    ):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)


@pytest.fixture
def study(tmp_path):
    with Study.create(tmp_path / "study") as study:
        study.add_participant("P017")
        study.record_consent("P017")
        yield study


@pytest.fixture
def session(study):
    return study.new_session("P017", "pilot")


def test_samples_come_back_bit_for_bit(session):
    samples = gaze()
    with session.writer() as writer:
        for first in range(0, 240, 7):
            writer.write_samples(samples[first : first + 7])
        writer.commit()
        assert writer.n_samples == 240
        assert writer.confirmed
    with session.reader() as reader:
        assert reader.n_samples == 240
        assert_same_samples(reader.samples(), samples)
        assert_same_samples(reader.samples(0.05, 0.1), samples.between(0.05, 0.1))
        assert reader.state == "finished"


def test_a_recording_is_readable_while_it_runs(session):
    with session.writer() as writer:
        writer.write_samples(gaze(10))
        writer.commit()
        with session.reader() as reader:
            assert reader.n_samples == 10
            assert reader.state == "recording"


def test_a_finished_session_is_one_file(session):
    with session.writer() as writer:
        writer.write_samples(gaze())
    assert [path.name for path in session.path.iterdir()] == ["session.sqlite"]


def test_every_record_comes_back_equal(session):
    calibration = CalibrationRow(
        number=1,
        time_s=9.0,
        start_s=1.0,
        status="ok",
        points=({"target_id": 0, "x_px": 1.0, "y_px": 2.0, "n_samples": 40},),
        correction=None,
        residual_left_deg=0.4,
        device_blob=b"\x00\x01",
    )
    validation = ValidationRow(
        time_s=20.0,
        start_s=10.0,
        purpose="validate",
        calibration=1,
        report={"targets": [], "summary": {"accuracy_deg": 0.4}, "verdict": "pass", "reasons": []},
    )
    looks = tuple(Fixation(onset_s=30 + i, duration_s=0.2, x_px=10.5 * i, y_px=math.pi) for i in range(3))
    trial = TrialRow(
        trial=0,
        phase="enrol",
        frame=FRAME,
        shown_s=30.0,
        hidden_s=33.0,
        onset_kind="virtual",
        fixations=looks,
        carried_over=looks[:1],
        n_samples=3600,
        data_loss=0.01,
        timing={"n_late": 0},
    )
    growth = EmbeddingHistoryRow(time_s=33.0, trial=0, n_pairs=1, spread=0.5, vector=(0.6, 0.8))
    problem = ProblemRow(time_s=3.0, kind="gap", message="40 ms missing", gap_s=0.04)
    stimulus = StimulusRow(stimulus_id="ab" * 32, name="a.png", file="ab.png", width_px=8, height_px=6)
    with session.writer() as writer:
        writer.set_meta(
            {
                "display": DISPLAY,
                "weights": {"personal": "ff"},
                "seed": 4,
                "plan": {"name": "pilot"},
            }
        )
        writer.write_calibration(calibration)
        writer.write_validation(validation)
        writer.write_trial(trial)
        writer.write_growth(growth)
        writer.write_problem(problem)
        writer.write_stimulus(stimulus)
    with session.reader() as reader:
        assert reader.display == DISPLAY
        assert reader.meta["seed"] == 4
        assert reader.pseudonym == "P017"
        (found,) = reader.calibrations()
        assert (found.points, found.device_blob, found.residual_left_deg) == (
            calibration.points,
            calibration.device_blob,
            0.4,
        )
        assert math.isnan(found.residual_right_deg)
        assert reader.validations() == [validation]
        assert reader.trials() == [trial]
        assert reader.growth() == [growth]
        assert reader.problems() == [problem]
        assert reader.stimulus_rows() == [stimulus]


def test_predicted_maps_come_back_bit_for_bit(session):
    rng = np.random.default_rng(0)
    universal, personal = (rng.random((60, 80), dtype=np.float32) for _ in range(2))
    with session.writer() as writer:
        for final, own in ((False, None), (True, personal)):
            writer.write_prediction(
                PredictionRow(
                    trial=2,
                    stimulus_id="ab",
                    time_s=4.0,
                    final=final,
                    universal=universal,
                    personal=own,
                    embedding=EMBEDDING if final else None,
                    model_sha256="c" * 64,
                    elapsed_s=0.2,
                )
            )
    with session.reader() as reader:
        (last,) = reader.predictions(final_only=True)
        assert len(list(reader.predictions())) == 2
    assert last.embedding == EMBEDDING
    assert last.universal.tobytes() == universal.tobytes()
    assert last.personal.tobytes() == personal.tobytes()


def _example(kind: type[events.Event]) -> events.Event:
    by_type = {float: 0.125, int: 7, str: "spoke “loudly” µ", bool: True, StimulusFrame: FRAME}
    hints = get_type_hints(kind, vars(events))
    return kind(**{name: by_type.get(hint, "raster") for name, hint in hints.items()})


@pytest.mark.parametrize("kind", _classes(events.Event).values(), ids=lambda kind: kind.__name__)
def test_every_kind_of_event_comes_back_equal(kind):
    event = _example(kind)
    name, payload = encode_event(event)
    assert decode_event(event.time_s, name, payload) == event


def test_events_come_back_in_the_order_in_which_they_were_recorded(session):
    some = [
        events.Note(time_s=0.9, text="b"),
        events.PhaseStarted(time_s=0.2, phase="enrol"),
        events.StimulusShown(time_s=0.6, trial=1, frame=FRAME, onset_kind="swap"),
    ]
    with session.writer() as writer:
        for event in some:
            writer.write_event(event)
    with session.reader() as reader:
        assert reader.events() == some


def test_an_unknown_event_is_refused_by_name():
    kind, payload = encode_event(events.Note(time_s=0.0, text=""))
    with pytest.raises(ValueError, match="Nonsense"):
        decode_event(0.0, "Nonsense", payload)
    with pytest.raises(ValueError, match=kind):
        decode_event(0.0, kind, '{"colour": 3}')


def test_nothing_is_stored_without_consent(tmp_path):
    with Study.create(tmp_path) as study:
        study.add_participant("P1")
        with pytest.raises(ConsentMissing, match="P1"):
            study.new_session("P1", "pilot")
        with pytest.raises(ConsentMissing):
            study.save_embedding("P1", EMBEDDING)
        assert list((tmp_path / "sessions").iterdir()) == []


def test_session_ids_are_unique_and_in_order_of_time(study):
    ids = [study.new_session("P017", "pilot").session_id for _ in range(3)]
    assert len(set(ids)) == 3
    assert ids == sorted(ids)
    assert all(session_id[8] == "T" and "P017" not in session_id for session_id in ids), "names outlive what is erased"
    assert [session.session_id for session in study.sessions("P017")] == ids


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Anna Berg",
        "a@b.de",
        "../x",
        "P 1",
        "-P1",
        "x" * 65,
        "con.txt",
        "CON",
        "1/2",
        "=1+1",
        "P1.",
        "P\u200b1",
        "P\u202e1",
        "ä" * 65,
    ],
)
def test_what_is_no_pseudonym_is_refused(name):
    with pytest.raises(ValueError, match="pseudonym"):
        require_pseudonym(name)


@pytest.mark.parametrize("name", ["P-017", "Ä1", "испытуемый-3", "参加者7", "é" * 64, "a.b", "P_1'"])
def test_any_pseudonym_that_file_systems_bear_is_taken(study, name):
    assert study.add_participant(name).pseudonym == name
    study.record_consent(name)
    session = study.new_session(name, "pilot")
    with session.reader() as reader:
        assert reader.pseudonym == name


def test_one_spelling_of_a_pseudonym_and_none_that_differs_only_in_case(study):
    study.add_participant("Günes")
    assert study.add_participant("Gu\u0308nes").pseudonym == "Günes"
    assert len(study.participants()) == 2
    for name in ("GÜNES", "günes", "p017"):
        with pytest.raises(AlreadyExists, match="upper and lower case"):
            study.add_participant(name)


def test_the_newest_embedding_is_the_one_in_use(study):
    with pytest.raises(StoreError, match="enrol"):
        study.load_embedding("P017")
    study.save_embedding("P017", EMBEDDING)
    newer = UserEmbedding(
        vector=(1.0, 0.0),
        n_pairs=1,
        spread=math.nan,
        model_name="m",
        model_sha256="d",
        sigma_deg=1.0,
    )
    study.save_embedding("P017", newer, session_id="s")
    found = study.load_embedding("P017")
    assert found.vector == (1.0, 0.0)
    assert math.isnan(found.spread)
    assert study.embeddings("P017")[0] == EMBEDDING


def test_a_second_study_in_one_folder_is_refused(study):
    with pytest.raises(AlreadyExists):
        Study.create(study.path)


def test_an_unknown_participant_is_named_with_those_known(study):
    with pytest.raises(StoreError, match="P017"):
        study.load_embedding("P018")


def test_a_newer_schema_is_refused_with_both_numbers(session):
    with session.writer() as writer:
        writer.write_samples(gaze(5))
    with sqlite3.connect(session.database) as db:
        db.execute("PRAGMA user_version = 7")
    db.close()
    with pytest.raises(UnsupportedSchema) as caught:
        SessionReader(session.path)
    assert (caught.value.found, caught.value.supported) == (7, schema.SESSION_SCHEMA)
    with pytest.raises(UnsupportedSchema):
        session.writer()


def test_another_programs_database_is_refused(tmp_path):
    sqlite3.connect(tmp_path / "session.sqlite").execute("CREATE TABLE a (b)").connection.close()
    with pytest.raises(StoreError, match="not one of gazeapp"):
        SessionReader(tmp_path)


def test_a_full_disk_keeps_what_is_there_and_goes_on_when_there_is_space(session):
    writer = session.writer()
    writer.write_samples(gaze(240))
    writer.commit()
    (pages,) = writer._db.execute("PRAGMA page_count").fetchone()
    writer._db.execute(f"PRAGMA max_page_count = {pages + 1}")
    late = gaze(2400, start_s=0.2, seed=2)
    writer.write_samples(late)
    with pytest.raises(DiskFull, match="space"):
        writer.commit()
    assert writer.n_waiting == 2400
    with session.reader() as reader:
        assert reader.n_samples == 240
    writer._db.execute("PRAGMA max_page_count = 100000")
    writer.commit()
    writer.close()
    with session.reader() as reader:
        assert_same_samples(reader.samples(), GazeSamples.concatenate([gaze(240), late]))


def test_a_full_disk_leaves_the_study_as_it_was(study):
    ((pages,),) = study._db.read("PRAGMA page_count")
    study._db.read(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(DiskFull, match=r"study\.sqlite"):
        study.describe_participant("P017", note="long " * 5000)
    study._db.read("PRAGMA max_page_count = 100000")
    study.describe_participant("P017", note="long " * 5000)
    assert study.participant("P017").note.startswith("long long")


def test_rollback_forgets_what_waits(session):
    with session.writer() as writer:
        writer.write_samples(gaze(10))
        writer.rollback()
        writer.write_samples(gaze(20))
    with session.reader() as reader:
        assert reader.n_samples == 20


def test_samples_of_other_eyes_are_refused(session):
    with session.writer() as writer:
        writer.write_samples(gaze(3))
        with pytest.raises(ValueError, match="binocular"):
            writer.write_samples(GazeSamples.build([1.0], eyes="left"))


def test_a_record_that_cannot_be_stored_is_a_value_error_and_costs_nothing_else(session):
    writer = session.writer()
    writer.write_samples(gaze(3))
    writer._put("INSERT INTO problems VALUES (NULL, ?, ?, ?, ?)", (object(), "", "", 0.0))
    with pytest.raises(ValueError, match="cannot be stored"):
        writer.commit()
    writer.rollback()
    writer.write_samples(gaze(4))
    writer.close()
    with SessionReader(session.path) as reader:
        assert reader.n_samples == 4


def test_a_trial_written_again_replaces_its_fixations(session):
    look = Fixation(onset_s=1, duration_s=1, x_px=1, y_px=1)
    trial = TrialRow(
        trial=3,
        phase="enrol",
        frame=FRAME,
        shown_s=1,
        hidden_s=2,
        onset_kind="raster",
        fixations=(look, look),
        carried_over=(),
        n_samples=1,
        data_loss=0,
    )
    with session.writer() as writer:
        writer.write_trial(trial)
        writer.write_trial(trial)
    with session.reader() as reader:
        assert reader.trials() == [trial]


def test_tables_differ_in_their_number_of_columns_or_in_what_a_row_must_hold():
    by_width = {}
    for name, columns in schema.SESSION_TABLES.items():
        by_width.setdefault(len(columns), set()).add(name)
    assert [names for names in by_width.values() if len(names) > 1] == [{"stimuli", "openness"}]
    # what a stimulus has first is a number of its own, and text after it; a time is neither missing nor text
    assert schema.SESSION_TABLES["openness"][0] == "time_s REAL NOT NULL"


def test_a_writer_takes_up_an_interrupted_session_again(session):
    with session.writer() as writer:
        writer.write_samples(gaze(3))
    with SessionWriter(session.database) as writer:
        assert writer.n_samples == 3
        writer.write_samples(gaze(2, start_s=1))
    with session.reader() as reader:
        assert reader.n_samples == 5


@pytest.mark.skipif(os.name == "nt", reason="Windows has a limit of its own")
@pytest.mark.parametrize("n", [2, 3, 25], ids=["longer than 260", "longer than SQLite bears", "longer than any path"])
def test_a_long_path_works_or_is_named_before_anything_is_made(tmp_path, n):
    folder = tmp_path
    for _ in range(n):
        folder = folder / ("d" * (150 if n < 25 else 200))
    if n == 2:
        with Study.create(folder) as study:
            study.add_participant("P1")
            study.record_consent("P1")
            study.new_session("P1", "pilot").reader().close()
        return
    with pytest.raises(StoreError, match="the path is longer"):
        Study.create(folder)
    assert list(tmp_path.iterdir()) == []


def test_a_live_commit_is_one_statement_into_room_that_was_reserved(tmp_path):
    """Each statement costs a wait for the interpreter on a busy machine, and room may be gone on a full disk."""
    statements = []
    with SessionWriter(tmp_path / "session.sqlite") as writer:
        writer.go_live()
        log = tmp_path / "session.sqlite-wal"
        size = log.stat().st_size
        assert size == RESERVE_BYTES
        for first in range(0, 1200, 120):
            writer.write_samples(look_at((400, 300), for_s=1.0).samples(1200)[first : first + 120])
            writer.commit()
            writer._db.set_trace_callback(statements.append)
        assert len(statements) == 9
        assert log.stat().st_size == size
        writer.settle()
    with SessionReader(tmp_path) as reader:
        assert reader.n_samples == 1200
    assert not log.exists()


@contextlib.contextmanager
def files_up_to(n_bytes):
    """No file grows beyond a length, as on a disk that fails; SQLite calls it an I/O error, not a full disk."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_room_that_cannot_be_reserved_is_left_to_others(tmp_path):
    log = tmp_path / "session.sqlite-wal"
    with SessionWriter(tmp_path / "session.sqlite") as writer:
        size = log.stat().st_size
        with files_up_to(RESERVE_BYTES // 4):
            writer.go_live()
        assert log.stat().st_size == size
        writer.write_samples(look_at((400, 300), for_s=1.0).samples(120))
        writer.commit()
        writer.settle()
    with SessionReader(tmp_path) as reader:
        assert reader.n_samples == 120


def test_a_database_into_which_the_log_cannot_be_moved_is_told(tmp_path):
    with SessionWriter(tmp_path / "session.sqlite") as writer:
        writer.go_live()
        writer.write_samples(look_at((400, 300), for_s=10.0).samples(1200))
        writer.commit()
        with files_up_to((tmp_path / "session.sqlite").stat().st_size + 4096), pytest.raises(StoreError, match="I/O"):
            writer.settle()
        writer.settle()
    with SessionReader(tmp_path) as reader:
        assert reader.n_samples == 12_000


def test_what_is_written_is_not_written_again_when_the_disk_does_not_settle(tmp_path, monkeypatch, caplog):
    def fail(_):
        raise OSError(5, "Input/output error")

    with SessionWriter(tmp_path / "session.sqlite") as writer:
        with monkeypatch.context() as broken:
            broken.setattr("gazeapp.store.writer.sync_log", fail)
            writer.write_correction(CorrectionRow(time_s=0.0, from_time_s=0.0, source="none", correction=None))
            writer.commit()
            assert "power cut" in caplog.text
            with pytest.raises(StoreError, match="Input/output"):
                writer.settle()
        writer.commit()
        writer.settle()
    with SessionReader(tmp_path) as reader:
        assert len(reader.corrections()) == 1


def test_the_log_is_moved_every_now_and_then_and_brought_to_the_disk_each_time(tmp_path, monkeypatch):
    """The commit after each move waits for the disk; what `settle` promises, it promises every time."""
    synced, now_s = [], [100.0]
    monkeypatch.setattr("gazeapp.store.writer.sync_log", synced.append)
    monkeypatch.setattr("gazeapp.store.writer.time.monotonic", lambda: now_s[0])
    with SessionWriter(tmp_path / "session.sqlite") as writer:
        writer.go_live()
        synced.clear()
        moves = []
        writer._beside.set_trace_callback(moves.append)
        for _ in range(3):
            writer.settle()
            now_s[0] += 1
        assert (len(synced), len(moves)) == (3, 1)
        now_s[0] += 60
        writer.settle()
        assert len(moves) == 2


def test_a_reader_that_is_open_at_the_end_keeps_what_is_in_the_log_and_no_more(tmp_path):
    path, log = tmp_path / "session.sqlite", tmp_path / "session.sqlite-wal"
    writer = SessionWriter(path)
    writer.go_live()
    writer.write_samples(look_at((400, 300), for_s=1.0).samples(120))
    writer.commit()
    reading = sqlite3.connect(path, isolation_level=None)
    reading.execute("BEGIN")
    assert reading.execute("SELECT count(*) FROM samples").fetchone() == (120,)
    writer.write_samples(look_at((400, 300), for_s=1.0).samples(120)[:60])
    writer.commit()
    writer._db.execute("PRAGMA busy_timeout = 50")
    writer.close()
    assert 0 < log.stat().st_size < RESERVE_BYTES // 16
    assert reading.execute("SELECT count(*) FROM samples").fetchone() == (120,)
    with SessionReader(tmp_path) as reader:
        assert (reader.n_samples, reader.state) == (180, "finished")
    reading.close()
    recover(tmp_path)
    assert not log.exists()
    with SessionReader(tmp_path) as reader:
        assert reader.n_samples == 180


@pytest.mark.parametrize("said", ["disk I/O error", "unable to open database file"])
def test_a_quota_that_is_used_up_is_a_full_disk(tmp_path, monkeypatch, said):
    """SQLite knows one of the two numbers by which a system says that there is no room."""
    error = sqlite3.OperationalError(said)
    assert not isinstance(database_error(error, tmp_path / "session.sqlite"), DiskFull)

    class NoRoom:
        def __init__(self, **_):
            raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr("gazeapp.store.storage_errors.tempfile.TemporaryFile", NoRoom)
    assert isinstance(database_error(error, tmp_path / "session.sqlite"), DiskFull)
    assert isinstance(disk_error(OSError(errno.EDQUOT, "Disk quota exceeded"), tmp_path), DiskFull)
