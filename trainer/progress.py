"""How far long work is: plain lines with the time left, at most one every few seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator

_EVERY_S = 5.0


def report_progress(items: Iterable[int], label: str, total: int) -> Iterator[int]:
    """Yield the items while printing, on stderr, how many are done and how long the rest will take."""
    begin = shown = time.monotonic()
    for n, item in enumerate(items, start=1):
        yield item
        now = time.monotonic()
        if n == total or now - shown > _EVERY_S:
            shown = now
            left_s = (now - begin) / n * (total - n)
            rest = f", {left_s:.0f} s left" if n < total else ""
            print(f"{label}: {n}/{total}{rest}", file=sys.stderr)
