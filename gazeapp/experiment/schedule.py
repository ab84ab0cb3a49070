"""The order of a session's images: the plan's order, repeats and blocks, fixed by its seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gazeapp.experiment.plan import PHASES, ExperimentPlan
from gazeapp.experiment.step_order import IMAGES, SHARING

_PRACTICE = 1 << 20
"""Stream of random numbers, far from those of the other steps: practice changes no order but its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTrial:
    """One image that is to be shown."""

    number: int
    """Counts from 0 through the whole session."""
    phase: str
    """"enrol", "overlay" or "practice"."""
    block: int
    """Counts from 0 through the whole session; a block never spans two steps."""
    repeat: int
    """0 for the first time that the image is shown in its phase."""
    stimulus_id: str
    step: int = 0
    """Of the plan's line, from 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseCount:
    """The images of a phase: those viewed to their end, and all of them less those that were left out."""

    phase: str
    n_done: int
    n_trials: int


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


def share_images(
    plan: ExperimentPlan, shared: Sequence[str], own: Mapping[int, Sequence[str]]
) -> tuple[tuple[str, ...], ...]:
    """The images of each step of the plan's line; steps without images have none.

    Steps without images of their own share those of `[stimuli]`: divided between enrolment and overlay as
    `split_stimuli` does, then evenly among the steps of a kind. No image of these is in two steps.

    Args:
        plan: Its line, seed and limits decide.
        shared: Content hashes of the images of `[stimuli]`, in the plan's order.
        own: Step → content hashes of its own images, likewise.
    """
    line = plan.line
    sharing = {
        kind: [n for n, step in enumerate(line) if step.kind == kind and not step.has_images] for kind in SHARING
    }
    phases = tuple(phase for phase in PHASES if sharing.get(phase))
    found: list[tuple[str, ...]] = [()] * len(line)
    for kind, ids in zip(SHARING, split_stimuli(replace(plan, phases=phases), shared), strict=True):
        for part, index in enumerate(sharing[kind]):
            first, last = (len(ids) * p // len(sharing[kind]) for p in (part, part + 1))
            found[index] = ids[first:last]
    for index, own_ids in own.items():
        distinct = list(dict.fromkeys(own_ids))
        n_max = line[index].n_max or len(distinct)
        drawn = np.sort(np.random.default_rng([plan.seed, 1, index]).permutation(len(distinct))[:n_max])
        found[index] = tuple(distinct[i] for i in drawn)
    return tuple(found)


def build_schedule(
    plan: ExperimentPlan,
    enrol_ids: Sequence[str],
    overlay_ids: Sequence[str],
    participant_index: int = 0,
    session_index: int = 0,
) -> tuple[PlannedTrial, ...]:
    """Lay out every trial of a plan in which enrol and overlay occur once; see `lay_out`."""
    ids = {"enrol": enrol_ids, "overlay": overlay_ids}
    return lay_out(plan, [ids.get(step.kind, ()) for step in plan.line], participant_index, session_index)


def lay_out(
    plan: ExperimentPlan, images: Sequence[Sequence[str]], participant_index: int = 0, session_index: int = 0
) -> tuple[PlannedTrial, ...]:
    """Lay out every trial of a plan.

    Args:
        plan: Its line, order, repeats, block size and seed decide.
        images: Of each step of the line.
        participant_index: Position of the participant in the study, from 0: the row of the latin square, so that
            n participants together see every image at every position. The other orders do not depend on it.
        session_index: Sessions that the participant had before, so that a repeated session shows another order.
    """
    trials: list[PlannedTrial] = []
    block = 0
    n_before = dict.fromkeys(IMAGES, 0)
    for step, (kind, ids) in enumerate(zip((step.kind for step in plan.line), images, strict=True)):
        if kind not in IMAGES or not ids:
            continue
        in_step = 0
        timing = plan.trials_of(step)
        stream = (2 + SHARING.index(kind) if kind in SHARING else _PRACTICE) + len(SHARING) * n_before[kind]
        n_before[kind] += 1
        for repeat in range(timing.repeats):
            rng = np.random.default_rng([plan.seed, stream, repeat, session_index])
            row = plan.seed + participant_index + session_index
            for index in _order(timing.order, len(ids), row, rng):
                if in_step and in_step % plan.blocks.size == 0:
                    block += 1
                trials.append(
                    PlannedTrial(
                        number=len(trials), phase=kind, block=block, repeat=repeat, stimulus_id=ids[index], step=step
                    )
                )
                in_step += 1
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
