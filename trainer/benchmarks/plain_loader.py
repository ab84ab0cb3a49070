"""The usual way to feed such networks, to compare with: JPEGs are decoded and fixations blurred for every batch.

Shape legend: C channels, H W map grid rows and columns, O observers.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from torch.utils.data import Dataset as TorchDataset

from gazeapp.networks.map_grid import image_on_grid, personal_map_on_grid
from gazeapp.store.stimuli import decode_image
from trainer.data.dataset import Dataset
from trainer.data.source import FIXATION, DatasetSource, fixation_table

_JPEG_QUALITY = 90


class PlainPairs(TorchDataset[tuple[Tensor, Tensor, Tensor]]):
    """(image (3, H, W), personal map (H, W), mean of the others' maps (H, W)) of one pair, made when asked for.

    Args:
        dataset: Which images, observers and fixations.
        folder: Where the JPEGs are; `write_jpegs` puts them there.
    """

    def __init__(self, dataset: Dataset, folder: Path) -> None:
        self._dataset, self._folder = dataset, folder
        table = dataset.fixations
        self._first = np.searchsorted(table["image"], np.arange(len(dataset.image_names) + 1))

    def __len__(self) -> int:
        return self._dataset.n_images * self._dataset.n_observers

    def __getitem__(self, pair: int) -> tuple[Tensor, Tensor, Tensor]:
        row, column = divmod(pair, self._dataset.n_observers)
        image = int(self._dataset.image_index[row])
        height, width = self._dataset.maps.shape[-2:]
        pixels = image_on_grid(decode_image(self._folder / f"{image}.jpg").rgb, (width, height))
        image_CHW = torch.from_numpy(pixels).permute(2, 0, 1).float() / 127.5 - 1
        image_CHW = functional.interpolate(image_CHW[None], size=(height, width), mode="area")[0]
        maps_OHW = torch.stack([self._map(image, o) for o in self._dataset.observer_index.tolist()])
        others_HW = (maps_OHW.sum(dim=0) - maps_OHW[column]) / max(1, len(maps_OHW) - 1)
        return image_CHW, maps_OHW[column], others_HW

    def _map(self, image: int, observer: int) -> Tensor:
        rows = self._dataset.fixations[self._first[image] : self._first[image + 1]]
        own = rows[rows["observer"] == observer]
        height, width = self._dataset.maps.shape[-2:]
        density = personal_map_on_grid(
            np.stack([own["x_px"], own["y_px"]], axis=1).astype(np.float64),
            self._dataset.size_of(image),
            (width, height),
            float(self._dataset.px_per_deg[image]),
            self._dataset.sigma_deg,
        )
        return torch.from_numpy(density / max(float(density.max()), 1e-12))


def write_jpegs(dataset: Dataset, folder: Path) -> None:
    """Write the images in use as JPEGs of the size in which their fixations are given."""
    import cv2

    folder.mkdir(parents=True, exist_ok=True)
    for image in dataset.image_index.tolist():
        bgr = np.ascontiguousarray(dataset.images[image][:, :, ::-1])
        bgr = cv2.resize(bgr, dataset.size_of(image), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(folder / f"{image}.jpg"), bgr, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])


def synthetic_source(
    folder: Path, *, n_images: int, n_observers: int, size_wh: tuple[int, int] = (800, 600)
) -> DatasetSource:
    """Smooth noise and random fixations, of the size and number of a laboratory's: only the speed is of interest."""
    import cv2

    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    paths, rows = [], []
    for image in range(n_images):
        coarse: NDArray[np.uint8] = rng.integers(0, 256, (30, 40, 3), dtype=np.uint8)
        path = folder / f"{image:03d}.jpg"
        cv2.imwrite(str(path), cv2.resize(coarse, size_wh, interpolation=cv2.INTER_CUBIC))
        paths.append(path)
        for observer in range(n_observers):
            for order, (x, y) in enumerate(rng.uniform(0, 1, (9, 2)) * size_wh):
                rows.append((image, observer, 1, order, x, y, 0.25))
    table = fixation_table(rows)
    assert table.dtype == FIXATION
    return DatasetSource(
        name="synthetic",
        image_paths=tuple(paths),
        observers=tuple(map(str, range(n_observers))),
        image_size_wh=size_wh,
        px_per_deg=24.0,
        fixations=table,
    )
