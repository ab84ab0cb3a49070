"""Every import format under its name on the command line."""

from __future__ import annotations

from pathlib import Path

from gazeapp.store.imports.recording import ImportSettings, Recording

FORMATS = ("tobii-tsv", "eyelink-asc", "pupil", "xdf", "iohub")


def read_recording(path: Path, form: str, settings: ImportSettings) -> Recording:
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
    return read(path, settings)
