"""Rebuild a table from stored results; `--merge` makes one of several evaluations first.

Of what `reproduce` made it shows the page, or with --decisions what was decided on whom. With --page a text is given,
and each table in it that stands below its command is made anew.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from gazeapp.errors import SettingsError

EXAMPLE = "python -m trainer table RESULTS --format md"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("results", type=Path, nargs="+", metavar="RESULTS")
    parser.add_argument("--format", choices=("md", "csv", "latex", "json"), default="md")
    parser.add_argument(
        "--shape",
        choices=("scores", "paper", "intervals", "tests", "curve"),
        default="scores",
        help="paper: CC SIM AUC NSS KLD; intervals: with 95 %% intervals; tests: differences and Holm-corrected p",
    )
    parser.add_argument(
        "--decisions",
        action="store_true",
        help="(reproductions only) just the list of decisions, and on whom they were made",
    )
    parser.add_argument("--m", type=int, help="just this number of pairs, and models that need none")
    parser.add_argument("--merge", action="store_true", help="folds and data sets as one table and one test")
    parser.add_argument("--page", action="store_true", help="RESULTS are pages: rebuild their tables")
    parser.add_argument("-o", "--out", type=Path, metavar="RESULTS", help="with --merge: store it")


def run(args: argparse.Namespace) -> None:
    """Print the tables."""
    from trainer.reports.category_tables import format_categories
    from trainer.reports.results import (
        merge_evidence,
        merge_identification,
        merge_results,
        read_results,
        write_results,
    )
    from trainer.reports.tables import format_table
    from trainer.reproduction.page import is_page, read_page, read_table

    if args.page:
        from trainer.reports.pages import rebuild_page

        for path in args.results:
            print(f"{path}: {rebuild_page(path)} tables")
        return
    pages = [path for path in args.results if is_page(path)]
    for path in pages:
        print(read_table(path, "decisions") if args.decisions else read_page(path))
    if args.decisions and len(pages) < len(args.results):
        raise SettingsError("table --decisions: is of what `reproduce` made", key="decisions")
    args.results = [path for path in args.results if path not in pages]
    if not args.results:
        return
    documents = [read_results(path) for path in args.results]
    protocols = {document["protocol"] for document in documents}
    if args.merge and protocols in ({"identification"}, {"evidence"}):
        documents = [merge_identification(documents) if "identification" in protocols else merge_evidence(documents)]
        if args.out is not None:
            write_results(documents[0], args.out)
    elif args.merge:
        document, scores = merge_results(args.results)
        documents = [document]
        if args.out is not None:
            write_results(document, args.out, scores)
    for document in documents:
        if document["protocol"] == "categories":
            print(format_categories(document))
    documents = [document for document in documents if document["protocol"] != "categories"]
    if documents:
        print(format_table(documents, args.format, args.shape, args.m))
