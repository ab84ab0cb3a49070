"""Measure what areas of interest were looked at: one row for each person, image and area.

FILE is JSON or CSV (columns image, area, shape, points_px), or a folder of label images named as the images are. A box
is "left top;right bottom", an ellipse "centre x centre y;radius x radius y", a polygon its corners, image pixels.
What was excluded is left out and listed. With --algorithm, fixations are found anew; the recording stays as it is.
"""

from __future__ import annotations

import argparse
from pathlib import Path

EXAMPLE = "gazeapp areas studies/pilot --areas faces.csv -o areas.csv --summary groups.csv"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="STUDY|SESSION", type=Path, help="folder of a study or a session")
    parser.add_argument(
        "--areas", metavar="FILE", type=Path, help="areas by image (default: those drawn in the study, areas.json)"
    )
    parser.add_argument("-o", "--output", metavar="TABLE.csv", type=Path, required=True, help="the long table")
    parser.add_argument("--summary", metavar="TABLE.csv", type=Path, help="also means and hit rates over people")
    parser.add_argument(
        "--group-by", default="group", metavar="VARIABLE", help="study variable that groups people (default: group)"
    )
    parser.add_argument("--participant", metavar="ID", action="append", default=[], help="only this one; repeatable")
    parser.add_argument("--algorithm", metavar="NAME", help="find fixations anew: ivt, idt, i2mc or adaptive")
    parser.add_argument("--option", action="append", default=[], metavar="K=V", help="of the algorithm; repeatable")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    from gazeapp.analysis.area_files import read_areas
    from gazeapp.analysis.area_measures import measure_areas, summarize_areas
    from gazeapp.analysis.study_areas import AREAS_NAME, outside, read_study_areas
    from gazeapp.analysis.table import write_table
    from gazeapp.analysis.viewing import read_viewings
    from gazeapp.cli.console import print_json
    from gazeapp.errors import SettingsError, UnreadableTable
    from gazeapp.gaze.detection.registry import detection_parameters
    from gazeapp.progress import track
    from gazeapp.store.copies import remember_copy
    from gazeapp.store.detection_choice import Detection
    from gazeapp.store.study_place import study_of

    options = dict(option_of(text) for text in args.option)
    if options and not args.algorithm:
        raise SettingsError("--option needs --algorithm", key="option")
    detection = None
    if args.algorithm:
        detection = Detection(algorithm=args.algorithm, options=detection_parameters(args.algorithm, options))
    source = args.areas or study_of(args.source) / AREAS_NAME
    if args.areas is None and not source.is_file():
        raise SettingsError(f"{source} is not there: draw areas in Analyse, or name a file by --areas", key="areas")
    areas = read_areas(source) if args.areas else read_study_areas(study_of(args.source))
    found = read_viewings(
        args.source,
        group_by=args.group_by,
        participants=args.participant,
        detection=detection,
        each=lambda folders: track(folders, "sessions read", len(folders)),
    )
    rows = measure_areas(found.viewings, areas)
    shown = sorted({viewing.image for viewing in (*found.viewings, *found.excluded)})
    strange = [
        image.image for image in areas if not any(_is_shown(image, v) for v in (*found.viewings, *found.excluded))
    ]
    if len(strange) == len(areas):
        raise UnreadableTable(
            f"{source}: none of its images was shown in {args.source}: it names {_few(strange)}, and shown were "
            f"{_few(shown)}"
        )
    words = next((v.detection for v in found.viewings if v.detection), "")
    write_table(rows, args.output, extra={"detection": words} if words else None)
    if args.summary:
        write_table(summarize_areas(rows), args.summary)
    for path in (args.output, args.summary):
        if path:
            people = list(dict.fromkeys(row.participant for row in rows))
            remember_copy(args.source, people, "areas", path, "where the person looked")
    notes = [f"{_few(strange)}: not shown, so not measured"] if strange else []
    notes += [f"{image.image}, {area.name}: lies beside the image" for image, area in outside(areas, found)]
    notes += [f"{v.participant}, {v.session}, trial {v.trial}: excluded ({v.excluded})" for v in found.excluded]
    notes += list(found.problems)
    if args.json:
        print_json({"table": str(args.output), "n_rows": len(rows), "notes": notes})
        return 0
    print(f"{args.output}: {len(rows)} rows of {len({row.participant for row in rows})} people")
    for note in notes:
        print(f"note  {note}")
    return 0


def _is_shown(image: object, viewing: object) -> bool:
    from gazeapp.analysis.area import ImageAreas
    from gazeapp.analysis.viewing import Viewing

    assert isinstance(image, ImageAreas)
    assert isinstance(viewing, Viewing)
    return image.is_of(viewing.stimulus_id, viewing.image)


def option_of(text: str) -> tuple[str, str]:
    from gazeapp.errors import SettingsError

    key, equals, value = text.partition("=")
    if not equals or not key:
        raise SettingsError(f"--option {text!r}: must be KEY=VALUE", key="option")
    return key, value


def _few(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "") if names else "nothing"
