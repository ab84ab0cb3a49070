"""Losses of gaze and what kind they are."""

import numpy as np
import pytest

from gazeapp.gaze.blinks import find_losses
from gazeapp.gaze.samples import GazeSamples
from tests.gaze.gaze_scenes import scene


@pytest.mark.parametrize(("lost_s", "kind"), [(0.02, "gap"), (0.15, "blink"), (0.4, "blink"), (0.9, "gap")])
def test_a_blink_is_a_loss_as_long_as_a_lid_stays_down(lost_s, kind):
    samples = scene().look_at(1, 1, 0.5).lose(lost_s).look_at(1, 1, 0.5).samples()
    (loss,) = find_losses(samples)
    assert loss.kind == kind
    assert loss.onset_s == pytest.approx(0.498)
    assert loss.duration_s == pytest.approx(lost_s + 0.002)


def test_missing_rows_are_a_loss_too():
    samples = scene().look_at(1, 1, 0.5).lose(0.15).look_at(1, 1, 0.5).samples()
    assert find_losses(samples[samples.valid]) == find_losses(samples)


def test_a_loss_at_the_end_is_no_blink():
    kinds = [loss.kind for loss in find_losses(scene().lose(0.1).look_at(1, 1, 0.5).lose(0.1).samples())]
    assert kinds == ["gap", "gap"]


def test_one_eye_that_is_gone_already_makes_it_a_gap():
    samples = scene().look_at(1, 1, 0.5).lose(0.15).look_at(1, 1, 0.5).samples()
    left = samples.left_px.copy()
    left[100:260] = np.nan
    both = GazeSamples.build(samples.time_s, eyes="binocular", left_px=left, right_px=samples.left_px)
    assert [loss.kind for loss in find_losses(both)] == ["gap"]
    fine = GazeSamples.build(samples.time_s, eyes="binocular", left_px=samples.left_px, right_px=samples.left_px)
    assert [loss.kind for loss in find_losses(fine)] == ["blink"]


def test_short_losses_may_be_left_out_and_nothing_valid_is_one_gap():
    samples = scene().look_at(1, 1, 0.5).lose(0.02).look_at(1, 1, 0.5).samples()
    assert find_losses(samples, shortest_s=0.05) == []
    (loss,) = find_losses(scene().lose(1.0).samples())
    assert loss.duration_s == pytest.approx(0.998)
    assert find_losses(GazeSamples.empty()) == []
