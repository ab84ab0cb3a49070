"""What the trainings of basis maps share: what the backbone sees in every image, ready once, and batches of pairs.

Shape legend: N images, O observers, B pairs, C channels of the backbone, P directions of them, T habits, H W map grid,
h w basis grid.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from gazeapp.errors import NotEnoughData
from gazeapp.networks.backbone import Backbone
from gazeapp.networks.gaze_basis import GazeBasis, on_basis_grid
from gazeapp.networks.map_grid import to_density
from trainer.data.dataset import fixation_counts, habits_of
from trainer.data.tensors import Index, TensorDataset

_CHUNK = 16
_LEAST_OWN = 2
"""Images of an observer: one to make an embedding from, one to predict."""
_AXES_IMAGES = 100
"""Of each data set, from which the directions of natural images are found."""
_AXES_STRIDE = 2
"""Cells between two places looked at there."""


class BasisData:
    """One data set as the trainings of basis maps use it.

    Args:
        part: Images and maps.
        basis: Along whose axes the images are kept.
        backbone: What sees them.
    """

    def __init__(self, part: TensorDataset, basis: GazeBasis, backbone: Backbone) -> None:
        self.part = part
        found = []
        with torch.no_grad():
            for i in range(0, part.n_images, _CHUNK):
                index = np.arange(i, min(i + _CHUNK, part.n_images))
                # half precision: a thousand images fit in half a gigabyte
                found.append(basis.directions(part.features(backbone, index)).half())
        self._directions_NPhw = torch.cat(found)
        self.size_hw = (int(self._directions_NPhw.shape[-2]), int(self._directions_NPhw.shape[-1]))
        maps_NOhw = torch.cat(
            [
                functional.adaptive_avg_pool2d(part.maps_NOHW[i : i + _CHUNK].float(), self.size_hw)
                for i in range(0, part.n_images, _CHUNK)
            ]
        )
        self._scaled_NOhw = maps_NOhw
        total_NO11 = maps_NOhw.sum(dim=(-2, -1), keepdim=True)
        self.observed_density_NOhw = maps_NOhw / total_NO11.clamp_min(1e-9)
        """Where every observer looked, densities on the basis grid; zero where they did not look."""
        self._predicted_Nhw = (
            None if part.predicted_NHW is None else on_basis_grid(to_density(part.predicted_NHW), self.size_hw)
        )
        self.n_fixations_NO = torch.from_numpy(fixation_counts(part.dataset)).to(part.device)
        self.habits_NOT = torch.from_numpy(habits_of(part.dataset)).to(part.device)

    def directions(self, images: Index) -> Tensor:
        """(B, P, h, w) what the images alone say."""
        return self._directions_NPhw[self.part.to_index(images)].float()

    def coarse_universal(self, images: Index, *, predicted: bool) -> Tensor:
        """Universal densities on the basis grid: (B, 1, h, w) predicted, the same for all, or (B, O, h, w), the mean of
        the observers but the one of its place.
        """
        index = self.part.to_index(images)
        if predicted:
            assert self._predicted_Nhw is not None
            return self._predicted_Nhw[index][:, None]
        scaled_BOhw = self._scaled_NOhw[index]
        return to_density(scaled_BOhw.sum(dim=1, keepdim=True) - scaled_BOhw)

    def universal(self, images: Index, observers: Index, *, predicted: bool) -> Tensor:
        """(B, H, W) universal densities: predicted, or the mean of the observers but the one of the pair."""
        if predicted:
            return self.part.predicted(images)
        return to_density(self.part.universal(images, observers))


@torch.no_grad()
def natural_axes(data: list[TensorDataset], backbone: Backbone, n_axes: int) -> tuple[Tensor, Tensor]:
    """Directions in which natural images differ most: mean (C,) of the backbone's channels and axes (C, P).

    Along the axes images have mean 0 and variance 1; no gaze is looked at. Data sets weigh the same.
    """
    means, products = [], []
    for part in data:
        index = np.arange(0, part.n_images, max(1, part.n_images // _AXES_IMAGES))
        n_channels = sum(backbone.channels)
        total = torch.zeros(n_channels, dtype=torch.float64, device=part.device)
        product = torch.zeros(n_channels, n_channels, dtype=torch.float64, device=part.device)
        n = 0
        for i in range(0, len(index), _CHUNK):
            features = part.features(backbone, index[i : i + _CHUNK])
            size = features[0].shape[-2:]
            fine = [functional.interpolate(f, size=size, mode="bilinear", align_corners=False) for f in features]
            sample_NC = torch.cat(fine, dim=1)[:, :, ::_AXES_STRIDE, ::_AXES_STRIDE].permute(0, 2, 3, 1).flatten(0, 2)
            total = total + sample_NC.double().sum(dim=0)
            product = product + (sample_NC.T @ sample_NC).double()
            n += len(sample_NC)
        means.append(total / n)
        products.append(product / n)
    mean_C = torch.stack(means).mean(dim=0)
    covariance_CC = torch.stack(products).mean(dim=0) - mean_C[:, None] * mean_C
    sd_C = covariance_CC.diagonal().clamp_min(1e-12).sqrt() + 1e-3
    variance_C, vectors_CC = torch.linalg.eigh(covariance_CC / sd_C[:, None] / sd_C)
    kept = min(n_axes, len(variance_C))
    variance_P, vectors_CP = variance_C.flip(0)[:kept], vectors_CC.flip(1)[:, :kept]
    return mean_C.float(), (vectors_CP / variance_P.clamp_min(1e-6).sqrt() / sd_C[:, None]).float()


def require_pairs(part: TensorDataset, least: int, *, predicted: bool) -> None:
    """Refuse data in which a step would find nothing to learn from.

    Args:
        part: To train on.
        least: Images.
        predicted: Whether some steps use only images with out-of-sample universal maps.

    Raises:
        NotEnoughData: Too few images, or observers who saw too few; names them.
    """
    usable = part.images_to_draw(predicted=predicted)
    source, kind = part.dataset.source, " with an out-of-sample universal map" * predicted
    if len(usable) < least:
        raise NotEnoughData(
            f"{source}: {len(usable)} images{kind} to train on; at least {least} are needed, some to make embeddings "
            f"from "
            "and some to predict"
        )
    n_own = part.has_map[usable].sum(axis=0)
    few = [part.dataset.observer_names[part.dataset.observer_index[k]] for k in np.flatnonzero(n_own < _LEAST_OWN)]
    if few:
        raise NotEnoughData(
            f"{source}: fixations on fewer than {_LEAST_OWN} images{kind} from observers {', '.join(few)}; leave them "
            f"out "
            "with --exclude-observers"
        )
