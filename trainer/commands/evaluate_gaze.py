"""`evaluate` of a gaze estimator: its error before and after personalising on some sessions of people it never saw."""

from __future__ import annotations

import argparse

from gazeapp.errors import SettingsError
from trainer.commands.arguments import names_in, read_integers
from trainer.data.gaze_frames import open_frames


def evaluate_gaze(args: argparse.Namespace) -> None:
    """Score one run; `m` in the results is the number of sessions."""
    from trainer.evaluation.gaze_estimator import errors_by_device, evaluate_personalising
    from trainer.reports.results import write_results

    if args.protocol != "open":
        raise SettingsError(
            f"evaluate --protocol {args.protocol}: a gaze estimator is scored on people it has not seen; use open",
            key="protocol",
        )
    if len(args.models) > 1 or len(args.data) > 1:
        raise SettingsError("evaluate: one gaze estimator on one data set at a time", key="models")
    frames = open_frames(args.data[0])
    if (people := names_in(args.observers)) is not None:
        frames = frames.only(people)
    if args.by_device:
        document = errors_by_device(args.models[0], frames, seed=args.seed)
        for entry in document["summary"]:
            where, n = entry["usm"] or "any device", entry["n_people"]
            print(f"{where}: {entry['mean']:.2f} ± {entry['sd']:.2f} cm, {n} people")
        print(write_results(document, args.out))
        return
    document = evaluate_personalising(
        args.models[0],
        frames,
        sessions=read_integers(args.m or "1,2,4,8", "m"),
        n_choosing=args.choosing,
        seed=args.seed,
        epochs=args.epochs,
    )
    print(write_results(document, args.out))
