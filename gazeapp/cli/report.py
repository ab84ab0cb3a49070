"""Write the report of a session: quality in words, fixations, maps, embedding, and a methods paragraph.

The report is one HTML file that needs nothing else; print it from the browser for a PDF. Without -o it is written into
the session's folder, as report.html, and goes when the participant is erased.
"""

from __future__ import annotations

import argparse
from pathlib import Path

EXAMPLE = "gazeapp report studies/pilot/sessions/20261121T014500Z-P017 -o P017.html"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", metavar="SESSION", type=Path, help="folder of the session")
    parser.add_argument("-o", "--output", metavar="REPORT.html", type=Path, help="default: SESSION/report.html")
    parser.add_argument("--overwrite", action="store_true", help="replace REPORT.html if it is there")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int | None:
    from gazeapp.cli.console import print_json
    from gazeapp.progress import track
    from gazeapp.store.export.report import write_report
    from gazeapp.store.reader import find_session

    folder = find_session(args.session).parent
    dest = args.output or folder / "report.html"
    write_report(
        folder,
        dest,
        overwrite=args.overwrite or args.output is None,
        each=lambda trials: track(trials, "pictures of trials", len(trials)),
    )
    if args.json:
        print_json({"report": str(dest)})
    else:
        print(dest)
    return None
