"""A recorded session, opened again: what became of it, its quality, its report."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QScrollArea

from gazeapp.errors import GazeAppError
from gazeapp.store.session_state import SessionRecord, SessionState
from gazeapp.ui.error_words import error_words
from gazeapp.ui.formatting import format_figure, format_share
from gazeapp.ui.models.study_model import StudyModel
from gazeapp.ui.pages.page import Page, PageState
from gazeapp.ui.session_words import state_words, when_words, why_words
from gazeapp.ui.theme import Theme
from gazeapp.ui.widgets.basic import Panel, Section, label
from gazeapp.ui.widgets.choice_list import Choice, ChoiceList
from gazeapp.ui.widgets.figure_table import FigureTable

MAX_SHOWN = 60


class AnalysePage(Page):
    """Newest sessions first; the report of one is written where somebody wants it and opened."""

    def __init__(self, theme: Theme, model: StudyModel) -> None:
        super().__init__(theme, self.tr("Analyse"))
        self._model = model
        self._wanted = self._problem = self._done = ""
        self._is_writing = False
        panel = Panel(margin_px=6)
        self.list = ChoiceList(theme)
        self.list.setObjectName("scrolled")
        self.list.chosen.connect(lambda _key: self.refresh())
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(self.list)
        panel.column.addWidget(scroll)
        row = QHBoxLayout()
        row.addWidget(panel, 1)
        self.body.addLayout(row, 1)
        section = Section(self.tr("Session"))
        self.name = label("", "strong", wrap=True)
        section.column.addWidget(self.name)
        self.facts = FigureTable(["", ""], column_px=170)
        section.column.addWidget(self.facts)
        self.why = label("", "dim", wrap=True)
        section.column.addWidget(self.why)
        self.details_column.addWidget(section)
        self.details_column.addStretch(1)
        self.save = self.add_action(self.tr("Save the report …"), "S")
        self.save.clicked.connect(self._browse)
        self.go = self.add_action(self.tr("Open the report"), "Return", primary=True)
        self.go.clicked.connect(lambda: self.write_report(None))
        model.changed.connect(self.refresh_if_shown)
        self.refresh()

    def show_session(self, session_id: str) -> None:
        """Open a session."""
        self._wanted = session_id
        self._problem = self._done = ""
        self.refresh()

    def entered(self) -> None:
        """Show the study as it is now."""
        super().entered()
        self.refresh()

    @property
    def record(self) -> SessionRecord | None:
        """The session that is open."""
        return next((s for s in self._sessions() if s.session_id == self.list.key), None)

    def _sessions(self) -> list[SessionRecord]:
        found = [record for row in self._model.rows for record in row.sessions]
        return sorted(found, key=lambda record: record.created_utc, reverse=True)

    def refresh(self) -> None:
        """Show the model."""
        sessions = self._sessions()
        wanted = self._wanted or self.list.key
        shown = sessions[:MAX_SHOWN]
        shown += [s for s in sessions[MAX_SHOWN:] if s.session_id == wanted]
        ids = [record.session_id for record in shown]
        self.list.show_choices(
            [
                Choice(
                    key=record.session_id,
                    name=f"{record.pseudonym} · {when_words(record.created_utc)}",
                    detail=f"{state_words(record)} · {record.plan_name}",
                    figure=format_figure(record.summary.accuracy_deg, 2, "°"),
                )
                for record in shown
            ],
            wanted if wanted in ids else ids[0] if ids else "",
        )
        self._wanted = ""
        record = self.record
        self.name.setText(record.session_id if record else "")
        summary = record.summary if record else None
        self.facts.setVisible(record is not None)
        if record is not None and summary is not None:
            self.facts.show_row(self.tr("Participant"), [record.pseudonym])
            self.facts.show_row(self.tr("State"), [state_words(record)])
            images = f"{summary.n_done} / {summary.n_images}" if summary.n_images else str(summary.n_done)
            self.facts.show_row(self.tr("Images viewed"), [images])
            self.facts.show_row(self.tr("Accuracy"), [format_figure(summary.accuracy_deg, 2, "°")])
            self.facts.show_row(self.tr("Data loss"), [format_share(summary.data_loss)])
            self.facts.show_row(self.tr("Plan"), [record.plan_name])
            self.facts.show_row(self.tr("Experimenter"), [record.experimenter or "–"])
        self.why.setText(why_words(record) if record else "")
        may = record is not None and record.state is not SessionState.RUNNING and not self._is_writing
        self.save.setEnabled(may)
        self.go.setEnabled(may)
        self._show_finding(record)

    def _show_finding(self, record: SessionRecord | None) -> None:
        if self._is_writing:
            self.show_state(PageState.WORKING, self.tr("Writing the report …"))
        elif self._problem:
            self.show_state(PageState.FAILED, self._problem, self.tr("Nothing was changed."))
        elif self._done:
            self.show_state(PageState.DONE, self.tr("The report was written."), self._done)
        elif record is None:
            self.show_state(
                PageState.EMPTY, self.tr("Nothing was recorded yet."), self.tr("Record a session from People.")
            )
        elif record.state is SessionState.RUNNING:
            self.show_state(PageState.EMPTY, self.tr("This session is being recorded."), self.tr("Its report follows."))
        else:
            self.show_state(
                PageState.EMPTY,
                self.tr("The session of {0}, {1}.").format(record.pseudonym, when_words(record.created_utc)),
                self.tr("⏎ opens its report: quality, fixations, maps, methods."),
            )

    def _browse(self) -> None:
        record = self.record
        if record is None:
            return
        name = str(self._model.folder.parent / f"{record.session_id}.html")
        chosen, _ = QFileDialog.getSaveFileName(self, self.tr("Report"), name, self.tr("Pages (*.html)"))
        if chosen:
            self.write_report(Path(chosen))

    def write_report(self, dest: Path | None) -> None:
        """Write the report of the session that is open; without a place, beside the study's own files, and show it."""
        record, folder = self.record, self._model.folder
        if record is None or self._is_writing:
            return
        self._is_writing, self._problem, self._done = True, "", ""
        self.refresh()
        place = dest or folder / "reports" / f"{record.session_id}.html"

        def work() -> Path:
            from gazeapp.store.copies import remember_copy
            from gazeapp.store.export.report import write_report

            write_report(folder / "sessions" / record.session_id, place, overwrite=True)
            if dest is not None:  # one beside the study's own files goes with the person
                remember_copy(folder, [record.pseudonym], "report", place, "fixations and maps")
            return place

        def done(result: Path | Exception) -> None:
            self._is_writing = False
            if isinstance(result, GazeAppError):
                self._problem = error_words(result)
            elif isinstance(result, Exception):
                self._problem = f"{type(result).__name__}: {result}"
            else:
                self._done = str(result)
                if dest is None:
                    QDesktopServices.openUrl(QUrl.fromLocalFile(str(result)))
            self.refresh()

        self._model.bridge.run(work, done)
