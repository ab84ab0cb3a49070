"""Brings windows, models and the assembled services together: builds sessions, shows and hides the participant's
window.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QScreen

from gazeapp.errors import GazeAppError
from gazeapp.experiment.notice import Notice, NoticeKind
from gazeapp.experiment.plan import ExperimentPlan
from gazeapp.experiment.settings import Settings, save_settings
from gazeapp.experiment.state import State
from gazeapp.gaze.clock import MonotonicClock
from gazeapp.networks.universal_models import UniversalChoice
from gazeapp.store.events import Event, Note, StimulusHidden, StimulusShown
from gazeapp.ui.bridge import QtBridge
from gazeapp.ui.formatting import format_figure
from gazeapp.ui.help_window import HelpWindow
from gazeapp.ui.main_window import MainWindow
from gazeapp.ui.models.export_model import ExportModel
from gazeapp.ui.models.people import People, load_people
from gazeapp.ui.models.session_model import SessionModel
from gazeapp.ui.models.setup_model import MOUSE, OBSERVER, Scan, SetupModel, TrackerChoice
from gazeapp.ui.participant.window import StimulusWindow
from gazeapp.ui.settings_sync import restore_choices, with_choices
from gazeapp.ui.theme import Theme

if TYPE_CHECKING:  # loaded in the background, after the window is there
    from gazeapp.devices.tracker import Tracker
    from gazeapp.runtime import Run

_log = logging.getLogger(__name__)

MOUSE_RATE_HZ = 250
NETWORKS_WAIT_S = 30.0
PREVIEW_WAIT_S = 10.0
"""A tracker that somebody looked at before the session gives its connection back within this time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationOptions:
    """How the windows are opened."""

    study: Path
    plan: ExperimentPlan | None = None
    pseudonym: str = ""
    tracker: TrackerChoice | None = None
    settings: Settings
    weights: Path | None = None
    use_gl: bool | None = None
    """False for the raster path of the participant's window, None to use OpenGL where it works."""
    is_continuous: bool = False
    """Draw every frame of the participant's window, to know each one's time."""
    universal: UniversalChoice | None = None
    """The universal model that was asked for; None takes the one of the last time."""
    algorithm: str = ""
    """Fixation detector; empty takes the one of the settings."""
    publish: str = ""
    """Publish gaze, fixations and markers as LSL streams of this name; empty for none."""
    notice: str = ""
    """What the person should be told about how the settings were read."""


