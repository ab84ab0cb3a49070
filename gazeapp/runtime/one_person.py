"""Whether an enrolment is one person's: what its halves, and earlier sessions, say of each other.

Two embeddings from parts of one enrolment are compared by the calibrated log-likelihood ratio of `identify`. What is
said must hold for several images in a row: looked at after each image, a ratio that wanders passes any limit sooner or
later. Measured on people of OSIE, EyeCrowd and PS in `tests/benchmarks/PEOPLE.md`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Protocol, TypeVar, runtime_checkable

from gazeapp.runtime.stopping_rule import EnrolmentStep
from gazeapp.store.embedding import UserEmbedding

SURE = math.log(4)
"""Four to one, to call it one person."""
NAMED = math.log(19)
"""Nineteen to one, to say that somebody else is here: of people alone, 1 in 10 were called two with nine to one."""
N_LOOKS = 3
"""Images in a row for which it must hold."""
MIN_PART = 4
"""Images below which a part is not compared."""

Pair = TypeVar("Pair")


class Identity(Enum):
    """Whose gaze an enrolment holds."""

    ONE = "one"
    """One person's, or there is nothing that could tell."""
    OPEN = "open"
    """Not told yet."""
    TWO = "two"
    """Two people's, today or in what earlier sessions left."""
    OTHER = "other"
    """Today's is another person's than that of earlier sessions."""


@runtime_checkable
class ComparesPeople(Protocol):
    """Networks that can tell people apart; `gazeapp.networks.predictors.Predictors` is one."""

    @property
    def tells_people(self) -> bool:
        """Whether these weights learnt it."""
        ...

    def compare(self, asked: UserEmbedding, known: Sequence[UserEmbedding]) -> list[float]:
        """Log-likelihood ratios that an embedding and each of others are of one person."""
        ...


def halves(pairs: Sequence[Pair]) -> tuple[tuple[Sequence[Pair], Sequence[Pair]], ...]:
    """By turns, and before against after: two people who came one after the other agree by turns."""
    middle = len(pairs) // 2
    return (pairs[0::2], pairs[1::2]), (pairs[:middle], pairs[middle:])


def compare(
    networks: object, halves_of_all: Sequence[tuple[UserEmbedding, UserEmbedding]], *, otherwise: float
) -> float:
    """The least log-likelihood ratio of pairs of embeddings; infinite for networks that cannot tell.

    Args:
        networks: What may tell.
        halves_of_all: What to compare.
        otherwise: Where there is nothing to compare.
    """
    if not isinstance(networks, ComparesPeople) or not networks.tells_people:
        return math.inf
    return min((networks.compare(a, [b])[0] for a, b in halves_of_all), default=otherwise)


def judge_identity(history: Sequence[EnrolmentStep]) -> Identity:
    """What the latest images say."""
    recent = history[-N_LOOKS:]

    def holds(is_so: Callable[[EnrolmentStep], bool]) -> bool:
        return len(recent) == N_LOOKS and all(is_so(step) for step in recent)

    if holds(lambda step: step.as_before <= -NAMED):
        return Identity.OTHER
    if holds(lambda step: min(step.one_person, step.as_each_part) <= -NAMED):
        return Identity.TWO
    # NaN, where too little is known to compare, is not sure
    is_one = holds(lambda step: step.one_person >= SURE and step.as_before >= SURE and step.as_each_part >= 0)
    return Identity.ONE if is_one else Identity.OPEN


def images_until_sure(history: Sequence[EnrolmentStep]) -> int | None:
    """How many more images until one person is told; None while nothing speaks for one.

    The ratio grows as the pairs do.
    """
    if not history:
        return None
    last = history[-1]
    ratio = last.one_person if math.isnan(last.as_before) else min(last.one_person, last.as_before)
    if not ratio > 0:
        return None
    return max(0, math.ceil(last.n_pairs * (SURE / ratio - 1)))
