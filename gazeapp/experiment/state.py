"""The states of a session, the commands an experimenter can give, and which command is allowed when."""

from __future__ import annotations

from enum import Enum


class State(Enum):
    """Where a session stands."""

    IDLE = "idle"
    CONNECTED = "connected"
    CALIBRATING = "calibrating"
    CALIBRATED = "calibrated"
    VALIDATING = "validating"
    VALIDATED = "validated"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    FAILED = "failed"

    @property
    def is_over(self) -> bool:
        """Whether nothing can follow."""
        return self in (State.FINISHED, State.FAILED)


class SessionStep(Enum):
    """What the participant is doing right now, finer than the state."""

    NONE = "none"
    TARGET = "target"
    FIT = "fit"
    DRIFT = "drift"
    CROSS = "cross"
    GATE = "gate"
    STIMULUS = "stimulus"
    BLANK = "blank"
    BREAK = "break"
    INSTRUCTION = "instruction"
    """Reading words, before a calibration or between images."""


class Command(Enum):
    """What the experimenter, or a program in their place, can ask of a session."""

    CONNECT = "connect"
    START_CALIBRATION = "start calibration"
    ACCEPT_POINT = "accept point"
    REDO_POINTS = "redo points"
    DROP_POINTS = "drop points"
    SELECT_CALIBRATION = "select calibration"
    START_VALIDATION = "start validation"
    START_TRIALS = "start trials"
    CONTINUE = "continue"
    CHECK_DRIFT = "check drift"
    CORRECT_DRIFT = "correct drift"
    CORRECT_BY_IMAGES = "correct by the images"
    UNDO_IMAGES = "undo the correction by the images"
    RECALIBRATE = "recalibrate"
    END_PHASE = "end phase"
    PAUSE = "pause"
    RESUME = "resume"
    RECONNECT = "reconnect"
    ABORT = "abort"


ALLOWED: dict[State, frozenset[Command]] = {
    State.IDLE: frozenset({Command.CONNECT, Command.ABORT}),
    State.CONNECTED: frozenset(
        {
            Command.START_CALIBRATION,
            Command.START_VALIDATION,
            Command.START_TRIALS,
            Command.ABORT,
        }
    ),
    State.CALIBRATING: frozenset(
        {
            Command.ACCEPT_POINT,
            Command.REDO_POINTS,
            Command.DROP_POINTS,
            Command.PAUSE,
            Command.ABORT,
        }
    ),
    State.CALIBRATED: frozenset(
        {
            Command.START_CALIBRATION,
            Command.REDO_POINTS,
            Command.DROP_POINTS,
            Command.SELECT_CALIBRATION,
            Command.START_VALIDATION,
            Command.START_TRIALS,
            Command.ABORT,
        }
    ),
    State.VALIDATING: frozenset(
        {
            Command.ACCEPT_POINT,
            Command.REDO_POINTS,
            Command.DROP_POINTS,
            Command.PAUSE,
            Command.ABORT,
        }
    ),
    State.VALIDATED: frozenset(
        {
            Command.START_CALIBRATION,
            Command.REDO_POINTS,
            Command.DROP_POINTS,
            Command.SELECT_CALIBRATION,
            Command.START_VALIDATION,
            Command.START_TRIALS,
            Command.ABORT,
        }
    ),
    State.RUNNING: frozenset(
        {
            Command.CONTINUE,
            Command.CHECK_DRIFT,
            Command.CORRECT_DRIFT,
            Command.CORRECT_BY_IMAGES,
            Command.UNDO_IMAGES,
            Command.RECALIBRATE,
            Command.END_PHASE,
            Command.PAUSE,
            Command.ABORT,
        }
    ),
    State.PAUSED: frozenset(
        {
            Command.RESUME,
            Command.RECONNECT,
            Command.RECALIBRATE,
            Command.CHECK_DRIFT,
            Command.CORRECT_DRIFT,
            Command.CORRECT_BY_IMAGES,
            Command.UNDO_IMAGES,
            Command.ABORT,
        }
    ),
    State.FINISHED: frozenset(),
    State.FAILED: frozenset(),
}
"""Necessary for a command; `SessionStatus.allowed` narrows it by what is there right now."""

FOLLOWS: dict[State, frozenset[State]] = {
    State.IDLE: frozenset({State.CONNECTED}),
    State.CONNECTED: frozenset({State.CALIBRATING, State.VALIDATING, State.RUNNING, State.PAUSED}),
    State.CALIBRATING: frozenset({State.CALIBRATED, State.CONNECTED, State.PAUSED}),
    State.CALIBRATED: frozenset({State.CALIBRATING, State.VALIDATING, State.RUNNING, State.PAUSED}),
    State.VALIDATING: frozenset({State.VALIDATED, State.CALIBRATED, State.CONNECTED, State.PAUSED}),
    State.VALIDATED: frozenset(
        {
            State.CALIBRATING,
            State.CALIBRATED,
            State.VALIDATING,
            State.RUNNING,
            State.PAUSED,
        }
    ),
    State.RUNNING: frozenset({State.CALIBRATING, State.VALIDATING, State.PAUSED}),
    State.PAUSED: frozenset(
        {
            State.CALIBRATING,
            State.VALIDATING,
            State.RUNNING,
            State.CALIBRATED,
            State.CONNECTED,
            State.VALIDATED,
        }
    ),
    State.FINISHED: frozenset(),
    State.FAILED: frozenset(),
}
"""Which state may follow which; every state that is not over may also end as FINISHED or FAILED."""
