"""Calibration: the temperature that explains held-out fixations best, taken into the weights exactly."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gazeapp.networks.backbone import find_backbone
from gazeapp.networks.universal import UniversalNetwork, predict_density
from tests.trainer.synthetic_data import write_synthetic
from trainer.data.dataset import open_data
from trainer.data.prepare import write_data
from trainer.data.tensors import TensorDataset
from trainer.methods.universal import fit_temperature, set_temperature

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def part(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    source = write_synthetic(folder / "images", n_images=6, n_observers=3)
    write_data(source, folder / "DATA", map_size_wh=(32, 24))
    return TensorDataset(open_data(folder / "DATA"))


@pytest.fixture
def network(part):
    """It knows where people look on average, and nothing of images."""
    torch.manual_seed(0)
    network = UniversalNetwork(width=8).eval()
    mean_HW = part.maps(np.arange(part.n_images)).mean(dim=(0, 1))
    with torch.no_grad():
        network.readout.weight.mul_(0.01)
        coarse = torch.nn.functional.adaptive_avg_pool2d(mean_HW[None], network.centre.shape)[0]
        network.centre.copy_(2 * (coarse + 1e-3).log())  # about the sharpness of the fixations
    return network


def test_temperature_in_the_weights_divides_the_log_density(network):
    with torch.inference_mode():
        features = find_backbone()(torch.rand(1, 3, 64, 96) * 2 - 1)
        before = predict_density(network, features, (24, 32)).log()
        set_temperature(network, 1.7)
        after = predict_density(network, features, (24, 32))
    wanted = (before / 1.7).flatten(1).softmax(dim=1).view_as(after)
    torch.testing.assert_close(after, wanted, rtol=1e-4, atol=1e-9)


def test_network_that_is_calibrated_already_has_temperature_one(network, part):
    set_temperature(network, fit_temperature(network, [part]))
    assert fit_temperature(network, [part]) == pytest.approx(1, abs=0.01)


def test_overconfident_network_is_cooled_down(network, part):
    set_temperature(network, fit_temperature(network, [part]))
    set_temperature(network, 1 / 1.4)
    assert fit_temperature(network, [part]) == pytest.approx(1.4, rel=0.02)
