"""The report's own setting of the category weights: its three iterations, and ours in the place of the second.

128 channels in the fixation selection, no warm-up, batches of 2, of the images 64 % to learn, 16 % for the plateaus and
20 % to score; five folds of three seeds. Each seed of each fold is a part of its own, so that the page tells of those
that were run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from gazeapp.types import Json
from trainer.data.dataset import open_data
from trainer.engine.runs import read_metrics
from trainer.reports.plots import weight_history
from trainer.reports.plots_categories import category_maps
from trainer.reports.results import read_results
from trainer.reproduction.page import MISSING, Page, Table, number
from trainer.reproduction.parts import Part, Workplace, command
from trainer.reproduction.published import ACW_ITERATIONS

_FOLDS, _SEEDS = 5, 3
_ITERATIONS = {
    "1": ("iteration 1: plain", ("mixture=plain", "bicubic=false")),
    "2": ("iteration 2: weights by category", ("mixture=report", "bicubic=false")),
    "3": ("iteration 3: bicubic steps, too", ("mixture=report",)),
    "log": ("iteration 3, log maps times weights", ("mixture=report-log",)),
    "ours": ("iteration 2, ours: a mixture", ("mixture=category", "bicubic=false")),
}
"""Part of a run's name → its title, and what is set."""
_QUICK = ("2", "3")
_WITH_WEIGHTS = ("3", "log", "ours")
_METRICS = ("ig", "ll", "auc", "nss", "cc", "kld", "sim", "log_mass")
_MAPS, _PICTURES = "report-maps", "maps.npz"


def parts_of(place: Workplace, on: Sequence[str | Path], *, needs: tuple[str, ...]) -> list[Part]:
    """A training with its scores for every seed, fold and iteration, and maps of the first.

    Args:
        place: Where.
        on: Options that name the backbones.
        needs: Parts that make these.
    """
    members = [(seed, fold) for seed in range(_SEEDS) for fold in range(_FOLDS)]
    keys = _QUICK if place.is_quick else tuple(_ITERATIONS)
    parts = [
        Part(
            name=_name(key, seed, fold),
            title=f"{_ITERATIONS[key][0]}, seed {seed}, fold {fold}",
            make=partial(_iteration, place, on, key, seed, fold),
            needs=needs,
            chain=f"report-{seed}-{fold}",
        )
        for seed, fold in (members[:1] if place.is_quick else members)
        for key in keys
    ]
    first = tuple(_name(key, 0, 0) for key in keys)
    make = partial(_maps, place, keys)
    return [*parts, Part(name=_MAPS, title="maps of the iterations", make=make, needs=first, chain="report-0-0")]


def _name(key: str, seed: int, fold: int) -> str:
    return f"report-{seed}-{fold}-{key}"


def _iteration(place: Workplace, on: Sequence[str | Path], key: str, seed: int, fold: int) -> Json:
    name = _name(key, seed, fold)
    settings = [*_ITERATIONS[key][1], "seeds=1", f"fold={fold}", *(["epochs=1"] if place.is_quick else [])]
    command(
        *("train", "universal", "-o", place.run(name), "--resume", "--device", "cpu", "--preset", "report"),
        *("--data", place.data[0], "--seed", str(place.seed + seed)),
        *on,
        *(f"--set={setting}" for setting in settings),
    )
    data = ("--data", place.data[0], "--seed", str(place.seed))
    command("categories", place.run(name), *data, "-o", place.part(name))
    epochs = [row["epoch"] for row in read_metrics(place.run(name)) if "epoch" in row]
    return {"epochs": int(max(epochs, default=0))}


def _maps(place: Workplace, keys: Sequence[str]) -> Json:
    from trainer.data.tensors import TensorDataset
    from trainer.evaluation.category_pictures import write_pictures

    runs = {_ITERATIONS[key][0]: place.run(_name(key, 0, 0)) for key in keys}
    write_pictures(runs, TensorDataset(open_data(place.data[0])), place.part(_MAPS) / _PICTURES)
    return {}


def show(place: Workplace, page: Page) -> None:
    """The iterations beside the printed ones, the weights over the epochs, and maps."""
    rows, n_members = [], 0
    for key, (title, _) in _ITERATIONS.items():
        names = [_name(key, seed, fold) for seed in range(_SEEDS) for fold in range(_FOLDS)]
        done = [name for name in names if place.is_done(name)]
        n_members = max(n_members, len(done))
        means = _means(place, done)
        for given in ("",) if key == "1" else ("right", "wrong"):
            own = means.get(given, {})
            loss = None if "claimed_ll" not in own else -own["claimed_ll"]
            cells = [number(loss), *(number(own.get(metric)) for metric in _METRICS)]
            epochs = f"{own['epochs']:.0f}" if own else MISSING
            rows.append((", ".join(filter(None, (title, given))), *cells, epochs))
        if key.isdigit():
            *scores, n = (f"{value:g}" for value in ACW_ITERATIONS[int(key) - 1])
            rows.append((f"*printed: iteration {key}*", *scores, *("–",) * 4, n))
    page.tables.append(
        Table(
            name="iterations",
            title="The report's iterations in its own setting (table 1)",
            header=("iteration", "loss", "IG", "LL", "AUC", "NSS", "CC", "KLD", "SIM", "log of the sum", "epochs"),
            rows=rows,
            differs=(
                f"At most {n_members} of {_SEEDS} seeds × {_FOLDS} folds were run.",
                "Loss: as the formulation has it, of maps that need not sum to 1. The other scores are of the map "
                "brought to sum 1; the log of its sum before that says how far from a density it was.",
            ),
        )
    )
    for key in _WITH_WEIGHTS:
        run = place.run(_name(key, 0, 0))
        if place.is_done(run.name) and run.is_dir():
            caption = f"Weights of the backbones, {_ITERATIONS[key][0]}"
            page.draw(place.folder, f"weights-report-{key}", caption, weight_history(run))
    pictures = place.part(_MAPS) / _PICTURES
    if place.is_done(_MAPS) and pictures.is_file():
        caption = "Maps of the iterations, with the right and with a wrong category (figures 5 and 10)"
        page.draw(place.folder, "maps", caption, category_maps(pictures))


def _means(place: Workplace, parts: Sequence[str]) -> dict[str, dict[str, float]]:
    """Category that was given → metric → mean over the parts."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for name in parts:
        for entry in read_results(place.part(name))["summary"]:
            if entry["category"] == "all" and not entry["model"].endswith(" alone"):
                found[entry["model"].partition(", ")[2]][entry["metric"]].append(entry["mean"])
        for own in found.values():
            own["epochs"].append(float((place.facts(name) or {})["epochs"]))
    return {given: {key: sum(v) / len(v) for key, v in own.items()} for given, own in found.items()}
