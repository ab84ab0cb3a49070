"""Leads one session from connecting the tracker to its end: commands in, scenes and events out.

The controller owns no thread and reads no clock. Whoever owns it calls `tick(now_s)` often (the window's timer, a loop
on a manual clock) and gives commands on the same thread; it answers by showing scenes on the stage and by telling its
observers every `Event` and every row that is to be stored. A command that the present state does not allow raises
InvalidTransition and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from gazeapp.devices.tracker import OnDeviceCalibration, Reconnectable, TrackerNotice
from gazeapp.errors import InvalidTransition
from gazeapp.experiment.calibration_fit import CalibrationAttempt
from gazeapp.experiment.calibration_history import QualityRow
from gazeapp.experiment.calibration_procedure import PointResult, ProcedureSettings
from gazeapp.experiment.flow import GazeFeed, SessionFlow
from gazeapp.experiment.participant_display import ParticipantDisplay, Scene
from gazeapp.experiment.plan import CalibrationPlan, ExperimentPlan
from gazeapp.experiment.schedule import PlannedTrial
from gazeapp.experiment.state import Command, SessionStep, State
from gazeapp.experiment.target_presenter import Worker, run_at_once
from gazeapp.experiment.targets import TargetPoint
from gazeapp.experiment.tracker_connection import Connection, Reconnection
from gazeapp.experiment.trial import StimulusSource
from gazeapp.experiment.trial_sequence import ChooseImage
from gazeapp.experiment.validation import DriftReport, ValidationReport
from gazeapp.gaze.correction import Correction
from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.events import Event, Note


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
        tracker: What can be connected again after a loss; None where the tracker cannot.
        worker: Runs the device's calls, which may block.
        settings: When gaze at a target counts; the defaults follow the plan's pacing.
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
        device: OnDeviceCalibration | None = None,
        tracker: Reconnectable | None = None,
        worker: Worker = run_at_once,
        settings: ProcedureSettings | None = None,
    ) -> None:
        self._flow = SessionFlow(
            plan,
            schedule,
            display=display,
            stage=stage,
            gaze=gaze,
            stimuli=stimuli,
            device=device,
            tracker=tracker,
            worker=worker,
            settings=settings or ProcedureSettings(pacing=plan.calibration.pacing),
        )
        self._book, self._desk, self._trials = self._flow.book, self._flow.desk, self._flow.trials

    # What is: every property is cheap and may be read after any tick.

    @property
    def plan(self) -> ExperimentPlan:
        """What was planned."""
        return self._flow.plan

    @property
    def state(self) -> State:
        """Where the session stands."""
        return self._flow.state

    @property
    def step(self) -> SessionStep:
        """What the participant is doing right now."""
        return self._flow.step

    @property
    def phase(self) -> str:
        """One of "calibrate", "validate", "enrol", "overlay", or "" before the first."""
        return self._flow.phase

    @property
    def scene(self) -> Scene | None:
        """What was last put on the participant's screen."""
        return self._flow.curtain.scene

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
    def message(self) -> str:
        """What the experimenter should know right now, with the next step; empty when all is well."""
        return self._flow.message

    @property
    def link(self) -> Connection:
        """Whether the tracker can be reached; RECONNECT is among the allowed commands where that may help."""
        return self._flow.link.link

    @property
    def reconnection(self) -> Reconnection | None:
        """What came of the latest `reconnect`; None before one is over, and once the tracker is lost anew."""
        return self._flow.link.latest

    def allowed_commands(self) -> frozenset[Command]:
        """The commands that would not be refused now."""
        return self._flow.allowed_commands()

    # Who listens.

    def add_observer(self, on_event: Callable[[Event], None]) -> None:
        """Have every event told, on the controller's thread, in order."""
        self._flow.audience.add_observer(on_event)

    def add_row_observer(self, on_row: Callable[[QualityRow], None]) -> None:
        """Have every calibration, correction and validation told that is to be stored."""
        self._flow.audience.add_row_observer(on_row)

    def choose_images_by(self, choose: ChooseImage) -> None:
        """Have the images of the enrol phase chosen one by one: (stimuli left, stimuli shown) → the next."""
        self._trials.choose_images_by(choose)

    # Time.

    def tick(self, now_s: float) -> None:
        """Let time pass: read new gaze, move targets and trials on."""
        self._flow.tick(now_s)

    # Commands: each raises InvalidTransition where it is not allowed.

    def connect(self, now_s: float) -> None:
        """The tracker delivers gaze."""
        self._flow.require(Command.CONNECT)
        self._flow.show_blank()
        self._flow.change(State.CONNECTED, now_s)

    def set_up_calibration(self, calibration: CalibrationPlan, now_s: float) -> None:
        """Show, pace and fit targets differently from the next ones on; recorded as a note.

        Another model is at once fitted to the gaze of the software calibration in use: a further attempt.
        """
        self._flow.require(Command.START_CALIBRATION)
        self._flow.set_up_calibration(calibration, now_s)

    def start_calibration(self, now_s: float) -> None:
        """Show the calibration targets; earlier calibrations stay as attempts."""
        self._flow.require(Command.START_CALIBRATION)
        self._flow.start_targets("calibrate", now_s)

    def start_validation(self, now_s: float) -> None:
        """Show the validation targets."""
        self._flow.require(Command.START_VALIDATION)
        self._flow.start_targets("validate", now_s)

    def accept_point(self, now_s: float) -> None:
        """Take the gaze at the target on screen now (key-paced, or to hurry an automatic one)."""
        self._flow.require(Command.ACCEPT_POINT)
        self._desk.accept()

    def redo_points(self, target_ids: Iterable[int], now_s: float) -> None:
        """Collect these targets again; the others keep their gaze."""
        self._flow.require(Command.REDO_POINTS)
        self._flow.change_points(lambda: self._desk.redo(target_ids, now_s), now_s)

    def drop_points(self, target_ids: Iterable[int], now_s: float) -> None:
        """Fit or judge without these targets."""
        self._flow.require(Command.DROP_POINTS)
        self._flow.change_points(lambda: self._desk.drop(target_ids, now_s), now_s)

    def select_calibration(self, number: int, now_s: float) -> None:
        """Use another attempt; a validation of software calibrations is computed anew from the same gaze."""
        self._flow.require(Command.SELECT_CALIBRATION)
        self._book.select(number, now_s)
        self._desk.restore_on_device(now_s)
        if self.state is State.VALIDATED and self._book.validation is None:
            self._flow.change(State.CALIBRATED, now_s, f"calibration {number} selected")

    def start_trials(self, now_s: float, *, despite: str = "") -> None:
        """Begin the images, or go on with them.

        Args:
            now_s: Session time.
            despite: Why a failed, missing or insufficient validation is accepted; it is recorded. Needed then.
        """
        self._flow.require(Command.START_TRIALS)
        validation = self._book.validation
        if "validate" in self.plan.phases and (validation is None or validation.verdict == "fail"):
            if not despite:
                finding = "no validation" if validation is None else "the validation failed"
                raise InvalidTransition(
                    f"{finding}: validate (again), or say why the images start all the same",
                    state=self.state.value,
                    command=Command.START_TRIALS.value,
                )
            self._flow.audience.tell(Note(time_s=now_s, text=f"images started despite the validation: {despite}"))
        self._flow.message = ""
        self._desk.leave_device()
        self._flow.change(State.RUNNING, now_s)
        self._flow.run_trials(now_s, GazeSamples.empty())

    def continue_now(self, now_s: float) -> None:
        """End a break before its time."""
        self._flow.require(Command.CONTINUE)
        self._trials.end_break(now_s)

    def check_drift(self, now_s: float) -> None:
        """Show one target before the next image."""
        self._flow.require(Command.CHECK_DRIFT)
        self._trials.ask_for_drift_check()

    def correct_drift(self, now_s: float) -> None:
        """Shift the correction by what the latest drift check found."""
        self._flow.require(Command.CORRECT_DRIFT)
        self._book.correct_drift(now_s)
        self._flow.message = ""

    def recalibrate(self, now_s: float) -> None:
        """Leave the images for a calibration; they go on afterwards where they stopped."""
        self._flow.require(Command.RECALIBRATE)
        self._trials.interrupt(now_s, "recalibration")
        self._flow.start_targets("calibrate", now_s)

    def end_phase(self, now_s: float, reason: str = "ended by the experimenter") -> None:
        """Leave out the rest of the phase's images and go on with the next phase; the one on screen stays its time."""
        self._flow.require(Command.END_PHASE)
        self._flow.end_phase(now_s, reason)

    def pause(self, now_s: float, reason: str = "") -> None:
        """Clear the screen; an interrupted trial is recorded as such and repeated."""
        self._flow.require(Command.PAUSE)
        self._flow.pause(now_s, reason)

    def resume(self, now_s: float) -> None:
        """Go on where the session was paused."""
        self._flow.require(Command.RESUME)
        self._flow.resume(now_s)

    def reconnect(self, now_s: float) -> None:
        """Connect a lost tracker again and give it its calibration back.

        Returns at once; `reconnection` and an event tell later what came of it. The session stays paused until RESUME.
        """
        self._flow.require(Command.RECONNECT)
        self._flow.reconnect(now_s)

    def abort(self, now_s: float, reason: str = "") -> None:
        """End now and keep everything."""
        self._flow.require(Command.ABORT)
        self._flow.stop(now_s, State.FINISHED, reason or "aborted")

    # What the outside reports.

    def report_problem(self, problem: TrackerNotice, now_s: float) -> None:
        """A tracker problem: a lost tracker pauses, a restored one allows to resume, everything is recorded."""
        self._flow.report_problem(problem, now_s)

    def report_focus(self, has_focus: bool, now_s: float) -> None:
        """The participant's window lost or regained the keyboard."""
        self._flow.report_focus(has_focus, now_s)

    def report_failure(self, message: str, now_s: float) -> None:
        """The session cannot go on (full disk, dead display): it ends as FAILED with what was recorded."""
        if self.state.is_over:
            return
        self._flow.message = message
        self._flow.stop(now_s, State.FAILED, message)

    def report_enough(self, is_enough: bool) -> None:
        """Whether the stop rule is met by what the networks learnt so far."""
        self._flow.report_enough(is_enough)
