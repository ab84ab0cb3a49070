from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gazeapp.runtime.latest_request_worker import LatestRequestWorker


@dataclass(frozen=True)
class Request:
    number: int
    trial: int = 1
    final: bool = False


class Gate:
    """An answer that takes as long as the test wants."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.started = threading.Semaphore(0)
        self.go = threading.Semaphore(0)

    def __call__(self, request: Request) -> Request:
        self.asked.append(request)
        self.started.release()
        assert self.go.acquire(timeout=5)
        return request

    def open(self, n: int = 100) -> None:
        self.go.release(n)


@pytest.fixture
def gate():
    return Gate()


@pytest.fixture
def worker(gate):
    results: list[Request] = []
    worker = LatestRequestWorker(gate, results.append)
    worker.results = results
    yield worker
    gate.open()
    worker.close()


def test_a_waiting_request_is_replaced_by_a_newer_one(worker, gate):
    worker.submit(Request(1))
    assert gate.started.acquire(timeout=5)
    for number in (2, 3, 4):
        worker.submit(Request(number))
    assert worker.n_waiting == 1
    gate.open()
    assert worker.drain(5)
    assert [request.number for request in worker.results] == [1, 4]
    assert worker.n_replaced == 2


def test_a_final_request_is_never_replaced(worker, gate):
    worker.submit(Request(1))
    assert gate.started.acquire(timeout=5)
    worker.submit(Request(2, final=True))
    worker.submit(Request(3, trial=2))
    worker.submit(Request(4, trial=2, final=True))
    worker.submit(Request(5, trial=3))
    gate.open()
    assert worker.drain(5)
    assert [request.number for request in gate.asked] == [1, 2, 4, 5]


def test_a_result_older_than_one_delivered_is_dropped(worker, gate):
    worker.submit(Request(1))
    assert gate.started.acquire(timeout=5)
    worker.submit(Request(2, trial=1))
    worker.submit(Request(3, trial=2, final=True))  # answered first, being final
    gate.open()
    assert worker.drain(5)
    assert [request.number for request in worker.results] == [1, 3]
    assert worker.n_dropped == 1


def test_a_late_final_result_is_still_delivered(worker, gate):
    worker.submit(Request(5, trial=2))
    assert gate.started.acquire(timeout=5)
    worker.submit(Request(6, trial=1, final=True))  # trial 1 closed late, trial 2 is on the screen
    gate.open()
    assert worker.drain(5)
    assert [request.number for request in worker.results] == [5, 6]


@settings(max_examples=30)
@given(
    finals=st.lists(st.booleans(), min_size=1, max_size=30),
    repeats=st.integers(1, 4),
)
def test_every_final_is_answered_once_and_in_order(finals, repeats):
    results: list[Request] = []
    worker = LatestRequestWorker(lambda request: request, results.append)
    requests = [Request(n, trial=n // repeats, final=final) for n, final in enumerate(finals)]
    for request in requests:
        worker.submit(request)
    worker.close()
    answered = [request.number for request in results if request.final]
    assert answered == [request.number for request in requests if request.final]


def test_a_failing_answer_is_reported_and_the_next_one_given():
    errors, results = [], []

    def answer(request):
        if request.number == 1:
            raise RuntimeError("no memory")
        return request

    worker = LatestRequestWorker(
        answer, results.append, on_error=lambda request, error: errors.append((request, str(error)))
    )
    worker.submit(Request(1, final=True))
    worker.submit(Request(2, final=True))
    worker.close()
    assert errors == [(Request(1, final=True), "no memory")]
    assert results == [Request(2, final=True)]


def test_networks_that_cannot_be_loaded_answer_every_request_with_the_reason():
    errors = []

    def prepare():
        raise OSError("weights are missing")

    worker = LatestRequestWorker(
        lambda request: request,
        lambda result: None,
        prepare=prepare,
        on_error=lambda request, error: errors.append(str(error)),
    )
    worker.submit(Request(1, final=True))
    worker.submit(Request(2, final=True))
    worker.close()
    assert errors == ["weights are missing"] * 2


def test_preparation_and_answers_share_one_thread_that_is_not_the_callers():
    threads = []
    worker = LatestRequestWorker(
        lambda request: threads.append(threading.get_ident()),
        lambda result: None,
        prepare=lambda: threads.append(threading.get_ident()),
    )
    worker.submit(Request(1, final=True))
    worker.close()
    assert len(set(threads)) == 1
    assert threading.get_ident() not in threads


def test_close_is_idempotent_and_submitting_afterwards_is_refused(gate):
    worker = LatestRequestWorker(gate, lambda result: None)
    worker.close()
    worker.close()
    with pytest.raises(ValueError, match="closed"):
        worker.submit(Request(1))


def test_a_listener_may_close_the_worker():
    worker = LatestRequestWorker(lambda request: request, lambda result: worker.close())
    worker.submit(Request(1, final=True))
    assert worker.drain(5)
    worker.close()


def test_answering_inline_needs_no_thread():
    results = []
    worker = LatestRequestWorker(lambda request: request.number * 10, results.append, inline=True)
    n_threads = threading.active_count()
    worker.submit(Request(1))
    worker.submit(Request(2))
    assert results == [10, 20]
    assert worker.drain()
    assert threading.active_count() == n_threads


def test_an_inline_failure_goes_to_the_listener_or_to_the_caller():
    def answer(request):
        raise RuntimeError("no memory")

    errors = []
    worker = LatestRequestWorker(answer, print, on_error=lambda _request, error: errors.append(error), inline=True)
    worker.submit(Request(1))
    assert [str(error) for error in errors] == ["no memory"]
    with pytest.raises(RuntimeError, match="no memory"):
        LatestRequestWorker(answer, print, inline=True).submit(Request(1))
