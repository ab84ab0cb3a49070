"""The parts of Strohm et al. (2024): embeddings of each kind, and personal networks on the best of them, by fold."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
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

_PRETRAINED = ("steps=800", "n_axes=32", "widths=64,128,256")
_SCRATCH = ("steps=2400", "hard_from=0.9")
_SMALL = (*_SCRATCH, "downsample=4")
_AT_32 = ("m=32",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of the paper's embedding network."""

    title: str
    settings: tuple[str, ...]
    """Steps are of 240 embeddings each. What learns to see from nothing lies at the margin for hundreds of them, is
    thrown back there by hard triplets, and precision on validation people says nothing as long: hence more of each."""
    patience: int = 24

    @property
    def is_mean(self) -> bool:
        """Whether it is the mean over pairs, which the paper's personal network takes."""
        return not any(setting.startswith("pooling=") for setting in self.settings)


KINDS = {
    "mixed-pretrained": Kind(title="mixed m, on pretrained features", settings=_PRETRAINED, patience=8),
    "m32-pretrained": Kind(title="m = 32, on pretrained features", settings=(*_PRETRAINED, *_AT_32), patience=8),
    "mixed-scratch": Kind(title="mixed m, from scratch", settings=_SCRATCH),
    "m32-scratch": Kind(title="m = 32, from scratch", settings=(*_SCRATCH, *_AT_32)),
    "mixed-small": Kind(title="mixed m, from scratch, on maps of 40 x 30", settings=_SMALL),
    "m32-small": Kind(title="m = 32, from scratch, on maps of 40 x 30", settings=(*_SMALL, *_AT_32)),
    "recurrent-pretrained": Kind(
        title="recurrent pooling, on pretrained features", settings=(*_PRETRAINED, "pooling=recurrent"), patience=8
    ),
    "transformer-pretrained": Kind(
        title="transformer pooling, on pretrained features", settings=(*_PRETRAINED, "pooling=transformer"), patience=8
    ),
}
_ADAMW = ("optimizer=adamw", "learning_rate=0.001", "schedule=cosine", "steps=3000")


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """One kind of the paper's personal network: how it is trained, and on which universal map, then scored there."""

    title: str
    settings: tuple[str, ...] = _ADAMW
    usm: str = "true"
    """`true` without the person, `self-inclusive`, or `predicted` by the fold's fine-tuned universal network."""


PERSONAL = {
    "adamw": Personal(title="trained by adamw"),
    "sgd": Personal(title="trained by sgd, as printed", settings=("optimizer=sgd", "learning_rate=0.02", "steps=8000")),
    "as-printed": Personal(
        title="trained and scored on universal maps that hold the person, as printed",
        settings=(*_ADAMW, "self_inclusive=true"),
        usm="self-inclusive",
    ),
    "predicted": Personal(title="on predicted universal maps", settings=(*_ADAMW, "predicted_usm=1"), usm="predicted"),
}
SIZES = (4, 8, 16, 32, 48, 64)
CHECKS = {
    "little-gaze": "few pairs, and the beginning of each viewing",
    "exposure": "people who saw part of the images",
    "encoder": "other encoders, on pretrained features",
    "encoder-scratch": "other encoders, from scratch at full resolution",
}
_PERSONAL_ROWS = "usm,personal_paper,personal_paper_wrong_user,personal_paper_mean_user"
_MULTICNN_ROWS = {"closed": "usm,multicnn", "open": "usm,multicnn_oracle_loss,multicnn_support"}
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

    def sizes(self) -> list[int]:
        """Numbers of pairs: those of the paper, and the largest that the unseen images hold twice where 64 is not."""
        most = len(self.lists["unseen_images"].read_text(encoding="utf-8").split()) // 2
        return [m for m in SIZES if m <= most] + ([most] if 0 < most < SIZES[-1] and most not in SIZES else [])

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
        add = partial(_add, found, bench)
        for kind, embedding in KINDS.items():
            add(f"embedding-{kind}", f"embedding, {embedding.title}", partial(_embedding, kind=kind))
        add("embedding-ours", "our own embedding", _own_embedding)
        add("universal", "fine-tuned universal network", _universal)
        needed = bench.name("embedding", "mixed", "pretrained")
        fine_tuned = bench.name("universal")
        means = [bench.name("embedding", name) for name, kind in KINDS.items() if kind.is_mean]
        for kind, personal in PERSONAL.items():
            needs = (needed, fine_tuned) if personal.usm == "predicted" else (needed,)
            make = partial(_personal, kind=kind, candidates=means)
            add(f"personal-{kind}", f"personal network, {personal.title}", make, needs)
        add("multicnn", "MultiCNN", partial(_multicnn, usm="true"))
        add(
            "multicnn-predicted",
            "MultiCNN on predicted universal maps",
            partial(_multicnn, usm="predicted"),
            (fine_tuned,),
        )
        for check, words in CHECKS.items():
            wanted = (needed,) if check == "little-gaze" else ()
            add(f"check-{check}", f"check of the embedding: {words}", partial(_check, check=check), wanted)
    return found + _combined_parts(benches_of(place))


