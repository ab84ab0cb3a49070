"""Maps survive storage to the last bit, whatever they hold, and so do those of sessions that exist."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from gazeapp.saliency.maps import fixation_density
from gazeapp.store.map_bytes import pack_map, unpack_map

RANDOM = np.random.default_rng(0)
MAPS = {
    "a density": fixation_density([(20, 10), (50, 30)], (64, 48), 6.0),
    "a difference": RANDOM.normal(size=(12, 17)).astype(np.float32) * 1e-6,
    "any bits": RANDOM.integers(0, 2**32, (9, 7), dtype=np.uint32).view(np.float32),
    "no number": np.array([[np.nan, np.inf, -np.inf, -0.0, 1e-45]], dtype=np.float32),
    "one value": np.ones((1, 1), dtype=np.float32),
    "a column": np.linspace(-1, 1, 33, dtype=np.float32)[:, None],
}


@pytest.mark.parametrize("density", MAPS.values(), ids=MAPS)
def test_no_bit_is_lost(density):
    height, width = density.shape
    found = unpack_map(pack_map(density), width, height)
    assert found.shape == density.shape
    np.testing.assert_array_equal(found.view(np.uint32), density.view(np.uint32))


def test_maps_of_earlier_sessions_are_read():
    density = MAPS["a difference"]
    planes = density.astype("<f4").view(np.uint8).reshape(-1, 4).T
    np.testing.assert_array_equal(unpack_map(zlib.compress(planes.tobytes(), 1), 17, 12), density)


def test_a_smooth_map_takes_a_fourth():
    small = fixation_density([(20, 10), (50, 30)], (160, 120), 12.0)
    density = np.repeat(np.repeat(small, 4, axis=0), 4, axis=1)
    assert len(pack_map(density)) < density.nbytes / 4


@pytest.mark.parametrize("spoil", [lambda data: data[:-3], lambda data: data[:9] + b"?" + data[10:], lambda _: b"\x01"])
def test_damaged_bytes_are_refused(spoil):
    with pytest.raises(ValueError, match="map"):
        unpack_map(spoil(pack_map(MAPS["a density"])), 64, 48)
