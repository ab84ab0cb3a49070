"""From gaze to fixations, and how good gaze is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gazeapp.api.arguments import (
    DisplayLike,
    TableLike,
    choice,
    columns_of,
    display_of,
    mapping_of,
    naming,
    numbers,
    positive,
    text_of,
    times,
)
from gazeapp.errors import ArgumentError
from gazeapp.gaze.detection.registry import Option, detect_fixations
from gazeapp.gaze.display import Display
from gazeapp.gaze.quality import QualityLimits, TargetWindow, measure_quality
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.quality_text import quality_json
from gazeapp.types import Floats

GazeUnit = Literal["px", "norm", "deg"]
FIXATION = np.dtype([("onset_s", "f8"), ("duration_s", "f8"), ("x_px", "f8"), ("y_px", "f8")])
"""A row of what `detect` returns."""
_UNLIKELY = 20.0
# screens beyond the screen: gaze so far away is in another unit


def detect(
    time_s: ArrayLike,
    x: ArrayLike,
    y: ArrayLike,
    *,
    display: DisplayLike,
    unit: GazeUnit = "px",
    algorithm: str = "ivt",
    **options: Option,
) -> NDArray[np.void]:
    """Detect fixations.

    Args:
        time_s: (N,) seconds, growing.
        x: (N,) gaze, right is positive; or (N, 2) of the left and the right eye. NaN is missing gaze.
        y: The same shape; down is positive in `px` and `norm`, up in `deg`.
        display: The screen: (width px, height px, width mm, height mm, distance mm).
        unit: `px` from the top left corner, `norm` (0 to 1 over the screen), or `deg` from the screen's centre.
        algorithm: `ivt`, `idt`, `i2mc` or `adaptive`.
        **options: Parameters of the algorithm, such as `threshold_deg_s=40`.

    Returns:
        (M,) structured array with the columns `onset_s`, `duration_s`, `x_px`, `y_px` (display pixels), in time order;
        `pandas.DataFrame(...)` makes a frame of it. Empty where nothing was fixated.

    Raises:
        ArgumentError: A shape, unit or value that cannot be; the message names the argument.
        SettingsError: Unknown algorithm or option; lists what there is.

    Source:
        Salvucci & Goldberg (2000) for I-VT and I-DT, Hessels et al. (2017) for I2MC, Nyström & Holmqvist (2010) for the
        adaptive detector. A duration is from the first to the last sample of a fixation.

    >>> import numpy as np
    >>> time_s = np.arange(200) / 250
    >>> x = np.where(time_s < 0.4, 500.0, 900.0)
    >>> found = detect(time_s, x, np.full(200, 400.0), display=(1920, 1080, 531, 299, 650))
    >>> found["x_px"].round().tolist()
    [500.0, 900.0]
    """
    screen = display_of(display)
    samples = gaze_samples(time_s, x, y, screen, unit)
    return fixation_array(detect_fixations(samples, screen, text_of(algorithm, "algorithm"), **options))


def quality(
    time_s: ArrayLike,
    x: ArrayLike,
    y: ArrayLike,
    targets: TableLike,
    *,
    display: DisplayLike,
    unit: GazeUnit = "px",
    limits: Mapping[str, float] | None = None,
    rate_hz: float | None = None,
) -> dict[str, Any]:  # Any: JSON values
    """Measure accuracy, precision and data loss at known targets.

    Args:
        time_s: (N,) seconds, growing.
        x: As in `detect`.
        y: As in `detect`.
        targets: Table with `target_id`, `onset_s`, `duration_s`, `x_px`, `y_px` (display pixels): when a person was to
            look where.
        display: As in `detect`.
        unit: Of x and y.
        limits: Of the verdict: `pass_deg`, `warn_deg`, `pass_max_deg`, `warn_max_deg` (degrees), `max_loss`,
            `warn_loss` (shares).
        rate_hz: Nominal rate; the intervals tell it otherwise.

    Returns:
        `targets` (one entry per eye and target: accuracy, RMS-S2S, STD in degrees, BCEA in square degrees, data loss
        from 0 to 1, effective rate in Hz), `summary`, `verdict` (`pass`, `warn`, `fail`) and `reasons`, as
        `gazeapp quality --json` prints them. Figures without data are None.

    Raises:
        ArgumentError: As `detect`; also no targets, or none within the recording.

    Source:
        Niehorster et al. (2026), ETDQualitizer.

    >>> import numpy as np
    >>> time_s = np.arange(250) / 250
    >>> at = dict(target_id=["a"], onset_s=[0.0], duration_s=[1.0], x_px=[960.0], y_px=[540.0])
    >>> found = quality(time_s, np.full(250, 1001.0), np.full(250, 540.0), at, display=(1920, 1080, 531, 299, 650))
    >>> round(found["summary"]["accuracy_deg"], 2), found["verdict"]
    (1.0, 'warn')
    """
    screen = display_of(display)
    samples = gaze_samples(time_s, x, y, screen, unit)
    windows = _windows(targets)
    first_s, last_s = float(samples.time_s[0]), float(samples.time_s[-1])
    if not any(w.onset_s <= last_s and w.onset_s + w.duration_s >= first_s for w in windows):
        raise ArgumentError(
            f"targets: none lies within the recording, which lasts from {first_s:g} to {last_s:g} s; onset_s counts as "
            "time_s does",
            argument="targets",
        )
    rate = None if rate_hz is None else positive(rate_hz, "rate_hz")
    return quality_json(measure_quality(samples, windows, screen, _limits(limits), rate_hz=rate))


def gaze_samples(time_s: ArrayLike, x: ArrayLike, y: ArrayLike, display: Display, unit: GazeUnit) -> GazeSamples:
    """Samples in display pixels."""
    stamps = times(time_s)
    across, down = numbers(x, "x", ndim=(1, 2)), numbers(y, "y", ndim=(1, 2))
    shapes = ((len(stamps),), (len(stamps), 2))
    for name, values in (("x", across), ("y", down)):
        if values.shape not in shapes:
            raise ArgumentError(
                f"{name} must be ({len(stamps)},), or ({len(stamps)}, 2) for left and right eye, as time_s has "
                f"{len(stamps)} samples; got {values.shape}",
                argument=name,
            )
    if across.shape != down.shape:
        raise ArgumentError(f"y has shape {down.shape}, x has {across.shape}", argument="y")
    points = _pixels(np.stack([across, down], axis=-1), display, unit)
    if points.ndim == 2:
        return GazeSamples.build(stamps, eyes="cyclopean", left_px=points)
    return GazeSamples.build(stamps, eyes="binocular", left_px=points[:, 0], right_px=points[:, 1])


def _pixels(points: Floats, display: Display, unit: GazeUnit) -> Floats:
    """(…, 2) display pixels; refused where most of the gaze would lie screens away from the screen."""
    match choice(unit, ("px", "norm", "deg"), "unit"):
        case "px":
            pixels = points
        case "norm":
            pixels = display.norm_to_px(points)
        case _:
            if np.nanmax(np.abs(points), initial=0.0) >= 90:
                raise ArgumentError("x or y holds 90 degrees or more: unit is not deg", argument="unit")
            pixels = display.deg_to_px(points)
    known = pixels[np.isfinite(pixels).all(axis=-1)]
    if len(known):
        middle = np.median(known / display.size_px, axis=0)
        if np.abs(middle).max() > _UNLIKELY:
            raise ArgumentError(
                f"unit {unit!r}: gaze would lie {np.abs(middle).max():.0f} screens away; say unit px, norm or deg",
                argument="unit",
            )
        if unit == "px" and len(known) > 1 and known.min() > -1 and known.max() <= 1.5 and np.ptp(known) > 0:
            raise ArgumentError("unit 'px': all gaze lies within 1.5 pixels; say unit='norm'", argument="unit")
    return pixels


def fixation_array(fixations: Any) -> NDArray[np.void]:  # Any: fixations of the core
    """Fixations as the structured array that `detect` returns."""
    rows = [(f.onset_s, f.duration_s, f.x_px, f.y_px) for f in fixations]
    return np.array(rows, dtype=FIXATION)


def _windows(targets: TableLike) -> list[TargetWindow]:
    names = ("target_id", "onset_s", "duration_s", "x_px", "y_px")
    found = columns_of(targets, names, "targets")
    missing = [name for name in names if name not in found]
    if missing:
        raise ArgumentError(f"targets lacks the column {missing[0]}", argument="targets")
    figures = {name: numbers(found[name], f"targets ({name})") for name in names[1:]}
    for name, values in figures.items():
        if np.isnan(values).any():
            raise ArgumentError(f"targets has NaN in {name}", argument="targets")
    if not len(found["target_id"]):
        raise ArgumentError("targets is empty", argument="targets")
    if len({len(values) for values in found.values()}) > 1:
        raise ArgumentError("targets has columns of different lengths", argument="targets")
    if not (figures["duration_s"] > 0).all():
        raise ArgumentError("targets has a duration_s that is not above 0", argument="targets")
    return [
        TargetWindow(target_id=target_id, onset_s=onset, duration_s=duration, x_px=x, y_px=y)
        for target_id, onset, duration, x, y in zip(
            found["target_id"].tolist(), *(figures[name].tolist() for name in names[1:]), strict=True
        )
    ]


def _limits(limits: Mapping[str, float] | None) -> QualityLimits:
    given = {}
    for name, limit in mapping_of(limits, "limits").items():
        if name not in QualityLimits.__dataclass_fields__:
            known = ", ".join(QualityLimits.__dataclass_fields__)
            raise ArgumentError(f"limits has no {name!r}; it knows {known}", argument="limits")
        most = 1.0 if "loss" in name else 180.0
        given[name] = float(numbers(limit, f"limits: {name}", ndim=(0,)))
        if not 0 <= given[name] <= most:
            raise ArgumentError(f"limits: {name} must be 0 to {most:g}, got {limit!r}", argument="limits")
    with naming("limits"):
        return QualityLimits.of(given)
