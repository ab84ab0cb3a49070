"""Training of the personal network on the coefficients of a frozen posterior embedding.

Shape legend: N images, O observers, B pairs, S statistics, D embedding size, H W map grid.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gazeapp.networks.backbone import find_backbone
from gazeapp.networks.checkpoint import save_checkpoint
from gazeapp.networks.map_grid import to_density
from gazeapp.networks.user_posterior import BasisPersonalNetwork, UserPosterior
from trainer.data.tensors import TensorDataset, send
from trainer.engine.configs import BasisPersonalConfig
from trainer.engine.early_stopping import Validation
from trainer.engine.loop import Values, fit
from trainer.engine.losses import cosine, shared_mass_loss
from trainer.engine.runs import RunFolder
from trainer.methods.basis_features import BasisData, require_pairs
from trainer.methods.posterior_embedding import all_statistics
from trainer.methods.posterior_validation import read_personal, validate_posterior
from trainer.methods.similarity import fit_similarity
from trainer.methods.validation import ValidationPlan

SHRINKAGES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0)
"""Tried on validation observers: basis maps explain those they were learnt from better than anybody else."""
_LEAST_IMAGES = 2
"""To predict in a step."""


def train_basis_personal(
    data: list[TensorDataset],
    encoder: UserPosterior,
    config: BasisPersonalConfig,
    run: RunFolder,
    seed: int,
    device: torch.device,
    plan: ValidationPlan | None = None,
) -> None:
    """Start from the embedding's own basis maps, train on the full map grid, and write the run's weights.

    Args:
        data: Images and maps, with predicted universal maps where they are to be used.
        encoder: Posterior embedding, left as it is.
        config: See there.
        run: Where states and weights go.
        seed: Of everything drawn.
        device: Where to compute.
        plan: On whom and what early stopping looks.

    Raises:
        NotEnoughData: Too few images, or an observer who saw too few.
    """
    for part in data:
        is_predicted = config.predicted_usm > 0 and part.predicted_NHW is not None
        for predicted in {False, is_predicted}:
            require_pairs(part, _LEAST_IMAGES + config.m_min, predicted=predicted)
    torch.manual_seed(seed)
    backbone = find_backbone(sha256=encoder.backbone_sha256 or None).to(device)
    arguments = {
        "channels": encoder.basis.channels,
        "n_axes": encoder.basis.n_axes,
        "n_basis": encoder.basis.n_basis,
        "dim": encoder.dim,
        "backbone": encoder.backbone_sha256,
    }
    model = BasisPersonalNetwork(**arguments)  # type: ignore[arg-type]  # a dict of mixed types
    model.basis.load_state_dict(encoder.basis.state_dict())
    with torch.no_grad():
        model.log_scale.copy_(encoder.log_prior_sd + math.log(config.shrinkage))
    model.to(device)
    encoder.to(device).eval()
    prepared = [BasisData(part, model.basis, backbone) for part in data]
    share = [config.predicted_usm if part.predicted_NHW is not None else 0.0 for part in data]
    modes = [
        [predicted for predicted in (False, True) if (share[k] > 0 if predicted else share[k] < 1)]
        for k in range(len(data))
    ]
    statistics = [
        {mode: all_statistics(encoder, prepared[k], predicted=mode) for mode in modes[k]} for k in range(len(data))
    ]
    fit_similarity(model.similarity, encoder, [of_part[max(of_part)] for of_part in statistics], seed=seed)
    watch = (
        None
        if plan is None
        else validate_posterior(plan, model.basis, backbone, seed=seed, read=read_personal(encoder))
    )
    if watch is not None:
        _choose_shrinkage(model, encoder, watch)
    if config.steps == 0:
        _save(model, arguments, data, config, run)
        return
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=config.learning_rate)
    weight = np.array([part.n_images for part in data]) / sum(part.n_images for part in data)

    def step_loss(step: int, rng: np.random.Generator) -> tuple[Tensor, Values]:
        k = int(rng.choice(len(data), p=weight))
        part, predicted = data[k], bool(rng.random() < share[k])
        order = rng.permutation(part.images_to_draw(predicted=predicted))
        n = min(config.batch, max(1, len(order) // 3))
        drawn, support = order[:n], order[n:]
        observers = rng.integers(part.n_observers, size=n)
        seen = part.has_map[drawn, observers]
        drawn, observers = drawn[seen], observers[seen]
        subsets = [_subset(support, config, rng) for _ in observers]
        image_B, observer_B, subset_of_all = send(part.device, drawn, observers, np.concatenate(subsets))
        of_each = torch.split(subset_of_all, [len(subset) for subset in subsets])
        total_BS = torch.stack(
            [
                statistics[k][predicted][:, observer][subset].sum(dim=0)
                for observer, subset in zip(observers.tolist(), of_each, strict=True)
            ]
        )
        user_BD = encoder.pool(total_BS)
        log_BHW = model.log_density_on(
            model.basis.project_directions(prepared[k].directions(image_B)),
            prepared[k].universal(image_B, observer_B, predicted=predicted),
            user_BD,
        )
        truth_BHW = to_density(part.personal(image_B, observer_B))
        return shared_mass_loss(log_BHW, truth_BHW, cc_weight=config.cc_weight, sim_weight=config.sim_weight)

    final = fit(
        model,
        optimizer,
        step_loss,
        run=run,
        n_steps=config.steps,
        seed=seed,
        learning_rate=cosine(config.learning_rate, config.steps, warm_up=config.steps // 20),
        validation=watch,
        label="personal",
    )
    _save(final, arguments, data, config, run)


def _save(
    model: nn.Module,
    arguments: Mapping[str, object],
    data: list[TensorDataset],
    config: BasisPersonalConfig,
    run: RunFolder,
) -> None:
    peak = float(np.mean([part.usm_peak() for part in data]))
    save_checkpoint(
        run.weights_path,
        architecture="personal_basis",
        config=arguments,
        tensors=model.state_dict(),
        provenance={**run.settings, "usm_peak": peak, "preset_values": asdict(config)},
    )


def _choose_shrinkage(model: BasisPersonalNetwork, encoder: UserPosterior, watch: Validation) -> None:
    """Move every coefficient as far as suits people who were not trained on best."""
    best = -math.inf
    chosen = model.log_scale.detach().clone()
    for share in SHRINKAGES:
        with torch.no_grad():
            model.log_scale.copy_(encoder.log_prior_sd + math.log(share))
        found = watch.measure(model)
        if found > best:
            best, chosen = found, model.log_scale.detach().clone()
    with torch.no_grad():
        model.log_scale.copy_(chosen)


def _subset(
    support: NDArray[np.int64],
    config: BasisPersonalConfig,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    most = min(config.m_max, len(support))
    m = round(float(np.exp(rng.uniform(np.log(min(config.m_min, most)), np.log(most)))))
    return rng.choice(support, m, replace=False)
