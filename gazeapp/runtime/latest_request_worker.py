"""A worker for slow answers to fast questions: one thread, one waiting slot, the newest question wins."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

_log = logging.getLogger(__name__)

_JOIN_TIMEOUT_S = 30.0


class Numbered(Protocol):
    """What the worker reads of a request; numbers grow with every request made."""

    @property
    def number(self) -> int:
        """Grows with every request."""
        ...

    @property
    def trial(self) -> int:
        """The trial it belongs to."""
        ...

    @property
    def final(self) -> bool:
        """Must be answered, whatever comes after it."""
        ...


Request = TypeVar("Request", bound=Numbered)
Result = TypeVar("Result")


class LatestRequestWorker(Generic[Request, Result]):
    """Answers requests in a thread of its own and never queues up.

    A waiting request is replaced by a newer one. A final request is never replaced: finals wait in line, in order,
    and go first. An answer that is older than one delivered already is dropped, unless it is final: final answers
    are all delivered, because each is stored.

    Args:
        answer: Computes one result; called only in the worker's thread.
        on_result: Takes each result, in the worker's thread; it only hands the result on.
        on_error: Takes the request and the exception of an answer that failed; without it the failure is logged, or
            raised where it answers inline.
        prepare: Called once in the worker's thread before the first answer (load networks, warm up). When it fails,
            every request is answered by `on_error` with that exception.
        name: Name of the thread.
        inline: Prepare now, and answer before `submit` returns, on the calling thread: for virtual time, where a
            thread's pace would mean nothing. Nothing waits then, so nothing is replaced or dropped.
    """

    def __init__(
        self,
        answer: Callable[[Request], Result],
        on_result: Callable[[Result], None],
        *,
        on_error: Callable[[Request, Exception], None] | None = None,
        prepare: Callable[[], None] | None = None,
        name: str = "inference",
        inline: bool = False,
    ) -> None:
        self._answer = answer
        self._on_result = on_result
        self._on_error = on_error
        self._prepare = prepare
        self._preparation_error: Exception | None = None
        self._changed = threading.Condition()
        self._waiting: Request | None = None
        self._finals: deque[Request] = deque()
        self._is_busy = True  # until prepared
        self._is_closing = False
        self._delivered = (-1, -1)
        self._n_replaced = 0
        self._n_dropped = 0
        self._name = name
        self._thread: threading.Thread | None = None
        if inline:
            self._is_busy = False
            self._begin()
        else:
            self._thread = threading.Thread(target=self._work, name=name, daemon=True)
            self._thread.start()

    @property
    def n_replaced(self) -> int:
        """Requests that a newer one replaced while they waited."""
        return self._n_replaced

    @property
    def n_dropped(self) -> int:
        """Answers that were older than one delivered already."""
        return self._n_dropped

    @property
    def n_waiting(self) -> int:
        """Requests that wait: finals, and at most one other."""
        with self._changed:
            return len(self._finals) + (self._waiting is not None)

    def submit(self, request: Request) -> None:
        """Ask; returns at once, unless it answers inline. After `close` it is a ValueError."""
        with self._changed:
            if self._is_closing:
                raise ValueError("the worker is closed and takes no more requests")
            if self._thread is None:
                self._handle(request)
                return
            if request.final:
                self._finals.append(request)
                # what waits for the same trial would only repeat a part of the final answer
                if self._waiting is not None and self._waiting.trial == request.trial:
                    self._waiting = None
                    self._n_replaced += 1
            else:
                self._n_replaced += self._waiting is not None
                self._waiting = request
            self._changed.notify_all()

    def drain(self, timeout_s: float | None = None) -> bool:
        """Wait until every request is answered; False when `timeout_s` passed first."""
        with self._changed:
            return self._changed.wait_for(lambda: self._is_idle, timeout_s)

    def close(self, timeout_s: float = _JOIN_TIMEOUT_S) -> None:
        """Answer the finals that wait, drop the rest, and end the thread. Closing twice is allowed."""
        with self._changed:
            self._is_closing = True
            self._waiting = None
            self._changed.notify_all()
        if self._thread is None or self._thread is threading.current_thread():
            return  # asked from on_result: the thread ends by itself
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            _log.warning("%s did not end within %.0f s", self._name, timeout_s)

    @property
    def _is_idle(self) -> bool:
        return not self._is_busy and self._waiting is None and not self._finals

    def _work(self) -> None:
        self._begin()
        while (request := self._next()) is not None:
            self._handle(request)

    def _begin(self) -> None:
        if self._prepare is None:
            return
        try:
            self._prepare()
        except Exception as error:  # the thread's outermost loop
            if self._thread is None:
                raise
            _log.exception("preparing %s failed", self._name)
            self._preparation_error = error

    def _handle(self, request: Request) -> None:
        try:
            if self._preparation_error is not None:
                raise self._preparation_error
            result = self._answer(request)
        except Exception as error:  # the thread's outermost loop
            self._report(request, error)
        else:
            self._deliver(request, result)

    def _next(self) -> Request | None:
        with self._changed:
            self._is_busy = False
            self._changed.notify_all()
            self._changed.wait_for(lambda: bool(self._finals) or self._waiting is not None or self._is_closing)
            request: Request | None = None
            if self._finals:
                request = self._finals.popleft()
            else:
                request, self._waiting = self._waiting, None
            self._is_busy = request is not None
            return request

    def _deliver(self, request: Request, result: Result) -> None:
        order = (request.trial, request.number)
        if order < self._delivered and not request.final:
            self._n_dropped += 1
            return
        self._delivered = max(self._delivered, order)
        try:
            self._on_result(result)
        except Exception:  # the thread's outermost loop: a failing listener must not end the worker
            _log.exception("handing on result %d failed", request.number)

    def _report(self, request: Request, error: Exception) -> None:
        if self._on_error is None:
            if self._thread is None:
                raise error
            _log.error("request %d failed", request.number, exc_info=error)
            return
        try:
            self._on_error(request, error)
        except Exception:  # the thread's outermost loop
            _log.exception("handing on the failure of request %d failed", request.number)
