"""Record as a session would, at full rate, for as long as asked, and count every sample on its way.

python -m tests.benchmarks.soak --seconds 600
python -m tests.benchmarks.soak --seconds 7200 --speed 8      the tracker's clock goes faster, the disk does not

With `--speed` gaze, trials and events go to the recorder alone: analysis has no time for eight times the rate.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from gazeapp.gaze.clock import MonotonicClock
from gazeapp.gaze.detection.registry import make_detector, parameters
from gazeapp.gaze.display import Display, place_stimulus
from gazeapp.gaze.fixations import Fixation
from gazeapp.gaze.ring import SampleRing
from gazeapp.gaze.samples import GazeSamples
from gazeapp.runtime.latest_request_worker import LatestRequestWorker
from gazeapp.runtime.pipeline import Pipeline
from gazeapp.runtime.pipeline_thread import PipelineThread
from gazeapp.runtime.recorder import Recorder
from gazeapp.runtime.replay import reproduce
from gazeapp.runtime.snapshot import TrialRecord
from gazeapp.store.events import StimulusHidden, StimulusShown
from gazeapp.store.reader import SessionReader
from gazeapp.store.records import TrialRow
from gazeapp.store.writer import SessionWriter

DISPLAY = Display(width_px=1920, height_px=1080, width_mm=531, height_mm=299, distance_mm=650)
TRIAL_S = 1.0


@dataclasses.dataclass(frozen=True)
class SoakResult:
    n_sent: int
    n_expected: int
    """From the rate and the time between the first and the last sample."""
    n_pipeline: int
    n_missed: int
    n_on_disk: int
    times_equal: bool
    """Whether the times on disk are those sent, to the bit."""
    n_trials: int
    is_reproducible: bool
    longest_queue: int
    slowest_step_ms: float
    n_predictions: int
    grown_mib: float
    problem: str


@dataclasses.dataclass(frozen=True)
class _Request:
    number: int
    trial: int
    final: bool


class PacedSource:
    """A tracker's thread: binocular noise around moving fixations, at a rate kept over any time."""

    def __init__(self, rate_hz, seconds, clock, sinks):
        self.rate_hz = rate_hz
        self.n = round(seconds * rate_hz)
        self._clock, self._sinks = clock, sinks
        self._rng = np.random.default_rng(0)
        self.time_s = []
        self.thread = threading.Thread(target=self._run, name="paced-source")
        self.thread.start()

    def _run(self):
        begin_s = self._clock.now_s()
        pause = threading.Event()
        n_sent = 0
        place = np.array([960.0, 540.0])
        while n_sent < self.n:
            due = min(self.n, int((self._clock.now_s() - begin_s) * self.rate_hz))
            if due <= n_sent:
                pause.wait(0.002)
                continue
            index = np.arange(n_sent, due)
            if self._rng.random() < 0.02:
                place = self._rng.uniform([500, 100], [1400, 1000])
            time_s = begin_s + index / self.rate_hz
            noise = self._rng.normal(0, 3, (2, len(index), 2))
            chunk = GazeSamples.build(
                time_s,
                eyes="binocular",
                left_px=place + noise[0],
                right_px=place + noise[1],
                device_time_s=time_s,
                receive_time_s=np.full(len(index), self._clock.now_s()),
            )
            for sink in self._sinks:
                sink(chunk)
            self.time_s.append(time_s)
            n_sent = due


