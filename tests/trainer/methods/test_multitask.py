"""The multi-task network: shared convolutions, tasks apart, and new people who train their task alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gazeapp.networks.checkpoint import build_network, load_checkpoint
from gazeapp.networks.multitask import MultiTaskNetwork
from tests.trainer.synthetic_data import write_synthetic
from trainer.__main__ import main
from trainer.data.dataset import open_data
from trainer.data.prepare import write_data
from trainer.data.tensors import TensorDataset
from trainer.evaluation.baselines.interface import Query, SupportSet
from trainer.evaluation.baselines.per_observer import AdaptedTaskModel, Bank
from trainer.evaluation.data import EvaluationData
from trainer.methods.multitask import adapt_task

pytestmark = pytest.mark.slow

SMALL = (16, 8, 8, 4)


def some_images(n=2):
    torch.manual_seed(1)
    return torch.rand(n, 3, 24, 32) * 2 - 1, torch.rand(n, 24, 32)


def network_of(n_observers=3, **more):
    torch.manual_seed(0)
    return MultiTaskNetwork(n_observers=n_observers, widths=SMALL, **more)


def test_each_observer_has_three_maps_of_an_eighth_of_the_grid():
    image, usm = some_images()
    maps = network_of().discrepancies(image[:, None].expand(-1, 3, -1, -1, -1), usm[:, None].expand(-1, 3, -1, -1))
    assert [map_.shape for map_ in maps] == [(2, 3, 3, 4)] * 3


def test_a_task_depends_on_no_other_task():
    image, usm = some_images()
    network = network_of()
    network.predict(image, usm, 1).square().sum().backward()
    assert all(not p.grad[[0, 2]].any() for p in network.task_parameters() if p.grad is not None)
    assert next(network.shared.parameters()).grad.any()


@pytest.mark.parametrize("universal", [True, False], ids=["with USM", "RGB only"])
def test_only_the_rgb_variant_ignores_the_universal_map(universal):
    image, usm = some_images()
    network = network_of(universal=universal)
    with torch.no_grad():
        same = torch.equal(network.predict(image, usm, 0), network.predict(image, 1 - usm, 0))
    assert same is not universal


def test_adapting_trains_the_new_task_and_leaves_the_network_as_it_was():
    image, usm = some_images(6)
    psm = (usm + 0.3 * torch.linspace(-1, 1, 32)).clamp(0, 1)
    network = network_of()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    start, adapted = (adapt_task(network, image, usm, psm, steps=steps, learning_rate=1e-2) for steps in (0, 100))
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(
        torch.equal(own, shared)
        for own, shared in zip(adapted.shared.parameters(), network.shared.parameters(), strict=True)
    )
    with torch.no_grad():
        first, last = ((usm + new.predict(image, usm, 0) - psm).square().mean() for new in (start, adapted))
    assert last < 0.8 * first


def test_training_from_a_network_keeps_its_shared_convolutions(tmp_path):
    source = write_synthetic(tmp_path / "images", n_images=8, n_observers=4)
    write_data(source, tmp_path / "DATA", map_size_wh=(32, 24))

    def train(out, *more):
        arguments = ["--data", str(tmp_path / "DATA"), "-o", str(out), "--preset", "tiny"]
        code = main(["train", "multitask", *arguments, "--device", "cpu", *more])
        return code or build_network(load_checkpoint(out / "weights.safetensors"), out)

    (tmp_path / "new.txt").write_text("2\n3\n")
    (tmp_path / "old.txt").write_text("0\n1\n")
    first = train(tmp_path / "a", "--exclude-observers", str(tmp_path / "new.txt"))
    again = [
        "--from",
        str(tmp_path / "a"),
        "--exclude-observers",
        str(tmp_path / "old.txt"),
        "--set",
        "learning_rate=0.01",
    ]
    second = train(tmp_path / "b", *again)
    for name, value in second.state_dict().items():
        assert torch.equal(value, first.state_dict()[name]) is name.startswith("shared.")
    assert train(tmp_path / "c", *again, "--set", "universal=false") == 2
    assert train(tmp_path / "d", "--set", "optimizer=lbfgs") == 2


def test_unknown_people_get_a_task_from_their_own_pairs(tmp_path):
    source = write_synthetic(tmp_path / "images", n_images=24, n_observers=4)
    write_data(source, tmp_path / "DATA", map_size_wh=(32, 24))
    data = EvaluationData(TensorDataset(open_data(tmp_path / "DATA")), group=[0, 1], learning_images=np.arange(16))
    network = network_of(2)
    bank = Bank(network, ["synthetic:person-0", "synthetic:person-1"], 0.5)
    row = AdaptedTaskModel(network, bank, name="adapted", wrong_name="wrong", peak=0.5)
    images = np.arange(16, 24)
    densities = []
    with torch.inference_mode():
        for whose in (2, 3):
            support = SupportSet(observer=whose, images=np.arange(12))
            query = Query(observer=2, images=images, base_NHW=data.base(2, images), support=support)
            densities.append(row.predict(data, query))
    assert densities[0].shape == (8, 24, 32)
    assert not torch.equal(*densities)
    assert row.applies(data, [2, 3])
    assert not row.applies(data, [0, 2])
