"""Features of a data set's images, computed once and kept beside them: a frozen backbone sees an image always alike.

Shape legend: N images, C channels, h w feature grid.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gazeapp.networks.backbone import Backbone
from trainer.data.dataset import Dataset

_log = logging.getLogger(__name__)
_CHUNK = 8


class FeatureFile:
    """Half-precision features of the images of DATA, in files beside them; computed for those asked for.

    Args:
        dataset: Whose images.
        backbone: What sees them; files carry its hash.
        device: Where it runs.
    """

    def __init__(self, dataset: Dataset, backbone: Backbone, device: torch.device | str = "cpu") -> None:
        self._dataset = dataset
        self._backbone = backbone
        self._device = torch.device(device)

    def read(self, images: NDArray[np.int64], *, mirrored: bool = False) -> list[NDArray[np.float16]]:
        """One array (all images, C, h, w) per entry of `Backbone.forward`, memory-mapped; those asked for are there.

        Args:
            images: Stored positions.
            mirrored: Of the mirror images.
        """
        stem = f"features-{self._backbone.sha256[:12]}{'-mirrored' * mirrored}"
        total = len(self._dataset.image_names)
        shapes = [(total, *feature.shape[1:]) for feature in self._compute(images[:1], mirrored)]
        try:
            levels = [self._open(f"{stem}-{k}", np.float16, shape) for k, shape in enumerate(shapes)]
            is_known = self._open(f"{stem}-known", np.uint8, (total,))
        except OSError as error:
            _log.warning("%s: features cannot be kept (%s); computed each time", self._dataset.folder, error.strerror)
            levels = [np.zeros(shape, np.float16) for shape in shapes]
            is_known = np.zeros(total, np.uint8)
        missing = images[is_known[images] == 0]
        for i in range(0, len(missing), _CHUNK):
            rows = missing[i : i + _CHUNK]
            for level, feature in zip(levels, self._compute(rows, mirrored), strict=True):
                level[rows] = feature
            # a file that was cut off in between computes them again
            is_known[rows] = 1
        return levels

    def _compute(self, images: NDArray[np.int64], mirrored: bool) -> Sequence[NDArray[np.float16]]:
        pixels = torch.from_numpy(np.asarray(self._dataset.feature_images[images]))
        image_BCHW = pixels.to(self._device).permute(0, 3, 1, 2).float() / 127.5 - 1.0
        if mirrored:
            image_BCHW = image_BCHW.flip(-1)
        return [feature.half().cpu().numpy() for feature in self._backbone.to(self._device)(image_BCHW)]

    def _open(self, name: str, kind: type, shape: tuple[int, ...]) -> NDArray[Any]:  # Any: of `kind`
        path = self._dataset.folder / f"{name}.npy"
        if path.is_file():
            try:
                found: NDArray[Any] = np.load(path, mmap_mode="r+")  # Any: of what was stored
                if found.shape == shape and found.dtype == kind:
                    return found
            except ValueError:
                pass
        made: NDArray[Any] = np.lib.format.open_memmap(path, "w+", kind, shape)  # Any: of `kind`
        return made
