"""The posterior embedding: grows with evidence, adds up pairs, and predicts what it was told."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gazeapp.gaze.viewing_statistics import HABITS, viewing_habits
from gazeapp.networks.user_posterior import BasisPersonalNetwork, UserPosterior

TRUNK = {"widths": (4, 4, 8, 8, 8), "fused": 8}
GRID = (24, 32)


@pytest.fixture(scope="module")
def encoder() -> UserPosterior:
    torch.manual_seed(0)
    return UserPosterior(trunk=TRUNK, n_basis=4, n_habits=2).eval()


def pairs(n: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    torch.manual_seed(seed)
    image = torch.rand(n, 3, GRID[0] * 2, GRID[1] * 2) * 2 - 1
    return image, torch.rand(n, *GRID), torch.rand(n, *GRID)


def test_nothing_seen_is_the_average_observer(encoder: UserPosterior) -> None:
    assert not encoder.posterior_mean(torch.zeros(1, encoder.n_statistics)).any()


def test_order_of_pairs_does_not_matter(encoder: UserPosterior) -> None:
    with torch.no_grad():
        statistics = encoder(*pairs(5))
        forward, backward = encoder.pool(statistics[None]), encoder.pool(statistics.flip(0)[None])
    torch.testing.assert_close(forward, backward)


def test_more_of_the_same_evidence_makes_the_embedding_longer_and_surer(
    encoder: UserPosterior,
) -> None:
    with torch.no_grad():
        one = encoder(*pairs(1))
        lengths = [float(encoder.posterior_mean(one * m).norm()) for m in (1, 4, 16)]
        precisions = [float(torch.logdet(encoder.precision(one * m))) for m in (0, 1, 4, 16)]
    assert lengths == sorted(lengths)
    assert precisions == sorted(precisions)
    assert precisions[0] == pytest.approx(0.0, abs=1e-6)


def test_one_newton_step_raises_the_likelihood_of_what_was_seen(encoder: UserPosterior) -> None:
    image, psm, usm = pairs(8, seed=3)
    looked = psm**8
    with torch.no_grad():
        user = encoder.pool(encoder(image, looked, usm)[None]).expand(8, -1)
        projected = encoder.basis.project(encoder.basis.image_channels(image, GRID))
        from gazeapp.networks.gaze_basis import on_basis_grid
        from gazeapp.networks.map_grid import to_density

        truth, base = on_basis_grid(to_density(looked)), on_basis_grid(to_density(usm))
        told = (encoder.log_density(projected, base, user) * truth).sum()
        untold = (encoder.log_density(projected, base, user * 0) * truth).sum()
    assert told > untold


def test_unknown_habits_leave_the_embedding_as_it_is(encoder: UserPosterior) -> None:
    image, psm, usm = pairs(3)
    with torch.no_grad():
        without = encoder.pool(encoder(image, psm, usm)[None])
        unknown = torch.full((3, len(HABITS)), float("nan"))
        assert torch.equal(encoder.pool(encoder(image, psm, usm, unknown)[None]), without)
    assert not without[:, -2:].any()


def test_personal_maps_are_densities_on_any_grid() -> None:
    torch.manual_seed(0)
    network = BasisPersonalNetwork(trunk=TRUNK, n_basis=4, dim=6).eval()
    for grid in (GRID, (32, 24), (16, 64)):
        image = torch.rand(2, 3, grid[0] * 2, grid[1] * 2)
        with torch.no_grad():
            density = network(image, torch.rand(2, *grid), torch.randn(2, 6))
        assert density.shape == (2, *grid)
        torch.testing.assert_close(density.sum(dim=(1, 2)), torch.ones(2))


def test_the_average_observer_looks_as_a_predicted_map_says() -> None:
    torch.manual_seed(0)
    network = BasisPersonalNetwork(trunk=TRUNK, n_basis=4, dim=6).eval()
    with torch.no_grad():  # whatever the average person of mean maps was found to be
        network.basis.mean.normal_()
        network.basis.log_gain.fill_(0.3)
        universal = torch.rand(2, *GRID) + 0.01
        universal = universal / universal.sum(dim=(1, 2), keepdim=True)
        image = torch.rand(2, 3, GRID[0] * 2, GRID[1] * 2)
        average = network(image, universal, torch.zeros(2, 6))
        projected = network.basis.project(network.basis.image_channels(image, GRID))
        corrected = network.log_density_on(projected, universal, torch.zeros(2, 6), corrected=True).exp()
    assert 0.5 * (average - universal).abs().sum(dim=(1, 2)).max() < 1e-3
    assert 0.5 * (corrected - universal).abs().sum(dim=(1, 2)).max() > 0.01


def test_habits_do_not_depend_on_where_the_image_lies() -> None:
    rng = np.random.default_rng(0)
    points, durations = rng.uniform(0, 20, (12, 2)), rng.uniform(0.1, 0.6, 12)
    np.testing.assert_allclose(viewing_habits(points, durations), viewing_habits(points + 7, durations), rtol=1e-5)


def test_saccades_do_not_cross_from_one_viewing_to_the_next() -> None:
    points = np.array([[0.0, 0], [1, 0], [30, 0], [31, 0]])
    durations = np.full(4, 0.2)
    together = viewing_habits(points, durations)
    apart = viewing_habits(points, durations, np.array([1, 1, 2, 2]))
    amplitude = HABITS.index("log_amplitude_mean")
    assert apart[amplitude] == pytest.approx(np.log(1.3))
    assert together[amplitude] > apart[amplitude]


@pytest.mark.parametrize("n", [0, 1], ids=["no_fixation", "one_fixation"])
def test_habits_of_too_few_fixations_are_unknown(n: int) -> None:
    assert np.isnan(viewing_habits(np.zeros((n, 2)), np.full(n, 0.2))).all()
