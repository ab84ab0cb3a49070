"""Maps of mixtures on images that they were not trained on, with the right and with a wrong category.

Shape legend: R runs with their categories, N images, H W rows and columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch.nn.functional import adaptive_avg_pool2d

from gazeapp.networks.deepgaze.mixture import ReadoutMixture
from gazeapp.networks.map_grid import to_density
from gazeapp.types import Json
from trainer.data.tensors import TensorDataset
from trainer.evaluation.category_weights import load_mixture, variants
from trainer.methods.deepgaze_features import ReadoutData, gather

_SHOWN = ("BlackWhite", "LowResolution", "Affective", "LineDrawing", "Jumbled")
"""The report shows the first four; `synthesise categories` has no affective images."""
_N_SHOWN = 4


def write_pictures(runs: Mapping[str, Path], data: TensorDataset, path: Path) -> None:
    """Write an image of each of some categories, where people looked, and the maps of every run.

    Args:
        runs: Title → run of one seed and fold; all stand on the same backbones and hold out the same images.
        data: What they were trained on.
        path: The NPZ file.
    """
    titles: list[str] = []
    maps: list[NDArray[np.float32]] = []
    items: ReadoutData | None = None
    for title, folder in runs.items():
        checkpoint, model = load_mixture(folder)
        if items is None:
            cache = checkpoint.provenance["config"].get("cache")
            items = gather([data], model, None, Path(cache) if cache else None)
            chosen = _chosen(items, checkpoint.provenance["held_out"][0])
        for given, found in _maps(model, items, chosen).items():
            titles.append(", ".join(filter(None, (title, given))))
            maps.append(found)
    assert items is not None, "there is a run"
    truth = adaptive_avg_pool2d(data.universal(chosen), items.map_hw)
    arrays: dict[str, Any] = {  # Any: numpy types its keywords as flags
        "titles": np.array(titles),
        "names": np.array([items.categories[int(items.category_N[i])] for i in chosen]),
        "images": ((data.images(chosen).permute(0, 2, 3, 1) + 1) * 127.5).byte().numpy(),
        "truth": to_density(truth).numpy().astype(np.float16),
        "maps": np.stack(maps).astype(np.float16),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **arrays)


def _chosen(items: ReadoutData, held_out: Json) -> NDArray[np.int64]:
    """The first held-out image of each category that is shown."""
    first: dict[str, int] = {}
    for i, name in enumerate(items.names):
        category = int(items.category_N[i])
        if name in set(held_out) and category >= 0:
            first.setdefault(items.categories[category], i)
    names = [name for name in (*_SHOWN, *items.categories) if name in first]
    return np.array([first[name] for name in dict.fromkeys(names)][:_N_SHOWN], dtype=np.int64)


def _maps(model: ReadoutMixture, items: ReadoutData, chosen: NDArray[np.int64]) -> dict[str, NDArray[np.float32]]:
    """Right or wrong category, or none where there are no weights → (N, H, W) maps of sum 1."""
    wrong = (items.category_N[chosen].numpy() + 1) % len(items.categories)
    found = {}
    for name, log_BHW, _ in variants(model, items, chosen, wrong, 0, "map"):
        given = name.partition(", ")[2]
        if name == "plain" or given in ("right", "wrong"):
            found[given] = (log_BHW - log_BHW.logsumexp(dim=(1, 2), keepdim=True)).exp().numpy()
    return found
