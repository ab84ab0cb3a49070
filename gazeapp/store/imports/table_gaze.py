"""Gaze of any table of named columns, read with the one knowledge of labels, units and codes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gazeapp.errors import SettingsError, UnreadableTable, Unsupported
from gazeapp.gaze.channels.layout import WORLD, GazeLayout, parse_columns, recognise_layout
from gazeapp.gaze.channels.lost import validity_limit
from gazeapp.gaze.channels.meaning import Channel, label_words
from gazeapp.gaze.channels.reader import MIN_CONFIDENCE, SETTLING_ROWS, GazeReader, lost_notes
from gazeapp.gaze.channels.timing import (
    SECONDS,
    belied_unit,
    clock_seconds,
    shared_stamps,
    shared_stamps_words,
    spread_shared_stamps,
    unit_by_values,
    unit_of_time,
    usual_step,
)
from gazeapp.gaze.channels.unit import ORIGINS, UNITS, Origin, UnclearReading, Unit, parse_unit
from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import Floats, GazeSamples, SampleSource
from gazeapp.store.cells import whole_number
from gazeapp.store.delimited import Delimited
from gazeapp.store.imports.recording import ImportSettings
from gazeapp.store.spool import CHUNK_ROWS, collect

NEEDED = (
    "time_s (or time_ms, time_us) and left_x_px, left_y_px, right_x_px, right_y_px (or one eye, or x_px, y_px; "
    "_norm or _deg instead of _px)"
)
_MOST_MISSING = 0.2
"""Of rows without gaze, how many may be due as samples where they are of something else."""
_OWN_TIMES = {"time_s": "s", "time_ms": "ms", "time_us": "us"}
_UNIT_WORDS: dict[str, Unit] = {
    "pix": "pixels",
    "px": "pixels",
    "norm_0_1": "normalised",
    "normalized": "normalised",
    "deg": "degrees",
}
_TIME_NAMES = (
    r"(time|temps|zeit|zeitstempel|tiempo|tempo|tijd)(s|ms|us|µs|μs|ns|ticks)",
    r"recordingtime(stamp)?(s|ms|us|µs|μs|ns)?",
    r"gazetimestamp",
    r"reltimestamp",
    r"devicetimestamp",
    r"eyetrackertimestamp(ms|us|µs|μs)?",
    r"timestamp(s|ms|us|µs|μs|ns)?",
    r"systemtimestamp",
    r"samptime",
    r"tettime",
    r"rttime",
    r"sampletime(s|ms)?",
    r"time\d+",
    r"(utc)?ticks|filetime",
    r"temps|zeit|zeitstempel|tiempo|tempo|tijd",
    r"time",
    r"t(ms|us|µs|μs|ns)?",
    r"localtimestamp",
    r"computertimestamp(ms|us|µs|μs)?",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableForm:
    """What a format knows of its tables beyond the names of their columns."""

    unit: Unit | None = None
    """Of gaze whose columns do not say."""
    origin: Origin | None = None
    time_unit: str = ""
    """Of stamps whose column does not say."""
    time: str = ""
    """The column of stamps, where it is not to be searched for."""
    is_world: bool = False
    """Gaze counts in the picture of a scene camera."""
    by_name: bool = False
    """The names of the columns are a contract: values that belie them are refused, not read otherwise."""
    min_confidence: float = MIN_CONFIDENCE


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TableGaze:
    """Gaze of a table."""

    samples: SampleSource
    layout: GazeLayout
    notes: tuple[str, ...]


def read_table_gaze(
    table: Delimited, settings: ImportSettings, display: Display, form: TableForm | None = None
) -> TableGaze:
    """Read the gaze of a table; its rows are in the order of the file.

    Options: `columns`, `unit`, `origin`, `time_unit`, `coordinates`, `decimal`, as the messages name them.

    Raises:
        UnreadableTable: No gaze or time is understood, or two readings fit; the message says what to do.
        SettingsError: A wrong option.
    """
    form = form or TableForm()
    layout, time_name = find_layout(table, settings, form)
    by_number = _by_number(settings, table.header)
    chosen = set(by_number.values())
    some, columns = _matrix(table, layout, slice(None, None, 1 + len(table) // SETTLING_ROWS), chosen)
    notes: list[str] = []
    time_s = _times(table, time_name, settings, form, notes, column=by_number.get("time", time_name))
    found = layout
    layout = replace(layout, columns=columns, valid_below=_valid_below(table, layout, some, columns))
    reader = GazeReader(layout, display, min_confidence=form.min_confidence)
    try:
        reading = reader.settle(some)
    except UnclearReading as question:
        raise UnreadableTable(f"{table.path}: {_question(question, table)}", found=layout.unit) from None
    if form.by_name and reading.unit != layout.unit:
        raise UnreadableTable(
            f"{table.path}, columns {_names(table, found)}: {_contradiction(reading.unit)}", found=layout.unit
        )
    samples = collect(_read_in_chunks(table, found, chosen, reader, time_s), found.eyes, len(table))
    for _, words in reader.take_notes():
        notes.append(words.replace("--device-option", "--option"))
    if "left_confidence" in layout.columns or "right_confidence" in layout.columns:
        notes.append(f"gaze with a confidence below {form.min_confidence:g} counts as missing")
    notes += lost_notes(reader.lost_counts, len(samples))
    return TableGaze(samples=samples, layout=layout, notes=tuple(dict.fromkeys(notes)))


def _read_in_chunks(
    table: Delimited, layout: GazeLayout, by_number: set[int], reader: GazeReader, time_s: Floats
) -> Iterator[GazeSamples]:
    for first in range(0, len(table), CHUNK_ROWS):
        part = slice(first, first + CHUNK_ROWS)
        yield reader.read(_matrix(table, layout, part, by_number)[0], time_s=time_s[part], device_time_s=time_s[part])


def samples_alone(
    table: Delimited, settings: ImportSettings, form: TableForm | None = None
) -> tuple[Delimited, tuple[str, ...]]:
    """Without the rows of other sensors and events, and what is to be told of them.

    Such rows say nothing of gaze, not even that it was lost, and lie between samples that come evenly without them;
    where leaving them out would leave gaps, they are lost gaze.
    """
    layout, time = find_layout(table, settings, form)
    by_number = _by_number(settings, table.header)
    chosen = set(by_number.values())
    is_empty = np.concatenate(
        [
            np.isnan(_matrix(table, layout, slice(first, first + CHUNK_ROWS), chosen)[0]).all(axis=1)
            for first in range(0, len(table), CHUNK_ROWS)
        ]
        or [np.zeros(0, dtype=bool)]
    )
    n_empty = int(is_empty.sum())
    if not n_empty or n_empty == len(table):
        return table, ()
    try:
        stamps = table.numbers(by_number.get("time", time))
    except UnreadableTable:
        return table, ()  # times of day: told where they are read
    kept = stamps[~is_empty]
    step = usual_step(kept)
    if not step > 0:
        return table, ()
    missing = float(np.maximum(np.round(np.diff(kept) / step) - 1, 0).sum())
    before, after = np.count_nonzero(stamps[is_empty] < kept[0]), np.count_nonzero(stamps[is_empty] > kept[-1])
    if missing + before + after > _MOST_MISSING * n_empty:
        return table, ()
    words = f"{n_empty} of {len(table)} rows between the samples hold no gaze, of events or other sensors: left out"
    return table.select(~is_empty), (words,)


def find_column(table: Delimited, *patterns: str) -> str | None:
    """The first column whose simplified name (lower case, letters and digits) matches one of the patterns."""
    for pattern in patterns:
        for name in table.header:
            if re.fullmatch(pattern, simple_name(name)):
                return name
    return None


def simple_name(name: str) -> str:
    """A column's name in lower case, letters and digits only."""
    return re.sub(r"[^a-zµμ0-9]", "", name.lower())


