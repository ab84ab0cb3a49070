"""One study taken into another, with everything that lies in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from gazeapp.analysis.study_areas import AREAS_NAME, join_areas
from gazeapp.errors import SettingsError
from gazeapp.experiment.plan_merge import stage_plans
from gazeapp.experiment.study_plans import FOLDER
from gazeapp.store.detection_choice import CHOICE_NAME, join_choices
from gazeapp.store.folder_lock import LOCK_NAME
from gazeapp.store.people_merge import PeopleMerge
from gazeapp.store.private import make_private_folder
from gazeapp.store.study import Study
from gazeapp.store.study_key import KEY_NAME
from gazeapp.store.study_place import STUDY_NAME
from gazeapp.store.study_transfer import require_quiet, staged

_OWN_FOLDERS = ("sessions", FOLDER)
_OWN_FILES = (STUDY_NAME, AREAS_NAME, CHOICE_NAME, KEY_NAME, LOCK_NAME)
"""How they begin: SQLite puts files of its own beside one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What a merge brought."""

    participants: tuple[str, ...]
    """Under their pseudonyms in the study they came into."""
    n_sessions: int
    notes: tuple[str, ...]
    """Where the two studies disagreed and what was done, and what was not taken in; a sentence each."""


def merge_study(
    into: Path, other: Path, *, same: Collection[str] = (), renamed: Mapping[str, str] | None = None
) -> Merged:
    """Take people, sessions, plans, areas and choices of another study into one; the other stays as it is.

    Args:
        into: The study that grows. Where the two disagree, what is said here stays.
        other: The study that is taken in.
        same: Pseudonyms in both that mean the same person.
        renamed: Pseudonyms of `other` → what they are to be called here.

    Raises:
        AlreadyExists: A pseudonym is in both, and it is not said whether that is one person; names them all.
        StoreError: Somebody was erased here, sessions are there already, variables do not fit, or a file of one of the
            two is not understood; nothing was changed then.
    """
    with Study.open(into) as study, Study.open(other) as second:
        if study.path.resolve() == second.path.resolve():
            raise SettingsError(f"{into}: a study cannot be merged with itself", key="other")
        require_quiet(second)
        people = PeopleMerge(study, second, same=same, renamed=renamed or {})
        with staged(study.path / "merge") as part:
            areas, detection = part / AREAS_NAME, part / CHOICE_NAME
            notes = [*people.notes, *join_areas(study.path, second.path, areas)]
            notes += filter(None, [join_choices(study.path, second.path, detection)])
            plans = stage_plans(study.path, second.path, part / FOLDER, is_own=_is_own)
            people.stage(part / "sessions", plans.names)
            people.take_in(part / "sessions", plans.names)
            if plans.files:
                make_private_folder(study.path / FOLDER, exist_ok=True)
            for prepared, place in plans.files.items():
                prepared.rename(place)
            for prepared in (areas, detection):
                if prepared.exists():
                    prepared.replace(study.path / prepared.name)
        notes += people.seal()
        left = sorted(path.name for path in second.path.iterdir() if not _is_own(path.name))
        left = [name for name in left if name not in plans.taken]
    notes += plans.notes
    if left:
        notes.append(f"not taken in: {', '.join(left)}")
    return Merged(participants=tuple(people.names.values()), n_sessions=len(people.homes), notes=tuple(notes))


def _is_own(name: str) -> bool:
    """Whether a study is made of it; the rest of its folder is somebody's own."""
    return name in _OWN_FOLDERS or name.startswith((".", *_OWN_FILES))
