"""Every import format under its name on the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gazeapp.errors import UnreadableTable
from gazeapp.gaze.samples import Floats
from gazeapp.store.imports.recording import ImportedRecording, ImportSettings

FORMATS = ("tobii-tsv", "eyelink-asc", "pupil", "xdf", "iohub")


def read_recording(path: Path, form: str, settings: ImportSettings) -> ImportedRecording:
    """Read a file that another program recorded.

    Args:
        path: The file.
        form: One of FORMATS.
        settings: What the person who imports says about it.

    Raises:
        ValueError: Another format.
        UnreadableTable: The file is not understood; the message says what was found and what is needed.
    """
    match form:
        case "tobii-tsv":
            from gazeapp.store.imports.tobii_tsv import read_tobii_tsv as read
        case "eyelink-asc":
            from gazeapp.store.imports.eyelink_asc import read_eyelink_asc as read
        case "pupil":
            from gazeapp.store.imports.pupil_csv import read_pupil as read
        case "xdf":
            from gazeapp.store.imports.xdf_gaze import read_xdf_gaze as read
        case "iohub":
            from gazeapp.store.imports.iohub_hdf5 import read_iohub as read
        case _:
            raise ValueError(f"format must be one of {', '.join(FORMATS)}, got {form!r}")
    try:
        recording = read(path, settings)
    except (ValueError, IndexError, OverflowError) as error:  # what no file of this format can hold
        raise UnreadableTable(f"{path}: damaged, a value in it is impossible ({error})") from error
    _check_times(path, recording.samples.time_s)
    return recording


def _check_times(path: Path, time_s: Floats) -> None:
    if not len(time_s):
        raise UnreadableTable(f"{path}: no samples in it")
    if not np.isfinite(time_s).all():
        raise UnreadableTable(f"{path}: damaged, the time of a sample is missing or infinite")
    back = np.flatnonzero(np.diff(time_s) < 0)
    if len(back):
        raise UnreadableTable(
            f"{path}: time goes back after sample {back[0] + 1}, so there are several recordings in it; export them "
            f"one by one"
        )
