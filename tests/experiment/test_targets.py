from __future__ import annotations

import pytest

from gazeapp.experiment.targets import LAYOUTS_NORM, VALIDATION_NORM, build_targets, centre_target
from gazeapp.gaze.display import Display

DISPLAY = Display(width_px=1920, height_px=1080, width_mm=531, height_mm=299, distance_mm=650)


@pytest.mark.parametrize("n", [1, 3, 5, 9, 13])
@pytest.mark.parametrize("purpose", ["calibrate", "validate"])
def test_every_layout_has_its_number_of_different_points_on_the_screen(n, purpose):
    targets = build_targets(n, DISPLAY, purpose=purpose, seed=0)
    assert len({(t.x_px, t.y_px) for t in targets}) == n
    assert {t.target_id for t in targets} == set(range(n))
    assert all(0 < t.x_px < 1920 and 0 < t.y_px < 1080 for t in targets)


def test_no_validation_point_is_near_a_calibration_point():
    calibration = {point for layout in LAYOUTS_NORM.values() for point in layout}
    for layout in VALIDATION_NORM.values():
        for x, y in layout:
            nearest = min(((x - a) ** 2 + (y - b) ** 2) ** 0.5 for a, b in calibration)
            assert nearest > 0.05


def test_the_seed_fixes_the_order_and_the_id_stays_with_the_place():
    first = build_targets(9, DISPLAY, purpose="calibrate", seed=1)
    again = build_targets(9, DISPLAY, purpose="calibrate", seed=1)
    other = build_targets(9, DISPLAY, purpose="calibrate", seed=2)
    assert first == again
    assert [t.target_id for t in first] != [t.target_id for t in other]
    assert sorted(first, key=lambda t: t.target_id) == sorted(other, key=lambda t: t.target_id)


def test_an_unknown_layout_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match=r"\[1, 3, 5, 9, 13\]"):
        build_targets(4, DISPLAY, purpose="calibrate", seed=0)


def test_the_drift_target_is_the_centre():
    assert (centre_target(DISPLAY).x_px, centre_target(DISPLAY).y_px) == (960, 540)
