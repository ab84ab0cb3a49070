"""Whatever is given for an argument: an answer, or an error of ours that names it. Never one of NumPy or torch."""

from __future__ import annotations

import inspect
import warnings
from pathlib import Path

import numpy as np
import pytest

import gazeapp.api as ga
from gazeapp.errors import GazeAppError

pandas = pytest.importorskip("pandas")
pyplot = pytest.importorskip("matplotlib.pyplot")
pyplot.switch_backend("agg")

SCREEN = (1920, 1080, 531, 299, 650)
N = 60
TIME_S = np.arange(N) / 250
X, Y = np.full(N, 500.0), np.full(N, 400.0)
IMAGE = np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8)
DENSITY = np.full((24, 32), 1 / 768)
TABLE = {"onset_s": [0.1, 0.4], "duration_s": [0.2, 0.2], "x_px": [5.0, 20.0], "y_px": [5.0, 9.0]}
TARGETS = {"target_id": ["a"], "onset_s": [0.0], "duration_s": [0.2], "x_px": [500.0], "y_px": [400.0]}
PERSON = ga.UserEmbedding(
    vector=(1.0, 0.0), n_pairs=1, spread=0.1, model_name="another", model_sha256="0" * 64, sigma_deg=1.0
)
MAPS = ga.Maps(DENSITY, DENSITY, DENSITY * 0)
QUALITY = ga.quality(TIME_S, X, Y, TARGETS, display=SCREEN)

CALLS = {
    ga.detect: {"time_s": TIME_S, "x": X, "y": Y, "display": SCREEN, "unit": "px", "algorithm": "ivt"},
    ga.quality: {
        "time_s": TIME_S,
        "x": X,
        "y": Y,
        "targets": TARGETS,
        "display": SCREEN,
        "unit": "px",
        "limits": {"max_loss": 0.2},
        "rate_hz": 250.0,
    },
    ga.saliency_map: {"fixations": TABLE, "size_wh": (32, 24), "sigma_px": 2.0, "weights": "duration"},
    ga.metrics: {
        "prediction": DENSITY,
        "truth": DENSITY,
        "fixations": TABLE,
        "other_fixations": [(3, 3)],
        "baseline": DENSITY,
        "names": ["cc"],
    },
    ga.areas: {"fixations": TABLE, "areas": np.ones((24, 32), int), "size_wh": (32, 24), "shown_s": 0.0},
    ga.universal: {"image": IMAGE, "model": "centre-bias", "weights": None, "options": {}, "name": "a.png"},
    ga.predict: {"image": IMAGE, "person": PERSON, "universal": DENSITY, "weights": None},
    ga.enrol: {"pairs": [(IMAGE, TABLE)], "px_per_deg": 2.0, "weights": None},
    ga.recalibrate: {
        "pairs": [(IMAGE, TABLE)],
        "px_per_deg": 2.0,
        "model": "centre-bias",
        "weights": None,
        "up_to": "shift",
    },
    ga.plot.gaze: {"time_s": TIME_S, "x": X, "y": Y},
    ga.plot.scanpath: {"fixations": TABLE, "image": IMAGE, "display": None},
    ga.plot.saliency: {"density": DENSITY, "image": IMAGE, "title": "a"},
    ga.plot.maps: {"image": IMAGE, "found": MAPS},
    ga.plot.quality: {"report": QUALITY},
    ga.read_image: {"path": Path("photo.png")},
    ga.read_embedding: {"path": Path("embedding.json")},
    ga.read_samples: {"path": Path("gaze.csv"), "display": None, "options": None},
    ga.Study: {"path": Path("study")},
    ga.Session: {"path": Path("session")},
    ga.load_universal: {"model": "centre-bias", "weights": None, "options": None, "device": "cpu"},
    ga.write_embedding: {"embedding": PERSON, "path": Path("written.json")},
    ga.Area: {
        "name": "a",
        "shape": "box",
        "points_px": ((0, 0), (5, 5)),
        "turn_deg": 0.0,
        "mask": None,
        "color": "#aabbcc",
    },
}
STRANGE = {
    "None": None,
    "a truth value": True,
    "0": 0,
    "-1": -1,
    "a large number": 10**400,
    "NaN": float("nan"),
    "infinity": float("inf"),
    "a complex number": 1j,
    "text": "text",
    "no text": "",
    "bytes": b"\0bytes",
    "an empty list": [],
    "a ragged list": [[1, 2], [3]],
    "a list of text": ["a", "b"],
    "a list of None": [None, None],
    "a list of pairs": [(1, 2), (3, 4)],
    "an empty table": {"x_px": [], "y_px": [], "onset_s": [], "duration_s": [], "target_id": []},
    "a table of unequal columns": {"x_px": [1.0, 2.0], "y_px": [1.0], "onset_s": [0.0], "duration_s": [0.1]},
    "a table of text": {"x_px": ["a"], "y_px": ["b"], "onset_s": ["c"], "duration_s": ["d"], "target_id": ["e"]},
    "rows of which one lacks a column": [{"x_px": 1, "y_px": 2}, {"x_px": 1}],
    "an empty frame": pandas.DataFrame(),
    "a frame with missing cells": pandas.DataFrame(
        {"x_px": [1.0, None], "y_px": [1.0, 2.0], "duration_s": [1.0, None]}
    ),
    "whole numbers": np.arange(N),
    "an image of whole numbers": IMAGE.astype(int),
    "a map of NaN": np.full((24, 32), np.nan),
    "a map of 0": np.zeros((24, 32)),
    "a map below 0": -DENSITY,
    "no map": np.zeros((0, 32)),
    "four dimensions": np.zeros((2, 3, 4, 5)),
    "an array of objects": np.array([object(), object()], dtype=object),
    "complex values": np.full(N, 1j),
    "dates": np.arange(N).astype("datetime64[s]"),
    "durations": np.arange(N).astype("timedelta64[s]"),
    "a masked array": np.ma.masked_array(np.arange(float(N)), np.arange(N) % 2 == 0),
    "float16": np.full(N, 1e4, np.float16),
    "a function": len,
    "a class": dict,
    "a set": {1, 2},
    "a generator": None,  # made anew for each call
    "a path": Path("nowhere") / "at all",
    "a path with a null": "a\0b",
}


