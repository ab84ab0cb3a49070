"""Where our adaptive detector and the human coders of Lund 2013 differ: by label, by border, by trial; pursuit counts.

Run with the Python of the peers' environment for REMoDNaV beside it, or with the project's for ours alone:
    PYTHONPATH=. python tests/benchmarks/peers/detector_errors.py DATA/lund2013 [--half tune]
Onsets and offsets are those of saccades, with the oscillation that follows, as (ours - coder's).
"""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

import numpy as np

from gazeapp.gaze.detection.registry import detect_fixations
from tests.benchmarks.peers.lund2013 import BLINK, CODERS, KINDS, RATE_HZ, event_f1, event_rows, load, mark, runs
from tests.benchmarks.peers.peer_detectors import remodnav_merged

LABELS = {1: "fixation", 2: "saccade", 3: "oscillation", 4: "pursuit", 5: "blink", 6: "undefined"}


def ours(samples, display):
    return [(f.onset_s, f.end_s) for f in detect_fixations(samples, display, "adaptive")]


def by_label(recordings, found, coder):
    """Label → (samples wrong, samples)."""
    wrong = np.concatenate([mark(r, found[r.name]) != r.truth(coder, True) for r in recordings])
    labels = np.concatenate([r.labels[coder] for r in recordings])
    return {
        name: (int(wrong[labels == label].sum()), int((labels == label).sum()))
        for label, name in LABELS.items()
        if (labels == label).any()
    }


def borders(pairs):
    """How far saccades' onsets and offsets lie apart, ms; how many are missed and made up.

    Args:
        pairs: For each recording (rows one calls fixation, rows the other calls fixation, rows of blinks).
    """
    onsets, offsets, n_missed, n_extra = [], [], 0, 0
    for marked, truth, blink in pairs:
        gaps, used = runs(~marked), set()
        for first, stop in runs(~truth):
            hits = [gap for gap in gaps if gap[0] < stop and gap[1] > first]
            used.update(hits)
            if blink[first:stop].any():
                continue
            n_missed += not hits
            if hits:
                onsets.append(hits[0][0] - first)
                offsets.append(hits[-1][1] - stop)
        n_extra += len(set(gaps) - used)
    ms = 1e3 / RATE_HZ
    return {
        "n": len(onsets),
        "onset": ms * np.abs(onsets).mean(),
        "offset": ms * np.abs(offsets).mean(),
        "mean onset": ms * np.mean(onsets),
        "mean offset": ms * np.mean(offsets),
        "missed": n_missed,
        "made up": n_extra,
    }


def counts(recordings, found):
    """(trials, coders, 6): samples that both call fixation, only ours, only the coder, neither; event F1; one."""
    rows = []
    for r in recordings:
        marked, events = mark(r, found[r.name]), event_rows(r, found[r.name])
        truths = [r.truth(coder, True) for coder in CODERS]
        rows.append(
            [
                [
                    (marked & t).sum(),
                    (marked & ~t).sum(),
                    (~marked & t).sum(),
                    (~marked & ~t).sum(),
                    event_f1(events, runs(t)),
                    1,
                ]
                for t in truths
            ]
        )
    return np.array(rows, dtype=float)


def scores(total):
    """(..., coders, 6) sums of counts → (..., 2): kappa over all samples and event F1 per trial, means over coders."""
    both, ours_only, coders_only, neither, f1, n = np.moveaxis(total, -1, 0)
    samples = both + ours_only + coders_only + neither
    mine, theirs = (both + ours_only) / samples, (both + coders_only) / samples
    chance = mine * theirs + (1 - mine) * (1 - theirs)
    kappas = ((both + neither) / samples - chance) / (1 - chance)
    return np.stack([kappas.mean(-1), (f1 / n).mean(-1)], axis=-1)


def show_errors(recordings, found):
    blinks = [np.any([r.labels[c] == BLINK for c in CODERS], axis=0) for r in recordings]
    for coder in CODERS:
        shares = by_label(recordings, found, coder).items()
        print(f"  {coder} wrong: " + ", ".join(f"{name} {k}/{n}" for name, (k, n) in shares))
    coders = {coder: [r.truth(coder, True) for r in recordings] for coder in CODERS}
    marked = [mark(r, found[r.name]) for r in recordings]
    for name, one, other in (
        ("ours to RA", marked, coders["RA"]),
        ("ours to MN", marked, coders["MN"]),
        ("RA to MN", coders["RA"], coders["MN"]),
    ):
        row = borders(zip(one, other, blinks, strict=True))
        print(f"  {name:10} " + ", ".join(f"{key} {value:.3g}" for key, value in row.items()))


def show_trials(recordings, found, peer):
    """Each trial beside the peer's, and how the difference hangs on single trials."""
    mine, theirs = counts(recordings, found), counts(recordings, peer)
    for r, a, b in zip(recordings, scores(mine), scores(theirs), strict=True):
        n = [len(runs(r.truth(c, True))) for c in CODERS]
        print(
            f"  {r.half:6} {r.name:26} ours {a[0]:.3f} {a[1]:.2f} REMoDNaV joined {b[0]:.3f} {b[1]:.2f}  events {n}, "
            f"ours {len(found[r.name])}, peer's {len(peer[r.name])}"
        )
    for half in ("report", "both"):
        chosen = np.array([half in (r.half, "both") for r in recordings])
        a, b = mine[chosen], theirs[chosen]
        draws = np.random.default_rng(0).integers(0, len(a), (10_000, len(a)))
        again = scores(a[draws].sum(axis=1)) - scores(b[draws].sum(axis=1))
        low, high = np.quantile(again, [0.025, 0.975], axis=0)
        mean = scores(a.sum(axis=0)) - scores(b.sum(axis=0))
        print(
            f"  {half}: ours - peer's, 95 % of 10000 draws of trials: "
            + "; ".join(
                f"{name} {mean[i]:+.3f} ({low[i]:+.3f} to {high[i]:+.3f})" for i, name in enumerate(("kappa", "F1"))
            )
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("--half", choices=("tune", "report"), default="tune")
    arguments = parser.parse_args()
    recordings = load(arguments.root)
    found = {r.name: ours(r.samples, r.display) for r in recordings}
    for kind in KINDS:
        chosen = [r for r in recordings if r.kind == kind]
        print(f"{kind}, {arguments.half} half")
        show_errors([r for r in chosen if r.half == arguments.half], found)
        if importlib.util.find_spec("remodnav"):
            peer = {r.name: remodnav_merged(r.samples, r.display) for r in chosen}
            show_trials(chosen, found, peer)


if __name__ == "__main__":
    main()
