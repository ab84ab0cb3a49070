"""`table`, `plot` and `export`: what is made of results and runs."""

from __future__ import annotations

import argparse


def table(args: argparse.Namespace) -> None:
    """`table`: stored results as a table; `--merge` makes one of several evaluations first."""
    from trainer.reports.results import merge_identification, merge_results, read_results, write_results
    from trainer.reports.tables import format_table

    documents = [read_results(path) for path in args.results]
    if args.merge and all(d["protocol"] == "identification" for d in documents):
        documents = [merge_identification(documents)]
        if args.out is not None:
            write_results(documents[0], args.out)
    elif args.merge:
        document, scores = merge_results(args.results)
        documents = [document]
        if args.out is not None:
            write_results(document, args.out, scores)
    for document in documents:
        if document["protocol"] == "categories":
            from trainer.reports.category_tables import format_categories

            print(format_categories(document))
    documents = [document for document in documents if document["protocol"] != "categories"]
    if documents:
        print(format_table(documents, args.format, args.shape, args.m))


def plot(args: argparse.Namespace) -> None:
    """`plot`: figures of stored results and runs."""
    from trainer.reports.plots import draw

    for path in draw(args.sources, args.out):
        print(path)


def export(args: argparse.Namespace) -> None:
    """`export`: finished runs become a WEIGHTS folder with a model card."""
    from trainer.export import export_weights

    for line in export_weights(args.runs, args.out, dtype=args.dtype, results=args.results):
        print(line)
