"""The architectures: what goes in, what comes out, and that users matter."""

from __future__ import annotations

import pytest
import torch

from gazeapp.networks.grid import scale_to_one, scale_to_peak, to_density
from gazeapp.networks.personal_saliency import LogPersonalNetwork, PersonalNetwork
from gazeapp.networks.universal import UniversalNetwork
from gazeapp.networks.user_embedding import UserEncoder, pool_features

GRIDS = [(120, 160), (160, 120), (104, 184), (8, 8)]


def personal_networks():
    torch.manual_seed(0)
    return [
        PersonalNetwork(dim=8, widths=(16, 8, 8)),
        LogPersonalNetwork(dim=8, width=8, n_basis=3),
    ]


@pytest.mark.parametrize("grid", GRIDS, ids=str)
def test_universal_output_is_a_log_density(grid):
    network = UniversalNetwork(widths=(4, 4, 8, 8, 8), fused=8).eval()
    log_BHW = network(torch.rand(2, 3, grid[0] * 2, grid[1] * 2))
    assert log_BHW.shape == (2, *grid)
    torch.testing.assert_close(log_BHW.exp().sum(dim=(1, 2)), torch.ones(2))


@pytest.mark.parametrize("grid", GRIDS, ids=str)
@pytest.mark.parametrize("network", personal_networks(), ids=["paper", "log"])
def test_personal_output_is_a_density(network, grid):
    density = to_density(torch.rand(2, *grid))
    personal = network.eval()(torch.rand(2, 3, *grid), density, torch.randn(2, 8))
    assert personal.shape == density.shape
    assert bool((personal >= 0).all())
    torch.testing.assert_close(personal.sum(dim=(1, 2)), torch.ones(2))


@pytest.mark.parametrize("network", personal_networks(), ids=["paper", "log"])
def test_each_user_of_a_batch_gets_the_map_they_get_alone(network):
    network.eval()
    image, density = torch.rand(1, 3, 24, 32), to_density(torch.rand(1, 24, 32))
    users = torch.nn.functional.normalize(torch.randn(3, 8), dim=1)
    together = network(image.expand(3, -1, -1, -1), density.expand(3, -1, -1), users)
    alone = torch.cat([network(image, density, user[None]) for user in users])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-7)
    assert not torch.allclose(together[0], together[1], rtol=1e-3, atol=0)


def test_unconditioned_refiner_ignores_the_user():
    network = LogPersonalNetwork(dim=8, width=8, n_basis=3, conditioned=False).eval()
    image, density = torch.rand(2, 3, 24, 32), to_density(torch.rand(2, 24, 32))
    maps = [network(image, density, torch.randn(2, 8)) for _ in range(2)]
    assert torch.equal(*maps)


def test_untrained_log_network_starts_from_the_universal_map():
    network = LogPersonalNetwork(dim=8, width=8, n_basis=3).eval()
    with torch.no_grad():
        network.coefficients.weight.zero_()
    density = to_density(torch.rand(1, 24, 32) ** 4)
    personal = network(torch.rand(1, 3, 24, 32), density, torch.randn(1, 8))
    torch.testing.assert_close(personal, density, rtol=0.05, atol=1e-5)


@pytest.mark.parametrize(
    "channels", [("psm",), ("usm", "psm", "difference")], ids=["paper", "best"]
)
def test_embedding_depends_on_the_personal_map(channels):
    torch.manual_seed(0)
    network = UserEncoder(map_channels=channels, widths=(4, 4, 8, 8), dim=8).eval()
    image, usm = torch.rand(1, 3, 24, 32), torch.rand(1, 24, 32)
    features = [network(image, scale_to_one(torch.rand(1, 24, 32)), usm) for _ in range(2)]
    assert features[0].shape == (1, 8)
    assert not torch.allclose(*features)


def test_pooled_features_have_unit_length():
    user_BD = pool_features(torch.randn(5, 7, 8))
    torch.testing.assert_close(user_BD.norm(dim=1), torch.ones(5))


def test_scales_are_those_of_the_training_maps():
    density = to_density(torch.rand(3, 6, 8))
    torch.testing.assert_close(scale_to_one(density).amax(dim=(1, 2)), torch.ones(3))
    torch.testing.assert_close(scale_to_peak(density, 0.4).amax(dim=(1, 2)), torch.full((3,), 0.4))


def test_map_without_mass_becomes_uniform():
    density = to_density(-torch.rand(1, 6, 8))
    torch.testing.assert_close(density, torch.full((1, 6, 8), 1 / 48))