def soak(seconds: float, rate_hz: float, folder: Path) -> SoakResult:
    """Run tracker, recorder, driver and predictions together, then compare what was sent with what is there."""
    clock = MonotonicClock()
    writer = SessionWriter(folder / "session.sqlite")
    detector = make_detector("ivt", DISPLAY)
    writer.set_meta(
        {
            "display": DISPLAY,
            "tracker": {"rate_hz": rate_hz},
            "sigma_deg": 1.0,
            "detection": {"algorithm": "ivt", "parameters": parameters(detector)},
        }
    )
    recorder = Recorder(writer, clock)
    ring = SampleRing(round(30 * rate_hz))
    pipeline = Pipeline(
        ring.cursor(),
        lambda: make_detector("ivt", DISPLAY),
        rate_hz=rate_hz,
        recording=recorder.health,
    )
    frame = place_stimulus(DISPLAY, "soak", 800, 600)
    trials: list[TrialRecord] = []
    predictions: list[object] = []
    busy = np.random.default_rng(0).normal(size=(700, 700))
    worker = LatestRequestWorker(lambda request: (busy @ busy).sum(), predictions.append)
    state = {"trial": 0, "shown_s": 0.0, "longest": 0, "received": 0, "number": 0}

    def tell(event):
        recorder.take(event)
        pipeline.on_event(event)

    def take(snapshot):
        state["received"] = snapshot.health.n_received
        state["longest"] = max(state["longest"], snapshot.health.queue_length)
        state["number"] += 1
        worker.submit(_Request(number=state["number"], trial=state["trial"], final=False))
        for record in pipeline.take_trials():
            trials.append(record)
            recorder.take(_row(record))
        if snapshot.time_s - state["shown_s"] >= TRIAL_S:
            if state["trial"]:
                tell(StimulusHidden(time_s=snapshot.time_s, trial=state["trial"]))
            state["trial"] += 1
            state["shown_s"] = snapshot.time_s
            tell(StimulusShown(time_s=snapshot.time_s, trial=state["trial"], frame=frame, onset_kind="virtual"))

    driver = PipelineThread(pipeline, clock, take)
    begin_mib = peak_memory_mib()
    source = PacedSource(rate_hz, seconds, clock, [ring.push, recorder.take_samples])
    source.thread.join()
    driver.close()
    worker.close()
    pipeline.advance(clock.now_s())
    tell(StimulusHidden(time_s=clock.now_s(), trial=state["trial"]))
    snapshot = pipeline.finish(clock.now_s())
    for record in pipeline.take_trials():
        trials.append(record)
        recorder.take(_row(record))
    health = recorder.close()
    grown_mib = peak_memory_mib() - begin_mib
    sent_s = np.concatenate(source.time_s)
    with SessionReader(folder / "session.sqlite") as reader:
        stored_s = reader.samples().time_s
        reproduction = reproduce(reader)
    return SoakResult(
        n_sent=len(sent_s),
        n_expected=round((sent_s[-1] - sent_s[0]) * rate_hz) + 1,
        n_pipeline=snapshot.health.n_received,
        n_missed=ring.n_written - snapshot.health.n_received,
        n_on_disk=len(stored_s),
        times_equal=np.array_equal(stored_s, sent_s),
        n_trials=len(trials),
        is_reproducible=reproduction.is_exact and len(reproduction.trials) == len(trials),
        longest_queue=state["longest"],
        slowest_step_ms=driver.slowest_step_s * 1e3,
        n_predictions=len(predictions),
        grown_mib=grown_mib,
        problem=health.problem,
    )


class FastClock:
    """A session clock that goes faster than time."""

    def __init__(self, speed: float) -> None:
        self._clock, self._speed = MonotonicClock(), speed

    def now_s(self) -> float:
        return self._clock.now_s() * self._speed


