"""Takes pictures of the real windows while a study is made and a model observer is recorded: every page, every state.

    python -m tests.benchmarks.take_pictures OUT [--screens two] [--language de] [--people 5] [--images DIR]
    python -m tests.benchmarks.take_pictures assets/help/pictures --readme
    python -m tests.benchmarks.take_pictures OUT --all [--study STUDY]

Starts its own virtual X display (needs xvfb-run and xrandr) and leads the application along its own way, from an empty
study over an interrupted session to the export; every figure comes from the session that runs. Each state is taken in
the dark and in the light theme. `--moved` lets the observer's head move after the calibration, so that the validation
is a bad one. Pictures are what the X server shows of each monitor.

`--all` needs no display: it brings the window into every state with figures that are made up, dialogs included, on each
set of screens in English and German. With `--study`, it is every view of Design and Analyse instead, of a copy of a
study that was recorded.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np


@dataclass(frozen=True, slots=True)
class Screens:
    """The experimenter's monitor, and the participant's where it is another one."""

    width: int
    height: int
    second: tuple[int, int] = (0, 0)
    scale: float = 1.0

    @property
    def size(self) -> str:
        """Of the whole desktop, as Xvfb takes it."""
        return f"{self.width + self.second[0]}x{max(self.height, self.second[1])}x24"

    @property
    def monitors(self) -> str:
        """The commands that cut the desktop into monitors."""
        wide, high = self.second
        first = f"xrandr --setmonitor EXPERIMENTER {self.width}/508x{self.height}/286+0+0 screen"
        return first + (f"; xrandr --setmonitor PARTICIPANT {wide}/508x{high}/286+{self.width}+0 none" if wide else "")


SCREENS = {
    "laptop": Screens(1366, 768),
    "desk": Screens(1920, 1080),
    "two": Screens(1366, 768, (1920, 1080)),
    "4k": Screens(3840, 2160, scale=2.0),
    "readme": Screens(1440, 900, (1920, 1080)),
    "readme-150": Screens(2160, 1350, (1920, 1080), scale=1.5),
}


class Photographer:
    """Presses buttons, waits, and takes pictures; all on the GUI thread."""

    def __init__(self, application, arguments: argparse.Namespace) -> None:
        self.application, self.out, self.prefix = application, arguments.out, arguments.prefix
        self.themes, self.only = arguments.theme, set(arguments.only)
        self.needs_maps = arguments.readme

    def spin(self, seconds: float) -> None:
        from PySide6.QtCore import QEventLoop, QTimer

        loop = QEventLoop()
        QTimer.singleShot(round(1000 * seconds), loop.quit)
        loop.exec()

    def until(self, is_so, what: str, timeout_s: float = 120.0) -> None:
        end_s = time.monotonic() + timeout_s
        while time.monotonic() < end_s:
            if is_so():
                return
            self.spin(0.02)
        window, status = self.application.window, self.application.session.status
        page = window.pages[window.current].banner.text
        raise TimeoutError(f"{what}: {status.state.value}, {status.step.value}, {window.current} says {page!r}")

    def press(self, key: str, is_done, what: str) -> None:
        """Press until it works: a key right after a change is dropped on purpose."""
        for _ in range(20):
            self.application.window.press(key)
            for _ in range(20):
                self.spin(0.05)
                if is_done():
                    return
        raise TimeoutError(f"{what}: {key} did nothing")

    def dialog(self, name: str, ask, close: bool = True):
        """Open a dialog, and take its picture."""
        from PySide6.QtWidgets import QApplication

        ask()
        self.until(lambda: QApplication.activeModalWidget() is not None, name)
        dialog = QApplication.activeModalWidget()
        self.shoot(name)
        if close:
            dialog.reject()
            self.until(lambda: QApplication.activeModalWidget() is None, f"closed {name}")
        return dialog

    def shoot(self, name: str, *, participant: bool = False) -> None:
        """What each monitor shows, in every theme that is wanted."""
        from gazeapp.ui.theme import ThemeChoice

        if self.only and name not in self.only:
            return
        theme = self.application.theme
        for wanted in self.themes:
            theme.choose(ThemeChoice(wanted))
            self.spin(0.35)
            self._grab(f"{self.prefix}{name}" + (f"-{wanted}" if len(self.themes) > 1 else ""), participant)

    def _grab(self, name: str, participant: bool) -> None:
        from PySide6.QtGui import QGuiApplication

        screens = QGuiApplication.screens()
        for screen in screens if participant else screens[:1]:
            kind = "" if screen is screens[0] else "-participant"
            screen.grabWindow(0).save(str(self.out / f"{name}{kind}.png"))


def move_head(run, display) -> None:
    """From now on gaze is off by up to 4 degrees towards the lower right, noisy, and lost now and then."""
    take, rng = run.analysis.take_samples, np.random.default_rng(1)
    size_px = np.array([display.width_px, display.height_px])

    def shifted(samples) -> None:
        share = np.clip((samples.left_px / size_px).mean(axis=1), 0, 1)[:, None] ** 2
        off_px = np.array([4.2, 2.4]) * display.px_per_deg * share
        lost = rng.random(len(samples)) < 0.12
        noise_px = rng.normal(0, 0.12 * display.px_per_deg, (2, len(samples), 2))
        eyes = {
            "left": samples.left_px + off_px + noise_px[0],
            "right": samples.right_px + 0.8 * off_px + noise_px[1],
        }
        for eye in eyes.values():
            eye[lost] = np.nan
        valid = {eye: ~np.isnan(px[:, 0]) for eye, px in eyes.items()}
        take(
            replace(
                samples,
                left_px=eyes["left"],
                right_px=eyes["right"],
                left_valid=valid["left"],
                right_valid=valid["right"],
            )
        )

    run.tracker.stop()
    run.tracker.start(shifted, run.analysis.take_problem)


def enrol_others(study: Path, plan, n: int, display) -> None:
    """Let other model observers take part first, without windows."""
    from gazeapp.devices.simulated.observer_profiles import NAMED
    from gazeapp.runtime import RunOptions, build_run
    from gazeapp.store.study import Study

    for k, name in enumerate([x for x in NAMED if x != "ada"][:n]):
        with Study.open_or_create(study) as opened:
            opened.add_participant(f"M-{k + 1:03}")
            opened.note_nobody(f"M-{k + 1:03}", "simulated")
        build_run(
            RunOptions(
                plan=replace(plan, phases=("enrol",)),
                study=study,
                participant=f"M-{k + 1:03}",
                display=display,
                device_options={"observer": name},
            ),
            virtual=True,
        ).run_virtual()


def make(arguments: argparse.Namespace, study: Path):
    """Qt and the application, shown on the first screen."""
    from PySide6.QtGui import QGuiApplication

    from gazeapp.experiment.plan import BlocksPlan, StimuliPlan, default_plan
    from gazeapp.experiment.settings import LoadedSettings, Settings
    from gazeapp.ui import app
    from gazeapp.ui.app import AppOptions
    from gazeapp.ui.screens import list_screens
    from gazeapp.ui.translation import use_language

    qt, _ = app._start_qt()
    assert QGuiApplication.platformName() == "xcb"
    use_language(qt, arguments.language)
    plan = default_plan(name="Individual differences", seed=arguments.seed)
    stimuli = plan.stimuli if arguments.images is None else StimuliPlan(folders=(str(arguments.images),))
    plan = replace(
        plan,
        stimuli=replace(stimuli, n_enrol=arguments.n_images, n_max=arguments.n_images + 4),
        trials=replace(plan.trials, duration_s=arguments.duration_s),
        blocks=BlocksPlan(size=max(2, arguments.n_images - 2), break_s=3),
    )
    if arguments.people:
        enrol_others(study, plan, arguments.people, list_screens()[-1].display())
    options = AppOptions(study=study, plan=plan, theme=arguments.theme[0], use_gl=False)
    application = app.make_application(options, LoadedSettings(settings=Settings(), message=""))
    window = application.window
    window.setGeometry(QGuiApplication.screens()[0].geometry())
    window.show()
    window.activateWindow()
    return qt, application


def take(arguments: argparse.Namespace) -> int:
    """The program's process, on the X display."""
    folder = Path(tempfile.mkdtemp())
    qt, application = make(arguments, folder / "Individual differences")
    camera = Photographer(application, arguments)
    camera.until(lambda: not application.study.is_loading, "read the study")
    _take_people(camera, application)
    _set_up(camera, application)
    _calibrate(camera, application, moved=arguments.moved)
    if not arguments.moved:
        _view(camera, application, arguments.shoot_at)
        if not arguments.readme:
            _interrupt_and_go_on(camera, application)
            _hand_on(camera, application, folder / "export")
    application.close()
    qt.closeAllWindows()
    return 0


