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
from torch import Tensor
from torch.nn import functional

from gazeapp.networks.backbone import Backbone, find_backbone
from gazeapp.networks.checkpoint import Checkpoint, build_network, save_checkpoint
from gazeapp.networks.map_grid import to_density
from gazeapp.networks.universal import UniversalNetwork
from trainer.data.dataset import fixation_counts
from trainer.data.tensors import Index, TensorDataset, predict_universal, send
from trainer.engine.configs import UniversalConfig
from trainer.engine.distributed import over_ranks
from trainer.engine.early_stopping import Validation
from trainer.engine.loop import fit
from trainer.engine.losses import cosine, density_loss, parameter_groups
from trainer.engine.runs import RunFolder
from trainer.methods.provenance import joined_facts

_LOG_RANGE = (-0.7, 0.7)
"""Natural logarithm of the temperatures looked at: half to twice."""
_STATISTICS_IMAGES = 100


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
    assert network.readout.bias is not None
    with torch.no_grad():
        for parameter in (network.readout.weight, network.readout.bias, network.centre):
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
    if start is None:
        backbone = find_backbone()
        arguments: dict[str, Any] = {  # Any: arguments of the network
            "channels": backbone.channels,
            "width": config.width,
            "dropout": config.dropout,
            "backbone": backbone.sha256,
        }
        model = UniversalNetwork(**arguments)
        with torch.no_grad():
            model.centre.copy_(_centre_log_density(data, (model.centre.shape[0], model.centre.shape[1])))
        model.standardise(*_feature_statistics(data, backbone))
    else:
        arguments = start.config
        network = build_network(start, "start")
        assert isinstance(network, UniversalNetwork)
        backbone = find_backbone(sha256=network.backbone_sha256 or None)
        model = network.requires_grad_(True)
    model.to(device)
    weights = [observer_weights(part) if config.truth == "pooled" else None for part in data]
    optimizer = torch.optim.AdamW(parameter_groups(model, config.weight_decay), lr=config.learning_rate)
    share = np.array([part.n_images for part in data]) / sum(part.n_images for part in data)

    def step_loss(step: int, rng: np.random.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        k = int(rng.choice(len(data), p=share))
        part = data[k]
        index = rng.choice(part.n_images, min(config.batch, part.n_images), replace=False)
        is_flipped = bool(rng.random() < 0.5)
        (index_B,) = send(part.device, index)
        truth_BHW = to_density(true_maps(part, index_B, weights[k]))
        if is_flipped:
            truth_BHW = truth_BHW.flip(-1)
        grid = (int(truth_BHW.shape[-2]), int(truth_BHW.shape[-1]))
        features = part.features(backbone, index_B, flip=is_flipped)
        log_BHW = over_ranks(lambda *share: model(share, grid), *features)
        loss, kld, cc = density_loss(log_BHW, truth_BHW, config.cc_weight)
        return loss, {"kld": kld.detach(), "cc": cc.detach()}

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


def observer_weights(data: TensorDataset) -> Tensor:
    """(N, O) what each personal map is multiplied by so that their sum gives every fixation the same mass."""
    counts_NO = torch.from_numpy(fixation_counts(data.dataset))
    mass_NO = torch.stack([data.maps_NOHW[i].float().sum(dim=(-2, -1)) for i in range(len(counts_NO))])
    return counts_NO.to(data.device) / mass_NO.clamp_min(1e-6)


def true_maps(data: TensorDataset, index: Index, weights_NO: Tensor | None) -> Tensor:
    """(B, H, W) where all observers looked, any scale: pooled fixations with `observer_weights`, else their mean
    map.
    """
    if weights_NO is None:
        return data.universal(index)
    return torch.einsum("bohw,bo->bhw", data.maps(index), weights_NO[data.to_index(index)])


def _centre_log_density(data: list[TensorDataset], grid_hw: tuple[int, int]) -> Tensor:
    """Log of the mean universal map on a coarse grid: where learning starts from."""
    total = torch.zeros(grid_hw)
    for part in data:
        for i in range(part.n_images):
            usm = to_density(part.universal(np.array([i])))
            total += functional.adaptive_avg_pool2d(usm[None], grid_hw)[0, 0].cpu()
    return (total / total.mean()).clamp_min(1e-3).log()


def _feature_statistics(data: list[TensorDataset], backbone: Backbone) -> tuple[list[Tensor], list[Tensor]]:
    """Mean (C,) and standard deviation (C,) of each of the backbone's features; data sets weigh the same."""
    means, variances = [], []
    for part in data:
        index = np.arange(0, part.n_images, max(1, part.n_images // _STATISTICS_IMAGES))
        features = part.features(backbone, index)
        means.append([feature.mean(dim=(0, 2, 3)) for feature in features])
        variances.append([feature.var(dim=(0, 2, 3)) for feature in features])
    mean = [torch.stack(of_data).mean(dim=0) for of_data in zip(*means, strict=True)]
    sd = [torch.stack(of_data).mean(dim=0).sqrt() + 1e-3 for of_data in zip(*variances, strict=True)]
    return mean, sd
