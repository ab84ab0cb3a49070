"""Write the report of a session or of a study.

A session: quality in words, fixations, maps, embedding, and a methods paragraph, as one HTML file that needs nothing
else. A study: quality and loss of every session, exclusions, where people looked, methods, literature. With a name that
ends in .pdf either becomes a PDF. Without -o it is written as SESSION/report.html, where it goes when the participant
is erased, or STUDY/reports/study.html.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from gazeapp.errors import SettingsError

_ENDINGS = (".html", ".htm", ".pdf")
EXAMPLE = "gazeapp report studies/pilot -o pilot.pdf"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="SESSION|STUDY", type=Path, help="folder of a session or a study")
    parser.add_argument("-o", "--output", metavar="REPORT.html|.pdf", type=Path, help="where to write it")
    parser.add_argument(
        "--group-by", default="group", metavar="VARIABLE", help="study variable that groups people (default: group)"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace REPORT if it is there")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int | None:
    from gazeapp.cli.console import print_json
    from gazeapp.store.session_file import find_session
    from gazeapp.store.study_place import STUDY_NAME

    if args.output is not None and args.output.suffix.lower() not in _ENDINGS:
        raise SettingsError(f"-o {args.output}: a report is written as .html or .pdf; name it so", key="output")
    if (args.source / STUDY_NAME).is_file():
        dest = args.output or args.source / "reports" / "study.html"
        _write_page(args, dest)
    else:
        folder = find_session(args.source).parent
        dest = args.output or folder / "report.html"
        if dest.suffix.lower() == ".pdf":
            _write_page(args, dest)
        else:
            _write_session(args, folder, dest)
    if args.json:
        print_json({"report": str(dest)})
    else:
        print(dest)
    return None


def _write_session(args: argparse.Namespace, folder: Path, dest: Path) -> None:
    from gazeapp.analysis.study_report import session_areas
    from gazeapp.progress import track
    from gazeapp.store.export.report import write_report

    write_report(
        folder,
        dest,
        overwrite=args.overwrite or args.output is None,
        areas=session_areas(folder),
        each=lambda trials: track(trials, "pictures of trials", len(trials)),
    )


def _write_page(args: argparse.Namespace, dest: Path) -> None:
    from gazeapp.analysis.report_page import write_page
    from gazeapp.analysis.study_report import build_report
    from gazeapp.progress import track
    from gazeapp.store.copies import remember_copy
    from gazeapp.store.export.sources import find_sessions
    from gazeapp.store.reader import SessionReader

    page = build_report(
        args.source,
        group_by=args.group_by,
        each=lambda folders: track(folders, "sessions read", len(folders)),
    )
    write_page(page, dest, overwrite=args.overwrite or args.output is None)
    people = []
    for folder in find_sessions(args.source):
        with SessionReader(folder) as reader:
            people.append(reader.pseudonym)
    remember_copy(args.source, list(dict.fromkeys(people)), "report", dest, "quality, maps over people")
