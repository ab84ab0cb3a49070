"""What people look at more than others do: how shares of gaze change with the coefficients, and how well that is told.

Shape legend: N images, O observers, K basis maps, h w basis grid.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from gazeapp.networks.preferences import SCHEMA
from gazeapp.networks.user_posterior import BasisPersonalNetwork, UserPosterior
from gazeapp.types import Json
from trainer.analyses.evidence import Seen, usable_images
from trainer.analyses.object_shapes import ObjectShape, coverage
from trainer.data.dataset import Dataset

_CENTRE_RADIUS = 0.2
"""Of the image's sides."""
_SALIENT = 0.05
"""Share of the area in which the universal density is highest."""


def masks(dataset: Dataset, seen: Seen, shapes: Sequence[ObjectShape]) -> dict[str, Tensor]:
    """Share of each cell that is of each attribute, (N, h, w): named objects, and what needs no labels."""
    height, width = seen.prepared.size_hw
    n = dataset.n_images
    y_h, x_w = (torch.arange(height) + 0.5) / height, (torch.arange(width) + 0.5) / width
    usm_Nhw = seen.prepared.coarse_universal(np.arange(n), predicted=True)[:, 0]
    least_N = usm_Nhw.flatten(1).quantile(1 - _SALIENT, dim=1)
    from_centre_hw = (y_h[:, None] - 0.5).square() + (x_w - 0.5).square()
    found = {
        "the centre of the image": (from_centre_hw < _CENTRE_RADIUS**2).float().expand(n, -1, -1),
        "the upper half": (y_h[:, None] < 0.5).float().expand(n, height, width),
        "the left half": (x_w < 0.5).float().expand(n, height, width),
        "where most people look": (usm_Nhw >= least_N[:, None, None]).float(),
    }
    for name in sorted({shape.name for shape in shapes}):
        of_kind = [shape for shape in shapes if shape.name == name]
        found[f"{name}s"] = torch.stack(
            [
                torch.from_numpy(coverage(of_image, dataset.size_of(image), (height, width))).float()
                for image in dataset.image_index.tolist()
                for of_image in ([shape for shape in of_kind if shape.image == dataset.image_names[image]],)
            ]
        )
    return found


@torch.no_grad()
def slopes(personal: BasisPersonalNetwork, seen: Seen, mask_of: dict[str, Tensor]) -> dict[str, tuple[float, Tensor]]:
    """Share of the universal density on each attribute, and its derivative (K,) by the coefficients; mean of images."""
    data = seen.prepared
    n = data.part.n_images
    share = dict.fromkeys(mask_of, 0.0)
    slope = {name: torch.zeros(personal.basis.n_basis) for name in mask_of}
    for image in range(n):
        only = np.array([image])
        usm_1hw = data.coarse_universal(only, predicted=True)[:, 0]
        projected_1Khw = personal.basis.project_directions(data.directions(only))
        basis_KN = personal.basis.basis(projected_1Khw, usm_1hw)[0].flatten(1) * personal.log_scale.exp()[:, None]
        usm_N = usm_1hw.flatten()
        change_KN = (basis_KN - (basis_KN @ usm_N)[:, None]) * usm_N
        for name, mask_Nhw in mask_of.items():
            share[name] += float(usm_N @ mask_Nhw[image].flatten()) / n
            slope[name] += change_KN @ mask_Nhw[image].flatten() / n
    return {name: (share[name], slope[name]) for name in mask_of}


