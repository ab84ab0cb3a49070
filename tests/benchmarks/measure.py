"""Measures the windows at work: GUI blocks, frame intervals, latency from sample to painted gaze, CPU share.

    python tests/benchmarks/measure.py [--rate-hz 1200] [--seconds 20] [--people 12] [--gl]

A simulated observer at 1200 Hz, continuous inference with the shipped networks, raster path, two offscreen screens.
Prints one JSON object. Figures depend on the machine and on what else runs on it: the load is printed with them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

SCREENS = [("EXPERIMENTER", 0, 1440, 900), ("PARTICIPANT", 1440, 1920, 1080)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate-hz", type=float, default=1200)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--people", type=int, default=0, help="others whose embeddings are plotted beside the person's")
    parser.add_argument("--gl", action="store_true", help="use the display that is there, with OpenGL")
    parser.add_argument("--images", type=Path, help="folder of images (default: drawn ones)")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    if not arguments.gl:
        screens = [
            {"name": n, "x": x, "y": 0, "width": w, "height": h, "logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1}
            for n, x, w, h in SCREENS
        ]
        (folder / "two.json").write_text(json.dumps({"screens": screens}))
        os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={folder / 'two.json'}"
    begin_s = time.monotonic()

    from PySide6.QtCore import QEventLoop, QTimer

    from gazeapp.experiment.plan import StimuliPlan, TrialsPlan, default_plan
    from gazeapp.runtime.snapshot import InferenceRequest
    from gazeapp.store.study import Study
    from gazeapp.ui import app
    from gazeapp.ui.app import AppOptions
    from gazeapp.ui.application import observer_choice
    from gazeapp.ui.models.setup_model import Scan, Subject
    from gazeapp.ui.screens import list_screens
    from gazeapp.ui.stall import StallMeter

    _qt, settings = app._start_qt()
    plan = replace(
        default_plan(),
        phases=("enrol",),
        stimuli=StimuliPlan(folders=(str(arguments.images or draw_images(folder / "images")),)),
        trials=TrialsPlan(duration_s=3.0, fixation_gate=False),
    )
    startup_options = AppOptions(
        study=folder / "study", plan=plan, theme="dark", use_gl=None if arguments.gl else False
    )
    application = app.make_application(startup_options, settings, "SIM-ada", observer_choice("ada"))
    application.builder.options.device_options = {"observer": "ada", "rate_hz": str(arguments.rate_hz)}
    application.builder.options.is_continuous = True
    application.is_demonstration = True  # keeps the person's settings as they are
    with Study.open_or_create(folder / "study") as study:
        study.add_participant("SIM-ada")
        study.note_nobody("SIM-ada", "simulated")
    application.window.show()
    report: dict[str, object] = {"load_average": os.getloadavg()[0], "n_cores": os.cpu_count()}
    QTimer.singleShot(0, lambda: report.update(start_s=round(time.monotonic() - begin_s, 2)))
    application.setup.show_screens(list_screens())
    application.window.open_page("screens")
    application.setup.find_trackers = lambda: None  # type: ignore[method-assign]  # nobody else's streams
    assert Scan() is not None

    def spin(seconds: float) -> None:
        loop = QEventLoop()
        QTimer.singleShot(round(1000 * seconds), loop.quit)
        loop.exec()

    spin(0.2)
    application.study.reload()
    while application.study.is_loading:
        spin(0.05)
    application.setup.prepare(Subject(pseudonym="SIM-ada"))
    application.start_session()
    while not application.session.is_attached:
        if application.setup.session_problem:
            sys.exit(application.setup.session_problem)
        spin(0.05)
    run = application.session.run
    run.inference.wait(120)
    spin(2.0)
    if arguments.people:
        application.session.people = draw_people(arguments.people)

    asking = {"n": 0}
    answered: list[float] = []
    run.add_result_observer(lambda result: answered.append(result.elapsed_s))

    def ask() -> None:
        """Continuous inference: as soon as one request is answered, another waits."""
        snapshot = application.session.snapshot
        if run.inference.n_waiting == 0 and snapshot is not None and snapshot.frame is not None:
            asking["n"] += 1
            run.inference.ask(
                InferenceRequest(
                    number=10_000 + asking["n"],
                    trial=snapshot.trial,
                    stimulus_id=f"measure-{asking['n']}",
                    image_rgb=run.image_rgb(snapshot.frame.stimulus_id),
                    px_per_deg=30.0,
                    fixations_px=np.empty((0, 2)),
                    durations_s=np.empty(0),
                    enrol=False,
                    final=False,
                )
            )

    latencies: list[float] = []

    def painted() -> None:
        snapshot = application.session.snapshot
        if snapshot is not None and snapshot.frame is not None and len(snapshot.trace_time_s):
            latencies.append(run.clock.now_s() - float(snapshot.trace_time_s[-1]))

    # asked for after the views' own updates, so that it runs when they are painted
    application.session.live_changed.connect(lambda: QTimer.singleShot(0, painted))
    meter = StallMeter()

    def measure(name: str, *, live: bool) -> None:
        application.window.setVisible(live)
        asker = QTimer()
        asker.timeout.connect(ask)
        asker.start(5)
        spin(0.5)
        latencies.clear()
        answered.clear()
        meter.restart()
        cpu_s, wall_s, from_s = time.process_time(), time.monotonic(), run.clock.now_s()
        gui_cpu_s = time.thread_time()
        spin(arguments.seconds)
        wall_s = time.monotonic() - wall_s
        asker.stop()
        frames = application.stage.window.frames.between(from_s, run.clock.now_s())
        late = np.array(latencies) if latencies else np.array([np.nan])
        report[name] = {
            "longest_gui_block_ms": round(1e3 * meter.longest_s, 1),
            "blocks_above_100_ms": sum(b > 0.1 for b in meter.blocks_s),
            "frame_interval_ms": {
                "median": round(1e3 * frames.median_s, 2),
                "p99": round(1e3 * frames.p99_s, 2),
                "longest": round(1e3 * frames.longest_s, 1),
                "n": frames.n_frames,
                "late": frames.n_late,
            },
            "sample_to_paint_ms": {
                "median": round(1e3 * float(np.median(late)), 1),
                "p99": round(1e3 * float(np.percentile(late, 99)), 1),
                "n": len(latencies),
            },
            "cpu_share_of_one_core": round((time.process_time() - cpu_s) / wall_s, 2),
            "gui_thread_cpu_share": round((time.thread_time() - gui_cpu_s) / wall_s, 2),
            "inferences_per_s": round(len(answered) / wall_s, 1),
            "received_hz": round(application.session.snapshot.health.rate_hz) if application.session.snapshot else None,
            "load_average": os.getloadavg()[0],
        }

    application.session.command(lambda c, now_s: c.start_trials(now_s))
    measure("with_live_view", live=True)
    measure("without_live_view", live=False)
    application.close()
    print(json.dumps(report, indent=1))
    return 0


def draw_people(n: int):
    """Embeddings of people anywhere on the sphere, made by the weights in use."""
    import pyqtgraph as _loaded_before_images_are_shown  # noqa: F401

    from gazeapp.networks.predictors import Predictors
    from gazeapp.ui.models.people import People

    predictors, rng = Predictors.load(None), np.random.default_rng(0)
    feature = rng.normal(size=(4, predictors._encoder.feature_size))
    usual = predictors.combine(list(feature))
    vectors = rng.normal(size=(n, len(usual.vector)))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return People(
        {f"P-{k:03d}": replace(usual, vector=tuple(v), n_pairs=8) for k, v in enumerate(vectors)}, has_plots=True
    )


def draw_images(folder: Path) -> Path:
    """24 pictures of 800 × 600 with coloured discs."""
    import cv2

    folder.mkdir()
    rng = np.random.default_rng(0)
    for n in range(24):
        picture = np.full((600, 800, 3), 60 + 5 * n, np.uint8)
        for _ in range(12):
            place = int(rng.integers(40, 760)), int(rng.integers(40, 560))
            cv2.circle(picture, place, int(rng.integers(15, 70)), rng.integers(0, 255, 3).tolist(), -1)
        cv2.imwrite(str(folder / f"{n:02d}.png"), picture)
    return folder


if __name__ == "__main__":
    sys.exit(main())
