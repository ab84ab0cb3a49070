from __future__ import annotations

import numpy as np
import pytest

from gazeapp.gaze.display import Display, place_stimulus
from gazeapp.runtime.inference_requests import FIXATIONS_BETWEEN_REQUESTS, RequestMaker
from gazeapp.runtime.pipeline import Pipeline
from tests.fakes import DwellDetector, ListCursor, in_chunks, look_at

DISPLAY = Display(width_px=1920, height_px=1080, width_mm=531, height_mm=299, distance_mm=650)
FRAME = place_stimulus(DISPLAY, "one", 800, 600)
IMAGE = np.zeros((600, 800, 3), np.uint8)


@pytest.fixture
def asked():
    """Every request of one trial with ten fixations, live and at the end."""
    gaze = look_at((960, 540), for_s=0.2)
    for n in range(10):
        gaze = gaze.then((600 + 50 * n, 400), for_s=0.2)
    gaze = gaze.then((960, 540), for_s=0.5)
    maker = RequestMaker({"one": IMAGE}.__getitem__, DISPLAY, lambda trial: trial == 7)
    pipeline = Pipeline(cursor := ListCursor(), DwellDetector, rate_hz=500)
    pipeline.show_stimulus(7, FRAME, 0.0)
    requests = []
    for chunk in in_chunks(gaze.samples(500), [5]):
        cursor.push(chunk)
        now_s = float(chunk.time_s[-1])
        if now_s > 2.3:
            pipeline.hide_stimulus(2.3)
        requests.append(maker.while_looking(pipeline.advance(now_s)))
        requests += [maker.at_the_end(record) for record in pipeline.take_trials()]
    return [request for request in requests if request is not None]


def test_the_networks_are_asked_at_onset_after_every_few_fixations_and_at_the_end(asked):
    assert [len(request.fixations_px) for request in asked] == [
        0,
        FIXATIONS_BETWEEN_REQUESTS,
        2 * FIXATIONS_BETWEEN_REQUESTS,
        11,
    ]
    assert [request.final for request in asked] == [False, False, False, True]


def test_numbers_grow_and_every_request_holds_all_it_needs(asked):
    assert [request.number for request in asked] == [1, 2, 3, 4]
    for request in asked:
        assert (request.trial, request.stimulus_id, request.enrol) == (7, "one", True)
        assert request.image_rgb is IMAGE
        assert request.px_per_deg == pytest.approx(DISPLAY.px_per_deg / 1.8)


def test_a_request_refers_to_no_live_state(asked):
    with pytest.raises(ValueError, match="read-only"):
        asked[-1].fixations_px[0] = 0


def test_nothing_is_asked_between_trials():
    maker = RequestMaker({"one": IMAGE}.__getitem__, DISPLAY, lambda trial: False)
    pipeline = Pipeline(ListCursor(), DwellDetector)
    assert maker.while_looking(pipeline.advance(0.0)) is None
