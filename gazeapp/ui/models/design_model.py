"""The plan that is being made: its text with undo, its images, its mistakes, how long it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from gazeapp.errors import GazeAppError
from gazeapp.experiment.plan import SHIPPED, DurationEstimate, ExperimentPlan, default_plan
from gazeapp.experiment.plan_document import PlanDocument, Value
from gazeapp.experiment.plan_reader import PlanMistake
from gazeapp.experiment.step_order import IMAGES
from gazeapp.experiment.study_plans import plan_file, study_plans
from gazeapp.locations import assets_dir
from gazeapp.ui.error_words import error_words
from gazeapp.ui.models.setup_model import SetupModel
from gazeapp.ui.models.thumbnails import Thumbnails


@dataclass(frozen=True, slots=True, kw_only=True)
class StepImages:
    """The images of a step."""

    paths: tuple[Path, ...] = ()
    problem: str = ""
    """Why some are not there."""
    is_own: bool = False
    """The step's own; else those of `[stimuli]`, shared with other steps."""


class DesignModel(QObject):
    """Changes go through `PlanDocument`: each is one step of undoing, and what it does not know stays."""

    changed = Signal()

    def __init__(self, setup: SetupModel) -> None:
        super().__init__()
        self.setup = setup
        self.thumbnails = Thumbnails(setup.bridge)
        self.document: PlanDocument | None = None
        self.selected = 0
        """Step of the line."""
        self.problem = ""
        """Why something could not be done."""
        self._counted: tuple[str, DurationEstimate | None, tuple[int, ...], str] = ("", None, (), "")

    # Which plan

    @property
    def files(self) -> list[Path]:
        """The plans of the study."""
        return study_plans(self.setup.study_dir)

    def ensure(self) -> None:
        """Open the plan in use, where none is open."""
        if self.document is None:
            if self.setup.plan_file is not None:
                self.open(self.setup.plan_file)
            else:
                self.begin(self.setup.plan)

    def open(self, path: Path) -> None:
        """Open a plan, mistakes and all; one that is no TOML is refused, and the one before stays."""
        try:
            self.document, self.problem = PlanDocument.open(path), ""
        except GazeAppError as error:
            self.problem = error_words(error)
        self._select_images()
        self.changed.emit()

    def begin(self, plan: ExperimentPlan | None = None) -> None:
        """A new plan, which becomes a file of the study once it is saved."""
        plan = plan or default_plan()
        name = free_name("plan" if plan.name == "default" else plan.name, {path.stem for path in self.files})
        try:
            path = plan_file(self.setup.study_dir, name)
        except GazeAppError:
            path = plan_file(self.setup.study_dir, free_name("plan", {path.stem for path in self.files}))
        self.document, self.problem = PlanDocument.of(replace(plan, name=path.stem), path), ""
        self._select_images()
        self.changed.emit()

    def save(self) -> bool:
        """Write the plan's file; whether it could be."""
        assert self.document is not None, "opened before"
        try:
            self.document.save()
            self.problem = ""
        except GazeAppError as error:
            self.problem = error_words(error)
        self.changed.emit()
        return not self.problem

    def use(self) -> bool:
        """Save the plan and take it for the next session; whether it can be run."""
        if not self.save() or self.document is None or self.document.mistakes:
            return False
        self.setup.load_plan(self.document.path)
        self.problem = self.setup.plan_problem
        self.changed.emit()
        return not self.problem

    # What it says

    @property
    def steps(self) -> tuple[dict[str, Any], ...]:  # Any: TOML values
        """What the file says of each step."""
        return tuple(dict(step) for step in self.document.steps) if self.document else ()

    @property
    def step(self) -> dict[str, Any]:  # Any: TOML values
        """The one that is chosen."""
        return self.steps[self.selected] if self.selected < len(self.steps) else {}

    def select(self, number: int) -> None:
        """Choose a step."""
        self.selected = min(max(number, 0), max(len(self.steps) - 1, 0))
        self.thumbnails.forget()
        self.changed.emit()

    def mistakes(self, step: int | None = None) -> list[PlanMistake]:
        """What is wrong at a step, or anywhere."""
        found = self.document.mistakes if self.document else ()
        return [m for m in found if step is None or m.key.startswith(f"steps[{step}]")]

    def value(self, table: str, key: str) -> Any:  # Any: a TOML value
        """What counts for the chosen step: its own value, else the table's; None where neither says anything."""
        if table == "trials" and key in self.step:
            return self.step[key]
        return self.document.value(table, key) if self.document else None

    def images(self, number: int) -> StepImages:
        """The images of a step, as far as they are there."""
        if self.document is None or number >= len(self.steps):
            return StepImages()
        step, folder = self.steps[number], self.document.path.parent
        is_own = bool(step.get("folders") or step.get("files"))
        source = step.get if is_own else lambda key: self.document.value("stimuli", key) if self.document else None
        paths: list[Path] = []
        problems: list[str] = []
        for name in _names(source("folders")):
            place = assets_dir() / "stimuli" if name == SHIPPED else folder / name
            try:
                from gazeapp.store.stimuli import find_images

                paths += find_images(place)
            except (GazeAppError, OSError) as error:
                problems.append(error_words(error))
        paths += [folder / name for name in _names(source("files"))]
        return StepImages(paths=tuple(paths), problem="\n".join(problems), is_own=is_own)

    def estimate(self) -> tuple[DurationEstimate | None, tuple[int, ...], str]:
        """How long it takes, the images of each step, and what is wrong with them; nothing while there are mistakes."""
        if self.document is None:
            return None, (), ""
        text = self.document.text
        if self._counted[0] != text or self._counted[1] is None:
            self._counted = (text, *self._estimate(self.document.plan))
        return self._counted[1:]

    @staticmethod
    def _estimate(plan: ExperimentPlan | None) -> tuple[DurationEstimate | None, tuple[int, ...], str]:
        from gazeapp.experiment.schedule import share_images
        from gazeapp.experiment.stimulus_set import find_images_of_steps

        if plan is None:
            return None, (), ""
        try:
            found = find_images_of_steps(plan)
        except GazeAppError as error:
            return None, (), error_words(error)
        own = {step: [str(path) for path in paths] for step, paths in found.own.items()}
        shares = share_images(plan, [str(path) for path in found.shared], own)
        counts = tuple(len(images) for images in shares)
        return plan.estimate_steps(counts), counts, ""

    # Changes

    def add_step(self, kind: str) -> None:
        """Put a step after the chosen one."""
        values: dict[str, Value] = {"text": self.tr("Please wait.")} if kind == "instruction" else {}
        at = min(self.selected + 1, len(self.steps))
        self._change(lambda document: document.add_step(at, kind, values), at)

    def remove_step(self) -> None:
        """Take the chosen step out; the last one stays."""
        number = self.selected
        if len(self.steps) > 1:
            self._change(lambda document: document.remove_step(number), max(number - 1, 0))

    def move_step(self, by: int) -> None:
        """Move the chosen step along the line."""
        number, to = self.selected, self.selected + by
        if 0 <= to < len(self.steps):
            self._change(lambda document: document.move_step(number, to), to)

    def set_step(self, key: str, value: Value | None) -> None:
        """Change a key of the chosen step."""
        number = self.selected
        self._change(lambda document: document.set_step(number, key, value), number)

    def set_value(self, table: str, key: str, value: Value | None) -> None:
        """Change what counts: the chosen step's own value where it has one, else the table's."""
        if table == "trials" and key in self.step:
            self.set_step(key, value)
        else:
            self._change(lambda document: document.set_value(table, key, value), self.selected)

    def add_folder(self, path: Path) -> None:
        """Add a folder of images to the chosen step."""
        self._set_images([*_names(self._source("folders")), self._name(path)], _names(self._source("files")))

    def add_files(self, paths: Sequence[Path]) -> None:
        """Add images to the chosen step."""
        self._set_images(_names(self._source("folders")), [*_names(self._source("files")), *map(self._name, paths)])

    def remove_images(self, paths: Sequence[Path]) -> None:
        """Take images out of the chosen step: a folder becomes the list of its other images."""
        gone = set(paths)
        self._set_images([], [self._name(p) for p in self.images(self.selected).paths if p not in gone])

    def move_image(self, path: Path, by: int) -> None:
        """Move an image along: its step's folders become a list of images in that order."""
        paths = list(self.images(self.selected).paths)
        to = paths.index(path) + by
        if 0 <= to < len(paths):
            paths.insert(to, paths.pop(paths.index(path)))
            self._set_images([], [self._name(p) for p in paths])

    def undo(self) -> None:
        """Take the latest change back."""
        self._change(lambda document: document.undo(), self.selected)

    def redo(self) -> None:
        """Make it again."""
        self._change(lambda document: document.redo(), self.selected)

    def _change(self, do: Any, selected: int) -> None:  # Any: a change of the document
        if self.document is None:
            return
        self.problem = ""
        try:
            do(self.document)
        except GazeAppError as error:
            self.problem = error_words(error)
        self.selected = min(selected, max(len(self.steps) - 1, 0))
        self.changed.emit()

    def _select_images(self) -> None:
        self.selected = next((n for n, step in enumerate(self.steps) if step.get("kind") in IMAGES), 0)

    def _source(self, key: str) -> Any:  # Any: a TOML value
        step = self.step
        if step.get("folders") or step.get("files"):
            return step.get(key)
        return self.document.value("stimuli", key) if self.document else None

    def _set_images(self, folders: list[str], files: list[str]) -> None:
        """In the step, where it has its own images; else in `[stimuli]`, which its steps share."""
        step, number = self.step, self.selected
        is_own = bool(step.get("folders") or step.get("files"))

        def do(document: PlanDocument) -> None:
            for key, names in (("folders", folders), ("files", files)):
                if is_own:
                    document.set_step(number, key, names or None)
                else:
                    document.set_value("stimuli", key, names or None)

        self._change(do, number)

    def _name(self, path: Path) -> str:
        """How the plan names a file: from its own folder, where it lies below it."""
        assert self.document is not None, "opened before"
        folder = self.document.path.parent
        return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def _names(value: object) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list | tuple) else []


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
