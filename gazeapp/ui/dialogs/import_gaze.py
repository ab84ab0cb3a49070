"""Gaze that other programs recorded: which files, what they do not say, and what became of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gazeapp.store.consent import GAZE
from gazeapp.ui.dialogs.consent import ConsentDialog
from gazeapp.ui.dialogs.dialog import Dialog
from gazeapp.ui.dialogs.table_columns import TableColumnsDialog
from gazeapp.ui.formatting import format_figure
from gazeapp.ui.models.gaze_import import GazeFile, GazeImport
from gazeapp.ui.models.study_model import StudyModel
from gazeapp.ui.widgets.basic import KeyButton
from gazeapp.ui.widgets.import_form import ImportForm, format_names
from gazeapp.ui.widgets.import_report import ImportReport


class ImportGazeDialog(Dialog):
    """Stays beside the windows: an import goes on while it is hidden, and what came of it is shown in the end.

    Args:
        parent: Window it belongs to.
        study: Where to.
        model: The import.
        pseudonym: Who is marked in the table of people.
    """

    def __init__(self, parent: QWidget | None, study: StudyModel, model: GazeImport, pseudonym: str = "") -> None:
        super().__init__(parent, self.tr("Import gaze"), width_px=760)
        self.setModal(False)
        self._study, self._model = study, model
        self.asked: Dialog | None = None
        """The latest question on the way."""
        self._names = format_names()
        self._is_choosing, self._is_adding, self._is_wanted = True, False, False
        self.finished.connect(self._give_up)
        self.choices = QWidget()
        column = QVBoxLayout(self.choices)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        self.list = self._make_list()
        column.addWidget(self.list)
        row = QHBoxLayout()
        row.setSpacing(10)
        self.add = KeyButton(self.tr("Add files …"), "Ctrl+O")
        self.remove = KeyButton(self.tr("Leave out"), "Del")
        self.columns = KeyButton(self.tr("Columns …"), "Ctrl+L")
        for button, do in ((self.add, self.browse), (self.remove, self._remove), (self.columns, self._ask_columns)):
            button.clicked.connect(do)
            row.addWidget(button)
        row.addStretch(1)
        column.addLayout(row)
        self.form = ImportForm(study, pseudonym)
        self.form.edited.connect(self._show_buttons)
        self.form.reading_changed.connect(self._look_again)
        column.addWidget(self.form)
        self.report = ImportReport()
        self.body.addWidget(self.choices)
        self.body.addWidget(self.report)
        self.stop = self.add_button(self.tr("Cancel the import"), model.cancel)
        self.back = self.add_button(self.tr("Change the choices"), self._choose_again)
        self.cancel = self.add_button(self.tr("Cancel"), self.reject)
        self.go = self.add_button(self.tr("Import"), self._import, key="Return", primary=True)
        self.close_it = self.add_button(self.tr("Close"), self.reject, key="Ctrl+Return", primary=True)
        model.changed.connect(self._show)
        model.ended.connect(self._ended)
        self._show()

    # What it shows

    def _show(self) -> None:
        """Show the model: the choices, or what is done and what came of it."""
        # closed while an import runs, it is hidden only
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, not self._model.is_running)
        self.choices.setVisible(self._is_choosing)
        self.report.setVisible(not self._is_choosing)
        if self._is_choosing:
            self._show_files()
        else:
            self.report.show_import(self._model, self.form.pseudonym)
        self._show_buttons()

    def _make_list(self) -> QTableWidget:
        table = QTableWidget(0, 2)
        table.setAccessibleName(self.tr("Files"))
        table.setHorizontalHeaderLabels([self.tr("file"), self.tr("read as")])
        table.verticalHeader().hide()
        table.setShowGrid(False)
        table.setTabKeyNavigation(False)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        head = table.horizontalHeader()
        head.setStretchLastSection(True)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        head.setHighlightSections(False)
        table.setColumnWidth(0, 240)
        table.setMinimumHeight(150)
        table.itemSelectionChanged.connect(self._show_buttons)
        return table

    def _show_files(self) -> None:
        files, table, chosen = self._model.files, self.list, max(0, self.list.currentRow())
        table.setRowCount(len(files))
        for number, file in enumerate(files):
            for column, words in enumerate((file.path.name, self._state(file))):
                item = table.item(number, column)
                if item is None:
                    item = QTableWidgetItem()
                    table.setItem(number, column, item)
                item.setText(words)
                item.setToolTip(words if column else str(file.path))
        table.resizeRowsToContents()
        if files:
            table.selectRow(min(chosen, len(files) - 1))

    def _state(self, file: GazeFile) -> str:
        if file.problem:
            return file.problem
        if not file.form:
            return self.tr("is looked at …")
        name = self._names.get(file.form, file.form)
        if file.columns is None:
            return name
        trial = file.columns.trial
        if trial.problem:
            return self.tr("{0}: say what its columns hold").format(name)
        words = self.tr("{0}: {1} of the first {2} rows have gaze, at {3} Hz")
        return words.format(name, trial.n_gaze, trial.n_rows, format_figure(trial.rate_hz, 0))

    def _show_buttons(self) -> None:
        model, marked = self._model, self._marked()
        problem = self._problem() if self._is_choosing else ""
        self.show_problem(problem)
        self.remove.setEnabled(marked is not None)
        self.columns.setEnabled(marked is not None and marked.columns is not None)
        self.go.setVisible(self._is_choosing)
        self.go.setEnabled(bool(model.files) and not model.is_looking and not problem)
        self.cancel.setVisible(self._is_choosing)
        self.stop.setVisible(model.is_running)
        self.close_it.setVisible(not self._is_choosing)
        self.back.setVisible(not self._is_choosing and not model.is_running and bool(model.problem))

    def _problem(self) -> str:
        unread = next((file for file in self._model.files if file.problem), None)
        if unread is not None:
            return self.tr("{0} is not understood; choose its format, or leave it out.").format(unread.path.name)
        return self.form.problem()

    # What can be done

    def browse(self) -> None:
        """Choose files."""
        files = self._model.files
        start = files[-1].path.parent if files else self._study.folder.parent
        chosen, _ = QFileDialog.getOpenFileNames(self, self.tr("Recordings"), str(start))
        if chosen:
            self.take([Path(name) for name in chosen])

    def take(self, paths: list[Path]) -> None:
        """Add files."""
        self._model.add(paths, str(self.form.format.currentData()), self.form.display)

    def _marked(self) -> GazeFile | None:
        row = self.list.currentRow()
        return self._model.files[row] if 0 <= row < len(self._model.files) else None

    def _remove(self) -> None:
        if self._marked() is not None:
            self._model.remove(self.list.currentRow())

    def _look_again(self) -> None:
        self._model.look_again(str(self.form.format.currentData()), self.form.display)
        self._show_buttons()

    def _ask_columns(self) -> None:
        file = self._marked()
        if file is not None:
            self._open_columns(file, lambda: None)

    def _open_columns(self, file: GazeFile, then: Callable[[], object]) -> None:
        assert file.columns is not None, "a table has columns"

        def chosen(options: dict[str, str]) -> None:
            self._model.say_columns(file, options)
            then()

        self._ask(TableColumnsDialog(self, file.columns, chosen))

    def _ask(self, dialog: Dialog) -> None:
        self.asked = dialog
        dialog.open()

    def _import(self) -> None:
        """Ask what is open still, then begin: columns that are not understood, and the person's consent."""
        if not self.go.isEnabled() or self._is_adding:
            return
        self._is_wanted = True
        table, name = self._model.open_table, self.form.pseudonym
        row = self._study.row(name)
        if table is not None:
            self._open_columns(table, self._import)
        elif row is None:
            self._is_adding = True
            self._study.changed.connect(self._added)
            self._study.change(lambda study: study.add_participant(name))
        elif row.person.consent_to(GAZE) is None:
            self._ask_consent(name)
        else:
            self._begin()

    def _added(self) -> None:
        """The study was read again: somebody new is there, or why not is told on the page behind."""
        if self._study.is_loading:
            return
        self._study.changed.disconnect(self._added)
        self._is_adding = False
        if self._study.row(self.form.pseudonym) is not None:
            self._import()

    def _ask_consent(self, name: str) -> None:
        self._ask(ConsentDialog(self, self._study, name, then=self._begin))

    def _begin(self) -> None:
        if not self._is_wanted:
            return  # closed while the consent was stored
        self._is_choosing = False
        self._model.start(self._study.folder, self.form.choice())

    def _give_up(self, _code: int) -> None:
        self._is_wanted = False

    def _choose_again(self) -> None:
        self._is_choosing = True
        self._show()

    def _ended(self) -> None:
        self._study.reload()
        if not self.isVisible():
            self.open()

    def open(self) -> None:
        """Show it; the windows behind stay usable."""
        self.fit_screen()
        self.show()
