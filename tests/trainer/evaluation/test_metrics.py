"""The batched metrics equal those of one map, on random maps, on edge cases and in their refusals."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gazeapp.saliency import metrics
from trainer.evaluation.metrics import FixationBatch, evaluate_maps, pack_fixations

_STORED = np.load(Path(__file__).parents[2] / "golden" / "pysaliency_metrics.npz")
_NAMES = sorted({key.split("/")[0] for key in _STORED.files})
_BOUND = {torch.float64: 1e-6, torch.float32: 1e-4}
_DTYPES = pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["double", "single"])


def batched(prediction, truth, fixations, others, baseline, dtype):
    size_wh = prediction.shape[2], prediction.shape[1]
    found = evaluate_maps(
        torch.from_numpy(prediction).to(dtype),
        truth_BHW=torch.from_numpy(truth).to(dtype),
        fixations=pack_fixations(fixations, size_wh),
        other_fixations=pack_fixations(others, size_wh, argument="other_fixations_px"),
        baseline_BHW=torch.from_numpy(baseline).to(dtype),
    )
    assert list(found) == list(metrics.METRICS)
    assert all(scores.dtype == torch.float64 for scores in found.values())
    return {name: scores.numpy() for name, scores in found.items()}


def one_by_one(prediction, truth, fixations, others, baseline, dtype):
    """The definition, on the values that the type holds."""
    held = [torch.from_numpy(maps).to(dtype).double().numpy() for maps in (prediction, truth, baseline)]
    rows = [
        metrics.evaluate_map(p, truth=q, fixations_px=own, other_fixations_px=other, baseline=b)
        for p, q, b, own, other in zip(*held, fixations, others, strict=True)
    ]
    return {name: np.array([row[name] for row in rows]) for name in metrics.METRICS}


def make_map(kind, random, shape):
    noise = random.random(shape)
    spot = np.zeros(shape)
    spot[random.integers(shape[0]), random.integers(shape[1])] = 1.0
    return {
        "noise": noise,
        "blob": np.exp(-8 * np.hypot(*(np.indices(shape) - np.array(shape)[:, None, None] / 2)) / shape[1]),
        "ties": np.floor(noise * 3) + spot,
        "spot": spot,
        "constant": np.full(shape, 0.25),
        "tiny": noise * 1e-12,
        "huge": noise * 1e12,
        "lifted": noise + 100.0,
        "steep": np.exp(-40 * noise),
    }[kind]


KINDS = ("noise", "blob", "ties", "spot", "constant", "tiny", "huge", "lifted", "steep")


@st.composite
def batches(draw):
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = draw(st.sampled_from([(3, 4), (12, 16), (21, 27)]))
    n_maps = draw(st.integers(1, 5))

    def look(most):
        points = random.random((draw(st.integers(1, most)), 2)) * shape[::-1]
        return np.repeat(points, draw(st.integers(1, 2)), axis=0)

    def maps(kinds):
        return np.stack([make_map(draw(st.sampled_from(kinds)), random, shape) for _ in range(n_maps)])

    prediction = maps(KINDS)
    if draw(st.booleans()):
        prediction[0] -= prediction[0].mean() - 1e-3 * prediction[0].max()
    return (
        prediction,
        maps(KINDS),
        [look(8 if shape == (3, 4) else 40) for _ in range(n_maps)],
        [look(60) for _ in range(n_maps)],
        maps(("noise", "blob", "tiny", "lifted")) + 1e-9,
    )


@_DTYPES
@settings(max_examples=120, deadline=None)
@given(batch=batches())
def test_batch_equals_one_map_at_a_time(batch, dtype):
    prediction, _, fixations, *_ = batch
    fixated = [np.unique(np.floor(points), axis=0) for points in fixations]
    if any(len(pixels) == prediction[0].size for pixels in fixated):
        return
    ours, defined = batched(*batch, dtype), one_by_one(*batch, dtype)
    for name in metrics.METRICS:
        np.testing.assert_allclose(ours[name], defined[name], atol=_BOUND[dtype], rtol=_BOUND[dtype])


@pytest.mark.parametrize("metric", metrics.METRICS)
def test_batch_equals_pysaliency(metric):
    # in double precision: single precision cannot hold the tails of some of these maps, which become ties
    names = [n for n in _NAMES if n not in ("zero_prediction", "negative_prediction")]
    prediction, truth = (np.stack([_STORED[f"{n}/{k}"] for n in names]) for k in ("prediction", "truth"))
    fixations, others = ([_STORED[f"{n}/{k}"] for n in names] for k in ("fixations", "others"))
    if metric == "ig":  # as tests/benchmarks/peers/pysaliency_values.py makes densities of the maps
        prediction = prediction + 1e-6 * np.maximum(1.0, prediction.max(axis=(1, 2), keepdims=True))
    found = batched(prediction, truth, fixations, others, truth + 1e-6, torch.float64)[metric]
    for name, value in zip(names, found, strict=True):
        stored = dict(zip(_STORED[f"{name}/metrics"], _STORED[f"{name}/values"], strict=True))[metric]
        if np.isnan(stored):  # 0 / 0 there; a constant map correlates with nothing
            stored = 0.0
        assert value == pytest.approx(stored, abs=1e-6)


def some_maps(**changes):
    maps = {
        "prediction": torch.rand(3, 6, 8),
        "truth": torch.rand(3, 6, 8),
        "baseline": torch.rand(3, 6, 8) + 0.1,
    }
    for name, change in changes.items():
        change(maps[name])
    return maps


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"prediction": lambda m: m[1].fill_(torch.nan)}, r"prediction\[1\] holds NaN"),
        ({"truth": lambda m: m[2, 0, 0].fill_(torch.inf)}, r"truth\[2\] holds NaN or infinite"),
        ({"truth": lambda m: m[0].sub_(5)}, r"truth\[0\] holds negative"),
        ({"truth": lambda m: m[1].zero_()}, r"truth\[1\] has no mass"),
        ({"prediction": lambda m: m[2].fill_(-1)}, r"prediction\[2\] has no mass"),
        ({"baseline": lambda m: m[0, 3, 4].zero_()}, r"baseline\[0\] gives no mass"),
    ],
    ids=["nan", "infinite", "negative", "no_mass", "nothing_positive", "empty_baseline"],
)
def test_unusable_map_is_refused_by_name_and_number(changes, message):
    maps = some_maps(**changes)
    looked = pack_fixations([np.array([[4.5, 3.5]])] * 3, (8, 6))
    with pytest.raises(ValueError, match=message):
        evaluate_maps(
            maps["prediction"],
            truth_BHW=maps["truth"],
            fixations=looked,
            baseline_BHW=maps["baseline"],
        )


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([np.ones((1, 2)), np.empty((0, 2))], r"fixations_px\[1\] is empty"),
        ([np.array([[8.0, 1.0]])], r"fixations_px\[0\] holds 1 of 1 points beside the 8×6 map"),
        ([np.array([[np.nan, 1.0]])], r"fixations_px\[0\] holds NaN"),
        ([np.ones((2, 3))], r"fixations_px\[0\] must be \(N, 2\)"),
    ],
    ids=["none", "beside", "nan", "shape"],
)
def test_unusable_fixations_are_refused_by_number(points, message):
    with pytest.raises(ValueError, match=message):
        pack_fixations(points, (8, 6))


def test_judd_needs_an_unfixated_pixel():
    every = np.argwhere(np.ones((8, 6))).astype(float)
    with pytest.raises(ValueError, match=r"fixations_px\[0\] covers every pixel"):
        evaluate_maps(torch.rand(1, 6, 8), fixations=pack_fixations([every], (8, 6)))


def test_fixations_of_other_maps_are_refused():
    looked = pack_fixations([np.ones((1, 2))] * 2, (8, 6))
    assert isinstance(looked, FixationBatch)
    with pytest.raises(ValueError, match=r"belongs to 2 maps of 8×6"):
        evaluate_maps(torch.rand(3, 6, 8), fixations=looked)
    with pytest.raises(ValueError, match=r"truth has shape \(3, 6, 7\)"):
        evaluate_maps(torch.rand(3, 6, 8), truth_BHW=torch.rand(3, 6, 7))


def test_only_what_is_asked_for_is_computed():
    prediction = torch.rand(2, 6, 8) - 0.5
    found = evaluate_maps(prediction, truth_BHW=torch.rand(2, 6, 8) - 0.5, metrics=["cc", "nss"])
    assert list(found) == ["cc"]
    with pytest.raises(ValueError, match="metrics holds 'mse'"):
        evaluate_maps(prediction, metrics=["mse"])


def test_no_gain_where_the_prediction_is_zero():
    prediction = torch.zeros(1, 6, 8)
    prediction[0, 0, 0] = 1
    looked = pack_fixations([np.array([[0.0, 0.0], [5.0, 5.0]])], (8, 6))
    found = evaluate_maps(prediction, fixations=looked, baseline_BHW=torch.ones(1, 6, 8), metrics=["ig"])
    assert found["ig"].item() == -np.inf
