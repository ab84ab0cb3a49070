"""Analyses of how far what is said of a person can be trusted: ratios, intervals, preferences."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

from gazeapp.errors import SettingsError
from gazeapp.types import Json
from trainer.commands.arguments import facts_of, names_in, open_one, open_unseen, read_integers, require_some

if TYPE_CHECKING:
    from gazeapp.networks.checkpoint import Checkpoint
    from gazeapp.networks.user_posterior import BasisPersonalNetwork, UserPosterior
    from trainer.analyses.evidence import Seen
    from trainer.data.dataset import Dataset

_EVERY = 4
"""Of the labelled images that are not tested on, one in so many tells how shares change: more say the same."""


def _networks(
    args: argparse.Namespace,
) -> tuple[Checkpoint, Checkpoint, UserPosterior, BasisPersonalNetwork]:
    from gazeapp.networks.checkpoint import build_network, load_checkpoint
    from gazeapp.networks.user_posterior import BasisPersonalNetwork, UserPosterior
    from trainer.methods.checkpoints import find_weights

    for option in ("run", "personal"):
        if getattr(args, option) is None:
            raise SettingsError(f"analyse {args.analysis}: --{option} RUN|WEIGHTS is needed", key=option)
    embedding = load_checkpoint(find_weights(args.run, "embedding"), architectures=("user_posterior",))
    personal = load_checkpoint(find_weights(args.personal, "personal"), architectures=("personal_basis",))
    encoder, network = build_network(embedding, args.run), build_network(personal, args.personal)
    return embedding, personal, cast(UserPosterior, encoder), cast(BasisPersonalNetwork, network)


def _look(encoder: UserPosterior, used: Dataset, usm: str) -> Seen:
    import torch

    from gazeapp.networks.backbone import find_backbone
    from trainer.analyses.evidence import read
    from trainer.data.tensors import TensorDataset
    from trainer.methods.basis_features import BasisData
    from trainer.methods.checkpoints import attach_universal

    part = TensorDataset(used)
    if usm != "true":
        attach_universal([part], [Path(usm)], torch.device("cpu"))
    prepared = BasisData(part, encoder.basis, find_backbone(sha256=encoder.backbone_sha256 or None))
    return read(encoder, prepared, is_predicted=usm != "true")


def evidence(args: argparse.Namespace) -> None:
    """Calibration of the likelihood ratio, and coverage of what a posterior leaves open."""
    from trainer.analyses.evidence import coverage_rows, ratio_rows
    from trainer.reports.results import SCHEMA, write_results
    from trainer.reports.tables import format_table

    embedding, personal, encoder, network = _networks(args)
    dataset, used, seen_in_training = open_unseen(args, [embedding, personal], args.usm)
    seen = _look(encoder, used, args.usm)
    sizes = read_integers(args.m, "m")
    rows = ratio_rows(network.similarity, encoder, seen, sizes, draws=args.draws, seed=args.seed)
    rows += coverage_rows(encoder, network, seen, sizes, draws=args.draws, seed=args.seed)
    document = {
        "schema": SCHEMA,
        "protocol": "evidence",
        "dataset": dataset.source,
        "rows": rows,
        "summary": [],
        "meta": {
            **facts_of(used),
            "seed": args.seed,
            "n_draws": args.draws,
            "usm": "true" if args.usm == "true" else "predicted",
            "seen_in_training": seen_in_training,
            "checkpoints": [embedding.sha256, personal.sha256],
        },
    }
    print(format_table([document], "md"))
    print(write_results(document, args.out))


def constants(args: argparse.Namespace) -> None:
    """Choose the constants on unseen people, and judge each choice on people of another fold."""
    from trainer.analyses.constants import constants as choose
    from trainer.reports.results import SCHEMA, merge_meta, read_results, write_results
    from trainer.reports.tables import format_table

    if not args.folds:
        raise SettingsError("analyse constants: --folds RESULTS... of `analyse evidence` is needed", key="folds")
    folds = [read_results(path) for path in args.folds]
    document = {
        "schema": SCHEMA,
        "protocol": "constants",
        "dataset": " + ".join(dict.fromkeys(fold["dataset"] for fold in folds)),
        "rows": choose(folds, read_integers(args.m, "m")),
        "summary": [],
        "meta": merge_meta(folds) | {"chosen_at_m": args.m},
    }
    print(format_table([document], "md"))
    print(write_results(document, args.out))


def preferences(args: argparse.Namespace) -> None:
    """How well a person's preferences are told, of the unseen people of `--observers` on the images of `--images`.

    With `--folds` nobody is tested: the results of the folds say how far the run's own slopes can be trusted, and
    `--write` stores both for the application.
    """
    from gazeapp.networks.weights_folder import joined_sha256
    from trainer.analyses.object_interest import read_face_labels
    from trainer.analyses.object_shapes import read_objects
    from trainer.analyses.preferences import document_of, judge, masks, slopes, told_rows
    from trainer.reports.results import SCHEMA, read_results, write_results
    from trainer.reports.tables import format_table

    if args.usm == "true":
        raise SettingsError("analyse preferences: --usm needs a universal network's file", key="usm")
    if args.labels is None and args.objects is None:
        raise SettingsError("analyse preferences: give --objects FILE.csv or --labels labels.mat", key="objects")
    embedding, personal, encoder, network = _networks(args)
    whole = open_one(args.data)
    shapes = read_objects(args.objects) if args.labels is None else [*read_face_labels(args.labels, whole)]
    tested = names_in(args.images) or []
    labelled = {shape.image for shape in shapes}
    learnt = whole.without(tested, [])
    names = [whole.image_names[i] for i in learnt.image_index.tolist() if whole.image_names[i] in labelled]
    learnt = require_some(whole.only(names[::_EVERY], None))
    seen = _look(encoder, learnt, args.usm)
    of_all = slopes(network, seen, masks(learnt, seen, shapes))
    meta: Json = {"seed": args.seed, "checkpoints": [embedding.sha256, personal.sha256], "usm": "predicted"}
    if args.folds:
        folds = [read_results(path) for path in args.folds]
        judged = judge(folds)
        meta |= {**facts_of(learnt), "n_folds": len(folds)}
        document: Json = {"rows": judged, "dataset": whole.source, "meta": meta}
        if args.write:
            together = joined_sha256(embedding.sha256, personal.sha256)
            text = json.dumps(document_of(together, of_all, judged), indent=1)
            args.write.write_text(text + "\n", encoding="utf-8")
    else:
        _, unseen_part, seen_in_training = open_unseen(args, [embedding, personal], args.usm)
        used = require_some(whole.only(tested, None))
        seen = _look(encoder, used, args.usm)
        slope_of = {name: slope for name, (_, slope) in of_all.items()}
        unseen = [used.observer_index.tolist().index(o) for o in unseen_part.observer_index.tolist()]
        rows = told_rows(
            encoder,
            seen,
            masks(used, seen, shapes),
            slope_of,
            read_integers(args.m, "m"),
            unseen,
            draws=args.draws,
            seed=args.seed,
        )
        meta |= {**facts_of(used), "n_draws": args.draws, "n_observers": len(unseen)}
        meta["seen_in_training"] = seen_in_training
        document = {"rows": rows, "dataset": whole.source, "meta": meta}
    document |= {"schema": SCHEMA, "protocol": "preferences" if args.folds else "told", "summary": []}
    if args.folds:
        print(format_table([document], "md"))
    print(write_results(document, args.out))