def first_cell(table: Delimited, *patterns: str) -> str:
    """The first filled cell of a column; empty where there is none."""
    name = find_column(table, *patterns)
    return next((cell for cell in table.text(name) if cell), "") if name else ""


def unit_option(settings: ImportSettings) -> str:
    """The unit that a person says by `--option unit=`; empty where none is said."""
    given = settings.options.get("unit", settings.options.get("units", ""))
    said: str = _UNIT_WORDS.get(given, given)
    if said and said not in UNITS:
        said = parse_unit(said)
        if said == "unknown":
            raise SettingsError(f"--option unit: one of {', '.join(UNITS[:-1])}, got {given!r}", key="unit")
    return said


def find_layout(table: Delimited, settings: ImportSettings, form: TableForm | None = None) -> tuple[GazeLayout, str]:
    """Which column holds what, and the one with the times; raises as `read_table_gaze` does."""
    form = form or TableForm()
    options = settings.options
    said = unit_option(settings)
    origin = settings.option("origin", ("", *ORIGINS), "")
    coordinates = settings.option("coordinates", ("", "screen"), "")
    channels = [Channel(label=name) for name in table.header]
    columns = options.get("columns", "")
    if form.is_world and coordinates != "screen" and not columns:
        raise UnreadableTable(f"{table.path}: {WORLD.replace('say ', 'say --option ')}", found=table.header)
    try:
        named = parse_columns(columns, table.header) if columns else {}
        layout = recognise_layout(
            channels,
            title=str(table.path),
            unit=said,
            origin=origin,
            columns=columns,
            coordinates=coordinates,
        )
    except Unsupported as error:
        if "scene camera" in error.message or "picture" in error.message or columns:
            raise UnreadableTable(error.message.replace("--device-option", "--option"), found=table.header) from None
        raise not_understood(table) from None
    if form.unit is not None and layout.unit == "unknown":
        layout = replace(layout, unit=form.unit, origin=layout.origin)
    if form.origin is not None and not layout.origin_is_known:
        layout = replace(layout, origin=form.origin, origin_is_known=True)
    time = table.header[named["time"]] if "time" in named else form.time or _time_column(table)
    if time is None:
        raise not_understood(table)
    return layout, time


