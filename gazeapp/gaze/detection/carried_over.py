"""The fixation that was under way when an image appeared, told from those that the image drew."""

from __future__ import annotations

from collections.abc import Iterable

from gazeapp.gaze.fixations import Fixation

CARRIED_OVER_S = 0.08
"""A fixation that begins this soon after the first sample was not chosen by looking at the image: the fastest saccades
in response to a stimulus start about 100 ms after it (Fischer & Ramsperger 1984, Human express saccades). Counting
from the very first sample alone would miss fixations under way whose beginning noise has cut off."""


def split_carried_over(
    fixations: Iterable[Fixation], first_sample_s: float, sample_interval_s: float
) -> tuple[tuple[Fixation, ...], tuple[Fixation, ...]]:
    """Separate the fixation under way at stimulus onset from those that followed.

    Args:
        fixations: In time order.
        first_sample_s: Time of the trial's first sample.
        sample_interval_s: Typical time between samples.

    Returns:
        (fixations of this stimulus, carried over).
    """
    limit_s = first_sample_s + max(CARRIED_OVER_S, 1.5 * sample_interval_s)
    own: list[Fixation] = []
    carried: list[Fixation] = []
    for fixation in fixations:
        (carried if fixation.onset_s <= limit_s else own).append(fixation)
    return tuple(own), tuple(carried)
