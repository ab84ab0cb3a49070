"""Leads one session from connecting the tracker to its end: commands in, scenes and events out.

The controller owns no thread and reads no clock. Whoever owns it calls `tick(now_s)` often (the window's timer, a loop
on a manual clock) and gives commands on the same thread; it answers by showing scenes on the stage and by telling its
observers every `Event` and every row that is to be stored. A command that the present state does not allow raises
InvalidTransition and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from gazeapp.calibration.attempt import CalibrationAttempt
from gazeapp.calibration.book import CalibrationBook, QualityRow
from gazeapp.calibration.procedure import PointResult, ProcedureSettings
from gazeapp.calibration.targets import TargetPoint
from gazeapp.calibration.validation import DriftReport, ValidationReport
from gazeapp.devices.tracker import OnDeviceCalibration, TrackerProblem
from gazeapp.errors import InvalidTransition
from gazeapp.gaze.correction import Correction
from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import GazeSamples
from gazeapp.live.enrolment import EnrolmentProgress
from gazeapp.session.curtain import Curtain
from gazeapp.session.plan import ExperimentPlan
from gazeapp.session.schedule import PlannedTrial
from gazeapp.session.stage import Blank, Message, Scene, Stage
from gazeapp.session.state import ALLOWED, FOLLOWS, Command, State, Step
from gazeapp.session.target_desk import TargetDesk
from gazeapp.session.target_phase import Worker, run_at_once
from gazeapp.session.trial_phase import StimulusSource
from gazeapp.session.trial_run import ChooseImage, Demand, TrialRun
from gazeapp.store.events import Event, Note, PhaseStarted, StateChanged, TrackerEvent

PAUSE_TEXT = "One moment, please."
END_TEXT = "That was all.\nThank you."


class GazeFeed(Protocol):
    """Where the controller reads new gaze; a cursor of the sample ring is one."""

    def read(self) -> GazeSamples:
        """Uncorrected samples that arrived since the last call."""
        ...


class SessionController:
    """The state machine of one session.

    Args:
        plan: What happens.
        schedule: Every trial of it, from `session.schedule.build_schedule`.
        display: The participant's screen.
        stage: What shows scenes on it.
        gaze: The controller's own place in the gaze stream.
        stimuli: Pixels and places of the images.
        device: The tracker's own calibration, where it has one; else calibration is done in software.
        worker: Runs the device's calls, which may block.
        settings: When gaze at a target counts; the defaults follow the plan's pacing.
    """

    def __init__(
        self, plan: ExperimentPlan, schedule: Sequence[PlannedTrial], *,
        display: Display, stage: Stage, gaze: GazeFeed, stimuli: StimulusSource,
        device: OnDeviceCalibration | None = None, worker: Worker = run_at_once,
        settings: ProcedureSettings | None = None,
    ) -> None:  # fmt: skip
        self._plan = plan
        self._curtain = Curtain(stage)
        self._gaze = gaze
        self._book = CalibrationBook(
            plan.quality.to_limits(),
            display,
            plan.calibration.model,
            drift_warn_deg=plan.calibration.drift_warn_deg,
            on_row=self._tell_row,
        )
        self._desk = TargetDesk(
            plan, self._book, display=display, curtain=self._curtain, emit=self._emit,
            device=device, worker=worker, settings=settings or ProcedureSettings(pacing=plan.calibration.pacing),
        )  # fmt: skip
        self._trials = TrialRun(
            plan, schedule, source=stimuli, display=display, curtain=self._curtain, emit=self._emit
        )
        self._state = State.IDLE
        self._resume_to = State.IDLE
        self._phase = ""
        self._message = ""
        self._is_lost = False
        self._has_focus = True
        self._has_run = False
        self._progress: EnrolmentProgress | None = None
        self._is_known = False
        self._event_observers: list[Callable[[Event], None]] = []
        self._row_observers: list[Callable[[QualityRow], None]] = []

    # What is: every property is cheap and may be read after any tick.

    @property
    def plan(self) -> ExperimentPlan:
        """What was planned."""
        return self._plan

    @property
    def state(self) -> State:
        """Where the session stands."""
        return self._state

    @property
    def step(self) -> Step:
        """What the participant is doing right now."""
        if self._state is State.PAUSED or self._state.is_over:
            return Step.NONE
        return self._desk.step if self._desk.is_busy else self._trials.step

    @property
    def phase(self) -> str:
        """One of "calibrate", "validate", "enrol", "overlay", or "" before the first."""
        return self._phase

    @property
    def scene(self) -> Scene | None:
        """What was last put on the participant's screen."""
        return self._curtain.scene

    @property
    def schedule(self) -> tuple[PlannedTrial, ...]:
        """Every trial of the plan."""
        return self._trials.schedule

    @property
    def current_trial(self) -> PlannedTrial | None:
        """The trial on screen or next; None after the last."""
        return self._trials.current

    @property
    def exposure(self) -> int | None:
        """Running number of the image on screen, as in `StimulusShown.trial`; a repeated trial gets a new one."""
        return self._trials.exposure

    @property
    def exposures(self) -> Mapping[int, PlannedTrial]:
        """Which trial each exposure so far belongs to."""
        return self._trials.exposures

    def delays_s(self, exposure: int) -> dict[str, float]:
        """How late the screen showed (`onset_delay_s`) and hid (`offset_delay_s`) an exposure, as far as it did."""
        return self._trials.delays_s(exposure)

    @property
    def interrupted(self) -> frozenset[int]:
        """Exposures that were taken off before their time."""
        return self._trials.interrupted

    @property
    def n_trials(self) -> int:
        """Trials of the plan, less those of a phase that was ended early."""
        return self._trials.n_trials

    @property
    def n_done(self) -> int:
        """Trials completed; interrupted ones do not count."""
        return self._trials.n_done

    def time_left_s(self, now_s: float) -> float:
        """Until the present step ends; NaN where that is open."""
        return self._trials.time_left_s(now_s)

    def session_left_s(self) -> float:
        """Estimate until the last image is gone, breaks included."""
        return self._trials.left_s()

    @property
    def targets(self) -> tuple[PointResult, ...]:
        """Every target of the latest calibration, validation or drift check, with its state and gaze."""
        return self._desk.points

    @property
    def current_target(self) -> TargetPoint | None:
        """The target on screen."""
        return self._desk.current

    def target_progress(self, now_s: float) -> float:
        """How far the current target is, 0 to 1."""
        return self._desk.progress(now_s)

    @property
    def attempts(self) -> tuple[CalibrationAttempt, ...]:
        """All calibrations of this session, failed ones too."""
        return self._book.attempts

    @property
    def selected_attempt(self) -> CalibrationAttempt | None:
        """The calibration in use."""
        return self._book.selected

    @property
    def correction(self) -> Correction:
        """In use now; identity before a calibration and with calibrations on the device."""
        return self._book.correction

    @property
    def validation(self) -> ValidationReport | None:
        """Of the calibration in use; None once that changes."""
        return self._book.validation

    @property
    def drift(self) -> DriftReport | None:
        """The latest drift check of the calibration in use."""
        return self._book.drift

    @property
    def embedding_progress(self) -> EnrolmentProgress | None:
        """How well the person is known so far; None before the first report."""
        return self._progress

    @property
    def message(self) -> str:
        """What the experimenter should know right now, with the next step; empty when all is well."""
        return self._message

    def allowed_commands(self) -> frozenset[Command]:
        """The commands that would not be refused now."""
        allowed = set(ALLOWED[self._state])
        if self._desk.is_fitting:
            return frozenset(allowed & {Command.ABORT})
        if self._is_lost or not self._has_focus:
            allowed.discard(Command.RESUME)
        if self._trials.current is None:
            allowed.discard(Command.START_TRIALS)
        if self._state is State.CONNECTED and "calibrate" in self._plan.phases:
            allowed -= {Command.START_TRIALS, Command.START_VALIDATION}
        if not self._trials.phase:
            allowed.discard(Command.END_PHASE)
        if not self._trials.is_break:
            allowed.discard(Command.CONTINUE)
        if not self._book.can_correct_drift:
            allowed.discard(Command.CORRECT_DRIFT)
        if not any(attempt.ok for attempt in self._book.attempts):
            allowed.discard(Command.SELECT_CALIBRATION)
        return frozenset(allowed)

    # Who listens.

    def add_observer(self, on_event: Callable[[Event], None]) -> None:
        """Have every event told, on the controller's thread, in order."""
        self._event_observers.append(on_event)

    def add_row_observer(self, on_row: Callable[[QualityRow], None]) -> None:
        """Have every calibration, correction and validation told that is to be stored."""
        self._row_observers.append(on_row)

    def choose_images_by(self, choose: ChooseImage) -> None:
        """Have the images of the enrol phase chosen one by one: (stimuli left, stimuli shown) → the next."""
        self._trials.choose_images_by(choose)

    # Time.

    def tick(self, now_s: float) -> None:
        """Let time pass: read new gaze, move targets and trials on."""
        samples = self._gaze.read()
        if self._state is State.PAUSED or self._state.is_over:
            return
        if self._desk.is_busy:
            if self._desk.tick(now_s, samples):
                self._targets_done(now_s)
        elif self._state is State.RUNNING:
            if self._is_known and self._phase == "enrol":
                self._is_known = False
                self.end_phase(now_s, "enough is known")
            demand = self._trials.tick(now_s, self._book.correction.apply(samples))
            self._meet(demand, now_s)

    def _meet(self, demand: Demand, now_s: float) -> None:
        match demand:
            case Demand.DRIFT:
                self._desk.start("drift", now_s)
            case Demand.RECALIBRATE:
                self._start_targets("calibrate", now_s)
            case Demand.END:
                self._show_text(END_TEXT)
                self._change(State.FINISHED, now_s)
            case Demand.NONE:
                if self._trials.step is not Step.BREAK and self._trials.phase:
                    self._phase = self._trials.phase

    def _targets_done(self, now_s: float) -> None:
        purpose, self._message = self._desk.take_outcome()
        if purpose == "drift":
            drift = self._book.drift
            if drift is not None and not drift.ok:
                self._pause(now_s, drift.sentence)
            return
        self._show_blank()
        if purpose == "validate" and self._book.validation is not None:
            self._change(State.VALIDATED, now_s)
        elif self._book.selected is not None:
            self._change(State.CALIBRATED, now_s)
        else:
            self._change(State.CONNECTED, now_s, self._message)

    # Commands: each raises InvalidTransition where it is not allowed.

    def connect(self, now_s: float) -> None:
        """The tracker delivers gaze."""
        self._require(Command.CONNECT)
        self._show_blank()
        self._change(State.CONNECTED, now_s)

    def start_calibration(self, now_s: float) -> None:
        """Show the calibration targets; earlier calibrations stay as attempts."""
        self._require(Command.START_CALIBRATION)
        self._start_targets("calibrate", now_s)

    def start_validation(self, now_s: float) -> None:
        """Show the validation targets."""
        self._require(Command.START_VALIDATION)
        self._start_targets("validate", now_s)

    def accept_point(self, now_s: float) -> None:
        """Take the gaze at the target on screen now (key-paced, or to hurry an automatic one)."""
        self._require(Command.ACCEPT_POINT)
        self._desk.accept()

    def redo_points(self, target_ids: Iterable[int], now_s: float) -> None:
        """Collect these targets again; the others keep their gaze."""
        self._require(Command.REDO_POINTS)
        was_busy = self._desk.is_busy
        self._desk.redo(target_ids, now_s)
        if not was_busy and self._desk.is_busy:
            again = State.CALIBRATING if self._desk.purpose == "calibrate" else State.VALIDATING
            self._change(again, now_s, "points again")

    def drop_points(self, target_ids: Iterable[int], now_s: float) -> None:
        """Fit or judge without these targets."""
        self._require(Command.DROP_POINTS)
        self._desk.drop(target_ids, now_s)

    def select_calibration(self, number: int, now_s: float) -> None:
        """Use another attempt; a validation of software calibrations is computed anew from the same gaze."""
        self._require(Command.SELECT_CALIBRATION)
        self._book.select(number, now_s)
        self._desk.restore_on_device(now_s)
        if self._state is State.VALIDATED and self._book.validation is None:
            self._change(State.CALIBRATED, now_s, f"calibration {number} selected")

    def start_trials(self, now_s: float, *, despite: str = "") -> None:
        """Begin the images, or go on with them.

        Args:
            now_s: Session time.
            despite: Why a failed, missing or insufficient validation is accepted; it is recorded. Needed then.
        """
        self._require(Command.START_TRIALS)
        validation = self._book.validation
        if "validate" in self._plan.phases and (validation is None or validation.verdict == "fail"):
            if not despite:
                finding = "no validation" if validation is None else "the validation failed"
                raise InvalidTransition(
                    f"{finding}: validate (again), or say why the images start all the same",
                    state=self._state.value, command=Command.START_TRIALS.value,
                )  # fmt: skip
            self._emit(Note(time_s=now_s, text=f"images started despite the validation: {despite}"))
        self._message = ""
        self._desk.leave_device()
        self._change(State.RUNNING, now_s)
        self._meet(self._trials.tick(now_s, GazeSamples.empty()), now_s)

    def continue_now(self, now_s: float) -> None:
        """End a break before its time."""
        self._require(Command.CONTINUE)
        self._trials.end_break(now_s)

    def check_drift(self, now_s: float) -> None:
        """Show one target before the next image."""
        self._require(Command.CHECK_DRIFT)
        self._trials.ask_for_drift_check()

    def correct_drift(self, now_s: float) -> None:
        """Shift the correction by what the latest drift check found."""
        self._require(Command.CORRECT_DRIFT)
        self._book.correct_drift(now_s)
        self._message = ""

    def recalibrate(self, now_s: float) -> None:
        """Leave the images for a calibration; they go on afterwards where they stopped."""
        self._require(Command.RECALIBRATE)
        self._trials.interrupt(now_s, "recalibration")
        self._start_targets("calibrate", now_s)

    def end_phase(self, now_s: float, reason: str = "ended by the experimenter") -> None:
        """Leave out the rest of the phase's images and go on with the next phase; the one on screen stays its time."""
        self._require(Command.END_PHASE)
        self._emit(Note(time_s=now_s, text=f"{self._phase} ended early: {reason}"))
        self._trials.end_phase(self._phase)

    def pause(self, now_s: float, reason: str = "") -> None:
        """Clear the screen; an interrupted trial is recorded as such and repeated."""
        self._require(Command.PAUSE)
        self._pause(now_s, reason)

    def resume(self, now_s: float) -> None:
        """Go on where the session was paused."""
        self._require(Command.RESUME)
        self._message = ""
        self._change(self._resume_to, now_s, "resumed")
        self._show_blank()
        self._trials.show_again()

    def abort(self, now_s: float, reason: str = "") -> None:
        """End now and keep everything."""
        self._require(Command.ABORT)
        self._stop(now_s, reason or "aborted")
        self._change(State.FINISHED, now_s, reason or "aborted")

    # What the outside reports.

    def report_problem(self, problem: TrackerProblem, now_s: float) -> None:
        """A tracker problem: a lost tracker pauses, a restored one allows to resume, everything is recorded."""
        self._emit(TrackerEvent(
            time_s=problem.time_s, kind=problem.kind, message=problem.message, gap_s=problem.gap_s
        ))  # fmt: skip
        if problem.kind == "lost":
            self._is_lost = True
            self._pause(now_s, f"The tracker was lost: {problem.message}.")
        elif problem.kind == "restored":
            self._is_lost = False
            if self._state is State.PAUSED:
                self._message = "The tracker is back. Check drift or resume."

    def report_focus(self, has_focus: bool, now_s: float) -> None:
        """The participant's window lost or regained the keyboard."""
        self._has_focus = has_focus
        if not has_focus and self._state in (State.CALIBRATING, State.VALIDATING, State.RUNNING):
            self._pause(now_s, "The participant's window lost the focus; click it, then resume.")

    def report_failure(self, message: str, now_s: float) -> None:
        """The session cannot go on (full disk, dead display): it ends as FAILED with what was recorded."""
        if self._state.is_over:
            return
        self._stop(now_s, message)
        self._message = message
        self._change(State.FAILED, now_s, message)

    def report_progress(self, progress: EnrolmentProgress) -> None:
        """What the networks learnt so far."""
        self._is_known = (
            progress.is_enough
            and self._plan.trials.stop_when_enough
            and not (self._progress is not None and self._progress.is_enough)
        )
        self._progress = progress

    # Inside.

    def _start_targets(self, purpose: str, now_s: float) -> None:
        self._desk.start(purpose, now_s)
        self._message = ""
        self._phase = purpose
        self._change(State.CALIBRATING if purpose == "calibrate" else State.VALIDATING, now_s)
        self._emit(PhaseStarted(time_s=now_s, phase=purpose))

    def _pause(self, now_s: float, reason: str) -> None:
        self._message = reason
        if self._state in (State.IDLE, State.PAUSED) or self._state.is_over:
            return
        self._resume_to = self._state
        self._desk.restart_current(now_s)
        self._trials.interrupt(now_s, reason)
        self._show_text(PAUSE_TEXT)
        self._change(State.PAUSED, now_s, reason)

    def _stop(self, now_s: float, reason: str) -> None:
        self._desk.stop(now_s)
        self._trials.interrupt(now_s, reason)
        self._show_text(END_TEXT)

    def _require(self, command: Command) -> None:
        if command in self.allowed_commands():
            return
        raise InvalidTransition(
            f"cannot {command.value} while the session is {self._state.value}"
            + (f": {self._message}" if self._message else ""),
            state=self._state.value, command=command.value,
        )  # fmt: skip

    def _change(self, new: State, now_s: float, reason: str = "") -> None:
        old = self._state
        if new is old:
            return
        ends = new.is_over and not old.is_over
        assert ends or new in FOLLOWS[old], f"{old.value} cannot become {new.value}"
        self._state = new
        self._emit(StateChanged(time_s=now_s, old=old.value, new=new.value, reason=reason))

    def _show_blank(self) -> None:
        self._curtain.show(Blank(background=self._plan.stimuli.background))

    def _show_text(self, text: str) -> None:
        self._curtain.show(Message(background=self._plan.stimuli.background, text=text))

    def _emit(self, event: Event) -> None:
        for on_event in self._event_observers:
            on_event(event)

    def _tell_row(self, row: QualityRow) -> None:
        for on_row in self._row_observers:
            on_row(row)
