"""Speed of training and of scoring, each beside the usual way, measured in one run on one machine.

Shape legend: B samples, H W map grid rows and columns.
"""

from __future__ import annotations

import importlib
import io
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader
from torch.utils.flop_counter import FlopCounterMode

from gazeapp.networks.personal_saliency import PersonalNetwork
from gazeapp.networks.user_embedding import UserEncoder
from gazeapp.saliency.maps import fixation_density
from gazeapp.saliency.metrics import evaluate_map
from trainer import configs
from trainer.batch_metrics import evaluate_maps, pack_fixations
from trainer.benchmark_loader import PlainPairs
from trainer.data.dataset import Dataset
from trainer.data.resident import Resident
from trainer.precision import computes_bfloat16
from trainer.runs import Run
from trainer.tasks.personal_saliency import train_personal
from trainer.tasks.user_embedding import train_embedding

_METRICS = ("cc", "sim", "auc", "auc_judd", "nss", "kld")
_STEPS = 10**6
"""More than any measurement lasts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure beside its peer's."""

    name: str
    unit: str
    value: float
    peer: str
    peer_value: float | None
    """None where the peer is not installed."""
    share: float | None = None
    """Of the arithmetic that a large matrix product reaches on this device, in the same format; None for scoring."""

    @property
    def ratio(self) -> float | None:
        """How many times faster than the peer."""
        return self.value / self.peer_value if self.peer_value else None


class StopWatch(Run):
    """A run that notes when each step ended, and ends the training when it has seen enough.

    Args:
        folder: Thrown away afterwards.
        seconds: Of steps to measure, after the first one.
    """

    log_every = 1

    def __init__(self, folder: Path, seconds: float) -> None:
        super().__init__(folder, {}, resume=False)
        self._seconds = seconds
        self._ends_s: list[float] = []

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Note the time; the loss was asked for, so that a GPU is done with the step."""
        self._ends_s.append(time.perf_counter())
        if len(self._ends_s) > 2 and self._ends_s[-1] - self._ends_s[0] > self._seconds:
            raise _Enough

    @property
    def step_s(self) -> float:
        """Median duration of a step."""
        return statistics.median(np.diff(self._ends_s).tolist())


class _Enough(Exception):
    """Not an error: the measurement is over."""


def measure_training(
    dataset: Dataset, jpegs: Path, scratch: Path, *, presets: Sequence[str], device: torch.device,
    seconds: float, n_workers: int,
) -> list[Row]:  # fmt: skip
    """Both training steps, beside the same networks fed by a plain loader.

    Args:
        dataset: Images and observers.
        jpegs: The same images as JPEGs.
        scratch: Folder for runs.
        presets: `paper`, or `tiny`: the same networks, small.
        device: To train on.
        seconds: Length of each measurement.
        n_workers: Processes of the plain loader.
    """
    data = [Resident(dataset, device)]
    limit = {dtype: matmul_flops(device, dtype) for dtype in (torch.float32, torch.bfloat16)}
    rows = []
    for preset in presets:
        embedding, personal = _networks(preset)
        n_pairs = min(embedding.images_per_step, dataset.n_images) * dataset.n_observers
        encoder = UserEncoder(
            widths=embedding.widths, dim=embedding.dim, dropout=embedding.dropout, downsample=embedding.downsample,
        ).to(device)  # fmt: skip
        batch = min(personal.batch, dataset.n_images)
        network = PersonalNetwork(dim=embedding.dim, widths=personal.widths).to(device)
        jobs: list[tuple[str, int, nn.Module, Callable[[Run], None]]] = [
            ("embedding", n_pairs, encoder, partial(_train_embedding, data, embedding, device)),
            ("personal", batch, network, partial(_train_personal, data, encoder, personal, device)),
        ]
        for task, n, model, train in jobs:
            watch = StopWatch(scratch / f"{task}-{preset}", seconds)
            print(f"bench: train {task}, {preset}", file=sys.stderr, flush=True)
            # a training of endless steps would say how many hours are left
            with suppress(_Enough), redirect_stderr(io.StringIO()):
                train(watch)
            narrow = _is_narrow(embedding if task == "embedding" else personal, device)
            flops = _step_flops(model, dataset, n, device)
            peak = limit[torch.bfloat16 if narrow else torch.float32]
            rows.append(
                Row(
                    name=f"train {task}, {preset}, {n} pairs a step", unit="pairs/s", value=n / watch.step_s,
                    peer=f"plain loop ({n_workers} workers)",
                    peer_value=_plain_rate(model, dataset, jpegs, n, device, seconds, n_workers),
                    share=flops / watch.step_s / peak,
                )
            )  # fmt: skip
    return rows


def measure_metrics(
    device: torch.device, *, n_maps: int, size_wh: tuple[int, int], seconds: float
) -> list[Row]:
    """CC, SIM, AUC, AUC-Judd, NSS and KLD of a batch of maps, beside one map at a time and beside pysaliency."""
    rng = np.random.default_rng(0)
    looked = [rng.uniform(0, 1, (12, 2)) * size_wh for _ in range(n_maps)]
    seen = [rng.uniform(0, 1, (12, 2)) * size_wh for _ in range(n_maps)]
    truth = np.stack([fixation_density(points, size_wh, 0.03 * size_wh[0]) for points in looked])
    maps = np.stack([fixation_density(points, size_wh, 0.1 * size_wh[0]) for points in seen])
    maps_BHW, truth_BHW = torch.from_numpy(maps).to(device), torch.from_numpy(truth).to(device)

    def batched() -> None:
        fixations = pack_fixations(looked, size_wh, device=device)
        found = evaluate_maps(maps_BHW, truth_BHW=truth_BHW, fixations=fixations, metrics=_METRICS)
        float(found["kld"].sum())  # a GPU is done when the number is here

    def one_by_one() -> None:
        for prediction, own, points in zip(maps, truth, looked, strict=True):
            evaluate_map(prediction, truth=own, fixations_px=points, metrics=_METRICS)

    name = f"six metrics, {n_maps} maps of {size_wh[0]}x{size_wh[1]}"
    rate = n_maps / _median_s(batched, seconds)
    peer = _pysaliency()
    theirs = None
    if peer is not None:
        theirs = n_maps / _median_s(
            lambda: [peer(*case) for case in zip(maps, truth, looked, strict=True)], seconds
        )
    return [
        Row(name=name, unit="maps/s", value=rate, peer="one map at a time", peer_value=n_maps / _median_s(one_by_one, seconds)),
        Row(name=name, unit="maps/s", value=rate, peer="pysaliency", peer_value=theirs),
    ]  # fmt: skip


def matmul_flops(device: torch.device, dtype: torch.dtype, size: int | None = None) -> float:
    """Operations per second of a large matrix product: what the device gives at best."""
    size = size or (8192 if device.type == "cuda" else 1024)
    a = torch.rand(size, size, device=device).to(dtype)

    def multiply() -> None:
        float((a @ a)[0, 0])

    return 2 * size**3 / _median_s(multiply, 0.3)


def _train_embedding(
    data: list[Resident], config: configs.EmbeddingConfig, device: torch.device, run: Run
) -> None:
    train_embedding(data, config, run, 0, device)


def _train_personal(
    data: list[Resident], encoder: UserEncoder, config: configs.PersonalConfig, device: torch.device, run: Run,
) -> None:  # fmt: skip
    train_personal(data, encoder, config, run, 0, device)


def _networks(preset: str) -> tuple[configs.EmbeddingConfig, configs.PersonalConfig]:
    """The paper's networks, or small ones, for endless steps."""
    embedding, personal = configs.EmbeddingConfig(), configs.PersonalConfig()
    if preset == "tiny":
        embedding = replace(
            embedding, images_per_step=6, m=(2,), batch=16, widths=(4, 4, 8, 8), precision="float32"
        )
        personal = replace(
            personal, batch=4, widths=(8, 8, 8), m_min=1, m_max=4, precision="float32"
        )
    return replace(embedding, steps=_STEPS), replace(personal, steps=_STEPS)


