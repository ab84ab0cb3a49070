"""Figures of scores: every model with its interval, and scores against the number of pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainer.plots_style import BLUE, GREY, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Json = dict[str, Any]  # Any: JSON values
_METRICS = ("cc", "sim", "auc", "auc_judd", "nss", "kld")
_CURVES = ("cc", "sim", "auc_judd", "nss", "kld")


def scores(document: Json) -> Figure:
    """Mean and 95 % interval of every model, one panel per metric; the largest m of each model, plain maps."""
    summary = [entry for entry in document["summary"] if entry.get("maps", "plain") == "plain"]
    metrics = [metric for metric in _METRICS if any(s["metric"] == metric for s in summary)]
    figure, axes = new_figure(len(metrics), size=(4.2, 4.2))
    for axis, metric in zip(axes, metrics, strict=True):
        best: dict[str, Json] = {}
        for entry in summary:
            known = best.get(entry["model"])
            if entry["metric"] == metric and (known is None or entry["m"] > known["m"]):
                best[entry["model"]] = entry
        models = list(best)[::-1]
        for y, model in enumerate(models):
            entry = best[model]
            colour = GREY if "wrong" in model or "mean_user" in model else BLUE
            axis.plot(entry["ci95"], [y, y], color=colour, linewidth=1.5)
            axis.plot(entry["mean"], y, "o", color=colour, markersize=4)
        axis.set_yticks(range(len(models)), models, fontsize=6)
        axis.set_title(_title(metric), fontsize=9)
    figure.suptitle(f"{document['dataset']}, {document['protocol']}")
    return figure


def has_curve(document: Json) -> bool:
    """Whether some model was scored with several numbers of pairs."""
    return len({entry["m"] for entry in document["summary"] if entry["m"]}) > 1


def score_curves(document: Json) -> Figure:
    """Every metric against the number of pairs; models that need none are dashed lines."""
    summary = [entry for entry in document["summary"] if entry.get("maps", "plain") == "plain"]
    metrics = [metric for metric in _CURVES if any(s["metric"] == metric for s in summary)]
    sizes = sorted({entry["m"] for entry in summary if entry["m"]})
    learning = dict.fromkeys(entry["model"] for entry in summary if entry["m"])
    figure, axes = new_figure(len(metrics))
    for axis, metric in zip(axes, metrics, strict=True):
        for k, model in enumerate(learning):
            own = [e for e in summary if (e["model"], e["metric"]) == (model, metric) and e["m"]]
            own.sort(key=lambda entry: entry["m"])
            dotted = ":" if "wrong" in model else "-"
            axis.plot(
                [e["m"] for e in own],
                [e["mean"] for e in own],
                dotted,
                marker="o",
                markersize=3,
                color=f"C{k % 10}",
                label=model,
            )
        for entry in summary:
            if (entry["model"], entry["metric"]) == ("usm", metric):
                axis.axhline(entry["mean"], color=GREY, linestyle="--", label="usm")
        axis.set_xscale("log", base=2)
        axis.set_xticks(sizes, [str(m) for m in sizes])
        axis.set_xlabel("pairs (m)")
        axis.set_title(_title(metric), fontsize=9)
    axes[-1].legend(fontsize=6, loc="center left", bbox_to_anchor=(1.02, 0.5))
    figure.suptitle(f"{document['dataset']}, {document['protocol']}")
    return figure


def _title(metric: str) -> str:
    return metric + (" (lower is better)" if metric == "kld" else "")
