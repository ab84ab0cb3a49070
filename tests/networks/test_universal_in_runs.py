"""The universal model that was chosen is the one that a run asks, and the one it names."""

from __future__ import annotations

import numpy as np
import pytest

from gazeapp.networks.universal_models import UniversalChoice, load_universal
from gazeapp.runtime.inference import Inference
from gazeapp.runtime.snapshot import InferenceRequest

pytestmark = pytest.mark.slow


def asked(networks, image, stimulus_id="abc"):
    results = []
    networks.on_result = results.append
    networks.ask(
        InferenceRequest(
            number=1,
            trial=0,
            stimulus_id=stimulus_id,
            image_rgb=image,
            fixations_px=np.array([[40.0, 30.0]]),
            px_per_deg=4.0,
            durations_s=np.array([0.3]),
            enrol=True,
            final=True,
        )
    )
    networks.close()
    return results[0]


def picture():
    return np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)


def test_chosen_model_answers_and_is_named():
    choice = UniversalChoice(model="bms-centre")
    networks = Inference(None, inline=True, universal=choice)
    result = asked(networks, picture())
    assert result.error == ""
    np.testing.assert_array_equal(result.universal, load_universal(choice)(picture()))
    assert networks.in_use.universal_name == "bms-centre"
    assert networks.in_use.universal_sha256 == ""


def test_maps_of_a_folder_are_found_by_the_stimulus_name(tmp_path):
    values = np.random.default_rng(1).random((60, 80)).astype(np.float32)
    np.save(tmp_path / "photo.npy", values)
    choice = UniversalChoice(model="folder", weights=tmp_path)
    networks = Inference(None, inline=True, universal=choice, name_of={"abc": "photo.jpg"}.__getitem__)
    result = asked(networks, picture())
    np.testing.assert_allclose(result.universal, values / values.sum(), rtol=1e-4)


def test_missing_map_is_told_and_does_not_end_the_run(tmp_path):
    np.save(tmp_path / "photo.npy", np.ones((60, 80)))
    choice = UniversalChoice(model="folder", weights=tmp_path)
    networks = Inference(None, inline=True, universal=choice, name_of=lambda _id: "other.jpg")
    result = asked(networks, picture())
    assert "no map for the image other.jpg" in result.error
