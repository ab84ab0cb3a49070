"""A study: participants by pseudonym, their consents, sessions and embeddings."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from gazeapp.errors import AlreadyExists, ConsentMissing, DamagedSession, StoreError, UnsafeName
from gazeapp.store.consent import GAZE, NOBODY_TEXTS
from gazeapp.store.consent_list import ConsentList
from gazeapp.store.copies import CopyList
from gazeapp.store.embedding import UserEmbedding
from gazeapp.store.embedding_list import EmbeddingFigures, EmbeddingList
from gazeapp.store.eraser import Eraser
from gazeapp.store.erasure import ErasurePlan
from gazeapp.store.events import dump_json
from gazeapp.store.exclusion import ExclusionList
from gazeapp.store.identifier import require_name, require_own
from gazeapp.store.participant import Erasure, Participant, folded, require_pseudonym
from gazeapp.store.private import make_private_folder
from gazeapp.store.provenance import now_utc, software_versions
from gazeapp.store.session_folder import SessionFolder
from gazeapp.store.session_list import SessionList
from gazeapp.store.session_state import SessionFigures, SessionRecord
from gazeapp.store.storage_errors import disk_error
from gazeapp.store.study_database import StudyDatabase
from gazeapp.store.study_key import is_encrypted, key_of
from gazeapp.store.study_place import STUDY_NAME
from gazeapp.store.study_variables import StudyVariable, Value, known_values, require_variables
from gazeapp.store.untrusted.files import parse_json

__all__ = ["Erasure", "Participant", "SessionFolder", "Study", "require_pseudonym"]


class Study:
    """A study's folder. Short transactions, each durable; several programs may use it at once."""

    def __init__(self, database: StudyDatabase) -> None:
        self._db = database
        self._path = database.folder
        self.session_list = SessionList(database)
        """States and figures of the sessions."""
        self.copies = CopyList(database)
        """What was made from the participants' data and lies outside the sessions."""
        self.embedding_list = EmbeddingList(database)
        """Who they are, as the networks see them."""
        self.exclusions = ExclusionList(database)
        """What is left out of analysis."""
        self.consents = ConsentList(database)
        """What people are asked, and what they agreed to."""
        self._eraser = Eraser(database, self.copies)

    @classmethod
    def create(cls, path: Path) -> Study:
        """Make a new study in a folder; AlreadyExists when there is one."""
        return cls(StudyDatabase.create(path))

    @classmethod
    def open(cls, path: Path) -> Study:
        """Open the study in a folder; one of an earlier version is brought up to date.

        Raises:
            StoreError: No study there.
            UnsupportedSchema: Written by a newer version.
        """
        return cls(StudyDatabase.open(path))

    @classmethod
    def open_or_create(cls, path: Path) -> Study:
        """Open the study in a folder, and make it where there is none."""
        return cls.open(path) if (path / STUDY_NAME).exists() else cls.create(path)

    @property
    def path(self) -> Path:
        """The study's folder."""
        return self._path

    @property
    def is_read_only(self) -> bool:
        """Whether the study lies on a disk that cannot be written: it is read, and every change is refused."""
        return self._db.is_read_only

    def close(self) -> None:
        """Close the file; closing twice is allowed."""
        self._db.close()

    def __enter__(self) -> Study:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Participants

    def add_participant(self, pseudonym: str) -> Participant:
        """Add a participant; adding one that is there already changes nothing.

        Raises:
            ValueError: Not a pseudonym.
            AlreadyExists: Another participant's pseudonym differs only in upper and lower case.
            StoreError: A participant of this pseudonym was erased: it must not come to mean someone else.
        """
        name = require_pseudonym(pseudonym)
        if not self._db.read("SELECT 1 FROM participants WHERE pseudonym = ?", name):
            self.require_free(name)
            self._db.write(
                "INSERT OR IGNORE INTO participants VALUES (?, ?, '', '{}', ?)", name, now_utc(), folded(name)
            )
        return self.participant(name)

    def require_free(self, name: str) -> None:
        """Refuse a pseudonym that is not free: AlreadyExists where it differs only in case, StoreError if erased."""
        for (other,) in self._db.read("SELECT pseudonym FROM participants WHERE folded = ?", folded(name)):
            raise AlreadyExists(
                f"{self._path}: {other} is in the study already and differs from {name} only in upper and lower case; "
                "choose another pseudonym",
                other=other,
            )
        if self.was_erased(name):
            raise StoreError(f"{self._path}: {name} was erased from this study; choose another pseudonym")

    def add_participants(self, people: Mapping[str, tuple[str, Mapping[str, Value]]]) -> None:
        """Add many at once, all or none: pseudonym → (note, variables). Whoever calls has asked `require_free`."""
        now = now_utc()
        with self._db.transaction() as execute:
            for name, (note, variables) in people.items():
                row = (require_pseudonym(name), now, note, dump_json(dict(variables)), folded(name))
                execute("INSERT INTO participants VALUES (?, ?, ?, ?, ?)", row)

    def rename_participant(self, old: str, new: str) -> None:
        """Give a participant another pseudonym, as long as there is no session or embedding under the old one.

        Raises:
            ValueError: Not a pseudonym.
            StoreError: There are data already, or the new pseudonym is not free.
        """
        person = self.participant(old)
        name = require_pseudonym(new)
        if person.sessions or person.n_embeddings:
            raise StoreError(f"{old} has data already: a pseudonym can be changed only before the first session")
        if folded(name) != folded(person.pseudonym):
            self.require_free(name)
        self._db.write(
            "UPDATE participants SET pseudonym = ?, folded = ? WHERE pseudonym = ?",
            name,
            folded(name),
            person.pseudonym,
        )

    def describe_participant(
        self, pseudonym: str, *, note: str | None = None, variables: Mapping[str, Value | None] | None = None
    ) -> None:
        """Change the note, or values of study variables (None forgets one); SettingsError for an unknown variable."""
        person = self.participant(pseudonym)
        values = dict(person.variables)
        known = {variable.name for variable in self.variables()}
        for name, value in (variables or {}).items():
            if name not in known:
                raise StoreError(f"{self._path}: the study has no variable {name!r}, only {', '.join(sorted(known))}")
            if value is None:
                values.pop(name, None)
            else:
                values[name] = value
        self._db.write(
            "UPDATE participants SET note = ?, variables = ? WHERE pseudonym = ?",
            person.note if note is None else note,
            dump_json(values),
            person.pseudonym,
        )

    def participant(self, pseudonym: str) -> Participant:
        """One participant; StoreError when the study has none of that pseudonym."""
        found = self._participants("WHERE pseudonym = ?", pseudonym)
        if not found:
            raise self._unknown(pseudonym)
        return found[0]

    def participants(self) -> list[Participant]:
        """All participants by pseudonym. Who was erased or withdrew is no row any more: see `erasures`.

        Raises:
            UnsafeName: A pseudonym or session id in the file is no plain name.
        """
        return self._participants("")

    def _participants(self, where: str, *values: object) -> list[Participant]:
        variables = self.variables()
        sessions = self._grouped(f"SELECT pseudonym, session_id FROM sessions {where} ORDER BY session_id", *values)
        n_embeddings: dict[str, int] = dict(
            self._db.read(f"SELECT pseudonym, count(*) FROM embeddings {where} GROUP BY pseudonym", *values)
        )
        consents = self.consents.of_people(where, *values)
        return [
            Participant(
                pseudonym=self._name(pseudonym, "pseudonym"),
                created_utc=str(created),
                note=str(note),
                variables=known_values(self._object(values_json), variables),
                consents=tuple(consents.get(pseudonym, ())),
                sessions=tuple(self._name(row[0], "session id") for row in sessions.get(pseudonym, ())),
                n_embeddings=n_embeddings.get(pseudonym, 0),
            )
            for pseudonym, created, note, values_json in self._db.read(
                f"SELECT pseudonym, created_utc, note, variables FROM participants {where} ORDER BY pseudonym", *values
            )
        ]

    def _grouped(self, sql: str, *values: object) -> dict[str, list[tuple[Any, ...]]]:
        found: dict[str, list[tuple[Any, ...]]] = {}
        for key, *rest in self._db.read(sql, *values):
            found.setdefault(key, []).append(tuple(rest))
        return found

    def variables(self) -> tuple[StudyVariable, ...]:
        """What the study notes about every participant, in order."""
        return tuple(
            StudyVariable(name=str(name), kind=kind, choices=tuple(str(c) for c in self._json(choices)))
            for name, kind, choices in self._db.read("SELECT name, kind, choices FROM variables ORDER BY number")
        )

    def set_variables(self, variables: Iterable[StudyVariable]) -> None:
        """Note other variables from now on; values of those that go stay in the file and come back with them."""
        wanted = require_variables(variables)
        with self._db.transaction() as execute:
            execute("DELETE FROM variables")
            for variable in wanted:
                row = (variable.name, variable.kind, dump_json(list(variable.choices)))
                execute("INSERT INTO variables VALUES (NULL, ?, ?, ?)", row)

    # Consent

    def record_consent(self, pseudonym: str, *purposes: str, language: str = "en", initials: str = "") -> None:
        """Record that the participant agreed, now, to the study's present text for each purpose (gaze by default).

        An embedding that a rehearsal left under the pseudonym goes: it is nobody's.
        """
        person = self.participant(pseudonym)
        texts = [self.consents.text(purpose, language) for purpose in purposes or (GAZE,)]
        self.consents.give(person.pseudonym, texts, initials, forgets_embeddings=person.is_nobody)

    def note_nobody(self, pseudonym: str, source: str) -> None:
        """Note that gaze stored under this pseudonym is nobody's: "simulated" or "replay". It is no consent."""
        if source not in NOBODY_TEXTS:
            raise ValueError(f"{source!r} is not one of {', '.join(NOBODY_TEXTS)}")
        person = self.participant(pseudonym)
        if person.consent_to(source) is None:
            self.consents.note_nobody(person.pseudonym, source)

    def has_consent(self, pseudonym: str, purpose: str = GAZE) -> bool:
        """Whether a consent for a purpose holds."""
        return self.participant(pseudonym).consent_to(purpose) is not None

    # Sessions

    def new_session(
        self, pseudonym: str, plan_name: str, *, source: str = GAZE, experimenter: str = ""
    ) -> SessionFolder:
        """Make the folder and database of a new session; it belongs to this participant for good.

        Args:
            pseudonym: Of the participant.
            plan_name: Of the plan.
            source: What is stored: `GAZE` of a person, or "simulated" or "replay" for nobody's, which must have been
                noted, unless the person agreed to more.
            experimenter: Initials.

        Raises:
            ConsentMissing: The participant has not consented: nothing of theirs may be stored.
            StudyLocked: The study is encrypted, and nobody gives the passphrase.
            StoreError: No such participant, or the folder cannot be made.
        """
        person = self.participant(pseudonym)
        self._require_consent(person.pseudonym, source)
        created = now_utc()
        if is_encrypted(self._path):
            key_of(self._path)  # without it nothing is recorded that could not be encrypted
        with self._db.transaction():  # a study that cannot be written gets no folder
            pass
        folder = self._new_folder()
        session = SessionFolder(path=folder, session_id=folder.name, pseudonym=person.pseudonym)
        # listed before it holds anything, so that erasing never misses data after a crash
        self.session_list.add(session, plan_name, created, experimenter)
        self.session_list.keep_figures(session, SessionFigures(source=source))
        with session.writer() as writer:
            writer.set_meta(
                {
                    "session_id": session.session_id,
                    "pseudonym": person.pseudonym,
                    "plan_name": plan_name,
                    "started_utc": created,
                    "experimenter": experimenter,
                    "software": software_versions(),
                }
            )
        return session

    def open_again(self, session_id: str, *, source: str = GAZE) -> SessionFolder:
        """Go on recording into an interrupted session; ConsentMissing where the consent does not hold any more."""
        session = self.session(session_id)
        self._require_consent(session.pseudonym, source)
        self.session_list.begin_part(session_id)
        return session

    def _require_consent(self, pseudonym: str, source: str) -> None:
        person = self.participant(pseudonym)
        if person.consent_to(source) is None and not (source in NOBODY_TEXTS and person.consented_in_person):
            raise ConsentMissing(
                f"{pseudonym} has not consented to storing gaze data in {self._path}; record the consent first"
            )

    def _new_folder(self) -> Path:
        """A folder whose name says when, and not who: a file system's journal keeps names that were erased."""
        sessions = require_own(self._path / "sessions")
        stamp = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        for _ in range(1000):  # two within one second are told apart by a number, and by chance in two studies
            n = 1 + len(list(sessions.glob(f"{stamp}-*")))
            folder = sessions / f"{stamp}-{n:02d}{secrets.token_hex(2)}"
            try:
                make_private_folder(folder)
            except FileExistsError:
                continue
            except OSError as error:
                raise disk_error(error, folder) from error
            return folder
        raise StoreError(f"{self._path}: no free name for a session")

    def sessions(self, pseudonym: str | None = None) -> list[SessionFolder]:
        """Sessions in order of time, of one participant or of all; those whose folder was removed by hand are left
        out.

        Raises:
            UnsafeName: A session id or pseudonym in the file is no plain name, or a session's folder is a link.
        """
        return [
            SessionFolder(path=folder, session_id=session_id, pseudonym=owner)
            for session_id, owner in self._listed().items()
            if pseudonym in (None, owner)
            and require_own(folder := self._path / "sessions" / session_id, self._path).is_dir()
        ]

    def _listed(self) -> dict[str, str]:
        """Session id → pseudonym, in order of time."""
        rows = self._db.read("SELECT session_id, pseudonym FROM sessions ORDER BY session_id")
        return {self._name(row[0], "session id"): self._name(row[1], "pseudonym") for row in rows}

    def session(self, session_id: str) -> SessionFolder:
        """One session; StoreError when the study has none of that id."""
        for session in self.sessions():
            if session.session_id == session_id:
                return session
        raise StoreError(f"{self._path}: no session {session_id}")

    def session_records(self, pseudonym: str | None = None) -> list[SessionRecord]:
        """What became of the sessions, in order of time; those that may have changed are looked at first."""
        return self.session_list.records(pseudonym)

    # Embeddings

    def save_embedding(
        self,
        pseudonym: str,
        embedding: UserEmbedding,
        *,
        session_id: str | None = None,
    ) -> None:
        """Keep an embedding; earlier ones stay, the newest is the one in use.

        Raises:
            ConsentMissing: The participant has not consented, or withdrew.
        """
        person = self.participant(pseudonym)
        if not any(consent.holds for consent in person.consents):
            raise ConsentMissing(f"{pseudonym} has not consented to storing an embedding in {self._path}")
        self.embedding_list.add(person.pseudonym, embedding, session_id)

    def load_embedding(self, pseudonym: str) -> UserEmbedding:
        """The newest embedding of a participant; StoreError when there is none."""
        self.participant(pseudonym)
        found = self.embeddings(pseudonym)
        if not found:
            raise StoreError(f"{self._path}: {pseudonym} has no embedding yet; enrol first (gazeapp enrol)")
        return found[-1]

    def embeddings(self, pseudonym: str) -> list[UserEmbedding]:
        """All embeddings of a participant, oldest first."""
        return self.embedding_list.of(pseudonym)

    def newest_embeddings(self) -> dict[str, UserEmbedding]:
        """Pseudonym → the newest embedding, of everyone who has one."""
        return self.embedding_list.newest()

    def embedding_figures(self) -> dict[str, EmbeddingFigures]:
        """Pseudonym → what is told of the newest embedding without its vector."""
        return self.embedding_list.figures()

    # Erasing

    def plan_erasure(self, pseudonym: str) -> ErasurePlan:
        """What `erase` would remove, and what it cannot reach; changes nothing.

        Raises:
            UnsafeName: A link or a second name is in the way, or an id in the file is no plain name.
            FolderInUse: A session of the person is being recorded.
            StoreError: No such participant; or the study and a session disagree whose it is.
        """
        return self._eraser.plan(self.participant(pseudonym).pseudonym, self._listed())

    def erase(self, pseudonym: str, *, reason: str = "asked for") -> Erasure:
        """Remove raw data, maps and embeddings of a participant; keep a dated record that it happened.

        Erasing can be repeated after a failure; what was already removed is not missed.

        Raises:
            UnsafeName: As `plan_erasure`; nothing was touched then.
            StoreError: As `plan_erasure`, or a file cannot be removed.
        """
        return self._eraser.erase(self.plan_erasure(pseudonym), reason)

    def withdraw(self, pseudonym: str) -> Erasure:
        """The participant withdrew consent: nothing more is stored, and all that was is erased."""
        self.consents.withdraw(pseudonym)
        return self.erase(pseudonym, reason="consent withdrawn")

    def erasures(self) -> list[Erasure]:
        """Records of what was erased, oldest first."""
        return self._eraser.records()

    def was_erased(self, name: str) -> str:
        """When somebody of this pseudonym was erased; empty for never."""
        return self._eraser.was_erased(name)

    def copy_to(self, file: Path) -> None:
        """Write a whole, consistent copy of the study's own file."""
        self._db.copy_to(file)

    def passes_check(self) -> bool:
        """Whether SQLite finds every page of the file in order, every row its participant, and every id is a name."""
        try:
            self.participants()
            self._listed()
        except (UnsafeName, DamagedSession):
            return False
        return self._db.passes_check()

    def _name(self, text: object, what: str) -> str:
        return require_name(text, what, self._path / STUDY_NAME, f"gazeapp recover {self._path} leaves that row out")

    def _unknown(self, pseudonym: str) -> StoreError:
        erased = self.was_erased(pseudonym)
        if erased:
            return StoreError(f"{self._path}: {pseudonym} was erased on {erased}")
        known = [str(row[0]) for row in self._db.read("SELECT pseudonym FROM participants ORDER BY pseudonym")]
        listed = ", ".join(known[:10]) + (", …" if len(known) > 10 else "") if known else "nobody yet"
        return StoreError(f"{self._path}: no participant {pseudonym!r}; the study has {listed}")

    def _object(self, text: object) -> dict[str, Any]:  # Any: JSON values
        values = self._json(text)
        if not isinstance(values, dict):
            raise DamagedSession(
                f"{self._path / STUDY_NAME}: what is noted about a participant cannot be read; gazeapp recover "
                f"{self._path} takes the rest out of it"
            )
        return values

    def _json(self, text: object) -> Any:  # Any: JSON values
        try:
            return parse_json(str(text))
        except (ValueError, RecursionError) as error:
            raise DamagedSession(f"{self._path / STUDY_NAME}: a value cannot be read ({error})") from error
