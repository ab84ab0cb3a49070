"""The models of a table: those that need no training run, and those of the weights given.

A weights file's architecture decides its rows; a new network adds one entry to `BUILDERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from torch import nn

from gazeapp.errors import CheckpointError
from gazeapp.networks.checkpoint import Checkpoint, build_network, load_checkpoint
from gazeapp.networks.multitask import MultiTaskNetwork
from gazeapp.networks.personal_saliency import PersonalNetwork
from gazeapp.networks.user_embedding import UserEncoder
from gazeapp.networks.user_posterior import BasisPersonalNetwork, UserPosterior
from trainer.engine.runs import WEIGHTS
from trainer.evaluation.baselines.interface import SaliencyModel
from trainer.evaluation.baselines.per_observer import (
    AdaptedTaskModel,
    Bank,
    ChosenOnSupportModel,
    ObserverNetworks,
    OracleModel,
    OwnNetworkModel,
)
from trainer.evaluation.baselines.personal import Embedder, MeanUserModel, PersonalModel
from trainer.evaluation.baselines.posterior import (
    AverageObserverModel,
    PersonalBasisModel,
    PosteriorEmbedder,
    ProjectedImages,
)
from trainer.evaluation.baselines.ridge import RidgeModel
from trainer.evaluation.baselines.universal import (
    CentreModel,
    PredictorModel,
    SelfInclusiveModel,
    SpatialPriorModel,
    UniversalModel,
)
from trainer.evaluation.data import EvaluationData
from trainer.methods.provenance import is_of

CLASSIC: dict[str, Callable[[], SaliencyModel]] = {
    "centre": CentreModel,
    "usm": UniversalModel,
    "usm_self_inclusive": SelfInclusiveModel,
    "spatial_prior": SpatialPriorModel,
    "ridge": RidgeModel,
}
"""Models that learn within the evaluation itself."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Loaded:
    """One weights file, and the encoder that it is used with."""

    checkpoint: Checkpoint
    network: nn.Module
    embedder: Embedder | PosteriorEmbedder | None
    where: Path

    def need_embedder(self) -> Embedder:
        """The encoder; CheckpointError if none was named."""
        if not isinstance(self.embedder, Embedder):
            raise CheckpointError(
                f"evaluate: {self.where} needs an embedding network: name its RUN or WEIGHTS before it"
            )
        return self.embedder

    @property
    def peak(self) -> float:
        """Average maximum of the universal maps in its training."""
        return float(self.checkpoint.provenance.get("usm_peak", 0.5))

    @property
    def is_conditioned(self) -> bool:
        """Whether its training gave it users at all."""
        values = self.checkpoint.provenance.get("preset_values", {})
        return bool(values.get("conditioned", True)) and bool(getattr(self.network, "conditioned", True))


def _paper(loaded: Loaded) -> list[SaliencyModel]:
    network, embedder = loaded.network, loaded.need_embedder()
    assert isinstance(network, PersonalNetwork)
    if not loaded.is_conditioned:
        return [MeanUserModel(network, embedder, name="unconditioned", peak=loaded.peak)]
    name = "personal_paper"
    return [
        PersonalModel(network, embedder, name=name, wrong_name=f"{name}_wrong_user", peak=loaded.peak),
        MeanUserModel(network, embedder, name=f"{name}_mean_user", peak=loaded.peak),
    ]


def _posterior(loaded: Loaded) -> list[SaliencyModel]:
    network, embedder = loaded.network, loaded.embedder
    assert isinstance(network, BasisPersonalNetwork)
    if not isinstance(embedder, PosteriorEmbedder):
        raise CheckpointError(
            f"evaluate: {loaded.where} needs a posterior embedding: name its RUN or WEIGHTS before it"
        )
    projected = ProjectedImages(network.basis)
    return [PersonalBasisModel(network, embedder, projected), AverageObserverModel(network, projected)]