def _take_people(camera: Photographer, application) -> None:
    window, study = application.window, application.study
    camera.shoot("people-empty")
    dialog = camera.dialog("new-participant", window.people.ask_new, close=False)
    dialog.pseudonym.setText("P 017")
    camera.shoot("new-participant-refused")
    dialog.pseudonym.setText("P-017")
    dialog.go.click()
    camera.until(lambda: window.people.view.pseudonym == "P-017", "added the participant")
    study.describe("P-017", note="glasses; arrived late, calm", variables={"age": 31.0, "group": "A"})
    camera.until(lambda: study.row("P-017").person.variables, "described the participant")
    camera.shoot("people-planned")
    camera.dialog("consent-texts", application.menu.ask_texts)
    camera.dialog("variables", application.menu.ask_variables)
    dialog = camera.dialog("consent", window.people.person.record.click, close=False)
    dialog.boxes["gaze"].click()
    dialog.go.click()
    camera.until(lambda: window.current == "tracker", "began with the participant")


def _set_up(camera: Photographer, application) -> None:
    window, setup = application.window, application.setup
    camera.until(lambda: not setup.is_scanning, "searched for trackers")
    window.pages["tracker"].list.choose("observer")
    camera.spin(0.5)
    camera.shoot("tracker")
    application.builder.options.device_options = {"observer": "ada"}
    camera.press("Return", lambda: window.current == "screens", "chose the tracker")
    camera.spin(0.5)
    camera.shoot("screens")
    camera.press("Return", lambda: window.current == "calibrate", "built the session")


