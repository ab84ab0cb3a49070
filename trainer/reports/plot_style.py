"""The common style of all figures: size, grid of panels, colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_OVERLAY = 0.85
BLUE = "#2667d9"
GREY = "#586174"
MISSING_PLOT = "needs {}; pip install it and draw again"


_DASHES = ("-", "--", ":", "-.")


def line_style(k: int) -> dict[str, Any]:  # Any: keywords of `plot`
    """Colour and dashes of the k-th curve of a panel: no two of forty look alike."""
    return {"color": f"C{k % 10}", "linestyle": _DASHES[k // 10 % len(_DASHES)]}


def size_axis(axis: Axes, sizes: Sequence[int], label: str = "pairs (m)") -> None:
    """Sizes that double along the axis, each with its number."""
    axis.set_xscale("log", base=2)
    axis.set_xticks(sizes, [str(size) for size in sizes], fontsize=7)
    axis.set_xticks([], minor=True)
    axis.set_xlabel(label)


def new_figure(
    n: int, *, columns: int = 3, size: tuple[float, float] = (4.2, 3.2), aspect: float | None = None
) -> tuple[Figure, list[Axes]]:
    """A figure of n panels.

    Args:
        n: Number of panels.
        columns: Most panels in a line.
        size: Width and height of a panel in inches.
        aspect: Height of a panel's axes over their width; None lets them fill it.
    """
    from matplotlib.figure import Figure as NewFigure

    columns = min(n, columns)
    lines = -(-n // columns)
    extra = 1.5 if n == 1 else 0  # room for a legend's names
    figure = NewFigure(figsize=(size[0] * columns + extra, size[1] * lines))
    figure.set_layout_engine("constrained")
    grid = figure.subplots(lines, columns, squeeze=False)
    flat = [axis for row in grid for axis in row]
    for axis in flat[n:]:
        axis.set_visible(False)
    if aspect is not None:
        for axis in flat[:n]:
            axis.set_box_aspect(aspect)
    return figure, flat[:n]


def name_outside(figure: Figure, axis: Axes, *, title: str | None = None) -> None:
    """One legend for all panels, beside them: within, it would cover what it names."""
    handles, labels = axis.get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, fontsize=7, loc="outside right center", title=title)


def show_map(axis: Axes, image: NDArray[np.uint8], density: NDArray[np.floating[Any]] | None) -> None:
    """A picture, dimmed under a map where there is one; every map by its own maximum."""
    axis.imshow(image if density is None else image // 2 + 40)
    if density is not None:
        # one scale for all maps would hide that a true map of ten fixations is steeper than any expectation
        shade = density.astype(np.float32) / max(float(density.max()), 1e-12)
        height, width = image.shape[:2]
        over = (-0.5, width - 0.5, height - 0.5, -0.5)
        axis.imshow(shade, cmap="inferno", alpha=_OVERLAY * np.sqrt(shade), vmin=0, vmax=1, extent=over)
    axis.set_xticks([])
    axis.set_yticks([])
