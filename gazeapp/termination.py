"""Being asked to end, by whatever means, is Ctrl-C: what was recorded is closed in order."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType

_NAMES = ("SIGTERM", "SIGHUP", "SIGBREAK")
"""Of the system that shuts down, of a terminal that is closed, of a console on Windows; not every system has all."""


def end_as_by_keyboard(end: Callable[[], object] | None = None) -> Callable[[], None]:
    """Answer requests to end with KeyboardInterrupt, or by calling `end`.

    Only the first one counts: shutting down sends several, and none of them may interrupt the closing of files.

    Args:
        end: Called, on the main thread, instead of raising.

    Returns:
        Sets everything back as it was. In another thread than the main one nothing was changed.
    """
    if threading.current_thread() is not threading.main_thread():
        return lambda: None
    asked = False

    def answer(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            return
        asked = True
        if end is None:
            raise KeyboardInterrupt
        end()

    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    # what was ignored on purpose, as by nohup, stays so
    before = {number: signal.getsignal(number) for number in numbers}
    before = {number: handler for number, handler in before.items() if handler is not signal.SIG_IGN}
    for number in before:
        signal.signal(number, answer)

    def set_back() -> None:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)

    return set_back
