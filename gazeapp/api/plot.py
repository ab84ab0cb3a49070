"""Pictures of gaze and maps: every function draws into matplotlib axes and returns them.

Pixels count from the top left, so the vertical axis points down. `ax` is where to draw; a new figure is made without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from gazeapp.api.arguments import (
    DisplayLike,
    TableLike,
    display_of,
    fixation_table,
    image_of,
    map_of,
    numbers,
    some_fixations,
    times,
)
from gazeapp.api.people import Maps
from gazeapp.errors import ArgumentError, BackendUnavailable, UnavailableReason

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LEAST_SHOWN, _MOST_SHOWN = 0.15, 0.9
# the image stays visible where a map says nothing


def gaze(time_s: ArrayLike, x: ArrayLike, y: ArrayLike, *, ax: Axes | None = None) -> Axes:
    """Gaze over time, missing stretches left open.

    Args:
        time_s: (N,) seconds.
        x: (N,) in any unit.
        y: (N,) likewise.
        ax: Where to draw.

    Raises:
        ArgumentError: Lengths that differ, or times that do not grow.

    >>> ax = gaze([0.0, 0.004, 0.008], [1, 2, 3], [4, 5, 6])
    >>> len(ax.lines)
    2
    """
    stamps = times(time_s)
    axes = _axes(ax)
    for name, values in (("x", numbers(x, "x")), ("y", numbers(y, "y"))):
        if len(values) != len(stamps):
            raise ArgumentError(f"{name} has {len(values)} values, time_s {len(stamps)}", argument=name)
        axes.plot(stamps, values, label=name, linewidth=0.9)
    axes.set_xlabel("time (s)")
    axes.legend(frameon=False)
    return axes


def scanpath(
    fixations: TableLike, *, image: ArrayLike | None = None, display: DisplayLike | None = None, ax: Axes | None = None
) -> Axes:
    """Fixations in order, numbered; a circle's area is the duration.

    Args:
        fixations: (N, 2) pixels, or a table with `x_px`, `y_px` and perhaps `duration_s`.
        image: (H, W, 3) uint8 behind them, where they are pixels of the image.
        display: The screen, where they are pixels of it.
        ax: Where to draw.

    Raises:
        ArgumentError: No fixation, or another image or table.

    >>> len(scanpath([(10, 20), (30, 25)]).texts)
    2
    """
    places, durations, _ = fixation_table(fixations)
    places = some_fixations(places)
    axes = _axes(ax)
    if image is not None:
        axes.imshow(image_of(image))
    elif display is not None:
        screen = display_of(display)
        axes.set(xlim=(0, screen.width_px), ylim=(screen.height_px, 0))
    elif not axes.yaxis_inverted():
        axes.invert_yaxis()
    areas = 120.0 if durations is None else 600.0 * np.maximum(durations, 0.03)
    axes.plot(places[:, 0], places[:, 1], color="#ffffff", linewidth=2.4, zorder=2)
    axes.plot(places[:, 0], places[:, 1], color="#1b6fd0", linewidth=1.2, zorder=3)
    axes.scatter(places[:, 0], places[:, 1], s=areas, color="#1b6fd0", edgecolor="#ffffff", alpha=0.85, zorder=4)
    for number, (x, y) in enumerate(places.tolist(), start=1):
        axes.text(x, y, str(number), color="#ffffff", fontsize=7, ha="center", va="center", zorder=5)
    axes.set_aspect("equal")
    return axes


def saliency(density: ArrayLike, *, image: ArrayLike | None = None, title: str = "", ax: Axes | None = None) -> Axes:
    """A map over its image; a map with negative values in blue (less) and red (more), around 0.

    Args:
        density: (H, W) density or discrepancy.
        image: (H, W, 3) uint8 of the same size.
        title: Above it.
        ax: Where to draw.

    Raises:
        ArgumentError: NaN, or an image of another size.

    >>> import numpy as np
    >>> saliency(np.eye(4), title="eye").get_title()
    'eye'
    """
    values = map_of(density, "density")
    axes = _axes(ax)
    if image is not None:
        rgb = image_of(image)
        if rgb.shape[:2] != values.shape:
            raise ArgumentError(f"image has shape {rgb.shape[:2]}, density {values.shape}", argument="image")
        axes.imshow(rgb.mean(axis=2), cmap="gray", vmin=0, vmax=255)
    top = float(np.abs(values).max()) or 1.0
    is_difference = bool(values.min() < 0)
    axes.imshow(
        values,
        cmap="RdBu_r" if is_difference else "magma",
        vmin=-top if is_difference else 0.0,
        vmax=top,
        alpha=None if image is None else _LEAST_SHOWN + (_MOST_SHOWN - _LEAST_SHOWN) * np.sqrt(np.abs(values) / top),
    )
    axes.set(title=title, xticks=[], yticks=[])
    return axes


def maps(image: ArrayLike, found: Maps) -> Any:  # Any: an array of axes, which NumPy types as object
    """Universal map, personal map and difference beside each other.

    Args:
        image: (H, W, 3) uint8.
        found: From `predict`.

    Returns:
        (3,) axes.
    """
    if not isinstance(found, Maps):
        raise ArgumentError(f"found must be Maps (from predict), got {type(found).__name__}", argument="found")
    axes = _pyplot().subplots(1, 3, figsize=(12, 3.4), layout="constrained")[1]
    top = max(float(found.universal.max()), float(found.personal.max()))
    for ax, title, density in zip(axes, ("universal", "personal", "difference"), found, strict=True):
        saliency(density, image=image, title=title, ax=ax)
        if title != "difference":  # one scale: what is brighter is looked at more
            ax.images[-1].set_clim(0.0, top)
    return axes


def quality(report: dict[str, Any], *, ax: Axes | None = None) -> Axes:  # Any: JSON values
    """Accuracy of each eye at each target, with the verdict as title.

    Args:
        report: From `gazeapp.api.quality`.
        ax: Where to draw.

    Raises:
        ArgumentError: Not such a report.
    """
    if not isinstance(report, dict) or not {"targets", "verdict"} <= report.keys():
        raise ArgumentError("report must be what gazeapp.api.quality returns", argument="report")
    axes = _axes(ax)
    for eye in dict.fromkeys(row["eye"] for row in report["targets"]):
        rows = [row for row in report["targets"] if row["eye"] == eye and row["accuracy_deg"] is not None]
        axes.plot([str(row["target_id"]) for row in rows], [row["accuracy_deg"] for row in rows], "o", label=eye)
    axes.set(xlabel="target", ylabel="accuracy (deg)", title=report["verdict"], ylim=(0, None))
    axes.legend(frameon=False)
    return axes


def _axes(ax: Axes | None) -> Axes:
    return _pyplot().subplots(layout="constrained")[1] if ax is None else ax


def _pyplot() -> Any:  # Any: matplotlib is optional
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise BackendUnavailable(
            "matplotlib is not installed: pip install gazeapp[api]",
            reason=UnavailableReason.LIBRARY_MISSING,
            hint="pip install gazeapp[api]",
        ) from error
    return pyplot
