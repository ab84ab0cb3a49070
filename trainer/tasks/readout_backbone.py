"""Training of a backbone on one view of the image.

Shape legend: B images, C channels, H W map rows and columns.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from gazeapp.errors import SettingsError
from gazeapp.networks.checkpoint import save_checkpoint
from gazeapp.networks.grid import to_density
from gazeapp.networks.readout_encoder import SaliencyEncoder
from gazeapp.networks.readout_views import VIEWS
from trainer.data.resident import Resident
from trainer.loop import fit
from trainer.losses import density_loss
from trainer.runs import Run
from trainer.tasks.readout_config import BackboneConfig
from trainer.tasks.schedule import cosine, parameter_groups


def train_backbone(data: list[Resident], config: BackboneConfig, run: Run, seed: int, device: torch.device) -> None:
    """Train against the mean of the observers' maps and write the run's weights."""
    if config.view not in VIEWS:
        raise SettingsError(f"--set view={config.view}: must be one of {', '.join(VIEWS)}", key="view")
    torch.manual_seed(seed)
    arguments: dict[str, Any] = {  # Any: arguments of mixed types
        "view": config.view,
        "widths": config.widths,
        "fused": config.fused,
        "dropout": config.dropout,
    }
    model = SaliencyEncoder(**arguments).to(device)
    optimizer = torch.optim.AdamW(parameter_groups(model, config.weight_decay), lr=config.learning_rate)
    share = np.array([part.n_images for part in data]) / sum(part.n_images for part in data)

    def step_loss(step: int, rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        part = data[rng.choice(len(data), p=share)]
        index = rng.choice(part.n_images, min(config.batch, part.n_images), replace=False)
        flip = bool(rng.random() < 0.5)
        log_BHW = model(part.images(index, full=True, flip=flip))
        truth_BHW = functional.adaptive_avg_pool2d(
            part.universal(index, flip=flip), (log_BHW.shape[-2], log_BHW.shape[-1])
        )
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
        average_from=config.steps // 2,
        label=f"backbone {config.view}",
    )
    save_checkpoint(
        run.weights_path,
        architecture="saliency_encoder",
        config=arguments,
        tensors=final.state_dict(),
        provenance={**run.settings, "preset_values": asdict(config)},
    )
