"""What is asked before a session, or what was typed, could be lost: nothing ends without an answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal

from gazeapp.ui.dialogs.dialog import Question
from gazeapp.ui.formatting import counted
from gazeapp.ui.main_window import MainWindow
from gazeapp.ui.models.session_model import SessionModel
from gazeapp.ui.session_words import ENDED, LATER

Answer = tuple[str, Callable[[], object], str]
"""Words, what follows, and how the button looks, as `Question` takes them."""


class SessionQuestions(QObject):
    """One question at a time; the first answer of each is the one that loses nothing."""

    ended = Signal(str)
    """Id of a session that somebody ended for good."""

    def __init__(self, window: MainWindow, session: SessionModel) -> None:
        super().__init__()
        self._window, self._session = window, session
        self.dialog: Question | None = None

    def ask(self, title: str, text: str, answers: list[Answer]) -> None:
        """Ask; while nobody answers, the participant's screen waits too."""
        if self.dialog is not None:
            return
        self._session.hold()
        self._window.keep_above()
        self.dialog = dialog = Question(self._window, title, text, answers)
        dialog.finished.connect(self._answered)
        dialog.open()

    def ask_before_another(self, pseudonym: str, begin: Callable[[], object]) -> None:
        """Somebody else is to be recorded while a session runs."""
        person = self._session.person
        self.ask(
            self.tr("{0} is being recorded.").format(person),
            self.tr("The session of {0} begins when that of {1} has ended.").format(pseudonym, person),
            [
                (self.tr("Go on with {0}").format(person), partial(self._window.open_place, "record"), "primary"),
                (self.tr("Continue {0} later").format(person), partial(self._leave_then, begin), ""),
            ],
        )

    def ask_end(self) -> None:
        """Ask how the session is to end."""
        session = self._session
        if not session.is_running:
            return
        status = session.status
        self.ask(
            self.tr("End the session of {0}?").format(session.person),
            counted(
                status.n_trials,
                self.tr("{1} of {0} image was viewed, and is kept."),
                self.tr("{1} of {0} images were viewed, and are kept."),
                status.n_done,
            )
            + " "
            + self.tr("Continued later, the session goes on at the next image; ended here, it stays incomplete."),
            [
                (self.tr("Go on recording"), lambda: None, "primary"),
                (self.tr("Continue later"), partial(session.end, LATER), ""),
                (self.tr("End it here"), self._end_for_good, "danger"),
            ],
        )

    def ask_close(self) -> None:
        """Ask before the window closes on a session that runs, or on plans that are not saved."""
        if not self._session.is_running:
            self._ask_close_plans()
            return
        self.ask(
            self.tr("{0} is being recorded.").format(self._session.person),
            self.tr("Closing the window stops the session. It can be continued at the next image another time."),
            [
                (self.tr("Go on recording"), lambda: None, "primary"),
                (self.tr("Continue later, and close"), partial(self._leave_then, self._window.close), ""),
            ],
        )

    def _ask_close_plans(self) -> None:
        window = self._window
        model = window.design.model

        def close(*, is_saved: bool) -> None:
            if is_saved and not model.save_all():
                window.open_page("design")
                return
            window.closes_unasked = True
            window.close()

        names = ", ".join(model.unsaved)
        self.ask(
            self.tr("Save the changes of the plans?"),
            self.tr("Changed and not saved: {0}.").format(names),
            [
                (self.tr("Save and close"), partial(close, is_saved=True), "primary"),
                (self.tr("Go on"), lambda: None, ""),
                (self.tr("Close without saving"), partial(close, is_saved=False), "danger"),
            ],
        )

    def _end_for_good(self) -> None:
        if self._session.run is not None:
            self.ended.emit(self._session.run.session_id)
        self._session.end(ENDED)

    def _leave_then(self, do: Callable[[], object]) -> None:
        """Store the session that runs, to be continued later, and then do something else."""

        def saved() -> None:
            self._session.saved.disconnect(saved)
            do()

        if not self._session.is_running:
            do()
            return
        self._session.saved.connect(saved)
        self._session.end(LATER)

    def _answered(self, _code: int) -> None:
        self.dialog = None