def _calibrate(camera: Photographer, application, *, moved: bool = False, again: str = "") -> None:
    from gazeapp.experiment.state import State

    window, session = application.window, application.session
    camera.spin(1.0)
    camera.shoot(f"calibrate-ready{again}")
    camera.press("Return", lambda: session.status.state is not State.CONNECTED, "started the calibration")
    if not again:
        camera.spin(2.0)
        camera.shoot("calibrating", participant=True)
    camera.until(lambda: session.status.state is State.CALIBRATED, "calibrated")
    camera.spin(0.8)
    camera.shoot(f"calibrated{again}")
    if moved:
        move_head(session.run, session.run.display)
    camera.press("Return", lambda: window.current == "validate", "took the calibration")
    if not again:
        camera.shoot("validate-ready")
    camera.press("Return", lambda: session.status.state is not State.CALIBRATED, "started the validation")
    if not again:
        camera.spin(1.0)
        camera.shoot("validating")
    camera.until(lambda: session.status.state is State.VALIDATED, "validated")
    camera.spin(0.8)
    camera.shoot(f"validated{again}")
    if not moved:
        camera.press("Return", lambda: window.current == "enrol", "took the validation")


def _view(camera: Photographer, application, shoot_at: list[int]) -> None:
    from gazeapp.experiment.state import SessionStep, State

    window, session, setup = application.window, application.session, application.setup
    camera.shoot("enrol-ready")
    camera.press("Return", lambda: session.status.state is State.RUNNING, "started the images")
    for n in shoot_at:
        camera.until(
            lambda n=n: session.status.n_done >= n and session.status.step is SessionStep.STIMULUS, f"image {n}"
        )
        camera.spin(0.4 * session.status.plan.trials.duration_s)
        if camera.needs_maps:
            camera.until(
                lambda: session.maps.shown.personal is not None and session.status.step is SessionStep.STIMULUS,
                "a personal map on the screen",
            )
            camera.spin(1.0)
        camera.shoot(f"live-{n}", participant=n == shoot_at[-1])
    window.open_page("quality")
    camera.spin(1.0)
    camera.shoot("quality")
    window.open_page("enrol")
    camera.press("Escape", lambda: session.status.state is State.PAUSED, "held")
    camera.spin(0.5)
    camera.shoot("paused")
    application.show_help()
    camera.spin(0.5)
    camera.shoot("help")
    application._help.close()
    window.open_page("universal")
    camera.until(lambda: setup.universal.trial is not None, "tried the universal model")
    camera.spin(0.5)
    camera.shoot("universal")