def _is_narrow(
    config: configs.EmbeddingConfig | configs.PersonalConfig, device: torch.device
) -> bool:
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
    model: nn.Module, dataset: Dataset, jpegs: Path, batch: int, device: torch.device, seconds: float,
    n_workers: int,
) -> float:  # fmt: skip
    """Pairs per second of a loop over a DataLoader, after its first batch."""
    loader = DataLoader(
        PlainPairs(dataset, jpegs), batch_size=batch, shuffle=True, num_workers=n_workers, drop_last=True,
        persistent_workers=n_workers > 0,
    )  # fmt: skip
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
            ends_s.append(time.perf_counter())
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


def _median_s(act: Callable[[], object], seconds: float) -> float:
    act()
    times: list[float] = []
    while len(times) < 3 or sum(times) < seconds:
        begin = time.perf_counter()
        act()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def _pysaliency() -> Callable[..., object] | None:
    """Its six metrics of one map, where it is installed."""
    try:
        metrics: Any = importlib.import_module("pysaliency.metrics")  # Any: it has no types
        roc: Any = importlib.import_module("pysaliency.roc")
    except ImportError:
        return None

    def score(prediction: Any, truth: Any, points: Any) -> object:
        x, y = points[:, 0], points[:, 1]
        values = prediction[y.astype(int), x.astype(int)]
        return (
            metrics.CC(prediction, truth), metrics.SIM(prediction, truth), metrics.MIT_KLDiv(prediction, truth),
            metrics.NSS(prediction, x, y), roc.general_roc(values, prediction.flatten()),
            roc.general_roc(values, prediction.flatten(), judd=1),
        )  # fmt: skip

    return score
