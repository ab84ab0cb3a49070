"""`train`: one network, from DATA to a run folder."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from trainer import configs
from trainer.commands.arguments import pick_device, require_some
from trainer.data.dataset import open_data, read_names


def train(args: argparse.Namespace) -> None:
    """`train`: one network, from DATA to a run folder."""
    import torch

    from trainer.data.resident import Resident
    from trainer.runs import Run
    from trainer.tasks.registry import TASKS, Job
    from trainer.tasks.sources import require_overlap

    task = TASKS[args.task]
    config = configs.override(task.configure(args.preset), args.set)
    exclude_images, exclude_observers = (
        read_names(args.exclude_images),
        read_names(args.exclude_observers),
    )
    datasets = [
        require_some(open_data(folder).without(exclude_images, exclude_observers))
        for folder in args.data
    ]
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
    if task.learns_people:
        for dataset in datasets:
            require_overlap(dataset)
    device = pick_device(args.device)
    run = Run(args.out, settings, resume=args.resume)
    torch.manual_seed(args.seed)
    job = Job(
        data=[Resident(dataset, device) for dataset in datasets],
        run=run,
        seed=args.seed,
        device=device,
        universal=args.universal,
        embedding=args.embedding,
        start=args.start,
    )
    task.train(job, config)
    print(f"{run.weights_path}: {args.task} after {config.steps} steps")