def _interrupt_and_go_on(camera: Photographer, application) -> None:
    from gazeapp.experiment.state import SessionStep, State

    window, session, study = application.window, application.session, application.study
    window.open_page("people")
    camera.shoot("people-running")
    window.open_page("enrol")
    dialog = camera.dialog("end-question", application.questions.ask_end, close=False)
    list(dialog.buttons.values())[1].click()
    camera.until(lambda: session.is_saved, "stored the session")
    camera.spin(0.5)
    camera.shoot("stored")
    window.open_page("people")
    camera.until(lambda: not study.is_loading and study.row("P-017").open_session is not None, "told the interruption")
    camera.spin(0.3)
    camera.shoot("people-interrupted")
    window.people.banner.acted.emit()
    camera.until(lambda: window.place == "record", "went to record")
    camera.shoot("continue")
    camera.press("Return", lambda: window.current == "calibrate", "built the session again")
    _calibrate(camera, application, again="-again")
    camera.press("Return", lambda: session.status.state is State.RUNNING, "went on with the images")
    is_seen = set()

    def is_over() -> bool:
        step = session.status.step
        if step is SessionStep.BREAK and "break" not in is_seen:
            is_seen.add("break")
            camera.shoot("break", participant=True)
        if session.status.phase == "overlay" and step is SessionStep.STIMULUS and "overlay" not in is_seen:
            is_seen.add("overlay")
            camera.spin(0.7)
            camera.shoot("overlay")
        return session.is_saved

    camera.until(is_over, "viewed all images")
    camera.spin(1.0)
    camera.shoot("results")
    window.open_page("enrol")
    camera.spin(0.3)
    camera.shoot("enrol-over")


def _hand_on(camera: Photographer, application, dest: Path) -> None:
    window, study = application.window, application.study
    window.open_page("people")
    camera.until(lambda: not study.is_loading, "read the study again")
    window.people.view.choose("P-017")
    camera.spin(0.3)
    camera.shoot("people-complete")
    camera.dialog("erase-question", window.people._ask_erase)
    camera.dialog("generate", window.people._ask_generate)
    window.people.search.setText("nobody of this name")
    camera.shoot("people-not-found")
    window.people.search.clear()
    window.open_export([])
    window.export.dest.setText(str(dest))
    camera.shoot("export")
    window.export.go.click()
    camera.until(lambda: bool(window.export._model.files), "exported")
    camera.shoot("exported")
    window.export.go.click()
    camera.until(lambda: window.export.dialog is not None, "asked about the files")
    camera.shoot("export-question")
    window.export.dialog.reject()


