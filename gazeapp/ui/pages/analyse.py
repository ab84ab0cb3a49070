"""Recorded sessions, opened again: each image looked at in several ways, compared, measured, saved and reported."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QStackedWidget, QVBoxLayout

from gazeapp.analysis.heat_map import GazePlotPoint, gaze_plot
from gazeapp.analysis.viewing import Viewing
from gazeapp.store.exclusion import Exclusion
from gazeapp.store.session_state import PRACTICE, SessionState
from gazeapp.ui.analysis_files import AnalysisFiles
from gazeapp.ui.dialogs.detection import DetectionDialog
from gazeapp.ui.dialogs.dialog import Dialog, Question
from gazeapp.ui.dialogs.exclusion import ExclusionDialog, ExclusionList
from gazeapp.ui.models.analysis_model import AnalysisModel
from gazeapp.ui.models.area_model import AreaModel
from gazeapp.ui.models.board_scenes import board_scenes
from gazeapp.ui.models.group_model import GroupModel, Wanted
from gazeapp.ui.models.plane_model import PlaneModel
from gazeapp.ui.models.preference_model import PreferenceModel
from gazeapp.ui.models.study_model import StudyModel
from gazeapp.ui.models.trial_scenes import View, area_scene, replay_scene
from gazeapp.ui.pages.page import Page, PageState
from gazeapp.ui.picture_scene import PictureScene
from gazeapp.ui.theme import Theme
from gazeapp.ui.widgets.area_panel import AreaPanel
from gazeapp.ui.widgets.look_bar import LookBar
from gazeapp.ui.widgets.people_scatter import PeopleScatter
from gazeapp.ui.widgets.picture_board import PictureBoard
from gazeapp.ui.widgets.recalibration_section import RecalibrationSection
from gazeapp.ui.widgets.replay_bar import ReplayBar
from gazeapp.ui.widgets.session_images import SessionImages
from gazeapp.ui.widgets.side_form import ComparisonForm, HeatForm
from gazeapp.ui.widgets.view_bar import ViewBar
from gazeapp.ui.widgets.viewing_facts import ViewingFacts

_WANTED: dict[View, Wanted] = {"heat": "heat", "areas": "areas", "compare": "compare"}


class AnalysePage(Page):
    """Left the images of a session, in the middle what is looked at, right what it means."""

    def __init__(self, theme: Theme, study: StudyModel) -> None:
        super().__init__(theme, "")
        self.model = AnalysisModel(study)
        self.areas = AreaModel(study)
        self.group = GroupModel(study, self.model, self.areas)
        self.plane = PlaneModel(study)
        self._study = study
        self._points: tuple[GazePlotPoint, ...] = ()
        """Of the viewing's gaze plot, for the replay."""
        self.view: View = "maps"
        self.dialog: Dialog | None = None
        self.board = PictureBoard(theme)
        self.files = AnalysisFiles(self, study, self.model, self.board)
        self.body.setContentsMargins(14, 12, 16, 12)
        self.body.setSpacing(10)
        columns = QHBoxLayout()
        columns.setSpacing(16)
        self.images = SessionImages(theme, self.model)
        columns.addWidget(self.images)
        columns.addLayout(self._work_column(), 1)
        self.body.addLayout(columns, 1)
        self.facts = ViewingFacts(self.model, self.group, PreferenceModel(study))
        self.recalibration = RecalibrationSection(
            theme, study.bridge, self._session_folder, lambda: self.show_session(self.model.session_id)
        )
        self.details_column.addWidget(self.facts)
        self.details_column.addWidget(self.look)
        self.details_column.addWidget(self.recalibration)
        self.details_column.addStretch(1)
        self.exclusion = self.add_action(self.tr("Exclude …"), "X")
        self.picture = self.add_action(self.tr("Save picture …"), "P")
        self.study_report = self.add_action(self.tr("Study report …"), "T")
        self.report = self.add_action(self.tr("Report …"), "E", primary=True)
        self._connect()
        self.set_view("maps")
        self.refresh()

    def _work_column(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(8)
        self.view_bar = ViewBar()
        self.centre = QStackedWidget()
        self.centre.addWidget(self.board)
        self.scatter: PeopleScatter | None = None
        self.look = LookBar(self.board)
        self.heat_form, self.comparison_form = HeatForm(self.group), ComparisonForm(self.group)
        self.replay_bar = ReplayBar(self.theme)
        self.area_panel = AreaPanel(self.theme, self.model, self.areas, self.group)
        forms = (self.heat_form, self.comparison_form, self.replay_bar, self.area_panel)
        for part in (self.view_bar, self.centre, *forms):
            column.addWidget(part, 1 if part is self.centre else 0)
        return column

    def _connect(self) -> None:
        self.view_bar.chosen.connect(self.set_view)
        self.images.session_wanted.connect(self.show_session)
        self.exclusion.clicked.connect(self._exclude_or_include)
        self.picture.clicked.connect(self._save_picture)
        self.report.clicked.connect(lambda: self.files.browse_report(is_study=False))
        self.study_report.clicked.connect(lambda: self.files.browse_report(is_study=True))
        self.files.changed.connect(self.refresh)
        self.replay_bar.moved.connect(self._show_moment)
        self.area_panel.shown.connect(self._show_board)
        self.model.changed.connect(self.refresh_if_shown)
        self.model.trial_changed.connect(self.show_trial)
        self.model.image_asked.connect(self._ask_image)
        self.group.changed.connect(self._group_changed)
        self.plane.changed.connect(self._show_people)
        self.banner.acted.connect(self.search_image)
        self.areas.told.connect(self.files.say)
        for failed in (self.areas.failed, self._study.failed):
            failed.connect(self._fail)
        self.images.list.chosen.connect(self.files.forget)
        self.facts.session.exclusions_wanted.connect(lambda: self.model.ask_exclusions(self._list_exclusions))
        self.facts.session.detection_wanted.connect(self._ask_detection)

    # Coming and going

    def show_session(self, session_id: str) -> None:
        """Open a session."""
        self.files.forget()
        self.model.open(session_id)

    def show_person(self, pseudonym: str) -> bool:
        """Open the newest session of a person that is over; whether there is one."""
        ended = [record for record in self.model.sessions if record.state is not SessionState.RUNNING]
        found = [record for record in ended if record.pseudonym == pseudonym]
        if found:
            self.set_view("maps")
            self.show_session(found[0].session_id)
        return bool(found)

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
        self.replay_bar.time.stop()

    def _session_folder(self) -> Path | None:
        session_id = self.model.session_id
        return self._study.folder / "sessions" / session_id if session_id else None

    # What changes

    def set_view(self, view: View) -> None:
        """Look at the image in another way."""
        self.view = view
        self.view_bar.show_view(view)
        self.replay_bar.time.stop()
        self._use_tool()
        self.heat_form.setVisible(view == "heat")
        self.comparison_form.setVisible(view == "compare")
        self.replay_bar.setVisible(view == "replay")
        self.area_panel.setVisible(view == "areas")
        self.look.opacity.setEnabled(view in ("maps", "heat", "compare"))
        self.group.want(_WANTED.get(view, ""))
        if view == "people":
            self.plane.read()
        else:
            self.centre.setCurrentWidget(self.board)
        self.facts.refresh(is_comparing=view == "compare")
        self._show_board()

    def _use_tool(self) -> None:
        """Areas are drawn on images; a recording without any has none."""
        viewing = self.model.viewing
        can_draw = self.view == "areas" and viewing is not None and bool(viewing.stimulus_id)
        self.board.tool = self.area_panel.editor if can_draw else None

    def refresh(self) -> None:
        """Show the session."""
        model = self.model
        self.images.refresh()
        self.facts.refresh(is_comparing=self.view == "compare")
        self._show_actions()
        self._show_finding()
        record = model.record
        is_ended = record is not None and record.state is not SessionState.RUNNING
        self.report.setEnabled(is_ended and not self.files.is_writing)
        self.study_report.setEnabled(bool(model.sessions) and not self.files.is_writing)

    def show_trial(self) -> None:
        """Show another image."""
        view = self.model.view
        self.images.list.choose(str(self.model.trial))
        self._points = gaze_plot(view.viewing) if view is not None else ()
        self.replay_bar.show_view(view)
        self._use_tool()
        self.area_panel.refresh()
        self.facts.refresh(is_comparing=self.view == "compare")
        self._show_actions()
        self._show_finding()
        self._show_board()

    def _group_changed(self) -> None:
        if self.view == "compare":
            self.comparison_form.refresh()
            self.facts.comparison.refresh()
            self.facts.pair.refresh()
        self._show_board()

    def _show_board(self) -> None:
        if self.view == "replay":
            self._show_moment(self.replay_bar.time.position_s)
        elif self.view != "people":
            self.board.show_scenes(self._scenes())

    def _scenes(self) -> list[PictureScene]:
        view, editor = self.model.view, self.area_panel.editor
        if view is None:
            return []
        if self.view == "areas" and view.viewing.stimulus_id:
            return [area_scene(view, editor.areas, editor.chosen, editor.draft)]
        return board_scenes(self.view, view, self.group, self.areas.of(view.viewing))

    def _show_moment(self, position_s: float) -> None:
        view = self.model.view
        if self.view != "replay":
            return
        raw = self.replay_bar.raw.isChecked()
        scenes = [] if view is None else [replay_scene(view, self._points, position_s, shows_raw=raw)]
        self.board.show_scenes(scenes)

    def _show_people(self) -> None:
        if self.view != "people":
            return
        if self.scatter is None:
            self.scatter = PeopleScatter(self.theme)
            self.scatter.person_wanted.connect(self.show_person)
            self.centre.addWidget(self.scatter)
        record = self.model.record
        self.scatter.show_people(self.plane.plane, record.pseudonym if record else "", self.plane.problem)
        self.centre.setCurrentWidget(self.scatter)

    def _show_actions(self) -> None:
        viewing, record = self.model.viewing, self.model.record
        self.exclusion.setEnabled(record is not None)
        # practice never counts: nobody left it out, and nobody can take it in
        self.exclusion.setVisible(viewing is None or viewing.phase != PRACTICE)
        is_out = viewing is not None and bool(viewing.excluded)
        self.exclusion.set_words(self.tr("Include again") if is_out else self.tr("Exclude …"))
        self.picture.setEnabled(self.model.view is not None or self.view == "people")

    def _fail(self, words: str) -> None:
        if self.isVisible():  # else it was asked for elsewhere, and is told there
            self.files.fail(words)

    def _show_finding(self) -> None:
        model, files, view = self.model, self.files, self.model.view
        problem = files.problem or model.problem or model.view_problem
        if files.is_writing:
            self.show_state(PageState.WORKING, self.tr("Writing the report …"))
        elif model.is_searching:
            self.show_state(PageState.WORKING, self.tr("Searching the image …"))
        elif problem:
            self.show_state(PageState.FAILED, problem, self.tr("Nothing was changed."))
        elif view is not None and view.image_problem:
            found = self.tr("The image is missing.")
            self.show_state(
                PageState.DONE,
                found,
                model.search_problem or view.image_problem,
                tone="warn",
                action=self.tr("Search a folder …"),
                key="I",
            )
        elif files.said:
            self.show_state(PageState.DONE, files.said, files.detail)
        elif model.record is None and not model.is_loading:
            self.show_state(
                PageState.EMPTY, self.tr("Nothing was recorded yet."), self.tr("Record a session from People.")
            )
        elif view is not None and not view.viewing.stimulus_id:
            self.show_state(
                PageState.DONE,
                self.tr("This session holds gaze and no images: it is shown on the empty screen."),
                self.tr("For gaze that was recorded elsewhere, import it again with the folder of its images."),
                tone="",
            )
        elif model.recording is not None and not model.recording.viewings:
            self.show_state(
                PageState.EMPTY,
                self.tr("No image was viewed to its end in this session."),
            )
        elif model.recording is None:
            self.show_state(PageState.LOADING, self.tr("Opening the session …"))
        else:
            self.show_state(PageState.DONE, "", is_quiet=True)

    # Actions

    def _exclude_or_include(self) -> None:
        viewing, record = self.model.viewing, self.model.record
        if record is None:
            return
        if viewing is not None and viewing.excluded:
            self.model.ask_exclusions(partial(self._include, viewing))
            return
        person, session = record.pseudonym, record.session_id

        def exclude(session_id: str, trial: int | None, reason: str) -> None:
            self.model.exclude(
                Exclusion(pseudonym=person, session_id=session_id, trial=trial, reason=reason, excluded_utc="")
            )

        whats = [
            (self.tr("This session"), partial(exclude, session, None)),
            (self.tr("{0}, with all sessions").format(person), partial(exclude, "", None)),
        ]
        if viewing is not None and viewing.stimulus_id:
            image = self.tr("This image: {0}").format(viewing.image)
            whats.insert(0, (image, partial(exclude, session, viewing.trial)))
        self.dialog = ExclusionDialog(self, whats)
        self.dialog.open()

    def _include(self, viewing: Viewing, history: list[Exclusion]) -> None:
        """Take back whatever leaves a viewing out: it may be its session, or its person."""
        for exclusion in history:
            is_mine = exclusion.pseudonym == viewing.participant and exclusion.session_id in ("", viewing.session)
            if exclusion.is_in_force and is_mine and exclusion.trial in (None, viewing.trial):
                self.model.include(exclusion)

    def _list_exclusions(self, history: list[Exclusion]) -> None:
        self.dialog = ExclusionList(self, history, self.model.include)
        self.dialog.open()

    def _ask_detection(self) -> None:
        self.dialog = DetectionDialog(
            self,
            self._study.bridge,
            self.model.viewing,
            self.model.detection,
            self.model.choose_detection,
        )
        self.dialog.open()

    def _ask_image(self, viewing: Viewing, path: Path) -> None:
        self.dialog = Question(
            self,
            self.tr("Show another image in its place?"),
            self.tr("{0} has the name of the image but another content than what was shown.").format(path),
            [
                (self.tr("Leave it"), lambda: None, ""),
                (self.tr("Show it"), lambda: self.model.show_instead(viewing, path), "primary"),
            ],
        )
        self.dialog.open()

    def search_image(self) -> None:
        """Ask where the image of the viewing may be."""
        folder = QFileDialog.getExistingDirectory(self, self.tr("Where the image may be"), str(self._study.folder))
        if folder:
            self.model.search_image(Path(folder))

    def _save_picture(self) -> None:
        self.dialog = self.files.ask_picture(self.view, self.scatter if self.view == "people" else None)
