"""Speed of training beside the usual way to train the same networks, measured in one run on one machine.

Shape legend: B samples, H W map grid rows and columns.
"""

from __future__ import annotations

import io
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader
from torch.utils.flop_counter import FlopCounterMode

from gazeapp.networks.personal_saliency import PersonalNetwork
from gazeapp.networks.user_embedding import UserEncoder
from trainer.benchmarks.metric_speed import BenchmarkFigure
from trainer.benchmarks.plain_loader import PlainPairs
from trainer.benchmarks.pysaliency_peer import CLOCKS, median_s
from trainer.data.dataset import Dataset
from trainer.data.tensors import TensorDataset
from trainer.engine import configs
from trainer.engine.distributed import computes_bfloat16
from trainer.engine.runs import RunFolder
from trainer.methods.personal_paper import train_personal
from trainer.methods.siamese_embedding import size_of_step, train_embedding

_STEPS = 10**6
"""More than any measurement lasts."""
_PLAIN_BATCH = 96
"""Pairs of a step of the plain loop at most: it takes seconds for so many, and its time grows with their number."""


class StopWatch(RunFolder):
    """A run that notes when each step ended, and ends the training when it has seen enough.

    Args:
        folder: Thrown away afterwards.
        seconds: Of steps to measure, after the first one.
        clock: Of `pysaliency_peer.CLOCKS`.
    """

    log_every = 1

    def __init__(self, folder: Path, seconds: float, clock: str) -> None:
        super().__init__(folder, {}, resume=False)
        self._seconds, self._now = seconds, CLOCKS[clock]
        self._ends_s: list[float] = []

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Note the time; the loss was asked for, so that a GPU is done with the step."""
        self._ends_s.append(self._now())
        if len(self._ends_s) > 2 and self._ends_s[-1] - self._ends_s[0] > self._seconds:
            raise _Enough

    @property
    def step_s(self) -> float:
        """Median duration of a step."""
        return statistics.median(np.diff(self._ends_s).tolist())


class _Enough(Exception):
    """Not an error: the measurement is over."""


def measure_training(
    dataset: Dataset,
    jpegs: Path,
    scratch: Path,
    *,
    presets: Sequence[str],
    device: torch.device,
    seconds: float,
    n_workers: int,
    clock: str = "wall",
) -> list[BenchmarkFigure]:
    """Both training steps, beside the same networks fed by a plain loader, and what a complete run takes at that pace.

    The complete run is extrapolated: seconds per step that were measured, times the steps of the preset; reading the
    data and drawing the pool of embeddings are not in it. Triplets are mined semi-hard while it is measured.

    Args:
        dataset: Images and observers.
        jpegs: The same images as JPEGs.
        scratch: Folder for runs.
        presets: `paper`, or `tiny`: the same networks, small.
        device: To train on.
        seconds: Length of each measurement.
        n_workers: Processes of the plain loader.
        clock: Of `pysaliency_peer.CLOCKS`.
    """
    data = [TensorDataset(dataset, device)]
    limit = {dtype: matmul_flops(device, dtype, clock=clock) for dtype in (torch.float32, torch.bfloat16)}
    rows = []
    for preset in presets:
        embedding, personal = networks(preset)
        n_pairs = (
            round(np.mean([size_of_step(embedding, m, data[0]).n_images for m in embedding.m])) * dataset.n_observers
        )
        encoder = UserEncoder(
            widths=embedding.widths,
            dim=embedding.dim,
            dropout=embedding.dropout,
            downsample=embedding.downsample,
        ).to(device)
        batch = min(personal.batch, dataset.n_images)
        network = PersonalNetwork(dim=embedding.dim, widths=personal.widths).to(device)
        jobs: list[tuple[str, int, nn.Module, Callable[[RunFolder], None]]] = [
            ("embedding", n_pairs, encoder, partial(_train_embedding, data, embedding, device)),
            ("personal", batch, network, partial(_train_personal, data, encoder, personal, device)),
        ]
        steps = {"embedding": embedding.steps, "personal": personal.steps}
        run_s = plain_run_s = 0.0
        for task, n, model, train in jobs:
            watch = StopWatch(scratch / f"{task}-{preset}", seconds, clock)
            print(f"bench: train {task}, {preset}", file=sys.stderr, flush=True)
            # a training of endless steps would say how many hours are left
            with suppress(_Enough), redirect_stderr(io.StringIO()):
                train(watch)
            narrow = _is_narrow(embedding if task == "embedding" else personal, device)
            flops = _step_flops(model, dataset, n, device)
            peak = limit[torch.bfloat16 if narrow else torch.float32]
            plain_rate = _plain_rate(model, dataset, jpegs, min(n, _PLAIN_BATCH), device, seconds, n_workers, clock)
            name, peer = f"{task}, {preset}, {n} pairs a step", f"plain loop ({n_workers} workers)"
            rows += [
                BenchmarkFigure(
                    name=f"train {name}",
                    unit="pairs/s",
                    value=n / watch.step_s,
                    peer=peer,
                    peer_value=plain_rate,
                    share=flops / watch.step_s / peak,
                ),
                BenchmarkFigure(
                    name=f"a step of {name}", unit="s", value=watch.step_s, peer=peer, peer_value=n / plain_rate
                ),
            ]
            run_s += steps[task] * watch.step_s
            plain_run_s += steps[task] * n / plain_rate
        asked = " + ".join(f"{n} steps of {task}" for task, n in steps.items())
        rows.append(
            BenchmarkFigure(
                name=f"complete run, {preset}, {asked}",
                unit="s",
                value=run_s,
                peer=f"plain loop ({n_workers} workers)",
                peer_value=plain_run_s,
                is_extrapolated=True,
            )
        )
    return rows


def matmul_flops(device: torch.device, dtype: torch.dtype, size: int | None = None, *, clock: str = "wall") -> float:
    """Operations per second of a large matrix product: what the device gives at best."""
    size = size or (8192 if device.type == "cuda" else 1024)
    a = torch.rand(size, size, device=device).to(dtype)

    def multiply() -> None:
        float((a @ a)[0, 0])

    return 2 * size**3 / median_s(multiply, 0.3, clock)


def _train_embedding(
    data: list[TensorDataset], config: configs.EmbeddingConfig, device: torch.device, run: RunFolder
) -> None:
    train_embedding(data, replace(config, steps=_STEPS), run, 0, device)


def _train_personal(
    data: list[TensorDataset],
    encoder: UserEncoder,
    config: configs.PersonalConfig,
    device: torch.device,
    run: RunFolder,
) -> None:
    train_personal(data, encoder, replace(config, steps=_STEPS), run, 0, device)


def networks(preset: str) -> tuple[configs.EmbeddingConfig, configs.PersonalConfig]:
    """The paper's networks, or small ones."""
    embedding, personal = configs.EmbeddingConfig(), configs.PersonalConfig()
    if preset == "tiny":
        embedding = replace(embedding, steps=8, m=(2,), batch=16, widths=(4, 4, 8, 8), precision="float32")
        personal = replace(personal, steps=8, batch=4, widths=(8, 8, 8), m_min=1, m_max=4, precision="float32")
    return embedding, personal