def take_states(arguments: argparse.Namespace) -> int:
    """Every state with made-up figures, offscreen; a theme after the other, as each one restyles all widgets."""
    from PySide6.QtWidgets import QApplication

    from gazeapp.ui import application as module
    from gazeapp.ui.models.setup_model import Scan
    from gazeapp.ui.theme import Theme, ThemeChoice
    from gazeapp.ui.translation import use_language

    qt = QApplication(sys.argv[:1])
    use_language(qt, arguments.language)
    module.scan, module.save_settings = Scan, lambda *_: None
    for wanted in arguments.theme:
        theme = Theme(ThemeChoice(wanted))
        theme.apply()
        album = _Album(qt, theme, arguments.out, f"-{wanted}", arguments.only, arguments.study)
        if arguments.study is None:
            album.fill()
        else:
            album.fill_work()
    return 0


class _Album:
    """The states in one theme."""

    def __init__(self, qt, theme, out: Path, suffix: str, only: list[str], study: Path | None) -> None:
        from gazeapp.experiment.settings import Settings
        from gazeapp.ui import application as module
        from gazeapp.ui.session_builder import RecordingOptions

        self.qt, self.out, self.suffix, self.only = qt, out, suffix, only
        self.folder = Path(tempfile.mkdtemp()) / "Individual differences"
        if study is not None:
            shutil.copytree(study, self.folder, ignore=shutil.ignore_patterns("in-use.lock"))
        options = module.ApplicationOptions(
            study=self.folder, settings=Settings(), recording=RecordingOptions(use_gl=False)
        )
        self.application = module.ApplicationController(theme, options)
        self.window = self.application.window
        self.window.setGeometry(qt.primaryScreen().availableGeometry())
        self.window.show()

    def fill(self) -> None:
        """Take all of them."""
        from tests.ui.window_states import fill_study

        self.settle()
        self.shoot("people-empty")
        fill_study(self.folder)
        self.application.study.reload()
        self.settle()
        self._people()
        self._record()
        self.application.close()
        self.window.close()

    def fill_work(self) -> None:
        """Take the views of Design and Analyse."""
        self.settle()
        self._design()
        self._analyse()
        self.application.close()
        self.window.close()

    def until(self, is_so) -> None:
        end_s = time.monotonic() + 120
        while not is_so() and time.monotonic() < end_s:
            self.qt.processEvents()
            time.sleep(0.01)

    def _design(self) -> None:
        from gazeapp.experiment.plan_images import keep_images
        from gazeapp.experiment.step_values import set_words

        self.window.open_page("design")
        model = self.window.design.model

        def looked_at() -> bool:
            paths = model.images(model.selected).paths
            return all(m.is_known for m in model.marks.marks(paths)) and all(map(model.thumbnails.known, paths[:12]))

        self.until(looked_at)
        self.shoot("design-images")
        model.select(0)
        self.shoot("design-calibrate")
        model.add_step("instruction")
        model.change(set_words, "de", "Bitte betrachten Sie die Bilder, wie Sie mögen.", spoken="en")
        self.shoot("design-words")
        model.begin_from("viewings")
        self.shoot("design-template")
        model.change(keep_images, [*model.images(model.selected).paths[:3], self.folder / "gone.png"])
        model.set_value("trials", "duration_s", -1)
        model.set_value("trials", "order", "informative")
        self.until(looked_at)
        self.shoot("design-mistakes")

    def _analyse(self) -> None:
        from gazeapp.analysis.area import Area
        from gazeapp.ui.models.trial_scenes import VIEWS

        self.window.open_page("analyse")
        page, model = self.window.analyse, self.window.analyse.model
        self.shoot("analyse-first")
        done = [record for record in model.sessions if record.summary.n_done > 5]
        page.show_session(done[0].session_id)
        self.until(lambda: model.view is not None and not model.is_scoring)
        wide, high = model.viewing.size_wh
        page.areas.put(
            model.viewing,
            [
                Area(name="left", shape="box", points_px=((0.1 * wide, 0.2 * high), (0.45 * wide, 0.8 * high))),
                Area(name="right", shape="ellipse", points_px=((0.7 * wide, 0.5 * high), (0.15 * wide, 0.25 * high))),
            ],
        )
        for view in VIEWS:
            page.set_view(view)
            self.until(lambda: not page.group.is_working)
            if view == "people":
                self.until(lambda: page.scatter is not None)
            elif view == "replay":
                page.replay_bar.time.move_to(1.2)
            self.shoot(f"analyse-{view}")
        page.set_view("maps")
        for name, ask in (
            ("exclude", page._exclude_or_include),
            ("picture", page._save_picture),
            ("fixations", page._ask_detection),
        ):
            ask()
            self.shoot(f"analyse-{name}", page.dialog)
            page.dialog.reject()

    def settle(self) -> None:
        for _ in range(2000):
            self.qt.processEvents()
            if not self.application.study.is_loading:
                break
            time.sleep(0.01)
        for _ in range(5):
            self.qt.processEvents()

    def shoot(self, name: str, dialog=None) -> None:
        if self.only and name not in self.only:
            return
        self.settle()
        picture = (dialog or self.window).grab()
        picture.save(str(self.out / f"{name.replace(' ', '-')}{self.suffix}.png"), quality=80)

    def _people(self) -> None:
        from PySide6.QtWidgets import QApplication

        from gazeapp.ui.pages.page import PageState

        people, menu = self.window.people, self.application.menu
        self.window.open_page("people")
        for name in ("P-002", "P-003", "P-010"):
            people.view.choose(name)
            self.shoot(f"person-{name}")
        wrong = self.folder.parent / "participants.csv"
        wrong.write_text("participant,age\nP-020,young\n")
        people.take_list(wrong)
        self.until(lambda: people.state is PageState.FAILED)
        self.shoot("people-failed")
        people._tell("")
        for name, marked, ask in (
            ("dialog-new", "P-010", people.ask_new),
            ("dialog-rename", "P-003", people._ask_rename),
            ("dialog-consent", "P-003", lambda: people.ask_consent("P-003")),
            ("dialog-erase", "P-010", people._ask_erase),
            ("dialog-texts", "P-010", menu.ask_texts),
            ("dialog-variables", "P-010", menu.ask_variables),
        ):
            people.view.choose(marked)
            ask()
            self.settle()
            dialog = QApplication.activeModalWidget()
            self.shoot(name, dialog)
            dialog.reject()

    def _record(self) -> None:
        from gazeapp.ui.models.setup_model import Subject
        from gazeapp.ui.screens import list_screens
        from tests.ui.fake_session import FakeRun
        from tests.ui.window_states import STATES, begin_recording, put_state

        application, session = self.application, self.application.session
        application.setup.show_screens(list_screens())
        application.setup.prepare(Subject(pseudonym="P-003"))
        for name in ("tracker", "screens"):
            self.window.open_page(name)
            self.shoot(f"before-{name}")
        run = FakeRun()
        run.inference.in_use = SimpleNamespace(universal_name="universal-best")
        session.attach(run, "P-002")
        recorded = begin_recording(self.folder, "P-002")
        application.study.reload()
        pages = self.window.pages
        loaded = {
            "universal": lambda: pages["universal"]._model.trial is not None,
            "quality": lambda: pages["quality"].plot is not None,
        }
        for name in STATES:
            if not self.only or name in self.only:
                put_state(self.window, run, session, application.bridge, name)
                self.until(loaded.get(name, lambda: True))  # whichever theme comes first
                self.shoot(name)
        application.questions.ask_end()
        if application.questions.dialog is not None:
            self.shoot("dialog-end", application.questions.dialog)
            application.questions.dialog.reject()
        session.detach()
        recorded.release()