def _add(
    found: list[Part], bench: Bench, name: str, title: str, make: Callable[..., Json], needs: tuple[str, ...] = ()
) -> None:
    name = bench.name(name)
    made = partial(make, bench, name)
    found.append(Part(name=name, title=f"{bench.key}: {title}", make=made, needs=needs, chain=bench.key))


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
                make=partial(_personal, bench, bench.name("personal", "combined"), kind="adamw", candidates=[name]),
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


def _embedding(bench: Bench, name: str, *, kind: str) -> Json:
    run, facts = _train_embedding([bench], name, kind)
    _identify(bench, run, bench.place.part(name))
    return _measured(run) | facts


def _combined_embedding(group: Sequence[Bench], name: str) -> Json:
    run, facts = _train_embedding(group, name, "mixed-pretrained")
    for bench in group:
        _identify(bench, run, bench.place.part(name) / bench.dataset.source)
    return _measured(run) | facts


def _train_embedding(benches: Sequence[Bench], name: str, kind: str) -> tuple[Path, Json]:
    place = benches[0].place
    settings, facts = place.limited(embedding_settings(kind, is_quick=place.is_quick))
    watch = ("--validate-every", "2" if place.is_quick else "50", "--patience", str(KINDS[kind].patience))
    run = train(benches, "embedding", name, "--preset", "paper", *watch, *(f"--set={text}" for text in settings))
    return run, facts


def embedding_settings(kind: str, *, is_quick: bool) -> list[str]:
    """For `--set`: of a kind, or the same in a few steps of a small network."""
    settings = list(KINDS[kind].settings)
    if is_quick:
        changed = (*_QUICK_EMBEDDING, "widths=8,8", *(["n_axes=8"] if "n_axes=32" in settings else []))
        changed += ("m=2",) if "m=32" in settings else ()
        settings = [*(text for text in settings if text.startswith("pooling")), *changed]
    return settings


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
        *("--m", "1,2" if bench.place.is_quick else ",".join(map(str, bench.sizes()))),
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


def _universal(bench: Bench, name: str) -> Json:
    """Trained on the gaze of the fold's people, stopped by its validation images."""
    quick = bench.place.is_quick
    settings, facts = bench.place.limited(("steps=2", "batch=4", "width=8") if quick else ("steps=1200",))
    watch = ("--validate-every", "2" if quick else "100", "--patience", "5")
    run = train([bench], "universal", name, *watch, *(f"--set={setting}" for setting in settings))
    return _measured(run) | facts


def _personal(bench: Bench, name: str, *, kind: str, candidates: Sequence[str]) -> Json:
    place, quick = bench.place, bench.place.is_quick
    choice = _choice(bench, name, candidates)
    chosen, usm = choice["chosen"], PERSONAL[kind].usm
    own = tuple(text for text in PERSONAL[kind].settings if text.startswith(("self_inclusive", "predicted_usm")))
    settings, facts = place.limited((*_QUICK_PERSONAL, *own) if quick else PERSONAL[kind].settings)
    run = train(
        [bench],
        "personal",
        name,
        *("--preset", "paper", "--embedding", place.run(chosen)),
        *(("--universal", place.run(bench.name("universal"))) if usm == "predicted" else ()),
        *("--validate-every", "2" if quick else "100", "--patience", "10"),
        *(f"--set={setting}" for setting in settings),
    )
    _evaluate(bench, name, [place.run(chosen), run], usm)
    return {"choices": [choice], **_measured(run), **facts}


