"""The webcam in the application, from a video: rate, delay, and error with points, with saliency and with both.

    python -m tests.benchmarks.webcam_session --run RUN --osie data/osie -o trainer/results/webcam_session

A drawn person is filmed before a session that shows targets and images, with a calibration and without one; they look
where a recorded observer looked. From then on the two videos stand for a camera, and all is done by the commands that a
person types: sessions are run; what the images say of gaze is found by `recalibrate`, and judged at the targets of the
validation at the session's end; and the frames that the application kept of the calibrated session personalise the
estimator (`prepare webcam`, `train gaze --from`), with which the other video is run again. The faces are drawings: the
figures say that the parts fit together, not how well a webcam measures eyes.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import itertools
import json
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from gazeapp.camera.finder import make_finder
from gazeapp.camera.source import VideoFile
from gazeapp.cli.run import prepare_participant
from gazeapp.devices.simulated.recorded_observer import RecordedObserver
from gazeapp.devices.webcam.estimators import screen_estimator
from gazeapp.devices.webcam.tracker import WebcamTracker
from gazeapp.experiment.plan_reader import read_plan
from gazeapp.gaze.clock import ManualClock
from gazeapp.gaze.display import Display
from gazeapp.runtime.build import build_run
from gazeapp.runtime.open_tracker import load_point_estimator, read_scanpaths
from gazeapp.runtime.options import RunOptions
from gazeapp.store.events import StimulusShown, TargetShown
from gazeapp.store.reader import SessionReader
from tests.benchmarks.recalibrate_sessions import HELD_OUT, STEP, gazeapp, scan_paths
from trainer.__main__ import main as main_of_trainer
from trainer.data.dataset import read_names
from trainer.data.readers.registry import read_published
from trainer.data.synthetic_faces import SCREEN_CM, draw_person, draw_pose, draw_sitting, render_face

RATE_HZ = 10.0
SWAY_S = 4.0
AFTER_S = 5.0
DISPLAY = Display(width_px=1440, height_px=912, width_mm=300, height_mm=190, distance_mm=520)
CAMERA_MM = (0.0, -10.0)
CALIBRATED, FREE = ("calibrate", "enrol", "validate"), ("enrol", "validate")
USES = ("points", "views", "both")
PLAN = """[plan]
name = "webcam"
seed = 1
[stimuli]
folders = ["{images}"]
[trials]
duration_s = {view_s}
fixation_cross_s = 0.5
[calibration]
points = {points}
[quality]
pass_deg = 20.0
warn_deg = 30.0
max_loss = 0.9
"""


class Film:
    """A drawn person before a camera: every frame that is given also goes into a video, at its time.

    Args:
        path: Of the video; None keeps none.
        clock: The session's.
        seed: Who it is, and how they sit and sway.
    """

    rate_hz = RATE_HZ

    def __init__(self, path, clock, seed):
        rng = np.random.default_rng([91, seed])
        self._person, self._sitting, self._seed = draw_person(rng), draw_sitting(rng), seed
        code = cv2.VideoWriter_fourcc(*"MPNG")  # loses nothing: both sessions see the same
        self._video = cv2.VideoWriter(str(path), code, RATE_HZ, (640, 480)) if path is not None else None
        self._clock = clock
        self.look = lambda time_s: np.full((len(time_s), 2), DISPLAY.size_px / 2)
        """Times → display pixels."""

    def read(self):
        """The frame of now."""
        frame = self.draw(self._clock.now_s())
        self._video.write(frame[:, :, ::-1])
        return frame

    def close(self):
        """End the video, with some seconds more than the session took."""
        now_s = self._clock.now_s()
        for number in range(1, int(AFTER_S * RATE_HZ)):
            self._video.write(self.draw(now_s + number / RATE_HZ)[:, :, ::-1])
        self._video.release()

    def draw(self, now_s):
        """The frame of a time."""
        share = self.look(np.array([now_s]))[0] / DISPLAY.size_px
        left, top, width, height = SCREEN_CM
        number, part = divmod(now_s / SWAY_S, 1.0)
        first, then = (
            draw_pose(self._person, self._sitting, np.random.default_rng([self._seed, int(number) + k])) for k in (0, 1)
        )
        mixed = {
            name: (1 - part) * getattr(first, name) + part * getattr(then, name)
            for name in ("middle_px", "head_cm", "turn", "per_cm")
        }
        point = (left + share[0] * width, top + share[1] * height)
        rng = np.random.default_rng([self._seed, round(1000 * now_s)])
        return render_face(self._person, self._sitting, replace(first, **mixed), point, rng)


def film(folder, steps, run, options):
    """Film a person before a session of these steps; returns the video, and when targets and images came."""
    plan, video = write_plan(folder, steps, options), folder / f"{'-'.join(steps)}.avi"
    clock = ManualClock()
    camera = Film(video, clock, options.seed)
    estimate = screen_estimator(load_point_estimator(run), CAMERA_MM)(DISPLAY)
    tracker = WebcamTracker(camera, make_finder(options.faces), estimate, clock, file=camera)
    given = RunOptions(
        plan=read_plan(plan),
        study=folder / "filmed",
        participant="P1",
        display=DISPLAY,
        device="webcam",
        has_networks=False,
    )
    prepare_participant(given, consent=("gaze",))
    session = build_run(given, clock=clock, tracker=tracker, virtual=True)
    try:
        observer = RecordedObserver(DISPLAY, read_scanpaths(folder / "images", session.library))
        session.controller.events.add(observer.on_event)
        camera.look = observer.gaze_px
        session.run_virtual()
    finally:
        session.close()
    return video, moments(session.session.path)


def seeds(finder):
    """People whose eyes are found in nearly all frames, by the seeds that draw them; drawings are not all found."""
    for seed in range(1000):
        film = Film(None, ManualClock(), seed)
        frames = (film.draw(number * SWAY_S / 2) for number in range(20))
        if sum(finder(frame) is not None for frame in frames) >= 19:
            yield seed


def write_plan(folder, steps, options):
    """Its file."""
    plan = folder / f"{'-'.join(steps)}.toml"
    facts = {"view_s": options.view_s, "points": options.points, "images": folder / "images"}
    plan.write_text(PLAN.format(**facts) + "".join(map(STEP.format, steps)))
    return plan


def moments(path):
    """(N,) when targets and images appeared, since the first frame."""
    with SessionReader(path) as session:
        shown = [event.time_s for event in session.events() if isinstance(event, TargetShown | StimulusShown)]
        return np.array(shown) - session.samples().time_s[0]


def play(folder, study, video, steps, weights, options, *more):
    """Run a session with a video for a camera; returns its folder."""
    size = ",".join(f"{v:g}" for v in (DISPLAY.width_px, DISPLAY.height_px, DISPLAY.width_mm, DISPLAY.height_mm, 520))
    device = (f"camera={video}", f"weights={weights}", f"faces={options.faces}", "eye_images=record")
    gazeapp(
        *("run", write_plan(folder, steps, options), "--participant", "P1", "--study", folder / study, "--headless"),
        *("--device", "webcam", "--display", size, "--consent", "gaze,eye-images", *more),
        *(word for option in device for word in ("--device-option", option)),
    )
    [path] = (folder / study / "sessions").iterdir()
    return path


def train(*words):
    """One of the trainer's commands."""
    with contextlib.redirect_stdout(io.StringIO()):
        if status := main_of_trainer([str(word) for word in words]):
            raise SystemExit(status)


