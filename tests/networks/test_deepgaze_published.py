"""DeepGaze IIE against stored outputs of the published code, both with weights made from the tensors' names.

`tests/benchmarks/peers/deepgaze_values.py` made the outputs; `tests/benchmarks/deepgaze_equality.py` makes a table.
"""

from __future__ import annotations

import numpy as np
import pytest

from gazeapp.networks.deepgaze.weights import fuse
from tests.benchmarks.deepgaze_equality import answers, build, published
from tests.networks.generated_weights import SIZES_WH

TOLERANCE_NAT = 1e-4

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def network():
    return build()


@pytest.mark.parametrize("size_wh", SIZES_WH, ids=str)
def test_each_backbone_and_the_whole_say_what_the_published_code_says(network, size_wh):
    theirs = published(size_wh)
    assert np.ptp(theirs, axis=1).min() > 1.0, "densities that are even would prove nothing"
    difference = np.abs(answers(network, size_wh) - theirs).max(axis=1)
    names = [*network.names, "all"]
    assert dict(zip(names, difference, strict=True)) == pytest.approx(dict.fromkeys(names, 0.0), abs=TOLERANCE_NAT)


def test_what_is_folded_for_speed_says_the_same(network):
    size_wh = SIZES_WH[1]
    before = answers(network, size_wh)
    for model in network.mixtures():
        fuse(model)
    assert np.abs(answers(network, size_wh) - before).max() < TOLERANCE_NAT
