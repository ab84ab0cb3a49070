"""Progress of a session: a bar on a terminal, plain lines elsewhere; always on stderr."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

LINE_PERIOD_S = 5.0


class RunProgress:
    """Callable that a run tells its progress to; use as a context manager."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._bar: Any = None  # Any: rich is imported only on a terminal
        self._task: Any = None  # Any: rich's task id
        self._shown: tuple[str, float] = ("", 0.0)
        self._begin_s = time.monotonic()

    def __enter__(self) -> RunProgress:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress

            self._bar = Progress(console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task(self._label, total=None)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, n_done: int, n_trials: int, what: str) -> None:
        """`n_done` of `n_trials` images are over; `what` is going on."""
        if self._bar is not None:
            self._bar.update(self._task, completed=n_done, total=max(1, n_trials), description=f"{self._label}: {what}")
            return
        now_s = time.monotonic()
        last_what, last_s = self._shown
        if what == last_what and now_s - last_s < LINE_PERIOD_S:
            return
        self._shown = (what, now_s)
        elapsed_s = now_s - self._begin_s
        left = f", {elapsed_s / n_done * (n_trials - n_done):.0f} s left" if n_done else ""
        images = f" {n_done}/{n_trials} images{left}" if n_trials else ""
        print(f"{self._label}: {what or 'begin'}{images}", file=sys.stderr)
