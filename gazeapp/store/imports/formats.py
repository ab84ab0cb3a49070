"""Every import format under its name on the command line, and which one a file is."""

from __future__ import annotations

import dataclasses
import difflib
import gzip
import re
import zlib
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

import numpy as np

from gazeapp.errors import SettingsError, UnreadableTable
from gazeapp.gaze.channels.lost import find_fixed_outside, find_held
from gazeapp.gaze.channels.reader import SETTLING_ROWS
from gazeapp.gaze.samples import Bools, Floats, GazeSamples, SampleSource
from gazeapp.store.imports.format_names import FORMATS as FORMATS
from gazeapp.store.imports.recording import ImportedRecording, ImportSettings
from gazeapp.store.spool import CHUNK_ROWS, LONG_ROWS, collect
from gazeapp.store.table_head import find_header, split_cells
from gazeapp.store.text_lines import open_text
from gazeapp.store.untrusted.files import open_packed

OPTIONS = {
    "columns": "ROLE:COLUMN,… (time, x, y, left_x, right_pupil, …): which column is what",
    "unit": "of gaze: pixels, normalised, percent, mm, cm, degrees, height, norm",
    "units": "the same (iohub: pix, norm, height, deg, cm)",
    "origin": "where gaze counts from: top-left, bottom-left, centre (y down), centre-up",
    "time_unit": "s, ms, us, ns",
    "coordinates": "screen: what looks like a scene camera's gaze lies on the screen",
    "decimal": ", or . where commas can be read in two ways",
    "sort": "yes: put rows that are out of order into the order of their times",
    "repeats": "lost or gaze: what samples are that repeat one value exactly for longer than 100 ms",
    "recording": "NAME: which of several recordings or people that a table pools",
    "stream": "NAME or NAME#NUMBER (xdf)",
    "session": "N (iohub)",
    "events": "FILE of edf2asc -e (eyelink-asc)",
}
"""What `--option` can say, and what it means."""
_HEAD_LINES = 400


def read_recording(
    path: Path, form: str, settings: ImportSettings, *, must_be_ordered: bool = True
) -> ImportedRecording:
    """Read a file that another program recorded.

    Args:
        path: The file.
        form: One of FORMATS; "auto" looks into the file.
        settings: What the person who imports says about it.
        must_be_ordered: Whether times that go back are refused.

    Raises:
        ValueError: Another format.
        UnreadableTable: The file is not understood; the message says what was found and what is needed.
        SettingsError: An option that there is not, or a wrong value.
    """
    if form not in FORMATS:
        raise ValueError(f"format must be one of {', '.join(FORMATS)}, got {form!r}")
    _check_options(settings)
    path = _file_of(path)
    if form == "auto":
        form = recognise_format(path)
    match form:
        case "tobii-tsv" | "titta":
            from gazeapp.store.imports.titta_hdf5 import read_titta, read_tobii_tsv

            read = read_titta if form == "titta" else read_tobii_tsv
        case "eyelink-asc":
            from gazeapp.store.imports.eyelink_asc import read_eyelink_asc as read
        case "pupil":
            from gazeapp.store.imports.pupil_csv import read_pupil as read
        case "neon":
            from gazeapp.store.imports.pupil_csv import read_neon as read
        case "xdf":
            from gazeapp.store.imports.xdf_gaze import read_xdf_gaze as read
        case "iohub":
            from gazeapp.store.imports.iohub_hdf5 import read_iohub as read
        case "bids":
            from gazeapp.store.imports.bids_physio import read_bids as read
        case "csv" | "parquet":
            from gazeapp.store.imports.own_export import read_csv, read_parquet

            read = read_csv if form == "csv" else read_parquet
        case "smi":
            from gazeapp.store.imports.lab_tables import read_smi as read
        case "gazepoint":
            from gazeapp.store.imports.lab_tables import read_gazepoint as read
        case "webgazer":
            from gazeapp.store.imports.webgazer_json import read_webgazer as read
        case "pygaze":
            from gazeapp.store.imports.lab_tables import read_pygaze as read
        case _:
            from gazeapp.store.imports.lab_tables import read_any_table as read
    try:
        recording = read(path, settings)
    except (ValueError, IndexError, OverflowError) as error:  # what no file of this format can hold
        raise UnreadableTable(f"{path}: damaged, a value in it is impossible ({error})") from error
    except MemoryError as error:
        raise UnreadableTable(f"{path}: needs more memory than this computer has; export it in parts") from error
    if settings.option("sort", ("", "yes"), "") == "yes":
        order = np.argsort(recording.samples.time_s, kind="stable")
        recording = dataclasses.replace(recording, samples=recording.samples[:][order])
    if not recording.keeps_clock:  # what this program recorded says itself what was lost
        recording = _without_held(_without_fixed(recording), settings)
    return _checked(path, recording, must_be_ordered=must_be_ordered)


