"""Scores of readout mixtures on the images that each member was not trained on, by category.

Every image is shown with its own category, with a wrong one, with what the classifier says, and with none.

Shape legend: B images, K backbones, N categories, H W map rows and columns.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from gazeapp.errors import CheckpointError
from gazeapp.networks.checkpoint import Checkpoint, build_network, load_checkpoint
from gazeapp.networks.deepgaze.category_weights import CategoryWeights
from gazeapp.networks.deepgaze.mixture import ReadoutMixture
from gazeapp.networks.map_grid import to_density
from gazeapp.progress import Track
from gazeapp.saliency.metrics import evaluate_map
from gazeapp.types import Json
from trainer.data.tensors import TensorDataset
from trainer.methods.deepgaze_features import ReadoutData, find_weights, gather

METRICS = ("ig", "ll", "auc", "sauc", "nss", "cc", "kld", "sim")
GIVEN = ("right", "wrong", "predicted", "unknown")
"""Which category a mixture is told."""
_N_OTHERS = 2000
"""Fixations of other images against which sAUC is computed, drawn by seed."""
_CHUNK = 32


def load_mixture(folder: Path) -> tuple[Checkpoint, ReadoutMixture]:
    """A trained mixture of a run; CheckpointError if it is another network."""
    path = find_weights(folder)
    checkpoint = load_checkpoint(path, architectures=("readout_mixture",))
    network = build_network(checkpoint, path)
    assert isinstance(network, ReadoutMixture)
    return checkpoint, network


def label_of(checkpoint: Checkpoint) -> str:
    """The mixture's name; with the factor of its weights' rate where that is not the report's ten."""
    mixture = str(checkpoint.config["mixture"])
    factor = float(checkpoint.provenance.get("preset_values", {}).get("weights_factor", 10.0))
    return mixture if factor == 10.0 or mixture == "plain" else f"{mixture} ×{factor:g}"


def evaluate_mixtures(
    folders: Iterable[Path],
    data: list[TensorDataset],
    table: Path | None,
    *,
    seed: int,
    progress: Track,
) -> list[Json]:
    """One row per model, image and member seed.

    Args:
        folders: Runs of `train universal --preset readout` or `category-weights`, trained on just these data.
        data: What they were trained on.
        table: As in training.
        seed: Of the wrong categories, and of sAUC's fixations.
        progress: Wraps the loop over members.

    Raises:
        CheckpointError: A run that does not know which of the images it was not trained on.
    """
    rows: list[Json] = []
    items: ReadoutData | None = None
    stands_on: object = None
    for folder in folders:
        checkpoint, model = load_mixture(folder)
        origin = (checkpoint.config["backbones"], checkpoint.provenance["backbones"])
        if items is None or origin != stands_on:  # features are the slow part: read once for all runs
            cache = checkpoint.provenance["config"].get("cache")
            items = gather(data, model, table, Path(cache) if cache else None)
            stands_on = origin
        rows += _evaluate_run(folder, checkpoint, model, items, data, seed, progress)
    return rows


def _evaluate_run(
    folder: Path,
    checkpoint: Checkpoint,
    model: ReadoutMixture,
    items: ReadoutData,
    data: list[TensorDataset],
    seed: int,
    progress: Track,
) -> list[Json]:
    row_of = {name: i for i, name in enumerate(items.names)}
    held_out: list[list[str]] = checkpoint.provenance["held_out"]
    if not all(name in row_of for part in held_out for name in part):
        raise CheckpointError(f"{folder}: was trained on other images than --data holds")
    truths = _truths(data)
    rng = np.random.default_rng([seed, 3])
    n_categories = max(1, len(items.categories))
    shift_N = rng.integers(1, max(2, n_categories), len(items.names))
    wrong_N = (items.category_N.numpy() + shift_N) % n_categories
    others = torch.cat(items.cells).numpy()
    others = others[rng.choice(len(others), min(_N_OTHERS, len(others)), replace=False)]
    rows: list[Json] = []
    label = label_of(checkpoint)
    for k in progress(range(model.n_members), f"score {folder.name}", model.n_members):
        index = np.array([row_of[name] for name in held_out[k]], dtype=np.int64)
        facts = checkpoint.provenance["members"][k]
        for i in range(0, len(index), _CHUNK):
            chunk = index[i : i + _CHUNK]
            for name, maps_BHW, guessed_B in variants(model, items, chunk, wrong_N[chunk], k, label):
                for b, image in enumerate(chunk.tolist()):
                    scores = _score(maps_BHW[b], items, image, truths, others, model, k, name)
                    rows.append(
                        {
                            "model": name,
                            "image": items.names[image],
                            "group": int(items.groups[image]),
                            "category": _category(items, image),
                            "seed": facts["seed"],
                            "guessed": bool(guessed_B[b] == items.category_N[image]),
                            **scores,
                        }
                    )
    return rows


@torch.no_grad()
def variants(
    model: ReadoutMixture,
    items: ReadoutData,
    index: NDArray[np.int64],
    wrong: NDArray[np.int64],
    member: int,
    label: str,
) -> Iterator[tuple[str, Tensor, Tensor]]:
    """Name, log maps (B, H, W) before they are brought to sum 1, and the classifier's guesses."""
    model.eval()
    taps, category_B, _, _ = items.batch(index)
    each_BKHW = model.densities(taps, items.image_hw, member)
    scores_BN = model.predict_category(items.description_ND[torch.from_numpy(index)], member)
    guessed_B = scores_BN.argmax(dim=1)
    if model.mixture == "plain":
        yield "plain", model.mix(each_BKHW, None, member), guessed_B
        for k, name in enumerate(model.names):
            yield f"{name} alone", each_BKHW[:, k], guessed_B
        return
    weights = model.weights[member]
    assert isinstance(weights, CategoryWeights)
    beliefs = {
        "right": weights.one_hot(category_B),
        "wrong": weights.one_hot(torch.from_numpy(wrong)),
        "predicted": scores_BN.softmax(dim=1),
        "unknown": None,
    }
    for given in GIVEN:
        mixed = model.mix(each_BKHW, beliefs[given], member)
        yield f"{label}, {given}", mixed, guessed_B


