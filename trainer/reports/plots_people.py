"""Figures of people: their embeddings in two dimensions, and maps of two of them side by side.

Shape legend: P people, E embeddings of one person, D embedding size, N images, H W map grid.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import UnreadableTable
from gazeapp.store.untrusted.arrays import load_arrays
from trainer.reports.plot_style import MISSING_PLOT, new_figure, show_map

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS, _MARKERS = 10, "osD^vP*X<>"


def appearance(k: int) -> tuple[str, str]:
    """Colour and marker of the k-th person: no two of a hundred have both alike.

    >>> appearance(3), appearance(13)
    (('C3', '^'), ('C3', 'v'))
    """
    return f"C{k % _COLOURS}", _MARKERS[(k + k // _COLOURS) % len(_MARKERS)]


def embedding_map(path: Path) -> Figure:
    """t-SNE of all embeddings, one panel per number of pairs, one colour and marker per person (Strohm et al., Fig. 6).

    Raises:
        UnreadableTable: Damaged, or scikit-learn is not installed.
    """
    try:
        from sklearn.manifold import TSNE
    except ImportError as error:
        raise UnreadableTable(f"{path}: t-SNE {MISSING_PLOT.format('scikit-learn')}") from error
    with _open(path) as file:
        people = file["people"].tolist()
        sets = {int(name[1:]): file[name] for name in file if name.startswith("m")}
    figure, axes = new_figure(len(sets), aspect=0.9)
    for axis, (m, user_PED) in zip(axes, sorted(sets.items()), strict=True):
        n_people, n_each = user_PED.shape[:2]
        flat = user_PED.reshape(n_people * n_each, -1).astype(np.float64)
        perplexity = min(n_each, (len(flat) - 1) / 3.5)
        place = TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(flat)
        for k, name in enumerate(people):
            own = place[k * n_each : (k + 1) * n_each]
            colour, marker = appearance(k)
            axis.scatter(own[:, 0], own[:, 1], s=16, marker=marker, label=name, color=colour, linewidths=0)
        axis.set_title(f"m = {m}")
        axis.set_xticks([])
        axis.set_yticks([])
    axes[-1].legend(title="person", fontsize=7, ncols=2, loc="center left", bbox_to_anchor=(1.02, 0.5))
    return figure


def example_maps(path: Path) -> Figure:
    """Two people on the same images: universal map, and each one's true map beside the predicted one."""
    with _open(path) as file:
        people, names = file["people"].tolist(), file["names"].tolist()
        model, m = str(file["model"]), int(file["m"])
        images, universal = file["images"], file["universal"]
        predicted, truth = file["predicted"], file["truth"]
    titles = ["image", "universal"]
    titles += [f"{kind}, person {name}" for name in people for kind in ("true", "predicted")]
    figure, axes = new_figure(len(images) * len(titles), columns=len(titles), size=(2.1, 1.7))
    for n, name in enumerate(names):
        line = axes[n * len(titles) : (n + 1) * len(titles)]
        maps = [None, universal[n]]
        maps += [kind[k][n] for k in range(len(people)) for kind in (truth, predicted)]
        for column, (axis, density) in enumerate(zip(line, maps, strict=True)):
            show_map(axis, images[n], density)
            if n == 0:
                axis.set_title(titles[column], fontsize=8)
            if column == 0:
                axis.set_ylabel(name, fontsize=7)
    figure.suptitle(f"{model}, {m} pairs; the images on which the two people differ most", fontsize=9)
    return figure


def _open(path: Path) -> AbstractContextManager[dict[str, NDArray[Any]]]:
    try:
        return nullcontext(load_arrays(path))
    except (OSError, ValueError) as error:
        raise UnreadableTable(f"{path}: damaged ({error}); evaluate again with --pictures") from error
