"""Training data in memory: images and personal maps of one data set as tensors, and batches of them.

Batches are picked on the device where the data lie. An index may be an array, which costs a copy to the device, or a
tensor that is there already: training steps send all that they drew at once (`trainer.data.tensors`).

Shape legend: N images, O observers, B samples, C channels, H W map grid rows and columns, 2H 2W image grid.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from gazeapp.networks.backbone import Backbone, find_backbone
from gazeapp.networks.map_grid import IMAGE_SCALE, to_density
from gazeapp.networks.universal import UniversalNetwork, predict_density
from gazeapp.networks.user_embedding import UserEncoder
from trainer.data.dataset import Dataset
from trainer.data.features import FeatureFile

_ALIGNED_BYTES = 8


def send(device: torch.device, *arrays: NDArray[Any]) -> tuple[Tensor, ...]:
    """The arrays as tensors on the device, parts of one block of memory.

    To a GPU the block is copied from pinned memory while the host goes on. A tensor made from a list or an array where
    it is needed would be a copy of its own each time, from pageable memory, for which the host waits until the GPU has
    done all that was asked of it before.

    Args:
        device: Where the tensors lie.
        arrays: Of any shapes; integers, floating-point numbers or truth values.
    """
    parts = [np.ascontiguousarray(array) for array in arrays]
    starts = np.cumsum([0, *(-(-part.nbytes // _ALIGNED_BYTES) * _ALIGNED_BYTES for part in parts)])
    block = np.zeros(int(starts[-1]), dtype=np.uint8)
    for start, part in zip(starts, parts, strict=False):
        block[start : start + part.nbytes] = part.reshape(-1).view(np.uint8)
    whole = torch.from_numpy(block)
    if device.type == "cuda":
        whole = whole.pin_memory()
    whole = whole.to(device, non_blocking=True)
    return tuple(
        whole[start : start + part.nbytes].view(_torch_type(part)).view(part.shape)
        for start, part in zip(starts.tolist(), parts, strict=False)
    )


def _torch_type(array: NDArray[Any]) -> torch.dtype:
    return _TYPES[array.dtype.name]


_TYPES = {
    "bool": torch.bool,
    "int32": torch.int32,
    "int64": torch.int64,
    "float32": torch.float32,
    "float64": torch.float64,
}


Index = NDArray[np.int64] | Tensor


class TensorDataset:
    """The part of a data set in use, held in memory.

    Args:
        dataset: Which images and observers.
        device: Where the tensors lie.
    """

    def __init__(self, dataset: Dataset, device: torch.device | str = "cpu") -> None:
        self.dataset = dataset
        self.device = torch.device(device)
        rows = dataset.image_index
        self.images_N2H2WC = torch.from_numpy(dataset.images[rows]).to(self.device)
        self.maps_NOHW = torch.from_numpy(dataset.maps[rows][:, dataset.observer_index]).to(self.device)
        self.has_map_NO = self.maps_NOHW.amax(dim=(-2, -1)) > 0
        self.predicted_NHW: Tensor | None = None
        """Densities that a universal network predicts, where given."""
        self.out_of_sample_N: NDArray[np.bool_] = np.zeros(self.n_images, dtype=bool)
        """Whether the prediction comes from a network that was not trained on the image."""

        self._downsampled: dict[int, tuple[Tensor, Tensor]] = {}
        self._features: dict[tuple[str, bool], list[Tensor]] = {}
        self._seen: WeakKeyDictionary[UserEncoder, dict[bool, Tensor]] = WeakKeyDictionary()

    def features(self, backbone: Backbone, index: Index, *, flip: bool = False) -> list[Tensor]:
        """What the backbone sees in images, or in their mirror images: float32, as `Backbone.forward` returns it.

        Computed once for all images in use, then kept in half precision, here and in the folder of DATA.
        """
        key = (backbone.sha256, flip)
        stored = self.dataset.image_index
        if key not in self._features:
            levels = FeatureFile(self.dataset, backbone, self.device).read(stored, mirrored=flip)
            # a GPU takes all that is used; a processor reads what a step draws from the mapped files
            on_host = self.device.type == "cpu"
            self._features[key] = [
                torch.from_numpy(level if on_host else level[stored]).to(self.device) for level in levels
            ]
        rows = self.to_index(index)
        if self.device.type == "cpu":
            rows = torch.from_numpy(stored)[rows]
        return [level[rows].float() for level in self._features[key]]

    @torch.no_grad()
    def seen_by(self, encoder: UserEncoder, index: Index, *, flip: bool = False) -> Tensor:
        """Images (B, C, h, w) as the encoder takes them: RGB, or features of its backbone, computed once for all."""
        if not encoder.n_axes:
            return self.images(index, flip=flip)
        kept = self._seen.setdefault(encoder, {})
        if flip not in kept:
            backbone = find_backbone(sha256=encoder.backbone_sha256 or None)
            every = np.arange(self.n_images)
            kept[flip] = torch.cat(
                [encoder.see(self.features(backbone, every[i : i + 16], flip=flip)) for i in range(0, len(every), 16)]
            )
        return kept[flip][self.to_index(index)]

    def downsampled(self, factor: int) -> tuple[Tensor, Tensor]:
        """Images (N, 3, H/f, W/f) in [-1, 1] and personal maps (N, O, H/f, W/f), averaged; made once and kept.

        The embedding network sees every observer of an image in each step: converting and averaging the maps anew
        cost more than the network itself.
        """
        if factor not in self._downsampled:
            images, maps = [], []
            for i in range(0, self.n_images, 32):
                index = np.arange(i, min(i + 32, self.n_images))
                images.append(functional.avg_pool2d(self.images(index), factor))
                maps.append(functional.avg_pool2d(self.maps(index), factor))
            self._downsampled[factor] = torch.cat(images), torch.cat(maps)
        return self._downsampled[factor]

    @property
    def n_images(self) -> int:
        """Images held."""
        return len(self.images_N2H2WC)

    @property
    def n_observers(self) -> int:
        """Observers held."""
        return self.maps_NOHW.shape[1]

    @cached_property
    def has_map(self) -> NDArray[np.bool_]:
        """`has_map_NO` for those who draw, on the host; whoever changes that does it before this is first asked for."""
        return np.asarray(self.has_map_NO.cpu().numpy())

    def to_index(self, index: Index) -> Tensor:
        """The index as a tensor where the data are."""
        return index if isinstance(index, Tensor) else send(self.device, index)[0]

    def usm_peak(self) -> float:
        """Average maximum of the universal maps."""
        peaks = [float(self.maps_NOHW[i].float().mean(dim=0).amax()) for i in range(self.n_images)]
        return float(np.mean(peaks))

    def images(self, index: Index, *, flip: bool = False, full: bool = False) -> Tensor:
        """(B, 3, H, W) in [-1, 1]; with `full` (B, 3, 2H, 2W)."""
        image_BHWC = self.images_N2H2WC[self.to_index(index)]
        image_BCHW = image_BHWC.permute(0, 3, 1, 2).float() / 127.5 - 1.0
        if not full:
            image_BCHW = functional.avg_pool2d(image_BCHW, IMAGE_SCALE)
        return image_BCHW.flip(-1) if flip else image_BCHW

    def maps(self, images: Index, *, flip: bool = False) -> Tensor:
        """(B, O, H, W) personal maps of all observers, maximum 1."""
        psm_BOHW = self.maps_NOHW[self.to_index(images)].float()
        return psm_BOHW.flip(-1) if flip else psm_BOHW

    def personal(self, images: Index, observers: Index, *, flip: bool = False) -> Tensor:
        """(B, H, W) personal maps, maximum 1."""
        psm_BHW = self.maps_NOHW[self.to_index(images), self.to_index(observers)].float()
        return psm_BHW.flip(-1) if flip else psm_BHW

    def universal(
        self,
        images: Index,
        observers: Index | None = None,
        *,
        flip: bool = False,
    ) -> Tensor:
        """(B, H, W) mean of the personal maps, without that of `observers` where given."""
        psm_BOHW = self.maps_NOHW[self.to_index(images)].float()
        total_BHW = psm_BOHW.sum(dim=1)
        count = self.n_observers
        if observers is not None:
            rows = torch.arange(len(images), device=self.device)
            total_BHW = total_BHW - psm_BOHW[rows, self.to_index(observers)]
            count -= 1
        usm_BHW = total_BHW.clamp_min(0) / max(1, count)
        return usm_BHW.flip(-1) if flip else usm_BHW

    def images_to_draw(self, *, predicted: bool) -> NDArray[np.int64]:
        """Indices that a training step may draw; with the predicted map, only those predicted out of sample."""
        if predicted and self.out_of_sample_N.any():
            return np.flatnonzero(self.out_of_sample_N)
        return np.arange(self.n_images)

    def predicted(self, images: Index, *, flip: bool = False) -> Tensor:
        """(B, H, W) predicted universal densities; `attach_universal` provides them."""
        assert self.predicted_NHW is not None
        density_BHW = self.predicted_NHW[self.to_index(images)].float()
        density_BHW = to_density(density_BHW)
        return density_BHW.flip(-1) if flip else density_BHW


@torch.inference_mode()
def predict_universal(
    network: torch.nn.Module, data: TensorDataset, index: NDArray[np.int64], *, mirrored: bool = True
) -> Tensor:
    """Universal densities (B, H, W) of the images at `index`, from the images and their mirror images."""
    assert isinstance(network, UniversalNetwork)
    network.eval()
    backbone = find_backbone(sha256=network.backbone_sha256 or None)
    grid = (int(data.maps_NOHW.shape[-2]), int(data.maps_NOHW.shape[-1]))
    parts = []
    for i in range(0, len(index), 16):
        rows = index[i : i + 16]
        flipped = data.features(backbone, rows, flip=True) if mirrored else None
        parts.append(predict_density(network, data.features(backbone, rows), grid, mirrored=flipped))
    return torch.cat(parts)
