"""What a person looks at more than others do, read from their embedding, with intervals.

A share of gaze (on faces, at the centre) changes with the coefficients; how much was computed once, on labelled images,
and how far it can be trusted was measured on people that no network saw: `python -m trainer analyse preferences`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gazeapp.errors import CheckpointError
from gazeapp.locations import assets_dir
from gazeapp.store.embedding import UserEmbedding
from gazeapp.store.untrusted.files import parse_json, read_text
from gazeapp.store.untrusted.limits import SETTINGS_BYTES

FILE = "preferences.json"
SCHEMA = 1
_Z95 = 1.96


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """One thing at which people look more or less."""

    name: str
    average: float
    """Share of gaze, 0 to 1, of whom the person is compared with: everybody, on the images it was learnt from."""
    more: float
    """The person's share less that one."""
    low: float
    high: float
    """Of `more`, 95 %: of unseen people so many lay within."""

    @property
    def is_sure(self) -> bool:
        """Whether the interval leaves out no difference at all."""
        return self.low > 0 or self.high < 0


def preferences(embedding: UserEmbedding, path: Path | None = None) -> list[Preference]:
    """What is known of a person's preferences, the surest first; empty for embeddings of weights not measured.

    Args:
        embedding: Of the person.
        path: File of `trainer analyse preferences`; None takes the shipped one.

    Raises:
        CheckpointError: The file is damaged.
    """
    path = assets_dir() / "weights" / FILE if path is None else path
    if not path.is_file():
        return []
    try:
        document = parse_json(read_text(path, SETTINGS_BYTES))
        if document["schema"] != SCHEMA:
            raise ValueError(f"schema {document['schema']!r}, {SCHEMA} is read")
        if document["model_sha256"] != embedding.model_sha256:
            return []
        found = [_preference(entry, embedding) for entry in document["attributes"]]
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise CheckpointError(f"{path}: damaged, or not a file of preferences ({error}); copy it again") from error
    return sorted(found, key=_doubt)


def differences(first: Sequence[Preference], second: Sequence[Preference]) -> list[Preference]:
    """How much more one person looks at things than another, the surest first.

    What is wrong with two people's figures is taken as independent; where it is wrong in the same way, the interval is
    wider than it need be.

    Args:
        first: Of the person.
        second: Of whom they are compared with; what only one of the two has is left out.
    """
    others = {one.name: one for one in second}
    found = []
    for one in first:
        if (other := others.get(one.name)) is None:
            continue
        more, half = one.more - other.more, math.hypot(one.high - one.more, other.high - other.more)
        found.append(
            Preference(name=one.name, average=other.average + other.more, more=more, low=more - half, high=more + half)
        )
    return sorted(found, key=_doubt)


def _doubt(one: Preference) -> float:
    return -abs(one.more) / (one.high - one.low)


def _preference(entry: dict[str, object], embedding: UserEmbedding) -> Preference:
    slope = [float(x) for x in entry["slope"]]  # type: ignore[attr-defined]  # checked by doing it
    more = math.fsum(a * b for a, b in zip(slope, embedding.vector, strict=False))
    measured = {int(m): (float(gain), float(error)) for m, gain, error in entry["measured"]}  # type: ignore[attr-defined]
    # as for the nearest number of pairs not above the embedding's
    m = max((m for m in measured if m <= embedding.n_pairs), default=min(measured))
    gain, error = measured[m]
    if embedding.n_pairs < m:  # not measured: as far as images that say the same each would be
        error *= math.sqrt(m / max(embedding.n_pairs, 1))
    more = more * gain
    average = float(entry["average"])  # type: ignore[arg-type]
    return Preference(
        name=str(entry["name"]), average=average, more=more, low=more - _Z95 * error, high=more + _Z95 * error
    )
