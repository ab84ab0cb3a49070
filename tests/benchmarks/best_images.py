"""Is a person known sooner from the images on which people differ most? Measured on people nobody trained with.

    python -m tests.benchmarks.best_images --ps DATA/ps --stimuli DATA/osie/data/stimuli
    --cache pairs.npz

The 20 observers of PS on the images that are at hand, with the shipped weights, which learnt of other people. A person
is enrolled from k images of their first viewing; the gallery holds everybody's embedding from their later viewings of
the *other* images. Told are the share of people whose own gallery embedding is nearest (chance 5 %), and by how many
standard deviations it is nearer than other people's. The rules: random draws, the images whose universal map is of the
usual spread (`stimulus_selection`), and those that tell most by the weights (`best_images`).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from scipy.io import loadmat

from gazeapp.networks.predictors import Predictors
from gazeapp.runtime.best_images import choose_best
from gazeapp.runtime.stimulus_selection import most_informative
from gazeapp.saliency.maps import resize_map
from gazeapp.store.stimuli import decode_image

PX_PER_DEG = 24.0
N_DRAWS = 200


def read_viewings(root: Path, names: set[str]) -> dict[tuple[int, str, int], tuple[np.ndarray, np.ndarray]]:
    """(observer, image, viewing) → fixations in image pixels, durations in seconds."""
    found = {}
    for observer, file in enumerate(sorted((root / "Data" / "fixData").glob("ImfixData_Sub_*.mat"))):
        rows = loadmat(file, squeeze_me=True, struct_as_record=False)["ImfixDataALL"]
        for row in rows:
            name = Path(str(row.im_name)).stem
            if name not in names:
                continue
            y, x, s, viewing = (
                np.atleast_1d(getattr(row, key)).astype(float) for key in ("fix_X", "fix_Y", "duration", "testID")
            )
            points = np.stack([(x - 240) * 600 / 1080, y * 600 / 1080], axis=1)
            inside = ((points >= 0) & (points < (800, 600))).all(axis=1)
            for number in np.unique(viewing[inside]):
                of = inside & (viewing == number)
                found[observer, name, int(number)] = points[of], s[of]
    return found


def measure(arguments: argparse.Namespace) -> dict[str, np.ndarray]:
    """Features of every viewing, and what is known of every image before anybody looks."""
    files = {path.stem: path for path in arguments.stimuli.glob("*.jpg")}
    viewings = read_viewings(arguments.ps, set(files))
    names = sorted({name for _, name, _ in viewings})
    predictors = Predictors.load()
    keys, features, informations, universals = [], [], [], []
    for n, name in enumerate(names):
        image = decode_image(files[name]).rgb
        universal = predictors.universal(image)
        informations.append(predictors.information(image, universal))
        universals.append(resize_map(universal, (160, 120)))
        for (observer, seen, viewing), (points, durations) in viewings.items():
            if seen == name:
                keys.append((observer, n, viewing))
                features.append(predictors.encode(image, points, PX_PER_DEG, universal, durations))
        print(f"{n + 1} of {len(names)} images", flush=True)
    return {
        "keys": np.array(keys),
        "features": np.array(features),
        "informations": np.array(informations),
        "universals": np.array(universals),
    }


def score(pairs: dict[str, np.ndarray], chosen: list[int], predictors: Predictors) -> tuple[float, float]:
    """Precision at 1, and how much nearer a person's own gallery embedding is, in deviations of the others'."""
    keys, features = pairs["keys"], pairs["features"].astype(np.float64)
    people = sorted(set(keys[:, 0].tolist()))
    is_chosen = np.isin(keys[:, 1], chosen)
    first = keys[:, 2] == 1
    masks = [[(keys[:, 0] == p) & is_chosen & first, (keys[:, 0] == p) & ~is_chosen & ~first] for p in people]
    kept = [both for both in masks if both[0].any() and both[1].any()]
    query, gallery = (predictors._pool(np.stack([both[n] for both in kept]).astype(float), features) for n in (0, 1))
    query /= np.linalg.norm(query, axis=1, keepdims=True)
    gallery /= np.linalg.norm(gallery, axis=1, keepdims=True)
    likeness = query @ gallery.T
    own = np.diag(likeness)
    others = np.where(np.eye(len(kept), dtype=bool), np.nan, likeness)
    nearer = (own - np.nanmean(others, axis=1)) / np.nanstd(others, axis=1)
    return float((likeness.argmax(axis=1) == np.arange(len(kept))).mean()), float(nearer.mean())


def usual_spread(universals: np.ndarray, k: int) -> list[int]:
    """Images one by one by the rule of `stimulus_selection`."""
    chosen: list[int] = []
    while len(chosen) < k:
        left = {f"{n:04d}": universals[n] for n in range(len(universals)) if n not in chosen}
        chosen.append(int(most_informative(left, [universals[n] for n in chosen])))
    return chosen


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ps", type=Path, required=True)
    parser.add_argument("--stimuli", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True, help="what was computed of the images is kept here")
    arguments = parser.parse_args()
    if not arguments.cache.exists():
        np.savez(arguments.cache, **measure(arguments))
    pairs = dict(np.load(arguments.cache))
    predictors = Predictors.load()
    n = len(pairs["informations"])
    rng = np.random.default_rng(0)
    print(f"{n} images, {len(set(pairs['keys'][:, 0].tolist()))} people, {len(pairs['keys'])} viewings")
    print("| k | rule | precision at 1 | nearer than others (SD) | as many random images, expected |")
    print("|---|---|---|---|---|")
    for k in (4, 8, 12, 16, 20):
        draws = np.array([score(pairs, rng.permutation(n)[:k].tolist(), predictors) for _ in range(N_DRAWS)])
        low, high = np.percentile(draws[:, 1], [2.5, 97.5])
        print(f"| {k} | random | {draws[:, 0].mean():.2f} | {draws[:, 1].mean():.2f} ({low:.2f} to {high:.2f}) | |")
        at, nearer = score(pairs, usual_spread(pairs["universals"], k), predictors)
        print(f"| {k} | usual spread | {at:.2f} | {nearer:.2f} | |")
        best = choose_best(list(pairs["informations"]), k)
        at, nearer = score(pairs, list(best.chosen), predictors)
        print(f"| {k} | best images | {at:.2f} | {nearer:.2f} | {best.n_random} |")
        worst = np.argsort([np.linalg.slogdet(np.eye(24) + i)[1] for i in pairs["informations"]])[:k]
        at, nearer = score(pairs, worst.tolist(), predictors)
        print(f"| {k} | least telling | {at:.2f} | {nearer:.2f} | |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
