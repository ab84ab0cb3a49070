"""The frame of every page of the main window: title, finding, work, details, and actions with their keys."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from gazeapp.experiment.notice import NoticeKind
from gazeapp.experiment.state import Command
from gazeapp.experiment.tracker_connection import Connection
from gazeapp.ui.models.session_model import SessionModel
from gazeapp.ui.notice_words import notice_words
from gazeapp.ui.theme import Theme
from gazeapp.ui.widgets.banner import Banner
from gazeapp.ui.widgets.basic import KeyButton, keep_width, key_words, label

SAID_ABOVE = (NoticeKind.RECONNECTED, NoticeKind.UNCALIBRATED, NoticeKind.RECONNECT_FAILED)
"""What came of connecting the tracker again is said above every page."""


class PageState(Enum):
    """In which of the five ways a page shows itself; a failed page keeps what was there."""

    EMPTY = "empty"
    LOADING = "loading"
    WORKING = "working"
    FAILED = "failed"
    DONE = "done"


class Page(QWidget):
    """Centre of the window. `details` goes into the right column, `action_bar` into the top bar.

    Args:
        theme: The colours in use.
        title: Page title; empty for a page whose picture needs the room.
        is_slim: Whether the finding takes as little room as it can.
    """

    step_finished = Signal()
    """The page's primary action is done: go on with the next step."""
    end_wanted = Signal()
    """Somebody wants to end the session: they are asked first."""

    def __init__(self, theme: Theme, title: str, *, is_slim: bool = False) -> None:
        super().__init__()
        self.theme = theme
        self.state = PageState.EMPTY
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(24, 20, 24, 16)
        self.body.setSpacing(14)
        self.title = label(title, "title")
        if title:
            self.body.addWidget(self.title)
        self.banner = Banner(theme, is_slim=is_slim)
        self.body.addWidget(self.banner)
        self._details = QWidget()
        self._details.setObjectName("scrolled")
        self.details_column = QVBoxLayout(self._details)
        self.details_column.setContentsMargins(16, 18, 16, 18)
        self.details_column.setSpacing(22)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self._details)
        keep_width(scroll, self.details_column, 16)
        self.details = QWidget()
        self.details_whole = QVBoxLayout(self.details)
        """What is added here stays in sight below the details, however long they are."""
        self.details_whole.setContentsMargins(0, 0, 0, 0)
        self.details_whole.setSpacing(0)
        self.details_whole.addWidget(scroll, 1)
        self.action_bar = QWidget()
        self._actions_row = QHBoxLayout(self.action_bar)
        self._actions_row.setContentsMargins(0, 0, 0, 0)
        self._actions_row.setSpacing(10)
        self.buttons: list[KeyButton] = []

    def add_action(self, text: str, key: str, *, primary: bool = False) -> KeyButton:
        """Add a button to the top bar; the primary one comes last."""
        button = KeyButton(text, key, primary=primary)
        self._actions_row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        self.buttons.append(button)
        return button

    def show_state(
        self,
        state: PageState,
        finding: str,
        advice: str = "",
        *,
        tone: str | None = None,
        action: str = "",
        key: str = "",
        is_quiet: bool = False,
    ) -> None:
        """Say how the page stands.

        Args:
            state: In which of the five ways.
            finding: One sentence.
            advice: What to do.
            tone: Another than that of the state.
            action: The next step, as a button.
            key: Its key.
            is_quiet: Known to the page, and not shown on it: a picture needs the room.
        """
        self.state = state
        if tone is None:
            tone = {PageState.FAILED: "bad", PageState.DONE: "ok"}.get(state, "")
        # shown and hidden again, the page would be laid out twice: a frame of the participant's window
        self.banner.setVisible(not is_quiet)
        self.banner.show_finding(finding, advice, tone=tone, action=action, key=key)
        if state in (PageState.LOADING, PageState.WORKING):
            self.banner.show_progress(None)

    def show_pause(self, model: SessionModel, advice: str) -> None:
        """Say why the session is paused; what there is to do about a lost tracker is said above the page."""
        status = model.status
        if status.connection is Connection.CONNECTED:
            is_said = status.notice is not None and status.notice.kind in SAID_ABOVE
            words = "" if is_said else notice_words(status)
            advice = advice if Command.RESUME in status.allowed else ""
            self.show_state(PageState.EMPTY, words or self.tr("Paused."), advice, tone="warn")
        else:
            self.show_state(PageState.EMPTY, self.tr("Paused."), tone="warn")
            self.banner.hide()

    def keys_text(self) -> str:
        """The keys of this page, for the line at the bottom."""
        parts = [f"{key_words(b.key)} {b.words}" for b in self.buttons if b.key and b.isEnabled() and not b.isHidden()]
        return " · ".join([*parts, self.tr("F1 help")])

    def refresh(self) -> None:
        """Show the model."""

    def refresh_if_shown(self) -> None:
        """Show the model, unless nobody sees it: a hidden page is brought up to date when it is opened."""
        if self.isVisible():
            self.refresh()

    def entered(self) -> None:
        """The page was opened."""
        self.setFocus()  # nothing is marked until somebody presses Tab

    def left(self) -> None:
        """Another page was opened."""
