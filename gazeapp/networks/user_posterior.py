"""A person's embedding as what is believed of them after some images: the posterior mean of their coefficients.

Shape legend: B pairs, M pairs of one user, K basis maps, T habits, L latent habits, S statistics, D embedding size,
H W map grid, h w basis grid.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gazeapp.gaze.viewing_statistics import HABITS
from gazeapp.networks.gaze_basis import GazeBasis, log_contrast, on_basis_grid
from gazeapp.networks.map_grid import to_density

_HABIT_WEIGHT = 0.5
"""Weight of habits beside coefficients where embeddings are compared: a coefficient is one thing learnt about a person,
while several habits measure the same few.

Chosen on unseen observers of OSIE and EyeCrowd (.5, 1, 1.4, 2 and 3 to 1 tried: precision at 1 from 16 pairs .85 to
.86 and .90 to .95 from equal weights to two to one)."""


class UserPosterior(nn.Module):
    """Pairs of image and gaze to a user embedding, in closed form.

    The person's coefficients z on the basis maps are standard normal before anything is seen (in units of their own
    deviation over people). A pair adds its score, how much more of each basis map the person looked at than the average
    person does, and its Fisher information; one Newton step from the average person gives the posterior mean. With
    no data the embedding is 0, the average observer, and it grows with the evidence. The second part of the
    embedding does the same for viewing habits (durations, amplitudes), which say nothing about where.

    Args:
        trunk: See `GazeBasis`.
        n_basis: K.
        n_habits: L, latent habits; 0 leaves them out.

    Source:
        Own; the closed form is that of speaker recognition (Ioffe 2006, Probabilistic linear discriminant analysis),
        the statistics are Fisher scores (Jaakkola and Haussler 1999).
    """

    def __init__(
        self,
        *,
        trunk: dict[str, tuple[int, ...] | int | float],
        n_basis: int = 24,
        n_habits: int = 8,
    ) -> None:
        super().__init__()
        self.basis = GazeBasis(trunk=trunk, n_basis=n_basis)
        self.n_habits = n_habits
        self.log_prior_sd = nn.Parameter(torch.full((n_basis,), -2.0))
        self.log_evidence = nn.Parameter(torch.zeros(()))
        """Log of the number of independent fixations that one viewed image is worth."""
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
    def n_statistics(self) -> int:
        """S: scores, Fisher information (upper triangle), habits, and whether habits are known."""
        k = self.basis.n_basis
        return k + k * (k + 1) // 2 + self.n_habits + 1

    def forward(self, image_BCHW: Tensor, psm_BHW: Tensor, usm_BHW: Tensor, habits_BT: Tensor | None = None) -> Tensor:
        """What each pair says, (B, S); sums of it over pairs are all that `pool` needs.

        Args:
            image_BCHW: RGB in [-1, 1] at `IMAGE_SCALE` pixels per map cell.
            psm_BHW: Personal maps, any scale.
            usm_BHW: Universal maps, any scale.
            habits_BT: `viewing_habits`; NaN or None where unknown.
        """
        grid = (psm_BHW.shape[-2], psm_BHW.shape[-1])
        projected = self.basis.project(self.basis.image_channels(image_BCHW, grid))
        spatial = self.spatial_statistics(
            projected, on_basis_grid(to_density(psm_BHW)), on_basis_grid(to_density(usm_BHW))
        )
        return torch.cat([spatial, self.habit_statistics(habits_BT, len(spatial))], dim=1)

    def spatial_statistics(
        self,
        projected_BKhw: Tensor,
        observed_Bhw: Tensor,
        usm_Bhw: Tensor,
        *,
        corrected: bool = False,
    ) -> Tensor:
        """Score and Fisher information of each pair, (B, K + K (K + 1) / 2).

        Args:
            projected_BKhw: From `GazeBasis.project`.
            observed_Bhw: Where the person looked, densities on the basis grid.
            usm_Bhw: Universal densities on the basis grid.
            corrected: See `GazeBasis`: True for the mean maps of a few observers, False for predictions.
        """
        log_usm = log_contrast(usm_Bhw)
        basis_BKhw = self.basis.basis(projected_BKhw, log_usm)
        average_BN = self.basis.average_log_density(basis_BKhw, usm_Bhw, corrected=corrected).exp()
        basis_BKN = basis_BKhw.flatten(2) * self.log_prior_sd.exp()[:, None]
        score_BK = torch.einsum("bn,bkn->bk", observed_Bhw.flatten(1) - average_BN, basis_BKN)
        mean_BK = torch.einsum("bn,bkn->bk", average_BN, basis_BKN)
        fisher_BKK = (basis_BKN * average_BN[:, None]) @ basis_BKN.transpose(1, 2)
        fisher_BKK = fisher_BKK - mean_BK[:, :, None] * mean_BK[:, None, :]
        rows, columns = self._triangle
        return torch.cat([score_BK, fisher_BKK[:, rows, columns]], dim=1)

    def habit_statistics(self, habits_BT: Tensor | None, n: int) -> Tensor:
        """Habits along the directions in which people differ, and 1 where they are known: (B, L + 1)."""
        if habits_BT is None:
            return self.habit_mean.new_zeros(n, self.n_habits + 1)
        known_B1 = torch.isfinite(habits_BT).all(dim=1, keepdim=True).float()
        habits_BL = (torch.nan_to_num(habits_BT) - self.habit_mean) @ self.habit_axes
        return torch.cat([habits_BL * known_B1, known_B1], dim=1)

    def pool(self, statistics_BMS: Tensor) -> Tensor:
        """Embeddings (B, D) of users with M pairs each: coefficients in standard deviations over people, then habits in
        half.
        """
        return self.posterior_mean(statistics_BMS.sum(dim=1))

    def posterior_mean(self, total_BS: Tensor) -> Tensor:
        """Embeddings (B, D) from summed statistics."""
        k = self.basis.n_basis
        evidence = self.log_evidence.exp()
        score_BK = total_BS[:, :k] * evidence
        precision_BKK = self.precision(total_BS)
        # positive definite by construction; looking whether it is would make the host wait for a GPU
        z_BK = torch.linalg.solve_ex(precision_BKK, score_BK[:, :, None])[0][:, :, 0]
        m_B1 = total_BS[:, -1:]
        summed_BL = total_BS[:, -1 - self.n_habits : -1]
        # a habit is sqrt(variance) times a standard normal latent, plus unit noise in each pair
        habit_BL = summed_BL * self.habit_variance.sqrt() / (1 + m_B1 * self.habit_variance)
        return torch.cat([z_BK, habit_BL * _HABIT_WEIGHT], dim=1)

    def precision(self, total_BS: Tensor) -> Tensor:
        """Posterior precision (B, K, K) of the coefficients; the identity before anything is seen."""
        k = self.basis.n_basis
        rows, columns = self._triangle
        packed = total_BS[:, k : k + len(rows)]
        fisher_BKK = packed.new_zeros(len(packed), k, k)
        fisher_BKK[:, rows, columns] = packed
        fisher_BKK[:, columns, rows] = packed
        return fisher_BKK * self.log_evidence.exp() + torch.eye(k, device=packed.device, dtype=packed.dtype)

    def coefficients(self, user_BD: Tensor) -> Tensor:
        """Z (B, K) in the basis maps' own scale."""
        return user_BD[:, : self.basis.n_basis] * self.log_prior_sd.exp()

    def log_density(
        self, projected_BKhw: Tensor, usm_Bhw: Tensor, user_BD: Tensor, *, corrected: bool = False
    ) -> Tensor:
        """Log personal densities on the basis grid, (B, h, w): what training compares with gaze."""
        log_usm = log_contrast(usm_Bhw)
        basis_BKhw = self.basis.basis(projected_BKhw, log_usm)
        z_BK = self.basis.average(corrected=corrected) + self.coefficients(user_BD)
        change = torch.einsum("bk,bkhw->bhw", z_BK, basis_BKhw)
        logits = self.basis.average_observer_logits(usm_Bhw, usm_Bhw, corrected=corrected) + change
        return logits.flatten(1).log_softmax(dim=1).view_as(logits)

    @property
    def _triangle(self) -> tuple[Tensor, Tensor]:
        """Rows and columns of the upper triangle, in which Fisher information is packed."""
        k = self.basis.n_basis
        rows, columns = torch.triu_indices(k, k, device=self.log_prior_sd.device)
        return rows, columns