def _score(
    log_HW: Tensor,
    items: ReadoutData,
    image: int,
    truths: list[tuple[TensorDataset, int]],
    others: NDArray[np.int64],
    model: ReadoutMixture,
    member: int,
    name: str,
) -> dict[str, float]:
    cells = items.cells[image]
    width = items.map_hw[1]
    mass = float(log_HW.double().logsumexp(dim=(0, 1)))
    normalised = log_HW.double() - mass
    centre = model.centre(member, items.map_hw).double()
    found = {
        "ll": float(normalised.flatten()[cells].mean()),
        "claimed_ll": float(log_HW.double().flatten()[cells].mean()),
        "log_mass": mass,
        "ig": float((normalised - centre).flatten()[cells].mean()) / float(np.log(2)),
    }
    if name.endswith(" alone"):
        return found
    part, row = truths[image]
    usm_BHW = adaptive_avg_pool2d(part.universal(np.array([row])), items.map_hw)
    truth = to_density(usm_BHW)[0].numpy()
    points = np.stack([cells.numpy() % width, cells.numpy() // width], axis=1) + 0.5
    other_points = np.stack([others % width, others // width], axis=1) + 0.5
    return found | evaluate_map(
        normalised.exp().numpy(),
        truth=truth,
        fixations_px=points,
        other_fixations_px=other_points,
        metrics=("auc", "sauc", "nss", "cc", "kld", "sim"),
    )


def _truths(data: list[TensorDataset]) -> list[tuple[TensorDataset, int]]:
    return [(part, i) for part in data for i in range(part.n_images)]


def _category(items: ReadoutData, image: int) -> str:
    index = int(items.category_N[image])
    return items.categories[index] if index >= 0 else ""


def summarise(rows: list[Json], *, seed: int) -> list[Json]:
    """Mean of each model and metric over images, with intervals and differences over photographs.

    Differences: of ours from the plain mixture and from itself with a wrong category; the same for the report's. An
    interval resamples photographs, because versions of one photograph are not independent.
    """
    by_model: dict[str, dict[str, list[Json]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        by_model[row["model"]]["all"].append(row)
        by_model[row["model"]][row["category"]].append(row)
    summary = []
    for model, parts in by_model.items():
        for category, own in parts.items():
            for metric in [m for m in (*METRICS, "claimed_ll", "log_mass") if m in own[0]]:
                values = _by_group(own, metric)
                entry: Json = {
                    "model": model,
                    "category": category,
                    "metric": metric,
                    "mean": round(float(np.mean([row[metric] for row in own])), 5),
                    "n_images": len({row["image"] for row in own}),
                }
                compared = category == "all" or metric == "ig"  # of single categories, what training minimised
                for against in _references(model, by_model) if compared else ():
                    base = _by_group(by_model[against][category], metric)
                    common = sorted(values.keys() & base.keys())
                    delta = np.array([values[g] - base[g] for g in common])
                    entry[f"vs {against}"] = _difference(delta, seed)
                summary.append(entry)
    return summary


def _references(model: str, known: Iterable[str]) -> list[str]:
    wanted = []
    if ", " in model:
        wanted = [
            "plain",
            *([f"{model.split(', ')[0]}, wrong"] if not model.endswith("wrong") else []),
        ]
    return [name for name in wanted if name in known]


def _by_group(rows: list[Json], metric: str) -> dict[int, float]:
    values: dict[int, list[float]] = defaultdict(list)
    for row in rows:
        values[row["group"]].append(row[metric])
    return {group: float(np.mean(found)) for group, found in values.items()}


def _difference(delta: NDArray[np.float64], seed: int) -> Json:
    from scipy.stats import wilcoxon

    rng = np.random.default_rng(seed)
    draws = rng.choice(delta, (1000, len(delta))).mean(axis=1)
    low, high = np.percentile(draws, [2.5, 97.5])
    # the normal approximation: with ties, SciPy would otherwise enumerate all signs of a dozen pairs
    p = float(wilcoxon(delta, method="approx").pvalue) if np.any(delta != 0) else 1.0
    return {
        "delta": round(float(delta.mean()), 5),
        "ci95": [round(float(low), 5), round(float(high), 5)],
        "n_better": int((delta > 0).sum()),
        "n": len(delta),
        "p": float(f"{p:.2g}"),
    }


@torch.no_grad()
def final_weights(folders: Iterable[Path]) -> list[Json]:
    """Mean weight over the members of every category and backbone, of runs that have weights."""
    found = []
    for folder in folders:
        checkpoint, model = load_mixture(folder)
        if model.mixture == "plain":
            continue
        stacked = torch.stack([w.weights_NK for w in model.weights if isinstance(w, CategoryWeights)])
        shares = stacked.softmax(dim=2) if model.mixture == "category" else 1 + stacked
        mean_NK = shares.mean(dim=0)
        deviation_NK = shares.std(dim=0) if len(shares) > 1 else torch.zeros_like(mean_NK)
        for n, category in enumerate(model.categories):
            for k, name in enumerate(model.names):
                found.append(
                    {
                        "mixture": label_of(checkpoint),
                        "category": category,
                        "backbone": name,
                        "weight": round(float(mean_NK[n, k]), 4),
                        "deviation": round(float(deviation_NK[n, k]), 4),
                    }
                )
    return found
