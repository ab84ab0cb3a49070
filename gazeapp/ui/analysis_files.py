"""What Analyse writes: pictures at a chosen size, reports of a session or of the study."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QSize, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from gazeapp.errors import GazeAppError
from gazeapp.ui.dialogs.dialog import Dialog
from gazeapp.ui.dialogs.picture import PictureDialog
from gazeapp.ui.error_words import error_words
from gazeapp.ui.models.analysis_model import AnalysisModel
from gazeapp.ui.models.study_model import StudyModel
from gazeapp.ui.models.trial_scenes import View
from gazeapp.ui.report_writer import write_session_report, write_study_report
from gazeapp.ui.widgets.people_scatter import PeopleScatter
from gazeapp.ui.widgets.picture_board import PictureBoard


class AnalysisFiles(QObject):
    """Asks where, writes, and knows what came of it."""

    changed = Signal()

    def __init__(self, parent: QWidget, study: StudyModel, model: AnalysisModel, board: PictureBoard) -> None:
        super().__init__(parent)
        self._page, self._study, self._model, self._board = parent, study, model, board
        self.said = self.detail = self.problem = ""
        self.is_writing = False

    def say(self, words: str, detail: str = "") -> None:
        """Tell what was done."""
        self.said, self.detail, self.problem = words, detail, ""
        self.changed.emit()

    def fail(self, words: str) -> None:
        """Tell what could not be done."""
        self.problem, self.said = words, ""
        self.changed.emit()

    def forget(self) -> None:
        """Another session: nothing is told of the one before."""
        self.said = self.detail = self.problem = ""

    # Pictures

    def ask_picture(self, view: View, plot: PeopleScatter | None) -> Dialog:
        """Ask for kind and size, and then where; `plot` is saved in the place of the board."""
        shown = plot or self._board

        def go_on(ending: str, size: QSize, scale: float) -> None:
            path = self._browse_picture(view, ending)
            if path is not None:
                self.save_picture(path, size, scale, plot)

        dialog = PictureDialog(self._page, shown.size(), go_on)
        dialog.open()
        return dialog

    def _browse_picture(self, view: View, ending: str) -> Path | None:
        viewing = self._model.viewing
        stem = f"{viewing.participant}-{Path(viewing.image).stem}-{view}" if viewing and view != "people" else view
        kind = ending[1:].upper()
        chosen, _ = QFileDialog.getSaveFileName(
            self._page,
            self.tr("Picture"),
            str(self._study.folder.parent / f"{stem}{ending}"),
            f"{kind} (*{ending})",
        )
        if not chosen:
            return None
        path = Path(chosen)
        return path if path.suffix else path.with_suffix(ending)

    def save_picture(
        self, path: Path, size: QSize | None = None, scale: float = 2.0, plot: PeopleScatter | None = None
    ) -> None:
        """Write what is looked at as PNG, SVG or PDF."""
        viewing = self._model.viewing
        title = f"{viewing.participant}, {viewing.image}" if viewing else ""
        try:
            if plot is None:
                self._board.save(path, title, size=size, scale=scale)
            else:
                plot.save(path, size or plot.size(), scale)
        except GazeAppError as error:
            self.fail(error_words(error))
            return
        if viewing is not None:
            self._remember(viewing.participant, path)
        self.say(self.tr("Saved."), str(path))

    def _remember(self, pseudonym: str, path: Path) -> None:
        """So that erasing the person can name it."""
        folder = self._study.folder

        def work() -> None:
            from gazeapp.store.copies import remember_copy

            remember_copy(folder, [pseudonym], "picture", path, "gaze or maps of one image")

        self._study.bridge.run(work, lambda _result: None)

    # Reports

    def browse_report(self, *, is_study: bool) -> None:
        """Ask where a report goes."""
        folder = self._study.folder
        name = folder.name if is_study else self._model.session_id
        kinds = self.tr("Pages (*.html)") + ";;PDF (*.pdf)"
        chosen, kind = QFileDialog.getSaveFileName(
            self._page, self.tr("Report"), str(folder.parent / f"{name}.html"), kinds
        )
        if chosen:
            path = Path(chosen)
            ending = ".pdf" if "pdf" in kind else ".html"
            self.write_report(path if path.suffix else path.with_suffix(ending), is_study=is_study)

    def write_report(self, dest: Path, *, is_study: bool = False) -> None:
        """Write the report of the session, or of the study, and show it."""
        folder, session = self._study.folder, self._model.session_id
        if self.is_writing or not (is_study or session):
            return
        self.is_writing = True
        self.forget()
        self.changed.emit()

        def work() -> Path:
            if is_study:
                return write_study_report(folder, dest)
            return write_session_report(folder, session, dest)

        def done(result: Path | Exception) -> None:
            self.is_writing = False
            if isinstance(result, Exception):
                self.fail(error_words(result))
                return
            self.say(self.tr("Saved."), str(result))
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(result)))

        self._study.bridge.run(work, done)
