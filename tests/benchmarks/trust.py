"""How often enrolment says "enough" for gaze that is not one person's viewing, and for real people.

    python -m tests.benchmarks.trust --data ../shared/data/osie --observers 12 --images 64 -o trust.json
    python -m tests.benchmarks.trust --data ../shared/data/crowd --observers 12 --images 64

Each row goes image by image through the engine that serves the windows: real people, uniform noise, gaze that belongs
to other images, one constant point with tremor, a wandering pointer, two people by turns or one after the other, and
a person, or another one, joined to what was stored of the first half of the images.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import numpy as np

from gazeapp.runtime.enrolment import EnrolmentEngine, is_no_viewing
from gazeapp.runtime.one_person import MIN_PART, Identity
from gazeapp.runtime.snapshot import InferenceRequest
from gazeapp.store.stimuli import decode_image
from tests.benchmarks.real_observers import PX_PER_DEG, SIZE, Osie

KINDS = (
    "real",
    "noise",
    "shuffled",
    "constant",
    "wandering",
    "two by turns",
    "one after another",
    "same person joined",
    "other person joined",
)
SCENES = {"osie": (SIZE, PX_PER_DEG), "crowd": ((640, 480), 19.0)}


class Scene(Osie):
    """A published recording with its pictures, each decoded once."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.size, self.px_per_deg = SCENES[root.name]
        self._pixels: dict[str, np.ndarray] = {}

    def pixels(self, name: str) -> np.ndarray:
        if name not in self._pixels:
            self._pixels[name] = decode_image(self.stimuli / name).rgb
        return self._pixels[name]

    def points(self, image: str, observer: int) -> np.ndarray:
        return self.of[image][observer][0][self._inside(image, observer)]

    def durations(self, image: str, observer: int) -> np.ndarray:
        return self.of[image][observer][1][self._inside(image, observer)]

    def _inside(self, image: str, observer: int) -> np.ndarray:
        xy = self.of[image][observer][0]
        return ((xy >= 0) & (xy < self.size)).all(axis=1)


def gaze(kind: str, osie: Scene, images: list[str], n: int, observer: int, other: int, rng: np.random.Generator):
    """(N, 2) points and (N,) durations of one image."""
    image, viewer = images[n], observer
    if kind == "shuffled":
        image = images[(n + len(images) // 2) % len(images)]
    elif (kind == "two by turns" and n % 2) or (
        kind in ("one after another", "other person joined") and n >= len(images) // 2
    ):
        viewer = other
    own, durations = osie.points(image, viewer), osie.durations(image, viewer)
    count = max(1, len(own))
    if kind == "noise":
        own = rng.uniform((0, 0), osie.size, (count, 2))
    elif kind == "constant":
        own = np.clip(np.array([410.0, 290.0]) + rng.normal(0, 4, (count, 2)), 0, np.array(osie.size) - 1)
    elif kind == "wandering":
        own = np.clip(
            np.array([400.0, 300.0]) + np.cumsum(rng.normal(0, 60, (count, 2)), axis=0), 0, np.array(osie.size) - 1
        )
    return own, durations if len(durations) == len(own) else np.full(len(own), 0.25)


def run(
    engine: EnrolmentEngine, osie: Scene, kind: str, images: list[str], observer: int, other: int, seed: int
) -> dict:
    """One enrolment to its end; what it said."""
    rng = np.random.default_rng(seed)
    first = two = math.nan
    green = late = 0
    middle = len(images) // 2
    start = middle if "joined" in kind else 0
    for n, name in enumerate(images[start:], start):
        points, durations = gaze(kind, osie, images, n, observer, other, rng)
        if not len(points):
            continue
        engine(
            InferenceRequest(
                number=n,
                trial=n,
                stimulus_id=name,
                image_rgb=osie.pixels(name),
                px_per_deg=osie.px_per_deg,
                fixations_px=points,
                durations_s=durations,
                enrol=True,
                final=True,
            )
        )
        step = engine.progress.history[-1]
        identity = engine.progress.identity
        is_green = step.halves >= 0.8 and step.viewing >= 3.5 and identity is Identity.ONE
        # once several images of the second person are in
        has_second = kind != "one after another" or n >= middle + MIN_PART
        green += is_green and has_second
        late += engine.progress.is_enough and has_second
        if engine.progress.is_enough and math.isnan(first):
            first = n + 1 - start
        if identity in (Identity.TWO, Identity.OTHER) and math.isnan(two):
            two = n + 1 - start
    step = engine.progress.history[-1]
    return {
        "kind": kind,
        "observer": observer,
        "enough_after": None if math.isnan(first) else int(first),
        "is_enough_once_told_apart": bool(late),
        "is_enough_at_the_end": engine.progress.is_enough,
        "named_after": None if math.isnan(two) else int(two),
        "identity_at_the_end": engine.progress.identity.value,
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
    osie = Scene(arguments.data)
    quick = _Quick(networks)
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
            other = (observer + 1) % arguments.observers
            engine = EnrolmentEngine(quick, universal=universal)
            if "joined" in kind:
                engine.recall(
                    (
                        osie.pixels(name),
                        osie.points(name, observer),
                        osie.px_per_deg,
                        osie.durations(name, observer),
                        name,
                    )
                    for name in images[: len(images) // 2]
                )
            rows.append(run(engine, osie, kind, images, observer, other, seed=100 * observer))
        mine = [row for row in rows if row["kind"] == kind]
        after = [row["enough_after"] for row in mine if row["enough_after"]]
        print(
            f"{kind:<18} enough {len(after)}/{len(mine)}"
            f" after {np.median(after) if after else math.nan:>5.0f} images,"
            f" halves {np.median([row['halves'] for row in mine]):.2f},"
            f" named {sum(row['named_after'] is not None for row in mine)}/{len(mine)},"
            f" at the end enough {sum(row['is_enough_at_the_end'] for row in mine)}"
            f" named {sum(row['identity_at_the_end'] in ('two', 'other') for row in mine)},"
            f" late {sum(row['is_enough_once_told_apart'] for row in mine)},"
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

    tells_people = True

    def __init__(self, networks) -> None:
        self.universal, self.combine, self.compare = networks.universal, networks.combine, networks.compare
        self._encode, self._known = networks.encode, {}

    def encode(self, image_rgb, points_px, px_per_deg, universal, durations_s):
        key = id(image_rgb), points_px.tobytes(), durations_s.tobytes()
        if key not in self._known:
            self._known[key] = self._encode(image_rgb, points_px, px_per_deg, universal, durations_s)
        return self._known[key]

    def personal(self, _image, universal, _embedding):
        return universal


if __name__ == "__main__":
    raise SystemExit(main())
