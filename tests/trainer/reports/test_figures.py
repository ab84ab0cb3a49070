"""Figures name everything they show once, and nothing lies on what it names."""

from __future__ import annotations

import numpy as np
import pytest

from trainer.reports.plots import identification_curve, score_curves, sweep_curves
from trainer.reports.plots_people import appearance
from trainer.reports.statistics import interval, interval_over_observers


def curve_document(protocol, models):
    summary = [
        {"model": model, "usm": "none", "m": m, "metric": metric, "mean": 0.5 + m / 10, "ci95": [0.4, None]}
        for model, m in models
        for metric in ("cc", "sim")
    ]
    return {"protocol": protocol, "dataset": "osie", "summary": summary, "rows": [], "meta": {}}


def test_no_two_of_a_hundred_people_look_alike():
    assert len({appearance(k) for k in range(100)}) == 100


def test_no_two_of_twelve_curves_look_alike():
    models = [(f"model {k}", m) for k in range(12) for m in (4, 8)]
    rows = [
        {"model": model, "m": m, "p_at_1": 0.9, "ci95": [0.8, 1.0], "n_observers": 4, "chance": 0.25}
        for model, m in models
    ]
    document = {"protocol": "identification", "dataset": "osie", "rows": rows}
    for figure in (identification_curve(document), score_curves(curve_document("open", models))):
        lines = [line for line in figure.axes[0].get_lines() if line.get_label().startswith("model")]
        assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == 12


def identification():
    rows = [
        {"model": name, "m": m, "p_at_1": 0.9, "ci95": [0.8, 1.0], "n_observers": 4, "chance": 0.25}
        for name in ("embedding", "spatial map alone, mean offset removed")
        for m in (4, 8)
    ]
    return identification_curve({"protocol": "identification", "dataset": "osie", "rows": rows})


@pytest.mark.parametrize(
    "figure",
    [identification(), score_curves(curve_document("open", [("ours", 4), ("ours", 8), ("ridge", 4), ("ridge", 8)]))],
    ids=["identification", "scores"],
)
def test_legend_lies_beside_the_panels_and_within_the_figure(figure):
    figure.draw_without_rendering()
    (legend,) = figure.legends
    box = legend.get_window_extent()
    for axis in figure.axes:
        assert not axis.get_legend()
        if axis.get_visible():
            assert axis.get_window_extent().x1 <= box.x0
    assert box.x1 <= figure.bbox.x1


@pytest.mark.parametrize(
    ("protocol", "models", "at"),
    [
        ("consistency", [("another observer, sigma 0.5 deg", 1), ("another observer, sigma 1 deg", 1)], [0.5, 1.0]),
        ("repeats", [("1 to 2 viewings", 1), ("2 to 3 viewings", 2), ("3 to 4 viewings", 3)], [1, 2, 3]),
    ],
)
def test_points_of_one_curve_are_drawn_as_one(protocol, models, at):
    figure = sweep_curves(curve_document(protocol, models))
    for axis in figure.axes:
        if axis.get_visible():
            (line,) = axis.get_lines()
            assert line.get_xdata().tolist() == at if hasattr(line.get_xdata(), "tolist") else line.get_xdata() == at


def test_one_observer_has_no_interval():
    assert interval_over_observers(np.array([0.5])) == [None, None]
    low, high = interval_over_observers(np.array([0.4, 0.6]))
    assert low < high
    assert np.isnan(interval(np.array([[0.5]]), 0)).all()
