"""Progress of long work: a line that is rewritten on a terminal, else plain lines every few seconds; with the time
left.
"""

from __future__ import annotations

import itertools
import math
import sys
import time
from collections.abc import Iterable, Iterator, Sequence

_EVERY_S = 5.0
_EVERY_ON_TERMINAL_S = 0.2
_BARS = "▁▂▃▄▅▆▇█"
_PLAIN_BARS = "_.-~=+*#"


class ProgressLine:
    """Says how far work is, on stderr.

    Args:
        label: Of the work.
        total: Steps in all.
        first: Steps that were done before.
        every_s: Least time between two lines where stderr is no terminal.
    """

    def __init__(self, label: str, total: int, *, first: int = 0, every_s: float = _EVERY_S) -> None:
        self._label, self._total, self._first = label, total, first
        self._is_terminal = sys.stderr.isatty()
        self._every_s = _EVERY_ON_TERMINAL_S if self._is_terminal else every_s
        self._begin = self._shown = time.monotonic()
        self._is_open = False

    def is_due(self, done: int) -> bool:
        """Whether it is time for a line."""
        return done == self._total or time.monotonic() - self._shown > self._every_s

    def show(self, done: int, details: str = "") -> None:
        """Print the state after `done` steps."""
        self._shown = time.monotonic()
        rest = ""
        if done < self._total:
            left_s = (self._shown - self._begin) / max(1, done - self._first) * (self._total - done)
            rest = f", {format_duration(left_s)} left"
        line = f"{self._label}: {done}/{self._total}{details}{rest}"
        if self._is_terminal:
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
            self._is_open = True
        else:
            print(line, file=sys.stderr, flush=True)

    def close(self) -> None:
        """End the line."""
        if self._is_open:
            print(file=sys.stderr, flush=True)
            self._is_open = False


def report_progress(items: Iterable[int], label: str, total: int) -> Iterator[int]:
    """Yield the items while printing, on stderr, how many are done and how long the rest will take."""
    line = ProgressLine(label, total)
    try:
        for n, item in enumerate(items, start=1):
            yield item
            if line.is_due(n):
                line.show(n)
    finally:
        line.close()


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


def sparkline(values: Sequence[float], width: int = 24, *, encoding: str = "utf-8") -> str:
    """A curve in one line of text: means of equal stretches, from their lowest to their highest.

    Args:
        values: Numbers in order; those that are not finite are left out.
        width: Characters at most.
        encoding: Of where it is printed; without block characters there, punctuation stands for them.

    >>> sparkline([8, 7, 6, 5, 4, 3, 2, 1])
    '█▇▆▅▄▃▂▁'
    """
    values = [value for value in values if math.isfinite(value)]
    if not values:
        return ""
    n = min(width, len(values))
    cuts = [len(values) * k // n for k in range(n + 1)]
    means = [sum(values[a:b]) / (b - a) for a, b in itertools.pairwise(cuts)]
    low, high = min(means), max(means)
    try:
        _BARS.encode(encoding)
        bars = _BARS
    except (UnicodeEncodeError, LookupError):
        bars = _PLAIN_BARS
    scale = (len(bars) - 1) / (high - low) if high > low else 0.0
    return "".join(bars[round((mean - low) * scale)] for mean in means)
