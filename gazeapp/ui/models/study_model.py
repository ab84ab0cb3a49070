"""The study that is open: its people with their sessions, and everything that can be done to them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal

from gazeapp.errors import FolderInUse, GazeAppError
from gazeapp.store.consent import ConsentText, choose_text
from gazeapp.store.folder_lock import FolderLock
from gazeapp.store.session_state import SessionRecord
from gazeapp.store.study_encryption import Encrypted, decrypt_study, encrypt_study
from gazeapp.store.study_key import drop_from_key_store, keep_in_key_store, lock
from gazeapp.store.study_variables import StudyVariable, Value
from gazeapp.ui.bridge import QtBridge
from gazeapp.ui.error_words import error_words
from gazeapp.ui.formatting import counted
from gazeapp.ui.models.study_reading import PersonRow, StudyContent, default_texts, read_study

if TYPE_CHECKING:
    from gazeapp.runtime.recognition import Recognition
    from gazeapp.store.study import Study

T = TypeVar("T")
MAX_RECENT = 8


class StudyModel(QObject):
    """Reads and changes a study in the background; every change is followed by reading it again."""

    changed = Signal()
    opened = Signal()
    """Another study is open."""
    moved = Signal(object, object)
    """The study that is open was moved: (from, to); `opened` comes next."""
    failed = Signal(str)
    """What was asked for could not be done, in words."""
    told = Signal(str)
    """What was done, in words."""
    locked = Signal()
    """The study that was opened is encrypted, and its passphrase is wanted."""
    created = Signal(str)
    """Pseudonym of a participant who was just added."""

    def __init__(self, bridge: QtBridge, folder: Path) -> None:
        super().__init__()
        self.bridge = bridge
        self.folder = folder
        self.content = StudyContent()
        self.is_loading = False
        self.is_encrypting = False
        """Whether the study is being encrypted or made plain: no other one is opened meanwhile."""
        self.problem = ""
        """Why the study cannot be used; empty when it can."""
        self.recent: list[Path] = []
        self.initials = ""
        """Of who leads sessions and asks for consent; noted with both."""
        self.language = "en"
        """In which consent texts are read."""
        self.weights: Path | None = None
        """Folder of the weights in use; None takes the shipped ones."""
        self.renewing: tuple[int, int] | None = None
        """How many embeddings are computed again by now, and of how many; None while none are."""
        self.recognised: dict[str, Recognition] = {}
        """What was asked about people's newest sessions since the study was opened."""
        self.recovered: tuple[SessionRecord, ...] = ()
        """Told once, when the study is opened."""
        self._lock: FolderLock | None = None
        self._guard = threading.Lock()
        self._turn = 0
        self._was_asked = False
        self._stay_outdated: set[str] = set()

    # Opening

    def open(self, folder: Path) -> None:
        """Open a study; a folder without one is an empty study that is made with its first participant."""
        self.close()
        self.folder, self.problem, self.recovered = folder, "", ()
        self.recognised, self.renewing = {}, None
        self._was_asked = False
        self._stay_outdated = set()
        self.content = StudyContent()
        self.recent = [folder, *(path for path in self.recent if path != folder)][:MAX_RECENT]
        self.opened.emit()
        self.reload()

    def follow(self, folder: Path) -> None:
        """Open the same study where it was moved to."""
        before = self.folder
        self.recent = [path for path in self.recent if path != before]
        self.moved.emit(before, folder)
        self.open(folder)

    def release(self) -> None:
        """Let others have the study."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def close(self) -> None:
        """Let others have the study, and forget its key."""
        self.release()
        if not self.is_encrypting:
            lock(self.folder)

    def reload(self) -> None:
        """Read the study again."""
        self.is_loading = True
        self._turn += 1
        turn, folder = self._turn, self.folder
        self.changed.emit()

        def done(result: StudyContent | Exception) -> None:
            if turn == self._turn:
                self._take(result)

        self.bridge.run(lambda: self._read(folder), done)

    def _read(self, folder: Path) -> StudyContent:
        if (folder / "study.sqlite").exists():
            with self._guard:
                if self._lock is None and folder == self.folder:
                    self._lock = FolderLock(folder, self.initials or "gazeapp")
        return read_study(folder, self.weights)

    def _take(self, result: StudyContent | Exception) -> None:
        self.is_loading = False
        if isinstance(result, FolderInUse):
            self.problem = self.tr("The study is open in another window: {0}").format(error_words(result))
        elif isinstance(result, Exception):
            self.problem = error_words(result)
        else:
            # what was said of a newest session is not said of a newer one
            kept = {name for name in self.recognised if _ids(result.names.get(name)) == _ids(self.row(name))}
            self.recognised = {name: found for name, found in self.recognised.items() if name in kept}
            self.content, self.problem = result, ""
            if result.encryption == "locked" and not self._was_asked:
                self._was_asked = True
                self.locked.emit()
            self.recovered = self.recovered or result.recovered
        self.changed.emit()

    # What is

    @property
    def rows(self) -> tuple[PersonRow, ...]:
        """Everybody, by pseudonym."""
        return self.content.rows

    def row(self, pseudonym: str) -> PersonRow | None:
        """One person; None for nobody of that pseudonym."""
        return self.content.names.get(pseudonym)

    @property
    def outdated(self) -> list[str]:
        """Whose embedding other weights made, and may be computed again from their sessions."""
        if self.content.is_read_only or self.content.encryption == "locked":
            return []
        asked = (row for row in self.rows if row.is_outdated and row.sessions)
        return [row.pseudonym for row in asked if row.pseudonym not in self._stay_outdated]

    def text(self, purpose: str, language: str = "") -> ConsentText | None:
        """The text that is asked for a purpose now."""
        return choose_text(self.content.texts or default_texts(), purpose, language or self.language)

    def problem_with(self, pseudonym: str) -> str:
        """Why a pseudonym cannot be given to somebody new; empty when it can."""
        from gazeapp.store.participant import folded, require_pseudonym

        try:
            name = require_pseudonym(pseudonym)
        except ValueError as error:
            words = error_words(str(error).split(": ", 1)[-1])
            return words[:1].upper() + words[1:] + "."
        for other in self.content.names:
            if folded(other) == folded(name):
                same = self.tr("{0} is in the study already.")
                case = self.tr("{0} is in the study already; another must differ in more than upper and lower case.")
                return (same if other == name else case).format(other)
        return ""

    def next_pseudonym(self) -> str:
        """A free pseudonym, as far as this study knows it."""
        import re

        taken = {name.casefold() for name in self.content.names}
        found = [match for name in self.content.names if (match := re.fullmatch(r"(.*?)(\d{1,6})", name))]
        last = max(found, key=lambda match: int(match[2]), default=None)
        prefix, number, width = (last[1], int(last[2]), len(last[2])) if last else ("P-", 0, 3)
        while (name := f"{prefix}{number + 1:0{width}d}").casefold() in taken:
            number += 1
        return name

    # Changes: each in the background, then everything is read again

    def ask(self, work: Callable[[], T], done: Callable[[T | Exception], None]) -> None:
        """Work in the background; nothing is done with the answer where another study is open by then."""
        folder = self.folder

        def answered(result: T | Exception) -> None:
            if folder == self.folder:
                done(result)

        self.bridge.run(work, answered)

    def change(self, do: Callable[[Study], T], then: Callable[[T], None] | None = None) -> None:
        """Change the study."""
        folder = self.folder

        def work() -> T:
            from gazeapp.store.study import Study

            if self.problem:
                raise GazeAppError(self.problem)
            with Study.open_or_create(folder) as study:
                return do(study)

        def done(result: T | Exception) -> None:
            if isinstance(result, Exception):
                self.failed.emit(error_words(result))
            elif then is not None:
                then(result)
            self.reload()

        self.bridge.run(work, done)

    def add(self, pseudonym: str, variables: Mapping[str, Value | None], note: str = "") -> None:
        """Add a participant."""

        def do(study: Study) -> str:
            name = study.add_participant(pseudonym).pseudonym
            if variables or note:
                study.describe_participant(name, note=note, variables=variables)
            return name

        self.change(do, self.created.emit)

    def describe(self, pseudonym: str, *, note: str | None = None, variables: Mapping[str, Value | None]) -> None:
        """Change note and variables."""
        self.change(lambda study: study.describe_participant(pseudonym, note=note, variables=variables))

    def rename(self, old: str, new: str) -> None:
        """Another pseudonym, before there are data."""
        self.change(lambda study: study.rename_participant(old, new), lambda _: self.created.emit(new))

    def consent(
        self, pseudonym: str, purposes: Iterable[str], language: str, then: Callable[[], None] | None = None
    ) -> None:
        """Record what a person agreed to just now, unless another program changed a text while it was read."""
        chosen, initials = tuple(purposes), self.initials
        read = {purpose: text.version for purpose in chosen if (text := self.text(purpose, language)) is not None}
        changed = self.tr("The text was changed while it was read; let {0} read it again.").format(pseudonym)

        def do(study: Study) -> None:
            if any(study.consents.text(purpose, language).version != version for purpose, version in read.items()):
                raise GazeAppError(changed)
            study.record_consent(pseudonym, *chosen, language=language, initials=initials)

        self.change(do, (lambda _: then()) if then else None)

    def erase(self, pseudonym: str, *, withdrawn: bool) -> None:
        """Remove everything of a person."""
        self.change(lambda study: study.withdraw(pseudonym) if withdrawn else study.erase(pseudonym))

    def leave(self, session_id: str) -> None:
        """Leave an interrupted session as it is."""
        self.change(lambda study: study.session_list.leave(session_id))

    def import_list(self, path: Path, then: Callable[[list[str]], None]) -> None:
        """Add everybody of a list."""
        from gazeapp.store.participant_list import import_list

        self.change(lambda study: import_list(study, path), then)

    def generate(self, n: int, then: Callable[[list[str]], None]) -> None:
        """Add participants with made-up pseudonyms."""
        from gazeapp.store.participant_list import add_generated

        self.change(lambda study: add_generated(study, n), then)

    def recognise(self, pseudonym: str) -> None:
        """See whether the newest session looks like the person; `recognised` has the answer then."""
        folder = self.folder

        def work() -> Recognition:
            from gazeapp.networks.torch_setup import limit_threads, preload_torch

            preload_torch()  # else importing it would stop the windows
            limit_threads()
            from gazeapp.networks.predictors import Predictors
            from gazeapp.runtime.recognition import recognise
            from gazeapp.store.study import Study

            with Study.open(folder) as study:
                return recognise(study, pseudonym, Predictors.load(self.weights))

        def done(result: Recognition | Exception) -> None:
            if isinstance(result, Exception):
                self.failed.emit(error_words(result))
            elif folder == self.folder:
                self.recognised[pseudonym] = result
                self.changed.emit()

        self.bridge.run(work, done)

    def leave_outdated(self) -> None:
        """Offer no renewal of these embeddings until the study is opened again."""
        self._stay_outdated.update(self.outdated)
        self.changed.emit()

    def renew(self) -> None:
        """Compute the embeddings of other weights again; those stay beside the new ones."""
        folder, names = self.folder, self.outdated
        self.renewing = (0, len(names))
        self.changed.emit()

        def told(n_done: int) -> None:
            if folder == self.folder and self.renewing is not None:
                self.renewing = (n_done, len(names))
                self.changed.emit()

        def work() -> dict[str, str]:
            from gazeapp.networks.torch_setup import limit_threads, preload_torch

            preload_torch()  # else importing it would stop the windows
            limit_threads()
            from gazeapp.networks.predictors import Predictors
            from gazeapp.runtime.renewal import renew
            from gazeapp.store.study import Study

            found = {}
            networks = Predictors.load(self.weights)
            with Study.open(folder) as study:
                for name, why in renew(study, names, networks):
                    found[name] = why
                    self.bridge.call(partial(told, len(found)))
                    if not self.bridge.is_open or folder != self.folder:
                        break
            return found

        def done(result: dict[str, str] | Exception) -> None:
            self.renewing = None
            if isinstance(result, Exception):
                self._stay_outdated.update(names)
                self.failed.emit(error_words(result))
            else:
                kept = {name: why for name, why in result.items() if why}
                self._stay_outdated.update(kept)
                n_new = len(result) - len(kept)
                words = counted(
                    n_new, self.tr("{0} embedding was computed again."), self.tr("{0} embeddings were computed again.")
                )
                rest = self.tr("As before: {0}").format("; ".join(error_words(why) for why in kept.values()))
                self.told.emit(f"{words} {rest}" if kept else words)
            self.reload()

        self.ask(work, done)

    def set_variables(self, variables: Iterable[StudyVariable]) -> None:
        """Note other variables."""
        wanted = tuple(variables)
        self.change(lambda study: study.set_variables(wanted))

    def encrypt(self, passphrase: str) -> None:
        """Encrypt the study, or what of it is plain still."""
        self._encryption_changes(lambda folder: encrypt_study(folder, passphrase), self.tr("The study is encrypted."))

    def decrypt(self) -> None:
        """Make it plain again; its key is destroyed."""
        self._encryption_changes(decrypt_study, self.tr("The study is not encrypted any more."))

    def keep_in_key_store(self, is_kept: bool) -> None:
        """Have the key store of this computer open the study without the passphrase, or not any more."""
        opens = self.tr("This computer opens the study without the passphrase from now on.")
        asks = self.tr("The passphrase is asked for again on this computer.")
        do, words = (keep_in_key_store, opens) if is_kept else (drop_from_key_store, asks)
        folder = self.folder

        def done(result: Exception | None) -> None:
            if isinstance(result, Exception):
                self.failed.emit(error_words(result))
            else:
                self.told.emit(words)
            self.reload()

        self.ask(lambda: do(folder), done)

    def _encryption_changes(self, do: Callable[[Path], Encrypted], words: str) -> None:
        folder = self.folder
        self.is_encrypting = True

        def done(result: Encrypted | Exception) -> None:
            self.is_encrypting = False
            if folder != self.folder:
                return
            if isinstance(result, Exception):
                self.failed.emit(error_words(result))
            else:
                plain = ", ".join(result.plain)
                rest = self.tr("Interrupted sessions stay plain until they are resumed: {0}").format(plain)
                self.told.emit(f"{words} {rest}" if plain else words)
            self.reload()

        self.bridge.run(lambda: do(folder), done)

    def set_text(self, purpose: str, language: str, text: str) -> None:
        """Ask another text."""
        self.change(lambda study: study.consents.set_text(purpose, language, text))


def _ids(row: PersonRow | None) -> list[str]:
    return [session.session_id for session in row.sessions] if row is not None else []
