"""Training of one network per observer, all at once.

Shape legend: B pairs of one observer, O observers, H W map grid rows and columns.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gazeapp.errors import SettingsError
from gazeapp.networks.checkpoint import save_checkpoint
from gazeapp.networks.map_grid import scale_to_peak
from gazeapp.networks.multicnn import MultiCnn, ObserverConv2d
from gazeapp.networks.multitask import MultiTaskNetwork
from gazeapp.networks.personal_saliency import PersonalNetwork
from trainer.data.tensors import TensorDataset, send
from trainer.engine.configs import MultiCnnConfig, MultiTaskConfig
from trainer.engine.distributed import autocast, over_ranks
from trainer.engine.loop import Values, fit
from trainer.engine.losses import build_optimizer, halving, parameter_groups
from trainer.engine.runs import RunFolder
from trainer.methods.checkpoints import load_unconditioned


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ObserverBatch:
    """Pairs of some observers of one data set."""

    image_BOCHW: Tensor
    """RGB in [-1, 1]; every observer looks at other images."""
    usm_BOHW: Tensor
    """Universal maps without the observer, or predicted ones."""
    psm_BOHW: Tensor
    """Personal maps, maximum 1."""

    @property
    def delta_BOHW(self) -> Tensor:
        """Discrepancies on the map grid."""
        return self.psm_BOHW - self.usm_BOHW


def draw_batch(
    part: TensorDataset,
    rng: np.random.Generator,
    per_observer: int,
    *,
    peak: float,
    predicted_usm: float,
    mirrored: bool = True,
) -> ObserverBatch:
    """Random pairs of every observer.

    Args:
        part: Data.
        rng: Of the step.
        per_observer: Pairs of each observer; drawn again from those with a map, where an observer has fewer.
        peak: Scale of predicted universal maps.
        predicted_usm: Share of batches on the predicted universal map, where there is one.
        mirrored: Half of the batches are, as Xu et al. (2017) do; a preference for one side is then unlearnt.
    """
    flip = bool(rng.random() < 0.5) and mirrored
    predicted = part.predicted_NHW is not None and rng.random() < predicted_usm
    usable = part.images_to_draw(predicted=predicted)
    columns = []
    for observer in range(part.n_observers):
        own = usable[part.has_map[usable, observer]]
        columns.append(rng.choice(own, per_observer, replace=len(own) < per_observer))
    image_R, observer_R = send(
        part.device,
        np.stack(columns, axis=1).reshape(-1),
        np.tile(np.arange(part.n_observers), per_observer),
    )
    if predicted:
        usm_RHW = scale_to_peak(part.predicted(image_R, flip=flip), peak)
    else:
        usm_RHW = part.universal(image_R, observer_R, flip=flip)

    def by_observer(values_R: Tensor) -> Tensor:
        return values_R.reshape(per_observer, part.n_observers, *values_R.shape[1:])

    return ObserverBatch(
        image_BOCHW=by_observer(part.images(image_R, flip=flip)),
        usm_BOHW=by_observer(usm_RHW),
        psm_BOHW=by_observer(part.personal(image_R, observer_R, flip=flip)),
    )


def observer_slices(data: list[TensorDataset]) -> list[slice]:
    """Which of all data sets' observers each data set has; a network numbers them in this order."""
    ends = np.cumsum([part.n_observers for part in data]).tolist()
    return [slice(end - part.n_observers, end) for end, part in zip(ends, data, strict=True)]


def observer_names(data: list[TensorDataset]) -> list[str]:
    """`SOURCE:NAME` of every observer, in the network's order; for the checkpoint."""
    return [
        f"{part.dataset.source}:{part.dataset.observer_names[k]}"
        for part in data
        for k in part.dataset.observer_index.tolist()
    ]


def mean_square_sums(maps_BOHW: list[Tensor], delta_BOHW: Tensor) -> tuple[Tensor, Tensor]:
    """(predicted maps, O) mean squared errors of each observer and (O,) mean squares of the discrepancies
    themselves.
    """
    size = maps_BOHW[-1].shape[-2:]
    target_BOHW = torch.nn.functional.adaptive_avg_pool2d(delta_BOHW, (size[0], size[1]))
    error_TO = torch.stack([(map_BOHW - target_BOHW).square().mean(dim=(0, 2, 3)) for map_BOHW in maps_BOHW])
    return error_TO, target_BOHW.square().mean(dim=(0, 2, 3))


def observer_errors(
    model: MultiCnn | MultiTaskNetwork,
    part: TensorDataset,
    observers: slice,
    config: MultiCnnConfig | MultiTaskConfig,
    rng: np.random.Generator,
    per_observer: int,
) -> tuple[list[Tensor], Tensor, Tensor]:
    """Predict a batch of `draw_batch`: the maps, and what `mean_square_sums` says of them."""
    batch = draw_batch(
        part,
        rng,
        per_observer,
        peak=model.usm_peak,
        predicted_usm=config.predicted_usm,
        mirrored=config.mirrored,
    )
    with autocast(config.precision, part.device):
        maps = over_ranks(partial(model.discrepancies, observers=observers), batch.image_BOCHW, batch.usm_BOHW)
    return maps, *mean_square_sums(maps, batch.delta_BOHW if model.universal else batch.psm_BOHW)


def train_multicnn(
    data: list[TensorDataset],
    start: Path | None,
    config: MultiCnnConfig,
    run: RunFolder,
    seed: int,
    device: torch.device,
) -> None:
    """Train every observer's network against that observer's maps, and write all of them as one checkpoint.

    Args:
        data: Every observer of every data set gets a network.
        start: Run or weights with the unconditioned refiner that every network starts from; None starts from nothing,
            as
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
        _, error_TO, square_O = observer_errors(model, data[k], slices[k], config, rng, config.batch)
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
