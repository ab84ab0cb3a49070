"""Options that several commands on gaze share."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gazeapp.errors import SettingsError

if TYPE_CHECKING:
    from gazeapp.gaze.display import Display
    from gazeapp.store.sample_table import SampleTable


def add_display(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--display",
        metavar="W_PX,H_PX,W_MM,H_MM,DIST_MM",
        help="screen in pixels and millimetres, and the eyes' distance from it, where the file does not say",
    )


def parse_display(text: str | None) -> Display | None:
    if text is None:
        return None
    from gazeapp.gaze.display import Display

    try:
        display = Display.parse(text)
    except ValueError as error:
        raise SettingsError(f"--display: {error}", key="display") from error
    if doubt := display.doubt():
        print(f"gazeapp: --display: {doubt}", file=sys.stderr)
    return display


def parse_options(pairs: list[str], option: str = "--option") -> dict[str, str]:
    """KEY=VALUE pairs as a dictionary."""
    options = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise SettingsError(f"{option}: say KEY=VALUE, got {pair!r}", key=pair)
        options[key.strip()] = value.strip()
    return options


def split_options(options: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Those about the reading of a file, and those of an algorithm."""
    from gazeapp.store.imports.formats import OPTIONS

    reading = {key: value for key, value in options.items() if key in OPTIONS}
    return reading, {key: value for key, value in options.items() if key not in OPTIONS}


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say in words when an output file cannot be written."""
    try:
        yield
    except OSError as error:
        reason = "there is no such folder" if not path.parent.is_dir() else error.strerror or str(error)
        raise SettingsError(f"-o {path}: cannot be written: {reason}", key="output") from error


def warn_time_goes_back(table: SampleTable, label: str) -> None:
    import numpy as np

    n = int(np.count_nonzero(np.diff(table.samples.time_s) < 0))
    if n:
        print(
            f"{label}: time goes back {n} times in the file; each stretch is taken for itself. Are these several "
            "recordings, or rows out of order?",
            file=sys.stderr,
        )


def warn_notes(table: SampleTable, label: str) -> None:
    """Say what was assumed in reading."""
    for note in table.notes:
        print(f"{label}: {note}", file=sys.stderr)


def warn_assumed_display(table: SampleTable, label: str) -> None:
    if table.display_assumed:
        print(
            f"{label}: no --display given; assuming {table.display} (pixels, mm, mm distance): degrees depend on it",
            file=sys.stderr,
        )
