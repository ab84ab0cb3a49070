"""What the parts of a session come to: which commands are possible now, and the status as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from gazeapp.experiment.calibration_history import CalibrationHistory
from gazeapp.experiment.calibration_run import CalibrationRun
from gazeapp.experiment.notice import Notice
from gazeapp.experiment.participant_display import ParticipantDisplay
from gazeapp.experiment.plan import ExperimentPlan
from gazeapp.experiment.state import ALLOWED, Command, SessionStep, State
from gazeapp.experiment.status import SessionStatus
from gazeapp.experiment.tracker_connection import TrackerConnection
from gazeapp.experiment.trial_sequence import TrialSequence


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionParts:
    """What a session is made of."""

    screen: ParticipantDisplay
    targets: CalibrationRun
    trials: TrialSequence
    book: CalibrationHistory
    connection: TrackerConnection

    def allowed(self, state: State, *, has_focus: bool) -> frozenset[Command]:
        """The commands that a state allows and that have something to act on.

        Args:
            state: Of the session.
            has_focus: Whether the participant's window has the keyboard.
        """
        if self.targets.is_fitting:
            return ALLOWED[state] & {Command.ABORT}
        is_unfinished = "calibrate" in self.trials.wanted and state is State.CONNECTED
        impossible = {
            Command.RESUME: not self.connection.is_up or not has_focus,
            Command.RECALIBRATE: not self.connection.is_up,
            Command.RECONNECT: not self.connection.is_offered,
            Command.START_VALIDATION: is_unfinished,
            Command.START_TRIALS: is_unfinished or self.trials.current is None,
            Command.END_PHASE: not self.trials.phase,
            Command.CONTINUE: not self.trials.shows_words,
            Command.CORRECT_DRIFT: not self.book.can_correct_drift,
            Command.UNDO_IMAGES: not self.book.can_undo_images,
            Command.SELECT_CALIBRATION: not any(attempt.ok for attempt in self.book.attempts),
        }
        return frozenset(command for command in ALLOWED[state] if not impossible.get(command, False))

    def describe(
        self,
        plan: ExperimentPlan,
        state: State,
        *,
        phase: str,
        notice: Notice | None,
        is_opening: bool,
        has_focus: bool,
    ) -> SessionStatus:
        """Where the session stands.

        Args:
            plan: In force.
            state: Of the session.
            phase: The latest one.
            notice: What the experimenter should know.
            is_opening: Whether the participant reads what comes before the first step.
            has_focus: Whether the participant's window has the keyboard.
        """
        targets, trials, book = self.targets, self.trials, self.book
        is_still = state is State.PAUSED or state.is_over
        resting = SessionStep.INSTRUCTION if is_opening else trials.step
        return SessionStatus(
            plan=plan,
            state=state,
            step=SessionStep.NONE if is_still else targets.step if targets.is_busy else resting,
            step_ends_s=trials.step_ends_s,
            phase=phase,
            wanted=trials.wanted,
            allowed=self.allowed(state, has_focus=has_focus),
            notice=notice,
            scene=self.screen.scene,
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
            in_force=book.in_force,
            validation=book.validation,
            validations=book.validations,
            drift=book.drift,
            connection=self.connection.link,
            reconnection=self.connection.latest,
        )
