"""Training of the gaze estimator: on many people with calibration points, then on one person with loss maps.

Shape legend: N B frames, M loss maps, H W rows and columns, D features.
"""

from __future__ import annotations

import copy
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gazeapp.errors import DatasetIncomplete, SettingsError
from gazeapp.networks.checkpoint import Checkpoint, build_network, load_checkpoint, save_checkpoint
from gazeapp.networks.gaze_estimator import GazeEstimator, GazeHead, crop_tensor, face_grids
from trainer.data.gaze_frames import CELL_CM, CROPS, MAP_CELLS, MAP_REACH_CM, GazeFrames
from trainer.engine.distributed import autocast, over_ranks
from trainer.engine.early_stopping import Validation
from trainer.engine.gaze_configs import GazeConfig, PersonalGazeConfig
from trainer.engine.loop import fit
from trainer.engine.losses import cosine, parameter_groups
from trainer.engine.runs import RunFolder
from trainer.methods.checkpoints import find_weights
from trainer.methods.provenance import joined_people

_SMALLEST_CM2 = 1e-6
"""Below it a distance has no direction, and its gradient would be NaN."""


def look_up_cm(stack_MHW: Tensor, which_B: Tensor, point_B2: Tensor) -> Tensor:
    """(B,) value of a loss map at each point, bilinear between the middles of cells.

    Beside the map the way back to it is added, so that the gradient leads there from anywhere.

    Args:
        stack_MHW: Loss maps, cm, on the grid of `gaze_frames`.
        which_B: Map of each point.
        point_B2: Centimetres from the camera.
    """
    cells_B2 = (point_B2 + MAP_REACH_CM) / CELL_CM
    inner_B2 = cells_B2.clamp(0.0, MAP_CELLS - 1.0)
    low_B2 = inner_B2.detach().floor().clamp(max=MAP_CELLS - 2).long()
    part_B2 = inner_B2 - low_B2
    x_B, y_B = low_B2.unbind(1)
    px_B, py_B = part_B2.unbind(1)
    top_B = stack_MHW[which_B, y_B, x_B] * (1 - px_B) + stack_MHW[which_B, y_B, x_B + 1] * px_B
    bottom_B = stack_MHW[which_B, y_B + 1, x_B] * (1 - px_B) + stack_MHW[which_B, y_B + 1, x_B + 1] * px_B
    beside_B = _length((cells_B2 - inner_B2) * CELL_CM)
    return top_B * (1 - py_B) + bottom_B * py_B + beside_B


def gaze_losses(predicted_B2: Tensor, point_B2: Tensor, stack_MHW: Tensor, which_B: Tensor, *, power: int) -> Tensor:
    """(B,) loss of each frame, cm to the power: l(f(I))^w of the paper.

    A calibration point is a salient set of one place. Its loss map is the distance to that place, which is computed as
    such instead of being looked up: the grid would round the place to half a cell.

    Args:
        predicted_B2: What the network says, cm.
        point_B2: Where the person looked; ignored for frames with a map.
        stack_MHW: Loss maps, cm.
        which_B: Map of each frame; -1 for frames with a point.
        power: w.
    """
    has_map_B = which_B >= 0
    known_B2 = torch.where(has_map_B[:, None], predicted_B2.detach(), point_B2)
    distance_B = _length(predicted_B2 - known_B2)
    if len(stack_MHW):
        observed_B = look_up_cm(stack_MHW, which_B.clamp(min=0), predicted_B2)
        distance_B = torch.where(has_map_B, observed_B, distance_B)
    return distance_B.pow(power)


def _length(way_B2: Tensor) -> Tensor:
    """(B,) length; 0 with a gradient of 0 where there is no way to go."""
    square_B = way_B2.square().sum(dim=1)
    far_B = square_B > _SMALLEST_CM2
    return torch.where(far_B, square_B.clamp(min=_SMALLEST_CM2).sqrt(), 0.0 * square_B)


_BATCH = 256
_USES = ("views", "points", "both")