def soak_recorder(seconds: float, rate_hz: float, speed: float, folder: Path) -> dict[str, object]:
    """Two hours in minutes: what reaches the disk, how long a transaction takes, what it needs of memory."""
    clock = FastClock(speed)
    path = folder / "session.sqlite"
    writer = SessionWriter(path)
    writer.set_meta({"display": DISPLAY, "tracker": {"rate_hz": rate_hz}})
    commits_s: list[float] = []
    commit = writer.commit

    def timed() -> None:
        begin_s = time.monotonic()
        commit()
        commits_s.append(time.monotonic() - begin_s)

    writer.commit = timed  # type: ignore[method-assign]
    recorder = Recorder(writer, clock)
    source = PacedSource(rate_hz, seconds, clock, [recorder.take_samples])
    frame = place_stimulus(DISPLAY, "soak", 800, 600)
    memory, trial, longest, due_s = [], 0, 0, clock.now_s()
    while source.thread.is_alive():
        now_s = clock.now_s()
        while due_s + TRIAL_S <= now_s:
            recorder.take(StimulusShown(time_s=due_s, trial=trial, frame=frame, onset_kind="virtual"))
            recorder.take(StimulusHidden(time_s=due_s + TRIAL_S, trial=trial))
            fixations = tuple(Fixation(onset_s=due_s + k / 4, duration_s=0.2, x_px=400, y_px=300) for k in range(4))
            recorder.take(
                TrialRow(
                    trial=trial,
                    phase="enrol",
                    frame=frame,
                    shown_s=due_s,
                    hidden_s=due_s + TRIAL_S,
                    onset_kind="virtual",
                    fixations=fixations,
                    carried_over=(),
                    n_samples=round(rate_hz * TRIAL_S),
                    data_loss=0.0,
                )
            )
            trial, due_s = trial + 1, due_s + TRIAL_S
        longest = max(longest, recorder.health().n_waiting)
        memory.append(memory_mib())
        time.sleep(0.25)
    log_mib = max(0.0, path.with_name("session.sqlite-wal").stat().st_size / 2**20)
    health = recorder.close()
    sent_s = np.concatenate(source.time_s)
    with SessionReader(path) as reader:
        stored_s, n_trials = reader.sample_times(), len(reader.trials())
    quarter = max(1, len(memory) // 4)
    return {
        "sent": len(sent_s),
        "on disk, each once and in order": int(np.array_equal(stored_s, sent_s)) * len(stored_s),
        "trials": f"{n_trials} of {trial}",
        "MB per minute": round(path.stat().st_size / 1e6 / (seconds / 60), 2),
        "log at the end, MiB": round(log_mib, 1),
        "transactions": len(commits_s),
        "a transaction, ms: median, p99, most": [
            round(1e3 * float(v), 1) for v in (np.median(commits_s), np.quantile(commits_s, 0.99), max(commits_s))
        ],
        "most samples that waited, s of gaze": round(longest / rate_hz, 2),
        "memory, MiB: first quarter, last quarter": [
            round(float(np.mean(part)), 1) for part in (memory[:quarter], memory[-quarter:])
        ],
        "load": round(os.getloadavg()[0], 1),
        "problem": health.problem,
    }


def memory_mib() -> float:
    """What this process holds now (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20


def peak_memory_mib() -> float:
    """Most memory this process ever held; NaN where the system does not tell."""
    if sys.platform == "win32":
        return math.nan
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _row(record: TrialRecord) -> TrialRow:
    return TrialRow(
        trial=record.trial,
        phase="enrol",
        frame=record.frame,
        shown_s=record.shown_s,
        hidden_s=record.hidden_s,
        onset_kind="virtual",
        fixations=record.fixations,
        carried_over=record.carried_over,
        n_samples=record.n_samples,
        data_loss=record.data_loss,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=1200.0, metavar="HZ")
    parser.add_argument("--speed", type=float, default=1.0, help="of the tracker's clock; to the recorder alone")
    args = parser.parse_args()
    if args.speed != 1:
        with tempfile.TemporaryDirectory() as folder:
            for name, value in soak_recorder(args.seconds, args.rate, args.speed, Path(folder)).items():
                print(f"{name:<42}{value}")
        return
    with tempfile.TemporaryDirectory() as folder:
        result = soak(args.seconds, args.rate, Path(folder))
    for name, value in dataclasses.asdict(result).items():
        print(f"{name:<18}{value}")


if __name__ == "__main__":
    main()
