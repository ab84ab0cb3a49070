"""How surely one person's enrolment is told from two people's, after how many images: nested halves of real people.

    python -m tests.benchmarks.two_people --data DATA --of osie --of crowd --of ps

Each enrolment is halved by turns and by time after every image from the eighth on, as the program does; the lesser
log-likelihood ratio counts, and what is said must hold for `N_LOOKS` images in a row. Also: images of a later session
beside those stored of an earlier one. The people of PS were seen by no network.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from scipy.io import loadmat

from gazeapp.networks.predictors import Predictors
from gazeapp.runtime.one_person import MIN_PART, N_LOOKS, NAMED, SURE, halves
from gazeapp.store.stimuli import decode_image
from tests.benchmarks.trust import Scene

Looked = tuple[np.ndarray, np.ndarray]
"""(N, 2) image pixels, (N,) seconds."""


def read_ps(root: Path) -> tuple[Path, float, dict[str, dict[int, Looked]]]:
    """First viewings of OSIE's images by the people of PS; pixels as `shared/data` describes them."""
    stimuli = root / "osie" / "data" / "stimuli"
    found: dict[str, dict[int, Looked]] = {}
    for person, path in enumerate(sorted((root / "ps" / "Data" / "fixData").glob("*.mat"))):
        rows = loadmat(path, squeeze_me=True, struct_as_record=False)["ImfixDataALL"]
        for row in np.atleast_1d(rows):
            name = f"{Path(str(row.im_name)).stem}.jpg"
            if not (stimuli / name).is_file() or person in found.get(name, {}):
                continue
            x = (np.atleast_1d(row.fix_Y).astype(float) - 240) * 600 / 1080
            y = np.atleast_1d(row.fix_X).astype(float) * 600 / 1080
            inside = (x >= 0) & (x < 800) & (y >= 0) & (y < 600)
            points = np.stack([x, y], axis=1)[inside], np.atleast_1d(row.duration).astype(float)[inside]
            found.setdefault(name, {})[person] = points
    return stimuli, 24.0, found


def read(root: Path, name: str) -> tuple[Path, float, dict[str, dict[int, Looked]]]:
    """(folder of pictures, pixels per degree, image → person → gaze)."""
    if name == "ps":
        return read_ps(root)
    scene = Scene(root / name)
    people = range(len(next(iter(scene.of.values()))))
    return (
        scene.stimuli,
        scene.px_per_deg,
        {image: {k: (scene.points(image, k), scene.durations(image, k)) for k in people} for image in scene.of},
    )


def features(networks: Predictors, root: Path, name: str, n_images: int) -> np.ndarray:
    """(images, people, S), NaN where somebody did not look."""
    stimuli, px_per_deg, looked = read(root, name)
    images = sorted(image for image in looked if (stimuli / image).is_file())
    images = [images[k] for k in np.random.default_rng(5).permutation(len(images))[:n_images]]
    n_people = 1 + max(max(of_image) for of_image in looked.values())
    found: np.ndarray | None = None
    for k, image in enumerate(images):
        pixels = decode_image(stimuli / image).rgb
        universal = networks.universal(pixels)
        for person, (points, durations) in looked[image].items():
            if len(points):
                feature = networks.encode(pixels, points, px_per_deg, universal, durations)
                if found is None:
                    found = np.full((len(images), n_people, len(feature)), np.nan, np.float32)
                found[k, person] = feature
    assert found is not None, f"{name}: nobody looked at anything"
    return found


def report(name: str, seen: np.ndarray, ratio: Callable[[np.ndarray, np.ndarray], float], n_draws: int) -> None:
    """Print the rows of one data set."""
    rng = np.random.default_rng(1)
    n, n_people = min(64, len(seen)), seen.shape[1]
    sizes = np.arange(2 * MIN_PART, n + 1)
    ratios: dict[str, list[list[float]]] = {"one person": [], "two by turns": [], "one after another": []}
    stored: dict[tuple[str, int], list[float]] = {}
    for _ in range(n_draws):
        for person in range(n_people):
            order = rng.permutation(len(seen))
            other = int(rng.choice([k for k in range(n_people) if k != person]))
            for kind, found in ratios.items():
                is_other = np.zeros(n, dtype=bool)
                if kind == "two by turns":
                    is_other[1::2] = True
                elif kind == "one after another":
                    is_other[n // 2 :] = True
                pairs = np.where(is_other[:, None], seen[order[:n], other], seen[order[:n], person])
                if np.isfinite(pairs).all():
                    found.append([min(ratio(a, b) for a, b in halves(pairs[:m])) for m in sizes])
            before = seen[order[: n // 2], person]
            for today in (4, 8, 16):
                for kind, who in (("same person", person), ("other person", other)):
                    now = seen[order[n // 2 : n // 2 + today], who]
                    if np.isfinite(before).all() and np.isfinite(now).all():
                        stored.setdefault((kind, today), []).append(ratio(before, now))
    for kind, found in ratios.items():
        looks = np.lib.stride_tricks.sliding_window_view(np.array(found), N_LOOKS, axis=1)
        is_one, is_two = (looks >= SURE).all(axis=2), (looks <= -NAMED).all(axis=2)
        after = [sizes[N_LOOKS - 1 :][row.argmax()] if row.any() else np.inf for row in is_one]
        named = [sizes[N_LOOKS - 1 :][row.argmax()] if row.any() else np.inf for row in is_two]
        print(
            f"{name:<6} {kind:<18} one, ever {is_one.any(axis=1).mean():.2f} (median after {np.median(after):.0f}),"
            f" at {n}: {is_one[:, -1].mean():.2f}; two, ever {is_two.any(axis=1).mean():.2f}"
            f" (median after {np.median(named):.0f}), at {n}: {is_two[:, -1].mean():.2f}",
            flush=True,
        )
    for (kind, today), values in stored.items():
        value = np.array(values)
        print(
            f"{name:<6} {kind:<13} {today:>2} images beside {n // 2}: recognised {(value >= SURE).mean():.2f},"
            f" called another {(value <= -NAMED).mean():.2f}",
            flush=True,
        )


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--of", action="append", choices=("osie", "crowd", "ps"), required=True)
    parser.add_argument("--images", type=int, default=96)
    parser.add_argument("--draws", type=int, default=3)
    arguments = parser.parse_args()
    networks = Predictors.load(None)
    similarity = networks._personal.similarity
    assert similarity is not None, "the shipped weights tell people apart"

    def embed(pairs: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(networks._pool(np.ones((1, len(pairs))), pairs.astype(np.float64))[0]).float()

    def ratio(a: np.ndarray, b: np.ndarray) -> float:
        return similarity.log_likelihood_ratio(embed(a), len(a), embed(b), len(b))

    for name in arguments.of:
        report(name, features(networks, arguments.data, name, arguments.images), ratio, arguments.draws)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
