"""Features of a data set's images, computed once and kept beside them: a frozen backbone sees an image always alike.

Shape legend: N images, C channels, h w feature grid.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from gazeapp.networks.backbone import Backbone
from trainer.data.dataset import Dataset

_log = logging.getLogger(__name__)
_CHUNK = 8
_KNOWN = "known.npy"


class FeatureFile:
    """Half-precision features of the images of DATA, in a folder beside them; computed for those asked for.

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
        name = f"features-{self._backbone.sha256[:12]}{'-mirrored' * mirrored}"
        total = len(self._dataset.image_names)
        shapes = [(total, *feature.shape[1:]) for feature in self._compute(images[:1], mirrored)]
        try:
            levels, is_known = _open(self._dataset.folder / name, shapes)
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


def _open(folder: Path, shapes: Sequence[tuple[int, ...]]) -> tuple[list[NDArray[np.float16]], NDArray[np.uint8]]:
    """The arrays of a folder, and which images are in them; made whole and put into place at once, because several
    processes may begin with the same DATA.
    """
    kinds: list[tuple[str, type, tuple[int, ...]]] = [(f"{k}.npy", np.float16, shape) for k, shape in enumerate(shapes)]
    kinds.append((_KNOWN, np.uint8, shapes[0][:1]))
    if not _holds(folder, kinds):
        made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", suffix=".part", dir=folder.parent))
        try:
            for name, kind, shape in kinds:
                np.lib.format.open_memmap(made / name, "w+", kind, shape)
            if folder.exists() and not _holds(folder, kinds):  # of other images, or damaged
                folder.replace(made / "former")
            with contextlib.suppress(OSError):  # another process was first, and its arrays are as good
                made.replace(folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)
            shutil.rmtree(folder / "former", ignore_errors=True)
    *levels, is_known = [np.load(folder / name, mmap_mode="r+") for name, _, _ in kinds]
    return levels, is_known


def _holds(folder: Path, kinds: Sequence[tuple[str, type, tuple[int, ...]]]) -> bool:
    try:
        found = [np.load(folder / name, mmap_mode="r") for name, _, _ in kinds]
    except (OSError, ValueError):
        return False
    return all(
        array.shape == shape and array.dtype == kind for array, (_, kind, shape) in zip(found, kinds, strict=True)
    )
