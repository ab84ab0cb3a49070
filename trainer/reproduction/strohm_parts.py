"""The parts of Strohm et al. (2024): embeddings of each kind, and personal networks on the best of them, by fold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from gazeapp.errors import NotEnoughData, SettingsError
from gazeapp.store.new_file import write_whole
from gazeapp.types import Json
from trainer.data.dataset import Dataset, open_data
from trainer.reproduction.decisions import best_measured
from trainer.reproduction.folds import Fold, folds_of, unseen_names
from trainer.reproduction.parts import Part, Workplace, command

_LONG = ("steps=2400", "hard_from=0.9")
VIEWS = {
    "pretrained": ("steps=800", "n_axes=32", "widths=64,128,256"),
    "scratch": _LONG,
    "small": (*_LONG, "downsample=4"),
}
"""Steps are of 240 embeddings each. What learns to see from nothing lies at the margin for hundreds of them, is thrown
back there by hard triplets, and precision on validation people says nothing as long: hence more of each."""
_PATIENCE = {"pretrained": 8, "scratch": 24, "small": 24}
_SEEN = {
    "pretrained": "on pretrained features",
    "scratch": "from scratch",
    "small": "from scratch, on maps of 40 x 30",
}
TRAINED_WITH = {"mixed": (), "m32": ("m=32",)}
OPTIMIZERS = {
    "adamw": ("optimizer=adamw", "learning_rate=0.001", "schedule=cosine", "steps=3000"),
    "sgd": ("optimizer=sgd", "learning_rate=0.02", "steps=8000"),
}
SIZES = (4, 8, 16, 32, 48, 64)
_QUICK_EMBEDDING = ("steps=4", "batch=16", "m=1,2")
_QUICK_PERSONAL = ("steps=4", "batch=4", "widths=8,8,8", "m_min=1", "m_max=2", "pool=4")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One fold of one data set at work."""

    place: Workplace
    folder: Path
    """Of the data."""
    fold: Fold
    dataset: Dataset

    @property
    def key(self) -> str:
        """Names the fold."""
        return f"{self.dataset.source}-{self.fold.number}"

    @property
    def lists(self) -> dict[str, Path]:
        """Files that name who and what is for what."""
        return self.fold.write(self.place.folder / "splits" / self.key)

    def name(self, *words: str) -> str:
        """Of a part."""
        return "-".join((self.key, *words))


def train(benches: Sequence[Bench], task: str, name: str, *words: str | Path) -> Path:
    """Train on a fold of one data set, or on that of several together, or go on; returns the run."""
    place, lists = benches[0].place, benches[0].lists
    if len(benches) > 1:
        folder = place.folder / "splits" / combined_key(benches)
        folder.mkdir(parents=True, exist_ok=True)
        for key in lists:
            whole = "".join(bench.lists[key].read_text(encoding="utf-8") for bench in benches)
            lists[key] = folder / f"{key}.txt"
            lists[key].write_text(whole, encoding="utf-8")
    run = place.run(name)
    command(
        *("train", task, "-o", run, "--resume", "--device", place.device, "--seed", str(place.seed)),
        *(word for bench in benches for word in ("--data", bench.folder)),
        *("--exclude-images", lists["left_out_images"], "--exclude-observers", lists["test_observers"]),
        *("--validation-images", lists["validation_images"]),
        *("--validation-observers", lists["validation_observers"]),
        *words,
    )
    return run


def combined_key(benches: Sequence[Bench]) -> str:
    """Names a fold of all data sets together."""
    return f"combined-{benches[0].fold.number}"


def parts_of(place: Workplace) -> list[Part]:
    """Embeddings of each kind, then personal networks on the one that is best on validation people; fold by fold.

    Raises:
        SettingsError: The same data set twice.
        NotEnoughData: Fewer observers than folds need.
    """
    found: list[Part] = []
    for bench in benches_of(place):
        for view in VIEWS:
            for m in TRAINED_WITH:
                name = bench.name("embedding", m, view)
                title = f"{bench.key}: embedding, {told(m)}, {seen(view)}"
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
        for optimizer in OPTIMIZERS:
            name = bench.name("personal", optimizer)
            found.append(
                Part(
                    name=name,
                    title=f"{bench.key}: personal network, {optimizer}",
                    make=partial(_personal, bench, name, optimizer, _embeddings_of(bench)),
                    needs=(bench.name("embedding", "mixed", "pretrained"),),
                    chain=bench.key,
                )
            )
        name = bench.name("multicnn")
        found.append(
            Part(name=name, title=f"{bench.key}: MultiCNN", make=partial(_multicnn, bench, name), chain=bench.key)
        )
    return found + _combined_parts(benches_of(place))


def _combined_parts(benches: Sequence[Bench]) -> list[Part]:
    """The embedding trained on all data sets together, and each one's personal network on it; none of a single one."""
    found: list[Part] = []
    for number in dict.fromkeys(bench.fold.number for bench in benches):
        group = [bench for bench in benches if bench.fold.number == number]
        if len(group) < 2:
            continue
        key = combined_key(group)
        name = f"{key}-embedding-mixed-pretrained"
        make = partial(_combined_embedding, group, name)
        found.append(Part(name=name, title=f"{key}: embedding on all data sets", make=make, chain=key))
        found += [
            Part(
                name=bench.name("personal", "combined"),
                title=f"{bench.key}: personal network on the embedding of all data sets",
                make=partial(_personal, bench, bench.name("personal", "combined"), "adamw", [name]),
                needs=(name,),
                chain=key,
            )
            for bench in group
        ]
    return found


