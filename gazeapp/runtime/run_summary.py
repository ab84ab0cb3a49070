"""What a run tells while it goes on, and what it leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from gazeapp.store.embedding import UserEmbedding
from gazeapp.store.study import SessionFolder


class Progress(Protocol):
    """Told how far a headless run is."""

    def __call__(self, n_done: int, n_trials: int, what: str) -> None:
        """`n_done` of `n_trials` images are over; `what` is going on."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """What a run left behind."""

    session: SessionFolder
    state: str
    """"finished" or "failed"."""
    n_samples: int
    """On disk."""
    n_trials: int
    n_interrupted: int
    n_fixations: int
    embedding: UserEmbedding | None
    source: str
    """`consent.GAZE` of a person, or "simulated" or "replay" for a rehearsal, in which nobody was recorded."""
    validation: str
    """The finding in words; empty without a validation."""
    problems: tuple[str, ...]
    """What the experimenter should know, in words."""
