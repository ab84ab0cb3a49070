"""The models of a table: those that need no training run, and those of the weights given.

A weights file's architecture decides its rows; a new network adds one entry to `BUILDERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from torch import nn

from gazeapp.errors import CheckpointError
from gazeapp.networks.checkpoint import Checkpoint, build_network, load_checkpoint
from gazeapp.networks.multitask import MultiTaskNetwork
from gazeapp.networks.personal_saliency import PersonalNetwork
from gazeapp.networks.predictors import PAIRED
from gazeapp.networks.user_posterior import BasisPersonalNetwork
from trainer.engine.runs import WEIGHTS
from trainer.evaluation.baselines.interface import LimitedModel, SaliencyModel
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
    embedders: Mapping[str, Any]  # Any: see `EMBEDDERS`
    """By architecture: the one that was named before, if any."""
    where: Path

    def need_embedder(self) -> Any:  # Any: see `EMBEDDERS`
        """The view of the people by the embedding network that this one understands; CheckpointError if none was
        named.
        """
        wanted = next(embedding for embedding, own in PAIRED.items() if own == self.checkpoint.architecture)
        if wanted not in self.embedders:
            raise CheckpointError(
                f"evaluate: {self.where} needs an embedding network ({wanted}): name its RUN or WEIGHTS before it"
            )
        return self.embedders[wanted]

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
    network, embedder = cast(PersonalNetwork, loaded.network), loaded.need_embedder()
    if not loaded.is_conditioned:
        return [MeanUserModel(network, embedder, name="unconditioned", peak=loaded.peak)]
    name = "personal_paper"
    return [
        PersonalModel(network, embedder, name=name, wrong_name=f"{name}_wrong_user", peak=loaded.peak),
        MeanUserModel(network, embedder, name=f"{name}_mean_user", peak=loaded.peak),
    ]


def _posterior(loaded: Loaded) -> list[SaliencyModel]:
    network, embedder = cast(BasisPersonalNetwork, loaded.network), loaded.need_embedder()
    projected = ProjectedImages(network.basis)
    return [PersonalBasisModel(network, embedder, projected), AverageObserverModel(network, projected)]


def _bank(loaded: Loaded) -> Bank:
    observers = loaded.checkpoint.provenance.get("observers", [])
    return Bank(cast(ObserverNetworks, loaded.network), observers, loaded.peak)


def _per_observer(bank: Bank, name: str) -> list[SaliencyModel]:
    return [
        OwnNetworkModel(bank, name),
        OracleModel(bank, f"{name}_oracle"),
        OracleModel(bank, f"{name}_oracle_loss", by_loss=True),
        ChosenOnSupportModel(bank, f"{name}_support"),
    ]


def _multitask(loaded: Loaded) -> list[SaliencyModel]:
    network, bank, name = cast(MultiTaskNetwork, loaded.network), _bank(loaded), "multitask_adapted"
    adapted = AdaptedTaskModel(network, bank, name=name, wrong_name=f"{name}_wrong_user", peak=loaded.peak)
    return [*_per_observer(bank, "multitask"), adapted]


BUILDERS: dict[str, Callable[[Loaded], list[SaliencyModel]]] = {
    "user_embedding": lambda loaded: [],
    "user_posterior": lambda loaded: [],
    "personal_basis": _posterior,
    "universal": lambda loaded: [PredictorModel(loaded.network)],
    "personal_paper": _paper,
    "multicnn": lambda loaded: _per_observer(_bank(loaded), "multicnn"),
    "multitask": _multitask,
}
"""Architecture to the models of one such weights file."""
EMBEDDERS: dict[str, Callable[[Any], Embedder | PosteriorEmbedder]] = {  # Any: the network of that architecture
    "user_embedding": Embedder,
    "user_posterior": PosteriorEmbedder,
}
"""Architecture of an embedding network to its view of the evaluated people."""


def load_models(folders: Sequence[Path]) -> tuple[list[SaliencyModel], tuple[Checkpoint, ...]]:
    """Models of runs and weights folders.

    A network that needs embeddings takes those of the embedding network named last before it, or of the only one.

    Raises:
        CheckpointError: Damaged or unknown weights, or embeddings that nobody makes.
    """
    found = [(path, load_checkpoint(path)) for folder in folders for path in _files(folder)]
    networks = [build_network(checkpoint, path) for path, checkpoint in found]
    kinds = [checkpoint.architecture for _, checkpoint in found]
    embedders = {i: EMBEDDERS[kind](networks[i]) for i, kind in enumerate(kinds) if kind in EMBEDDERS}
    built: list[tuple[str, list[SaliencyModel]]] = []
    for i, ((path, checkpoint), network) in enumerate(zip(found, networks, strict=True)):
        build = BUILDERS.get(checkpoint.architecture)
        if build is None:
            raise CheckpointError(f"{path}: no model is made of a {checkpoint.architecture!r} network")
        before = [k for k in embedders if k <= i] or list(embedders)[:1]
        if before and not is_of(checkpoint, "embedding", found[before[-1]][1]):
            raise CheckpointError(
                f"{path}: learnt from another embedding network than {found[before[-1]][0]}; name its own before it"
            )
        loaded = Loaded(
            checkpoint=checkpoint, network=network, embedders={kinds[k]: embedders[k] for k in before[-1:]}, where=path
        )
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
    return [model for model in models if not isinstance(model, LimitedModel) or model.applies(data, observers)]


def _files(folder: Path) -> list[Path]:
    if folder.is_file():
        return [folder]
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    return [folder / "embedding.safetensors", folder / "personal.safetensors"]
