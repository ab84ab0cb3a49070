"""Score predictions with every metric, and test differences in pairs.

Runs of universal networks alone are scored against all observers; a run of the gaze estimator is scored before and
after personalising it, with --m its numbers of sessions.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gazeapp.errors import SettingsError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from trainer.data.dataset import Dataset
    from trainer.evaluation.baselines.interface import SaliencyModel
    from trainer.evaluation.data import EvaluationData
    from trainer.evaluation.protocol import Assignment

    Positions = NDArray[np.int64]

TRUE_MAPS = ("true", "self-inclusive")
"""Values of --usm that no model predicts."""
EXAMPLE = "python -m trainer evaluate WEIGHTS --data osie-data --protocol open --observers o.txt -o RESULTS"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("models", type=Path, nargs="*", metavar="RUN|WEIGHTS")
    parser.add_argument("--data", type=Path, action="append", required=True)
    parser.add_argument("--protocol", choices=("closed", "open", "cross"), required=True)
    parser.add_argument(
        "--usm",
        default="true",
        help="`true`; `self-inclusive`, with the target's own map in it as papers have it; or a universal model as "
        "`gazeapp universal --model` takes it: a name, an ONNX file, weights, a run, a folder of maps",
    )
    parser.add_argument(
        "--m", help="support sizes, comma-separated (default 32); gaze estimators: sessions (default 1,2,4,8)"
    )
    parser.add_argument(
        "--as",
        dest="name",
        metavar="NAME",
        help="name of our model in the results (default personal_best)",
    )
    parser.add_argument("--draws", type=int, default=10, help="support sets per observer")
    parser.add_argument("--images", type=Path, help="score just these, one a line")
    parser.add_argument("--observers", type=Path, help="score just these, one a line")
    parser.add_argument(
        "--support-images",
        type=Path,
        help="embeddings from just these, one a line (default: all that are not scored)",
    )
    parser.add_argument("--rows", help="just these models, comma-separated (default: all there are)")
    parser.add_argument(
        "--maps",
        choices=("plain", "metric-specific", "both"),
        default="plain",
        help="score the density itself, or the map derived from it that is best for each metric",
    )
    parser.add_argument("--pictures", action="store_true", help="store embeddings and example maps for `plot`")
    parser.add_argument(
        "--choosing", type=int, default=4, help="(gaze estimators only) people who choose learning rates (4)"
    )
    parser.add_argument(
        "--epochs", type=int, default=0, help="(gaze estimators only) also the error after each of so many epochs"
    )
    parser.add_argument(
        "--by-device",
        action="store_true",
        help="(gaze estimators only) the error as it is, on each kind of device, instead of personalising",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Score weights on observers and images that they were not trained on."""
    from trainer.methods.checkpoints import architectures_of

    kinds = architectures_of(args.models)
    if kinds == {"universal"}:
        from trainer.commands.evaluate_universal import evaluate_universal

        evaluate_universal(args)
    elif kinds == {"gaze_estimator"}:
        from trainer.commands.evaluate_gaze import evaluate_gaze

        evaluate_gaze(args)
    else:
        _evaluate_personal(args)


