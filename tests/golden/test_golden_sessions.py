from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from gazeapp.errors import DamagedSession
from gazeapp.runtime.replay import replay, reproduce
from gazeapp.store.reader import SessionReader
from gazeapp.store.writer import SessionWriter
from tests.golden.make_golden import FOLDER, SESSIONS, expected, record

pytestmark = pytest.mark.slow

NAMES = sorted(SESSIONS)


@pytest.fixture(params=NAMES)
def golden(request, tmp_path):
    """A copy of a golden session: opening a database may touch it."""
    shutil.copytree(FOLDER / request.param, tmp_path / request.param)
    return tmp_path / request.param


def test_replay_finds_the_fixations_and_maps_that_were_written_down(golden):
    wanted = json.loads((golden / "expected.json").read_text())
    with SessionReader(golden / "session.sqlite") as reader:
        found = expected(replay(reader))
    assert [t["trial"] for t in found["trials"]] == [t["trial"] for t in wanted["trials"]]
    for trial, other in zip(found["trials"], wanted["trials"], strict=True):
        assert trial["n_samples"] == other["n_samples"]
        assert trial["data_loss"] == pytest.approx(other["data_loss"])
        for key in ("fixations", "carried_over"):
            np.testing.assert_allclose(trial[key], other[key], atol=2e-6)
        np.testing.assert_allclose(trial["map_8x6"], other["map_8x6"], atol=2e-5)


def test_replay_equals_what_the_session_stored(golden):
    with SessionReader(golden / "session.sqlite") as reader:
        result = reproduce(reader)
    assert [trial.trial for trial in result.trials] == [1, 2]
    assert all(trial.n_again == trial.n_stored > 0 for trial in result.trials)
    # another processor may add in another order: to the bit only where it was recorded (next test)
    assert all(trial.largest_shift_px < 1e-9 for trial in result.trials)


@pytest.mark.parametrize("chunk_size", [1, 7, 100, 100_000])
@pytest.mark.parametrize("name", NAMES)
def test_a_session_recorded_here_is_reproduced_to_the_bit_in_any_chunks(name, chunk_size, tmp_path):
    build, algorithm, rate_hz = SESSIONS[name]
    record(build(), algorithm, rate_hz, tmp_path / "session.sqlite")
    with SessionReader(tmp_path / "session.sqlite") as reader:
        result = reproduce(reader, chunk_size)
    assert result.is_exact, result.trials
    assert result.n_samples == len(build())


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_sample_is_noticed(name, tmp_path):
    build, algorithm, rate_hz = SESSIONS[name]
    record(build(), algorithm, rate_hz, tmp_path / "session.sqlite")
    with contextlib.closing(sqlite3.connect(tmp_path / "session.sqlite")) as db, db:
        db.execute("UPDATE samples SET left_x_px = left_x_px + 5 WHERE time_s > 2.5")
    with SessionReader(tmp_path / "session.sqlite") as reader:
        result = reproduce(reader)
    assert not result.is_exact
    assert result.trials[0].fixations_equal
    assert result.trials[1].largest_shift_px > 0.5
    assert not result.is_same


def test_a_session_that_does_not_say_how_it_was_detected_cannot_be_reproduced(tmp_path: Path):
    SessionWriter(tmp_path / "session.sqlite").close()
    with (
        SessionReader(tmp_path / "session.sqlite") as reader,
        pytest.raises(DamagedSession, match="detected"),
    ):
        replay(reader)