def recognise_format(path: Path) -> str:
    """Which of FORMATS a file is, by what it holds; "table" where its columns must tell.

    Raises:
        UnreadableTable: No such file, or one that no reader is for.
    """
    path = _file_of(path)
    start = _start(path)
    if start.startswith(b"\x89HDF\r\n\x1a\n"):
        from gazeapp.store.imports.hdf5_file import open_hdf5

        with open_hdf5(path, "iohub") as file:
            return "iohub" if "data_collection" in file else "titta"
    for magic, form in ((b"XDF:", "xdf"), (b"PAR1", "parquet"), (b"SR_RESEARCH", "eyelink-asc")):
        if start.startswith(magic):
            return form
    if re.search(r"_physio\.tsv(\.gz)?$", path.name):
        return "bids"
    if start.startswith(b"SQLite format 3"):
        raise UnreadableTable(f"{path}: a database, not an export; a session of this program is given by its folder")
    text = start.decode("latin-1").lstrip("\ufeffï»¿ \t\r\n")
    if text.startswith(("[{", "[[", "{")) or re.match(r"\[\s*\{", text):
        return "webgazer"
    lines = re.split(r"[\r\n]+", text)
    if path.suffix.lower() == ".asc" or any(
        re.match(r"\*\* |MSG\s+\d+\s|START\s+\d+\s|SAMPLES\s", line) for line in lines
    ):
        return "eyelink-asc"
    return _form_of_table(path)


def _file_of(path: Path) -> Path:
    """The file itself, or the samples in the folder of a session that this program exported."""
    if not path.is_dir():
        return path
    for name in ("samples.csv", "samples.parquet"):
        if (path / name).is_file():
            return path / name
    raise UnreadableTable(f"{path}: a folder; give the file with the gaze in it")


def _start(path: Path) -> bytes:
    try:
        with open_packed(path) as content:
            return content.read(1 << 15)
    except FileNotFoundError:
        raise UnreadableTable(f"{path}: no such file") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableTable(f"{path}: the compressed file is cut or damaged ({error}); copy it again") from error
    except OSError as error:
        raise UnreadableTable(f"{path}: cannot be read ({error.strerror or error})") from error


def _form_of_table(path: Path) -> str:
    try:
        with open_text(path, "latin-1") as lines:
            head = list(islice(lines, _HEAD_LINES))
    except UnicodeDecodeError as error:  # UTF-16 that is cut
        raise UnreadableTable(f"{path}: not a text table (CSV or TSV) in UTF-8 or UTF-16") from error
    start, delimiter = find_header(head)
    if start >= len(head):
        return "table"
    header = [cell.strip() for cell in split_cells(head[start], delimiter)]
    names = {re.sub(r"[^a-z0-9]", "", name.lower()) for name in header}
    preamble = "".join(head[:start])
    if any(n in header for n in ("time_s", "time_ms", "time_us")) or {"tarx", "tary"} <= names:
        return "csv"
    if {"gazetimestamp", "xnorm"} <= names or "normposx" in names:
        return "pupil"
    if "timestampns" in names or "starttimestampns" in names:
        return "neon"
    if "webgazerdata" in names:
        return "webgazer"
    if {"fpogx", "bpogx", "lpogx"} & names:
        return "gazepoint"
    if "begaze" in preamble.lower() or "idf converter" in preamble.lower() or any("POR" in n.split() for n in header):
        return "smi"
    if any(name.startswith("pointofregard") for name in names):
        return "smi"
    if {"lrawx", "lavgx", "rawx"} & names or (
        {"gazepointxleft", "pupilsizeleft"} <= names and "timestamp" in names and "validityleft" in names
    ):
        return "pygaze"
    if any(
        re.match(r"gazepoint(left|right|x|y)|lgazepos2d|(left|right)gazepointondisplayarea", name) for name in names
    ):
        return "tobii-tsv"
    return "table"


def _check_options(settings: ImportSettings) -> None:
    for key in settings.options:
        if key not in OPTIONS:
            close = difflib.get_close_matches(key, OPTIONS, n=1)
            raise SettingsError(
                f"--option {key}: there is no such option{f'; did you mean {close[0]}?' if close else ''} "
                f"({', '.join(OPTIONS)})",
                key=key,
            )


