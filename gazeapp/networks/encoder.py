"""What embedding and personal networks have in common, so that nobody who uses them asks which one it is.

Shape legend: B pairs, M pairs of one user, C channels, S numbers that a pair adds, D embedding size, K coefficients, T
viewing habits, H W map grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from gazeapp.networks.similarity import Similarity


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeenImage:
    """Images as any of the networks takes them."""

    image_BCHW: Tensor
    """RGB in [-1, 1] at `IMAGE_SCALE` pixels per map cell; empty for networks that look through the shared backbone."""
    features: Sequence[Tensor]
    """What the backbone sees in them; empty for networks that do not look through it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ViewedImage(SeenImage):
    """Images with where one person looked on each."""

    psm_BHW: Tensor
    """Personal maps, maximum 1."""
    density_BHW: Tensor
    """Universal densities."""
    n_fixations_B: Tensor
    """On each image: what a viewing is worth as evidence grows with them."""
    habits_BT: Tensor | None = None
    """`viewing_habits`; NaN or None where unknown."""


class Encoder(Protocol):
    """Pairs of image and gaze to a user embedding: what each pair says is summed over pairs, then read off."""

    @property
    def dim(self) -> int:
        """D."""

    @property
    def feature_size(self) -> int:
        """S."""

    @property
    def backbone_sha256(self) -> str | None:
        """Of the backbone it looks through: empty for any, None for networks that learnt to see by themselves."""

    def encode(self, viewed: ViewedImage) -> Tensor:
        """What each pair says, (B, S)."""

    def pool(self, total_BS: Tensor) -> Tensor:
        """Embeddings (B, D) from what several pairs say, summed."""

    def gather(self, feature_BMS: Tensor) -> Tensor:
        """Embeddings (B, D) from what each of M pairs says."""

    @property
    def n_coefficients(self) -> int:
        """K, the first of D: coefficients of where a person looks; what follows says nothing about where."""

    @property
    def has_posterior(self) -> bool:
        """Whether it knows what it leaves open, and what an image will tell; without one, the next three say None."""

    def open_variance(self, total_BS: Tensor) -> Tensor | None:
        """Expected squared distance (B,) of embeddings from where more pairs would settle them."""

    def expected_information(self, features: Sequence[Tensor], density_BHW: Tensor) -> Tensor | None:
        """What a typical viewing of each image tells of the coefficients, (B, K, K)."""

    def log_marginal(self, total_BS: Tensor) -> Tensor | None:
        """Log of the marginal likelihood of one person's summed pairs over the average person's, (B,)."""


class PersonalModel(Protocol):
    """Universal densities and embeddings to personal densities."""

    dim: int

    @property
    def similarity(self) -> Similarity | None:
        """Tells whether two embeddings are of one person; None where that was not learnt."""

    @property
    def backbone_sha256(self) -> str | None:
        """Of the backbone it looks through: empty for any, None for networks that learnt to see by themselves."""

    def densities(self, seen: SeenImage, density_BHW: Tensor, user_BD: Tensor) -> Tensor:
        """Personal densities (B, H, W)."""
