"""Fixation detectors of other packages on gaze samples, each as (samples, display) → [(onset_s, end_s)]."""

from __future__ import annotations

import logging
import math
import warnings

import numpy as np

RATE_HZ = 500.0


def _points(samples):
    return np.array(samples.gaze_px)


def pymovements_velocity(samples, display):
    """(N, 2) degrees per second, as its pix2deg and default pos2vel give them."""
    from pymovements.transforms.numpy import pix2deg, pos2vel

    degrees = pix2deg(
        _points(samples),
        (display.width_px, display.height_px),
        (display.width_mm / 10, display.height_mm / 10),
        display.distance_mm / 10,
        "upper left",
    )
    return degrees, pos2vel(degrees, sampling_rate=RATE_HZ)


def _events(events, time_ms):
    frame = events.frame
    del time_ms
    return [(a / 1e3, b / 1e3) for a, b in zip(frame["onset"].to_list(), frame["offset"].to_list(), strict=True)]


def pymovements_ivt(samples, display, threshold=20.0):
    """I-VT."""
    from pymovements.events.detection.ivt import ivt

    _, velocity = pymovements_velocity(samples, display)
    time_ms = np.round(samples.time_s * 1e3).astype(int)
    return _events(ivt(velocity, timesteps=time_ms, velocity_threshold=threshold), time_ms)


def pymovements_idt(samples, display):
    """I-DT at its defaults."""
    from pymovements.events.detection.idt import idt

    degrees, _ = pymovements_velocity(samples, display)
    time_ms = np.round(samples.time_s * 1e3).astype(int)
    return _events(idt(degrees, timesteps=time_ms), time_ms)


def i2mc(samples, display):
    """I2MC at its defaults."""
    import I2MC

    points = _points(samples)
    lost = ~np.isfinite(points[:, 0])
    data = {
        "time": samples.time_s * 1e3,
        "average_X": points[:, 0].copy(),
        "average_Y": points[:, 1].copy(),
    }
    for column in ("average_X", "average_Y"):
        data[column][lost] = -display.width_px
    options = {
        "xres": display.width_px,
        "yres": display.height_px,
        "freq": RATE_HZ,
        "missingx": -display.width_px,
        "missingy": -display.width_px,
        "scrSz": [display.width_mm / 10, display.height_mm / 10],
        "disttoscreen": display.distance_mm / 10,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = I2MC.I2MC(data, options, logging=False)
    result = found[0] if isinstance(found, tuple) else found
    if result is False or result is None:
        return []
    return [(a / 1e3, b / 1e3) for a, b in zip(result["startT"], result["endT"], strict=True)]


def remodnav_events(samples, display):
    """All events of REMoDNaV at its defaults."""
    import scipy.signal
    from remodnav import EyegazeClassifier, clf

    def savgol_filter(values, length, order):
        # newer SciPy refuses missing samples at the ends, where it fits a polynomial; missing stays missing
        ends_known = np.isfinite(values[:length]).all() and np.isfinite(values[-length:]).all()
        mode = {"mode": "interp"} if ends_known else {"mode": "constant", "cval": np.nan}
        return scipy.signal.savgol_filter(values, length, order, **mode)

    clf.savgol_filter = savgol_filter
    logging.getLogger("remodnav").setLevel(logging.ERROR)
    points = _points(samples)
    px2deg = math.degrees(math.atan2(0.5 * display.width_mm, display.distance_mm)) / (0.5 * display.width_px)
    data = np.rec.fromarrays([points[:, 0], points[:, 1]], names=["x", "y"])
    classifier = EyegazeClassifier(px2deg=px2deg, sampling_rate=RATE_HZ)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return classifier(classifier.preproc(data))


def remodnav(samples, display):
    """REMoDNaV: its fixations."""
    return [(e["start_time"], e["end_time"]) for e in remodnav_events(samples, display) if e["label"] == "FIXA"]


def remodnav_merged(samples, display):
    """REMoDNaV: touching fixation and pursuit events joined."""
    merged: list[tuple[float, float]] = []
    for event in sorted(remodnav_events(samples, display), key=lambda e: e["start_time"]):
        if event["label"] not in ("FIXA", "PURS"):
            continue
        if merged and event["start_time"] - merged[-1][1] < 1.5 / RATE_HZ:
            merged[-1] = (merged[-1][0], event["end_time"])
        else:
            merged.append((event["start_time"], event["end_time"]))
    return merged


PEERS = {
    "pymovements I-VT 20°/s": pymovements_ivt,
    "pymovements I-VT 30°/s": lambda samples, display: pymovements_ivt(samples, display, 30.0),
    "pymovements I-DT": pymovements_idt,
    "I2MC": i2mc,
    "REMoDNaV": remodnav,
    "REMoDNaV merged": remodnav_merged,
}
