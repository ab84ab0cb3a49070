"""The measurements of `gazeapp bench`, one function per stage; each returns figures and draws no conclusion."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gazeapp.gaze.clock import MonotonicClock
from gazeapp.gaze.detection.registry import ONLINE_ALGORITHMS, make_detector
from gazeapp.gaze.display import Display, place_stimulus
from gazeapp.gaze.ring import SampleRing
from gazeapp.gaze.samples import GazeSamples
from gazeapp.runtime.pipeline import Pipeline
from gazeapp.runtime.pipeline_thread import PipelineThread
from gazeapp.runtime.recorder import Recorder
from gazeapp.runtime.snapshot import Snapshot
from gazeapp.saliency.maps import fixation_density
from gazeapp.store.writer import SessionWriter

DISPLAY = Display(width_px=1920, height_px=1080, width_mm=531.0, height_mm=299.0, distance_mm=650.0)
FRAME = place_stimulus(DISPLAY, "bench", 800, 600)
RATE_HZ = 1200.0
STEP_S = 0.005
TICK_S = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured number."""

    stage: str
    condition: str
    value: float
    unit: str


def make_gaze(duration_s: float, seed: int = 0) -> GazeSamples:
    """Binocular gaze at 1200 Hz: fixations of 0.15 to 0.5 s with noise, a blink now and then."""
    rng = np.random.default_rng(seed)
    n = round(duration_s * RATE_HZ)
    lengths = rng.uniform(0.15, 0.5, round(duration_s / 0.15) + 1)
    index = np.searchsorted(np.cumsum(lengths), np.arange(n) / RATE_HZ, side="right")
    places = rng.uniform([480, 0], [1440, 1080], (len(lengths), 2))
    places[rng.random(len(lengths)) < 0.03] = np.nan
    time_s = np.arange(n) / RATE_HZ
    return GazeSamples.build(
        time_s,
        eyes="binocular",
        left_px=places[index] + rng.normal(0, 3, (n, 2)),
        right_px=places[index] + rng.normal(0, 3, (n, 2)),
        device_time_s=time_s,
        receive_time_s=time_s,
        left_pupil_mm=np.full(n, 3.0),
        right_pupil_mm=np.full(n, 3.0),
    )


def measure_detectors(seconds: float) -> Iterator[Figure]:
    """Samples per second of each online detector, by chunk size."""
    for name in ONLINE_ALGORITHMS:
        for size in (1, 12, 120, 1200):
            samples = make_gaze(seconds * min(1.0, size / 12))
            chunks = [samples[i : i + size] for i in range(0, len(samples), size)]
            detector = make_detector(name, DISPLAY)
            begin_s = time.perf_counter()
            for chunk in chunks:
                detector.push(chunk)
            detector.flush()
            rate = len(samples) / (time.perf_counter() - begin_s)
            yield Figure(
                stage=f"detector {name}",
                condition=f"chunks of {size}",
                value=rate,
                unit="samples/s",
            )


