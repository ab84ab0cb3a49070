"""Analyses that train small networks: exposure, encoder, training size; and little-gaze, which trains none."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from gazeapp.errors import SettingsError
from gazeapp.types import Json
from trainer.commands.arguments import (
    facts_of,
    names_in,
    open_one,
    open_unseen,
    read_integers,
    require_some,
)

if TYPE_CHECKING:
    from trainer.analyses.ablation import AblationSettings
    from trainer.data.dataset import Dataset
    from trainer.engine.configs import EmbeddingConfig

Trains = Callable[["AblationSettings", "Dataset", Path, Callable[[list[Json]], None]], object]


def little_gaze(args: argparse.Namespace) -> None:
    """Identification by an existing embedding from few pairs and from the beginning of each viewing."""
    from trainer.analyses.short_viewing import little_gaze as identify
    from trainer.methods.checkpoints import load_weights
    from trainer.reports.results import SCHEMA, write_results
    from trainer.reports.tables import format_table

    if args.run is None:
        raise SettingsError("analyse little-gaze: --run RUN|WEIGHTS is needed", key="run")
    checkpoint = load_weights(args.run, "embedding")
    dataset, used, seen_in_training = open_unseen(args, [checkpoint])
    rows = identify(
        checkpoint,
        args.run,
        used,
        support_sizes=read_integers(args.m, "m"),
        seconds=read_positive(args.seconds, "seconds"),
        seed=args.seed,
        draws=args.draws,
    )
    document = {
        "schema": SCHEMA,
        "protocol": "identification",
        "dataset": dataset.source,
        "rows": rows,
        "summary": [],
        "meta": {
            "analysis": "little-gaze",
            **facts_of(used),
            "seed": args.seed,
            "n_draws": args.draws,
            "usm": "true",
            "seen_in_training": seen_in_training,
            "checkpoints": [checkpoint.sha256],
        },
    }
    print(format_table([document], "md"))
    print(write_results(document, args.out))


def exposure(args: argparse.Namespace) -> None:
    """Embeddings of people who each saw part of the images."""
    from trainer.analyses.ablation import posterior_config
    from trainer.analyses.image_exposure import exposure as train

    shares = read_positive(args.shares, "shares")
    if max(shares) > 1:
        raise SettingsError(f"--shares {args.shares!r}: a share is at most 1", key="shares")
    sizes = read_integers(args.m, "m")
    siamese = _siamese(args)
    _identify_small(
        args,
        lambda ablation, part, runs, store: train(
            ablation, part, posterior_config(ablation) if siamese is None else siamese, shares, sizes, runs, store
        ),
        **({} if siamese is None else {"siamese": asdict(siamese)}),
    )


def encoder(args: argparse.Namespace) -> None:
    """Embedding networks of several sizes and shapes."""
    from trainer.analyses.encoder_ablation import SIAMESE, encoder_ablation
    from trainer.engine.configs import override

    siamese = _siamese(args) or override(SIAMESE, args.set)
    n_basis = [] if args.siamese else read_integers(args.basis, "basis")
    sizes = read_integers(args.m, "m")
    _identify_small(
        args,
        lambda ablation, part, runs, store: encoder_ablation(ablation, part, siamese, n_basis, sizes, runs, store),
        siamese=asdict(siamese),
    )


def _siamese(args: argparse.Namespace) -> EmbeddingConfig | None:
    """The paper's network as `--siamese` and `--set` want it; None without the former."""
    from trainer.engine.configs import EmbeddingConfig, override

    return override(EmbeddingConfig(), args.set) if args.siamese else None


