"""Sessions of real observers' scan paths before a simulated tracker that is off: error at targets, before and after.

    python -m tests.benchmarks.recalibrate_sessions --osie data/osie -o trainer/results/recalibration_sessions

Each session is run and recalibrated by the commands that a person types: images on which the observer's own fixations
are looked at, and a validation of five targets, first or, where gaze drifts, at the end; or nine targets of a
calibration, and the images. The correction is found by the shipped network, which was not trained on these images. At
the validation targets the images' own correction is judged; over the images both are, it and the one estimate of the
images and all that targets know. Rows are written as they come, and a run goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import math
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gazeapp.__main__ import main as main_of_gazeapp
from gazeapp.store.reader import SessionReader
from trainer.data.dataset import read_names
from trainer.data.readers.registry import read_published

HELD_OUT = Path(__file__).parents[2] / "trainer" / "results" / "splits" / "held-out.txt"
OBSERVERS = (1, 3, 5, 7)
PLAN = """[plan]
name = "shift"
seed = 1
[stimuli]
folders = ["images"]
[trials]
duration_s = 3.0
fixation_cross_s = 0.5
"""
STEP = """[[steps]]
kind = "{}"
"""


@dataclass(frozen=True, kw_only=True)
class Case:
    """How gaze is off, and what is known of it."""

    shift_deg: float = 0.0
    drift_deg_min: float = 0.0
    n_images: int = 20
    steps: tuple[str, ...] = ("validate", "enrol")


CASES = {
    "nothing": Case(),
    "1.5 degrees": Case(shift_deg=1.5),
    "3 degrees": Case(shift_deg=3.0),
    "3 degrees, 5 images": Case(shift_deg=3.0, n_images=5),
    "1 degree a minute, 40 images": Case(drift_deg_min=1.0, n_images=40, steps=("enrol", "validate")),
    "nothing since a calibration, 5 images": Case(n_images=5, steps=("calibrate", "enrol")),
    "nothing since a calibration": Case(steps=("calibrate", "enrol")),
    "1.5 degrees a minute since a calibration": Case(drift_deg_min=1.5, steps=("calibrate", "enrol")),
    "4 degrees a minute since a calibration": Case(drift_deg_min=4.0, steps=("calibrate", "enrol")),
}


def scan_paths(source, images, observer, folder):
    """Images with one observer's fixations beside them; each lasts as long as it did."""
    folder.mkdir(parents=True)
    for image in images:
        path = source.image_paths[image]
        shutil.copy(path, folder / path.name)
        rows = source.fixations[(source.fixations["image"] == image) & (source.fixations["observer"] == observer)]
        onset_s, lines = 0.05, ["onset_s,duration_s,x_px,y_px"]
        for row in rows:
            duration_s = max(float(row["duration_s"]), 0.08)
            lines.append(f"{onset_s:.3f},{duration_s:.3f},{row['x_px']:.1f},{row['y_px']:.1f}")
            onset_s += duration_s + 0.03
        (folder / f"{path.stem}.csv").write_text("\n".join(lines) + "\n")


