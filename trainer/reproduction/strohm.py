"""Strohm, Bâce, Bulling (2024), Learning user embeddings from human gaze: precision of the embeddings (Fig. 5, 6) and
personal prediction of known and new people (Tables 1 to 4) on true universal maps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gazeapp.types import Json
from trainer.engine.runs import read_metrics, read_settings
from trainer.reports.plot_style import GREY, line_style, name_outside, new_figure, size_axis
from trainer.reports.results import merge_results, read_results
from trainer.reproduction.decisions import best_measured, decisions_of
from trainer.reproduction.folds import N_FOLDS
from trainer.reproduction.page import MISSING, Page, Table, number, ranged
from trainer.reproduction.parts import Workplace
from trainer.reproduction.published import (
    PAPER_METRICS,
    STROHM_CLOSED,
    STROHM_CLOSED_PREDICTED,
    STROHM_OPEN,
    STROHM_OPEN_PREDICTED,
    STROHM_PRECISION,
)
from trainer.reproduction.strohm_parts import (
    CHECKS,
    KINDS,
    PERSONAL,
    SIZES,
    Bench,
    benches_of,
    combined_key,
    parts_of,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ROWS = {
    "usm": "true universal map",
    "multicnn": "MultiCNN",
    "multicnn_oracle_loss": "MultiCNN (oracle)",
    "multicnn_support": "MultiCNN, chosen on 32 images",
    "personal_paper": "personal network",
    "personal_paper_mean_user": "personal network, average person",
    "personal_paper_wrong_user": "personal network, wrong person",
}
_PRINTED = {
    ("closed", "true"): STROHM_CLOSED,
    ("open", "true"): STROHM_OPEN,
    ("closed", "predicted"): STROHM_CLOSED_PREDICTED,
    ("open", "predicted"): STROHM_OPEN_PREDICTED,
}
__all__ = ["parts_of", "show"]
_COMBINED = "trained on all data sets"


def show(place: Workplace, call: str) -> Page:
    """Tables and figures of what is done; what is not is missing."""
    page = Page(title="Strohm et al. (2024), Learning user embeddings from human gaze", command=call)
    benches = benches_of(place)
    sources = list(dict.fromkeys(bench.dataset.source for bench in benches))
    for source in sources:
        own = [bench for bench in benches if bench.dataset.source == source]
        page.tables.append(_precision_table(place, source, own, page))
        page.tables.append(_course_table(place, source, own))
        for protocol in ("closed", "open"):
            for usm in ("true", "predicted"):
                page.tables += _prediction_tables(place, source, own, protocol, usm, page)
        page.tables += [_check_table(place, source, own, check) for check in CHECKS]
    runs = {name: bench.fold.test_observers for bench in benches for name in _trainings(place, bench.key)}
    for k in sorted({bench.fold.number for bench in benches}):
        group = [bench for bench in benches if bench.fold.number == k]
        people = tuple(person for bench in group for person in bench.fold.test_observers)
        runs |= dict.fromkeys(_trainings(place, combined_key(group)), people)
    choices = [
        choice
        for bench in benches
        for kind in (*PERSONAL, "combined")
        for choice in (place.facts(bench.name("personal", kind)) or {}).get("choices", [])
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


def _trainings(place: Workplace, key: str) -> list[str]:
    """Names of a fold's runs, and of parts whose run should be there."""
    done = {path.name for path in (place.folder / "parts").glob(f"{key}-*") if place.is_done(path.name)}
    parts = done - {f"{key}-check-{check}" for check in CHECKS}
    return sorted(parts | {path.parent.name for path in (place.folder / "runs").glob(f"{key}-*/run.json")})


