from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gazeapp.errors import DiskFull, StoreError
from gazeapp.gaze.clock import ManualClock, MonotonicClock
from gazeapp.runtime.recorder import INLINE_PERIOD_S, RETRY_PERIOD_S, Recorder
from gazeapp.store.events import Note
from gazeapp.store.reader import SessionReader
from gazeapp.store.records import CorrectionRow
from gazeapp.store.writer import SessionWriter
from tests.fakes import BadRecord, ListWriter, in_chunks, look_at

GAZE = look_at((400, 300), for_s=0.5).then((900, 700), for_s=1.5).samples(500)


def disk_full():
    return DiskFull("session.sqlite: the disk is full; free some space")


def test_what_is_taken_is_written_in_order_and_nothing_else():
    writer = ListWriter()
    recorder = Recorder(writer, ManualClock(), inline=True)
    recorder.take_samples(GAZE[:100])
    recorder.take(Note(time_s=0.2, text="begin"))
    recorder.take_samples(GAZE[100:150])
    recorder.take_samples(GAZE[150:200])
    recorder.take(Note(time_s=0.4, text="record"))
    recorder.close()
    kinds = [len(item) if hasattr(item, "eyes") else item.text for item in writer.committed]
    assert kinds == [100, "begin", 100, "record"]
    np.testing.assert_array_equal(writer.samples.time_s, GAZE.time_s[:200])


@pytest.mark.slow
@settings(max_examples=30)
@given(
    sizes=st.lists(st.integers(0, 90), min_size=1, max_size=6).filter(any),
    failing=st.lists(st.booleans(), max_size=12),
)
def test_no_sample_is_lost_or_doubled_however_often_the_disk_refuses(sizes, failing):
    clock = ManualClock()
    writer = ListWriter()
    recorder = Recorder(writer, clock, inline=True)
    for n, chunk in enumerate(in_chunks(GAZE, sizes)):
        writer.fail_with = disk_full if n < len(failing) and failing[n] else None
        clock.advance(0.3)
        recorder.take_samples(chunk)
    writer.fail_with = None
    health = recorder.close()
    np.testing.assert_array_equal(writer.samples.time_s, GAZE.time_s)
    assert (health.n_saved, health.n_waiting, health.problem) == (len(GAZE), 0, "")


def test_a_full_disk_is_reported_and_never_raised():
    clock = ManualClock()
    writer = ListWriter()
    recorder = Recorder(writer, clock, inline=True)
    writer.fail_with = disk_full
    clock.advance(INLINE_PERIOD_S)
    recorder.take_samples(GAZE[:10])
    health = recorder.health()
    assert "disk is full" in health.problem
    assert isinstance(health.error, DiskFull)
    assert (health.n_saved, health.n_waiting, health.queue_length) == (0, 10, 1)
    writer.fail_with = None
    clock.advance(RETRY_PERIOD_S)
    recorder.take_samples(GAZE[10:20])
    health = recorder.health()
    assert (health.problem, health.error, health.n_saved) == ("", None, 20)
    recorder.close()


def test_closing_on_a_full_disk_tells_how_much_is_not_saved():
    writer = ListWriter()
    recorder = Recorder(writer, ManualClock(), inline=True)
    recorder.take_samples(GAZE)
    writer.fail_with = disk_full
    health = recorder.close()
    assert health.n_waiting == len(GAZE)
    assert "disk is full" in health.problem
    assert writer.is_closed


def test_inline_commits_come_at_most_four_times_a_second_of_the_clock():
    clock = ManualClock()
    writer = ListWriter()
    recorder = Recorder(writer, clock, inline=True)
    for chunk in in_chunks(GAZE, [5]):
        clock.set(float(chunk.time_s[-1]))
        recorder.take_samples(chunk)
    assert 6 <= writer.n_commits <= 8
    assert recorder.health().saved_s == pytest.approx(2.0, abs=0.3)
    recorder.close()


def test_one_bad_record_costs_no_other():
    writer = ListWriter()
    recorder = Recorder(writer, ManualClock(), inline=True)

    recorder.take_samples(GAZE[:10])
    recorder.take(BadRecord())
    recorder.take_samples(GAZE[10:20])
    health = recorder.close()
    assert (health.n_saved, health.n_rejected) == (20, 1)
    assert "1 record" in health.problem


