"""Over every page: the tracker is lost, is being connected, or is back, with the offer to connect it."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from gazeapp.experiment.state import Command, State
from gazeapp.experiment.tracker_connection import Connection, ReconnectOutcome
from gazeapp.ui.models.session_model import SessionModel
from gazeapp.ui.notice_words import notice_words
from gazeapp.ui.theme import Theme
from gazeapp.ui.widgets.banner import Banner

RECONNECT_KEY = "Ctrl+R"
"""With Ctrl, because it must work in a text field, too."""


class LinkNotice(QWidget):
    """Hidden while all is well. The call runs elsewhere, so the windows stay alive while it waits for the tracker."""

    def __init__(self, theme: Theme, model: SessionModel) -> None:
        super().__init__()
        self._model = model
        self.banner = Banner(theme)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 14, 24, 0)
        column.addWidget(self.banner)
        self._was_lost = False
        self._said: tuple[object, ...] = ()
        self.banner.acted.connect(self._act)
        model.state_changed.connect(self.refresh)
        self.hide()

    def refresh(self) -> None:
        """Show the connection."""
        status = self._model.status
        link = status.connection
        if link is not Connection.CONNECTED:
            self._was_lost = True
        elif status.state is not State.PAUSED:
            self._was_lost = False  # what is over and resumed needs no words any more
        can = status.allowed & {Command.RECONNECT, Command.RECALIBRATE}
        said = (link, self._was_lost, can, status.reconnection, status.notice)
        if said == self._said:
            return
        self._said = said
        self.setVisible(self._was_lost)
        if link is Connection.LOST:
            self._show_loss(Command.RECONNECT in can)
        elif link is Connection.RECONNECTING:
            self.banner.show_finding(
                self.tr("Connecting the tracker again …"),
                self.tr("This takes a few seconds. What was recorded is safe on disk."),
                tone="warn",
            )
            self.banner.show_progress(None)
        elif self._was_lost:
            self._show_return(Command.RECALIBRATE in can)

    def _show_loss(self, is_offered: bool) -> None:
        latest = self._model.status.reconnection
        finding = notice_words(self._model.status)
        advice = self.tr("What was recorded is safe on disk, and the gap is marked.")
        if is_offered:
            again = self.tr("Try again") if latest is not None else self.tr("Reconnect")
            self.banner.show_finding(
                finding,
                self.tr("{0} Check cable and power, then reconnect.").format(advice),
                tone="bad",
                action=again,
                key=RECONNECT_KEY,
            )
        else:
            self.banner.show_finding(
                finding,
                self.tr("{0} It is taken up again as soon as it delivers.").format(advice),
                tone="bad",
            )

    def _show_return(self, can_calibrate: bool) -> None:
        latest = self._model.status.reconnection
        is_bare = latest is not None and latest.outcome is ReconnectOutcome.UNCALIBRATED
        words = notice_words(self._model.status)
        away = ""
        if latest is not None:
            away = self.tr("It was away for {0} s: that gap is marked in the recording.").format(round(latest.away_s))
        self.banner.show_finding(
            words,
            away or self.tr("The gap is marked in the recording."),
            tone="warn" if is_bare else "ok",
            action=self.tr("Calibrate again") if is_bare and can_calibrate else "",
        )

    def _act(self) -> None:
        if self._model.status.connection is Connection.LOST:
            self._model.command(lambda c, now_s: c.reconnect(now_s))
        else:
            self._model.command(lambda c, now_s: c.recalibrate(now_s))
