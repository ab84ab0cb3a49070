"""The stopping rule of enrolment: how settled an embedding is, when that is enough, and how many images are left.

A pair's feature is taken as the person's own direction plus noise that is independent from pair to pair. All that
matters is then one number, the *noise ratio* r: how many pairs it takes until the mean's noise is as long as the
person's direction. The mean of n pairs lies at an angle of cosine 1 / sqrt(1 + r / n) to where it would settle.

Both things that can be observed tell r: the bootstrap spread s of n pairs, by 1 / (1 - s)² - 1 = r (n - 1) / (n (n +
r)), and the cosine h between the embeddings of two halves, by h = 1 / (1 + 2 r / n). Measured on 4 observers and 63
images of OSIE that the networks had not seen (posterior embedding, predicted universal maps): r from the spread is
5.4, 6.4, 8.8, 12.9 at n = 4, 8, 16, 32, and from the halves 4.8, 5.4, 5.5, 10.0: it grows with n, because a posterior
shrinks towards the average observer while little is known, and so an early forecast of the images still needed is too
short. On eight other people, four of OSIE and four of EyeCrowd, it is 6.2, 8.0, 10.6, 10.8 and 4.8, 7.3, 9.8, 11.5 from
the spread, and 7.3, 6.5, 9.0, 9.6 and 3.4, 12.3, 8.1, 9.8 from the halves. Halves share no pair, so what the bootstrap
says is no artefact of its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_N_RECENT = 5
"""Images over which the noise ratio is averaged (median)."""
_MIN_STEPS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class EnoughRule:
    """When enrolment may end: the embedding hardly moves, and two halves of the data agree.

    Both defaults ask for n of about 4.6 r: the embedding then lies within 25 degrees (cosine .90) of where it would
    settle. With the r of 10 to 13 measured at 32 images these are 46 to 60 images, the three minutes aimed at.
    """

    max_spread: float = 0.08
    min_halves: float = 0.7
    min_pairs: int = 8
    min_viewing: float = 3.5
    """Normal deviate by which gaze must follow the images (`viewing_evidence`); what is no viewing settles, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentStep:
    """The state after one more image."""

    trial: int
    n_pairs: int
    n_fixations: int
    """On this image."""
    spread: float
    """Bootstrap spread over the pairs (1 - mean cosine to the embedding); NaN before two."""
    halves: float
    """Cosine between the embeddings of the odd and of the even pairs; NaN before four."""
    moved: float
    """1 - cosine to the embedding before this image; NaN for the first."""
    viewing: float = math.inf
    """How surely gaze follows the images, as a normal deviate; NaN before four, infinite where nobody asked."""
    one_person: float = math.inf
    """Log-likelihood ratio that two halves are one person's (`one_person`), the lesser of two ways to halve; NaN before
    eight pairs, infinite where nothing can tell."""
    as_before: float = math.inf
    """The same of today's pairs beside those of earlier sessions; infinite without earlier ones."""


def is_enough(step: EnrolmentStep, rule: EnoughRule) -> bool:
    """Whether the rule is met."""
    is_settled = step.n_pairs >= rule.min_pairs and step.spread <= rule.max_spread
    return is_settled and step.halves >= rule.min_halves and step.viewing >= rule.min_viewing


def predict_images_left(history: Sequence[EnrolmentStep], rule: EnoughRule) -> int | None:
    """How many more images the rule will need, at least 1; None while that cannot be told."""
    recent = [step for step in history[-_N_RECENT:] if math.isfinite(step.spread)]
    if len(recent) < _MIN_STEPS:
        return None
    ratios = [ratio_from_spread(step.spread, step.n_pairs) for step in recent]
    ratios += [ratio_from_halves(step.halves, step.n_pairs) for step in recent if step.halves == step.halves]
    ratio = float(np.median(ratios))
    needed = max(
        float(rule.min_pairs),
        pairs_for_spread(rule.max_spread, ratio),
        pairs_for_halves(rule.min_halves, ratio),
    )
    if not math.isfinite(needed):
        return None
    return max(1, math.ceil(needed - 1e-9) - history[-1].n_pairs)


def ratio_from_spread(spread: float, n_pairs: int) -> float:
    """Noise ratio that explains a bootstrap spread; infinite when the pairs look like nothing but noise.

    >>> round(ratio_from_spread(0.0932, 32), 1)
    9.2
    """
    scatter = _scatter(spread)
    room = n_pairs - 1 - scatter * n_pairs
    return scatter * n_pairs**2 / room if room > 0 else math.inf


def ratio_from_halves(cosine: float, n_pairs: int) -> float:
    """Noise ratio that explains the cosine between two halves; infinite when they do not agree at all."""
    return n_pairs / 2 * (1 / cosine - 1) if cosine > 0 else math.inf


def pairs_for_spread(spread: float, ratio: float) -> float:
    """Pairs after which the spread has fallen to this; infinite for a spread of 0."""
    scatter = _scatter(spread)
    return ratio * (1 - scatter) / scatter if scatter > 0 else math.inf


def pairs_for_halves(cosine: float, ratio: float) -> float:
    """Pairs after which two halves agree as well as this; infinite for a cosine of 1."""
    return 2 * ratio * cosine / (1 - cosine) if cosine < 1 else math.inf


def _scatter(spread: float) -> float:
    return 1 / (1 - min(spread, 0.99)) ** 2 - 1