def name_of(function):
    return f"{function.__module__.rsplit('.', 1)[-1]}.{function.__name__}"


def call(function, arguments):
    """What is wrong with how a call ended; nothing where it gave an answer or an error of ours in one line."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        try:
            function(**arguments)
        except GazeAppError as error:
            is_told = error.message.strip() and "\n" not in error.message.strip()
            is_named = not isinstance(error, ga.ArgumentError) or error.argument in error.message
            return "" if is_told and is_named else f"{error!r}"
        except Exception as error:
            return "" if function is ga.Area and type(error) is ValueError else f"{error!r}"
        finally:
            pyplot.close("all")
    return ""


@pytest.mark.slow
@pytest.mark.parametrize("function", CALLS, ids=name_of)
def test_a_strange_argument_gets_an_answer_or_an_error_of_ours(function, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    wrong = {}
    for argument in CALLS[function]:
        for label, value in STRANGE.items():
            given = (i for i in range(3)) if label == "a generator" else value
            wrong[f"{argument} = {label}"] = call(function, CALLS[function] | {argument: given})
    assert not {label: said for label, said in wrong.items() if said}


def test_every_public_function_is_tried():
    tried = {function.__name__ for function in CALLS}
    functions = {name for name in ga.__all__ if inspect.isfunction(getattr(ga, name))}
    assert functions <= tried
    for function, arguments in CALLS.items():
        known = [p for p in inspect.signature(function).parameters.values() if p.kind != p.VAR_KEYWORD]
        assert {p.name for p in known} - {"ax"} == set(arguments), name_of(function)
