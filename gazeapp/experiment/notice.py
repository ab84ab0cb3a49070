"""What the experimenter should know about a session right now: a kind and figures, no sentences."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class NoticeKind(Enum):
    """What the experimenter should know. The words are made where they are shown, in the language spoken there."""

    PAUSED = "paused"
    """By the experimenter."""
    WINDOW_CLOSED = "window closed"
    SCREEN_LOST = "screen lost"
    """`detail` is its name."""
    FOCUS_LOST = "focus lost"
    TRACKER_LOST = "tracker lost"
    """`detail` is what the tracker said."""
    TRACKER_BACK = "tracker back"
    CONNECTING = "connecting"
    RECONNECTED = "reconnected"
    UNCALIBRATED = "uncalibrated"
    """Connected again without its calibration; `detail` says why."""
    RECONNECT_FAILED = "reconnect failed"
    """`detail` says why."""
    CALIBRATION_LOST = "calibration lost"
    """It came back by itself without its calibration; `detail` says why."""
    CALIBRATION_FAILED = "calibration failed"
    """The finding is the latest attempt's."""
    VALIDATION_POOR = "validation poor"
    """The finding is the validation's."""
    DRIFTED = "drifted"
    """The finding is the drift check's."""
    FAILED = "failed"
    """The session cannot go on; `detail` says why."""


_RECORDS = {
    NoticeKind.PAUSED: "Paused by the experimenter.",
    NoticeKind.WINDOW_CLOSED: "The participant's window was closed. Space opens it again and goes on.",
    NoticeKind.SCREEN_LOST: "The participant's screen {0} is gone. Connect it again, then resume with Space.",
    NoticeKind.FOCUS_LOST: "The participant's window lost the focus; click it, then resume.",
    NoticeKind.TRACKER_LOST: "The tracker was lost: {0}.",
}


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that the experimenter should know right now."""

    kind: NoticeKind
    detail: str = ""
    """What a device, an error or a person said, in their own words."""

    @property
    def record(self) -> str:
        """As the session's file keeps it as the reason of a pause: in English, whatever the windows speak."""
        if self.kind is NoticeKind.PAUSED and self.detail:
            return self.detail
        words = _RECORDS.get(self.kind, self.detail)
        return (words if self.detail else words.replace(": {0}", "")).format(self.detail)
