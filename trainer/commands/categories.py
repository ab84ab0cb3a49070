"""Score mixtures with adaptive category weights on the images their members were not trained on:
with the right, a wrong, a predicted and no category.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from gazeapp.progress import track
from trainer.commands.arguments import facts_of, require_some
from trainer.data.dataset import Dataset, open_data

EXAMPLE = "python -m trainer categories run-readout run-category-weights --data categories-data -o RESULTS"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN")
    parser.add_argument("--data", type=Path, action="append", required=True)
    parser.add_argument("--categories", type=Path, metavar="CSV", help="image,category a line, as in training")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Score, print and store."""
    from trainer.data.tensors import TensorDataset
    from trainer.evaluation.category_weights import evaluate_mixtures, final_weights, label_of, load_mixture, summarise
    from trainer.reports.category_tables import format_categories
    from trainer.reports.results import SCHEMA, write_results

    datasets = [require_some(open_data(folder)) for folder in args.data]
    rows = evaluate_mixtures(
        args.runs, [TensorDataset(d) for d in datasets], args.categories, seed=args.seed, progress=track
    )
    checkpoints = [load_mixture(folder)[0] for folder in args.runs]
    guesses = [row["guessed"] for row in rows if row["model"].endswith("predicted")]
    document = {
        "schema": SCHEMA,
        "protocol": "categories",
        "dataset": "+".join(d.source for d in datasets),
        "rows": [],
        "summary": summarise(rows, seed=args.seed),
        "weights": final_weights(args.runs),
        "meta": {
            **facts_of(datasets[0]),
            "resolution": _map_size(datasets[0]),
            "n_photographs": len({row["group"] for row in rows}),
            "seed": args.seed,
            "accuracy": round(sum(guesses) / len(guesses), 4) if guesses else None,
            "members": {
                label_of(c): {
                    "seeds": len({m["seed"] for m in c.provenance["members"]}),
                    "folds": len({m["fold"] for m in c.provenance["members"]}),
                }
                for c in checkpoints
            },
            "checkpoints": [c.sha256 for c in checkpoints],
        },
    }
    print(format_categories(document))
    print(write_results(document, args.out))


def _map_size(dataset: Dataset) -> str:
    """Cells on which readouts are mixed and scored, coarser than those of DATA."""
    from gazeapp.networks.deepgaze.mixture import MAP_FACTOR

    height, width = dataset.images.shape[1:3]
    return f"{width // MAP_FACTOR}x{height // MAP_FACTOR}"
