"""Rows of networks with a part for every training observer: one's own, the best of others', or one chosen on few pairs.

Shape legend: N images, C networks, H W map grid, h w coarse grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from gazeapp.networks.grid import scale_to_peak, to_density
from trainer.batch_metrics import evaluate_maps
from trainer.rows.row import Case
from trainer.rows.scene import Scene

_CHUNK = 32


class ObserverNetworks(Protocol):
    """MultiCNN, or the multi-task network."""

    def discrepancies(self, image_BOCHW: Tensor, usm_BOHW: Tensor, observers: slice = ...) -> list[Tensor]:
        """Discrepancy maps (B, O, h, w) of some observers' parts, the last one the best."""
        ...


class Bank:
    """The networks of one weights file, and what they predicted already.

    Args:
        network: All observers' networks.
        observers: `SOURCE:NAME` of each.
        peak: Average maximum of the universal maps in their training.
    """

    def __init__(self, network: ObserverNetworks, observers: Sequence[str], peak: float) -> None:
        self._network, self._peak = network, peak
        self.observers = tuple(observers)
        self._known: dict[tuple[int, int, int], Tensor] = {}

    def own(self, scene: Scene, observer: int) -> int | None:
        """Which network is the observer's own; None if nobody trained one."""
        dataset = scene.data.dataset
        name = dataset.observer_names[int(dataset.observer_index[observer])]
        entry = f"{dataset.source}:{name}"
        return self.observers.index(entry) if entry in self.observers else None

    def n_known(self, scene: Scene, observers: Sequence[int]) -> int:
        """How many of the observers have a network."""
        return sum(self.own(scene, observer) is not None for observer in observers)

    def candidates(self, scene: Scene, observer: int) -> list[int]:
        """Networks of other people: those of the same data set, or all where it is new to them."""
        own = self.own(scene, observer)
        prefix = f"{scene.data.dataset.source}:"
        found = [k for k, name in enumerate(self.observers) if name.startswith(prefix)]
        return [k for k in found or range(len(self.observers)) if k != own]

    @torch.inference_mode()
    def densities(self, scene: Scene, which: int, observer: int, images: NDArray[np.int64], base_NHW: Tensor) -> Tensor:
        """(N, H, W) what one network says of where an observer looks."""
        # all who are not in the group share one universal map, and so one prediction
        target = observer if observer in scene.group and scene.usm == "true" else -1
        keys = [(which, target, image) for image in images.tolist()]
        missing = [n for n, key in enumerate(keys) if key not in self._known]
        if scene.usm != "true":
            base_NHW = scale_to_peak(base_NHW, self._peak)
        for i in range(0, len(missing), _CHUNK):
            part = missing[i : i + _CHUNK]
            image_BCHW = scene.data.images(images[part])
            last = self._network.discrepancies(image_BCHW[:, None], base_NHW[part][:, None], slice(which, which + 1))[
                -1
            ]
            self._known |= dict(zip((keys[n] for n in part), last[:, 0], strict=True))
        delta_Nhw = torch.stack([self._known[key] for key in keys])
        delta_NHW = functional.interpolate(
            delta_Nhw[:, None], size=scene.grid_hw, mode="bilinear", align_corners=False
        )[:, 0]
        return to_density(base_NHW + delta_NHW)


class OwnNetworkRow:
    """The network that was trained on the target: known observers only."""

    wrong_name, needs_support = "", False

    def __init__(self, bank: Bank, name: str) -> None:
        self.name, self._bank = name, bank

    def fit(self, scene: Scene) -> None:
        """Nothing is learnt."""

    def predict(self, scene: Scene, case: Case) -> Tensor:
        """Densities (N, H, W) of the images of a case."""
        own = self._bank.own(scene, case.observer)
        assert own is not None  # `applies` says so
        return self._bank.densities(scene, own, case.observer, case.images, case.base_NHW)

    def applies(self, scene: Scene, observers: Sequence[int]) -> bool:
        """Whether all observers have a network."""
        return self._bank.n_known(scene, observers) == len(observers)


class OracleRow:
    """Every other person's network tried on the scored images themselves, the one of the highest CC kept.

    No deployable method: it looks at the answer. Published tables have it as the open-set MultiCNN.
    """

    wrong_name, needs_support = "", False

    def __init__(self, bank: Bank, name: str) -> None:
        self.name, self._bank = name, bank

    def fit(self, scene: Scene) -> None:
        """Nothing is learnt."""

    def predict(self, scene: Scene, case: Case) -> Tensor:
        """Densities (N, H, W) of the images of a case."""
        return _best(self._bank, scene, case, case.observer, case.images)[1]

    def applies(self, scene: Scene, observers: Sequence[int]) -> bool:
        """Whether none of the observers has a network."""
        return not self._bank.n_known(scene, observers)


class ChosenOnSupportRow:
    """Every other person's network tried on the support pairs, the one of the highest CC kept: what can be deployed."""

    wrong_name, needs_support = "", True

    def __init__(self, bank: Bank, name: str) -> None:
        self.name, self._bank = name, bank

    def fit(self, scene: Scene) -> None:
        """Nothing is learnt."""

    def predict(self, scene: Scene, case: Case) -> Tensor:
        """Densities (N, H, W) of the images of a case."""
        assert case.support is not None
        chosen, _ = _best(self._bank, scene, case, case.support.observer, case.support.images)
        return self._bank.densities(scene, chosen, case.observer, case.images, case.base_NHW)

    def applies(self, scene: Scene, observers: Sequence[int]) -> bool:
        """Whether none of the observers has a network."""
        return not self._bank.n_known(scene, observers)


def _best(bank: Bank, scene: Scene, case: Case, who: int, images: NDArray[np.int64]) -> tuple[int, Tensor]:
    """The network that predicts somebody's maps of some images best, and its predictions."""
    base_NHW = scene.base(who, images)
    truth_NHW = scene.personal(who, images)
    found: list[tuple[float, int, Tensor]] = []
    for which in bank.candidates(scene, case.observer):
        density_NHW = bank.densities(scene, which, who, images, base_NHW)
        cc_N = evaluate_maps(density_NHW, truth_BHW=truth_NHW, metrics=("cc",))["cc"]
        found.append((float(cc_N.mean()), which, density_NHW))
    _, which, density_NHW = max(found, key=lambda entry: entry[0])
    return which, density_NHW
