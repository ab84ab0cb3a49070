from __future__ import annotations

import pytest

from tests.benchmarks.soak import soak

pytestmark = pytest.mark.slow


@pytest.mark.slow
def test_at_1200_hz_every_sample_sent_is_seen_and_on_disk(tmp_path):
    result = soak(4.0, 1200.0, tmp_path)
    assert result.n_sent == result.n_expected == 4800
    assert (result.n_pipeline, result.n_missed) == (4800, 0)
    assert result.n_on_disk == 4800
    assert result.times_equal
    assert result.n_trials >= 3
    assert result.is_reproducible
    assert result.n_predictions > 0
    assert result.problem == ""
