"""Makes a plan in real windows as somebody does who opens the program for the first time, and rehearses it.

    python -m tests.ui.drive_design FOLDER [--hurry] [--shots DIR]

Starts its own virtual X display. FOLDER holds photographs, and nothing else is there: no study, no plan. Every step is
a key or a click through the X server, and counted; prints one JSON object. With `--hurry` whoever rehearses presses
Space rather than look at every image for its whole time.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QFileDialog

from gazeapp.experiment.plan_check import check_plan
from gazeapp.ui import app
from gazeapp.ui.app import AppOptions
from gazeapp.ui.exception_hook import FailureHook
from tests.ui.drive_session import Driver
from tests.ui.x_input import XInput

MONITORS = (
    "xrandr --setmonitor EXPERIMENTER 1440/381x900/238+0+0 screen; "
    "xrandr --setmonitor PARTICIPANT 1920/508x1080/286+1440+0 none"
)


class CountedInput(XInput):
    """Counts what a person would do."""

    n_keys = n_clicks = 0

    def press(self, key: str) -> None:
        self.n_keys += 1
        super().press(key)

    def click(self, x: float, y: float) -> None:
        self.n_clicks += 1
        super().click(x, y)


class DesignDriver(Driver):
    """A new user with 40 photographs."""

    def _stage(self):
        return self.application.rehearsals.rehearsal.stage

    def _steps(self) -> Iterator[float]:
        window, folder = self.application.window, self.arguments.folder
        page, rehearsal = window.design, self.application.rehearsals.rehearsal
        yield 0.5
        yield from self._until(lambda: not self.application.study.is_loading, "read the study")
        yield from self._click(window.top._places["design"])
        yield from self._until(lambda: window.place == "design", "went to Design")
        yield from self._key("1", lambda: len(page.model.steps) == 5, "began with Quick enrolment")
        yield from self._key("f", lambda: self._dialog() is not None, "asked for a folder")
        yield 0.5
        for letter in str(folder):
            self.x.press(letter)
            yield 0.03
        n_files = len(list(folder.iterdir()))
        yield from self._key("Return", lambda: len(page.grid.items) == n_files, "took the folder")
        self._shoot("design")
        yield from self._click(page.head.name, offset=QPoint(page.head.name.width() - 12, page.head.name.height() // 2))
        for letter in " faces":
            self.x.press(letter)
            yield 0.03
        yield from self._key(
            "Return", lambda: page.model.document.value("plan", "name").endswith(" faces"), "named the plan"
        )
        yield from self._key("u", lambda: self.application.setup.plan_file is not None, "saved and used the plan")
        self.made_s = time.monotonic() - self.begin_s
        yield from self._key("r", lambda: rehearsal.is_on, "began to rehearse")
        yield from self._until(lambda: rehearsal.run is not None, "prepared the rehearsal")
        yield from self._key("Space", lambda: not rehearsal._is_reading, "read the first words")
        while rehearsal.is_on:
            yield 0.25
            if self.arguments.hurry and rehearsal.is_on:
                self.x.press("Space")
        self._front()
        yield 0.3
        self.log.append(page.banner.text)
        self._shoot("rehearsed")

    @staticmethod
    def _dialog() -> QFileDialog | None:
        return next((w for w in QApplication.topLevelWidgets() if isinstance(w, QFileDialog) and w.isVisible()), None)


def lead(arguments: argparse.Namespace) -> int:
    """The program's process, on the X display."""
    logging.basicConfig(level="WARNING", stream=sys.stderr)
    study = Path(tempfile.mkdtemp()) / "study"
    begin_s = time.monotonic()
    qt, settings = app._start_qt()
    application = app.make_application(AppOptions(study=study, theme="dark", use_gl=False), settings)
    hook = FailureHook(None, ask=lambda box: None)
    hook.install()
    application.window.show()
    application.window.activateWindow()
    x = CountedInput()
    driver = DesignDriver(application, x, arguments)
    driver.begin_s, driver.made_s = begin_s, float("nan")
    qt.exec()
    took_s = time.monotonic() - begin_s
    file = application.setup.plan_file
    rehearsal = application.rehearsals.rehearsal
    report = {
        "log": driver.log,
        "error": driver.error,
        "n_failures": hook.n_failures,
        "is_real_input": x.is_real,
        "n_keys": x.n_keys,
        "n_clicks": x.n_clicks,
        "made_s": round(driver.made_s, 1),
        "took_s": round(took_s, 1),
        "n_rehearsed": rehearsal.n_done,
        "n_images": rehearsal.n_images,
        "plan": str(file.name) if file else "",
        "mistakes": len(check_plan(file).mistakes) if file else -1,
        "sessions": (study / "sessions").exists(),
    }
    application.close()
    x.close()
    hook.remove()
    print(json.dumps(report))
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--hurry", action="store_true")
    parser.add_argument("--shots", type=Path)
    parser.add_argument("--timeout-s", type=float, default=420.0)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.screens = 2
    if arguments.inside:
        return lead(arguments)
    hidden = ("DISPLAY", "QT_QPA_PLATFORM", "WAYLAND_DISPLAY")
    environment = {key: value for key, value in os.environ.items() if key not in hidden}
    with tempfile.TemporaryDirectory() as home:
        environment |= {"HOME": home, "XDG_CONFIG_HOME": home}
        command = ["xvfb-run", "-a", "-s", "-screen 0 3360x1080x24 -noreset", "bash", "-c"]
        command += [f'{MONITORS} >/dev/null 2>&1; exec "$@"', "bash", sys.executable, "-m", "tests.ui.drive_design"]
        return subprocess.call([*command, "--inside", *sys.argv[1:]], env=environment)


if __name__ == "__main__":
    sys.exit(main())
