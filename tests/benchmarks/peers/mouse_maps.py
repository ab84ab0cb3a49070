"""Do maps of people who looked with the mouse resemble maps of people who looked with their eyes?

    python -m tests.benchmarks.peers.mouse_maps DATA/osie [--images 60]

Each explorer of OSIE's laboratory data moves the program's own pointer tracker over an image (the recording has places
but no
times: they are spread evenly over 5 s); the live pipeline finds fixations. Their maps are compared with those of the
observers' eyes on the same image. Beside them: one observer's eyes against the others' (leave one out), the eyes of
other images, and the pointer's places taken as they are.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from scipy.io import loadmat

from gazeapp.devices.simulated.tracker import open_pointer
from gazeapp.gaze.clock import ManualClock
from gazeapp.gaze.detection.registry import make_detector
from gazeapp.gaze.display import Display, place_stimulus
from gazeapp.gaze.ring import SampleRing
from gazeapp.runtime.pipeline import Pipeline
from gazeapp.saliency.maps import fixation_density
from gazeapp.saliency.metrics import cc
from gazeapp.store.events import StimulusHidden, StimulusShown

SIZE = 800, 600
SIGMA_PX = 24.0  # one degree there
EXPOSURE_S = 5.0
# the laboratory's own geometry: an image pixel is a screen pixel, 24 of them a degree
DISPLAY = Display(width_px=800, height_px=600, width_mm=349.0, height_mm=261.8, distance_mm=600.0)


def eyes(root):
    """Image name → one (N, 2) array per observer."""
    found = loadmat(root / "data" / "eye" / "fixations.mat", squeeze_me=True, struct_as_record=False)
    return {
        str(image.img).removesuffix(".jpg"): [
            np.stack([np.atleast_1d(s.fix_x), np.atleast_1d(s.fix_y)], axis=1).astype(float) for s in image.subjects
        ]
        for image in found["fixations"]
    }


def explorers(path):
    """Of each person the (N, 2) places of the pointer, x and y, in order."""
    data = loadmat(path, squeeze_me=True, struct_as_record=False)["fixations"]
    people = []
    for person in np.unique(data.subj):
        mine = data.subj == person
        order = np.argsort(data.order[mine], kind="stable")
        people.append(data.coord[mine][order][:, ::-1].astype(float))
    return people


def through_the_live_path(places, algorithm):
    """(N, 2) fixations that the pipeline finds when the pointer goes through these places."""
    clock = ManualClock()
    at_s = np.linspace(0, EXPOSURE_S, len(places))

    def pointer():
        since_s = clock.now_s() - 1.0
        return tuple(
            float(np.interp(since_s, at_s, values)) if since_s > 0 else float(centre)
            for values, centre in zip(places.T, (SIZE[0] / 2, SIZE[1] / 2), strict=True)
        )

    tracker = open_pointer(pointer, clock, rate_hz=250)
    ring = SampleRing(4000)
    pipeline = Pipeline(ring.cursor(), lambda: make_detector(algorithm, DISPLAY), rate_hz=250)
    tracker.start_stepped(ring.push, lambda problem: None)
    frame = place_stimulus(DISPLAY, "image", *SIZE)
    pipeline.on_event(StimulusShown(time_s=1.0, trial=1, frame=frame, onset_kind="virtual"))
    pipeline.on_event(StimulusHidden(time_s=1.0 + EXPOSURE_S, trial=1))
    while clock.now_s() < 1.5 + EXPOSURE_S:
        clock.advance(0.02)
        tracker.advance(clock.now_s())
    pipeline.advance(clock.now_s())
    pipeline.finish(clock.now_s())
    tracker.close()
    (trial,) = pipeline.take_trials()
    return np.array([(f.x_px, f.y_px) for f in trial.fixations]).reshape(-1, 2), [f.duration_s for f in trial.fixations]


def density(points, weights=None):
    return fixation_density(points, SIZE, SIGMA_PX, weights)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("--images", type=int, default=60)
    parser.add_argument("--algorithm", default="ivt")
    arguments = parser.parse_args()
    gaze = eyes(arguments.root)
    folder = arguments.root / "data" / "mouse_lab"
    names = sorted(name for name in gaze if (folder / f"{name}.mat").exists())
    names = names[:: max(1, len(names) // arguments.images)][: arguments.images]
    scores: dict[str, list[float]] = {}
    n_found = []

    def add(what, one, other):
        scores.setdefault(what, []).append(cc(one, other))

    for number, name in enumerate(names):
        observers = [points for points in gaze[name] if len(points)]
        all_eyes = density(np.concatenate(observers))
        other = gaze[names[(number + 7) % len(names)]]
        add("all eyes of another image", density(np.concatenate(other)), all_eyes)
        for index, mine in enumerate(observers):
            rest = density(np.concatenate(observers[:index] + observers[index + 1 :]))
            add("one observer's eyes, against the others'", density(mine), rest)
        together, durations = [], []
        for places in explorers(folder / f"{name}.mat"):
            found, lasted_s = through_the_live_path(places, arguments.algorithm)
            n_found.append(len(found))
            add("one explorer's pointer as it was recorded", density(places), all_eyes)
            if len(found):
                add("one explorer's mouse, live path", density(found, lasted_s), all_eyes)
                together.append(found)
                durations += lasted_s
        if together:
            add("all explorers' mouse, live path", density(np.concatenate(together), durations), all_eyes)
        half = len(observers) // 2
        add(
            "half of the eyes, against the other half's",
            density(np.concatenate(observers[:half])),
            density(np.concatenate(observers[half:])),
        )
    print(
        f"{len(names)} images, {arguments.algorithm}, {np.mean(n_found):.1f} fixations per explorer and image; CC at σ "
        f"= {SIGMA_PX:g} px"
    )
    for what, values in scores.items():
        error = np.std(values) / np.sqrt(len(values))
        print(f"| {what} | {np.mean(values):.3f} ± {error:.3f} | {len(values)} |")


if __name__ == "__main__":
    main()
