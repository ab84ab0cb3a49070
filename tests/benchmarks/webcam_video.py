"""The webcam from a video, end to end: frame rate, delay and error, before and after personalising on the same video.

    python -m tests.benchmarks.webcam_video --run RUN --viewing DATA --images FILE -o trainer/results/webcam_video

A drawn person looks at points, views images as a recorded observer did, and looks at other points; the video is all
that is known of it. `prepare clips` finds the eyes as the webcam does, `train gaze --from` personalises on the points,
on the images' predicted saliency, and on both, and the frames of the last part go through the webcam's own finder and
estimator. Times are those of one core's computing, whatever else the machine does. The faces are drawings: the figures
say that the parts fit together, not how well a webcam measures eyes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from gazeapp.camera.finder import make_finder
from gazeapp.camera.source import VideoFile
from gazeapp.networks.gaze_predictor import GazePointPredictor
from trainer.data.dataset import open_data, read_names
from trainer.data.synthetic_faces import SCREEN_CM, draw_person, draw_pose, draw_sitting, render_face

RATE_HZ = 2.0
POINT_S, VIEW_S = 2.0, 3.0
N_POINTS, N_VIEWS, N_TESTED = 10, 16, 16
USES = ("points", "views", "both")


def at(share_x, share_y):
    left, top, width, height = SCREEN_CM
    return left + share_x * width, top + share_y * height


def record(folder, dataset, observer, rng, seed):
    """Draw the video and say what was on the screen; where the eye was in the last part."""
    person, sitting = draw_person(rng), draw_sitting(rng)
    looked, lines, tested, now_s = (
        [],
        ['person = "P"', 'camera = "face.avi"', f"screen_cm = {list(SCREEN_CM)}"],
        [],
        0.0,
    )
    for _ in range(N_POINTS):
        x, y = rng.uniform(0.05, 0.95, 2)
        looked += [at(x, y)] * int(POINT_S * RATE_HZ)
        lines += ["[[points]]", f"onset_s = {now_s}", f"duration_s = {POINT_S}", f"x = {x}", f"y = {y}"]
        now_s += POINT_S
    for k, image in enumerate(rng.choice(dataset.image_index, N_VIEWS, replace=False).tolist()):
        rows = dataset.fixations_of(image, observer)
        width, height = dataset.size_of(image)
        share = height / width * SCREEN_CM[2] / SCREEN_CM[3]  # fits the height of the screen
        place = ((1 - 1 / share) / 2, 0.0, 1 / share, 1.0)
        cv2.imwrite(str(folder / f"view-{k}.png"), np.asarray(dataset.images[image])[:, :, ::-1])
        for row in rows[rng.integers(0, len(rows), int(VIEW_S * RATE_HZ))]:
            looked.append(at(place[0] + row["x_px"] / width * place[2], row["y_px"] / height))
        lines += [
            "[[views]]",
            f"onset_s = {now_s}",
            f"duration_s = {VIEW_S}",
            f'file = "view-{k}.png"',
            f"place = {list(place)}",
        ]
        now_s += VIEW_S
    n_seen = len(looked)
    for _ in range(N_TESTED):
        looked.append(at(*rng.uniform(0.05, 0.95, 2)))
    video = cv2.VideoWriter(str(folder / "face.avi"), cv2.VideoWriter_fourcc(*"MJPG"), RATE_HZ, (640, 480))
    for number, point in enumerate(looked):
        noise = np.random.default_rng([seed, number])
        frame = render_face(person, sitting, draw_pose(person, sitting, noise), point, noise)
        video.write(frame[:, :, ::-1])
        if number >= n_seen:
            tested.append(point)
    video.release()
    (folder / "recording.toml").write_text("\n".join(lines) + "\n")
    return n_seen, tested


def trainer(*arguments):
    done = subprocess.run([sys.executable, "-m", "trainer", *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True, help="estimator trained on many drawn people")
    parser.add_argument("--viewing", type=Path, required=True, help="prepared images with fixations")
    parser.add_argument("--images", type=Path, help="just these, one a line")
    parser.add_argument("--people", type=int, default=4)
    parser.add_argument("--faces", default="auto")
    parser.add_argument("-o", "--out", type=Path, required=True)
    args = parser.parse_args()
    dataset = open_data(args.viewing)
    dataset = dataset.only(read_names(args.images), None) if args.images else dataset
    finder = make_finder(args.faces)
    rows = []
    for person in range(args.people):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "P").mkdir()
            n_seen, tested = record(folder / "P", dataset, person, np.random.default_rng([77, person]), 77 + person)
            trainer("prepare", "clips", "--root", folder, "-o", folder / "DATA")
            estimators = {"before": GazePointPredictor(args.run)}
            for use in USES:
                trainer(
                    "train",
                    "gaze",
                    "--data",
                    folder / "DATA",
                    "--from",
                    args.run,
                    "--set",
                    f"use={use}",
                    "--set",
                    "learning_rate=0.003",
                    "--set",
                    "epochs=8",
                    "-o",
                    folder / use,
                    "--device",
                    "cpu",
                )
                estimators[use] = GazePointPredictor(folder / use)
            video, errors, find_s, estimate_s = VideoFile(folder / "P" / "face.avi"), {}, [], []
            for number in range(n_seen + len(tested)):
                frame = video.read()
                if number < n_seen:
                    continue
                began = time.process_time()
                eyes = finder(frame)
                find_s.append(time.process_time() - began)
                if eyes is None:
                    continue
                for label, estimator in estimators.items():
                    began = time.process_time()
                    said = estimator.predict(eyes)
                    estimate_s.append(time.process_time() - began)
                    errors.setdefault(label, []).append(float(np.hypot(*np.subtract(said, tested[number - n_seen]))))
            rows.append(
                {
                    "person": person,
                    "found": round(len(errors.get("before", ())) / len(tested), 3),
                    "find_ms": round(1000 * float(np.median(find_s)), 1),
                    "estimate_ms": round(1000 * float(np.median(estimate_s)), 1) if estimate_s else None,
                    **{f"{label}_cm": round(float(np.mean(values)), 3) for label, values in errors.items()},
                }
            )
            print(rows[-1], flush=True)
        args.out.mkdir(parents=True, exist_ok=True)
        keys = [f"{label}_cm" for label in ("before", *USES)] + ["found", "find_ms", "estimate_ms"]
        summary = {key: round(float(np.mean([r[key] for r in rows if r.get(key) is not None])), 3) for key in keys}
        summary["frames_per_s"] = round(1000 / (summary["find_ms"] + summary["estimate_ms"]), 1)
        document = {
            "schema": 1,
            "protocol": "webcam-video",
            "dataset": "synthetic-faces",
            "rows": rows,
            "summary": summary,
            "meta": {"faces": finder.name, "n_points": N_POINTS, "n_views": N_VIEWS, "n_tested": N_TESTED},
        }
        (args.out / "results.json").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
