"""Leads a small study in real windows by mouse and keys, in several sittings; see test_three_people.py.

Usage: drive_study.py STUDY IMAGES --sitting killed|rest [--screens 1|2]
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QPoint

from gazeapp.experiment.plan import BlocksPlan, CalibrationPlan, QualityPlan, StimuliPlan, TrialsPlan, default_plan
from gazeapp.experiment.state import State
from gazeapp.ui import app
from gazeapp.ui.app import AppOptions
from gazeapp.ui.exception_hook import FailureHook
from tests.ui.drive_session import Driver
from tests.ui.x_input import XInput

PLAN_NAME = "three"


class StudyDriver(Driver):
    """P-001 comes twice, P-002 is killed and continued and comes again, P-003 withdraws."""

    def _steps(self) -> Iterator[float]:
        if self.arguments.sitting == "killed":
            yield from self._add_person("P-001")
            yield from self._record("P-001", is_first=True)
            yield from self._whole_session("P-001")
            yield from self._home()
            yield from self._add_person("P-002")
            yield from self._record("P-002", is_first=True)
            yield from self._begin("P-002")
            session = self.application.session
            yield from self._until(lambda: session.status.n_done >= 2, "P-002 saw two images")
            print("KILL", os.getpid(), flush=True)
            yield 60.0
            return
        people = self.application.window.people
        yield 0.5
        yield from self._until(lambda: not self.application.study.is_loading, "read the study")
        yield from self._until(lambda: "P-002 stopped" in people.banner.text, "was told what was recovered")
        yield from self._click(people.banner._button)
        yield from self._until(lambda: self.application.window.place == "record", "went on with P-002")
        yield from self._whole_session("P-002")
        yield from self._again("P-001")
        yield from self._again("P-002")
        yield from self._home()
        yield from self._add_person("P-003")
        yield from self._record("P-003", is_first=True)
        yield from self._whole_session("P-003")
        yield from self._home()
        yield from self._choose("P-003")
        yield from self._click(people.person.erase)
        yield from self._until(lambda: people.dialog is not None, "was asked before erasing")
        yield 0.3
        yield from self._click(people.dialog.buttons["Note the withdrawal and erase"])
        yield from self._until(lambda: self.application.study.row("P-003") is None, "erased P-003")
        yield from self._click(people.export_all)
        yield from self._until(lambda: self.application.window.current == "export", "went to the export")
        page = self.application.window.export
        page.dest.setText(str(self.arguments.study.parent / "export"))
        yield 0.3
        yield from self._key("Return", lambda: bool(page._model.files), "exported")

    def _again(self, name: str) -> Iterator[float]:
        yield from self._home()
        yield from self._choose(name)
        yield from self._record(name, is_first=False)
        yield from self._whole_session(name)

    def _home(self) -> Iterator[float]:
        window = self.application.window
        yield from self._click(window.top._places["people"])
        yield from self._until(lambda: window.place == "people", "went home")
        yield from self._until(lambda: not self.application.study.is_loading, "read the study again")
        yield 0.3

    def _choose(self, name: str) -> Iterator[float]:
        view = self.application.window.people.view
        row = next(r for r in range(view.found.rowCount()) if view.found.index(r, 0).data() == name)
        at = view.visualRect(view.found.index(row, 0)).center()
        yield from self._click(view.viewport(), offset=QPoint(at.x(), at.y()))
        yield from self._until(lambda: view.pseudonym == name, f"chose {name}")

    def _begin(self, name: str) -> Iterator[float]:
        """Everything up to the first image."""
        window, session = self.application.window, self.application.session
        assert window.top.person == name, (window.top.person, name)
        yield from self._set_up()
        yield from self._key("Return", lambda: session.status.state is State.CALIBRATING, "started the calibration")
        yield from self._until(lambda: session.status.state is State.CALIBRATED, "calibrated")
        self._front()
        yield 0.2
        yield from self._key("Return", lambda: window.current == "enrol", "took the calibration")
        yield from self._key("Return", lambda: session.status.state is State.RUNNING, "started the images")
        assert window.top.person == name
        assert window.top.is_recording

    def _whole_session(self, name: str) -> Iterator[float]:
        session = self.application.session
        yield from self._begin(name)
        yield from self._until(lambda: session.is_saved, f"stored the session of {name}")
        self._front()
        yield 0.3


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("study", type=Path)
    parser.add_argument("images", type=Path)
    parser.add_argument("--sitting", choices=("killed", "rest"), required=True)
    parser.add_argument("--screens", type=int, default=2)
    parser.add_argument("--timeout-s", type=float, default=200.0)
    arguments = parser.parse_args()
    arguments.shots, arguments.close_after_images = None, 0
    logging.basicConfig(level="WARNING", stream=sys.stderr)
    plan = replace(
        default_plan(name=PLAN_NAME),
        phases=("calibrate", "enrol"),
        stimuli=StimuliPlan(folders=(str(arguments.images),), n_max=4),
        trials=TrialsPlan(duration_s=0.7, fixation_cross_s=0.2, blank_s=0.1, fixation_gate=False),
        calibration=CalibrationPlan(points=3, validation_points=1, model="shift"),
        blocks=BlocksPlan(size=40),
        quality=QualityPlan(pass_deg=2.0, warn_deg=5.0, max_loss=0.8),
    )
    _, settings = app._start_qt()
    application = app.make_application(
        AppOptions(study=arguments.study, plan=plan, theme="dark", use_gl=False), settings
    )
    hook = FailureHook(None, ask=lambda box: None)
    hook.install()
    application.window.show()
    application.window.activateWindow()
    x = XInput()
    driver = StudyDriver(application, x, arguments)
    driver._deadline_s = time.monotonic() + arguments.timeout_s
    app.QApplication.instance().exec()
    application.close()
    x.close()
    hook.remove()
    print(json.dumps({"log": driver.log, "error": driver.error, "n_failures": hook.n_failures}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
