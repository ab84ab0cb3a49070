"""Recordings as data frames: a study, a session, and the tables of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gazeapp.analysis.area import ImageAreas
from gazeapp.analysis.area_files import read_areas
from gazeapp.analysis.area_measures import measure_areas
from gazeapp.analysis.table import long_columns
from gazeapp.analysis.viewing import read_viewings
from gazeapp.api.arguments import DisplayLike, choice, display_of, mapping_of, path_of, text_of
from gazeapp.api.people import Maps
from gazeapp.errors import ArgumentError, BackendUnavailable, UnavailableReason
from gazeapp.gaze.display import Display
from gazeapp.store import sample_table
from gazeapp.store.embedding import UserEmbedding
from gazeapp.store.exclusion import SessionExclusions, session_exclusions
from gazeapp.store.export.session_tables import session_tables
from gazeapp.store.export.sources import find_sessions, last_embedding
from gazeapp.store.export.table import Table
from gazeapp.store.reader import SessionReader
from gazeapp.store.sample_table import SampleTable
from gazeapp.store.stimuli import decode_image
from gazeapp.store.study import Study as StoredStudy
from gazeapp.store.study_variables import write_value
from gazeapp.types import Image

Library = Literal["pandas", "polars"]
Frame = Any
"""A pandas or Polars data frame. Any: neither library needs to be installed."""
Columns = dict[str, Sequence[Any] | NDArray[np.float64]]  # Any: numbers, text or None
TABLES = (
    "samples",
    "fixations",
    "trials",
    "events",
    "targets",
    "stimuli",
    "calibration",
    "corrections",
    "validation",
    "predictions",
    "problems",
)
"""Tables of every session; each has the columns `participant` and `session`, so that sessions join."""


class Session:
    """One recorded session; its file is open while something is read, and never changed.

    Args:
        path: A session's folder, or its `session.sqlite`.

    Raises:
        StoreError: No session there, of another version, or damaged.
    """

    def __init__(self, path: Path | str) -> None:
        with SessionReader(path_of(path)) as reader:
            self.path = reader.folder
            """The session's folder."""
            self.id = reader.session_id
            self.participant = reader.pseudonym
            """Pseudonym."""

    def __repr__(self) -> str:
        return f"Session({str(self.path)!r})"

    @property
    def display(self) -> Display:
        """The participant's screen, for `detect` and `quality`."""
        with SessionReader(self.path) as reader:
            return reader.display

    @property
    def exclusions(self) -> SessionExclusions:
        """What of the session somebody left out of analysis, and why."""
        return session_exclusions(self.path)

    def table(self, name: str, *, library: Library = "pandas") -> Frame:
        """One table of the session as a data frame.

        Args:
            name: One of `TABLES`; units are the ends of the column names, `meaning` says what a column is.
            library: `pandas` or `polars`.

        Returns:
            A frame with a row for each entry; missing is NaN or None. Samples are raw and corrected gaze.

        Raises:
            ArgumentError: No such table or library.
            BackendUnavailable: The library is not installed.
            DamagedSession: The table cannot be read.
        """
        return _frame(self.columns(name), library)

    def columns(self, name: str) -> Columns:
        """One table as its columns, without any data frame library."""
        with SessionReader(self.path) as reader:
            return _columns(_table(reader, name))

    def meaning(self, name: str) -> dict[str, str]:
        """Column to what it means, of one table."""
        with SessionReader(self.path) as reader:
            return {column.name: column.meaning for column in _table(reader, name).all_columns}

    def samples(self, *, library: Library = "pandas") -> Frame:
        """Gaze samples, raw and corrected, display pixels."""
        return self.table("samples", library=library)

    def fixations(self, *, library: Library = "pandas") -> Frame:
        """Fixations as recorded, image pixels."""
        return self.table("fixations", library=library)

    def trials(self, *, library: Library = "pandas") -> Frame:
        """Images as they were shown."""
        return self.table("trials", library=library)

    def image(self, stimulus_id: str) -> Image:
        """(H, W, 3) uint8 RGB of an image by its id, as the tables name it."""
        with SessionReader(self.path) as reader:
            return reader.stimuli.load(stimulus_id).rgb

    def maps(self, trial: int) -> Maps:
        """The maps that were on the screen at the end of a trial; ArgumentError where there are none of both kinds."""
        with SessionReader(self.path) as reader:
            for found in reader.predictions(final_only=True):
                if found.trial == trial and found.universal is not None and found.personal is not None:
                    return Maps(found.universal, found.personal, found.personal - found.universal)
        raise ArgumentError(f"trial {trial}: no universal and personal map was stored for it", argument="trial")

    def embedding(self) -> UserEmbedding | None:
        """The embedding as it stood at the end of the session; None where there was none. It can tell people apart."""
        with SessionReader(self.path) as reader:
            return last_embedding(reader)


