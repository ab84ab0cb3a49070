"""Training of the paper's Siamese embedding network.

Shape legend: O observers, N images of a step, B pairs, D embedding size.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gazeapp.errors import SettingsError
from gazeapp.networks.backbone import find_backbone
from gazeapp.networks.checkpoint import save_checkpoint
from gazeapp.networks.user_embedding import SetEncoder, UserEncoder
from trainer.data.tensors import Index, TensorDataset, send
from trainer.engine.configs import EmbeddingConfig
from trainer.engine.distributed import autocast, over_ranks
from trainer.engine.early_stopping import Validation
from trainer.engine.loop import Values, fit
from trainer.engine.losses import (
    StepSize,
    build_optimizer,
    draw_image_sets,
    parameter_groups,
    step_size,
    triplet_loss,
)
from trainer.engine.runs import RunFolder
from trainer.methods.basis_features import natural_axes


def train_embedding(
    data: list[TensorDataset],
    config: EmbeddingConfig,
    run: RunFolder,
    seed: int,
    device: torch.device,
    validation: Validation | None = None,
) -> None:
    """Train so that disjoint sets of one person's pairs embed alike, and write the run's weights."""
    torch.manual_seed(seed)
    arguments: dict[str, Any] = {  # Any: of mixed types
        "widths": config.widths,
        "dim": config.dim,
        "dropout": config.dropout,
        "downsample": config.downsample,
        "pool_hw": config.pool_hw,
        "normalisation": config.normalisation,
    }
    axes = None
    if config.n_axes:
        backbone = find_backbone()
        axes = natural_axes(data, backbone, config.n_axes)
        arguments |= {"n_axes": axes[1].shape[1], "channels": backbone.channels, "backbone": backbone.sha256}
    is_set = config.pooling != "average"
    if is_set:
        arguments["pooling"] = config.pooling
    try:
        encoder = (SetEncoder if is_set else UserEncoder)(**arguments).to(device)
    except ValueError as error:
        raise SettingsError(f"--set: {error}", key="normalisation") from error
    if axes is not None:
        encoder.mean.copy_(axes[0])
        encoder.axes.copy_(axes[1])
    for part in data:
        for m in config.m:
            size_of_step(config, m, part)  # refused before anything is written
    groups = parameter_groups(encoder, config.weight_decay, decay_all=config.decay_all)
    optimizer = build_optimizer(groups, config.optimizer, config.learning_rate)
    share = np.array([part.n_images for part in data]) / sum(part.n_images for part in data)
    stride = config.downsample * 2 ** len(config.widths)
    is_one_cell = any(max(part.maps_NOHW.shape[-2:]) <= stride for part in data)
    # bfloat16 convolutions onto a single cell give NaN gradients in torch 2.13
    precision = "float32" if is_one_cell else config.precision

    def step_loss(step: int, rng: np.random.Generator) -> tuple[Tensor, Values]:
        part = data[int(rng.choice(len(data), p=share))]
        size = size_of_step(config, int(rng.choice(config.m)), part)
        index = rng.choice(part.n_images, size.n_images, replace=False)
        # the whole step is mirrored or none of it: a mirrored person is another person
        flip = bool(rng.random() < 0.5) and config.mirrored
        weights = draw_image_sets(rng, size)
        images, weight_SKN = send(part.device, index, weights)
        with autocast(precision, device):
            feature_OND = encode_all(encoder, part, images, flip=flip)
        # what somebody did not see says nothing of them; the length of an average does not count
        feature_OND = feature_OND * part.has_map_NO[images].T[..., None]
        is_hard = step >= config.hard_from * config.steps
        loss, hits = triplet_loss(
            feature_OND, weight_SKN, margin=config.margin, hard=is_hard, gather=encoder.gather if is_set else None
        )
        return loss, {"hits": hits}

    fit(
        encoder,
        optimizer,
        step_loss,
        run=run,
        n_steps=config.steps,
        seed=seed,
        learning_rate=lambda _step: config.learning_rate,
        max_norm=config.clip,
        validation=validation,
        label="embedding",
    )
    peak = float(np.mean([part.usm_peak() for part in data]))
    save_checkpoint(
        run.weights_path,
        architecture="user_set_embedding" if is_set else "user_embedding",
        config=arguments,
        tensors=encoder.state_dict(),
        provenance={**run.settings, "usm_peak": peak, "preset_values": asdict(config)},
    )


def size_of_step(config: EmbeddingConfig, m: int, part: TensorDataset) -> StepSize:
    """Images and embeddings of a step at m; NotEnoughData where the images at hand are too few for it."""
    return step_size(
        m,
        n_observers=part.n_observers,
        n_images=part.n_images,
        n_embeddings=config.batch,
        image_sets=config.image_sets,
        spare=config.spare,
    )


def encode_all(model: UserEncoder, part: TensorDataset, images: Index, *, flip: bool = False) -> Tensor:
    """Features (O, N, D) of every observer on the images: each pair is encoded once.

    Args:
        model: Encoder.
        part: Data.
        images: (N,) indices.
        flip: Mirror everything.
    """
    n, o = len(images), part.n_observers
    if model.downsample == 1 or model.n_axes:
        image_NCHW, psm_NOHW = part.seen_by(model, images, flip=flip), part.maps(images, flip=flip)
    else:
        every_image, every_map = part.downsampled(model.downsample)
        index_N = part.to_index(images)
        image_NCHW, psm_NOHW = every_image[index_N], every_map[index_N]
        if flip:
            image_NCHW, psm_NOHW = image_NCHW.flip(-1), psm_NOHW.flip(-1)
    image_BCHW = image_NCHW[:, None].expand(-1, o, -1, -1, -1).flatten(0, 1)
    feature_BD: Tensor = over_ranks(partial(model, is_downsampled=True), image_BCHW, psm_NOHW.flatten(0, 1))
    return feature_BD.view(n, o, -1).transpose(0, 1)


@torch.no_grad()
def encode_data(
    model: UserEncoder,
    part: TensorDataset,
    *,
    flip: bool = False,
    chunk: int = 16,
    precision: str = "float32",
) -> Tensor:
    """Features (O, N, D) of all pairs of a data set, in evaluation mode; NaN where an observer has no fixation."""
    model.eval()
    with autocast(precision, part.device):
        parts = [
            encode_all(model, part, np.arange(i, min(i + chunk, part.n_images)), flip=flip)
            for i in range(0, part.n_images, chunk)
        ]
    feature_OND = torch.cat(parts, dim=1)
    feature_OND[~part.has_map_NO.T] = float("nan")
    return feature_OND
