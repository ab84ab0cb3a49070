"""Losses over features and maps.

Shape legend: O observers, N images, S image sets, K J embeddings of an observer in a set, D embedding size, B samples,
H W grid rows and columns.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from gazeapp.errors import NotEnoughData, SettingsError


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSize:
    """How many images and embeddings a step of `triplet_loss` is made of."""

    m: int
    """Pairs per embedding."""
    image_sets: int
    """3: anchors, positives and negatives share no image. 2: positives and negatives come from the same images, none of
    them the anchor's; what distinguishes image sets then cancels."""
    images_each: int
    """Images of a set."""
    per_observer: int
    """Embeddings of an observer on a set; no two are of the same images."""

    @property
    def n_images(self) -> int:
        """Images of all sets."""
        return self.image_sets * self.images_each


def step_size(
    m: int, *, n_observers: int, n_images: int, n_embeddings: int, image_sets: int = 3, spare: float = 0.5
) -> StepSize:
    """As few images as `n_embeddings` different embeddings of m pairs need, each an anchor once.

    Args:
        m: Pairs per embedding.
        n_observers: To share the embeddings among.
        n_images: There are.
        n_embeddings: Size of the batch; fewer where the images do not make as many.
        image_sets: As `StepSize.image_sets`.
        spare: Images of a set beyond m, as a share of m; more where there are too few subsets of m.

    Raises:
        NotEnoughData: The images make no two different embeddings of m pairs in every set; says how many would.
    """
    most = n_images // image_sets
    if most <= m:
        raise NotEnoughData(
            f"m = {m}: {image_sets} sets of images that share none need {image_sets * (m + 1)} images, there are "
            f"{n_images}; use a smaller m (--set m=...)"
        )
    wanted = max(1, n_embeddings // (image_sets * n_observers))
    each = max(m + 1, math.ceil(m * (1 + spare)))
    while math.comb(each, m) < 4 * wanted and each < most:
        each += 1
    each = min(each, most)
    per_observer = min(wanted, math.comb(each, m))
    return StepSize(m=m, image_sets=image_sets, images_each=each, per_observer=per_observer)


def draw_image_sets(rng: np.random.Generator, size: StepSize) -> NDArray[np.float32]:
    """Which images each embedding of a step of `triplet_loss` is the mean of: weights (S, K, N), S sets of images.

    The same for everybody: between people compared on other images than each other, the images would decide.

    Args:
        rng: Draws the image subsets.
        size: Of the step.
    """
    weights = np.zeros((size.image_sets, size.per_observer, size.n_images), dtype=np.float32)
    for own_KN, images in zip(weights, np.split(rng.permutation(size.n_images), size.image_sets), strict=True):
        seen: set[bytes] = set()
        while len(seen) < size.per_observer:
            chosen = np.sort(rng.choice(images, size.m, replace=False))
            if chosen.tobytes() not in seen:
                own_KN[len(seen), chosen] = 1 / size.m
                seen.add(chosen.tobytes())
    return weights


def triplet_loss(
    feature_OND: Tensor,
    weight_SKN: Tensor,
    *,
    margin: float,
    hard: bool,
    gather: Callable[[Tensor], Tensor] | None = None,
) -> tuple[Tensor, Tensor]:
    """Triplet loss with online mining over embeddings from disjoint sets of the images.

    Minimises max(e_a.e_n - e_a.e_p + margin, 0); the equation as printed has its sign reversed if the dot is a dot
    product. Semi-hard: for every anchor and positive the most similar negative among those less similar than the
    positive, or the least similar one where there is none. Hard: the most similar negative. The candidates are
    everybody else on one subset of the images; to choose among subsets too is to choose by images, and the network
    then stays at the margin (tried: 400 steps, 6 people).

    Args:
        feature_OND: Features of every observer on every image of the step.
        weight_SKN: `draw_image_sets`.
        margin: Of the loss.
        hard: Hard instead of semi-hard mining.
        gather: Features (B, M, D) of sets of pairs to unit embeddings (B, D); None takes their average.

    Returns:
        Mean loss, and the share of anchors and positives that are more alike than the anchor is to anybody else.

    Source:
        Strohm, Bâce, Bulling (2024), Eq. 1; Schroff et al. (2015), FaceNet, for the mining.
    """
    embeddings = [
        functional.normalize(torch.einsum("kn,ond->okd", weight_KN, feature_OND), dim=-1)
        if gather is None
        else _gathered(feature_OND, weight_KN, gather)
        for weight_KN in weight_SKN
    ]
    is_self_O1O = torch.eye(len(feature_OND), dtype=torch.bool, device=feature_OND.device)[:, None, None]
    losses, hits = [], []
    for k, anchor_OKD in enumerate(embeddings):
        # (O, K, J) with the person's own J embeddings of the next set, (O, K, J, O) with everybody's of the one before
        own_OKJ = torch.einsum("okd,ojd->okj", anchor_OKD, embeddings[(k + 1) % len(embeddings)])
        other_OKJO = torch.einsum("okd,pjd->okjp", anchor_OKD, embeddings[k - 1])
        nearest_OKJ = other_OKJO.masked_fill(is_self_O1O, float("-inf")).amax(dim=-1)
        chosen_OKJ = nearest_OKJ if hard else _semi_hard(own_OKJ, other_OKJO, is_self_O1O)
        losses.append((chosen_OKJ - own_OKJ + margin).clamp_min(0).mean())
        hits.append((nearest_OKJ < own_OKJ).float().mean())
    return torch.stack(losses).mean(), torch.stack(hits).mean()


def _gathered(feature_OND: Tensor, weight_KN: Tensor, gather: Callable[[Tensor], Tensor]) -> Tensor:
    """(O, K, D) of the sets that the weights name."""
    index_KM = weight_KN.nonzero()[:, 1].view(len(weight_KN), -1)
    return gather(feature_OND[:, index_KM].flatten(0, 1)).view(len(feature_OND), len(weight_KN), -1)


def _semi_hard(own_OKJ: Tensor, other_OKJO: Tensor, is_self_O1O: Tensor) -> Tensor:
    """(O, K, J) similarity of the semi-hard negative."""
    is_none_OKJO = is_self_O1O | (other_OKJO >= own_OKJ[..., None])
    semi_OKJ = other_OKJO.masked_fill(is_none_OKJO, float("-inf")).amax(dim=-1)
    easiest_OKJ = other_OKJO.masked_fill(is_self_O1O, float("inf")).amin(dim=-1)
    return torch.where(semi_OKJ.isfinite(), semi_OKJ, easiest_OKJ)


def discrepancy_loss(maps_BHW: Sequence[Tensor], delta_BHW: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """Sum over the predicted maps of their mean squared error against the discrepancy.

    Args:
        maps_BHW: Predictions on the output grid, the last one counts when the network is used.
        delta_BHW: Personal minus universal map on the map grid; averaged to the output grid.

    Returns:
        Loss, and the share of the discrepancy's mean square that the last prediction explains.

    Source:
        Strohm, Bâce, Bulling (2024), Eq. 3, whose bracket is misplaced in print; Xu et al. (2017), Eq. 2.
    """
    last_BHW = maps_BHW[-1]
    target_BHW = functional.adaptive_avg_pool2d(delta_BHW[:, None], (last_BHW.shape[-2], last_BHW.shape[-1]))[:, 0]
    errors = torch.stack([functional.mse_loss(map_BHW, target_BHW) for map_BHW in maps_BHW])
    baseline = target_BHW.square().mean().clamp_min(1e-12)
    return errors.sum(), {"explained": 1 - errors[-1].detach() / baseline}


def density_loss(log_density_BHW: Tensor, truth_BHW: Tensor, cc_weight: float) -> tuple[Tensor, Tensor, Tensor]:
    """KLD + weight x (1 - CC) of predicted log densities against true densities.

    Returns:
        Loss, mean KLD (nats), mean CC.
    """
    truth_BN = truth_BHW.flatten(1)
    log_BN = log_density_BHW.flatten(1)
    kld = (truth_BN * ((truth_BN + 1e-12).log() - log_BN)).sum(dim=1).mean()
    cc = correlation(log_BN.exp(), truth_BN).mean()
    return kld + cc_weight * (1 - cc), kld, cc


def shared_mass_loss(
    log_density_BHW: Tensor, truth_BHW: Tensor, *, cc_weight: float, sim_weight: float
) -> tuple[Tensor, dict[str, Tensor]]:
    """`density_loss` less weight x SIM, and its parts to log: `kld` (nats), `cc`, `sim`."""
    loss, kld, cc = density_loss(log_density_BHW, truth_BHW, cc_weight)
    sim = torch.minimum(log_density_BHW.exp(), truth_BHW).sum(dim=(1, 2)).mean()
    return loss - sim_weight * sim, {"kld": kld, "cc": cc, "sim": sim}


def correlation(a_BN: Tensor, b_BN: Tensor) -> Tensor:
    """Pearson correlation of rows, (B,)."""
    a_BN = a_BN - a_BN.mean(dim=1, keepdim=True)
    b_BN = b_BN - b_BN.mean(dim=1, keepdim=True)
    return functional.cosine_similarity(a_BN, b_BN, dim=1, eps=1e-20)


def cosine(peak: float, n_steps: int, warm_up: int = 0) -> Callable[[int], float]:
    """Linear warm-up, then a cosine down to 1 % of the peak."""

    def rate(step: int) -> float:
        if step < warm_up:
            return peak * (step + 1) / (warm_up + 1)
        done = (step - warm_up) / max(1, n_steps - warm_up)
        return peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))

    return rate