def not_understood(table: Delimited) -> UnreadableTable:
    """The error for a table in which no gaze or no time is found: what there is, and what is needed."""
    bare = [name for name in table.header if re.fullmatch(r"(left_|right_)?[xy]|time|timestamp", name)]
    hint = f" ({', '.join(bare)} carry no unit: add _px, _norm or _deg, _s, _ms or _us)" if bare else ""
    return UnreadableTable(
        f"{table.path}: the columns are not understood{hint}; found: {', '.join(table.header)}; needed: "
        f"{NEEDED}; or say which is "
        "which by --option columns=time:NAME,x:NAME,y:NAME (left_x, right_pupil, …)",
        found=table.header,
        needed=NEEDED,
    )


def _time_column(table: Delimited) -> str | None:
    for name in _OWN_TIMES:
        if name in table:
            return name
    found = find_column(table, *_TIME_NAMES)
    if found:
        return found
    return next(
        (name for name in table.header if {"time", "timestamp", "stamp", "timestamps"} & set(label_words(name))), None
    )


def _by_number(settings: ImportSettings, header: Sequence[str]) -> dict[str, int]:
    """Role → column of those that a person named by number."""
    parts = [part.partition(":") for part in settings.options.get("columns", "").split(",")]
    named = {role.strip(): column.strip() for role, _, column in parts}
    return {
        role: number
        for role, column in named.items()
        if (number := whole_number(column)) is not None and number >= 0 and column not in header
    }


def _matrix(table: Delimited, layout: GazeLayout, part: slice, by_number: set[int]) -> tuple[Floats, dict[str, int]]:
    """(N, C) numbers of the columns in use, of a part of the rows or of every n-th one, and which holds what."""
    used = sorted(set(layout.columns.values()))
    flags = {column for role, column in layout.columns.items() if role.endswith("_valid")}
    step = part.step or 1
    pieces = []
    for first in range(part.start or 0, min(part.stop or len(table), len(table)), CHUNK_ROWS * step):
        rows = slice(first, min(first + CHUNK_ROWS * step, part.stop or len(table)))
        columns = []
        for column in used:
            name = table.header[column]
            key = column if column in by_number else name
            if column not in flags:
                values = table.numbers(key, rows)
            elif re.fullmatch(r"((left|right)_)?valid", name):
                values = table.flags(key, rows).astype(np.float64)
            else:
                values = table.codes(key, rows)
            columns.append(values[::step])
        pieces.append(np.stack(columns, axis=1))
    matrix = np.concatenate(pieces) if pieces else np.empty((0, len(used)))
    return matrix, {role: used.index(column) for role, column in layout.columns.items()}


