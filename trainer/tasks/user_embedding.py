"""Training of the embedding network.

Shape legend: O observers, N images of a step, B pairs, D embedding size, H W map grid rows and columns.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gazeapp.networks.checkpoint import save_checkpoint
from gazeapp.networks.grid import scale_to_peak
from gazeapp.networks.user_embedding import UserEncoder, shrink
from trainer.configs import EmbeddingConfig
from trainer.data.resident import Resident
from trainer.distributed import over_ranks
from trainer.early_stopping import Validation
from trainer.loop import fit
from trainer.losses import identity_loss, triplet_loss, two_view_contrastive_loss
from trainer.precision import autocast
from trainer.runs import Run
from trainer.tasks.schedule import cosine, parameter_groups


def train_embedding(
    data: list[Resident],
    config: EmbeddingConfig,
    run: Run,
    seed: int,
    device: torch.device,
    validation: Validation | None = None,
) -> None:
    """Train so that disjoint sets of one person's pairs embed alike, and write the run's weights."""
    torch.manual_seed(seed)
    arguments = {
        "map_channels": config.map_channels,
        "widths": config.widths,
        "dim": config.dim,
        "dropout": config.dropout,
        "downsample": config.downsample,
        "pool_hw": config.pool_hw,
        "centred": config.centred,
    }
    encoder = UserEncoder(**arguments)  # type: ignore[arg-type]  # a dict of mixed types
    # a mirrored person is another person: mirrored steps have classes of their own
    heads = nn.ModuleList(
        nn.ModuleList(nn.Linear(config.dim, part.n_observers) for _ in range(2)) for part in data
    )
    model = nn.ModuleDict({"encoder": encoder, "heads": heads}).to(device)
    optimizer = torch.optim.AdamW(
        parameter_groups(model, config.weight_decay), lr=config.learning_rate
    )
    peak = float(np.mean([part.usm_peak() for part in data]))
    share = np.array([part.n_images for part in data]) / sum(part.n_images for part in data)

    stride = config.downsample * 2 ** len(config.widths)
    is_one_cell = any(max(part.maps_NOHW.shape[-2:]) <= stride for part in data)
    # bfloat16 convolutions onto a single cell give NaN gradients in torch 2.13
    precision = "float32" if is_one_cell else config.precision

    def step_loss(step: int, rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        k = int(rng.choice(len(data), p=share))
        part = data[k]
        predicted = part.predicted_NHW is not None and rng.random() < config.predicted_usm
        usable = part.images_to_draw(predicted=predicted)
        index = rng.choice(usable, min(config.images_per_step, len(usable)), replace=False)
        # the whole step is mirrored or none of it: a mirrored person is another person
        flip = bool(rng.random() < 0.5)
        with autocast(precision, device):
            feature_OND = encode_all(encoder, part, index, peak if predicted else None, flip=flip)
        if config.loss == "triplet":
            loss, hits = triplet_loss(
                feature_OND, rng, margin=config.margin, m=int(rng.choice(config.m)), n_embeddings=config.batch,
                hard=step >= config.hard_from * config.steps, image_sets=config.image_sets,
            )  # fmt: skip
        elif config.loss == "identity":
            head = heads[k][int(flip)]  # type: ignore[index]  # a list of lists
            loss, hits = identity_loss(feature_OND, head, rng, config.sizes)
        else:
            loss, hits = two_view_contrastive_loss(
                feature_OND, rng, temperature=config.temperature, n_draws=config.n_draws, m_max=config.m_max,
            )  # fmt: skip
        return loss, {"hits": float(hits)}

    rate = (
        cosine(config.learning_rate, config.steps, warm_up=config.steps // 20)
        if config.loss != "triplet"
        else lambda _step: config.learning_rate
    )
    fit(
        model, optimizer, step_loss, run=run, n_steps=config.steps, seed=seed, learning_rate=rate,
        validation=validation, label="embedding",
    )  # fmt: skip
    if isinstance(encoder.standardise, nn.BatchNorm1d):
        centre_features(encoder, data, peak)
    save_checkpoint(
        run.weights_path, architecture="user_embedding", config=arguments, tensors=encoder.state_dict(),
        provenance={**run.settings, "usm_peak": peak, "preset_values": asdict(config)},
    )  # fmt: skip


@torch.no_grad()
def centre_features(encoder: UserEncoder, data: list[Resident], peak: float) -> None:
    """Give the standardisation the statistics that features have in evaluation, on the maps the application will have.

    The running ones were gathered under dropout and on mixed universal maps. What they miss is a part that everybody
    shares, and that part makes people look alike (measured, precision@1 of 3 unseen observers at m = 32: .88 to .96 on
    EyeCrowd, .79 to .83 on OSIE).
    """
    assert isinstance(encoder.standardise, nn.BatchNorm1d)
    features = []
    for part in data:
        feature_OND = encode_app_like(encoder, part, peak).flatten(0, 1)
        features.append(feature_OND[torch.isfinite(feature_OND).all(dim=1)])
    # data sets weigh the same, however many images they have
    mean_D = torch.stack([part.mean(dim=0) for part in features]).mean(dim=0)
    variance_D = torch.stack([part.var(dim=0) for part in features]).mean(dim=0)
    norm = encoder.standardise
    assert norm.running_mean is not None
    assert norm.running_var is not None
    deviation_D = (norm.running_var + norm.eps).sqrt()
    norm.running_mean += mean_D * deviation_D
    norm.running_var *= variance_D


def encode_app_like(
    encoder: UserEncoder,
    part: Resident,
    peak: float,
    *,
    flip: bool = False,
    precision: str = "float32",
) -> Tensor:
    """Features (O, N, D) as the application computes them: on predicted universal maps, honest ones where there are any."""
    if part.predicted_NHW is None:
        return encode_data(encoder, part, None, flip=flip, precision=precision)
    feature_OND = encode_data(encoder, part, peak, flip=flip, precision=precision)
    if part.honest_N.any():
        feature_OND[:, torch.from_numpy(~part.honest_N)] = float("nan")
    return feature_OND


def encode_all(
    model: UserEncoder,
    part: Resident,
    images: NDArray[np.int64],
    predicted_peak: float | None,
    *,
    flip: bool = False,
) -> Tensor:
    """Features (O, N, D) of every observer on the images: each pair is encoded once.

    Args:
        model: Encoder.
        part: Data.
        images: (N,) indices.
        predicted_peak: Scale of the predicted universal maps; None takes the true one without the observer.
        flip: Mirror everything.
    """
    n, o = len(images), part.n_observers
    if model.downsample == 1:
        image_NCHW, psm_NOHW = part.images(images), part.maps(images)
    else:
        every_image, every_map = part.shrunk(model.downsample)
        index_N = torch.from_numpy(images)
        image_NCHW, psm_NOHW = every_image[index_N], every_map[index_N]
    if flip:
        image_NCHW, psm_NOHW = image_NCHW.flip(-1), psm_NOHW.flip(-1)
    total_NHW = psm_NOHW.sum(dim=1, keepdim=True)
    usm_NOHW = (total_NHW - psm_NOHW).clamp_min(0) / max(1, o - 1)
    if predicted_peak is not None:
        predicted_NHW = scale_to_peak(part.predicted(images, flip=flip), predicted_peak)
        size = (psm_NOHW.shape[-2], psm_NOHW.shape[-1])
        predicted_NOHW = shrink(predicted_NHW[:, None], size).expand(-1, o, -1, -1)
        usm_NOHW = predicted_NOHW
    image_BCHW = image_NCHW[:, None].expand(-1, o, -1, -1, -1).flatten(0, 1)
    feature_BD: Tensor = over_ranks(
        partial(model, is_shrunk=True),
        image_BCHW,
        psm_NOHW.flatten(0, 1),
        usm_NOHW.flatten(0, 1),
    )
    return feature_BD.view(n, o, -1).transpose(0, 1)


@torch.no_grad()
def encode_data(
    model: UserEncoder,
    part: Resident,
    predicted_peak: float | None,
    *,
    flip: bool = False,
    chunk: int = 16,
    precision: str = "float32",
) -> Tensor:
    """Features (O, N, D) of all pairs of a data set, in evaluation mode; NaN where an observer has no fixation."""
    model.eval()
    with autocast(precision, part.device):
        parts = [
            encode_all(
                model, part, np.arange(i, min(i + chunk, part.n_images)), predicted_peak, flip=flip
            )
            for i in range(0, part.n_images, chunk)
        ]
    feature_OND = torch.cat(parts, dim=1)
    feature_OND[~part.has_map_NO.T] = float("nan")
    return feature_OND
