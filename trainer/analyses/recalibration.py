"""How well free viewing calibrates gaze: errors are added to recorded gaze, and looked for by their images.

The recorded people carry errors of their own. So what is found is judged twice: against what was added, and against
what was added since the same gaze without it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import NotEnoughData
from gazeapp.saliency.alignment import MIN_IMAGES, Alignment, align_evidence
from gazeapp.saliency.gaze_evidence import Floats, GazeEvidence, ViewedImage
from gazeapp.saliency.loss_map import loss_map
from gazeapp.types import Json
from trainer.data.dataset import Dataset

MapOf = Callable[[int, int], NDArray[np.float32]]
"""Stored image and observer → density of where others look."""

SHIFTS_DEG = (0.0, 0.5, 1.0, 1.5, 3.0)
STRETCH, TURN_DEG, DRIFT_DEG = 0.05, 3.0, 1.0
_ANGLES = np.arange(8) * np.pi / 4
_DEFORMED_SIZE = 40


def others_maps(dataset: Dataset) -> MapOf:
    """Everybody else's gaze on the image, each fixation counting alike."""
    table = np.asarray(dataset.fixations)
    count = np.zeros(dataset.maps.shape[:2])
    np.add.at(count, (table["image"], table["observer"]), 1)

    def density(image: int, observer: int) -> NDArray[np.float32]:
        total = np.zeros(dataset.maps.shape[-2:], dtype=np.float64)
        for other in range(dataset.maps.shape[1]):
            if other != observer and count[image, other]:
                own = dataset.maps[image, other].astype(np.float64)
                total += own * (count[image, other] / own.sum())
        return total.astype(np.float32)

    return density


def recalibration(
    dataset: Dataset, map_of: MapOf, *, usm: str, sizes: Sequence[int], draws: int, seed: int, progress: Any
) -> list[Json]:
    """Rows of results.json: for each person and number of images, what each method finds of each error.

    Metrics: `remaining_D` degrees left of an added shift of D; `since_D` the same counted from what is found without
    it; `covered_D` share of intervals that hold it, over both axes; `supported_D` how often a correction is called
    for; `followed_D` mean error when the verdict is followed; for stretch, turn and drift, with 40 images, `before_`,
    `after_` and `supported_`.

    Raises:
        NotEnoughData: Fewer images than any of the sizes.
    """
    if dataset.n_images < min(sizes):
        raise NotEnoughData(f"recalibration: {dataset.n_images} images; it takes {min(sizes)} or other --m")
    rng = np.random.default_rng(seed)
    gathered: dict[tuple[str, int, int, str], list[float]] = {}
    people = dataset.observer_index.tolist()
    for observer in progress(people, "people", len(people)):
        for n in (size for size in sizes if MIN_IMAGES <= size <= dataset.n_images):
            for draw in range(draws):
                images = rng.choice(dataset.image_index, n, replace=False).tolist()
                viewed = [_viewed(dataset, map_of, image, observer, time) for time, image in enumerate(images)]
                viewed = [image for image in viewed if len(image.fixations)]
                scores = _shifts(viewed, draw + observer)
                if n == _DEFORMED_SIZE and draw == 0:
                    scores |= _deformed(GazeEvidence(viewed))
                for (model, metric), value in scores.items():
                    gathered.setdefault((model, n, observer, metric), []).append(value)
    return [
        {
            "model": model,
            "usm": usm,
            "m": n,
            "observer": dataset.observer_names[observer],
            "metric": metric,
            "value": round(
                float(np.median(values) if metric.startswith(("remaining", "since")) else np.mean(values)), 4
            ),
            "n_images": len(values),
        }
        for (model, n, observer, metric), values in gathered.items()
    ]


def summarise(rows: Sequence[Json]) -> list[Json]:
    """Mean over people, with the worst tenth where a degree is what counts."""
    keys = dict.fromkeys((row["model"], row["usm"], row["m"], row["metric"]) for row in rows)
    summary = []
    for model, usm, m, metric in keys:
        values = np.array(
            [r["value"] for r in rows if (r["model"], r["usm"], r["m"], r["metric"]) == (model, usm, m, metric)]
        )
        middle = float(np.median(values) if metric.startswith(("remaining", "since")) else values.mean())
        summary.append(
            {
                "model": model,
                "usm": usm,
                "m": m,
                "metric": metric,
                "mean": round(middle, 4),
                "p90": round(float(np.quantile(values, 0.9)), 4),
                "ci95": [round(float(x), 4) for x in _interval(values, metric)],
            }
        )
    return summary


def _viewed(dataset: Dataset, map_of: MapOf, image: int, observer: int, time: int) -> ViewedImage:
    rows = dataset.fixations_of(image, observer)
    return ViewedImage(
        density=map_of(image, observer),
        fixations=np.stack([rows["x_px"], rows["y_px"]], axis=1).astype(np.float64),
        size_px=dataset.size_of(image),
        px_per_deg=float(dataset.px_per_deg[image]),
        time_s=float(time),
    )