def benches_of(place: Workplace) -> list[Bench]:
    """Every fold of every data set; in a quick reproduction the first of each.

    Raises:
        SettingsError: The same data set twice.
        NotEnoughData: Fewer observers than folds need.
    """
    datasets = [open_data(folder) for folder in place.data]
    if len({dataset.source for dataset in datasets}) < len(datasets):
        raise SettingsError("reproduce: --data names a data set twice", key="data")
    found = []
    for folder, dataset in zip(place.data, datasets, strict=True):
        others = {name for other in datasets if other is not dataset for name in unseen_names(other, seed=place.seed)}
        folds = folds_of(dataset, others, seed=place.seed)
        found += [Bench(place=place, folder=folder, fold=fold, dataset=dataset) for fold in folds]
    # the first fold of every data set, then the second: a reproduction that is cut short has something of all
    found.sort(key=lambda bench: bench.fold.number)
    return [bench for bench in found if bench.fold.number == 0] if place.is_quick else found


def _embeddings_of(bench: Bench) -> list[str]:
    return [bench.name("embedding", m, view) for view in VIEWS for m in TRAINED_WITH]


def _embedding(bench: Bench, name: str, view: str, m: str) -> Json:
    run, facts = _train_embedding([bench], name, view, m)
    _identify(bench, run, bench.place.part(name))
    return _measured(run) | facts


def _combined_embedding(group: Sequence[Bench], name: str) -> Json:
    run, facts = _train_embedding(group, name, "pretrained", "mixed")
    for bench in group:
        _identify(bench, run, bench.place.part(name) / bench.dataset.source)
    return _measured(run) | facts


def _train_embedding(benches: Sequence[Bench], name: str, view: str, m: str) -> tuple[Path, Json]:
    place = benches[0].place
    settings = [*VIEWS[view], *TRAINED_WITH[m]]
    if place.is_quick:
        settings = [*_QUICK_EMBEDDING, "n_axes=8" if view == "pretrained" else "n_axes=0", "widths=8,8"]
        settings += ["m=2"] if m == "m32" else []
    settings, facts = place.limited(settings)
    watch = ("--validate-every", "2" if place.is_quick else "50", "--patience", str(_PATIENCE[view]))
    run = train(benches, "embedding", name, "--preset", "paper", *watch, *(f"--set={text}" for text in settings))
    return run, facts


def _own_embedding(bench: Bench, name: str) -> Json:
    watch = ("--validate-every", "2" if bench.place.is_quick else "10")
    preset = ("--preset", "tiny" if bench.place.is_quick else "best", "--set=predicted_usm=0")
    run = train([bench], "embedding", name, *preset, *watch)
    _identify(bench, run, bench.place.part(name))
    return _measured(run)


def _identify(bench: Bench, run: Path, out: Path) -> None:
    """Precision at 1 of the test people on images that nobody was trained on."""
    lists = bench.lists
    command(
        *("analyse", "identification", "--data", bench.folder, "--run", run, "-o", out),
        *("--images", lists["unseen_images"], "--observers", lists["test_observers"]),
        *("--m", "1,2" if bench.place.is_quick else ",".join(map(str, SIZES))),
        *("--draws", "5" if bench.place.is_quick else "200", "--seed", str(bench.place.seed), "--plain"),
    )


def _measured(run: Path) -> Json:
    """Where the training stopped, and what it reached on validation people."""
    step, value = best_measured(run) or (None, None)
    return {"validation": value, "stopped_at": step}


def _choice(bench: Bench, name: str, candidates: Sequence[str]) -> Json:
    """The embedding that is best on validation people, of those that are done when the part begins; chosen once."""
    path = bench.place.part(name) / "choice.json"
    if path.is_file():
        kept: Json = json.loads(path.read_text(encoding="utf-8"))
        return kept
    among = {}
    for candidate in candidates:
        facts = bench.place.facts(candidate) or {}
        if facts.get("validation") is not None:
            among[candidate] = float(facts["validation"])
    if not among:
        raise NotEnoughData(f"{name}: no embedding of the fold was measured on validation people")
    choice = {
        "what": f"{name}: its embedding",
        "among": among,
        "chosen": max(among, key=lambda candidate: among[candidate]),
        "observers": list(bench.fold.validation_observers),
        "tested": list(bench.fold.test_observers),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(choice, indent=1).encode())
    return choice


def _personal(bench: Bench, name: str, optimizer: str, candidates: Sequence[str]) -> Json:
    place, quick = bench.place, bench.place.is_quick
    choice = _choice(bench, name, candidates)
    chosen = choice["chosen"]
    settings, facts = place.limited(_QUICK_PERSONAL if quick else OPTIMIZERS[optimizer])
    run = train(
        [bench],
        "personal",
        name,
        *("--preset", "paper", "--embedding", place.run(chosen)),
        *("--validate-every", "2" if quick else "100", "--patience", "10"),
        *(f"--set={setting}" for setting in settings),
    )
    _evaluate(bench, name, [place.run(chosen), run])
    return {"choices": [choice], **_measured(run), **facts}


def _multicnn(bench: Bench, name: str) -> Json:
    quick, run, lists = bench.place.is_quick, bench.place.run(name), bench.lists
    settings, facts = bench.place.limited(
        ("steps=2", "batch=2", "widths=8,8,8") if quick else ("steps=600", *OPTIMIZERS["adamw"][:2])
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


def _evaluate(bench: Bench, name: str, models: Sequence[Path]) -> None:
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


def told(m: str) -> str:
    """With what pairs an embedding was trained, in words."""
    return "mixed m" if m == "mixed" else "m = 32"


def seen(view: str) -> str:
    """What an embedding sees, in words."""
    return _SEEN[view]
