"""The plans of a study that somebody works on: its files, and what was not saved yet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gazeapp.experiment.plan import ExperimentPlan
from gazeapp.experiment.plan_document import PlanDocument
from gazeapp.experiment.plan_images import with_files_from
from gazeapp.experiment.study_plans import plan_file, study_plans
from gazeapp.store.identifier import fault_of_name


class PlanDrafts:
    """Plans with changes wait here while another one is looked at.

    Args:
        study: Its folder.
    """

    def __init__(self, study: Path) -> None:
        self.study = study
        self.shown: PlanDocument | None = None
        """The plan that was looked at last."""
        self._open: dict[Path, PlanDocument] = {}

    @property
    def files(self) -> list[Path]:
        """The plans of the study by name, those that are no files yet too."""
        new = [path for path, document in self._open.items() if document.is_new]
        return sorted({*study_plans(self.study), *new}, key=lambda path: path.stem.casefold())

    @property
    def unsaved(self) -> list[PlanDocument]:
        """Plans with changes that somebody made and did not save; one that was only begun is no loss."""
        return [document for document in self._open.values() if document.is_changed and document.can_undo]

    def follow(self, study: Path) -> None:
        """The study was moved: its plans lie there."""
        for document in self._open.values():
            if document.path.is_relative_to(self.study):
                document.path = study / document.path.relative_to(self.study)
        self._open = {document.path: document for document in self._open.values()}
        self.study = study

    def is_changed(self, path: Path) -> bool:
        """Whether a plan has changes that were not saved."""
        document = self._open.get(path)
        return document is not None and document.is_changed

    def get(self, path: Path) -> PlanDocument | None:
        """The plan of a file, where it is open."""
        return self._open.get(path)

    def open(self, path: Path) -> PlanDocument:
        """A plan with the changes that were not saved, or else its file; PlanError when that is no TOML."""
        if not self.is_changed(path):
            self._open[path] = PlanDocument.open(path)
        return self._open[path]

    def begin(self, plan: ExperimentPlan) -> PlanDocument:
        """A new plan under a name that is free; one that was only begun makes room for it."""
        taken = {path.stem for path in study_plans(self.study)}
        taken |= {path.stem for path, document in self._open.items() if document.can_undo}
        path = plan_file(self.study, free_name(file_name("plan" if plan.name == "default" else plan.name), taken))
        if plan.folder != Path():
            plan = with_files_from(plan, path.parent)
        self._open[path] = PlanDocument.of(replace(plan, name=path.stem), path)
        return self._open[path]

    def save(self, document: PlanDocument) -> None:
        """Write a plan's file; a new one is called as the plan is. PlanError where it cannot be written."""
        before = path = document.path
        if document.is_new:
            name = file_name(str(document.value("plan", "name") or path.stem))
            path = plan_file(self.study, free_name(name, {file.stem for file in study_plans(self.study)}))
        document.save(path)
        self._open.pop(before, None)
        self._open[path] = document


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
