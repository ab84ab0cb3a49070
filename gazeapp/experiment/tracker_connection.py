"""The connection to the tracker: lost, offered to be made anew, back, with the calibration it had."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from gazeapp.devices.tracker import Reconnectable
from gazeapp.errors import DeviceError, GazeAppError
from gazeapp.experiment.notice import Notice, NoticeKind
from gazeapp.experiment.target_presenter import Worker
from gazeapp.store.events import Event, TrackerEvent


class Connection(Enum):
    """How the tracker can be reached."""

    CONNECTED = "up"
    LOST = "lost"
    RECONNECTING = "reconnecting"


class ReconnectOutcome(Enum):
    """What came of an attempt to connect again."""

    RESTORED = "restored"
    """Connected; the calibration is in force as before (or there was none)."""
    UNCALIBRATED = "uncalibrated"
    """Connected, but the tracker did not take its calibration back: calibrate again."""
    FAILED = "failed"
    """Still no connection; it may be tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconnection:
    """One attempt to connect again, when it is over."""

    time_s: float
    outcome: ReconnectOutcome
    away_s: float
    """Since the loss was noticed."""
    detail: str
    """What the tracker said, where something did not work."""

    @property
    def is_connected(self) -> bool:
        """Whether gaze comes again."""
        return self.outcome is not ReconnectOutcome.FAILED


Restore = Callable[[], None]
"""Gives the tracker its calibration back; may block, raises DeviceError where it cannot."""


class TrackerConnection:
    """Knows whether the tracker is there, and makes the connection anew when it is asked to.

    Args:
        tracker: What can be connected again; None where the tracker cannot.
        worker: Runs the calls, which take seconds.
        emit: Takes the events: `TrackerEvent` of kind "reconnect-offered", "reconnected", "reconnect-failed",
            "calibration-restored" and "calibration-lost".
    """

    def __init__(self, tracker: Reconnectable | None, worker: Worker, emit: Callable[[Event], None]) -> None:
        self._tracker = tracker
        self._worker = worker
        self._emit = emit
        self._link = Connection.CONNECTED
        self._lost_s = math.nan
        self._latest: Reconnection | None = None
        self._answers: deque[Callable[[float], Notice | None]] = deque()

    @property
    def link(self) -> Connection:
        """How the tracker can be reached now."""
        return self._link

    @property
    def is_up(self) -> bool:
        """Whether it delivers, as far as is known."""
        return self._link is Connection.CONNECTED

    @property
    def is_offered(self) -> bool:
        """Whether `reconnect` makes sense now."""
        return self._link is Connection.LOST and self._tracker is not None

    @property
    def latest(self) -> Reconnection | None:
        """What came of the latest attempt; None before one, and once the tracker is lost anew."""
        return self._latest

    def lose(self, now_s: float) -> None:
        """The tracker is gone; the offer is told once per loss."""
        if self._link is not Connection.CONNECTED:
            return
        self._link, self._lost_s, self._latest = Connection.LOST, now_s, None
        if self._tracker is not None:
            self._tell(now_s, "reconnect-offered", "the tracker can be connected again")

    def regain(self, restore: Restore | None) -> bool:
        """It came back by itself, and `restore` gives it what it may have forgotten; False when that was known."""
        if self._link is not Connection.LOST:
            return False
        self._link = Connection.CONNECTED
        if restore is not None:
            self._worker(restore, lambda result: self._answers.append(lambda now_s: self._restored(result, now_s)))
        return True

    def reconnect(self, restore: Restore | None) -> None:
        """Connect again and give the calibration back; a later `tick` tells what came of it."""
        tracker = self._tracker
        assert tracker is not None, "offered only where the tracker can be connected again"
        self._link = Connection.RECONNECTING

        def connect() -> str:
            tracker.reconnect()
            try:
                if restore is not None:
                    restore()
            except DeviceError as error:
                if not tracker.is_connected:
                    raise
                return _words(error)
            return ""

        self._worker(connect, lambda result: self._answers.append(lambda now_s: self._reconnected(result, now_s)))

    def tick(self, now_s: float) -> Notice | None:
        """Take in what the tracker answered; the newest finding, None when there is none."""
        found: Notice | None = None
        while self._answers:
            found = self._answers.popleft()(now_s) or found
        return found

    def _reconnected(self, result: str | Exception, now_s: float) -> Notice:
        if isinstance(result, Exception):
            self._link, detail = Connection.LOST, _words(result)
            outcome, kind, event = ReconnectOutcome.FAILED, NoticeKind.RECONNECT_FAILED, "reconnect-failed"
            record = f"The tracker could not be connected: {detail}. Try again, or end the session."
        elif result:
            self._link, detail = Connection.CONNECTED, result
            outcome, kind, event = ReconnectOutcome.UNCALIBRATED, NoticeKind.UNCALIBRATED, "reconnected"
            record = (
                f"The tracker is connected again, but did not take its calibration back: {detail}. Calibrate again."
            )
        else:
            self._link, detail = Connection.CONNECTED, ""
            outcome, kind, event = ReconnectOutcome.RESTORED, NoticeKind.RECONNECTED, "reconnected"
            record = "The tracker is connected again. Check drift or resume."
        self._latest = Reconnection(time_s=now_s, outcome=outcome, away_s=now_s - self._lost_s, detail=detail)
        self._tell(now_s, event, record)
        return Notice(kind, detail)

    def _restored(self, result: Exception | None, now_s: float) -> Notice | None:
        if result is None:
            self._tell(now_s, "calibration-restored", "the tracker has its calibration again")
            return None
        detail = _words(result)
        record = f"The tracker is back, but did not take its calibration: {detail}. Calibrate again."
        self._tell(now_s, "calibration-lost", record)
        return Notice(NoticeKind.CALIBRATION_LOST, detail)

    def _tell(self, now_s: float, kind: str, message: str) -> None:
        self._emit(TrackerEvent(time_s=now_s, kind=kind, message=message))


def _words(error: Exception) -> str:
    message = error.message if isinstance(error, GazeAppError) else str(error)
    return (message or type(error).__name__).rstrip(".")
