"""`evaluate`: predictions times metrics."""

from __future__ import annotations

import argparse

from trainer.commands.arguments import facts_of, names_in, open_one, read_integers, require_some
from trainer.progress import report_progress


def evaluate(args: argparse.Namespace) -> None:
    """`evaluate`: score weights on observers and images that they were not trained on."""
    from trainer import evaluate as scoring
    from trainer.results import build_results, write_results
    from trainer.tables import format_table

    dataset = open_one(args.data)
    scored = require_some(dataset.only(names_in(args.images), names_in(args.observers)))
    models = scoring.load_models(args.models)
    scoring.require_unseen(models.checkpoints, dataset, scored, args.protocol)
    scores = scoring.evaluate(
        models, dataset, scored,
        support_images=names_in(args.support_images), usm=args.usm, support_sizes=read_integers(args.m, "m"), n_draws=args.draws, seed=args.seed,
        progress=report_progress,
    )  # fmt: skip
    observers = [scored.observer_names[k] for k in scored.observer_index]
    document = build_results(
        scores, protocol=args.protocol, dataset=dataset.source, observers=observers, seed=args.seed,
        meta={
            **facts_of(scored), "n_draws": args.draws, "seed": args.seed,
            "checkpoints": [c.sha256 for c in models.checkpoints],
        },
    )  # fmt: skip
    print(format_table([document], "md"))
    print(write_results(document, args.out))
