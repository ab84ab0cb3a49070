"""Predictions times metrics, by the protocol: leave-target-out universal maps, support and scored images disjoint.

Shape legend: O observers, N images, D embedding size, H W map grid rows and columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from gazeapp.errors import CheckpointError, NotEnoughData, SettingsError
from gazeapp.networks.checkpoint import Checkpoint, build_network, load_checkpoint
from gazeapp.networks.grid import scale_to_peak, to_density
from gazeapp.networks.personal_saliency import LogPersonalNetwork, PersonalNetwork
from gazeapp.networks.user_embedding import UserEncoder
from gazeapp.saliency.metrics import evaluate_map
from trainer.data.dataset import Dataset
from trainer.data.resident import Resident
from trainer.runs import WEIGHTS
from trainer.tasks.sources import attach_universal
from trainer.tasks.user_embedding import encode_data

METRICS = ("cc", "sim", "auc", "auc_judd", "nss", "kld")
Score = NDArray[np.float64]
Progress = Callable[[Iterable[int], str, int], Iterable[int]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scores:
    """Values of one model at one support size."""

    model: str
    usm: str
    m: int
    values: dict[str, Score]
    """Metric to (observers, images); NaN where an observer has no fixation."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Models:
    """The networks under test."""

    encoder: UserEncoder
    personal: dict[str, PersonalNetwork | LogPersonalNetwork]
    """Model name to network."""
    peak: float
    checkpoints: tuple[Checkpoint, ...]


def load_models(folders: Sequence[Path]) -> Models:
    """Networks of runs and weights folders: one encoder, any number of personal networks.

    Raises:
        CheckpointError: No encoder or no personal network among them.
    """
    found: list[tuple[Path, Checkpoint]] = []
    for folder in folders:
        names = [folder] if folder.is_file() else [folder / WEIGHTS]
        if folder.is_dir() and not names[0].is_file():
            names = [folder / "embedding.safetensors", folder / "personal.safetensors"]
        found += [(path, load_checkpoint(path)) for path in names]
    encoder: UserEncoder | None = None
    peak = 0.5
    personal: dict[str, PersonalNetwork | LogPersonalNetwork] = {}
    for path, checkpoint in found:
        network = build_network(checkpoint, path)
        if isinstance(network, UserEncoder):
            encoder, peak = network, float(checkpoint.provenance["usm_peak"])
        elif isinstance(network, PersonalNetwork):
            personal["personal_paper"] = network
        elif isinstance(network, LogPersonalNetwork):
            name = "personal_best" if network.conditioned else "unconditioned"
            personal[name] = network
    if encoder is None or not personal:
        raise CheckpointError(
            "evaluate: needs an embedding and a personal network: pass a WEIGHTS folder, or both runs"
        )
    used = tuple(c for _, c in found if c.architecture != "universal")
    return Models(encoder=encoder, personal=personal, peak=peak, checkpoints=used)


def require_unseen(
    checkpoints: Iterable[Checkpoint], dataset: Dataset, scored: Dataset, protocol: str
) -> None:
    """Refuse to score weights on what they were trained on.

    Raises:
        SettingsError: Says what overlaps, and how to leave it out.
    """
    for checkpoint in checkpoints:
        facts = checkpoint.provenance
        if dataset.source not in {entry["source"] for entry in facts.get("data", [])}:
            continue
        if protocol == "cross":
            raise SettingsError(
                f"evaluate --protocol cross: the weights were trained on {dataset.source}",
                key="protocol",
            )
        trained = dataset.without(
            facts.get("exclude_images", []), facts.get("exclude_observers", [])
        )
        seen_images = np.intersect1d(trained.image_index, scored.image_index)
        seen_observers = np.intersect1d(trained.observer_index, scored.observer_index)
        if seen_images.size:
            raise SettingsError(
                f"evaluate: the weights were trained on {seen_images.size} of the images to score; train with "
                "--exclude-images, and score those with --images", key="images",
            )  # fmt: skip
        if protocol == "open" and seen_observers.size:
            raise SettingsError(
                f"evaluate --protocol open: the weights were trained on observers {seen_observers.tolist()}; train "
                "with --exclude-observers, and score those with --observers", key="observers",
            )  # fmt: skip


