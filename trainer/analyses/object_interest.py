"""The share of each observer's gaze on objects of a kind, and whether people differ in it. No network is involved.

Shape legend: N images, O observers, S random halves.

Source:
    Xu, Li, Wu, Yu & Gao (2017), Beyond universal saliency: Fig. 2 (object interestingness).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import DatasetIncomplete, NotEnoughData
from gazeapp.progress import Track
from gazeapp.types import Json
from trainer.analyses.object_shapes import Box, ObjectShape, Values, coverage
from trainer.data.dataset import Dataset
from trainer.data.source import load_mat

_LABELLED_SIZE_PX = (1024, 768)
"""In which the face boxes of EyeCrowd are given."""
_N_HALVES = 200
_N_SHUFFLES = 1000


def read_face_labels(path: Path, dataset: Dataset) -> list[Box]:
    """Face boxes of EyeCrowd's `labels.mat`, brought to the size in which the data set's images are kept.

    Raises:
        DatasetIncomplete: Unreadable, or of another layout.
    """
    stored = load_mat(path).get("labels")
    size_px = {name: dataset.size_of(i) for i, name in enumerate(dataset.image_names)}
    boxes = []
    try:
        for entry in np.atleast_1d(np.asarray(stored, dtype=object)):
            image = str(entry["img"])
            if image not in size_px:
                continue
            x, y = (size_px[image][axis] / _LABELLED_SIZE_PX[axis] for axis in (0, 1))
            faces = entry["faces"]
            boxes += [
                Box(
                    image=image,
                    name="face",
                    x_px=float(face["left"]) * x,
                    y_px=float(face["top"]) * y,
                    w_px=float(face["width"]) * x,
                    h_px=float(face["height"]) * y,
                )
                for face in ([faces] if isinstance(faces, dict) else list(faces))
            ]
    except (KeyError, TypeError, IndexError, ValueError) as error:
        raise DatasetIncomplete(
            f"{path}: not the face labels of EyeCrowd, a struct array `labels` of img and faces ({error!r})"
        ) from error
    return boxes


def interest(
    dataset: Dataset, shapes: Sequence[ObjectShape], *, seed: int, progress: Track
) -> tuple[list[Json], list[Json]]:
    """Share of every observer's map inside the objects of each kind.

    Args:
        dataset: Observers and images in use.
        shapes: Objects; those on images not in use are skipped.
        seed: Of intervals, halves and shuffles.
        progress: Wraps the loop over the images of one kind of object.

    Returns:
        Rows (one per kind and observer, with a 95 % interval over images) and summary (one per kind: the mean, the
        share of the area, and whether people differ) of results.json.

    Raises:
        NotEnoughData: Fewer than two observers, or no object on two of the images.
    """
    if dataset.n_observers < 2:
        raise NotEnoughData("interest: needs at least two observers")
    rows: list[Json] = []
    summary: list[Json] = []
    for name in sorted({shape.name for shape in shapes}):
        share_NO, area_N = _shares(dataset, [shape for shape in shapes if shape.name == name], name, progress)
        if len(share_NO) < 2:
            continue
        mean_O = np.nanmean(share_NO, axis=0)
        rng = np.random.default_rng(seed)
        drawn = rng.integers(len(share_NO), size=(1000, len(share_NO)))
        resampled = np.stack([np.nanmean(share_NO[index], axis=0) for index in drawn])
        key = {"model": name, "usm": "none", "m": 1, "metric": "share"}
        for k, observer in enumerate(dataset.observer_index.tolist()):
            rows.append(
                {
                    **key,
                    "observer": dataset.observer_names[observer],
                    "value": round(float(mean_O[k]), 6),
                    "ci95": _interval(resampled[:, k]),
                    "n_images": int(np.isfinite(share_NO[:, k]).sum()),
                }
            )
        summary.append(
            {
                **key,
                "mean": round(float(mean_O.mean()), 6),
                "ci95": _interval(resampled.mean(axis=1)),
                "lowest": round(float(mean_O.min()), 6),
                "highest": round(float(mean_O.max()), 6),
                "area": round(float(area_N.mean()), 6),
                "n_images": len(share_NO),
                **_differences(share_NO, seed),
            }
        )
    if not rows:
        raise NotEnoughData(f"interest: no kind of object lies on two images of {dataset.source}")
    return rows, summary


def split_half(share_NO: Values, half_SN: NDArray[np.bool_]) -> float:
    """Mean over halves of the images of the correlation, over observers, between their means on the two halves."""
    known_NO = np.isfinite(share_NO)
    filled_NO = np.where(known_NO, share_NO, 0.0)
    found = []
    for half_SX in (half_SN, ~half_SN):
        weight = half_SX.astype(np.float64)
        mean_SO = (weight @ filled_NO) / np.maximum(weight @ known_NO, 1)
        centred_SO = mean_SO - mean_SO.mean(axis=1, keepdims=True)
        norm_S1 = np.linalg.norm(centred_SO, axis=1, keepdims=True)
        found.append(centred_SO / np.maximum(norm_S1, 1e-12))
    return float((found[0] * found[1]).sum(axis=1).mean())


def _shares(dataset: Dataset, shapes: Sequence[ObjectShape], name: str, progress: Track) -> tuple[Values, Values]:
    """(N, O) shares of the maps, NaN where an observer has no fixation, and (N,) shares of the area."""
    in_use = {dataset.image_names[i]: i for i in dataset.image_index.tolist()}
    by_image: dict[int, list[ObjectShape]] = {}
    for shape in shapes:
        if shape.image in in_use:
            by_image.setdefault(in_use[shape.image], []).append(shape)
    images = sorted(by_image)
    shares, areas = [], []
    for n in progress(range(len(images)), f"interest in {name}", len(images)):
        inside_HW = coverage(by_image[images[n]], dataset.size_of(images[n]), dataset.maps.shape[-2:])
        map_OHW = np.asarray(dataset.maps[images[n]][dataset.observer_index], dtype=np.float64)
        total_O = map_OHW.sum(axis=(1, 2))
        within_O = (map_OHW * inside_HW).sum(axis=(1, 2))
        shares.append(np.where(total_O > 0, within_O / np.maximum(total_O, 1e-12), np.nan))
        areas.append(float(inside_HW.mean()))
    return np.array(shares).reshape(len(images), dataset.n_observers), np.array(areas)


def _differences(share_NO: Values, seed: int) -> Json:
    """Split-half correlation, and how often people whose shares are shuffled within every image reach it."""
    rng = np.random.default_rng([seed, 1])
    n = len(share_NO)
    half_SN = rng.permuted(np.tile(np.arange(n) < n // 2, (_N_HALVES, 1)), axis=1)
    # an image that somebody skipped must not move that person's mean by its own level
    centred_NO = share_NO - np.nanmean(share_NO, axis=1, keepdims=True)
    found = split_half(centred_NO, half_SN)
    few_SN = half_SN[:20]
    reached = sum(split_half(rng.permuted(centred_NO, axis=1), few_SN) >= found for _ in range(_N_SHUFFLES))
    return {
        "split_half_r": round(found, 4),
        "spearman_brown": round(2 * found / (1 + found), 4) if found > -1 else None,
        "p": round((reached + 1) / (_N_SHUFFLES + 1), 6),
    }


def _interval(values: Values) -> list[float]:
    return [round(float(x), 6) for x in np.percentile(values, [2.5, 97.5])]
