"""How far long work is, on stderr: a bar on a terminal, plain lines now and then elsewhere; with the time left."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

T = TypeVar("T")

Track = Callable[[Iterable[int], str, int], Iterable[int]]
"""What long work may be given to tell how far it is: as `track`, or one that says nothing."""

LINE_PERIOD_S = 5.0
_is_quiet = False


@contextmanager
def being_quiet(is_quiet: bool = True) -> Iterator[None]:
    """Show no progress for a while: what the option `--quiet` asks for."""
    global _is_quiet
    before, _is_quiet = _is_quiet, is_quiet
    try:
        yield
    finally:
        _is_quiet = before


class ProgressBar:
    """Says how far work is; a context, because a bar goes when the work is over.

    Args:
        label: Of the work.
        total: Steps in all; 0 while that is unknown.
        first: Steps that were done before.
        unit: What a step is, where that is worth a word.
        every_s: Least time between two lines where stderr is no terminal.
    """

    def __init__(
        self, label: str, total: int = 0, *, first: int = 0, unit: str = "", every_s: float = LINE_PERIOD_S
    ) -> None:
        self._label, self._total, self._first = label, total, first
        self._unit = f" {unit}" if unit else ""
        self._is_terminal = sys.stderr.isatty()
        self._every_s = 0.2 if self._is_terminal else every_s
        self._begin_s = self._shown_s = time.monotonic()
        self._done, self._details = first, ""
        self._bar: tuple[Progress, TaskID] | None = None

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def is_due(self, done: int, details: str = "") -> bool:
        """Whether it is time to show the state: at the end, now and then, and when `details` are others."""
        is_end = done == self._total and done != self._done
        return is_end or details != self._details or time.monotonic() - self._shown_s > self._every_s

    def show(self, done: int, details: str = "", *, total: int | None = None) -> None:
        """Show the state after `done` steps.

        Args:
            done: Steps.
            details: What is going on, or how well.
            total: Steps in all, where only now known.
        """
        self._total = self._total if total is None else total
        self._done, self._details, self._shown_s = done, details, time.monotonic()
        if _is_quiet:
            return
        if self._is_terminal:
            bar, task = self._bar = self._bar or self._open()
            words = f"{self._label} {details}".rstrip()
            bar.update(task, completed=done, total=self._total or None, description=words)
            return
        left = ""
        if 0 < done < self._total:
            left_s = (self._shown_s - self._begin_s) / max(1, done - self._first) * (self._total - done)
            left = f", {format_duration(left_s)} left"
        steps = f"{done}/{self._total}{self._unit}" if self._total else ""
        parts = " ".join(part for part in (steps, details) if part)
        sys.stderr.write(f"{self._label}: {parts}{left}\n")
        sys.stderr.flush()

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar[0].stop()
            self._bar = None

    def _open(self) -> tuple[Progress, TaskID]:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        # what is printed to a file or pipe must not be caught to be shown above the bar
        bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
            redirect_stdout=sys.stdout.isatty(),
        )
        bar.start()
        return bar, bar.add_task(self._label, total=self._total or None, completed=self._first)


def track(items: Iterable[T], label: str, total: int) -> Iterator[T]:
    """Yield the items while showing how many are done and how long the rest will take."""
    with ProgressBar(label, total) as bar:
        for n, item in enumerate(items, start=1):
            yield item
            if bar.is_due(n):
                bar.show(n)


def track_files(paths: Sequence[Path], label: str) -> Iterator[Path]:
    """Yield files or folders while showing how many of their megabytes are done and how long the rest will take."""
    sizes = [_size_bytes(path) for path in paths]
    done = 0
    with ProgressBar(label, round(sum(sizes) / 1e6), unit="MB") as bar:
        for path, size in zip(paths, sizes, strict=True):
            bar.show(round(done / 1e6), path.name)
            yield path
            done += size
        bar.show(round(done / 1e6))


def _size_bytes(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else (path,)
    return sum(file.stat().st_size for file in files if file.is_file())


def format_duration(duration_s: float) -> str:
    """A duration to read.

    >>> [format_duration(s) for s in (7.4, 95, 7260)]
    ['7 s', '1 min 35 s', '2 h 1 min']
    """
    seconds = round(duration_s)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"
