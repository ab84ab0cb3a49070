"""A laboratory for controller tests: a person who follows the stage, a tracker with an offset, a clock moved by
hand."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gazeapp.experiment.controller import SessionController
from gazeapp.experiment.findings import describe_drift, explain_calibration, explain_validation
from gazeapp.experiment.notice import NoticeKind
from gazeapp.experiment.participant_display import Cross, HeadlessScreen, Stimulus, Target
from gazeapp.experiment.plan import ExperimentPlan
from gazeapp.experiment.schedule import lay_out, share_images
from gazeapp.experiment.state import State
from gazeapp.gaze.clock import ManualClock
from gazeapp.gaze.correction import Correction
from gazeapp.gaze.display import Display, StimulusFrame, place_stimulus
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.events import Event
from gazeapp.store.records import CorrectionRow
from tests.fakes import ListCursor

DISPLAY = Display(width_px=1920, height_px=1080, width_mm=531.0, height_mm=299.0, distance_mm=650.0)
RATE_HZ = 200.0


def said(status) -> str:
    """What the experimenter has to know, before it is put into words: the kind, what a device said, the finding."""
    if status.notice is None:
        return ""
    finding = {
        NoticeKind.CALIBRATION_FAILED: lambda: explain_calibration(status.attempts[-1]),
        NoticeKind.VALIDATION_POOR: lambda: explain_validation(status.validation),
        NoticeKind.DRIFTED: lambda: describe_drift(status.drift),
    }.get(status.notice.kind, str)
    return f"{status.notice.kind.value}: {status.notice.detail}{finding()}"


def interrupted(controller) -> set[int]:
    """Exposures that were taken off before their time."""
    return {number for number, exposure in controller.exposures.items() if exposure.is_interrupted}


class GreyStimuli:
    """Every image is a grey 80 x 60 one."""

    def frame(self, stimulus_id: str, step: int = 0) -> StimulusFrame:
        return place_stimulus(DISPLAY, stimulus_id, 80, 60)

    def image_rgb(self, stimulus_id: str, step: int = 0) -> np.ndarray:
        return np.full((60, 80, 3), 128, np.uint8)

    def overlay_rgba(self, stimulus_id: str) -> np.ndarray | None:
        return np.zeros((60, 80, 4), np.uint8)


@dataclass
class Lab:
    """Runs a controller; `gaze_offset_px` is the tracker's error, `is_blind` shuts the eyes."""

    plan: ExperimentPlan
    n_images: int = 4
    gaze_offset_px: tuple[float, float] = (40.0, -25.0)
    noise_px: float = 3.0
    is_blind: bool = False
    follows: bool = True
    device: object = None
    tracker: object = None
    worker: object = None
    language: str = "en"
    events: list[Event] = field(default_factory=list)
    rows: list = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = ManualClock()
        self.cursor = ListCursor()
        self.stage = HeadlessScreen(self.clock)
        self._rng = np.random.default_rng(0)
        ids = [f"image-{i}" for i in range(self.n_images)]
        schedule = lay_out(self.plan, share_images(self.plan, ids, {}))
        extra = {"worker": self.worker} if self.worker else {}
        self.controller = SessionController(
            self.plan,
            schedule,
            display=DISPLAY,
            screen=self.stage,
            gaze=self.cursor,
            stimuli=GreyStimuli(),
            device=self.device,
            tracker=self.tracker,
            language=self.language,
            **extra,
        )
        self.controller.events.add(self.events.append)
        self.controller.rows.add(self.rows.append)
        self.controller.rows.add(self._correct)

    def _correct(self, row) -> None:
        if isinstance(row, CorrectionRow):
            correction = None if row.correction is None else Correction.from_json(row.correction)
            self.cursor.corrections.put(correction, row.from_time_s)

    @property
    def now_s(self) -> float:
        return self.clock.now_s()

    def looks_at(self) -> tuple[float, float]:
        scene = self.stage.scene
        if self.follows and isinstance(scene, Target | Cross):
            return scene.x_px, scene.y_px
        return DISPLAY.width_px * 0.3, DISPLAY.height_px * 0.6

    def step(self, dt_s: float = 0.02) -> None:
        """Let a moment pass: gaze comes in, the controller ticks."""
        first_s = self.now_s
        self.clock.advance(dt_s)
        n = round(dt_s * RATE_HZ)
        gaze = np.array(self.looks_at()) + self.gaze_offset_px
        points = gaze + self._rng.normal(0, self.noise_px, (n, 2))
        if self.is_blind:
            points[:] = np.nan
        times = first_s + (1 + np.arange(n)) / RATE_HZ
        self.cursor.push(GazeSamples.build(times, eyes="binocular", left_px=points, right_px=points))
        self.controller.tick(self.now_s)

    def until(self, *states: State, at_most_s: float = 120.0) -> None:
        """Let time pass until the controller is in one of the states."""
        end_s = self.now_s + at_most_s
        while self.controller.status.state not in states:
            assert self.now_s < end_s, f"still {self.controller.status.state} after {at_most_s} s"
            self.step()

    def until_image(self) -> None:
        """Let time pass until an image is on the screen."""
        for _ in range(2000):
            if isinstance(self.stage.scene, Stimulus):
                return
            self.step()
        raise AssertionError("no image appeared")

    def kinds(self) -> list[str]:
        return [type(event).__name__ for event in self.events]

    def of(self, kind: type) -> list:
        return [event for event in self.events if isinstance(event, kind)]
