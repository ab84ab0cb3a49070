"""Import gaze recorded by another program: each file becomes a session of the study.

tobii-tsv: Tobii Pro Lab, Tobii Studio, tables of the Tobii SDK. eyelink-asc: made by edf2asc. pupil: Pupil Player, a
surface being the display. neon: Pupil Cloud's marker mapper. xdf: LSL recordings. iohub: PsychoPy's HDF5. bids: eye
tracking of BIDS. csv, parquet: this program's own tables and exports. smi: BeGaze. gazepoint, titta, pygaze: as their
programs write them. webgazer: jsPsych's data. table: any other; its columns are named by --option
columns=time:NAME,x:NAME,y:NAME. Images are matched with those of --stimuli by the longest path that fits; when they
were shown comes from the file's columns or messages (--onset, --offset say which messages). All files are read before
the first is stored.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gazeapp.cli.gaze_options import add_display
from gazeapp.cli.run import add_consent, add_participant, require_consent
from gazeapp.store.consent import GAZE
from gazeapp.store.imports.format_names import FORMATS

if TYPE_CHECKING:
    from gazeapp.runtime.import_files import StoredFile
    from gazeapp.store.imports.recording import ImportedRecording, ImportSettings

EXAMPLE = (
    "gazeapp import P017.asc --format eyelink-asc --study my-study --participant P017 --stimuli images --consent gaze"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path)
    parser.add_argument(
        "--format",
        default="auto",
        choices=FORMATS,
        metavar="NAME",
        help=f"what wrote the files: {', '.join(FORMATS)} (default: auto, by what is in them)",
    )
    parser.add_argument("--study", metavar="DIR", type=Path, required=True, help="made where there is none")
    parser.add_argument("--participant", metavar="ID", required=True, help="pseudonym")
    parser.add_argument("--stimuli", metavar="DIR", type=Path, help="folder with the images that were shown")
    add_consent(parser)
    parser.add_argument(
        "--scale",
        choices=("fit", "native"),
        default="fit",
        help="how images were shown, where the file does not say",
    )
    parser.add_argument("--algorithm", default="ivt", help="fixation detection (default: ivt)")
    parser.add_argument("--onset", metavar="REGEX", help="messages that start an image, with a group (?P<image>...)")
    parser.add_argument("--offset", metavar="REGEX", help="messages that end an image")
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="K=V",
        help="what a file does not say: columns=time:NAME,x:NAME,y:NAME, unit=..., origin=..., time_unit=..., "
        "coordinates=screen, decimal=..., sort=yes, recording=NAME (where a table pools several), stream=NAME (xdf), "
        "session=N (iohub), events=FILE (eyelink-asc)",
    )
    parser.add_argument("--again", action="store_true", help="also files that are in the study already")
    add_display(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int | None:
    from gazeapp.cli.console import print_json
    from gazeapp.cli.gaze_options import parse_display, parse_options
    from gazeapp.errors import GazeAppError, SettingsError
    from gazeapp.progress import track
    from gazeapp.runtime.import_files import alone, read_files, store_files
    from gazeapp.store.imports.recording import OFFSET_PATTERN, ONSET_PATTERN, ImportSettings
    from gazeapp.store.study import Study, require_pseudonym

    settings = ImportSettings(
        display=parse_display(args.display),
        onset_pattern=args.onset or ONSET_PATTERN,
        offset_pattern=args.offset or OFFSET_PATTERN,
        options=parse_options(args.option),
    )
    if args.stimuli is not None and not args.stimuli.is_dir():
        raise SettingsError(f"--stimuli: no folder {args.stimuli}", key="stimuli")
    try:
        require_pseudonym(args.participant)
    except ValueError as error:
        raise SettingsError(f"--participant: {error}", key="participant") from error
    files = alone(args.files)

    def read(path: Path) -> ImportedRecording:
        return _read(path, args.format, settings)

    done: list[dict[str, Any]] = []
    try:
        recordings = read_files(track(files, "files read", len(files)), read)
        with Study.open_or_create(args.study) as study:
            person = add_participant(study, args.participant)
            require_consent(study, person, (GAZE,), args.consent, language=args.consent_language)
            for stored in store_files(
                study,
                person,
                files,
                recordings,
                read,
                stimuli=args.stimuli,
                scale=args.scale,
                algorithm=args.algorithm,
                is_again=args.again,
            ):
                done.append(_told(stored))
    except GazeAppError as error:
        if args.json:
            print_json({"sessions": done, "error": error.message})
        if len(files) > 1:
            new = ", ".join(f"{one['file']} → {one['session']}" for one in done if not one["already_there"])
            error.say_more(f"(stored: {new or 'nothing'})")
        raise
    if args.json:
        print_json({"sessions": done})
        return None
    for one in done:
        if one["already_there"]:
            print(f"{one['file']} is in the study already: {one['session']}; --again imports it once more")
        else:
            print(
                f"{one['file']} → {one['session']}: {one['n_samples']} samples at {one['rate_hz']:.0f} Hz, "
                f"{one['n_trials']} images, {one['n_fixations']} fixations"
            )
    return None


def _read(path: Path, form: str, settings: ImportSettings) -> ImportedRecording:
    """One file, with how far it is where that takes long."""
    from gazeapp.cli.console import byte_progress
    from gazeapp.store.imports.formats import read_recording

    with byte_progress(str(path)) as told:
        return read_recording(path, form, dataclasses.replace(settings, progress=told))


def _told(stored: StoredFile) -> dict[str, Any]:
    """One file as `--json` tells it; what was assumed goes to stderr."""
    about = {"file": str(stored.path), "session": str(stored.session.path), "already_there": stored.made is None}
    if stored.made is None or stored.recording is None:
        return about
    recording, made = stored.recording, stored.made
    notes = list(made.notes)
    if recording.display_assumed:
        notes.append(f"screen size and distance assumed ({recording.display}); say them by --display")
    for note in notes:
        print(f"{stored.path}: {note}", file=sys.stderr)
    return about | {
        "format": recording.form,
        "eyes": recording.samples.eyes,
        "display": str(recording.display),
        "n_samples": made.n_samples,
        "n_trials": made.n_trials,
        "n_fixations": made.n_fixations,
        "n_messages": len(recording.messages),
        "rate_hz": recording.rate_hz,
        "missing_images": made.missing_images,
        "notes": notes,
    }
