"""The plan that is being made: its text with undo, its images, its mistakes, how long it takes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

from PySide6.QtCore import QObject, Signal

from gazeapp.errors import GazeAppError
from gazeapp.experiment import plan_images
from gazeapp.experiment.plan import (
    SHIPPED,
    DurationEstimate,
    ExperimentPlan,
    StimuliPlan,
    default_plan,
)
from gazeapp.experiment.plan_check import PlanCheck, check_plan
from gazeapp.experiment.plan_document import PlanDocument
from gazeapp.experiment.plan_reader import PlanMistake
from gazeapp.experiment.plan_templates import make_template, plan_of_session
from gazeapp.experiment.plan_text import Value
from gazeapp.experiment.step_order import IMAGES, order_faults
from gazeapp.experiment.step_values import own_keys, set_value_at, share_values, value_at
from gazeapp.experiment.study_plans import plan_file
from gazeapp.ui.error_words import error_words
from gazeapp.ui.models.image_marks import ImageMarks
from gazeapp.ui.models.plan_drafts import PlanDrafts
from gazeapp.ui.models.setup_model import SetupModel
from gazeapp.ui.models.thumbnails import Thumbnails

P = ParamSpec("P")
Do = Callable[Concatenate[PlanDocument, int, P], object]
"""Changes a step: (document, its number, …)."""


class DesignModel(QObject):
    """Changes go through `PlanDocument`: each is one step of undoing, and what it does not know stays."""

    changed = Signal()
    about_to_change = Signal()
    """Something else is shown next: what is being typed belongs to what is shown still."""

    def __init__(self, setup: SetupModel) -> None:
        super().__init__()
        self.setup = setup
        self.thumbnails = Thumbnails(setup.bridge)
        self.marks = ImageMarks(setup.bridge, self.thumbnails)
        self.document: PlanDocument | None = None
        self.selected = 0
        """Step of the line."""
        self.problem = ""
        """Why something could not be done."""
        self.told = ""
        """What was done, in words; until the next change."""
        self.is_busy = False
        """Whether something is being made in the background."""
        self._drafts: dict[Path, PlanDrafts] = {}
        """Of each study that was open: another one loses nothing."""
        self._own: set[int] = set()
        """Steps whose next changes are theirs alone, though they have nothing of their own yet."""
        self._checked: tuple[PlanDocument | None, str, PlanCheck] = (None, "", PlanCheck(plan=None, mistakes=()))
        self._listed: dict[tuple[Path, plan_images.ImageNames], plan_images.StepImages] = {}
        setup.study.moved.connect(self._follow_study)

    # Which plan

    @property
    def drafts(self) -> PlanDrafts:
        """The plans of the study that is open."""
        study = self.setup.study_dir
        return self._drafts.setdefault(study, PlanDrafts(study))

    def _follow_study(self, before: Path, now: Path) -> None:
        """What was not saved goes with the study that was moved."""
        if (drafts := self._drafts.pop(before, None)) is not None:
            drafts.follow(now)
            self._drafts[now] = drafts

    @property
    def unsaved(self) -> list[str]:
        """Names of the plans with changes that were not saved, in every study that was open."""
        return [document.path.stem for drafts in self._drafts.values() for document in drafts.unsaved]

    def save_all(self) -> bool:
        """Save every plan that was changed; whether all could be."""
        for drafts in self._drafts.values():
            for document in drafts.unsaved:
                if not self._write(drafts, document):
                    self._use(document)
                    return False
        return True

    def ensure(self) -> None:
        """Open the plan that was looked at last, or else the one in use; look again at files that may have changed."""
        if self.document is None:
            if self.drafts.shown is not None:
                self._use(self.drafts.shown)
            elif self.setup.plan_file is not None:
                self.open(self.setup.plan_file)
            else:
                self.begin(self.setup.plan)
        self.look_again()

    def look_again(self) -> None:
        """Files may have come, gone or changed since they were looked at."""
        self._checked = None, "", self._checked[2]
        self._listed.clear()
        self.marks.look(self.images(self.selected).paths, again=True)

    def forget(self) -> None:
        """Another study is open: its plans are others."""
        self.about_to_change.emit()
        self.document = None

    def open(self, path: Path) -> None:
        """Open a plan, mistakes and all; one that is no TOML is refused, and the one before stays.

        Changes that were not saved are still there.
        """
        try:
            self._use(self.drafts.open(path))
        except GazeAppError as error:
            self.problem, self.told = error_words(error), ""
            self.changed.emit()

    def begin(self, plan: ExperimentPlan | None = None) -> None:
        """A new plan, which becomes a file of the study once it is saved."""
        self._use(self.drafts.begin(plan or default_plan()))

    def begin_from(self, template: str) -> None:
        """A new plan from a template; the images of the plan that is open go with it."""
        images = self._shared_images()
        self.begin(make_template(template, images))
        self.told = self.tr("A new plan with the images of the one before.") if images is not None else ""
        self.changed.emit()

    def begin_from_session(self, session_id: str) -> None:
        """A new plan as an earlier session was recorded, with copies of its images."""
        folder = self.setup.study_dir / "sessions" / session_id
        plans = plan_file(self.setup.study_dir, "plan").parent
        self._work(
            lambda: plan_of_session(folder, plans / f"images-{session_id}"),
            lambda plan: self.begin(replace(plan, folder=Path())),
        )

    def _shared_images(self) -> StimuliPlan | None:
        """Images that somebody chose for the plan that is open; None for the shipped ones."""
        if self.document is None:
            return None
        folders, files = (_names(self.document.value("stimuli", key)) for key in ("folders", "files"))
        if not files and folders in ([], [SHIPPED]):
            return None
        target = plan_file(self.setup.study_dir, "plan").parent

        def named(name: str) -> str:
            return name if name == SHIPPED else plan_images.name_from(folder / name, target)

        folder = self.document.path.parent
        return StimuliPlan(folders=tuple(map(named, folders)), files=tuple(map(named, files)))

    def save(self) -> bool:
        """Write the plan's file; whether it could be."""
        self.about_to_change.emit()
        assert self.document is not None, "opened before"
        is_saved = self._write(self.drafts, self.document)
        self.changed.emit()
        return is_saved

    def _write(self, drafts: PlanDrafts, document: PlanDocument) -> bool:
        self.problem = self.told = ""
        try:
            drafts.save(document)
        except GazeAppError as error:
            self.problem = error_words(error)
        return not self.problem

    def use(self) -> bool:
        """Save the plan and take it for the next session; whether it can be run."""
        if not self.save() or self.document is None or self.document.mistakes:
            return False
        self.setup.load_plan(self.document.path)
        self.problem = self.setup.plan_problem
        self.changed.emit()
        return not self.problem

    def _use(self, document: PlanDocument) -> None:
        self.about_to_change.emit()
        self.document = self.drafts.shown = document
        self.problem = self.told = ""
        self._own = set()
        self.selected = next((n for n, step in enumerate(self.steps) if step.get("kind") in IMAGES), 0)
        self.look_again()
        self.changed.emit()

    # What it says

    @property
    def steps(self) -> tuple[Mapping[str, Any], ...]:  # Any: TOML values
        """What the file says of each step."""
        return self.document.steps if self.document else ()

    @property
    def step(self) -> Mapping[str, Any]:  # Any: TOML values
        """The one that is chosen."""
        return self.steps[self.selected] if self.selected < len(self.steps) else {}

    def select(self, number: int) -> None:
        """Choose a step."""
        self.about_to_change.emit()
        self.selected = min(max(number, 0), max(len(self.steps) - 1, 0))
        self.thumbnails.forget()
        self.marks.look(self.images(self.selected).paths)
        self.changed.emit()

    @property
    def check(self) -> PlanCheck:
        """Everything that is wrong with it but pixels, as `gazeapp run --check` says."""
        document = self.document
        if document is None:
            return PlanCheck(plan=None, mistakes=())
        if self._checked[0] is not document or self._checked[1] != document.text:
            self._checked = document, document.text, check_plan(document.path, document.text)
        return self._checked[2]

    def mistakes(self, step: int | None = None) -> list[PlanMistake]:
        """What is wrong at a step, or anywhere."""
        return [m for m in self.check.mistakes if step is None or m.key.startswith(f"steps[{step}]")]

    def value(self, table: str, key: str) -> Any:  # Any: a TOML value
        """What counts for the chosen step: its own value, else the table's; None where neither says anything."""
        return value_at(self.document, self.selected, table, key) if self.document else None

    @property
    def is_own(self) -> bool:
        """Whether what is changed now is the chosen step's alone."""
        return self.selected in self._own or bool(own_keys(self.step))

    def set_own(self, is_own: bool) -> None:
        """Have the chosen step a timing and look of its own, or the plan's again."""
        number = self.selected
        if is_own:
            self._own.add(number)
            self.changed.emit()
        else:
            self._own.discard(number)
            self.change(share_values)

    def images(self, number: int) -> plan_images.StepImages:
        """The images of a step, as far as they are there; for one that shares the plan's, all of these."""
        if self.document is None or number >= len(self.steps):
            return plan_images.StepImages()
        key = self.document.path.parent, plan_images.image_names(self.document, number)
        if key not in self._listed:
            self._listed[key] = plan_images.list_images(*key)
        return self._listed[key]

    def estimate(self) -> tuple[DurationEstimate | None, tuple[int, ...]]:
        """How long it takes, and the images of each step; nothing while there are mistakes."""
        check = self.check
        if check.plan is None or check.sources is None:
            return None, ()
        counts = check.count(self.marks.contents())
        return check.estimate(counts), counts

    @property
    def trial_s(self) -> float:
        """How long an image of the chosen step takes; NaN while the plan has mistakes."""
        plan = self.check.plan
        return replace(plan, trials=plan.trials_of(self.selected)).trial_s if plan is not None else math.nan

    def forbidden(self, kind: str) -> str:
        """Why a step of a kind cannot stand behind the chosen one; empty where it can."""
        kinds = [str(step.get("kind", "")) for step in self.steps]
        at = min(self.selected + 1, len(kinds))
        before = len(order_faults(kinds))
        faults = order_faults([*kinds[:at], kind, *kinds[at:]])
        return error_words(faults[0][1]) if len(faults) > before else ""

    # Changes

    def change(self, do: Do[P], *args: P.args, **kwargs: P.kwargs) -> None:
        """Change the chosen step by a function of (document, number of the step, …): one step of undoing."""
        number = self.selected
        self._change(lambda document: do(document, number, *args, **kwargs), number)

    def add_step(self, kind: str) -> None:
        """Put a step after the chosen one."""
        values: dict[str, Value] = {"text": self.tr("Please wait.")} if kind == "instruction" else {}
        if kind == "practice":
            values = {"folders": [SHIPPED], "n_max": 2}
        at = min(self.selected + 1, len(self.steps))
        self._change(lambda document: document.add_step(at, kind, values), at)

    def remove_step(self) -> None:
        """Take the chosen step out; the last one stays."""
        number = self.selected
        if len(self.steps) > 1:
            self._change(lambda document: document.remove_step(number), max(number - 1, 0))

    def move_step(self, by: int) -> None:
        """Move the chosen step along the line."""
        self.put_step(self.selected, self.selected + by)

    def put_step(self, number: int, to: int) -> None:
        """Put a step at another place of the line."""
        if 0 <= number < len(self.steps) and 0 <= to < len(self.steps) and number != to:
            self._change(lambda document: document.move_step(number, to), to)

    def set_step(self, key: str, value: Value | None) -> None:
        """Change a key of the chosen step."""
        number = self.selected
        self._change(lambda document: document.set_step(number, key, value), number)

    def set_value(self, table: str, key: str, value: Value | None) -> None:
        """Change what counts: the chosen step's own value where it has some, else the table's."""
        self.change(set_value_at, table, key, value, is_own=self.is_own)

    def set_picture(self, path: Path | None) -> None:
        """The picture above the words."""
        self.set_step("picture", self._name(path) if path is not None else None)

    def set_table(self, path: Path | None) -> None:
        """The table of what is known about the images."""
        name = self._name(path) if path is not None else None
        self._change(lambda document: document.set_value("stimuli", "variables", name), self.selected)

    def remove_faulty(self) -> None:
        """Take out what is gone, cannot be read or is there twice."""
        paths = self.images(self.selected).paths
        marks = self.marks.marks(paths)
        left = [path for path, mark in zip(paths, marks, strict=True) if not mark.fault]
        if len(left) < len(paths):  # one that is there twice may stand twice in the list too
            self.change(plan_images.keep_images, left)

    def move_image(self, path: Path, by: int) -> None:
        """Move an image along."""
        listed = self.images(self.selected).paths
        at = listed.index(path)
        if 0 <= at + by < len(listed):
            self.change(plan_images.move_images, [path], at + by + (by > 0))

    def find_moved(self, folder: Path) -> None:
        """Look for the files that are gone below a folder, by name, and take those that are found."""
        asked, drafts = self.document, self.drafts
        if asked is None:
            return
        lost = plan_images.lost_files(asked)

        def done(found: dict[Path, Path]) -> None:
            document = drafts.get(asked.path)
            if document is None:
                return
            if document is not self.document:  # another plan is looked at by now
                plan_images.replace_files(document, found)
                return
            self._change(lambda document: plan_images.replace_files(document, found), self.selected)
            self.told = self.tr("{0} of {1} were found again.").format(len(found), len(lost))
            self.look_again()

        self._work(lambda: plan_images.find_again(lost, folder), done)

    def rename(self, name: str) -> None:
        """Call the plan otherwise."""
        if name.strip():
            self._change(lambda document: document.set_value("plan", "name", name.strip()), self.selected)

    def undo(self) -> None:
        """Take the latest change back."""
        self._change(lambda document: document.undo(), self.selected)

    def redo(self) -> None:
        """Make it again."""
        self._change(lambda document: document.redo(), self.selected)

    def _change(self, do: Callable[[PlanDocument], object], selected: int) -> None:
        if self.document is None:
            return
        self.about_to_change.emit()
        self.problem = self.told = ""
        n_before = len(self.steps)
        try:
            do(self.document)
        except GazeAppError as error:
            self.problem = error_words(error)
        if len(self.steps) != n_before:
            self._own = set()
        self.selected = min(selected, max(len(self.steps) - 1, 0))
        self.marks.look(self.images(self.selected).paths)
        self.changed.emit()

    def _work(self, job: Callable[[], Any], use: Callable[[Any], None]) -> None:  # Any: what the job makes
        """Do something in the background, and take what came of it."""
        if self.is_busy:
            return
        self.is_busy = True
        study = self.setup.study_dir
        self.changed.emit()

        def done(outcome: Any) -> None:  # Any: what the job made, or an error
            self.is_busy = False
            if study == self.setup.study_dir:  # else nobody waits for it any more
                if isinstance(outcome, Exception):
                    self.problem = error_words(outcome)
                else:
                    use(outcome)
            self.changed.emit()

        self.setup.bridge.run(job, done)

    def _name(self, path: Path) -> str:
        """How the plan names a file: from its own folder, where it lies below it."""
        assert self.document is not None, "opened before"
        return plan_images.name_from(path, self.document.path.parent)


def _names(value: object) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list | tuple) else []
