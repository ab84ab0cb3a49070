"""Runs a backend object in this process, with the interface of `child_process.RemoteBackend`."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable
from typing import Any, Protocol

from gazeapp.devices.tobii.child_process import CALL_TIMEOUT_S, CallFailed

_log = logging.getLogger(__name__)

_DRAIN_S = 0.004
_JOIN_S = 5.0


class Backend(Protocol):
    """Where calls to a vendor's SDK go: this process or a child."""

    @property
    def is_alive(self) -> bool:
        """Whether it answers."""
        ...

    def call(self, method: str, *args: Any, timeout_s: float = CALL_TIMEOUT_S) -> Any:  # Any: JSON values
        """Call a method; CallFailed when the SDK raised, ConnectionLost when nobody answers."""
        ...

    def close(self) -> None:
        """End it."""
        ...


class LocalBackend:
    """One backend object and the thread that hands on its samples.

    Args:
        make: Makes the object from (add_row, send_event).
        on_rows: Takes packed samples, from this object's own thread.
        on_event: Takes events, from the same thread: the vendor's may hold a lock that the receiver's next call needs.
    """

    def __init__(
        self,
        make: Callable[[Callable[[bytes], None], Callable[[dict[str, Any]], None]], object],
        *,
        on_rows: Callable[[bytes], None],
        on_event: Callable[[dict[str, Any]], None],
    ) -> None:
        self._arrived: list[bytes | dict[str, Any]] = []
        self._on_rows, self._on_event = on_rows, on_event
        # the vendor's callback only appends: a slow consumer must not cost samples
        self._object = make(self._arrived.append, self._arrived.append)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._drain, name="tracker-sdk", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it was not closed."""
        return not self._stopping.is_set()

    def call(self, method: str, *args: Any, timeout_s: float = CALL_TIMEOUT_S) -> Any:  # Any: JSON values
        """Call a method of the object; a hang cannot be ended in this process, so `timeout_s` is not used."""
        try:
            return getattr(self._object, method)(*args)
        except Exception as error:  # the vendor's boundary: its exceptions go no further
            raise CallFailed(type(error).__name__, str(error)) from error

    def close(self) -> None:
        """End the thread; closing twice is allowed."""
        self._stopping.set()
        if self._thread is not threading.current_thread():
            self._thread.join(_JOIN_S)

    def _drain(self) -> None:
        while not self._stopping.wait(_DRAIN_S):
            self._hand_on()
        self._hand_on()

    def _hand_on(self) -> None:
        n = len(self._arrived)
        arrived = self._arrived[:n]
        del self._arrived[:n]  # what came meanwhile stays
        for is_rows, items in itertools.groupby(arrived, key=lambda item: isinstance(item, bytes)):
            take: Callable[[Any], None] = self._on_rows if is_rows else self._on_event
            group: list[Any] = list(items)  # Any: rows, or events
            for message in [b"".join(group)] if is_rows else group:
                try:
                    take(message)
                except Exception:  # a thread's outermost loop
                    _log.exception("a message of the tracker could not be handed on")
