"""Show or change the texts that participants of a study agree to; the same in the windows.

A text's version is its content: who agreed to a text that was changed since is asked again.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from gazeapp.store.consent import GAZE, PURPOSES

EXAMPLE = "gazeapp consent my-study --purpose gaze --language de --set consent-de.txt"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study", metavar="STUDY", type=Path, help="folder of the study; made where there is none")
    parser.add_argument("--purpose", choices=PURPOSES, help="what is agreed to (default: all; with --set: gaze)")
    parser.add_argument("--language", metavar="LANG", help="such as en or de (default: all; with --set: en)")
    parser.add_argument("--set", dest="file", metavar="FILE", type=Path, help="ask the text in this file from now on")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int | None:
    from dataclasses import asdict

    from gazeapp.cli.console import print_json
    from gazeapp.errors import SettingsError
    from gazeapp.store.study import Study
    from gazeapp.store.untrusted.files import read_text
    from gazeapp.store.untrusted.limits import SETTINGS_BYTES

    with Study.open_or_create(args.study) as study:
        if args.file is not None:
            try:
                words = read_text(args.file, SETTINGS_BYTES)
            except OSError as error:
                raise SettingsError(f"{args.file}: cannot be read ({error.strerror or error})", key="set") from error
            except ValueError as error:
                raise SettingsError(f"{args.file}: not a text in UTF-8 ({error}); save it so", key="set") from error
            args.purpose, args.language = args.purpose or GAZE, args.language or "en"
            study.consents.set_text(args.purpose, args.language, words)
        texts = [
            text
            for text in study.consents.texts()
            if text.is_current and args.purpose in (None, text.purpose) and args.language in (None, text.language)
        ]
    if args.json:
        print_json({"texts": [asdict(text) for text in texts]})
        return None
    for text in texts:
        print(f"{text.purpose}, {text.language}, version {text.version}, since {text.since_utc[:10]}:\n{text.text}\n")
    if not texts:
        print("no such text; write one with --set FILE")
    return None
