"""Who is this: an embedding beside those of known people, with the probability that each is the same person.

The known people are EMBEDDING.json files in a folder, or the participants of a study, of one laboratory: where its
average person lies is taken from them. Only embeddings of the weights in use can be compared; others are named and left
out.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gazeapp.errors import GazeAppError, NotEnoughData, StoreError

if TYPE_CHECKING:
    from gazeapp.store.embedding import UserEmbedding

EXAMPLE = "gazeapp identify embedding.json --among known-people"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("embedding", type=Path, metavar="EMBEDDING.json")
    parser.add_argument("--among", type=Path, required=True, metavar="DIR|STUDY", help="known people")
    parser.add_argument("--weights", type=Path, metavar="DIR", help="other weights")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(args: argparse.Namespace) -> int:
    from gazeapp.cli.console import print_json
    from gazeapp.store.embedding import read_embedding

    asked = read_embedding(args.embedding)
    known, unreadable = _known(args.among, besides=args.embedding)
    for error in unreadable.values():
        print(f"gazeapp identify: left out: {error}", file=sys.stderr)
    from gazeapp.networks.predictors import Predictors
    from gazeapp.networks.similarity import probability, shares

    predictors = Predictors.load(args.weights)
    asked.require_model(predictors.sha256, where=str(args.embedding))
    usable = {name: found for name, found in known.items() if found.model_sha256 == predictors.sha256}
    others = sorted(set(known) - set(usable))
    if not known:
        raise NotEnoughData(f"{args.among}: no participant of this study has an embedding; gazeapp enrol makes them")
    if not usable:
        raise NotEnoughData(
            f"{args.among}: no embedding of the weights in use to compare with, {len(known)} of others; enrol again"
        )
    ratios = predictors.compare(asked, list(usable.values()), of_one_laboratory=True)
    ranked = sorted(zip(usable, ratios, shares(ratios), strict=True), key=lambda entry: -entry[1])
    candidates = [
        {
            "name": name,
            "log_likelihood_ratio": round(ratio, 4),
            "probability": round(probability(ratio), 4),
            "share": round(share, 4),
            "n_pairs": usable[name].n_pairs,
        }
        for name, ratio, share in ranked
    ]
    if args.json:
        print_json(
            {
                "embedding": str(args.embedding),
                "candidates": candidates,
                "other_weights": others,
                "unreadable": sorted(unreadable),
            }
        )
        return 0
    print(f"{args.embedding}: {asked.n_pairs} pairs, beside {len(candidates)} people")
    print("  probability  if one of them  person   (same person or not, both as likely before)")
    for entry in candidates:
        print(f"  {entry['probability']:>11.1%}  {entry['share']:>14.1%}  {entry['name']}")
    if others:
        print(f"left out, of other weights: {', '.join(others)}; enrol them again to compare")
    return 0


def _known(place: Path, *, besides: Path) -> tuple[dict[str, UserEmbedding], dict[str, str]]:
    """Name to embedding: of a study's participants the newest, of a folder every file that holds one; and name to
    what is wrong with it, of those that cannot be read.
    """
    from gazeapp.store.embedding import read_embedding
    from gazeapp.store.study import Study
    from gazeapp.store.study_place import STUDY_NAME

    if (place / STUDY_NAME).is_file():
        with Study.open(place) as study:
            found = {person.pseudonym: study.embeddings(person.pseudonym) for person in study.participants()}
        return {name: embeddings[-1] for name, embeddings in found.items() if embeddings}, {}
    if not place.is_dir():
        raise StoreError(f"{place}: neither a study nor a folder; name one with EMBEDDING.json files")
    below = sorted(file.parent for file in place.glob(f"*/{STUDY_NAME}"))
    hint = f"; pass the study in it: --among {shlex.quote(str(below[0]))}" if below else ""
    paths = [path for path in sorted(place.glob("*.json")) if path.resolve() != besides.resolve()]
    if not paths:
        raise NotEnoughData(f"{place}: holds no EMBEDDING.json files beside {besides.name}{hint}")
    read: dict[str, UserEmbedding] = {}
    unreadable: dict[str, str] = {}
    for path in paths:
        try:
            read[path.stem] = read_embedding(path)
        except GazeAppError as error:  # one file of another kind does not keep the others from being compared
            unreadable[path.stem] = error.message
    if not read:
        raise NotEnoughData(f"{place}: no file in it is an embedding; {next(iter(unreadable.values()))}{hint}")
    return read, unreadable
