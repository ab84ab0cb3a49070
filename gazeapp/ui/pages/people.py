"""Home: the study's people and their sessions, as a table one can sort, search, open, continue, annotate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QInputDialog, QLineEdit, QSizePolicy

from gazeapp.store.consent import GAZE
from gazeapp.store.session_state import SessionRecord
from gazeapp.ui.dialogs.consent import ConsentDialog
from gazeapp.ui.dialogs.dialog import Dialog, Question, change_nothing
from gazeapp.ui.dialogs.import_gaze import ImportGazeDialog
from gazeapp.ui.dialogs.person import NewPersonDialog, RenameDialog
from gazeapp.ui.formatting import counted
from gazeapp.ui.models.gaze_import import GazeImport
from gazeapp.ui.models.people_table import PeopleTable
from gazeapp.ui.models.preference_model import PreferenceModel
from gazeapp.ui.models.study_model import StudyModel
from gazeapp.ui.pages.page import Page, PageState
from gazeapp.ui.people_words import erase_words, interrupted_words, summary_words
from gazeapp.ui.sitting_words import is_early, sitting_words, sittings_of_person
from gazeapp.ui.theme import Theme
from gazeapp.ui.widgets.basic import KeyButton, Panel, Section, key_words, label, set_role, set_text
from gazeapp.ui.widgets.people_view import PeopleView
from gazeapp.ui.widgets.person_panel import PersonPanel


class PeoplePage(Page):
    """A session is recorded of a person who is chosen here, and of nobody else."""

    record_wanted = Signal(str, str)
    """(pseudonym, id of the session to continue or ""): consent is there."""
    export_wanted = Signal(list)
    """Pseudonyms; nobody means everybody."""
    analyse_wanted = Signal(str)
    """Id of a session."""

    def __init__(self, theme: Theme, model: StudyModel) -> None:
        super().__init__(theme, "")
        self._model = model
        self.preferences = PreferenceModel(model)
        self._problem = self._done = ""
        self._told: SessionRecord | None = None
        self.dialog: Dialog | None = None
        """The latest one that was asked."""
        self.is_busy: Callable[[str], str] = lambda _pseudonym: ""
        """Why nothing can be recorded of a person now, in words; empty when it can."""
        self.body.setContentsMargins(18, 14, 18, 12)
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(label(self.tr("People"), "title"))
        self.summary = label("", "small", wrap=True)
        self.summary.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        head.addWidget(self.summary, 1)
        self.search = QLineEdit()
        self.search.setAccessibleName(self.tr("Find"))
        self.search.setPlaceholderText(self.tr("Find  /"))
        self.search.setClearButtonEnabled(True)
        self.search.setFixedWidth(130)
        head.addWidget(self.search)
        self.import_list = KeyButton(self.tr("Import list …"), "L")
        self.generate = KeyButton(self.tr("Pseudonyms …"), "G")
        self.export_all = KeyButton(self.tr("Export study …"), "E")
        for button in (self.import_list, self.generate, self.export_all):
            head.addWidget(button)
        self.body.insertLayout(0, head)
        panel = Panel(margin_px=8)
        self.table = PeopleTable(self)
        self.view = PeopleView(theme, self.table)
        panel.column.addWidget(self.view)
        self._nobody = label(
            self.tr(
                "Nobody yet.\n\nN adds a participant, L a list of pseudonyms, G makes pseudonyms up.\n"
                "I imports gaze that was recorded elsewhere."
            ),
            "dim",
        )
        self._nobody.setAlignment(Qt.AlignmentFlag.AlignCenter)
        panel.column.addWidget(self._nobody)
        self.body.addWidget(panel, 1)
        self.details_column.setContentsMargins(16, 14, 16, 14)
        self.person = PersonPanel(theme)
        self.details_column.addWidget(self.person, 1)
        self.details_whole.addWidget(self.person.buttons_whole)
        self._hint = label("", "dim", wrap=True)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._first = Section(self.tr("How it goes"))
        self._first.column.addWidget(self._hint)
        self._first.column.addStretch(1)
        self.details_column.addWidget(self._first)
        self.imports = GazeImport(model.bridge)
        self.importing: ImportGazeDialog | None = None
        """Where gaze is imported, shown or hidden."""
        self.import_gaze = self.add_action(self.tr("Import gaze …"), "I")
        self.new = self.add_action(self.tr("New participant"), "N", primary=True)
        self._connect()
        self.refresh()

    def _connect(self) -> None:
        model, person = self._model, self.person
        self.new.clicked.connect(self.ask_new)
        self.import_gaze.clicked.connect(self.ask_import)
        self.import_list.clicked.connect(self._browse_list)
        self.generate.clicked.connect(self._ask_generate)
        self.export_all.clicked.connect(lambda: self.export_wanted.emit([]))
        self.search.textChanged.connect(self._find)
        self.search.returnPressed.connect(self._take_found)
        self.view.chosen.connect(lambda _name: self._show_marked())
        self.view.opened.connect(self._open)
        person.record.clicked.connect(lambda: self.start(self.view.pseudonym))
        person.resume.clicked.connect(lambda: self.resume(self.view.pseudonym))
        person.analyse.clicked.connect(lambda: self.analyse_wanted.emit(person.session_id))
        person.ask.clicked.connect(lambda: self.ask_consent(self.view.pseudonym))
        person.recognise.clicked.connect(lambda: model.recognise(self.view.pseudonym))
        person.rename.clicked.connect(self._ask_rename)
        person.export.clicked.connect(lambda: self.export_wanted.emit(self.view.pseudonyms))
        person.erase.clicked.connect(self._ask_erase)
        person.described.connect(lambda name, note, values: model.describe(name, note=note, variables=values))
        person.refused.connect(self._say)
        self.banner.acted.connect(self._banner_acted)
        model.changed.connect(self.refresh_if_shown)
        self.preferences.changed.connect(self._show_preferences)
        model.opened.connect(self._forget)
        model.failed.connect(self._say)
        model.told.connect(self._tell)
        model.created.connect(self._created)

    # What is shown

    def entered(self) -> None:
        """Show the study as it is now."""
        self.refresh()
        self.view.setFocus()

    def refresh(self) -> None:
        """Show the model."""
        model, content = self._model, self._model.content
        chosen = self.view.pseudonyms
        self.table.show(content.rows, content.variables)
        self.view.fit_columns()
        self.view.setVisible(bool(content.rows))
        self._nobody.setVisible(not content.rows and not model.is_loading and not model.problem)
        if content.rows and not self.view.choose(*chosen) and self.view.found.rowCount():
            self.view.selectRow(0)
        may_write = not model.problem and not content.is_read_only
        for button in (self.new, self.import_gaze, self.import_list, self.generate):
            button.setEnabled(may_write)
        self.search.setEnabled(bool(content.rows))
        self.export_all.setEnabled(any(row.sessions for row in content.rows))
        self._show_person()
        set_text(self.summary, summary_words(content))
        self._show_finding()

    def _show_person(self) -> None:
        content = self._model.content
        row = self._model.row(self.view.pseudonym)
        may_write = not self._model.problem and not content.is_read_only
        recognised = self._model.recognised.get(self.view.pseudonym)
        self.person.show_person(row, content.variables, may_write=may_write, recognised=recognised)
        self._show_preferences()
        self._show_sittings()
        self._first.setVisible(row is None)
        set_role(self.new, "primary" if row is None else "")
        set_text(
            self._hint,
            self.tr("Choose a participant to see their consent, sessions and notes.")
            if content.rows
            else self.tr(
                "A session belongs to one participant. Add one, press R, read the consent text together, and follow "
                "the steps of Record. What was recorded is opened from here again, also years later."
            ),
        )

    def _show_marked(self) -> None:
        self._show_person()
        self._show_finding()

    def _show_preferences(self) -> None:
        self.person.show_preferences(self.preferences.of(self.view.pseudonym))

    def _show_sittings(self) -> None:
        """What the person is still to come for, and when."""
        row, plans = self._model.row(self.view.pseudonym), self._model.content.sittings
        found = sittings_of_person(plans, row) if row is not None else {}
        lines = [f"{name}: {sitting_words(sittings)}" for name, sittings in found.items()]
        is_due = any(not is_early(sittings) for sittings in found.values())
        self.person.show_sittings("\n".join(lines), is_due=is_due)

    def _show_finding(self) -> None:
        model, content = self._model, self._model.content
        recovered = {record.session_id for record in model.recovered}
        self._told = self._waiting(recovered)
        self.banner.show()
        if model.problem:
            self.show_state(
                PageState.FAILED,
                model.problem,
                self.tr("Open another study, or close it there and press F5 to read it again."),
            )
        elif self._problem:
            self.show_state(PageState.FAILED, self._problem, self.tr("Nothing was changed."))
            self._offer_to_go_on()
        elif model.is_loading and not content.rows:
            self.show_state(PageState.LOADING, self.tr("Reading the study …"))
        elif content.is_read_only:
            self.show_state(
                PageState.DONE,
                self.tr("This study can be read, not changed."),
                self.tr("Its folder or disk is write-protected. Copy it to a disk that can be written."),
                tone="warn",
            )
        elif self._done:
            self.show_state(PageState.DONE, self._done)
            self._offer_to_go_on()
        elif model.renewing is not None:
            self._show_renewing(*model.renewing)
        elif self._told is not None:
            self._show_interrupted(self._told, was_found=self._told.session_id in recovered)
        elif model.outdated:
            self._show_outdated(len(model.outdated))
        else:
            self.state = PageState.DONE if content.rows else PageState.EMPTY
            self.banner.hide()

    def _waiting(self, recovered: set[str]) -> SessionRecord | None:
        """The session to tell of that waits to be continued: of who is marked, else one that was found just now."""
        marked = self.view.pseudonym
        waiting = [s for row in self._model.rows if (s := row.open_session) is not None]
        return min(waiting, key=lambda s: (s.pseudonym != marked, s.session_id not in recovered), default=None)

    def _show_interrupted(self, record: SessionRecord, *, was_found: bool) -> None:
        words, advice = interrupted_words(record, was_found=was_found)
        # of who is marked, it is the first button beside the table
        is_marked = record.pseudonym == self.person.pseudonym
        action = "" if is_marked else self.tr("Continue {0}").format(record.pseudonym)
        self.show_state(PageState.EMPTY, words, advice, tone="warn", action=action, key="Ctrl+Return")
        self.banner.offer(self.tr("Leave it incomplete"), lambda: self._model.leave(record.session_id))

    def _offer_to_go_on(self) -> None:
        """What was said is closed: it may stand where a session that waits is told of."""
        self.banner.offer(self.tr("Close"), self._close_words, "Ctrl+D")

    def _close_words(self) -> None:
        self._problem = self._done = ""
        self._show_finding()
        self.view.setFocus()

    def _show_renewing(self, n_done: int, n_names: int) -> None:
        words = self.tr("Embeddings are computed again: {0} of {1}.").format(n_done, n_names)
        self.show_state(PageState.WORKING, words, self.tr("Go on with what you like; the former ones stay."))
        self.banner.show_progress(n_done / max(n_names, 1))

    def _show_outdated(self, n_people: int) -> None:
        self.show_state(
            PageState.DONE,
            counted(
                n_people,
                self.tr("Other weights than those in use made the embedding of {0} participant."),
                self.tr("Other weights than those in use made the embeddings of {0} participants."),
            ),
            self.tr("They can be computed again from the sessions; the former ones stay beside the new ones."),
            tone="warn",
            action=self.tr("Compute again"),
            key="Ctrl+Return",
        )
        self.banner.offer(self.tr("Not now"), self._model.leave_outdated, "Ctrl+L")

    def _say(self, problem: str) -> None:
        self._problem, self._done = problem, ""
        self._show_finding()
        if self.dialog is not None and not self.dialog.isVisible():
            self.dialog = None

    def _tell(self, words: str) -> None:
        self._problem, self._done = "", words
        self._show_finding()

    def _forget(self) -> None:
        """Another study is open: whom a dialog names is somebody of the one before."""
        self._problem = self._done = ""
        for dialog in (self.importing, self.dialog):
            if dialog is not None:
                dialog.reject()
        self.search.clear()

    def _created(self, pseudonym: str) -> None:
        self._problem = self._done = ""
        self.search.clear()

        def choose() -> None:
            if self._model.row(pseudonym) is not None:
                self._model.changed.disconnect(choose)
                self.view.choose(pseudonym)

        self._model.changed.connect(choose)

    # Finding

    def focus_search(self) -> None:
        """Let somebody type what they look for."""
        self.search.setFocus()
        self.search.selectAll()

    def _find(self, text: str) -> None:
        self.view.found.find(text)
        if self.view.found.rowCount() and not self.view.pseudonym:
            self.view.selectRow(0)
        self._show_person()

    def _take_found(self) -> None:
        if self.view.found.rowCount():
            self.view.selectRow(0)
        self.view.setFocus()

    def keys_text(self) -> str:
        """Those of the person who is marked, too."""
        person = self.person
        can = []
        if person.pseudonym:
            if person.record.isEnabled():
                can.append((key_words(person.record.key), person.record.words))
            if person.session_id:
                can.append((self.tr("{0} or ⏎").format(key_words(person.analyse.key)), person.analyse.words))
        if self.search.isEnabled():
            can.append(("/", self.tr("find")))
        return " · ".join([*(f"{key} {words}" for key, words in can), super().keys_text()])

    # What can be done

    def ask_new(self) -> None:
        """Ask who comes."""
        self._open_dialog(NewPersonDialog(self.window(), self._model))

    def ask_import(self) -> None:
        """Import gaze that other programs recorded: choose files, then say what they do not."""
        if self.importing is None:
            self.imports.forget()
            self.importing = dialog = ImportGazeDialog(self.window(), self._model, self.imports, self.view.pseudonym)
            dialog.finished.connect(self._import_closed)
            dialog.browse()
            if not self.imports.files:
                dialog.reject()
                return
        self.importing.open()
        self.importing.raise_()

    def _import_closed(self) -> None:
        if not self.imports.is_running:
            self.importing = None

    def start(self, pseudonym: str, session_id: str = "") -> None:
        """Record a session of a person, once their consent is there."""
        row = self._model.row(pseudonym)
        if row is None:
            return
        busy = self.is_busy(pseudonym)
        if busy:
            self._say(busy)
            return
        self._problem = self._done = ""
        if row.person.consented_in_person or row.person.is_nobody:
            self.record_wanted.emit(pseudonym, session_id)
            return
        self.ask_consent(pseudonym, lambda: self.record_wanted.emit(pseudonym, session_id))

    def resume(self, pseudonym: str) -> None:
        """Go on with the session of a person that waits."""
        row = self._model.row(pseudonym)
        if row is not None and row.open_session is not None:
            self.start(pseudonym, row.open_session.session_id)

    def ask_consent(
        self, pseudonym: str, then: Callable[[], None] | None = None, needed: tuple[str, ...] = (GAZE,)
    ) -> None:
        """Ask a person for consent; `then` follows when what is needed was agreed to."""
        if self._model.row(pseudonym) is not None:
            self._open_dialog(ConsentDialog(self.window(), self._model, pseudonym, needed=needed, then=then))

    def _open(self) -> None:
        if self.person.session_id:
            self.analyse_wanted.emit(self.person.session_id)
        else:
            self.start(self.view.pseudonym)

    def _banner_acted(self) -> None:
        if (told := self._told) is not None:
            self.view.choose(told.pseudonym)
            self.start(told.pseudonym, told.session_id)
        elif self._model.outdated:
            self._model.renew()

    def _browse_list(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self, self.tr("Participant list"), str(self._model.folder), self.tr("Tables (*.csv *.tsv *.txt)")
        )
        if chosen:
            self.take_list(Path(chosen))

    def take_list(self, path: Path) -> None:
        """Add everybody of a list."""

        def done(names: list[str]) -> None:
            self._problem = ""
            self._done = (
                counted(len(names), self.tr("{0} participant was added."), self.tr("{0} participants were added."))
                if names
                else self.tr("Everybody of the list is in the study already.")
            )

        self._model.import_list(path, done)

    def _ask_generate(self) -> None:
        dialog = QInputDialog(self.window())
        dialog.setWindowTitle(self.tr("Make up pseudonyms"))
        dialog.setLabelText(self.tr("How many participants?"))
        dialog.setIntRange(1, 1000)
        dialog.setIntValue(10)
        dialog.setModal(True)

        def done(names: list[str]) -> None:
            self._problem = ""
            self._done = counted(
                len(names),
                self.tr("{0} participant was added: {1}."),
                self.tr("{0} participants were added: {1} to {2}."),
                names[0],
                names[-1],
            )

        dialog.intValueSelected.connect(lambda n: self._model.generate(n, done))
        dialog.open()

    def _ask_rename(self) -> None:
        if self.view.pseudonym:
            self._open_dialog(RenameDialog(self.window(), self._model, self.view.pseudonym))

    def _ask_erase(self) -> None:
        row = self._model.row(self.view.pseudonym)
        if row is None:
            return
        busy = self.is_busy(row.pseudonym)
        if busy:
            self._say(busy)
            return
        name = row.pseudonym
        self._open_dialog(
            Question(
                self.window(),
                self.tr("Erase {0}?").format(name),
                erase_words(row),
                [
                    (self.tr("Keep everything"), change_nothing, ""),
                    (self.tr("Erase only"), lambda: self._model.erase(name, withdrawn=False), "danger"),
                    (
                        self.tr("Note the withdrawal and erase"),
                        lambda: self._model.erase(name, withdrawn=True),
                        "danger",
                    ),
                ],
            )
        )

    def _open_dialog(self, dialog: Dialog) -> None:
        self._problem = self._done = ""
        self.dialog = dialog
        dialog.finished.connect(lambda _code: self._dialog_closed(dialog))
        dialog.open()

    def _dialog_closed(self, dialog: Dialog) -> None:
        if self.dialog is dialog:
            self.dialog = None
        self.view.setFocus()
