"""The hand-labelled samples of Andersson et al. (2017), and scores against their two coders.

Imports NumPy, SciPy and gazeapp.gaze only, so that it runs in the peers' environment as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.io import loadmat

from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import GazeSamples

KINDS = ("img", "dots", "video")
CODERS = ("RA", "MN")
FIXATION, SACCADE, PSO, PURSUIT, BLINK, UNDEFINED = range(1, 7)
RATE_HZ = 500.0


@dataclass(frozen=True)
class Recording:
    """One trial of one person: gaze, and each coder's label per sample."""

    name: str
    kind: str
    half: str
    """"tune" or "report": every other file of a kind in the order of names."""
    samples: GazeSamples
    display: Display
    labels: dict[str, np.ndarray]

    def truth(self, coder, pursuit_counts):
        """(N,) which samples a coder calls fixation; with `pursuit_counts` pursuit is fixation too."""
        labels = self.labels[coder]
        return (labels == FIXATION) | (pursuit_counts & (labels == PURSUIT))


def load(root: Path) -> list[Recording]:
    """All recordings under `lund2013/`."""
    recordings = []
    for kind in KINDS:
        for number, path in enumerate(sorted((root / kind).glob("*_RA.mat"))):
            data = {coder: _read(path.with_name(path.name.replace("_RA", f"_{coder}"))) for coder in CODERS}
            n = min(len(one.pos) for one in data.values())  # the coders' files differ by a row here and there
            first = data["RA"]
            place = np.array(first.pos[:n, 3:5], dtype=float)
            place[(place == 0).all(axis=1)] = np.nan
            height_mm = float(first.screenDim[1]) * 1000
            recordings.append(
                Recording(
                    name=path.name.removesuffix("_labelled_RA.mat"),
                    kind=kind,
                    half=("tune", "report")[number % 2],
                    # stamps are missing or broken in some files; the rate is not
                    samples=GazeSamples.build(np.arange(n) / RATE_HZ, eyes="cyclopean", left_px=place),
                    display=Display(
                        width_px=int(first.screenRes[0]),
                        height_px=int(first.screenRes[1]),
                        width_mm=float(first.screenDim[0]) * 1000,
                        height_mm=height_mm,
                        distance_mm=float(first.viewDist) * 1000,
                    ),
                    labels={coder: one.pos[:n, 5].astype(int) for coder, one in data.items()},
                )
            )
    return recordings


def _read(path):
    return loadmat(path, squeeze_me=True, struct_as_record=False)["ETdata"]


def mark(recording, fixations):
    """(N,) which samples lie in one of the (onset_s, end_s) pairs, ends included."""
    time_s = recording.samples.time_s
    marked = np.zeros(len(time_s), dtype=bool)
    for onset_s, end_s in fixations:
        first, stop = np.searchsorted(time_s, [onset_s - 1e-6, end_s + 1e-6])
        marked[first:stop] = True
    return marked


def kappa(a, b):
    """Cohen's kappa of two (N,) boolean labellings; NaN when both are constant and equal."""
    agreement = np.mean(a == b)
    chance = np.mean(a) * np.mean(b) + np.mean(~a) * np.mean(~b)
    return float((agreement - chance) / (1 - chance)) if chance < 1 else float("nan")


def runs(marked):
    """(onset row, row after the last) of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marked.astype(int), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def event_f1(found, truth, least_overlap=0.5):
    """F1 of events, matched one to one where intersection over union exceeds `least_overlap`."""
    matched = 0
    for first, stop in truth:
        for begin, end in found:
            together = min(stop, end) - max(first, begin)
            if together > least_overlap * (max(stop, end) - min(first, begin)):
                matched += 1  # above one half, no event can match twice
                break
    return 2 * matched / (len(found) + len(truth)) if found or truth else float("nan")


def event_rows(recording, fixations):
    """Fixations as (first row, row after the last); touching fixations stay apart."""
    time_s = recording.samples.time_s
    return [tuple(np.searchsorted(time_s, [onset - 1e-6, end + 1e-6]).tolist()) for onset, end in fixations]
