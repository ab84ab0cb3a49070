"""Brings windows, models and the assembled services together, from the first window to the last file."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QLocale, QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QScreen

from gazeapp.errors import GazeAppError
from gazeapp.experiment.plan import ExperimentPlan
from gazeapp.experiment.settings import Settings, save_settings
from gazeapp.experiment.sittings import sittings_of
from gazeapp.networks.universal_models import UniversalChoice
from gazeapp.store.consent import EYE_IMAGES, GAZE
from gazeapp.ui.bridge import QtBridge
from gazeapp.ui.help_window import HelpWindow
from gazeapp.ui.main_window import MainWindow
from gazeapp.ui.models.export_model import ExportModel
from gazeapp.ui.models.people import People, load_people
from gazeapp.ui.models.session_model import SessionModel
from gazeapp.ui.models.setup_model import OBSERVER, Scan, SetupModel, Subject
from gazeapp.ui.models.tracker_choice import TrackerChoice
from gazeapp.ui.participant.stage import ParticipantStage
from gazeapp.ui.plan_rehearsals import PlanRehearsals
from gazeapp.ui.session_builder import PREVIEW_WAIT_S, RecordingOptions, SessionBuilder
from gazeapp.ui.session_questions import SessionQuestions
from gazeapp.ui.settings_sync import restore_choices, with_choices
from gazeapp.ui.sitting_words import is_early, sitting_words
from gazeapp.ui.study_menu import StudyMenu
from gazeapp.ui.theme import Theme
from gazeapp.ui.translation import LANGUAGES, tr

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationOptions:
    """How the windows are opened."""

    study: Path
    plan: ExperimentPlan | None = None
    pseudonym: str = ""
    tracker: TrackerChoice | None = None
    settings: Settings
    recording: RecordingOptions = field(default_factory=RecordingOptions)
    """Without a fixation detector the one of the settings is used."""
    universal: UniversalChoice | None = None
    """The universal model that was asked for; None takes the one of the last time."""
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
        self.study.weights = options.recording.weights
        found = restore_choices(
            self.setup,
            self.settings,
            universal=options.universal,
            is_plan_given=options.plan is not None,
        )
        self._notices = [options.notice, *found]
        self.session = SessionModel(self.bridge)
        self.exports = ExportModel(self.bridge)
        self.window = MainWindow(theme, self.setup, self.session, self.exports)
        self.stage = ParticipantStage(self.setup, self.session)
        recording = options.recording
        recording = replace(recording, algorithm=recording.algorithm or self.settings.algorithm)
        self.builder = SessionBuilder(self.setup, self.session, self.stage, recording)
        self.questions = SessionQuestions(self.window, self.session)
        self.rehearsals = PlanRehearsals(self.window, self.setup, self.session, use_gl=recording.use_gl)
        self.is_demonstration = False
        self._help: HelpWindow | None = None
        self._is_closed = False
        self._left = ""
        """Id of the session that was ended for good."""
        self._was_active = False
        self.window.people.is_busy = self._why_busy
        self.study.recent = [Path(path) for path in self.settings.recent]
        self.study.initials = self.settings.initials
        language = QLocale().name().partition("_")[0]
        self.study.language = language if language in LANGUAGES else "en"
        self.menu = StudyMenu(self.window, self.study, self._is_busy, self.settings.language)
        self.window.top.study.setMenu(self.menu)
        self.study.locked.connect(self.menu.ask_passphrase)
        self.study.open(options.study)
        self.study.opened.connect(self._forget_person)
        self.study.changed.connect(self._forget_who_is_gone)
        if options.pseudonym:
            self._start_with(options.pseudonym)
        self._connect()
        self._tell_notices()

    def _connect(self) -> None:
        window, session = self.window, self.session
        window.setup_finished.connect(self.start_session)
        window.record_wanted.connect(self.begin)
        window.end_wanted.connect(self.questions.ask_end)
        window.close_wanted.connect(self.questions.ask_close)
        window.closing.connect(self.close)
        window.help_wanted.connect(self.show_help)
        self.menu.language_chosen.connect(self._use_language)
        self.menu.import_wanted.connect(self._import_gaze)
        self.stage.key_pressed.connect(window.press)
        self.stage.uncovered.connect(window.keep_above)
        self.builder.begun.connect(self._session_begun)
        self.builder.consent_missing.connect(self._ask_consent)
        self.questions.ended.connect(self._note_left)
        session.saved.connect(self._session_saved)
        self.rehearsals.over.connect(self._tell_notices)
        self.theme.changed.connect(self._keep_theme)
        self.setup.universal.changed.connect(self._tell_notices)
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication), "windows need a QApplication"
        application.applicationStateChanged.connect(self._application_state_changed)
        application.screenAdded.connect(self._screens_changed)
        application.screenRemoved.connect(self._screens_changed)

    # Sessions

    def begin(self, pseudonym: str, session_id: str = "") -> None:
        """Prepare a session of a participant who consented; a session that runs is not ended without a question."""
        if self.session.is_running:
            self.questions.ask_before_another(pseudonym, partial(self.begin, pseudonym, session_id))
            return
        if busy := self._why_busy(pseudonym):
            self.study.failed.emit(busy)
            return
        if self.session.is_attached:  # over, and on disk
            self.session.detach()
            self.stage.close()
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
        self.questions.ask(
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
        is_working = self.study.is_encrypting or self.study.renewing is not None or self.exports.is_running
        return is_recording or is_working or self.window.people.imports.is_running

    def _forget_person(self) -> None:
        """Another study is open: a person of the same pseudonym in it is another one."""
        self.setup.subject = None
        self.session.detach()
        self.stage.close()
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
        setup, subject = self.setup, self.setup.subject
        if setup.is_building or self.session.is_running:
            return
        self.rehearsals.rehearsal.stop()
        if subject is None:
            self.window.open_page("people")
            self.study.failed.emit(self.tr("Choose a person first, then press R."))
        elif self.session.is_unsaved:
            setup.tell_building(False, self._why_busy(subject.pseudonym))
        elif setup.display is not None and setup.tracker is not None:
            self._remember_choices()
            self.builder.build(subject, setup.tracker, setup.display)

    def _ask_consent(self, pseudonym: str) -> None:
        needed = (GAZE, EYE_IMAGES) if self.setup.wants_eye_images else (GAZE,)
        self.window.people.ask_consent(pseudonym, self.start_session, needed)

    def _session_begun(self) -> None:
        session, run = self.session, self.session.run
        assert run is not None, "attached just now"
        if self.is_demonstration:
            from gazeapp.experiment.unattended import UnattendedOperator

            session.operator = UnattendedOperator(run.controller)

        def loaded(people: People | Exception) -> None:
            if session.run is run:  # without the others, too, the person's own growth is plotted
                session.take_people(people if isinstance(people, People) else People(has_plots=True))

        folder, person = self.setup.study_dir, session.person
        self.bridge.run(lambda: load_people(folder, person), loaded)
        self.study.reload()
        if self.window.place == "record":
            self.window.open_page("screens")
            self.window.open_next()

    def _session_saved(self) -> None:
        left, self._left = self._left, ""
        if left:
            self.study.leave(left)
        else:
            self.study.reload()
        self.window.follow()

    def _note_left(self, session_id: str) -> None:
        self._left = session_id

    # The rest

    def _screens_changed(self, _screen: QScreen) -> None:
        # Qt finishes its own changes first
        QTimer.singleShot(0, self, self._read_screens)

    def _read_screens(self) -> None:
        if self.window.current == "screens":
            self.window.pages["screens"].entered()

    def _application_state_changed(self, state: Qt.ApplicationState) -> None:
        # another program took the keyboard; changing between our own two windows is no loss
        is_active = state == Qt.ApplicationState.ApplicationActive
        if self._was_active != is_active and self.session.is_attached and not self.session.is_saving:
            self.session.command(lambda controller, now_s: controller.report_focus(is_active, now_s))
        self._was_active = is_active

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
        self.rehearsals.rehearsal.stop()
        self.session.detach()
        self.stage.close()
        self.study.close()
        if self._help is not None:
            self._help.close()
        self.bridge.close()
        self.builder.close()
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
