"""Predict where one person looks in images: NAME.universal, NAME.personal and NAME.discrepancy for each.

The discrepancy is personal minus universal density. An embedding made by other weights than those in use is refused.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from gazeapp.cli.universal_models import add_model_arguments, model_choice, require_images
from gazeapp.errors import SettingsError

EXAMPLE = "gazeapp predict photo.jpg --embedding embedding.json -o maps"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("images", type=Path, nargs="+", metavar="IMAGE")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--embedding", type=Path, metavar="EMBEDDING.json")
    source.add_argument("--study", type=Path, metavar="DIR", help="a study; needs --participant")
    parser.add_argument("--participant", metavar="ID", help="pseudonym in the study")
    parser.add_argument("--weights", type=Path, metavar="DIR", help="other weights of the networks")
    add_model_arguments(parser, model="--universal", weights="--universal-weights", option="--universal-option")
    parser.add_argument("-o", "--out", type=Path, default=Path(), metavar="DIR")
    parser.add_argument("--format", choices=("npy", "png"), default="npy")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    from gazeapp.api import predict
    from gazeapp.api.people import predictors_of
    from gazeapp.cli.console import print_json
    from gazeapp.networks.universal_models import UniversalChoice, load_universal
    from gazeapp.progress import track
    from gazeapp.store.copies import remember_copy
    from gazeapp.store.embedding import read_embedding
    from gazeapp.store.map_folder import write_map
    from gazeapp.store.stimuli import decode_image
    from gazeapp.store.study import Study

    if args.study is not None and args.participant is None:
        raise SettingsError("predict --study: needs --participant ID", key="participant")
    choice = model_choice(args)
    if args.embedding is not None:
        where, embedding = str(args.embedding), read_embedding(args.embedding)
    else:
        where = f"{args.study}, participant {args.participant}"
        with Study.open(args.study) as study:
            embedding = study.load_embedding(args.participant)
    require_images(args.images)
    networks = predictors_of(args.weights)
    # the folder's own universal network belongs to its other two
    universal = None if choice == UniversalChoice() else load_universal(choice)
    embedding.require_model(networks.sha256, where=where)
    written = []
    for path in track(args.images, "predict", len(args.images)):
        rgb = decode_image(path).rgb
        base = None if universal is None else universal(rgb, path.name)
        maps = predict(rgb, embedding, universal=base, weights=args.weights)
        for name, values in maps._asdict().items():
            destination = args.out / f"{path.stem}.{name}.{args.format}"
            write_map(values, destination, rgb)
            written.append(str(destination))
            if not args.json:
                print(destination)
    if args.study is not None:
        remember_copy(args.study, [args.participant], "maps", args.out, "personal maps")
    if args.json:
        print_json({"files": written})
    return 0