def measure_pipeline(seconds: float) -> Iterator[Figure]:
    """Time of one pipeline step with 5 ms of binocular gaze at 1200 Hz, images changing every 3 s."""
    samples = make_gaze(max(seconds, 7.0))  # two trials close
    size = round(STEP_S * RATE_HZ)
    ring = SampleRing(round(30 * RATE_HZ))
    pipeline = Pipeline(ring.cursor(), lambda: make_detector("ivt", DISPLAY), rate_hz=RATE_HZ)
    took_s: list[float] = []
    closing_s: list[float] = []
    for number, first in enumerate(range(0, len(samples), size)):
        chunk = samples[first : first + size]
        now_s = float(chunk.time_s[-1])
        if number % 600 == 0:
            pipeline.show_stimulus(number // 600, FRAME, now_s)
        ring.push(chunk)
        begin_s = time.perf_counter()
        pipeline.advance(now_s)
        elapsed_s = time.perf_counter() - begin_s
        (closing_s if pipeline.take_trials() else took_s).append(elapsed_s)
    yield from _spread("pipeline step", "1200 Hz, 5 ms of samples", took_s)
    yield from _spread("pipeline step", "that closes a trial of 3 s", closing_s)


def measure_recorder(seconds: float) -> Iterator[Figure]:
    """Rows per second into a real session file, and what handing over costs the tracker's thread."""
    samples = make_gaze(seconds)
    chunks = [samples[i : i + 12] for i in range(0, len(samples), 12)]
    with tempfile.TemporaryDirectory() as folder:
        clock = MonotonicClock()
        recorder = Recorder(SessionWriter(Path(folder) / "session.sqlite"), clock)
        took_s = []
        begin_s = time.perf_counter()
        for chunk in chunks:
            taken_s = time.perf_counter()
            recorder.take_samples(chunk)
            took_s.append(time.perf_counter() - taken_s)
        recorder.close()
        rate = len(samples) / (time.perf_counter() - begin_s)
        size = (Path(folder) / "session.sqlite").stat().st_size
    yield Figure(stage="recorder", condition="to disk, as fast as possible", value=rate, unit="rows/s")
    yield Figure(stage="recorder", condition="file size", value=size / len(samples), unit="bytes/sample")
    yield from _spread("recorder hand-over", "chunks of 12", took_s)


def measure_latency(seconds: float) -> Iterator[Figure]:
    """From a sample's arrival in the ring to the snapshot that shows it, with driver and recorder running."""
    samples = make_gaze(seconds)
    ring = SampleRing(round(30 * RATE_HZ))
    clock = MonotonicClock()
    pipeline = Pipeline(ring.cursor(), lambda: make_detector("ivt", DISPLAY), rate_hz=RATE_HZ)
    pipeline.show_stimulus(1, FRAME, 0.0)
    pushed: list[tuple[int, float]] = []
    late_s: list[float] = []

    def take(snapshot: Snapshot) -> None:
        now_s = clock.now_s()
        while pushed and pushed[0][0] <= snapshot.health.n_received:
            late_s.append(now_s - pushed.pop(0)[1])

    driver = PipelineThread(pipeline, clock, take)
    n_pushed = 0
    for first in range(0, len(samples), 4):
        chunk = samples[first : first + 4]
        time.sleep(max(0.0, float(chunk.time_s[-1]) - clock.now_s()))
        n_pushed += len(chunk)
        pushed.append((n_pushed, clock.now_s()))
        ring.push(chunk)
    driver.close()
    yield from _spread("sample to snapshot", "driver at 200 Hz", late_s)


def measure_maps() -> Iterator[Figure]:
    """Building and colouring one map."""
    rng = np.random.default_rng(0)
    for width, height in ((160, 120), (800, 600)):
        points = rng.uniform([0, 0], [width, height], (12, 2))
        build = partial(fixation_density, points, (width, height), width / 33.3)
        yield from _repeat("map of 12 fixations", f"{width}×{height}", build)
    from gazeapp.saliency.colors import overlay_rgba

    density = fixation_density(rng.uniform([0, 0], [800, 600], (12, 2)), (800, 600), 24.0)
    image = rng.integers(0, 255, (600, 800, 3), dtype=np.uint8)
    yield from _repeat("overlay colouring", "800×600", lambda: overlay_rgba(density, image))


def measure_networks(weights: Path | None, device: str, seconds: float) -> Iterator[Figure]:
    """Each network once per image, and how late a 5 ms ticker gets in the main thread while they run."""
    from gazeapp.networks.predictors import Predictors
    from gazeapp.runtime.latest_request_worker import LatestRequestWorker

    begin_s = time.perf_counter()
    networks = Predictors.load(weights, device)
    yield Figure(
        stage="networks",
        condition="loading",
        value=(time.perf_counter() - begin_s) * 1e3,
        unit="ms",
    )
    rng = np.random.default_rng(0)
    image: NDArray[np.uint8] = rng.integers(0, 255, (600, 800, 3), dtype=np.uint8)
    fixations = rng.uniform([0, 0], [800, 600], (12, 2))
    universal = networks.universal(image)
    feature = networks.encode(image, fixations, 24.0, universal)
    embedding = networks.combine([feature] * 32)
    where = f"800×600, {networks.device.type}"
    yield from _repeat("universal network", where, lambda: networks.universal(image))
    yield from _repeat("encode one pair", where, lambda: networks.encode(image, fixations, 24.0, universal))
    yield from _repeat("embedding of 32 pairs", where, lambda: networks.combine([feature] * 32), n=5)
    yield from _repeat("personal network", where, lambda: networks.personal(image, universal, embedding))
    yield from _spread("5 ms ticker late by", "nothing else running", _tick(seconds))
    running, enough = threading.Event(), threading.Event()

    def again(_: object) -> None:
        if not enough.is_set():
            worker.submit(_ENDLESS)

    def predict(_: object) -> None:
        running.set()
        networks.personal(image, networks.universal(image), embedding)

    worker: LatestRequestWorker[_Endless, None] = LatestRequestWorker(predict, again)
    worker.submit(_ENDLESS)
    running.wait()
    yield from _spread("5 ms ticker late by", "predictions running", _tick(seconds))
    enough.set()
    worker.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Endless:
    """A request that asks for itself again."""

    number: int = 0
    trial: int = 0
    final: bool = False


_ENDLESS = _Endless()


def _tick(seconds: float) -> list[float]:
    late_s = []
    due_s = time.perf_counter()
    end_s = due_s + seconds
    while due_s < end_s:
        due_s += TICK_S
        time.sleep(max(0.0, due_s - time.perf_counter()))
        now_s = time.perf_counter()
        late_s.append(now_s - due_s)
        due_s = max(due_s, now_s - TICK_S)  # a block counts once, not once per missed tick
    return late_s


def _repeat(stage: str, condition: str, work: Callable[[], object], n: int = 30) -> Iterator[Figure]:
    work()
    took_s = []
    for _ in range(n):
        begin_s = time.perf_counter()
        work()
        took_s.append(time.perf_counter() - begin_s)
    yield from _spread(stage, condition, took_s)


def _spread(stage: str, condition: str, seconds: list[float]) -> Iterator[Figure]:
    milliseconds = np.array(seconds) * 1e3
    for name, value in (
        ("median", np.median(milliseconds)),
        ("p99", np.percentile(milliseconds, 99)),
        ("max", milliseconds.max()),
    ):
        yield Figure(stage=stage, condition=f"{condition}, {name}", value=float(value), unit="ms")
