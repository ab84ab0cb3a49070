"""Batches for networks with a part for every observer: as many pairs of each observer as of any other.

Shape legend: B pairs of one observer, O observers, C channels, H W map grid rows and columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gazeapp.networks.grid import scale_to_peak
from trainer.data.resident import Resident
from trainer.data.transfer import send


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ObserverBatch:
    """Pairs of some observers of one data set."""

    image_BOCHW: Tensor
    """RGB in [-1, 1]; every observer looks at other images."""
    usm_BOHW: Tensor
    """Universal maps without the observer, or predicted ones."""
    psm_BOHW: Tensor
    """Personal maps, maximum 1."""

    @property
    def delta_BOHW(self) -> Tensor:
        """Discrepancies on the map grid."""
        return self.psm_BOHW - self.usm_BOHW


def draw_batch(
    part: Resident,
    rng: np.random.Generator,
    per_observer: int,
    *,
    peak: float,
    predicted_usm: float,
    mirrored: bool = True,
) -> ObserverBatch:
    """Random pairs of every observer.

    Args:
        part: Data.
        rng: Of the step.
        per_observer: Pairs of each observer; drawn again from those with a map, where an observer has fewer.
        peak: Scale of predicted universal maps.
        predicted_usm: Share of batches on the predicted universal map, where there is one.
        mirrored: Half of the batches are, as Xu et al. (2017) do; a preference for one side is then unlearnt.
    """
    flip = bool(rng.random() < 0.5) and mirrored
    predicted = part.predicted_NHW is not None and rng.random() < predicted_usm
    usable = part.images_to_draw(predicted=predicted)
    columns = []
    for observer in range(part.n_observers):
        own = usable[part.has_map[usable, observer]]
        columns.append(rng.choice(own, per_observer, replace=len(own) < per_observer))
    image_R, observer_R = send(
        part.device,
        np.stack(columns, axis=1).reshape(-1),
        np.tile(np.arange(part.n_observers), per_observer),
    )
    if predicted:
        usm_RHW = scale_to_peak(part.predicted(image_R, flip=flip), peak)
    else:
        usm_RHW = part.universal(image_R, observer_R, flip=flip)

    def by_observer(values_R: Tensor) -> Tensor:
        return values_R.reshape(per_observer, part.n_observers, *values_R.shape[1:])

    return ObserverBatch(
        image_BOCHW=by_observer(part.images(image_R, flip=flip)),
        usm_BOHW=by_observer(usm_RHW),
        psm_BOHW=by_observer(part.personal(image_R, observer_R, flip=flip)),
    )


def observer_slices(data: list[Resident]) -> list[slice]:
    """Which of all data sets' observers each data set has; a network numbers them in this order."""
    ends = np.cumsum([part.n_observers for part in data]).tolist()
    return [slice(end - part.n_observers, end) for end, part in zip(ends, data, strict=True)]


def observer_names(data: list[Resident]) -> list[str]:
    """`SOURCE:NAME` of every observer, in the network's order; for the checkpoint."""
    return [
        f"{part.dataset.source}:{part.dataset.observer_names[k]}"
        for part in data
        for k in part.dataset.observer_index.tolist()
    ]


def mean_square_sums(maps_BOHW: list[Tensor], delta_BOHW: Tensor) -> tuple[Tensor, Tensor]:
    """(predicted maps, O) mean squared errors of each observer and (O,) mean squares of the discrepancies themselves."""
    size = maps_BOHW[-1].shape[-2:]
    target_BOHW = torch.nn.functional.adaptive_avg_pool2d(delta_BOHW, (size[0], size[1]))
    error_TO = torch.stack([(map_BOHW - target_BOHW).square().mean(dim=(0, 2, 3)) for map_BOHW in maps_BOHW])
    return error_TO, target_BOHW.square().mean(dim=(0, 2, 3))
