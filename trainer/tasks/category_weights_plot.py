"""The weights of a run over its epochs, one panel per category."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.runs import read_metrics, read_settings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = ("#2667d9", "#d9822b", "#2f9e62", "#a23bb8", "#586174", "#c23b4a")
_PREFIX = "weight/"


def has_weights(run: Path) -> bool:
    """Whether the run's metrics hold weights by category."""
    rows = read_metrics(run)
    return bool(rows) and any(name.startswith(_PREFIX) for name in rows[0])


def weight_history(run: Path) -> Figure:
    """Weight of every backbone against the epoch: each member faintly, the mean of those still training on top."""
    from matplotlib.figure import Figure as NewFigure

    points: dict[tuple[str, str], dict[int, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    for row in read_metrics(run):
        for name, value in row.items():
            if name.startswith(_PREFIX):
                category, backbone = name.removeprefix(_PREFIX).rsplit("/", 1)
                points[category, backbone][int(row["step"])].append((row["epoch"], value))
    categories = list(dict.fromkeys(category for category, _ in points))
    backbones = list(dict.fromkeys(backbone for _, backbone in points))
    columns = min(3, len(categories))
    lines = -(-len(categories) // columns)
    figure = NewFigure(figsize=(3.6 * columns, 2.6 * lines + 0.4))
    figure.set_layout_engine("constrained")
    grid = figure.subplots(lines, columns, squeeze=False, sharey=True)
    axes = [axis for line in grid for axis in line]
    for axis in axes[len(categories) :]:
        axis.set_visible(False)
    for axis, category in zip(axes, categories, strict=False):
        for k, backbone in enumerate(backbones):
            colour = _COLOURS[k % len(_COLOURS)]
            by_epoch: dict[float, list[float]] = defaultdict(list)
            for history in points[category, backbone].values():
                axis.plot(*zip(*history, strict=True), color=colour, alpha=0.2, linewidth=0.7)
                for epoch, value in history:
                    by_epoch[epoch].append(value)
            epochs = sorted(by_epoch)
            mean = [sum(by_epoch[e]) / len(by_epoch[e]) for e in epochs]
            axis.plot(epochs, mean, color=colour, linewidth=1.8, label=backbone)
        axis.set_title(category, fontsize=9)
        axis.set_xlabel("epoch", fontsize=8)
        axis.tick_params(labelsize=7)
    axes[0].legend(fontsize=7)
    mixture = read_settings(run).get("config", {}).get("mixture", "")
    figure.suptitle(f"{run.name}: weight of each backbone ({mixture})", fontsize=10)
    return figure
