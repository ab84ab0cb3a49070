"""The live view of both image phases: enrolment learns where a person looks, the overlay shows what was learnt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from gazeapp.experiment.state import Command, SessionStep, State
from gazeapp.saliency.prediction_score import PredictionScore
from gazeapp.ui.dialogs.recalibration import RecalibrationDialog, open_live_recalibration
from gazeapp.ui.formatting import UNKNOWN, counted, format_figure, format_score, format_signed
from gazeapp.ui.models.map_look import MapLook
from gazeapp.ui.models.map_model import trail_of
from gazeapp.ui.models.session_model import SessionModel
from gazeapp.ui.notice_words import kept_words, notice_words
from gazeapp.ui.pages.page import Page, PageState
from gazeapp.ui.theme import Theme
from gazeapp.ui.widgets.banner import SLIM_PX
from gazeapp.ui.widgets.basic import Dot, Panel, SteadyLabel, label
from gazeapp.ui.widgets.embedding_panel import EmbeddingPanel
from gazeapp.ui.widgets.gaze_trace import GazeTrace
from gazeapp.ui.widgets.map_board import MapBoard

LEAST_TRACE_PX = 72
"""Height of the gaze below a finding."""


class LivePage(Page):
    """Maps, gaze and embedding while the participant looks. `phase` is "enrol" or "overlay"."""

    person_wanted = Signal(str)
    """Somebody wants to see the recordings of a person; the session goes on."""

    def __init__(self, theme: Theme, model: SessionModel, look: MapLook, phase: str) -> None:
        super().__init__(theme, "", is_slim=True)
        self._model, self._phase = model, phase
        self._image_rgb: NDArray[np.uint8] | None = None
        self.body.setContentsMargins(24, 12, 24, 12)
        self.board = MapBoard(theme, look)
        parts = QSplitter(Qt.Orientation.Vertical)
        parts.setHandleWidth(10)
        parts.addWidget(self.board)
        parts.addWidget(self._below_the_maps())
        parts.setStretchFactor(0, 1)
        for n in range(2):
            parts.setCollapsible(n, False)
        self.body.addWidget(parts, 1)
        self.embedding = EmbeddingPanel(theme, model)
        self.embedding.person_wanted.connect(self.person_wanted)
        self.details_column.addWidget(self.embedding)
        self.details_column.addStretch(1)
        self.drift = self.add_action(self.tr("Check drift"), "K")
        self.correct = self.add_action(self.tr("Correct drift"), "G")
        self.images = self.add_action(self.tr("By the images …"), "I")
        self.dialog: RecalibrationDialog | None = None
        self.recalibrate = self.add_action(self.tr("Calibrate again"), "C")
        self.end = self.add_action(self.tr("End here"), "E")
        self.pause = self.add_action(self.tr("Pause"), "Space", primary=True)
        start = self.tr("Start enrolment") if phase == "enrol" else self.tr("Start overlay")
        self.go = self.add_action(start, "Return", primary=True)
        self._start_words = start
        self.drift.clicked.connect(lambda: model.command(lambda c, now_s: c.check_drift(now_s)))
        self.correct.clicked.connect(lambda: model.command(lambda c, now_s: c.correct_drift(now_s)))
        self.images.clicked.connect(self._open_images)
        model.recalibration.changed.connect(self.refresh_if_shown)
        self.recalibrate.clicked.connect(lambda: model.command(lambda c, now_s: c.recalibrate(now_s)))
        self.end.clicked.connect(self.end_wanted)
        self.pause.clicked.connect(self._pause)
        self.go.clicked.connect(self._primary)
        model.state_changed.connect(self.refresh_if_shown)
        model.live_changed.connect(self.show_gaze)
        model.maps_changed.connect(self.show_maps)
        model.people_read.connect(self._make_plots)
        self.refresh()

    def entered(self) -> None:
        """Show everything at once: nothing was painted while the page was hidden."""
        super().entered()
        self.refresh()
        self.show_maps()
        self.show_gaze()

    # What changes

    def refresh(self) -> None:
        """Show state, embedding and permissions."""
        model, allowed = self._model, self._model.status.allowed
        self.board.show_person(model.person)
        is_known = model.progress is not None and model.progress.n_pairs > 0
        self.board.view("personal").waiting_text = (
            self.tr("Being computed …") if is_known else self.tr("Available after the first image")
        )
        is_running = model.status.state is State.RUNNING
        is_break = Command.CONTINUE in allowed
        self.drift.setVisible(Command.CHECK_DRIFT in allowed and not is_break)
        self.correct.setVisible(Command.CORRECT_DRIFT in allowed)
        self.images.setVisible(model.recalibration.can_apply or model.recalibration.can_undo)
        self.recalibrate.setVisible(Command.RECALIBRATE in allowed)
        is_paused = model.status.state is State.PAUSED
        # an end that cannot be taken back is offered only where nobody presses keys in passing
        self.end.setVisible(is_paused)
        self.pause.setVisible(is_running or is_paused)
        self.pause.set_words(self.tr("Resume") if is_paused else self.tr("Pause"))
        self.pause.setEnabled(Command.PAUSE in allowed or Command.RESUME in allowed)
        self.pause.set_primary(self.pause.isEnabled() and not is_break)
        over = model.status.state.is_over
        self.go.setVisible(is_break or not (is_running or is_paused))
        self.go.set_words(
            self.tr("Show results")
            if over
            else self._start_words
            if not is_break
            else self.tr("Go on")
            if model.waits_for_reader
            else self.tr("End the break")
        )
        self.go.setEnabled(over or is_break or Command.START_TRIALS in allowed)
        self.embedding.refresh()
        self._show_finding(is_break)

    def _open_images(self) -> None:
        self.dialog = open_live_recalibration(self, self.theme, self._model)

    def show_gaze(self) -> None:
        """Show the newest gaze."""
        snapshot = self._model.snapshot
        if not self.isVisible() or snapshot is None:
            return
        if snapshot.frame is not None and snapshot.frame.stimulus_id == self._model.maps.stimulus_id:
            self._show_stimulus()
            self.board.show_gaze(snapshot.fixations, trail_of(snapshot))
        if self._model.people.has_plots and self._model.repainting.is_trace_due():
            self.trace.show_window(self._model.trace_window())

    def _make_plots(self) -> None:
        """Before the first image: making them takes longer than the time between two frames."""
        self.trace.make()
        self.embedding.make_plots()

    def show_maps(self) -> None:
        """Show the newest maps and their scores."""
        if not self.isVisible():
            return
        self._show_stimulus()
        self.board.show_maps(self._model.maps.shown)
        universal, personal = self._model.maps.live_scores
        gain = UNKNOWN
        if universal is not None and personal is not None:
            gain = self.tr("{0} CC").format(format_signed(personal.cc - universal.cc))
        self.board.show_figures(universal=score_text(universal), personal=score_text(personal), difference=gain)

    def _show_stimulus(self) -> None:
        """Maps and gaze are always about the same image; gaze on the one before goes with it."""
        maps = self._model.maps
        if maps.image_rgb is not self._image_rgb:
            self._image_rgb = maps.image_rgb
            self.board.show_stimulus(maps.image_rgb)
            self.board.show_gaze((), np.empty((0, 2)))

    # Parts

    def _below_the_maps(self) -> QWidget:
        """The finding, and gaze in the room that it leaves: the maps never move when there is something to say."""
        below = QWidget()
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.banner)
        column.addWidget(self._trace_panel(), 1)
        below.setMinimumHeight(SLIM_PX + column.spacing() + LEAST_TRACE_PX)
        return below

    def _trace_panel(self) -> Panel:
        panel = Panel(margin_px=12, spacing_px=2)
        panel.column.setContentsMargins(12, 6, 12, 6)
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(label(self.tr("Gaze"), "strong"))
        head.addWidget(label(self.tr("x, y · last 5 s"), "dim"))
        self.doing = SteadyLabel("strong")
        head.addSpacing(8)
        head.addWidget(self.doing)
        head.addStretch(1)
        for tone, text in (("ok", self.tr("fixation")), ("faint", self.tr("between")), ("bad", self.tr("lost"))):
            head.addWidget(Dot(self.theme, tone))
            head.addWidget(label(text, "small"))
        panel.column.addLayout(head)
        self.trace = GazeTrace(self.theme, self.tr("No gaze yet"))
        self.trace.setMinimumHeight(24)  # it gives way to the words above it
        panel.column.addWidget(self.trace)
        return panel

    def _show_finding(self, is_break: bool) -> None:
        model, status = self._model, self._model.status
        count = status.count_of("practice" if status.phase == "practice" else self._phase)
        n_done, n_all = count.n_done, count.n_trials
        self.doing.show_text("")
        what = self.tr("Enrolment") if self._phase == "enrol" else self.tr("Overlay")
        if status.phase == "practice":
            what = self.tr("Practice")
        if not model.is_attached:
            self.show_state(PageState.EMPTY, self.tr("No session is running."), self.tr("Set up and calibrate first."))
        elif status.state is State.FAILED:
            self.show_state(PageState.FAILED, notice_words(status), kept_words())
        elif status.state is State.FINISHED:
            self.show_state(
                PageState.DONE,
                self.tr("All images were viewed.")
                if status.n_done >= status.n_trials
                else counted(
                    status.n_trials,
                    self.tr("Ended after {1} of {0} image."),
                    self.tr("Ended after {1} of {0} images."),
                    status.n_done,
                ),
                self.tr("⏎ shows the results."),
            )
        elif status.state is State.PAUSED:
            self.show_pause(model, self.tr("Space resumes; an interrupted image is shown again."))
        elif is_break and model.waits_for_reader:
            self.show_state(
                PageState.EMPTY,
                self.tr("The participant reads."),
                self.tr("⏎ goes on, and so does Space on the participant's screen."),
            )
        elif is_break and status.step is SessionStep.INSTRUCTION:
            left = format_figure(model.time_left_s, 0, " s")
            self.show_state(
                PageState.EMPTY, self.tr("The participant reads."), self.tr("It ends in {0}, or with ⏎.").format(left)
            )
        elif is_break:
            left = format_figure(model.time_left_s, 0, " s")
            self.show_state(
                PageState.EMPTY,
                self.tr("The participant has a break."),
                self.tr("It ends in {0}, or with ⏎.").format(left),
            )
        elif status.state is State.RUNNING:
            if status.notice is not None and status.drift is not None:
                self.show_state(PageState.EMPTY, notice_words(status), "", tone="warn")
            else:
                steps = {
                    SessionStep.GATE: self.tr("waits for gaze on the cross"),
                    SessionStep.DRIFT: self.tr("drift check"),
                }
                words = self.tr("{0}: image {1} of {2}").format(what, min(n_done + 1, n_all), n_all)
                doing = steps.get(status.step, "")
                image = self.tr("image {0} of {1}").format(min(n_done + 1, n_all), n_all)
                image = words if status.phase == "practice" else image  # the page is named after enrolment
                self.doing.show_text(" · ".join([image, doing] if doing else [image]))
                # with every image anew, it stands beside the gaze
                self.show_state(PageState.WORKING, words, doing, is_quiet=True)
                self.banner.show_progress(n_done / max(n_all, 1))
        else:
            self.show_state(
                PageState.EMPTY,
                counted(n_all, self.tr("Ready: {0} image."), self.tr("Ready: {0} images.")),
                self.tr("⏎ starts. The participant views the images freely."),
            )

    # Actions

    def _primary(self) -> None:
        model = self._model
        if model.status.state.is_over:
            self.step_finished.emit()
        elif Command.CONTINUE in model.status.allowed:
            model.command(lambda c, now_s: c.continue_now(now_s))
        else:
            despite = self._despite()
            model.command(lambda c, now_s: c.start_trials(now_s, despite=despite))

    def _despite(self) -> str:
        validation = self._model.status.validation
        if validation is None:
            return "started without a validation"
        return "the experimenter accepted the validation" if validation.verdict == "fail" else ""

    def _pause(self) -> None:
        if self._model.status.state is State.PAUSED:
            self._model.command(lambda c, now_s: c.resume(now_s))
        else:
            self._model.command(lambda c, now_s: c.pause(now_s))


def score_text(scores: PredictionScore | None) -> str:
    """Both scores in fixed places.

    >>> score_text(Scores(0.61, 1.9))
    'CC 0.61   NSS 1.9'
    """
    if scores is None:
        return f"CC {UNKNOWN}   NSS {UNKNOWN}"
    return f"CC {format_score(scores.cc)}   NSS {format_figure(scores.nss, 1)}"
