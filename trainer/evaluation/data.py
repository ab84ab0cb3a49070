"""The data of one evaluation, as models may see it: who makes up the universal map, and which images are for learning.

Shape legend: N images, O observers, H W map grid rows and columns, F fixations.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gazeapp.networks.map_grid import scale_to_peak, to_density
from trainer.data.tensors import TensorDataset

SELF_INCLUSIVE = "self-inclusive"
_CHUNK = 32


class EvaluationData:
    """Images, maps and fixations, with the universal map of a group that includes the target only where that is asked.

    Args:
        tensors: All observers and images of the evaluation; with predicted universal maps for `usm` "predicted".
        group: Positions of the observers whose mean is the universal map, and of whom models may learn.
        learning_images: Positions of the images from which models learn and support pairs are drawn.
        usm: `true`, `predicted`, or `self-inclusive`: the true one with the target's own map in it, as papers have it.
        seed: Of everything drawn.
    """

    def __init__(
        self,
        tensors: TensorDataset,
        *,
        group: Sequence[int],
        learning_images: NDArray[np.int64],
        usm: str = "true",
        seed: int = 0,
    ) -> None:
        self.tensors = tensors
        self.group = tuple(group)
        self.learning_images = learning_images
        self.usm = usm
        self.seed = seed
        members = torch.tensor(self.group)
        n, height, width = tensors.n_images, *tensors.maps_NOHW.shape[-2:]
        self.grid_hw = (int(height), int(width))
        self._total_NHW = torch.empty(n, height, width)
        for i in range(0, n, _CHUNK):
            part = tensors.maps_NOHW[i : i + _CHUNK][:, members]
            self._total_NHW[i : i + _CHUNK] = part.float().sum(dim=1)
        peaks = self._total_NHW[torch.from_numpy(learning_images)].amax(dim=(1, 2))
        self.usm_peak = float(peaks.mean()) / max(1, len(self.group))
        """Average maximum of the group's universal maps."""
        self._cells = FixationCells(tensors)

    def base(self, observer: int, images: NDArray[np.int64]) -> Tensor:
        """(N, H, W) universal maps in the training maps' scale; a true one is the group's mean without the observer."""
        if self.usm == "predicted":
            return scale_to_peak(self.tensors.predicted(images), self.usm_peak)
        base_NHW = self.true_base(observer, images)
        if self.usm == SELF_INCLUSIVE:
            return base_NHW + (self.personal(observer, images) - base_NHW) / (len(self.others(observer)) + 1)
        return base_NHW

    def true_base(self, observer: int, images: NDArray[np.int64]) -> Tensor:
        """(N, H, W) mean map of the group without the observer, whatever `usm` says."""
        total_NHW, count = self._total_NHW[torch.from_numpy(images)], len(self.group)
        if observer in self.group:
            total_NHW, count = total_NHW - self.personal(observer, images), count - 1
        return total_NHW.clamp_min(0) / max(1, count)

    def personal(self, observer: int, images: NDArray[np.int64]) -> Tensor:
        """(N, H, W) maps of one observer, maximum 1; all zero where they have no fixation."""
        return self.tensors.personal(images, np.full(len(images), observer))

    def others(self, *left_out: int) -> list[int]:
        """The group without some."""
        return [observer for observer in self.group if observer not in left_out]

    def usable(self, observer: int, images: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
        """Those of the images (default: the learning images) on which the observer has fixations."""
        images = self.learning_images if images is None else images
        seen = self.tensors.has_map_NO[torch.from_numpy(images), observer].cpu().numpy()
        return np.asarray(images[seen])

    def fixations(self, observer: int, images: NDArray[np.int64]) -> list[NDArray[np.float64]]:
        """(F, 2) points (x, y) in map cells per image; those beside the image are left out."""
        return self._cells.of(observer, images)

    def sigma_cells(self) -> float:
        """Blur of the personal maps in map cells, median over images."""
        dataset = self.tensors.dataset
        width_px = np.median(dataset.image_sizes_px[dataset.image_index, 0])
        return dataset.sigma_px * self.grid_hw[1] / float(width_px)


class FixationCells:
    """Fixations in map cells, by observer and image."""

    def __init__(self, tensors: TensorDataset) -> None:
        dataset = tensors.dataset
        height, width = dataset.maps.shape[-2:]
        table = np.asarray(dataset.fixations)
        scale = (np.array([width, height]) / dataset.image_sizes_px)[table["image"]]
        points = np.stack([table["x_px"], table["y_px"]], axis=1) * scale
        inside = ((points >= 0) & (points < [width, height])).all(axis=1)
        self._dataset = dataset
        self._table, self._points = table[inside], points[inside].astype(np.float64)
        self._first = np.searchsorted(self._table["image"], np.arange(len(dataset.image_names) + 1))

    def of(self, observer: int, images: NDArray[np.int64]) -> list[NDArray[np.float64]]:
        """(F, 2) per image; positions count among the images and observers in use."""
        found = []
        who = self._dataset.observer_index[observer]
        for image in self._dataset.image_index[images].tolist():
            rows = slice(self._first[image], self._first[image + 1])
            found.append(self._points[rows][self._table["observer"][rows] == who])
        return found


def mean_density(data: EvaluationData, observer: int, images: NDArray[np.int64]) -> Tensor:
    """(H, W) mean of one observer's densities over images; every image weighs the same."""
    total_HW = torch.zeros(data.grid_hw)
    for i in range(0, len(images), _CHUNK):
        total_HW += to_density(data.personal(observer, images[i : i + _CHUNK])).sum(dim=0)
    return total_HW / max(1, len(images))
