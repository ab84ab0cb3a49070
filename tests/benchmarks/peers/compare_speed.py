"""Samples per second of every detector, beside the same method of other packages, in one run.

Run with the Python of the peers' environment (requirements.txt here) from the checkout:
    PYTHONPATH=. python tests/benchmarks/peers/compare_speed.py [--n 1000000]
Peers that are slow get a tenth of the samples. Times are processor times of one thread.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from gazeapp.gaze.detection.registry import ALGORITHMS, ONLINE_ALGORITHMS, detect_fixations, make_detector
from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import GazeSamples
from tests.benchmarks.peers import peer_detectors

DISPLAY = Display(width_px=1920, height_px=1080, width_mm=531, height_mm=299, distance_mm=650)
RATE_HZ = peer_detectors.RATE_HZ


def gaze(n, seed=0):
    """Fixations of about 300 ms at random places with noise and blinks."""
    random = np.random.default_rng(seed)
    time_s = np.arange(n) / RATE_HZ
    onsets_s = np.cumsum(random.gamma(4, 0.075, int(n / RATE_HZ * 4) + 4))
    places = random.uniform([200, 200], [1700, 880], (len(onsets_s) + 1, 2))[np.searchsorted(onsets_s, time_s)]
    points = np.stack([np.convolve(places[:, i], np.ones(15) / 15, "same") for i in (0, 1)], axis=1)
    points += random.normal(0, 3, points.shape)
    for start in random.integers(0, n, int(n / RATE_HZ / 5)):
        points[start : start + 75] = np.nan
    return GazeSamples.build(time_s, eyes="cyclopean", left_px=points)


def seconds(work):
    begin = time.process_time()
    work()
    return time.process_time() - begin


def in_chunks(algorithm, samples, size):
    detector = make_detector(algorithm, DISPLAY)
    for start in range(0, len(samples), size):
        detector.push(samples[start : start + size])
    detector.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=1_000_000)
    n = parser.parse_args().n
    whole, tenth = gaze(n), gaze(n // 10)
    detect_fixations(tenth, DISPLAY)
    print(f"{'ours':24}{'offline':>12}" + "".join(f"{size:>10}/chunk" for size in (100, 5, 1)) + "   (samples/s)")
    for algorithm in ALGORITHMS:
        rates = [n / seconds(lambda a=algorithm: detect_fixations(whole, DISPLAY, a))]
        if algorithm in ONLINE_ALGORITHMS:
            rates += [len(tenth) / seconds(lambda a=algorithm, s=size: in_chunks(a, tenth, s)) for size in (100, 5, 1)]
        print(f"{algorithm:24}{rates[0]:>12,.0f}" + "".join(f"{rate:>16,.0f}" for rate in rates[1:]))
    print("\npeers")
    for name, detect in peer_detectors.PEERS.items():
        detect(gaze(5000), DISPLAY)  # imports
        samples = whole if name.startswith("pymovements I-VT") else tenth
        print(
            f"{name:24}{len(samples) / seconds(lambda d=detect, s=samples: d(s, DISPLAY)):>12,.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
