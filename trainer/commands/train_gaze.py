"""`train gaze`: the gaze estimator, whose data are faces instead of maps."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from gazeapp.errors import DatasetIncomplete, SettingsError
from trainer.commands.arguments import gpu_failures_told, names_in, pick_device
from trainer.data.gaze_frames import open_frames
from trainer.engine import gaze_configs
from trainer.engine.configs import override

_FOREIGN = (
    "exclude_images",
    "validation_images",
    "embedding",
    "universal",
    "backbone",
    "categories",
)


def train_gaze(args: argparse.Namespace) -> None:
    """Train on many people; with --from, personalise on one."""
    import torch

    from trainer.engine.distributed import joined
    from trainer.engine.runs import opened
    from trainer.methods.gaze_estimator import personalise, watch_people
    from trainer.methods.gaze_estimator import train_gaze as train_many
    from trainer.methods.provenance import origin

    if args.preset not in ("paper", "best", "tiny"):
        raise SettingsError(f"train gaze: --preset {args.preset} belongs to universal", key="preset")
    for key in _FOREIGN:
        if getattr(args, key):
            name = key.replace("_", "-")
            raise SettingsError(f"train gaze: --{name} is of other networks", key=name)
    config: gaze_configs.GazeConfig | gaze_configs.PersonalGazeConfig
    if args.start is None:
        config = override(gaze_configs.pretraining(args.preset), args.set)
    else:
        config = override(gaze_configs.personalising(args.preset), args.set)
    excluded, watched = names_in(args.exclude_observers) or [], names_in(args.validation_observers)
    kept = [open_frames(folder).without(excluded) for folder in args.data]
    data = [part.without(watched or []) for part in kept]
    if not any(len(part.index) for part in data):
        raise DatasetIncomplete("train gaze: nothing is left after the exclusions")
    settings = {
        "task": "gaze",
        "preset": args.preset,
        "config": asdict(config),
        "seed": args.seed,
        "data": [{"source": part.source, "sha256": part.sha256} for part in data],
        "n_frames": [len(part.index) for part in data],
        "n_observers": [len(part.people_in_use) for part in data],
        "people": {part.source: part.people_in_use for part in data},
        "exclude_observers": excluded,
        "from": None if args.start is None else origin(args.start, "gaze"),
    }
    if watched is not None:
        if args.start is not None:
            raise SettingsError(
                "train gaze --from: cannot be validated; its length is --set epochs=N",
                key="validation-observers",
            )
        settings["validation"] = [watched, args.validate_every, args.patience]
    with (
        joined(pick_device(args.device)) as device,
        opened(args.out, settings, resume=args.resume) as run,
        gpu_failures_told("train gaze", device),
    ):
        torch.manual_seed(args.seed)
        if isinstance(config, gaze_configs.PersonalGazeConfig):
            personalise(data, args.start, config, run, args.seed, device)
        else:
            watch = None
            if watched is not None:
                watch = watch_people(
                    [part.only(watched) for part in kept],
                    every=args.validate_every,
                    patience=args.patience,
                )
            train_many(data, config, run, args.seed, device, watch)
    if run.writes:
        print(f"{run.weights_path}: gaze after {run.last_step} steps")