def test_a_commit_that_succeeded_is_not_repeated_when_reading_back_fails():
    class Doubting(ListWriter):
        def commit(self):
            super().commit()
            raise StoreError("written, but it does not read back as written")

    writer = Doubting()
    recorder = Recorder(writer, ManualClock(), inline=True)
    recorder.take_samples(GAZE[:10])
    recorder.flush()
    assert "does not read back" in recorder.health().problem
    recorder.close()
    assert len(writer.samples) == 10


def test_samples_from_many_threads_all_arrive():
    writer = ListWriter()
    recorder = Recorder(writer, MonotonicClock())
    threads = [
        threading.Thread(target=lambda: [recorder.take_samples(chunk) for chunk in in_chunks(GAZE, [1])])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    health = recorder.close()
    assert health.n_saved == 4 * len(GAZE)
    assert writer.is_closed
    recorder.close()


def test_taking_does_not_wait_for_a_stuck_disk():
    go = threading.Event()
    stuck = threading.Event()

    class Stuck(ListWriter):
        def commit(self):
            stuck.set()
            assert go.wait(5)
            super().commit()

    writer = Stuck()
    recorder = Recorder(writer, MonotonicClock())
    recorder.take_samples(GAZE[:10])
    assert stuck.wait(5)
    for chunk in in_chunks(GAZE[10:], [1]):
        recorder.take_samples(chunk)  # returns although the disk does not answer
    assert recorder.health().queue_length >= len(GAZE) - 10
    go.set()
    assert recorder.close().n_saved == len(GAZE)


def test_commits_do_not_wait_until_the_disk_has_settled():
    go, settling = threading.Event(), threading.Event()

    class Slow(ListWriter):
        def settle(self):
            settling.set()
            assert go.wait(5)

    writer = Slow()
    recorder = Recorder(writer, MonotonicClock())
    recorder.take(CorrectionRow(time_s=0.0, from_time_s=0.0, source="none", correction=None))
    assert settling.wait(5)  # at once: such a row is to survive a power cut
    recorder.take_samples(GAZE)
    assert recorder.flush()
    assert writer.n_samples == len(GAZE)
    go.set()
    recorder.close()


def test_a_disk_that_does_not_settle_is_told():
    class Failing(ListWriter):
        def settle(self):
            raise StoreError("the disk is gone")

    recorder = Recorder(Failing(), MonotonicClock())
    recorder.take(CorrectionRow(time_s=0.0, from_time_s=0.0, source="none", correction=None))
    health = recorder.close()
    assert "the disk is gone" in health.problem


def test_flush_writes_what_was_taken_before_it_returns():
    writer = ListWriter()
    recorder = Recorder(writer, MonotonicClock())
    recorder.take_samples(GAZE)
    assert recorder.flush()
    assert writer.n_samples == len(GAZE)
    recorder.close()


def test_a_real_session_file_survives_a_disk_that_is_full_for_a_while(tmp_path):
    path = tmp_path / "session.sqlite"
    clock = ManualClock()
    writer = SessionWriter(path)
    recorder = Recorder(writer, clock, inline=True)
    samples = look_at((400, 300), for_s=20.0).samples(500)
    limit = writer._db.execute("PRAGMA page_count").fetchone()[0] + 20
    problems = []
    for chunk in in_chunks(samples, [50]):
        now_s = float(chunk.time_s[-1])
        clock.set(now_s)
        # SQLite refuses to grow the file, exactly as on a full disk, between 5 s and 12 s
        n_pages = limit if 5 < now_s < 12 else 2**30
        writer._db.execute(f"PRAGMA max_page_count = {n_pages}")
        recorder.take_samples(chunk)
        problems.append(recorder.health().problem)
    assert any("no space left" in problem for problem in problems)
    assert recorder.close().n_waiting == 0
    stored = SessionReader(path).samples(corrected=False)
    np.testing.assert_array_equal(stored.time_s, samples.time_s)
