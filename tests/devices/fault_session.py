"""A session in real time that a test leads as an experimenter would, to see what a fault costs."""

from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np

from gazeapp.cli.run import prepare_participant
from gazeapp.experiment.plan import CalibrationPlan, ExperimentPlan, StimuliPlan, TrialsPlan
from gazeapp.experiment.state import Command, State
from gazeapp.gaze.display import Display
from gazeapp.gaze.quality import TargetWindow
from gazeapp.runtime import RunOptions, build_run
from gazeapp.store.reader import SessionReader
from tests.session_lab import said

DISPLAY = Display(width_px=1920, height_px=1080, width_mm=531, height_mm=299, distance_mm=650)


class FaultSession:
    """`phases` as in a plan; images stay for ten seconds, so that faults come while one is on the screen."""

    def __init__(self, folder: Path, phases=("enrol",), *, tracker=None, clock=None, **device_options) -> None:
        images = folder / "images"
        images.mkdir(parents=True)
        for n in range(2):
            image = np.full((120, 160, 3), 90 + 60 * n, np.uint8)
            cv2.imwrite(str(images / f"{n}.png"), image)
        plan = ExperimentPlan(
            name="fault",
            phases=phases,
            folder=folder,
            stimuli=StimuliPlan(folders=("images",)),
            calibration=CalibrationPlan(points=3, validation_points=1),
            trials=TrialsPlan(duration_s=10.0, fixation_cross_s=0.1, blank_s=0.1, fixation_gate=False),
        )
        options = RunOptions(
            plan=plan,
            study=folder / "study",
            participant="P1",
            device="tobii" if tracker else "lsl",
            display=DISPLAY,
            device_options={k: str(v) for k, v in device_options.items()},
        )
        prepare_participant(options, consent=("gaze",))
        self.run = build_run(options, tracker=tracker, clock=clock)
        self.controller = self.run.controller
        self.events = []
        self.controller.events.add(self.events.append)

    def __enter__(self) -> FaultSession:
        self.run.start()
        if "calibrate" not in self.run.controller.status.plan.phases:
            self.controller.start_trials(self.now_s)
        return self

    def __exit__(self, *_: object) -> None:
        self.run.close()

    @property
    def now_s(self) -> float:
        return self.run.clock.now_s()

    @property
    def kinds(self) -> list[str]:
        return [event.kind for event in self.events if hasattr(event, "kind")]

    def said(self, kind: str) -> str:
        return next(event.message for event in self.events if getattr(event, "kind", "") == kind)

    def until(self, is_so, timeout_s: float = 40.0) -> None:
        end_s = self.now_s + timeout_s
        while not is_so():
            assert self.now_s < end_s, (self.controller.status.state, said(self.controller.status), self.kinds)
            self.run.tick(self.now_s)
            time.sleep(0.004)

    def for_s(self, seconds: float) -> None:
        end_s = self.now_s + seconds
        self.until(lambda: self.now_s >= end_s)

    def until_gaze(self) -> None:
        """Until gaze comes."""
        n = self.run.recorder.health().n_saved
        self.until(lambda: self.run.recorder.health().n_saved > n)

    def until_paused(self) -> None:
        self.until(lambda: self.controller.status.state is State.PAUSED)

    def reconnect(self) -> None:
        """As the button would; until it is over."""
        self.controller.reconnect(self.now_s)
        self.until(lambda: self.controller.status.reconnection is not None)

    def resume(self) -> None:
        self.until(lambda: Command.RESUME in self.controller.status.allowed)
        self.controller.resume(self.now_s)

    def reader(self) -> SessionReader:
        return SessionReader(self.run.session.path)


def window(samples):
    """The whole stretch as one target."""
    return TargetWindow(
        target_id=1,
        onset_s=float(samples.time_s[0]),
        duration_s=float(np.ptp(samples.time_s)),
        x_px=960,
        y_px=540,
    )
