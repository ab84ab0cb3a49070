"""Passphrases: giving that of an encrypted study, choosing one for a study that is to be encrypted, changing it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from gazeapp.errors import StudyLocked
from gazeapp.store.study_key import LEAST_CHARACTERS
from gazeapp.ui.bridge import QtBridge
from gazeapp.ui.dialogs.dialog import Dialog
from gazeapp.ui.error_words import error_words
from gazeapp.ui.widgets.basic import label


class _KeyDialog(Dialog):
    """Works with a passphrase: it takes a while on purpose, during which nothing else is answered."""

    field: QLineEdit
    cancel: QWidget
    go: QWidget

    def __init__(
        self, parent: QWidget | None, title: str, bridge: QtBridge, then: Callable[[], None], *, width_px: int = 520
    ) -> None:
        super().__init__(parent, title, width_px=width_px)
        self._bridge, self._then = bridge, then
        self._is_working = False

    def reject(self) -> None:
        """Escape and Cancel change nothing, and what has begun is not called off by them."""
        if not self._is_working:
            super().reject()

    def _begin(self, work: Callable[[], object]) -> None:
        self._show_working(True)
        self._bridge.run(work, self._tried)

    def _show_working(self, is_working: bool) -> None:
        self._is_working = is_working
        for button in (self.go, self.cancel):
            button.setEnabled(not is_working)

    def _tried(self, result: object) -> None:
        self._show_working(False)
        if isinstance(result, StudyLocked):
            self.show_problem(self.tr("That is not the passphrase of this study."))
            self.field.selectAll()
            self.field.setFocus()
        elif isinstance(result, Exception):
            self.show_problem(error_words(result))
        else:
            self.accept()
            self._then()


class PassphraseDialog(_KeyDialog):
    """Asks for the passphrase of an encrypted study; without it people are listed and nothing of theirs is read."""

    def __init__(self, parent: QWidget | None, bridge: QtBridge, study: Path, then: Callable[[], None]) -> None:
        super().__init__(parent, self.tr("This study is encrypted"), bridge, then)
        self._study = study
        self.body.addWidget(
            label(
                self.tr("Sessions and embeddings of {0} can be read with its passphrase.").format(study.name),
                "dim",
                wrap=True,
            )
        )
        self.field = _secret(self.tr("Passphrase"))
        self.body.addWidget(self.field)
        self.cancel = self.add_button(self.tr("Not now"), self.reject)
        self.go = self.add_button(self.tr("Open"), self._try, primary=True)
        self.field.returnPressed.connect(self.go.click)

    def _try(self) -> None:
        from gazeapp.store.study_key import unlock

        study, text = self._study, self.field.text()
        self._begin(lambda: unlock(study, text))


class EncryptDialog(Dialog):
    """Chooses a passphrase and says what a lost one means, before anything is encrypted."""

    def __init__(self, parent: QWidget | None, encrypt: Callable[[str], None]) -> None:
        super().__init__(parent, self.tr("Encrypt this study"), width_px=600)
        self._encrypt = encrypt
        for text in (
            self.tr(
                "Closed sessions and embeddings are kept encrypted from now on. The passphrase is asked for when the "
                "study is opened."
            ),
            self.tr(
                "Plain stay: participants with notes and consents, the images shown, reports and exports, and a "
                "session while it is recorded or interrupted."
            ),
        ):
            self.body.addWidget(label(text, "dim", wrap=True))
        final = label(
            self.tr(
                "A lost passphrase is final, and so is a lost encryption.json in the study's folder: nobody can read "
                "the data again. Keep both in a safe place."
            ),
            "",
            wrap=True,
        )
        final.setProperty("tone", "bad")
        self.body.addWidget(final)
        self.twice = _TypedTwice(self.tr("Passphrase"), self.tr("Passphrase once more"))
        self.body.addWidget(self.twice)
        self.cancel = self.add_button(self.tr("Cancel"), self.reject)
        self.go = self.add_button(self.tr("Encrypt"), self._go, primary=True)
        self.twice.use(self.go)

    def _go(self) -> None:
        self.accept()
        self._encrypt(self.twice.first.text())


class ChangePassphraseDialog(_KeyDialog):
    """Another passphrase, for whoever knows the one in force: the study may have been left open on a desk."""

    def __init__(self, parent: QWidget | None, bridge: QtBridge, study: Path, then: Callable[[], None]) -> None:
        super().__init__(parent, self.tr("Change the passphrase"), bridge, then, width_px=600)
        self._study = study
        self.body.addWidget(
            label(
                self.tr(
                    "The data stay as they are. Backups and copies of the study that were made before open with the "
                    "old passphrase still."
                ),
                "dim",
                wrap=True,
            )
        )
        self.field = _secret(self.tr("Passphrase in force"))
        self.body.addWidget(self.field)
        self.twice = _TypedTwice(self.tr("New passphrase"), self.tr("New passphrase once more"))
        self.body.addWidget(self.twice)
        self.cancel = self.add_button(self.tr("Cancel"), self.reject)
        self.go = self.add_button(self.tr("Change"), self._try, primary=True)
        self.twice.use(self.go)

    def _try(self) -> None:
        from gazeapp.store.study_key import change_passphrase, unlock

        study, old, new = self._study, self.field.text(), self.twice.first.text()

        def work() -> None:
            unlock(study, old)
            change_passphrase(study, new)

        self._begin(work)


class _TypedTwice(QWidget):
    """A new passphrase: long enough, and the same both times."""

    def __init__(self, name: str, again: str) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.first, self.second = _secret(name), _secret(again)
        self.hint = label("", "dim", wrap=True)
        self._button: QWidget | None = None
        for field in (self.first, self.second):
            field.textChanged.connect(lambda _text: self._check())
            column.addWidget(field)
        column.addWidget(self.hint)

    def use(self, button: QWidget) -> None:
        """The button that goes on once it is well typed."""
        self._button = button
        self._check()

    def _check(self) -> None:
        first, second = self.first.text(), self.second.text()
        is_short = len(first) < LEAST_CHARACTERS
        self.hint.setText(
            self.tr("At least {0} characters; four words that belong to no sentence are a good one.").format(
                LEAST_CHARACTERS
            )
            if is_short
            else self.tr("The two differ.")
            if first != second
            else ""
        )
        if self._button is not None:
            self._button.setEnabled(not is_short and first == second)


def _secret(name: str) -> QLineEdit:
    field = QLineEdit()
    field.setEchoMode(QLineEdit.EchoMode.Password)
    field.setAccessibleName(name)
    field.setPlaceholderText(name)
    return field
