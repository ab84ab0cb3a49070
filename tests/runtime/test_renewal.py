"""Embeddings of former weights are computed again from the study's own sessions, and stay beside the new ones."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from gazeapp.errors import UnreadableImage
from gazeapp.runtime import renewal
from gazeapp.runtime.renewal import outdated, renew
from gazeapp.store.embedding import UserEmbedding
from gazeapp.store.study import Study

FORMER, NOW = "a" * 64, "b" * 64


def embedding(place, sha256, n_pairs=1):
    return UserEmbedding(
        vector=(float(place),), n_pairs=n_pairs, spread=0.1, model_name="m", model_sha256=sha256, sigma_deg=1.0
    )


class Networks:
    """An embedding is the mean of the first fixations."""

    sha256 = NOW

    def encode(self, image_rgb, points_px, px_per_deg, durations_s):
        return points_px[0, 0]

    def combine(self, features):
        return embedding(np.mean(features), NOW, len(features))


def pair(place, *, is_readable=True):
    def image_rgb():
        if not is_readable:
            raise UnreadableImage("photo.jpg: gone; put it back")
        return np.zeros((4, 4, 3), np.uint8)

    points = np.array([[place, 0.0]])
    return SimpleNamespace(points_px=points, px_per_deg=1.0, durations_s=np.array([0.2]), image_rgb=image_rgb)


@pytest.fixture
def study(tmp_path, monkeypatch):
    pairs = {"P1": [pair(2.0), pair(4.0), pair(9.0, is_readable=False)], "P2": [], "P3": [pair(7.0)], "P4": [pair(1.0)]}
    monkeypatch.setattr(renewal, "viewed_pairs", lambda _study, name, *, is_nobody: pairs[name])
    with Study.open_or_create(tmp_path / "study") as opened:
        for name in pairs:
            opened.add_participant(name)
            opened.record_consent(name)
            opened.save_embedding(name, embedding(0.0, NOW if name == "P3" else FORMER))
        opened.add_participant("P5")
        yield opened


def test_only_embeddings_of_other_weights_are_outdated(study):
    assert outdated(study, NOW) == ["P1", "P2", "P4"]
    assert outdated(study, FORMER) == ["P3"]


def test_they_are_computed_again_and_the_former_stay(study):
    found = dict(renew(study, outdated(study, NOW), Networks()))
    assert (found["P1"], found["P4"]) == ("", "")
    assert "no session with images" in found["P2"], "one that fails does not keep the others from it"
    former, new = study.embeddings("P1")
    assert (former.model_sha256, new.model_sha256) == (FORMER, NOW)
    assert (new.vector, new.n_pairs) == ((3.0,), 2), "an image that cannot be read teaches nothing"
    assert outdated(study, NOW) == ["P2"]


def test_what_was_made_in_a_session_stays_of_that_session(study):
    session = study.new_session("P4", "plan", experimenter="AB")
    study.save_embedding("P4", embedding(5.0, FORMER), session_id=session.session_id)
    assert list(renew(study, ["P4"], Networks())) == [("P4", "")]
    assert study.embedding_figures()["P4"].session_id == session.session_id