@torch.no_grad()
def told_rows(
    encoder: UserPosterior,
    seen: Seen,
    mask_of: dict[str, Tensor],
    slope_of: dict[str, Tensor],
    support_sizes: Sequence[int],
    unseen: Sequence[int],
    *,
    draws: int,
    seed: int,
) -> list[Json]:
    """What m images tell of each unseen observer (`told`), and what was so on all others (`was`).

    Both as differences: `told` is the slope times the coefficients, `was` the share of gaze less the mean of all
    observers on the same images.
    """
    images = usable_images(seen)
    share_of = {
        name: torch.einsum("nohw,nhw->no", seen.prepared.observed_density_NOhw, mask) for name, mask in mask_of.items()
    }
    rows: list[Json] = []
    for m in support_sizes:
        if 2 * m > len(images):
            continue
        rng = np.random.default_rng([seed, 43, m])
        for _ in range(draws):
            order = torch.from_numpy(rng.permutation(images))
            z_OK = encoder.pool(seen.statistics_NOS[order[:m]].sum(dim=0))[:, : encoder.basis.n_basis]
            for name, share_NO in share_of.items():
                was_O = share_NO[order[m:]].mean(dim=0)
                told_O = z_OK @ slope_of[name]
                rows += [
                    {"model": name, "m": m, "observer": str(o), "metric": metric, "value": round(float(value), 5)}
                    for o in unseen
                    for metric, value in (("told", told_O[o]), ("was", was_O[o] - was_O.mean()))
                ]
    return rows


def judge(documents: Sequence[Json]) -> list[Json]:
    """Rows for each attribute and m over all folds: how what was told and what was agree.

    `r` their correlation; `gain` what a told difference must be multiplied with, `deviation` what is left, and
    `within_95` how many lie within 1.96 deviations, both from the other folds.
    """
    found = []
    pairs = [
        {
            (name, m): np.array([(row["told"], row["was"]) for row in _joined(document, name, m)])
            for name, m in dict.fromkeys((row["model"], row["m"]) for row in document["rows"])
        }
        for document in documents
    ]
    for name, m in dict.fromkeys(key for of_fold in pairs for key in of_fold):
        folds = [of_fold[name, m] for of_fold in pairs if (name, m) in of_fold]
        told, was = np.concatenate(folds).T
        gain, deviation = _fit(told, was)
        within = []
        for k, fold in enumerate(folds if len(folds) > 1 else ()):
            others = np.concatenate(folds[:k] + folds[k + 1 :])
            other_gain, other_deviation = _fit(*others.T)
            within += (abs(fold[:, 1] - other_gain * fold[:, 0]) < 1.96 * other_deviation).tolist()
        values = {
            "r": float(np.corrcoef(told, was)[0, 1]),
            "gain": gain,
            "deviation": deviation,
            "within_95": float(np.mean(within)) if within else float("nan"),
        }
        found += [{"model": name, "m": m, "metric": metric, "value": round(v, 4)} for metric, v in values.items()]
    return found


def document_of(model_sha256: str, of_all: dict[str, tuple[float, Tensor]], judged: Sequence[Json]) -> Json:
    """What `gazeapp.networks.preferences` reads."""
    value = {(row["model"], row["m"], row["metric"]): row["value"] for row in judged}
    return {
        "schema": SCHEMA,
        "model_sha256": model_sha256,
        "attributes": [
            {
                "name": name,
                "average": round(share, 4),
                "slope": [round(float(x), 6) for x in slope_K],
                "measured": [
                    [m, value[name, m, "gain"], value[name, m, "deviation"]]
                    for m in sorted({m for of, m, _ in value if of == name})
                ],
            }
            for name, (share, slope_K) in of_all.items()
        ],
    }


def _joined(document: Json, name: str, m: int) -> list[dict[str, float]]:
    rows = [row for row in document["rows"] if (row["model"], row["m"]) == (name, m)]
    return [{"told": told["value"], "was": was["value"]} for told, was in zip(rows[0::2], rows[1::2], strict=True)]


def _fit(told: np.ndarray, was: np.ndarray) -> tuple[float, float]:
    """Gain through the origin, and the deviation of what is left."""
    gain = float(told @ was / max(float(told @ told), 1e-12))
    return gain, float(np.sqrt(np.mean((was - gain * told) ** 2)))
