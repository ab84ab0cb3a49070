"""The order of a session's images: the plan's order, repeats and blocks, fixed by its seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gazeapp.experiment.plan import ExperimentPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTrial:
    """One image that is to be shown."""

    number: int
    """Counts from 0 through the whole session."""
    phase: str
    """"enrol" or "overlay"."""
    block: int
    """Counts from 0 through the whole session; a block never spans two phases."""
    repeat: int
    """0 for the first time that the image is shown in its phase."""
    stimulus_id: str


def split_stimuli(plan: ExperimentPlan, stimulus_ids: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Divide the images between enrolment and overlay, each image in one of them alone.

    Args:
        plan: Its phases, seed, `stimuli.n_enrol` and `stimuli.n_max` decide.
        stimulus_ids: Content hashes in the plan's own order; the same image twice counts once.

    Returns:
        Images for "enrol" and images for "overlay", each in the plan's own order.
    """
    ids = list(dict.fromkeys(stimulus_ids))
    drawn = np.random.default_rng([plan.seed, 1]).permutation(len(ids))
    if plan.stimuli.n_max:
        drawn = drawn[: plan.stimuli.n_max]
    n_enrol = plan.stimuli.n_enrol or min(round(0.75 * len(drawn)), len(drawn) - 1)
    if "overlay" not in plan.phases or len(drawn) < 2:
        n_enrol = plan.stimuli.n_enrol or len(drawn)
    if "enrol" not in plan.phases:
        n_enrol = 0
    enrol, overlay = np.sort(drawn[:n_enrol]), np.sort(drawn[n_enrol:])
    return tuple(ids[i] for i in enrol), tuple(ids[i] for i in overlay)


def build_schedule(
    plan: ExperimentPlan,
    enrol_ids: Sequence[str],
    overlay_ids: Sequence[str],
    participant_index: int = 0,
    session_index: int = 0,
) -> tuple[PlannedTrial, ...]:
    """Lay out every trial of the plan.

    Args:
        plan: Its phases, order, repeats, block size and seed decide.
        enrol_ids: Images of the enrol phase.
        overlay_ids: Images of the overlay phase.
        participant_index: Position of the participant in the study, from 0: the row of the latin square, so that
            n participants together see every image at every position. The other orders do not depend on it.
        session_index: Sessions that the participant had before, so that a repeated session shows another order.
    """
    trials: list[PlannedTrial] = []
    block = 0
    for number_of_phase, (phase, ids) in enumerate((("enrol", enrol_ids), ("overlay", overlay_ids))):
        if phase not in plan.phases or not ids:
            continue
        in_phase = 0
        for repeat in range(plan.trials.repeats):
            rng = np.random.default_rng([plan.seed, 2 + number_of_phase, repeat, session_index])
            row = plan.seed + participant_index + session_index
            for index in _order(plan.trials.order, len(ids), row, rng):
                if in_phase and in_phase % plan.blocks.size == 0:
                    block += 1
                trials.append(
                    PlannedTrial(number=len(trials), phase=phase, block=block, repeat=repeat, stimulus_id=ids[index])
                )
                in_phase += 1
        block += 1
    return tuple(trials)


def break_positions(blocks: Sequence[int], size: int) -> frozenset[int]:
    """Before which trials a break is due: where a block begins and a whole block was seen since the last break.

    A phase that ends early in its block flows into the next one without a break.

    >>> sorted(break_positions([0, 0, 1, 2, 2, 3], 2))
    [2, 5]

    Args:
        blocks: Block of each trial, in order.
        size: Trials of a whole block.
    """
    found = set()
    since = 0
    for position in range(1, len(blocks)):
        since += 1
        if blocks[position] != blocks[position - 1] and since >= size:
            found.add(position)
            since = 0
    return frozenset(found)


def _order(kind: str, n: int, row: int, rng: np.random.Generator) -> list[int]:
    if kind == "fixed":
        return list(range(n))
    if kind == "latin-square":
        return williams_row(n, row)
    return [int(i) for i in rng.permutation(n)]  # "informative" reorders it as the session goes


def williams_row(n: int, row: int) -> list[int]:
    """One row of a balanced latin square.

    Over n rows every item stands once at every position; for even n every item also follows every other one
    equally often (for odd n over 2n rows, every second one reversed).

    >>> [williams_row(4, row) for row in range(4)]
    [[0, 3, 1, 2], [1, 0, 2, 3], [2, 1, 3, 0], [3, 2, 0, 1]]

    Source:
        Williams (1949), Experimental designs balanced for the estimation of residual effects of treatments.
    """
    first = [0]
    low, high = 1, n - 1
    for position in range(1, n):
        if position % 2:
            first.append(high)
            high -= 1
        else:
            first.append(low)
            low += 1
    line = [(item + row) % n for item in first]
    return line[::-1] if n % 2 and (row // n) % 2 else line
