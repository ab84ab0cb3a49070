"""Train one network, from DATA to a run folder."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from gazeapp.errors import SettingsError

EXAMPLE = "python -m trainer train universal --data osie-data -o run-universal"

TASKS = ("embedding", "personal", "multicnn", "multitask", "universal", "gaze")
PRESETS = ("paper", "best", "tiny")
READOUT_PRESETS = ("backbone", "readout", "category-weights", "report")
_FROM_NOTHING = ("embedding", "personal")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--data", type=Path, action="append", required=True, help="repeat to combine")
    parser.add_argument("-o", "--out", type=Path, required=True, help="RUN folder to write")
    parser.add_argument(
        "--preset",
        choices=(*PRESETS, *READOUT_PRESETS),
        default="best",
        help="(universal also) backbone: our network on one view of the image, --set view=colour|grey|coarse|fine; "
        "readout: DeepGaze-style readouts on frozen backbones; category-weights: their mixture weighted by category; "
        "report: the same in the setting of the report",
    )
    parser.add_argument(
        "--from",
        dest="start",
        type=Path,
        metavar="RUN|WEIGHTS",
        help="weights that training starts from. multicnn: an unconditioned personal network of the paper; multitask: "
        "a multitask network, of which new observers train the last three layers; universal: a universal network, "
        "which is fine-tuned; gaze: an estimator, which is personalised on --set person=NAME",
    )
    parser.add_argument(
        "--backbone",
        action="append",
        default=[],
        metavar="NAME[=FILE]",
        help="(readout and category-weights only) repeat for several: NAME=RUN of the backbone preset, shipped, or "
        "one of resnet50, resnext50, densenet201, efficientnet_b5, shapenet_c with FILE its torchvision-compatible "
        "state dict; published=deepgaze2e.pth alone: all four of DeepGaze IIE with their own readouts, as published",
    )
    parser.add_argument(
        "--categories",
        type=Path,
        metavar="CSV",
        help="image,category a line, where DATA names none",
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="override")
    parser.add_argument("--embedding", type=Path, help="RUN or WEIGHTS with the embedding network")
    parser.add_argument(
        "--universal",
        type=Path,
        action="append",
        default=[],
        help="RUN or WEIGHTS with a universal network; repeat for folds: an image is predicted by those not trained on "
        "it; or the name of a universal model, as `evaluate --usm` takes it",
    )
    parser.add_argument("--exclude-images", type=Path, help="names or positions, one a line")
    parser.add_argument("--exclude-observers", type=Path, help="names or positions, one a line")
    parser.add_argument(
        "--validation-observers",
        type=Path,
        help="not trained on; training stops when identifying them (embedding) or predicting their gaze (personal) "
        "gets no better",
    )
    parser.add_argument(
        "--validation-images",
        type=Path,
        help="not trained on; for universal, training stops when their KLD gets no better",
    )
    parser.add_argument(
        "--validate-every", type=int, default=50, metavar="K", help="steps between two validations (50)"
    )
    parser.add_argument(
        "--patience",
        type=int,
        default=5,
        metavar="N",
        help="validations without a better one before training stops (5)",
    )


def run(args: argparse.Namespace) -> None:
    """Train, and name the weights."""
    if args.task == "gaze":  # its DATA holds faces, not maps
        from trainer.commands.train_gaze import train_gaze

        train_gaze(args)
        return
    import torch

    from trainer.commands.arguments import gpu_failures_told, pick_device, require_some
    from trainer.data.dataset import open_data, read_names
    from trainer.data.tensors import TensorDataset
    from trainer.engine import configs
    from trainer.engine.distributed import joined, wait_for_all
    from trainer.engine.runs import opened
    from trainer.methods.checkpoints import require_overlap
    from trainer.methods.provenance import learnt_from, origin
    from trainer.methods.registry import TASKS, Job, train
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
    wait_for_all()  # processes that train one network after another: the first has written the one that is read now
    learnt = learnt_from("embedding", [args.embedding] if args.embedding else [])
    learnt += learnt_from("universal", args.universal)
    if args.start is not None:
        if args.task in _FROM_NOTHING:
            raise SettingsError(
                f"train {args.task}: begins from nothing; --from is of the other networks",
                key="from",
            )
        settings["from"] = origin(args.start, args.task)
        if args.task != "universal" or args.preset in READOUT_PRESETS:  # else both trainings' facts become one
            learnt += learnt_from("first", [args.start], args.task)
    if learnt:
        settings["learnt_from"] = learnt
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
    with joined(pick_device(args.device)) as device, opened(args.out, settings, resume=args.resume) as folder:
        torch.manual_seed(args.seed)
        job = Job(
            data=[TensorDataset(dataset, device) for dataset in datasets],
            run=folder,
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
        with gpu_failures_told(f"train {args.task}", device):
            train(job, config)
    if folder.writes:
        length = f" after {folder.last_step} steps" if folder.last_step else ""
        print(f"{folder.weights_path}: {args.task}{length}")


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
