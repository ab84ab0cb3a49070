"""What a study asks its participants to agree to, and who agreed when."""

from __future__ import annotations

from collections.abc import Sequence

from gazeapp.errors import StoreError
from gazeapp.store.consent import NOBODY_TEXTS, PURPOSES, Consent, ConsentText, choose_text, text_version
from gazeapp.store.provenance import now_utc
from gazeapp.store.study_database import StudyDatabase


class ConsentList:
    """The consents of one study. Rows are added and closed, never changed."""

    def __init__(self, database: StudyDatabase) -> None:
        self._db = database

    def texts(self) -> list[ConsentText]:
        """Every text that is or was asked, oldest first."""
        return [
            ConsentText(
                version=row[0], purpose=row[1], language=row[2], text=row[3], since_utc=row[4], is_current=bool(row[5])
            )
            for row in self._db.read("SELECT * FROM consent_texts ORDER BY since_utc, version")
        ]

    def text(self, purpose: str, language: str = "en") -> ConsentText:
        """The text to read to a person; StoreError when the study asks none for this purpose."""
        if purpose not in PURPOSES:
            raise ValueError(f"{purpose!r}: a consent is for {' or '.join(PURPOSES)}")
        found = choose_text(self.texts(), purpose, language)
        if found is None:
            raise StoreError(
                f"{self._db.folder}: the study has no consent text for {purpose}; write one (gazeapp consent)"
            )
        return found

    def set_text(self, purpose: str, language: str, text: str) -> ConsentText:
        """Ask another text in this language from now on; who agreed to the one before is asked again."""
        if purpose not in PURPOSES:
            raise ValueError(f"{purpose!r}: a consent is for {' or '.join(PURPOSES)}")
        text = text.strip()
        if not text:
            raise StoreError("a consent text cannot be empty")
        version = text_version(purpose, language, text)
        with self._db.transaction() as execute:
            execute("UPDATE consent_texts SET is_current = 0 WHERE purpose = ? AND language = ?", (purpose, language))
            execute(
                "INSERT INTO consent_texts VALUES (?, ?, ?, ?, ?, 1) "
                "ON CONFLICT (version) DO UPDATE SET is_current = 1, since_utc = excluded.since_utc",
                (version, purpose, language, text, now_utc()),
            )
        return self.text(purpose, language)

    def of_people(self, where: str, *values: object) -> dict[str, list[Consent]]:
        """Pseudonym → consents, oldest first.

        Args:
            where: An SQL condition on the pseudonym, or nothing for all.
            values: Of its marks.
        """
        current = {text.version for text in self.texts() if text.is_current}
        consents: dict[str, list[Consent]] = {}
        for pseudonym, purpose, version, language, given, initials, withdrawn in self._db.read(
            "SELECT pseudonym, purpose, version, language, given_utc, initials, withdrawn_utc FROM consents "
            f"{where} ORDER BY number",
            *values,
        ):
            consent = Consent(
                purpose=str(purpose),
                version=str(version),
                language=str(language),
                given_utc=str(given),
                initials=str(initials),
                holds=withdrawn is None and (purpose in NOBODY_TEXTS or version in current),
            )
            consents.setdefault(pseudonym, []).append(consent)
        return consents

    def give(
        self, pseudonym: str, texts: Sequence[ConsentText], initials: str, *, forgets_embeddings: bool = False
    ) -> None:
        """Record that a participant agreed, now, to these texts, all or none."""
        now = now_utc()
        with self._db.transaction() as execute:
            if forgets_embeddings:
                execute("DELETE FROM embeddings WHERE pseudonym = ?", (pseudonym,))
            for text in texts:
                row = (pseudonym, text.purpose, text.version, text.language, now, initials)
                execute("INSERT INTO consents VALUES (NULL, ?, ?, ?, ?, ?, ?, NULL)", row)

    def note_nobody(self, pseudonym: str, source: str) -> None:
        """Note that gaze under a pseudonym is nobody's, which needs no text."""
        values = (pseudonym, source, source, now_utc())
        self._db.write("INSERT INTO consents VALUES (NULL, ?, ?, ?, 'en', ?, '', NULL)", *values)

    def withdraw(self, pseudonym: str) -> None:
        """End all consents of a participant."""
        self._db.write(
            "UPDATE consents SET withdrawn_utc = ? WHERE pseudonym = ? AND withdrawn_utc IS NULL", now_utc(), pseudonym
        )
