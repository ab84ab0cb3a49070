"""What a table shows of a results document: header and rows as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Json = dict[str, Any]  # Any: JSON values
Table = list[list[str]]

_SCORES = ("cc", "sim", "auc", "auc_judd", "nss", "kld", "sauc", "ig")
_PAPER = {"cc": "CC", "sim": "SIM", "auc_judd": "AUC", "nss": "NSS", "kld": "KLD"}
"""Published tables call AUC-Judd AUC."""
_ORDER = (
    "centre",
    "usm_self_inclusive",
    "usm",
    "finetuned_usm",
    "unconditioned",
    "spatial_prior",
    "ridge",
    "multicnn",
    "multicnn_oracle",
    "multicnn_support",
    "multitask",
    "multitask_oracle",
    "multitask_support",
    "multitask_adapted",
    "personal_paper",
    "personal_single",
    "personal_best",
)


def scores(document: Json) -> Table:
    """Means of every metric, each with its difference to the universal map and how many observers gain."""
    names = [n for n in _SCORES if any(e["metric"] == n for e in document["summary"])]
    table = [["model", "usm", "m", "maps", *names]]
    for (model, usm, m, maps), entries in _grouped(document).items():
        cells = [_with_difference(entries.get(name)) for name in names]
        table.append([model, usm, str(m or ""), maps, *cells])
    return table


def paper(document: Json) -> Table:
    """The published shape: CC, SIM, AUC (Judd), NSS, KLD; controls below the rows they belong to."""
    table = [["model", "usm", "m", "maps", *_PAPER.values()]]
    for (model, usm, m, maps), entries in sorted(_grouped(document).items(), key=_place):
        cells = [_mean(entries.get(name)) for name in _PAPER]
        table.append([model, usm, str(m or ""), maps, *cells])
    return table


def intervals(document: Json) -> Table:
    """The published shape with 95 % intervals over observers and images."""
    table = [["model", "usm", "m", "maps", *_PAPER.values()]]
    for (model, usm, m, maps), entries in sorted(_grouped(document).items(), key=_place):
        cells = [_with_interval(entries.get(name)) for name in _PAPER]
        table.append([model, usm, str(m or ""), maps, *cells])
    return table


def tests(document: Json) -> Table:
    """Differences between a row and what it is compared with, observers who gain, and Holm-corrected p."""
    table = [["model", "minus", "usm", "m", "maps", "observers", *_PAPER.values()]]
    for (model, usm, m, maps), entries in sorted(_grouped(document).items(), key=_place):
        for key in dict.fromkeys(k for e in entries.values() for k in e if k.startswith("vs")):
            found = {name: entry[key] for name, entry in entries.items() if key in entry}
            if not found:
                continue
            first = next(iter(found.values()))
            cells = [_with_p(found.get(name)) for name in _PAPER]
            head = [model, first["model"], usm, str(m or ""), maps, str(first["n_observers"])]
            table.append([*head, *cells])
    return table


def identification(document: Json) -> Table:
    """Precision at 1 of every model and number of pairs."""
    interval = document["meta"].get("interval", "95 % interval")
    header = ["model", "m", "precision@1", interval, "observers", "chance"]
    return [
        header,
        *(
            [
                row["model"],
                str(row["m"]),
                f"{row['p_at_1']:.3f}",
                f"{row['ci95'][0]:.3f}–{row['ci95'][1]:.3f}",
                str(row["n_observers"]),
                f"{row['chance']:.3f}",
            ]
            for row in document["rows"]
        ),
    ]


def identification_curve(document: Json) -> Table:
    """Precision at 1 against the number of pairs, one model a row."""
    sizes = sorted({row["m"] for row in document["rows"]})
    models = dict.fromkeys(row["model"] for row in document["rows"])
    found = {(row["model"], row["m"]): f"{row['p_at_1']:.3f}" for row in document["rows"]}
    header = ["precision@1", *(f"m = {m}" for m in sizes)]
    return [header, *([model, *(found.get((model, m), "") for m in sizes)] for model in models)]


def interest(document: Json) -> Table:
    """Share of gaze on each kind of object: the mean, every observer's, and whether people differ."""
    header = [
        "object",
        "observer",
        "share of gaze",
        "95 % interval",
        "images",
        "share of area",
        "split-half r",
        "p",
    ]
    table = [header]
    for entry in document["summary"]:
        mean = ["mean", *_share(entry, entry["mean"]), f"{entry['area']:.3f}"]
        table.append([entry["model"], *mean, f"{entry['split_half_r']:.2f}", f"{entry['p']:.2g}"])
        table += [
            [entry["model"], row["observer"], *_share(row, row["value"]), "", "", ""]
            for row in document["rows"]
            if row["model"] == entry["model"]
        ]
    return table


def _share(entry: Json, value: float) -> list[str]:
    low, high = entry["ci95"]
    return [f"{value:.3f}", f"{low:.3f}–{high:.3f}", str(entry["n_images"])]


SHAPES: dict[str, Callable[[Json], Table]] = {
    "scores": scores,
    "paper": paper,
    "intervals": intervals,
    "tests": tests,
}
CURVE = "curve"
"""The shape of identification that has the numbers of pairs side by side."""

Key = tuple[str, str, int, str]


def _grouped(document: Json) -> dict[Key, dict[str, Json]]:
    found: dict[Key, dict[str, Json]] = {}
    for entry in document["summary"]:
        key = (entry["model"], entry["usm"], entry["m"], entry.get("maps", "plain"))
        found.setdefault(key, {})[entry["metric"]] = entry
    return found


def _place(item: tuple[Key, Any]) -> tuple[str, str, int, str, int]:
    """Plain maps first, then by the order of the rows, controls after their row."""
    model, usm, m, maps = item[0]
    stem = "personal_best" if model in ("personal_mean_user", "personal_wrong_user") else model
    for control in ("_mean_user", "_wrong_user"):
        stem = stem.removesuffix(control)
    place = _ORDER.index(stem) if stem in _ORDER else len(_ORDER)
    return (usm, "" if maps == "plain" else maps, place, model if model != stem else "", m)


def _mean(entry: Json | None) -> str:
    return "" if entry is None or entry["mean"] is None else f"{entry['mean']:.3f}"


def _with_interval(entry: Json | None) -> str:
    if entry is None or entry["mean"] is None or entry["ci95"][0] is None:
        return _mean(entry)
    low, high = entry["ci95"]
    return f"{entry['mean']:.3f} [{low:.3f}, {high:.3f}]"


def _with_difference(entry: Json | None) -> str:
    text = _mean(entry)
    versus = entry.get("vs") if entry is not None else None
    if text and versus is not None and versus["delta"] is not None:
        text += f" ({versus['delta']:+.3f}, {versus['n_better']}/{versus['n_observers']})"
    return text


def _with_p(found: Json | None) -> str:
    if found is None or found["delta"] is None:
        return ""
    return f"{found['delta']:+.4f} ({found['n_better']}/{found['n_observers']}, p {found['p_holm']:.2g})"
