"""The metrics of `gazeapp.saliency.metrics` for a batch of maps on any device; errors say which map is meant.

They are computed by the processor, map after map: one map and what is made of it stay in its cache, which took a fourth
of the time of tensor operations over whole batches.

Shape legend: B maps, H W rows and columns, P pixels of a map.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from gazeapp.saliency.metrics import METRICS, OF_MAPS, Pixels, ScoredMap, known_metrics, pixels_on, score_map


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FixationBatch:
    """The fixated pixels of every map of a batch; `pack_fixations` makes it."""

    pixels: tuple[Pixels, ...]
    size_wh: tuple[int, int]
    argument: str
    """What errors call it."""

    def repeated(self, n: int) -> FixationBatch:
        """The same fixations for n times as many maps."""
        return FixationBatch(pixels=self.pixels * n, size_wh=self.size_wh, argument=self.argument)


def pack_fixations(
    fixations_px: Sequence[ArrayLike], size_wh: tuple[int, int], *, argument: str = "fixations_px"
) -> FixationBatch:
    """Gather the fixations of B maps.

    Args:
        fixations_px: B arrays (N_b, 2) of pixels (x, y), floored to pixels of the map.
        size_wh: Width and height of the maps.
        argument: What errors call it.

    Raises:
        ValueError: A map without fixations, or with some beside it or not finite.
    """
    shape = size_wh[1], size_wh[0]
    pixels = tuple(pixels_on(shape, points, f"{argument}[{b}]") for b, points in enumerate(fixations_px))
    return FixationBatch(pixels=pixels, size_wh=size_wh, argument=argument)


def evaluate_maps(
    prediction_BHW: Tensor,
    *,
    truth_BHW: Tensor | None = None,
    fixations: FixationBatch | None = None,
    other_fixations: FixationBatch | None = None,
    baseline_BHW: Tensor | None = None,
    metrics: Iterable[str] = METRICS,
) -> dict[str, Tensor]:
    """Every metric that what is given allows; `evaluate_map` for a batch.

    Args:
        prediction_BHW: Maps; clipped at 0 for `sim`, `kld` and `ig`.
        truth_BHW: Densities, for `cc`, `sim`, `kld`.
        fixations: For `nss`, `auc`, `auc_judd`; with the next two for `sauc` and `ig`.
        other_fixations: Fixations on other images, for `sauc`.
        baseline_BHW: Densities, for `ig`; one that is expanded over the batch is looked at once.
        metrics: Names to compute; those without their input are left out.

    Returns:
        Name to (B,) float64 scores, on the maps' device.

    Raises:
        ValueError: Names the argument and the map.
    """
    wanted = known_metrics(metrics)
    predictions = _Maps(prediction_BHW, "prediction")
    truths = baselines = None
    if truth_BHW is not None and OF_MAPS & set(wanted):
        truths = _Maps(truth_BHW, "truth", like=prediction_BHW)
    if baseline_BHW is not None and "ig" in wanted:
        baselines = _Maps(baseline_BHW, "baseline", like=prediction_BHW)
    looked, others = (_pixels(batch, prediction_BHW.shape) for batch in (fixations, other_fixations))
    rows = [
        score_map(
            predictions[b],
            wanted,
            truth=None if truths is None else truths[b],
            pixels=None if looked is None else looked[b],
            others=None if others is None else others[b],
            baseline=None if baselines is None else baselines[b],
            fixations=f"fixations_px[{b}]" if fixations is None else f"{fixations.argument}[{b}]",
        )
        for b in range(len(prediction_BHW))
    ]
    device = prediction_BHW.device
    return {
        name: torch.tensor([row[name] for row in rows], dtype=torch.float64).to(device)
        for name in (rows[0] if rows else ())
    }


class _Maps:
    """The maps of a batch, one after the other: each takes over the memory of the one before."""

    def __init__(self, maps_BHW: Tensor, argument: str, like: Tensor | None = None) -> None:
        if maps_BHW.ndim != 3 or maps_BHW.numel() == 0:
            raise ValueError(f"{argument} must be (B, H, W) maps, got shape {tuple(maps_BHW.shape)}")
        if like is not None and maps_BHW.shape != like.shape:
            raise ValueError(f"{argument} has shape {tuple(maps_BHW.shape)}, prediction has {tuple(like.shape)}")
        is_same = maps_BHW.stride(0) == 0
        self._argument = argument
        few_BHW = (maps_BHW[:1] if is_same else maps_BHW).detach().cpu()
        is_narrow = few_BHW.dtype in (torch.bfloat16, torch.float16)
        self._maps: NDArray[np.generic] = (few_BHW.float() if is_narrow else few_BHW).numpy()
        self._memory = np.empty(self._maps[0].size)
        self._only = ScoredMap(self._maps[0], f"{argument}[0]") if is_same else None

    def __getitem__(self, b: int) -> ScoredMap:
        return self._only or ScoredMap(self._maps[b], f"{self._argument}[{b}]", memory=self._memory)


def _pixels(batch: FixationBatch | None, shape: torch.Size) -> tuple[Pixels, ...] | None:
    if batch is None:
        return None
    width, height = batch.size_wh
    if (len(batch.pixels), height, width) != tuple(shape):
        raise ValueError(
            f"{batch.argument} belongs to {len(batch.pixels)} maps of {width}×{height}, "
            f"prediction has shape {tuple(shape)}"
        )
    return batch.pixels
