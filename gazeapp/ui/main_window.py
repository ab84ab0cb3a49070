"""The experimenter's window: steps on the left, the page in the centre, its details on the right."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeySequence, QMoveEvent, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from gazeapp.experiment.state import Command, State
from gazeapp.experiment.step_order import IMAGES
from gazeapp.ui.formatting import format_figure
from gazeapp.ui.link_notice import LinkNotice
from gazeapp.ui.models.export_model import ExportModel
from gazeapp.ui.models.map_look import MapLook
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
from gazeapp.ui.places import PLACES, SIDE_PAGES, page_key, place_of
from gazeapp.ui.session_frame import SessionFrame
from gazeapp.ui.theme import Theme
from gazeapp.ui.widgets.basic import KeyButton, key_words
from gazeapp.ui.widgets.status_bar import StatusBar

NAVIGATION_PX, DETAILS_PX = 196, 316


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
        look = MapLook()
        self.pages: dict[str, Page] = {
            "people": self.people,
            "export": self.export,
            "design": self.design,
            "analyse": self.analyse,
            "tracker": TrackerPage(theme, setup),
            "screens": ScreensPage(theme, setup),
            "calibrate": CalibratePage(theme, session, setup),
            "validate": ValidatePage(theme, session),
            "enrol": LivePage(theme, session, look, "enrol"),
            "overlay": LivePage(theme, session, look, "overlay"),
            "results": ResultsPage(theme, session, look),
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
        self._frame = SessionFrame(theme, setup, session, dict(zip(self.pages, names, strict=True)))
        self.top, self.steps, self.thumbnail = self._frame.top, self._frame.steps, self._frame.thumbnail
        self.status = StatusBar(theme)
        self.link = LinkNotice(theme, session)
        self._centre, self._right = QStackedWidget(), QStackedWidget()
        self._current = self._followed = ""
        self._at = {place: pages[0] for place, pages in PLACES.items()}
        """Page that was open last in each place."""
        self.closes_unasked = False
        """The program was told to stop: a session is ended and kept without a question."""
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
        self._setup.note_recorded(self._session.person if self._session.is_running else "")
        self._frame.refresh()
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
        self._setup.study.changed.connect(self._frame.show_pills)
        self._setup.study.changed.connect(self._show_study)
        self._setup.study.changed.connect(self._show_keys)
        self.people.view.chosen.connect(lambda _name: self._show_keys())
        self.analyse.model.trial_changed.connect(self._show_keys)
        self.design.model.changed.connect(self._show_keys)
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
        self._frame.refresh_live()

    def _show_keys(self) -> None:
        if not self._current:
            return
        words = self.pages[self._current].keys_text()
        if self.place == "record":
            link = [b for b in self.link.findChildren(KeyButton) if b.key and b.isVisibleTo(self)]
            said = [f"{key_words(b.key)} {b.words}" for b in link]
            has_pause = any(b.key == "Space" and not b.isHidden() for b in self.pages[self._current].buttons)
            if Command.PAUSE in self._session.status.allowed and not has_pause:
                said.append(self.tr("Esc pauses"))
            words = " · ".join([*said, words])
        self.status.show_keys(words)

    def _show_study(self) -> None:
        study = self._setup.study
        free = format_figure(study.content.free_gb, 0 if study.content.free_gb >= 10 else 1, " GB")
        self.status.show_study(self.tr("{0} · {1} free").format(study.folder, free))

    def keep_above(self) -> None:
        """Come back to the front, after the participant's window covered this one."""
        self.show()
        self.raise_()
        self.activateWindow()
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
