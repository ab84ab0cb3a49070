"""The metrics of `gazeapp.saliency.metrics` over a batch of maps at once, on CPU or GPU.

That module is the definition: each score here equals its score of the same map, with the same rules for what has no
answer. Only the errors differ: they also say which map of the batch is meant.

Shape legend: B maps, H W rows and columns, P pixels of a map, N fixations of the map with most.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from gazeapp.saliency.maps import as_points, is_inside
from gazeapp.saliency.metrics import KLD_EPSILON, METRICS, OF_MAPS, known_metrics


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FixationBatch:
    """The fixated pixels of every map of a batch, padded to the map with most; `pack_fixations` makes it."""

    pixel_BN: Tensor
    """int64 row * W + column; 0 where `is_real_BN` is false."""
    is_real_BN: Tensor
    size_wh: tuple[int, int]
    argument: str
    """What errors call it."""


def pack_fixations(
    fixations_px: Sequence[ArrayLike],
    size_wh: tuple[int, int],
    *,
    device: torch.device | str = "cpu",
    argument: str = "fixations_px",
) -> FixationBatch:
    """Gather the fixations of B maps.

    Args:
        fixations_px: B arrays (N_b, 2) of pixels (x, y), floored to pixels of the map.
        size_wh: Width and height of the maps.
        device: Where the maps lie.
        argument: What errors call it.

    Raises:
        ValueError: A map without fixations, or with some beside it or not finite.
    """
    width, height = size_wh
    arrays = []
    for b, points in enumerate(fixations_px):
        try:
            array = as_points(points)
        except ValueError as error:
            message = str(error).replace("fixations_px", f"{argument}[{b}]")
            raise ValueError(message) from None
        if len(array) == 0:
            raise ValueError(f"{argument}[{b}] is empty")
        n_beside = int((~is_inside(array, size_wh)).sum())
        if n_beside:
            raise ValueError(f"{argument}[{b}] holds {n_beside} of {len(array)} points beside the {width}×{height} map")
        arrays.append(np.floor(array).astype(np.int64))
    counts = np.array([len(array) for array in arrays], dtype=np.int64)
    real = np.arange(counts.max(initial=0)) < counts[:, None]
    pixels = np.zeros(real.shape, dtype=np.int64)
    if arrays:
        every = np.concatenate(arrays)
        pixels[real] = every[:, 1] * width + every[:, 0]
    return FixationBatch(
        pixel_BN=torch.from_numpy(pixels).to(device),
        is_real_BN=torch.from_numpy(real).to(device),
        size_wh=size_wh,
        argument=argument,
    )


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
        prediction_BHW: Maps; clipped at 0 for `sim`, `kld` and `ig`. Computed in float64 if they are, else in float32.
        truth_BHW: Densities, for `cc`, `sim`, `kld`.
        fixations: For `nss`, `auc`, `auc_judd`; with the next two for `sauc` and `ig`.
        other_fixations: Fixations on other images, for `sauc`.
        baseline_BHW: Densities, for `ig`.
        metrics: Names to compute; those without their input are left out.

    Returns:
        Name to (B,) float64 scores, on the maps' device.

    Raises:
        ValueError: Names the argument and the map.
    """
    wanted = known_metrics(metrics)
    p_BP = _finite(prediction_BHW, "prediction")
    size = prediction_BHW.shape
    scores: dict[str, Tensor] = {}
    of_truth = OF_MAPS & set(wanted)
    if truth_BHW is not None and of_truth:
        q_BP = _matching(truth_BHW, size, p_BP.dtype, "truth")
        if "cc" in wanted:
            scores["cc"] = _correlation(p_BP, q_BP)
        if of_truth - {"cc"}:
            density_BP = _density(p_BP.clamp_min(0), "prediction")
            target_BP = _density(q_BP, "truth")
            if "sim" in wanted:
                scores["sim"] = torch.minimum(density_BP, target_BP).sum(dim=1)
            if "kld" in wanted:
                scores["kld"] = _divergence(density_BP, target_BP)
    if fixations is not None and set(wanted) - OF_MAPS:
        at_BN = _at(p_BP, fixations, size)
        if "nss" in wanted:
            scores["nss"] = _standardised(p_BP, at_BN, fixations.is_real_BN)
        if {"auc", "auc_judd"} & set(wanted):
            scores |= _areas(p_BP, at_BN, fixations, wanted)
        if "sauc" in wanted and other_fixations is not None:
            thresholds_BN = _ascending(at_BN, fixations.is_real_BN)
            others_BN = _at(p_BP, other_fixations, size)
            below_BN, up_to_BN = _ranks(thresholds_BN, others_BN)
            scores["sauc"] = _mann_whitney(
                below_BN, up_to_BN, other_fixations.is_real_BN, fixations.is_real_BN.sum(dim=1)
            )
        if "ig" in wanted and baseline_BHW is not None:
            b_BP = _matching(baseline_BHW, size, p_BP.dtype, "baseline")
            scores["ig"] = _gain(p_BP.clamp_min(0), b_BP, fixations, size)
    return {name: scores[name].double() for name in wanted if name in scores}


