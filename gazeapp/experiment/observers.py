"""Those who are told what happens, in the order in which it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Observers(Generic[T]):
    """Whoever was added is told each fact, on the thread on which it happens."""

    def __init__(self) -> None:
        self._all: list[Callable[[T], None]] = []

    def add(self, on_fact: Callable[[T], None]) -> None:
        """Have everything told from now on."""
        self._all.append(on_fact)

    def tell(self, fact: T) -> None:
        """Tell everybody."""
        for on_fact in self._all:
            on_fact(fact)