def _without_fixed(recording: ImportedRecording) -> ImportedRecording:
    """A place beside the screen that repeats exactly is a code of lost gaze, whatever its numbers are."""
    samples = recording.samples
    some = samples[:][:: 1 + len(samples) // SETTLING_ROWS] if len(samples) < LONG_ROWS else samples[: 4 * CHUNK_ROWS]
    found = {
        side: place
        for side in ("left", "right")
        if (place := find_fixed_outside(getattr(some, f"{side}_px"), recording.display)) is not None
    }
    if not found:
        return recording
    starts = range(0, len(samples), CHUNK_ROWS)
    chunks = (_without_places(samples[first : first + CHUNK_ROWS], found) for first in starts)
    places = " and ".join(dict.fromkeys(f"({x:g}, {y:g}) px" for x, y in (place.tolist() for place in found.values())))
    return dataclasses.replace(
        recording,
        samples=collect(chunks, samples.eyes, len(samples)),
        notes=(*recording.notes, f"gaze at {places}, beside the screen and always the same, counts as lost"),
    )


def _without_places(samples: GazeSamples, places: Mapping[str, Floats]) -> GazeSamples:
    for side, place in places.items():
        there = (getattr(samples, f"{side}_px") == place).all(axis=1)
        changed = {
            f"{side}_px": np.where(there[:, None], np.nan, getattr(samples, f"{side}_px")),
            f"{side}_valid": getattr(samples, f"{side}_valid") & ~there,
        }
        samples = dataclasses.replace(samples, **changed)
    return samples


def _without_held(recording: ImportedRecording, settings: ImportSettings) -> ImportedRecording:
    """Lost gaze that a program filled with one value counts as lost, or is told where something else may be the
    cause.
    """
    said = settings.option("repeats", ("", "lost", "gaze"), "")
    samples = recording.samples
    held, is_sure = _held(samples)
    n = int(held.sum())
    if not n or said == "gaze":
        return recording
    words = f"{n} of {len(samples)} samples repeat one value exactly for longer than 100 ms"
    if not is_sure and not said:
        note = f"{words}: if they fill what was lost, say --option repeats=lost; if they are gaze, repeats=gaze"
        return dataclasses.replace(recording, notes=(*recording.notes, note))
    return dataclasses.replace(
        recording,
        samples=_without(samples, held),
        notes=(*recording.notes, f"{words} and count as lost (--option repeats=gaze keeps them)"),
    )


def _held(samples: SampleSource) -> tuple[Bools, bool]:
    """What `find_held` says of a recording; a long one is looked at in parts, cut where the gaze changes."""
    n = len(samples)
    held = np.zeros(n, dtype=bool)
    if n < LONG_ROWS:
        order = np.argsort(samples.time_s, kind="stable")
        held[order], is_sure = find_held(_points(samples[:])[order], samples.time_s[order])
        return held, is_sure
    first, is_sure = 0, True
    while first < n:
        part = samples[first : first + 6 * CHUNK_ROWS]
        points = _points(part)
        found, told = find_held(points, part.time_s)
        after = first + len(part)
        if after < n:  # a stretch that may go on is looked at again with what follows
            changes = np.flatnonzero(((points[1:] != points[:-1]) & ~np.isnan(points[1:])).any(axis=1))
            if len(changes):
                after = first + int(changes[-1]) + 1
                found[after - first :] = False
        held[first : first + len(part)] |= found
        is_sure &= told or not found.any()
        first = after
    return held, is_sure


def _points(samples: GazeSamples) -> Floats:
    return np.concatenate([samples.left_px, samples.right_px], axis=1)


def _without(samples: SampleSource, lost: Bools) -> SampleSource:
    starts = range(0, len(samples), CHUNK_ROWS)
    chunks = (samples[a : a + CHUNK_ROWS].without(lost[a : a + CHUNK_ROWS]) for a in starts)
    return collect(chunks, samples.eyes, len(samples))


def _checked(path: Path, recording: ImportedRecording, *, must_be_ordered: bool) -> ImportedRecording:
    if not recording.display_assumed:
        try:
            recording.display.require_plausible()
        except ValueError as error:
            raise UnreadableTable(
                f"{path}: {error} (the screen of the recording is {recording.display}; --display says another one)"
            ) from None
    time_s = recording.samples.time_s
    if not len(time_s):
        raise UnreadableTable(f"{path}: no samples in it")
    if not np.isfinite(time_s).all():
        raise UnreadableTable(f"{path}: damaged, the time of a sample is missing or infinite")
    if len(time_s) > 1 and time_s.min() == time_s.max():
        raise UnreadableTable(
            f"{path}: all {len(time_s)} samples have one time: name the column with their times by --option "
            "columns=time:NAME,…"
        )
    back = np.flatnonzero(np.diff(time_s) < 0)
    if len(back) and must_be_ordered:
        raise UnreadableTable(
            f"{path}: time goes back after sample {back[0] + 1} ({len(back)} times in all): there are several "
            f"recordings in it, "
            "or its clock was reset; export them one by one, or say --option sort=yes where only rows are out of order"
        )
    if not recording.samples.has_gaze:
        return dataclasses.replace(recording, notes=(*recording.notes, "no sample of it has gaze"))
    return recording
