"""The architectures: what goes in, what comes out, and that users matter."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from gazeapp.networks.encoder import SeenImage, ViewedImage
from gazeapp.networks.map_grid import scale_to_one, scale_to_peak, to_density
from gazeapp.networks.personal_saliency import PersonalNetwork
from gazeapp.networks.universal import UniversalNetwork
from gazeapp.networks.user_embedding import NORMALISATIONS, UserEncoder
from gazeapp.networks.user_posterior import BasisPersonalNetwork

GRIDS = [(120, 160), (160, 120), (104, 184), (8, 8)]


def seen(n, grid_hw):
    """Images, and what a backbone might see in them."""
    sides = [tuple(max(1, side // stride) for side in grid_hw) for stride in (3, 3, 6, 6, 12, 12)]
    features = [torch.randn(n, c, *side) for c, side in zip((24, 40, 80, 112, 192, 320), sides, strict=True)]
    return SeenImage(image_BCHW=torch.rand(n, 3, *grid_hw), features=features)


def personal_networks():
    torch.manual_seed(0)
    basis = BasisPersonalNetwork(n_axes=8, n_basis=3, dim=8)
    basis.basis.axes.normal_(std=0.05)
    return [
        PersonalNetwork(dim=8, widths=(16, 8, 8)),
        basis,
    ]


@pytest.mark.parametrize("grid", GRIDS, ids=str)
def test_universal_output_is_a_log_density(grid):
    network = UniversalNetwork(width=8).eval()
    log_BHW = network(seen(2, grid).features, grid)
    assert log_BHW.shape == (2, *grid)
    torch.testing.assert_close(log_BHW.exp().sum(dim=(1, 2)), torch.ones(2))


@pytest.mark.parametrize("grid", GRIDS, ids=str)
@pytest.mark.parametrize("network", personal_networks(), ids=["paper", "basis"])
def test_personal_output_is_a_density(network, grid):
    density = to_density(torch.rand(2, *grid))
    personal = network.eval().densities(seen(2, grid), density, torch.randn(2, 8))
    assert personal.shape == density.shape
    assert bool((personal >= 0).all())
    torch.testing.assert_close(personal.sum(dim=(1, 2)), torch.ones(2))


@pytest.mark.parametrize("network", personal_networks(), ids=["paper", "basis"])
def test_each_user_of_a_batch_gets_the_map_they_get_alone(network):
    network.eval()
    image, density = seen(1, (24, 32)), to_density(torch.rand(1, 24, 32))
    users = torch.nn.functional.normalize(torch.randn(3, 8), dim=1)
    three = SeenImage(
        image_BCHW=image.image_BCHW.expand(3, -1, -1, -1), features=[f.expand(3, -1, -1, -1) for f in image.features]
    )
    together = network.densities(three, density.expand(3, -1, -1), users)
    alone = torch.cat([network.densities(image, density, user[None]) for user in users])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-7)
    assert not torch.allclose(together[0], together[1], rtol=1e-3, atol=0)


@pytest.mark.parametrize("normalisation", NORMALISATIONS)
def test_embedding_depends_on_the_personal_map(normalisation):
    torch.manual_seed(0)
    network = UserEncoder(widths=(4, 4, 8, 8), dim=8, normalisation=normalisation).eval()
    image = torch.rand(1, 3, 24, 32)
    features = [network(image, scale_to_one(torch.rand(1, 24, 32))) for _ in range(2)]
    assert features[0].shape == (1, 8)
    assert not torch.allclose(*features)


def test_embedding_on_pretrained_features_weighs_what_a_person_looked_at():
    torch.manual_seed(0)
    image = seen(2, (96, 128))
    channels = tuple(feature.shape[1] for feature in image.features)
    network = UserEncoder(widths=(8, 8), dim=4, n_axes=6, channels=channels, backbone="a" * 64).eval()
    network.axes.normal_(std=0.1)
    assert network.backbone_sha256 == "a" * 64
    psm = torch.zeros(2, 96, 128)
    psm[:, 20:40, 20:40] = 1
    features = network.encode(viewed(image, psm))
    assert features.shape == (2, 4)
    for place, is_looked_at in ((slice(8, 12), True), (slice(24, 28), False)):
        changed = [feature.clone() for feature in image.features]
        changed[0][:, :, place, place] += 3
        again = network.encode(viewed(replace(image, features=changed), psm))
        assert torch.allclose(again, features) is not is_looked_at
    rgb = replace(image, image_BCHW=torch.rand(2, 3, 96, 128))
    assert torch.equal(network.encode(viewed(rgb, psm)), features)


def viewed(image, psm_BHW):
    return ViewedImage(
        image_BCHW=image.image_BCHW,
        features=image.features,
        psm_BHW=psm_BHW,
        density_BHW=psm_BHW,
        n_fixations_B=torch.ones(len(psm_BHW)),
    )


def test_unknown_normalisation_is_refused():
    with pytest.raises(ValueError, match="batch, none, standardised"):
        UserEncoder(normalisation="layer")


def test_scales_are_those_of_the_training_maps():
    density = to_density(torch.rand(3, 6, 8))
    torch.testing.assert_close(scale_to_one(density).amax(dim=(1, 2)), torch.ones(3))
    torch.testing.assert_close(scale_to_peak(density, 0.4).amax(dim=(1, 2)), torch.full((3,), 0.4))


def test_map_without_mass_becomes_uniform():
    density = to_density(-torch.rand(1, 6, 8))
    torch.testing.assert_close(density, torch.full((1, 6, 8), 1 / 48))