def _evaluate_personal(args: argparse.Namespace) -> None:
    from gazeapp.progress import track
    from trainer.commands.arguments import facts_of, names_in, open_one, read_integers, require_some
    from trainer.evaluation.baselines.registry import fitting, load_models
    from trainer.evaluation.evaluate import evaluate as score
    from trainer.evaluation.protocol import assign, require_unseen
    from trainer.evaluation.scoring import METRIC_SPECIFIC, PLAIN
    from trainer.evaluation.universal_predictions import known_weights
    from trainer.reports.results import as_table, build_results, renamed, write_results
    from trainer.reports.tables import format_table

    dataset = open_one(args.data)
    learnt, checkpoints = load_models(args.models)
    parts = assign(
        dataset,
        checkpoints,
        args.protocol,
        images=names_in(args.images),
        observers=names_in(args.observers),
        learning_images=names_in(args.support_images),
        seed=args.seed,
    )
    scored = require_some(_part(dataset, parts.scored_images, parts.scored_observers))
    if args.usm not in TRUE_MAPS and (universal := known_weights(args.usm)) is not None:
        require_unseen([universal], dataset, scored, args.protocol, know_people=False)
    names = args.rows.split(",") if args.rows else None
    data, observers, images, usm_model = _evaluation_data(dataset, parts, args.usm, args.seed)
    models = _chosen([*_classic(args.usm), *fitting(learnt, data, observers)], names)
    scores = score(
        models,
        data,
        names=names,
        observers=observers,
        images=images,
        support_sizes=read_integers(args.m or "32", "m"),
        n_draws=args.draws,
        maps={"both": (PLAIN, METRIC_SPECIFIC)}.get(args.maps, (args.maps,)),
        progress=track,
    )
    table = as_table(
        scores,
        observers=[dataset.observer_names[k] for k in parts.scored_observers],
        images=[dataset.image_names[k] for k in parts.scored_images],
    )
    if args.name:
        table = renamed(table, args.name)
    document = build_results(
        table,
        protocol=args.protocol,
        dataset=dataset.source,
        seed=args.seed,
        meta={
            **facts_of(scored),
            "n_draws": args.draws,
            "seed": args.seed,
            "n_group": len(parts.group),
            "n_learning_images": len(parts.learning_images),
            "checkpoints": [c.sha256 for c in checkpoints],
            **usm_model,
        },
    )
    print(format_table([document], "md"))
    print(write_results(document, args.out, table))
    if args.pictures:
        from trainer.evaluation.pictures import write_pictures

        write_pictures(models, data, observers, images, args.out)


def _classic(usm: str) -> list[SaliencyModel]:
    from trainer.evaluation.baselines.registry import CLASSIC

    # the papers' self-inclusive map is a true map
    names = [name for name in CLASSIC if usm in TRUE_MAPS or name != "usm_self_inclusive"]
    return [CLASSIC[name]() for name in names]


def _chosen(models: list[SaliencyModel], names: list[str] | None) -> list[SaliencyModel]:
    """The models that a list of names needs; a control comes with its model."""
    if names is None:
        return models
    known = [name for model in models for name in (model.name, model.wrong_name) if name]
    for name in names:
        if name not in known:
            raise SettingsError(f"evaluate --rows: no {name!r} here; there are {', '.join(known)}", key="rows")
    return [model for model in models if model.name in names or model.wrong_name in names]


def _evaluation_data(
    dataset: Dataset, parts: Assignment, usm: str, seed: int
) -> tuple[EvaluationData, list[int], Positions, dict[str, str]]:
    """The data, the scored observers and images by their position in it, and what predicted the universal map.

    Other images are not even loaded.
    """
    import numpy as np
    import torch

    from trainer.data.tensors import TensorDataset
    from trainer.evaluation.data import EvaluationData
    from trainer.evaluation.universal_predictions import attach_model

    images = np.union1d(parts.scored_images, parts.learning_images)
    people = np.union1d(parts.scored_observers, parts.group)
    tensors = TensorDataset(_part(dataset, images, people))
    usm_model = {}
    if usm not in TRUE_MAPS:
        usm_model["usm_model"] = attach_model(tensors, usm, device=torch.device("cpu"))
    data = EvaluationData(
        tensors,
        group=np.searchsorted(people, parts.group).tolist(),
        learning_images=np.searchsorted(images, parts.learning_images),
        usm=usm if usm in TRUE_MAPS else "predicted",
        seed=seed,
    )
    observers = np.searchsorted(people, parts.scored_observers).tolist()
    return data, observers, np.searchsorted(images, parts.scored_images), usm_model


def _part(dataset: Dataset, images: Positions, observers: Positions) -> Dataset:
    return replace(dataset, image_index=images, observer_index=observers)
