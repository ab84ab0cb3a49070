"""The stopping rule of enrolment: how surely an embedding is known, when that is enough, and how many images are left.

What counts is the expected cosine between the embedding and where it would settle. A posterior tells it: what it leaves
open, in calibrated variance, beside the length of its mean. On unseen people of OSIE (12, 4 at a time) it says .47,
.56, .67, .73 after 8, 16, 32, 48 images, and the cosine with the embedding of all other images is .57, .64, .76, .76;
on EyeCrowd .47, .58, .69, .74 and .56, .63, .73, .74; on PS, of another laboratory, .69 and .79 after 8 and 16, and .79
and .84.

For embeddings without a posterior the bootstrap tells it. A pair's feature is taken as the person's own direction plus
noise that is independent from pair to pair; r, the *noise ratio*, is how many pairs it takes until the mean's noise is
as long as the direction. The bootstrap spread s of n pairs gives r by 1 / (1 - s)² - 1 = r (n - 1) / (n (n + r)), and
the mean of n pairs lies at an angle of cosine 1 / sqrt(1 + r / n) to where it would settle.
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
    """When enrolment may end: more is known of the person than is open, and gaze follows the images.

    Whether it is one person's gaze is judged beside it (`one_person`).
    """

    min_certainty: float = 0.7
    """Expected cosine to where the embedding would settle. Its square is the share of what there is to know: half.
    Unseen people of OSIE and EyeCrowd reach it after some 44 images, three minutes; those of PS after 11."""
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
    certainty: float = math.nan
    """Expected cosine between the embedding and where it would settle; NaN before two."""
    viewing: float = math.inf
    """How surely gaze follows the images, as a normal deviate; NaN before four, infinite where nobody asked."""
    one_person: float = math.inf
    """Log-likelihood ratio that two halves are one person's (`one_person`), the lesser of two ways to halve; NaN before
    eight pairs, infinite where nothing can tell."""
    as_before: float = math.inf
    """The same of today's pairs beside those of earlier sessions; infinite without earlier ones."""
    as_each_part: float = math.inf
    """The least of today's pairs beside each half of the earlier ones: of two people's gaze one half is strange."""


def is_enough(step: EnrolmentStep, rule: EnoughRule) -> bool:
    """Whether the rule is met."""
    is_known = step.n_pairs >= rule.min_pairs and step.certainty >= rule.min_certainty
    return is_known and step.viewing >= rule.min_viewing


def predict_images_left(history: Sequence[EnrolmentStep], rule: EnoughRule) -> int | None:
    """How many more images the rule will need, at least 1; None while that cannot be told."""
    recent = [step for step in history[-_N_RECENT:] if math.isfinite(step.certainty)]
    if len(recent) < _MIN_STEPS:
        return None
    ratio = float(np.median([ratio_from_certainty(step.certainty, step.n_pairs) for step in recent]))
    needed = max(float(rule.min_pairs), pairs_for_certainty(rule.min_certainty, ratio))
    if not math.isfinite(needed):
        return None
    return max(1, math.ceil(needed - 1e-9) - history[-1].n_pairs)


def ratio_from_spread(spread: float, n_pairs: int) -> float:
    """Noise ratio that explains a bootstrap spread; infinite when the pairs look like nothing but noise.

    >>> round(ratio_from_spread(0.0932, 32), 1)
    9.2
    """
    scatter = 1 / (1 - min(spread, 0.99)) ** 2 - 1
    room = n_pairs - 1 - scatter * n_pairs
    return scatter * n_pairs**2 / room if room > 0 else math.inf


def certainty_from_spread(spread: float, n_pairs: int) -> float:
    """Expected cosine to where the embedding would settle, from its bootstrap spread; NaN where that is.

    >>> round(certainty_from_spread(0.0932, 32), 2)
    0.88
    """
    return spread if math.isnan(spread) else 1 / math.sqrt(1 + ratio_from_spread(spread, n_pairs) / n_pairs)


def ratio_from_certainty(certainty: float, n_pairs: int) -> float:
    """Noise ratio at which so many pairs give this certainty; infinite for none."""
    return n_pairs * (1 / certainty**2 - 1) if certainty > 0 else math.inf


def pairs_for_certainty(certainty: float, ratio: float) -> float:
    """Pairs that give this certainty; infinite for a certainty of 1."""
    return ratio / (1 / certainty**2 - 1) if certainty < 1 else math.inf
