"""A session that is whatever a test says: for pages, without tracker, threads or files."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields, replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from gazeapp.devices.tracker import TrackerInfo
from gazeapp.experiment.notice import Notice, NoticeKind
from gazeapp.experiment.observers import Observers
from gazeapp.experiment.plan import default_plan
from gazeapp.experiment.schedule import PhaseCount
from gazeapp.experiment.state import Command, SessionStep, State
from gazeapp.experiment.status import SessionStatus
from gazeapp.experiment.tracker_connection import Connection
from gazeapp.gaze.clock import ManualClock
from gazeapp.gaze.correction import Correction
from gazeapp.gaze.display import Display, StimulusFrame, place_stimulus
from gazeapp.gaze.fixations import Fixation
from gazeapp.gaze.samples import GazeSamples
from gazeapp.runtime.snapshot import InferenceResult, Snapshot, StreamHealth
from gazeapp.store.embedding import UserEmbedding
from gazeapp.store.records import TrialRow

DISPLAY = Display(width_px=1920, height_px=1080, width_mm=508, height_mm=286, distance_mm=650)
BACKGROUND = "#808080"
SPECTRUM = TrackerInfo(
    backend="lsl",
    name="Tobii Pro Spectrum",
    serial="TPSP1",
    rate_hz=1200,
    rates_hz=(1200,),
    eyes="binocular",
    capabilities=frozenset(),
)
NOW_S = 192.0


def look_at(display: Display) -> None:
    """Have everything lie on another screen from now on."""
    global DISPLAY
    DISPLAY = display


class FakeController:
    """What a page reads of a controller's status, as plain attributes; commands are noted."""

    def __init__(self, **what: Any) -> None:
        self.plan = default_plan()
        self.state, self.step, self.phase, self.notice = State.CONNECTED, SessionStep.NONE, "", None
        self.scene = None
        self.targets: tuple[Any, ...] = ()
        self.attempts: tuple[Any, ...] = ()
        self.selected_attempt = self.validation = self.drift = None
        self.validations: tuple[Any, ...] = ()
        self.n_done, self.n_trials, self.exposure, self.left_s = 0, 40, None, math.nan
        self.counts: tuple[PhaseCount, ...] = (
            PhaseCount(phase="enrol", n_done=0, n_trials=30),
            PhaseCount(phase="overlay", n_done=0, n_trials=10),
        )
        self.now_s = NOW_S
        self.connection, self.reconnection = Connection.CONNECTED, None
        self.allowed: set[Command] = set()
        self.given: list[str] = []
        self.events = Observers[Any]()
        self.correction = Correction.identity()
        for name, value in what.items():
            setattr(self, name, value)

    @property
    def status(self) -> SessionStatus:
        names = {field.name for field in fields(SessionStatus)} & set(vars(self))
        values = {name: getattr(self, name) for name in names}
        ends_s = math.nan if math.isnan(self.left_s) else self.now_s + self.left_s
        return replace(
            SessionStatus.none(self.plan), **values | {"allowed": frozenset(self.allowed), "step_ends_s": ends_s}
        )

    def set_up_calibration(self, calibration: Any, _now_s: float) -> None:
        self.plan = replace(self.plan, calibration=calibration)
        self.given.append("set_up_calibration")

    def report_failure(self, message: str, _now_s: float) -> None:
        self.state, self.notice = State.FAILED, Notice(NoticeKind.FAILED, message)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)

        def give(*_args: Any, **_options: Any) -> None:
            self.given.append(name)

        return give


@dataclass
class FakeRun:
    """A run around a fake controller."""

    controller: FakeController = field(default_factory=FakeController)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW_S))
    display: Display = DISPLAY
    trials: list[TrialRow] = field(default_factory=list)
    image: np.ndarray = field(default_factory=lambda: photograph())
    is_closed: bool = False
    fail_with: Exception | None = None

    is_settled: bool = False
    is_illustration: bool = False
    progress: Any = None
    inference: Any = field(default_factory=lambda: SimpleNamespace(failures=(), in_use=None))

    def add_snapshot_observer(self, _observer: Any) -> None:
        """Tests post snapshots to the bridge themselves."""

    def add_result_observer(self, _observer: Any) -> None:
        """Tests hand results to the model themselves."""

    def tick(self, _now_s: float) -> None:
        if self.fail_with is not None:
            raise self.fail_with

    def take_trials(self) -> list[TrialRow]:
        taken, self.trials = self.trials, []
        return taken

    def image_rgb(self, _stimulus_id: str) -> np.ndarray:
        return self.image

    def close(self) -> None:
        self.is_closed = True


