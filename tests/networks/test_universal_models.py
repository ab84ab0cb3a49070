"""Universal models by name: what each needs is said, and each answers with a density of the image's size."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from gazeapp.__main__ import main
from gazeapp.errors import CheckpointError, SettingsError, UnreadableTable
from gazeapp.locations import assets_dir
from gazeapp.networks.universal_models import (
    MODELS,
    NAMES,
    Universal,
    UniversalChoice,
    describe,
    load_universal,
)

SHIPPED = assets_dir() / "weights" / "universal.safetensors"
WITHOUT_WEIGHTS = [model.name for model in MODELS if model.weights != "needed"]


def picture(shape=(60, 80), seed=0):
    return np.random.default_rng(seed).integers(0, 256, (*shape, 3), dtype=np.uint8)


def folder_with(tmp_path, **maps):
    for name, values in maps.items():
        np.save(tmp_path / f"{name}.npy", values)
    return load_universal(UniversalChoice(model="folder", weights=tmp_path))


@pytest.mark.parametrize("name", WITHOUT_WEIGHTS)
@pytest.mark.parametrize("shape", [(60, 80), (97, 31)], ids=str)
def test_every_model_that_needs_no_files_answers_with_a_density(name, shape):
    density = load_universal(UniversalChoice(model=name))(picture(shape))
    assert density.shape == shape
    assert density.dtype == np.float32
    assert density.min() >= 0
    assert density.sum(dtype=np.float64) == pytest.approx(1, abs=1e-4)


def test_help_names_every_model(capsys):
    assert main(["universal", "--help"]) == 0
    text = capsys.readouterr().out
    assert not [name for name in NAMES if f"\n  {name} " not in text]


def test_every_model_says_its_licence_and_centre_bias():
    assert all(model.licence and model.centre_bias and model.title for model in MODELS)


def test_unknown_name_lists_those_that_exist():
    with pytest.raises(SettingsError, match="bms-centre"):
        UniversalChoice.parse("magic")
    with pytest.raises(SettingsError, match="bms-centre"):
        describe("magic")


def test_unknown_option_lists_those_that_exist():
    with pytest.raises(SettingsError, match="layout"):
        load_universal(UniversalChoice(model="onnx", options={"colour-space": "rgb"}))


def test_weights_for_a_model_without_any_are_refused(tmp_path):
    with pytest.raises(SettingsError, match="training-free"):
        load_universal(UniversalChoice(model="bms", weights=tmp_path))


@pytest.mark.parametrize("name", ["onnx", "folder"])
def test_missing_files_are_asked_for(name):
    with pytest.raises(SettingsError, match="--weights"):
        load_universal(UniversalChoice(model=name))


def test_path_tells_the_kind_of_model(tmp_path):
    (tmp_path / "m.onnx").touch()
    assert UniversalChoice.parse(str(tmp_path / "m.onnx")).model == "onnx"
    assert UniversalChoice.parse(str(SHIPPED)).model == "default"
    assert UniversalChoice.parse(str(SHIPPED.parent)).model == "default"
    assert UniversalChoice.parse(str(tmp_path)).model == "folder"


def test_path_of_the_shipped_weights_is_the_default_model():
    image = picture()
    by_path = load_universal(UniversalChoice.parse(str(SHIPPED)))
    np.testing.assert_array_equal(by_path(image), load_universal(UniversalChoice())(image))


def test_file_of_no_known_kind_is_refused(tmp_path):
    (tmp_path / "m.exe").touch()
    with pytest.raises(SettingsError, match="unknown model type"):
        UniversalChoice.parse(str(tmp_path / "m.exe"))


def test_output_of_another_size_is_an_error_that_names_the_model():
    broken = Universal(model=describe("bms"), name="broken", sha256="", predict=lambda _image, _name: np.ones((2, 2)))
    with pytest.raises(CheckpointError, match="broken"):
        broken(picture())


def test_map_of_a_folder_is_found_by_the_images_name(tmp_path):
    values = np.zeros((30, 40), np.float32)
    values[10, 20] = 3.0
    density = folder_with(tmp_path, photo=values)(picture((60, 80)), "photo.jpg")
    assert density.shape == (60, 80)
    assert density.sum() == pytest.approx(1, abs=1e-5)
    assert density[18:24, 38:44].sum() > 0.9


def test_maps_that_universal_wrote_can_be_read_again(tmp_path):
    image = tmp_path / "photo.png"
    cv2.imwrite(str(image), picture())
    assert main(["universal", str(image), "--model", "bms", "-o", str(tmp_path / "maps")]) == 0
    again = ["universal", str(image), "--model", str(tmp_path / "maps"), "-o", str(tmp_path / "r")]
    assert main(again) == 0
    first, second = (np.load(tmp_path / part / "photo.universal.npy") for part in ("maps", "r"))
    np.testing.assert_allclose(first, second, atol=1e-9)


def test_grey_png_is_a_map_and_a_coloured_one_is_not(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.arange(256, dtype=np.uint16).reshape(16, 16) * 200)
    cv2.imwrite(str(tmp_path / "b.png"), picture((16, 16)))
    maps = load_universal(UniversalChoice(model="folder", weights=tmp_path))
    assert maps(picture((16, 16)), "a.jpg").argmax() == 255
    with pytest.raises(UnreadableTable, match="coloured picture"):
        maps(picture((16, 16)), "b.jpg")


def test_log_densities_are_read_as_such(tmp_path):
    density = np.random.default_rng(0).random((20, 30))
    np.save(tmp_path / "a.npy", np.log(density))
    choice = UniversalChoice(model="folder", weights=tmp_path, options={"output": "log"})
    found = load_universal(choice)(picture((20, 30)), "a")
    np.testing.assert_allclose(found, density / density.sum(), rtol=1e-5)
    with pytest.raises(UnreadableTable, match="output=log"):
        load_universal(UniversalChoice(model="folder", weights=tmp_path))(picture((20, 30)), "a")


@pytest.mark.parametrize(
    ("values", "name", "words"),
    [
        (np.ones((20, 30)), "other.jpg", "no map for the image other.jpg"),
        (np.ones((20, 30)), "", "this one has none"),
        (np.ones((20, 80)), "a.jpg", "not the same shape"),
        (np.zeros((20, 30)), "a.jpg", "the map is empty"),
        (np.full((20, 30), np.nan), "a.jpg", "NaN"),
        (np.ones((20, 30, 3)), "a.jpg", r"one \(H, W\) array"),
        (np.array([{}]), "a.jpg", "not a readable"),
    ],
    ids=["missing", "nameless", "shape", "empty", "nan", "colour", "pickle"],
)
def test_unusable_map_is_named(tmp_path, values, name, words):
    np.save(tmp_path / "a.npy", values, allow_pickle=True)
    maps = load_universal(UniversalChoice(model="folder", weights=tmp_path))
    with pytest.raises(UnreadableTable, match=words):
        maps(picture((20, 30)), name)


def test_name_never_leads_out_of_the_folder(tmp_path):
    inside = tmp_path / "maps"
    inside.mkdir()
    np.save(tmp_path / "secret.npy", np.ones((20, 30)))
    np.save(inside / "a.npy", np.ones((20, 30)))
    maps = load_universal(UniversalChoice(model="folder", weights=inside))
    with pytest.raises(UnreadableTable, match="no map for the image secret"):
        maps(picture((20, 30)), "../secret.jpg")


def test_folder_without_maps_is_refused(tmp_path):
    with pytest.raises(UnreadableTable, match="holds no map"):
        load_universal(UniversalChoice(model="folder", weights=tmp_path))


def test_larger_copy_of_an_image_has_the_same_map():
    image = cv2.GaussianBlur(picture((300, 400)), (0, 0), 8)
    large = cv2.resize(image, (1600, 1200), interpolation=cv2.INTER_CUBIC)
    universal = load_universal(UniversalChoice())
    shrunk = cv2.resize(universal(large), (400, 300), interpolation=cv2.INTER_AREA)
    assert np.corrcoef(shrunk.ravel(), universal(image).ravel())[0, 1] > 0.99
