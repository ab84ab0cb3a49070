"""One figure of a benchmark beside its peer's."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure beside its peer's."""

    name: str
    unit: str
    value: float
    peer: str
    peer_value: float | None
    """None where the peer was not asked."""
    share: float | None = None
    """Of the arithmetic that a large matrix product reaches on this device, in the same format; None for scoring."""
    largest_difference: float | None = None
    """Between the scores that were timed and the peer's, over all maps; None for training."""
    is_extrapolated: bool = False
    """Whether the figure is a time of steps that were measured, times the number of steps there would be."""

    @property
    def ratio(self) -> float | None:
        """How many times faster than the peer."""
        if not self.peer_value:
            return None
        is_duration = not self.unit.endswith("/s")
        return self.peer_value / self.value if is_duration else self.value / self.peer_value
