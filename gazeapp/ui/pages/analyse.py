"""Recorded sessions, opened again: maps, gaze plot, heat map and replay of each image, as pictures and reports."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QButtonGroup, QComboBox, QFileDialog, QHBoxLayout, QSlider, QVBoxLayout, QWidget

from gazeapp.analysis.heat_map import gaze_plot
from gazeapp.errors import GazeAppError
from gazeapp.store.session_state import SessionRecord, SessionState
from gazeapp.ui.dialogs.exclusion import ExclusionDialog
from gazeapp.ui.error_words import error_words
from gazeapp.ui.formatting import UNKNOWN, format_figure, format_share
from gazeapp.ui.models.analysis_model import ORDERS, AnalysisModel
from gazeapp.ui.models.study_model import StudyModel
from gazeapp.ui.models.trial_scenes import VIEWS, View, heat_scene, map_scenes, plot_scene, replay_scene
from gazeapp.ui.pages.live import format_signed
from gazeapp.ui.pages.page import Page, PageState
from gazeapp.ui.report_writer import write_session_report, write_study_report
from gazeapp.ui.session_words import state_words, when_words, why_words
from gazeapp.ui.theme import Theme
from gazeapp.ui.widgets.basic import ElidedLabel, KeyButton, Section, label, set_text
from gazeapp.ui.widgets.figure_table import Cell, FigureTable
from gazeapp.ui.widgets.image_list import ImageItem, ImageList
from gazeapp.ui.widgets.picture_board import PictureBoard
from gazeapp.ui.widgets.time_line import TimeLine

LIST_PX = 232
SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)


class AnalysePage(Page):
    """Left the images of a session, in the middle what is looked at, right what it means."""

    def __init__(self, theme: Theme, study: StudyModel) -> None:
        super().__init__(theme, "")
        self.model = AnalysisModel(study)
        self._study = study
        self._said = ""
        self._is_writing = False
        self._view: View = "maps"
        self.dialog: ExclusionDialog | None = None
        self.body.setContentsMargins(14, 12, 16, 12)
        self.body.setSpacing(10)
        columns = QHBoxLayout()
        columns.setSpacing(16)
        columns.addWidget(self._list_column())
        columns.addLayout(self._work_column(), 1)
        self.body.addLayout(columns, 1)
        self._detail_sections()
        self.exclusion = self.add_action(self.tr("Exclude …"), "X")
        self.picture = self.add_action(self.tr("Save picture …"), "P")
        self.study_report = self.add_action(self.tr("Study report …"), "T")
        self.report = self.add_action(self.tr("Report …"), "E", primary=True)
        self.exclusion.clicked.connect(self._exclude_or_include)
        self.picture.clicked.connect(self._browse_picture)
        self.report.clicked.connect(partial(self._browse_report, False))
        self.study_report.clicked.connect(partial(self._browse_report, True))
        self.model.changed.connect(self.refresh_if_shown)
        self.model.trial_changed.connect(self.show_trial)
        self.model.heat_changed.connect(self._show_board)
        self.refresh()
        self._show_board()

    # Coming and going

    def show_session(self, session_id: str) -> None:
        """Open a session."""
        self._said = ""
        self.model.open(session_id)

    def entered(self) -> None:
        """Open the newest session, where none is open."""
        super().entered()
        if not self.model.session_id:
            ended = [record for record in self.model.sessions if record.state is not SessionState.RUNNING]
            if ended:
                self.model.open(ended[0].session_id)
        self.refresh()

    def left(self) -> None:
        """Nothing plays that nobody sees."""
        self.time.stop()

    @property
    def record(self) -> SessionRecord | None:
        """The session that is open."""
        return self.model.record

    # Parts

    def _list_column(self) -> QWidget:
        column = QWidget()
        column.setFixedWidth(LIST_PX)
        rows = QVBoxLayout(column)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(8)
        self.session = _combo(self.tr("Session"))
        self.session.activated.connect(self._session_chosen)
        rows.addWidget(self.session)
        self.order = _combo(self.tr("Order of the images"))
        names = (self.tr("in order of time"), self.tr("by personal gain"), self.tr("by data loss"))
        for name, order in zip(names, ORDERS, strict=True):
            self.order.addItem(name, order)
        self.order.activated.connect(lambda _n: self.model.set_order(self.order.currentData()))
        rows.addWidget(self.order)
        self.list = ImageList(self.theme, self.model.thumbnails)
        self.list.setAccessibleName(self.tr("Images"))
        self.list.chosen.connect(lambda key: self.model.choose(int(key)))
        rows.addWidget(self.list, 1)
        return column

    def _work_column(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(8)
        row = QHBoxLayout()
        row.setSpacing(2)
        names = (self.tr("Maps"), self.tr("Gaze plot"), self.tr("Heat map"), self.tr("Replay"))
        group = QButtonGroup(self)
        self.views: dict[View, KeyButton] = {}
        for n, (view, name) in enumerate(zip(VIEWS, names, strict=True), start=1):
            button = KeyButton(name, str(n))
            button.setProperty("role", "segment")
            button.setCheckable(True)
            button.setChecked(view == self._view)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(partial(self.set_view, view))
            group.addButton(button)
            self.views[view] = button
            row.addWidget(button)
        row.addStretch(1)
        self.board = PictureBoard(self.theme)
        self.opacity = self._slider(row, self.tr("Map"), round(100 * self.board.look.opacity))
        self.brightness = self._slider(row, self.tr("Image"), round(100 * self.board.look.brightness))
        column.addLayout(row)
        column.addWidget(self.board, 1)
        column.addWidget(self._heat_row())
        column.addWidget(self._time_row())
        return column

    def _slider(self, row: QHBoxLayout, name: str, value: int) -> QSlider:
        row.addSpacing(10)
        row.addWidget(label(name, "dim"))
        row.addSpacing(6)
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(5, 100)
        slider.setValue(value)
        slider.setFixedWidth(76)
        slider.setAccessibleName(name)
        slider.valueChanged.connect(self._set_look)
        row.addWidget(slider)
        return slider

    def _heat_row(self) -> QWidget:
        self.heat_row = QWidget()
        row = QHBoxLayout(self.heat_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        self.who = _combo(self.tr("Whose gaze"))
        for name, who in ((self.tr("this person"), "person"), (self.tr("group"), "group"), (self.tr("all"), "all")):
            self.who.addItem(name, who)
        self.by = _combo(self.tr("What counts"))
        for name, by in ((self.tr("by duration"), "duration"), (self.tr("by number of fixations"), "count")):
            self.by.addItem(name, by)
        for box in (self.who, self.by):
            box.activated.connect(lambda _n: self.model.set_heat(self.who.currentData(), self.by.currentData()))
            row.addWidget(box)
        row.addStretch(1)
        return self.heat_row

    def _time_row(self) -> QWidget:
        self.time_row = QWidget()
        row = QHBoxLayout(self.time_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        self.play = KeyButton(self.tr("Play"), "Space")
        self.time = TimeLine(self.theme)
        self.time.setAccessibleName(self.tr("Time"))
        self.clock = label("", "dim", right=True)
        self.clock.setFixedWidth(96)
        self.speed = _combo(self.tr("Speed"))
        self.speed.setMinimumContentsLength(4)
        for speed in SPEEDS:
            self.speed.addItem(f"{format_figure(speed, 2 if speed == 0.25 else 1 if speed < 1 else 0)}×", speed)
        self.speed.setCurrentIndex(SPEEDS.index(1.0))
        self.play.clicked.connect(self.time.toggle)
        self.speed.activated.connect(lambda _n: setattr(self.time, "speed", self.speed.currentData()))
        self.time.moved.connect(self._show_moment)
        self.time.played.connect(lambda is_on: self.play.set_words(self.tr("Stop") if is_on else self.tr("Play")))
        row.addWidget(self.play)
        row.addWidget(self.time, 1)
        row.addWidget(self.clock)
        row.addWidget(self.speed)
        return self.time_row

    def _detail_sections(self) -> None:
        image = Section(self.tr("This image"))
        self.image_name = ElidedLabel()
        image.column.addWidget(self.image_name)
        self.image_facts = FigureTable(["", ""], column_px=120)
        image.column.addWidget(self.image_facts)
        self.excluded = label("", "", wrap=True)
        self.excluded.setProperty("tone", "warn")
        image.column.addWidget(self.excluded)
        session = Section(self.tr("Session"))
        self.name = label("", "strong", wrap=True)
        session.column.addWidget(self.name)
        self.facts = FigureTable(["", ""], column_px=150)
        session.column.addWidget(self.facts)
        self.why = label("", "dim", wrap=True)
        session.column.addWidget(self.why)
        self.details_column.addWidget(image)
        self.details_column.addWidget(session)
        self.details_column.addStretch(1)

    # What changes

    def set_view(self, view: View, _checked: bool = False) -> None:
        """Look at the image in another way."""
        self._view = view
        self.views[view].setChecked(True)
        self.time.stop()
        self.model.want_heat(view == "heat")
        self._show_board()

    def refresh(self) -> None:
        """Show the session."""
        model = self.model
        self._show_sessions()
        self.order.setCurrentIndex(ORDERS.index(model.order))
        files = model.recording.image_files if model.recording else {}
        self.list.show_items(
            [
                ImageItem(
                    key=str(viewing.trial),
                    name=viewing.image,
                    path=files.get(viewing.stimulus_id, Path(viewing.image)),
                    figure=self._figure(viewing.trial, viewing.data_loss),
                    tone=self._tone(viewing.trial, viewing.data_loss),
                    detail=self.tr("excluded: {0}").format(viewing.excluded) if viewing.excluded else "",
                    is_faded=bool(viewing.excluded),
                )
                for viewing in model.listed()
            ],
            str(model.trial),
        )
        self._show_facts()
        self._show_image_facts()
        self._show_finding()
        has_view = model.view is not None
        self.picture.setEnabled(has_view)
        record = model.record
        may = record is not None and record.state is not SessionState.RUNNING and not self._is_writing
        self.report.setEnabled(may)
        self.study_report.setEnabled(bool(model.sessions) and not self._is_writing)

    def show_trial(self) -> None:
        """Show another image."""
        view = self.model.view
        self.list.choose(str(self.model.trial))
        if view is not None:
            shown_s = view.viewing.shown_s
            self.time.show_time(
                view.shown_s,
                [(f.onset_s - shown_s, f.end_s - shown_s) for f in view.viewing.fixations],
                view.losses(),
            )
        else:
            self.time.show_time(0.0, (), ())
        self.picture.setEnabled(view is not None)
        self._show_image_facts()
        self._show_finding()
        self._show_board()

    def _figure(self, trial: int, loss: float) -> str:
        if self.model.order == "quality":
            return format_share(loss, 0)
        gain = self.model.gains.get(trial)
        return "" if gain is None else format_signed(gain)

    def _tone(self, trial: int, loss: float) -> str:
        if self.model.order == "quality":
            return "warn" if loss > 0.2 else ""
        return self._gain_tone(self.model.gains.get(trial, 0.0))

    @staticmethod
    def _gain_tone(gain: float) -> str:
        return "ok" if gain >= 0.005 else "bad" if gain <= -0.005 else ""

    def _show_sessions(self) -> None:
        wanted = [(r.session_id, f"{r.pseudonym} · {when_words(r.created_utc)}") for r in self.model.sessions]
        box = self.session
        if [(box.itemData(n), box.itemText(n)) for n in range(box.count())] != wanted:
            box.clear()
            for key, name in wanted:
                box.addItem(name, key)
        box.setCurrentIndex(box.findData(self.model.session_id))

    def _session_chosen(self, _index: int) -> None:
        key = self.session.currentData()
        if key and key != self.model.session_id:
            self.show_session(key)

    def _show_board(self) -> None:
        view, model = self.model.view, self.model
        self.heat_row.setVisible(self._view == "heat")
        self.time_row.setVisible(self._view == "replay")
        self.opacity.setEnabled(self._view in ("maps", "heat"))
        if view is None:
            self.board.show_scenes(())
        elif self._view == "maps":
            self.board.show_scenes(map_scenes(view))
        elif self._view == "plot":
            self.board.show_scenes([plot_scene(view)])
        elif self._view == "heat":
            people, viewings = model.heat_n
            caption = (
                self.tr("people: {0} · viewings: {1} · Gaussian of 1°").format(people, viewings)
                if model.heat_n[0]
                else ""
            )
            note = self.tr("Reading the study …") if model.is_heating else model.heat_problem
            self.board.show_scenes([heat_scene(view, None if model.is_heating else model.heat, caption, note)])
        else:
            self._show_moment(self.time.position_s)

    def _show_moment(self, position_s: float) -> None:
        view = self.model.view
        seconds = f"{format_figure(position_s)} / {format_figure(self.time.length_s, 2, ' s')}"
        set_text(self.clock, seconds)
        if view is not None and self._view == "replay":
            self.board.show_scenes([replay_scene(view, position_s)])

    def _set_look(self, _value: int) -> None:
        look = replace(self.board.look, opacity=self.opacity.value() / 100, brightness=self.brightness.value() / 100)
        self.board.set_look(look)

    def _show_image_facts(self) -> None:
        viewing = self.model.viewing
        self.image_name.show_text(viewing.image if viewing else UNKNOWN)
        gain = self.model.gains.get(viewing.trial) if viewing else None
        points = gaze_plot(viewing) if viewing else ()
        tone = self._gain_tone(gain or 0.0)
        signed = UNKNOWN if gain is None else format_signed(gain)
        self.image_facts.show_row(self.tr("Trial"), [str(viewing.trial + 1) if viewing else UNKNOWN])
        self.image_facts.show_row(self.tr("Fixations"), [str(len(points)) if viewing else UNKNOWN])
        loss = viewing.data_loss if viewing else float("nan")
        self.image_facts.show_row(self.tr("Data loss"), [Cell(format_share(loss), "warn" if loss > 0.2 else "")])
        self.image_facts.show_row(self.tr("Personal gain, CC"), [Cell(signed, tone)])
        why = viewing.excluded if viewing else ""
        self.excluded.setVisible(bool(why))
        self.excluded.setText(self.tr("Excluded: {0}").format(why) if why else "")
        self.exclusion.setEnabled(viewing is not None and self.model.record is not None)
        self.exclusion.set_words(self.tr("Include again") if why else self.tr("Exclude …"))

    def _show_facts(self) -> None:
        record = self.model.record
        self.name.setText(record.session_id if record else "")
        self.facts.setVisible(record is not None)
        if record is not None:
            summary = record.summary
            images = f"{summary.n_done} / {summary.n_images}" if summary.n_images else str(summary.n_done)
            for name, figure in (
                (self.tr("Participant"), record.pseudonym),
                (self.tr("State"), state_words(record)),
                (self.tr("Images viewed"), images),
                (self.tr("Accuracy"), format_figure(summary.accuracy_deg, 2, "°")),
                (self.tr("Data loss"), format_share(summary.data_loss)),
                (self.tr("Plan"), record.plan_name),
                (self.tr("Experimenter"), record.experimenter or UNKNOWN),
            ):
                self.facts.show_row(name, [figure])
        self.why.setText(why_words(record) if record else "")

    def _show_finding(self) -> None:
        model, record = self.model, self.model.record
        if self._is_writing:
            self.show_state(PageState.WORKING, self.tr("Writing the report …"))
        elif model.problem or model.view_problem:
            problem = model.problem or model.view_problem
            self.show_state(PageState.FAILED, problem, self.tr("Nothing was changed."))
        elif model.view is not None and model.view.image_problem:
            self.show_state(PageState.DONE, self.tr("The image is missing."), model.view.image_problem, tone="warn")
        elif self._said:
            self.show_state(PageState.DONE, self.tr("Saved."), self._said)
        elif record is None and not model.is_loading:
            self.show_state(
                PageState.EMPTY, self.tr("Nothing was recorded yet."), self.tr("Record a session from People.")
            )
        elif model.recording is not None and not model.recording.viewings:
            self.show_state(PageState.EMPTY, self.tr("No image was viewed to its end in this session."))
        elif model.recording is None:
            self.show_state(PageState.LOADING, self.tr("Opening the session …"))
        else:
            self.show_state(PageState.DONE, "", is_quiet=True)

    # Actions

    def _exclude_or_include(self) -> None:
        viewing = self.model.viewing
        if viewing is None or self.model.record is None:
            return
        if viewing.excluded:
            self.model.include(viewing.trial)
            return
        exclude = partial(self.model.exclude, viewing.trial)
        self.dialog = ExclusionDialog(self, viewing.image, exclude)
        self.dialog.open()

    def _browse_picture(self) -> None:
        viewing = self.model.viewing
        if viewing is None:
            return
        name = f"{viewing.participant}-{Path(viewing.image).stem}-{self._view}.png"
        kinds = "PNG (*.png);;SVG (*.svg);;PDF (*.pdf)"
        chosen, kind = QFileDialog.getSaveFileName(
            self, self.tr("Picture"), str(self._study.folder.parent / name), kinds
        )
        if chosen:
            path = Path(chosen)
            self.save_picture(path if path.suffix else path.with_suffix(f".{kind[:3].lower() or 'png'}"))

    def save_picture(self, path: Path) -> None:
        """Write what is looked at as PNG, SVG or PDF."""
        viewing = self.model.viewing
        if viewing is None:
            return
        try:
            self.board.save(path, f"{viewing.participant}, {viewing.image}")
            self._said, self.model.problem = str(path), ""
        except GazeAppError as error:
            self.model.problem = error_words(error)
        self.refresh()

    def _browse_report(self, is_study: bool, _checked: bool = False) -> None:
        folder = self._study.folder
        name = folder.name if is_study else self.model.session_id
        kinds = self.tr("Pages (*.html)") + ";;PDF (*.pdf)"
        chosen, kind = QFileDialog.getSaveFileName(self, self.tr("Report"), str(folder.parent / f"{name}.html"), kinds)
        if chosen:
            path = Path(chosen)
            self.write_report(path if path.suffix else path.with_suffix(".pdf" if "pdf" in kind else ".html"), is_study)

    def write_report(self, dest: Path, is_study: bool = False) -> None:
        """Write the report of the session, or of the study, and show it."""
        folder, session = self._study.folder, self.model.session_id
        if self._is_writing or not (is_study or session):
            return
        self._is_writing, self._said, self.model.problem = True, "", ""
        self.refresh()

        def work() -> Path:
            if is_study:
                return write_study_report(folder, dest)
            return write_session_report(folder, session, dest)

        def done(result: Path | Exception) -> None:
            self._is_writing = False
            if isinstance(result, Exception):
                self.model.problem = error_words(result)
            else:
                self._said = str(result)
                QDesktopServices.openUrl(QUrl.fromLocalFile(str(result)))
            self.refresh()

        self._study.bridge.run(work, done)


def _combo(name: str) -> QComboBox:
    box = QComboBox()
    # long words of another language never widen the column
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(14)
    box.setAccessibleName(name)
    return box
