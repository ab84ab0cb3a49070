"""The participant's window through the sessions: made for each, shown while somebody looks at it, gone with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QScreen

from gazeapp.experiment.notice import Notice, NoticeKind
from gazeapp.experiment.state import State
from gazeapp.store.events import Event, Note, StimulusHidden, StimulusShown
from gazeapp.ui.formatting import format_figure
from gazeapp.ui.models.session_model import SessionModel
from gazeapp.ui.models.setup_model import SetupModel
from gazeapp.ui.participant.window import StimulusWindow

LOOKED_AT = (State.CALIBRATING, State.VALIDATING, State.RUNNING)


def screen_of(setup: SetupModel) -> QScreen | None:
    """The participant's screen, if it is there."""
    chosen = setup.participant_screen
    found = (screen for screen in QGuiApplication.screens() if chosen is not None and screen.name() == chosen.name)
    return next(found, None)


class ParticipantStage(QObject):
    """On two screens it is open all the session; on a single one it covers the experimenter's just while it is used."""

    key_pressed = Signal(str)
    """A key of the experimenter's was pressed there."""
    uncovered = Signal()
    """The experimenter's window can be seen again."""

    def __init__(self, setup: SetupModel, session: SessionModel) -> None:
        super().__init__()
        self._setup, self._session = setup, session
        self.window: StimulusWindow | None = None
        self._shown_s = float("nan")
        self._take_note: Callable[[Event], None] = lambda _note: None
        session.state_changed.connect(self._show_or_hide)
        session.event_told.connect(self._note_timing)
        session.saved.connect(self.close)

    def prepare(self, window: StimulusWindow) -> None:
        """Have a window for the next session."""
        self.close()
        self.window = window

    def begin(self, take_note: Callable[[Event], None]) -> None:
        """Open the window for the session that is attached; notes about its frames go to `take_note`."""
        window, session = self.window, self._session
        assert window is not None, "made before the session"
        window.key_pressed.connect(self._key_pressed)
        window.closed.connect(lambda: self._pause(Notice(NoticeKind.WINDOW_CLOSED)))
        window.screen_lost.connect(self._screen_lost)
        window.frame_shown.connect(session.repainting.note_frame)
        session.onset_delays_s = window.onset_delays_s
        session.repainting.is_scene_due = lambda: window.is_open and window.is_waiting
        self._take_note = take_note
        if not self._setup.is_single_screen or session.status.state in LOOKED_AT:
            self._open()

    def close(self) -> None:
        """The session is over."""
        if self.window is not None:
            self.window.close()
            self.window.deleteLater()
            self.window = None

    def _open(self) -> None:
        screen = screen_of(self._setup)
        if self.window is not None and screen is not None:
            # on two screens the keys stay with the experimenter
            self.window.open_on(screen, takes_keys=self._setup.is_single_screen)

    def _show_or_hide(self) -> None:
        if self.window is None or not self._session.is_attached:
            return
        is_looked_at = self._session.status.state in LOOKED_AT
        if is_looked_at and not self.window.is_open:
            self._open()
            if not self.window.is_open:  # nothing is shown to nobody
                chosen = self._setup.participant_screen
                QTimer.singleShot(0, self, partial(self._screen_lost, chosen.name if chosen else ""))
        elif not is_looked_at and self.window.is_open and self._setup.is_single_screen:
            self.window.close()
            self.uncovered.emit()

    def _key_pressed(self, key: str) -> None:
        is_single = self._setup.is_single_screen
        if key in ("Space", "Return") and self._session.waits_for_reader:  # whoever reads goes on alone
            self._session.command(lambda controller, now_s: controller.continue_now(now_s))
        elif is_single or key == "Escape" or key.startswith("Alt+"):
            if is_single and key.startswith("Alt+"):
                self._session.hold()  # what is opened can be seen
            self.key_pressed.emit(key)  # on two screens the other keys were not the experimenter's

    def _screen_lost(self, name: str) -> None:
        if self.window is not None:
            self.window.close()
        self._pause(Notice(NoticeKind.SCREEN_LOST, name))

    def _pause(self, why: Notice) -> None:
        if self._session.status.state in LOOKED_AT:
            self._session.command(lambda controller, now_s: controller.pause(now_s, why))

    def _note_timing(self, event: Event) -> None:
        """Store how each image reached the screen: the experimenter's windows share this thread with it."""
        window = self.window
        if isinstance(event, StimulusShown):
            self._shown_s = event.time_s
        if not isinstance(event, StimulusHidden) or window is None or not window.onset_delays_s:
            return
        frames = window.frames.between(self._shown_s, event.time_s)
        delay_ms, longest_ms = 1e3 * window.onset_delays_s[-1], 1e3 * frames.longest_s
        text = (
            f"exposure {event.trial}: visible {delay_ms:.1f} ms after it was asked for, {frames.n_frames} frames, "
            f"longest interval {format_figure(longest_ms, 1)} ms, {frames.n_late} late"
        )
        self._take_note(Note(time_s=event.time_s, text=text))
