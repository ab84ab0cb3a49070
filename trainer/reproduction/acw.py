"""Galván Díaz, adaptive category weights on DeepGaze-style readouts (Linardos et al. 2021).

The first `--data` has categories; backbones are trained on the others, or on it where there are none. The mixtures are
compared twice: from the same readouts, quickly (here), and in the report's own setting (`acw_report`).
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from gazeapp.errors import SettingsError
from gazeapp.types import Json
from trainer.data.dataset import open_data
from trainer.reports.plots import weight_history
from trainer.reports.results import read_results
from trainer.reproduction import acw_report
from trainer.reproduction.page import MISSING, Page, Table, number
from trainer.reproduction.parts import Part, Workplace, command
from trainer.reproduction.published import ACW

_VIEWS = ("colour", "grey", "coarse", "fine")
_MIXTURES = {
    "plain": ("readout", ("epochs=16",)),
    "category": ("category-weights", ("epochs=16",)),
    "category-fast": ("category-weights", ("epochs=8", "weights_factor=300")),
    "report": ("category-weights", ("epochs=16", "mixture=report")),
    "report-log": ("category-weights", ("epochs=16", "mixture=report-log")),
}
_METRICS = ("ig", "auc", "sauc", "nss", "cc", "kld", "sim")
_STEPS = 600
"""Of a backbone."""


def parts_of(place: Workplace) -> list[Part]:
    """Backbones, readouts, one mixture each, and their scores; then the report's iterations.

    Raises:
        SettingsError: The first data set has no categories.
    """
    first = open_data(place.data[0])
    if not first.categories:
        raise SettingsError(
            f"reproduce acw: {place.data[0]} has no categories; give CAT2000, or what `synthesise categories` makes, "
            "first",
            key="data",
        )
    views = _VIEWS[:2] if place.is_quick else _VIEWS
    mixtures = ("plain", "category") if place.is_quick else tuple(_MIXTURES)
    parts = [
        Part(name=view, title=f"backbone that sees {view}", make=partial(_backbone, place, view), chain=view)
        for view in views
    ]
    parts.append(Part(name="base", title="readouts", make=partial(_base, place, views), needs=views, chain="readouts"))
    parts += [
        Part(
            name=name, title=f"mixture {name}", make=partial(_mixture, place, views, name), needs=("base",), chain=name
        )
        for name in mixtures
    ]
    make = partial(_scores, place, mixtures)
    parts.append(Part(name="scores", title="scores by category", make=make, needs=mixtures, chain="readouts"))
    return parts + acw_report.parts_of(place, _on(place, views), needs=views)


def _train(place: Workplace, name: str, data: tuple[Path, ...], *words: str | Path) -> None:
    command(
        *("train", "universal", "-o", place.run(name), "--resume", "--device", place.device, "--seed", str(place.seed)),
        *(word for folder in data for word in ("--data", folder)),
        *words,
    )


def _backbone(place: Workplace, view: str) -> Json:
    small = ("batch=4", "widths=4,4,4,4,4", "fused=4") if place.is_quick else ()
    settings, facts = place.limited([f"view={view}", f"steps={2 if place.is_quick else _STEPS}", *small])
    words: list[str | Path] = ["--preset", "backbone", *(f"--set={setting}" for setting in settings)]
    if taken := _photographs(place):
        listed = place.folder / "splits" / "taken.txt"
        listed.parent.mkdir(parents=True, exist_ok=True)
        listed.write_text("".join(f"{name}\n" for name in taken), encoding="utf-8")
        words += ["--exclude-images", listed]
    _train(place, view, place.data[1:] or place.data, *words)
    return facts


def _photographs(place: Workplace) -> list[str]:
    """What `synthesise categories` took of the other data: backbones never see it."""
    others = {open_data(folder).source for folder in place.data[1:]}
    stems = {Path(name).stem.partition("-")[::2] for name in open_data(place.data[0]).image_names}
    return sorted(f"{source}:{int(n)}" for source, n in stems if source in others and n.isdigit())


def _on(place: Workplace, views: tuple[str, ...]) -> list[str | Path]:
    words: list[str | Path] = [f"--set=cache={place.folder / 'cache'}"]
    for view in views:
        words += ["--backbone", f"{view}={place.run(view)}"]
    return words + (["--set=folds=3"] if place.is_quick else [])


def _base(place: Workplace, views: tuple[str, ...]) -> Json:
    warm_up = "1" if place.is_quick else "10"
    settings = (f"--set=warm_up_epochs={warm_up}", "--set=epochs=0")
    _train(place, "base", place.data[:1], "--preset", "readout", *_on(place, views), *settings)
    return {}


def _mixture(place: Workplace, views: tuple[str, ...], name: str) -> Json:
    preset, settings = _MIXTURES[name]
    if place.is_quick:
        settings = ("epochs=1",)
    words: list[str | Path] = ["--from", place.run("base"), "--preset", preset, "--set=seeds=1", "--set=patience=1"]
    _train(place, name, place.data[:1], *_on(place, views), *words, *(f"--set={setting}" for setting in settings))
    return {}


def _scores(place: Workplace, mixtures: tuple[str, ...]) -> Json:
    runs = [place.run(name) for name in mixtures]
    command("categories", *runs, "--data", place.data[0], "--seed", str(place.seed), "-o", place.part("scores"))
    return {}


def show(place: Workplace, call: str) -> Page:
    """Scores with the right, a wrong, a predicted and no category, beside the printed ones."""
    page = Page(title="Galván Díaz, adaptive category weights", command=call)
    document = read_results(place.part("scores")) if place.is_done("scores") else {"summary": [], "meta": {}}
    first = open_data(place.data[0])
    every = [e for e in document["summary"] if e.get("category", "all") == "all"]
    models = list(dict.fromkeys(e["model"] for e in every))
    rows = []
    for model in models:
        found = {e["metric"]: e["mean"] for e in every if e["model"] == model}
        rows.append((model, *(number(found.get(metric)) for metric in _METRICS)))
    if not rows:
        rows.append(("mixtures", *(MISSING for _ in _METRICS)))
    rows += [(f"*printed, CAT2000: {name}*", *map(number, values)) for name, values in ACW.items()]
    if {"plain", "category, right"} <= set(models):
        gain = [
            next(e["mean"] for e in every if (e["model"], e["metric"]) == (m, "ig"))
            for m in ("category, right", "plain")
        ]
        page.findings.append(f"Right category minus plain mixture: {gain[0] - gain[1]:+.3f} bit of information gain.")
    page.tables.append(
        Table(
            name="mixtures",
            title="Mixtures with category weights (table 2)",
            header=("mixture", "IG", "AUC", "sAUC", "NSS", "CC", "KLD", "SIM"),
            rows=rows,
            differs=(
                f"Data: {first.source}, {first.n_images} images; printed: CAT2000.",
                "Backbones are small ones trained here; the published four cannot be had with the program.",
            ),
        )
    )
    acw_report.show(place, page)
    for name in _MIXTURES:
        if place.is_done(name) and name.startswith("category"):
            page.draw(
                place.folder, f"weights-{name}", f"Weights of the backbones, {name}", weight_history(place.run(name))
            )
    return page
