"""How a plan names its files, and how its own is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gazeapp.errors import GazeAppError
from gazeapp.experiment.plan import SHIPPED, ExperimentPlan
from gazeapp.locations import assets_dir
from gazeapp.store.identifier import fault_of_name
from gazeapp.ui.error_words import error_words


@dataclass(frozen=True, slots=True, kw_only=True)
class StepImages:
    """The images of a step."""

    paths: tuple[Path, ...] = ()
    problem: str = ""
    """Why some are not there."""
    is_own: bool = False
    """The step's own; else those of `[stimuli]`, shared with other steps."""


def name_from(path: Path, folder: Path) -> str:
    """How a plan in a folder names a file: from there, where the file lies below it."""
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def list_images(folder: Path, folders: Sequence[str], files: Sequence[str], *, is_own: bool = True) -> StepImages:
    """The image files that a plan in a folder names, those that are gone too."""
    from gazeapp.store.stimuli import find_images

    paths: list[Path] = []
    problems: list[str] = []
    for name in folders:
        place = assets_dir() / "stimuli" if name == SHIPPED else folder / name
        try:
            paths += find_images(place)
        except (GazeAppError, OSError) as error:
            problems.append(error_words(error))
    paths += [folder / name for name in files]
    return StepImages(paths=tuple(paths), problem="\n".join(problems), is_own=is_own)


def with_files_from(plan: ExperimentPlan, folder: Path) -> ExperimentPlan:
    """The same plan for a file in another folder: what it names from its own folder is named from there."""

    def moved(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(name if name == SHIPPED else name_from(plan.folder / name, folder) for name in names)

    stimuli = replace(plan.stimuli, folders=moved(plan.stimuli.folders), files=moved(plan.stimuli.files))
    if stimuli.variables:
        stimuli = replace(stimuli, variables=moved([stimuli.variables])[0])
    steps = tuple(
        replace(
            step,
            folders=moved(step.folders),
            files=moved(step.files),
            picture=moved([step.picture])[0] if step.picture else "",
        )
        for step in plan.steps
    )
    calibration = plan.calibration
    if calibration.target_image:
        calibration = replace(calibration, target_image=moved([calibration.target_image])[0])
    return replace(plan, stimuli=stimuli, steps=steps, calibration=calibration, folder=folder)


def names_of(value: object) -> list[str]:
    """The strings of a TOML list; none of anything else."""
    return [name for name in value if isinstance(name, str)] if isinstance(value, list | tuple) else []


def file_name(wanted: str) -> str:
    """A plan's name as a file may be called.

    >>> file_name("pilot: faces / places?")
    'pilot faces places'
    """
    words = "".join(c if c.isalnum() or c in "-_." else " " for c in wanted).split()
    name = " ".join(words).strip(" .")[:80]
    return "plan" if fault_of_name(name) else name


def free_name(wanted: str, taken: set[str]) -> str:
    """A name that no other plan has.

    >>> free_name("plan", {"plan", "plan-2"})
    'plan-3'
    """
    number = 1
    name = wanted
    while name in taken:
        number += 1
        name = f"{wanted}-{number}"
    return name
