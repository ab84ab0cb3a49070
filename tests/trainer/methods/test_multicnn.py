"""One network per observer: nothing is shared, a warm start changes nothing, and an unseen observer gets the right
one."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gazeapp.networks.checkpoint import build_network, load_checkpoint
from gazeapp.networks.multicnn import MultiCnn
from gazeapp.networks.personal_saliency import PersonalNetwork
from tests.trainer.synthetic_data import write_synthetic
from trainer.__main__ import main
from trainer.data.dataset import open_data
from trainer.data.prepare import write_data
from trainer.data.tensors import TensorDataset
from trainer.evaluation.baselines.interface import Query, SupportSet
from trainer.evaluation.baselines.per_observer import Bank, ChosenOnSupportModel
from trainer.evaluation.data import EvaluationData
from trainer.methods.multicnn import draw_batch, mean_square_sums, start_from

pytestmark = pytest.mark.slow

SMALL = (16, 8, 4)


def two_images():
    torch.manual_seed(1)
    return torch.rand(2, 3, 24, 32) * 2 - 1, torch.rand(2, 24, 32)


def test_each_observer_has_three_maps_of_an_eighth_of_the_grid():
    image, usm = two_images()
    network = MultiCnn(n_observers=3, widths=SMALL)
    maps = network.discrepancies(image[:, None].expand(-1, 3, -1, -1, -1), usm[:, None].expand(-1, 3, -1, -1))
    assert [map_.shape for map_ in maps] == [(2, 3, 3, 4)] * 3


def test_an_observers_prediction_depends_on_that_observers_weights_alone():
    image, usm = two_images()
    network = MultiCnn(n_observers=3, widths=SMALL)
    network.predict(image, usm, 1).square().sum().backward()
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    assert all(not gradient[[0, 2]].any() for gradient in gradients)
    assert any(gradient[1].any() for gradient in gradients)


def test_observers_at_once_equal_observers_one_by_one():
    image, usm = two_images()
    network = MultiCnn(n_observers=3, widths=SMALL)
    with torch.no_grad():
        at_once = network.discrepancies(image[:, None].expand(-1, 3, -1, -1, -1), usm[:, None].expand(-1, 3, -1, -1))[
            -1
        ]
        alone = network.discrepancies(image[:, None], usm[:, None], slice(2, 3))[-1]
    torch.testing.assert_close(at_once[:, 2:], alone)


def test_warm_start_predicts_what_the_unconditioned_refiner_does():
    image, usm = two_images()
    common = PersonalNetwork(dim=4, widths=SMALL, conditioned=False)
    common.mean_user.fill_(0.5)
    network = MultiCnn(n_observers=2, widths=SMALL)
    start_from(network, common)
    with torch.no_grad():
        expected = common.discrepancies(image, usm, torch.zeros(2, 4))[-1]
        own = network.discrepancies(image[:, None], usm[:, None], slice(1, 2))[-1][:, 0]
    torch.testing.assert_close(own, expected)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Four people, of whom 0 and 2 prefer the left side, 1 and 3 the right one."""
    folder = tmp_path_factory.mktemp("multicnn")
    source = write_synthetic(folder / "images", n_images=24, n_observers=4)
    write_data(source, folder / "DATA", map_size_wh=(32, 24))
    (folder / "unseen.txt").write_text("2\n3\n")
    return folder


def test_checkpoint_holds_a_network_for_each_observer(folder):
    code = main(
        [
            "train",
            "multicnn",
            "--data",
            str(folder / "DATA"),
            "-o",
            str(folder / "run"),
            "--preset",
            "tiny",
            "--device",
            "cpu",
            "--exclude-observers",
            str(folder / "unseen.txt"),
        ]
    )
    assert code == 0
    checkpoint = load_checkpoint(folder / "run" / "weights.safetensors")
    assert build_network(checkpoint, folder).n_observers == 2
    assert checkpoint.provenance["observers"] == ["synthetic:person-0", "synthetic:person-1"]


@pytest.fixture(scope="module")
def networks(folder):
    torch.manual_seed(0)
    network = MultiCnn(n_observers=2, widths=SMALL)
    known = TensorDataset(open_data(folder / "DATA").without([], ["2", "3"]))
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    for step in range(60):
        batch = draw_batch(known, np.random.default_rng(step), 8, peak=0.5, predicted_usm=0.0, mirrored=False)
        maps = network.discrepancies(batch.image_BOCHW, batch.usm_BOHW)
        optimizer.zero_grad()
        mean_square_sums(maps, batch.delta_BOHW)[0].sum().backward()
        optimizer.step()
    return network


@pytest.mark.parametrize("unseen", [2, 3])
def test_an_unseen_observer_gets_the_network_of_the_person_with_the_same_preference(folder, networks, unseen):
    data = TensorDataset(open_data(folder / "DATA"))
    data = EvaluationData(data, group=[0, 1], learning_images=np.arange(16))
    bank = Bank(networks, ["synthetic:person-0", "synthetic:person-1"], 0.5)
    images = np.arange(16, 24)
    query = Query(
        observer=unseen,
        images=images,
        base_NHW=data.base(unseen, images),
        support=SupportSet(observer=unseen, images=np.arange(12)),
    )
    chosen = ChosenOnSupportModel(bank, "multicnn_support").predict(data, query)
    alike = bank.densities(data, unseen % 2, unseen, images, query.base_NHW)
    torch.testing.assert_close(chosen, alike)