def _valid_below(table: Delimited, layout: GazeLayout, rows: Floats, columns: Mapping[str, int]) -> float | None:
    limits = []
    for side in ("left", "right"):
        if f"{side}_valid" in columns and f"{side}_x" in columns:
            name = table.header[layout.columns[f"{side}_valid"]]
            if table.words(name) & {"valid", "invalid", "true", "false"}:
                continue  # words, no codes
            x, y = rows[:, columns[f"{side}_x"]], rows[:, columns[f"{side}_y"]]
            limits.append(validity_limit(rows[:, columns[f"{side}_valid"]], name, np.isfinite(x) & np.isfinite(y)))
    return next((limit for limit in limits if limit is not None), None)


def _times(
    table: Delimited, name: str, settings: ImportSettings, form: TableForm, notes: list[str], *, column: str | int
) -> Floats:
    if any(":" in cell for cell in table.words(column)):
        clock_s = clock_seconds(table.text(column))
        if clock_s is not None:
            notes.append(f"the times in {name} are times of day; they are counted in seconds from midnight")
            return _spread(clock_s, notes)
    stamps = table.numbers(column)
    unknown = np.flatnonzero(~np.isfinite(stamps))
    if len(unknown):
        row = int(unknown[0])
        raise table.error(column, row, table.text(column)[row], "a time")
    said = settings.option("time_unit", ("", *SECONDS), "")
    stated = said or _OWN_TIMES.get(name, "") or unit_of_time(name) or form.time_unit
    unit = stated or unit_by_values(stamps)
    if not unit:
        hint = (
            not_understood(table).message.partition(": ")[2]
            if name in ("time", "timestamp") and len(stamps) < 3
            else ""
        )
        raise UnreadableTable(
            f"{table.path}: the unit of the times in {name} is not stated and cannot be told by their steps; "
            f"say --option "
            f"time_unit=s, ms, us or ns" + (f" ({hint})" if hint else ""),
            found=name,
        )
    belied = belied_unit(stamps, unit)
    if belied:
        step = usual_step(stamps)
        rate_hz = 1 / (step * SECONDS[unit])
        words = f"the steps of {name} ({step:g}) would be {rate_hz:.3g} Hz in {unit}: they look like {belied}"
        if said or form.by_name or name in _OWN_TIMES:
            raise UnreadableTable(
                f"{table.path}: {words}; name the column time_{belied}, or say --option time_unit={belied}", found=unit
            )
        unit = belied
        notes.append(f"{words}, and are read so")
    elif not stated:
        notes.append(f"the unit of the times in {name} is not stated; by their steps it is taken as {unit}")
    return _spread(stamps * SECONDS[unit], notes)


def _spread(time_s: Floats, notes: list[str]) -> Floats:
    shared = shared_stamps(time_s)
    if shared > 0.3:
        notes.append(shared_stamps_words(shared))
        time_s = spread_shared_stamps(time_s, usual_step(time_s))
    return time_s


def _names(table: Delimited, layout: GazeLayout) -> str:
    return ", ".join(
        table.header[column]
        for role, column in layout.columns.items()
        if role.endswith(("_x", "_y")) and "origin" not in role
    )


def _contradiction(actual: Unit) -> str:
    if actual == "normalised":
        return "all values lie within 1.5: they look like shares of the screen; name the columns _norm"
    if actual == "pixels":
        return "the values are far above what the unit allows: they look like pixels; name the columns _px"
    return f"the values look like {actual}; name the columns so"


def _question(question: UnclearReading, table: Delimited) -> str:
    text = re.sub(r"\b(unit=|origin=)", r"--option \1", str(question), count=1)
    bare = [name for name in table.header if re.fullmatch(r"(left_|right_)?[xy]|time|timestamp", name)]
    hint = f" ({', '.join(bare)} carry no unit: add _px, _norm or _deg, _s, _ms or _us)" if bare else ""
    return f"{text}{hint}"