def evaluate(
    models: Models,
    dataset: Dataset,
    scored: Dataset,
    *,
    support_images: Sequence[str] | None,
    usm: str,
    support_sizes: Sequence[int],
    n_draws: int,
    seed: int,
    progress: Progress,
) -> list[Scores]:
    """Score the universal map, and each personal network with the right, the mean and wrong users.

    Args:
        models: Networks under test.
        dataset: All observers (the universal map is theirs) and all images (support comes from those not scored).
        scored: The part that is scored.
        support_images: Where embeddings come from, by name or position; None takes all that are not scored.
        usm: `true` (mean of all observers but the target), or the path of a universal network.
        support_sizes: Pairs per embedding (m).
        n_draws: Support sets per observer and m.
        seed: Of the support sets.
        progress: Wraps the loop over observers.

    Raises:
        NotEnoughData: Fewer support images than the largest m.
    """
    target, whole = Resident(scored), Resident(dataset)
    row_of = {image: row for row, image in enumerate(dataset.image_index.tolist())}
    scored_rows = np.array([row_of[i] for i in scored.image_index.tolist()])
    support = dataset.only(support_images, None).image_index.tolist()
    support_rows = np.setdiff1d(np.array([row_of[i] for i in support], dtype=np.int64), scored_rows)
    if len(support_rows) < max(support_sizes):
        raise NotEnoughData(
            f"evaluate: {len(support_rows)} images are left as support, m = {max(support_sizes)} needs more"
        )
    if usm != "true":
        attach_universal([whole], [Path(usm)], torch.device("cpu"))
    feature_OND = encode_data(models.encoder, whole, None if usm == "true" else models.peak)
    observers = [int(np.flatnonzero(dataset.observer_index == o)[0]) for o in scored.observer_index]
    known = [o for o in range(whole.n_observers) if o not in observers] or observers
    # the mean of unit vectors, not brought to unit length: nobody in particular, not an extreme somebody
    others = torch.stack([_mean(feature_OND[o, support_rows]) for o in known]).mean(dim=0)
    collected: dict[tuple[str, int], dict[str, list[Score]]] = {}

    def keep(model: str, m: int, values: dict[str, Score]) -> None:
        slot = collected.setdefault((model, m), {metric: [] for metric in METRICS})
        for metric in METRICS:
            slot[metric].append(values[metric])

    cells = _Cells(scored)
    for k in progress(range(len(observers)), "evaluate", len(observers)):
        observer = observers[k]
        truth = target.personal(np.arange(target.n_images), np.full(target.n_images, k)).numpy()
        fixations = cells.of(k)
        base_NHW = (
            whole.universal(scored_rows, np.full(len(scored_rows), observer))
            if usm == "true"
            else scale_to_peak(whole.predicted(scored_rows), models.peak)
        )
        keep("usm", 0, _score(base_NHW, truth, fixations))
        rng = np.random.default_rng([seed, int(dataset.observer_index[observer])])
        wrong = [o for o in observers if o != observer]
        for m in support_sizes:
            users = {
                "": [_draw(feature_OND[observer], support_rows, m, rng) for _ in range(n_draws)]
            }
            users["_mean_user"] = [others]
            if wrong:
                users["_wrong_user"] = [
                    _draw(feature_OND[o], support_rows, m, rng)
                    for o in wrong
                    for _ in range(max(1, n_draws // len(wrong)))
                ]
            for name, network in models.personal.items():
                for suffix, embeddings in users.items():
                    if name == "unconditioned" and suffix:
                        continue
                    scores = [
                        _score(_predict(network, target, base_NHW, user_D), truth, fixations)
                        for user_D in embeddings[: 1 if name == "unconditioned" else None]
                    ]
                    label = (
                        name
                        if not suffix
                        else f"{name.replace('_best', '').replace('_paper', '')}{suffix}"
                    )
                    if suffix and name == "personal_paper":
                        label = f"personal_paper{suffix}"
                    keep(label, m, {x: np.mean([s[x] for s in scores], axis=0) for x in METRICS})
    return [
        Scores(
            model=model,
            usm=usm if usm == "true" else "predicted",
            m=m,
            values={x: np.stack(v) for x, v in values.items()},
        )
        for (model, m), values in collected.items()
    ]


class _Cells:
    """Fixations of the scored observers in map cells."""

    def __init__(self, scored: Dataset) -> None:
        self._scored = scored
        height, width = scored.maps.shape[-2:]
        table = np.asarray(scored.fixations)
        scale = (np.array([width, height]) / scored.image_sizes_px)[table["image"]]
        points = np.stack([table["x_px"], table["y_px"]], axis=1) * scale
        inside = ((points >= 0) & (points < [width, height])).all(axis=1)
        self._table, self._points = table[inside], points[inside]
        self._first = np.searchsorted(self._table["image"], np.arange(len(scored.image_names) + 1))

    def of(self, k: int) -> list[NDArray[np.float64]]:
        """(F, 2) per scored image, of the k-th scored observer."""
        found = []
        for image in self._scored.image_index.tolist():
            rows = slice(self._first[image], self._first[image + 1])
            own = self._table["observer"][rows] == self._scored.observer_index[k]
            found.append(self._points[rows][own])
        return found


def _score(
    prediction_NHW: Tensor, truth: NDArray[Any], fixations: list[NDArray[np.float64]]
) -> dict[str, Score]:
    values = {metric: np.full(len(truth), np.nan) for metric in METRICS}
    for n, (prediction, own, points) in enumerate(
        zip(prediction_NHW.numpy(), truth, fixations, strict=True)
    ):
        if len(points):
            for metric, value in evaluate_map(
                prediction, truth=own, fixations_px=points, metrics=METRICS
            ).items():
                values[metric][n] = value
    return values


@torch.inference_mode()
def _predict(
    network: PersonalNetwork | LogPersonalNetwork,
    target: Resident,
    base_NHW: Tensor,
    user_D: Tensor,
) -> Tensor:
    network.eval()
    parts = []
    for i in range(0, target.n_images, 32):
        index = np.arange(i, min(i + 32, target.n_images))
        image_BCHW = target.images(index)
        user_BD = user_D.expand(len(index), -1)
        base_BHW = base_NHW[i : i + 32]
        if isinstance(network, PersonalNetwork):
            # the true map keeps its own scale: only predicted ones are brought to the training peak
            delta_BHW = network.discrepancies(image_BCHW, base_BHW, user_BD)[-1]
            size = (base_BHW.shape[-2], base_BHW.shape[-1])
            delta_BHW = functional.interpolate(delta_BHW[:, None], size=size, mode="bilinear")[:, 0]
            parts.append(to_density(base_BHW + delta_BHW))
        else:
            parts.append(network(image_BCHW, to_density(base_BHW), user_BD))
    return torch.cat(parts)


def _draw(
    feature_ND: Tensor, support: NDArray[np.int64], m: int, rng: np.random.Generator
) -> Tensor:
    usable = support[torch.isfinite(feature_ND[support]).all(dim=1).numpy()]
    return _pooled(feature_ND[rng.choice(usable, min(m, len(usable)), replace=False)])


def _mean(feature_ND: Tensor) -> Tensor:
    return functional.normalize(
        feature_ND[torch.isfinite(feature_ND).all(dim=1)].mean(dim=0), dim=0
    )


def _pooled(feature_MD: Tensor) -> Tensor:
    return functional.normalize(feature_MD.mean(dim=0), dim=0)
