"""Training of the universal network.

Shape legend: B images, C channels, H W map grid rows and columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from torch import Tensor, nn
from torch.nn import functional

from gazeapp.networks.checkpoint import Checkpoint, build_network, save_checkpoint
from gazeapp.networks.map_grid import IMAGE_SCALE, to_density
from gazeapp.networks.universal import UniversalNetwork
from trainer.data.tensors import TensorDataset, predict_universal
from trainer.engine.configs import UniversalConfig
from trainer.engine.distributed import over_ranks
from trainer.engine.early_stopping import Validation
from trainer.engine.loop import fit
from trainer.engine.losses import cosine, density_loss, parameter_groups
from trainer.engine.runs import RunFolder
from trainer.methods.provenance import joined_facts

_LOG_RANGE = (-0.7, 0.7)
"""Natural logarithm of the temperatures looked at: half to twice."""


def fit_temperature(network: UniversalNetwork, held_out: Sequence[TensorDataset]) -> float:
    """The temperature at which the network tells most of the held-out fixations: 1 for one that is calibrated already.

    Args:
        network: Its log densities are divided by the temperature, and normalised again.
        held_out: Images that it was not trained on; each image counts the same.
    """
    losses = [_loss_of(network, part) for part in held_out]
    found = minimize_scalar(
        lambda log_t: float(np.mean([loss(float(np.exp(log_t))) for loss in losses])),
        bounds=_LOG_RANGE,
        method="bounded",
        options={"xatol": 1e-3},
    )
    return float(np.exp(found.x))


def set_temperature(network: UniversalNetwork, temperature: float) -> None:
    """Divide the network's logits by a temperature; its last layer and its centre bias are linear and take it in."""
    last = network.readout[-1]
    assert isinstance(last, torch.nn.Conv2d)
    assert last.bias is not None
    with torch.no_grad():
        for parameter in (last.weight, last.bias, network.centre):
            parameter.div_(temperature)


def _loss_of(network: UniversalNetwork, part: TensorDataset) -> Callable[[float], float]:
    """Temperature to the mean negative log density at the fixations (nats), over the images of a part."""
    index = np.arange(part.n_images)
    log_NHW = predict_universal(network, part, index).clamp_min(1e-30).log().cpu()
    at = [_cells(part, i) for i in range(part.n_images)]
    usable = [(log_NHW[i].flatten(), torch.from_numpy(cells)) for i, cells in enumerate(at) if len(cells)]

    def loss(temperature: float) -> float:
        values = []
        for log_P, cells in usable:
            scaled = log_P / temperature
            values.append(float(scaled.logsumexp(dim=0) - scaled[cells].mean()))
        return float(np.mean(values)) if values else 0.0

    return loss


def _cells(part: TensorDataset, row: int) -> NDArray[np.int64]:
    """Flat cell indices of the fixations of the observers in use on one image."""
    dataset = part.dataset
    image = int(dataset.image_index[row])
    first, last = np.searchsorted(dataset.fixations["image"], [image, image + 1])
    table = np.asarray(dataset.fixations[first:last])
    table = table[np.isin(table["observer"], dataset.observer_index)]
    height, width = dataset.maps.shape[-2:]
    scale = np.array([width, height]) / dataset.image_sizes_px[image]
    cells = np.floor(np.stack([table["x_px"], table["y_px"]], axis=1) * scale).astype(np.int64)
    cells = cells[((cells >= 0) & (cells < [width, height])).all(axis=1)]
    flat: NDArray[np.int64] = cells[:, 1] * width + cells[:, 0]
    return flat


