"""Output of commands: one JSON object, and how much of a file was read."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from gazeapp.progress import ProgressBar


def print_json(document: dict[str, Any]) -> None:  # Any: JSON values
    """Print one JSON object on stdout; NaN and infinities become null, so that any parser reads it."""
    print(json.dumps(_finite(document), indent=1, ensure_ascii=False))


@contextmanager
def byte_progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """Tell on stderr how much of a file was read, where that takes long; gives what is told (bytes, of bytes)."""
    with ProgressBar(label, unit="MB read") as bar:

        def tell(done: int, total: int) -> None:
            if total and bar.is_due(done // 10**6):
                bar.show(done // 10**6, total=total // 10**6)

        yield tell


def _finite(value: Any) -> Any:  # Any: JSON values
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
