"""The images that the steps of a plan show, listed and changed in its document; those that moved are found again."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gazeapp.errors import GazeAppError, words_of
from gazeapp.experiment.plan import SHIPPED, ExperimentPlan
from gazeapp.experiment.plan_document import PlanDocument
from gazeapp.experiment.step_order import SHARING
from gazeapp.locations import assets_dir
from gazeapp.store.stimuli import IMAGE_SUFFIXES, find_images
from gazeapp.store.typed_path import is_folder, is_there


@dataclass(frozen=True, slots=True, kw_only=True)
class StepImages:
    """The images of a step."""

    paths: tuple[Path, ...] = ()
    """As the plan names them, those that are gone too."""
    problem: str = ""
    """Why some are not there."""
    is_own: bool = False
    """The step's own; else those of `[stimuli]`, shared with other steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageNames:
    """What a plan says of a step's images."""

    folders: tuple[str, ...]
    files: tuple[str, ...]
    is_own: bool


def name_from(path: Path, folder: Path) -> str:
    """How a plan in a folder names a file: from there, where the file lies below it."""
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def image_names(document: PlanDocument, number: int) -> ImageNames:
    """The folders and files that a step names itself, or else the plan for all of them."""
    step = document.steps[number]
    is_own = bool(step.get("folders") or step.get("files")) or step.get("kind") not in SHARING
    folders, files = (
        _names(step.get(key) if is_own else document.value("stimuli", key)) for key in ("folders", "files")
    )
    return ImageNames(folders=folders, files=files, is_own=is_own)


def list_images(folder: Path, names: ImageNames) -> StepImages:
    """The image files behind the names of a plan in a folder."""
    paths: list[Path] = []
    problems: list[str] = []
    for name in names.folders:
        try:
            paths += find_images(assets_dir() / "stimuli" if name == SHIPPED else folder / name)
        except (GazeAppError, OSError) as error:
            problems.append(words_of(error))
    paths += [folder / name for name in names.files]
    return StepImages(paths=tuple(paths), problem="\n".join(problems), is_own=names.is_own)


def step_paths(document: PlanDocument, number: int) -> tuple[Path, ...]:
    """The image files of a step."""
    return list_images(document.path.parent, image_names(document, number)).paths


# Changes; each is one step of undoing.


def add_images(document: PlanDocument, number: int, paths: Sequence[Path], at: int | None = None) -> None:
    """Add folders and images to a step: behind the others, or before one of them.

    The shipped images, which only hold the place, go when the study's own come.
    """
    names, folder = image_names(document, number), document.path.parent
    is_placeholder = names.folders == (SHIPPED,) and not names.files and document.steps[number].get("kind") in SHARING
    new_folders = [path for path in paths if is_folder(path)]
    new_files = [path for path in paths if not is_folder(path) and path.suffix.lower() in IMAGE_SUFFIXES]
    if not (new_folders or new_files):
        return
    if at is None:
        folders = () if is_placeholder else names.folders
        _put(
            document,
            number,
            dict.fromkeys([*folders, *(name_from(path, folder) for path in new_folders)]),
            dict.fromkeys([*names.files, *(name_from(path, folder) for path in new_files)]),
        )
        return
    listed = () if is_placeholder else step_paths(document, number)
    inside = [image for path in new_folders for image in find_images(path)]
    new = [path for path in dict.fromkeys([*inside, *new_files]) if path not in set(listed)]
    keep_images(document, number, [*listed[:at], *new, *listed[at:]])


def keep_images(document: PlanDocument, number: int, paths: Sequence[Path]) -> None:
    """Have a step show these images alone, in this order: its folders become a list of files."""
    _put(document, number, (), [name_from(path, document.path.parent) for path in paths])


def remove_images(document: PlanDocument, number: int, paths: Sequence[Path]) -> None:
    """Take images out of a step."""
    listed, gone = step_paths(document, number), set(paths)
    if gone & set(listed):
        keep_images(document, number, [path for path in listed if path not in gone])


def move_images(document: PlanDocument, number: int, paths: Sequence[Path], before: int) -> None:
    """Put images of a step before the one at a place."""
    listed, moved = step_paths(document, number), set(paths)
    head = [path for path in listed[:before] if path not in moved]
    tail = [path for path in listed[before:] if path not in moved]
    order = [*head, *(path for path in listed if path in moved), *tail]
    if order != list(listed):
        keep_images(document, number, order)


def set_own_images(document: PlanDocument, number: int, *, is_own: bool) -> None:
    """Have a step images of its own, beginning with the plan's; or share the plan's again."""
    with document.as_one():
        for key in ("folders", "files"):
            shared = list(_names(document.value("stimuli", key)))
            document.set_step(number, key, (shared or None) if is_own else None)
        if not is_own:
            document.set_step(number, "n_max", None)


