"""Whether a person's newest session looks like that person: earlier sessions and everybody else as candidates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gazeapp.errors import NotEnoughData
from gazeapp.networks.similarity import probability, shares
from gazeapp.runtime.earlier_pairs import ViewedPair, viewed_pairs
from gazeapp.runtime.one_person import MIN_PART
from gazeapp.store.embedding import UserEmbedding
from gazeapp.store.study import Study

if TYPE_CHECKING:
    from gazeapp.networks.predictors import Predictors


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """What the newest session's gaze says of who it is."""

    pseudonym: str
    session_id: str
    """The session that was asked about."""
    n_pairs: int
    """Its images."""
    n_people: int
    """Candidates, the person included."""
    rank: int
    """Of the person among them; 1 is the likeliest."""
    best: str
    """Pseudonym of the likeliest."""
    probability: float
    """That both are of one person, as likely as not before."""
    error_rate: float
    """How often naming the likeliest is wrong, if it is one of them."""


def recognise(study: Study, pseudonym: str, networks: Predictors) -> Recognition:
    """Hold a person's newest session against their earlier ones and everybody else's embedding.

    The session is left out of what stands for the person: an embedding that was joined with it would recognise itself.

    Raises:
        NotEnoughData: No two sessions with images enough.
        CheckpointError: The weights cannot tell people apart.
    """
    is_nobody = study.participant(pseudonym).is_nobody
    pairs = viewed_pairs(study, pseudonym, is_nobody=is_nobody)
    newest = pairs[-1].session_id if pairs else ""
    asked = [pair for pair in pairs if pair.session_id == newest]
    earlier = [pair for pair in pairs if pair.session_id != newest]
    if min(len(asked), len(earlier)) < MIN_PART:
        raise NotEnoughData(
            f"{pseudonym}: recognising needs two sessions with {MIN_PART} images each, got {len(asked)} in the newest "
            f"and {len(earlier)} before",
            found=min(len(asked), len(earlier)),
            needed=MIN_PART,
        )
    known = {
        name: embedding
        for name, embedding in study.newest_embeddings().items()
        if name != pseudonym and embedding.model_sha256 == networks.sha256
    }
    candidates = {pseudonym: _embed(earlier, networks), **known}
    compared = networks.compare(_embed(asked, networks), list(candidates.values()), of_one_laboratory=True)
    ratios = dict(zip(candidates, compared, strict=True))
    ranked = sorted(ratios, key=lambda name: -ratios[name])
    return Recognition(
        pseudonym=pseudonym,
        session_id=newest,
        n_pairs=len(asked),
        n_people=len(candidates),
        rank=ranked.index(pseudonym) + 1,
        best=ranked[0],
        probability=probability(ratios[pseudonym]),
        error_rate=1 - max(shares(list(ratios.values()))),
    )


def _embed(pairs: list[ViewedPair], networks: Predictors) -> UserEmbedding:
    return networks.combine(
        [networks.encode(p.image_rgb(), p.points_px, p.px_per_deg, durations_s=p.durations_s) for p in pairs]
    )