class Study:
    """A study's sessions, open for reading.

    Args:
        path: A study's folder.

    Raises:
        StoreError: No study there, or of another version.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = path_of(path)
        with StoredStudy.open(self.path):
            pass

    def __repr__(self) -> str:
        return f"Study({str(self.path)!r})"

    def participants(self, *, library: Library = "pandas") -> Frame:
        """One row a participant: `participant`, `created_utc`, `n_sessions`, and the study's variables."""
        with StoredStudy.open(self.path) as study:
            variables = [variable.name for variable in study.variables()]
            people = study.participants()
        columns: Columns = {
            "participant": [person.pseudonym for person in people],
            "created_utc": [person.created_utc for person in people],
            "n_sessions": [len(person.sessions) for person in people],
        }
        for name in variables:
            columns[name] = [write_value(person.variables.get(name)) or None for person in people]
        return _frame(columns, library)

    def sessions(self, *, participant: str | None = None) -> list[Session]:
        """The sessions in order of time; those that somebody left out of analysis as well."""
        return [Session(folder) for folder in find_sessions(self.path, () if participant is None else (participant,))]

    def table(
        self,
        name: str,
        *,
        participant: str | None = None,
        include_excluded: bool = False,
        library: Library = "pandas",
    ) -> Frame:
        """One table of all sessions, one below the other, as `Session.table`.

        Args:
            name: One of `TABLES`.
            participant: Only this one.
            include_excluded: Also sessions and trials that somebody left out of analysis.
            library: `pandas` or `polars`.

        Raises:
            ArgumentError: No such table or library.
            StoreError: No session, an unknown participant, or nothing that counts.
        """
        parts = []
        for session in self.sessions(participant=participant):
            exclusions = session.exclusions
            if exclusions.whole and not include_excluded:
                continue
            columns = session.columns(name)
            if exclusions.trials and "trial" in columns and not include_excluded:
                counts = [not (trial == trial and exclusions.why(int(trial))) for trial in columns["trial"]]
                columns = {
                    key: [value for value, is_in in zip(values, counts, strict=True) if is_in]
                    for key, values in columns.items()
                }
            parts.append(columns)
        return _frame(_below_each_other(parts), library)

    def areas(
        self, areas: Path | str | Sequence[ImageAreas], *, group_by: str = "group", library: Library = "pandas"
    ) -> Frame:
        """What areas of interest were looked at: a row for each area of each viewing that counts.

        Args:
            areas: File of areas (JSON, CSV, or a folder of label images), or what `read_areas` gives of one.
            group_by: Study variable whose value is a person's group.
            library: `pandas` or `polars`.

        Returns:
            A frame as `gazeapp areas` writes it; times in seconds, shares from 0 to 1, NaN where nothing was looked at.

        Raises:
            UnreadableTable: The file is not understood.
            StoreError: Nothing of the study can be read.
        """
        images = read_areas(Path(areas)) if isinstance(areas, str | Path) else areas
        rows = measure_areas(read_viewings(self.path, group_by=group_by).viewings, images)
        return _frame({**long_columns(rows)}, library)


def read_image(path: Path | str) -> Image:
    """Read an image file: upright (H, W, 3) uint8 RGB; UnreadableImage names what is wrong with a file."""
    return decode_image(path_of(path)).rgb


def read_samples(
    path: Path | str, display: DisplayLike | None = None, options: Mapping[str, str] | None = None
) -> SampleTable:
    """Read gaze samples of any format that can be imported.

    Args:
        path: CSV or TSV (also `.gz`), a file of another program, or a session.
        display: The screen, where the file does not say.
        options: What the file leaves open, as `gazeapp import --option` takes it.

    Raises:
        UnreadableTable: The columns are not understood (found and needed are listed), or a row is wrong.
        StoreError: A session that cannot be read.
    """
    said = {key: text_of(value, f"options ({key})") for key, value in mapping_of(options, "options").items()}
    return sample_table.read_samples(path_of(path), None if display is None else display_of(display), said)


def _table(reader: SessionReader, name: str) -> Table:
    tables = {table.name: table for table in session_tables(reader)}
    if name not in tables:
        raise ArgumentError(f"name {name!r}: no such table; there are {', '.join(tables)}", argument="name")
    return tables[name]


def _columns(table: Table) -> Columns:
    """All of a table; numbers as arrays, as there may be millions of samples."""
    parts: list[list[Any]] = [[] for _ in table.columns]  # Any: numbers, text or None
    for chunk in table.chunks():
        for column, values, kept in zip(table.columns, chunk, parts, strict=True):
            if column.kind == "float":
                kept.append(np.array(values, dtype=np.float64))  # None becomes NaN
            else:
                kept.extend(values)
    columns: Columns = {
        column.name: np.concatenate([*kept, np.empty(0)]) if column.kind == "float" else kept
        for column, kept in zip(table.columns, parts, strict=True)
    }
    n = len(next(iter(columns.values()), ()))
    return {**columns, **{column.name: [text] * n for column, text in table.constants}}


def _below_each_other(parts: list[Columns]) -> Columns:
    """One table of several, which may lack some of each other's columns."""
    joined: Columns = {}
    for key in dict.fromkeys(key for part in parts for key in part):
        values: list[Any] = []  # Any: numbers, text or None
        for part in parts:
            values.extend(part[key] if key in part else [None] * len(next(iter(part.values()), ())))
        joined[key] = values
    return joined


def _frame(columns: Columns, library: Library) -> Frame:
    choice(library, ("pandas", "polars"), "library")
    try:
        if library == "pandas":
            import pandas

            return pandas.DataFrame(columns)
        import polars

        return polars.DataFrame(columns, strict=False, infer_schema_length=None)
    except ImportError as error:
        raise BackendUnavailable(
            f"{library} is not installed: pip install gazeapp[api] brings pandas; Polars is installed by its name",
            reason=UnavailableReason.LIBRARY_MISSING,
            hint="pip install gazeapp[api]" if library == "pandas" else "pip install polars",
        ) from error