def _precision_table(place: Workplace, source: str, benches: list[Bench], page: Page) -> Table:
    """Fig. 5 as a table and as a figure."""
    kinds = {
        f"{kind.title}{_cut(place, benches, f'embedding-{name}')}": f"embedding-{name}" for name, kind in KINDS.items()
    }
    kinds["ours"] = "embedding-ours"
    if len(place.data) > 1:
        kinds[_COMBINED] = ""
    curves: dict[str, dict[int, list[float]]] = {}
    controls: dict[int, list[float]] = {}
    chance: list[float] = []
    for label, word in kinds.items():
        for bench in benches:
            name = bench.name(word) if word else f"{combined_key([bench])}-embedding-mixed-pretrained"
            if not place.is_done(name):
                continue
            for row in read_results(place.part(name) if word else place.part(name) / source)["rows"]:
                chance.append(row["chance"])
                if row["model"] == "embedding":
                    curves.setdefault(label, {}).setdefault(row["m"], []).append(row["p_at_1"])
                elif row["model"] == "spatial map alone" and label == next(iter(curves), label):
                    controls.setdefault(row["m"], []).append(row["p_at_1"])
    shown = {**curves, "where they look alone, without images": controls} if controls else curves
    sizes = sorted({*(m for curve in shown.values() for m in curve), *SIZES})
    rows = [(str(m), *(ranged(curve.get(m, []), 2) for curve in shown.values())) for m in sizes]
    if shown:
        page.draw(
            place.folder,
            f"precision-{source}",
            f"{source}: precision at 1 against pairs (Fig. 5); bands: lowest and highest fold",
            _precision_figure(shown, sum(chance) / len(chance)),
        )
        best = {label: max(curve.items()) for label, curve in shown.items()}
        reached = "; ".join(f"{label} {ranged(values, 2)} at m = {m}" for label, (m, values) in best.items())
        page.findings.append(
            f"{source}, precision at 1 of new people: {reached}; chance {sum(chance) / len(chance):.2f}."
        )
    n = sorted({len(bench.fold.test_observers) for bench in benches})
    printed = ", ".join(f"{name} {value:.1%}" for name, value in STROHM_PRECISION.items())
    not_run = [label for label in kinds if label not in curves]
    return Table(
        name=f"precision-{source}",
        title=f"Precision at 1 of new people, {source} (Fig. 5)",
        header=("m", *shown),
        rows=rows if shown else [("any", MISSING)],
        differs=(
            *((f"Not run: {'; '.join(not_run)}.",) if shown and not_run else ()),
            f"Printed at m = 64: {printed}, of 12 (ID) and 5 (PS) new people; here {'-'.join(map(str, n))} "
            f"of {source} in each fold.",
            "The paper trains on 80 people (ID) or 20 (PS); here on "
            f"{benches[0].dataset.n_observers - n[0] - len(benches[0].fold.validation_observers)}.",
            f"In brackets the lowest and the highest of {N_FOLDS} folds; a number of pairs that the unseen images do "
            "not hold twice is missing.",
        ),
    )


def _cut(place: Workplace, benches: list[Bench], name: str) -> str:
    """What a table adds where a fold's training was cut short."""
    return next((cut for bench in benches if (cut := place.told_steps(bench.name(name)))), "")


def _course_table(place: Workplace, source: str, benches: list[Bench]) -> Table:
    """How long the triplet loss lay at its margin, where it did: what is stopped before says nothing of the network."""
    rows = []
    for bench in benches:
        for name, kind in KINDS.items():
            run = place.run(bench.name("embedding", name))
            if not (place.is_done(run.name) and (run / "run.json").is_file()):
                continue
            log, settings = read_metrics(run), read_settings(run)
            best = best_measured(run) or (None, None)
            left = _left_margin(log, settings["config"]["margin"])
            rows.append(
                (
                    f"fold {bench.fold.number}, {kind.title}",
                    f"{log[-1]['step']} of {settings['config']['steps']}",
                    "never" if left is None else str(left),
                    str(best[0]),
                    number(best[1], 2),
                )
            )
    return Table(
        name=f"course-{source}",
        title=f"Training of the embeddings, {source}",
        header=("embedding", "steps", "left the margin at step", "weights of step", "their validation precision at 1"),
        rows=rows or [("any", *(MISSING for _ in range(4)))],
        differs=(
            "The margin is left when the median of five logged losses is below half of it. Validation is among all "
            "people of the fold but those tested, so its chance is lower.",
        ),
    )


def _left_margin(log: list[Json], margin: float) -> int | None:
    for last in range(4, len(log)):
        if float(np.median([row["loss"] for row in log[last - 4 : last + 1]])) < margin / 2:
            return int(log[last]["step"])
    return None


def _precision_figure(curves: dict[str, dict[int, list[float]]], chance: float) -> Figure:
    figure, (axis,) = new_figure(1, size=(6.4, 4.0))
    for k, (label, curve) in enumerate(curves.items()):
        m = sorted(curve)
        (line,) = axis.plot(m, [float(np.mean(curve[i])) for i in m], label=label, linewidth=1.8, **line_style(k))
        low, high = [min(curve[i]) for i in m], [max(curve[i]) for i in m]
        axis.fill_between(m, low, high, color=line.get_color(), alpha=0.12, linewidth=0)
    axis.axhline(chance, color=GREY, linestyle=":", label="chance")
    for (name, value), marker in zip(STROHM_PRECISION.items(), "x+1", strict=True):
        axis.plot([SIZES[-1]], [value], marker, color=GREY, label=f"printed, {name}")
    size_axis(axis, SIZES)
    axis.set_ylim(0, 1.02)
    axis.set_ylabel("precision at 1")
    name_outside(figure, axis)
    return figure