def at_targets(path):
    """Degrees at the validation's targets, as the session corrected gaze, and with what its images say on top."""
    found = json.loads(gazeapp("recalibrate", path, "--json"))
    alone = found["validation"]["from_images_alone"]
    before, after = (found["validation"][f"accuracy_{when}_deg"] for when in ("before", "after"))
    return before, after, alone["supported"] or any(one["supported"] for one in alone["deformations"])


def flow(path):
    """What came of the frames of a session in real time."""
    with SessionReader(path) as session:
        samples = session.samples()
    delay_ms = 1000 * (samples.receive_time_s - samples.device_time_s)
    return {
        "frames_per_s": (len(samples) - 1) / float(samples.time_s[-1] - samples.time_s[0]),
        "delay_ms": float(np.median(delay_ms)),
        "delay_p95_ms": float(np.percentile(delay_ms, 95)),
        "load": os.getloadavg()[0],
    }


def cost(video, run, options):
    """Processor time of a frame, in milliseconds, and the share of frames with gaze."""
    finder, estimate, frames = make_finder(options.faces), load_point_estimator(run), VideoFile(video)
    took_ms, n_found = [], 0
    while (frame := frames.read()) is not None:
        began_s = time.process_time()
        eyes = finder(frame)
        if eyes is not None:
            estimate(eyes)
            n_found += 1
        took_ms.append(1000 * (time.process_time() - began_s))
    return {"frame_ms": float(np.median(took_ms)), "with_gaze": n_found / len(took_ms)}