def photograph(height: int = 600, width: int = 800) -> np.ndarray:
    """A picture with sky, ground and a bright ball."""
    y, x = np.mgrid[0:height, 0:width]
    sky = np.stack([120 + y // 8, 150 + y // 10, np.full_like(y, 210)], axis=-1)
    ground = np.stack([70 + x // 20, 110 - y // 12, np.full_like(y, 60)], axis=-1)
    image = np.where((y < height * 0.55)[..., None], sky, ground)
    ball = (x - width * 0.62) ** 2 + (y - height * 0.6) ** 2 < (height * 0.12) ** 2
    image[ball] = (225, 90, 70)
    return np.clip(image, 0, 255).astype(np.uint8)


def bump(points: list[tuple[float, float]], height: int = 600, width: int = 800, sigma: float = 45) -> np.ndarray:
    """Density with bumps at shares of width and height."""
    y, x = np.mgrid[0:height, 0:width]
    total = np.zeros((height, width))
    for px, py in points:
        total += np.exp(-((x - px * width) ** 2 + (y - py * height) ** 2) / (2 * sigma**2))
    return (total / total.sum()).astype(np.float32)


def frame() -> StimulusFrame:
    return place_stimulus(DISPLAY, "a" * 64, 800, 600)


def health(**changes: Any) -> StreamHealth:
    values: dict[str, Any] = dict(
        n_received=1200,
        n_expected=1200,
        rate_hz=1200.0,
        data_loss=0.013,
        latency_s=0.004,
        n_saved=1100,
        saved_ago_s=0.2,
        queue_length=0,
    )
    return StreamHealth(**values | changes)


FIXATIONS = tuple(
    Fixation(onset_s=188.2 + 0.4 * n, duration_s=d, x_px=x, y_px=y)
    for n, (d, x, y) in enumerate(
        [
            (0.21, 410, 280),
            (0.32, 480, 350),
            (0.28, 330, 210),
            (0.35, 500, 372),
            (0.22, 250, 420),
            (0.5, 495, 340),
            (0.2, 620, 300),
        ]
    )
)


def snapshot(
    time_s: float = 191.6, *, trial: int | None = 22, rate_hz: float = 1200.0, span_s: float = 5.0
) -> Snapshot:
    """Gaze that hops between the fixations, one blink, on the picture of `frame`."""
    time = np.arange(time_s - span_s, time_s, 1 / rate_hz)
    later_s = time_s - 191.6
    fixations = tuple(replace(f, onset_s=f.onset_s + later_s) for f in FIXATIONS)
    which = np.clip(((time - 188.2 - later_s) / 0.4).astype(int), 0, len(FIXATIONS) - 1)
    points = np.array([(f.x_px, f.y_px) for f in FIXATIONS])[which]
    gaze = frame().to_display(points) + np.random.default_rng(0).normal(0, 2, points.shape)
    gaze[(time > 190.1 + later_s) & (time < 190.25 + later_s)] = np.nan
    return Snapshot(
        number=1,
        time_s=time_s,
        trial=trial,
        frame=frame() if trial is not None else None,
        trace_time_s=time,
        trace_px=gaze,
        trace_left_px=gaze,
        trace_right_px=gaze,
        fixations=fixations if trial is not None else (),
        looked_s=tuple((f.onset_s, f.end_s) for f in fixations),
        health=health(),
    )


def trial(number: int, phase: str = "overlay") -> TrialRow:
    """An image that was looked at."""
    return TrialRow(
        trial=number,
        phase=phase,
        frame=frame(),
        shown_s=188,
        hidden_s=191,
        onset_kind="swap",
        fixations=FIXATIONS,
        carried_over=(),
        n_samples=3600,
        data_loss=0.02,
    )


def embedding(n_pairs: int = 23, seed: int = 0) -> UserEmbedding:
    vector = np.random.default_rng(seed).normal(size=32)
    return UserEmbedding(
        vector=tuple(vector / np.linalg.norm(vector)),
        n_pairs=n_pairs,
        spread=0.06,
        model_name="test",
        model_sha256="0" * 64,
        sigma_deg=1.0,
    )


def result(trial: int = 22, number: int = 5, *, final: bool = False) -> InferenceResult:
    universal = bump([(0.3, 0.4), (0.62, 0.6), (0.5, 0.45)])
    personal = bump([(0.62, 0.6), (0.6, 0.55), (0.35, 0.7)])
    return InferenceResult(
        number=number,
        trial=trial,
        stimulus_id="a" * 64,
        universal=universal,
        personal=personal,
        discrepancy=personal - universal,
        embedding=embedding(),
        final=final,
        elapsed_s=0.2,
    )


def point(
    target_id: int,
    x_px: float,
    y_px: float,
    *,
    off_deg: float = 0.3,
    state: str = "accepted",
    seed: int = 0,
    rate_hz: float = 120.0,
) -> Any:
    """A calibration or validation target with gaze `off_deg` to its right."""
    from gazeapp.experiment.calibration_procedure import PointResult, PointState
    from gazeapp.experiment.targets import TargetPoint

    rng = np.random.default_rng([seed, target_id])
    n = round(0.5 * rate_hz) if state == "accepted" else 0
    centre = np.array([x_px + off_deg * DISPLAY.px_per_deg, y_px])
    samples = GazeSamples.build(
        10 + np.arange(n) / rate_hz,
        eyes="binocular",
        left_px=centre + rng.normal(0, 4, (n, 2)),
        right_px=centre + rng.normal(0, 4, (n, 2)) - 4,
    )
    target = TargetPoint(
        target_id=target_id, x_px=x_px, y_px=y_px, x_norm=x_px / DISPLAY.width_px, y_norm=y_px / DISPLAY.height_px
    )
    return PointResult(target=target, state=PointState(state), shown_s=10.0, samples=samples, spread_deg=0.2)


def put(run: FakeRun, facts: dict[str, Any]) -> None:
    """Set facts of a run: what it knows of the person, and what its controller says."""
    facts = dict(facts)
    run.progress = facts.pop("progress", None)
    run.clock = ManualClock(facts.get("now_s", NOW_S))
    vars(run.controller).update(facts)