def training_size(args: argparse.Namespace) -> None:
    """Personal prediction against the number of training images and people."""
    from trainer.analyses.training_size import all_sizes
    from trainer.analyses.training_size import training_size as train
    from trainer.reports.results import as_table, build_results, write_results
    from trainer.reports.tables import format_table

    ablation = _ablation(args)
    sizes = read_integers(args.m, "m")
    if len(sizes) != 1:
        raise SettingsError(f"--m {args.m!r}: training-size takes one number", key="m")
    asked = all_sizes(
        read_integers(args.train_images or "100,200,400", "train-images"),
        read_integers(args.train_observers or "4,6,8", "train-observers"),
    )
    scored = ablation.dataset.only(ablation.test_images, ablation.unseen_observers)

    def store(scores: list[Any]) -> Json:  # Any: `evaluate.Scores`, which brings torch
        table = as_table(
            scores,
            observers=[scored.observer_names[k] for k in scored.observer_index],
            images=[scored.image_names[k] for k in scored.image_index],
        )
        document = build_results(
            table,
            protocol="open",
            dataset=scored.source,
            seed=args.seed,
            meta={"analysis": "training-size", **facts_of(scored), **_training_facts(args, ablation.training)},
        )
        write_results(document, args.out)
        return document

    with TemporaryDirectory() as runs:
        found = train(ablation, asked, sizes[0], Path(runs), store)
    print(format_table([store(found)], "md", "tests"))
    print(args.out / "results.json")


def read_positive(text: str, key: str) -> list[float]:
    """Numbers above 0, comma-separated."""
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if not values or not all(0 < value < 1e6 for value in values):
        raise SettingsError(f"--{key} {text!r}: needs numbers above 0, comma-separated", key=key)
    return values


def _identify_small(args: argparse.Namespace, train: Trains, **facts: Json) -> None:
    from trainer.analyses.ablation import part_of
    from trainer.reports.results import SCHEMA, write_results
    from trainer.reports.tables import format_table

    ablation = _ablation(args)
    part = ablation.training
    if args.train_images or args.train_observers:
        part = part_of(
            part,
            max(read_integers(args.train_images or str(part.n_images), "train-images")),
            max(read_integers(args.train_observers or str(part.n_observers), "train-observers")),
            args.seed,
        )
    tested = ablation.dataset.only(ablation.test_images, None)
    document: Json = {
        "schema": SCHEMA,
        "protocol": "identification",
        "dataset": part.source,
        "rows": [],
        "summary": [],
        "meta": {"analysis": args.analysis, **facts_of(tested), **_training_facts(args, part), **facts},
    }

    def store(rows: list[Json]) -> None:
        # a long analysis that is stopped keeps what it has found
        document["rows"] = rows
        write_results(document, args.out)

    with TemporaryDirectory() as runs:
        train(ablation, part, Path(runs), store)
    print(format_table([document], "md"))
    print(args.out / "results.json")


def _ablation(args: argparse.Namespace) -> AblationSettings:
    from trainer.analyses.ablation import AblationSettings
    from trainer.evaluation.protocol import require_unseen
    from trainer.methods.checkpoints import load_weights

    for name in ("universal", "images", "observers"):
        if getattr(args, name) is None and not (name == "universal" and args.siamese):
            raise SettingsError(
                f"analyse {args.analysis}: --{name} is needed; --images and --observers are those that are tested, "
                "all others are trained on",
                key=name,
            )
    if args.steps < 1:
        raise SettingsError(f"--steps {args.steps}: needs a number from 1", key="steps")
    dataset = open_one(args.data)
    ablation = AblationSettings(
        dataset=dataset,
        test_images=tuple(names_in(args.images) or ()),
        unseen_observers=tuple(names_in(args.observers) or ()),
        universal=args.universal,
        steps=args.steps,
        seed=args.seed,
        draws=args.draws,
    )
    tested = require_some(dataset.only(ablation.test_images, ablation.unseen_observers))
    if args.universal is not None:
        universal = load_weights(args.universal, "universal")
        require_unseen([universal], dataset, tested, "open", command=f"analyse {args.analysis}")
    return ablation


def _training_facts(args: argparse.Namespace, part: Dataset) -> Json:
    return {
        "n_training_images": part.n_images,
        "n_training_observers": part.n_observers,
        "steps": args.steps,
        "n_draws": args.draws,
        "seed": args.seed,
        "usm": "true",
    }
