"""Brings windows, models and the assembled services together: builds sessions, shows and hides the participant's
window.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QScreen

from gazeapp.errors import ConsentMissing, GazeAppError
from gazeapp.experiment import usual_words
from gazeapp.experiment.notice import Notice, NoticeKind
from gazeapp.experiment.participant_display import Message
from gazeapp.experiment.plan import ExperimentPlan
from gazeapp.experiment.settings import Settings, save_settings
from gazeapp.experiment.sittings import sittings_of
from gazeapp.experiment.state import State
from gazeapp.experiment.step_order import IMAGES, WORDS
from gazeapp.gaze.clock import MonotonicClock
from gazeapp.gaze.display import Display
from gazeapp.networks.universal_models import UniversalChoice
from gazeapp.store.consent import EYE_IMAGES, GAZE
from gazeapp.store.events import Event, Note, StimulusHidden, StimulusShown
from gazeapp.ui.bridge import QtBridge
from gazeapp.ui.dialogs.dialog import Question
from gazeapp.ui.error_words import error_words
from gazeapp.ui.formatting import counted, format_clock, format_figure
from gazeapp.ui.help_window import HelpWindow
from gazeapp.ui.main_window import MainWindow
from gazeapp.ui.models.export_model import ExportModel
from gazeapp.ui.models.people import People, load_people
from gazeapp.ui.models.session_model import SessionModel
from gazeapp.ui.models.setup_model import MOUSE, OBSERVER, Scan, SetupModel, Subject
from gazeapp.ui.models.tracker_choice import TrackerChoice
from gazeapp.ui.participant.window import StimulusWindow
from gazeapp.ui.rehearsal import Rehearsal, step_alone
from gazeapp.ui.screens import list_screens
from gazeapp.ui.session_words import ENDED, LATER
from gazeapp.ui.settings_sync import restore_choices, with_choices
from gazeapp.ui.sitting_words import is_early, sitting_words
from gazeapp.ui.study_menu import StudyMenu
from gazeapp.ui.theme import Theme
from gazeapp.ui.translation import LANGUAGES, tr

if TYPE_CHECKING:  # loaded in the background, after the window is there
    from gazeapp.devices.tracker import Tracker
    from gazeapp.experiment.continuation import Continuation
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
        self.setup.tracker = options.tracker
        self.study = self.setup.study
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
        self._left = ""
        """Id of the session that was ended for good."""
        self._was_active = False
        self._shown_s = float("nan")
        self._take_note: Callable[[Event], None] = lambda _note: None
        self._dialog: Question | None = None
        self._built: Run | None = None
        """Put together in the background, and not taken over yet."""
        self.window.setup_finished.connect(self.start_session)
        self.window.record_wanted.connect(self.begin)
        self.window.end_wanted.connect(self.ask_end)
        self.window.close_wanted.connect(self._ask_close)
        self.window.people.is_busy = self._why_busy
        self.rehearsal = Rehearsal(self.bridge, use_gl=options.use_gl)
        self.rehearsal.ended.connect(self._rehearsed)
        self.rehearsal.changed.connect(self._show_rehearsal)
        self.window.design.rehearse_wanted.connect(self.rehearse)
        self.window.design.preview_wanted.connect(self.preview)
        self.study.recent = [Path(path) for path in self.settings.recent]
        self.study.initials = self.settings.initials
        language = QLocale().name().partition("_")[0]
        self.study.language = language if language in LANGUAGES else "en"
        self.menu = StudyMenu(
            self.window,
            self.study,
            self._is_busy,
            self.settings.language,
        )
        self.menu.language_chosen.connect(self._use_language)
        self.menu.import_wanted.connect(self._import_gaze)
        self.window.top.study.setMenu(self.menu)
        self.study.locked.connect(self.menu.ask_passphrase)
        self.study.open(options.study)
        self.study.opened.connect(self._forget_person)
        self.study.changed.connect(self._forget_who_is_gone)
        if options.pseudonym:
            self._start_with(options.pseudonym)
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

    def begin(self, pseudonym: str, session_id: str = "") -> None:
        """Prepare a session of a participant who consented; a session that runs is not ended without a question."""
        busy = self._why_busy(pseudonym)
        if self.session.is_running:
            self._ask(
                self.tr("{0} is being recorded.").format(self.session.person),
                self.tr("The session of {0} begins when that of {1} has ended.").format(pseudonym, self.session.person),
                [
                    (self.tr("Go on with {0}").format(self.session.person), self._go_to_record, "primary"),
                    (
                        self.tr("Continue {0} later").format(self.session.person),
                        partial(self._leave_then, partial(self.begin, pseudonym, session_id)),
                        "",
                    ),
                ],
            )
            return
        if busy:
            self.study.failed.emit(busy)
            return
        if self.session.is_attached:  # over, and on disk
            self.session.detach()
            self._close_stage()
        row = self.study.row(pseudonym)
        waiting = row.open_session if row is not None else None
        next_image = waiting.summary.n_done + 1 if waiting and waiting.session_id == session_id else 0
        subject = Subject(pseudonym=pseudonym, session_id=session_id, next_image=next_image)
        plan, sittings = self.setup.plan, None
        if row is not None and plan.sittings.count > 1 and not session_id:
            sittings = sittings_of(plan.name, plan.sittings, row.sessions)
        if sittings is None or not is_early(sittings):
            self._prepare(subject, sitting_words(sittings) if sittings is not None else "")
            return
        self._ask(
            self.tr("Record {0} now?").format(pseudonym),
            self.tr("Plan {0}: {1}.").format(plan.name, sitting_words(sittings)),
            [
                (self.tr("Wait"), lambda: None, "primary"),
                (self.tr("Record anyway"), partial(self._prepare, subject, sitting_words(sittings)), ""),
            ],
        )

    def _prepare(self, subject: Subject, sitting: str) -> None:
        self.setup.prepare(subject)
        self.window.open_page("screens" if self.setup.is_tracker_ready else "tracker")
        if sitting:
            self.window.status.show_notice(f"{subject.pseudonym}: {sitting}")

    def _why_busy(self, pseudonym: str) -> str:
        """Why nothing can be begun with a person, or erased of them; empty when it can."""
        session = self.session
        if self.setup.is_building:
            return self.tr("A session is being prepared; wait a moment.")
        if session.is_running and session.person == pseudonym:
            return self.tr("{0} is being recorded.").format(pseudonym)
        if session.is_unsaved and not session.is_running:
            return self.tr("The session of {0} is being stored; wait a moment.").format(session.person)
        return ""

    def _is_busy(self) -> bool:
        """Whether something is written into the study that is open: another one waits until then."""
        is_recording = self.session.is_unsaved or self.setup.is_building
        return is_recording or self.window.people.imports.is_running or self.study.is_encrypting

    def _forget_person(self) -> None:
        """Another study is open: a person of the same pseudonym in it is another one."""
        self.setup.subject = None
        self.session.detach()
        self._close_stage()
        self.window.open_page("people")
        self.window.refresh()

    def _forget_who_is_gone(self) -> None:
        """Whoever was renamed or erased is chosen no more."""
        study, subject = self.study, self.setup.subject
        is_known = study.content.exists and not study.is_loading and not study.problem
        if is_known and subject is not None and study.row(subject.pseudonym) is None:
            self.setup.subject = None
            self.window.refresh()

    def _import_gaze(self) -> None:
        self.window.open_page("people")
        self.window.people.ask_import()

    def _go_to_record(self) -> None:
        self.window.open_place("record")

    def _leave_then(self, do: Callable[[], object]) -> None:
        """Store the session that runs, to be continued later, and then do something else."""

        def saved() -> None:
            self.session.saved.disconnect(saved)
            do()

        if not self.session.is_running:
            do()
            return
        self.session.saved.connect(saved)
        self.session.end(LATER)

    def ask_end(self) -> None:
        """Ask how the session is to end."""
        session = self.session
        if not session.is_running:
            return
        status = session.status
        self._ask(
            self.tr("End the session of {0}?").format(session.person),
            counted(
                status.n_trials,
                self.tr("{1} of {0} image was viewed. Everything so far is kept either way."),
                self.tr("{1} of {0} images were viewed. Everything so far is kept either way."),
                status.n_done,
            ),
            [
                (self.tr("Go on recording"), lambda: None, "primary"),
                (self.tr("Continue later"), partial(session.end, LATER), ""),
                (self.tr("End it here"), self._end_for_good, "danger"),
            ],
        )

    def _end_for_good(self) -> None:
        run = self.session.run
        if run is not None:
            self._left = run.session_id
        self.session.end(ENDED)

    def _ask_close(self) -> None:
        session = self.session
        if not session.is_running:
            self._ask_close_plans()
            return
        self._ask(
            self.tr("{0} is being recorded.").format(session.person),
            self.tr("Closing the window stops the session. It can be continued at the next image another time."),
            [
                (self.tr("Go on recording"), lambda: None, "primary"),
                (self.tr("Continue later, and close"), self._close_later, ""),
            ],
        )

    def _ask_close_plans(self) -> None:
        model = self.window.design.model

        def close(*, is_saved: bool) -> None:
            if is_saved and not model.save_all():
                self.window.open_page("design")
                return
            self.window.closes_unasked = True
            self.window.close()

        names = ", ".join(model.unsaved)
        self._ask(
            self.tr("Save the changes of the plans?"),
            self.tr("Changed and not saved: {0}.").format(names),
            [
                (self.tr("Save and close"), partial(close, is_saved=True), "primary"),
                (self.tr("Go on"), lambda: None, ""),
                (self.tr("Close without saving"), partial(close, is_saved=False), "danger"),
            ],
        )

    def _close_later(self) -> None:
        self._leave_then(self.window.close)

    def _ask(self, title: str, text: str, answers: list[tuple[str, Callable[[], object], str]]) -> None:
        """Ask; while nobody answers, the participant's screen waits too."""
        if self._dialog is not None:
            return
        self.session.hold()
        self.window.keep_above()
        self._dialog = dialog = Question(self.window, title, text, answers)
        dialog.finished.connect(self._answered)
        dialog.open()

    def _answered(self, _code: int) -> None:
        self._dialog = None

    def _start_with(self, pseudonym: str) -> None:
        """Somebody named the participant at the start: once the study is read, ask for the consent and go on."""

        def read() -> None:
            if self.study.is_loading:
                return
            self.study.changed.disconnect(read)
            self.window.people.view.choose(pseudonym)
            self.window.people.start(pseudonym)

        self.study.changed.connect(read)

    def start_session(self) -> None:
        """Build the session from what was chosen, in the background, and begin."""
        setup = self.setup
        display, choice, subject = setup.display, setup.tracker, setup.subject
        if setup.is_building or self.session.is_running:
            return
        self.rehearsal.stop()
        if subject is None:
            self.window.open_page("people")
            self.study.failed.emit(self.tr("Choose a person first, then press R."))
            return
        if self.session.is_unsaved:
            setup.tell_building(False, self._why_busy(subject.pseudonym))
            return
        if display is None or choice is None:
            return
        self._remember_choices()
        setup.preview.stop()
        self.session.detach()
        self._close_stage()
        setup.tell_building(True)
        if not subject.session_id:
            self._build(subject, 0.0, setup.plan, display)
            return
        folder = setup.study_dir / "sessions" / subject.session_id

        def read() -> Continuation:
            from gazeapp.experiment.continuation import read_continuation

            return read_continuation(folder)

        def done(found: Continuation | Exception) -> None:
            if isinstance(found, Exception):
                setup.tell_building(False, error_words(found))
            elif (found.display.width_px, found.display.height_px) != (display.width_px, display.height_px):
                words = self.tr(
                    "The session was recorded on a screen of {0}×{1} pixels; choose that one to continue it."
                )
                setup.tell_building(False, words.format(found.display.width_px, found.display.height_px))
            else:
                self._build(subject, found.start_s(), found.plan, found.display)

        self.bridge.run(read, done)

    def _build(self, subject: Subject, start_s: float, plan: ExperimentPlan, display: Display) -> None:
        setup, choice = self.setup, self.setup.tracker
        assert choice is not None, "chosen before"
        clock = MonotonicClock(start_s)
        stage = StimulusWindow(
            clock, plan.stimuli.background, use_gl=self.options.use_gl, is_continuous=self.options.is_continuous
        )
        stage.shows_pointer = choice.key == MOUSE
        self.stage = stage

        given = {**choice.options, **self.device_options}
        study_dir, initials, language = setup.study_dir, self.study.initials, self.study.language
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
                participant=subject.pseudonym,
                resume=subject.session_id,
                experimenter=initials,
                language=language,
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
            self._built = run = build_run(options, screen=stage, clock=clock, tracker=tracker)
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
        self._built = None
        if isinstance(outcome, Exception):
            self._close_stage()
            self.setup.tell_building(False, error_words(outcome))
            if isinstance(outcome, ConsentMissing) and self.setup.subject is not None:
                needed = (GAZE, EYE_IMAGES) if self.setup.wants_eye_images else (GAZE,)
                self.window.people.ask_consent(self.setup.subject.pseudonym, self.start_session, needed)
            return
        run, stage = outcome, self.stage
        assert stage is not None, "made before the session"
        stage.key_pressed.connect(self._key_pressed)
        stage.closed.connect(self._stage_closed)
        stage.frame_shown.connect(self.session.repainting.note_frame)
        stage.screen_lost.connect(self._screen_lost)
        try:
            # whose session it is, the session itself says
            self.session.attach(run, run.session.pseudonym)
            self.session.onset_delays_s = stage.onset_delays_s
            self.session.repainting.is_scene_due = lambda: stage.is_open and stage.is_waiting
            self._take_note = run.recorder.take
            self._open_stage()
            run.start()
        except GazeAppError as error:
            self.session.detach()
            self._close_stage()
            self.setup.tell_building(False, error_words(error))
            return
        if self.is_demonstration:
            from gazeapp.experiment.unattended import UnattendedOperator

            self.session.operator = UnattendedOperator(run.controller)
        self.setup.subject = None  # the next session, too, is of somebody who is chosen for it
        self.setup.tell_building(False)
        folder, person = self.setup.study_dir, run.session.pseudonym
        self.bridge.run(lambda: load_people(folder, person), self._people_loaded)
        self.study.reload()
        if self.window.place == "record":
            self.window.open_page("screens")
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
        left, self._left = self._left, ""
        if left:
            self.study.leave(left)
        else:
            self.study.reload()
        self.window.follow()

    # Rehearsals

    def rehearse(self, plan: ExperimentPlan) -> None:
        """Run a plan on the participant's screen with the mouse; nothing is stored."""
        words = self.tr("Rehearsal with the mouse: nothing is stored.\nSpace goes on at once, Esc ends.")
        self._rehearse(partial(self.rehearsal.start, plan, words=words))

    def preview(self, plan: ExperimentPlan, number: int, image: str) -> None:
        """Show a step of a plan alone, with one image, on the participant's screen; nothing is stored."""
        step = plan.line[number]
        if step.kind in WORDS:
            text = step.words(self.study.language)
            scene = Message(
                background=plan.look_of(number).background,
                text=text or usual_words.of(step.kind).words(self.study.language),
                image_file=str(plan.folder / step.picture) if step.picture else "",
            )
            self._rehearse(lambda screen, _display, language: self.rehearsal.show_words(scene, screen))
        elif step.kind not in IMAGES or image:
            alone = step_alone(plan, number, Path(image) if image else None)
            self._rehearse(partial(self.rehearsal.start, alone))

    def _rehearse(self, begin: Callable[[QScreen, Display, str], object]) -> None:
        """Take the participant's screen, unless somebody is being recorded on it."""
        if self.session.is_running or self.setup.is_building:
            words = self.tr("The participant's screen is in use: rehearse once the session is over.")
            self.window.design.tell_rehearsed("", words)
            return
        if self.rehearsal.is_on:
            return
        self.setup.show_screens(list_screens())
        screen, display = self._participant_screen(), self.setup.display
        if screen is not None and display is not None:
            begin(screen, display, self.study.language)

    def _show_rehearsal(self) -> None:
        rehearsal = self.rehearsal
        if rehearsal.is_on:
            words = self.tr("Rehearsing: {0} of {1} images. Esc on the participant's screen ends it.")
            self.window.status.show_notice(words.format(rehearsal.n_done, rehearsal.n_images))
        else:
            self._tell_notices()

    def _rehearsed(self, problem: str) -> None:
        rehearsal, words = self.rehearsal, ""
        if not problem and math.isfinite(rehearsal.took_s):
            words = self.tr("Rehearsed {0} of {1} images in {2} min; nothing was stored.").format(
                rehearsal.n_done, rehearsal.n_images, format_clock(rehearsal.took_s)
            )
        self.window.design.tell_rehearsed(words, problem)
        self.window.activateWindow()

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
            # on two screens the keys stay with the experimenter
            self.stage.open_on(screen, takes_keys=self.setup.is_single_screen)

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
        if key in ("Space", "Return") and self.session.waits_for_reader:  # whoever reads goes on alone
            self.session.command(lambda controller, now_s: controller.continue_now(now_s))
        elif self.setup.is_single_screen or key == "Escape" or key.startswith("Alt+"):
            if self.setup.is_single_screen and key.startswith("Alt+"):
                self.session.hold()  # what is opened can be seen
            self.window.press(key)  # on two screens the other keys were not the experimenter's

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

    def quit(self) -> None:
        """The program was told to stop (Ctrl-C): the session is kept, and nobody is asked."""
        self.window.closes_unasked = True
        self.window.close()

    def _use_language(self, code: str) -> None:
        self.settings = replace(self.settings, language=code)
        self._remember_choices()
        self.window.status.show_notice(self.tr("The language changes when the program is opened again."))

    def show_help(self) -> None:
        """Open the help at the page for where one is; above the participant's window, which waits meanwhile."""
        if self.setup.is_single_screen:
            self.session.hold()
        if self._help is None:
            self._help = HelpWindow()
        self._help.open_at(self.window.place)

    def close(self) -> None:
        """End everything; what was recorded is on disk when this returns. May be called twice."""
        if self._is_closed:
            return
        self._is_closed = True
        self.setup.preview.stop()
        self.setup.preview.wait_closed(PREVIEW_WAIT_S)
        self.rehearsal.stop()
        self.session.detach()
        self._close_stage()
        self.study.close()
        if self._help is not None:
            self._help.close()
        self.bridge.close()
        if self._built is not None:  # closed while it was prepared: its session ends as any other
            self._built.close()
        self._remember_choices()

    def _tell_notices(self) -> None:
        told = [*self._notices, self.setup.universal.fallback]
        self.window.status.show_notice(" · ".join(filter(None, told)))

    def _keep_theme(self) -> None:
        self.settings = replace(self.settings, theme=self.theme.choice.value)

    def _remember_choices(self) -> None:
        setup = self.setup
        asked = self.options
        self.settings = replace(
            self.settings, recent=tuple(str(path) for path in self.study.recent), initials=self.study.initials
        )
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
    words = tr("Simulated: {0}").format(name)
    return TrackerChoice(key=OBSERVER, backend="simulated", name=words, options={"observer": name})