def gazeapp(*arguments):
    """What a command prints; an error ends the program, after what the command said."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        status = main_of_gazeapp([str(word) for word in arguments])
    if status:
        raise SystemExit(status)
    return printed.getvalue()


def one_session(source, images, observer, case, angle):
    """Error at the targets before, after the images' correction, and after that of everything known together."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scan_paths(source, images, observer, folder / "images")
        (folder / "plan.toml").write_text(PLAN + "".join(map(STEP.format, case.steps)))
        way = np.array([math.cos(angle), math.sin(angle)])
        (right, down), (right_min, down_min) = case.shift_deg * way, case.drift_deg_min * way
        options = [
            f"scanpaths={folder / 'images'}",
            f"offset_right_deg={right}",
            f"offset_down_deg={down}",
            f"drift_right_deg_min={right_min}",
            f"drift_down_deg_min={down_min}",
            "noise_deg=0.1",
        ]
        gazeapp(
            *("run", folder / "plan.toml", "--participant", "P1", "--device", "replay", "--headless"),
            *("--study", folder / "study", "--display", "1920,1080,531,299,650"),
            *(part for o in options for part in ("--device-option", o)),
        )
        [path] = (folder / "study" / "sessions").iterdir()
        found = json.loads(gazeapp("recalibrate", path, "--apply", "--json"))
        fixed = json.loads(gazeapp("verify", path, "--json"))
        with SessionReader(path) as session:
            seen_s = np.mean([trial.shown_s for trial in session.recorded_trials()])
            calibrated_s = max((row.time_s for row in session.calibrations()), default=0.0)
    alone, at_targets = found["from_images_alone"], found.get("validation", {})
    # what a calibration took away was the error at its time
    off = np.array([right, down]) * ("calibrate" not in case.steps)
    off = off + np.array([right_min, down_min]) * (seen_s - calibrated_s) / 60
    return {
        "observer": str(observer),
        "case": label(case),
        "off_deg": round(float(np.hypot(*off)), 3),
        "n_images": found["n_images"],
        "before_deg": at_targets.get("accuracy_before_deg"),
        "after_deg": at_targets.get("accuracy_after_deg"),
        "kind": alone["kind"],
        **{f"images_{key}": value for key, value in judged(alone, off).items()},
        **{f"both_{key}": value for key, value in judged(found, off).items()},
        "applied": found["applied"],
        "verified": fixed["equal"],
    }


def judged(found, off):
    """What an estimate leaves of an error, what is left where its verdict is followed, and whether it holds it."""
    shift, (low, high) = np.array(found["shift_deg"]), np.array(found["shift_ci95_deg"])
    left = float(np.hypot(*(shift + off)))
    return {
        "left_deg": round(left, 3),
        "followed_deg": round(left if found["supported"] else float(np.hypot(*off)), 3),
        "supported": found["supported"],
        "held": float(((low <= -off) & (-off <= high)).mean()),
    }


def label(case):
    """Its name."""
    return next(name for name, other in CASES.items() if other == case)


def summary(rows):
    """Means over observers, by case; of verdicts how many."""
    for case in CASES:
        own = [row for row in rows if row["case"] == case]
        if not own:
            continue
        means = [key for key in own[0] if key.endswith(("_deg", "_held"))]
        yield {
            "case": case,
            "n": len(own),
            **{key: None if own[0][key] is None else round(mean(own, key), 3) for key in means},
            "worse": sum(row["images_followed_deg"] > row["off_deg"] for row in own),
            "both_worse": sum(row["both_followed_deg"] > row["off_deg"] for row in own),
            **{key: sum(row[key] for row in own) for key in ("images_supported", "both_supported", "verified")},
        }


def mean(rows, key):
    """Over sessions."""
    return float(np.mean([row[key] for row in rows]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--osie", type=Path, required=True)
    parser.add_argument("-o", "--out", type=Path, required=True)
    args = parser.parse_args()
    source = read_published("osie", args.osie, None)
    held_out = [int(name.partition(":")[2]) for name in read_names(HELD_OUT) if name.startswith("osie:")]
    file = args.out / "results.json"
    args.out.mkdir(parents=True, exist_ok=True)
    rows = json.loads(file.read_text())["rows"] if file.is_file() else []
    known = {(row["observer"], row["case"]) for row in rows}
    for turn, observer in enumerate(OBSERVERS):
        for n, (name, case) in enumerate(CASES.items()):
            if (str(observer), name) in known:
                continue
            images = np.random.default_rng(observer).choice(held_out, case.n_images, replace=False).tolist()
            rows.append(one_session(source, images, observer, case, (turn + 2 * n) * math.pi / 4))
            document = {
                "schema": 1,
                "protocol": "recalibration-sessions",
                "dataset": "osie",
                "rows": rows,
                "summary": list(summary(rows)),
                "meta": {"n_targets": 5},
            }
            file.write_text(json.dumps(document, indent=1) + "\n")
            print(rows[-1], flush=True)


if __name__ == "__main__":
    main()
