"""A person's embedding as what is believed of them after some images: the posterior mean of their coefficients.

Shape legend: B pairs, M pairs of one user, K basis maps, T habits, L latent habits, S statistics, D embedding size,
H W map grid, h w basis grid.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from gazeapp.gaze.viewing_statistics import HABITS
from gazeapp.networks.encoder import SeenImage, ViewedImage
from gazeapp.networks.gaze_basis import GazeBasis, on_basis_grid, with_floor
from gazeapp.networks.map_grid import to_density
from gazeapp.networks.similarity import Similarity

_HABIT_WEIGHT = 0.5
"""Of habits beside coefficients where embeddings are compared: a coefficient is one thing learnt about a person, while
several habits measure the same few. Chosen on unseen observers of OSIE and EyeCrowd (.5, 1, 1.4, 2 and 3 to 1 tried:
precision at 1 from 16 pairs .85 to .86 and .90 to .95 from equal weights to two to one)."""
COEFFICIENT_WIDTH, FIXATIONS_OF_IMAGE = 0.0725, 13.6
"""Variance of what is left open over that of the posterior, and the fixations on one image that double it: the prior
and the worth of a viewing were learnt for predictions, which want more caution than is true, while fixations on the
same image say the same again. Chosen on unseen people of OSIE (9.4 fixations an image, held-out variance .123) and
EyeCrowd (15.7, .157); from these two PS, with 37.4, is told as .272 and was measured as .249.
`python -m trainer analyse evidence` measures it."""
HABIT_WIDTH = 1.4
"""As `COEFFICIENT_WIDTH`, of habits."""
_SAME_COEFFICIENTS, _SAME_HABIT_NOISE = 5.0, 0.5
"""Weight of the coefficients, and noise of the habits, where people are told apart by evidence. Of 1 ... 5 and .35 ...
1 the best on unseen people of OSIE and EyeCrowd: precision at 1 among twelve from 8, 16 pairs .65, .83."""
TYPICAL_FIXATIONS = 12.0
"""On an image viewed for a few seconds; a viewing with as many has the weight 1."""
_CHANNELS = (24, 40, 80, 112, 192, 320)


class UserPosterior(nn.Module):
    """Pairs of image and gaze to a user embedding, in closed form.

    The person's coefficients z on the basis maps are standard normal before anything is seen (in units of their own
    deviation over people). A pair adds its score, how much more of each basis map the person looked at than the
    universal density says, and its Fisher information; one Newton step from the average person gives the posterior
    mean. With no data the embedding is 0, the average observer, and it grows with the evidence. The second part of the
    embedding does the same for viewing habits (durations, amplitudes), which say nothing about where.

    Args:
        channels: See `GazeBasis`.
        n_axes: See `GazeBasis`.
        n_basis: K.
        n_habits: L, latent habits; 0 leaves them out.
        backbone: See `GazeBasis`.

    Source:
        Own; the closed form is that of speaker recognition (Ioffe 2006, Probabilistic linear discriminant analysis),
        the statistics are Fisher scores (Jaakkola and Haussler 1999).
    """

    def __init__(
        self,
        *,
        channels: tuple[int, ...] = _CHANNELS,
        n_axes: int = 128,
        n_basis: int = 24,
        n_habits: int = 12,
        backbone: str = "",
    ) -> None:
        super().__init__()
        self.basis = GazeBasis(channels=channels, n_axes=n_axes, n_basis=n_basis, backbone=backbone)
        self.n_habits = n_habits
        self.log_prior_sd = nn.Parameter(torch.full((n_basis,), -2.0))
        self.log_evidence = nn.Parameter(torch.zeros(()))
        """Log of the number of independent fixations that a viewing with `TYPICAL_FIXATIONS` is worth."""
        self.register_buffer("habit_mean", torch.zeros(len(HABITS)))
        self.register_buffer("habit_axes", torch.zeros(len(HABITS), n_habits))
        """Habits to directions in which people differ; unit variance within a person."""
        self.register_buffer("habit_variance", torch.ones(n_habits))
        """Variance over people along these directions."""
        self.habit_mean: Tensor
        self.habit_axes: Tensor
        self.habit_variance: Tensor

    @property
    def dim(self) -> int:
        """D: K coefficients, then L habits."""
        return self.basis.n_basis + self.n_habits

    @property
    def feature_size(self) -> int:
        """S: scores, Fisher information (upper triangle), weight and its square, habits, and whether they are known."""
        k = self.basis.n_basis
        return k + k * (k + 1) // 2 + 2 + self.n_habits + 1

    @property
    def backbone_sha256(self) -> str:
        """Of the backbone it looks through."""
        return self.basis.backbone_sha256

    @property
    def n_coefficients(self) -> int:
        """K."""
        return self.basis.n_basis

    @property
    def has_posterior(self) -> bool:
        """It is one."""
        return True

    def encode(self, viewed: ViewedImage) -> Tensor:
        """What each pair says, (B, S); sums of it over pairs are all that `pool` needs."""
        projected = self.basis.project(viewed.features)
        size = (projected.shape[-2], projected.shape[-1])
        looked = on_basis_grid(to_density(viewed.psm_BHW), size)
        usm = on_basis_grid(viewed.density_BHW, size)
        spatial = self.spatial_statistics(projected, looked, usm)
        return self.pair_statistics(spatial, viewed.n_fixations_B, viewed.habits_BT)

    def pair_statistics(self, spatial_BS: Tensor, n_fixations_B: Tensor, habits_BT: Tensor | None) -> Tensor:
        """(B, S) from spatial statistics, which count by the fixations they stand on, and habits."""
        weight_B1 = n_fixations_B[:, None] / TYPICAL_FIXATIONS
        counted = torch.cat([spatial_BS, torch.ones_like(weight_B1), weight_B1], dim=1) * weight_B1
        return torch.cat([counted, self.habit_statistics(habits_BT, len(spatial_BS))], dim=1)

    def spatial_statistics(self, projected_BKhw: Tensor, observed_Bhw: Tensor, usm_Bhw: Tensor) -> Tensor:
        """Score and Fisher information of each pair, (B, K + K (K + 1) / 2).

        Args:
            projected_BKhw: From `GazeBasis.project`.
            observed_Bhw: Where the person looked, densities on the basis grid.
            usm_Bhw: Universal densities on the basis grid.
        """
        basis_BKN = self.basis.basis(projected_BKhw, usm_Bhw).flatten(2) * self.log_prior_sd.exp()[:, None]
        average_BN = with_floor(usm_Bhw).flatten(1)
        score_BK = torch.einsum("bn,bkn->bk", observed_Bhw.flatten(1) - average_BN, basis_BKN)
        return torch.cat([score_BK, self._information(basis_BKN, average_BN)], dim=1)

    def expected_information(self, features: Sequence[Tensor], density_BHW: Tensor) -> Tensor:
        """What a typical viewing of each image tells of the coefficients, (B, K, K); no gaze is needed for it."""
        projected_BKhw = self.basis.project(features)
        usm_Bhw = on_basis_grid(density_BHW, (projected_BKhw.shape[-2], projected_BKhw.shape[-1]))
        basis_BKN = self.basis.basis(projected_BKhw, usm_Bhw).flatten(2) * self.log_prior_sd.exp()[:, None]
        average_BN = with_floor(usm_Bhw).flatten(1)
        packed_BS = self._information(basis_BKN, average_BN)
        total_BS = torch.cat([packed_BS.new_zeros(len(packed_BS), self.basis.n_basis), packed_BS], dim=1)
        eye_KK = torch.eye(self.basis.n_basis, device=packed_BS.device, dtype=packed_BS.dtype)
        return self.precision(total_BS) - eye_KK

    def shared_statistics(self, projected_BKhw: Tensor, observed_BOhw: Tensor, usm_Bhw: Tensor) -> Tensor:
        """`spatial_statistics` of several people who share the universal density of an image: (B, O, S')."""
        basis_BKN = self.basis.basis(projected_BKhw, usm_Bhw).flatten(2) * self.log_prior_sd.exp()[:, None]
        average_BN = with_floor(usm_Bhw).flatten(1)
        difference_BON = observed_BOhw.flatten(2) - average_BN[:, None]
        score_BOK = torch.einsum("bon,bkn->bok", difference_BON, basis_BKN)
        information_B1S = self._information(basis_BKN, average_BN)[:, None]
        return torch.cat([score_BOK, information_B1S.expand(-1, score_BOK.shape[1], -1)], dim=2)

    def habit_statistics(self, habits_BT: Tensor | None, n: int) -> Tensor:
        """Habits along the directions in which people differ, and 1 where they are known: (B, L + 1)."""
        if habits_BT is None:
            return self.habit_mean.new_zeros(n, self.n_habits + 1)
        known_B1 = torch.isfinite(habits_BT).all(dim=1, keepdim=True).float()
        habits_BL = (torch.nan_to_num(habits_BT) - self.habit_mean) @ self.habit_axes
        return torch.cat([habits_BL * known_B1, known_B1], dim=1)

    def pool(self, total_BS: Tensor) -> Tensor:
        """Embeddings (B, D) from summed statistics: coefficients in standard deviations over people, then habits in
        half.
        """
        k = self.basis.n_basis
        score_BK = total_BS[:, :k] * self.log_evidence.exp()
        precision_BKK = self.precision(total_BS)
        # positive definite by construction; looking whether it is would make the host wait for a GPU
        z_BK = torch.linalg.solve_ex(precision_BKK, score_BK[:, :, None])[0][:, :, 0]
        m_B1 = total_BS[:, -1:]
        summed_BL = total_BS[:, -1 - self.n_habits : -1]
        # a habit is sqrt(variance) times a standard normal latent, plus unit noise in each pair
        habit_BL = summed_BL * self.habit_variance.sqrt() / (1 + m_B1 * self.habit_variance)
        return torch.cat([z_BK, habit_BL * _HABIT_WEIGHT], dim=1)

    def gather(self, feature_BMS: Tensor) -> Tensor:
        """Embeddings (B, D) from what each of M pairs says."""
        return self.pool(feature_BMS.sum(dim=1))

    def open_variance(self, total_BS: Tensor) -> Tensor:
        """Expected squared distance (B,) of embeddings from where more pairs would settle them."""
        covariance_BKK = torch.linalg.inv_ex(self.precision(total_BS))[0]
        coefficients_B = self.width(total_BS) * covariance_BKK.diagonal(dim1=1, dim2=2).sum(dim=1)
        habits_BL = HABIT_WIDTH / (1 + total_BS[:, -1:] * self.habit_variance)
        open_B: Tensor = coefficients_B + _HABIT_WEIGHT**2 * habits_BL.sum(dim=1)
        return open_B

    def width(self, total_BS: Tensor) -> Tensor:
        """Variance of what is open over that of the posterior, (B,); it grows with the fixations on each image.

        Before anything is seen it is that of a typical viewing.
        """
        k = self.basis.n_basis
        start = k + k * (k + 1) // 2
        weight_B, square_B = total_BS[:, start], total_BS[:, start + 1]
        n_fixations_B = TYPICAL_FIXATIONS * (square_B + 1e-6) / (weight_B + 1e-6)
        return COEFFICIENT_WIDTH * (1 + n_fixations_B / FIXATIONS_OF_IMAGE)

    def log_marginal(self, total_BS: Tensor) -> Tensor:
        """Log of the marginal likelihood of one person's summed statistics over the average person's, (B,).

        That of two sums together less those of each tells best whether both are one person's; it is no calibrated
        probability, `Similarity` gives one.
        """
        k = self.basis.n_basis
        score_BK = total_BS[:, :k] * self.log_evidence.exp()
        precision_BKK = self.precision(total_BS)
        mean_BK = torch.linalg.solve_ex(precision_BKK, score_BK[:, :, None])[0][:, :, 0]
        coefficients_B = ((score_BK * mean_BK).sum(dim=1) - torch.logdet(precision_BKK)) / 2
        m_B1 = total_BS[:, -1:]
        variance_L = self.habit_variance / _SAME_HABIT_NOISE
        summed_BL = total_BS[:, -1 - self.n_habits : -1] / _SAME_HABIT_NOISE**0.5
        growth_BL = 1 + m_B1 * variance_L
        habits_BL = (variance_L * summed_BL.square() / growth_BL - growth_BL.log()) / 2
        evidence_B: Tensor = coefficients_B * _SAME_COEFFICIENTS + habits_BL.sum(dim=1)
        return evidence_B

    def precision(self, total_BS: Tensor) -> Tensor:
        """Posterior precision (B, K, K) of the coefficients; the identity before anything is seen."""
        k = self.basis.n_basis
        rows, columns = self._triangle
        packed = total_BS[:, k : k + len(rows)]
        fisher_BKK = packed.new_zeros(len(packed), k, k)
        fisher_BKK[:, rows, columns] = packed
        fisher_BKK[:, columns, rows] = packed
        return fisher_BKK * self.log_evidence.exp() + torch.eye(k, device=packed.device, dtype=packed.dtype)

    def log_density(self, projected_BKhw: Tensor, usm_Bhw: Tensor, user_BD: Tensor) -> Tensor:
        """Log personal densities on the basis grid, (B, h, w): what training compares with gaze."""
        return self.basis.log_density(projected_BKhw, usm_Bhw, user_BD, self.log_prior_sd)

    def _information(self, basis_BKN: Tensor, average_BN: Tensor) -> Tensor:
        """Upper triangle of the covariance of the basis maps under the universal density, (B, K (K + 1) / 2)."""
        weighted_BKN = basis_BKN * average_BN[:, None]
        mean_BK = weighted_BKN.sum(dim=2)
        fisher_BKK = weighted_BKN @ basis_BKN.transpose(1, 2) - mean_BK[:, :, None] * mean_BK[:, None, :]
        rows, columns = self._triangle
        return fisher_BKK[:, rows, columns]

    @property
    def _triangle(self) -> tuple[Tensor, Tensor]:
        """Rows and columns of the upper triangle, in which Fisher information is packed."""
        k = self.basis.n_basis
        rows, columns = torch.triu_indices(k, k, device=self.log_prior_sd.device)
        return rows, columns


class BasisPersonalNetwork(nn.Module):
    """Personal densities from the coefficients that a `UserPosterior` found.

    Args:
        channels: See `GazeBasis`.
        n_axes: See `GazeBasis`.
        n_basis: K.
        dim: Size of the user embedding, of which the first K numbers are coefficients.
        backbone: See `GazeBasis`.
    """

    def __init__(
        self,
        *,
        channels: tuple[int, ...] = _CHANNELS,
        n_axes: int = 128,
        n_basis: int = 24,
        dim: int = 32,
        backbone: str = "",
    ) -> None:
        super().__init__()
        self.dim = dim
        self.basis = GazeBasis(channels=channels, n_axes=n_axes, n_basis=n_basis, backbone=backbone)
        self.log_scale = nn.Parameter(torch.zeros(n_basis))
        """Log of how far one standard deviation over people moves each coefficient."""
        self.similarity = Similarity(dim=dim)
        """Tells whether two embeddings are of one person."""

    @property
    def backbone_sha256(self) -> str:
        """Of the backbone it looks through."""
        return self.basis.backbone_sha256

    def densities(self, seen: SeenImage, density_BHW: Tensor, user_BD: Tensor) -> Tensor:
        """Personal densities (B, H, W) from universal densities.

        Args:
            seen: The images.
            density_BHW: Universal densities.
            user_BD: Embeddings; zeros are the average observer, who looks as the universal density says.
        """
        return self.log_density_on(self.basis.project(seen.features), density_BHW, user_BD).exp()

    def log_density_on(self, projected_BKhw: Tensor, density_BHW: Tensor, user_BD: Tensor) -> Tensor:
        """Log personal densities (B, H, W), natural logarithm, exponentials summing to 1.

        Args:
            projected_BKhw: From `basis.project`: what depends on the image alone.
            density_BHW: Universal densities.
            user_BD: Embeddings.
        """
        return self.basis.log_density(projected_BKhw, density_BHW, user_BD, self.log_scale)
