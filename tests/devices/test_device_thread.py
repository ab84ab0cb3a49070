"""The thread of a tracker: restarted, stopped from inside, failing."""

from __future__ import annotations

import threading

from gazeapp.devices.device_thread import DeviceThread


def never(error: Exception) -> None:
    raise AssertionError("no step fails here") from error


def test_a_thread_stopped_and_started_from_its_own_step_is_one_thread():
    stepping: set[int] = set()
    have_both = threading.Event()
    thread: DeviceThread

    def step() -> None:
        stepping.add(threading.get_ident())
        if len(stepping) == 1 and not have_both.is_set():
            thread.stop()  # as a sink may do
            thread.start()
        have_both.set()

    thread = DeviceThread("test-restarted", step, on_failure=never, period_s=0.001)
    thread.start()
    assert have_both.wait(5)
    thread.wait(0.05)
    alive = [t for t in threading.enumerate() if t.name == "test-restarted"]
    thread.stop()
    assert len(alive) == 1
    assert not [t for t in threading.enumerate() if t.name == "test-restarted"]


def test_a_failing_step_is_told_once_and_the_thread_can_be_revived():
    told: list[str] = []
    failed, works = threading.Event(), threading.Event()
    broken = True

    def step() -> None:
        if broken:
            raise OSError("unplugged")
        works.set()

    def on_failure(error: Exception) -> None:
        told.append(str(error))
        failed.set()

    thread = DeviceThread("test-failing", step, on_failure=on_failure, period_s=0.001)
    thread.start()
    assert failed.wait(5)
    assert thread.is_started
    broken = False
    while not works.is_set():
        thread.revive()
        works.wait(0.01)
    thread.stop()
    thread.stop()
    assert told == ["unplugged"]
    assert not thread.is_started
