"""Takes pictures of the real windows on two monitors while a model observer is calibrated, validated and enrolled.

    python -m tests.benchmarks.take_pictures OUT [--theme light] [--scale 1.5] [--moved] [--people 5] [--images DIR]

Starts its own virtual X display (needs xvfb-run and xrandr) and leads the application through its own path: every page
by its keys, every figure from the session that runs. `--moved` lets the observer's head move after the calibration, so
that the validation is a bad one. Pictures are what the X server shows of each monitor.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

MONITORS = (
    "xrandr --setmonitor EXPERIMENTER 1440/381x900/238+0+0 screen; "
    "xrandr --setmonitor PARTICIPANT 1920/508x1080/286+1440+0 none"
)
WIDE_MONITORS = (
    "xrandr --setmonitor EXPERIMENTER 2160/571x1350/357+0+0 screen; "
    "xrandr --setmonitor PARTICIPANT 1920/508x1080/286+2160+0 none"
)


class Photographer:
    """Presses keys, waits, and takes pictures; all on the GUI thread."""

    def __init__(self, application, out: Path, prefix: str) -> None:
        self.application, self.out, self.prefix = application, out, prefix

    def spin(self, seconds: float) -> None:
        from PySide6.QtCore import QEventLoop, QTimer

        loop = QEventLoop()
        QTimer.singleShot(round(1000 * seconds), loop.quit)
        loop.exec()

    def until(self, is_so, what: str, timeout_s: float = 120.0) -> None:
        for _ in range(round(timeout_s / 0.02)):
            if is_so():
                return
            self.spin(0.02)
        page = self.application.window.pages[self.application.window.current]
        raise TimeoutError(f"{what}: the page {self.application.window.current} says {page.banner.text!r}")

    def press(self, key: str, is_done, what: str) -> None:
        """Press until it works: a key right after a change is dropped on purpose."""
        for _ in range(20):
            self.application.window.press(key)
            for _ in range(20):
                self.spin(0.05)
                if is_done():
                    return
        raise TimeoutError(f"{what}: {key} did nothing")

    def shoot(self, name: str, *, participant: bool = False) -> None:
        from PySide6.QtGui import QGuiApplication

        screens = QGuiApplication.screens()
        for screen in screens if participant else screens[:1]:
            kind = "" if screen is screens[0] else "-participant"
            picture = screen.grabWindow(0)
            picture.save(str(self.out / f"{self.prefix}{name}{kind}.png"))


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
    run.tracker.start(shifted, run._inbox.take_problem)


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


def take(arguments: argparse.Namespace) -> int:
    """The program's process, on the X display."""
    from PySide6.QtGui import QGuiApplication

    from gazeapp.experiment.plan import StimuliPlan, default_plan
    from gazeapp.experiment.settings import LoadedSettings, Settings
    from gazeapp.experiment.state import SessionStep, State
    from gazeapp.ui import app
    from gazeapp.ui.app import AppOptions
    from gazeapp.ui.screens import list_screens

    qt, _ = app._start_qt()
    assert QGuiApplication.platformName() == "xcb"
    plan = default_plan(name="Individual differences", seed=arguments.seed)
    stimuli = plan.stimuli if arguments.images is None else StimuliPlan(folders=(str(arguments.images),))
    plan = replace(
        plan,
        stimuli=replace(stimuli, n_enrol=arguments.n_images, n_max=arguments.n_images + 6),
        trials=replace(plan.trials, duration_s=3.0),
    )
    study = Path(tempfile.mkdtemp()) / "Individual differences"
    if arguments.people:
        enrol_others(study, plan, arguments.people, list_screens()[-1].display())
    options = AppOptions(study=study, plan=plan, theme=arguments.theme, use_gl=False)
    application = app.make_application(options, LoadedSettings(settings=Settings(), message=""))
    window, setup, session = application.window, application.setup, application.session
    screen = QGuiApplication.screens()[0].geometry()
    window.setGeometry(screen)
    window.show()
    window.activateWindow()
    camera = Photographer(application, arguments.out, arguments.prefix)
    study_model = setup.study
    camera.until(lambda: not study_model.is_loading, "read the study")
    study_model.add("P-017", {})
    camera.until(lambda: study_model.row("P-017") is not None, "added the participant")
    study_model.consent("P-017", ("gaze",), "en")
    camera.until(lambda: study_model.row("P-017").person.consented_in_person, "recorded the consent")
    window.people.view.choose("P-017")
    camera.spin(0.5)
    camera.shoot("people")
    camera.press("R", lambda: window.current == "tracker", "began with the participant")
    camera.until(lambda: not setup.is_scanning, "searched for trackers")
    window.pages["tracker"].list.choose("observer")
    camera.spin(0.5)
    camera.shoot("tracker")
    application.device_options = {"observer": "ada"}
    camera.press("Return", lambda: window.current == "screens", "chose the tracker")
    camera.spin(0.5)
    camera.shoot("screens")
    camera.press("Return", lambda: window.current == "calibrate", "built the session")
    camera.spin(1.0)
    camera.shoot("calibrate-ready")
    camera.press("Return", lambda: session.status.state is State.CALIBRATING, "started the calibration")
    camera.spin(4.3)
    camera.shoot("calibrating", participant=True)
    camera.until(lambda: session.status.state is State.CALIBRATED, "calibrated")
    camera.spin(0.8)
    camera.shoot("calibrated")
    if arguments.moved:
        move_head(session.run, session.run.display)
    camera.press("Return", lambda: window.current == "validate", "took the calibration")
    camera.press("Return", lambda: session.status.state is State.VALIDATING, "started the validation")
    camera.spin(2.2)
    camera.shoot("validating")
    camera.until(lambda: session.status.state is State.VALIDATED, "validated")
    camera.spin(0.8)
    camera.shoot("validated")
    if not arguments.moved:
        camera.press("Return", lambda: window.current == "enrol", "took the validation")
        camera.press("Return", lambda: session.status.state is State.RUNNING, "started the images")
        for n in arguments.shoot_at:
            camera.until(
                lambda n=n: session.status.n_done >= n and session.status.step is SessionStep.STIMULUS, f"image {n}"
            )
            camera.spin(2.2)
            camera.shoot(f"live-{n}", participant=n == arguments.shoot_at[-1])
        window.open_page("quality")
        camera.spin(1.5)
        camera.shoot("quality")
        window.open_page("enrol")
        camera.press("Space", lambda: session.status.state is State.PAUSED, "paused")
        camera.spin(0.5)
        camera.shoot("paused")
        window.open_page("universal")
        camera.until(lambda: setup.universal.trial is not None, "tried the universal model")
        camera.spin(0.5)
        camera.shoot("universal")
    application.close()
    qt.closeAllWindows()
    return 0


