"""Figures of category weights: maps of mixtures side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gazeapp.store.untrusted.arrays import load_arrays
from trainer.reports.plot_style import new_figure, show_map

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def category_maps(path: Path) -> Figure:
    """One line an image: what it is, where people looked, and every mixture's map."""
    found = load_arrays(path)
    titles = ["image", "people", *found["titles"].tolist()]
    figure, axes = new_figure(len(found["images"]) * len(titles), columns=len(titles), size=(1.9, 1.6))
    for n, name in enumerate(found["names"].tolist()):
        line = axes[n * len(titles) : (n + 1) * len(titles)]
        for axis, density in zip(line, (None, found["truth"][n], *found["maps"][:, n]), strict=True):
            show_map(axis, found["images"][n], density)
        line[0].set_ylabel(name, fontsize=7)
        if n == 0:
            for axis, title in zip(line, titles, strict=True):
                axis.set_title(title.replace(": ", ":\n").replace(", ", ",\n"), fontsize=6)
    return figure
