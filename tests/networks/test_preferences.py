"""What a person looks at more: read from the embedding, with an interval, and only for weights that were measured."""

from __future__ import annotations

import json

import pytest

from gazeapp.errors import CheckpointError
from gazeapp.locations import assets_dir
from gazeapp.networks.preferences import FILE, differences, preferences
from gazeapp.store.embedding import UserEmbedding

HASH = "a" * 64


def embedding(vector, n_pairs=16, sha256=HASH):
    return UserEmbedding(vector=vector, n_pairs=n_pairs, spread=0.1, model_name="m", model_sha256=sha256, sigma_deg=1.0)


@pytest.fixture
def stored(tmp_path):
    path = tmp_path / FILE
    attributes = [
        {"name": "faces", "average": 0.4, "slope": [0.1, 0.0], "measured": [[8, 1.0, 0.05], [32, 2.0, 0.02]]},
        {"name": "the centre", "average": 0.3, "slope": [0.0, 0.1], "measured": [[8, 1.0, 0.05], [32, 1.0, 0.02]]},
    ]
    path.write_text(json.dumps({"schema": 1, "model_sha256": HASH, "attributes": attributes}), encoding="utf-8")
    return path


def test_the_surest_comes_first_and_the_average_person_prefers_nothing(stored):
    faces, centre = preferences(embedding((1.0, 0.1, 9.0), n_pairs=40), stored)
    assert (faces.name, faces.average, faces.more) == ("faces", 0.4, pytest.approx(0.2))
    assert (faces.low, faces.high) == (pytest.approx(0.2 - 1.96 * 0.02), pytest.approx(0.2 + 1.96 * 0.02))
    assert faces.is_sure
    assert not centre.is_sure
    assert not any(one.is_sure for one in preferences(embedding((0.0, 0.0)), stored))


def test_few_images_say_less(stored):
    few, many = (preferences(embedding((1.0, 0.0), n_pairs=n), stored)[0] for n in (4, 32))
    assert few.high - few.low > many.high - many.low


def test_fewer_images_than_were_measured_are_trusted_less(stored):
    fewest, least = (preferences(embedding((1.0, 0.0), n_pairs=n), stored)[0] for n in (2, 8))
    assert fewest.high - fewest.low == pytest.approx(2 * (least.high - least.low))


def test_two_people_differ_by_more_than_both_intervals_together(stored):
    first, second = (preferences(embedding((x, 0.0), n_pairs=n), stored) for x, n in ((1.0, 40), (-1.0, 8)))
    faces, centre = differences(first, second)
    half = 1.96 * (0.02**2 + 0.05**2) ** 0.5
    assert (faces.name, faces.more) == ("faces", pytest.approx(0.2 + 0.1))
    assert (faces.low, faces.high) == (pytest.approx(0.3 - half), pytest.approx(0.3 + half))
    assert faces.average == pytest.approx(0.4 - 0.1), "the other's share"
    assert not centre.is_sure
    assert [one.more for one in differences(first, first)] == [0.0, 0.0]
    assert differences(first, []) == []


def test_other_weights_and_a_missing_file_say_nothing(stored, tmp_path):
    assert preferences(embedding((1.0, 0.0), sha256="b" * 64), stored) == []
    assert preferences(embedding((1.0, 0.0)), tmp_path / "none.json") == []


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema": 2}', '{"schema": 1, "model_sha256": "' + HASH + '", "attributes": [{}]}']
)
def test_a_damaged_file_is_told_in_one_line(stored, text):
    stored.write_text(text, encoding="utf-8")
    with pytest.raises(CheckpointError, match="preferences"):
        preferences(embedding((1.0, 0.0)), stored)


def test_the_shipped_preferences_are_of_the_shipped_weights():
    import hashlib

    parts = [(assets_dir() / "weights" / f"{name}.safetensors").read_bytes() for name in ("embedding", "personal")]
    together = hashlib.sha256("".join(hashlib.sha256(part).hexdigest() for part in parts).encode()).hexdigest()
    document = json.loads((assets_dir() / "weights" / FILE).read_text(encoding="utf-8"))
    assert document["model_sha256"] == together, "run `trainer analyse preferences` again"
    assert {entry["name"] for entry in document["attributes"]} >= {"faces", "the centre of the image"}