def _multicnn(bench: Bench, name: str, *, usm: str) -> Json:
    quick, run, lists = bench.place.is_quick, bench.place.run(name), bench.lists
    settings, facts = bench.place.limited(
        ("steps=2", "batch=2", "widths=8,8,8") if quick else ("steps=600", *_ADAMW[:2])
    )
    # not validated: people and images that others are stopped by are left out all the same
    command(
        *("train", "multicnn", "--data", bench.folder, "-o", run, "--resume", "--preset", "paper"),
        *("--device", bench.place.device, "--seed", str(bench.place.seed)),
        *("--exclude-images", lists["unseen_images"], "--exclude-observers", lists["unseen_observers"]),
        *(("--universal", bench.place.run(bench.name("universal")), "--set=predicted_usm=1") * (usm == "predicted")),
        *(f"--set={setting}" for setting in settings),
    )
    _evaluate(bench, name, [run], usm)
    return facts


def _check(bench: Bench, name: str, *, check: str) -> Json:
    """What the paper leaves open of its embedding: how much gaze, how many shared images, which encoder."""
    place, lists, quick = bench.place, bench.lists, bench.place.is_quick
    words: tuple[str | Path, ...] = ("--images", lists["unseen_images"], "--m", "1,2" if quick else "4,8,16,32")
    facts: Json = {}
    if check == "little-gaze":
        words = ("--images", lists["unseen_images"], "--m", "1,2" if quick else "1,2,4,8")
        words += ("--run", place.run(bench.name("embedding", "mixed", "pretrained")))
        words += ("--observers", lists["test_observers"])
    else:
        kind = "mixed-scratch" if check == "encoder-scratch" else "mixed-pretrained"
        settings = embedding_settings(kind, is_quick=quick)
        if kind == "mixed-pretrained" and not quick:
            settings.append("steps=200")  # about where validation people stop it
        settings, facts = place.limited(settings)
        words += ("--siamese", *(f"--set={setting}" for setting in settings))
        words += ("--observers", lists["unseen_observers"])
    out = place.part(name)
    draws = ("--draws", "5" if quick else "200", "--seed", str(place.seed))
    command("analyse", check.removesuffix("-scratch"), "--data", bench.folder, *words, *draws, "-o", out)
    return facts


def _evaluate(bench: Bench, name: str, models: Sequence[Path], usm: str) -> None:
    """Known and new people on new images, on the kind of universal map that the networks were trained on."""
    lists = bench.lists
    known = lists["test_observers"].with_name("training_observers.txt")
    others = {*bench.fold.test_observers, *bench.fold.validation_observers}
    source = bench.dataset.source
    everybody = [f"{source}:{position}" for position in range(bench.dataset.n_observers)]
    known.write_text("".join(f"{entry}\n" for entry in everybody if entry not in others), encoding="utf-8")
    pictures, rows = ["--pictures"], dict.fromkeys(("closed", "open"), _PERSONAL_ROWS)
    if "multicnn" in name:
        pictures, rows = [], _MULTICNN_ROWS
    for protocol, observers in (("closed", known), ("open", lists["test_observers"])):
        command(
            "evaluate",
            *models,
            *("--data", bench.folder, "--protocol", protocol, "--observers", observers),
            *("--usm", bench.place.run(bench.name("universal")) if usm == "predicted" else usm),
            *("--images", lists["test_images"], "--m", "2" if bench.place.is_quick else "32"),
            *("--draws", "2" if bench.place.is_quick else "10", "--seed", str(bench.place.seed)),
            *("--rows", rows[protocol], "-o", bench.place.part(name) / protocol),
            *pictures,
        )
