"""Export a study or a session for other programs.

csv and parquet: one folder per session with tidy tables, maps as NPY and the meaning of every column. bids: a BIDS
data set with eye tracking. xdf: one file per session, as LSL recorders write it. pysaliency: images and fixations.
Embeddings (with the personal maps, of which two give the embedding away) and pictures of the eyes can tell people
apart: they are left out unless --include-embeddings or --include-eye-images is given. Fixations themselves allow
whoever has the images and the networks to compute the embedding again: no export of gaze is anonymous. How far the
eyes were open, where the tracker told, is in csv, parquet, bids and xdf.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

EXAMPLE = "gazeapp export studies/pilot --format csv -o exports/pilot --participant P017"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="STUDY|SESSION", type=Path, help="folder of a study or a session")
    parser.add_argument(
        "--format",
        required=True,
        choices=("csv", "parquet", "bids", "xdf", "pysaliency"),
        help="what to write",
    )
    parser.add_argument("-o", "--output", metavar="DEST", type=Path, required=True, help="folder to write to")
    parser.add_argument(
        "--participant",
        metavar="ID",
        action="append",
        default=[],
        help="only this participant; may be repeated",
    )
    parser.add_argument(
        "--include-embeddings", action="store_true", help="also embeddings and personal maps (csv, parquet)"
    )
    parser.add_argument("--include-eye-images", action="store_true", help="also pictures of the eyes (csv, parquet)")
    parser.add_argument("--name", default="gazeapp export", metavar="TEXT", help="name of the data set (bids)")
    parser.add_argument(
        "--author",
        action="append",
        default=[],
        metavar="NAME",
        help="an author of the data set (bids); may be repeated",
    )
    parser.add_argument("--license", default="", metavar="TEXT", help="licence of the data set (bids), such as CC0")
    parser.add_argument("--include-excluded", action="store_true", help="also sessions and people that were excluded")
    parser.add_argument("--overwrite", action="store_true", help="replace files of the same name in DEST")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int | None:
    from gazeapp.cli.console import print_json
    from gazeapp.progress import track_files
    from gazeapp.store.export.bids import DatasetFacts
    from gazeapp.store.export.formats import PRIVACY, ExportRequest, export

    request = ExportRequest(
        source=args.source,
        form=args.format,
        dest=args.output,
        participants=args.participant,
        include_embeddings=args.include_embeddings,
        include_eye_images=args.include_eye_images,
        include_excluded=args.include_excluded,
        overwrite=args.overwrite,
        facts=DatasetFacts(name=args.name, authors=tuple(args.author), licence=args.license),
    )
    written = export(request, each=lambda folders: track_files(folders, "sessions exported"))
    if args.json:
        print_json({"dest": str(args.output), "files": [str(path) for path in written]})
    else:
        print(f"{args.output}: {len(written)} files")
        print(PRIVACY, file=sys.stderr)
    return None