def halving(initial: float, every: int) -> Callable[[int], float]:
    """Half the rate after every `every` steps."""
    return lambda step: initial * 0.5 ** (step // max(1, every))


def parameter_groups(
    model: nn.Module, weight_decay: float, *, decay_all: bool = False
) -> list[dict[str, Any]]:  # Any: torch's group form
    """Matrices and kernels decay; biases, norms and priors do not, unless `decay_all`."""
    decayed = [p for p in model.parameters() if decay_all or p.ndim > 1]
    free = [p for p in model.parameters() if not decay_all and p.ndim <= 1]
    return [
        {"params": decayed, "weight_decay": weight_decay},
        {"params": free, "weight_decay": 0.0},
    ]


def build_optimizer(
    groups: list[dict[str, Any]], name: str, learning_rate: float
) -> torch.optim.Optimizer:  # Any: torch's group form
    """`sgd` with momentum .9, as the papers train, or `adamw`.

    Raises:
        SettingsError: Another name.
    """
    if name == "sgd":
        return torch.optim.SGD(groups, lr=learning_rate, momentum=0.9)
    if name == "adamw":
        return torch.optim.AdamW(groups, lr=learning_rate)
    raise SettingsError(f"--set optimizer={name}: needs sgd or adamw", key="optimizer")
