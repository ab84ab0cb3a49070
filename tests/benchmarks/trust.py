"""How often enrolment says "enough" for gaze that is not one person's viewing, and for real people.

    python -m tests.benchmarks.trust --data ../shared/data/osie --observers 6 --images 48 -o trust.json

Each row goes image by image through the engine that serves the windows: real people, uniform noise, gaze that belongs
to other images, one constant point with tremor, a wandering pointer, and two people by turns or one after the other.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import numpy as np

from gazeapp.runtime.enrolment import EnrolmentEngine, is_no_viewing
from gazeapp.runtime.snapshot import InferenceRequest
from gazeapp.store.stimuli import decode_image
from tests.benchmarks.real_observers import PX_PER_DEG, SIZE, Osie

KINDS = ("real", "noise", "shuffled", "constant", "wandering", "two by turns", "one after another")


def gaze(kind: str, osie: Osie, images: list[str], n: int, observer: int, other: int, rng: np.random.Generator):
    """(N, 2) points and (N,) durations of one image."""
    own = osie.points(images[n], observer)
    if kind == "shuffled":
        own = osie.points(images[(n + len(images) // 2) % len(images)], observer)
    elif (kind == "two by turns" and n % 2) or (kind == "one after another" and n >= len(images) // 2):
        own = osie.points(images[n], other)
    count = max(1, len(own))
    if kind == "noise":
        own = rng.uniform((0, 0), SIZE, (count, 2))
    elif kind == "constant":
        own = np.clip(np.array([410.0, 290.0]) + rng.normal(0, 4, (count, 2)), 0, np.array(SIZE) - 1)
    elif kind == "wandering":
        own = np.clip(
            np.array([400.0, 300.0]) + np.cumsum(rng.normal(0, 60, (count, 2)), axis=0), 0, np.array(SIZE) - 1
        )
    return own, np.full(len(own), 0.25)


def run(
    engine: EnrolmentEngine, osie: Osie, kind: str, images: list[str], observer: int, other: int, seed: int
) -> dict:
    """One enrolment to its end; what it said."""
    rng = np.random.default_rng(seed)
    first = math.nan
    green = 0
    for n, name in enumerate(images):
        points, durations = gaze(kind, osie, images, n, observer, other, rng)
        if not len(points):
            continue
        engine(
            InferenceRequest(
                number=n,
                trial=n,
                stimulus_id=name,
                image_rgb=decode_image(osie.stimuli / name).rgb,
                px_per_deg=PX_PER_DEG,
                fixations_px=points,
                durations_s=durations,
                enrol=True,
                final=True,
            )
        )
        step = engine.progress.history[-1]
        green += step.halves >= 0.8 and step.viewing >= 3.5
        if engine.progress.is_enough and math.isnan(first):
            first = step.n_pairs
    step = engine.progress.history[-1]
    return {
        "kind": kind,
        "observer": observer,
        "enough_after": None if math.isnan(first) else int(first),
        "halves": step.halves,
        "spread": step.spread,
        "viewing": step.viewing,
        "n_green_halves": int(green),
        "is_called_no_viewing": is_no_viewing(step),
    }


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--observers", type=int, default=6)
    parser.add_argument("--images", type=int, default=48)
    parser.add_argument("-o", "--out", type=Path)
    arguments = parser.parse_args()
    from gazeapp.networks.predictors import Predictors

    networks = Predictors.load(None)
    osie = Osie(arguments.data)
    names = sorted(name for name in osie.of if (osie.stimuli / name).is_file())
    images = [names[i] for i in np.random.default_rng(5).permutation(len(names))[: arguments.images]]
    maps: dict[str, np.ndarray] = {}

    def universal(stimulus_id: str, image_rgb: np.ndarray) -> np.ndarray:
        if stimulus_id not in maps:
            maps[stimulus_id] = networks.universal(image_rgb)
        return maps[stimulus_id]

    rows = []
    for kind in KINDS:
        for observer in range(arguments.observers):
            engine = EnrolmentEngine(_Quick(networks), universal=universal)
            other = (observer + 1) % arguments.observers
            rows.append(run(engine, osie, kind, images, observer, other, seed=100 * observer))
        mine = [row for row in rows if row["kind"] == kind]
        after = [row["enough_after"] for row in mine if row["enough_after"]]
        print(
            f"{kind:<18} enough {len(after)}/{len(mine)}"
            f" after {np.median(after) if after else math.nan:>5.0f} images,"
            f" halves {np.median([row['halves'] for row in mine]):.2f},"
            f" viewing {np.median([row['viewing'] for row in mine]):5.1f}"
            f" (max {max(row['viewing'] for row in mine):.1f}),"
            f" green halves {sum(row['n_green_halves'] > 0 for row in mine)}/{len(mine)},"
            f" called no viewing {sum(row['is_called_no_viewing'] for row in mine)}/{len(mine)}",
            flush=True,
        )
    if arguments.out:
        document = {"images": len(images), "weights": networks.sha256, "rows": rows}
        arguments.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return 0


class _Quick:
    """The networks without the personal map, which no rule looks at."""

    def __init__(self, networks) -> None:
        self.universal, self.encode, self.combine = networks.universal, networks.encode, networks.combine

    def personal(self, _image, universal, _embedding):
        return universal


if __name__ == "__main__":
    raise SystemExit(main())