class Targets:
    """What is known of where people looked, on the device.

    Args:
        parts: Frames of one or several data sets.
        device: Where losses are computed.
    """

    def __init__(self, parts: list[GazeFrames], device: torch.device) -> None:
        stacks, places = [], []
        n_maps = 0
        for part in parts:
            stack, place = part.loss_maps()
            stacks.append(stack)
            places.append(np.where(place < 0, -1, place + n_maps))
            n_maps += len(stack)
        points = np.concatenate([part.used["point_cm"] for part in parts])
        self.stack_MHW = torch.from_numpy(np.concatenate(stacks)).to(device)
        self.which_N = torch.from_numpy(np.concatenate(places)).to(device)
        self.point_N2 = torch.from_numpy(np.ascontiguousarray(points)).to(device)

    def part(self, index_B: Tensor) -> Targets:
        """Those of some frames."""
        chosen = copy.copy(self)
        chosen.which_N, chosen.point_N2 = self.which_N[index_B], self.point_N2[index_B]
        return chosen

    def losses(self, predicted_B2: Tensor, index_B: Tensor, power: int) -> Tensor:
        """(B,) loss of each frame in `index_B`."""
        return gaze_losses(predicted_B2, self.point_N2[index_B], self.stack_MHW, self.which_N[index_B], power=power)


