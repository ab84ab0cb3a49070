"""Time stamps: their unit, and the sampling rate that they mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

import numpy as np

from gazeapp.gaze.samples import Floats
from gazeapp.gaze.stamp_gate import SAME_S

SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "ticks": 1e-7}
"""Seconds in a unit, by its symbol; ticks are those of Windows and .NET."""
_EPOCHS = {
    "s": (9e8, 4e9),
    "ms": (9e11, 4e12),
    "us": (9e14, 4e15),
    "ns": (9e17, 4e18),
    "ticks": (1.2e17, 1.6e17),  # since 1601; those since the year 1 follow
}
_NET_TICKS = (6.25e17, 6.6e17)
"""Stamps that are dates since an epoch, from the years around 2000 to 2090: their size tells the unit."""
_SLOWEST_HZ, _FASTEST_HZ = 0.5, 20_000.0
"""No eye tracker is slower or faster."""
_USUAL_HZ = (10.0, 5000.0)
_GAP = 1.5
"""A step longer than this many usual ones is a gap."""

_DAY_S = 86_400.0
_CLOCK = re.compile(
    r"((?P<date>\d{4}-\d\d-\d\d)[T ]+)?(?P<h>\d{1,2}):(?P<m>[0-5]\d):(?P<s>[0-5]\d([.,]\d+)?)"
    r"(?P<zone>Z|[+-]\d\d:?\d\d)?"
)

_ENOUGH = 1_000_000
"""Stamps from the first on by which unit and rate of the longest recordings are told."""
_SYMBOLS = {
    "s": r"s|secs?|seconds?",
    "ms": r"ms|msecs?|milli(second)?s?",
    "us": r"us|µs|μs|usecs?|micro(second)?s?",
    "ns": r"ns|nano(second)?s?",
    "ticks": r"ticks?|filetime",
}


def unit_of_time(label: str) -> str:
    """The unit of time that a label names: s, ms, us, ns, or empty.

    >>> unit_of_time("Recording timestamp [μs]"), unit_of_time("time_ms"), unit_of_time("RecordingTimestamp")
    ('us', 'ms', '')
    """
    words = re.findall(r"[a-zµμ]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", label).lower())
    for word in reversed(words):
        for symbol, pattern in _SYMBOLS.items():
            if re.fullmatch(pattern, word) and (len(words) > 1 or word not in ("s", "ms", "us", "ns")):
                return symbol
    return ""


def clock_seconds(cells: Sequence[str]) -> Floats | None:
    """(N,) seconds since the first midnight of times of day, hh:mm:ss.fff, with or without a date before them.

    Args:
        cells: As written: `14:03:07.250`, `2026-11-30T14:03:07.250Z`, `2026-11-30 14:03:07,250`. Without dates, a time
            that falls by more than half a day is past midnight.

    Returns:
        None where a cell is no such time, or only some have a date.

    >>> clock_seconds(["23:59:59.900", "00:00:00.100"]).round(3).tolist()
    [86399.9, 86400.1]
    """
    found = [_CLOCK.fullmatch(cell.strip()) for cell in cells]
    times = [match for match in found if match]
    if not times or len(times) < len(cells) or len({bool(match["date"]) for match in times}) > 1:
        return None
    seconds = np.array([int(m["h"]) * 3600 + int(m["m"]) * 60 + float(m["s"].replace(",", ".")) for m in times])
    zones = {match["zone"] for match in times}
    if len(zones) > 1 or (seconds >= _DAY_S).any():
        return None
    if not times[0]["date"]:
        days = np.concatenate([[0], np.cumsum(np.diff(seconds) < -_DAY_S / 2)])
        return np.asarray(seconds + _DAY_S * days, dtype=np.float64)
    try:
        ordinals = {text: date.fromisoformat(text).toordinal() for text in {match["date"] for match in times}}
    except ValueError:
        return None
    first = ordinals[times[0]["date"]]
    return np.asarray(seconds + _DAY_S * np.array([ordinals[m["date"]] - first for m in times]), dtype=np.float64)


def usual_step(stamps: Floats) -> float:
    """The mean step between stamps, gaps left out; NaN for fewer than two different stamps.

    Stamps may be rounded (3, 3, 4 ms at 300 Hz) or shared by several samples: the median step would be wrong in both.
    """
    steps = np.diff(stamps[:_ENOUGH])
    ahead = steps[steps > 0]
    if not len(ahead):
        return float("nan")
    middle = float(np.median(ahead))
    shared = float((steps == 0).mean())
    kept = (
        steps[(steps >= 0) & (steps <= _GAP * middle)]
        if shared > 0.02
        else ahead[(ahead >= middle / 2) & (ahead <= _GAP * middle)]
    )
    return float(kept.mean()) if len(kept) and kept.sum() > 0 else middle


def sampling_rate_hz(time_s: Floats) -> float:
    """Samples per second where none is missing; NaN where that cannot be told.

    >>> round(sampling_rate_hz(np.array([0, 3, 7, 10, 13, 17, 20, 23, 27, 30]) / 1000))
    300
    """
    time_s = time_s[:_ENOUGH]
    step_s = usual_step(time_s)
    if not step_s > 0:
        return float("nan")
    rate_hz, whole_hz = 1 / step_s, round(1 / step_s)
    # stamps in whole milliseconds leave the rate uncertain by one of them over the whole recording
    with np.errstate(over="ignore", invalid="ignore"):  # of stamps that no clock has: they are not rounded
        is_rounded = bool((np.abs(time_s * 1e3 - np.round(time_s * 1e3)) < 1e-4).all())
    span_s = float(time_s[-1] - time_s[0])
    if is_rounded and whole_hz and span_s > 0 and abs(rate_hz - whole_hz) <= rate_hz * 1e-3 / span_s:
        return float(whole_hz)
    return rate_hz


def likely_rate_hz(time_s: Floats, nominal_hz: float) -> float:
    """The rate that a source states, unless its stamps belie it; else that of the stamps."""
    measured = sampling_rate_hz(time_s)
    if np.isfinite(nominal_hz) and nominal_hz > 0 and not abs(measured - nominal_hz) > 0.2 * nominal_hz:
        return nominal_hz
    return measured


def belied_unit(stamps: Floats, unit: str) -> str:
    """The unit that stamps must be in when they cannot be in the one their name says; empty when they can.

    Nothing tracks at 125 kHz, and a column `time_s` at 0.1 Hz holds milliseconds.
    """
    step = usual_step(stamps)
    if not step > 0 or _SLOWEST_HZ <= 1 / (step * SECONDS[unit]) <= _FASTEST_HZ or len(stamps) < 3:
        return ""
    return next(
        (other for other, s in SECONDS.items() if other != "ticks" and _USUAL_HZ[0] <= 1 / (step * s) <= _USUAL_HZ[1]),
        "",
    )


def unit_by_values(stamps: Floats) -> str:
    """The unit in which stamps give a rate that eye trackers have; empty where none does."""
    step = usual_step(stamps)
    if not step > 0:
        return ""
    dated = _unit_of_dates(float(stamps[0]))
    if dated and _SLOWEST_HZ <= 1 / (step * SECONDS[dated]) <= _FASTEST_HZ:
        return dated
    fitting = [
        unit for unit, s in SECONDS.items() if unit != "ticks" and _USUAL_HZ[0] <= 1 / (step * s) <= _USUAL_HZ[1]
    ]
    return fitting[0] if fitting else ""


def _unit_of_dates(stamp: float) -> str:
    """The unit in which a stamp counts from an epoch to our days; empty for one that does not."""
    if _NET_TICKS[0] <= stamp <= _NET_TICKS[1]:
        return "ticks"
    return next((unit for unit, (first, last) in _EPOCHS.items() if first <= stamp <= last), "")


def shared_stamps(time_s: Floats) -> float:
    """The share of samples, 0 to 1, that have the time of the one before."""
    return float((np.abs(np.diff(time_s)) <= SAME_S).mean()) if len(time_s) > 1 else 0.0


def shared_stamps_words(share: float) -> str:
    """What is told where a share of the samples, 0 to 1, is spread; see `spread_shared_stamps`."""
    words = "{0:.0f} % of the samples share a time stamp with the one before; they are spread evenly up to it"
    return words.format(100 * share)


def spread_shared_stamps(time_s: Floats, period_s: float) -> Floats:
    """(N,) times in which samples that share a stamp lie evenly between it and the one before, the last one at it.

    A recorder that stamps a block stamps its newest sample; stamps may be rounded, so that blocks differ in number.
    After a gap, samples lie one period apart.
    """
    n = len(time_s)
    if n < 2 or not period_s > 0:
        return time_s
    ends = np.flatnonzero(np.concatenate([np.abs(np.diff(time_s)) > SAME_S, [True]]))
    counts = np.diff(ends, prepend=-1)
    steps_s = np.concatenate([[period_s], np.diff(time_s[ends]) / counts[1:]])
    steps_s = np.where((steps_s > 0) & (steps_s <= _GAP * period_s), steps_s, period_s)
    block = np.searchsorted(ends, np.arange(n))
    spread = time_s - (ends[block] - np.arange(n)) * steps_s[block]
    return np.maximum.accumulate(np.asarray(spread, dtype=np.float64))
