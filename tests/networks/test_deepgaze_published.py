"""DeepGaze IIE against stored outputs of the published code, both with weights made from the tensors' names.

`tests/benchmarks/peers/deepgaze_values.py` made the outputs.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from gazeapp.networks.deepgaze.model import DeepGazeIIE
from gazeapp.networks.deepgaze.weights import fuse
from tests.networks.generated_weights import (
    N_COMPONENTS,
    SIZES_WH,
    generated_centre,
    generated_image,
    generated_state,
    places,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "deepgaze2e.npz"
TOLERANCE_NAT = 1e-4

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def network():
    with torch.device("meta"):
        built = DeepGazeIIE(n_components=N_COMPONENTS)
    built.load_state_dict(generated_state(built.state_dict()), assign=True)
    return built.eval().requires_grad_(False)


def answers(network, size_wh):
    """(5, places) log densities of each backbone and of all together."""
    image = torch.from_numpy(generated_image(size_wh)).permute(2, 0, 1)[None].float()
    centre = torch.from_numpy(generated_centre(size_wh))[None]
    with torch.inference_mode():
        each = network.each_backbone(image, centre)[0]
    whole = each.logsumexp(dim=0, keepdim=True) - np.log(len(each))
    rows, columns = places(size_wh)
    return torch.cat([each, whole]).numpy()[:, rows, columns]


@pytest.mark.parametrize("size_wh", SIZES_WH, ids=str)
def test_each_backbone_and_the_whole_say_what_the_published_code_says(network, size_wh):
    with np.load(GOLDEN) as stored:
        published = stored["{}x{}".format(*size_wh)]
    assert np.ptp(published, axis=1).min() > 1.0, "densities that are even would prove nothing"
    difference = np.abs(answers(network, size_wh) - published).max(axis=1)
    names = [*network.names, "all"]
    assert dict(zip(names, difference, strict=True)) == pytest.approx(dict.fromkeys(names, 0.0), abs=TOLERANCE_NAT)


def test_what_is_folded_for_speed_says_the_same(network):
    size_wh = SIZES_WH[1]
    before = answers(network, size_wh)
    for model in network.mixtures():
        fuse(model)
    assert np.abs(answers(network, size_wh) - before).max() < TOLERANCE_NAT
