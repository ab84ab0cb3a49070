"""The gaze estimator: its shapes at the paper's size and ours, what of it is fine-tuned, and frames in, centimetres
out."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gazeapp.camera.eye_crops import EyeCrops
from gazeapp.errors import CheckpointError
from gazeapp.networks.checkpoint import save_checkpoint
from gazeapp.networks.gaze_estimator import CROP_PX, GazeEstimator, crop_tensor, face_grids
from gazeapp.networks.gaze_predictor import GazePointPredictor, square_crop

SMALL = {"widths": (4, 4, 4, 4), "fused": 8}


def inputs(n=2, seed=0):
    generator = torch.Generator().manual_seed(seed)
    crops = [torch.rand(n, 3, CROP_PX, CROP_PX, generator=generator) * 2 - 1 for _ in range(3)]
    return [*crops, face_grids(torch.tensor([[0.2, 0.2, 0.5, 0.6]] * n))]


def save(path, seed=0):
    torch.manual_seed(seed)
    network = GazeEstimator(**SMALL)
    save_checkpoint(
        path,
        architecture="gaze_estimator",
        config=network.arguments,
        tensors=network.state_dict(),
        provenance={},
    )
    return network.eval()


@pytest.mark.parametrize(
    "arguments",
    [{}, {"widths": (96, 256, 384, 64), "first_kernel": 11, "first_stride": 4}],
    ids=["ours", "paper"],
)
def test_a_point_comes_out_for_each_frame(arguments):
    network = GazeEstimator(**arguments).eval()
    assert network(*inputs(3)).shape == (3, 2)


def test_both_eyes_share_their_weights():
    network = GazeEstimator(**SMALL).eval()
    face, left, right, grid = inputs()
    network(face, left, right, grid)[:, 0].sum().backward()
    n_eye = sum(p.numel() for p in network.eye.parameters())
    assert n_eye == sum(p.numel() for p in network.face.parameters())
    assert not torch.equal(network(face, left, right, grid), network(face, right, left, grid))


def test_the_head_holds_the_last_two_fully_connected_layers_and_nothing_else():
    network = GazeEstimator(**SMALL).eval()
    linear = [m for m in network.modules() if isinstance(m, torch.nn.Linear)]
    assert linear[-2:] == [network.head.hidden, network.head.point]
    assert torch.equal(network(*inputs()), network.head(network.features(*inputs())))


def test_a_layout_that_leaves_nothing_of_a_crop_is_refused():
    with pytest.raises(ValueError, match="leaves nothing"):
        GazeEstimator(first_kernel=60)


def test_the_face_grid_is_filled_where_the_face_is():
    grid = face_grids(torch.tensor([[0.4, 0.0, 0.2, 1.0]]))[0]
    assert grid.shape == (25, 25)
    assert grid[:, 10:15].all()
    assert grid.sum() == 5 * 25


def test_a_crop_is_square_around_its_box_and_may_reach_beside_the_frame():
    frame = np.zeros((90, 140, 3), np.uint8)
    frame[:, 70:] = 200
    crop = square_crop(frame, (38, 10, CROP_PX, 40))
    assert crop.shape == (CROP_PX, CROP_PX, 3)
    assert crop[:, : CROP_PX // 2].max() == 0
    assert crop[:, CROP_PX // 2 :].min() == 200
    assert (square_crop(frame, (120, -10, 50, 30)) == 200).all()


def test_a_predictor_gives_what_its_network_gives(tmp_path):
    network = save(tmp_path / "weights.safetensors")
    rng = np.random.default_rng(0)
    frame = rng.integers(0, 255, (48, 64, 3), dtype=np.uint8)
    eyes = EyeCrops(frame_rgb=frame, left_px=(40.0, 20.0), right_px=(24.0, 20.0))
    said = GazePointPredictor(tmp_path).predict(eyes)
    boxes = [(8, 2, 48, 48), (33, 13, 14, 14), (17, 13, 14, 14)]
    crops = [crop_tensor(torch.from_numpy(square_crop(frame, box))[None]) for box in boxes]
    grid = face_grids(torch.tensor([[8 / 64, 2 / 48, 48 / 64, 48 / 48]]))
    with torch.inference_mode():
        assert said == pytest.approx(network(*crops, grid)[0].tolist(), abs=1e-5)


def test_weights_of_another_network_are_refused(tmp_path):
    save_checkpoint(tmp_path / "other.safetensors", architecture="universal", config={}, tensors={}, provenance={})
    with pytest.raises(CheckpointError, match="gaze_estimator is needed"):
        GazePointPredictor(tmp_path / "other.safetensors")


def test_the_webcam_gets_its_estimator_from_weights(tmp_path):
    from gazeapp.runtime.open_tracker import load_point_estimator

    save(tmp_path / "weights.safetensors")
    frame = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    eyes = EyeCrops(frame_rgb=frame, left_px=(40.0, 20.0), right_px=(24.0, 20.0))
    said = load_point_estimator(tmp_path)(eyes)
    assert said == GazePointPredictor(tmp_path).predict(eyes)
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_point_estimator(tmp_path / "none")
