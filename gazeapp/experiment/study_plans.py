"""The plans of a study: files in its `plans` folder, found by name."""

from __future__ import annotations

from pathlib import Path

from gazeapp.errors import GazeAppError, UnsafeName
from gazeapp.experiment.plan import SittingsPlan
from gazeapp.experiment.plan_reader import read_plan
from gazeapp.store.identifier import require_name, require_own

FOLDER = "plans"


def study_plans(study: Path) -> list[Path]:
    """The plans of a study by name; links are none."""
    folder = study / FOLDER
    if folder.is_symlink():
        return []
    return sorted(path for path in folder.glob("*.toml") if path.is_file() and not path.is_symlink())


def plan_file(study: Path, name: str) -> Path:
    """Where a study keeps the plan of a name.

    Raises:
        UnsafeName: The name would lead elsewhere, or a link lies there.
    """
    return require_own(study / FOLDER / f"{require_name(name, 'plan name', study)}.toml", study)


def find_plan(wanted: Path, study: Path) -> Path:
    """The file of a plan that was given as a file, or by its name in the study."""
    if wanted.exists() or wanted.name != str(wanted):
        return wanted
    try:
        own = plan_file(study, wanted.name.removesuffix(".toml"))
    except UnsafeName:
        return wanted
    return own if own.is_file() else wanted


def study_sittings(study: Path) -> dict[str, SittingsPlan]:
    """Name of each of the study's plans that people come for several times → how often and how far apart."""
    found = {}
    for path in study_plans(study):
        try:
            plan = read_plan(path)
        except GazeAppError:  # one with a mistake is not recorded with, and marked where it is made
            continue
        if plan.sittings.count > 1:
            found[plan.name] = plan.sittings
    return found
