"""What is known about each image (its condition, its kind): a table beside the plan, kept with the session."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from gazeapp.errors import PlanError, UnreadableTable, UnsafeName
from gazeapp.experiment.plan import ExperimentPlan
from gazeapp.store.identifier import require_own
from gazeapp.store.image_variables import Value, parse_column
from gazeapp.store.small_table import read_rows

IMAGE_COLUMNS = ("image", "stimulus", "file", "filename", "name", "bild")
"""How the column is called that names the image."""
SUFFIXES = (".csv", ".tsv", ".txt")
MAX_VARIABLES = 100


def read_image_table(plan: ExperimentPlan, images: Sequence[Path]) -> dict[Path, dict[str, Value]]:
    """The variables of each image that the table has a row for; nothing where the plan names no table.

    The column that names the image takes file names, with or without ending, or paths from the plan's folder; case
    does not matter. A column whose every cell is a number holds numbers, unless they are names such as 01. Images of
    the table that the plan does not show are passed over.

    Args:
        plan: Names the table in `stimuli.variables`.
        images: Every image file of the plan.

    Raises:
        PlanError: No such table, no column of images, an image named twice or not for certain, or no row for any.
    """
    name = plan.stimuli.variables
    if not name:
        return {}
    path = plan.folder / name

    def refuse(fault: str) -> PlanError:
        return PlanError(
            f"plan {plan.name!r}, key 'stimuli.variables': {fault}", file=str(path), key="stimuli.variables", found=name
        )

    if path.suffix.lower() not in SUFFIXES:
        raise refuse(f"{path}: not called as a table is ({', '.join(SUFFIXES)})")
    try:
        rows = read_rows(require_own(path), "table of images")
    except (UnreadableTable, UnsafeName) as error:
        raise refuse(error.message) from error
    except OSError as error:
        raise refuse(f"{path}: cannot be read ({error.strerror or error})") from error
    header = [cell.strip() for cell in rows[0]]
    place = next((n for wanted in IMAGE_COLUMNS for n, cell in enumerate(header) if cell.casefold() == wanted), None)
    if place is None:
        raise refuse(f"{path}: no column that names the image (call it image); found {', '.join(header)}")
    variables = [(n, cell) for n, cell in enumerate(header) if n != place and cell]
    if len({cell.casefold() for _, cell in variables}) < len(variables) or len(variables) > MAX_VARIABLES:
        raise refuse(f"{path}: its columns need different names, and at most {MAX_VARIABLES}")
    found = _find(rows, place, _by_name(plan.folder, images), lambda fault: refuse(f"{path}, {fault}"))
    if not found:
        raise refuse(f"{path}: names no image of this plan (its first row says {rows[1][place] if rows[1:] else ''!r})")
    columns = {
        cell: parse_column([row[n].strip() if n < len(row) else "" for row in rows[1:]]) for n, cell in variables
    }
    return {
        image: {cell: value for cell, values in columns.items() if (value := values[row]) is not None}
        for row, image in found.items()
    }


def _by_name(folder: Path, images: Sequence[Path]) -> dict[str, set[Path]]:
    names: dict[str, set[Path]] = {}
    for image in images:
        for name in {_from(image, folder), image.name, image.stem}:
            names.setdefault(name.casefold(), set()).add(image)
    return names


def _from(image: Path, folder: Path) -> str:
    return image.relative_to(folder).as_posix() if image.is_relative_to(folder) else image.as_posix()


def _find(
    rows: list[list[str]], place: int, names: Mapping[str, set[Path]], refuse: Callable[[str], PlanError]
) -> dict[int, Path]:
    """Row (from 0, after the header) → its image."""
    found: dict[int, Path] = {}
    seen: dict[Path, int] = {}
    for number, row in enumerate(rows[1:]):
        said = row[place].strip() if place < len(row) else ""
        images = names.get(str(PurePosixPath(said.replace("\\", "/"))).casefold(), set()) if said else set()
        if len(images) > 1:
            raise refuse(f"row {number + 2}: {said!r} is the name of {len(images)} images; write it with its folder")
        for image in images:
            if image in seen:
                raise refuse(f"row {number + 2}: {said!r} is in row {seen[image] + 2} already")
            seen[image], found[number] = number, image
    return found
