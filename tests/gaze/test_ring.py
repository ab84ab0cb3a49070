"""The ring of newest samples."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gazeapp.gaze.ring import SampleRing
from gazeapp.gaze.samples import GazeSamples


def numbered(first, n):
    """Samples that carry their running number in every column."""
    number = np.arange(first, first + n, dtype=float)
    points = np.stack([number, -number], axis=1)
    return GazeSamples.build(
        number,
        eyes="binocular",
        left_px=points,
        right_px=points,
        left_pupil_mm=number,
        left_origin_mm=np.stack([number] * 3, axis=1),
    )


@given(st.integers(1, 40), st.lists(st.tuples(st.integers(0, 100), st.booleans()), max_size=30))
def test_a_reader_gets_every_sample_once_or_counts_it_as_missed(capacity, steps):
    ring = SampleRing(capacity)
    cursor = ring.cursor()
    got, written = [], 0
    for n, reads in [*steps, (0, True)]:
        ring.push(numbered(written, n))
        written += n
        if reads:
            samples = cursor.read().raw
            assert len(samples) <= capacity
            assert np.array_equal(samples.left_px[:, 1], -samples.time_s)
            got += samples.time_s.tolist()
    assert len(got) + cursor.n_missed == written
    assert got == sorted(set(got))
    assert not written or got[-1] == written - 1


def test_readers_do_not_disturb_each_other():
    ring = SampleRing(100)
    early = ring.cursor()
    ring.push(numbered(0, 30))
    late = ring.cursor()
    ring.push(numbered(30, 10))
    assert early.read().raw.time_s.tolist() == list(range(40))
    assert late.read().raw.time_s.tolist() == list(range(30, 40))
    assert ring.cursor(from_oldest=True).read().raw.time_s.tolist() == list(range(40))
    assert ring.latest(5).raw.time_s.tolist() == [35, 36, 37, 38, 39]


def test_what_was_read_is_not_overwritten_later():
    ring = SampleRing(10)
    cursor = ring.cursor()
    ring.push(numbered(0, 10))
    first = cursor.read().raw
    ring.push(numbered(10, 10))
    assert first.time_s.tolist() == list(range(10))


def test_a_ring_refuses_gaze_of_other_eyes():
    ring = SampleRing(10)
    ring.push(numbered(0, 3))
    with pytest.raises(ValueError, match="holds binocular gaze, got left"):
        ring.push(GazeSamples.build([1.0], eyes="left", left_px=[[1.0, 2.0]]))


def test_a_writer_on_another_thread_never_tears_a_row():
    ring, n = SampleRing(512), 20_000
    cursor = ring.cursor()
    writer = threading.Thread(target=lambda: [ring.push(numbered(k, 7)) for k in range(0, n, 7)])
    writer.start()
    seen = 0
    while writer.is_alive() or seen < ring.n_written:
        samples = cursor.read().raw
        assert np.array_equal(samples.left_px[:, 0], samples.time_s)
        assert np.array_equal(samples.left_origin_mm[:, 2], samples.time_s)
        seen = len(samples) + seen + cursor.n_missed
        cursor.n_missed = 0
    writer.join()
    assert seen == ring.n_written
