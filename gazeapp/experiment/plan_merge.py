"""The plans of one study taken into another, with the files that they name in it: images, pictures, tables."""

from __future__ import annotations

import contextlib
import filecmp
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gazeapp.errors import PlanError
from gazeapp.experiment.plan_document import PlanDocument
from gazeapp.experiment.plan_images import named_files, rename_files
from gazeapp.experiment.study_plans import FOLDER, study_plans
from gazeapp.store.identifier import is_link, require_own, same_name
from gazeapp.store.study_transfer import copy_file, copy_files, files_below


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanMerge:
    """What was prepared."""

    files: dict[Path, Path] = field(default_factory=dict)
    """Prepared file or folder → its place."""
    names: dict[str, str] = field(default_factory=dict)
    """Names of their plans there → here, of those that change theirs."""
    taken: set[str] = field(default_factory=set)
    """Names of what else of the other study came along, or is here already."""

    @property
    def notes(self) -> list[str]:
        """What is called otherwise, in words."""
        return [
            f"plan {old}: this study has another plan of that name; the other study's is called {new} here"
            for old, new in self.names.items()
        ]


def stage_plans(study: Path, other: Path, part: Path, *, is_own: Callable[[str], bool]) -> PlanMerge:
    """Prepare the plans of `other` in a folder on the study's disk.

    A plan that is in both is there once; one of the same name that says something else gets another name. So do the
    files beside the plans. What a plan names elsewhere in the other study is copied beside it, and what it names
    outside stays where it is.

    Args:
        study: The one that grows.
        other: The one that is taken in.
        part: The folder, not there yet.
        is_own: Whether something in a study's folder is the study's own, whatever a plan names.

    Raises:
        UnsafeName: A link, or a file with a second name, lies among the plans.
        OSError: Something cannot be read or written.
    """
    part.mkdir()
    here, there = (require_own(_absolute(folder) / FOLDER, _absolute(folder)) for folder in (study, other))
    plans = [require_own(path) for path in study_plans(there.parent)]
    merge = PlanMerge()
    beside = {unit: _put(unit, here, part, merge) for unit in _units(there, plans, is_own)}
    merge.taken.update(unit.name for unit in beside if unit.parent == there.parent)
    names = {path.stem: _name(path) for path in study_plans(study)}
    for path in plans:
        text, old, place = _text(path, beside), _name(path), here / path.name
        if place.is_file() and place.read_bytes() == text:
            continue
        is_known = same_name(old) in map(same_name, names.values())
        new = _free(path.stem, (*names, *names.values()) if is_known else names)
        if is_known:
            merge.names[old] = new
        names[new] = new if is_known else old
        if is_known or new != path.stem:
            text = _text(path, beside, names[new])
        (part / f"{new}.toml").write_bytes(text)
        merge.files[part / f"{new}.toml"] = here / f"{new}.toml"
    return merge


def _name(path: Path) -> str:
    """What a plan is called: as it says, or else as its file."""
    try:
        name = PlanDocument.open(path).value("plan", "name")
    except PlanError:
        name = None
    return name if isinstance(name, str) else path.stem


def _text(path: Path, beside: Mapping[Path, str], name: str = "") -> bytes:
    """A plan as it is to stand here, under another name where one is given; one that is no TOML as it is.

    Args:
        path: Its file in the other study.
        beside: What it may name → how that is called beside the plans here.
        name: Of the plan.
    """
    try:
        document = PlanDocument.open(path)
        rename_files(document, {file: _file_name(_absolute(file), beside) for file in named_files(document)})
        if name:
            document.set_value("plan", "name", name)
    except PlanError:  # its mistakes are told where plans are made
        return path.read_bytes()
    return document.text.encode()


def _file_name(path: Path, beside: Mapping[Path, str]) -> str:
    unit = next((one for one in (path, *path.parents) if one in beside), None)
    return str(path) if unit is None else (Path(beside[unit]) / path.relative_to(unit)).as_posix()


def _units(there: Path, plans: Collection[Path], is_own: Callable[[str], bool]) -> list[Path]:
    """Files and folders that come whole: what lies beside the plans, and what they name elsewhere in their study."""
    found = [path for path in sorted(there.iterdir()) if path not in plans] if there.is_dir() else []
    for plan in plans:
        with contextlib.suppress(PlanError):
            for path in map(_absolute, named_files(PlanDocument.open(plan))):
                if there.parent in path.parents:
                    top = path.relative_to(there.parent).parts[0]
                    found += [] if is_own(top) else [there.parent / top]
    return [
        path for path in dict.fromkeys(found) if path.exists() and not is_link(path) and not path.name.startswith(".")
    ]


def _put(source: Path, here: Path, part: Path, merge: PlanMerge) -> str:
    """Copy a file or folder, and say how it is called beside our plans; what is there already is not copied."""
    stem, ending = (source.name, "") if source.is_dir() else (source.stem, source.suffix)
    number, name = 1, source.name
    while there := next((place for place in (part / name, here / name) if os.path.lexists(place)), None):
        if _is_same(source, there):
            return name
        number += 1
        name = f"{stem}-{number}{ending}"
    if source.is_dir():
        copy_files(source, part / name, lambda _done, _all: None)
    else:
        copy_file(source, part / name)
    merge.files[part / name] = here / name
    return name


def _is_same(one: Path, other: Path) -> bool:
    if one.is_file() and other.is_file():
        return filecmp.cmp(one, other, shallow=False)
    if not (one.is_dir() and other.is_dir()):
        return False
    files = [[path.relative_to(folder) for path in files_below(folder)] for folder in (one, other)]
    return files[0] == files[1] and all(filecmp.cmp(one / name, other / name, shallow=False) for name in files[0])


def _free(wanted: str, taken: Iterable[str]) -> str:
    """A name that is not taken on any file system."""
    known = {same_name(name) for name in taken}
    name, number = wanted, 1
    while same_name(name) in known:
        number += 1
        name = f"{wanted}-{number}"
    return name


def _absolute(path: Path) -> Path:
    """Without "..", and with links as they are."""
    return Path(os.path.abspath(path))  # noqa: PTH100  Path.resolve follows links
