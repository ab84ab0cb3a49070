"""Sessions after a crash: interrupted, cut, overwritten."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gazeapp.errors import DamagedSession, GazeAppError, StoreError, UnsupportedSchema
from gazeapp.gaze.display import StimulusFrame
from gazeapp.gaze.fixations import Fixation
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store import events, schema
from gazeapp.store.reader import SessionReader
from gazeapp.store.records import PredictionRow, TrialRow
from gazeapp.store.recovery.salvage import Salvage
from gazeapp.store.recovery.session import find_gaps, recover
from gazeapp.store.schema import SESSION_TABLES
from gazeapp.store.writer import SessionWriter

pytestmark = pytest.mark.slow

WRITER = """
import sys
from pathlib import Path
import numpy as np
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.writer import SessionWriter
writer = SessionWriter(Path(sys.argv[1]))
writer.set_meta({"tracker": {"rate_hz": 1200.0}, "session_id": "killed"})
n = 0
while True:
    time_s = (n + np.arange(300)) / 1200
    writer.write_samples(GazeSamples.build(time_s, eyes="left", left_px=np.stack([time_s, -time_s], axis=1)))
    writer.commit()
    n += 300
    print(n, flush=True)
"""
FRAME = StimulusFrame(
    stimulus_id="ab" * 32,
    image_width_px=800,
    image_height_px=600,
    left_px=0.0,
    top_px=0.0,
    width_px=800.0,
    height_px=600.0,
)


def gaze(n: int) -> GazeSamples:
    time_s = np.arange(n) / 1200
    return GazeSamples.build(time_s, eyes="left", left_px=np.stack([time_s * 100, 1 / (1 + time_s)], axis=1))


def record(folder, n_trials: int) -> None:
    """A finished session with a bit of everything, 2.5 s for each trial."""
    rng = np.random.default_rng(0)
    with SessionWriter(folder / "session.sqlite") as writer:
        writer.set_meta({"session_id": "S1", "tracker": {"rate_hz": 1200.0}, "seed": 3})
        samples = gaze(3000 * n_trials)
        for trial, first in enumerate(range(0, 3000 * n_trials, 3000)):
            writer.write_samples(samples[first : first + 3000])
            writer.write_event(events.Note(time_s=first / 1200, text=f"trial {trial}"))
            looks = tuple(Fixation(onset_s=first / 1200 + i, duration_s=0.2, x_px=i, y_px=i) for i in range(9))
            writer.write_trial(
                TrialRow(
                    trial=trial,
                    phase="enrol",
                    frame=FRAME,
                    shown_s=first / 1200,
                    hidden_s=first / 1200 + 2,
                    onset_kind="virtual",
                    fixations=looks,
                    carried_over=(),
                    n_samples=3000,
                    data_loss=0.0,
                )
            )
            writer.write_prediction(
                PredictionRow(
                    trial=trial,
                    stimulus_id="ab",
                    time_s=2.0,
                    final=True,
                    universal=rng.random((60, 80), np.float32),
                    personal=None,
                    embedding=None,
                    model_sha256="",
                    elapsed_s=0.1,
                )
            )
            writer.commit()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    record(folder, 8)
    return folder


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    record(folder, 1)
    return folder


@pytest.fixture
def session(whole, tmp_path):
    shutil.copytree(whole, tmp_path / "session")
    return tmp_path / "session"


def test_a_killed_writer_loses_nothing_that_it_committed(tmp_path):
    database = tmp_path / "session.sqlite"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(database)], stdout=subprocess.PIPE, text=True) as process:
        committed = 0
        while committed < 12_000:
            committed = int(process.stdout.readline())
        process.kill()
        committed = max([committed, *(int(line) for line in process.stdout.read().split())])
    recovery = recover(tmp_path)
    assert recovery.was == "interrupted"
    assert recovery.counts["samples"] >= committed
    assert recovery.is_whole
    assert recovery.gaps == ()
    assert recovery.n_expected_samples == recovery.counts["samples"]
    with SessionReader(tmp_path) as reader:
        samples = reader.samples()
        assert reader.state == "recovered"
    np.testing.assert_array_equal(samples.time_s, np.arange(len(samples)) / 1200)
    assert [path.name for path in tmp_path.iterdir()] == ["session.sqlite"]
    assert recover(tmp_path).was == "recovered"


def test_a_finished_session_is_only_looked_at(session):
    before = (session / "session.sqlite").read_bytes()
    recovery = recover(session)
    assert recovery.was == "finished"
    assert recovery.counts["trials"] == 8
    assert (session / "session.sqlite").read_bytes() == before


def n_samples_in(database, n_pages: int) -> int:
    """Samples on the first pages of a file, as SQLite itself counts them."""
    leaves = "SELECT sum(ncell) FROM dbstat WHERE name = 'samples' AND pagetype = 'leaf' AND pageno <= ?"
    with contextlib.closing(sqlite3.connect(database)) as connection:
        try:
            return connection.execute(leaves, (n_pages,)).fetchone()[0]
        except sqlite3.OperationalError:
            pytest.skip("this SQLite does not count by the page (dbstat)")


@pytest.mark.parametrize("kept", [0.9, 0.5, 0.2])
def test_a_cut_file_gives_back_all_that_is_left_and_counts_what_is_not(session, whole, kept):
    database = session / "session.sqlite"
    data = database.read_bytes()
    database.write_bytes(data[: int(kept * len(data))])
    recovery = recover(session)
    assert recovery.was == "damaged"
    assert not recovery.is_whole
    assert recovery.n_pages_found == int(kept * len(data)) // 4096
    assert recovery.n_pages_expected == len(data) // 4096
    assert recovery.counts["samples"] == n_samples_in(whole / "session.sqlite", recovery.n_pages_found)
    assert (session / recovery.kept_as).stat().st_size == int(kept * len(data))
    with SessionReader(session) as reader, SessionReader(whole) as original:
        assert reader.meta["seed"] == 3
        found, all_samples = reader.samples(), original.samples()
        index = np.searchsorted(all_samples.time_s, found.time_s)
        np.testing.assert_array_equal(all_samples.time_s[index], found.time_s)
        np.testing.assert_array_equal(all_samples.left_px[index], found.left_px)
        expected = {trial.trial: trial for trial in original.trials()}
        for trial in reader.trials():
            assert {f.onset_s for f in trial.fixations} <= {f.onset_s for f in expected[trial.trial].fixations}
        maps = {p.trial: p.universal.tobytes() for p in original.predictions()}
        for prediction in reader.predictions():
            assert prediction.universal.tobytes() == maps[prediction.trial]


def test_a_destroyed_stretch_costs_only_the_rows_in_it(session):
    database = session / "session.sqlite"
    data = bytearray(database.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 10 * 4096] = bytes(10 * 4096)
    database.write_bytes(data)
    recovery = recover(session)
    lost = recovery.n_lost["samples"]
    assert 0 < lost < 10 * 4096 // 30
    assert recovery.counts["samples"] == 24000 - lost
    assert sum(gap.n_missing for gap in recovery.gaps) == lost


def test_a_destroyed_header_does_not_cost_the_samples(session):
    database = session / "session.sqlite"
    data = bytearray(database.read_bytes())
    data[:4096] = bytes(4096)
    database.write_bytes(data)
    with pytest.raises(DamagedSession, match="recover"):
        SessionReader(session)
    recovery = recover(session)
    assert recovery.counts["samples"] == 24000
    assert recovery.counts["fixations"] == 72


def n_samples_found(path) -> int:
    with Salvage(path, SESSION_TABLES) as found:
        return len({number for table, number, _ in found.rows() if table == "samples"})


def test_the_log_of_a_damaged_file_is_used(tmp_path):
    writer = SessionWriter(tmp_path / "session.sqlite")
    writer._db.execute("PRAGMA wal_autocheckpoint = 0")
    samples = gaze(3000)
    for first in range(0, 3000, 300):
        writer.write_samples(samples[first : first + 300])
        writer.commit()
    broken = tmp_path / "copy"
    broken.mkdir()
    for path in tmp_path.glob("session.sqlite*"):
        shutil.copy(path, broken)
    writer.close()
    (broken / "session.sqlite").write_bytes(b"\xff" * 8192)
    (broken / "session.sqlite-shm").unlink(missing_ok=True)
    assert n_samples_found(broken / "session.sqlite") == 3000
    log = broken / "session.sqlite-wal"
    log.write_bytes(log.read_bytes()[: log.stat().st_size * 2 // 3])
    assert 1200 < n_samples_found(broken / "session.sqlite") < 3000


def test_a_cut_log_keeps_whole_transactions(tmp_path):
    writer = SessionWriter(tmp_path / "session.sqlite")
    for first in range(0, 3000, 300):
        writer.write_samples(gaze(3000)[first : first + 300])
        writer.commit()
    broken = tmp_path / "copy"
    broken.mkdir()
    for path in tmp_path.glob("session.sqlite*"):
        shutil.copy(path, broken)
    writer.close()
    (broken / "session.sqlite-shm").unlink()
    log = broken / "session.sqlite-wal"
    log.write_bytes(log.read_bytes()[: log.stat().st_size // 2])
    recovery = recover(broken)
    assert recovery.was == "interrupted"
    assert recovery.counts["samples"] % 300 == 0
    assert 0 < recovery.counts["samples"] < 3000


def test_nothing_is_said_plainly(tmp_path):
    with pytest.raises(StoreError, match="no session here"):
        recover(tmp_path)
    (tmp_path / "session.sqlite").write_bytes(b"")
    with pytest.raises(DamagedSession, match="empty"):
        recover(tmp_path)
    (tmp_path / "session.sqlite").write_bytes(b"hello" * 5000)
    with pytest.raises(DamagedSession, match="nothing of a session"):
        recover(tmp_path)
    assert (tmp_path / "session.sqlite").read_bytes() == b"hello" * 5000


def test_a_session_of_an_older_version_is_brought_up_to_date(session, monkeypatch):
    def add_colour(connection):
        connection.execute("ALTER TABLE problems ADD COLUMN colour TEXT")

    newer = schema.SESSION_SCHEMA + 1
    monkeypatch.setattr(schema, "SESSION_SCHEMA", newer)
    monkeypatch.setattr(schema, "OLDEST_SESSION_SCHEMA", newer)
    with pytest.raises(UnsupportedSchema, match="recover"):
        SessionReader(session)
    with pytest.raises(UnsupportedSchema):
        recover(session)
    monkeypatch.setattr(schema, "SESSION_MIGRATIONS", {newer - 1: add_colour})
    assert recover(session).was == "finished"
    with SessionReader(session) as reader:
        assert reader.n_samples == 24000


def test_gaps_are_counted_in_samples_of_the_nominal_rate():
    time_s = np.concatenate([np.arange(100), 150 + np.arange(100)]) / 100
    gaps, n_expected = find_gaps(time_s, 100.0)
    assert [(gap.start_s, gap.stop_s, gap.n_missing) for gap in gaps] == [(0.99, 1.5, 50)]
    assert n_expected == 250
    assert find_gaps(time_s, None)[1] == 250


def _read_everything(path):
    with SessionReader(path) as reader:
        for read in (
            lambda: reader.meta,
            reader.counts,
            reader.samples,
            reader.events,
            reader.trials,
            reader.calibrations,
            reader.validations,
            reader.corrections,
            reader.growth,
            reader.problems,
            reader.stimulus_rows,
            lambda: list(reader.predictions()),
            lambda: reader.display,
            lambda: reader.eyes,
            reader.passes_check,
        ):
            try:
                read()
            except GazeAppError:
                continue


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    holes=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=64)),
        min_size=1,
        max_size=30,
    ),
    kept=st.one_of(st.just(1.0), st.floats(0.0, 1.0)),
)
def test_damage_of_any_kind_raises_only_typed_errors(small, tmp_path, holes, kept):
    data = bytearray((small / "session.sqlite").read_bytes())
    for where, value in holes:
        start = int(where * where * len(data))  # more of it at the front, where the structure is
        data[start : start + len(value)] = value
    folder = tmp_path / "fuzz"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "session.sqlite").write_bytes(data[: int(kept * len(data))])
    with contextlib.suppress(GazeAppError):
        _read_everything(folder)
    with contextlib.suppress(GazeAppError):
        recover(folder)
        _read_everything(folder)


def test_a_session_that_ended_before_its_plan_says_why(tmp_path):
    lost = "The tracker was lost: cable. It did not come back within 30 s"
    with SessionWriter(tmp_path / "session.sqlite") as writer:
        writer.set_meta({"session_id": "one"})
        writer.write_event(events.StateChanged(time_s=1.0, old="running", new="paused", reason="cough"))
        writer.write_event(events.StateChanged(time_s=2.0, old="paused", new="finished", reason=lost))
    found = recover(tmp_path)
    assert found.was == "finished"
    assert found.ended_by == lost


def test_a_session_that_came_to_the_end_of_its_plan_names_no_reason(session):
    assert recover(session).ended_by == ""