def train_gaze(
    data: list[GazeFrames],
    config: GazeConfig,
    run: RunFolder,
    seed: int,
    device: torch.device,
    validation: Validation | None = None,
) -> None:
    """Train a gaze estimator on many people, and write it as a checkpoint.

    Args:
        data: Frames with points; those of free viewing are left out.
        config: Network, steps and rates.
        run: Where the checkpoint goes.
        seed: Of weights and batches.
        device: Where it is computed.
        validation: What early stopping watches.

    Raises:
        DatasetIncomplete: No frame with a point.
        SettingsError: A power or layout that makes no sense.
    """
    _require_power(config.power)
    parts = [part.with_points() for part in data]
    n_frames = sum(len(part.index) for part in parts)
    if not n_frames:
        raise DatasetIncomplete("train gaze: no frame with a known point is left")
    torch.manual_seed(seed)
    try:
        model = GazeEstimator(
            widths=config.widths,
            first_kernel=config.first_kernel,
            first_stride=config.first_stride,
            fused=config.fused,
        ).to(device)
    except ValueError as error:
        raise SettingsError(f"--set widths: {error}", key="widths") from error
    targets = Targets(parts, device)
    with torch.no_grad():  # from the middle of the points on, instead of from the camera
        model.head.point.bias.copy_(targets.point_N2.mean(dim=0) / 10.0)
    optimizer = torch.optim.Adam(parameter_groups(model, config.weight_decay), lr=config.learning_rate)

    def step_loss(_step: int, rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        index = rng.integers(n_frames, size=config.batch)
        inputs = [tensor.to(device) for tensor in read_inputs(parts, index)]
        factor_B = torch.from_numpy(np.exp(rng.normal(0, config.light_jitter, config.batch)).astype(np.float32)).to(
            device
        )[:, None, None, None]
        crops = [((crop + 1) * factor_B - 1).clamp(-1, 1) for crop in inputs[:3]]
        with autocast(config.precision, device):
            predicted_B2 = over_ranks(model, *crops, inputs[3])
        loss_B = targets.losses(predicted_B2.float(), torch.from_numpy(index).to(device), config.power)
        return loss_B.mean(), {}

    trained = fit(
        model,
        optimizer,
        step_loss,
        run=run,
        n_steps=config.steps,
        seed=seed,
        learning_rate=cosine(config.learning_rate, config.steps, warm_up=min(50, config.steps // 10)),
        validation=validation,
        label="gaze",
    )
    assert isinstance(trained, GazeEstimator)
    _save(trained, run, {"config": asdict(config)})


def personalise(
    data: list[GazeFrames],
    start: Path,
    config: PersonalGazeConfig,
    run: RunFolder,
    seed: int,
    device: torch.device,
) -> None:
    """Fine-tune a trained estimator on one person, and write it as a checkpoint.

    Args:
        data: One data set.
        start: Run or weights to start from.
        config: Who, on what, and how.
        run: Where the checkpoint goes.
        seed: Of batches.
        device: Where it is computed.

    Raises:
        SettingsError: No or an unknown person, session or kind of frames; the message names those there are.
        CheckpointError: `start` holds another network.
    """
    if len(data) != 1:
        raise SettingsError("train gaze --from: one person comes from one --data", key="data")
    frames = frames_of(data[0], config)
    network, checkpoint = load_estimator(start)
    network = network.to(device)
    features_ND = features_of(network, frames)
    fit_head(network.head, features_ND, Targets([frames], device), config, run, seed)
    person = data[0].people[int(frames.used["person"][0])]
    facts = {
        "config": {**asdict(config), "person": person},
        "n_frames": [len(frames.index)],
        "n_observers": [1],
        "people": joined_people({frames.source: [person]}, checkpoint.provenance),
        "from": {"sha256": checkpoint.sha256, "data": checkpoint.provenance.get("data", [])},
    }
    _save(network, run, facts)


def fit_head(
    head: GazeHead,
    features_ND: Tensor,
    targets: Targets,
    config: PersonalGazeConfig,
    run: RunFolder,
    seed: int,
) -> None:
    """Fine-tune the last two layers in place, dropping outliers on the way.

    Args:
        head: Of the network that gave the features.
        features_ND: Of every frame.
        targets: Of the same frames.
        config: How.
        run: Where states go.
        seed: Of batches.
    """
    _require_power(config.power)
    n = len(features_ND)
    per_epoch = math.ceil(n / config.batch)
    model = _KeptFrames(head, n).to(features_ND.device)
    optimizer = torch.optim.Adam(head.parameters(), lr=config.learning_rate)

    def step_loss(step: int, _rng: np.random.Generator) -> tuple[Tensor, dict[str, float]]:
        epoch, number = divmod(step, per_epoch)
        if number == 0 and epoch and config.outlier_share and epoch % config.outlier_every == 0:
            model.drop_largest(features_ND, targets, config)
        kept = model.is_kept_N.nonzero()[:, 0]
        order = np.random.default_rng([seed, epoch]).permutation(len(kept))
        index_B = kept[torch.from_numpy(np.array_split(order, per_epoch)[number]).to(kept.device)]
        loss_B = targets.losses(head(features_ND[index_B]), index_B, config.power)
        # an epoch may have more batches than frames are left
        return loss_B.sum() / max(1, len(index_B)), {"n_frames": float(len(kept))}

    fit(
        model,
        optimizer,
        step_loss,
        run=run,
        n_steps=config.epochs * per_epoch,
        seed=seed,
        learning_rate=lambda _step: config.learning_rate,
        label="gaze of one person",
    )


class _KeptFrames(nn.Module):
    """The head, and which frames still count: a buffer, so that a resumed run goes on with the same ones."""

    is_kept_N: Tensor

    def __init__(self, head: GazeHead, n_frames: int) -> None:
        super().__init__()
        self.head = head
        self.register_buffer("is_kept_N", torch.ones(n_frames, dtype=torch.bool))

    @torch.no_grad()
    def drop_largest(self, features_ND: Tensor, targets: Targets, config: PersonalGazeConfig) -> None:
        kept = self.is_kept_N.nonzero()[:, 0]
        losses = targets.losses(self.head(features_ND[kept]), kept, config.power)
        n_dropped = min(round(config.outlier_share * len(kept)), len(kept) - 1)
        self.is_kept_N[kept[losses.argsort(descending=True, stable=True)[:n_dropped]]] = False


def frames_of(data: GazeFrames, config: PersonalGazeConfig) -> GazeFrames:
    """The frames that a configuration names; SettingsError where there are none."""
    there = data.people_in_use
    if not config.person and len(there) > 1:
        raise SettingsError(f"train gaze --from: needs --set person=NAME, one of {_listed(there)}", key="person")
    own = data.only([config.person]) if config.person else data
    if not len(own.index):
        raise SettingsError(f"--set person={config.person}: has no frame; there are {_listed(there)}", key="person")
    if config.sessions != (-1,):
        known = np.unique(own.used["session"]).tolist()
        own = own.of_sessions(config.sessions)
        if not len(own.index):
            raise SettingsError(
                f"--set sessions: none of {list(config.sessions)}; there are {known}",
                key="sessions",
            )
    if config.use not in _USES:
        raise SettingsError(f"--set use={config.use}: needs one of {', '.join(_USES)}", key="use")
    chosen = own
    if config.use != "both":
        chosen = own.with_maps() if config.use == "views" else own.with_points()
    if not len(chosen.index):
        raise SettingsError(
            f"--set use={config.use}: this person has no such frames; --set use=both takes what there is",
            key="use",
        )
    return chosen


def load_estimator(folder: Path) -> tuple[GazeEstimator, Checkpoint]:
    """A trained gaze estimator on the CPU; CheckpointError if absent, damaged or of another task."""
    file = find_weights(folder, "gaze")
    checkpoint = load_checkpoint(file, architectures=("gaze_estimator",))
    network = build_network(checkpoint, file)
    assert isinstance(network, GazeEstimator)
    return network, checkpoint


def read_inputs(parts: list[GazeFrames], index: NDArray[np.int64]) -> list[Tensor]:
    """Face, left eye, right eye and face grid of frames, as the network takes them.

    Args:
        parts: Data sets.
        index: (B,) frames, counted through all of them.
    """
    ends = np.cumsum([len(part.index) for part in parts])
    which = np.searchsorted(ends, index, side="right")
    rows = index - np.concatenate([[0], ends])[which]
    crops = {
        name: np.stack([parts[k].crops[name][parts[k].index[r]] for k, r in zip(which, rows, strict=True)])
        for name in CROPS
    }
    boxes = np.stack([parts[k].table["face"][parts[k].index[r]] for k, r in zip(which, rows, strict=True)])
    return [
        *(crop_tensor(torch.from_numpy(crops[name])) for name in CROPS),
        face_grids(torch.from_numpy(boxes)),
    ]


@torch.inference_mode()
def _features(network: GazeEstimator, frames: GazeFrames) -> Tensor:
    device = next(network.parameters()).device
    network.eval()
    parts = []
    for first in range(0, len(frames.index), _BATCH):
        index = np.arange(first, min(first + _BATCH, len(frames.index)))
        parts.append(network.features(*(t.to(device) for t in read_inputs([frames], index))))
    return torch.cat(parts)


def features_of(network: GazeEstimator, frames: GazeFrames) -> Tensor:
    """(N, D) what the last two layers see of every frame, in evaluation mode."""
    return _features(network, frames).clone()


def errors_cm(network: GazeEstimator, frames: GazeFrames) -> NDArray[np.float64]:
    """(N,) distance between said and known points, cm."""
    with torch.inference_mode():
        predicted = network.head(_features(network, frames)).cpu().numpy()
    return np.asarray(np.linalg.norm(predicted - frames.used["point_cm"], axis=1), dtype=np.float64)


def watch_people(frames: list[GazeFrames], *, every: int, patience: int) -> Validation:
    """Early stopping on people who are not trained on: their mean error at points, cm."""
    parts = [part.with_points() for part in frames if len(part.with_points().index)]

    def measure(model: nn.Module) -> float:
        assert isinstance(model, GazeEstimator)
        return float(np.concatenate([errors_cm(model, part) for part in parts]).mean())

    return Validation(name="error_cm", measure=measure, higher_is_better=False, every=every, patience=patience)


def _save(network: GazeEstimator, run: RunFolder, facts: dict[str, Any]) -> None:  # Any: JSON values
    save_checkpoint(
        run.weights_path,
        architecture="gaze_estimator",
        config=network.arguments,
        tensors=network.state_dict(),
        provenance={**run.settings, **facts},
    )


def _require_power(power: int) -> None:
    if power not in (1, 2):
        raise SettingsError(f"--set power={power}: needs 1 or 2", key="power")


def _listed(names: list[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