def _put(document: PlanDocument, number: int, folders: Iterable[str], files: Iterable[str]) -> None:
    is_own = image_names(document, number).is_own
    with document.as_one():
        for key, names in (("folders", folders), ("files", files)):
            value = list(names) or None
            if is_own:
                document.set_step(number, key, value)
            else:
                document.set_value("stimuli", key, value)


# Files that are not where they were.


def named_files(document: PlanDocument) -> list[Path]:
    """Every file and folder that the plan names, each once."""
    folder = document.path.parent
    return list(dict.fromkeys(folder / name for _, _, names in _places(document) for name in names if name != SHIPPED))


def lost_files(document: PlanDocument) -> list[Path]:
    """Those that are not there."""
    return [path for path in named_files(document) if not is_there(path)]


def replace_files(document: PlanDocument, found: Mapping[Path, Path]) -> None:
    """Name files by where they are now.

    Args:
        document: Changed as one step of undoing.
        found: Old → new; what the plan does not name is passed over.
    """
    folder = document.path.parent
    rename_files(document, {old: name_from(new, folder) for old, new in found.items()})


def rename_files(document: PlanDocument, names: Mapping[Path, str]) -> None:
    """Have a plan name files otherwise: file as it is found now → what the plan is to say. One step of undoing."""
    folder = document.path.parent

    def now(name: str) -> str:
        return names.get(folder / name, name) if name != SHIPPED else name

    with document.as_one():
        for place, key, listed in _places(document):
            new = [now(name) for name in listed]
            if new == list(listed):
                continue
            value = new[0] if key in _SINGLE else new
            if isinstance(place, str):
                document.set_value(place, key, value)
            else:
                document.set_step(place, key, value)


_SINGLE = ("variables", "picture", "target_image")
"""Keys that hold one file's name, not a list."""


def _places(document: PlanDocument) -> list[tuple[str | int, str, tuple[str, ...]]]:
    """Where a plan names files: (table or step, key, names)."""
    tables: list[tuple[str | int, Mapping[str, object]]] = [
        ("stimuli", {key: document.value("stimuli", key) for key in ("folders", "files", "variables")}),
        ("calibration", {"target_image": document.value("calibration", "target_image")}),
        *enumerate(document.steps),
    ]
    found = []
    for place, table in tables:
        found += [(place, key, _names(table.get(key))) for key in ("folders", "files")]
        found += [(place, key, (name,)) for key in _SINGLE if isinstance(name := table.get(key), str) and name]
    return found


def find_again(names: Sequence[Path], folder: Path, limit: int = 200_000) -> dict[Path, Path]:
    """Where files are now that were moved: by name, anywhere below a folder.

    Args:
        names: The files as the plan names them.
        folder: Where somebody says they are.
        limit: Files looked at, at most.

    Returns:
        Old → new; a name that several files have is taken where most of the path agrees, or else left out.
    """
    wanted: dict[str, list[Path]] = {}
    for path in names:
        wanted.setdefault(path.name.casefold(), []).append(path)
    places: dict[str, list[Path]] = {}
    n = 0
    for here, folders, files in os.walk(folder):
        folders.sort()
        for name in (*files, *folders):
            n += 1
            if name.casefold() in wanted:
                places.setdefault(name.casefold(), []).append(Path(here, name))
        if n > limit:
            break
    found = {}
    for name, paths in wanted.items():
        for path in paths:
            best = sorted(places.get(name, []), key=lambda at: -_agreement(at, path))
            if len(best) == 1 or (len(best) > 1 and _agreement(best[0], path) > _agreement(best[1], path)):
                found[path] = best[0]
    return found


def _agreement(a: Path, b: Path) -> int:
    """How many last parts of two paths are the same."""
    n = 0
    for one, other in zip(reversed(a.parts), reversed(b.parts), strict=False):
        if one.casefold() != other.casefold():
            break
        n += 1
    return n


def with_files_from(plan: ExperimentPlan, folder: Path) -> ExperimentPlan:
    """The same plan for a file in another folder: what it names from its own folder is named from there."""

    def moved(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(name if name == SHIPPED else name_from(plan.folder / name, folder) for name in names)

    def one(name: str) -> str:
        return moved([name])[0] if name else ""

    stimuli = replace(
        plan.stimuli,
        folders=moved(plan.stimuli.folders),
        files=moved(plan.stimuli.files),
        variables=one(plan.stimuli.variables),
    )
    steps = tuple(
        replace(step, folders=moved(step.folders), files=moved(step.files), picture=one(step.picture))
        for step in plan.steps
    )
    calibration = replace(plan.calibration, target_image=one(plan.calibration.target_image))
    return replace(plan, stimuli=stimuli, steps=steps, calibration=calibration, folder=folder)


def _names(value: object) -> tuple[str, ...]:
    """The strings of a TOML list; none of anything else."""
    return tuple(name for name in value if isinstance(name, str)) if isinstance(value, list | tuple) else ()
