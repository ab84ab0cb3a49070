"""The application's door to the networks: NumPy in, NumPy out, any image."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from gazeapp.errors import CheckpointError, SettingsError
from gazeapp.networks import predictors as predictors_module
from gazeapp.networks.checkpoint import load_checkpoint, save_checkpoint
from gazeapp.networks.personal_saliency import PersonalNetwork
from gazeapp.networks.predictors import Predictors
from gazeapp.networks.universal import UniversalNetwork
from gazeapp.networks.universal_predictor import UniversalPredictor
from gazeapp.networks.user_embedding import UserEncoder
from gazeapp.networks.user_posterior import BasisPersonalNetwork, UserPosterior

SIZES = [(60, 80), (80, 60), (97, 31), (1, 1), (400, 40)]


UNIVERSAL = {"width": 8}


def write_weights(folder, *, dim=8, seed=0, family="network"):
    torch.manual_seed(seed)
    if family == "posterior":
        encoder = {"n_axes": 8, "n_basis": 5, "n_habits": 3}
        personal = {"n_axes": 8, "n_basis": 5, "dim": dim}
        people = UserPosterior(**encoder), BasisPersonalNetwork(**personal)
        names = "user_posterior", "personal_basis"
    else:
        encoder = {"widths": (4, 4, 8, 8), "dim": 8}
        personal = {"dim": dim, "widths": (8, 8, 8)}
        people = UserEncoder(**encoder), PersonalNetwork(**personal)
        names = "user_embedding", "personal_paper"
    if family == "posterior":
        for network in people:
            network.basis.axes.normal_(std=0.05)
    for name, architecture, network, config in (
        ("embedding", names[0], people[0], encoder),
        ("personal", names[1], people[1], personal),
        ("universal", "universal", UniversalNetwork(**UNIVERSAL), UNIVERSAL),
    ):
        save_checkpoint(
            folder / f"{name}.safetensors",
            architecture=architecture,
            config=config,
            tensors=network.state_dict(),
            provenance={"usm_peak": 0.4, "sigma_deg": 1.0},
        )
    return folder


@pytest.fixture(params=["network", "posterior"])
def predictors(tmp_path, request):
    return Predictors.load(write_weights(tmp_path, family=request.param), device="cpu")


def picture(shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (*shape, 3), dtype=np.uint8)


def person(predictors, seed=0, n=3):
    rng = np.random.default_rng(seed)
    return predictors.combine(
        [predictors.encode(picture((60, 80), k), rng.uniform(0, 60, (5, 2)), 3.0) for k in range(n)]
    )


@pytest.mark.parametrize("shape", SIZES, ids=str)
def test_maps_are_densities_of_the_images_size(predictors, shape):
    image = picture(shape)
    universal = predictors.universal(image)
    personal = predictors.personal(image, universal, person(predictors))
    for density in (universal, personal):
        assert density.shape == shape
        assert density.dtype == np.float32
        assert density.min() >= 0
        assert density.sum(dtype=np.float64) == pytest.approx(1, abs=1e-4)


def test_grey_image_equals_the_same_grey_in_colour(predictors):
    grey = picture((60, 80))[:, :, 0]
    colour = np.repeat(grey[:, :, None], 3, axis=2)
    np.testing.assert_array_equal(predictors.universal(grey), predictors.universal(colour))


def test_mirrored_image_gives_the_mirrored_universal_map(predictors):
    image = picture((60, 80))
    mirrored = predictors.universal(np.ascontiguousarray(image[:, ::-1]))
    np.testing.assert_allclose(mirrored, predictors.universal(image)[:, ::-1], rtol=1e-4)


def test_predicting_twice_is_identical(predictors):
    image, embedding = picture((60, 80)), person(predictors)
    first = predictors.personal(image, None, embedding)
    np.testing.assert_array_equal(first, predictors.personal(image, None, embedding))
    assert person(predictors) == embedding


def test_order_of_the_pairs_does_not_matter(predictors):
    rng = np.random.default_rng(0)
    features = [predictors.encode(picture((60, 80), k), rng.uniform(0, 60, (5, 2)), 3.0) for k in range(4)]
    there, back = predictors.combine(features), predictors.combine(features[::-1])
    np.testing.assert_allclose(there.vector, back.vector, rtol=1e-6)


def test_embedding_of_an_average_is_a_unit_vector(tmp_path):
    networks = Predictors.load(write_weights(tmp_path), device="cpu")
    assert np.linalg.norm(person(networks).vector) == pytest.approx(1)


def test_embedding_of_evidence_knows_habits_only_from_durations(tmp_path):
    networks = Predictors.load(write_weights(tmp_path, family="posterior"), device="cpu")
    points, durations = np.random.default_rng(0).uniform(5, 50, (6, 2)), np.full(6, 0.2)
    image = picture((60, 80))
    without = networks.combine([networks.encode(image, points, 3.0)])
    timed = networks.combine([networks.encode(image, points, 3.0, durations_s=durations)])
    assert without.vector[:5] == pytest.approx(timed.vector[:5])
    assert not any(without.vector[5:])


def test_embedding_names_its_weights(predictors):
    embedding = person(predictors)
    assert embedding.model_sha256 == predictors.sha256
    assert embedding.n_pairs == 3
    assert 0 <= embedding.spread < 1


def test_spread_of_a_single_pair_is_unknown(predictors):
    assert math.isnan(person(predictors, n=1).spread)


def test_fixations_beside_the_image_change_nothing(predictors):
    image, inside = picture((60, 80)), np.array([[10.0, 20.0], [30.5, 40.0]])
    beside = np.vstack([inside, [[-1.0, 5.0], [80.0, 5.0], [np.nan, 1.0]]])
    np.testing.assert_array_equal(predictors.encode(image, inside, 3.0), predictors.encode(image, beside, 3.0))


def test_pair_without_fixations_is_refused(predictors):
    with pytest.raises(ValueError, match="no fixation lies on the image"):
        predictors.encode(picture((60, 80)), np.array([[-5.0, 1.0]]), 3.0)


def test_embedding_of_other_weights_is_refused(predictors):
    foreign = replace(person(predictors), model_sha256="0" * 64)
    with pytest.raises(CheckpointError, match="made by other weights"):
        predictors.personal(picture((60, 80)), None, foreign)


def test_files_of_different_exports_are_refused(tmp_path):
    with pytest.raises(CheckpointError, match="different exports"):
        Predictors.load(write_weights(tmp_path, dim=16), device="cpu")


@pytest.mark.parametrize(
    ("file", "architecture", "config"),
    [
        ("personal", "personal_log", {"width": 16}),
        ("personal", "personal_basis", {"trunk": {"fused": 64}, "dim": 32}),
        ("embedding", "user_posterior", {"trunk": {"fused": 64}}),
        ("universal", "universal", {"widths": [16, 32, 48, 96, 160], "fused": 64}),
    ],
    ids=["personal_log", "personal", "embedding", "universal"],
)
def test_weights_of_an_earlier_recipe_are_refused_with_what_to_do(tmp_path, file, architecture, config):
    folder = write_weights(tmp_path)
    save_checkpoint(
        folder / f"{file}.safetensors",
        architecture=architecture,
        config=config,
        tensors={"refine.bias": torch.zeros(1)},
        provenance={},
    )
    with pytest.raises(CheckpointError, match=r"earlier recipe.*train again with .*--preset best"):
        Predictors.load(folder, device="cpu")


def test_weights_from_before_a_change_of_habits_are_refused_in_one_line(tmp_path):
    folder = write_weights(tmp_path, family="posterior")
    former = load_checkpoint(folder / "embedding.safetensors")
    save_checkpoint(
        folder / "embedding.safetensors",
        architecture=former.architecture,
        config=former.config,
        tensors={**former.tensors, "habit_mean": torch.zeros(11)},
        provenance={},
    )
    with pytest.raises(CheckpointError, match=r"embedding.safetensors: .*habit_mean.*take the shipped") as found:
        Predictors.load(folder, device="cpu")
    assert "\n" not in str(found.value)


def test_absent_weights_folder_is_named(tmp_path):
    with pytest.raises(CheckpointError, match="no such weights folder"):
        Predictors.load(tmp_path / "none")


def test_swapped_files_are_refused(tmp_path):
    folder = write_weights(tmp_path)
    (folder / "personal.safetensors").replace(folder / "universal.safetensors")
    with pytest.raises(CheckpointError, match="where universal is needed"):
        UniversalPredictor(folder / "universal.safetensors", "cpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA GPU")
def test_cuda_without_a_gpu_is_said_plainly(tmp_path):
    with pytest.raises(SettingsError, match="no CUDA GPU"):
        Predictors.load(write_weights(tmp_path), device="cuda")


def test_gradients_and_training_mode_stay_off(predictors):
    predictors.universal(picture((60, 80)))
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()


def test_shipped_weights_load_and_predict():
    predictors = Predictors.load(device="cpu")
    image = picture((60, 80))
    assert predictors.personal(image, None, person(predictors)).shape == (60, 80)


def test_a_density_that_cannot_change_is_remembered_and_one_that_can_is_not(predictors, monkeypatch):
    resized = []
    resize = predictors_module.resize_map
    monkeypatch.setattr(predictors_module, "resize_map", lambda *given: resized.append(1) or resize(*given))
    image, known = picture((60, 80)), person(predictors)
    frozen = predictors.universal(image)
    frozen.setflags(write=False)
    first = predictors.personal(image, frozen, known)
    np.testing.assert_array_equal(predictors.personal(image, frozen, known), first)
    assert len(resized) == 1
    changing = np.array(frozen)
    np.testing.assert_array_equal(predictors.personal(image, changing, known), first)
    changing[:30] = 0
    changed = predictors.personal(image, changing / changing.sum(), known)
    assert changed[:30].sum() < first[:30].sum()


def test_an_embedding_network_that_looks_through_the_backbone_goes_with_a_personal_one_that_does_not(tmp_path):
    write_weights(tmp_path)
    config = {"widths": (4, 4, 8, 8), "dim": 8, "n_axes": 4, "channels": (24, 40, 80, 112, 192, 320)}
    save_checkpoint(
        tmp_path / "embedding.safetensors",
        architecture="user_embedding",
        config=config,
        tensors=UserEncoder(**config).state_dict(),
        provenance={},
    )
    predictors = Predictors.load(tmp_path, device="cpu")
    image = picture((60, 80))
    assert predictors.personal(image, None, person(predictors)).sum() == pytest.approx(1, abs=1e-4)
