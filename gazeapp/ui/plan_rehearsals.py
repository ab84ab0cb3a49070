"""What Design shows on the participant's screen: a plan rehearsed with the mouse, or one of its steps."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QScreen

from gazeapp.experiment import usual_words
from gazeapp.experiment.participant_display import Message
from gazeapp.experiment.plan import ExperimentPlan
from gazeapp.experiment.step_order import IMAGES, WORDS
from gazeapp.gaze.display import Display
from gazeapp.ui.formatting import format_clock
from gazeapp.ui.main_window import MainWindow
from gazeapp.ui.models.session_model import SessionModel
from gazeapp.ui.models.setup_model import SetupModel
from gazeapp.ui.participant.stage import screen_of
from gazeapp.ui.rehearsal import Rehearsal, step_alone
from gazeapp.ui.screens import list_screens


class PlanRehearsals(QObject):
    """Takes the participant's screen, unless somebody is being recorded on it, and says in Design what came of it."""

    over = Signal()
    """The line at the bottom is free again."""

    def __init__(
        self, window: MainWindow, setup: SetupModel, session: SessionModel, *, use_gl: bool | None = None
    ) -> None:
        super().__init__()
        self._window, self._setup, self._session = window, setup, session
        self.rehearsal = Rehearsal(setup.bridge, use_gl=use_gl)
        self.rehearsal.ended.connect(self._ended)
        self.rehearsal.changed.connect(self._show_progress)
        window.design.rehearse_wanted.connect(self.rehearse)
        window.design.preview_wanted.connect(self.preview)

    def rehearse(self, plan: ExperimentPlan) -> None:
        """Run a plan on the participant's screen with the mouse; nothing is stored."""
        words = self.tr("Rehearsal with the mouse: nothing is stored.\nSpace goes on at once, Esc ends.")
        self._take_screen(partial(self.rehearsal.start, plan, words=words))

    def preview(self, plan: ExperimentPlan, number: int, image: str) -> None:
        """Show a step of a plan alone, with one image, on the participant's screen; nothing is stored."""
        step = plan.line[number]
        if step.kind in WORDS:
            language = self._setup.study.language
            scene = Message(
                background=plan.look_of(number).background,
                text=step.words(language) or usual_words.of(step.kind).words(language),
                image_file=str(plan.folder / step.picture) if step.picture else "",
            )
            self._take_screen(lambda screen, _display, _language: self.rehearsal.show_words(scene, screen))
        elif step.kind not in IMAGES or image:
            alone = step_alone(plan, number, Path(image) if image else None)
            self._take_screen(partial(self.rehearsal.start, alone))

    def _take_screen(self, begin: Callable[[QScreen, Display, str], object]) -> None:
        setup = self._setup
        if self._session.is_running or setup.is_building:
            words = self.tr("The participant's screen is in use: rehearse once the session is over.")
            self._window.design.tell_rehearsed("", words)
            return
        if self.rehearsal.is_on:
            return
        setup.show_screens(list_screens())
        screen, display = screen_of(setup), setup.display
        if screen is not None and display is not None:
            begin(screen, display, setup.study.language)

    def _show_progress(self) -> None:
        rehearsal = self.rehearsal
        if rehearsal.is_on:
            words = self.tr("Rehearsing: {0} of {1} images. Esc on the participant's screen ends it.")
            self._window.status.show_notice(words.format(rehearsal.n_done, rehearsal.n_images))
        else:
            self.over.emit()

    def _ended(self, problem: str) -> None:
        rehearsal, words = self.rehearsal, ""
        if not problem and math.isfinite(rehearsal.took_s):
            words = self.tr("Rehearsed {0} of {1} images in {2} min; nothing was stored.").format(
                rehearsal.n_done, rehearsal.n_images, format_clock(rehearsal.took_s)
            )
        self._window.design.tell_rehearsed(words, problem)
        self._window.activateWindow()
