"""Finished runs become WEIGHTS: files that the application loads, with a model card."""

from __future__ import annotations

import argparse
from pathlib import Path

EXAMPLE = "python -m trainer export run-universal run-embedding run-personal -o WEIGHTS"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN")
    parser.add_argument("-o", "--out", type=Path, required=True, help="WEIGHTS folder")
    parser.add_argument("--dtype", choices=("float32", "float16"), default="float32")
    parser.add_argument("--results", type=Path, action="append", default=[], help="RESULTS to quote")


def run(args: argparse.Namespace) -> None:
    """Write the folder, and say what is in it."""
    from trainer.export import export_weights

    for line in export_weights(args.runs, args.out, dtype=args.dtype, results=args.results):
        print(line)
