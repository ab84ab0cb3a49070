"""What a caller may get wrong: every refusal is an ArgumentError that names the argument."""

from __future__ import annotations

import numpy as np
import pytest

import gazeapp.api as ga
from gazeapp.errors import GazeAppError, SettingsError

SCREEN = (1920, 1080, 531, 299, 650)
TIME_S = np.arange(100) / 250
X, Y = np.full(100, 500.0), np.full(100, 400.0)
IMAGE = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
TARGETS = {"target_id": ["a"], "onset_s": [0.0], "duration_s": [0.4], "x_px": [500.0], "y_px": [400.0]}
DENSITY = np.full((60, 80), 1 / 4800)


def detect(time_s=TIME_S, x=X, y=Y, display=SCREEN, **more):
    return ga.detect(time_s, x, y, display=display, **more)


def quality(targets=TARGETS, **more):
    return ga.quality(TIME_S, X, Y, targets, display=SCREEN, **more)


WRONG = {
    "no samples": (lambda: detect([], [], []), "time_s"),
    "a time is missing": (lambda: detect(np.where(TIME_S > 0.2, np.nan, TIME_S)), "time_s"),
    "times in disorder": (lambda: detect(TIME_S[::-1]), "time_s"),
    "times in milliseconds": (lambda: detect(TIME_S * 1000), "time_s"),
    "times as text": (lambda: detect(["a"] * 100), "time_s"),
    "times in a table": (lambda: detect(TIME_S.reshape(10, 10)), "time_s"),
    "x shorter than time": (lambda: detect(x=X[:-1]), "x"),
    "three eyes": (lambda: detect(x=np.zeros((100, 3))), "x"),
    "infinite gaze": (lambda: detect(y=np.full(100, np.inf)), "y"),
    "one eye's y for two eyes' x": (lambda: detect(x=np.stack([X, X], axis=1)), "y"),
    "shares taken for pixels": (lambda: detect(x=X / 1920 + TIME_S / 10, y=Y / 1080), "unit"),
    "pixels taken for shares": (lambda: detect(unit="norm"), "unit"),
    "pixels taken for degrees": (lambda: detect(unit="deg"), "unit"),
    "an unknown unit": (lambda: detect(unit="cm"), "unit"),
    "a screen in centimetres": (lambda: detect(display=(1920, 1080, 53, 30, 65)), "display"),
    "a screen without a distance": (lambda: detect(display=(1920, 1080, 531, 299)), "display"),
    "a number for a screen": (lambda: detect(display=27), "display"),
    "targets without duration": (lambda: quality({k: v for k, v in TARGETS.items() if k != "duration_s"}), "targets"),
    "no targets": (lambda: quality({key: [] for key in TARGETS}), "targets"),
    "a target nowhere": (lambda: quality({**TARGETS, "x_px": [np.nan]}), "targets"),
    "targets of another recording": (lambda: quality({**TARGETS, "onset_s": [1e6]}), "targets"),
    "targets as a number": (lambda: quality(3), "targets"),
    "an unknown limit": (lambda: quality(limits={"pass": 1}), "limits"),
    "a limit that is no share": (lambda: quality(limits={"max_loss": 20}), "limits"),
    "no fixations": (lambda: ga.saliency_map([], (80, 60), 3), "fixations"),
    "fixations in three dimensions": (lambda: ga.saliency_map([(1, 2, 3)], (80, 60), 3), "fixations"),
    "a fixation nowhere": (lambda: ga.saliency_map([(np.nan, 2)], (80, 60), 3), "fixations"),
    "fixations beside the image": (lambda: ga.saliency_map([(900, 2)], (80, 60), 3), "fixations"),
    "a table without x": (lambda: ga.saliency_map({"y_px": [1]}, (80, 60), 3), "fixations"),
    "half a pixel": (lambda: ga.saliency_map([(1, 2)], (80, 60.5), 3), "size_wh"),
    "a size with three sides": (lambda: ga.saliency_map([(1, 2)], (80, 60, 3), 3), "size_wh"),
    "a blur below 0": (lambda: ga.saliency_map([(1, 2)], (80, 60), -1), "sigma_px"),
    "a blur that is no number": (lambda: ga.saliency_map([(1, 2)], (80, 60), np.nan), "sigma_px"),
    "too few weights": (lambda: ga.saliency_map([(1, 2)], (80, 60), 3, weights=[1, 2]), "weights"),
    "durations that are not there": (lambda: ga.saliency_map([(1, 2)], (80, 60), 3, weights="duration"), "weights"),
    "nothing to score against": (lambda: ga.metrics(DENSITY), "truth"),
    "a truth of another size": (lambda: ga.metrics(DENSITY, truth=DENSITY[1:]), "truth"),
    "NaN in a map": (lambda: ga.metrics(np.full((3, 3), np.nan), truth=DENSITY), "prediction"),
    "fixations beside the map": (lambda: ga.metrics(DENSITY, fixations=[(99, 5)]), "fixations"),
    "other fixations beside the map": (
        lambda: ga.metrics(DENSITY, fixations=[(9, 5)], other_fixations=[(99, 5)]),
        "other_fixations",
    ),
    "a baseline without mass": (
        lambda: ga.metrics(DENSITY, fixations=[(9, 5)], baseline=np.eye(60, 80)),
        "baseline",
    ),
    "an unknown metric": (lambda: ga.metrics(DENSITY, truth=DENSITY, names=["mse"]), "names"),
    "labels of another size": (lambda: ga.areas(FIXATIONS, np.zeros((5, 5), int), (80, 60)), "areas"),
    "labels without an area": (lambda: ga.areas(FIXATIONS, np.zeros((60, 80), int), (80, 60)), "areas"),
    "areas of bare points": (lambda: ga.areas([(1, 2)], np.ones((60, 80), int), (80, 60)), "fixations"),
    "a path for an image": (lambda: ga.universal("photo.jpg"), "image"),
    "an image of integers": (lambda: ga.universal(IMAGE.astype(int)), "image"),
    "an image of shares": (lambda: ga.universal(IMAGE / 255), "image"),
    "a transparent image": (lambda: ga.universal(np.zeros((6, 8, 4), np.uint8)), "image"),
    "channels first": (lambda: ga.universal(np.moveaxis(IMAGE, 2, 0)), "image"),
    "an empty image": (lambda: ga.universal(np.zeros((0, 8, 3), np.uint8)), "image"),
    "no pairs": (lambda: ga.enrol([]), "pairs"),
    "an image alone as a pair": (lambda: ga.enrol([IMAGE]), "pairs"),
    "a pair beside the image": (lambda: ga.enrol([(IMAGE, [(900, 900)])]), "pairs"),
    "a scale of 0": (lambda: ga.enrol([(IMAGE, [(9, 9)])], px_per_deg=0), "px_per_deg"),
    "an image around the head": (lambda: ga.enrol([(IMAGE, [(9, 9)], 0.1)]), "px_per_deg"),
    "an image that nobody could see": (lambda: ga.recalibrate([(IMAGE, [(9, 9)], 1e9)]), "px_per_deg"),
    "a vector for a person": (lambda: ga.predict(IMAGE, np.ones(32)), "person"),
    "an unknown correction": (lambda: ga.recalibrate([(IMAGE, [(9, 9)])], model="centre-bias", up_to="x"), "up_to"),
}
FIXATIONS = {"onset_s": [0.1], "duration_s": [0.2], "x_px": [5.0], "y_px": [5.0]}


@pytest.mark.parametrize(("call", "argument"), WRONG.values(), ids=WRONG)
def test_a_wrong_argument_is_refused_by_name(call, argument):
    with pytest.raises(ga.ArgumentError) as found:
        call()
    assert argument in found.value.argument
    assert argument in found.value.message
    assert isinstance(found.value, ValueError)
    assert isinstance(found.value, GazeAppError)


def test_an_unknown_algorithm_and_option_list_what_there_is():
    with pytest.raises(SettingsError, match="adaptive"):
        detect(algorithm="magic")
    with pytest.raises(SettingsError, match="threshold_deg_s"):
        detect(threshold=3)


def test_unknown_names_list_those_that_exist():
    with pytest.raises(AttributeError, match="saliency_map"):
        ga.saliencymap  # noqa: B018
    assert "detect" in dir(ga)
