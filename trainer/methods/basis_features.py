"""Data for the trainings on basis maps: trunk features of every image, ready once, and batches of pairs.

Shape legend: N images, O observers, B pairs, C channels of the trunk, T habits, H W map grid, h w basis grid.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from gazeapp.errors import NotEnoughData
from gazeapp.networks.gaze_basis import BASIS_SCALE, GazeBasis, log_contrast, on_basis_grid
from gazeapp.networks.map_grid import to_density
from trainer.data.dataset import habits_of
from trainer.data.tensors import Index, TensorDataset

_CHUNK = 16
_LEAST_OWN = 2
"""Images of an observer: one to make an embedding from, one to predict."""


class BasisData:
    """One data set as the trainings of basis maps use it.

    Args:
        part: Images and maps.
        basis: Whose trunk sees the images.
    """

    def __init__(self, part: TensorDataset, basis: GazeBasis) -> None:
        self.part = part
        grid = (int(part.maps_NOHW.shape[-2]), int(part.maps_NOHW.shape[-1]))
        found = []
        for i in range(0, part.n_images, _CHUNK):
            index = np.arange(i, min(i + _CHUNK, part.n_images))
            # half precision: a thousand images fit in half a gigabyte
            found.append(basis.image_channels(part.images(index, full=True), grid).half())
        self._channels_NChw = torch.cat(found)
        self.observed_density_NOhw = _on_basis_grid(part, part.maps_NOHW)
        """Where every observer looked, densities on the basis grid; zero where they did not look."""
        self._scaled_NOhw = part.downsampled(BASIS_SCALE)[1]
        self._predicted_Nhw = None if part.predicted_NHW is None else on_basis_grid(to_density(part.predicted_NHW))
        self.habits_NOT = torch.from_numpy(habits_of(part.dataset)).to(part.device)

    def channels(self, images: Index) -> Tensor:
        """(B, C, h, w) what the images alone say."""
        return self._channels_NChw[self.part.to_index(images)].float()

    def coarse_universal(self, images: Index, *, predicted: bool) -> Tensor:
        """(B, O, h, w) universal densities on the basis grid, each without the observer of its place."""
        index = self.part.to_index(images)
        if predicted:
            assert self._predicted_Nhw is not None
            return self._predicted_Nhw[index][:, None].expand(-1, self.part.n_observers, -1, -1)
        scaled_BOhw = self._scaled_NOhw[index]
        return to_density(scaled_BOhw.sum(dim=1, keepdim=True) - scaled_BOhw)

    def universal(self, images: Index, observers: Index, *, predicted: bool) -> Tensor:
        """(B, H, W) universal densities: predicted, or the mean of the observers but the one of the pair."""
        if predicted:
            return self.part.predicted(images)
        return to_density(self.part.universal(images, observers))

    def channel_statistics(self, *, predicted: bool) -> tuple[Tensor, Tensor]:
        """Mean and variance (C + 1,) of the channels and of the log universal density."""
        usable = self.part.images_to_draw(predicted=predicted)[::4]
        channels_BChw = self.channels(usable)
        log_usm_Bhw = log_contrast(self.coarse_universal(usable, predicted=predicted)[:, 0])
        every = torch.cat([channels_BChw, log_usm_Bhw[:, None]], dim=1)
        return every.mean(dim=(0, 2, 3)), every.var(dim=(0, 2, 3))


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


def _on_basis_grid(part: TensorDataset, maps_NOHW: Tensor) -> Tensor:
    found = []
    for i in range(0, part.n_images, _CHUNK):
        maps_BHW = maps_NOHW[i : i + _CHUNK].float().flatten(0, 1)
        density_Bhw = on_basis_grid(maps_BHW) * (maps_BHW.amax(dim=(1, 2), keepdim=True) > 0)
        found.append(density_Bhw.view(-1, part.n_observers, *density_Bhw.shape[1:]))
    return torch.cat(found)
