"""A look at a foreign table before it is imported, with a choice per column."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QFormLayout, QTableWidget, QTableWidgetItem, QWidget

from gazeapp.gaze.channels.timing import SECONDS
from gazeapp.gaze.channels.unit import ORIGINS, UNITS
from gazeapp.ui.dialogs.dialog import Dialog
from gazeapp.ui.models.gaze_import import words_about
from gazeapp.ui.models.table_columns import ROLES, TableColumns
from gazeapp.ui.widgets.basic import label, set_text, set_tone
from gazeapp.ui.widgets.layout_form import origin_names, unit_names

_ROWS_SHOWN = 6


class TableColumnsDialog(Dialog):
    """Shows the first rows, what each column is taken for, and what comes of it; every choice is tried at once.

    Args:
        parent: Window it belongs to.
        model: The table.
        on_chosen: Told the options of the import (`columns`, `unit`, `origin`, `time_unit`) when it may begin.
    """

    def __init__(
        self, parent: QWidget | None, model: TableColumns, on_chosen: Callable[[dict[str, str]], object]
    ) -> None:
        super().__init__(parent, self.tr("What the columns hold"), width_px=900)
        self._model, self._on_chosen = model, on_chosen
        self._is_showing = False
        self.body.addWidget(label(model.table.path.name, "dim", wrap=True))
        self.recalled = label(self.tr("As you said for a table with the same columns."), "small", wrap=True)
        self.recalled.setVisible(model.is_recalled)
        self.body.addWidget(self.recalled)
        self.table = self._make_table()
        self.body.addWidget(self.table)
        form = QFormLayout()
        form.setHorizontalSpacing(14)
        times = {"s": self.tr("seconds"), "ms": self.tr("milliseconds"), "us": self.tr("microseconds")}
        times |= {"ns": self.tr("nanoseconds"), "ticks": self.tr("ticks of Windows")}
        self.boxes = {
            "unit": self._box(self.tr("Unit"), {u: unit_names()[u] for u in UNITS if u != "unknown"}, form),
            "origin": self._box(self.tr("Origin"), {o: origin_names()[o] for o in ORIGINS}, form),
            "time_unit": self._box(self.tr("Unit of time"), {t: times[t] for t in SECONDS}, form),
        }
        for option, box in self.boxes.items():
            box.currentIndexChanged.connect(lambda _index, option=option: self._say(option))
        self.body.addLayout(form)
        self.verdict = label("", "", wrap=True)
        self.body.addWidget(self.verdict)
        self.notes = label("", "small", wrap=True)
        self.body.addWidget(self.notes)
        self.body.addStretch(1)
        self.cancel = self.add_button(self.tr("Cancel"), self.reject)
        self.automatic = self.add_button(self.tr("As the table says"), self._say_nothing)
        self.go = self.add_button(self.tr("Use these columns"), self._import, key="Return", primary=True)
        self._show()

    def _make_table(self) -> QTableWidget:
        header, rows = self._model.table.header, self._model.table.rows[:_ROWS_SHOWN]
        table = QTableWidget(1 + len(rows), len(header))
        table.setAccessibleName(self.tr("First rows of the table"))
        table.setHorizontalHeaderLabels(list(header))
        table.setVerticalHeaderLabels([self.tr("holds"), *(str(n + 1) for n in range(len(rows)))])
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        table.setTabKeyNavigation(False)
        names = self._role_names()
        self.roles: list[QComboBox] = []
        for column, name in enumerate(header):
            box = QComboBox()
            box.setAccessibleName(self.tr("What {0} holds").format(name))
            box.addItem(self.tr("nothing"), "")
            for role in ROLES:
                box.addItem(names[role], role)
            box.currentIndexChanged.connect(lambda _index, column=column: self._say_role(column))
            self.roles.append(box)
            table.setCellWidget(0, column, box)
            for row, cells in enumerate(rows, start=1):
                item = QTableWidgetItem(cells[column])
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                table.setItem(row, column, item)
        table.resizeColumnsToContents()
        table.resizeRowsToContents()
        table.setMinimumHeight(min(320, table.verticalHeader().length() + table.horizontalHeader().height() + 24))
        return table

    def _role_names(self) -> dict[str, str]:
        parts = {
            "x": "x",
            "y": "y",
            "valid": self.tr("validity"),
            "confidence": self.tr("confidence"),
            "lost": self.tr("blink"),
            "pupil": self.tr("pupil"),
        }
        eyes = {"left": self.tr("left {0}"), "right": self.tr("right {0}")}
        names = {"time": self.tr("time")}
        for role in ROLES[1:]:
            eye, _, part = role.rpartition("_")
            names[role] = eyes[eye].format(parts[part]) if eye else parts[part]
        return names

    def _box(self, name: str, words: dict[str, str], form: QFormLayout) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        box.addItem(self.tr("automatic"), "")
        for value, text in words.items():
            box.addItem(text, value)
        form.addRow(label(name, "dim"), box)
        return box

    def _say_role(self, column: int) -> None:
        if not self._is_showing:
            self._model.set_role(column, self.roles[column].currentData())
            self._show()

    def _say(self, option: str) -> None:
        if not self._is_showing:
            self._model.say(option, self.boxes[option].currentData())
            self._show()

    def _say_nothing(self) -> None:
        self._model.say_nothing()
        self._show()

    def _show(self) -> None:
        self._is_showing = True
        for column, box in enumerate(self.roles):
            box.setCurrentIndex(max(0, box.findData(self._model.role_of(column))))
        for option, box in self.boxes.items():
            box.setCurrentIndex(max(0, box.findData(self._model.options.get(option, ""))))
        trial = self._model.trial
        words = self.tr("{0} of the first {1} rows have gaze, at {2} Hz.")
        said = words.format(trial.n_gaze, trial.n_rows, f"{trial.rate_hz:.0f}")
        path = self._model.table.path
        set_text(self.verdict, words_about(path, trial.problem) if trial.problem else said)
        set_tone(self.verdict, "bad" if trial.problem or not trial.n_gaze else "")
        set_text(self.notes, "\n".join(words_about(path, note) for note in trial.notes))
        self.automatic.setVisible(bool(self._model.options))
        self.go.setEnabled(not trial.problem and trial.n_gaze > 0)
        self._is_showing = False

    def _import(self) -> None:
        if not self.go.isEnabled():
            return
        self._model.remember()
        self.accept()
        self._on_chosen(self._model.options)