def run_offscreen(arguments: list[str], screens: Screens) -> int:
    """This program again, on screens that nobody sees."""
    wanted = [(0, screens.width, screens.height)]
    if screens.second[0]:
        wanted.append((screens.width, *screens.second))
    listed = [
        {"name": f"SCREEN-{n}", "x": x, "y": 0, "width": wide, "height": high, "logicalDpi": 96, "logicalBaseDpi": 96}
        | {"dpr": 1}
        for n, (x, wide, high) in enumerate(wanted)
    ]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "screens.json").write_text(json.dumps({"screens": listed}))
        environment = os.environ | {
            "QT_QPA_PLATFORM": f"offscreen:configfile={folder}/screens.json",
            "XDG_CONFIG_HOME": folder,
            "QT_SCALE_FACTOR": str(screens.scale),
        }
        command = [sys.executable, "-m", "tests.benchmarks.take_pictures", "--states", *arguments]
        return subprocess.call(command, env=environment)


def run_in_x(arguments: list[str], screens: Screens) -> int:
    """This program again, in an X display of these monitors."""
    hidden = ("DISPLAY", "QT_QPA_PLATFORM", "WAYLAND_DISPLAY")
    environment = {key: value for key, value in os.environ.items() if key not in hidden}
    environment["XDG_CONFIG_HOME"] = tempfile.mkdtemp()  # the person's settings stay as they are
    if screens.scale != 1:
        environment["QT_SCALE_FACTOR"] = str(screens.scale)
    return subprocess.call(
        [
            *("xvfb-run", "-a", "-s", f"-screen 0 {screens.size} -noreset"),
            *("bash", "-c", f'{screens.monitors} >/dev/null 2>&1; exec "$@"', "bash"),
            *(sys.executable, "-m", "tests.benchmarks.take_pictures", "--inside", *arguments),
        ],
        env=environment,
    )


