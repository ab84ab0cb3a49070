"""Models with a part for every training observer: one's own, the best of others', or one chosen on few pairs.

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

from gazeapp.networks.map_grid import scale_to_peak, to_density
from gazeapp.networks.multitask import MultiTaskNetwork
from trainer.evaluation.baselines.interface import Query, Rows
from trainer.evaluation.data import SELF_INCLUSIVE, EvaluationData
from trainer.evaluation.metrics import evaluate_maps
from trainer.methods.multitask import adapt_task

_CHUNK = 32


class ObserverNetworks(Protocol):
    """MultiCNN, or the multi-task network."""

    universal: bool

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

    def own(self, data: EvaluationData, observer: int) -> int | None:
        """Which network is the observer's own; None if nobody trained one."""
        dataset = data.tensors.dataset
        name = dataset.observer_names[int(dataset.observer_index[observer])]
        entry = f"{dataset.source}:{name}"
        return self.observers.index(entry) if entry in self.observers else None

    def n_known(self, data: EvaluationData, observers: Sequence[int]) -> int:
        """How many of the observers have a network."""
        return sum(self.own(data, observer) is not None for observer in observers)

    def candidates(self, data: EvaluationData, observer: int) -> list[int]:
        """Networks of other people: those of the same data set, or all where it is new to them."""
        own = self.own(data, observer)
        prefix = f"{data.tensors.dataset.source}:"
        found = [k for k, name in enumerate(self.observers) if name.startswith(prefix)]
        return [k for k in found or range(len(self.observers)) if k != own]

    @torch.inference_mode()
    def densities(
        self, data: EvaluationData, which: int, observer: int, images: NDArray[np.int64], base_NHW: Tensor
    ) -> Tensor:
        """(N, H, W) what one network says of where an observer looks."""
        return to_density(self.maps(data, which, observer, images, base_NHW))

    @torch.inference_mode()
    def maps(
        self, data: EvaluationData, which: int, observer: int, images: NDArray[np.int64], base_NHW: Tensor
    ) -> Tensor:
        """(N, H, W) personal maps that one network predicts, in the scale of the training maps."""
        # all who are not in the group share one universal map, and so one prediction
        has_own = data.usm == SELF_INCLUSIVE or (data.usm == "true" and observer in data.group)
        target = observer if has_own else -1
        keys = [(which, target, image) for image in images.tolist()]
        missing = [n for n, key in enumerate(keys) if key not in self._known]
        if data.usm == "predicted":
            base_NHW = scale_to_peak(base_NHW, self._peak)
        for i in range(0, len(missing), _CHUNK):
            part = missing[i : i + _CHUNK]
            image_BCHW = data.tensors.images(images[part])
            last = self._network.discrepancies(image_BCHW[:, None], base_NHW[part][:, None], slice(which, which + 1))[
                -1
            ]
            self._known |= dict(zip((keys[n] for n in part), last[:, 0], strict=True))
        delta_Nhw = torch.stack([self._known[key] for key in keys])
        delta_NHW = functional.interpolate(delta_Nhw[:, None], size=data.grid_hw, mode="bilinear", align_corners=False)[
            :, 0
        ]
        return base_NHW + delta_NHW if self._network.universal else delta_NHW


class OwnNetworkModel:
    """The network that was trained on the target: known observers only."""

    wrong_name, needs_support = "", False

    def __init__(self, bank: Bank, name: str) -> None:
        self.name, self._bank = name, bank

    def fit(self, data: EvaluationData) -> None:
        """Nothing is learnt."""

    def predict(self, data: EvaluationData, query: Query) -> Tensor:
        """Densities (N, H, W) of the images of a query."""
        own = self._bank.own(data, query.observer)
        assert own is not None  # `applies` says so
        return self._bank.densities(data, own, query.observer, query.images, query.base_NHW)

    def applies(self, data: EvaluationData, observers: Sequence[int]) -> bool:
        """Whether all observers have a network."""
        return self._bank.n_known(data, observers) == len(observers)


