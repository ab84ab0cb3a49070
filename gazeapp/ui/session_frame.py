"""What the frame around the pages tells of a session: the state of every step, the pills, what the participant sees."""

from __future__ import annotations

import math
from collections.abc import Mapping

from PySide6.QtCore import QObject

from gazeapp.experiment.state import SessionStep, State
from gazeapp.ui.formatting import counted, format_clock, format_figure, format_share
from gazeapp.ui.models.session_model import SessionModel
from gazeapp.ui.models.setup_model import SetupModel
from gazeapp.ui.places import SIDE_PAGES, place_of
from gazeapp.ui.theme import Theme
from gazeapp.ui.widgets.participant_thumbnail import ParticipantThumbnail
from gazeapp.ui.widgets.step_list import StepItem, StepList, StepState
from gazeapp.ui.widgets.top_bar import TopBar

STEPS_S = 1.0
"""The figures beside the steps are brought up to date this often."""


class SessionFrame(QObject):
    """Fills the bar on top and the column of the way; `names` are those of the pages, by key."""

    def __init__(self, theme: Theme, setup: SetupModel, session: SessionModel, names: Mapping[str, str]) -> None:
        super().__init__()
        self._setup, self._session = setup, session
        self._names = {key: name for key, name in names.items() if place_of(key) == "record"}
        self.top = TopBar(theme)
        self.steps = StepList(theme, [self._item(key) for key in self._names])
        self.thumbnail = ParticipantThumbnail(theme, self.tr("Participant sees"))
        self._steps_s = math.nan

    def refresh(self) -> None:
        """Show everything."""
        self._show_steps()
        self.show_pills()
        self._show_thumbnail()

    def refresh_live(self) -> None:
        """Show what changes with gaze; rate and loss beside their steps only now and then."""
        if not self._session.now_s - self._steps_s < STEPS_S:
            self._show_steps()
        self.show_pills()
        self._show_thumbnail()

    def _item(self, key: str, state: StepState = "locked", figure: str = "") -> StepItem:
        icon = SIDE_PAGES[key][0] if key in SIDE_PAGES else ""
        return StepItem(key=key, name=self._names[key], state=state, figure=figure, icon=icon)

    def _show_steps(self) -> None:
        self._steps_s = self._session.now_s
        setup, session = self._setup, self._session
        status, has_results = session.status, bool(session.maps.trials)
        state, phase = status.state, status.phase
        attempt, validation = status.selected_attempt, status.validation
        has_run = session.is_attached
        is_failed = bool(status.attempts) and attempt is None and state is not State.CALIBRATING

        def flow(name: str, is_done: bool, is_open: bool) -> StepState:
            if phase == name and state in (State.CALIBRATING, State.VALIDATING, State.RUNNING):
                return "working"
            if phase == name and (state is State.PAUSED or (state.is_over and not is_done)):
                return "warn"
            if name not in (status.plan if has_run else setup.plan).phases:
                return "locked"  # the plan leaves it out: it is not done either
            return "done" if is_done else "open" if is_open else "locked"

        verdicts: dict[str, StepState] = {"pass": "done", "warn": "warn", "fail": "failed"}
        quality: StepState = verdicts[validation.verdict] if validation is not None else "locked"
        accuracy = validation.quality.summary.get("accuracy_deg") if validation else None

        def images(name: str, after: str) -> tuple[StepState, str]:
            """A phase of images; one that was ended early is over once the phase after it began."""
            count = status.count_of(name)
            is_after = bool(after) and phase == after
            is_begun = bool(count.n_done) or is_after or phase == name
            is_done = is_begun and count.n_done >= count.n_trials
            figure = f"{count.n_done} / {count.n_trials}" if is_begun and count.n_trials else ""
            return flow(name, is_done, attempt is not None), figure

        steps: dict[str, tuple[StepState, str]] = {
            "tracker": ("done" if has_run or setup.is_tracker_ready else "open", self._rate_text()),
            "screens": ("done" if has_run or setup.are_screens_ready else "open", ""),
            "calibrate": (
                "failed" if is_failed else flow("calibrate", attempt is not None, has_run),
                counted(len(attempt.points), self.tr("{0} point"), self.tr("{0} points")) if attempt else "",
            ),
            "validate": (
                flow("validate", False, attempt is not None)
                if validation is None or state is State.VALIDATING
                else quality,
                format_figure(accuracy, 2, "°") if validation else "",
            ),
            "enrol": images("enrol", "overlay"),
            "overlay": images("overlay", ""),
            "results": ("done" if state.is_over and has_results else "open" if has_results else "locked", ""),
            "universal": ("open", ""),
            "quality": (
                "open",
                self._loss_text(),
            ),
        }
        for key, (step_state, figure) in steps.items():
            self.steps.show_step(self._item(key, step_state, figure))

    def _loss_text(self) -> str:
        snapshot = self._session.snapshot
        if snapshot is None:
            return ""
        loss = snapshot.health.data_loss
        return self.tr("no gaze") if loss > 0.995 else self.tr("loss {0}").format(format_share(loss, 0))

    def _rate_text(self) -> str:
        snapshot = self._session.snapshot
        return format_figure(snapshot.health.rate_hz, 0, " Hz") if snapshot else ""

    def show_pills(self) -> None:
        """Show whose session it is, and how it does."""
        session, setup = self._session, self._setup
        self.top.show_study(setup.study_dir.name)
        # a session says whose it is; only without one, whom the next is of
        person = session.person if session.is_attached else setup.pseudonym
        is_paused = session.status.state is State.PAUSED
        self.top.show_person(person, is_recording=session.is_running, is_paused=is_paused)
        top = self.top
        health = session.snapshot.health if session.snapshot else None
        if not session.is_attached:
            for pill in (top.recording, top.tracker, top.quality):
                top.show_pill(pill, "")
            return
        if session.status.state is State.PAUSED:
            clock = format_clock(session.now_s)
            top.show_pill(top.recording, self.tr("Paused {0}").format(clock), "warn", short=clock)
        elif session.status.state.is_over:
            is_failed = session.status.state is State.FAILED
            words = self.tr("Stored") if session.is_saved else self.tr("Storing …")
            if is_failed:
                words = self.tr("Failed · stored") if session.is_saved else self.tr("Failed · storing …")
            top.show_pill(top.recording, words, "bad" if is_failed else "ok" if session.is_saved else "warn")
        else:
            clock = format_clock(session.now_s)
            top.show_pill(top.recording, self.tr("Recording {0}").format(clock), "bad", short=clock)
        name = setup.tracker.name if setup.tracker is not None else ""
        rate = format_figure(health.rate_hz if health else None, 0, " Hz")
        is_flowing = health is not None and health.rate_hz > 0
        top.show_pill(top.tracker, f"{name} · {rate}" if name else "", "ok" if is_flowing else "bad")
        validation = session.status.validation
        if validation is None:
            top.show_pill(top.quality, "")
            return
        accuracy = validation.quality.summary.get("accuracy_deg")
        words = self.tr("accuracy {0}").format(format_figure(accuracy, 2, "°"))
        if health is not None:
            words += " · " + self.tr("loss {0}").format(format_share(health.data_loss))
        top.show_pill(top.quality, words, {"pass": "ok", "warn": "warn", "fail": "bad"}[validation.verdict])

    def _show_thumbnail(self) -> None:
        screen, session = self._setup.participant_screen, self._session
        if screen is not None:
            self.thumbnail.show_screen(screen.width_px, screen.height_px, self.tr("Screen {0}").format(screen.text))
        left = session.time_left_s
        names = {
            SessionStep.TARGET: self.tr("target"),
            SessionStep.CROSS: self.tr("cross"),
            SessionStep.GATE: self.tr("cross, waiting"),
            SessionStep.STIMULUS: self.tr("image"),
            SessionStep.BLANK: self.tr("blank"),
            SessionStep.BREAK: self.tr("break"),
            SessionStep.INSTRUCTION: self.tr("instruction"),
            SessionStep.DRIFT: self.tr("drift target"),
            SessionStep.FIT: self.tr("tracker computes"),
        }
        words = names.get(session.status.step, self.tr("nothing"))
        if math.isfinite(left):
            digits = 1 if session.status.step is SessionStep.STIMULUS else 0
            words = self.tr("{0}, {1} left").format(words, format_figure(left, digits, " s"))
        if session.status.step is SessionStep.STIMULUS and not self._setup.plan.screens.show_overlay:
            words += " · " + self.tr("no overlay shown")
        self.thumbnail.show_scene(None if session.is_saved else session.status.scene, words)