def main() -> int:
    """Start an X display, and in it this program again."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--screens", choices=list(SCREENS), default="two")
    parser.add_argument("--language", default="en")
    parser.add_argument("--theme", choices=("dark", "light"), nargs="+", default=["dark", "light"])
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="take only these pictures")
    parser.add_argument("--readme", action="store_true", help="the pictures of the README, and no others")
    parser.add_argument("--all", action="store_true", help="every set of screens, in English and German")
    parser.add_argument("--moved", action="store_true", help="a bad validation")
    parser.add_argument("--people", type=int, default=0, help="model observers that took part before")
    parser.add_argument("--images", type=Path, help="folder of images (default: the shipped ones)")
    parser.add_argument("--study", type=Path, help="with --all: the views of Design and Analyse of this study")
    parser.add_argument("--n-images", type=int, default=6)
    parser.add_argument("--duration-s", type=float, default=2.0)
    parser.add_argument("--shoot-at", type=int, nargs="+", default=[1, 3], metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--prefix", default="")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--states", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    if arguments.inside:
        return take(arguments)
    if arguments.states:
        return take_states(arguments)
    if arguments.readme:
        return _for_readme(arguments.out)
    if arguments.all:
        codes = []
        for name in ("laptop", "desk", "two", "4k"):
            for language in ("en", "de"):
                options = [str(arguments.out / f"{name}-{language}"), "--language", language]
                options += ["--study", str(arguments.study)] if arguments.study else []
                codes.append(run_offscreen(options, SCREENS[name]))
        return max(codes)
    return run_in_x(sys.argv[1:], SCREENS[arguments.screens])


def _for_readme(out: Path) -> int:
    """A live view among other people, and a validation that is not good enough."""
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QImage

    with tempfile.TemporaryDirectory() as folder:
        usual = [folder, "--readme", "--theme", "dark", "--people", "5", "--n-images", "5", "--duration-s", "12"]
        live = [*usual, "--shoot-at", "3", "--only", "live-3"]
        bad = [folder, "--readme", "--theme", "light", "--moved", "--only", "validated"]
        codes = [run_in_x(live, SCREENS["readme"]), run_in_x(bad, SCREENS["readme-150"])]
        for taken, name in (("live-3", "live"), ("validated", "validation")):
            picture = Path(folder) / f"{taken}.png"
            if picture.exists():
                smooth = Qt.TransformationMode.SmoothTransformation
                small = QImage(str(picture)).scaledToWidth(1440, smooth)
                small.save(str(out / f"{name}.png"))
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
