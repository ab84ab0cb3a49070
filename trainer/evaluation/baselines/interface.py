"""The interface of every model that is evaluated: where one observer looks, given the universal map and some pairs.

Shape legend: N images, H W map grid rows and columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from trainer.evaluation.data import EvaluationData

Rows = NDArray[np.int64]
"""Positions among the images of `EvaluationData.tensors`."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SupportSet:
    """The pairs (image, personal map) from which a model may learn who somebody is."""

    observer: int
    """Whose pairs: the target's own, or, as a control, another person's."""
    images: Rows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Query:
    """One question: where one observer looks on some images."""

    observer: int
    """Position among the observers of `EvaluationData.tensors`."""
    images: Rows
    base_NHW: Tensor
    """Universal maps without the observer, in the training maps' scale."""
    support: SupportSet | None
    """None for models that need none."""


class SaliencyModel(Protocol):
    """One kind of prediction. Models never see the scored observer's gaze on the scored images, unless `is_oracle`."""

    name: str
    """Model name in results."""
    wrong_name: str
    """Name of its control with another person's pairs; empty for none."""

    @property
    def needs_support(self) -> bool:
        """Whether predictions depend on the target's support pairs."""
        ...

    def fit(self, data: EvaluationData) -> None:
        """Learn from the group's gaze on the training images, once per evaluation."""
        ...

    def predict(self, data: EvaluationData, query: Query) -> Tensor:
        """Densities (N, H, W) of the query's images, clipped at 0, each summing to 1."""
        ...


@runtime_checkable
class LimitedModel(SaliencyModel, Protocol):
    """A model that not every evaluation has: one network for each observer says nothing of unknown ones."""

    def applies(self, data: EvaluationData, observers: Sequence[int]) -> bool:
        """Whether it can be asked about these observers."""
        ...


class Embedding(Protocol):
    """Turns support pairs into a user embedding."""

    def embed(self, data: EvaluationData, support: SupportSet) -> Tensor:
        """(D,) embedding of the pairs' owner."""
        ...


@runtime_checkable
class EmbeddingModel(SaliencyModel, Protocol):
    """A model that knows a person by an embedding; pictures of people are drawn of it."""

    @property
    def embedder(self) -> Embedding:
        """Where its embeddings come from."""
        ...
