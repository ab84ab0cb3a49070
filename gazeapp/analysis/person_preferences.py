"""What participants of a study look at more or less than others, told from their newest embeddings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gazeapp.networks.preferences import Preference, preferences
from gazeapp.store.embedding import UserEmbedding
from gazeapp.store.session_state import SessionRecord
from gazeapp.store.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPreferences:
    """What a participant's embedding tells."""

    known: tuple[Preference, ...] = ()
    """The surest first; empty where the embedding is of weights that were not measured, or of nobody."""
    is_simulated: bool = False
    """Whether the gaze was simulated or replayed: nothing is told of a person then."""

    def as_json(self) -> list[dict[str, Any]] | None:  # Any: JSON values
        """Entries for `--json`; None where nothing can be told."""
        return [_entry(one) for one in self.known] or None


def study_preferences(study: Study) -> dict[str, PersonPreferences]:
    """Pseudonym to what is told, of everybody with an embedding.

    Raises:
        StudyLocked: The study is encrypted and nobody gives its passphrase.
        CheckpointError: The file of what was measured is damaged.
    """
    made_in = {record.session_id: record for record in study.session_records()}
    nobodies = {person.pseudonym for person in study.participants() if person.is_nobody}
    figures = study.embedding_figures()
    return {
        name: _told(embedding, made_in.get(figures[name].session_id), is_nobody=name in nobodies)
        for name, embedding in study.newest_embeddings().items()
    }


def person_preferences(study: Study, pseudonym: str) -> PersonPreferences | None:
    """What is told of one participant; None without an embedding. Raises as `study_preferences` does."""
    person = study.participant(pseudonym)
    if not person.n_embeddings:
        return None
    session_id = study.embedding_figures()[person.pseudonym].session_id
    made_in = next((r for r in study.session_records(person.pseudonym) if r.session_id == session_id), None)
    return _told(study.embeddings(person.pseudonym)[-1], made_in, is_nobody=person.is_nobody)


def _told(embedding: UserEmbedding, made_in: SessionRecord | None, *, is_nobody: bool) -> PersonPreferences:
    """An embedding made in a session is of whose gaze that holds; one from all sessions, of what the person is."""
    if is_nobody or (made_in is not None and made_in.figures.is_rehearsal):
        return PersonPreferences(is_simulated=True)
    return PersonPreferences(known=tuple(preferences(embedding)))


def _entry(one: Preference) -> dict[str, Any]:
    figures = {"average": one.average, "more": one.more, "low": one.low, "high": one.high}
    return {"name": one.name, **{key: round(value, 4) for key, value in figures.items()}, "is_sure": one.is_sure}
