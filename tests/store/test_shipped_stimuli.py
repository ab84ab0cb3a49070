"""The images that come with the program: enough of them, readable, each with its licence."""

import json

import pytest

from gazeapp.locations import assets_dir
from gazeapp.store.stimuli import decode_image

FOLDER = assets_dir() / "stimuli"
INDEX = json.loads((FOLDER / "index.json").read_text(encoding="utf-8"))["stimuli"]


def test_every_shipped_image_is_listed_with_its_licence_and_nothing_else():
    assert {entry["file"] for entry in INDEX} == {path.name for path in FOLDER.glob("*.jpg")}
    for entry in INDEX:
        assert entry["kind"] in ("photograph", "drawn")
        assert all(entry[key].strip() for key in ("name", "licence", "source", "credit")), entry


def test_licences_are_told_to_people_too():
    text = (FOLDER / "LICENSES.md").read_text(encoding="utf-8")
    n_drawn = sum(entry["kind"] == "drawn" for entry in INDEX)
    assert f"{len(INDEX) - n_drawn} photographs and {n_drawn} drawn scenes" in text
    assert all(entry["file"] in text and entry["licence"] in text for entry in INDEX)


def test_there_are_enough_images_in_little_space():
    assert len(INDEX) >= 32
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 4e6


@pytest.mark.parametrize("entry", INDEX, ids=lambda entry: entry["file"])
def test_shipped_image_can_be_shown(entry):
    image = decode_image(FOLDER / entry["file"])
    assert min(image.rgb.shape[:2]) >= 250
    assert image.rgb.std() > 15
