"""The data that pictures of an evaluation need beyond its scores: embeddings of the scored people, and a few maps.

Shape legend: P people, E embeddings of one person, D embedding size, N example images, H W map grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gazeapp.networks.map_grid import to_density
from trainer.evaluation.baselines.interface import EmbeddingModel, Query, SaliencyModel
from trainer.evaluation.data import EvaluationData
from trainer.evaluation.evaluate import draw_supports
from trainer.evaluation.metrics import evaluate_maps
from trainer.reports.plots import EMBEDDINGS, EXAMPLES

SIZES = (8, 32)
N_EMBEDDINGS = 20
_N_EXAMPLES = 3
_PREFERRED = ("personal_best", "personal_paper")


def write_pictures(
    models: Sequence[SaliencyModel],
    data: EvaluationData,
    observers: Sequence[int],
    images: NDArray[np.int64],
    folder: Path,
) -> None:
    """Write `embeddings.npz` and `examples.npz` beside the results of a personal network; nothing without one.

    Embeddings: `N_EMBEDDINGS` of every scored person at each of `SIZES` pairs. Examples: for the first two scored
    people the images on which their true maps are least alike, so that there is a difference to predict at all; whether
    it is predicted plays no part in the choice.
    """
    networks = {model.name: model for model in models if isinstance(model, EmbeddingModel)}
    model = next((networks[name] for name in _PREFERRED if name in networks), None)
    if model is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    people = np.array([_name(data, observer) for observer in observers])
    sizes = [m for m in SIZES if m <= min(len(data.usable(o)) for o in observers)]
    found = {
        f"m{m}": torch.stack(
            [
                torch.stack([model.embedder.embed(data, s) for s in draw_supports(data, [o], m, N_EMBEDDINGS)])
                for o in observers
            ]
        ).numpy()
        for m in sizes
    }
    arrays: dict[str, Any] = {"people": people, **found}  # Any: numpy types its keywords as flags
    np.savez_compressed(folder / EMBEDDINGS, **arrays)
    if len(observers) > 1:
        _write_examples(model, data, observers[:2], images, folder / EXAMPLES)


def _write_examples(
    model: EmbeddingModel, data: EvaluationData, pair: Sequence[int], images: NDArray[np.int64], path: Path
) -> None:
    both = np.intersect1d(data.usable(pair[0], images), data.usable(pair[1], images))
    first, second = (data.personal(observer, both) for observer in pair)
    alike = evaluate_maps(first, truth_BHW=second, metrics=("cc",))["cc"].numpy()
    chosen = both[np.argsort(alike)[:_N_EXAMPLES]]
    m = max(m for m in (1, *SIZES) if m <= min(len(data.usable(o)) for o in pair))
    predicted, truth = [], []
    for observer in pair:
        (support,) = draw_supports(data, [observer], m, 1)
        base_NHW = data.base(observer, chosen)
        query = Query(observer=observer, images=chosen, base_NHW=base_NHW, support=support)
        predicted.append(model.predict(data, query).numpy())
        truth.append(to_density(data.personal(observer, chosen)).numpy())
    dataset = data.tensors.dataset
    np.savez_compressed(
        path,
        people=np.array([_name(data, observer) for observer in pair]),
        names=np.array([dataset.image_names[k] for k in dataset.image_index[chosen]]),
        model=np.array(model.name),
        m=np.array(m),
        images=((data.tensors.images(chosen).permute(0, 2, 3, 1) + 1) * 127.5).byte().numpy(),
        universal=to_density(data.base(pair[0], chosen)).numpy().astype(np.float16),
        predicted=np.stack(predicted).astype(np.float16),
        truth=np.stack(truth).astype(np.float16),
    )


def _name(data: EvaluationData, observer: int) -> str:
    dataset = data.tensors.dataset
    return dataset.observer_names[int(dataset.observer_index[observer])]
