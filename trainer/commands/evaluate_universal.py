"""`evaluate` of universal networks alone: all metrics against where all observers looked, beside the observers'
ceiling.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from gazeapp.errors import CheckpointError, SettingsError
from trainer.commands.arguments import facts_of, names_in, open_one, require_some

_N_SPLITS = 2


def evaluate_universal(args: argparse.Namespace) -> None:
    """Score universal runs, and the predictors of `--usm`, on images that the runs were not trained on."""
    from trainer.evaluation import universal_scores as scoring
    from trainer.evaluation.protocol import require_unseen
    from trainer.evaluation.universal_predictions import known_weights, open_predictor
    from trainer.methods.checkpoints import load_weights
    from trainer.reports.results import write_results
    from trainer.reports.tables import format_table

    if args.protocol == "open":
        raise SettingsError(
            "evaluate --protocol open: a universal network knows no observers; use closed or cross",
            key="protocol",
        )
    dataset = open_one(args.data)
    scored = require_some(dataset.only(names_in(args.images), names_in(args.observers)))
    checkpoints = [load_weights(folder, "universal") for folder in args.models]
    require_unseen(checkpoints, dataset, scored, args.protocol)
    asked = args.usm.split(",") if args.usm != "true" else []
    require_unseen(
        [known for text in asked if (known := known_weights(text)) is not None],
        dataset,
        scored,
        args.protocol,
        know_people=False,
    )
    images = scored.image_index.tolist()
    # the observers that are scored give the truth, the baseline and the negatives of sauc
    fixations = scoring.GridFixations(dataset.only(None, names_in(args.observers)))
    baseline = fixations.baseline(images)
    predictors = [open_predictor(folder, dataset) for folder in args.models]
    labels = _labels(args.models, [bool(c.provenance.get("from")) for c in checkpoints])
    for text in asked:
        predictors.append(open_predictor(text, dataset))
        labels.append(predictors[-1].label)
    if len(set(labels)) < len(labels):
        raise CheckpointError(f"evaluate: two models would be called the same: {', '.join(labels)}")
    named = {label: predictor.predict for label, predictor in zip(labels, predictors, strict=True)}
    named = {"centre": lambda _image: baseline, **named}
    meta = {
        **facts_of(scored),
        "seed": args.seed,
        "checkpoints": [c.sha256 for c in checkpoints],
        "trained_on": ["+".join(entry["source"] for entry in c.provenance.get("data", [])) for c in checkpoints],
    }
    against_all = [
        scoring.score_maps(name, predict, fixations, images, baseline=baseline) for name, predict in named.items()
    ]
    against_half = scoring.score_observers(
        named, fixations, images, scored.observer_index.tolist(), n_splits=_N_SPLITS, seed=args.seed
    )
    documents = [
        scoring.universal_results(
            scores,
            protocol=args.protocol,
            dataset=dataset.source,
            truth=truth,
            meta={**meta, **more},
            seed=args.seed,
        )
        for scores, truth, more in (
            (against_all, "all", {}),
            (against_half, "half", {"n_splits": _N_SPLITS}),
        )
    ]
    print(format_table(documents, "md"))
    print(write_results(documents[0], args.out))
    print(write_results(documents[1], args.out / "half"))


def _labels(folders: list[Path], is_tuned: list[bool]) -> list[str]:
    """`usm`, or `finetuned_usm` for those that began from other weights; several of a kind carry their folder's
    name.
    """
    kinds = ["finetuned_usm" if tuned else "usm" for tuned in is_tuned]
    return [
        kind if kinds.count(kind) == 1 else f"{kind}_{folder.name}" for kind, folder in zip(kinds, folders, strict=True)
    ]