def main() -> int:
    """Start an X display with two monitors, and in it this program again."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--theme", choices=("dark", "light"), default="dark")
    parser.add_argument("--scale", type=float, default=1.0, help="1.5 is a screen at 150 %%")
    parser.add_argument("--moved", action="store_true", help="a bad validation")
    parser.add_argument("--people", type=int, default=0, help="model observers that took part before")
    parser.add_argument("--images", type=Path, help="folder of images (default: the shipped ones)")
    parser.add_argument("--n-images", type=int, default=14)
    parser.add_argument("--shoot-at", type=int, nargs="+", default=[1, 6], metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--prefix", default="")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    if arguments.inside:
        return take(arguments)
    hidden = ("DISPLAY", "QT_QPA_PLATFORM", "WAYLAND_DISPLAY")
    environment = {key: value for key, value in os.environ.items() if key not in hidden}
    environment["XDG_CONFIG_HOME"] = tempfile.mkdtemp()  # the person's settings stay as they are
    if arguments.scale != 1:
        environment["QT_SCALE_FACTOR"] = str(arguments.scale)
    is_wide = arguments.scale > 1.2
    size, monitors = ("4080x1350", WIDE_MONITORS) if is_wide else ("3360x1080", MONITORS)
    return subprocess.call(
        [
            "xvfb-run",
            "-a",
            "-s",
            f"-screen 0 {size}x24 -noreset",
            "bash",
            "-c",
            f'{monitors} >/dev/null 2>&1; exec "$@"',
            "bash",
            sys.executable,
            "-m",
            "tests.benchmarks.take_pictures",
            "--inside",
            *sys.argv[1:],
        ],
        env=environment,
    )


if __name__ == "__main__":
    sys.exit(main())
