"""Areas of the study's images: drawn, undone, kept in the study's own file, and measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from gazeapp.analysis.area import Area, ImageAreas
from gazeapp.analysis.area_files import areas_text, parse_areas, read_areas, read_labels, write_areas
from gazeapp.analysis.area_measures import AreaMeasures, AreaSummary, measure_area, measure_areas, summarize_areas
from gazeapp.analysis.area_shape import free_name, scaled
from gazeapp.analysis.study_areas import read_study_areas, study_images, write_study_areas
from gazeapp.analysis.table import write_table
from gazeapp.analysis.viewing import Viewing, read_viewings
from gazeapp.errors import GazeAppError
from gazeapp.ui.error_words import error_words
from gazeapp.ui.models.study_model import StudyModel

MAX_STEPS = 200
"""Changes that can be undone."""
_PASTED = Path("clipboard.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaRow:
    """One area as the table shows it."""

    area: Area
    own: AreaMeasures
    """In the viewing that is looked at."""
    everyone: AreaSummary | None
    """Over all people who viewed the image; None until they are read."""
    is_outside: bool = False
    """It lies beside the image: nobody can look at it."""


class AreaModel(QObject):
    """Every change is undoable, and on disk at once."""

    changed = Signal()
    told = Signal(str)
    failed = Signal(str)

    def __init__(self, study: StudyModel) -> None:
        super().__init__()
        self._study = study
        self._images: dict[str, ImageAreas] = {}
        self._undone: list[dict[str, ImageAreas]] = []
        self._done: list[dict[str, ImageAreas]] = []
        self._is_usable = True
        """The file could be read: else nothing is written over it."""
        self._waiting: tuple[Path, tuple[ImageAreas, ...]] | None = None
        """What is to be written, and into which study."""
        self._is_writing = False
        study.opened.connect(self._load)

    def of(self, viewing: Viewing | None) -> tuple[Area, ...]:
        """The areas of a viewing's image."""
        if viewing is None:
            return ()
        found = self._images.get(viewing.stimulus_id)
        return found.areas if found else ()

    @property
    def images(self) -> tuple[ImageAreas, ...]:
        """All images that have areas."""
        return tuple(image for image in self._images.values() if image.areas)

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether there is one to make again."""
        return bool(self._undone)

    # Changes

    def put(self, viewing: Viewing, areas: Sequence[Area]) -> None:
        """Give an image other areas."""
        made = ImageAreas(image=viewing.image, sha256=viewing.stimulus_id, areas=tuple(areas), size_wh=viewing.size_wh)
        self._change(self._images | {viewing.stimulus_id: made})

    def undo(self) -> None:
        """Take the last change back."""
        if self._done:
            self._undone.append(self._images)
            self._images = self._done.pop()
            self._keep()

    def redo(self) -> None:
        """Make it again."""
        if self._undone:
            self._done.append(self._images)
            self._images = self._undone.pop()
            self._keep()

    def _change(self, images: dict[str, ImageAreas]) -> None:
        self._done = [*self._done[1 - MAX_STEPS :], self._images]
        self._undone.clear()
        self._images = images
        self._keep()

    def _keep(self) -> None:
        self.changed.emit()
        if self._is_usable:
            self._waiting = (self._study.folder, self.images)
            self._write_next()

    def _write_next(self) -> None:
        """One writing at a time; what was drawn meanwhile is written after it."""
        if self._is_writing or self._waiting is None:
            return
        self._is_writing, (folder, images), self._waiting = True, self._waiting, None

        def done(result: Exception | None) -> None:
            self._is_writing = False
            if isinstance(result, Exception):
                self.failed.emit(error_words(result))
            self._write_next()

        self._study.bridge.run(lambda: write_study_areas(folder, images), done)

    def _load(self) -> None:
        # nothing is written over a file that was not read yet
        self._images, self._done, self._undone, self._is_usable = {}, [], [], False
        self.changed.emit()
        folder = self._study.folder

        def done(found: tuple[ImageAreas, ...] | Exception) -> None:
            if isinstance(found, Exception):
                self.failed.emit(
                    self.tr("{0} Areas drawn now are not kept until it is mended or removed.").format(
                        error_words(found) + "."
                    )
                )
                return
            drawn, self._is_usable = self._images, True
            self._images = {image.sha256 or image.image: image for image in found} | drawn
            self._done, self._undone = [], []
            if drawn:
                self._keep()
            else:
                self.changed.emit()

        self._study.ask(lambda: read_study_areas(folder), done)

    # To other images, and from files

    def copied(self, viewing: Viewing) -> str:
        """The areas of an image as text for the clipboard."""
        made = ImageAreas(
            image=viewing.image, sha256=viewing.stimulus_id, areas=self.of(viewing), size_wh=viewing.size_wh
        )
        return areas_text([made])

    def paste(self, viewing: Viewing, text: str) -> None:
        """Add copied areas to an image; on one of another size they take the same share of it."""
        try:
            found = parse_areas(_PASTED, text)
            added = [
                scaled(area, image.size_wh or viewing.size_wh, viewing.size_wh)
                for image in found
                for area in image.areas
            ]
        except (GazeAppError, ValueError):
            self.failed.emit(self.tr("The clipboard holds no areas that fit this image."))
            return
        self._add(viewing, added)

    def propose(self, viewing: Viewing, path: Path) -> None:
        """Add the areas of a label image."""

        def done(found: tuple[Area, ...] | Exception) -> None:
            if isinstance(found, Exception):
                self.failed.emit(error_words(found))
            else:
                self._add(viewing, found)

        self._study.ask(lambda: read_labels(path), done)

    def _add(self, viewing: Viewing, areas: Sequence[Area]) -> None:
        kept = list(self.of(viewing))
        for area in areas:
            is_taken = area.name in {other.name for other in kept}
            kept.append(replace(area, name=free_name(kept, area.name)) if is_taken else area)
        self.put(viewing, kept)

    def import_areas(self, path: Path) -> None:
        """Take areas from a file; those of images that have some are replaced."""
        folder = self._study.folder

        def work() -> tuple[dict[str, ImageAreas], list[str]]:
            shown, found, strange = study_images(folder), {}, []
            for image in read_areas(path, keeps_outside=True):
                mine = [key for key, (name, _) in shown.items() if image.is_of(key, name)]
                strange += [] if mine else [image.image]
                for key in mine:
                    name, size_wh = shown[key]
                    found[key] = ImageAreas(image=name, sha256=key, areas=image.areas, size_wh=size_wh)
            return found, strange

        def done(result: tuple[dict[str, ImageAreas], list[str]] | Exception) -> None:
            if isinstance(result, Exception):
                self.failed.emit(error_words(result))
                return
            found, strange = result
            if found:
                self._change(self._images | found)
            words = self.tr("Areas of {0} images were read.").format(len(found))
            if strange:
                words += " " + self.tr("Never shown in this study: {0}.").format(", ".join(strange[:5]))
            (self.told if found else self.failed).emit(words)

        self._study.ask(work, done)

    def export_areas(self, path: Path) -> None:
        """Write all areas as JSON or CSV, or as a folder of label images."""
        self._write(lambda: write_areas(self.images, path), path)

    def export_table(self, path: Path) -> None:
        """Write the long table: a row for each person, image and area."""
        folder, images = self._study.folder, self.images

        def work() -> None:
            from gazeapp.store.copies import remember_copy

            found = read_viewings(folder)
            rows = measure_areas(found.viewings, images)
            used = {v.detection for v in found.viewings if v.detection}
            write_table(rows, path, extra={"detection": next(iter(used))} if used else None)
            people = list(dict.fromkeys(row.participant for row in rows))
            remember_copy(folder, people, "areas", path, "where the person looked")

        self._write(work, path)

    def _write(self, work: Callable[[], None], path: Path) -> None:
        def done(result: Exception | None) -> None:
            if isinstance(result, Exception):
                self.failed.emit(error_words(result))
            else:
                self.told.emit(str(path))

        self._study.bridge.run(work, done)


def area_rows(areas: Sequence[Area], viewing: Viewing, everyone: Sequence[Viewing]) -> list[AreaRow]:
    """The measures of an image's areas, in one viewing and over everybody who viewed it."""
    rows = []
    for area in areas:  # one by one: two may have one name
        measured = [replace(measure_area(v, area), group="") for v in everyone]
        total = summarize_areas(measured)[0] if measured else None
        rows.append(
            AreaRow(
                area=area,
                own=measure_area(viewing, area),
                everyone=total,
                is_outside=not area.touches(viewing.size_wh),
            )
        )
    return rows
