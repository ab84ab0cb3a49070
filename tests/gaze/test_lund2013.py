"""The adaptive detector beside the human coders of Lund 2013 and beside other packages.

The others' scores are golden values, made by tests/benchmarks/peers/compare_detectors.py. All scores are of the files
that were not used for tuning.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from gazeapp.gaze.detection.registry import detect_fixations
from tests.benchmarks.peers.lund2013 import CODERS, kappa, load, mark

pytestmark = pytest.mark.slow

PEERS = json.loads((Path(__file__).parents[1] / "golden" / "lund2013_peers.json").read_text())


@pytest.fixture(scope="module")
def recordings(shared_data):
    return load(shared_data / "lund2013")


def our_kappa(recordings, kind, pursuit_counts, algorithm="adaptive", **options):
    """Mean over both coders of kappa over all samples of the report half."""
    chosen = [r for r in recordings if r.kind == kind and r.half == "report"]
    marked = np.concatenate(
        [
            mark(r, [(f.onset_s, f.end_s) for f in detect_fixations(r.samples, r.display, algorithm, **options)])
            for r in chosen
        ]
    )
    return np.mean([kappa(marked, np.concatenate([r.truth(c, pursuit_counts) for r in chosen])) for c in CODERS])


def peer_kappa(kind, pursuit_counts, *, human=False):
    rows = [
        row
        for row in PEERS
        if row["half"] == "report"
        and row["kind"] == kind
        and row["pursuit_counts"] == pursuit_counts
        and (row["detector"] == "second human") == human
    ]
    return max(np.mean([row[f"kappa_{coder}"] for coder in CODERS]) for row in rows)


@pytest.mark.parametrize(
    ("kind", "pursuit"),
    [("img", "fixation"), ("img", "exclude"), ("dots", "exclude"), ("video", "exclude")],
)
def test_fixations_agree_with_human_coders_better_than_any_peers(recordings, kind, pursuit):
    assert our_kappa(recordings, kind, False, pursuit=pursuit) > peer_kappa(kind, False) + 0.02


@pytest.mark.parametrize("kind", ["img", "video"])
def test_fixations_with_pursuit_agree_better_than_any_peers(recordings, kind):
    assert our_kappa(recordings, kind, True) > peer_kappa(kind, True) + 0.02


def test_on_moving_dots_with_pursuit_the_best_peer_is_close(recordings):
    assert our_kappa(recordings, "dots", True) > peer_kappa("dots", True) - 0.02


def test_on_images_little_is_missing_to_the_second_human(recordings):
    assert our_kappa(recordings, "img", True) > peer_kappa("img", True, human=True) - 0.04
    without = our_kappa(recordings, "img", False, pursuit="exclude")
    assert without > peer_kappa("img", False, human=True) - 0.03


def test_ivt_and_i2mc_are_at_least_as_good_as_their_peers(recordings):
    assert our_kappa(recordings, "img", True, "ivt") > 0.78
    rows = [row for row in PEERS if row["detector"] == "I2MC" and row["half"] == "report" and row["kind"] == "img"]
    (peer,) = [np.mean([row["kappa_RA"], row["kappa_MN"]]) for row in rows if row["pursuit_counts"]]
    assert our_kappa(recordings, "img", True, "i2mc") > peer - 0.02
