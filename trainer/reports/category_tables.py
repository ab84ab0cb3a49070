"""Stored scores by category as Markdown tables."""

from __future__ import annotations

from gazeapp.types import Json
from trainer.evaluation.category_weights import METRICS
from trainer.reports.markdown import markdown_table

_TITLES = {"ig": "IG", "ll": "LL", "auc": "AUC", "sauc": "sAUC", "nss": "NSS", "cc": "CC", "kld": "KLD", "sim": "SIM"}
_ALL = "all"


def format_categories(document: Json) -> str:
    """All tables of one document, each with its caption."""
    blocks = [_facts(document), _models(document), _differences(document), _lost_mass(document)]
    mixtures = dict.fromkeys(entry["mixture"] for entry in document["weights"])
    blocks.append(_alone(document))
    ours = [mixture for mixture in mixtures if not mixture.startswith("report")]
    blocks += [_weights(document, mixture) for mixture in ours]
    for model in ("plain", *(f"{mixture}, {given}" for mixture in ours for given in ("right", "wrong", "predicted"))):
        blocks.append(_by_category(document, model))
    return "\n\n".join(block for block in blocks if block)


def _facts(document: Json) -> str:
    meta = document["meta"]
    members = "; ".join(
        f"{name} {count['folds']} folds × {count['seeds']} seeds" for name, count in meta["members"].items()
    )
    accuracy = meta["accuracy"]
    told = f" The classifier names the right category of {accuracy:.0%} of them." if accuracy is not None else ""
    return (
        f"{meta['n_images']} held-out images of {meta['n_photographs']} photographs, σ = {meta['sigma_deg']:g}°, maps "
        f"of "
        f"{meta['resolution']} cells, seed {meta['seed']}; members: {members}. IG in bit per fixation over the centre "
        f"bias "
        f"of each member's training images; LL in nats per fixation and map cell.{told}"
    )


def _models(document: Json) -> str:
    found = _entries(document, _ALL)
    models = [model for model in found if not model.endswith(" alone")]
    return _table(
        "**All categories**",
        ["model", *_TITLES.values()],
        [[model, *(_number(found[model], metric) for metric in METRICS)] for model in models],
    )


def _differences(document: Json) -> str:
    lines = []
    for entry in document["summary"]:
        if entry["category"] != _ALL or entry["metric"] not in ("ig", "cc"):
            continue
        if not entry["model"].endswith(("right", "predicted")):
            continue
        for key, value in entry.items():
            if key.startswith("vs "):
                low, high = value["ci95"]
                lines.append(
                    [
                        entry["model"],
                        key.removeprefix("vs "),
                        _TITLES[entry["metric"]],
                        f"{value['delta']:+.4f}",
                        f"{low:+.4f} to {high:+.4f}",
                        f"{value['n_better']}/{value['n']}",
                        f"{value['p']:.2g}",
                    ]
                )
    header = ["model", "minus", "metric", "difference", "95 % interval", "photographs better", "p"]
    return _table("**Differences, paired by photograph** (Wilcoxon, p as it is for each row)", header, lines)


def _lost_mass(document: Json) -> str:
    import math

    found = _entries(document, _ALL)
    lines = [
        [
            model,
            f"{found[model]['claimed_ll']:.3f}",
            f"{found[model]['ll']:.3f}",
            f"{found[model]['log_mass'] / math.log(10):.3f}",
        ]
        for model in found
        if not model.endswith(" alone")
    ]
    header = [
        "model",
        "log likelihood as its loss has it",
        "of the map brought to sum 1",
        "log10 of the map's sum",
    ]
    return _table("**What is lost when a map is no density** (0 is a density)", header, lines)


def _alone(document: Json) -> str:
    by_category = {category: _entries(document, category) for category in _categories(document)}
    models = [
        m
        for m in next(iter(by_category.values()))
        if m.endswith(" alone") or m == "plain" or (m.startswith("category") and m.endswith(", right"))
    ]
    lines = [
        [category, *(_number(found.get(model, {}), "ig") for model in models)]
        for category, found in by_category.items()
    ]
    return _table("**IG of each backbone by itself, and mixed**", ["category", *models], lines)


def _weights(document: Json, mixture: str) -> str:
    own = [entry for entry in document["weights"] if entry["mixture"] == mixture]
    backbones = list(dict.fromkeys(entry["backbone"] for entry in own))
    cell = {(e["category"], e["backbone"]): f"{e['weight']:.2f} ± {e['deviation']:.2f}" for e in own}
    lines = [
        [category, *(cell[category, backbone] for backbone in backbones)]
        for category in dict.fromkeys(entry["category"] for entry in own)
    ]
    title = f"**Learnt weights: {mixture}**, mean and deviation over members"
    return _table(title, ["category", *backbones], lines)


def _by_category(document: Json, model: str) -> str:
    lines = []
    for category in _categories(document):
        found = _entries(document, category).get(model)
        if found:
            lines.append([category, *(_number(found, metric) for metric in METRICS)])
    return _table(f"**By category: {model}**", ["category", *_TITLES.values()], lines)


def _entries(document: Json, category: str) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for entry in document["summary"]:
        if entry["category"] == category:
            found.setdefault(entry["model"], {})[entry["metric"]] = entry["mean"]
    return found


def _categories(document: Json) -> list[str]:
    return sorted({entry["category"] for entry in document["summary"]} - {_ALL})


def _number(found: dict[str, float], metric: str) -> str:
    return f"{found[metric]:.3f}" if metric in found else ""


def _table(title: str, header: list[str], lines: list[list[str]]) -> str:
    if not lines:
        return ""
    return f"{title}\n\n{markdown_table(header, lines)}"
