"""Training of readouts on frozen backbones and of the weights with which they are mixed.

Shape legend: B images, K backbones, N categories, F fixations, H W map rows and columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from gazeapp.errors import SettingsError
from gazeapp.networks.checkpoint import build_network, load_checkpoint, save_checkpoint
from gazeapp.networks.deepgaze.category_weights import CategoryWeights
from gazeapp.networks.deepgaze.mixture import MIXTURES, PUBLISHED, ReadoutMixture
from gazeapp.networks.deepgaze.own_backbones import VIEWS, SaliencyEncoder
from gazeapp.networks.map_grid import to_density
from gazeapp.progress import track
from gazeapp.saliency.maps import fixation_density
from trainer.data.tensors import TensorDataset
from trainer.engine.configs import BackboneConfig, ReadoutConfig
from trainer.engine.loop import fit
from trainer.engine.losses import cosine, density_loss, parameter_groups
from trainer.engine.runs import RunFolder
from trainer.methods.deepgaze_features import ReadoutData, find_weights, gather, open_backbones, open_published

CENTRE_SIGMA_CELLS = 4.0
"""Blur of the training fixations that make the centre bias, map cells."""
_UNIFORM = 1e-2
"""Share of the even density in it, so that no place is impossible."""


def train_readouts(
    data: list[TensorDataset],
    backbones: Sequence[str],
    table: Path | None,
    start: Path | None,
    config: ReadoutConfig,
    run: RunFolder,
    seed: int,
    device: torch.device,
) -> None:
    """Train a member for every fold and seed, and write the run's weights.

    Raises:
        SettingsError: A configuration that cannot be trained.
        DatasetIncomplete: Data that do not belong together, or no categories where they are needed.
    """
    if device.type != "cpu":
        raise SettingsError("--device: readouts are trained on the CPU; use cpu", key="device")
    _require_sound(config)
    published = open_published(backbones)
    if published is None:
        plains, networks, origins = open_backbones(backbones)
    else:
        network, sha256 = published
        plains = [{"kind": PUBLISHED, "name": name} for name in network.names]
        networks, origins = [], [{"name": name, "sha256": sha256} for name in network.names]
    if config.selection:
        plains = [{**plain, "selection": config.selection} for plain in plains]
    arguments: dict[str, Any] = {
        "backbones": plains,
        "mixture": config.mixture,
        "bicubic": config.bicubic,
    }  # Any: JSON values
    reader = ReadoutMixture(**arguments)
    _give_backbones(reader, networks)
    kept = Path(config.cache) if config.cache else None
    items = gather(data, reader, table, kept, published and published[0])
    if config.mixture != "plain" and len(items.categories) < 2:
        raise SettingsError(
            "train universal: category weights need two or more categories; --categories CSV gives them",
            key="categories",
        )
    folds = range(config.folds) if config.fold < 0 else [config.fold]
    members = [(s, f) for s in range(config.seeds) for f in folds]
    arguments |= {"n_members": len(members), "categories": items.categories, "centre_hw": items.map_hw}
    torch.manual_seed(seed)
    model = ReadoutMixture(**arguments)
    _give_backbones(model, networks)
    if start is not None:
        _start_from(start, model, members)
    state = run.load_state()
    done = 0
    if state is not None:
        done = state[0]
        model.load_state_dict(state[1])
    for k in track(range(done, len(members)), "members", len(members) - done):
        member_seed, fold = members[k]
        is_started = start is not None or published is not None
        _Member(model, k, items, config, seed + member_seed, fold, run).train(is_started=is_started)
        run.save_state(k + 1, model.state_dict())
    held_out = [
        [items.names[i] for i in items.split(config.folds, fold, seed + s, within=config.validates_within)[2].tolist()]
        for s, fold in members
    ]
    save_checkpoint(
        run.weights_path,
        architecture="readout_mixture",
        config=arguments,
        tensors=model.state_dict(),
        provenance={
            **run.settings,
            "preset_values": asdict(config),
            "backbones": origins,
            "held_out": held_out,
            "n_images": len(items.names),
            "members": [{"seed": seed + s, "fold": f} for s, f in members],
        },
    )


def _require_sound(config: ReadoutConfig) -> None:
    if config.mixture not in MIXTURES:
        raise SettingsError(f"--set mixture={config.mixture}: must be one of {', '.join(MIXTURES)}", key="mixture")
    if config.folds < 3 or config.seeds < 1:
        raise SettingsError(
            "--set folds: needs 3 or more (training, validation, test), and seeds 1 or more", key="folds"
        )
    if not -1 <= config.fold < config.folds:
        raise SettingsError(f"--set fold={config.fold}: must be one of 0 to {config.folds - 1}, or -1", key="fold")


def _give_backbones(model: ReadoutMixture, networks: Sequence[nn.Module]) -> None:
    for mixture, network in zip(model.mixtures(), networks, strict=True):
        mixture.features.network.load_state_dict(network.state_dict())


def _start_from(folder: Path, model: ReadoutMixture, members: Sequence[tuple[int, int]]) -> None:
    """Give the members the readouts of another run, which must have the same ones."""
    checkpoint = load_checkpoint(find_weights(folder), architectures=("readout_mixture",))
    facts = checkpoint.provenance.get("members", [])
    given = build_network(checkpoint, folder)
    assert isinstance(given, ReadoutMixture)
    first = facts[0]["seed"] if facts else 0
    if given.names != model.names or [(m["seed"] - first, m["fold"]) for m in facts] != list(members):
        raise SettingsError(
            f"--from {folder}: has other backbones, folds or seeds; its readouts do not belong to these members",
            key="from",
        )
    for own, other in zip(model.mixtures(), given.mixtures(), strict=True):
        own.load_state_dict(other.state_dict())
    model.centre_MHW.copy_(given.centre_MHW)  # type: ignore[operator,arg-type]  # a buffer


class _Member:
    """The training of one member: its readouts by themselves first, then together with the weights."""

    def __init__(
        self,
        model: ReadoutMixture,
        index: int,
        data: ReadoutData,
        config: ReadoutConfig,
        seed: int,
        fold: int,
        run: RunFolder,
    ) -> None:
        self.model, self.index, self.data, self.config, self.run = model, index, data, config, run
        self.seed, self.fold = seed, fold
        self.training, self.validation, self.test = data.split(config.folds, fold, seed, within=config.validates_within)
        self.rng = np.random.default_rng([seed, fold, 7])
        mixtures = model.mixtures()
        self.readouts: list[nn.Module] = [
            part[index] for m in mixtures for part in (m.saliency_networks, m.fixation_selection_networks, m.finalizers)
        ]
        weights = model.weights[index]
        assert isinstance(weights, CategoryWeights)
        self.weights, self.classifier = weights, model.classifiers[index]

    def train(self, *, is_started: bool) -> None:
        """Both phases; the member keeps what was best on the validation images."""
        torch.manual_seed(int(self.rng.integers(2**62)))
        parameters = [p for part in self.readouts for p in part.parameters()]
        if not is_started:
            self._start()
            self._warm_up(parameters)
        with torch.no_grad():
            self.weights.weights_NK.zero_()
        self._train_together(parameters)

    def _warm_up(self, parameters: list[nn.Parameter]) -> None:
        if not self.config.warm_up_epochs:
            return
        optimizer = torch.optim.Adam(parameters, lr=self.config.warm_up_rate)
        for epoch in range(self.config.warm_up_epochs):
            for group in optimizer.param_groups:  # a straight line down to a tenth
                group["lr"] = self.config.warm_up_rate * (1 - 0.9 * epoch / self.config.warm_up_epochs)
            self._epoch(optimizer, together=False)

    def _train_together(self, parameters: list[nn.Parameter]) -> None:
        config = self.config
        optimizer = torch.optim.Adam(
            [
                {"params": parameters, "lr": config.learning_rate},
                {"params": list(self.weights.parameters()), "lr": config.learning_rate * config.weights_factor},
                {"params": list(self.classifier.parameters()), "lr": config.learning_rate * config.weights_factor},
            ]
        )
        plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.1, patience=config.patience)
        best, kept = self.validation_loss(), self._state()
        self._log(0, float("nan"), best, config.learning_rate)
        for epoch in range(1, config.epochs + 1):
            loss = self._epoch(optimizer, together=True)
            validation = self.validation_loss()
            rate = float(optimizer.param_groups[0]["lr"])
            self._log(epoch, loss, validation, rate)
            if validation < best:
                best, kept = validation, self._state()
            plateau.step(validation)
            if float(optimizer.param_groups[0]["lr"]) < config.least_rate * 0.999:
                break
        for part, state in zip(self._parts(), kept, strict=True):
            part.load_state_dict(state)

    @torch.no_grad()
    def validation_loss(self) -> float:
        """Mean negative log likelihood per fixation of the validation images, with their own category, nats."""
        self.model.eval()
        total = 0.0
        for i in range(0, len(self.validation), 64):
            index = self.validation[i : i + 64]
            total += float(self._loss(index, together=True)[0]) * len(index)
        return total / max(1, len(self.validation))

    def _epoch(self, optimizer: torch.optim.Optimizer, *, together: bool) -> float:
        self.model.train()
        order = self.rng.permutation(self.training)
        total, n = 0.0, 0
        for i in range(0, len(order) - 1, self.config.batch):
            index = order[i : i + self.config.batch]
            nll, extra = self._loss(index, together=together)
            optimizer.zero_grad(set_to_none=True)
            (nll + extra).backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            for group in optimizer.param_groups:
                nn.utils.clip_grad_norm_(group["params"], 5.0)
            optimizer.step()
            total, n = total + float(nll.detach()), n + 1
        return total / max(1, n)

    def _loss(self, index: NDArray[np.int64], *, together: bool) -> tuple[Tensor, Tensor]:
        """Negative log likelihood (mean over images of their fixations), and the classifier's share."""
        taps, category_B, image_F, cell_F = self.data.batch(index)
        each_BKHW = self.model.densities(taps, self.data.image_hw, self.index)
        count_B = torch.bincount(image_F, minlength=len(index)).clamp_min(1)
        weight_F = 1.0 / (count_B[image_F] * len(index))
        none = each_BKHW.new_zeros(())
        if not together:
            at_FK = each_BKHW.flatten(2).transpose(1, 2)[image_F, cell_F]
            return -(at_FK.sum(dim=1) * weight_F).sum() / at_FK.shape[1], none
        belief_BN = self.weights.one_hot(category_B)
        mixed_BHW = self.model.mix(each_BKHW, belief_BN, self.index)
        nll = -(mixed_BHW.flatten(1)[image_F, cell_F] * weight_F).sum()
        known = category_B >= 0
        if not self.model.training or not self.model.categories or not known.any():
            return nll, none
        description_BD = self.data.description_ND[torch.from_numpy(index)]
        scores_BN = self.model.predict_category(description_BD, self.index)
        wrong = functional.cross_entropy(scores_BN[known], category_B[known])
        return nll, self.config.classifier_weight * wrong

    @torch.no_grad()
    def _start(self) -> None:
        """The centre bias of the training images, and the kernels as far apart as their inputs allow."""
        height, width = self.data.map_hw
        cells = torch.cat([self.data.cells[i] for i in self.training.tolist()]).numpy()
        points = np.stack([cells % width + 0.5, cells // width + 0.5], axis=1)
        density = torch.from_numpy(fixation_density(points, (width, height), CENTRE_SIGMA_CELLS))
        even = torch.full_like(density, 1 / density.numel())
        mixed = (1 - _UNIFORM) * to_density(density[None])[0] + _UNIFORM * even
        self.model.centre_MHW[self.index] = mixed.log()  # type: ignore[operator]  # a buffer
        for part in self._parts():
            for module in part.modules():
                if isinstance(module, nn.Conv2d | nn.Linear):
                    module.reset_parameters()

    def _parts(self) -> list[nn.Module]:
        return [*self.readouts, self.weights, self.classifier]

    def _state(self) -> list[dict[str, Tensor]]:
        return [{name: value.clone() for name, value in part.state_dict().items()} for part in self._parts()]

    @torch.no_grad()
    def _log(self, epoch: int, loss: float, validation: float, rate: float) -> None:
        values = {
            "seed": float(self.seed),
            "fold": float(self.fold),
            "epoch": float(epoch),
            "validation": validation,
            "rate": rate,
        }
        if np.isfinite(loss):
            values["loss"] = loss
        shares_NK: Tensor = self.weights.weights_NK
        if self.model.mixture == "category":
            shares_NK = shares_NK.softmax(dim=1)
        elif self.model.mixture.startswith("report"):
            shares_NK = 1 + shares_NK
        if self.model.mixture != "plain":
            for category, row in zip(self.model.categories, shares_NK.tolist(), strict=True):
                for name, value in zip(self.model.names, row, strict=True):
                    values[f"weight/{category}/{name}"] = value
        self.run.log(self.index + 1, values)


def train_backbone(
    data: list[TensorDataset], config: BackboneConfig, run: RunFolder, seed: int, device: torch.device
) -> None:
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
