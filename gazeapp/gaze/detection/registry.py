"""Fixation detectors by name, with options as a person writes them."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import asdict
from itertools import chain
from typing import TypeVar

from gazeapp.errors import SettingsError
from gazeapp.gaze.detection.adaptive import PURSUIT_CHOICES, AdaptiveParameters, online_adaptive
from gazeapp.gaze.detection.gap_filling import EYE_CHOICES
from gazeapp.gaze.detection.i2mc import I2mcParameters, TrialI2mc
from gazeapp.gaze.detection.idt import IdtParameters, online_idt
from gazeapp.gaze.detection.ivt import IvtParameters, online_ivt
from gazeapp.gaze.display import Display
from gazeapp.gaze.fixations import Fixation, FixationDetector
from gazeapp.gaze.samples import SampleSource, in_chunks

ONLINE_ALGORITHMS: tuple[str, ...] = ("ivt", "idt", "adaptive")
ALGORITHMS: tuple[str, ...] = ("ivt", "idt", "i2mc", "adaptive")

Option = str | float | bool
P = TypeVar("P", IvtParameters, IdtParameters, I2mcParameters, AdaptiveParameters)


def make_detector(name: str, display: Display, options: Mapping[str, Option] | None = None) -> FixationDetector:
    """A detector of one algorithm.

    Args:
        name: One of ALGORITHMS.
        display: Geometry.
        options: Parameters of the algorithm by name; numbers and words may be given as text.

    Raises:
        SettingsError: Unknown algorithm or option, or a wrong value; the message lists what there is.
    """
    options = options or {}
    match name:
        case "ivt":
            return online_ivt(display, _parse(IvtParameters, name, options))
        case "idt":
            return online_idt(display, _parse(IdtParameters, name, options))
        case "i2mc":
            return TrialI2mc(display, _parse(I2mcParameters, name, options))
        case "adaptive":
            return online_adaptive(display, _parse(AdaptiveParameters, name, options))
        case _:
            raise SettingsError(
                f"unknown algorithm {name!r}; choose one of {', '.join(ALGORITHMS)}",
                key="algorithm",
            )


def detect_fixations(
    samples: SampleSource, display: Display, algorithm: str = "ivt", **options: Option
) -> list[Fixation]:
    """Find all fixations of a recording; the same as pushing it through the detector in any chunks.

    Args:
        samples: In time order.
        display: Geometry.
        algorithm: One of ALGORITHMS.
        **options: Parameters of the algorithm by name.

    Returns:
        Fixations in time order, display pixels.
    """
    detector = make_detector(algorithm, display, options)
    return [*chain.from_iterable(map(detector.push, in_chunks(samples))), *detector.flush()]


def parameters(detector: object) -> dict[str, Option]:
    """The parameters that a detector works with, by name."""
    return asdict(detector.parameters)  # type: ignore[attr-defined]  # every detector here has them


def detection_parameters(algorithm: str, options: Mapping[str, Option] | None = None) -> dict[str, Option]:
    """The parameters that `detect_fixations` would work with, defaults included; raises as it does."""
    display = Display(width_px=1, height_px=1, width_mm=1, height_mm=1, distance_mm=1)
    return parameters(make_detector(algorithm, display, options))


def recorded_options(algorithm: str, recorded: Mapping[str, Option]) -> dict[str, Option]:
    """Options with which today's detector finds what the detector of a recorded session found.

    A parameter that an older session does not name was not there yet, and its default would change the result.

    Args:
        algorithm: One of ALGORITHMS.
        recorded: The parameters that were stored with the session, all of them.

    Raises:
        SettingsError: Pursuit was left out by a rule that is no more.
    """
    if algorithm != "adaptive" or not recorded:
        return dict(recorded)
    recorded = {"jump_deg": 0.0, **recorded}  # knew no jumps
    if "most_drift_deg_s" in recorded:
        return dict(recorded)
    if recorded.get("pursuit") == "exclude":
        raise SettingsError(
            "an older version left pursuit out of this session's fixations by its speed over 200 ms, a rule that is no "
            "more: they stay as stored but cannot be computed again; for those of today's rule: "
            "gazeapp fixations SESSION --algorithm adaptive --option pursuit=exclude",
            key="pursuit",
        )
    return {**recorded, "most_drift_deg_s": 0.0}  # takes nothing off the speed, as then


def _parse(kind: Callable[..., P], algorithm: str, options: Mapping[str, Option]) -> P:
    defaults = asdict(kind())
    values: dict[str, Option] = {}
    for key, value in options.items():
        if key not in defaults:
            close = difflib.get_close_matches(key, defaults, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            known = ", ".join(f"{name}={default}" for name, default in defaults.items())
            raise SettingsError(f"{algorithm} has no option {key!r}{hint} (options and defaults: {known})", key=key)
        values[key] = _value(algorithm, key, value, defaults[key])
    return kind(**values)


def _value(algorithm: str, key: str, value: Option, default: Option) -> Option:
    if isinstance(default, bool):
        truth = {
            "true": True,
            "yes": True,
            "on": True,
            "1": True,
            "false": False,
            "no": False,
            "off": False,
            "0": False,
        }
        if isinstance(value, bool):
            return value
        if str(value).lower() in truth:
            return truth[str(value).lower()]
        raise SettingsError(f"{algorithm} option {key}: say true or false, got {value!r}", key=key)
    if isinstance(default, str):
        choices = PURSUIT_CHOICES if key == "pursuit" else EYE_CHOICES
        if value in choices:
            return value
        raise SettingsError(f"{algorithm} option {key}: choose one of {', '.join(choices)}, got {value!r}", key=key)
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not 0 <= number < float("inf"):
        raise SettingsError(f"{algorithm} option {key}: a number of at least 0, got {value!r}", key=key)
    return number
