"""A person's newest session is held against earlier ones and everybody else, never against itself."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from gazeapp.errors import NotEnoughData
from gazeapp.runtime import recognition
from gazeapp.runtime.recognition import recognise
from gazeapp.store.embedding import UserEmbedding

HASH = "a" * 64


def embedding(place, sha256=HASH):
    return UserEmbedding(
        vector=(float(place), 1.0), n_pairs=4, spread=0.1, model_name="m", model_sha256=sha256, sigma_deg=1.0
    )


class Networks:
    """Two embeddings are of one person as their first numbers are near."""

    sha256 = HASH

    def encode(self, image_rgb, points_px, px_per_deg, durations_s):
        return points_px[0, 0]

    def combine(self, features):
        return embedding(np.mean(features))

    def compare(self, asked, known, *, of_one_laboratory):
        assert of_one_laboratory
        return [5.0 - 10 * abs(asked.vector[0] - other.vector[0]) for other in known]


class FakeStudy:
    def __init__(self, **others):
        self._others = others

    def participant(self, _name):
        return SimpleNamespace(is_nobody=False)

    def newest_embeddings(self):
        return {"P1": embedding(99), **self._others}  # joined with the session that is asked about


def viewed(session_id, place, n=5):
    image = np.zeros((4, 4, 3), np.uint8)
    return [
        SimpleNamespace(
            session_id=session_id,
            points_px=np.array([[place, 0.0]]),
            px_per_deg=1.0,
            durations_s=np.array([0.2]),
            image_rgb=lambda: image,
        )
    ] * n


@pytest.fixture
def seen(monkeypatch):
    def set_pairs(*pairs):
        monkeypatch.setattr(recognition, "viewed_pairs", lambda *_a, **_k: [pair for part in pairs for pair in part])

    return set_pairs


def test_who_comes_back_is_recognised_among_others(seen):
    seen(viewed("a", 1.0), viewed("b", 1.1))
    found = recognise(FakeStudy(P2=embedding(4.0), P3=embedding(-3.0)), "P1", Networks())
    assert (found.rank, found.n_people, found.best, found.session_id) == (1, 3, "P1", "b")
    assert found.probability > 0.9
    assert found.error_rate < 0.01


def test_somebody_elses_gaze_is_named_after_whom_it_resembles(seen):
    seen(viewed("a", 1.0), viewed("b", 4.0))
    found = recognise(FakeStudy(P2=embedding(4.0), P3=embedding(9.0, "b" * 64)), "P1", Networks())
    assert (found.rank, found.n_people, found.best) == (2, 2, "P2"), "other weights cannot be compared"
    assert found.probability < 0.1


def test_one_session_recognises_nobody(seen):
    seen(viewed("b", 4.0))
    with pytest.raises(NotEnoughData, match="needs two sessions"):
        recognise(FakeStudy(), "P1", Networks())
