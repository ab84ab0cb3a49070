"""The areas of a study's images: one file beside the study, for windows, commands and reports alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gazeapp.analysis.area import Area, ImageAreas
from gazeapp.analysis.area_files import areas_text, read_areas
from gazeapp.analysis.area_shape import free_name
from gazeapp.analysis.viewing import ViewingSet
from gazeapp.errors import StoreError
from gazeapp.store.export.sources import find_sessions
from gazeapp.store.new_file import write_whole
from gazeapp.store.reader import SessionReader
from gazeapp.store.storage_errors import disk_error

AREAS_NAME = "areas.json"


def read_study_areas(study: Path) -> tuple[ImageAreas, ...]:
    """The areas drawn in a study, those beside their image too; nothing where none were; UnreadableTable."""
    path = study / AREAS_NAME
    return read_areas(path, keeps_outside=True) if path.is_file() else ()


def write_study_areas(study: Path, images: Sequence[ImageAreas]) -> None:
    """Keep the areas of a study's images; StoreError where the file cannot be written."""
    path = study / AREAS_NAME
    try:
        write_whole(path, areas_text([image for image in images if image.areas]))
    except OSError as error:
        raise disk_error(error, path) from error


def join_areas(study: Path, other: Path, path: Path) -> list[str]:
    """Write the areas of both of two studies into a file; those of one name that differ are both kept.

    Returns:
        What of the other is called otherwise now, in words. Nothing is written where the other has no areas.

    Raises:
        UnreadableTable: The areas of a study are not understood, or together they are too many.
    """
    joined, theirs = list(read_study_areas(study)), read_study_areas(other)
    notes = []
    for image in theirs:
        place = next((n for n, mine in enumerate(joined) if mine.is_of(image.sha256, image.image)), None)
        if place is None:
            joined.append(image)
            continue
        kept = list(joined[place].areas)
        known = {areas_text([replace(image, areas=(area,))]) for area in kept}
        for area in image.areas:
            if areas_text([replace(image, areas=(area,))]) in known:
                continue
            name = area.name
            if name in {other.name for other in kept}:
                name = free_name(kept, area.name)
                notes.append(f"areas of {image.image}: {area.name} is another one there; it is called {name} here")
            kept.append(replace(area, name=name))
        joined[place] = replace(joined[place], areas=tuple(kept))
    if theirs:
        write_whole(path, areas_text(joined))
        read_areas(path, keeps_outside=True)
    return notes


def outside(images: Sequence[ImageAreas], found: ViewingSet) -> list[tuple[ImageAreas, Area]]:
    """Areas that lie beside their image: nobody can look at them."""
    sizes = {(v.stimulus_id, v.image): v.size_wh for v in (*found.viewings, *found.excluded)}
    return [
        (image, area)
        for image in images
        for size_wh in {size for key, size in sizes.items() if image.is_of(*key)}
        for area in image.areas
        if not area.touches(size_wh)
    ]


def study_images(study: Path) -> dict[str, tuple[str, tuple[int, int]]]:
    """Stimulus → file name and size of every image that was shown in a study."""
    found: dict[str, tuple[str, tuple[int, int]]] = {}
    try:
        folders = find_sessions(study)
    except StoreError:
        return found
    for folder in folders:
        try:
            with SessionReader(folder) as reader:
                for row in reader.stimulus_rows():
                    found[row.stimulus_id] = (row.name, (row.width_px, row.height_px))
        except StoreError:
            continue  # told where the session is opened
    return found
