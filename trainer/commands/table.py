"""Rebuild a table from stored results; `--merge` makes one of several evaluations first.

Of what `reproduce` made it shows the page, or with --decisions what was decided on whom.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from gazeapp.errors import SettingsError

EXAMPLE = "python -m trainer table RESULTS --format md"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("results", type=Path, nargs="*", metavar="RESULTS")
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
    parser.add_argument(
        "--fill", type=Path, metavar="PAGE", help="print all tables of a page of results again, below their commands"
    )
    parser.add_argument("--m", type=int, help="just this number of pairs, and models that need none")
    parser.add_argument("--merge", action="store_true", help="folds and data sets as one table and one test")
    parser.add_argument(
        "--former",
        type=Path,
        nargs="+",
        default=[],
        metavar="RESULTS",
        help="(paper, curve, universal models) earlier results, one for each: their figures in brackets",
    )
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
    from trainer.reports.tables import CURVE, format_table, is_universal
    from trainer.reproduction.page import is_page, read_page, read_table

    if args.fill is not None:
        _fill(args.fill)
        return
    if not args.results:
        raise SettingsError("table: name RESULTS, or a page with --fill", key="results")
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
        former = [read_results(path) for path in args.former]
        has_former_shape = args.shape in ("paper", CURVE) or all(map(is_universal, documents))
        if former and (len(former) != len(documents) or not has_former_shape):
            raise SettingsError(
                "table --former: one for each table, of universal models or of shape paper or curve", key="former"
            )
        print(format_table(documents, args.format, args.shape, args.m, former))


def _fill(page: Path) -> None:
    import contextlib
    import io

    from gazeapp.store.untrusted.files import read_text
    from gazeapp.store.untrusted.limits import DOCUMENT_BYTES
    from trainer.reports.pages import fill

    def printed(arguments: list[str]) -> str:
        parser = argparse.ArgumentParser(prog="table")
        add_arguments(parser)
        with contextlib.redirect_stdout(io.StringIO()) as buffer:
            run(parser.parse_args(arguments[1:]))
        return buffer.getvalue()

    try:
        text = read_text(page, DOCUMENT_BYTES)
    except (OSError, ValueError) as error:
        raise SettingsError(f"table --fill {page}: cannot be read ({error})", key="fill") from error
    page.write_text(fill(text, printed), encoding="utf-8", newline="\n")
    print(page)
