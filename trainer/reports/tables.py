"""Tables of stored results, one shape for each kind of evaluation, as Markdown, CSV, LaTeX or JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gazeapp.types import Json
from trainer.reports.beside import beside
from trainer.reports.markdown import markdown_table
from trainer.reports.tables_gaze import PROTOCOLS

Table = list[list[str]]

_WORDS = {
    "before": "before",
    "map": "map loss",
    "map_outliers": "map loss, outliers dropped",
    "squared": "squared",
    "squared_outliers": "squared, outliers dropped",
    "points": "calibration points alone",
    "map_points": "map loss and points, outliers dropped",
}


def gaze(document: Json) -> Table:
    """Mean and standard deviation over people, cm; in brackets the change in per cent, and for how many it is
    better.
    """
    summary = {(entry["model"], entry["m"]): entry for entry in document["summary"]}
    sessions = sorted({m for _, m in summary if m})
    table = [["personalised by", *(f"{m} session{'s' if m > 1 else ''}" for m in sessions)]]
    for model in dict.fromkeys(model for model, _ in summary):
        cells = []
        for m in sessions:
            entry = summary.get((model, m)) or summary.get((model, 0))
            if entry is None:
                cells.append("")
                continue
            text = f"{entry['mean']:.2f} ± {entry['sd']:.2f}"
            if "vs" in entry:
                n_people = document["meta"]["n_people"]
                text += f" ({entry['vs']['share']:+.0%}, {entry['vs']['n_better']}/{n_people})"
            cells.append(text)
        table.append([_WORDS.get(model, model), *cells])
    return table


_SCORES = ("cc", "sim", "auc", "auc_judd", "nss", "kld", "sauc", "ig")
_PAPER = {"cc": "CC", "sim": "SIM", "auc_judd": "AUC", "nss": "NSS", "kld": "KLD"}
"""Published tables call AUC-Judd AUC."""
_EVIDENCE = {
    "cllr": "Cllr, bit",
    "cllr_least": "least Cllr",
    "ece": "ECE",
    "error": "wrong side of even",
    "two_called_one": "two called one, 9:1",
    "one_called_two": "one called two, 9:1",
    "named_wrong": "named wrong",
    "named_wrong_said": "said",
    "within_50": "in 50 %",
    "within_80": "in 80 %",
    "within_95": "in 95 %",
    "variance": "variance",
}
_PREFERENCES = {"r": "r", "gain": "gain", "deviation": "deviation", "within_95": "in 95 %"}
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


def evidence(document: Json, words: Mapping[str, str]) -> Table:
    """Metrics of each model in columns, numbers of pairs in rows; `words` names the columns."""
    table = [["", "m", *words.values()]]
    values = {(row["model"], row["m"], row["metric"]): row["value"] for row in document["rows"]}
    for model, m in dict.fromkeys((row["model"], row["m"]) for row in document["rows"]):
        if model.startswith("caution "):  # a factor that was tried: for `analyse constants`
            continue
        cells = [values.get((model, m, metric)) for metric in words]
        table.append([model, str(m), *("" if value is None else f"{value:.2f}" for value in cells)])
    return table


def constants(document: Json) -> Table:
    """What people of other folds choose for each constant, what that is worth on those of this one, what all choose."""
    values = {(row["model"], row["m"], row["metric"]): row["value"] for row in document["rows"]}
    return [
        ["constant", "fold", "other folds choose", "Cllr or variance with it here", "all folds choose"],
        *(
            [name, str(fold), *(f"{values[name, fold, key]:.3g}" for key in ("others_choose", "worth", "all_choose"))]
            for name, fold in dict.fromkeys((row["model"], row["m"]) for row in document["rows"])
        ),
    ]


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


_UNIVERSAL_SCORES = ("cc", "sim", "kld", "nss", "auc", "auc_judd", "sauc", "ig")


def is_universal(document: Json) -> bool:
    """Whether a document came from scoring universal models alone."""
    return "ig_positive_share" in document["meta"]


def universal(document: Json) -> Table:
    """Mean of every metric over the images, and the share of images on which the model beats the baseline."""
    means: dict[str, dict[str, float]] = {}
    for entry in document["summary"]:
        means.setdefault(entry["model"], {})[entry["metric"]] = entry["mean"]
    share = document["meta"]["ig_positive_share"]
    return [
        ["model", *_UNIVERSAL_SCORES, "ig > 0 on"],
        *(
            [model, *(f"{of[metric]:.3f}" for metric in _UNIVERSAL_SCORES), f"{share[model]:.0%}"]
            for model, of in means.items()
        ),
    ]


def speed(document: Json) -> Table:
    """Milliseconds elapsed (of processor time in brackets) and memory: one row a model, sizes and threads across."""
    rows = document["rows"]
    cases = list(dict.fromkeys((row["size"], row["threads"]) for row in rows))
    found = {(row["model"], row["size"], row["threads"]): row for row in rows}
    header = [f"{size}, {n} thread{'s' if n > 1 else ''}" for size, n in cases]
    table = [["model", *header, "peak memory"]]
    for model in dict.fromkeys(row["model"] for row in rows):
        cells = []
        for size, n_threads in cases:
            row = found.get((model, size, n_threads))
            text = "" if row is None else f"{row['elapsed_ms']:.4g} ({row['processor_ms']:.4g})"
            cells.append(text)
        peak = max(row["peak_mb"] for row in rows if row["model"] == model)
        table.append([model, *cells, f"{peak} MB"])
    return table


def format_table(
    documents: Sequence[Json],
    style: str,
    shape: str = "scores",
    m: int | None = None,
    former: Sequence[Json] = (),
) -> str:
    """One table per document.

    Args:
        documents: From `results.read_results`.
        style: md, csv, latex or json.
        shape: One of `tables_shapes.SHAPES`, or "curve"; identification has only that and one of its own.
        m: Just this number of pairs, and rows that need none; None shows all.
        former: One for each document, whose figures stand in brackets beside; none without.
    """
    tables = [table_rows(document, shape, m) for document in documents]
    if former:
        before = [table_rows(document, shape, m) for document in former]
        tables = [beside(today, earlier) for today, earlier in zip(tables, before, strict=True)]
    if style == "json":
        return json.dumps(tables, indent=1)
    blocks = []
    for document, (header, *rows) in zip(documents, tables, strict=True):
        if style == "csv":
            buffer = io.StringIO()
            csv.writer(buffer, lineterminator="\n").writerows([header, *rows])
            blocks.append(buffer.getvalue().rstrip("\n"))
        elif style == "latex":
            lines = [" & ".join(row).replace("_", r"\_").replace("%", r"\%") + r" \\" for row in [header, *rows]]
            body = "\n".join([lines[0], r"\hline", *lines[1:]])
            blocks.append(f"\\begin{{tabular}}{{{'l' * len(header)}}}\n{body}\n\\end{{tabular}}")
        else:
            blocks.append(f"{caption(document)}\n\n{markdown_table(header, rows)}")
    return "\n\n".join(blocks)


_ADDED = ("0", "0.5", "1", "1.5", "3")


def recalibration(document: Json) -> Table:
    """Degrees left of added shifts, median and 90 % of people; how often supported; how often the interval holds it."""
    found = {(e["model"], e["m"], e["metric"]): e for e in document["summary"]}
    table = [["method", "m", *(f"left of {d}°" for d in _ADDED), "since, 1.5°", "supported", "held", "followed"]]
    for model, m in dict.fromkeys((model, m) for model, m, _ in found):
        left = [found[model, m, f"remaining_{d}"] for d in _ADDED]
        row = [model, str(m), *(f"{e['mean']:.2f} / {e['p90']:.2f}" for e in left)]
        row.append(f"{found[model, m, 'since_1.5']['mean']:.2f}")
        for name in ("supported", "covered", "followed"):
            each = [found.get((model, m, f"{name}_{d}")) for d in _ADDED]
            row.append(" ".join(f"{e['mean']:.2f}" for e in each if e is not None))
        table.append(row)
    for error in ("none", "stretch", "turn", "drift"):
        for (model, m, metric), entry in found.items():
            if metric == f"before_{error}":
                after = found[model, m, f"after_{error}"]["mean"]
                said = [
                    f"{name.removeprefix('supported_')} {e['mean']:.2f}"
                    for (_, size, name), e in found.items()
                    if size == m and name.startswith(f"supported_{error}")
                ]
                cells = [f"{error}: {entry['mean']:.2f} before", f"{after:.2f} after", *said]
                table.append([model, str(m), *cells, *[""] * (len(table[0]) - 2 - len(cells))])
    return table


def table_rows(document: Json, shape: str = "scores", m: int | None = None) -> list[list[str]]:
    """Header and rows as text."""
    if document["protocol"] == "identification":
        return identification_curve(document) if shape == CURVE else identification(document)
    if document["protocol"] in ("evidence", "preferences"):
        return evidence(document, _EVIDENCE if document["protocol"] == "evidence" else _PREFERENCES)
    if document["protocol"] == "constants":
        return constants(document)
    if document["protocol"] == "interest":
        return interest(document)
    if document["protocol"] == "gaze":
        return gaze(document)
    if document["protocol"] in PROTOCOLS:
        return PROTOCOLS[document["protocol"]](document)
    if document["protocol"] == "speed":
        return speed(document)
    if document["protocol"] == "recalibration":
        return recalibration(document)
    if is_universal(document):
        return universal(document)
    if m is not None:
        kept = [entry for entry in document["summary"] if entry["m"] in (0, m)]
        document = {**document, "summary": kept}
    return SHAPES["scores" if shape == CURVE else shape](document)


def caption(document: Json) -> str:
    """What a table is of, in one line: data, protocol, sizes, blur, seed, weights."""
    meta = document["meta"]
    facts = [
        f"{key} {value:.10}" if key.endswith("sha256") else f"{key} {value}"
        for key, value in meta.items()
        if not isinstance(value, dict | list) and value != ""
    ]
    if weights := meta.get("checkpoints"):
        facts.append("weights " + " ".join(str(sha)[:8] for sha in weights))
    return f"**{document['dataset']}, {document['protocol']}** ({', '.join(facts)})"
