"""The experimenter's window: steps on the left, the page in the centre, its details on the right."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeySequence, QMoveEvent, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from gazeapp.experiment.state import SessionStep, State
from gazeapp.experiment.step_order import IMAGES
from gazeapp.ui.formatting import UNKNOWN, format_clock, format_figure, format_share
from gazeapp.ui.link_notice import LinkNotice
from gazeapp.ui.models.export_model import ExportModel
from gazeapp.ui.models.session_model import SessionModel
from gazeapp.ui.models.setup_model import SetupModel
from gazeapp.ui.pages.analyse import AnalysePage
from gazeapp.ui.pages.calibrate import CalibratePage
from gazeapp.ui.pages.design import DesignPage
from gazeapp.ui.pages.export import ExportPage
from gazeapp.ui.pages.live import LivePage
from gazeapp.ui.pages.page import Page
from gazeapp.ui.pages.people import PeoplePage
from gazeapp.ui.pages.quality import QualityPage
from gazeapp.ui.pages.results import ResultsPage
from gazeapp.ui.pages.screens import ScreensPage
from gazeapp.ui.pages.tracker import TrackerPage
from gazeapp.ui.pages.universal import UniversalPage
from gazeapp.ui.pages.validate import ValidatePage
from gazeapp.ui.theme import Theme
from gazeapp.ui.widgets.basic import KeyButton
from gazeapp.ui.widgets.participant_thumbnail import ParticipantThumbnail
from gazeapp.ui.widgets.status_bar import StatusBar
from gazeapp.ui.widgets.step_list import StepItem, StepList, StepState
from gazeapp.ui.widgets.top_bar import TopBar

NAVIGATION_PX, DETAILS_PX = 188, 316
STEPS_S = 1.0
"""The figures beside the steps are brought up to date this often."""
PLACES = {
    "people": ("people", "export"),
    "design": ("design",),
    "record": ("tracker", "screens", "calibrate", "validate", "enrol", "overlay", "results", "universal", "quality"),
    "analyse": ("analyse",),
}
"""The four places with their pages, in order."""
SIDE_PAGES = {"universal": ("overlay", "Alt+U"), "quality": ("validate", "Alt+Q")}
"""Pages beside the steps, with their icon and key: they can be opened at any time and lead nowhere."""


def place_of(page: str) -> str:
    """The place that a page belongs to.

    >>> place_of("export"), place_of("quality")
    ('people', 'record')
    """
    return next(place for place, pages in PLACES.items() if page in pages)


def page_key(page: str) -> str:
    """What opens a page of Record from anywhere.

    >>> page_key("tracker"), page_key("quality")
    ('Alt+1', 'Alt+Q')
    """
    return SIDE_PAGES[page][1] if page in SIDE_PAGES else f"Alt+{PLACES['record'].index(page) + 1}"


class MainWindow(QMainWindow):
    """Navigation and the frame around the pages; decides nothing about the session."""

    setup_finished = Signal()
    """Tracker and screens are chosen: the session can be built."""
    close_wanted = Signal()
    """Somebody wants to close the window while a session runs: they are asked first."""
    closing = Signal()
    end_wanted = Signal()
    """Somebody wants to end the session: they are asked first."""
    record_wanted = Signal(str, str)
    """(pseudonym, id of the session to continue or ""), chosen in People."""
    help_wanted = Signal()

    def __init__(self, theme: Theme, setup: SetupModel, session: SessionModel, export: ExportModel) -> None:
        super().__init__()
        self._theme, self._setup, self._session = theme, setup, session
        self.setWindowTitle("gazeapp")
        self.setMinimumSize(1120, 700)
        self._fit_screen()
        self.people = PeoplePage(theme, setup.study)
        self.design = DesignPage(theme, setup)
        self.analyse = AnalysePage(theme, setup.study)
        self.export = ExportPage(theme, setup, export)
        self.pages: dict[str, Page] = {
            "people": self.people,
            "export": self.export,
            "design": self.design,
            "analyse": self.analyse,
            "tracker": TrackerPage(theme, setup),
            "screens": ScreensPage(theme, setup),
            "calibrate": CalibratePage(theme, session, setup),
            "validate": ValidatePage(theme, session),
            "enrol": LivePage(theme, session, "enrol"),
            "overlay": LivePage(theme, session, "overlay"),
            "results": ResultsPage(theme, session),
            "universal": UniversalPage(theme, setup, session),
            "quality": QualityPage(theme, session, setup.bridge),
        }
        names = (
            self.tr("People"),
            self.tr("Export"),
            self.tr("Design"),
            self.tr("Analyse"),
            self.tr("Tracker"),
            self.tr("Screens"),
            self.tr("Calibrate"),
            self.tr("Validate"),
            self.tr("Enrol"),
            self.tr("Overlay"),
            self.tr("Results"),
            self.tr("Universal map"),
            self.tr("Quality"),
        )
        self._names = dict(zip(self.pages, names, strict=True))
        self.steps = StepList(
            theme,
            [
                StepItem(key=k, name=n, icon=SIDE_PAGES[k][0] if k in SIDE_PAGES else "")
                for k, n in self._names.items()
                if place_of(k) == "record"
            ],
        )
        self.thumbnail = ParticipantThumbnail(theme, self.tr("Participant sees"))
        self.top = TopBar(theme)
        self.status = StatusBar(theme)
        self.link = LinkNotice(theme, session)
        self._centre, self._right = QStackedWidget(), QStackedWidget()
        self._current = self._followed = ""
        self._at = {place: pages[0] for place, pages in PLACES.items()}
        """Page that was open last in each place."""
        self.closes_unasked = False
        """The program was told to stop: a session is ended and kept without a question."""
        self._steps_s = math.nan
        for page in self.pages.values():
            self._centre.addWidget(page)
            self._right.addWidget(page.details)
            self.top.add_actions(page.action_bar)
        self._lay_out()
        self._connect()
        self.open_page("people")
        self.refresh()

    # Navigation

    @property
    def current(self) -> str:
        """The page that is open."""
        return self._current

    def open_page(self, key: str) -> None:
        """Open a page."""
        if key == self._current:
            return
        if self._current:
            self.pages[self._current].left()
        self._current = key
        place = place_of(key)
        self._at[place] = key
        self.top.show_place(place)
        self._way.setVisible(place == "record")
        page = self.pages[key]
        self._centre.setCurrentWidget(page)
        self._right.setCurrentWidget(page.details)
        self.top.show_actions(page.action_bar)
        self.steps.select(key)
        page.entered()
        page.refresh()
        self._show_keys()

    def open_place(self, place: str) -> None:
        """Go to People, Design, Record or Analyse, as it was left; a running session goes on."""
        self.open_page(self._at[place])

    @property
    def place(self) -> str:
        """Where one is."""
        return place_of(self._current)

    def open_next(self) -> None:
        """Go one step on along the steps; phases the plan leaves out are passed over."""
        keys = list(PLACES["record"])
        following = keys[keys.index(self._current) + 1 :]
        phases = self._setup.plan.phases
        for key in following:
            if key in SIDE_PAGES:
                return
            if key not in ("calibrate", "validate", "enrol", "overlay") or key in phases:
                self.open_page(key)
                return

    def follow(self) -> None:
        """Open the page of what the session does now, once when that changes; the person may leave it again."""
        session, status = self._session, self._session.status
        page = {State.CALIBRATING: "calibrate", State.VALIDATING: "validate"}.get(status.state)
        if status.state is State.RUNNING and status.phase in IMAGES:
            page = status.phase if status.phase != "practice" else "enrol"
        elif status.state.is_over and session.maps.trials and session.is_saved:
            page = "results"
        if page is not None and page != self._followed:
            self._followed = page
            if self.place == "record":
                self.open_page(page)
            else:  # whoever looks at something else finds it there
                self._at["record"] = page

    def press(self, key: str) -> bool:
        """Do what a key does on the page of Record that is open, for keys pressed on the participant's window."""
        if key == "Escape":
            self._escape()
            return True
        if key == "F1":
            self.help_wanted.emit()
            return True
        if key in (page_keys := {page_key(page): page for page in PLACES["record"]}):
            self.open_page(page_keys[key])
            return True
        if self.place != "record":
            return False  # the session's own keys do nothing to the study
        page = self.pages[self._current]
        for button in (*page.buttons, *page.findChildren(KeyButton), *self.link.findChildren(KeyButton)):
            if button.key == key and button.isEnabled() and not button.isHidden():
                button.click()
                return True
        return False

    # What changes

    def show_refusal(self, message: str) -> None:
        """Say why a command was not carried out, on the page that is open."""
        page = self.pages[self._current]
        page.banner.show_finding(message, page.banner.text, tone="warn")
        page.banner.show()

    def refresh(self) -> None:
        """Show the state of every step, the pills and the thumbnail's words."""
        self._show_steps()
        self._show_pills()
        self._show_thumbnail()
        self._show_keys()

    def moveEvent(self, _event: QMoveEvent) -> None:
        """Called by Qt: it may be on another screen now."""
        self._setup.note_experimenter_screen(self.screen().name())

    def closeEvent(self, event: QCloseEvent) -> None:
        """Called by Qt."""
        if (self._session.is_running or self.design.model.unsaved) and not self.closes_unasked:
            event.ignore()
            self.close_wanted.emit()
            return
        self.closing.emit()
        event.accept()

    def _fit_screen(self) -> None:
        """Never larger than the screen it opens on."""
        screen = self.screen() or QGuiApplication.primaryScreen()
        room = screen.availableGeometry().size() if screen else QSize(1440, 900)
        self.setMinimumSize(min(1120, room.width()), min(660, room.height()))
        self.resize(min(1440, room.width()), min(900, room.height()))

    def _lay_out(self) -> None:
        self._way = navigation = QFrame()
        navigation.setObjectName("navigation")
        navigation.setFixedWidth(NAVIGATION_PX)
        left = QVBoxLayout(navigation)
        left.setContentsMargins(10, 14, 10, 10)
        left.addWidget(self.steps)
        left.addStretch(1)
        left.addWidget(self.thumbnail)
        self._right.setFixedWidth(DETAILS_PX)
        details = QFrame()
        details.setObjectName("details")
        right = QVBoxLayout(details)
        right.setContentsMargins(0, 0, 0, 0)
        right.addWidget(self._right)
        work = QFrame()
        work.setObjectName("work")
        centre = QVBoxLayout(work)
        centre.setContentsMargins(0, 0, 0, 0)
        centre.setSpacing(0)
        centre.addWidget(self.link)
        centre.addWidget(self._centre)
        columns = QHBoxLayout()
        columns.setSpacing(0)
        columns.addWidget(navigation)
        columns.addWidget(work, 1)
        columns.addWidget(details)
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.top)
        column.addLayout(columns, 1)
        column.addWidget(self.status)
        self.setCentralWidget(whole)

    def _connect(self) -> None:
        self.steps.chosen.connect(self.open_page)
        for place, name in (
            ("people", self.tr("People")),
            ("design", self.tr("Design")),
            ("record", self.tr("Record")),
            ("analyse", self.tr("Analyse")),
        ):
            keys = f"Ctrl+{list(PLACES).index(place) + 1}"
            self.top.add_place(place, name, keys)
            self._shortcut(keys, partial(self.open_place, place))
        self.top.place_wanted.connect(self._go_to)
        for key, page in self.pages.items():
            if key == "screens":
                page.step_finished.connect(self._setup_done)
            elif key == "results":
                page.step_finished.connect(lambda: self.open_export([self._session.person]))
            elif place_of(key) == "record":
                page.step_finished.connect(self.open_next)
            page.end_wanted.connect(self.end_wanted)
            if isinstance(page, LivePage):
                page.person_wanted.connect(self.open_person)
        self.people.record_wanted.connect(self.record_wanted)
        self.people.export_wanted.connect(self.open_export)
        self.people.analyse_wanted.connect(self.open_session)
        self.export.step_finished.connect(lambda: self.open_page("people"))
        self._setup.study.changed.connect(self._show_pills)
        self._setup.study.changed.connect(self._show_study)
        self._setup.study.changed.connect(self._show_keys)
        self.people.view.chosen.connect(lambda _name: self._show_keys())
        self._setup.changed.connect(self.refresh)
        self._session.state_changed.connect(self.refresh)
        self._session.state_changed.connect(self.follow)
        self._session.saved.connect(self._show_live)
        self._session.refused.connect(self.show_refusal)
        self._session.live_changed.connect(self._show_live)
        for key in PLACES["record"]:
            self._shortcut(page_key(key), partial(self.open_page, key))
        self._shortcut("F1", self.help_wanted.emit)
        self._shortcut("Ctrl+T", self._theme.toggle)
        self._shortcut("Escape", self._escape)
        self._shortcut("/", self._find)
        self._shortcut("Ctrl+F", self._find)
        self._shortcut("F5", self._setup.study.reload)

    def _go_to(self, place: str) -> None:
        self.open_place(place)
        self.top.show_place(self.place)  # a click on where one is already unmarks nothing

    def _find(self) -> None:
        self.open_page("people")
        self.people.focus_search()

    def open_export(self, pseudonyms: list[str]) -> None:
        """Export these people, or all."""
        self.export.choose(pseudonyms)
        self.open_page("export")

    def open_person(self, pseudonym: str) -> None:
        """Open the newest recorded session of a person, where there is one."""
        if self.analyse.show_person(pseudonym):
            self.open_page("analyse")

    def open_session(self, session_id: str) -> None:
        """Open a recorded session."""
        self.analyse.show_session(session_id)
        self.open_page("analyse")

    def _shortcut(self, keys: str, do: Callable[[], object]) -> None:
        shortcut = QShortcut(QKeySequence(keys), self)
        shortcut.activated.connect(do)

    def _setup_done(self) -> None:
        self.setup_finished.emit()

    def _escape(self) -> None:
        self._session.hold()

    def _show_live(self) -> None:
        snapshot = self._session.snapshot
        is_over = self._session.is_saved  # nothing flows any more: no figure pretends that it does
        self.status.show_health(snapshot.health if snapshot and not is_over else None)
        if not self._session.now_s - self._steps_s < STEPS_S:
            self._show_steps()  # rate and loss stand beside their steps
        self._show_pills()
        self._show_thumbnail()

    def _show_keys(self) -> None:
        if self._current:
            self.status.show_keys(self.pages[self._current].keys_text())

    def _show_steps(self) -> None:
        self._steps_s = self._session.now_s
        setup, session = self._setup, self._session
        status, snapshot, has_results = session.status, session.snapshot, bool(session.maps.trials)
        n_done, n_all = status.n_done, status.n_trials
        state, phase = status.state, status.phase
        attempt, validation = status.selected_attempt, status.validation
        has_run = session.is_attached

        def flow(name: str, is_done: bool, is_open: bool) -> StepState:
            if phase == name and state in (State.CALIBRATING, State.VALIDATING, State.RUNNING):
                return "working"
            if phase == name and state is State.PAUSED:
                return "warn"
            if name not in (status.plan if has_run else setup.plan).phases:
                return "locked"  # the plan leaves it out: it is not done either
            return "done" if is_done else "open" if is_open else "locked"

        verdicts: dict[str, StepState] = {"pass": "done", "warn": "warn", "fail": "failed"}
        quality: StepState = verdicts[validation.verdict] if validation is not None else "locked"
        accuracy = validation.quality.summary.get("accuracy_deg") if validation else None
        n_enrolled = session.progress.n_pairs if session.progress else 0
        steps: dict[str, tuple[StepState, str]] = {
            "tracker": ("done" if setup.is_tracker_ready else "open", self._rate_text()),
            "screens": ("done" if setup.are_screens_ready else "open", ""),
            "calibrate": (
                flow("calibrate", attempt is not None, has_run),
                self.tr("{0} pt").format(len(attempt.points)) if attempt else "",
            ),
            "validate": (
                flow("validate", False, attempt is not None)
                if validation is None or state is State.VALIDATING
                else quality,
                format_figure(accuracy, 2, "°") if validation else "",
            ),
            "enrol": (
                flow("enrol", state is State.FINISHED or phase == "overlay", attempt is not None),
                f"{min(n_done, n_all)} / {n_all}" if phase == "enrol" else str(n_enrolled) if n_enrolled else "",
            ),
            "overlay": (
                flow("overlay", state is State.FINISHED and phase == "overlay", attempt is not None),
                f"{n_done} / {n_all}" if phase == "overlay" else "",
            ),
            "results": ("done" if state.is_over and has_results else "open" if has_results else "locked", ""),
            "universal": ("open", ""),
            "quality": (
                "open",
                self.tr("loss {0}").format(format_share(snapshot.health.data_loss, 0)) if snapshot else "",
            ),
        }
        for key, (step_state, figure) in steps.items():
            icon = SIDE_PAGES[key][0] if key in SIDE_PAGES else ""
            self.steps.show_step(StepItem(key=key, name=self._names[key], state=step_state, figure=figure, icon=icon))

    def _rate_text(self) -> str:
        snapshot = self._session.snapshot
        return format_figure(snapshot.health.rate_hz, 0, " Hz") if snapshot else ""

    def _show_study(self) -> None:
        study = self._setup.study
        free = format_figure(study.content.free_gb, 0 if study.content.free_gb >= 10 else 1, " GB")
        self.status.show_study(self.tr("{0} · {1} free").format(study.folder, free))

    def _show_pills(self) -> None:
        session, setup = self._session, self._setup
        self.top.show_study(setup.study_dir.name)
        # a session says whose it is; only without one, whom the next is of
        person = session.person if session.is_attached else setup.pseudonym
        self.top.show_person(person, is_recording=session.is_running)
        top = self.top
        health = session.snapshot.health if session.snapshot else None
        if not session.is_attached:
            for pill in (top.recording, top.tracker, top.quality):
                top.show_pill(pill, "")
            return
        if session.status.state is State.PAUSED:
            top.show_pill(top.recording, self.tr("Paused {0}").format(format_clock(session.now_s)), "warn")
        elif session.status.state.is_over:
            words = self.tr("Stored") if session.is_saved else self.tr("Storing …")
            top.show_pill(top.recording, words, "ok" if session.is_saved else "warn")
        else:
            top.show_pill(top.recording, self.tr("Recording {0}").format(format_clock(session.now_s)), "bad")
        name = setup.tracker.name if setup.tracker is not None else ""
        rate = format_figure(health.rate_hz if health else None, 0, " Hz")
        is_flowing = health is not None and health.rate_hz > 0
        top.show_pill(top.tracker, f"{name} · {rate}" if name else "", "ok" if is_flowing else "bad")
        validation = session.status.validation
        if validation is None:
            top.show_pill(top.quality, "")
            return
        accuracy = validation.quality.summary.get("accuracy_deg")
        loss = format_share(health.data_loss) if health else UNKNOWN
        tone = {"pass": "ok", "warn": "warn", "fail": "bad"}[validation.verdict]
        top.show_pill(top.quality, self.tr("{0} · loss {1}").format(format_figure(accuracy, 2, "°"), loss), tone)

    def _show_thumbnail(self) -> None:
        screen, session = self._setup.participant_screen, self._session
        if screen is not None:
            self.thumbnail.show_screen(screen.width_px, screen.height_px, self.tr("Screen {0}").format(screen.text))
        left = session.time_left_s
        names = {
            SessionStep.TARGET: self.tr("target"),
            SessionStep.CROSS: self.tr("cross"),
            SessionStep.GATE: self.tr("cross, waiting"),
            SessionStep.STIMULUS: self.tr("image"),
            SessionStep.BLANK: self.tr("blank"),
            SessionStep.BREAK: self.tr("break"),
            SessionStep.INSTRUCTION: self.tr("instruction"),
            SessionStep.DRIFT: self.tr("drift target"),
            SessionStep.FIT: self.tr("tracker computes"),
        }
        is_on = session.is_attached and not session.is_saved
        words = names.get(session.status.step, self.tr("nothing") if is_on else UNKNOWN)
        if math.isfinite(left):
            words = self.tr("{0}, {1} left").format(words, format_figure(left, 1, " s"))
        if session.status.step is SessionStep.STIMULUS and not self._setup.plan.screens.show_overlay:
            words += " · " + self.tr("no overlay shown")
        self.thumbnail.show_scene(None if session.is_saved else session.status.scene, words)

    def keep_above(self) -> None:
        """Come back to the front, after the participant's window covered this one."""
        self.show()
        self.raise_()
        self.activateWindow()
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
