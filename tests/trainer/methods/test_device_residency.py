"""A training step never makes the host wait for its GPU: checked on the processor, for there operations are the
same."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gazeapp.networks.checkpoint import save_checkpoint
from gazeapp.networks.universal import UniversalNetwork
from gazeapp.networks.user_embedding import UserEncoder
from tests.trainer.device_watch import DeviceWatch
from tests.trainer.synthetic_people import write_people
from trainer.data.dataset import open_data
from trainer.data.tensors import TensorDataset, send
from trainer.engine import configs
from trainer.engine.configs import BasisPersonalConfig, PosteriorConfig
from trainer.engine.loop import fit
from trainer.engine.runs import RunFolder, read_metrics
from trainer.methods import multicnn, multitask, personal_basis, personal_paper, posterior_embedding, siamese_embedding
from trainer.methods.basis_features import BasisData
from trainer.methods.checkpoints import attach_universal, load_posterior

pytestmark = pytest.mark.slow

CPU = torch.device("cpu")
N_STEPS = 6
FIRST_WATCHED = 1
"""In the very first step caches are filled and optimizers make their state."""


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    return write_people(tmp_path_factory.mktemp("residency"))


@pytest.fixture(scope="module")
def universal(tmp_path_factory):
    torch.manual_seed(0)
    arguments = {"width": 8}
    path = tmp_path_factory.mktemp("universal") / "weights.safetensors"
    save_checkpoint(
        path,
        architecture="universal",
        config=arguments,
        tensors=UniversalNetwork(**arguments).state_dict(),
        provenance={"data": []},
    )
    return path


def train_posterior(data: TensorDataset, universal: Path, run: RunFolder) -> None:
    config = PosteriorConfig(steps=N_STEPS, n_axes=16, n_basis=4, n_habits=2, query_images=8, m_min=1, m_max=8)
    posterior_embedding.train_posterior([data], [universal], config, run, 0, CPU)


def train_basis(data: TensorDataset, universal: Path, run: RunFolder) -> None:
    embedding = RunFolder(run.folder / "embedding", {}, resume=False)
    train_posterior(data, universal, embedding)
    config = BasisPersonalConfig(steps=N_STEPS, batch=4, m_min=1, m_max=8)
    encoder = load_posterior(embedding.folder, CPU)
    personal_basis.train_basis_personal([data], encoder, config, run, 0, CPU)


def train_siamese(data: TensorDataset, universal: Path, run: RunFolder) -> None:
    config = replace(configs.embedding("paper"), steps=N_STEPS, m=(2,), widths=(4, 4), precision="float32")
    siamese_embedding.train_embedding([data], config, run, 0, CPU)


def train_predicted_kernels(data: TensorDataset, universal: Path, run: RunFolder) -> None:
    config = replace(
        configs.personal("paper"),
        steps=N_STEPS,
        batch=4,
        widths=(8, 8, 8),
        m_min=1,
        m_max=4,
        pool=3,
        precision="float32",
    )
    personal_paper.train_personal([data], UserEncoder(widths=(4, 4)), config, run, 0, CPU)


def train_multicnn(data: TensorDataset, universal: Path, run: RunFolder) -> None:
    config = replace(configs.multicnn("tiny"), steps=N_STEPS, widths=(8, 8, 8))
    multicnn.train_multicnn([data], None, config, run, 0, CPU)


def train_multitask(data: TensorDataset, universal: Path, run: RunFolder) -> None:
    config = replace(configs.multitask("tiny"), steps=N_STEPS, widths=(8, 8, 8, 8))
    multitask.train_multitask([data], None, config, run, 0, CPU)


TRAININGS = {
    "posterior": (posterior_embedding, train_posterior),
    "basis": (personal_basis, train_basis),
    "siamese": (siamese_embedding, train_siamese),
    "predicted kernels": (personal_paper, train_predicted_kernels),
    "multicnn": (multicnn, train_multicnn),
    "multitask": (multitask, train_multitask),
}


@pytest.mark.parametrize("usm", ["true", "predicted"])
@pytest.mark.parametrize("name", TRAININGS)
def test_step_sends_one_block_and_reads_nothing(name, usm, people, universal, tmp_path, monkeypatch):
    module, train = TRAININGS[name]
    data = TensorDataset(open_data(people))
    if usm == "predicted":
        attach_universal([data], [universal], CPU)
    run = RunFolder(tmp_path, {"task": name}, resume=False)
    run.log_every = N_STEPS - 2
    watch = DeviceWatch(monkeypatch)
    monkeypatch.setattr(module, "fit", partial(watched_fit, watch))
    train(data, universal, run)
    n_watched = N_STEPS - FIRST_WATCHED
    assert not watch.waits
    assert len(watch.copies) <= n_watched, watch.copies
    told = [place for place in watch.read_outs if "at log.py" in place]
    assert len(told) == len(read_metrics(tmp_path)) == 2  # step 4 and the last


def watched_fit(watch, model, optimizer, step_loss, **settings):
    def watched(step, rng):
        watch.is_on = step >= FIRST_WATCHED
        return step_loss(step, rng)

    with watch:
        trained = fit(model, optimizer, watched, **settings)
        watch.is_on = False
    return trained


def test_watch_sees_what_would_wait(monkeypatch):
    watch = DeviceWatch(monkeypatch)
    values = torch.arange(4.0)
    with watch:
        watch.is_on = True
        float(values.sum())
        values[values > 1]
        values[torch.from_numpy(np.array([1]))]
        torch.linalg.solve(torch.eye(2, device="cpu"), torch.ones(2, device="cpu"))
        torch.arange(3)
    assert {wait.split()[0] for wait in watch.waits} == {
        "_local_scalar_dense.default",
        "index.Tensor",
        "_linalg_check_errors.default",
    }
    assert [copy.split()[0] for copy in watch.copies] == ["from_numpy", "arange"]


def test_parts_of_a_block_are_the_arrays():
    arrays = (
        np.arange(5),
        np.zeros((0, 3), dtype=np.float32),
        np.array([True, False, True]),
        np.arange(6, dtype=np.float32).reshape(2, 3).T,
        np.float64(2.5).reshape(()),
    )
    parts = send(CPU, *arrays)
    assert len({part.untyped_storage().data_ptr() for part in parts}) == 1
    for part, array in zip(parts, arrays, strict=True):
        np.testing.assert_array_equal(part.numpy(), array)
        assert part.numpy().dtype == array.dtype


@pytest.mark.parametrize("name", TRAININGS)
def test_every_tensor_of_a_step_lies_where_its_data_are(name, people, universal, tmp_path, monkeypatch):
    """On torch's device without values a step still runs, unless it meets a tensor of another device or asks for a
    value."""
    module, train = TRAININGS[name]
    data = TensorDataset(open_data(people))
    attach_universal([data], [universal], CPU)
    monkeypatch.setattr(module, "fit", fit_elsewhere)
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: nullcontext())  # not for that device
    with pytest.raises(Seen):
        train(data, universal, RunFolder(tmp_path, {"task": name}, resume=False))


class Seen(Exception):
    """Not an error: the step ran."""


def fit_elsewhere(model, optimizer, step_loss, **_):
    model.to("meta").train()
    for cell in step_loss.__closure__:
        cell.cell_contents = moved(cell.cell_contents)
    for step in (0, N_STEPS - 1):
        loss, values = step_loss(step, np.random.default_rng(step))
        loss.backward()
        assert all(value.device.type == "meta" for value in (loss, *values.values()))
    assert all(p.grad.device.type == "meta" for p in model.parameters() if p.grad is not None)
    raise Seen


def moved(value):
    """What a step closes over, with every tensor on the device without values."""
    if isinstance(value, (Tensor, nn.Module)):
        return value.to("meta")
    if isinstance(value, list):
        return [moved(each) for each in value]
    if isinstance(value, dict):
        return {key: moved(each) for key, each in value.items()}
    if isinstance(value, (TensorDataset, BasisData)):
        _ = value.has_map if isinstance(value, TensorDataset) else None  # drawn from on the host
        for key, each in vars(value).items():
            setattr(value, key, moved(each))
        if isinstance(value, TensorDataset):
            value.device = torch.device("meta")
    return value
