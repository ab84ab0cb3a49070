"""EfficientNet-Lite against the published code, and the shared file made from it.

Golden values: `efficientnet-lite-pytorch` 0.1.0 under torch 2.13.0, weights drawn from seeds by name (`drawn_weights`).
"""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest
import torch

from gazeapp.errors import CheckpointError
from gazeapp.networks.backbone import BACKBONE, feature_image_size, find_backbone, save_backbone
from gazeapp.networks.efficientnet_lite import EfficientNetLite, fold_norms, load_published

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "efficientnet_lite.npz")
SIZES = [(64, 96), (96, 64), (75, 101)]


def drawn_weights(variant="lite0"):
    drawn = {}
    for name, value in EfficientNetLite(variant=variant).state_dict().items():
        generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
        if not value.is_floating_point():
            drawn[name] = value
        elif name.endswith("running_var"):
            drawn[name] = torch.rand(value.shape, generator=generator) + 0.5
        elif value.dim() < 2:
            drawn[name] = torch.randn(value.shape, generator=generator) * 0.2 + float(name.endswith("weight"))
        else:
            drawn[name] = torch.randn(value.shape, generator=generator) * (2 / value[0].numel()) ** 0.5
    return drawn


def picture(height, width):
    generator = torch.Generator().manual_seed(height)
    return torch.rand(1, 3, height, width, generator=generator) * 2 - 1


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(
    ("variant", "folded"), [("lite0", False), ("lite0", True), ("lite2", False)], ids=["lite0", "folded", "lite2"]
)
def test_every_stage_is_that_of_the_published_code(variant, size, folded):
    network = load_published(drawn_weights(variant), variant=variant).train()
    network = fold_norms(network) if folded else network
    for k, found in enumerate(network(picture(*size))):
        expected = GOLDEN[f"{variant}_{size[0]}x{size[1]}_{k}"]
        assert found.shape[1:] == tuple(int(n) for n in expected[:3])
        values = found.flatten()
        sample = values[:: max(1, len(values) // 64)][:64].numpy()
        # single precision: the golden values themselves are up to 2e-5 of the largest from those of double precision
        np.testing.assert_allclose(sample, expected[4:], atol=3e-5 * float(expected[3]))


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_uneven_padding_is_that_of_a_padded_copy(size):
    network = load_published(drawn_weights())
    convolution = network._conv_stem.double()
    image = picture(*size).double()
    copied = torch.nn.functional.conv2d(torch.nn.functional.pad(image, (0, 1, 0, 1)), convolution.weight, stride=2)
    torch.testing.assert_close(convolution(image), copied, rtol=0, atol=1e-12)


def test_training_around_it_changes_nothing_in_it():
    network = load_published(drawn_weights())
    before = {name: value.clone() for name, value in network.state_dict().items()}
    network.train()
    network(picture(64, 96))
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_weights_of_another_network_are_refused():
    with pytest.raises(CheckpointError, match="not the weights of EfficientNet-lite2"):
        load_published(drawn_weights("lite0"), variant="lite2")


def test_the_shipped_file_is_found_from_anywhere(tmp_path):
    assert find_backbone(tmp_path).sha256 == find_backbone().sha256
    assert find_backbone() is find_backbone(sha256=find_backbone().sha256)


def test_another_backbone_than_the_weights_stand_on_is_named(tmp_path):
    save_backbone(fold_norms(load_published(drawn_weights())), tmp_path / BACKBONE, origin="drawn")
    own = find_backbone(tmp_path)
    assert own.sha256 != find_backbone().sha256
    with pytest.raises(CheckpointError, match="stand on backbone 12345678"):
        find_backbone(tmp_path, "12345678" * 8)


@pytest.mark.parametrize("damage", ["truncated", "foreign", "empty", "infinite"])
def test_a_damaged_file_is_one_line(tmp_path, damage):
    path = tmp_path / BACKBONE
    network = fold_norms(load_published(drawn_weights()))
    if damage == "infinite":
        network._conv_stem.weight[0, 0, 0, 0] = float("inf")
    save_backbone(network, path, origin="drawn")
    content = path.read_bytes()
    if damage == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "foreign":
        path.write_bytes(b"\x80\x04cos\nsystem\n(S'touch escaped'\ntR.")
    elif damage == "empty":
        path.write_bytes(b"")
    with pytest.raises(CheckpointError, match="damaged backbone") as caught:
        find_backbone(tmp_path)
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("size", [(1, 1), (4000, 10), (10, 4000), (1920, 1080), (333, 777)], ids=str)
def test_images_of_any_size_reach_the_backbone_at_a_size_it_pads_evenly(size):
    width, height = feature_image_size(size)
    assert width % 32 == 0
    assert height % 32 == 0
    assert 0.6 < width * height / (384 * 288) < 1.5
