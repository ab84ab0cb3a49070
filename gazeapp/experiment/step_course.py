"""A plan's line of steps around a session's images: what comes before the first one, and before each later one."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from gazeapp.experiment.plan import ExperimentPlan, PlanStep
from gazeapp.experiment.schedule import PlannedTrial, break_positions
from gazeapp.experiment.step_order import IMAGES, TARGETS, WORDS


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCourse:
    """Where steps stand among trials."""

    opening: tuple[PlanStep, ...]
    """Up to the last calibration or validation before the first image: the experimenter starts each of these."""
    before: dict[int, tuple[PlanStep, ...]]
    """Position in the schedule → what is gone through before that trial; `len(schedule)`: after the last."""
    breaks: frozenset[int]
    """Positions before which a break between blocks is due."""
    thanks: PlanStep | None

    @property
    def wanted(self) -> frozenset[str]:
        """Calibrations and validations before the first image."""
        return frozenset(step.kind for step in self.opening) & frozenset(TARGETS)

    def opening_words(self, kind: str) -> tuple[PlanStep, ...]:
        """What the participant reads before the opening's first step of a kind."""
        kinds = [step.kind for step in self.opening]
        if kind not in kinds:
            return ()
        end = kinds.index(kind)
        first = end
        while first and kinds[first - 1] in WORDS:
            first -= 1
        return self.opening[first:end]


def lay_course(plan: ExperimentPlan, schedule: Sequence[PlannedTrial], n_done: int = 0) -> StepCourse:
    """Place the steps of a plan among its trials.

    Args:
        plan: Its line and block size decide.
        schedule: All trials.
        n_done: Trials that were viewed in earlier parts of the session: it begins with what is left.
    """
    line = plan.line
    first_image = next((n for n, step in enumerate(line) if step.kind in IMAGES), len(line))
    n_opening = max((n + 1 for n in range(first_image) if line[n].kind in TARGETS), default=0)
    before: dict[int, tuple[PlanStep, ...]] = {}
    past = n_opening
    for position, step in enumerate([*(trial.step for trial in schedule), len(line)]):
        between = tuple(s for s in line[past:step] if s.kind not in IMAGES)
        if between:
            before[position] = between
        past = max(past, step + 1)
    own = [position for position, steps in before.items() if any(step.kind == "break" for step in steps)]
    edges = [0, *sorted(own), len(schedule)]
    breaks = {
        first + position
        for first, last in itertools.pairwise(edges)
        for position in break_positions([trial.block for trial in schedule[first:last]], plan.blocks.size)
    }
    opening = line[:n_opening]
    if n_done:  # a session that goes on is calibrated anew as it was begun, and reads nothing twice
        opening = tuple(step for step in opening if step.kind in TARGETS)
        before = {
            position: tuple(s for s in steps if position > n_done or s.kind not in TARGETS)
            for position, steps in before.items()
            if position >= n_done
        }
    return StepCourse(
        opening=opening,
        before=before,
        breaks=frozenset(position for position in breaks if position > n_done or not n_done),
        thanks=line[-1] if line and line[-1].kind == "thanks" else None,
    )
