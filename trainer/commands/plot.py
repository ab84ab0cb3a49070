"""Figures of stored results and of runs."""

from __future__ import annotations

import argparse
from pathlib import Path

EXAMPLE = "python -m trainer plot RESULTS RUN -o figures"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("sources", type=Path, nargs="+", metavar="RESULTS|RUN")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="DIR")


def run(args: argparse.Namespace) -> None:
    """Draw, and name every file."""
    from trainer.reports.plots import draw

    for path in draw(args.sources, args.out):
        print(path)
