"""Strohm, Bâce, Bulling (2024), Learning user embeddings from human gaze: precision of the embeddings (Fig. 5, 6) and
personal prediction of known and new people (Tables 1 to 4) on true universal maps.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gazeapp.errors import NotEnoughData, SettingsError
from gazeapp.types import Json
from trainer.data.dataset import Dataset, open_data
from trainer.reports.plot_style import GREY, new_figure
from trainer.reports.results import merge_results, read_results
from trainer.reproduction.decisions import best_measured, decisions_of
from trainer.reproduction.folds import N_FOLDS, Fold, folds_of
from trainer.reproduction.page import MISSING, Page, Table, number, ranged
from trainer.reproduction.parts import Part, Workplace, command
from trainer.reproduction.published import PAPER_METRICS, STROHM_CLOSED, STROHM_OPEN, STROHM_PRECISION

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_VIEWS = {"pretrained": ("n_axes=32", "widths=64,128,256"), "scratch": ()}
_TRAINED_WITH = {"mixed": (), "m32": ("m=32",)}
_OPTIMIZERS = {
    "adamw": ("optimizer=adamw", "learning_rate=0.001", "schedule=cosine", "steps=3000"),
    "sgd": ("optimizer=sgd", "learning_rate=0.02", "steps=8000"),
}
_EMBEDDING_STEPS = 800
"""Of 240 embeddings each; with one core of one's own an hour from scratch, and a quarter of it on features."""
_SIZES = (4, 8, 16, 32, 48, 64)
_QUICK_EMBEDDING = ("steps=4", "batch=16", "m=1,2")
_QUICK_PERSONAL = ("steps=4", "batch=4", "widths=8,8,8", "m_min=1", "m_max=2", "pool=4")
_ROWS = {
    "usm": "true universal map",
    "multicnn": "MultiCNN",
    "multicnn_oracle": "MultiCNN (oracle)",
    "personal_paper": "personal network",
    "personal_paper_mean_user": "personal network, average person",
    "personal_paper_wrong_user": "personal network, wrong person",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bench:
    """One fold of one data set at work."""

    place: Workplace
    folder: Path
    """Of the data."""
    fold: Fold
    dataset: Dataset

    @property
    def key(self) -> str:
        return f"{self.dataset.source}-{self.fold.number}"

    @property
    def lists(self) -> dict[str, Path]:
        return self.fold.write(self.place.folder / "splits" / self.key)

    def name(self, *words: str) -> str:
        return "-".join((self.key, *words))

    def train(self, task: str, name: str, *words: str | Path) -> Path:
        """Train, or go on; returns the run."""
        run, lists = self.place.run(name), self.lists
        command(
            *("train", task, "--data", self.folder, "-o", run, "--resume"),
            *("--device", self.place.device, "--seed", str(self.place.seed)),
            *("--exclude-images", lists["left_out_images"], "--exclude-observers", lists["test_observers"]),
            *("--validation-images", lists["validation_images"]),
            *("--validation-observers", lists["validation_observers"]),
            *words,
        )
        return run


def parts_of(place: Workplace) -> list[Part]:
    """Embeddings of each kind, then personal networks on the one that is best on validation people; fold by fold.

    Raises:
        SettingsError: The same data set twice.
        NotEnoughData: Fewer observers than folds need.
    """
    found: list[Part] = []
    for bench in _benches(place):
        for view in _VIEWS:
            for m in _TRAINED_WITH:
                name = bench.name("embedding", m, view)
                title = f"{bench.key}: embedding, {_told(m)}, {_seen(view)}"
                make = partial(_embedding, bench, name, view, m)
                found.append(Part(name=name, title=title, make=make, chain=bench.key))
        ours = bench.name("embedding", "ours")
        found.append(
            Part(
                name=ours,
                title=f"{bench.key}: our own embedding",
                make=partial(_own_embedding, bench, ours),
                chain=bench.key,
            )
        )
        for optimizer in _OPTIMIZERS:
            name = bench.name("personal", optimizer)
            found.append(
                Part(
                    name=name,
                    title=f"{bench.key}: personal network, {optimizer}",
                    make=partial(_personal, bench, name, optimizer),
                    needs=(bench.name("embedding", "mixed", "pretrained"),),
                    chain=bench.key,
                )
            )
        name = bench.name("multicnn")
        found.append(
            Part(name=name, title=f"{bench.key}: MultiCNN", make=partial(_multicnn, bench, name), chain=bench.key)
        )
    return found


def _benches(place: Workplace) -> list[_Bench]:
    datasets = [open_data(folder) for folder in place.data]
    if len({dataset.source for dataset in datasets}) < len(datasets):
        raise SettingsError("reproduce: --data names a data set twice", key="data")
    found = []
    for folder, dataset in zip(place.data, datasets, strict=True):
        others = {name for other in datasets if other is not dataset for name in other.image_names}
        folds = folds_of(dataset, others, seed=place.seed)
        found += [_Bench(place=place, folder=folder, fold=fold, dataset=dataset) for fold in folds]
    # the first fold of every data set, then the second: a reproduction that is cut short has something of all
    found.sort(key=lambda bench: bench.fold.number)
    return found[:1] if place.is_quick else found


def _embedding(bench: _Bench, name: str, view: str, m: str) -> Json:
    quick = bench.place.is_quick
    settings = [f"steps={_EMBEDDING_STEPS}", *_VIEWS[view], *_TRAINED_WITH[m]]
    if quick:
        settings = [*_QUICK_EMBEDDING, "n_axes=8" if view == "pretrained" else "n_axes=0", "widths=8,8"]
        settings += ["m=2"] if m == "m32" else []
    settings, facts = bench.place.limited(settings)
    watch = ("--validate-every", "2" if quick else "50", "--patience", "8")
    run = bench.train("embedding", name, "--preset", "paper", *watch, *(f"--set={setting}" for setting in settings))
    return {**_identified(bench, name, run), **facts}


def _own_embedding(bench: _Bench, name: str) -> Json:
    watch = ("--validate-every", "2" if bench.place.is_quick else "10")
    preset = ("--preset", "tiny" if bench.place.is_quick else "best", "--set=predicted_usm=0")
    return _identified(bench, name, bench.train("embedding", name, *preset, *watch))


def _identified(bench: _Bench, name: str, run: Path) -> Json:
    """Precision at 1 of the test people on images that nobody was trained on."""
    lists, out = bench.lists, bench.place.part(name)
    command(
        *("analyse", "identification", "--data", bench.folder, "--run", run, "-o", out),
        *("--images", lists["unseen_images"], "--observers", lists["test_observers"]),
        *("--m", "1,2" if bench.place.is_quick else ",".join(map(str, _SIZES))),
        *("--draws", "5" if bench.place.is_quick else "200", "--seed", str(bench.place.seed), "--plain"),
    )
    measured = best_measured(run)
    return {"validation": None if measured is None else measured[1], "stopped_at": measured and measured[0]}


def _personal(bench: _Bench, name: str, optimizer: str) -> Json:
    place, quick = bench.place, bench.place.is_quick
    among = {}
    for view in _VIEWS:
        for m in _TRAINED_WITH:
            candidate = bench.name("embedding", m, view)
            facts = place.facts(candidate)
            if facts is not None and facts.get("validation") is not None:
                among[candidate] = float(facts["validation"])
    if not among:
        raise NotEnoughData(f"{name}: no embedding of the fold was measured on validation people")
    chosen = max(among, key=lambda candidate: among[candidate])
    settings, facts = place.limited(_QUICK_PERSONAL if quick else _OPTIMIZERS[optimizer])
    run = bench.train(
        "personal",
        name,
        *("--preset", "paper", "--embedding", place.run(chosen)),
        *("--validate-every", "2" if quick else "100", "--patience", "10"),
        *(f"--set={setting}" for setting in settings),
    )
    _evaluate(bench, name, [place.run(chosen), run])
    choice = {
        "what": f"{name}: its embedding",
        "among": among,
        "chosen": chosen,
        "observers": list(bench.fold.validation_observers),
        "tested": list(bench.fold.test_observers),
    }
    return {"choices": [choice], "stopped_at": (best_measured(run) or (None,))[0], **facts}


def _multicnn(bench: _Bench, name: str) -> Json:
    quick, run, lists = bench.place.is_quick, bench.place.run(name), bench.lists
    settings, facts = bench.place.limited(
        ("steps=2", "batch=2", "widths=8,8,8") if quick else ("steps=600", *_OPTIMIZERS["adamw"][:2])
    )
    # not validated: people and images that others are stopped by are left out all the same
    left_out = lists["left_out_images"].with_name("unseen_images.txt")
    people = lists["test_observers"].with_name("unseen_observers.txt")
    people.write_text(
        "".join(f"{entry}\n" for entry in (*bench.fold.test_observers, *bench.fold.validation_observers)),
        encoding="utf-8",
    )
    command(
        *("train", "multicnn", "--data", bench.folder, "-o", run, "--resume", "--preset", "paper"),
        *("--device", bench.place.device, "--seed", str(bench.place.seed)),
        *("--exclude-images", left_out, "--exclude-observers", people),
        *(f"--set={setting}" for setting in settings),
    )
    _evaluate(bench, name, [run])
    return facts


def _evaluate(bench: _Bench, name: str, models: Sequence[Path]) -> None:
    """Known and new people on new images; the universal map is the true one without the person."""
    lists = bench.lists
    known = lists["test_observers"].with_name("training_observers.txt")
    others = {*bench.fold.test_observers, *bench.fold.validation_observers}
    source = bench.dataset.source
    everybody = [f"{source}:{position}" for position in range(bench.dataset.n_observers)]
    known.write_text("".join(f"{entry}\n" for entry in everybody if entry not in others), encoding="utf-8")
    pictures: list[str] = [] if "multicnn" in name else ["--pictures"]
    for protocol, observers in (("closed", known), ("open", lists["test_observers"])):
        command(
            "evaluate",
            *models,
            *("--data", bench.folder, "--protocol", protocol, "--observers", observers),
            *("--images", lists["test_images"], "--m", "2" if bench.place.is_quick else "32"),
            *("--draws", "2" if bench.place.is_quick else "10", "--seed", str(bench.place.seed)),
            *("-o", bench.place.part(name) / protocol),
            *pictures,
        )


def show(place: Workplace, call: str) -> Page:
    """Tables and figures of what is done; what is not is missing."""
    page = Page(title="Strohm et al. (2024), Learning user embeddings from human gaze", command=call)
    benches = _benches(place)
    sources = list(dict.fromkeys(bench.dataset.source for bench in benches))
    for source in sources:
        own = [bench for bench in benches if bench.dataset.source == source]
        page.tables.append(_precision_table(place, source, own, page))
        for protocol, printed in (("closed", STROHM_CLOSED), ("open", STROHM_OPEN)):
            page.tables += _prediction_tables(place, source, own, protocol, printed, page)
    runs = {path.name: bench.fold.test_observers for bench in benches for path in _runs_of(place, bench)}
    choices = [
        choice
        for bench in benches
        for optimizer in _OPTIMIZERS
        for choice in (place.facts(bench.name("personal", optimizer)) or {}).get("choices", [])
    ]
    page.tables.append(decisions_of(place.folder / "runs", runs, choices))
    for bench in benches:
        drawn = place.part(bench.name("personal", "adamw")) / "open"
        for stem, caption in (
            ("embeddings", "t-SNE of 20 embeddings of each new person (Fig. 6)"),
            ("examples", "Two new people on the same images (Fig. 4)"),
        ):
            if (drawn / f"{stem}.npz").is_file():
                from trainer.reports.plots_people import embedding_map, example_maps

                draw = embedding_map if stem == "embeddings" else example_maps
                page.draw(place.folder, f"{bench.key}-{stem}", f"{bench.key}: {caption}", draw(drawn / f"{stem}.npz"))
    return page


def _runs_of(place: Workplace, bench: _Bench) -> list[Path]:
    return [path for path in (place.folder / "runs").glob(f"{bench.key}-*") if (path / "run.json").is_file()]


def _precision_table(place: Workplace, source: str, benches: list[_Bench], page: Page) -> Table:
    """Fig. 5 as a table and as a figure."""
    kinds = {f"{_told(m)}, {_seen(view)}": ("embedding", m, view) for view in _VIEWS for m in _TRAINED_WITH} | {
        "ours": ("embedding", "ours")
    }
    curves: dict[str, dict[int, list[float]]] = {}
    controls: dict[int, list[float]] = {}
    chance: list[float] = []
    for label, words in kinds.items():
        for bench in benches:
            name = bench.name(*words)
            facts = place.facts(name)
            if facts is None or "impossible" in facts:
                continue
            for row in read_results(place.part(name))["rows"]:
                chance.append(row["chance"])
                if row["model"] == "embedding":
                    curves.setdefault(label, {}).setdefault(row["m"], []).append(row["p_at_1"])
                elif row["model"] == "spatial map alone" and label == next(iter(curves), label):
                    controls.setdefault(row["m"], []).append(row["p_at_1"])
    shown = {**curves, "where they look alone, without images": controls} if controls else curves
    sizes = sorted({*(m for curve in shown.values() for m in curve), *_SIZES})
    rows = [
        (str(m), *(ranged(shown.get(label, {}).get(m, []), 2) for label in (*kinds, *(set(shown) - set(kinds)))))
        for m in sizes
    ]
    if shown:
        page.draw(
            place.folder,
            f"precision-{source}",
            f"{source}: precision at 1 against pairs (Fig. 5); bands: lowest and highest fold",
            _precision_figure(shown, sum(chance) / len(chance)),
        )
        best = {label: max(curve.items()) for label, curve in curves.items()}
        told = "; ".join(f"{label} {ranged(values, 2)} at m = {m}" for label, (m, values) in best.items())
        page.findings.append(f"{source}, precision at 1 of new people: {told}; chance {sum(chance) / len(chance):.2f}.")
    n = sorted({len(bench.fold.test_observers) for bench in benches})
    printed = ", ".join(f"{name} {value:.1%}" for name, value in STROHM_PRECISION.items())
    return Table(
        name=f"precision-{source}",
        title=f"Precision at 1 of new people, {source} (Fig. 5)",
        header=("m", *kinds, *sorted(set(shown) - set(kinds))),
        rows=rows,
        differs=(
            f"Printed at m = 64: {printed}, of 12 (ID) and 5 (PS) new people; here {'-'.join(map(str, n))} "
            f"of {source} in each fold.",
            "The paper trains on 80 people (ID) or 20 (PS); here on "
            f"{benches[0].dataset.n_observers - n[0] - len(benches[0].fold.validation_observers)}.",
            f"In brackets the lowest and the highest of {N_FOLDS} folds; a number of pairs that the unseen images do "
            "not hold twice is missing.",
        ),
    )


def _precision_figure(curves: dict[str, dict[int, list[float]]], chance: float) -> Figure:
    figure, (axis,) = new_figure(1, size=(6.4, 4.0))
    for k, (label, curve) in enumerate(curves.items()):
        m = sorted(curve)
        axis.plot(m, [float(np.mean(curve[i])) for i in m], color=f"C{k % 10}", label=label, linewidth=1.8)
        axis.fill_between(
            m, [min(curve[i]) for i in m], [max(curve[i]) for i in m], color=f"C{k % 10}", alpha=0.12, linewidth=0
        )
    axis.axhline(chance, color=GREY, linestyle=":", label="chance")
    axis.set_xscale("log", base=2)
    sizes = sorted({m for curve in curves.values() for m in curve})
    axis.set_xticks(sizes, [str(m) for m in sizes])
    axis.set_ylim(0, 1.02)
    axis.set_xlabel("pairs (m)")
    axis.set_ylabel("precision at 1")
    axis.legend(fontsize=7, loc="center left", bbox_to_anchor=(1.01, 0.5))
    return figure


def _prediction_tables(
    place: Workplace,
    source: str,
    benches: list[_Bench],
    protocol: str,
    printed: dict[str, dict[str, tuple[float, ...]]],
    page: Page,
) -> list[Table]:
    """Scores beside the printed ones, and the differences that are evidence of a person."""
    rows: list[tuple[str, ...]] = []
    evidence: list[tuple[str, ...]] = []
    trainings = {f"trained by {optimizer}": ("personal", optimizer) for optimizer in _OPTIMIZERS}
    for label, words in {**trainings, "MultiCNN": ("multicnn",)}.items():
        done = [
            place.part(bench.name(*words)) / protocol
            for bench in benches
            if (place.part(bench.name(*words)) / protocol / "results.json").is_file()
        ]
        if not done:
            rows.append((label, *(MISSING for _ in PAPER_METRICS), "0"))
            continue
        document, _scores = merge_results(done)
        label += next((cut for bench in benches if (cut := place.told_steps(bench.name(*words)))), "")
        for model in dict.fromkeys(entry["model"] for entry in document["summary"]):
            if model not in _ROWS or (model == "usm" and any(row[0] == _ROWS["usm"] for row in rows)):
                continue
            own = {e["metric"]: e for e in document["summary"] if e["model"] == model}
            name = _ROWS[model] if model == "usm" or words == ("multicnn",) else f"{_ROWS[model]}, {label}"
            rows.append(
                (
                    name,
                    *(number(own[metric]["mean"]) if metric in own else MISSING for metric in PAPER_METRICS),
                    str(len(done)),
                )
            )
            if model == "personal_paper":
                for against, key in (("universal", "vs"), ("wrong person", "vs_wrong_user")):
                    told = [_difference(own.get(metric, {}).get(key)) for metric in PAPER_METRICS]
                    evidence.append((f"{label}: right minus {against}", *told, str(document["meta"]["n_observers"])))
                    page.findings.append(
                        f"{source}, {protocol} set, {label}: right minus {against} in CC {told[0]} of "
                        f"{document['meta']['n_observers']} people."
                    )
    for data, printed_rows in printed.items():
        rows += [(f"*printed, {data}: {name}*", *map(number, values), "") for name, values in printed_rows.items()]
    kind = "known people" if protocol == "closed" else "new people"
    metrics = ("CC", "SIM", "AUC-Judd", "NSS", "KLD")
    table = Table(
        name=f"{protocol}-{source}",
        title=f"{kind.capitalize()}, new images, true universal maps, {source} (Tables 1-4)",
        header=("model", *metrics, "folds"),
        rows=rows,
        differs=(
            "The printed universal map holds the person it is judged by; ours never does, which costs .02 to .05 CC.",
            "The embedding is the best of the fold's on validation people; training stops by them.",
        ),
    )
    if not evidence:
        return [table]
    return [
        table,
        Table(
            name=f"{protocol}-{source}-evidence",
            title=f"What is the person's own, {kind}, {source}",
            header=("difference", *metrics, "people"),
            rows=evidence,
            differs=("In brackets: for how many people it is better, and Wilcoxon's p after Holm over the metrics.",),
        ),
    ]


def _difference(entry: Json | None) -> str:
    if not entry or entry.get("delta") is None:
        return MISSING
    return f"{entry['delta']:+.4f} ({entry['n_better']}/{entry['n_observers']}, p {entry['p_holm']:.2g})"


def _told(m: str) -> str:
    return "mixed m" if m == "mixed" else "m = 32"


def _seen(view: str) -> str:
    return "from scratch" if view == "scratch" else "on pretrained features"


def warn_licence(place: Workplace) -> None:
    """Say what must not leave the folder."""
    if any(open_data(folder).source == "ps" for folder in place.data):
        print("reproduce: weights trained on ps are for measuring only; export refuses them", file=sys.stderr)
