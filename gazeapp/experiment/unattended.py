"""Gives the commands that an experimenter would give, for sessions without one."""

from __future__ import annotations

import math

from gazeapp.errors import ConnectionLost, GazeAppError, NotEnoughData
from gazeapp.experiment.controller import SessionController
from gazeapp.experiment.findings import describe_validation, explain_calibration
from gazeapp.experiment.notice import Notice, NoticeKind
from gazeapp.experiment.participant_display import Message
from gazeapp.experiment.plan import reading_s
from gazeapp.experiment.state import Command, SessionStep, State
from gazeapp.experiment.status import SessionStatus
from gazeapp.experiment.tracker_connection import Connection, ReconnectOutcome

MAX_CALIBRATIONS = 3
"""Attempts before it gives up (no calibration at all) or goes on with the best there is (a poor validation)."""

PATIENCE_S = 30.0
"""How long a lost tracker may stay away."""

RECONNECT_PERIOD_S = 5.0
"""It may come back by itself; so long is waited before, and between, attempts to connect it again."""


HELD = frozenset({NoticeKind.PAUSED, NoticeKind.WINDOW_CLOSED, NoticeKind.SCREEN_LOST, NoticeKind.FOCUS_LOST})
"""Pauses that somebody at the windows made or has to end: the operator of a demonstration leaves them alone."""


class UnattendedOperator:
    """Leads a controller from connected to its end; `tick` after each of the controller's ticks.

    A failed validation is answered by another calibration, at most `MAX_CALIBRATIONS` together; then the session goes
    on, which is recorded. Drift is corrected by one point. A lost tracker is connected again where that is possible;
    one that
    stays away for `PATIENCE_S`, or gaze that never follows the targets, ends the session; `error` then says why,
    and what was recorded is kept.
    """

    def __init__(self, controller: SessionController) -> None:
        self._controller = controller
        self._n_calibrations = 0
        self._paused_s = math.nan
        self._reconnect_due_s = math.nan
        self._read: tuple[str, float] = ("", math.nan)
        self.error: GazeAppError | None = None

    def tick(self, now_s: float) -> None:
        """Give the next command, if one is due."""
        controller, status = self._controller, self._controller.status
        if status.state is not State.PAUSED:
            self._paused_s = math.nan
        if self._is_reading(status, now_s):
            return
        match status.state:
            case State.IDLE:
                controller.connect(now_s)
            case State.CONNECTED:
                self._from_connected(now_s)
            case State.CALIBRATED:
                if "validate" in status.wanted:
                    controller.start_validation(now_s)
                else:
                    self._start_trials(now_s)
            case State.VALIDATED:
                self._from_validated(now_s)
            case State.RUNNING if Command.CONTINUE in status.allowed and math.isnan(status.step_ends_s):
                controller.continue_now(now_s)
            case State.PAUSED:
                self._from_paused(now_s)
            case _:
                pass

    def hurry(self) -> None:
        """Whoever reads has read."""
        self._read = self._read[0], -math.inf

    def _is_reading(self, status: SessionStatus, now_s: float) -> bool:
        """Whether the participant still reads words that wait for somebody to go on."""
        is_open = status.step in (SessionStep.INSTRUCTION, SessionStep.BREAK) and math.isnan(status.step_ends_s)
        text = status.scene.text if is_open and isinstance(status.scene, Message) else ""
        if text != self._read[0]:
            self._read = text, now_s
        return bool(text) and now_s - self._read[1] < reading_s(text)

    def _from_connected(self, now_s: float) -> None:
        controller, status = self._controller, self._controller.status
        if "calibrate" in status.wanted:
            if self._n_calibrations >= MAX_CALIBRATIONS:
                latest = status.attempts[-1]
                self._give_up(
                    NotEnoughData(
                        f"no calibration after {MAX_CALIBRATIONS} attempts: {explain_calibration(latest)} For "
                        "gaze that follows no targets (a recording, a mouse nobody moves), leave calibrate and "
                        "validate out of the plan's phases"
                    ),
                    now_s,
                )
                return
            self._calibrate(now_s)
        elif "validate" in status.wanted:
            controller.start_validation(now_s)
        else:
            self._start_trials(now_s)

    def _from_validated(self, now_s: float) -> None:
        status = self._controller.status
        validation = status.validation
        is_poor = validation is None or validation.verdict == "fail"
        may_retry = "calibrate" in status.plan.phases and self._n_calibrations < MAX_CALIBRATIONS
        if is_poor and may_retry:
            self._calibrate(now_s)
            return
        finding = describe_validation(validation) if validation is not None else "no validation"
        self._start_trials(now_s, despite=finding if is_poor else "")

    def _calibrate(self, now_s: float) -> None:
        self._n_calibrations += 1
        self._controller.start_calibration(now_s)

    def _calibrate_again(self, now_s: float) -> None:
        self._n_calibrations += 1
        self._controller.recalibrate(now_s)

    def _start_trials(self, now_s: float, despite: str = "") -> None:
        if Command.START_TRIALS in self._controller.status.allowed:
            self._n_calibrations = 0  # a recalibration between blocks has its own attempts
            self._controller.start_trials(now_s, despite=despite)
        else:  # a plan without images ends here
            self._controller.abort(now_s, "the plan has no images")

    def _from_paused(self, now_s: float) -> None:
        controller, status = self._controller, self._controller.status
        allowed = status.allowed
        if status.notice is not None and status.notice.kind in HELD and status.connection is Connection.CONNECTED:
            return
        if Command.CORRECT_DRIFT in allowed:
            controller.correct_drift(now_s)
        if Command.RESUME in allowed:
            latest = status.reconnection
            if latest is not None and latest.outcome is ReconnectOutcome.UNCALIBRATED:
                self._n_calibrations = 0
                self._calibrate_again(now_s)
            else:
                controller.resume(now_s)
            return
        if math.isnan(self._paused_s):
            self._paused_s = now_s
            self._reconnect_due_s = now_s + RECONNECT_PERIOD_S
        if Command.RECONNECT in allowed and now_s >= self._reconnect_due_s:
            self._reconnect_due_s = now_s + RECONNECT_PERIOD_S
            controller.reconnect(now_s)
            return
        if now_s - self._paused_s >= PATIENCE_S:
            self._give_up(
                ConnectionLost(
                    f"the tracker was lost{_because(status.notice)} and did not come back within {PATIENCE_S:g} s"
                ),
                now_s,
            )

    def _give_up(self, error: GazeAppError, now_s: float) -> None:
        self.error = error
        self._controller.abort(now_s, error.message)


def _because(notice: Notice | None) -> str:
    return f" ({notice.detail})" if notice is not None and notice.detail else ""
