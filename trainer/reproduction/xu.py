"""Xu, Li, Wu, Yu, Gao (2017), Beyond universal saliency: how alike people look (Table 1), how maps converge with
viewings (Fig. 3), what people are drawn to (Fig. 2), and prediction of known people (Table 2, Fig. 5 and 6).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

from gazeapp.types import Json
from trainer.data.dataset import Dataset, open_data
from trainer.data.splits import split_images
from trainer.reports.plot_style import new_figure
from trainer.reports.results import read_results
from trainer.reports.statistics import band, interval_text
from trainer.reproduction.page import MISSING, Page, Table, number
from trainer.reproduction.parts import Part, Workplace, command
from trainer.reproduction.published import XU_CONSISTENCY, XU_PREDICTION

_SIGMAS_DEG = (0.35, 0.5, 0.7, 1.0, 1.2, 1.5)
_UNIVERSAL = {
    "rgb": "none (RGB)",
    "bms": "BMS",
    "network": "our universal network, of the training images",
    "true": "true universal map",
}
_PREDICTED = ("bms", "network")
_NETWORKS = ("multitask", "multiconvnets")
_SIZES = (200, 300, 400, 500, 600)
_METRICS = ("cc", "sim", "auc_judd")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bench:
    place: Workplace
    folder: Path
    dataset: Dataset

    def name(self, *words: str) -> str:
        return "-".join((self.dataset.source, *words))

    def images(self, part: str, n_left: int | None = None) -> Path:
        """Test images, or with `n_left` all but so many training images."""
        parts = split_images(len(self.dataset.image_names), self.place.seed)
        positions = parts["test"]
        if part == "left_out" and n_left is not None:
            kept = {*sorted(parts["train"] + parts["validation"])[:n_left]}
            positions = [i for i in range(len(self.dataset.image_names)) if i not in kept]
        folder = self.place.folder / "splits" / self.dataset.source
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{part}{'' if n_left is None else f'-{n_left}'}.txt"
        path.write_text("".join(f"{self.dataset.source}:{i}\n" for i in positions), encoding="utf-8")
        return path


def parts_of(place: Workplace) -> list[Part]:
    """Analyses without networks first, then prediction row by row, then training sizes."""
    found: list[Part] = []
    for bench in (_Bench(place=place, folder=folder, dataset=open_data(folder)) for folder in place.data):
        source = bench.dataset.source
        sigmas = ("0.5", "1") if place.is_quick else tuple(map(str, _SIGMAS_DEG))
        name = bench.name("consistency")
        words = ("consistency", "--sigma-deg", ",".join(sigmas))
        found.append(Part(name=name, title=f"{source}: consistency", make=partial(_analysis, bench, name, words)))
        if len({int(v) for v in bench.dataset.fixations["viewing"]}) > 1:
            name = bench.name("repeats")
            make = partial(_analysis, bench, name, ("repeats",))
            found.append(Part(name=name, title=f"{source}: repeated viewings", make=make))
        if place.objects:
            name = bench.name("interest")
            make = partial(_analysis, bench, name, ("interest", *place.objects))
            found.append(Part(name=name, title=f"{source}: interest in objects", make=make))
        trained = bench.name("universal")
        make = partial(_universal, bench, trained)
        found.append(Part(name=trained, title=f"{source}: universal network", make=make, chain=source))
        rows = [(usm, "multitask", True) for usm in ("true", "network")] if place.is_quick else []
        if not place.is_quick:
            rows = [(usm, "multitask", middle) for usm in _UNIVERSAL for middle in (True, False)]
            rows += [(usm, "multiconvnets", True) for usm in _UNIVERSAL if usm != "rgb"]
        for usm, network, middle in rows:
            name = bench.name(network, usm, "middle" if middle else "last")
            title = f"{source}: {network}, {usm}, {'with' if middle else 'without'} middle supervision"
            make = partial(_prediction, bench, name, usm, network, middle, None)
            needs = (trained,) if usm == "network" else ()
            found.append(Part(name=name, title=title, make=make, needs=needs, chain=source if needs else ""))
        name = bench.name("new", "observers")
        make = partial(_new_observers, bench, name)
        found.append(Part(name=name, title=f"{source}: new observers by their last layers", make=make))
        n_train = len(bench.dataset.image_names) - len(split_images(len(bench.dataset.image_names))["test"])
        for size in [size for size in _SIZES if size < n_train and not place.is_quick]:
            name = bench.name("size", str(size))
            make = partial(_prediction, bench, name, "true", "multitask", True, size)
            found.append(Part(name=name, title=f"{source}: {size} training images", make=make))
    return found


def _analysis(bench: _Bench, name: str, words: tuple[str | Path, ...]) -> Json:
    command("analyse", *words, "--data", bench.folder, "-o", bench.place.part(name))
    return {}


def _prediction(bench: _Bench, name: str, usm: str, network: str, middle: bool, n_images: int | None) -> Json:
    """Known people on new images; what is trained on a universal map is scored on the same kind of it."""
    place, run, test = bench.place, bench.place.run(name), bench.images("test")
    left_out = bench.images("left_out", n_images) if n_images else test
    task = "multicnn" if network == "multiconvnets" else "multitask"
    universal = place.run(bench.name("universal")) if usm == "network" else "bms"
    settings = ["predicted_usm=1"] if usm in _PREDICTED else []
    if task == "multitask":
        settings += [f"middle={str(middle).lower()}", f"universal={str(usm != 'rgb').lower()}"]
    if place.is_quick:
        settings += ["steps=2", "batch=8", *(("widths=8,8,8",) if task == "multicnn" else ("widths=8,8,8,8",))]
    elif task == "multicnn":
        settings += ["optimizer=adamw", "learning_rate=0.001", "steps=600", "mirrored=true"]
    else:
        settings += ["optimizer=adamw", "learning_rate=0.001", "schedule=cosine", "steps=3000", "precision=auto"]
    settings, facts = place.limited(settings)
    command(
        *("train", task, "--preset", "paper", "--data", bench.folder, "-o", run, "--resume"),
        *("--device", place.device, "--seed", str(place.seed), "--exclude-images", left_out),
        *(("--universal", universal) if usm in _PREDICTED else ()),
        *(f"--set={setting}" for setting in settings),
    )
    command(
        *("evaluate", run, "--data", bench.folder, "--protocol", "closed", "--images", test),
        *("--usm", universal if usm in _PREDICTED else "true", "--m", "1", "--draws", "1", "--rows", f"usm,{task}"),
        *("--seed", str(place.seed), "-o", place.part(name)),
    )
    return facts


def _universal(bench: _Bench, name: str) -> Json:
    """Trained on the gaze of all people on the training images."""
    place, quick = bench.place, bench.place.is_quick
    settings, facts = place.limited(("steps=2", "batch=4", "width=8") if quick else ("steps=1200",))
    command(
        *("train", "universal", "--data", bench.folder, "-o", place.run(name), "--resume"),
        *("--device", place.device, "--seed", str(place.seed), "--exclude-images", bench.images("test")),
        *(f"--set={setting}" for setting in settings),
    )
    return facts


def _new_observers(bench: _Bench, name: str) -> Json:
    """A third of the people is met only once the shared convolutions are trained; each gets last layers of its own."""
    place, run, test = bench.place, bench.place.run(name), bench.images("test")
    people = test.with_name("new_observers.txt")
    positions = range(0, bench.dataset.n_observers, 3)
    people.write_text("".join(f"{bench.dataset.source}:{k}\n" for k in positions), encoding="utf-8")
    settings, facts = place.limited(
        ("steps=2", "batch=8", "widths=8,8,8,8")
        if place.is_quick
        else ("optimizer=adamw", "learning_rate=0.001", "schedule=cosine", "steps=3000", "precision=auto")
    )
    command(
        *("train", "multitask", "--preset", "paper", "--data", bench.folder, "-o", run, "--resume"),
        *("--device", place.device, "--seed", str(place.seed)),
        *("--exclude-images", test, "--exclude-observers", people),
        *(f"--set={setting}" for setting in settings),
    )
    command(
        *("evaluate", run, "--data", bench.folder, "--protocol", "open", "--images", test, "--observers", people),
        *("--m", "2" if place.is_quick else "32,100", "--draws", "1" if place.is_quick else "2"),
        *("--rows", "usm,multitask_oracle_loss,multitask_adapted,multitask_adapted_wrong_user"),
        *("--seed", str(place.seed), "-o", place.part(name)),
    )
    return facts


def show(place: Workplace, call: str) -> Page:
    """Tables and figures of what is done; what is not is missing."""
    page = Page(title="Xu et al. (2017), Beyond universal saliency", command=call)
    benches = [_Bench(place=place, folder=folder, dataset=open_data(folder)) for folder in place.data]
    page.tables.append(_consistency_table(place, benches, page))
    page.tables.append(_repeats_table(place, benches, page))
    page.tables.append(_interest_table(place, benches))
    for bench in benches:
        page.tables.append(_prediction_table(place, bench, page))
        page.tables.append(_size_table(place, bench, page))
        page.tables.append(_new_observers_table(place, bench))
    return page


def _summary(place: Workplace, name: str) -> list[Json]:
    if not place.is_done(name) or "impossible" in (place.facts(name) or {}):
        return []
    found: list[Json] = read_results(place.part(name))["summary"]
    return found


def _consistency_table(place: Workplace, benches: list[_Bench], page: Page) -> Table:
    """Table 1: the sigma with which the printed value comes out is part of the answer."""
    curves: dict[str, dict[float, Json]] = {}
    for bench in benches:
        for entry in _summary(place, bench.name("consistency")):
            sigma = float(entry["model"].split()[-2])
            curves.setdefault(bench.dataset.source, {})[sigma] = entry
    sigmas = sorted({*(sigma for curve in curves.values() for sigma in curve), *_SIGMAS_DEG})
    sources = [bench.dataset.source for bench in benches]
    rows = []
    for sigma in sigmas:
        entries = [curves.get(source, {}).get(sigma) for source in sources]
        rows.append((f"{sigma:g}", *(MISSING if e is None else _with_interval(e) for e in entries)))
    rows.append(
        ("*printed, sigma not given*", *(number(XU_CONSISTENCY[s], 4) if s in XU_CONSISTENCY else "–" for s in sources))
    )
    meeting = []
    for source in sources:
        found = _meeting(curves.get(source, {}), XU_CONSISTENCY.get(source))
        meeting.append(f"{found:.2f}" if found is not None else MISSING if source in XU_CONSISTENCY else "–")
        if found is not None:
            page.findings.append(
                f"{source}: the printed {XU_CONSISTENCY[source]:.4f} comes out at sigma {found:.2f} deg."
            )
    rows.append(("sigma that meets it, deg", *meeting))
    if curves:
        figure, (axis,) = new_figure(1, size=(5.0, 3.4))
        for k, (source, curve) in enumerate(curves.items()):
            at = sorted(curve)
            axis.plot(at, [curve[s]["mean"] for s in at], color=f"C{k}", label=source)
            if source in XU_CONSISTENCY:
                axis.axhline(XU_CONSISTENCY[source], color=f"C{k}", linestyle=":", label=f"{source}, printed")
        axis.set_xlabel("sigma (degrees)")
        axis.set_ylabel("AUC-Judd")
        axis.legend(fontsize=7, loc="center left", bbox_to_anchor=(1.01, 0.5))
        page.draw(
            place.folder, "consistency", "Mean AUC-Judd over pairs of observers against the blur (Table 1)", figure
        )
    return Table(
        name="consistency",
        title="AUC-Judd over ordered pairs of observers, first viewings (Table 1)",
        header=("sigma, deg", *sources),
        rows=rows,
        differs=(
            "; ".join(
                f"{b.dataset.source}: {b.dataset.n_images} images, {b.dataset.n_observers} people" for b in benches
            ),
            "Printed: PS 1600 images of 20 people, OSIE 700 images of 15.",
        ),
    )


def _meeting(curve: dict[float, Json], printed: float | None) -> float | None:
    """Sigma at which the curve passes the printed value, between two that were tried; None where it does not."""
    at = sorted(curve)
    for low, high in pairwise(at):
        a, b = curve[low]["mean"], curve[high]["mean"]
        if printed is not None and a != b and min(a, b) <= printed <= max(a, b):
            return float(low + (high - low) * (printed - a) / (b - a))
    return None


def _repeats_table(place: Workplace, benches: list[_Bench], page: Page) -> Table:
    """Fig. 3: how alike the maps of n and n + 1 viewings are."""
    rows: list[tuple[str, ...]] = []
    for bench in benches:
        summary = _summary(place, bench.name("repeats"))
        for model in dict.fromkeys(entry["model"] for entry in summary):
            own = {entry["metric"]: entry for entry in summary if entry["model"] == model}
            rows.append((f"{bench.dataset.source}, {model}", *(_with_interval(own[metric]) for metric in _METRICS)))
        if summary:
            figure, axes = new_figure(3, size=(3.2, 2.8))
            for axis, metric in zip(axes, _METRICS, strict=True):
                curve = sorted((e for e in summary if e["metric"] == metric), key=lambda e: e["m"])
                n = [e["m"] for e in curve]
                axis.plot(n, [e["mean"] for e in curve], color="C0")
                low, high = band([e["ci95"] for e in curve])
                axis.fill_between(n, low, high, alpha=0.15, linewidth=0)
                axis.set_xticks(n, [f"{i} to {i + 1}" for i in n])
                axis.set_title(metric)
            figure.supxlabel("viewings")
            caption = f"{bench.dataset.source}: maps of n and n + 1 viewings (Fig. 3)"
            page.draw(place.folder, f"repeats-{bench.dataset.source}", caption, figure)
            gains = [e["mean"] for e in sorted((e for e in summary if e["metric"] == "cc"), key=lambda e: e["m"])]
            told = ", ".join(f"{gain:.3f}" for gain in gains)
            page.findings.append(f"{bench.dataset.source}: CC between the maps of n and n + 1 viewings {told}.")
    return Table(
        name="repeats",
        title="Alikeness of the maps of n and n + 1 viewings (Fig. 3)",
        header=("viewings", "CC", "SIM", "AUC-Judd"),
        rows=rows or [("data with repeated viewings", MISSING, MISSING, MISSING)],
        differs=(
            "Printed: 220 images seen 10 times; flat from n = 4. What lies beyond the viewings at hand is untestable.",
        ),
    )


def _interest_table(place: Workplace, benches: list[_Bench]) -> Table:
    """Fig. 2: who looks at what, and whether people differ in it."""
    rows: list[tuple[str, ...]] = []
    for bench in benches:
        for entry in _summary(place, bench.name("interest")):
            if "mean offset removed" not in entry["model"]:
                rows.append(
                    (
                        f"{bench.dataset.source}, {entry['model']}",
                        f"{entry['mean']:.3f}{interval_text(entry['ci95'], '.3f')}",
                        f"{entry['lowest']:.3f}-{entry['highest']:.3f}",
                        f"{entry['area']:.3f}",
                        f"{entry['split_half_r']:.2f}",
                        f"{entry['p']:.2g}",
                    )
                )
    return Table(
        name="interest",
        title="Share of gaze on objects of a kind (Fig. 2)",
        header=("objects", "mean share", "least and most interested person", "share of the area", "split-half r", "p"),
        rows=rows or [("objects given by --objects or --labels", *(MISSING for _ in range(5)))],
        differs=("Printed for five people, e.g. men's bow tie .025 to .079, women's face .027 to .043.",),
    )


def _prediction_table(place: Workplace, bench: _Bench, page: Page) -> Table:
    """Table 2, with and without middle supervision (Fig. 5)."""
    rows: list[tuple[str, ...]] = []
    for usm, label in _UNIVERSAL.items():
        alone = next((s for s in map(partial(_row, place, bench, usm), ("usm",)) if s), None) if usm != "rgb" else None
        if usm != "rgb":
            rows.append((f"{label}, alone", *_cells(alone)))
        gains = []
        for network, middle in (("multitask", True), ("multitask", False), ("multiconvnets", True)):
            if (usm, network) == ("rgb", "multiconvnets"):
                continue
            name = bench.name(network, usm, "middle" if middle else "last")
            summary = _summary(place, name)
            task = "multicnn" if network == "multiconvnets" else "multitask"
            found = {e["metric"]: e["mean"] for e in summary if e["model"] == task}
            if alone and found:
                gains.append(f"{network}{'' if middle else ', last map alone'} {found['cc'] - alone['cc']:+.4f}")
            kind = f"{label} + {network}{'' if middle else ', last map alone supervised'}"
            rows.append((kind + place.told_steps(name), *_cells(found or None)))
        if gains:
            page.findings.append(f"{bench.dataset.source}, CC over {label} alone: {'; '.join(gains)}.")
    for usm, printed in XU_PREDICTION.items():
        for kind, values in printed.items():
            if values is not None:
                rows.append((f"*printed, PS: {usm}, {kind}*", *(number(value, 4) for value in values)))
    return Table(
        name=f"prediction-{bench.dataset.source}",
        title=f"Known people on new images, {bench.dataset.source} (Table 2)",
        header=("universal map and network", "CC", "SIM", "AUC-Judd"),
        rows=rows,
        differs=(
            f"{bench.dataset.source}: one viewing of {bench.dataset.n_observers} people, universal map without the "
            "person; printed: four viewings of 20 people, 600 training and 1000 test images.",
            "AdamW 1e-3 in place of SGD 3e-4; convolutions begin as He et al. (2015); layout: see `MultiTaskNetwork`.",
        ),
    )


def _row(place: Workplace, bench: _Bench, usm: str, model: str) -> dict[str, float] | None:
    for network in _NETWORKS:
        for kind in ("middle", "last"):
            found = {
                e["metric"]: e["mean"] for e in _summary(place, bench.name(network, usm, kind)) if e["model"] == model
            }
            if found:
                return found
    return None


def _cells(found: dict[str, float] | None) -> list[str]:
    return [number(found.get(metric) if found else None, 4) for metric in _METRICS]


def _size_table(place: Workplace, bench: _Bench, page: Page) -> Table:
    """Fig. 6: the multi-task network against its training images."""
    rows: list[tuple[str, ...]] = []
    curve: dict[int, dict[str, float]] = {}
    n_all = len(bench.dataset.image_names) - len(split_images(len(bench.dataset.image_names))["test"])
    sizes = {size: bench.name("size", str(size)) for size in _SIZES if size < n_all}
    for size, name in (sizes | {n_all: bench.name("multitask", "true", "middle")}).items():
        found = {e["metric"]: e["mean"] for e in _summary(place, name) if e["model"] == "multitask"}
        if found:
            curve[size] = found
        rows.append((f"{size}{place.told_steps(name)}", *_cells(found or None)))
    if len(curve) > 1:
        told = ", ".join(f"{found['cc']:.4f} of {size}" for size, found in curve.items())
        page.findings.append(f"{bench.dataset.source}, CC of the multi-task network by training images: {told}.")
        figure, axes = new_figure(3, size=(3.2, 2.8))
        for axis, metric in zip(axes, _METRICS, strict=True):
            axis.plot(list(curve), [found[metric] for found in curve.values()], color="C0", marker="o", markersize=4)
            axis.set_title(metric)
        figure.supxlabel("training images")
        source = bench.dataset.source
        page.draw(place.folder, f"size-{source}", f"{source}: multi-task network, training images (Fig. 6)", figure)
    return Table(
        name=f"size-{bench.dataset.source}",
        title=f"Multi-task network against the number of training images, {bench.dataset.source} (Fig. 6)",
        header=("images", "CC", "SIM", "AUC-Judd"),
        rows=rows,
        differs=("Printed as a curve from 200 to 600 images, rising throughout.",),
    )


_NEW_OBSERVERS = {
    "usm": "true universal map",
    "multitask_oracle_loss": "layers of the best other person (oracle)",
    "multitask_adapted": "own last layers",
    "multitask_adapted_wrong_user": "last layers of a wrong person",
}


def _new_observers_table(place: Workplace, bench: _Bench) -> Table:
    """New people, of whom the last three layers alone are trained."""
    name = bench.name("new", "observers")
    found: dict[tuple[str, int], dict[str, float]] = {}
    for entry in _summary(place, name):
        found.setdefault((entry["model"], entry["m"]), {})[entry["metric"]] = entry["mean"]
    rows = [
        (f"{_NEW_OBSERVERS[model]}{f', {m} images' if m else ''}{place.told_steps(name)}", *_cells(values))
        for (model, m), values in found.items()
        if model in _NEW_OBSERVERS
    ]
    return Table(
        name=f"new-observers-{bench.dataset.source}",
        title=f"New people by their last three layers, {bench.dataset.source}",
        header=("model", "CC", "SIM", "AUC-Judd"),
        rows=rows or [("own last layers", *_cells(None))],
        differs=("The paper says how a new observer is learnt, and prints no scores of it.",),
    )


def _with_interval(entry: Json) -> str:
    return f"{entry['mean']:.4f}{interval_text(entry['ci95'])}"
