"""Hands the data on: format, participants, destination, progress and cancel."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QCheckBox, QFileDialog, QFormLayout, QHBoxLayout, QLineEdit

from gazeapp.store.typed_path import typed_path
from gazeapp.ui.dialogs.dialog import Question, change_nothing
from gazeapp.ui.formatting import counted, format_figure
from gazeapp.ui.models.export_model import ExportModel
from gazeapp.ui.models.setup_model import SetupModel
from gazeapp.ui.pages.page import Page, PageState
from gazeapp.ui.theme import Theme
from gazeapp.ui.widgets.basic import KeyButton, Panel, Section, field_label, label, set_text
from gazeapp.ui.widgets.choice_list import Choice, ChoiceList
from gazeapp.ui.widgets.figure_table import FigureTable


class ExportPage(Page):
    """Embeddings can tell people apart, so they leave the study only when somebody says so."""

    def __init__(self, theme: Theme, setup: SetupModel, model: ExportModel) -> None:
        super().__init__(theme, self.tr("Export"))
        self._setup, self._model = setup, model
        formats = Panel(margin_px=6)
        self.list = ChoiceList(theme)
        self.list.show_choices(
            [
                Choice(
                    key="csv",
                    name="CSV",
                    icon="results",
                    detail=self.tr("Tables of samples, fixations, trials; opens anywhere"),
                ),
                Choice(
                    key="parquet",
                    name="Parquet",
                    icon="results",
                    detail=self.tr("The same tables, small and typed, for Python and R"),
                ),
                Choice(
                    key="bids",
                    name="BIDS",
                    icon="folder",
                    detail=self.tr("Eye-tracking layout of BIDS 1.11, one file per eye"),
                ),
                Choice(
                    key="xdf", name="XDF", icon="record", detail=self.tr("Lab Streaming Layer's file, with markers")
                ),
                Choice(
                    key="pysaliency",
                    name="pysaliency",
                    icon="overlay",
                    detail=self.tr("Fixations as HDF5 for saliency benchmarks"),
                ),
            ],
            "csv",
        )
        formats.column.addWidget(self.list)
        self.body.addWidget(formats)
        where = Panel(spacing_px=12)
        form = QFormLayout()
        form.setHorizontalSpacing(20)
        form.setVerticalSpacing(12)
        self.dest = QLineEdit()
        self.dest.setAccessibleName(self.tr("Destination"))
        self.dest.textChanged.connect(self.refresh)
        browse = KeyButton(self.tr("Choose …"), "Ctrl+O")
        browse.clicked.connect(self._browse)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self.dest, 1)
        row.addWidget(browse)
        form.addRow(field_label(self.tr("Destination")), row)
        where.column.addLayout(form)
        self._chosen: list[str] = []
        self.only = QCheckBox(self.tr("Only these participants"))
        self.embeddings = QCheckBox(self.tr("Include embeddings (they can identify participants)"))
        self.eye_images = QCheckBox(self.tr("Include pictures of the eyes, where there are any (CSV, Parquet)"))
        self.excluded = QCheckBox(self.tr("Include what was excluded from analysis"))
        self.overwrite = QCheckBox(self.tr("Replace files of the same name"))
        for box in (self.only, self.embeddings, self.eye_images, self.excluded, self.overwrite):
            where.column.addWidget(box)
        self.body.addWidget(where)
        self.body.addStretch(1)
        section = Section(self.tr("Study"))
        self.facts = FigureTable(["", ""], column_px=110)
        section.column.addWidget(self.facts)
        self.details_column.addWidget(section)
        self._files = Section(self.tr("Written"))
        self._names = label("", "small", wrap=True)
        self._files.column.addWidget(self._names)
        self.details_column.addWidget(self._files)
        self.details_column.addStretch(1)
        self.back = self.add_action(self.tr("Back to People"), "B")
        self.back.clicked.connect(self.step_finished)
        self.show_folder = self.add_action(self.tr("Open folder"), "O")
        self.show_folder.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder()))))
        self.cancel = self.add_action(self.tr("Cancel"), "X")
        self.cancel.clicked.connect(model.cancel)
        self.go = self.add_action(self.tr("Export"), "Return", primary=True)
        self.go.clicked.connect(self._start)
        self.only.toggled.connect(lambda _on: self.refresh())
        model.changed.connect(self.refresh_if_shown)
        model.changed.connect(self._ask_if_taken)
        self.dialog: Question | None = None
        setup.study.changed.connect(self.refresh_if_shown)
        setup.study.opened.connect(self._forget)
        self.refresh()

    def choose(self, pseudonyms: list[str]) -> None:
        """Export these people; nobody means everybody."""
        self._chosen = [name for name in pseudonyms if name]
        names = ", ".join(self._chosen[:6]) + (" …" if len(self._chosen) > 6 else "")
        self.only.setText(self.tr("Only {0}").format(names))
        self.only.setChecked(bool(self._chosen))
        self._model.forget()
        self.refresh()

    def _forget(self) -> None:
        """Another study is open: people and folder were of the one before."""
        if self.dialog is not None:
            self.dialog.reject()
        self.dest.clear()
        self.choose([])

    def _folder(self) -> Path:
        """Where to; a name alone is a folder beside the study."""
        return self._setup.study_dir.parent / typed_path(self.dest.text().strip())

    def _participants(self) -> list[str]:
        return self._chosen if self.only.isChecked() else []

    def entered(self) -> None:
        """Offer a destination beside the study."""
        if not self.dest.text():
            self.dest.setText(str(self._setup.study_dir.parent / f"{self._setup.study_dir.name}-export"))
        self.list.setFocus()
        self.refresh()

    def refresh(self) -> None:
        """Show the model."""
        model, rows = self._model, self._setup.study.rows
        people = [row for row in rows if not self._participants() or row.pseudonym in self._participants()]
        n_sessions = sum(len(row.sessions) for row in people)
        n_open = sum(session.state.is_open for row in people for session in row.sessions)
        whose = [shortened(name) for name in self._participants()]
        set_text(
            self.title,
            self.tr("Export of {0}").format(", ".join(whose[:3]) + (" …" if len(whose) > 3 else ""))
            if whose
            else self.tr("Export of the study {0}").format(shortened(self._setup.study_dir.name)),
        )
        self.facts.show_row(self.tr("Participants"), [str(len(people))])
        self.facts.show_row(self.tr("Sessions"), [str(n_sessions)])
        self.facts.show_row(self.tr("Not complete"), [str(n_open)])
        self.only.setVisible(bool(self._chosen))
        self.cancel.setVisible(model.is_running)
        self.show_folder.setVisible(bool(model.files))
        self.go.setEnabled(n_sessions > 0 and not model.is_running and bool(self.dest.text().strip()))
        self._files.setVisible(bool(model.files))
        names = [shortened(path.name) for path in model.files[:12]]
        more = len(model.files) - len(names)
        self._names.setText("\n".join(names) + (self.tr("\nand {0} more").format(more) if more else ""))
        if model.is_running:
            left = format_figure(model.left_s, 0, " s")
            self.show_state(
                PageState.WORKING,
                self.tr("Exporting …"),
                self.tr("{0} left. X cancels; no incomplete file is kept.").format(left),
            )
            self.banner.show_progress(model.share)
        elif model.problem:
            self.show_state(
                PageState.FAILED, model.problem, self.tr("Change the destination or tick replace, then press ⏎.")
            )
        elif model.files:
            self.show_state(
                PageState.DONE,
                counted(len(model.files), self.tr("{0} file was written."), self.tr("{0} files were written.")),
                str(self._folder()),
            )
        elif not n_sessions:
            self.show_state(
                PageState.EMPTY, self.tr("There is no session to export yet."), self.tr("Record one first.")
            )
        else:
            self.show_state(
                PageState.EMPTY,
                counted(n_sessions, self.tr("{0} session can be exported."), self.tr("{0} sessions can be exported.")),
                self.tr("Choose a format, then press ⏎."),
            )

    def _ask_if_taken(self) -> None:
        """The folder holds something: nothing is replaced without a question."""
        model = self._model
        if not model.is_taken or self.dialog is not None or model.is_running:
            return
        model.is_taken = False
        dest = self._folder()
        new = free_name(dest)
        self.dialog = dialog = Question(
            self.window(),
            self.tr("{0} holds files already.").format(dest.name),
            self.tr("Export into a new folder beside it, or replace files of the same name in it?"),
            [
                (self.tr("Change nothing"), change_nothing, ""),
                (self.tr("Replace files of the same name"), lambda: self._start(overwrite=True), "danger"),
                (self.tr("Export into {0}").format(new.name), lambda: self._start_in(new), "primary"),
            ],
        )
        dialog.finished.connect(lambda _code: setattr(self, "dialog", None))
        model.forget()
        dialog.open()

    def _start_in(self, dest: Path) -> None:
        self.dest.setText(str(dest))
        self._start()

    def _start(self, _checked: bool = False, *, overwrite: bool = False) -> None:
        from gazeapp.store.export.formats import ExportRequest

        self._model.start(
            ExportRequest(
                source=self._setup.study_dir,
                form=self.list.key,
                dest=self._folder(),
                participants=self._participants(),
                include_embeddings=self.embeddings.isChecked(),
                include_eye_images=self.eye_images.isChecked(),
                include_excluded=self.excluded.isChecked(),
                overwrite=overwrite or self.overwrite.isChecked(),
            )
        )

    def _browse(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self.tr("Destination"), self.dest.text())
        if chosen:
            self.dest.setText(chosen)


def free_name(dest: Path) -> Path:
    """A folder beside one that is taken."""
    return next(path for n in range(2, 10_000) if not (path := dest.with_name(f"{dest.name}-{n}")).exists())


def shortened(name: str, most: int = 30) -> str:
    """A file name that fits the right column; the content hashes of images are long and say nothing.

    >>> shortened("507e29684faae427a21931e106be9ee95f85fa36.jpeg")
    '507e29684faae4…fa36.jpeg'
    """
    return name if len(name) <= most else f"{name[:14]}…{name[-9:]}"