class BasisPersonalNetwork(nn.Module):
    """Personal densities from the coefficients that a `UserPosterior` found.

    Args:
        trunk: See `GazeBasis`.
        n_basis: K.
        dim: Size of the user embedding, of which the first K numbers are coefficients.
    """

    def __init__(
        self,
        *,
        trunk: dict[str, tuple[int, ...] | int | float],
        n_basis: int = 24,
        dim: int = 32,
    ) -> None:
        super().__init__()
        self.dim = dim
        self.basis = GazeBasis(trunk=trunk, n_basis=n_basis)
        self.log_scale = nn.Parameter(torch.zeros(n_basis))
        """Log of how far one standard deviation over people moves each coefficient."""

    def forward(self, image_BCHW: Tensor, density_BHW: Tensor, user_BD: Tensor) -> Tensor:
        """Personal densities (B, H, W) from universal densities.

        Args:
            image_BCHW: RGB in [-1, 1] at `IMAGE_SCALE` pixels per map cell.
            density_BHW: Universal densities, predicted.
            user_BD: Embeddings; zeros are the average observer, who looks as the universal density says.
        """
        grid = (density_BHW.shape[-2], density_BHW.shape[-1])
        projected_BKhw = self.basis.project(self.basis.image_channels(image_BCHW, grid))
        return self.log_density_on(projected_BKhw, density_BHW, user_BD).exp()

    def log_density_on(
        self,
        projected_BKhw: Tensor,
        density_BHW: Tensor,
        user_BD: Tensor,
        *,
        corrected: bool = False,
    ) -> Tensor:
        """Log personal densities (B, H, W), natural logarithm, exponentials summing to 1.

        Args:
            projected_BKhw: From `basis.project`: what depends on the image alone.
            density_BHW: Universal densities.
            user_BD: Embeddings.
            corrected: See `GazeBasis`: True for the mean maps of a few observers, False for predictions.
        """
        grid = (density_BHW.shape[-2], density_BHW.shape[-1])
        coarse_Bhw = on_basis_grid(density_BHW)
        basis_BKhw = self.basis.basis(projected_BKhw, log_contrast(coarse_Bhw))
        z_BK = self.basis.average(corrected=corrected)
        z_BK = z_BK + user_BD[:, : self.basis.n_basis] * self.log_scale.exp()
        change_Bhw = torch.einsum("bk,bkhw->bhw", z_BK, basis_BKhw)
        change_BHW = nn.functional.interpolate(change_Bhw[:, None], size=grid, mode="bilinear", align_corners=False)[
            :, 0
        ]
        average_BHW = self.basis.average_observer_logits(density_BHW, coarse_Bhw, corrected=corrected)
        logits = average_BHW + change_BHW
        return logits.flatten(1).log_softmax(dim=1).view_as(logits)
