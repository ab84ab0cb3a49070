"""What is known of a study, read at one moment: its people with their sessions, what it asks and notes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gazeapp.errors import CheckpointError, StoreError, StudyLocked
from gazeapp.experiment.plan import SittingsPlan
from gazeapp.experiment.study_plans import study_sittings
from gazeapp.networks.weights_folder import people_sha256
from gazeapp.runtime.stopping_rule import EnoughRule
from gazeapp.store.consent import ConsentText
from gazeapp.store.participant import Erasure, Participant
from gazeapp.store.session_state import SessionRecord, SessionState
from gazeapp.store.study_variables import StudyVariable
from gazeapp.store.typed_path import is_folder

if TYPE_CHECKING:
    from gazeapp.store.study import Study

ENOUGH_SPREAD = 0.1
"""Of unseen people when the stop rule is met (`runtime.stopping_rule`; median): an embedding that has settled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """One person of the table."""

    person: Participant
    sessions: tuple[SessionRecord, ...] = ()
    """Oldest first."""
    n_pairs: int = 0
    """Images the newest embedding rests on."""
    spread: float = float("nan")
    known_utc: str = ""
    """When the newest embedding was made."""
    known_from: str = ""
    """Id of the session that it was made in; empty for one made from all of them."""
    is_outdated: bool = False
    """Whether other weights made it: nothing is predicted, compared or told by it."""

    @property
    def pseudonym(self) -> str:
        """Of the person."""
        return self.person.pseudonym

    @property
    def last(self) -> SessionRecord | None:
        """The newest session."""
        return self.sessions[-1] if self.sessions else None

    @property
    def open_session(self) -> SessionRecord | None:
        """The newest session that waits to be continued."""
        waiting = [s for s in self.sessions if s.state is SessionState.INTERRUPTED and not s.is_left]
        return waiting[-1] if waiting else None

    @property
    def is_sure(self) -> bool:
        """Whether the embedding has settled; a few images may agree by chance."""
        return self.n_pairs >= EnoughRule().min_pairs and self.spread <= ENOUGH_SPREAD


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyContent:
    """What was read of a study, at one moment."""

    rows: tuple[PersonRow, ...] = ()
    variables: tuple[StudyVariable, ...] = ()
    texts: tuple[ConsentText, ...] = ()
    erasures: tuple[Erasure, ...] = ()
    recovered: tuple[SessionRecord, ...] = ()
    """Sessions that nobody had closed, found just now."""
    is_read_only: bool = False
    encryption: Literal["none", "locked", "open"] = "none"
    """Whether closed sessions are encrypted, and the passphrase was given."""
    is_in_key_store: bool = False
    """Whether the key store of this computer opens the study without it."""
    free_gb: float = float("nan")
    """Room on the study's disk."""
    exists: bool = False
    names: Mapping[str, PersonRow] = field(default_factory=dict)
    sittings: Mapping[str, SittingsPlan] = field(default_factory=dict)
    """Of the study's plans that people come for several times, by name."""


def read_study(folder: Path, weights: Path | None = None) -> StudyContent:
    """Everything that the page of people shows; a folder without a study is one without people.

    Args:
        folder: Of the study.
        weights: Folder of the weights in use; None takes the shipped ones.
    """
    if os.path.lexists(folder) and not is_folder(folder):
        raise StoreError(f"{folder}: is not a folder; choose the folder of a study")
    sittings = study_sittings(folder)
    if not os.path.lexists(folder / "study.sqlite"):
        return StudyContent(texts=default_texts(), free_gb=free_gb(folder), sittings=sittings)
    from gazeapp.store.study import Study

    with Study.open(folder) as study:
        return replace(_with_encryption(read_content(study, _in_use(weights)), folder), sittings=sittings)


def _with_encryption(content: StudyContent, folder: Path) -> StudyContent:
    from gazeapp.store.study_key import is_encrypted, is_in_key_store, key_of

    if not is_encrypted(folder):
        return content
    try:
        key_of(folder)  # known already, in the environment or the key store: nobody is asked from here
    except StudyLocked:
        return replace(content, encryption="locked")
    return replace(content, encryption="open", is_in_key_store=is_in_key_store(folder))


def _in_use(weights: Path | None) -> str:
    try:
        return people_sha256(weights)
    except CheckpointError:  # told where they are needed
        return ""


def read_content(study: Study, weights_sha256: str = "") -> StudyContent:
    """Everything that the page of people shows.

    Args:
        study: The study.
        weights_sha256: Of the weights in use, where they are known.
    """
    records: dict[str, list[SessionRecord]] = {}
    for record in study.session_records():
        records.setdefault(record.pseudonym, []).append(record)
    newest = study.embedding_figures()
    rows = []
    for person in study.participants():
        row = PersonRow(person=person, sessions=tuple(records.get(person.pseudonym, ())))
        if (known := newest.get(person.pseudonym)) is not None:
            row = replace(
                row,
                n_pairs=known.n_pairs,
                spread=known.spread,
                known_utc=known.created_utc,
                known_from=known.session_id,
                is_outdated=bool(weights_sha256) and known.model_sha256 != weights_sha256,
            )
        rows.append(row)
    return StudyContent(
        rows=tuple(rows),
        variables=study.variables(),
        texts=tuple(study.consents.texts()),
        erasures=tuple(study.erasures()),
        recovered=tuple(study.session_list.recovered),
        is_read_only=study.is_read_only,
        free_gb=free_gb(study.path),
        exists=True,
        names={row.pseudonym: row for row in rows},
    )


def free_gb(folder: Path) -> float:
    """Room on the disk of a folder that may not be there yet; NaN where nobody says."""
    there = next((path for path in (folder, *folder.absolute().parents) if path.exists()), folder)
    try:
        return shutil.disk_usage(there).free / 1e9
    except OSError:
        return float("nan")


def default_texts() -> tuple[ConsentText, ...]:
    """What a study that is not there yet will ask."""
    from gazeapp.store.consent import DEFAULT_TEXTS, text_version

    return tuple(
        ConsentText(
            version=text_version(purpose, language, text),
            purpose=purpose,
            language=language,
            text=text,
            since_utc="",
            is_current=True,
        )
        for purpose, texts in DEFAULT_TEXTS.items()
        for language, text in texts.items()
    )
