"""Samples read by the page are those that SQLite gives, in every state of a session's file."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gazeapp.errors import DamagedSession
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store import reader as reader_module
from gazeapp.store.reader import SessionReader
from gazeapp.store.sample_pages import NotPlain, read_rows
from gazeapp.store.schema import SAMPLE_COLUMNS
from gazeapp.store.writer import SessionWriter

NUMBERS = st.sampled_from(
    [
        0.0,
        1.0,
        -1.0,
        127.0,
        -128.0,
        1000.0,
        -32768.0,
        8388607.0,
        -8388608.0,
        70000.0,
        2.0**31,
        -(2.0**40),
        2.0**46,
        2.0**52,
        1e300,
        0.1,
        -3.75,
        np.nan,
        np.inf,
    ]
)


def samples(n, rng, values=None):
    gaze = rng.uniform(0, 1900, (2, n, 2))
    gaze[0, rng.random(n) < 0.2] = np.nan
    gaze[1, rng.random(n) < 0.1] = np.nan
    pupil = np.round(rng.uniform(2, 6, n), 1)
    return GazeSamples.build(
        np.arange(n) / 1200,
        eyes="binocular",
        left_px=gaze[0],
        right_px=gaze[1],
        left_pupil_mm=pupil,
        device_time_s=np.arange(n) if values is None else values,
        receive_time_s=np.arange(n) / 1200 + 0.01,
    )


def write(path, *chunks):
    with SessionWriter(path) as writer:
        for chunk in chunks:
            writer.write_samples(chunk)


def through_sqlite(path, monkeypatch):
    def refuse(*_):
        raise NotPlain
        yield

    with monkeypatch.context() as patch:
        patch.setattr(reader_module, "read_rows", refuse)
        with SessionReader(path) as reader:
            return reader.samples()


def read_by_page(path):
    with sqlite3.connect(path) as connection:
        found = list(read_rows(connection, path, "samples", len(SAMPLE_COLUMNS)))
    connection.close()
    return np.concatenate(found) if found else np.empty((0, len(SAMPLE_COLUMNS)))


def assert_equal(one, other):
    assert one.eyes == other.eyes
    for name in one.__slots__[1:]:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


@pytest.mark.parametrize("n", [0, 1, 20, 5000])
def test_samples_by_the_page_equal_those_of_sqlite(tmp_path, monkeypatch, n):
    path = tmp_path / "session.sqlite"
    write(path, samples(n, np.random.default_rng(n)))
    assert len(read_by_page(path)) == n
    with SessionReader(path) as reader:
        assert_equal(reader.samples(), through_sqlite(path, monkeypatch))


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=60))
def test_every_way_in_which_sqlite_stores_a_number_is_understood(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("numbers") / "session.sqlite"
    write(path, samples(len(values), np.random.default_rng(0), np.array(values)))
    np.testing.assert_array_equal(read_by_page(path)[:, 1], values)


@pytest.mark.parametrize("n_rows", [1, 7, 1000, 50_000])
def test_chunks_are_of_the_size_asked_for(tmp_path, n_rows):
    path = tmp_path / "session.sqlite"
    write(path, samples(3000 if n_rows > 1 else 30, np.random.default_rng(1)))
    with SessionReader(path) as reader:
        sizes = [len(chunk) for chunk in reader.sample_chunks(n_rows=n_rows)]
        assert sum(sizes) == reader.n_samples
        assert set(sizes[:-1]) <= {n_rows}


def test_while_a_session_is_recorded_sqlite_reads_it(tmp_path):
    path = tmp_path / "session.sqlite"
    with SessionWriter(path) as writer:
        writer.write_samples(samples(100, np.random.default_rng(1)))
        writer.commit()
        with sqlite3.connect(path) as connection, pytest.raises(NotPlain):
            list(read_rows(connection, path, "samples", len(SAMPLE_COLUMNS)))
        connection.close()
        with SessionReader(path) as reader:
            assert len(reader.samples()) == 100


def test_two_readings_at_a_time_do_not_disturb_each_other(tmp_path):
    path = tmp_path / "session.sqlite"
    write(path, samples(2000, np.random.default_rng(1)))
    with SessionReader(path) as reader:
        pairs = zip(reader.sample_chunks(n_rows=300), reader.sample_chunks(n_rows=300), strict=True)
        assert all(np.array_equal(a.time_s, b.time_s) for a, b in pairs)


def test_a_value_that_is_no_number_is_told_as_damage(tmp_path):
    path = tmp_path / "session.sqlite"
    write(path, samples(2000, np.random.default_rng(1)))
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE samples SET left_x_px = 'far left' WHERE rowid = 1500")
    connection.close()
    with SessionReader(path) as reader, pytest.raises(DamagedSession, match="samples"):
        reader.samples()


@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_file_is_read_like_by_sqlite_or_refused(tmp_path, monkeypatch, seed):
    path = tmp_path / "session.sqlite"
    write(path, samples(3000, np.random.default_rng(1)))
    rng = np.random.default_rng(seed)
    content = bytearray(path.read_bytes())
    for at in rng.integers(4096 * 20, len(content), 3).tolist():
        page = at // 4096 * 4096
        content[page + int(rng.integers(0, 8))] = int(rng.integers(0, 256))  # the head of a page
    path.write_bytes(content)
    try:
        wanted = through_sqlite(path, monkeypatch)
    except DamagedSession:
        with SessionReader(path) as reader, pytest.raises(DamagedSession):
            reader.samples()
        return
    with SessionReader(path) as reader:
        assert_equal(reader.samples(), wanted)
