"""Calibration of a universal network: one temperature, fitted to fixations on images that were not trained on.

Shape legend: N images, H W map grid rows and columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from gazeapp.networks.universal import UniversalNetwork
from trainer.data.resident import Resident, predict_universal

_LOG_RANGE = (-0.7, 0.7)
"""Natural logarithm of the temperatures looked at: half to twice."""


def fit_temperature(network: UniversalNetwork, held_out: Sequence[Resident]) -> float:
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


def _loss_of(network: UniversalNetwork, part: Resident) -> Callable[[float], float]:
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


def _cells(part: Resident, row: int) -> NDArray[np.int64]:
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
