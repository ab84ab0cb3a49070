"""Stored results and runs to figures; every point in them is read from the files, none is computed anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gazeapp.errors import UnreadableTable
from gazeapp.types import Json
from trainer.engine.runs import read_metrics, read_settings
from trainer.reports.plot_style import BLUE, GREY, line_style, name_outside, new_figure, size_axis
from trainer.reports.plots_gaze import average_saliency, epoch_curves
from trainer.reports.plots_people import embedding_map, example_maps
from trainer.reports.results import has_scores, read_results
from trainer.reports.statistics import band

if TYPE_CHECKING:
    from matplotlib.figure import Figure


_METRICS = ("cc", "sim", "auc", "auc_judd", "nss", "kld")
_CURVES = ("cc", "sim", "auc_judd", "nss", "kld", "remaining_0", "remaining_1.5", "supported_1.5", "covered_1.5")
_MOST_PANELS = 6


def _plain(document: Json) -> list[Json]:
    """Entries that are not of other maps, nor of single categories."""
    return [
        entry
        for entry in document["summary"]
        if entry.get("maps", "plain") == "plain" and entry.get("category", "all") == "all"
    ]


def _shown(summary: Sequence[Json], usual: Sequence[str]) -> list[str]:
    """The usual metrics that were scored; without any of them the first of the others."""
    found = list(dict.fromkeys(entry["metric"] for entry in summary))
    return [metric for metric in usual if metric in found] or found[:_MOST_PANELS]


def scores(document: Json) -> Figure:
    """Mean and 95 % interval of every model, one panel per metric; the largest m of each model, plain maps."""
    summary = _plain(document)
    metrics = _shown(summary, _METRICS)
    figure, axes = new_figure(len(metrics), size=(4.2, 4.2))
    for axis, metric in zip(axes, metrics, strict=True):
        best: dict[str, Json] = {}
        for entry in summary:
            known = best.get(entry["model"])
            if entry["metric"] == metric and (known is None or entry.get("m", 0) > known.get("m", 0)):
                best[entry["model"]] = entry
        models = list(best)[::-1]
        for y, model in enumerate(models):
            entry = best[model]
            colour = GREY if "wrong" in model or "mean_user" in model else BLUE
            bounds = [bound for bound in entry.get("ci95", ()) if bound is not None]
            axis.plot(bounds, [y] * len(bounds), color=colour, linewidth=1.5)
            axis.plot(entry["mean"], y, "o", color=colour, markersize=4)
        axis.set_yticks(range(len(models)), models, fontsize=6)
        axis.set_title(_title(metric), fontsize=9)
    figure.suptitle(f"{document['dataset']}, {document['protocol']}")
    return figure


def sweep(document: Json) -> tuple[str, dict[str, list[tuple[float, Json]]]] | None:
    """Label of the axis, and metric to (place, entry), of results whose models are points of one curve; else None."""
    if document["protocol"] not in ("consistency", "repeats"):
        return None
    label = "sigma (degrees)" if document["protocol"] == "consistency" else "viewings before one more"
    curves: dict[str, list[tuple[float, Json]]] = defaultdict(list)
    for entry in document["summary"]:
        place = float(entry["model"].split()[-2]) if document["protocol"] == "consistency" else float(entry["m"])
        curves[entry["metric"]].append((place, entry))
    return label, {metric: sorted(curve, key=lambda point: point[0]) for metric, curve in curves.items()}


def sweep_curves(document: Json) -> Figure:
    """One panel per metric: the mean over observers, and its 95 % interval as a band."""
    found = sweep(document)
    assert found is not None
    label, curves = found
    figure, axes = new_figure(len(curves))
    for axis, (metric, curve) in zip(axes, curves.items(), strict=True):
        at = [place for place, _ in curve]
        axis.plot(at, [entry["mean"] for _, entry in curve], color=BLUE)
        low, high = band([entry["ci95"] for _, entry in curve])
        axis.fill_between(at, low, high, color=BLUE, alpha=0.15, linewidth=0)
        axis.set_xticks(at, [f"{place:g}" for place in at])
        axis.set_xlabel(label)
        axis.set_title(_title(metric), fontsize=9)
    figure.suptitle(f"{document['dataset']}, {document['protocol']}")
    return figure


def has_curve(document: Json) -> bool:
    """Whether some model was scored with several numbers of pairs."""
    return len({entry["m"] for entry in document["summary"] if entry.get("m")}) > 1


def score_curves(document: Json) -> Figure:
    """Every metric against the number of pairs; models that need none are dashed lines."""
    summary = _plain(document)
    metrics = _shown(summary, _CURVES)
    sizes = sorted({entry["m"] for entry in summary if entry["m"]})
    learning = dict.fromkeys(entry["model"] for entry in summary if entry["m"])
    figure, axes = new_figure(len(metrics))
    for axis, metric in zip(axes, metrics, strict=True):
        for k, model in enumerate(learning):
            own = [e for e in summary if (e["model"], e["metric"]) == (model, metric) and e["m"]]
            own.sort(key=lambda entry: entry["m"])
            style = line_style(k) | ({"linestyle": ":"} if "wrong" in model else {})
            axis.plot([e["m"] for e in own], [e["mean"] for e in own], marker="o", markersize=3, label=model, **style)
        for entry in summary:
            if (entry["model"], entry["metric"]) == ("usm", metric):
                axis.axhline(entry["mean"], color=GREY, linestyle="--", label="usm")
        size_axis(axis, sizes, "sessions" if document["protocol"].startswith("gaze") else "pairs (m)")
        axis.set_title(_title(metric), fontsize=9)
    name_outside(figure, axes[0])
    figure.suptitle(f"{document['dataset']}, {document['protocol']}")
    return figure


def _title(metric: str) -> str:
    return metric + (" (lower is better)" if metric == "kld" else "")


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
    name_outside(figure, axes[0])
    mixture = read_settings(run).get("config", {}).get("mixture", "")
    figure.suptitle(f"{run.name}: weight of each backbone ({mixture})", fontsize=10)
    return figure


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
            if not (document["protocol"] == "identification" or has_scores(document)):
                raise UnreadableTable(f"{source}: its rows have no figure")
            stem = source.stem if source.is_file() else source.name
            if sweep(document) is not None:
                written.append(_save(sweep_curves(document), out / f"{stem}-curve.png"))
                continue
            if has_curve(document):
                written.append(_save(score_curves(document), out / f"{stem}-m-curve.png"))
            for name, draw_people in ((EMBEDDINGS, embedding_map), (EXAMPLES, example_maps)):
                if (source / name).is_file():
                    picture = f"{stem}-{name.removesuffix('.npz')}.png"
                    written.append(_save(draw_people(source / name), out / picture))
            if document.get("epochs"):
                written.append(_save(epoch_curves(document), out / f"{stem}-epochs.png"))
            if document.get("average_saliency"):
                written.append(_save(average_saliency(document), out / f"{stem}-average-saliency.png"))
            if document["protocol"] == "identification":
                figure, name = identification_curve(document), f"{stem}-identification.png"
            else:
                figure, name = scores(document), f"{stem}-scores.png"
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
    widest = max(axes, key=lambda axis: len(axis.get_lines()))
    name_outside(figure, widest)
    return figure


def identification_curve(document: Json) -> Figure:
    """Precision@1 against the number of pairs, one line per model and control, with chance."""
    figure, (axis,) = new_figure(1, size=(6.4, 3.8))
    rows = document["rows"]
    for k, model in enumerate(dict.fromkeys(row["model"] for row in rows)):
        own = sorted((row for row in rows if row["model"] == model), key=lambda row: row["m"])
        m = [row["m"] for row in own]
        (line,) = axis.plot(m, [row["p_at_1"] for row in own], label=model, **line_style(k))
        low, high = band([row["ci95"] for row in own])
        axis.fill_between(m, low, high, color=line.get_color(), alpha=0.12, linewidth=0)
    axis.axhline(rows[0]["chance"], color="#586174", linestyle=":", label="chance")
    size_axis(axis, sorted({row["m"] for row in rows}))
    axis.set_ylim(0, 1.02)
    axis.set_ylabel("precision@1")
    name_outside(figure, axis)
    axis.set_title(f"{document['dataset']}: {rows[0]['n_observers']} observers")
    return figure
