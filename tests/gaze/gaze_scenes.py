"""Synthetic gaze that reads like the situation, with known fixations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gazeapp.gaze.detection.rows import Rows
from gazeapp.gaze.detection.stages import WindowStage
from gazeapp.gaze.detection.velocity import VelocityRule
from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import GazeSamples

DISPLAY = Display(width_px=1920, height_px=1080, width_mm=531, height_mm=299, distance_mm=650)


@dataclass(frozen=True)
class Scene:
    """Gaze points at a fixed rate, built step by step."""

    rate_hz: float
    points_px: np.ndarray

    def look_at(self, x_px, y_px, for_s):
        rows = np.tile([float(x_px), float(y_px)], (round(for_s * self.rate_hz), 1))
        return Scene(self.rate_hz, np.concatenate([self.points_px, rows]))

    def jump_to(self, x_px, y_px, for_s=0.03):
        """A saccade from the last point, at constant speed."""
        n = round(for_s * self.rate_hz)
        share = (np.arange(1, n + 1) / (n + 1))[:, None]
        start = self.points_px[-1]
        return Scene(
            self.rate_hz,
            np.concatenate([self.points_px, start + share * (np.array([x_px, y_px]) - start)]),
        )

    def lose(self, for_s):
        rows = np.full((round(for_s * self.rate_hz), 2), np.nan)
        return Scene(self.rate_hz, np.concatenate([self.points_px, rows]))

    def samples(self, noise_px=0.0, seed=0, start_s=0.0):
        time_s = start_s + np.arange(len(self.points_px)) / self.rate_hz
        noise = np.random.default_rng(seed).normal(0, noise_px, self.points_px.shape)
        return GazeSamples.build(time_s, eyes="cyclopean", left_px=self.points_px + noise)


def scene(rate_hz=500.0):
    return Scene(rate_hz, np.empty((0, 2)))


def scanpath(duration_s, rate_hz=500.0, *, noise_px=3.0, loss=0.02, jitter=0.0, seed=0):
    """Binocular gaze: fixations of about 300 ms at random places, noise, blinks of one or both eyes."""
    random = np.random.default_rng(seed)
    n = int(duration_s * rate_hz)
    time_s = np.arange(n) / rate_hz
    if jitter:
        time_s = np.cumsum(random.uniform(1 - jitter, 1 + jitter, n)) / rate_hz
    onsets_s = np.cumsum(random.gamma(4, 0.075, int(duration_s * 4) + 4))
    places = random.uniform([100, 100], [1800, 980], (len(onsets_s) + 1, 2))
    width = max(1, int(0.03 * rate_hz))
    points = places[np.searchsorted(onsets_s, time_s)]
    points = np.stack([np.convolve(points[:, i], np.ones(width) / width, "same") for i in (0, 1)], 1)
    eyes = []
    for shift in (-10.0, 10.0):
        eye = points + random.normal(0, noise_px, points.shape) + [shift, 0]
        for start in random.integers(0, n, int(n * loss / 20)):
            eye[start : start + int(random.integers(1, 60))] = np.nan
        eyes.append(eye)
    for start in random.integers(0, n, int(duration_s / 4) + 1):  # blinks
        for eye in eyes:
            eye[start : start + int(0.15 * rate_hz)] = np.nan
    return GazeSamples.build(time_s, eyes="binocular", left_px=eyes[0], right_px=eyes[1])


def push_in_chunks(detector, samples, sizes):
    """Everything the detector emits when samples arrive in chunks of these sizes, over and over."""
    found, start, turn = [], 0, 0
    while start < len(samples):
        stop = start + sizes[turn % len(sizes)]
        found += detector.push(samples[start:stop])
        start, turn = stop, turn + 1
    return [*found, *detector.flush()]


def speed_of(time_s, points_px, window_s=0.020):
    """(N,) deg/s as I-VT sees it."""
    x_px, y_px = np.array(points_px, dtype=float).T
    rows = Rows({"time_s": np.array(time_s), "x_px": x_px, "y_px": y_px})
    stage = WindowStage(VelocityRule(DISPLAY, [window_s], 0.075))
    return stage.push(rows, at_end=True)["speed_deg_s"][0]