class ApplicationController(QObject):
    """Everything on the GUI thread, from the first window to the last file that is closed."""

    def __init__(self, theme: Theme, options: ApplicationOptions) -> None:
        super().__init__()
        self.theme, self.options, self.settings = theme, options, options.settings
        self.bridge = QtBridge()
        self.setup = SetupModel(self.bridge, scan, options.study, plan=options.plan)
        self.setup.pseudonym, self.setup.tracker = options.pseudonym, options.tracker
        found = restore_choices(
            self.setup,
            self.settings,
            universal=options.universal,
            is_plan_given=options.plan is not None,
        )
        self._notices = [options.notice, *found]
        self.session = SessionModel(self.bridge)
        self.window = MainWindow(theme, self.setup, self.session, ExportModel(self.bridge))
        self.stage: StimulusWindow | None = None
        self.is_demonstration = False
        self.device_options: dict[str, str] = {}
        self._help: HelpWindow | None = None
        self._is_closed = False
        self._was_active = False
        self._shown_s = float("nan")
        self._take_note: Callable[[Event], None] = lambda _note: None
        self.window.setup_finished.connect(self.start_session)
        self.window.closing.connect(self.close)
        self.window.help_wanted.connect(self.show_help)
        self.session.state_changed.connect(self._place_windows)
        self.session.event_told.connect(self._note_timing)
        self.session.saved.connect(self._session_saved)
        theme.changed.connect(self._keep_theme)
        self.setup.universal.changed.connect(self._tell_notices)
        self._tell_notices()
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication), "windows need a QApplication"
        application.applicationStateChanged.connect(self._application_state_changed)
        application.screenAdded.connect(self._screens_changed)
        application.screenRemoved.connect(self._screens_changed)

    # Sessions

    def start_session(self) -> None:
        """Build the session from what was chosen, in the background, and begin."""
        setup = self.setup
        display, choice = setup.display, setup.tracker
        if display is None or choice is None or setup.is_building:
            return
        self._remember_choices()
        setup.preview.stop()
        self.session.detach()
        self._close_stage()
        clock = MonotonicClock()
        stage = StimulusWindow(
            clock, setup.plan.stimuli.background, use_gl=self.options.use_gl, is_continuous=self.options.is_continuous
        )
        stage.shows_pointer = choice.key == MOUSE
        self.stage = stage
        setup.tell_building(True)

        given = {**choice.options, **self.device_options}
        plan, study_dir, pseudonym = setup.plan, setup.study_dir, setup.pseudonym
        algorithm = self.options.algorithm or self.settings.algorithm
        weights, publish = self.options.weights, self.options.publish
        universal = setup.universal.in_use

        def build() -> Run:
            from gazeapp.devices.discovery import TrackerContext, open_tracker
            from gazeapp.runtime import RunOptions, build_run

            setup.preview.wait_closed(PREVIEW_WAIT_S)
            options = RunOptions(
                plan=plan,
                study=study_dir,
                participant=pseudonym,
                display=display,
                device=choice.backend,
                device_options=given,
                algorithm=algorithm,
                weights=weights,
                universal=universal,
                publish=publish,
            )
            tracker: Tracker | None = None
            if choice.key == MOUSE:
                tracker = open_tracker(
                    "simulated",
                    clock=clock,
                    display=display,
                    options={"observer": "mouse", "rate_hz": str(MOUSE_RATE_HZ)},
                    context=TrackerContext(pointer=lambda: stage.pointer_px),
                )
            run = build_run(options, stage=stage, clock=clock, tracker=tracker)
            if choice.backend == "simulated":
                # else its first sample waits a second for this library, and the tracker looks lost
                importlib.import_module("scipy.signal")
            # loading the networks can hold every other thread up: not once gaze flows. What is wrong with them is told
            # with the first image; gaze can be recorded without them.
            with contextlib.suppress(GazeAppError):
                run.inference.wait(NETWORKS_WAIT_S)
            return run

        self.bridge.run(build, self._session_built)

    def _session_built(self, outcome: Run | Exception) -> None:
        if isinstance(outcome, Exception):
            self._close_stage()
            self.setup.tell_building(False, _words(outcome))
            return
        run, stage = outcome, self.stage
        assert stage is not None, "made before the session"
        stage.key_pressed.connect(self._key_pressed)
        stage.closed.connect(self._stage_closed)
        stage.frame_shown.connect(self.session.pace.note_frame)
        stage.screen_lost.connect(self._screen_lost)
        try:
            self.session.attach(run, self.setup.pseudonym)
            self.session.onset_delays_s = stage.onset_delays_s
            self.session.pace.is_scene_due = lambda: stage.is_open and stage.is_waiting
            self._take_note = run.recorder.take
            self._open_stage()
            run.start()
        except GazeAppError as error:
            self.session.detach()
            self._close_stage()
            self.setup.tell_building(False, error.message)
            return
        if self.is_demonstration:
            from gazeapp.experiment.unattended import Autopilot

            self.session.pilot = Autopilot(run.controller)
        self.setup.tell_building(False)
        self.bridge.run(lambda: load_people(self.setup.study_dir, self.setup.pseudonym), self._people_loaded)
        self.window.open_next()

    def _note_timing(self, event: Event) -> None:
        """Store how each image reached the screen: the experimenter's windows share this thread with it."""
        stage = self.stage
        if isinstance(event, StimulusShown):
            self._shown_s = event.time_s
        if not isinstance(event, StimulusHidden) or stage is None or not stage.onset_delays_s:
            return
        frames = stage.frames.between(self._shown_s, event.time_s)
        delay_ms, longest_ms = 1e3 * stage.onset_delays_s[-1], 1e3 * frames.longest_s
        self._take_note(
            Note(
                time_s=event.time_s,
                text=(
                    f"exposure {event.trial}: visible {delay_ms:.1f} ms after it was asked for, {frames.n_frames} "
                    f"frames, "
                    f"longest interval {format_figure(longest_ms, 1)} ms, {frames.n_late} late"
                ),
            )
        )

    def _people_loaded(self, people: People | Exception) -> None:
        if isinstance(people, People):
            self.session.people = people

    def _session_saved(self) -> None:
        self._close_stage()
        self.setup.load_study()
        self.window.follow()

    # The participant's window

    def _place_windows(self) -> None:
        """On a single screen the participant's window covers this one, just while somebody looks at it."""
        stage, state = self.stage, self.session.status.state
        if stage is None or not self.session.is_attached:
            return
        is_looked_at = state in (State.CALIBRATING, State.VALIDATING, State.RUNNING)
        if not self.setup.is_single_screen:
            if is_looked_at and not stage.is_open:
                self._open_stage()
            return
        if is_looked_at and not stage.is_open:
            self._open_stage()
        elif not is_looked_at and stage.is_open:
            stage.close()
            self.window.keep_above()

    def _open_stage(self) -> None:
        screen = self._participant_screen()
        is_needed = not self.setup.is_single_screen or self.session.status.state in (
            State.CALIBRATING,
            State.VALIDATING,
            State.RUNNING,
        )
        if self.stage is not None and screen is not None and is_needed:
            self.stage.open_on(screen)

    def _close_stage(self) -> None:
        if self.stage is not None:
            self.stage.close()
            self.stage.deleteLater()
            self.stage = None

    def _participant_screen(self) -> QScreen | None:
        chosen = self.setup.participant_screen
        for screen in QGuiApplication.screens():
            if chosen is not None and screen.name() == chosen.name:
                return screen
        return None

    def _key_pressed(self, key: str) -> None:
        self.window.press(key)

    def _stage_closed(self) -> None:
        self._pause(Notice(NoticeKind.WINDOW_CLOSED))

    def _screen_lost(self, name: str) -> None:
        if self.stage is not None:
            self.stage.close()
        self._pause(Notice(NoticeKind.SCREEN_LOST, name))

    def _screens_changed(self, _screen: QScreen) -> None:
        # Qt finishes its own changes first
        QTimer.singleShot(0, self, self._read_screens)

    def _read_screens(self) -> None:
        if self.window.current == "screens":
            self.window.pages["screens"].entered()

    def _pause(self, why: Notice) -> None:
        if self.session.status.state in (State.CALIBRATING, State.VALIDATING, State.RUNNING):
            self.session.command(lambda controller, now_s: controller.pause(now_s, why))

    def _application_state_changed(self, state: Qt.ApplicationState) -> None:
        # another program took the keyboard; changing between our own two windows is no loss
        is_active = state == Qt.ApplicationState.ApplicationActive
        if self._was_active != is_active and self.session.is_attached and not self.session.is_saving:
            self.session.command(lambda controller, now_s: controller.report_focus(is_active, now_s))
        self._was_active = is_active

    # The rest

    def show_help(self) -> None:
        """Open the help page, or bring it to the front."""
        if self._help is None:
            self._help = HelpWindow()
        self._help.show()
        self._help.raise_()

    def close(self) -> None:
        """End everything; what was recorded is on disk when this returns. May be called twice."""
        if self._is_closed:
            return
        self._is_closed = True
        self.setup.preview.stop()
        self.setup.preview.wait_closed(PREVIEW_WAIT_S)
        self.session.detach()
        self._close_stage()
        if self._help is not None:
            self._help.close()
        self.bridge.close()
        self._remember_choices()

    def _tell_notices(self) -> None:
        told = [*self._notices, self.setup.universal.fallback]
        self.window.status.show_notice(" · ".join(filter(None, told)))

    def _keep_theme(self) -> None:
        self.settings = replace(self.settings, theme=self.theme.choice.value)

    def _remember_choices(self) -> None:
        setup = self.setup
        asked = self.options
        self.settings = settings = with_choices(
            self.settings, setup, is_plan_given=asked.plan is not None, is_universal_given=asked.universal is not None
        )
        if self.is_demonstration:
            return
        try:
            save_settings(settings)
        except GazeAppError as error:
            _log.warning("%s", error.message)


def scan() -> Scan:
    """Search for trackers; takes seconds, never on the GUI thread."""
    from gazeapp.devices.discovery import backends, find_trackers

    return Scan(tuple(backends()), tuple(find_trackers()))


def observer_choice(name: str) -> TrackerChoice:
    """The row of the simulated observer, with one of its profiles."""
    return TrackerChoice(key=OBSERVER, backend="simulated", name=f"Simulated: {name}", options={"observer": name})


def _words(error: Exception) -> str:
    return error.message if isinstance(error, GazeAppError) else f"{type(error).__name__}: {error}"
