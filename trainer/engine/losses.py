"""Losses over features and maps.

Shape legend: O observers, N images, S image sets, K embeddings of an observer in each set, D embedding size, B samples,
H W grid rows and columns.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
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
    """Embeddings of an observer on a set; no two are of the same pairs."""

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


def draw_image_sets(rng: np.random.Generator, size: StepSize, *, n_observers: int) -> NDArray[np.float32]:
    """Which pairs each embedding of a step of `triplet_loss` is the mean of: weights (S, O, K, N), S sets of images.

    Args:
        rng: Draws the image subsets.
        size: Of the step.
        n_observers: O.
    """
    weights = np.zeros((size.image_sets, n_observers, size.per_observer, size.n_images), dtype=np.float32)
    for own_OKN, images in zip(weights, np.split(rng.permutation(size.n_images), size.image_sets), strict=True):
        for own_KN in own_OKN:
            seen: set[bytes] = set()
            while len(seen) < size.per_observer:
                chosen = np.sort(rng.choice(images, size.m, replace=False))
                if chosen.tobytes() not in seen:
                    own_KN[len(seen), chosen] = 1 / size.m
                    seen.add(chosen.tobytes())
    return weights


def triplet_loss(feature_OND: Tensor, weight_SOKN: Tensor, *, margin: float, hard: bool) -> tuple[Tensor, Tensor]:
    """Triplet loss with online mining over embeddings from disjoint sets of the images.

    Minimises max(e_a.e_n - e_a.e_p + margin, 0); the equation as printed has its sign reversed if the dot is a dot
    product. Semi-hard: for every anchor and positive the most similar negative among those less similar than the
    positive, or the least similar one where there is none. Hard: for every anchor the least similar positive and the
    most similar negative.

    Args:
        feature_OND: Features of every observer on every image of the step.
        weight_SOKN: `draw_image_sets`.
        margin: Of the loss.
        hard: Hard instead of semi-hard mining.

    Returns:
        Mean loss, and the share of anchors that are nearest to their own person, all seen on the same images.

    Source:
        Strohm, Bâce, Bulling (2024), Eq. 1; Schroff et al. (2015), FaceNet, for the mining.
    """
    image_sets, n_observers, per_observer = weight_SOKN.shape[:3]
    embeddings = []
    for weight_OKN in weight_SOKN:
        pooled_OKD = torch.einsum("okn,ond->okd", weight_OKN, feature_OND)
        embeddings.append(functional.normalize(pooled_OKD, dim=-1).flatten(0, 1))
    person_A = torch.arange(n_observers, device=feature_OND.device).repeat_interleave(per_observer)
    same_AA = person_A[:, None] == person_A[None]
    mine = _hard_violation if hard else partial(_semi_hard_violation, per_observer=per_observer)
    losses, hits = [], []
    for k in range(image_sets):
        positive_AA = embeddings[k] @ embeddings[(k + 1) % image_sets].T
        negative_AA = embeddings[k] @ embeddings[k - 1].T
        losses.append((mine(positive_AA, negative_AA, same_AA) + margin).clamp_min(0).mean())
        nearest_A = person_A[positive_AA.argmax(dim=1)]
        hits.append((nearest_A == person_A).float().mean())
    return torch.stack(losses).mean(), torch.stack(hits).mean()


def _hard_violation(positive_AA: Tensor, negative_AA: Tensor, same_AA: Tensor) -> Tensor:
    """(A,) how much more similar the most similar negative is than the least similar positive."""
    worst_A = positive_AA.masked_fill(~same_AA, float("inf")).amin(dim=1)
    return _most_similar_other(negative_AA, same_AA) - worst_A


def _semi_hard_violation(positive_AA: Tensor, negative_AA: Tensor, same_AA: Tensor, *, per_observer: int) -> Tensor:
    """(pairs,) how much more similar the semi-hard negative is than the positive, for each anchor and positive."""
    # where same_AA is true; asked of it, the device would have to be waited for
    pair_P = torch.arange(len(same_AA) * per_observer, device=same_AA.device)
    anchor_P = pair_P // per_observer
    positive_P = anchor_P // per_observer * per_observer + pair_P % per_observer
    own_P = positive_AA[anchor_P, positive_P]
    other_PA, is_self_PA = negative_AA[anchor_P], same_AA[anchor_P]
    semi_P = other_PA.masked_fill(is_self_PA | (other_PA >= own_P[:, None]), float("-inf")).amax(1)
    easiest_P = other_PA.masked_fill(is_self_PA, float("inf")).amin(dim=1)
    return torch.where(semi_P.isfinite(), semi_P, easiest_P) - own_P


def _most_similar_other(similar_AA: Tensor, same_AA: Tensor) -> Tensor:
    return similar_AA.masked_fill(same_AA, float("-inf")).amax(dim=1)


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
