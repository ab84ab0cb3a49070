"""Consistency of viewing: between observers, between repeated viewings, and at objects. No network is involved.

Source:
    Xu, Li, Wu, Yu & Gao (2017), Beyond universal saliency: Table 1 (consistency), Fig. 3 (repeats).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import NotEnoughData
from gazeapp.progress import Track
from gazeapp.saliency.maps import fixation_density
from gazeapp.saliency.metrics import auc_judd, cc, sim
from gazeapp.types import Json
from trainer.data.dataset import Dataset
from trainer.reports.statistics import interval_over_observers


def consistency(dataset: Dataset, sigmas_deg: Sequence[float], *, progress: Track) -> list[Json]:
    """Mean AUC-Judd over ordered pairs of observers: the map of one against the fixations of the other, first viewings.

    Args:
        dataset: Observers and images in use.
        sigmas_deg: Blurs of the predicting map, degrees of visual angle.
        progress: Wraps the loop over images.

    Returns:
        Rows of results.json, one per blur and observer (as the predicted one).

    Raises:
        NotEnoughData: Fewer than two observers.
    """
    if dataset.n_observers < 2:
        raise NotEnoughData("consistency: needs at least two observers")
    observers = dataset.observer_index.tolist()
    totals = np.zeros((len(sigmas_deg), len(observers)))
    counts = np.zeros(len(observers), dtype=np.int64)
    for n in progress(range(dataset.n_images), "consistency", dataset.n_images):
        image = int(dataset.image_index[n])
        points = {
            observer: viewings[min(viewings)] if viewings else np.empty((0, 2))
            for observer, viewings in _points_on_grid(dataset, image).items()
        }
        width, height = _grid(dataset)
        present = [k for k, o in enumerate(observers) if len(points[o])]
        cells_per_deg = float(dataset.px_per_deg[image]) * width / dataset.size_of(image)[0]
        for s, sigma in enumerate(sigmas_deg):
            maps = {k: fixation_density(points[observers[k]], (width, height), sigma * cells_per_deg) for k in present}
            for k in present:
                own = points[observers[k]]
                totals[s, k] += sum(auc_judd(maps[j], own) for j in present if j != k)
        for k in present:
            counts[k] += len(present) - 1
    return [
        {
            "model": f"another observer, sigma {sigma:g} deg",
            "usm": "none",
            "m": 1,
            "observer": dataset.observer_names[observers[k]],
            "metric": "auc_judd",
            "value": round(float(totals[s, k] / counts[k]), 6),
            "n_images": dataset.n_images,
        }
        for s, sigma in enumerate(sigmas_deg)
        for k in range(len(observers))
        if counts[k]
    ]


def repeats(dataset: Dataset, *, progress: Track) -> list[Json]:
    """How much a personal map changes with one more viewing of the same image.

    Returns:
        Rows of results.json: for n = 1, 2, … the CC, SIM and AUC-Judd between the map of the first n viewings and that
        of n + 1 (AUC: the map of n at the fixations of n + 1), mean over an observer's images that have n + 1.

    Raises:
        NotEnoughData: Nobody saw an image twice.
    """
    found: dict[tuple[int, int], list[tuple[float, float, float]]] = {}
    width, height = _grid(dataset)
    for k in progress(range(dataset.n_images), "repeats", dataset.n_images):
        image = int(dataset.image_index[k])
        cells_per_deg = float(dataset.px_per_deg[image]) * width / dataset.size_of(image)[0]
        sigma = dataset.sigma_deg * cells_per_deg
        for observer, viewings in _points_on_grid(dataset, image).items():
            seen = [points for _, points in sorted(viewings.items()) if len(points)]
            for n in range(1, len(seen)):
                fewer, more = np.vstack(seen[:n]), np.vstack(seen[: n + 1])
                before = fixation_density(fewer, (width, height), sigma)
                after = fixation_density(more, (width, height), sigma)
                found.setdefault((n, observer), []).append(
                    (cc(before, after), sim(before, after), auc_judd(before, more))
                )
    if not found:
        raise NotEnoughData(f"repeats: nobody saw an image of {dataset.source} twice")
    return [
        {
            "model": f"{n} to {n + 1} viewings",
            "usm": "none",
            "m": n,
            "metric": metric,
            "observer": dataset.observer_names[observer],
            "n_images": len(values),
            "value": round(float(np.mean([value[k] for value in values])), 6),
        }
        for (n, observer), values in sorted(found.items())
        for k, metric in enumerate(("cc", "sim", "auc_judd"))
    ]


def summarise(rows: Sequence[Json]) -> list[Json]:
    """Mean over observers of each model and metric, with a 95 % bootstrap interval over observers."""
    found = []
    for model, m, metric in dict.fromkeys((r["model"], r["m"], r["metric"]) for r in rows):
        own = [r["value"] for r in rows if (r["model"], r["metric"]) == (model, metric)]
        values = np.array(own)
        found.append(
            {
                "model": model,
                "usm": "none",
                "m": m,
                "metric": metric,
                "mean": round(float(values.mean()), 6),
                "ci95": interval_over_observers(values),
            }
        )
    return found


def _grid(dataset: Dataset) -> tuple[int, int]:
    height, width = dataset.maps.shape[-2:]
    return int(width), int(height)


def _points_on_grid(dataset: Dataset, image: int) -> dict[int, dict[int, NDArray[np.float64]]]:
    """Observer to viewing to (F, 2) fixations in map cells, those beside the image left out."""
    first, last = np.searchsorted(dataset.fixations["image"], [image, image + 1])
    rows = dataset.fixations[first:last]
    width, height = _grid(dataset)
    scale = np.array([width, height]) / np.array(dataset.size_of(image))
    points = np.stack([rows["x_px"], rows["y_px"]], axis=1).astype(np.float64) * scale
    inside = ((points >= 0) & (points < [width, height])).all(axis=1)
    found: dict[int, dict[int, NDArray[np.float64]]] = {}
    for observer in dataset.observer_index.tolist():
        own = inside & (rows["observer"] == observer)
        found[observer] = {
            int(viewing): points[own & (rows["viewing"] == viewing)] for viewing in np.unique(rows["viewing"][own])
        }
    return found
