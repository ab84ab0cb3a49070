"""Sessions of real observers' scan paths before a simulated tracker that is off: error at targets, before and after.

    python -m tests.benchmarks.recalibrate_sessions --osie data/osie -o trainer/results/recalibration_sessions

Each session is run and recalibrated by the commands that a person types: a validation of five targets, then images on
which the observer's own fixations are looked at. The tracker is off by a known shift in all of it; nothing calibrates
it. The correction is found from the images, by the shipped network, which was not trained on these images; the targets
judge it. Rows are written as they come, and a run goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from trainer.data.dataset import read_names
from trainer.data.readers.registry import read_published

HELD_OUT = Path(__file__).parents[2] / "trainer" / "results" / "splits" / "held-out.txt"
OBSERVERS = (1, 3, 5, 7)
SHIFTS_DEG = (0.0, 1.5, 3.0)
PLAN = """[plan]
name = "shift"
seed = 1
phases = ["validate", "enrol"]
[stimuli]
folders = ["images"]
[trials]
duration_s = 3.0
fixation_cross_s = 0.5
"""


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


def gazeapp(*arguments, cwd):
    """Output of a command; an error ends the program with what the command said."""
    done = subprocess.run(
        [sys.executable, "-m", "gazeapp", *map(str, arguments)], cwd=cwd, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def one_session(source, images, observer, shift_deg, angle):
    """Error at the targets before, after the images' correction, and after that of images and targets together."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scan_paths(source, images, observer, folder / "images")
        (folder / "plan.toml").write_text(PLAN)
        right, down = shift_deg * math.cos(angle), shift_deg * math.sin(angle)
        options = [
            f"scanpaths={folder / 'images'}",
            f"offset_right_deg={right}",
            f"offset_down_deg={down}",
            "noise_deg=0.1",
        ]
        gazeapp(
            "run",
            "plan.toml",
            "--participant",
            "P1",
            "--device",
            "replay",
            "--study",
            "study",
            "--headless",
            "--display",
            "1920,1080,531,299,650",
            *(part for o in options for part in ("--device-option", o)),
            cwd=folder,
        )
        [session] = (folder / "study" / "sessions").iterdir()
        found = json.loads(gazeapp("recalibrate", session, "--apply", "--json", cwd=folder))
        fixed = json.loads(gazeapp("verify", session, "--json", cwd=folder))
    alone, both = found["validation"]["from_images_alone"], found["shift_deg"]
    return {
        "observer": str(observer),
        "added_deg": shift_deg,
        "n_images": found["n_images"],
        "before_deg": round(found["validation"]["accuracy_before_deg"], 3),
        "after_deg": round(found["validation"]["accuracy_after_deg"], 3),
        "supported": alone["supported"],
        "kind": alone["kind"],
        "both_left_deg": round(math.hypot(both[0] + right, both[1] + down), 3),
        "applied": found["applied"],
        "verified": fixed["equal"],
    }


def summary(rows):
    """Means over observers, by what was added."""
    for added in dict.fromkeys(row["added_deg"] for row in rows):
        own = [row for row in rows if row["added_deg"] == added]
        yield {
            "added_deg": added,
            "n": len(own),
            "before_deg": round(float(np.mean([r["before_deg"] for r in own])), 3),
            "after_deg": round(float(np.mean([r["after_deg"] for r in own])), 3),
            "worse": sum(r["after_deg"] > r["before_deg"] + 1e-6 for r in own),
            "supported": sum(r["supported"] for r in own),
            "both_left_deg": round(float(np.mean([r["both_left_deg"] for r in own])), 3),
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--osie", type=Path, required=True)
    parser.add_argument("--n-images", type=int, default=20)
    parser.add_argument("-o", "--out", type=Path, required=True)
    args = parser.parse_args()
    source = read_published("osie", args.osie, None)
    held_out = [int(name.partition(":")[2]) for name in read_names(HELD_OUT) if name.startswith("osie:")]
    file = args.out / "results.json"
    args.out.mkdir(parents=True, exist_ok=True)
    rows = json.loads(file.read_text())["rows"] if file.is_file() else []
    known = {(row["observer"], row["added_deg"]) for row in rows}
    for turn, observer in enumerate(OBSERVERS):
        images = np.random.default_rng(observer).choice(held_out, args.n_images, replace=False).tolist()
        for n, added in enumerate(SHIFTS_DEG):
            if (str(observer), added) in known:
                continue
            rows.append(one_session(source, images, observer, added, (turn + 2 * n) * math.pi / 4))
            document = {
                "schema": 1,
                "protocol": "recalibration-sessions",
                "dataset": "osie",
                "rows": rows,
                "summary": list(summary(rows)),
                "meta": {"n_images": args.n_images, "n_targets": 5},
            }
            file.write_text(json.dumps(document, indent=1) + "\n")
            print(rows[-1], flush=True)


if __name__ == "__main__":
    main()