def _correlation(p_BP: Tensor, q_BP: Tensor) -> Tensor:
    a_BP, b_BP = _spread(p_BP), _spread(q_BP)
    a_BP, b_BP = a_BP - a_BP.mean(dim=1, keepdim=True), b_BP - b_BP.mean(dim=1, keepdim=True)
    scale_B = a_BP.square().sum(dim=1).sqrt() * b_BP.square().sum(dim=1).sqrt()
    product_B = (a_BP * b_BP).sum(dim=1)
    return torch.where(scale_B > 0, product_B / scale_B, torch.zeros_like(scale_B)).clamp(-1, 1)


def _divergence(density_BP: Tensor, target_BP: Tensor) -> Tensor:
    ratio_BP = target_BP / (density_BP + KLD_EPSILON) + KLD_EPSILON
    return (target_BP * ratio_BP.log()).sum(dim=1)


def _standardised(p_BP: Tensor, at_BN: Tensor, is_real_BN: Tensor) -> Tensor:
    low_B1, high_B1 = p_BP.amin(dim=1, keepdim=True), p_BP.amax(dim=1, keepdim=True)
    spread_BP = _spread(p_BP)
    mean_B = spread_BP.mean(dim=1)
    # not torch's own: over values of 0 to 1 this is as exact, in a tenth of the time
    deviation_B = (spread_BP - mean_B[:, None]).square().mean(dim=1).sqrt()
    range_B1 = torch.where(high_B1 > low_B1, high_B1 - low_B1, torch.ones_like(low_B1))
    at_B = _mean((at_BN - low_B1) / range_B1, is_real_BN)
    is_flat_B = ~(deviation_B > 0)
    return torch.where(is_flat_B, 0.0, (at_B - mean_B) / deviation_B.masked_fill(is_flat_B, 1.0))


def _areas(p_BP: Tensor, at_BN: Tensor, fixations: FixationBatch, wanted: Sequence[str]) -> dict[str, Tensor]:
    """AUC and AUC-Judd. Pixels are ranked among the few fixations, so that the map need not be sorted."""
    thresholds_BN = _ascending(at_BN, fixations.is_real_BN)
    below_BP, up_to_BP = _ranks(thresholds_BN, p_BP)
    n_B = fixations.is_real_BN.sum(dim=1)
    areas = {}
    if "auc" in wanted:
        areas["auc"] = _mann_whitney(below_BP, up_to_BP, None, n_B)
    if "auc_judd" in wanted:
        areas["auc_judd"] = _judd(thresholds_BN, up_to_BP, fixations, n_B)
    return areas


def _ascending(at_BN: Tensor, is_real_BN: Tensor) -> Tensor:
    """Values at the fixations in order, padding last, where it exceeds every map value."""
    return at_BN.masked_fill(~is_real_BN, float("inf")).sort(dim=1).values


def _ranks(thresholds_BN: Tensor, values_BP: Tensor) -> tuple[Tensor, Tensor]:
    """For each value the number of fixations whose value is lower, and is lower or equal."""
    return (
        torch.searchsorted(thresholds_BN, values_BP, out_int32=True),
        torch.searchsorted(thresholds_BN, values_BP, right=True, out_int32=True),
    )


def _mann_whitney(below_BP: Tensor, up_to_BP: Tensor, is_real_BP: Tensor | None, n_B: Tensor) -> Tensor:
    """Share of (fixation, negative) pairs in which the fixation's value is higher; ties count one half."""
    wins_BP = 2 * n_B[:, None] - below_BP - up_to_BP
    if is_real_BP is None:
        n_negative_B = torch.full_like(n_B, wins_BP.shape[1])
    else:
        wins_BP = wins_BP * is_real_BP
        n_negative_B = is_real_BP.sum(dim=1)
    return 0.5 * wins_BP.sum(dim=1).double() / (n_B * n_negative_B).double()