def _per_observer(loaded: Loaded, name: str) -> list[SaliencyModel]:
    network = loaded.network
    bank = Bank(cast(ObserverNetworks, network), loaded.checkpoint.provenance.get("observers", []), loaded.peak)
    models: list[SaliencyModel] = [
        OwnNetworkModel(bank, name),
        OracleModel(bank, f"{name}_oracle"),
        OracleModel(bank, f"{name}_oracle_loss", by_loss=True),
        ChosenOnSupportModel(bank, f"{name}_support"),
    ]
    if isinstance(network, MultiTaskNetwork):
        models.append(
            AdaptedTaskModel(
                network, bank, name=f"{name}_adapted", wrong_name=f"{name}_adapted_wrong_user", peak=loaded.peak
            )
        )
    return models


BUILDERS: dict[str, Callable[[Loaded], list[SaliencyModel]]] = {
    "user_embedding": lambda loaded: [],
    "user_posterior": lambda loaded: [],
    "personal_basis": _posterior,
    "universal": lambda loaded: [PredictorModel(loaded.network)],
    "personal_paper": _paper,
    "multicnn": lambda loaded: _per_observer(loaded, "multicnn"),
    "multitask": lambda loaded: _per_observer(loaded, "multitask"),
}
"""Architecture to the models of one such weights file."""


def load_models(folders: Sequence[Path]) -> tuple[list[SaliencyModel], tuple[Checkpoint, ...]]:
    """Models of runs and weights folders.

    A network that needs embeddings takes those of the embedding network named last before it, or of the only one.

    Raises:
        CheckpointError: Damaged or unknown weights, or embeddings that nobody makes.
    """
    found = [(path, load_checkpoint(path)) for folder in folders for path in _files(folder)]
    networks = [build_network(checkpoint, path) for path, checkpoint in found]
    embedders: dict[int, Embedder | PosteriorEmbedder] = {
        i: PosteriorEmbedder(network) if isinstance(network, UserPosterior) else Embedder(network)
        for i, network in enumerate(networks)
        if isinstance(network, UserEncoder | UserPosterior)
    }
    built: list[tuple[str, list[SaliencyModel]]] = []
    for i, ((path, checkpoint), network) in enumerate(zip(found, networks, strict=True)):
        build = BUILDERS.get(checkpoint.architecture)
        if build is None:
            raise CheckpointError(f"{path}: no model is made of a {checkpoint.architecture!r} network")
        before = [k for k in embedders if k <= i] or list(embedders)[:1]
        embedder = embedders[before[-1]] if before else None
        if before and not is_of(checkpoint, "embedding", found[before[-1]][1]):
            raise CheckpointError(
                f"{path}: learnt from another embedding network than {found[before[-1]][0]}; name its own before it"
            )
        loaded = Loaded(checkpoint=checkpoint, network=network, embedder=embedder, where=path)
        built.append((_label(path, checkpoint, [other for other, _ in found]), build(loaded)))
    return _told_apart(built), tuple(checkpoint for _, checkpoint in found)


def _told_apart(built: Sequence[tuple[str, list[SaliencyModel]]]) -> list[SaliencyModel]:
    """All models; those whose name several networks have carry their network's label too."""
    names = [model.name for _, models in built for model in models]
    for label, models in built:
        for model in models:
            if names.count(model.name) > 1:
                model.name = f"{model.name}_{label}"
                model.wrong_name = model.wrong_name and f"{model.name}_wrong_user"
    return [model for _, models in built for model in models]


def _label(path: Path, checkpoint: Checkpoint, paths: Sequence[Path]) -> str:
    """A network's folder, or file; of several that are called alike, also the beginning of its hash."""

    def name_of(file: Path) -> str:
        return file.resolve().parent.name if file.name == WEIGHTS else file.stem

    own = name_of(path)
    return own if [name_of(other) for other in paths].count(own) == 1 else f"{own}_{checkpoint.sha256[:8]}"


def fitting(models: Sequence[SaliencyModel], data: EvaluationData, observers: Sequence[int]) -> list[SaliencyModel]:
    """The models that a protocol has: known observers have networks of their own, unknown ones only those of others."""
    per_observer = (OwnNetworkModel, OracleModel, ChosenOnSupportModel, AdaptedTaskModel)
    return [model for model in models if not isinstance(model, per_observer) or model.applies(data, observers)]


def _files(folder: Path) -> list[Path]:
    if folder.is_file():
        return [folder]
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    return [folder / "embedding.safetensors", folder / "personal.safetensors"]
