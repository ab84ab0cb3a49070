"""Stored results and runs to figures; every point in them is read from the files, none is computed anew."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gazeapp.errors import UnreadableTable
from trainer.plots_people import embedding_map, example_maps
from trainer.plots_scores import has_curve, score_curves, scores
from trainer.plots_style import new_figure
from trainer.results import read_results
from trainer.runs import read_metrics, read_settings
from trainer.tasks.category_weights_plot import has_weights, weight_history

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Json = dict[str, Any]  # Any: JSON values
EMBEDDINGS, EXAMPLES = "embeddings.npz", "examples.npz"
"""Written beside results by `evaluate --pictures`."""
_SMOOTH = 0.05
"""Share of a run over which its curve is averaged; single batches scatter."""


def draw(sources: Sequence[Path], out: Path) -> list[Path]:
    """Draw every figure that the sources allow.

    Args:
        sources: RESULTS (folder or file) and RUN folders.
        out: Folder for the PNG files.

    Returns:
        The files written.

    Raises:
        UnreadableTable: A source that is neither.
    """
    import matplotlib

    matplotlib.use("Agg")
    out.mkdir(parents=True, exist_ok=True)
    written = []
    runs = [source for source in sources if (source / "run.json").is_file()]
    if len(runs) > 1:
        compared_curves(runs).savefig(out / "training-compared.png", dpi=150)
        written.append(out / "training-compared.png")
    for source in sources:
        if (source / "run.json").is_file():
            if has_weights(source):
                figure, name = weight_history(source), f"{source.name}-weights.png"
            else:
                figure, name = training_curves(source), f"{source.name}-training.png"
        else:
            document = read_results(source)
            stem = source.stem if source.is_file() else source.name
            if has_curve(document):
                written.append(_save(score_curves(document), out / f"{stem}-m-curve.png"))
            for name, draw_people in ((EMBEDDINGS, embedding_map), (EXAMPLES, example_maps)):
                if (source / name).is_file():
                    picture = f"{stem}-{name.removesuffix('.npz')}.png"
                    written.append(_save(draw_people(source / name), out / picture))
            if document["protocol"] == "identification":
                figure, name = identification_curve(document), f"{stem}-identification.png"
            elif document["summary"]:
                figure, name = scores(document), f"{stem}-scores.png"
            else:
                raise UnreadableTable(f"{source}: its rows have no figure")
        written.append(_save(figure, out / name))
    return written


def _save(figure: Figure, path: Path) -> Path:
    figure.savefig(path, dpi=150)
    return path


def training_curves(run: Path) -> Figure:
    """Every logged quantity of a run against its steps: each batch faintly, the running mean on top."""
    import numpy as np

    rows = read_metrics(run)
    if not rows:
        raise UnreadableTable(f"{run}: nothing was logged yet; train it first")
    names = list(dict.fromkeys(name for row in rows for name in row if name != "step"))
    figure, axes = new_figure(len(names))
    for axis, name in zip(axes, names, strict=True):
        points = np.array([(row["step"], row[name]) for row in rows if name in row])
        width = max(1, round(_SMOOTH * len(points)))
        axis.plot(points[:, 0], points[:, 1], color="#2667d9", alpha=0.25, linewidth=0.8)
        mean = np.convolve(points[:, 1], np.ones(width) / width, mode="valid")
        axis.plot(points[width - 1 :, 0], mean, color="#2667d9", linewidth=1.8)
        axis.set_title(name)
        axis.set_xlabel("step")
    figure.suptitle(f"{run.name}: {read_settings(run).get('task', 'training')}")
    return figure


def compared_curves(runs: Sequence[Path]) -> Figure:
    """What several runs logged under the same name, one panel per name, running means only."""
    import numpy as np

    rows = {run: read_metrics(run) for run in runs}
    names = dict.fromkeys(name for logged in rows.values() for row in logged for name in row if name != "step")
    if not names:
        raise UnreadableTable(f"{runs[0]}: nothing was logged yet; train it first")
    figure, axes = new_figure(len(names))
    for axis, name in zip(axes, names, strict=True):
        for run, logged in rows.items():
            points = np.array([(row["step"], row[name]) for row in logged if name in row])
            if len(points):
                width = max(1, round(_SMOOTH * len(points)))
                mean = np.convolve(points[:, 1], np.ones(width) / width, mode="valid")
                axis.plot(points[width - 1 :, 0], mean, linewidth=1.5, label=run.name)
        axis.set_title(name)
        axis.set_xlabel("step")
        axis.legend(fontsize=7)
    return figure


def identification_curve(document: Json) -> Figure:
    """Precision@1 against the number of pairs, one line per model and control, with chance."""
    figure, (axis,) = new_figure(1)
    rows = document["rows"]
    for model in dict.fromkeys(row["model"] for row in rows):
        own = sorted((row for row in rows if row["model"] == model), key=lambda row: row["m"])
        m = [row["m"] for row in own]
        (line,) = axis.plot(m, [row["p_at_1"] for row in own], marker="o", label=model)
        low, high = ([row["ci95"][k] for row in own] for k in (0, 1))
        axis.fill_between(m, low, high, color=line.get_color(), alpha=0.12, linewidth=0)
    axis.axhline(rows[0]["chance"], color="#586174", linestyle=":", label="chance")
    axis.set_xscale("log", base=2)
    sizes = sorted({row["m"] for row in rows})
    axis.set_xticks(sizes, [str(m) for m in sizes])
    axis.set_ylim(0, 1.02)
    axis.set_xlabel("pairs (m)")
    axis.set_ylabel("precision@1")
    axis.legend(fontsize=7, loc="lower right")
    axis.set_title(f"{document['dataset']}: {rows[0]['n_observers']} observers")
    return figure
