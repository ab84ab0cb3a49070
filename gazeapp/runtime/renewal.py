"""Embeddings under new weights: computed again from the sessions that a study keeps; those of former weights stay."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from gazeapp.errors import GazeAppError, NotEnoughData
from gazeapp.runtime.earlier_pairs import viewed_pairs
from gazeapp.store.embedding import UserEmbedding

if TYPE_CHECKING:
    from gazeapp.networks.predictors import Predictors
    from gazeapp.store.study import Study

_log = logging.getLogger(__name__)


def outdated(study: Study, sha256: str) -> list[str]:
    """Who has a newest embedding that other weights made; needs no key.

    Args:
        study: Where to look.
        sha256: Of the weights in use.
    """
    return sorted(name for name, known in study.embedding_figures().items() if known.model_sha256 != sha256)


def renew(study: Study, names: Iterable[str], networks: Predictors) -> Iterator[tuple[str, str]]:
    """Compute people's embeddings again, one after the other; one that fails does not keep the others from it.

    Args:
        study: Where their sessions are, and where the embeddings are added.
        names: Pseudonyms.
        networks: The weights in use.

    Yields:
        Each pseudonym, with why the former embedding stays the newest; empty where there is a new one.
    """
    for name in names:
        try:
            session_id = study.embedding_figures()[name].session_id
            study.save_embedding(name, _embed(study, name, session_id, networks), session_id=session_id or None)
        except GazeAppError as error:
            yield name, error.message
        else:
            yield name, ""


def _embed(study: Study, name: str, session_id: str, networks: Predictors) -> UserEmbedding:
    """Of all images that taught the former one; simulated and replayed gaze never mix with a person's."""
    made_in = next((record for record in study.session_records(name) if record.session_id == session_id), None)
    is_nobody = study.participant(name).is_nobody or (made_in is not None and made_in.figures.is_rehearsal)
    features = []
    for pair in viewed_pairs(study, name, is_nobody=is_nobody):
        try:
            image_rgb = pair.image_rgb()
        except GazeAppError as error:  # that image teaches nothing any more; the others do
            _log.warning("an image of %s cannot be read: %s", name, error.message)
            continue
        features.append(networks.encode(image_rgb, pair.points_px, pair.px_per_deg, durations_s=pair.durations_s))
    if not features:
        raise NotEnoughData(f"{name}: no session with images to learn from; record or import one, then enrol again")
    return networks.combine(features)