def _judd(thresholds_BN: Tensor, up_to_BP: Tensor, fixations: FixationBatch, n_B: Tensor) -> Tensor:
    n_maps, n_most = thresholds_BN.shape
    is_free_BP = torch.ones_like(up_to_BP, dtype=torch.float64)
    # padding points at the map's first fixation, which is not free anyway
    pixel_BN = torch.where(fixations.is_real_BN, fixations.pixel_BN, fixations.pixel_BN[:, :1])
    is_free_BP.scatter_(1, pixel_BN, 0.0)
    n_free_B = is_free_BP.sum(dim=1)
    if not bool((n_free_B > 0).all()):
        b = int((n_free_B == 0).nonzero()[0])
        raise ValueError(f"{fixations.argument}[{b}] covers every pixel of the map: there is no unfixated one")
    # a free pixel lies at or above a threshold if the threshold is among those up to its value
    count_BN = is_free_BP.new_zeros(n_maps, n_most + 1)
    count_BN.scatter_add_(1, up_to_BP.long(), is_free_BP)
    n_false_BN = count_BN.flip(1).cumsum(dim=1).flip(1)[:, 1:]
    n_lower_BN = torch.searchsorted(thresholds_BN, thresholds_BN)
    hit_BN = (n_B[:, None] - n_lower_BN).clamp_min(0).double() / n_B[:, None]
    edge_B1 = n_free_B.new_zeros(n_maps, 1)
    hit_BT = torch.cat([edge_B1, hit_BN.flip(1), edge_B1 + 1], dim=1)
    false_BT = torch.cat([edge_B1, (n_false_BN / n_free_B[:, None]).flip(1), edge_B1 + 1], dim=1)
    return torch.trapezoid(hit_BT, false_BT, dim=1)


def _gain(p_BP: Tensor, b_BP: Tensor, fixations: FixationBatch, size: torch.Size) -> Tensor:
    gained_BN = _at(_density(p_BP, "prediction"), fixations, size)
    known_BN = _at(_density(b_BP, "baseline"), fixations, size)
    unknown_B = ((known_BN <= 0) & fixations.is_real_BN).any(dim=1)
    _refuse(unknown_B, "baseline[{}] gives no mass to a fixated pixel; use one that is positive everywhere")
    return _mean((gained_BN / known_BN).log2(), fixations.is_real_BN)


def _mean(values_BN: Tensor, is_real_BN: Tensor) -> Tensor:
    return values_BN.masked_fill(~is_real_BN, 0.0).sum(dim=1) / is_real_BN.sum(dim=1)


def _spread(p_BP: Tensor) -> Tensor:
    """Maps stretched to 0..1, all 0 if constant: float32 then neither underflows nor cancels."""
    low_B1 = p_BP.amin(dim=1, keepdim=True)
    range_B1 = p_BP.amax(dim=1, keepdim=True) - low_B1
    return (p_BP - low_B1) / torch.where(range_B1 > 0, range_B1, torch.ones_like(range_B1))


def _finite(map_BHW: Tensor, argument: str) -> Tensor:
    """(B, P) floating-point values."""
    if map_BHW.ndim != 3 or map_BHW.numel() == 0:
        raise ValueError(f"{argument} must be (B, H, W) maps, got shape {tuple(map_BHW.shape)}")
    wide = map_BHW.dtype == torch.float64 or not map_BHW.is_floating_point()
    values_BP = map_BHW.detach().flatten(1).to(torch.float64 if wide else torch.float32)
    # a NaN or infinity shows in the extremes, which are found many times faster than every value is looked at
    is_finite_B = values_BP.amin(dim=1).isfinite() & values_BP.amax(dim=1).isfinite()
    _refuse(~is_finite_B, argument + "[{}] holds NaN or infinite values")
    return values_BP


def _matching(map_BHW: Tensor, size: torch.Size, dtype: torch.dtype, argument: str) -> Tensor:
    values_BP = _finite(map_BHW, argument).to(dtype)
    if map_BHW.shape != size:
        raise ValueError(f"{argument} has shape {tuple(map_BHW.shape)}, prediction has {tuple(size)}")
    return values_BP


def _density(values_BP: Tensor, argument: str) -> Tensor:
    _refuse(values_BP.amin(dim=1) < 0, argument + "[{}] holds negative values; clip it at 0 first")
    # the peak first: in float32 a sum of many tiny values would lose them
    peak_B1 = values_BP.amax(dim=1, keepdim=True)
    _refuse(~(peak_B1[:, 0] > 0), argument + "[{}] has no mass")
    scaled_BP = values_BP / peak_B1
    return scaled_BP / scaled_BP.sum(dim=1, keepdim=True)


def _at(values_BP: Tensor, fixations: FixationBatch, size: torch.Size) -> Tensor:
    """(B, N) values at the fixations; of the first pixel where there is only padding."""
    width, height = fixations.size_wh
    if (len(fixations.pixel_BN), height, width) != tuple(size):
        raise ValueError(
            f"{fixations.argument} belongs to {len(fixations.pixel_BN)} maps of {width}×{height}, "
            f"prediction has shape {tuple(size)}"
        )
    return values_BP.gather(1, fixations.pixel_BN)


def _refuse(is_wrong_B: Tensor, message: str) -> None:
    """One look at the device per check: a ValueError that names the first wrong map."""
    if bool(is_wrong_B.any()):
        raise ValueError(message.format(int(is_wrong_B.nonzero()[0])))
