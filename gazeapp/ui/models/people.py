"""The other people of a study, as points among which a person is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from gazeapp.store.embedding import UserEmbedding


@dataclass(frozen=True, slots=True)
class People:
    """Newest embedding of each participant but one."""

    LEAST: ClassVar[int] = 3
    """With fewer people there is no plane to show them in."""

    embeddings: Mapping[str, UserEmbedding] = field(default_factory=dict)

    def of_model(self, sha256: str) -> NDArray[np.float64]:
        """(N, D) vectors made by these weights; others cannot be compared."""
        vectors = [e.vector for e in self.embeddings.values() if e.model_sha256 == sha256]
        return np.array(vectors) if vectors else np.empty((0, 0))


def load_people(study_dir: Path, without: str) -> People:
    """Everyone in a study who has an embedding, except one person."""
    from gazeapp.store.study import Study

    found: dict[str, UserEmbedding] = {}
    with Study.open(study_dir) as study:
        for participant in study.participants():
            if participant.pseudonym != without and participant.n_embeddings:
                found[participant.pseudonym] = study.embeddings(participant.pseudonym)[-1]
    return People(found)
