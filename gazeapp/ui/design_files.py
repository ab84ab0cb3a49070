"""What Design takes from the disk: plans, images, pictures and tables, chosen in a dialog or dropped on the window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from gazeapp.experiment.plan_images import add_images
from gazeapp.experiment.step_order import IMAGES, SHARING
from gazeapp.store.stimuli import IMAGE_SUFFIXES
from gazeapp.ui.models.design_model import DesignModel


class DesignFiles(QObject):
    """Asks for files, and hands them to the plan that is shown."""

    def __init__(self, parent: QWidget, model: DesignModel) -> None:
        super().__init__(parent)
        self._page, self._model = parent, model

    def take(self, paths: list[Path], at: int | None = None) -> None:
        """Open a plan that was dropped; else add images to the chosen step, behind the others or before one of them.

        Words and targets show no images: the first step that does takes them.
        """
        model = self._model
        plans = [path for path in paths if path.suffix.lower() == ".toml"]
        if plans:
            model.open(plans[0])
            return
        if str(model.step.get("kind")) not in IMAGES:
            kinds = [str(step.get("kind")) for step in model.steps]
            number = next((n for n, kind in enumerate(kinds) if kind in SHARING), -1)
            if number < 0:
                model.add_step("enrol")
            else:
                model.select(number)
        model.change(add_images, paths, at)

    def take_for_step(self, number: int, paths: list[Path]) -> None:
        """Add images that were dropped on a step to it."""
        self._model.select(number)
        self.take(paths)

    def browse_plan(self) -> None:
        """Ask for a plan to open."""
        document = self._model.document
        before = document.path.parent if document else self._model.setup.study_dir
        chosen, _ = QFileDialog.getOpenFileName(self._page, self.tr("Plan"), str(before), self.tr("Plans (*.toml)"))
        if chosen:
            self._model.open(Path(chosen))

    def browse_folder(self) -> None:
        """Ask for a folder of images."""
        chosen = QFileDialog.getExistingDirectory(self._page, self.tr("Folder of images"))
        if chosen:
            self._model.change(add_images, [Path(chosen)])

    def browse_images(self) -> None:
        """Ask for single images."""
        chosen, _ = QFileDialog.getOpenFileNames(self._page, self.tr("Images"), "", self._kinds_of_images())
        if chosen:
            self._model.change(add_images, [Path(name) for name in chosen])

    def browse_picture(self) -> None:
        """Ask for the picture above the words."""
        chosen, _ = QFileDialog.getOpenFileName(self._page, self.tr("Picture"), "", self._kinds_of_images())
        if chosen:
            self._model.set_picture(Path(chosen))

    def browse_table(self) -> None:
        """Ask for the table of what is known about the images."""
        kinds = self.tr("Tables") + " (*.csv *.tsv *.txt)"
        chosen, _ = QFileDialog.getOpenFileName(self._page, self.tr("Table of images"), "", kinds)
        if chosen:
            self._model.set_table(Path(chosen))

    def search(self) -> None:
        """Ask where files that are gone may be."""
        chosen = QFileDialog.getExistingDirectory(self._page, self.tr("Where the images are now"))
        if chosen:
            self._model.find_moved(Path(chosen))

    def _kinds_of_images(self) -> str:
        return self.tr("Pictures") + f" ({' '.join(f'*{suffix}' for suffix in sorted(IMAGE_SUFFIXES))})"
