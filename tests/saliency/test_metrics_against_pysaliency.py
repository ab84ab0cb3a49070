"""Every metric equals pysaliency 0.2.22; tests/benchmarks/peers/pysaliency_values.py wrote the file with its values."""

from pathlib import Path

import numpy as np
import pytest

from gazeapp.saliency import metrics

_STORED = np.load(Path(__file__).parents[1] / "golden" / "pysaliency_metrics.npz")
CASES = sorted({key.split("/")[0] for key in _STORED.files})

OURS_STANDS = {
    # pysaliency divides 0 by 0 here; a constant map correlates with nothing
    ("constant_truth", "cc"): 0.0,
    ("both_constant", "cc"): 0.0,
}
REFUSED = {
    # pysaliency replaces a map without mass by the uniform one; that would score a broken prediction
    ("zero_prediction", "sim"): "prediction has no mass",
    ("zero_prediction", "kld"): "prediction has no mass",
    # pysaliency lifts a map with negative values until its minimum is 0, which invents mass everywhere
    ("negative_prediction", "sim"): "prediction holds negative",
    ("negative_prediction", "kld"): "prediction holds negative",
}


def ours(case, metric):
    prediction, truth, fixations, others = (
        _STORED[f"{case}/{key}"] for key in ("prediction", "truth", "fixations", "others")
    )
    if metric in ("cc", "sim", "kld"):
        return getattr(metrics, metric)(prediction, truth)
    if metric == "sauc":
        return metrics.sauc(prediction, fixations, others)
    if metric == "ig":
        density = np.maximum(prediction, 0) + 1e-6 * max(1.0, prediction.max())
        return metrics.ig(density, fixations, truth + 1e-6)
    return getattr(metrics, metric)(prediction, fixations)


@pytest.mark.parametrize("metric", metrics.METRICS)
@pytest.mark.parametrize("case", CASES)
def test_metric_equals_pysaliency(case, metric):
    stored = dict(zip(_STORED[f"{case}/metrics"], _STORED[f"{case}/values"], strict=True))
    if reason := REFUSED.get((case, metric)):
        with pytest.raises(ValueError, match=reason):
            ours(case, metric)
    elif (case, metric) in OURS_STANDS:
        assert np.isnan(stored[metric])
        assert ours(case, metric) == OURS_STANDS[case, metric]
    else:
        assert ours(case, metric) == pytest.approx(stored[metric], abs=1e-6)
