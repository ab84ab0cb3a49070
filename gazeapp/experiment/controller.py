"""Leads one session from connecting the tracker to its end: commands in, scenes, events and one status out.

The controller owns no thread and reads no clock. Whoever owns it calls `tick(now_s)` often (the window's timer, a loop
on a manual clock) and gives commands on the same thread; it answers by showing scenes on the participant's screen and
by telling its observers every `Event` and every row that is to be stored. Where the session then stands is one frozen
value, `status`. A command that the present state does not allow raises InvalidTransition and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import wraps
from typing import Concatenate, ParamSpec

from gazeapp.devices.tracker import OnDeviceCalibration, Reconnectable, TrackerNotice
from gazeapp.errors import InvalidTransition
from gazeapp.experiment import usual_words
from gazeapp.experiment.calibration_history import CalibrationHistory, QualityRow
from gazeapp.experiment.calibration_procedure import ProcedureSettings
from gazeapp.experiment.calibration_run import CalibrationRun
from gazeapp.experiment.continuation import Continuation
from gazeapp.experiment.findings import describe_drift, explain_calibration
from gazeapp.experiment.notice import Notice, NoticeKind
from gazeapp.experiment.participant_display import Blank, Message, ParticipantDisplay
from gazeapp.experiment.plan import CalibrationPlan, ExperimentPlan
from gazeapp.experiment.schedule import PlannedTrial
from gazeapp.experiment.state import ALLOWED, FOLLOWS, Command, SessionStep, State
from gazeapp.experiment.status import SessionStatus
from gazeapp.experiment.step_order import TARGETS
from gazeapp.experiment.target_presenter import Worker, run_at_once
from gazeapp.experiment.tracker_connection import TrackerConnection
from gazeapp.experiment.trial import Exposure, StimulusSource
from gazeapp.experiment.trial_sequence import ChooseImage, Demand, TrialSequence
from gazeapp.gaze.correction import Correction
from gazeapp.gaze.correction_timeline import GazeCursor
from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.events import Event, Note, PhaseStarted, StateChanged, TrackerEvent

P = ParamSpec("P")


Do = Callable[Concatenate["SessionController", P], None]


def _published(command: Command | None = None) -> Callable[[Do[P]], Do[P]]:
    """Publish the status afterwards; a command is refused with InvalidTransition where it is not allowed."""

    def decorate(do: Do[P]) -> Do[P]:
        @wraps(do)
        def checked(self: SessionController, /, *args: P.args, **kwargs: P.kwargs) -> None:
            if command is not None and command not in self._allowed():
                raise InvalidTransition(
                    f"cannot {command.value} while the session is {self._state.value}",
                    state=self._state.value,
                    command=command.value,
                )
            do(self, *args, **kwargs)
            if (status := self._describe()) != self._status:
                self._status = status

        return checked

    return decorate


class SessionController:
    """The state machine of one session.

    Args:
        plan: What happens.
        schedule: Every trial of it, from `experiment.schedule.build_schedule`.
        display: Geometry of the participant's screen.
        screen: Shows scenes on it.
        gaze: The controller's own place in the gaze stream.
        stimuli: Pixels and places of the images.
        device: The tracker's own calibration, where it has one; else calibration is done in software.
        tracker: What can be connected again after a loss; None where the tracker cannot.
        worker: Runs the device's calls, which may block.
        resumed: What earlier parts of the session left; None for one that begins.
        language: What the participant reads.
    """

    def __init__(
        self,
        plan: ExperimentPlan,
        schedule: Sequence[PlannedTrial],
        *,
        display: Display,
        screen: ParticipantDisplay,
        gaze: GazeCursor,
        stimuli: StimulusSource,
        device: OnDeviceCalibration | None = None,
        tracker: Reconnectable | None = None,
        worker: Worker = run_at_once,
        resumed: Continuation | None = None,
        language: str = "en",
    ) -> None:
        self._plan = plan
        self._screen = screen
        self._gaze = gaze
        self._event_observers: list[Callable[[Event], None]] = []
        self._row_observers: list[Callable[[QualityRow], None]] = []
        self._book = CalibrationHistory(
            plan.quality.to_limits(),
            display,
            plan.calibration.model,
            drift_warn_deg=plan.calibration.drift_warn_deg,
            on_row=self._tell_row,
            n_before=resumed.n_attempts if resumed else 0,
            eye=plan.calibration.eye,
        )
        self._targets = CalibrationRun(
            plan,
            self._book,
            display=display,
            screen=screen,
            emit=self._tell,
            device=device,
            worker=worker,
            settings=ProcedureSettings(pacing=plan.calibration.pacing),
        )
        self._trials = TrialSequence(
            plan,
            schedule,
            source=stimuli,
            display=display,
            screen=screen,
            emit=self._tell,
            n_done=resumed.n_done if resumed else 0,
            n_exposures=resumed.n_exposures if resumed else 0,
            language=language,
        )
        self._opening: Message | None = None
        self._is_set_up_by_hand = False
        self._usual_calibration = plan.calibration
        self._use_points()
        self._connection = TrackerConnection(tracker, worker, self._tell)
        self._state = State.IDLE
        self._phase = ""
        self._notice: Notice | None = None
        self._was_enough = self._is_known = False
        self._resume_to = State.IDLE
        self._has_focus = True
        self._status = self._describe()

    # What is.

    @property
    def status(self) -> SessionStatus:
        """Where the session stands, as of the latest tick or command; the same object until something changes."""
        return self._status

    @property
    def exposures(self) -> Mapping[int, Exposure]:
        """What is known about each image that was shown so far, by its number; the newest is last."""
        return self._trials.exposures

    # Who listens.

    def add_observer(self, on_event: Callable[[Event], None]) -> None:
        """Have every event told, on the controller's thread, in order."""
        self._event_observers.append(on_event)

    def add_row_observer(self, on_row: Callable[[QualityRow], None]) -> None:
        """Have every calibration, correction and validation told that is to be stored, likewise."""
        self._row_observers.append(on_row)

    def choose_images_by(self, choose: ChooseImage) -> None:
        """Have the images of the enrol phase chosen one by one: (stimuli left, stimuli shown) → the next."""
        self._trials.choose_images_by(choose)

    # Time.

    @_published()
    def tick(self, now_s: float) -> None:
        """Let time pass: read new gaze, move targets and trials on."""
        gaze = self._gaze.read()
        self._notice = self._connection.tick(now_s) or self._notice
        if self._state is State.PAUSED or self._state.is_over:
            return
        if self._targets.is_busy:
            if self._targets.tick(now_s, gaze.raw):
                self._targets_done(now_s)
        elif self._state is State.RUNNING:
            if self._is_known and self._phase == "enrol":
                self._is_known = False
                self.end_phase(now_s, "enough is known")
            self._run_trials(now_s, gaze.corrected)

    # Commands: each raises InvalidTransition where it is not allowed.

    @_published(Command.CONNECT)
    def connect(self, now_s: float) -> None:
        """The tracker delivers gaze; the participant reads what comes before the first step."""
        self._show_opening("calibrate" if "calibrate" in self._trials.wanted else "validate")
        self._change(State.CONNECTED, now_s)

    @_published(Command.START_CALIBRATION)
    def set_up_calibration(self, calibration: CalibrationPlan, now_s: float) -> None:
        """Show, pace and fit targets differently from the next ones on; recorded as a note.

        Another model is at once fitted to the gaze of the software calibration in use: a further attempt.
        """
        self._is_set_up_by_hand = True
        self._plan = replace(self._plan, calibration=calibration)
        self._targets.use_plan(self._plan)
        self._book.fit_as(calibration.model, now_s, eye=calibration.eye)
        if self._state is State.VALIDATED and self._book.validation is None:
            self._change(State.CALIBRATED, now_s, "fitted anew")
        self._note(
            now_s,
            f"calibration set up: {calibration.points} targets, {calibration.validation_points} to validate, "
            f"{calibration.model}, {calibration.target} of {calibration.target_size_deg:g} degrees, "
            f"{calibration.pacing}, eye: {calibration.eye}",
        )

    @_published(Command.START_CALIBRATION)
    def start_calibration(self, now_s: float) -> None:
        """Show the calibration targets; earlier calibrations stay as attempts."""
        self._start_targets("calibrate", now_s)

    @_published(Command.START_VALIDATION)
    def start_validation(self, now_s: float) -> None:
        """Show the validation targets."""
        self._start_targets("validate", now_s)

    @_published(Command.ACCEPT_POINT)
    def accept_point(self, now_s: float) -> None:
        """Take the gaze at the target on screen now (key-paced, or to hurry an automatic one)."""
        self._targets.accept()

    @_published(Command.REDO_POINTS)
    def redo_points(self, target_ids: Iterable[int], now_s: float) -> None:
        """Collect these targets again; the others keep their gaze."""
        self._change_points(lambda: self._targets.redo(target_ids, now_s), now_s)

    @_published(Command.DROP_POINTS)
    def drop_points(self, target_ids: Iterable[int], now_s: float) -> None:
        """Fit or judge without these targets."""
        self._change_points(lambda: self._targets.drop(target_ids, now_s), now_s)

    @_published(Command.SELECT_CALIBRATION)
    def select_calibration(self, number: int, now_s: float) -> None:
        """Use another attempt; a validation of software calibrations is computed anew from the same gaze."""
        self._book.select(number, now_s)
        self._targets.restore_on_device(now_s)
        if self._state is State.VALIDATED and self._book.validation is None:
            self._change(State.CALIBRATED, now_s, f"calibration {number} selected")

    @_published(Command.START_TRIALS)
    def start_trials(self, now_s: float, *, despite: str = "") -> None:
        """Begin the images, or go on with them.

        Args:
            now_s: Session time.
            despite: Why a failed, missing or insufficient validation is accepted; it is recorded. Needed then.
        """
        validation = self._book.validation
        if "validate" in self._trials.wanted and (validation is None or validation.verdict == "fail"):
            if not despite:
                finding = "no validation" if validation is None else "the validation failed"
                raise InvalidTransition(
                    f"{finding}: validate (again), or say why the images start anyway",
                    state=self._state.value,
                    command=Command.START_TRIALS.value,
                )
            self._note(now_s, f"images started despite the validation: {despite}")
        self._notice = self._opening = None
        self._targets.leave_device()
        self._change(State.RUNNING, now_s)
        self._run_trials(now_s, GazeSamples.empty())

    @_published(Command.CONTINUE)
    def continue_now(self, now_s: float) -> None:
        """End a break or an instruction before its time."""
        self._trials.end_words(now_s)

    @_published()
    def hurry(self, now_s: float) -> None:
        """What is on the participant's screen ends now, before its time: a rehearsal is not waited for."""
        if self._targets.shows_targets:
            self._targets.accept()
        elif self._state is State.RUNNING:
            self._trials.hurry(now_s)

    @_published(Command.CHECK_DRIFT)
    def check_drift(self, now_s: float) -> None:
        """Show one target before the next image."""
        self._trials.ask_for_drift_check()

    @_published(Command.CORRECT_DRIFT)
    def correct_drift(self, now_s: float) -> None:
        """Shift the correction by what the latest drift check found."""
        self._book.correct_drift(now_s)
        self._notice = None

    @_published(Command.CORRECT_BY_IMAGES)
    def correct_by_images(self, later: Correction, found: str, now_s: float) -> None:
        """Follow the correction in force by what the images say, from now on; an image on screen keeps its own.

        Args:
            later: What is added.
            found: By what, in words.
            now_s: Session time.
        """
        self._book.correct_by_images(later, found, now_s)

    @_published(Command.UNDO_IMAGES)
    def undo_images(self, now_s: float) -> None:
        """Correct gaze as before the images were followed, from now on."""
        self._book.undo_images(now_s)

    @_published(Command.RECALIBRATE)
    def recalibrate(self, now_s: float) -> None:
        """Leave the images for a calibration; they go on afterwards where they stopped."""
        self._trials.interrupt(now_s, "recalibration")
        self._trials.want_all()
        self._start_targets("calibrate", now_s)

    @_published(Command.END_PHASE)
    def end_phase(self, now_s: float, reason: str = "ended by the experimenter") -> None:
        """Leave out the rest of the phase's images and go on with the next phase; the one on screen stays its time."""
        step = self._trials.end_phase()
        which = f" (step {step + 1})" if self._plan.steps else ""
        self._note(now_s, f"{self._phase}{which} ended early: {reason}")

    @_published(Command.PAUSE)
    def pause(self, now_s: float, why: Notice | None = None) -> None:
        """Clear the screen; an interrupted trial is recorded as such and repeated."""
        self._pause(now_s, why or Notice(NoticeKind.PAUSED))

    @_published(Command.RESUME)
    def resume(self, now_s: float) -> None:
        """Go on where the session was paused."""
        attempts = self._book.attempts
        is_back_to_calibration = self._resume_to in (State.CONNECTED, State.CALIBRATED)
        # what the loss of the tracker ended is still what the experimenter has to know
        is_broken_off = is_back_to_calibration and bool(attempts) and not attempts[-1].ok
        self._notice = Notice(NoticeKind.CALIBRATION_FAILED) if is_broken_off else None
        self._change(self._resume_to, now_s, "resumed")
        self._show(self._opening)
        self._trials.show_again()

    @_published(Command.RECONNECT)
    def reconnect(self, now_s: float) -> None:
        """Connect a lost tracker again and give it its calibration back.

        Returns at once; the status and an event tell later what came of it. The session stays paused until RESUME.
        """
        self._notice = Notice(NoticeKind.CONNECTING)
        self._targets.lose_device(now_s)
        self._connection.reconnect(self._targets.restorer())

    @_published(Command.ABORT)
    def abort(self, now_s: float, reason: str = "") -> None:
        """End now and keep everything."""
        self._stop(now_s, State.FINISHED, reason or "aborted")

    # What the outside reports.

    @_published()
    def report_problem(self, problem: TrackerNotice, now_s: float) -> None:
        """A tracker problem: a lost tracker pauses, a restored one allows to resume, everything is recorded."""
        self._tell(TrackerEvent(time_s=problem.time_s, kind=problem.kind, message=problem.message, gap_s=problem.gap_s))
        if problem.kind == "lost":
            self._connection.lose(now_s)
            self._pause(now_s, Notice(NoticeKind.TRACKER_LOST, problem.message))
        elif problem.kind == "restored" and self._connection.regain(self._targets.restorer()):
            self._targets.lose_device(now_s)
            if self._state is State.PAUSED:
                self._notice = Notice(NoticeKind.TRACKER_BACK)

    @_published()
    def report_focus(self, has_focus: bool, now_s: float) -> None:
        """The participant's window lost or regained the keyboard."""
        self._has_focus = has_focus
        if not has_focus and self._state in (State.CALIBRATING, State.VALIDATING, State.RUNNING):
            self._pause(now_s, Notice(NoticeKind.FOCUS_LOST))

    @_published()
    def report_failure(self, message: str, now_s: float) -> None:
        """The session cannot go on (full disk, dead display): it ends as FAILED with what was recorded."""
        if self._state.is_over:
            return
        self._notice = Notice(NoticeKind.FAILED, message)
        self._stop(now_s, State.FAILED, message)

    @_published()
    def report_enough(self, is_enough: bool) -> None:
        """Whether the stop rule is met by what the networks learnt so far; trials end when it newly is."""
        self._is_known = is_enough and self._trials.timing.stop_when_enough and not self._was_enough
        self._was_enough = is_enough

    # What follows from what.

    def _allowed(self) -> frozenset[Command]:
        allowed = ALLOWED[self._state]
        if self._targets.is_fitting:
            return allowed & {Command.ABORT}
        is_up = self._connection.is_up
        is_unfinished = "calibrate" in self._trials.wanted and self._state is State.CONNECTED
        impossible = {
            Command.RESUME: not is_up or not self._has_focus,
            Command.RECALIBRATE: not is_up,
            Command.RECONNECT: not self._connection.is_offered,
            Command.START_VALIDATION: is_unfinished,
            Command.START_TRIALS: is_unfinished or self._trials.current is None,
            Command.END_PHASE: not self._trials.phase,
            Command.CONTINUE: not self._trials.shows_words,
            Command.CORRECT_DRIFT: not self._book.can_correct_drift,
            Command.UNDO_IMAGES: not self._book.can_undo_images,
            Command.SELECT_CALIBRATION: not any(attempt.ok for attempt in self._book.attempts),
        }
        return frozenset(command for command in allowed if not impossible.get(command, False))

    def _run_trials(self, now_s: float, corrected: GazeSamples) -> None:
        """Move the images on, and meet what they demand."""
        match self._trials.tick(now_s, corrected):
            case Demand.DRIFT:
                self._targets.start("drift", now_s)
            case Demand.RECALIBRATE:
                self._start_targets("calibrate", now_s)
            case Demand.VALIDATE:
                self._start_targets("validate", now_s)
            case Demand.END:
                thanks = self._trials.course.thanks
                self._show((thanks and self._trials.message(thanks)) or self._trials.message(usual_words.THANKS))
                self._change(State.FINISHED, now_s)
            case Demand.NONE:
                if not self._trials.shows_words and self._trials.phase:
                    self._phase = self._trials.phase

    def _use_points(self) -> None:
        """As many targets as the steps say that the session is at; what somebody set up by hand stays."""
        steps = self._trials.target_steps
        if self._is_set_up_by_hand or not any(step.kind in TARGETS and step.points for step in self._plan.steps):
            return
        usual = self._usual_calibration
        calibration = replace(
            usual,
            points=(steps["calibrate"].points if "calibrate" in steps else 0) or usual.points,
            validation_points=(steps["validate"].points if "validate" in steps else 0) or usual.validation_points,
        )
        self._plan = replace(self._plan, calibration=calibration)
        self._targets.use_plan(self._plan)

    def _start_targets(self, purpose: str, now_s: float) -> None:
        self._use_points()
        self._targets.start(purpose, now_s)
        self._notice = self._opening = None
        self._phase = purpose
        self._change(State.CALIBRATING if purpose == "calibrate" else State.VALIDATING, now_s)
        self._tell(PhaseStarted(time_s=now_s, phase=purpose))

    def _targets_done(self, now_s: float) -> None:
        self._notice = self._targets.notice
        if self._targets.purpose == "drift":
            if self._notice is not None and self._notice.kind is NoticeKind.DRIFTED:
                self._pause(now_s, self._notice)
            return
        self._show()
        if self._targets.purpose == "validate" and self._book.validation is not None:
            self._change(State.VALIDATED, now_s)
        elif self._book.selected is not None:
            self._change(State.CALIBRATED, now_s)
            if self._targets.purpose == "calibrate" and self._trials.current is not None and not self._trials.n_done:
                self._show_opening("validate")
        else:
            self._change(State.CONNECTED, now_s, self._record())

    def _change_points(self, change: Callable[[], None], now_s: float) -> None:
        """Redo or drop targets; where that shows targets again, the state follows."""
        was_busy = self._targets.is_busy
        change()
        if not was_busy and self._targets.shows_targets:
            again = State.CALIBRATING if self._targets.purpose == "calibrate" else State.VALIDATING
            self._change(again, now_s, "points again")

    def _pause(self, now_s: float, why: Notice) -> None:
        self._notice = why
        if self._state in (State.IDLE, State.PAUSED) or self._state.is_over:
            return
        self._resume_to = self._state
        self._targets.restart_current(now_s)
        reason = self._record()
        self._trials.interrupt(now_s, reason)
        self._show(self._trials.message(usual_words.PAUSE))
        self._change(State.PAUSED, now_s, reason)

    def _stop(self, now_s: float, state: State, reason: str) -> None:
        self._targets.stop(now_s)
        self._trials.interrupt(now_s, reason)
        self._show(self._trials.message(usual_words.THANKS))
        self._change(state, now_s, reason)

    def _change(self, new: State, now_s: float, reason: str = "") -> None:
        old = self._state
        if new is old:
            return
        ends = new.is_over and not old.is_over
        assert ends or new in FOLLOWS[old], f"{old.value} cannot become {new.value}"
        self._state = new
        self._tell(StateChanged(time_s=now_s, old=old.value, new=new.value, reason=reason))

    def _record(self) -> str:
        """The present notice as the session's file keeps it."""
        notice, attempts, drift = self._notice, self._book.attempts, self._book.drift
        if notice is None:
            return ""
        if notice.kind is NoticeKind.CALIBRATION_FAILED and attempts:
            return explain_calibration(attempts[-1])
        if notice.kind is NoticeKind.DRIFTED and drift is not None:
            return describe_drift(drift)
        return notice.record

    # To the outside.

    def _show(self, words: Message | None = None) -> None:
        """Words for the participant; without any, nothing but the background."""
        self._screen.show(words or Blank(background=self._plan.stimuli.background), lambda _at_s, _kind: None)

    def _show_opening(self, kind: str) -> None:
        """What the plan has the participant read before a step that the experimenter starts."""
        self._opening = self._trials.message(*self._trials.course.opening_words(kind))
        self._show(self._opening)

    def _tell(self, event: Event) -> None:
        for on_event in self._event_observers:
            on_event(event)

    def _tell_row(self, row: QualityRow) -> None:
        for on_row in self._row_observers:
            on_row(row)

    def _note(self, now_s: float, text: str) -> None:
        self._tell(Note(time_s=now_s, text=text))

    def _describe(self) -> SessionStatus:
        targets, trials, book = self._targets, self._trials, self._book
        is_still = self._state is State.PAUSED or self._state.is_over
        resting = SessionStep.INSTRUCTION if self._opening is not None else trials.step
        return SessionStatus(
            plan=self._plan,
            state=self._state,
            step=SessionStep.NONE if is_still else targets.step if targets.is_busy else resting,
            step_ends_s=trials.step_ends_s,
            phase=self._phase,
            wanted=trials.wanted,
            allowed=self._allowed(),
            notice=self._notice,
            scene=self._screen.scene,
            current_trial=trials.current,
            exposure=trials.exposure,
            n_done=trials.n_done,
            n_trials=trials.n_trials,
            counts=trials.counts,
            targets=targets.points,
            current_target=targets.current,
            attempts=book.attempts,
            selected_attempt=book.selected,
            correction=book.correction,
            validation=book.validation,
            validations=book.validations,
            drift=book.drift,
            connection=self._connection.link,
            reconnection=self._connection.latest,
        )
