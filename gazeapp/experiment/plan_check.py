"""Everything that can be wrong with a plan before a session: the editor marks what `gazeapp run --check` says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gazeapp.errors import PlanError, UnreadableImage
from gazeapp.experiment.image_table import read_image_table
from gazeapp.experiment.plan import DurationEstimate, ExperimentPlan
from gazeapp.experiment.plan_reader import PlanMistake, key_lines, parse_plan, plan_mistakes, read_plan
from gazeapp.experiment.schedule import share_images
from gazeapp.experiment.stimulus_set import ImageSources, look_for_images
from gazeapp.store.image_variables import Value
from gazeapp.store.stimuli import decode_image


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCheck:
    """What was found."""

    plan: ExperimentPlan | None
    """None while a key is wrong."""
    mistakes: tuple[PlanMistake, ...]
    """By line; empty for a plan that can be run, as far as its images can be decoded."""
    sources: ImageSources | None = None
    """None where some are not there."""
    variables: Mapping[Path, Mapping[str, Value]] = field(default_factory=dict)

    @property
    def n_images(self) -> tuple[int, ...]:
        """Images of each step of the line, each file taken for an image of its own."""
        return self.count({}) if self.plan is not None and self.sources is not None else ()

    def count(self, ids: Mapping[Path, str]) -> tuple[int, ...]:
        """Images of each step of the line, where the content of files is known."""
        assert self.plan is not None, "read before"
        assert self.sources is not None, "found before"
        own = {step: [ids.get(path, str(path)) for path in paths] for step, paths in self.sources.own.items()}
        shared = [ids.get(path, str(path)) for path in self.sources.shared]
        return tuple(len(images) for images in share_images(self.plan, shared, own))

    def estimate(self, n_images: Sequence[int]) -> DurationEstimate | None:
        """How long it takes with so many images."""
        return None if self.plan is None or self.sources is None else self.plan.estimate_steps(n_images)


def check_plan(path: Path, text: str | None = None) -> PlanCheck:
    """Look for everything that is wrong with a plan but the pixels of its images.

    Args:
        path: The plan's file; relative names in it start there.
        text: What will be in the file; None reads it.
    """
    mistakes = plan_mistakes(path, text)
    if mistakes:
        return PlanCheck(plan=None, mistakes=mistakes)
    plan = read_plan(path) if text is None else parse_plan(path, text)
    sources, faults = look_for_images(plan)
    if faults:
        return PlanCheck(plan=plan, mistakes=_at_their_lines(faults, path, text))
    try:
        variables = read_image_table(plan, sources.paths)
    except PlanError as error:
        return PlanCheck(plan=plan, mistakes=_at_their_lines([error], path, text), sources=sources)
    return PlanCheck(plan=plan, mistakes=(), sources=sources, variables=variables)


def decode_images(
    check: PlanCheck, each: Callable[[Sequence[Path]], Sequence[Path]] = lambda paths: paths
) -> tuple[dict[Path, str], list[PlanMistake]]:
    """Decode every image: its content's hash, and a mistake for each that cannot be read.

    Args:
        check: Of a plan whose images are there.
        each: Wraps the files, to show progress.
    """
    ids: dict[Path, str] = {}
    mistakes = []
    for image in each(check.sources.paths if check.sources is not None else []):
        try:
            ids[image] = decode_image(image).stimulus_id
        except UnreadableImage as error:
            mistakes.append(PlanMistake(key="stimuli", line=0, fault=error.message))
    return ids, mistakes


def _at_their_lines(faults: Sequence[PlanError], path: Path, text: str | None) -> tuple[PlanMistake, ...]:
    line_of = key_lines(path, text)
    return tuple(PlanMistake(key=fault.key, line=line_of(fault.key), fault=fault.message) for fault in faults)
