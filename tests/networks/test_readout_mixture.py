"""Readouts on any backbone: views, plain values that name a backbone, and weights files of others."""

import pytest
import torch

from gazeapp.errors import CheckpointError
from gazeapp.networks.checkpoint import build_network, load_checkpoint, save_checkpoint
from gazeapp.networks.deepgaze.backbones import ResNet50
from gazeapp.networks.deepgaze.mixture import ReadoutMixture
from gazeapp.networks.deepgaze.own_backbones import VIEWS, build_spec, load_imagenet_weights
from gazeapp.networks.deepgaze.own_predictor import ReadoutPredictor
from gazeapp.networks.universal_models import UniversalChoice, load_universal

pytestmark = pytest.mark.slow

ENCODERS = [
    {"kind": "encoder", "name": view, "view": view, "widths": [4, 4, 8, 8, 8], "fused": 8}
    for view in ("colour", "fine")
]


def mixture(**more):
    torch.manual_seed(0)
    config = {
        "backbones": ENCODERS,
        "n_members": 2,
        "categories": ["Noisy", "Sketch"],
        "mixture": "category",
        "centre_hw": [12, 16],
    } | more
    return ReadoutMixture(**config).eval(), config


@pytest.mark.parametrize("view", VIEWS)
def test_view_is_finite_and_of_three_channels(view):
    seen = VIEWS[view](torch.rand(2, 3, 48, 64) * 2 - 1)
    assert seen.shape == ((2, 3, 48, 64) if view == "whole" else (2, 3, 24, 32))
    assert seen.isfinite().all()


def test_fine_view_is_blind_to_the_negative_and_grey_to_colour():
    image = torch.rand(1, 3, 48, 64) * 2 - 1
    torch.testing.assert_close(VIEWS["fine"](-image), VIEWS["fine"](image))
    seen = VIEWS["grey"](image)
    assert torch.equal(seen[:, 0], seen[:, 1])
    grey = seen[:, :1].expand(-1, 3, -1, -1).repeat_interleave(2, 2).repeat_interleave(2, 3)
    torch.testing.assert_close(VIEWS["grey"](grey), seen)


def test_coarse_view_removes_noise():
    noise = torch.randn(1, 3, 96, 128, generator=torch.Generator().manual_seed(0))
    assert VIEWS["coarse"](noise).std() < 0.1 * noise.std()


def test_mixture_with_uneven_weights_is_a_density_for_any_category():
    model, _ = mixture()
    for weights in model.weights:
        torch.nn.init.normal_(weights.weights_NK, std=2)
    image = torch.rand(2, 3, 48, 64) * 255
    with torch.no_grad():
        maps = [model(image, c) for c in (None, "Noisy", "Sketch", "unknown")]
    for log_BHW in maps:
        torch.testing.assert_close(log_BHW.exp().sum(dim=(1, 2)), torch.ones(2))
    assert not torch.allclose(maps[1], maps[2], atol=1e-4)


def test_first_maps_of_all_mixtures_but_the_products_are_the_plain_ones():
    maps = []
    for name in ("plain", "category", "report"):
        model, _ = mixture(mixture=name)
        with torch.no_grad():
            maps.append(model(torch.full((1, 3, 48, 64), 99.0), "Noisy"))
    torch.testing.assert_close(maps[0], maps[1])
    torch.testing.assert_close(maps[0], maps[2])


@pytest.mark.parametrize("plain", [{"kind": "vgg"}, {"kind": "imagenet", "name": "vgg16"}], ids=["kind", "name"])
def test_unknown_backbone_is_refused(plain):
    with pytest.raises(ValueError, match="not known"):
        build_spec(plain)


def test_imagenet_backbone_takes_a_torchvision_state_dict_and_says_what_does_not_fit(tmp_path):
    network, other = ResNet50(base=8), ResNet50(base=8)
    torch.save({"state_dict": network.state_dict()}, tmp_path / "r.pth")
    load_imagenet_weights(other, tmp_path / "r.pth")
    assert torch.equal(other.layer4[2].conv3.weight, network.layer4[2].conv3.weight)
    torch.save({"conv1.weight": torch.zeros(1)}, tmp_path / "x.pth")
    with pytest.raises(CheckpointError, match="does not fit"):
        load_imagenet_weights(other, tmp_path / "x.pth")
    torch.save(network, tmp_path / "module.pth")
    with pytest.raises(CheckpointError, match="weights alone"):
        load_imagenet_weights(other, tmp_path / "module.pth")


@pytest.fixture
def file(tmp_path):
    model, config = mixture()
    for weights in model.weights:
        torch.nn.init.normal_(weights.weights_NK, std=2)
    path = tmp_path / "mine.safetensors"
    save_checkpoint(
        path,
        architecture="readout_mixture",
        config=config,
        tensors=model.state_dict(),
        provenance={},
    )
    return path, model


def test_weights_come_back_from_a_file(file):
    path, model = file
    network = build_network(load_checkpoint(path), path)
    stored = model.state_dict()
    assert all(torch.equal(tensor, stored[name]) for name, tensor in network.state_dict().items())


def test_forged_configuration_is_a_checkpoint_error(file, tmp_path):
    _path, model = file
    for change in ({"backbones": [{"kind": "vgg"}]}, {"mixture": "sum"}, {"n_members": 3}, {"backbones": 7}):
        forged = tmp_path / "forged.safetensors"
        save_checkpoint(
            forged,
            architecture="readout_mixture",
            config=mixture()[1] | change,
            tensors=model.state_dict(),
            provenance={},
        )
        with pytest.raises(CheckpointError):
            build_network(load_checkpoint(forged), forged)


def test_model_deepgaze_takes_own_readouts_and_a_category(file, image_rgb):
    path, _ = file
    choice = UniversalChoice(model="deepgaze", weights=path, options={"category": "Noisy"})
    universal = load_universal(choice)
    density = universal(image_rgb)
    assert density.shape == image_rgb.shape[:2]
    assert density.sum() == pytest.approx(1, abs=1e-4)
    assert not (ReadoutPredictor(path, "Sketch").predict(image_rgb) == density).all()
    assert ReadoutPredictor(path).categories == ("Noisy", "Sketch")


def test_category_that_is_not_known_lists_those_that_are(file):
    from gazeapp.errors import SettingsError

    with pytest.raises(SettingsError, match="Noisy, Sketch"):
        ReadoutPredictor(file[0], "Action")
    with pytest.raises(SettingsError, match="takes none"):
        load_universal(UniversalChoice(model="deepgaze", options={"category": "Noisy"}))


@pytest.fixture
def image_rgb():
    import numpy as np

    return np.random.default_rng(0).integers(0, 255, (90, 130, 3), np.uint8)
