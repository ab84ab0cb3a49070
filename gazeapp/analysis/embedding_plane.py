"""People on a plane: the two directions in which their embeddings differ most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gazeapp.store.embedding import UserEmbedding

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EmbeddingPlane:
    """Where each person lies; distances are only roughly those of all directions together."""

    names: tuple[str, ...]
    points: NDArray[np.float64]
    """(N, 2) along the first and the second direction, from the mean of those who make the plane."""
    shares: tuple[float, float]
    """How much of the differences between people each direction holds, 0 to 1."""
    n_pairs: tuple[int, ...]
    radius: NDArray[np.float64]
    """(N,) how far an embedding may still move; NaN where it is not known."""
    other_weights: tuple[str, ...]
    """People whose embedding other weights made: it cannot be compared."""


def draw_plane(plane: EmbeddingPlane, own: str, labels: tuple[str, str], size_in: tuple[float, float]) -> Figure:
    """The plane as a figure to be saved.

    Args:
        plane: Who lies where.
        own: The person who stands out.
        labels: Of the two axes.
        size_in: Width and height, inch.
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Circle

    figure = Figure(figsize=size_in, layout="constrained")
    axes = figure.add_subplot()
    edges = [(x, y) for x, y in plane.points]
    for name, (x, y), radius in zip(plane.names, plane.points, plane.radius, strict=True):
        is_own = name == own
        color = "#2667d9" if is_own else "#586174"
        axes.plot(x, y, marker="D" if is_own else "o", color=color, markersize=7 if is_own else 6, linestyle="")
        axes.annotate(name, (x, y), (0, 7), textcoords="offset points", ha="center", parse_math=False, color=color)
        if is_own and np.isfinite(radius) and radius > 0:
            # no opacity: not every program that opens a saved file knows it
            axes.add_patch(Circle((x, y), radius, facecolor="#e1e9f9", edgecolor="#2667d9", zorder=0))
            edges += [(x - radius, y - radius), (x + radius, y + radius)]
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    _frame(axes, np.array(edges), size_in[0] / size_in[1])
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _frame(axes: Axes, points: NDArray[np.float64], wide: float) -> None:
    """Room for all points and the names above them, both directions on one scale.

    Args:
        axes: Of the figure.
        points: (N, 2) at least one.
        wide: The figure's width for each height.
    """
    low, high = points.min(axis=0), points.max(axis=0)
    half = 0.65 * max((high[0] - low[0]) / wide, high[1] - low[1], 1e-6)
    x, y = (low + high) / 2
    axes.set_xlim(x - wide * half, x + wide * half)
    axes.set_ylim(y - half, y + half)
    axes.set_aspect("equal", adjustable="box")


def embedding_plane(embeddings: Mapping[str, UserEmbedding], apart: str = "") -> EmbeddingPlane:
    """Put people on the plane of their first two principal axes.

    Args:
        embeddings: Pseudonym → the newest embedding. Those of the weights that made most of them are shown.
        apart: A person who is only put on the plane of the others, by whose weights they are shown: it stays still
            while this person settles.
    """
    counts = Counter(embedding.model_sha256 for embedding in embeddings.values())
    used = embeddings[apart].model_sha256 if apart else counts.most_common(1)[0][0] if counts else ""
    shown = {name: e for name, e in sorted(embeddings.items()) if e.model_sha256 == used}
    vectors = np.array([embedding.vector for embedding in shown.values()], dtype=np.float64)
    points, shares = np.zeros((len(shown), 2)), (0.0, 0.0)
    if len(shown) >= 2:
        counted = np.array([name != apart for name in shown])
        centred = vectors - vectors[counted].mean(axis=0)
        # of (D, D) numbers, however many people: this runs between two images, too
        power, axes = np.linalg.eigh(centred[counted].T @ centred[counted])
        power, axes = power[::-1].clip(0), axes.T[::-1][:2]
        # a principal axis has no sign of its own: its largest number is made positive, so that pictures can be compared
        axes *= np.where(np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1) < 0, -1.0, 1.0)
        points[:, : len(axes)] = centred @ axes.T
        power /= max(float(power.sum()), 1e-12)
        shares = (float(power[0]), float(power[1]) if len(power) > 1 else 0.0)
    return EmbeddingPlane(
        names=tuple(shown),
        points=points,
        shares=shares,
        n_pairs=tuple(embedding.n_pairs for embedding in shown.values()),
        radius=np.sqrt(2 * np.array([embedding.spread for embedding in shown.values()], dtype=np.float64)),
        other_weights=tuple(sorted(set(embeddings) - set(shown))),
    )