class OracleModel:
    """Every other person's network tried on the scored images themselves, the one of the highest CC or the lowest loss
    kept.

    No deployable method: it looks at the answer. Published tables have the lowest loss as the open-set MultiCNN.
    """

    wrong_name, needs_support = "", False

    def __init__(self, bank: Bank, name: str, *, by_loss: bool = False) -> None:
        self.name, self._bank, self._by_loss = name, bank, by_loss

    def fit(self, data: EvaluationData) -> None:
        """Nothing is learnt."""

    def predict(self, data: EvaluationData, query: Query) -> Tensor:
        """Densities (N, H, W) of the images of a query."""
        return _best(self._bank, data, query, query.observer, query.images, by_loss=self._by_loss)[1]

    def applies(self, data: EvaluationData, observers: Sequence[int]) -> bool:
        """Whether none of the observers has a network."""
        return not self._bank.n_known(data, observers)


class ChosenOnSupportModel:
    """Every other person's network tried on the support pairs, the one of the highest CC kept: what can be deployed."""

    wrong_name, needs_support = "", True

    def __init__(self, bank: Bank, name: str) -> None:
        self.name, self._bank = name, bank

    def fit(self, data: EvaluationData) -> None:
        """Nothing is learnt."""

    def predict(self, data: EvaluationData, query: Query) -> Tensor:
        """Densities (N, H, W) of the images of a query."""
        assert query.support is not None
        chosen, _ = _best(self._bank, data, query, query.support.observer, query.support.images)
        return self._bank.densities(data, chosen, query.observer, query.images, query.base_NHW)

    def applies(self, data: EvaluationData, observers: Sequence[int]) -> bool:
        """Whether none of the observers has a network."""
        return not self._bank.n_known(data, observers)


def _best(
    bank: Bank, data: EvaluationData, query: Query, who: int, images: NDArray[np.int64], *, by_loss: bool = False
) -> tuple[int, Tensor]:
    """The network that predicts somebody's maps of some images best, and its predictions."""
    base_NHW = data.base(who, images)
    truth_NHW = data.personal(who, images)
    found: list[tuple[float, int, Tensor]] = []
    for which in bank.candidates(data, query.observer):
        map_NHW = bank.maps(data, which, who, images, base_NHW)
        density_NHW = to_density(map_NHW)
        cc_N = evaluate_maps(density_NHW, truth_BHW=truth_NHW, metrics=("cc",))["cc"]
        worth = -functional.mse_loss(map_NHW, truth_NHW) if by_loss else cc_N.mean()
        found.append((float(worth), which, density_NHW))
    _, which, density_NHW = max(found, key=lambda entry: entry[0])
    return which, density_NHW


class AdaptedTaskModel:
    """Trains the last three layers anew for every set of support pairs; the shared convolutions stay.

    Source:
        Xu et al. (2017), where a new observer trains the last three layers.
    """

    needs_support = True

    def __init__(self, network: MultiTaskNetwork, bank: Bank, *, name: str, wrong_name: str, peak: float) -> None:
        self.name, self.wrong_name = name, wrong_name
        self._network, self._bank, self._peak = network, bank, peak
        self._last: tuple[tuple[int, ...], MultiTaskNetwork] | None = None

    def fit(self, data: EvaluationData) -> None:
        """Nothing is learnt."""

    def predict(self, data: EvaluationData, query: Query) -> Tensor:
        """Densities (N, H, W) of the images of a query."""
        assert query.support is not None
        support = query.support
        key = (support.observer, *support.images.tolist())
        if self._last is None or self._last[0] != key:
            usm_MHW = self._scaled(data, data.base(support.observer, support.images))
            adapted = adapt_task(
                self._network,
                data.tensors.images(support.images),
                usm_MHW,
                data.personal(support.observer, support.images),
            )
            self._last = key, adapted
        return self._densities(self._last[1], data, query.images, query.base_NHW)

    @torch.inference_mode()
    def _densities(self, network: MultiTaskNetwork, data: EvaluationData, images: Rows, base_NHW: Tensor) -> Tensor:
        usm_NHW = self._scaled(data, base_NHW)
        parts = []
        for i in range(0, len(images), _CHUNK):
            chunk = slice(i, i + _CHUNK)
            delta_NHW = network.predict(data.tensors.images(images[chunk]), usm_NHW[chunk], 0)
            parts.append(to_density(usm_NHW[chunk] + delta_NHW if network.universal else delta_NHW))
        return torch.cat(parts)

    def _scaled(self, data: EvaluationData, base_NHW: Tensor) -> Tensor:
        # a true map has the training maps' scale already
        return scale_to_peak(base_NHW, self._peak) if data.usm == "predicted" else base_NHW

    def applies(self, data: EvaluationData, observers: Sequence[int]) -> bool:
        """Whether none of the observers has a task."""
        return not self._bank.n_known(data, observers)
