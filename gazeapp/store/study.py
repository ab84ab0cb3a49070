"""A study: participants by pseudonym, their consents, sessions and embeddings; erasure."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from gazeapp import __version__
from gazeapp.errors import AlreadyExists, ConsentMissing, DamagedSession, StoreError, UnsafeName
from gazeapp.store import schema
from gazeapp.store.consent import (
    GAZE,
    NOBODY_TEXTS,
    PURPOSES,
    Consent,
    ConsentText,
    choose_text,
    text_version,
)
from gazeapp.store.copies import CopyList
from gazeapp.store.embedding import UserEmbedding
from gazeapp.store.embedding_list import EmbeddingList
from gazeapp.store.erasure import ErasurePlan, find_folders, size_of
from gazeapp.store.events import dump_json
from gazeapp.store.exclusion import ExclusionList
from gazeapp.store.identifier import require_name, require_own
from gazeapp.store.participant import KDF, Erasure, Participant, fingerprint, folded, require_pseudonym
from gazeapp.store.private import make_private_folder
from gazeapp.store.provenance import now_utc, software_versions
from gazeapp.store.session_folder import SessionFolder
from gazeapp.store.session_list import SessionList
from gazeapp.store.session_state import SessionFigures, SessionRecord
from gazeapp.store.shredding import shred_file, shred_folder
from gazeapp.store.storage_errors import disk_error
from gazeapp.store.study_database import StudyDatabase
from gazeapp.store.study_key import is_encrypted, key_of
from gazeapp.store.study_place import STUDY_NAME
from gazeapp.store.study_variables import StudyVariable, Value, known_values, require_variables
from gazeapp.store.untrusted.files import parse_json

__all__ = ["Erasure", "Participant", "SessionFolder", "Study", "require_pseudonym"]

_MOST_SALTS = 8
"""Each costs half a second; this program makes one a study, and one more when the way to compute it changes."""


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
        current = {text.version for text in self.consent_texts() if text.is_current}
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

    def consent_texts(self) -> list[ConsentText]:
        """Every text that is or was asked, oldest first."""
        return [
            ConsentText(
                version=row[0], purpose=row[1], language=row[2], text=row[3], since_utc=row[4], is_current=bool(row[5])
            )
            for row in self._db.read("SELECT * FROM consent_texts ORDER BY since_utc, version")
        ]

    def consent_text(self, purpose: str, language: str = "en") -> ConsentText:
        """The text to read to a person; StoreError when the study asks none for this purpose."""
        found = choose_text(self.consent_texts(), purpose, language)
        if found is None:
            raise StoreError(f"{self._path}: the study has no consent text for {purpose}; write one (gazeapp consent)")
        return found

    def set_consent_text(self, purpose: str, language: str, text: str) -> ConsentText:
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
        return self.consent_text(purpose, language)

    def record_consent(self, pseudonym: str, *purposes: str, language: str = "en", initials: str = "") -> None:
        """Record that the participant agreed, now, to the study's present text for each purpose (gaze by default).

        An embedding that a rehearsal left under the pseudonym goes: it is nobody's.
        """
        person = self.participant(pseudonym)
        name, now = person.pseudonym, now_utc()
        with self._db.transaction() as execute:
            if person.is_nobody:
                execute("DELETE FROM embeddings WHERE pseudonym = ?", (name,))
            for purpose in purposes or (GAZE,):
                if purpose not in PURPOSES:
                    raise ValueError(f"{purpose!r}: a consent is for {' or '.join(PURPOSES)}")
                text = self.consent_text(purpose, language)
                row = (name, purpose, text.version, text.language, now, initials)
                execute("INSERT INTO consents VALUES (NULL, ?, ?, ?, ?, ?, ?, NULL)", row)

    def note_nobody(self, pseudonym: str, source: str) -> None:
        """Note that gaze stored under this pseudonym is nobody's: "simulated" or "replay". It is no consent."""
        if source not in NOBODY_TEXTS:
            raise ValueError(f"{source!r} is not one of {', '.join(NOBODY_TEXTS)}")
        person = self.participant(pseudonym)
        if person.consent_to(source) is None:
            self._db.write(
                "INSERT INTO consents VALUES (NULL, ?, ?, ?, 'en', ?, '', NULL)",
                person.pseudonym,
                source,
                source,
                now_utc(),
            )

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

    def embedding_figures(self) -> dict[str, tuple[int, float, str, str]]:
        """Pseudonym → (pairs, spread, when, session id or "") of the newest embedding, without its vector."""
        return self.embedding_list.figures()

    # Erasing

    def plan_erasure(self, pseudonym: str) -> ErasurePlan:
        """What `erase` would remove, and what it cannot reach; changes nothing.

        Raises:
            UnsafeName: A link or a second name is in the way, or an id in the file is no plain name.
            FolderInUse: A session of the person is being recorded.
            StoreError: No such participant; or the study and a session disagree whose it is.
        """
        name = self.participant(pseudonym).pseudonym
        listed, sessions = self._listed(), self._path / "sessions"
        folders, unknown = find_folders(self._path, listed, name)
        own = {session_id for session_id, owner in listed.items() if owner == name}
        in_place = {folder.name for folder in folders if folder.parent == sessions}
        leftovers = sorted({*self._path.glob(f"{STUDY_NAME}.damaged*"), *self._path.glob(f".{STUDY_NAME}-*.part*")})
        reports = (self._path / "reports" / f"{session_id}.html" for session_id in own)
        leftovers += sorted(path for path in reports if path.is_file())
        return ErasurePlan(
            pseudonym=name,
            folders=tuple(folders),
            unlisted=tuple(folder for folder in folders if folder.parent != sessions or folder.name not in own),
            leftovers=tuple(require_own(path) for path in leftovers),
            n_sessions=len(folders) + len(own - in_place),
            n_consents=len(self._db.read("SELECT number FROM consents WHERE pseudonym = ?", name)),
            n_embeddings=len(self._db.read("SELECT number FROM embeddings WHERE pseudonym = ?", name)),
            n_bytes=size_of(folders),
            copies=tuple(self.copies.of(name)),
            unknown=tuple(unknown),
        )

    def erase(self, pseudonym: str, *, reason: str = "asked for") -> Erasure:
        """Remove raw data, maps and embeddings of a participant; keep a dated record that it happened.

        Session folders are overwritten before they are deleted, and the study's database is rewritten without the
        rows; the record holds a fingerprint of the pseudonym, not the pseudonym. Copies made earlier (exports, weights,
        backups, snapshots of the file system) are out of reach: `plan_erasure` lists those that are known.
        Erasing can be repeated after a failure; what was already removed is not missed.

        Raises:
            UnsafeName: As `plan_erasure`; nothing was touched then.
            StoreError: As `plan_erasure`, or a file cannot be removed.
        """
        plan = self.plan_erasure(pseudonym)
        name = plan.pseudonym
        with self._db.transaction():  # in a study that cannot be written nothing is removed either
            pass
        try:
            for folder in plan.folders:
                shred_folder(folder)
            for kept in plan.leftovers:
                shred_file(kept)
        except OSError as error:
            raise disk_error(error, self._path) from error
        # one salt a study: checking a new pseudonym then costs one slow computation, however many were erased
        salts = self._db.read("SELECT fingerprint_salt FROM erasures WHERE kdf = ? ORDER BY number LIMIT 1", KDF)
        salt = str(salts[0][0]) if salts else secrets.token_hex(16)
        erasure = Erasure(
            erased_utc=now_utc(),
            reason=reason,
            n_sessions=plan.n_sessions,
            n_embeddings=plan.n_embeddings,
            salt=salt,
            fingerprint=fingerprint(name, bytes.fromhex(salt)),
            kdf=KDF,
        )
        with self._db.transaction() as execute:
            for table in _tables_of_people():
                execute(f"DELETE FROM {table} WHERE pseudonym = ?", (name,))
            execute(
                "INSERT INTO erasures VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    erasure.erased_utc,
                    reason,
                    erasure.salt,
                    erasure.fingerprint,
                    erasure.kdf,
                    erasure.n_sessions,
                    erasure.n_embeddings,
                    __version__,
                ),
            )
        self._db.cleanse()
        return erasure

    def withdraw(self, pseudonym: str) -> Erasure:
        """The participant withdrew consent: nothing more is stored, and all that was is erased."""
        self._db.write(
            "UPDATE consents SET withdrawn_utc = ? WHERE pseudonym = ? AND withdrawn_utc IS NULL", now_utc(), pseudonym
        )
        return self.erase(pseudonym, reason="consent withdrawn")

    def erasures(self) -> list[Erasure]:
        """Records of what was erased, oldest first."""
        rows = self._db.read(
            "SELECT erased_utc, reason, n_sessions, n_embeddings, fingerprint_salt, fingerprint, kdf FROM erasures "
            "ORDER BY number"
        )
        return [
            Erasure(
                erased_utc=str(row[0]),
                reason=str(row[1]),
                n_sessions=int(row[2]),
                n_embeddings=int(row[3]),
                salt=str(row[4]),
                fingerprint=str(row[5]),
                kdf=str(row[6]),
            )
            for row in rows
        ]

    def was_erased(self, name: str) -> str:
        """When somebody of this pseudonym was erased; empty for never."""
        made: dict[tuple[str, str], str] = {}
        for erasure in self.erasures():
            way = erasure.salt, erasure.kdf
            if way not in made and len(made) == _MOST_SALTS:
                continue
            try:
                if way not in made:
                    made[way] = fingerprint(name, bytes.fromhex(erasure.salt), erasure.kdf)
            except ValueError:  # a damaged row keeps nobody out
                continue
            if made[way] == erasure.fingerprint:
                return erasure.erased_utc[:10]
        return ""

    def copy_to(self, file: Path) -> None:
        """Write a whole, consistent copy of the study's own file."""
        self._db.copy_to(file)

    def take_in(self, other: Study, names: Mapping[str, str], homes: Mapping[str, str]) -> None:
        """Write the rows of another study, all or none.

        Args:
            other: The other study.
            names: Its pseudonyms → those in this study.
            homes: Its session ids → those in this study.
        """
        theirs = other._db
        people = {person.pseudonym: person for person in other.participants()}
        known = {person.pseudonym: person for person in self.participants()}
        with self._db.transaction() as execute:
            for row in theirs.read("SELECT * FROM consent_texts"):
                execute("INSERT OR IGNORE INTO consent_texts VALUES (?, ?, ?, ?, ?, ?)", row)
            for old, new in names.items():
                person, mine = people[old], known.get(new)
                if mine is None:
                    row = (new, person.created_utc, person.note, dump_json(dict(person.variables)), folded(new))
                    execute("INSERT INTO participants VALUES (?, ?, ?, ?, ?)", row)
                else:  # what is known here stays; what is known only there is added
                    note = "\n".join(dict.fromkeys(text for text in (mine.note, person.note) if text))
                    values = dump_json({**person.variables, **mine.variables})
                    execute("UPDATE participants SET note = ?, variables = ? WHERE pseudonym = ?", (note, values, new))
            for table in ("consents", "copies"):
                for _, old, *rest in theirs.read(f"SELECT * FROM {table} ORDER BY number"):
                    marks = ", ".join("?" * len(rest))
                    execute(f"INSERT INTO {table} VALUES (NULL, ?, {marks})", (names[old], *rest))
            for session_id, old, *rest in theirs.read("SELECT * FROM sessions"):
                if session_id in homes:
                    marks = ", ".join("?" * len(rest))
                    execute(f"INSERT INTO sessions VALUES (?, ?, {marks})", (homes[session_id], names[old], *rest))
            for session_id, old, figures in theirs.read("SELECT * FROM figures"):
                if session_id in homes:
                    execute("INSERT INTO figures VALUES (?, ?, ?)", (homes[session_id], names[old], figures))
            for row in theirs.read("SELECT * FROM embeddings ORDER BY created_utc"):
                _, old, created, session_id, vector, *rest, sha256, sigma_deg = row
                text = other.embedding_list.plain(vector, old, created, sha256)
                text = self.embedding_list.sealed(text, names[old], created, sha256)
                row = (names[old], created, homes.get(session_id, session_id), text, *rest, sha256, sigma_deg)
                execute(f"INSERT INTO embeddings VALUES (NULL, {', '.join('?' * len(row))})", row)
            for _, old, session_id, *rest in theirs.read("SELECT * FROM exclusions ORDER BY number"):
                if not session_id or session_id in homes:
                    row = (names[old], homes.get(session_id, ""), *rest)
                    execute(f"INSERT INTO exclusions VALUES (NULL, {', '.join('?' * len(row))})", row)
            for _, *rest in theirs.read("SELECT * FROM erasures ORDER BY number"):
                execute(f"INSERT INTO erasures VALUES (NULL, {', '.join('?' * len(rest))})", rest)

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


def _tables_of_people() -> list[str]:
    """Tables with rows of participants; the participants, to whom the others refer, last."""
    found = [
        name
        for name, columns in schema.STUDY_TABLES.items()
        if any(column.split()[0] == "pseudonym" for column in columns)
    ]
    return sorted(found, key=lambda name: name == "participants")