def _is_narrow(config: configs.EmbeddingConfig | configs.PersonalConfig, device: torch.device) -> bool:
    wanted = config.precision
    return wanted == "bfloat16" or (wanted == "auto" and computes_bfloat16(device))


def _loss(model: nn.Module, image_BCHW: Tensor, psm_BHW: Tensor, usm_BHW: Tensor) -> Tensor:
    """The network on a batch, and something to differentiate; cheaper than the real losses."""
    if isinstance(model, UserEncoder):
        return torch.as_tensor(model(image_BCHW, psm_BHW).square().mean())
    assert isinstance(model, PersonalNetwork)
    user_BD = functional.normalize(torch.rand(len(image_BCHW), 32, device=image_BCHW.device), dim=1)
    maps = model.discrepancies(image_BCHW, usm_BHW, user_BD)
    return torch.stack([values.square().mean() for values in maps]).sum()


def _plain_rate(
    model: nn.Module,
    dataset: Dataset,
    jpegs: Path,
    batch: int,
    device: torch.device,
    seconds: float,
    n_workers: int,
    clock: str,
) -> float:
    """Pairs per second of a loop over a DataLoader, after its first batch."""
    loader = DataLoader(
        PlainPairs(dataset, jpegs),
        batch_size=batch,
        shuffle=True,
        num_workers=n_workers,
        drop_last=True,
        persistent_workers=n_workers > 0,
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    model.train()
    ends_s: list[float] = []
    while len(ends_s) < 3 or ends_s[-1] - ends_s[0] < seconds:
        for batch_of in loader:
            loss = _loss(model, *(values.to(device) for values in batch_of))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            optimizer.step()
            float(loss.detach())
            ends_s.append(CLOCKS[clock]())
            if len(ends_s) > 2 and ends_s[-1] - ends_s[0] > seconds:
                break
    # the mean, not the median: what workers prepared ahead must be paid for too
    return batch * (len(ends_s) - 1) / (ends_s[-1] - ends_s[0])


def _step_flops(model: nn.Module, dataset: Dataset, n: int, device: torch.device) -> float:
    height, width = dataset.maps.shape[-2:]
    few = min(n, 8)
    maps = torch.rand(2, few, height, width, device=device)
    model.train()
    with FlopCounterMode(display=False) as counter:
        loss = _loss(model, torch.rand(few, 3, height, width, device=device), maps[0], maps[1])
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
    return float(counter.get_total_flops()) * n / few