def one_person(folder, run, options):
    """All of one person: figures by name."""
    calibrated, first = film(folder, CALIBRATED, run, options)
    free, second = film(folder, FREE, run, options)
    own = play(folder, "calibrated", calibrated, CALIBRATED, run, options)
    plain = play(folder, "free", free, FREE, run, options)
    late = [np.abs(moments(path) - was).max() for path, was in ((own, first), (plain, second))]
    row = {"late_s": max(map(float, late)), **cost(free, run, options)}
    row["before_deg"], row["saliency_deg"], row["saliency_supported"] = at_targets(plain)
    row["points_deg"], row["both_deg"], row["both_supported"] = at_targets(own)
    data = folder / "own-data"
    train("prepare", "webcam", "--root", folder / "calibrated", "-o", data)
    for use in USES if options.trains else ():
        settings = [f"--set={setting}" for setting in (f"use={use}", "learning_rate=0.003", "epochs=8")]
        train("train", "gaze", "--data", data, "--from", run, "-o", folder / use, "--device", "cpu", *settings)
        row[f"trained_{use}_deg"] = at_targets(play(folder, f"free-{use}", free, FREE, folder / use, options))[0]
    if options.in_real_time:
        row |= flow(play(folder, "real-time", free, FREE, run, options, "--realtime"))
    return {key: round(value, 3) if isinstance(value, float) else value for key, value in row.items()}


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True, help="estimator trained on many drawn people")
    parser.add_argument("--osie", type=Path, required=True)
    parser.add_argument("--people", type=int, default=3)
    parser.add_argument("--n-images", type=int, default=10)
    parser.add_argument("--view-s", type=float, default=3.0)
    parser.add_argument("--points", type=int, default=9)
    parser.add_argument("--faces", default="auto")
    parser.add_argument("--no-real-time", dest="in_real_time", action="store_false")
    parser.add_argument("--no-training", dest="trains", action="store_false")
    parser.add_argument("-o", "--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    source = read_published("osie", options.osie, None)
    held_out = [int(name.partition(":")[2]) for name in read_names(HELD_OUT) if name.startswith("osie:")]
    options.out.mkdir(parents=True, exist_ok=True)
    file = options.out / "results.json"
    rows = json.loads(file.read_text())["rows"] if file.is_file() else []
    people = enumerate(itertools.islice(seeds(make_finder(options.faces)), options.people))
    for person, seed in itertools.islice(people, len(rows), None):
        images = np.random.default_rng(person).choice(held_out, options.n_images, replace=False).tolist()
        options.seed = seed
        with tempfile.TemporaryDirectory() as name:
            scan_paths(source, images, 2 * person + 1, Path(name) / "images")
            rows.append({"person": person, **one_person(Path(name), options.run.resolve(), options)})
        keys = [key for key in rows[0] if key != "person"]
        document = {
            "schema": 1,
            "protocol": "webcam-session",
            "dataset": "synthetic-faces",
            "rows": rows,
            "summary": {key: round(float(np.mean([row[key] for row in rows])), 3) for key in keys},
            "meta": {
                "faces": make_finder(options.faces).name,
                "n_people": len(rows),
                "n_points": options.points,
                "n_images": options.n_images,
                "video_hz": RATE_HZ,
            },
        }
        file.write_text(json.dumps(document, indent=1) + "\n")
        print(rows[-1], flush=True)


if __name__ == "__main__":
    main()