def _shifts(viewed: Sequence[ViewedImage], turn: int) -> dict[tuple[str, str], float]:
    """Scores of every method for every shift; the shift's direction goes round with people and draws."""
    gaze = GazeEvidence(viewed)
    direction = np.array([np.cos(_ANGLES[turn % 8]), np.sin(_ANGLES[turn % 8])])
    scores: dict[tuple[str, str], float] = {}
    centre = _mean_place(viewed) - gaze.place.mean(axis=0)
    by_loss = _smallest_loss(viewed)
    alone: dict[str, Floats] = {}
    for size in SHIFTS_DEG:
        added = size * direction
        moved = gaze.moved(np.broadcast_to(added, gaze.place.shape))
        ours = align_evidence(moved, up_to="shift")
        found = {
            "nothing": np.zeros(2),
            # without a prior what is found moves with gaze
            "centre of gaze": centre - added,
            "loss map": by_loss - added,
            "ours": ours.shift_deg,
        }
        for model, shift in found.items():
            alone.setdefault(model, shift)
            scores[model, f"remaining_{size:g}"] = float(np.hypot(*(shift + added)))
            scores[model, f"since_{size:g}"] = float(np.hypot(*(shift - alone[model] + added)))
        scores |= {("ours", f"{key}_{size:g}"): value for key, value in _verdict(ours, added).items()}
    return scores


def _verdict(found: Alignment, added: Floats) -> dict[str, float]:
    low, high = found.shift_ci_deg
    followed = found.shift_deg if found.is_supported else np.zeros(2)
    return {
        "covered": float(((low <= -added) & (-added <= high)).mean()),
        "supported": float(found.is_supported),
        "followed": float(np.hypot(*(followed + added))),
    }


def _deformed(gaze: GazeEvidence) -> dict[tuple[str, str], float]:
    """Mean error over the gaze, before and after what is supported, of what no shift mends; beside nothing added."""
    x, y = gaze.place.T
    time = (gaze.time_s - gaze.time_s.min()) / np.ptp(gaze.time_s) - 0.5
    angle = np.radians(TURN_DEG)
    errors = {
        "none": np.zeros_like(gaze.place),
        "stretch": STRETCH * gaze.place,
        "turn": angle * np.stack([-y, x], axis=1),
        "drift": DRIFT_DEG * np.stack([time, np.zeros_like(time)], axis=1),
    }
    scores: dict[tuple[str, str], float] = {}
    kinds = {"stretch": "scale", "turn": "affine", "drift": "drift"}
    for name, error in errors.items():
        moved = gaze.moved(error)
        found = align_evidence(moved)
        # the shift has its own rows: here it is what is found beyond it
        correction = found.displacement(moved.place, moved.time_s) - (found.shift_deg if found.is_supported else 0.0)
        centred = error - error.mean(axis=0)
        scores["ours", f"before_{name}"] = float(np.linalg.norm(centred, axis=1).mean())
        scores["ours", f"after_{name}"] = float(np.linalg.norm(centred + correction, axis=1).mean())
        for kind in (kinds[name],) if name in kinds else tuple(kinds.values()):
            held = any(one.kind == kind and one.is_supported for one in found.deformations)
            scores["ours", f"supported_{name}" + ("" if name in kinds else f"_{kind}")] = float(held)
    return scores


def _mean_place(viewed: Sequence[ViewedImage]) -> Floats:
    """(2,) degrees: where the maps' gaze lies on average, each image counting as its fixations do."""
    places = []
    for v in viewed:
        height, width = v.density.shape
        share = v.density / v.density.sum()
        x = (share.sum(axis=0) @ np.arange(width) + 0.5) / width - 0.5
        y = (share.sum(axis=1) @ np.arange(height) + 0.5) / height - 0.5
        places.append(np.array([x, y]) * v.size_px / v.px_per_deg)
    mean: Floats = np.average(places, axis=0, weights=[len(v.fixations) for v in viewed])
    return mean


def _smallest_loss(viewed: Sequence[ViewedImage]) -> Floats:
    """The published criterion: the shift with the smallest mean distance to the salient set, the worst 5 % dropped."""
    maps = [loss_map(v.density, size_wh=v.size_px) for v in viewed]

    def loss(shift: Floats) -> float:
        values = np.concatenate(
            [
                m.look_up(v.fixations + shift * v.px_per_deg) / (m.scale_x * v.px_per_deg)
                for m, v in zip(maps, viewed, strict=True)
            ]
        )
        return float(np.sort(values)[: max(1, int(0.95 * len(values)))].mean())

    best = np.zeros(2)
    for step, reach in ((1.0, 3), (0.25, 3), (0.0625, 3)):
        steps = step * np.arange(-reach, reach + 1)
        candidates = best + np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
        best = candidates[np.argmin([loss(candidate) for candidate in candidates])]
    return best


def _interval(values: NDArray[np.float64], metric: str) -> NDArray[np.float64]:
    rng = np.random.default_rng(0)
    drawn = values[rng.integers(len(values), size=(1000, len(values)))]
    middle = np.median(drawn, axis=1) if metric.startswith(("remaining", "since")) else drawn.mean(axis=1)
    return np.asarray(np.percentile(middle, [2.5, 97.5]), dtype=np.float64)
