"""Training of one network per observer, all at once.

Shape legend: B pairs of one observer, O observers, H W map grid rows and columns.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gazeapp.errors import SettingsError
from gazeapp.networks.checkpoint import save_checkpoint
from gazeapp.networks.multicnn import MultiCnn, ObserverConv2d
from gazeapp.networks.personal_saliency import PersonalNetwork
from trainer.configs import MultiCnnConfig
from trainer.data.resident import Resident
from trainer.distributed import over_ranks
from trainer.loop import Values, fit
from trainer.precision import autocast
from trainer.runs import Run
from trainer.tasks.observer_batch import (
    draw_batch,
    mean_square_sums,
    observer_names,
    observer_slices,
)
from trainer.tasks.schedule import build_optimizer, halving, parameter_groups
from trainer.tasks.sources import load_unconditioned


def train_multicnn(
    data: list[Resident],
    start: Path | None,
    config: MultiCnnConfig,
    run: Run,
    seed: int,
    device: torch.device,
) -> None:
    """Train every observer's network against that observer's maps, and write all of them as one checkpoint.

    Args:
        data: Every observer of every data set gets a network.
        start: Run or weights with the unconditioned refiner that every network starts from; None starts from nothing, as
            the paper does, and then each network has to learn for itself what all observers share.
        config: Steps and rates.
        run: Where the checkpoint goes.
        seed: Of weights and batches.
        device: Where it is computed.

    Raises:
        SettingsError: `start` has other widths than `config` asks for.
    """
    peak = float(np.mean([part.usm_peak() for part in data]))
    slices = observer_slices(data)
    arguments: dict[str, Any] = {
        "n_observers": slices[-1].stop,
        "widths": config.widths,
        "usm_peak": peak,
    }
    torch.manual_seed(seed)
    model = MultiCnn(**arguments)
    if start is not None:
        common = load_unconditioned(start)
        if common.widths != model.widths:
            raise SettingsError(
                f"--set widths={','.join(map(str, config.widths))}: the network of {start} has "
                f"{','.join(map(str, common.widths))}",
                key="widths",
            )
        start_from(model, common)
    model.to(device)
    optimizer = build_optimizer(parameter_groups(model, config.weight_decay), config.optimizer, config.learning_rate)
    weight = np.array([part.n_images * part.n_observers for part in data], dtype=float)

    def step_loss(_step: int, rng: np.random.Generator) -> tuple[Tensor, Values]:
        k = int(rng.choice(len(data), p=weight / weight.sum()))
        batch = draw_batch(
            data[k],
            rng,
            config.batch,
            peak=peak,
            predicted_usm=config.predicted_usm,
            mirrored=config.mirrored,
        )
        with autocast(config.precision, device):
            maps = over_ranks(partial(model.discrepancies, observers=slices[k]), batch.image_BOCHW, batch.usm_BOHW)
        error_TO, square_O = mean_square_sums(maps, batch.delta_BOHW)
        explained = 1 - error_TO[-1].detach().sum() / square_O.sum().clamp_min(1e-12)
        # a sum over observers: every network gets the gradient that it would get alone
        return error_TO.sum(), {"explained": explained}

    pairs = np.mean([part.n_images for part in data])
    fit(
        model,
        optimizer,
        step_loss,
        run=run,
        n_steps=config.steps,
        seed=seed,
        learning_rate=halving(config.learning_rate, round(config.halve_every * pairs / config.batch)),
        max_norm=5.0 * slices[-1].stop ** 0.5,
        label="multicnn",
    )
    save_checkpoint(
        run.weights_path,
        architecture="multicnn",
        config=arguments,
        tensors=model.state_dict(),
        provenance={
            **run.settings,
            "usm_peak": peak,
            "observers": observer_names(data),
            "preset_values": asdict(config),
        },
    )


@torch.no_grad()
def start_from(model: MultiCnn, common: PersonalNetwork) -> None:
    """Give every observer's network the weights of the unconditioned refiner."""
    convolutions = [m for m in common.stem if isinstance(m, nn.Conv2d)]
    pairs = [
        *zip(model.stem, convolutions, strict=True),
        *zip(model.decoder, common.decoder, strict=True),
        *zip(model.heads, common.heads, strict=True),
    ]
    for own, shared in pairs:
        assert isinstance(own, ObserverConv2d)
        assert isinstance(shared, nn.Conv2d)
        own.weight[:] = shared.weight
        own.bias[:] = shared.bias if shared.bias is not None else 0.0
    model.mixing.weight[:] = common.kernels()
    model.mixing.bias.zero_()
