"""`train`: one network, from DATA to a run folder."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from gazeapp.errors import SettingsError
from trainer.__main__ import READOUT_PRESETS
from trainer.commands.arguments import pick_device, require_some
from trainer.data.dataset import open_data, read_names
from trainer.engine import configs

_FROM_NOTHING = ("embedding", "personal")


def train(args: argparse.Namespace) -> None:
    """`train`: one network, from DATA to a run folder."""
    if args.task == "gaze":  # its DATA holds faces, not maps
        from trainer.commands.train_gaze import train_gaze

        train_gaze(args)
        return
    import torch

    from trainer.data.tensors import TensorDataset
    from trainer.engine.distributed import is_first, joined, wait_for_all
    from trainer.engine.runs import RunFolder
    from trainer.methods.checkpoints import require_overlap
    from trainer.methods.provenance import origin
    from trainer.methods.registry import TASKS, Job
    from trainer.methods.validation import plan_validation

    task = TASKS[args.task]
    if args.task != "universal" and args.preset in READOUT_PRESETS:
        raise SettingsError(f"train {args.task}: --preset {args.preset} belongs to universal", key="preset")
    is_tuned = args.task == "universal" and args.start is not None
    preset = "finetune" if is_tuned and args.preset == "best" else args.preset
    config = configs.override(task.configure(preset), args.set)
    exclude_images, exclude_observers = (
        read_names(args.exclude_images),
        read_names(args.exclude_observers),
    )
    validation_images, validation_observers = (
        read_names(args.validation_images),
        read_names(args.validation_observers),
    )
    kept = [open_data(folder).without(exclude_images, exclude_observers) for folder in args.data]
    datasets = [require_some(dataset.without(validation_images, validation_observers)) for dataset in kept]
    settings = {
        "task": args.task,
        "preset": preset,
        "config": asdict(config),
        "seed": args.seed,
        "data": [{"source": d.source, "sha256": d.sha256} for d in datasets],
        "n_images": [d.n_images for d in datasets],
        "n_observers": [d.n_observers for d in datasets],
        "sigma_deg": datasets[0].sigma_deg,
        "exclude_images": exclude_images,
        "exclude_observers": exclude_observers,
    }
    if args.start is not None:
        if args.task in _FROM_NOTHING:
            raise SettingsError(
                f"train {args.task}: begins from nothing; --from is of the other networks",
                key="from",
            )
        settings["from"] = origin(args.start, args.task)
    if args.backbone or args.categories:
        settings["readouts"] = [*args.backbone, str(args.categories or "")]
    if is_validated := bool(validation_images or validation_observers):
        _require_validation(args)
        # they stay out of `exclude_*`: weights chosen by them have seen them
        settings["validation"] = [
            validation_images,
            validation_observers,
            args.validate_every,
            args.patience,
        ]
    if task.learns_people:
        for dataset in datasets:
            require_overlap(dataset)
    with joined(pick_device(args.device)) as device:
        if is_first():
            run = RunFolder(args.out, settings, resume=args.resume)
        wait_for_all()
        if not is_first():
            run = RunFolder(args.out, settings, resume=args.resume, writes=False)
        torch.manual_seed(args.seed)
        job = Job(
            data=[TensorDataset(dataset, device) for dataset in datasets],
            run=run,
            seed=args.seed,
            device=device,
            universal=args.universal,
            embedding=args.embedding,
            start=args.start,
            backbones=args.backbone,
            categories=args.categories,
            validation=plan_validation(
                kept,
                validation_images,
                validation_observers,
                every=args.validate_every,
                patience=args.patience,
                device=device,
            )
            if is_validated
            else None,
        )
        task.train(job, config)
    if run.writes:
        length = f" after {run.last_step} steps" if run.last_step else ""
        print(f"{run.weights_path}: {args.task}{length}")


def _require_validation(args: argparse.Namespace) -> None:
    """Refuse what cannot be watched."""
    watched = "images" if args.task == "universal" else "observers"
    if args.task not in ("universal", "embedding", "personal"):
        raise SettingsError(f"train {args.task}: cannot be validated yet", key="validation")
    if getattr(args, f"validation_{watched}") is None:
        raise SettingsError(
            f"train {args.task}: is validated on {watched}; give --validation-{watched} FILE",
            key=f"validation-{watched}",
        )
    for key in ("validate_every", "patience"):
        if getattr(args, key) < 1:
            name = key.replace("_", "-")
            raise SettingsError(f"--{name} {getattr(args, key)}: needs a number from 1", key=name)
