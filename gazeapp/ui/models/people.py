"""The other people of a study, as points among which a person is shown."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from gazeapp.analysis.embedding_plane import EmbeddingPlane, embedding_plane
from gazeapp.store.embedding import UserEmbedding


@dataclass(frozen=True, slots=True)
class People:
    """Newest embedding of each participant but one."""

    LEAST: ClassVar[int] = 3
    """With fewer people there is no plane to show them in."""

    embeddings: Mapping[str, UserEmbedding] = field(default_factory=dict)
    has_plots: bool = False
    """Whether the library of plots is loaded: loading it while images are shown would delay them."""

    def plane(self, name: str, embedding: UserEmbedding) -> EmbeddingPlane | None:
        """That person among the others; None while there are too few whose embedding the same weights made."""
        found = embedding_plane({**self.embeddings, name: embedding}, apart=name)
        return found if len(found.names) > self.LEAST else None


def load_people(study_dir: Path, without: str) -> People:
    """Everyone in a study who has an embedding, except one person; and the library that plots them."""
    from gazeapp.store.study import Study

    importlib.import_module("pyqtgraph")
    found: dict[str, UserEmbedding] = {}
    with Study.open(study_dir) as study:
        for participant in study.participants():
            if participant.pseudonym != without and participant.n_embeddings:
                found[participant.pseudonym] = study.embeddings(participant.pseudonym)[-1]
    return People(found, has_plots=True)
