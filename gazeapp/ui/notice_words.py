"""What the experimenter should know, in words: sentences for the notices of a session."""

from __future__ import annotations

from gazeapp.experiment.findings import describe_drift, explain_calibration, explain_validation
from gazeapp.experiment.notice import NoticeKind
from gazeapp.experiment.status import SessionStatus
from gazeapp.ui.error_words import error_words
from gazeapp.ui.translation import tr
from gazeapp.ui.widgets.basic import key_words


def kept_words() -> str:
    """What to do after a session that failed."""
    words = tr("Everything recorded so far is kept. Correct the cause, then continue the session from People ({0}).")
    return words.format(key_words("Ctrl+1"))


def notice_words(status: SessionStatus) -> str:
    """The finding and the next step; empty when all is well."""
    notice = status.notice
    if notice is None:
        return ""

    match notice.kind:
        case NoticeKind.CALIBRATION_FAILED if status.attempts:
            return explain_calibration(status.attempts[-1], tr)
        case NoticeKind.VALIDATION_POOR if status.validation is not None:
            return explain_validation(status.validation, tr)
        case NoticeKind.DRIFTED if status.drift is not None:
            return describe_drift(status.drift, tr)
        case NoticeKind.WINDOW_CLOSED:
            return tr("The participant's window was closed. Space opens it again and goes on.")
        case NoticeKind.SCREEN_LOST:
            words = tr("The participant's screen {0} is gone. Connect it again, then resume with Space.")
        case NoticeKind.FOCUS_LOST:
            return tr("The participant's window lost the focus; click it, then resume.")
        case NoticeKind.TRACKER_LOST:
            words = tr("The tracker was lost: {0}.")
        case NoticeKind.TRACKER_BACK:
            return tr("The tracker is back. Check drift or resume.")
        case NoticeKind.CONNECTING:
            return tr("Connecting the tracker again …")
        case NoticeKind.RECONNECTED:
            return tr("The tracker is connected again. Check drift or resume.")
        case NoticeKind.UNCALIBRATED:
            words = tr("The tracker is connected again, but did not take its calibration back: {0}. Calibrate again.")
        case NoticeKind.RECONNECT_FAILED:
            words = tr("The tracker could not be connected: {0}. Try again, or end the session.")
        case NoticeKind.CALIBRATION_LOST:
            words = tr("The tracker is back, but did not take its calibration: {0}. Calibrate again.")
        case NoticeKind.PAUSED if not notice.detail:
            return tr("Paused by the experimenter.")
        case _:
            words = "{0}"
    if not notice.detail:
        words = words.replace(": {0}", "")  # nobody said why
    return words.format(error_words(notice.detail))
