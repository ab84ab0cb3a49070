"""Output of commands: one JSON object, or progress as a bar on a terminal and plain lines elsewhere."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")


def print_json(document: dict[str, Any]) -> None:  # Any: JSON values
    """Print one JSON object on stdout; NaN and infinities become null, so that any parser reads it."""
    print(json.dumps(_finite(document), indent=1, ensure_ascii=False))


def progress(items: Iterable[T], label: str, total: int) -> Iterator[T]:
    """Yield the items while showing how far it is and how long it will take, on stderr."""
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import track

        yield from track(items, description=label, total=total, console=Console(stderr=True), transient=True)
        return
    begin = time.monotonic()
    shown = begin
    for n, item in enumerate(items, start=1):
        yield item
        now = time.monotonic()
        if n == total or now - shown > 5:  # plain lines: at most one every 5 s
            shown = now
            left = (now - begin) / n * (total - n)
            print(
                f"{label}: {n}/{total}" + (f", {left:.0f} s left" if n < total else ""),
                file=sys.stderr,
            )


@contextmanager
def byte_progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """Tell on stderr how much of a file was read: a bar on a terminal, a line every 5 s elsewhere."""
    shown = [time.monotonic()]
    is_terminal = sys.stderr.isatty()
    told = [False]

    def tell(done: int, total: int) -> None:
        now = time.monotonic()
        if now - shown[0] < (0.2 if is_terminal else 5.0) or not total:
            return
        shown[0], told[0] = now, True
        words = f"{label}: {done / 1e6:.0f} of {total / 1e6:.0f} MB read"
        print(f"\r{words}" if is_terminal else words, end="" if is_terminal else "\n", file=sys.stderr, flush=True)

    try:
        yield tell
    finally:
        if told[0] and is_terminal:
            print(f"\r{' ' * (len(label) + 40)}\r", end="", file=sys.stderr)


def _finite(value: Any) -> Any:  # Any: JSON values
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
