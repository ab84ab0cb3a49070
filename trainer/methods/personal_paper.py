"""Training of the paper's personal network on embeddings of a frozen encoder.

Shape legend: B pairs, O observers, N images, P pool of embeddings, D embedding size, H W map grid rows and columns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from gazeapp.networks.checkpoint import save_checkpoint
from gazeapp.networks.map_grid import scale_to_peak
from gazeapp.networks.personal_saliency import PersonalNetwork
from gazeapp.networks.user_embedding import UserEncoder
from trainer.data.tensors import TensorDataset, send
from trainer.engine.configs import PersonalConfig
from trainer.engine.distributed import autocast, over_ranks
from trainer.engine.early_stopping import Validation
from trainer.engine.loop import Values, fit
from trainer.engine.losses import build_optimizer, cosine, discrepancy_loss, halving, parameter_groups
from trainer.engine.runs import RunFolder
from trainer.methods.siamese_embedding import encode_data


def train_personal(
    data: list[TensorDataset],
    encoder: UserEncoder,
    config: PersonalConfig,
    run: RunFolder,
    seed: int,
    device: torch.device,
    validation: Callable[[float], Validation] | None = None,
) -> None:
    """Train against the observers' maps and write the run's weights."""
    peak = float(np.mean([part.usm_peak() for part in data]))
    pools = [
        {
            flip: embedding_pool(encode_data(encoder, part, flip=flip, precision=config.precision), config, seed)
            for flip in (False, True)
        }
        for part in data
    ]
    torch.manual_seed(seed)
    arguments: dict[str, Any] = {  # Any: of mixed types
        "dim": encoder.dim,
        "widths": config.widths,
        "usm_peak": peak,
        "conditioned": config.conditioned,
    }
    model = PersonalNetwork(**arguments)
    if not model.conditioned:
        # people of one data set share a tracker and a task; the mean over all of them is the average observer
        every = torch.cat([pool[flip].flatten(0, 1) for pool in pools for flip in (False, True)])
        model.mean_user.copy_(every.mean(dim=0))
    model.to(device)
    groups = parameter_groups(model, config.weight_decay, decay_all=config.decay_all)
    optimizer = build_optimizer(groups, config.optimizer, config.learning_rate)
    weight = np.array([part.n_images * part.n_observers for part in data], dtype=float)

    def step_loss(step: int, rng: np.random.Generator) -> tuple[Tensor, Values]:
        k = int(rng.choice(len(data), p=weight / weight.sum()))
        part, flip = data[k], bool(rng.random() < 0.5) and config.mirrored
        predicted = part.predicted_NHW is not None and rng.random() < config.predicted_usm
        usable = part.images_to_draw(predicted=predicted)
        images = rng.choice(usable, min(config.batch, len(usable)), replace=False)
        observers = rng.integers(part.n_observers, size=len(images))
        seen = part.has_map[images, observers]
        images, observers = images[seen], observers[seen]
        image_B, observer_B, pick_B = send(part.device, images, observers, rng.integers(config.pool, size=len(images)))
        user_BD = pools[k][flip][observer_B, pick_B]
        image_BCHW = part.images(image_B, flip=flip)
        psm_BHW = part.personal(image_B, observer_B, flip=flip)
        if predicted:
            usm_BHW = scale_to_peak(part.predicted(image_B, flip=flip), peak)
        else:
            usm_BHW = part.universal(image_B, None if config.self_inclusive else observer_B, flip=flip)
        with autocast(config.precision, device):
            maps_BHW = over_ranks(model.discrepancies, image_BCHW, usm_BHW, user_BD)
        return discrepancy_loss(maps_BHW, psm_BHW - usm_BHW)

    per_epoch = round(weight.sum() / config.batch)
    rate = (
        halving(config.learning_rate, config.halve_every * per_epoch)
        if config.schedule == "halving"
        else cosine(config.learning_rate, config.steps, warm_up=config.steps // 20)
    )
    final = fit(
        model,
        optimizer,
        step_loss,
        run=run,
        n_steps=config.steps,
        seed=seed,
        learning_rate=rate,
        max_norm=config.clip,
        validation=None if validation is None else validation(peak),
        label="personal",
    )
    save_checkpoint(
        run.weights_path,
        architecture="personal_paper",
        config=arguments,
        tensors=final.state_dict(),
        provenance={**run.settings, "usm_peak": peak, "preset_values": asdict(config)},
    )


def embedding_pool(feature_OND: Tensor, config: PersonalConfig, seed: int) -> Tensor:
    """Unit embeddings (O, P, D) of every observer, each from random m of their pairs."""
    rng = np.random.default_rng([seed, 1])
    pools = []
    for feature_ND in feature_OND:
        feature_ND = feature_ND[torch.isfinite(feature_ND).all(dim=1)]
        draws = []
        for _ in range(config.pool):
            m = round(float(np.exp(rng.uniform(np.log(config.m_min), np.log(config.m_max)))))
            index = rng.choice(len(feature_ND), min(m, len(feature_ND)), replace=False)
            draws.append(feature_ND[torch.from_numpy(index)].mean(dim=0))
        pools.append(torch.stack(draws))
    return functional.normalize(torch.stack(pools), dim=-1)
