"""Moves a session from state to state: what follows on time, on findings, on trouble."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from gazeapp.devices.tracker import OnDeviceCalibration, Reconnectable, TrackerNotice
from gazeapp.errors import InvalidTransition
from gazeapp.experiment.audience import Audience
from gazeapp.experiment.calibration_history import CalibrationBook
from gazeapp.experiment.calibration_procedure import ProcedureSettings
from gazeapp.experiment.calibration_run import CalibrationRun
from gazeapp.experiment.participant_display import Blank, Curtain, Message, ParticipantDisplay
from gazeapp.experiment.plan import CalibrationPlan, ExperimentPlan
from gazeapp.experiment.schedule import PlannedTrial
from gazeapp.experiment.state import ALLOWED, FOLLOWS, Command, SessionStep, State
from gazeapp.experiment.target_presenter import Worker
from gazeapp.experiment.tracker_connection import TrackerConnection
from gazeapp.experiment.trial import StimulusSource
from gazeapp.experiment.trial_sequence import Demand, TrialSequence
from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.events import Note, PhaseStarted, StateChanged, TrackerEvent

PAUSE_TEXT = "One moment, please."
END_TEXT = "That was all.\nThank you."


class GazeFeed(Protocol):
    """Where the controller reads new gaze; a cursor of the sample ring is one."""

    def read(self) -> GazeSamples:
        """Uncorrected samples that arrived since the last call."""
        ...


class SessionFlow:
    """What `SessionController` steers; its commands are checked there and carried out here.

    Args: as for `SessionController`.
    """

    def __init__(
        self,
        plan: ExperimentPlan,
        schedule: Sequence[PlannedTrial],
        *,
        display: Display,
        stage: ParticipantDisplay,
        gaze: GazeFeed,
        stimuli: StimulusSource,
        device: OnDeviceCalibration | None,
        tracker: Reconnectable | None,
        worker: Worker,
        settings: ProcedureSettings,
    ) -> None:
        self.plan = plan
        self.audience = Audience()
        self.curtain = Curtain(stage)
        self.book = CalibrationBook(
            plan.quality.to_limits(),
            display,
            plan.calibration.model,
            drift_warn_deg=plan.calibration.drift_warn_deg,
            on_row=self.audience.tell_row,
        )
        self.desk = CalibrationRun(
            plan,
            self.book,
            display=display,
            curtain=self.curtain,
            emit=self.audience.tell,
            device=device,
            worker=worker,
            settings=settings,
        )
        self.trials = TrialSequence(
            plan, schedule, source=stimuli, display=display, curtain=self.curtain, emit=self.audience.tell
        )
        self.link = TrackerConnection(tracker, worker, self.audience.tell)
        self._gaze = gaze
        self.state = State.IDLE
        self.phase = ""
        self.message = ""
        self._was_enough = False
        self._resume_to = State.IDLE
        self._has_focus = True
        self._is_known = False

    @property
    def step(self) -> SessionStep:
        """What the participant is doing right now."""
        if self.state is State.PAUSED or self.state.is_over:
            return SessionStep.NONE
        return self.desk.step if self.desk.is_busy else self.trials.step

    # What may be asked for.

    def allowed_commands(self) -> frozenset[Command]:
        """The commands that would not be refused now."""
        allowed = set(ALLOWED[self.state])
        if self.desk.is_fitting:
            return frozenset(allowed & {Command.ABORT})
        if not self.link.is_up or not self._has_focus:
            allowed.discard(Command.RESUME)
        if not self.link.is_up:
            allowed.discard(Command.RECALIBRATE)
        if not self.link.is_offered:
            allowed.discard(Command.RECONNECT)
        if self.trials.current is None:
            allowed.discard(Command.START_TRIALS)
        if self.state is State.CONNECTED and "calibrate" in self.plan.phases:
            allowed -= {Command.START_TRIALS, Command.START_VALIDATION}
        if not self.trials.phase:
            allowed.discard(Command.END_PHASE)
        if not self.trials.is_break:
            allowed.discard(Command.CONTINUE)
        if not self.book.can_correct_drift:
            allowed.discard(Command.CORRECT_DRIFT)
        if not any(attempt.ok for attempt in self.book.attempts):
            allowed.discard(Command.SELECT_CALIBRATION)
        return frozenset(allowed)

    def require(self, command: Command) -> None:
        """Refuse a command that is not allowed now with InvalidTransition."""
        if command in self.allowed_commands():
            return
        raise InvalidTransition(
            f"cannot {command.value} while the session is {self.state.value}"
            + (f": {self.message}" if self.message else ""),
            state=self.state.value,
            command=command.value,
        )

    # Time.

    def tick(self, now_s: float) -> None:
        """Let time pass: read new gaze, move targets and trials on."""
        samples = self._gaze.read()
        self.message = self.link.tick(now_s) or self.message
        if self.state is State.PAUSED or self.state.is_over:
            return
        if self.desk.is_busy:
            if self.desk.tick(now_s, samples):
                self._targets_done(now_s)
        elif self.state is State.RUNNING:
            if self._is_known and self.phase == "enrol":
                self._is_known = False
                self.end_phase(now_s, "enough is known")
            self.run_trials(now_s, samples)

    def run_trials(self, now_s: float, samples: GazeSamples) -> None:
        """Move the images on, and meet what they demand."""
        match self.trials.tick(now_s, self.book.correction.apply(samples)):
            case Demand.DRIFT:
                self.desk.start("drift", now_s)
            case Demand.RECALIBRATE:
                self.start_targets("calibrate", now_s)
            case Demand.END:
                self._show_text(END_TEXT)
                self.change(State.FINISHED, now_s)
            case Demand.NONE:
                if self.trials.step is not SessionStep.BREAK and self.trials.phase:
                    self.phase = self.trials.phase

    def _targets_done(self, now_s: float) -> None:
        purpose, self.message = self.desk.take_outcome()
        if purpose == "drift":
            drift = self.book.drift
            if drift is not None and not drift.ok:
                self.pause(now_s, drift.sentence)
            return
        self.show_blank()
        if purpose == "validate" and self.book.validation is not None:
            self.change(State.VALIDATED, now_s)
        elif self.book.selected is not None:
            self.change(State.CALIBRATED, now_s)
        else:
            self.change(State.CONNECTED, now_s, self.message)

    # What commands and reports lead to.

    def start_targets(self, purpose: str, now_s: float) -> None:
        """Begin a calibration or validation."""
        self.desk.start(purpose, now_s)
        self.message = ""
        self.phase = purpose
        self.change(State.CALIBRATING if purpose == "calibrate" else State.VALIDATING, now_s)
        self.audience.tell(PhaseStarted(time_s=now_s, phase=purpose))

    def set_up_calibration(self, calibration: CalibrationPlan, now_s: float) -> None:
        """Change how gaze is calibrated and checked."""
        self.plan = replace(self.plan, calibration=calibration)
        self.desk.use_plan(self.plan)
        self.book.fit_as(calibration.model, now_s)
        if self.state is State.VALIDATED and self.book.validation is None:
            self.change(State.CALIBRATED, now_s, "fitted anew")
        self.audience.tell(
            Note(
                time_s=now_s,
                text=(
                    f"calibration set up: {calibration.points} targets, {calibration.validation_points} to validate, "
                    f"{calibration.model}, {calibration.target}, {calibration.pacing}"
                ),
            )
        )

    def change_points(self, change: Callable[[], None], now_s: float) -> None:
        """Redo or drop targets; where that shows targets again, the state follows."""
        was_busy = self.desk.is_busy
        change()
        if not was_busy and self.desk.shows_targets:
            again = State.CALIBRATING if self.desk.purpose == "calibrate" else State.VALIDATING
            self.change(again, now_s, "points again")

    def end_phase(self, now_s: float, reason: str) -> None:
        """Leave out the rest of the phase's images."""
        self.audience.tell(Note(time_s=now_s, text=f"{self.phase} ended early: {reason}"))
        self.trials.end_phase(self.phase)

    def pause(self, now_s: float, reason: str) -> None:
        """Clear the screen; an interrupted trial is recorded as such and repeated."""
        self.message = reason
        if self.state in (State.IDLE, State.PAUSED) or self.state.is_over:
            return
        self._resume_to = self.state
        self.desk.restart_current(now_s)
        self.trials.interrupt(now_s, reason)
        self._show_text(PAUSE_TEXT)
        self.change(State.PAUSED, now_s, reason)

    def resume(self, now_s: float) -> None:
        """Go on where the session was paused."""
        self.message = ""
        attempts = self.book.attempts
        if self._resume_to in (State.CONNECTED, State.CALIBRATED) and attempts and not attempts[-1].ok:
            # what the loss of the tracker ended is still what the experimenter has to know
            self.message = f"{attempts[-1].sentence} {attempts[-1].next_step}"
        self.change(self._resume_to, now_s, "resumed")
        self.show_blank()
        self.trials.show_again()

    def stop(self, now_s: float, state: State, reason: str) -> None:
        """End as `state`, and keep everything."""
        self.desk.stop(now_s)
        self.trials.interrupt(now_s, reason)
        self._show_text(END_TEXT)
        self.change(state, now_s, reason)

    def reconnect(self, now_s: float) -> None:
        """Connect the tracker again, on the worker."""
        self.message = "Connecting the tracker again …"
        self.desk.lose_device(now_s)
        self.link.reconnect(self.desk.restorer())

    def report_problem(self, problem: TrackerNotice, now_s: float) -> None:
        """A tracker problem: a lost tracker pauses, a restored one allows to resume, everything is recorded."""
        self.audience.tell(
            TrackerEvent(time_s=problem.time_s, kind=problem.kind, message=problem.message, gap_s=problem.gap_s)
        )
        if problem.kind == "lost":
            self.link.lose(now_s)
            self.pause(now_s, f"The tracker was lost: {problem.message}.")
        elif problem.kind == "restored" and self.link.regain(self.desk.restorer()):
            self.desk.lose_device(now_s)
            if self.state is State.PAUSED:
                self.message = "The tracker is back. Check drift or resume."

    def report_focus(self, has_focus: bool, now_s: float) -> None:
        """The participant's window lost or regained the keyboard."""
        self._has_focus = has_focus
        if not has_focus and self.state in (State.CALIBRATING, State.VALIDATING, State.RUNNING):
            self.pause(now_s, "The participant's window lost the focus; click it, then resume.")

    def report_enough(self, is_enough: bool) -> None:
        """Whether the stop rule is met by what the networks learnt so far; trials end when it newly is."""
        self._is_known = is_enough and self.plan.trials.stop_when_enough and not self._was_enough
        self._was_enough = is_enough

    def change(self, new: State, now_s: float, reason: str = "") -> None:
        """Go to another state, and tell."""
        old = self.state
        if new is old:
            return
        ends = new.is_over and not old.is_over
        assert ends or new in FOLLOWS[old], f"{old.value} cannot become {new.value}"
        self.state = new
        self.audience.tell(StateChanged(time_s=now_s, old=old.value, new=new.value, reason=reason))

    def show_blank(self) -> None:
        """Nothing but the background."""
        self.curtain.show(Blank(background=self.plan.stimuli.background))

    def _show_text(self, text: str) -> None:
        self.curtain.show(Message(background=self.plan.stimuli.background, text=text))
