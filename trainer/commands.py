"""One function per command: turns arguments into calls, and prints what was done."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from gazeapp.errors import DatasetIncomplete, SettingsError
from trainer.data.dataset import Dataset, open_data, read_names
from trainer.progress import report_progress

if TYPE_CHECKING:
    import torch


def prepare(args: argparse.Namespace) -> None:
    """`prepare`: read a published layout and write DATA."""
    from trainer.data.layouts import read_layout
    from trainer.data.prepare import write_data

    recording = read_layout(args.source, args.root, args.stimuli)
    write_data(
        recording,
        args.out,
        map_size_wh=_size(args.size),
        sigma_deg=args.sigma_deg,
        progress=report_progress,
    )
    print(
        f"{args.out}: {len(recording.image_paths)} images, {len(recording.observers)} observers, "
        f"{len(recording.fixations)} fixations, sigma {args.sigma_deg:g} deg = "
        f"{args.sigma_deg * recording.median_px_per_deg:g} px"
    )


def train(args: argparse.Namespace) -> None:
    """`train`: one network, from DATA to a run folder."""
    from dataclasses import asdict

    import torch

    from trainer import configs
    from trainer.data.resident import Resident
    from trainer.runs import Run
    from trainer.tasks.sources import attach_universal, load_encoder, require_overlap

    config: configs.Config
    if args.task == "universal":
        config = configs.override(configs.universal(args.preset), args.set)
    elif args.task == "embedding":
        config = configs.override(configs.embedding(args.preset), args.set)
    elif args.task == "personal":
        config = configs.override(configs.personal(args.preset), args.set)
    else:
        raise SettingsError(f"train {args.task}: this task is not supported yet", key="task")
    exclude_images, exclude_observers = (
        read_names(args.exclude_images),
        read_names(args.exclude_observers),
    )
    datasets = [
        _used(open_data(folder).without(exclude_images, exclude_observers)) for folder in args.data
    ]
    device = _device(args.device)
    settings = {
        "task": args.task,
        "preset": args.preset,
        "config": asdict(config),
        "seed": args.seed,
        "data": [{"source": d.source, "sha256": d.sha256} for d in datasets],
        "n_images": [d.n_images for d in datasets],
        "n_observers": [d.n_observers for d in datasets],
        "sigma_deg": datasets[0].sigma_deg,
        "exclude_images": exclude_images,
        "exclude_observers": exclude_observers,
    }
    if args.task != "universal":
        for dataset in datasets:
            require_overlap(dataset)
    run = Run(args.out, settings, resume=args.resume)
    data = [Resident(dataset, device) for dataset in datasets]
    torch.manual_seed(args.seed)
    if isinstance(config, configs.UniversalConfig):
        from trainer.tasks.universal import train_universal

        train_universal(data, config, run, args.seed, device)
    elif isinstance(config, configs.EmbeddingConfig):
        from trainer.tasks.user_embedding import train_embedding

        attach_universal(data, args.universal, device)
        train_embedding(data, config, run, args.seed, device)
    else:
        from trainer.tasks.personal_saliency import train_personal

        if args.embedding is None:
            raise SettingsError(
                "train personal: --embedding RUN|WEIGHTS is needed", key="embedding"
            )
        attach_universal(data, args.universal, device)
        encoder = load_encoder(args.embedding, device)
        train_personal(data, encoder, config, run, args.seed, device)
    print(f"{run.weights_path}: {args.task} after {config.steps} steps")


def evaluate(args: argparse.Namespace) -> None:
    """`evaluate`: score weights on observers and images that they were not trained on."""
    from trainer import evaluate as scoring
    from trainer.results import build_results, write_results
    from trainer.tables import format_table

    dataset = _one(args.data)
    scored = _used(dataset.only(_names(args.images), _names(args.observers)))
    models = scoring.load_models(args.models)
    scoring.require_unseen(models.checkpoints, dataset, scored, args.protocol)
    scores = scoring.evaluate(
        models, dataset, scored,
        support_images=_names(args.support_images), usm=args.usm, support_sizes=_integers(args.m, "m"), n_draws=args.draws, seed=args.seed,
        progress=report_progress,
    )  # fmt: skip
    observers = [scored.observer_names[k] for k in scored.observer_index]
    document = build_results(
        scores, protocol=args.protocol, dataset=dataset.source, observers=observers, seed=args.seed,
        meta={
            **_facts(scored), "n_draws": args.draws, "seed": args.seed,
            "checkpoints": [c.sha256 for c in models.checkpoints],
        },
    )  # fmt: skip
    print(format_table([document], "md"))
    print(write_results(document, args.out))


def analyse(args: argparse.Namespace) -> None:
    """`analyse`: identification against the number of pairs, with controls."""
    from trainer import analyse as analysis
    from trainer.results import SCHEMA, write_results
    from trainer.tables import format_table
    from trainer.tasks.sources import load_weights

    if args.analysis in ("consistency", "repeats"):
        _analyse_viewings(args)
        return
    if args.analysis != "identification":
        raise SettingsError(f"analyse {args.analysis}: not supported yet", key="analysis")
    if args.run is None:
        raise SettingsError("analyse identification: --run RUN|WEIGHTS is needed", key="run")
    dataset = _one(args.data)
    used = _used(dataset.only(_names(args.images), _names(args.observers)))
    checkpoint = load_weights(args.run, "embedding")
    found = analysis.run_identification(
        checkpoint,
        args.run,
        dataset,
        used,
        _integers(args.m, "m"),
        seed=args.seed,
        draws=args.draws,
    )
    document = {
        "schema": SCHEMA, "protocol": "identification", "dataset": dataset.source, "rows": found, "summary": [],
        "meta": {
            **_facts(used), "seed": args.seed, "n_draws": args.draws, "seen_in_training": analysis.overlap_with_training(checkpoint, used),
            "checkpoints": [checkpoint.sha256],
        },
    }  # fmt: skip
    print(format_table([document], "md"))
    print(write_results(document, args.out))


def _analyse_viewings(args: argparse.Namespace) -> None:
    from trainer.consistency import consistency, repeats, summarise
    from trainer.results import SCHEMA, write_results

    dataset = _one(args.data)
    used = _used(dataset.only(_names(args.images), _names(args.observers)))
    if args.analysis == "repeats":
        rows = repeats(used, progress=report_progress)
    else:
        rows = consistency(used, _degrees(args.sigma_deg), progress=report_progress)
    summary = summarise(rows)
    for entry in summary:
        low, high = entry["ci95"]
        print(f"{entry['model']}: {entry['metric']} {entry['mean']:.4f} ({low:.4f}-{high:.4f})")
    document = {
        "schema": SCHEMA, "protocol": args.analysis, "dataset": dataset.source, "rows": rows,
        "summary": summary, "meta": _facts(used),
    }  # fmt: skip
    print(write_results(document, args.out))


def _degrees(text: str) -> list[float]:
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if not values or not all(0 < value < 10 for value in values):
        raise SettingsError(
            f"--sigma-deg {text!r}: needs degrees above 0, comma-separated", key="sigma-deg"
        )
    return values


def plot(args: argparse.Namespace) -> None:
    """`plot`: figures of stored results and runs."""
    from trainer.plots import draw

    for path in draw(args.sources, args.out):
        print(path)


def table(args: argparse.Namespace) -> None:
    """`table`: stored results as a table."""
    from trainer.results import read_results
    from trainer.tables import format_table

    print(format_table([read_results(path) for path in args.results], args.format))


def export(args: argparse.Namespace) -> None:
    """`export`: finished runs become a WEIGHTS folder with a model card."""
    from trainer.export import export_weights

    for line in export_weights(args.runs, args.out, dtype=args.dtype, results=args.results):
        print(line)


def _used(dataset: Dataset) -> Dataset:
    if not dataset.n_images or not dataset.n_observers:
        raise DatasetIncomplete(f"{dataset.source}: nothing is left after the exclusions")
    return dataset


def _one(folders: list[Path]) -> Dataset:
    if len(folders) > 1:
        raise SettingsError("--data: one data set at a time is scored; give it once", key="data")
    return open_data(folders[0])


def _names(path: Path | None) -> list[str] | None:
    return None if path is None else read_names(path)


def _integers(text: str, key: str) -> list[int]:
    try:
        values = [int(part) for part in text.split(",")]
    except ValueError:
        values = []
    if not values or min(values) < 1:
        raise SettingsError(f"--{key} {text!r}: needs numbers from 1, comma-separated", key=key)
    return values


def _facts(scored: Dataset) -> dict[str, object]:
    height, width = scored.maps.shape[-2:]
    return {
        "n_images": scored.n_images,
        "n_observers": scored.n_observers,
        "sigma_deg": scored.sigma_deg,
        "sigma_px": scored.sigma_px,
        "resolution": f"{width}x{height}",
        "data_sha256": scored.sha256,
    }


def _device(name: str) -> torch.device:
    import torch

    if name == "cuda" and not torch.cuda.is_available():
        raise SettingsError("--device cuda: no CUDA GPU is usable here; use cpu", key="device")
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdigit() and height.isdigit() and int(width) % 8 == 0 and int(height) % 8 == 0):
        raise SettingsError(f"--size {text!r}: needs WIDTHxHEIGHT, both multiples of 8", key="size")
    return int(width), int(height)


COMMANDS: dict[str, Callable[[argparse.Namespace], None]] = {
    "prepare": prepare,
    "train": train,
    "evaluate": evaluate,
    "analyse": analyse,
    "table": table,
    "plot": plot,
    "export": export,
}
