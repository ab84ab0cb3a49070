"""Metrics: what each means, and one rule for what has no answer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gazeapp.saliency import metrics
from gazeapp.saliency.maps import fixation_density, uniform

SHAPE = (6, 8)
maps = arrays(np.float64, SHAPE, elements=st.integers(0, 50).map(float))
fixations = st.lists(st.tuples(st.floats(0, 7.99), st.floats(0, 5.99)), min_size=1, max_size=40).map(np.array)


def has_two_values(values):
    return values.min() < values.max()


@given(maps.filter(has_two_values))
def test_map_agrees_perfectly_with_itself(values):
    assert metrics.cc(values, values) == pytest.approx(1)
    assert metrics.sim(values, values) == pytest.approx(1)
    assert metrics.kld(values, values) == pytest.approx(0, abs=1e-9)


@given(maps.filter(has_two_values), maps.filter(has_two_values), st.floats(0.1, 100))
def test_scale_of_a_prediction_changes_nothing(p, q, factor):
    assert metrics.cc(p * factor, q) == pytest.approx(metrics.cc(p, q), abs=1e-9)
    assert metrics.sim(p * factor, q) == pytest.approx(metrics.sim(p, q))
    assert metrics.kld(p * factor, q) == pytest.approx(metrics.kld(p, q), abs=1e-6)


@pytest.mark.parametrize("factor", [1e-180, 1e-40, 1e40, 1e180])
@pytest.mark.parametrize("level", [0.0, -0.5], ids=["density", "cancels"])
def test_squares_that_no_float_holds_change_nothing(factor, level):
    p = np.array([[0.1, 0.9, 0.35, 0.65], [0.5, 0.5, 0.2, 0.8]]) + level
    given = dict(
        truth=np.array([[1.0, 2, 0, 4], [3, 0, 1, 1]]), fixations_px=[(1, 0), (3, 1)], baseline=np.ones((2, 4))
    )
    expected = metrics.evaluate_map(p, **given)
    assert metrics.evaluate_map(p * factor, **given) == pytest.approx(expected)
    assert metrics.evaluate_map(p * factor, metrics=["sim", "nss"], **given) == pytest.approx(
        {name: expected[name] for name in ("sim", "nss")}
    )


@given(maps, fixations)
def test_auc_depends_on_order_alone(values, points):
    area = metrics.auc(values, points)
    assert 0 <= area <= 1
    assert metrics.auc(np.exp(values / 10), points) == pytest.approx(area)
    assert metrics.auc(-values, points) == pytest.approx(1 - area)


@given(maps, fixations)
def test_auc_is_the_share_of_pairs_in_the_right_order(values, points):
    at = values[np.floor(points[:, 1]).astype(int), np.floor(points[:, 0]).astype(int)]
    right = np.sign(at[:, None] - values.ravel()[None, :]).mean() / 2 + 0.5
    assert metrics.auc(values, points) == pytest.approx(right)


@given(maps.filter(has_two_values), fixations)
def test_nss_of_every_pixel_once_is_zero(values, points):
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    assert metrics.nss(values, np.stack([x.ravel(), y.ravel()], 1)) == pytest.approx(0, abs=1e-9)
    assert metrics.nss(values + 5, points) == pytest.approx(metrics.nss(values, points), abs=1e-9)


@given(maps, fixations)
def test_shuffled_auc_against_the_same_places_is_one_half(values, points):
    assert metrics.sauc(values, points, points) == pytest.approx(0.5)


@given(maps, fixations)
def test_information_gain_over_itself_is_zero_and_changes_sign(values, points):
    density = values + 1
    assert metrics.ig(density, points, density) == pytest.approx(0)
    gain = metrics.ig(density, points, uniform((8, 6)))
    assert metrics.ig(uniform((8, 6)), points, density) == pytest.approx(-gain)


def test_information_gain_is_in_bit():
    doubled = np.ones(SHAPE)
    doubled[:, :4] = 0.0
    assert metrics.ig(doubled, [(6, 3)], uniform((8, 6))) == pytest.approx(1.0, abs=1e-6)
    assert metrics.ig(doubled, [(2, 3)], uniform((8, 6))) == -np.inf


def test_auc_judd_is_inflated_for_few_fixations():
    prediction = fixation_density([(6, 4)], (8, 6), 2.0)
    assert metrics.auc_judd(prediction, [(5, 4)]) > metrics.auc(prediction, [(5, 4)])


def test_fixation_is_read_at_its_floor():
    prediction = np.zeros(SHAPE)
    prediction[4, 7] = 1
    assert metrics.auc(prediction, [(7.0, 4.99)]) > 0.98
    assert metrics.auc(prediction, [(6.99, 4.0)]) < 0.5


@pytest.mark.parametrize("value", [0.0, 0.1, -3.0, 1e-300], ids=str)
def test_constant_prediction_scores_chance(value):
    constant, truth, points = np.full(SHAPE, value), np.arange(48.0).reshape(SHAPE), [(1, 1)]
    assert metrics.cc(constant, truth) == 0
    assert metrics.cc(truth, constant) == 0
    assert metrics.nss(constant, points) == 0
    assert metrics.auc(constant, points) == 0.5
    assert metrics.auc_judd(constant, points) == 0.5
    assert metrics.sauc(constant, points, [(2, 2), (3, 3)]) == 0.5


def call(metric, **changed):
    given_ = {
        "prediction": np.arange(48.0).reshape(SHAPE) + 1,
        "truth": np.ones(SHAPE),
        "baseline": np.ones(SHAPE),
        "fixations_px": [(1.0, 1.0)],
        "other_fixations_px": [(3.0, 3.0)],
    } | changed
    names = {
        "cc": ("prediction", "truth"),
        "sim": ("prediction", "truth"),
        "kld": ("prediction", "truth"),
        "sauc": ("prediction", "fixations_px", "other_fixations_px"),
        "ig": ("prediction", "fixations_px", "baseline"),
    }.get(metric, ("prediction", "fixations_px"))
    return names, lambda: getattr(metrics, metric)(**{name: given_[name] for name in names})


BAD_MAPS = {
    "nan": np.full(SHAPE, np.nan),
    "infinite": np.full(SHAPE, np.inf),
    "one-dimensional": np.ones(5),
    "empty": np.ones((0, 3)),
}
BAD_POINTS = {
    "none": [],
    "nan": [(np.nan, 1.0)],
    "beside": [(12.0, 1.0)],
    "negative": [(1.0, -0.5)],
    "shape": [1.0, 2.0, 3.0],
}


@pytest.mark.parametrize("metric", metrics.METRICS)
@pytest.mark.parametrize("bad", BAD_MAPS)
def test_wrong_map_is_refused_by_name(metric, bad):
    names, _ = call(metric)
    for argument in set(names) & {"prediction", "truth", "baseline"}:
        _, compute = call(metric, **{argument: BAD_MAPS[bad]})
        with pytest.raises(ValueError, match=argument):
            compute()


@pytest.mark.parametrize("metric", ["nss", "auc", "auc_judd", "sauc", "ig"])
@pytest.mark.parametrize("bad", BAD_POINTS)
def test_wrong_fixations_are_refused_by_name(metric, bad):
    names, _ = call(metric)
    for argument in set(names) & {"fixations_px", "other_fixations_px"}:
        _, compute = call(metric, **{argument: BAD_POINTS[bad]})
        with pytest.raises(ValueError, match=argument):
            compute()


@pytest.mark.parametrize("metric", ["cc", "sim", "kld", "ig"])
def test_maps_of_different_shapes_are_refused(metric):
    second = "baseline" if metric == "ig" else "truth"
    _, compute = call(metric, **{second: np.ones((8, 6))})
    with pytest.raises(ValueError, match=second):
        compute()


@pytest.mark.parametrize("metric", ["sim", "kld", "ig"])
def test_negative_mass_is_refused_where_a_density_is_needed(metric):
    _, compute = call(metric, prediction=np.linspace(-1, 1, 48).reshape(SHAPE))
    with pytest.raises(ValueError, match="prediction holds negative"):
        compute()


def test_baseline_without_mass_at_a_fixation_is_refused():
    baseline = np.ones(SHAPE)
    baseline[1, 1] = 0
    _, compute = call("ig", baseline=baseline)
    with pytest.raises(ValueError, match="baseline"):
        compute()


def test_auc_judd_needs_one_unfixated_pixel():
    with pytest.raises(ValueError, match="fixations_px"):
        metrics.auc_judd([[1.0, 2.0]], [(0, 0), (1, 0)])


def test_evaluate_map_returns_what_its_input_allows():
    random = np.random.default_rng(0)
    prediction, truth = random.random(SHAPE), random.random(SHAPE)
    assert set(metrics.evaluate_map(prediction, truth=truth)) == {"cc", "sim", "kld"}
    assert set(metrics.evaluate_map(prediction, fixations_px=[(1, 1)])) == {
        "nss",
        "auc",
        "auc_judd",
    }
    every = metrics.evaluate_map(
        prediction,
        truth=truth,
        fixations_px=[(1, 1)],
        other_fixations_px=[(4, 4)],
        baseline=truth + 1,
    )
    assert tuple(sorted(every)) == tuple(sorted(metrics.METRICS))


def test_evaluate_map_clips_what_needs_a_density():
    prediction = np.linspace(-1, 1, 48).reshape(SHAPE)
    scores = metrics.evaluate_map(prediction, truth=np.ones(SHAPE))
    assert scores["sim"] == metrics.sim(np.maximum(prediction, 0), np.ones(SHAPE))
    assert scores["cc"] == metrics.cc(prediction, np.ones(SHAPE))


def test_evaluate_map_refuses_an_unknown_metric():
    with pytest.raises(ValueError, match="'emd'"):
        metrics.evaluate_map(np.ones(SHAPE), truth=np.ones(SHAPE), metrics=["emd"])
