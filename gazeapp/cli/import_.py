"""Import gaze recorded by another program: each file becomes a session of the study.

tobii-tsv: exports of Tobii Pro Lab and Tobii Studio. eyelink-asc: made by edf2asc. pupil: exports of Pupil Player, a
surface being
the display. xdf: LSL recordings. iohub: HDF5 files of PsychoPy. Images are matched by name with those of --stimuli;
when they were shown comes from the file's columns or messages (--onset, --offset say which messages).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from gazeapp.cli.gaze_options import add_display
from gazeapp.cli.run import add_consent, add_participant, require_consent
from gazeapp.store.consent import GAZE

EXAMPLE = (
    "gazeapp import P017.asc --format eyelink-asc --study my-study --participant P017 --stimuli images --consent gaze"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path)
    parser.add_argument(
        "--format",
        required=True,
        choices=("tobii-tsv", "eyelink-asc", "pupil", "xdf", "iohub"),
        help="what wrote the files",
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
        help="of the format: stream=NAME (xdf), units=..., session=N (iohub)",
    )
    add_display(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int | None:
    import sys

    from gazeapp.cli.console import print_json, progress
    from gazeapp.cli.gaze_options import parse_display, parse_options
    from gazeapp.errors import SettingsError
    from gazeapp.runtime.import_session import import_recording
    from gazeapp.store.imports.formats import read_recording
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
    done = []
    for path in progress(args.files, "files imported", len(args.files)):
        recording = read_recording(path, args.format, settings)  # before anything is made in the study
        with Study.open_or_create(args.study) as study:
            person = add_participant(study, args.participant)
            require_consent(study, person, (GAZE,), args.consent, language=args.consent_language)
            made = import_recording(
                study,
                person,
                recording,
                source=path,
                form=args.format,
                stimuli=args.stimuli,
                scale=args.scale,
                algorithm=args.algorithm,
            )
        done.append((path, recording, made))
        notes = [
            *recording.notes,
            *(f"the image {name} is not among the stimuli" for name in made.missing_images),
        ]
        if recording.display_assumed:
            notes.append(f"screen size and distance assumed ({recording.display}); say them by --display")
        for note in notes:
            print(f"{path}: {note}", file=sys.stderr)
    if args.json:
        print_json(
            {
                "sessions": [
                    {
                        "file": str(path),
                        "session": str(made.session.path),
                        "n_samples": made.n_samples,
                        "n_trials": made.n_trials,
                        "n_fixations": made.n_fixations,
                        "rate_hz": recording.rate_hz,
                        "missing_images": made.missing_images,
                    }
                    for path, recording, made in done
                ]
            }
        )
        return None
    for path, recording, made in done:
        print(
            f"{path} → {made.session.path}: {made.n_samples} samples at {recording.rate_hz:.0f} Hz, "
            f"{made.n_trials} images, {made.n_fixations} fixations"
        )
    return None
