"""Leads one whole session in real windows, as a person would: with a keyboard and a mouse that is the gaze.

Run by test_whole_session.py in a process of its own, under a virtual X display; prints one JSON object at the end.
Usage: drive_session.py STUDY IMAGES [--shots DIR] [--close-after-images N] [--screens 1|2]
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, QTimer
from PySide6.QtWidgets import QWidget

from gazeapp.experiment.participant_display import Cross, Stimulus, Target
from gazeapp.experiment.plan import BlocksPlan, CalibrationPlan, QualityPlan, StimuliPlan, TrialsPlan, default_plan
from gazeapp.experiment.state import State
from gazeapp.ui import app
from gazeapp.ui.app import AppOptions
from gazeapp.ui.exception_hook import FailureHook
from gazeapp.ui.stall import StallMeter
from tests.ui.x_input import XInput


class Driver:
    """The person: one step of the script each 20 ms, and a hand that brings the mouse to where one would look."""

    def __init__(self, application, x: XInput, arguments) -> None:
        self.application, self.x, self.arguments = application, x, arguments
        self.log: list[str] = []
        self.is_closing = False
        self.error = ""
        self._rng = np.random.default_rng(4)
        self._place = (0.0, 0.0)
        self._next_jump_s = 0.0
        self._script = self._steps()
        self._wait_until_s = 0.0
        self._timer = QTimer()
        self._timer.timeout.connect(self._tick)
        self._timer.start(20)
        self._deadline_s = time.monotonic() + arguments.timeout_s

    # The hand

    def _stage(self):
        return self.application.stage.window

    def _look(self) -> None:
        stage = self._stage()
        if stage is None or not stage.is_open:
            return
        origin = stage.surface.geometry().topLeft()
        scene = stage.scene
        now_s = time.monotonic()
        if isinstance(scene, Target | Cross):
            self._place = (scene.x_px, scene.y_px)
        elif isinstance(scene, Stimulus):
            if now_s > self._next_jump_s:
                self._next_jump_s = now_s + 0.3
                spread = self._rng.uniform(0.25, 0.75, 2)
                frame = scene.frame
                self._place = (
                    frame.left_px + spread[0] * frame.width_px,
                    frame.top_px + spread[1] * frame.height_px,
                )
        else:
            return
        # an eye is never quite still; a mouse that does not move sends nothing
        jitter = self._rng.integers(-1, 2, 2)
        self.x.move(origin.x() + self._place[0] + jitter[0], origin.y() + self._place[1] + jitter[1])

    # The script

    def _tick(self) -> None:
        now_s = time.monotonic()
        try:
            self._look()
            if now_s < self._wait_until_s:
                return
            if now_s > self._deadline_s:
                raise TimeoutError(
                    f"stuck after {self.log[-3:]}: "
                    f"{self.application.window.pages[self.application.window.current].banner.text}"
                )
            wait_s = next(self._script, None)
            if wait_s is None:
                self._timer.stop()
                self.application.window.close()
                app.QApplication.instance().quit()
            else:
                self._wait_until_s = now_s + wait_s
        except Exception as error:  # told to the test, which fails
            self.error = f"{type(error).__name__}: {error}"
            self._timer.stop()
            app.QApplication.instance().quit()

    def _steps(self) -> Iterator[float]:
        yield from self._add_person("P-017")
        self._shoot("people")
        yield from self._record("P-017", is_first=True)
        yield from self._set_up()
        yield from self._lead()

    def _add_person(self, name: str) -> Iterator[float]:
        window, study = self.application.window, self.application.study
        yield 0.5
        yield from self._until(lambda: not study.is_loading, "read the study")
        yield from self._key("n", lambda: window.people.dialog is not None, "asked who comes")
        yield 0.3
        for letter in name:
            self.x.press(letter)
            yield 0.05
        yield from self._until(lambda: window.people.dialog.pseudonym.text() == name, "typed the pseudonym")
        self._shoot("new-participant")
        self.x.press("Return")
        yield from self._until(lambda: window.people.view.pseudonym == name, "added the participant")

    def _record(self, name: str, *, is_first: bool) -> Iterator[float]:
        window, people = self.application.window, self.application.window.people
        if is_first:
            yield from self._key("r", lambda: people.dialog is not None, "asked for the consent")
            yield 0.3
            dialog = people.dialog
            assert dialog.person == name
            assert not any(box.isChecked() for box in dialog.boxes.values())
            yield from self._click(dialog.boxes["gaze"], left=True)
            yield from self._until(dialog.boxes["gaze"].isChecked, "ticked the consent")
            self._shoot("consent")
            self.x.press("Return")
        else:
            self.x.press("r")
        yield from self._until(lambda: window.place == "record", "went to record")
        assert window.top.person == name

    def _set_up(self) -> Iterator[float]:
        window, setup, session = self.application.window, self.application.setup, self.application.session
        if window.current == "tracker":
            yield from self._until(lambda: not setup.is_scanning, "searched for trackers")
            yield 0.3
            mouse = len(window.pages["tracker"].list.choices) - 1
            yield from self._click(window.pages["tracker"].list, offset=QPoint(120, 52 * mouse + 26))
            yield from self._until(
                lambda: setup.tracker is not None and setup.tracker.key == "mouse", "chose the mouse"
            )
            self._shoot("tracker")
            yield from self._key("Return", lambda: window.current == "screens", "went to the screens")
        self._shoot("screens")
        yield from self._key(
            "Return",
            lambda: session.is_running and window.current == "calibrate",
            "built the session",
        )
        yield 0.5

    def _lead(self) -> Iterator[float]:
        window, session = self.application.window, self.application.session
        self._shoot("calibrate-ready")
        yield from self._key("Return", lambda: session.status.state is State.CALIBRATING, "started the calibration")
        yield 1.0
        self._shoot("calibrating")
        yield from self._until(lambda: session.status.state is State.CALIBRATED, "calibrated")
        self._front()
        yield 0.3
        self._shoot("calibrated")
        yield from self._key("Return", lambda: window.current == "validate", "took the calibration")
        yield from self._key("Return", lambda: session.status.state is State.VALIDATING, "started the validation")
        yield from self._until(lambda: session.status.state is State.VALIDATED, "validated")
        self._front()
        yield 0.3
        self._shoot("validated")
        yield from self._key("Return", lambda: window.current == "enrol", "took the validation")
        yield from self._key("Return", lambda: session.status.state is State.RUNNING, "started the images")
        yield from self._until(lambda: session.status.n_done >= 1, "saw one image")
        yield from self._key("Escape", lambda: session.status.state is State.PAUSED, "paused with Escape")
        self._front()
        yield 0.3
        self._shoot("paused")
        yield from self._key("Space", lambda: session.status.state is State.RUNNING, "resumed with Space")
        if self.arguments.close_after_images:
            yield from self._until(
                lambda: session.status.n_done >= self.arguments.close_after_images, "saw some images"
            )
            yield from self._close_later()
            return
        yield from self._until(lambda: session.status.n_done >= 3, "saw three images")
        yield 0.9
        self._shoot("enrol")
        yield from self._until(lambda: window.current == "overlay", "came to the overlay")
        yield 1.2
        self._shoot("overlay")
        yield from self._until(lambda: session.is_saved and window.current == "results", "stored the session")
        yield 0.8
        self._shoot("results")
        yield from self._key("Return", lambda: window.current == "export", "went to the export")
        yield from self._until(lambda: window.pages["export"].go.isEnabled(), "could export")
        window.pages["export"].dest.setText(str(self.arguments.study.parent / "export"))
        yield from self._key("Return", lambda: bool(window.pages["export"]._model.files), "exported")
        yield 0.3
        self._shoot("export")

    def _close_later(self) -> Iterator[float]:
        """Close the window: the question is answered with the mouse."""
        application = self.application
        application.window.close()
        yield from self._until(lambda: application.questions.dialog is not None, "was asked before closing")
        yield 0.3
        self._shoot("close-question")
        self.is_closing = True  # Qt ends with the window, and this with it
        yield from self._click(application.questions.dialog.buttons["Continue later, and close"])
        yield from self._until(lambda: False, "")

    def _key(self, key: str, done, what: str) -> Iterator[float]:
        for _ in range(8):  # a key right after a change is dropped on purpose: a person presses again
            self.x.press(key)
            for _ in range(40):
                yield 0.05
                if done():
                    self.log.append(what)
                    return
        raise TimeoutError(f"{what}: pressing {key} did nothing")

    def _until(self, done, what: str) -> Iterator[float]:
        while not done():
            yield 0.02
        self.log.append(what)

    def _click(self, widget: QWidget, *, left: bool = False, offset: QPoint | None = None) -> Iterator[float]:
        at = widget.mapToGlobal(offset or QPoint(10 if left else widget.width() // 2, widget.height() // 2))
        self.x.click(at.x(), at.y())
        yield 0.15

    def _front(self) -> None:
        self.application.window.keep_above()

    def _shoot(self, name: str) -> None:
        if self.arguments.shots:
            self.application.window.grab().save(str(self.arguments.shots / f"{self.arguments.screens}-{name}.png"))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("study", type=Path)
    parser.add_argument("images", type=Path)
    parser.add_argument("--shots", type=Path)
    parser.add_argument("--close-after-images", type=int, default=0)
    parser.add_argument("--screens", type=int, default=2)
    parser.add_argument("--raster", action="store_true")
    parser.add_argument("--timeout-s", type=float, default=150.0)
    arguments = parser.parse_args()
    logging.basicConfig(level="WARNING", stream=sys.stderr)
    plan = replace(
        default_plan(name="whole-session"),
        stimuli=StimuliPlan(folders=(str(arguments.images),), n_enrol=4, n_max=6),
        trials=TrialsPlan(duration_s=1.2, fixation_cross_s=0.3, blank_s=0.2, gate_timeout_s=1.0),
        calibration=CalibrationPlan(points=5, validation_points=3),
        blocks=BlocksPlan(size=40),
        quality=QualityPlan(pass_deg=1.0, warn_deg=3.0, max_loss=0.6),
    )
    begin_s = time.monotonic()
    qt, settings = app._start_qt()
    options = AppOptions(study=arguments.study, plan=plan, theme="dark", use_gl=False if arguments.raster else None)
    application = app.make_application(options, settings)
    hook = FailureHook(None, ask=lambda box: None)
    hook.install()
    meter = StallMeter()
    application.window.show()
    application.window.activateWindow()
    ready_s = time.monotonic() - begin_s
    x = XInput()
    driver = Driver(application, x, arguments)
    meter.restart()
    qt.exec()
    if driver.is_closing and driver.application._is_closed:
        driver.log.append("closed, to be continued later")
    stage_kind = type(application.stage.window.surface).__name__ if application.stage.window else ""
    application.close()
    x.close()
    hook.remove()
    print(
        json.dumps(
            {
                "log": driver.log,
                "error": driver.error,
                "n_failures": hook.n_failures,
                "is_real_input": bool(x._x11) if hasattr(x, "_x11") else False,
                "n_trials": len(application.session.maps.trials),
                "longest_block_s": meter.longest_s,
                "ready_s": ready_s,
                "stage": stage_kind,
            }
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
