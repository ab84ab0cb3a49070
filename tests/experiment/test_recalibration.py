"""Saliency that is read from files finds each image of a session by its name."""

from __future__ import annotations

import numpy as np

from gazeapp.experiment import recalibration
from gazeapp.gaze.display import Display, StimulusFrame


def test_universal_map_is_asked_for_with_its_stimulus():
    from types import SimpleNamespace

    display = Display(width_px=800, height_px=600, width_mm=400, height_mm=300, distance_mm=600)
    frame = StimulusFrame(
        stimulus_id="abc",
        image_width_px=80,
        image_height_px=60,
        left_px=0,
        top_px=0,
        width_px=800,
        height_px=600,
    )
    trial = SimpleNamespace(frame=frame, fixations=[SimpleNamespace(x_px=40.0, y_px=30.0)])
    asked = []

    def universal(image, stimulus_id):
        asked.append(stimulus_id)
        return np.ones(image.shape[:2], np.float32) + np.arange(80)

    recalibration._viewed(trial, display, lambda _id: np.zeros((60, 80, 3), np.uint8), universal)
    assert asked == ["abc"]
