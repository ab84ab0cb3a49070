"""What people look at more or less than others, read in the background when somebody looks at them."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from gazeapp.analysis.person_preferences import PersonPreferences, person_preferences
from gazeapp.networks.preferences import Preference, differences
from gazeapp.ui.error_words import error_words
from gazeapp.ui.models.study_model import StudyModel
from gazeapp.ui.translation import tr


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What can be said now."""

    words: str = ""
    """Empty where nothing is known of anybody: no embedding."""
    figures: tuple[Preference, ...] = ()
    """Below the words."""


class PreferenceModel(QObject):
    """Asks once about each embedding; a new one, or another study, is asked about again."""

    changed = Signal()

    def __init__(self, study: StudyModel) -> None:
        super().__init__()
        self._study = study
        self._found: dict[str, tuple[tuple[str, ...], PersonPreferences | str | None]] = {}
        """Pseudonym to what was asked about, and what is told, why nothing is, or None as long as it is read."""
        study.opened.connect(self._found.clear)

    def of(self, pseudonym: str) -> Told:
        """What one person looks at more or less than others: only what is sure."""
        found = self._ask(pseudonym)
        if not isinstance(found, PersonPreferences):
            return Told(words=found)
        if problem := _why_nothing(found):
            return Told(words=problem)
        sure = tuple(one for one in found.known if one.is_sure)
        return Told(words=_person_words(sure), figures=sure)

    def between(self, first: str, second: str) -> Told:
        """What one person looks at more or less than another, and by how much."""
        answers = {name: self._ask(name) for name in (first, second)}
        for name, found in answers.items():
            if found == "":
                return Told(words=self.tr("{0} has no embedding yet.").format(name))
            problem = _why_nothing(found) if isinstance(found, PersonPreferences) else found
            if problem:
                return Told(words=f"{name}: {problem}")
        known = [found.known for found in answers.values() if isinstance(found, PersonPreferences)]
        if len(known) < 2:  # a person beside themselves
            return Told()
        figures = tuple(differences(*known))
        return Told(words=_pair_words(first, second, figures), figures=figures)

    def _ask(self, pseudonym: str) -> PersonPreferences | str:
        row = self._study.row(pseudonym)
        if row is None or not row.n_pairs:
            return ""
        if self._study.content.encryption == "locked":
            return self.tr("The study is encrypted; give its passphrase to see this.")
        about = (row.known_utc, row.known_from, self._study.content.encryption)
        asked, found = self._found.get(pseudonym, ((), None))
        if asked != about:
            self._read(pseudonym, about)
        return self.tr("Reading …") if asked != about or found is None else found

    def _read(self, pseudonym: str, about: tuple[str, ...]) -> None:
        folder = self._study.folder
        self._found[pseudonym] = about, None

        def work() -> PersonPreferences | None:
            from gazeapp.store.study import Study

            with Study.open(folder) as study:
                return person_preferences(study, pseudonym)

        def done(found: PersonPreferences | Exception | None) -> None:
            if folder == self._study.folder and self._found.get(pseudonym) == (about, None):
                told = error_words(found) if isinstance(found, Exception) else "" if found is None else found
                self._found[pseudonym] = about, told
                self.changed.emit()

        self._study.bridge.run(work, done)


def _why_nothing(found: PersonPreferences) -> str:
    if found.is_simulated:
        return tr("Simulated or replayed gaze: nothing is told of a person.")
    if not found.known:
        return tr("The embedding was made by other weights; nothing is told.")
    return ""


def _person_words(sure: tuple[Preference, ...]) -> str:
    more, less = _names(sure)
    sentences = []
    if more:
        sentences.append(tr("Looks more than others at: {0}.").format(more))
    if less:
        sentences.append(tr("Looks less than others at: {0}.").format(less))
    return " ".join(sentences) or tr("Nothing stands out yet.")


def _pair_words(first: str, second: str, figures: tuple[Preference, ...]) -> str:
    more, less = _names(tuple(one for one in figures if one.is_sure))
    words = tr("{0} looks more than {1} at: {2}.")
    sentences = []
    if more:
        sentences.append(words.format(first, second, more))
    if less:
        sentences.append(words.format(second, first, less))
    return " ".join(sentences) or tr("Between the two nothing stands out yet.")


def _names(sure: tuple[Preference, ...]) -> tuple[str, str]:
    return (
        ", ".join(tr(one.name) for one in sure if one.more > 0),
        ", ".join(tr(one.name) for one in sure if one.more < 0),
    )
