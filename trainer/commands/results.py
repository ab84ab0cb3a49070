"""`table`, `plot` and `export`: what is made of results and runs."""

from __future__ import annotations

import argparse


def table(args: argparse.Namespace) -> None:
    """`table`: stored results as a table."""
    from trainer.results import read_results
    from trainer.tables import format_table

    print(format_table([read_results(path) for path in args.results], args.format))


def plot(args: argparse.Namespace) -> None:
    """`plot`: figures of stored results and runs."""
    from trainer.plots import draw

    for path in draw(args.sources, args.out):
        print(path)


def export(args: argparse.Namespace) -> None:
    """`export`: finished runs become a WEIGHTS folder with a model card."""
    from trainer.export import export_weights

    for line in export_weights(args.runs, args.out, dtype=args.dtype, results=args.results):
        print(line)
