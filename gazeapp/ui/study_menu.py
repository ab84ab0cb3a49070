"""The menu under the study's name: other studies, what this one asks and notes, copies, language."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMenu, QWidget

from gazeapp.errors import AlreadyExists
from gazeapp.ui.dialogs.dialog import Dialog, Question, change_nothing
from gazeapp.ui.dialogs.passphrase import ChangePassphraseDialog, EncryptDialog, PassphraseDialog
from gazeapp.ui.dialogs.study import ConsentTextsDialog, VariablesDialog
from gazeapp.ui.error_words import error_words
from gazeapp.ui.models.study_model import StudyModel
from gazeapp.ui.translation import LANGUAGES

if TYPE_CHECKING:
    from gazeapp.experiment.study_merge import Merged


class StudyMenu(QMenu):
    """Another study is opened only while nothing is recorded into this one."""

    language_chosen = Signal(str)
    """Code of the language that the windows are to speak from the next start on."""
    import_wanted = Signal()
    """Somebody wants to import gaze that other programs recorded."""

    def __init__(self, parent: QWidget, model: StudyModel, is_busy: Callable[[], bool], language: str = "") -> None:
        super().__init__(parent)
        self._model, self._is_busy, self._language = model, is_busy, language
        self.dialog: Dialog | None = None
        self.aboutToShow.connect(self.fill)
        self.fill()

    def fill(self) -> None:
        """Show what can be done now."""
        self.clear()
        model, is_free = self._model, not self._is_busy()
        may_write = is_free and not model.problem and not model.content.is_read_only
        self._add(self.tr("New study …"), self._new, is_free)
        self._add(self.tr("Open a study …"), self._open, is_free)
        recent = self.addMenu(self.tr("Recent studies"))
        others = [path for path in model.recent if path != model.folder]
        recent.setEnabled(bool(others) and is_free)
        for path in others:
            recent.addAction(str(path), partial(model.open, path))
        self._add(self.tr("Read it again  F5"), model.reload)
        self._add(self.tr("Import gaze …"), self.import_wanted.emit, may_write)
        self.addSeparator()
        self._add(self.tr("Consent texts …"), self.ask_texts, may_write)
        self._add(self.tr("Study variables …"), self.ask_variables, may_write)
        self._add(self.tr("Experimenter's initials …"), self._ask_initials)
        self.addSeparator()
        exists = model.content.exists
        self._add(self.tr("Back up …"), lambda: self._place("backup"), exists and is_free)
        self._add(self.tr("Copy …"), lambda: self._place("copy"), exists and is_free)
        self._add(self.tr("Move …"), lambda: self._place("move"), exists and may_write)
        self._add(self.tr("Merge another study into this one …"), self._merge, may_write)
        match model.content.encryption:
            case "none":
                self._add(self.tr("Encrypt …"), self.ask_to_encrypt, exists and may_write)
            case "locked":
                self._add(self.tr("Give the passphrase …"), self.ask_passphrase)
            case "open":
                self._add(self.tr("Change the passphrase …"), self.ask_to_change_passphrase, may_write)
                self._add(self.tr("Decrypt …"), self._ask_to_decrypt, may_write)
                kept = self.addAction(self.tr("Open without the passphrase on this computer"))
                kept.setCheckable(True)
                kept.setChecked(model.content.is_in_key_store)
                kept.toggled.connect(model.keep_in_key_store)
        self.addSeparator()
        self.languages = self.addMenu(self.tr("Language"))
        for code, name in {"": self.tr("As the system"), **LANGUAGES}.items():
            action = self.languages.addAction(name, partial(self._choose_language, code))
            action.setCheckable(True)
            action.setChecked(code == self._language)

    def _choose_language(self, code: str) -> None:
        self._language = code
        self.language_chosen.emit(code)

    def _add(self, words: str, do: Callable[[], object], is_on: bool = True) -> None:
        action = self.addAction(words)
        action.setEnabled(is_on)
        action.triggered.connect(lambda _checked=False: do())

    def ask_texts(self) -> None:
        """Edit the consent texts."""
        self._show(ConsentTextsDialog(self.parentWidget(), self._model))

    def ask_variables(self) -> None:
        """Edit the study variables."""
        self._show(VariablesDialog(self.parentWidget(), self._model))

    def ask_passphrase(self) -> None:
        """Ask for the passphrase of an encrypted study."""
        model = self._model
        self._show(PassphraseDialog(self.parentWidget(), model.bridge, model.folder, model.reload))

    def ask_to_encrypt(self) -> None:
        """Encrypt the study once a passphrase is chosen."""
        self._show(EncryptDialog(self.parentWidget(), self._model.encrypt))

    def ask_to_change_passphrase(self) -> None:
        """Give an encrypted study another passphrase."""
        model = self._model

        def done() -> None:
            model.told.emit(self.tr("The passphrase was changed."))

        self._show(ChangePassphraseDialog(self.parentWidget(), model.bridge, model.folder, done))

    def _ask_to_decrypt(self) -> None:
        self._show(
            Question(
                self.parentWidget(),
                self.tr("Decrypt the study?"),
                self.tr("Everybody who can open its folder can read it then; its key is destroyed."),
                [
                    (self.tr("Keep it encrypted"), change_nothing, ""),
                    (self.tr("Decrypt"), self._model.decrypt, "danger"),
                ],
            )
        )

    def _show(self, dialog: Dialog) -> None:
        self.dialog = dialog
        dialog.finished.connect(lambda _code: setattr(self, "dialog", None))
        dialog.open()

    def _new(self) -> None:
        start = str(self._model.folder.parent / self.tr("new-study"))
        chosen, _ = QFileDialog.getSaveFileName(
            self.parentWidget(), self.tr("New study: name its folder"), start, "", options=_NO_CONFIRMATION
        )
        if chosen:
            self._model.open(Path(chosen))

    def _open(self) -> None:
        chosen = QFileDialog.getExistingDirectory(
            self.parentWidget(), self.tr("Open a study"), str(self._model.folder.parent)
        )
        if chosen:
            self._model.open(Path(chosen))

    def _ask_initials(self) -> None:
        dialog = QInputDialog(self.parentWidget())
        dialog.setWindowTitle(self.tr("Experimenter's initials"))
        dialog.setLabelText(self.tr("Noted with every session and consent, such as AB:"))
        dialog.setTextValue(self._model.initials)
        dialog.setModal(True)
        dialog.textValueSelected.connect(lambda text: setattr(self._model, "initials", text.strip()[:12]))
        dialog.open()

    def _place(self, what: str) -> None:
        folder = self._model.folder
        title = {
            "backup": self.tr("Folder for backups"),
            "copy": self.tr("Copy the study: name the new folder"),
            "move": self.tr("Move the study: name the new folder"),
        }[what]
        if what == "backup":
            chosen = QFileDialog.getExistingDirectory(self.parentWidget(), title, str(folder.parent))
        else:
            chosen, _ = QFileDialog.getSaveFileName(
                self.parentWidget(), title, str(folder.with_name(f"{folder.name}-2")), "", options=_NO_CONFIRMATION
            )
        if chosen:
            self.transfer(what, Path(chosen))

    def transfer(self, what: str, dest: Path) -> None:
        """Copy, move or back up the study to a place."""
        model, folder = self._model, self._model.folder

        def work() -> Path:
            from gazeapp.store.study_transfer import back_up, copy_study, move_study

            model.release()  # our own hold on it
            return {"backup": back_up, "copy": copy_study, "move": move_study}[what](folder, dest)

        def done(result: Path | Exception) -> None:
            if isinstance(result, Exception):
                model.reload()
                model.failed.emit(error_words(result))
            elif what == "move":
                model.follow(result)
            else:
                model.reload()
                model.told.emit(self.tr("The study was copied to {0}.").format(result))

        model.bridge.run(work, done)

    def _merge(self) -> None:
        chosen = QFileDialog.getExistingDirectory(
            self.parentWidget(), self.tr("Study to take in"), str(self._model.folder.parent)
        )
        if chosen:
            self.merge(Path(chosen))

    def merge(self, other: Path, same: tuple[str, ...] = (), renamed: dict[str, str] | None = None) -> None:
        """Take another study in; a pseudonym that is in both is asked about."""
        model, folder = self._model, self._model.folder

        def work() -> Merged:
            from gazeapp.experiment.study_merge import merge_study

            return merge_study(folder, other, same=same, renamed=renamed or {})

        def done(result: Merged | Exception) -> None:
            if isinstance(result, AlreadyExists) and result.clashes:
                self._ask_clash(other, result.clashes[0], same, dict(renamed or {}))
            elif isinstance(result, Exception):
                model.failed.emit(error_words(result))
            else:
                model.open(folder)  # its plans and areas, too, are read anew
                self._tell_merged(result)

        model.bridge.run(work, done)

    def _tell_merged(self, merged: Merged) -> None:
        words = self.tr("The study was taken in.")
        if not merged.notes:
            self._model.told.emit(words)
            return
        notes = "\n\n".join(error_words(note) for note in merged.notes)
        self._show(Question(self.parentWidget(), words, notes, [(self.tr("Close"), lambda: None, "primary")]))

    def _ask_clash(self, other: Path, name: str, same: tuple[str, ...], renamed: dict[str, str]) -> None:
        new = self._free_name(name, renamed)
        self._show(
            Question(
                self.parentWidget(),
                self.tr("{0} is in both studies.").format(name),
                self.tr("Is it the same person, or do two people share the pseudonym by chance?"),
                [
                    (self.tr("Take nothing in"), change_nothing, ""),
                    (
                        self.tr("Another person: call them {0}").format(new),
                        lambda: self.merge(other, same, renamed | {name: new}),
                        "",
                    ),
                    (self.tr("The same person"), lambda: self.merge(other, (*same, name), renamed), "primary"),
                ],
            )
        )

    def _free_name(self, name: str, renamed: dict[str, str]) -> str:
        taken = {n.casefold() for n in (*self._model.content.names, *renamed.values())}
        return next(new for k in range(2, 10_000) if (new := f"{name}-{k}").casefold() not in taken)


_NO_CONFIRMATION = QFileDialog.Option.DontConfirmOverwrite