def _prediction_tables(
    place: Workplace, source: str, benches: list[Bench], protocol: str, usm: str, page: Page
) -> list[Table]:
    """Scores beside the printed ones, and the differences that are evidence of a person."""
    rows: list[tuple[str, ...]] = []
    evidence: list[tuple[str, ...]] = []
    is_true = usm == "true"
    trainings = {
        personal.title: f"personal-{kind}"
        for kind, personal in PERSONAL.items()
        if (personal.usm == "predicted") is not is_true
    }
    if len(place.data) > 1 and is_true:
        trainings[_COMBINED] = "personal-combined"
    for label, word in {**trainings, "MultiCNN": "multicnn" if is_true else "multicnn-predicted"}.items():
        done = [place.part(bench.name(word)) / protocol for bench in benches if place.is_done(bench.name(word))]
        if not done:
            rows.append((label, *(MISSING for _ in PAPER_METRICS), "0"))
            continue
        document, _scores = merge_results(done)
        cut = _cut(place, benches, word)
        label += cut
        for model in dict.fromkeys(entry["model"] for entry in document["summary"]):
            if model not in _ROWS:
                continue
            own = {e["metric"]: e for e in document["summary"] if e["model"] == model}
            name = _ROWS[model]
            if model == "usm":
                name = _universal_name(place, benches, read_results(done[0])["meta"]["n_group"], own["cc"]["usm"])
                if any(row[0] == name for row in rows):
                    continue
            else:
                name += cut if word.startswith("multicnn") else f", {label}"
            rows.append(
                (
                    name,
                    *(number(own[metric]["mean"]) if metric in own else MISSING for metric in PAPER_METRICS),
                    str(len(done)),
                )
            )
            if model == "personal_paper":
                for against, key in (("universal", "vs"), ("wrong person", "vs_wrong_user")):
                    cells = [_difference(own.get(metric, {}).get(key)) for metric in PAPER_METRICS]
                    evidence.append((f"{label}: right minus {against}", *cells, str(document["meta"]["n_observers"])))
                    page.findings.append(
                        f"{source}, {protocol} set, {label}: right minus {against} in CC {cells[0]} of "
                        f"{document['meta']['n_observers']} people."
                    )
    for data, printed_rows in _PRINTED[protocol, usm].items():
        rows += [(f"*printed, {data}: {name}*", *map(number, values), "") for name, values in printed_rows.items()]
    kind = "known people" if protocol == "closed" else "new people"
    metrics = ("CC", "SIM", "AUC-Judd", "NSS", "KLD")
    suffix = "" if is_true else "-predicted"
    table = Table(
        name=f"{protocol}-{source}{suffix}",
        title=f"{kind.capitalize()}, new images, {usm} universal maps, {source} (Tables 1-4)",
        header=("model", *metrics, "folds"),
        rows=rows,
        differs=(
            (
                "The printed universal map holds the person it is judged by; ours does only where it says so, which "
                "costs .02 to .05 CC."
            )
            if is_true
            else "DeepGaze's part is played by our universal network, trained on the fold's people and images.",
            "The embedding is the best on validation people of the fold's that average their pairs and were done when "
            "the part began; training stops by validation people.",
        ),
    )
    if not evidence:
        return [table]
    return [
        table,
        Table(
            name=f"{protocol}-{source}{suffix}-evidence",
            title=f"What is the person's own, {kind}, {usm} universal maps, {source}",
            header=("difference", *metrics, "people"),
            rows=evidence,
            differs=("In brackets: for how many people it is better, and Wilcoxon's p after Holm over the metrics.",),
        ),
    ]


def _universal_name(place: Workplace, benches: list[Bench], n_people: int, usm: str) -> str:
    """Trainings that leave other people out have another true map."""
    if usm == "predicted":
        return f"fine-tuned universal network{_cut(place, benches, 'universal')}"
    return f"true universal map, of {n_people} people{', the person among them' * (usm != 'true')}"


def _check_table(place: Workplace, source: str, benches: list[Bench], check: str) -> Table:
    """Precision at 1 of the Siamese network in other circumstances: mean over the folds that were run."""
    found: dict[str, dict[int, list[float]]] = {}
    for bench in benches:
        if place.is_done(name := bench.name("check", check)):
            for row in read_results(place.part(name))["rows"]:
                if row["model"].startswith(("embedding", "Siamese")) or "seen" in row["model"]:
                    found.setdefault(row["model"], {}).setdefault(row["m"], []).append(row["p_at_1"])
    sizes = sorted({m for of_model in found.values() for m in of_model})
    cut = _cut(place, benches, f"check-{check}")
    return Table(
        name=f"{check}-{source}",
        title=f"Precision at 1 of the Siamese network, {CHECKS[check]}{cut}, {source}",
        header=("", *(f"m = {m}" for m in sizes or SIZES)),
        rows=[(model, *(ranged(of_model.get(m, []), 2) for m in sizes)) for model, of_model in found.items()]
        or [("any", *(MISSING for _ in SIZES))],
    )


def _difference(entry: Json | None) -> str:
    if not entry or entry.get("delta") is None:
        return MISSING
    return f"{entry['delta']:+.4f} ({entry['n_better']}/{entry['n_observers']}, p {entry['p_holm']:.2g})"