def train_universal(
    data: list[TensorDataset],
    config: UniversalConfig,
    run: RunFolder,
    seed: int,
    device: torch.device,
    validation: Validation | None = None,
    start: Checkpoint | None = None,
    held_out: Sequence[TensorDataset] = (),
) -> None:
    """Train against where all observers looked and write the run's weights.

    Args:
        data: Trained on.
        config: Of the training; with `start`, the network's own size is that of the weights.
        run: Where states and weights go.
        seed: Of everything random.
        device: To train on.
        validation: What early stopping watches.
        start: Weights to go on from: see `fine_tuning`.
        held_out: Images that are not trained on: the network is calibrated on their fixations.
    """
    torch.manual_seed(seed)
    arguments: dict[str, Any] = {  # Any: arguments of the network
        "widths": config.widths,
        "fused": config.fused,
        "dropout": config.dropout,
    }
    if start is None:
        model = UniversalNetwork(**arguments)
        with torch.no_grad():
            model.centre.copy_(_centre_log_density(data, model.centre_hw))
    else:
        arguments = start.config
        network = build_network(start, "start")
        assert isinstance(network, UniversalNetwork)
        model = network.requires_grad_(True)
    # channels last: a fifth faster on processors
    model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it
    weights = [observer_weights(part) if config.truth == "pooled" else None for part in data]
    optimizer = torch.optim.AdamW(parameter_groups(model, config.weight_decay), lr=config.learning_rate)
    share = np.array([part.n_images for part in data]) / sum(part.n_images for part in data)

    def step_loss(step: int, rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        k = int(rng.choice(len(data), p=share))
        part = data[k]
        index = rng.choice(part.n_images, min(config.batch, part.n_images), replace=False)
        image_BCHW = part.images(index, full=True)
        truth_BHW = true_maps(part, index, weights[k])
        image_BCHW, truth_BHW = _augment(image_BCHW, truth_BHW, rng, config)
        if config.freeze_norms:
            _freeze_norms(model)
        with torch.autocast(device.type, torch.bfloat16, enabled=config.bfloat16):
            log_BHW = over_ranks(model, image_BCHW.contiguous(memory_format=torch.channels_last))
        log_BHW = log_BHW.float()
        loss, kld, cc = density_loss(log_BHW, to_density(truth_BHW), config.cc_weight)
        return loss, {"kld": float(kld.detach()), "cc": float(cc.detach())}

    final = fit(
        model,
        optimizer,
        step_loss,
        run=run,
        n_steps=config.steps,
        seed=seed,
        learning_rate=cosine(config.learning_rate, config.steps, warm_up=config.steps // 20),
        average_from=round(config.steps * config.average_from),
        average_decay=config.average_decay,
        validation=validation,
        label="universal",
    )
    facts: dict[str, Any] = dict(run.settings)  # Any: JSON values
    if start is not None:
        facts = joined_facts(facts, start)
    if held_out:
        assert isinstance(final, UniversalNetwork)
        facts["temperature"] = round(fit_temperature(final, held_out), 4)
        set_temperature(final, facts["temperature"])
    save_checkpoint(
        run.weights_path,
        architecture="universal",
        config=arguments,
        tensors=final.state_dict(),
        provenance={**facts, "preset_values": asdict(config)},
    )


def _freeze_norms(model: nn.Module) -> None:
    """Normalise by the statistics of the first training: those of a few images are worse."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()


def observer_weights(data: TensorDataset) -> Tensor:
    """(N, O) what each personal map is multiplied by so that their sum gives every fixation the same mass."""
    dataset = data.dataset
    counts = np.zeros((len(dataset.image_names), len(dataset.observer_names)), dtype=np.float32)
    np.add.at(counts, (dataset.fixations["image"], dataset.fixations["observer"]), 1)
    counts_NO = torch.from_numpy(counts[np.ix_(dataset.image_index, dataset.observer_index)])
    mass_NO = torch.stack([data.maps_NOHW[i].float().sum(dim=(-2, -1)) for i in range(len(counts_NO))])
    return counts_NO.to(data.device) / mass_NO.clamp_min(1e-6)


def true_maps(data: TensorDataset, index: NDArray[np.int64], weights_NO: Tensor | None) -> Tensor:
    """(B, H, W) where all observers looked, any scale: pooled fixations with `observer_weights`, else their mean
    map.
    """
    if weights_NO is None:
        return data.universal(index)
    return torch.einsum("bohw,bo->bhw", data.maps(index), weights_NO[torch.from_numpy(index)])


def _centre_log_density(data: list[TensorDataset], grid_hw: tuple[int, int]) -> Tensor:
    """Log of the mean universal map on a coarse grid: where learning starts from."""
    total = torch.zeros(grid_hw)
    for part in data:
        for i in range(part.n_images):
            usm = to_density(part.universal(np.array([i])))
            total += functional.adaptive_avg_pool2d(usm[None], grid_hw)[0, 0].cpu()
    return (total / total.mean()).clamp_min(1e-3).log()


def _augment(
    image_BCHW: Tensor, truth_BHW: Tensor, rng: np.random.Generator, config: UniversalConfig
) -> tuple[Tensor, Tensor]:
    """Mirror, crop (half of the steps) and change the light; crops keep whole map cells."""
    if rng.random() < 0.5:
        image_BCHW, truth_BHW = image_BCHW.flip(-1), truth_BHW.flip(-1)
    height, width = truth_BHW.shape[-2:]
    if config.crop_min < 1 and rng.random() < 0.3:
        side = rng.uniform(config.crop_min, 1.0)
        h, w = max(8, round(height * side / 8) * 8), max(8, round(width * side / 8) * 8)
        top, left = int(rng.integers(height - h + 1)), int(rng.integers(width - w + 1))
        truth_BHW = truth_BHW[:, top : top + h, left : left + w]
        image_BCHW = image_BCHW[
            :, :, top * IMAGE_SCALE : (top + h) * IMAGE_SCALE, left * IMAGE_SCALE : (left + w) * IMAGE_SCALE
        ]
    if config.colour_jitter > 0:
        shape = (len(image_BCHW), 1, 1, 1)
        gain = rng.uniform(1 - config.colour_jitter, 1 + config.colour_jitter, shape)
        shift = rng.uniform(-config.colour_jitter, config.colour_jitter, (len(image_BCHW), 3, 1, 1))
        image_BCHW = image_BCHW * torch.tensor(gain, dtype=torch.float32, device=image_BCHW.device)
        image_BCHW = image_BCHW + torch.tensor(shift / 2, dtype=torch.float32, device=image_BCHW.device)
    return image_BCHW, truth_BHW
