"""The live view of both image phases: enrolment learns where a person looks, the overlay shows what was learnt."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout

from gazeapp.analysis.embedding_plane import EmbeddingPlane
from gazeapp.experiment.findings import explain_drift
from gazeapp.experiment.state import Command, SessionStep, State
from gazeapp.runtime.enrolment import EnrolmentProgress, is_no_viewing
from gazeapp.runtime.one_person import Identity
from gazeapp.runtime.stopping_rule import EnoughRule
from gazeapp.saliency.prediction_score import PredictionScore
from gazeapp.ui.dialogs.recalibration import RecalibrationDialog, open_live_recalibration
from gazeapp.ui.formatting import UNKNOWN, counted, format_figure, format_score, format_share, format_signed
from gazeapp.ui.models.map_look import MapLook
from gazeapp.ui.models.map_model import MIN_CERTAINTY, trail_of
from gazeapp.ui.models.people import People
from gazeapp.ui.models.session_model import SessionModel
from gazeapp.ui.notice_words import notice_words
from gazeapp.ui.pages.page import Page, PageState
from gazeapp.ui.theme import Theme
from gazeapp.ui.translation import tr
from gazeapp.ui.widgets.basic import Dot, Panel, Section, label, set_text, set_tone
from gazeapp.ui.widgets.figure_table import Cell, FigureTable
from gazeapp.ui.widgets.gaze_trace import GazeTrace
from gazeapp.ui.widgets.map_board import MapBoard
from gazeapp.ui.widgets.people_scatter import PeopleScatter
from gazeapp.ui.widgets.ring_progress import RingProgress
from gazeapp.ui.widgets.spread_plot import SpreadPlot

SCATTER_PX = 190


class LivePage(Page):
    """Maps, gaze and embedding while the participant looks. `phase` is "enrol" or "overlay"."""

    person_wanted = Signal(str)
    """Somebody wants to see the recordings of a person; the session goes on."""

    def __init__(self, theme: Theme, model: SessionModel, look: MapLook, phase: str) -> None:
        super().__init__(theme, "")
        self._model, self._phase = model, phase
        self._known: tuple[object, ...] | None = None
        """What the right column shows."""
        self._image_rgb: NDArray[np.uint8] | None = None
        self.body.setContentsMargins(18, 12, 18, 12)
        self.body.setSpacing(10)
        self.board = MapBoard(theme, look)
        parts = QSplitter(Qt.Orientation.Vertical)
        parts.setHandleWidth(10)
        parts.addWidget(self.board)
        parts.addWidget(self._trace_panel())
        parts.setStretchFactor(0, 1)
        parts.setCollapsible(0, False)
        self.body.addWidget(parts, 1)
        self._embedding_sections()
        self.details_column.addStretch(1)
        self.drift = self.add_action(self.tr("Check drift"), "K")
        self.correct = self.add_action(self.tr("Correct drift"), "G")
        self.images = self.add_action(self.tr("By the images …"), "I")
        self.dialog: RecalibrationDialog | None = None
        self.recalibrate = self.add_action(self.tr("Recalibrate"), "C")
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
        # all of this changes between images; the page is also refreshed at each onset
        status, n_seen = model.status, len(model.maps.trials)
        self._show_drift()
        known = (model.progress, model.person, model.people, status.validation, n_seen, status.n_trials)
        if self._known is None or any(a is not b for a, b in zip(known, self._known, strict=True)):
            self._known = known
            self._show_embedding()
            self._show_trust()
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
        if self._model.repainting.is_trace_due():
            self.trace.show_window(self._model.trace_window())

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

    def _trace_panel(self) -> Panel:
        panel = Panel(margin_px=12, spacing_px=4)
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(label(self.tr("Gaze"), "strong"))
        head.addWidget(label(self.tr("x, y on the screen · last 5 s"), "dim"))
        head.addStretch(1)
        for tone, text in (("ok", self.tr("fixation")), ("faint", self.tr("between")), ("bad", self.tr("lost"))):
            head.addWidget(Dot(self.theme, tone))
            head.addWidget(label(text, "small"))
        panel.column.addLayout(head)
        self.trace = GazeTrace(self.theme)
        self.trace.empty_text = self.tr("No gaze yet")
        panel.column.addWidget(self.trace)
        return panel

    def _embedding_sections(self) -> None:
        embedding = Section(self.tr("Embedding"))
        row = QHBoxLayout()
        row.setSpacing(14)
        self.ring = RingProgress(self.theme)
        row.addWidget(self.ring)
        words = QVBoxLayout()
        words.setSpacing(3)
        self._stable = label("", "strong", wrap=True)
        self._more = label("", "dim", wrap=True)
        words.addStretch(1)
        words.addWidget(self._stable)
        words.addWidget(self._more)
        words.addStretch(1)
        row.addLayout(words, 1)
        embedding.column.addLayout(row)
        self.details_column.addWidget(embedding)
        growth = Section(self.tr("Spread against images viewed"))
        self.spread = SpreadPlot(self.theme)
        self.spread.enough_text = self.tr("enough")
        self.spread.empty_text = self.tr("Available after the second image")
        growth.column.addWidget(self.spread)
        self.details_column.addWidget(growth)
        among = Section(self.tr("Among other participants"))
        self._among = among
        self.scatter: PeopleScatter | None = None
        self.others = QStackedWidget()
        self.others.setFixedHeight(SCATTER_PX)
        few = label(self.tr("Available with three or more participants in the study"), "dim", wrap=True)
        few.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.others.addWidget(few)
        among.column.addWidget(self.others)
        self.details_column.addWidget(among)
        trust = Section(self.tr("Reliability"))
        self.trust = FigureTable(["", ""], column_px=80, rules=False)
        trust.column.addWidget(self.trust)
        # last in its column: words of several lines move nothing else
        self.drift_words = label("", "small", wrap=True)
        trust.column.addWidget(self.drift_words)
        self.details_column.addWidget(trust)

    def _show_embedding(self) -> None:
        model, progress = self._model, self._model.progress
        n_planned = model.status.n_trials
        history = progress.history if progress else ()
        n_pairs = progress.n_pairs if progress else 0
        left = progress.images_left if progress else None
        total = n_pairs + left if left is not None else max(n_planned, 1)
        is_enough = progress is not None and progress.is_enough
        self.ring.show_share(str(n_pairs), n_pairs / max(total, 1), tone="ok" if is_enough else "accent")
        set_text(self._stable, self._known_words(progress))
        set_text(self._more, self._time_words(left))
        left_open = [(s.n_pairs, 1 - s.certainty) for s in history]
        self.spread.show_history(left_open, enough=1 - MIN_CERTAINTY, n_planned=n_planned)
        embedding = progress.embedding if progress else None
        plane = model.people.plane(model.person, embedding) if embedding else None
        set_text(
            self._among.heading,
            self.tr("{0} among {1} participants").format(model.person or UNKNOWN, len(plane.names))
            if plane is not None
            else self.tr("Among other participants"),
        )
        self._show_others(plane)

    def _show_others(self, plane: EmbeddingPlane | None) -> None:
        if self.scatter is None and len(self._model.people.embeddings) >= People.LEAST:
            self.scatter = PeopleScatter(self.theme, is_small=True)
            self.scatter.person_wanted.connect(self.person_wanted)
            self.others.addWidget(self.scatter)
        if self.scatter is not None and plane is not None:
            self.scatter.show_people(plane, self._model.person)
            self.others.setCurrentWidget(self.scatter)
        else:
            self.others.setCurrentIndex(0)

    def _show_trust(self) -> None:
        model, progress = self._model, self._model.progress
        last = progress.history[-1] if progress and progress.history else None
        halves = last.halves if last else math.nan
        is_viewing = last is not None and last.viewing >= EnoughRule().min_viewing
        # what a cosine means depends on the person and on how much was seen: the likelihood ratio says whether it is
        # one person's; and halves of gaze that does not follow the images agree as well, which is nothing to trust
        identity = progress.identity if progress else Identity.OPEN
        is_one = identity is Identity.ONE
        tone = "" if math.isnan(halves) else "ok" if is_viewing and is_one else "warn"
        self.trust.show_row(self.tr("Split-half agreement"), [Cell(format_score(halves), tone)])
        viewing = last.viewing if last else math.nan
        words = UNKNOWN if math.isnan(viewing) else self.tr("yes") if is_viewing else self.tr("not sure yet")
        is_bad = last is not None and is_no_viewing(last)
        self.trust.show_row(
            self.tr("Gaze follows the images"),
            [Cell(self.tr("no") if is_bad else words, "bad" if is_bad else "ok" if is_viewing else "")],
        )
        persons = {
            Identity.ONE: Cell(self.tr("yes"), "ok"),
            Identity.OPEN: Cell(self.tr("not sure yet")),
            Identity.TWO: Cell(self.tr("no"), "bad"),
            Identity.OTHER: Cell(self.tr("no"), "bad"),
        }
        can_tell = last is not None and not math.isnan(last.one_person) and not math.isinf(last.one_person)
        self.trust.show_row(self.tr("Gaze of one person"), [persons[identity] if can_tell else Cell(UNKNOWN)])
        moved = last.moved if last else math.nan
        self.trust.show_row(self.tr("Change by last image"), [format_score(moved)])
        verdict = model.status.validation.verdict if model.status.validation else ""
        verdicts = {
            "pass": (self.tr("good"), "ok"),
            "warn": (self.tr("usable"), "warn"),
            "fail": (self.tr("poor"), "bad"),
        }
        self.trust.show_row(self.tr("Gaze quality"), [Cell(*verdicts.get(verdict, (UNKNOWN, "")))])
        loss = float(np.mean([t.data_loss for t in model.maps.trials])) if model.maps.trials else math.nan
        self.trust.show_row(self.tr("Data loss"), [Cell(format_share(loss), "warn" if loss > 0.2 else "")])
        mean = [t.n_fixations for t in progress.history if t.n_fixations] if progress else []
        self.trust.show_row(self.tr("Fixations per image"), [format_figure(float(np.mean(mean)) if mean else None, 1)])

    def _show_drift(self) -> None:
        drift = self._model.status.drift
        words = explain_drift(drift, tr) if drift is not None else ""
        set_text(self.drift_words, words)
        set_tone(self.drift_words, "" if drift is None or drift.ok or drift.is_corrected else "warn")

    def _known_words(self, progress: EnrolmentProgress | None) -> str:
        if progress is None or not progress.history:
            return self.tr("Nothing is known about this participant yet.")
        if is_no_viewing(progress.history[-1]):
            return self.tr("Gaze does not follow the images. Check that the participant looks at them, and calibrate.")
        if progress.identity is Identity.OTHER:
            return self.tr(
                "Today's gaze looks like another person's than that of the earlier sessions. Check who is here."
            )
        if progress.identity is Identity.TWO:
            return self.tr(
                "This looks like the gaze of two people. Check who is here; record each under their own name."
            )
        if progress.n_earlier == progress.n_pairs:
            return counted(
                progress.n_pairs,
                self.tr("{0} image is known from earlier sessions; today's are added."),
                self.tr("{0} images are known from earlier sessions; today's are added."),
            )
        if progress.is_enough:
            return self.tr("Enough is known after {0} images.").format(progress.n_pairs)
        if progress.images_left is None:
            return self.tr("Too early to tell how many images it takes.")
        if progress.images_left == 1:
            return self.tr("About 1 more image until the embedding is stable.")
        return self.tr("About {0} more images until the embedding is stable.").format(progress.images_left)

    def _time_words(self, images_left: int | None) -> str:
        if not self._model.is_attached or images_left is None:
            return self.tr("Time left is not known yet")
        if images_left == 0:
            return self.tr("More images refine it only slightly")
        trials = self._model.status.plan.trials
        seconds = images_left * (trials.duration_s + trials.fixation_cross_s + trials.blank_s)
        if seconds < 45:
            return self.tr("about half a minute more")
        return self.tr("about {0} min more").format(max(1, round(seconds / 60)))

    def _show_finding(self, is_break: bool) -> None:
        model, status = self._model, self._model.status
        n_done, n_all = status.n_done, status.n_trials
        what = self.tr("Enrolment") if self._phase == "enrol" else self.tr("Overlay")
        if status.phase == "practice":
            what = self.tr("Practice")
        if not model.is_attached:
            self.show_state(PageState.EMPTY, self.tr("No session is running."), self.tr("Set up and calibrate first."))
        elif status.state is State.FAILED:
            self.show_state(PageState.FAILED, notice_words(status), self.tr("Everything recorded so far is kept."))
        elif status.state is State.FINISHED:
            self.show_state(
                PageState.DONE,
                self.tr("All images were viewed.")
                if n_done >= n_all
                else counted(
                    n_all, self.tr("Ended after {1} of {0} image."), self.tr("Ended after {1} of {0} images."), n_done
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
                # the maps need the room, and would be drawn at another size and back with each image
                self.show_state(
                    PageState.WORKING,
                    self.tr("{0}: image {1} of {2}").format(what, min(n_done + 1, n_all), n_all),
                    steps.get(status.step, ""),
                    is_quiet=status.step is not SessionStep.DRIFT,
                )
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
    'CC .61   NSS 1.9'
    """
    if scores is None:
        return f"CC {UNKNOWN}   NSS {UNKNOWN}"
    return f"CC {format_score(scores.cc)}   NSS {format_figure(scores.nss, 1)}"
