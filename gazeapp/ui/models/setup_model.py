"""What is chosen before a session: whom it is of, tracker, screens, plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from gazeapp.devices.tracker import Availability, TrackerInfo
from gazeapp.errors import GazeAppError
from gazeapp.experiment.plan import CalibrationPlan, ExperimentPlan, default_plan
from gazeapp.experiment.plan_reader import plan_problems, read_plan
from gazeapp.gaze.display import Display
from gazeapp.ui.bridge import QtBridge
from gazeapp.ui.error_words import error_words
from gazeapp.ui.models.preview_model import Open, PreviewModel
from gazeapp.ui.models.study_model import StudyModel
from gazeapp.ui.models.tracker_choice import TrackerChoice
from gazeapp.ui.models.universal_choice import UniversalModelChoice
from gazeapp.ui.screens import USUAL_DISTANCE_MM, ScreenInfo, choose_participant_screen

MOUSE = "mouse"
"""The key of the tracker row that takes the mouse as gaze."""
OBSERVER = "observer"
"""The key of the tracker row that simulates an observer."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What a search for trackers found."""

    backends: tuple[Availability, ...] = ()
    trackers: tuple[TrackerInfo, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whom a session is of, and which one is continued."""

    pseudonym: str
    session_id: str = ""
    """Of the interrupted session; empty for a new one."""
    next_image: int = 0
    """Where that goes on, counted from 1."""


class SetupModel(QObject):
    """Choices and their consequences; slow work runs in the background and arrives as `changed`."""

    changed = Signal()

    def __init__(
        self,
        bridge: QtBridge,
        find: Callable[[], Scan],
        study_dir: Path,
        *,
        plan: ExperimentPlan | None = None,
        open_tracker: Open | None = None,
    ) -> None:
        super().__init__()
        self.bridge, self._find = bridge, find
        self.preview = PreviewModel(bridge, open_tracker)
        self.universal = UniversalModelChoice(bridge)
        self.study = StudyModel(bridge, study_dir)
        self.subject: Subject | None = None
        """Whom the next session is of; chosen among the people of the study."""
        self.scan = Scan()
        self.is_scanning = False
        self.scan_problem = ""
        self.tracker: TrackerChoice | None = None
        self.is_tracker_ready = False
        self.screens: tuple[ScreenInfo, ...] = ()
        self.participant_screen: ScreenInfo | None = None
        self.experimenter_screen = ""
        """Name of the screen with the experimenter's window; empty as long as nobody said."""
        self.screen_note = ""
        self.remembered_screen = ""
        self.distance_mm = USUAL_DISTANCE_MM
        self.size_mm: tuple[float, float] = (0.0, 0.0)
        self.are_screens_ready = False
        self.is_building = False
        self.recorded = ""
        """Who is being recorded now: tracker and screens belong to that session until it is over."""
        self.session_problem = ""
        self.plan = plan or default_plan()
        self.plan_file: Path | None = None
        """Where the plan was read from in these windows; None for the default plan, or one from the command line."""
        self.plan_problem = ""
        self.study.moved.connect(self._follow_study)

    # Whom the next session is of

    @property
    def study_dir(self) -> Path:
        """Folder of the study that is open."""
        return self.study.folder

    @property
    def pseudonym(self) -> str:
        """Of the participant who was chosen; empty for nobody."""
        return self.subject.pseudonym if self.subject else ""

    def prepare(self, subject: Subject) -> None:
        """Prepare a session of a participant. A session that runs is not touched: it has its own for good."""
        self.subject, self.session_problem = subject, ""
        self.changed.emit()

    @property
    def wants_eye_images(self) -> bool:
        """Whether the tracker was chosen so that its pictures of the eyes are stored."""
        return self.tracker is not None and self.tracker.options.get("eye_images") == "record"

    # Trackers

    def find_trackers(self) -> None:
        """Search for trackers in the background; what was found before stays until then."""
        if self.is_scanning:
            return
        self.is_scanning, self.scan_problem = True, ""
        self.changed.emit()

        def done(result: Scan | Exception) -> None:
            self.is_scanning = False
            if isinstance(result, Exception):
                self.scan_problem = error_words(result)
            else:
                self.scan = result
            self.changed.emit()

        self.bridge.run(self._find, done)

    def choose_tracker(self, choice: TrackerChoice) -> None:
        """Use this tracker from the next session on."""
        self.tracker = choice
        self.changed.emit()

    def confirm_tracker(self) -> None:
        """The choice of tracker is made."""
        self.is_tracker_ready = self.tracker is not None
        self.changed.emit()

    # Screens

    def show_screens(self, screens: Sequence[ScreenInfo]) -> None:
        """The screens there are now, the experimenter's own first; keeps the participant's, if it is still there."""
        self.screens = tuple(screens)
        wish = self.participant_screen.key if self.participant_screen else self.remembered_screen
        chosen, note = choose_participant_screen(screens, wish, self.plan.screens.participant)
        self._use_screen(chosen)
        self.screen_note = note
        self.changed.emit()

    def choose_screen(self, key: str) -> None:
        """Give the participant another screen."""
        for screen in self.screens:
            if screen.key == key:
                self._use_screen(screen)
                self.screen_note = ""
        self.changed.emit()

    def set_geometry(self, width_mm: float, height_mm: float, distance_mm: float) -> None:
        """Measured size and distance."""
        self.size_mm, self.distance_mm = (width_mm, height_mm), distance_mm
        self.changed.emit()

    def confirm_screens(self) -> None:
        """The choice of screens is made."""
        self.are_screens_ready = self.participant_screen is not None
        self.changed.emit()

    @property
    def display(self) -> Display | None:
        """The participant's screen as geometry."""
        screen = self.participant_screen
        if screen is None:
            return None
        width_mm, height_mm = self.size_mm
        return replace(screen.display(self.distance_mm), width_mm=width_mm, height_mm=height_mm)

    @property
    def is_single_screen(self) -> bool:
        """Whether the participant's window covers the experimenter's."""
        return len(self.screens) < 2 or (
            self.participant_screen is not None
            and self.participant_screen.name == (self.experimenter_screen or self.screens[0].name)
        )

    def note_experimenter_screen(self, name: str) -> None:
        """The experimenter's window is on this screen now."""
        if name != self.experimenter_screen:
            self.experimenter_screen = name
            self.changed.emit()

    def _use_screen(self, screen: ScreenInfo) -> None:
        if self.participant_screen is None or self.participant_screen.key != screen.key:
            self.size_mm = screen.width_mm, screen.height_mm
            self.are_screens_ready = False
        self.participant_screen = screen

    # Session

    def note_recorded(self, pseudonym: str) -> None:
        """Somebody is being recorded now; nobody with an empty text."""
        if pseudonym != self.recorded:
            self.recorded = pseudonym
            self.changed.emit()

    def tell_building(self, is_building: bool, problem: str = "") -> None:
        """The session is being put together, or could not be."""
        self.is_building, self.session_problem = is_building, problem
        self.changed.emit()

    # Plan

    def set_up_calibration(self, calibration: CalibrationPlan) -> None:
        """Calibrate so from the next session on."""
        self.plan = replace(self.plan, calibration=calibration)
        self.changed.emit()

    def load_plan(self, path: Path) -> None:
        """Use the plan in a file; a wrong one is refused with all its mistakes, and the plan in use stays."""
        problems = plan_problems(path) or missing_images(read_plan(path))
        self.plan_problem = "\n".join(problems)
        if not problems:
            self.plan, self.plan_file = read_plan(path), path
        self.changed.emit()

    def _follow_study(self, before: Path, now: Path) -> None:
        """A plan of the study lies where the study does."""
        if self.plan_file is not None and self.plan_file.is_relative_to(before):
            self.load_plan(now / self.plan_file.relative_to(before))


def missing_images(plan: ExperimentPlan) -> list[str]:
    """What is wrong with the images that a plan names: told where it is chosen, not when the participant sits there."""
    from gazeapp.experiment.stimulus_set import find_images_of_steps

    try:
        find_images_of_steps(plan)
    except GazeAppError as error:
        return [error_words(error)]
    return []
