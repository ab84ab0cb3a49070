"""The SQLite schema of a session: what each table holds, units per column, versions; and how any schema is made.

All times are float64 seconds on the session clock unless a name ends in `_utc`. Pixels count from the top left.
NULL is "missing" in a REAL column: SQLite stores NaN as NULL.

The tables of one schema differ in their number of columns, or at least in the kinds of values that a row must have.
A page of a damaged file can then be given back to its table when the path to it is lost (`salvage.py`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path

from gazeapp.errors import DamagedSession, StoreError, UnsupportedSchema
from gazeapp.store.untrusted.queries import computes

SESSION_SCHEMA = 5
OLDEST_SESSION_SCHEMA = 1
"""Sessions from this version on can be read as they are: what came since are tables of their own."""
SESSION_APPLICATION_ID = 0x67617A65  # "gaze"
_MOST_TABLES = 1000

SAMPLE_COLUMNS = (
    "time_s",
    "device_time_s",
    "receive_time_s",
    "left_x_px",
    "left_y_px",
    "right_x_px",
    "right_y_px",
    "left_valid",
    "right_valid",
    "left_pupil_mm",
    "right_pupil_mm",
    "left_origin_x_mm",
    "left_origin_y_mm",
    "left_origin_z_mm",
    "right_origin_x_mm",
    "right_origin_y_mm",
    "right_origin_z_mm",
)
"""Raw gaze as it came: corrections are rows of their own and are applied while reading."""

SESSION_TABLES: dict[str, tuple[str, ...]] = {
    "meta": ("key TEXT PRIMARY KEY", "value TEXT NOT NULL -- JSON"),
    "samples": (*(f"{name} {'INTEGER' if name.endswith('_valid') else 'REAL'}" for name in SAMPLE_COLUMNS),),
    "events": ("number INTEGER PRIMARY KEY", "time_s REAL", "kind TEXT", "payload TEXT -- JSON"),
    "problems": (
        "number INTEGER PRIMARY KEY",
        "time_s REAL",
        "kind TEXT",
        "message TEXT",
        "gap_s REAL",
    ),
    "growth": (
        "number INTEGER PRIMARY KEY",
        "time_s REAL",
        "trial INTEGER",
        "n_pairs INTEGER",
        "spread REAL",
        "vector TEXT -- JSON",
    ),
    "stimuli": (
        "number INTEGER PRIMARY KEY",
        "stimulus_id TEXT -- SHA-256 of the file",
        "name TEXT",
        "file TEXT -- in stimuli/",
        "width_px INTEGER",
        "height_px INTEGER",
        "source TEXT",
    ),
    "fixations": (
        "number INTEGER PRIMARY KEY",
        "trial INTEGER",
        "position INTEGER -- 0-based, within the trial",
        "onset_s REAL",
        "duration_s REAL",
        "x_px REAL -- image pixels",
        "y_px REAL -- image pixels",
        "carried_over INTEGER -- 1: under way when the image appeared",
    ),
    "corrections": (
        "number INTEGER PRIMARY KEY",
        "time_s REAL",
        "from_time_s REAL -- in force from here on",
        "source TEXT -- calibration, drift, saliency",
        "calibration INTEGER",
        "kind TEXT",
        "correction TEXT -- JSON",
        "note TEXT",
        "residual_deg REAL",
    ),
    "validations": (
        "number INTEGER PRIMARY KEY",
        "time_s REAL",
        "start_s REAL",
        "purpose TEXT -- validate, drift",
        "calibration INTEGER",
        "verdict TEXT",
        "accuracy_deg REAL",
        "precision_deg REAL",
        "data_loss REAL",
        "report TEXT -- JSON",
    ),
    "calibrations": (
        "number INTEGER PRIMARY KEY",
        "time_s REAL",
        "start_s REAL",
        "status TEXT -- ok, failed",
        "n_points INTEGER",
        "points TEXT -- JSON: target, gaze, n samples of each point",
        "kind TEXT",
        "correction TEXT -- JSON",
        "residual_left_deg REAL",
        "residual_right_deg REAL",
        "device_blob BLOB -- calibration computed by the tracker",
    ),
    "predictions": (
        "number INTEGER PRIMARY KEY",
        "trial INTEGER",
        "stimulus_id TEXT",
        "time_s REAL",
        "final INTEGER",
        "width_px INTEGER",
        "height_px INTEGER",
        "universal BLOB",
        "personal BLOB",
        "embedding TEXT -- JSON",
        "model_sha256 TEXT",
        "elapsed_s REAL",
        "error TEXT",
    ),
    "trials": (
        "trial INTEGER PRIMARY KEY",
        "phase TEXT",
        "stimulus_id TEXT",
        "shown_s REAL",
        "hidden_s REAL",
        "onset_kind TEXT",
        "image_width_px INTEGER",
        "image_height_px INTEGER",
        "left_px REAL -- display pixels",
        "top_px REAL",
        "width_px REAL",
        "height_px REAL",
        "n_samples INTEGER",
        "data_loss REAL -- 0 to 1",
        "timing TEXT -- JSON",
    ),
    "openness": (
        "time_s REAL NOT NULL",
        "device_time_s REAL",
        "receive_time_s REAL",
        "left_mm REAL -- how far the lids are apart",
        "right_mm REAL",
        "left_valid INTEGER",
        "right_valid INTEGER",
    ),
    "eye_images": (
        "number INTEGER PRIMARY KEY",
        "time_s REAL",
        "device_time_s REAL",
        "camera INTEGER",
        "region INTEGER",
        "kind TEXT -- full, cropped, multi_roi, unknown",
        "left_px INTEGER -- in the camera's picture",
        "top_px INTEGER",
        "width_px INTEGER",
        "height_px INTEGER",
        "format TEXT -- gif, jpg",
        "image BLOB -- as the tracker sent it",
    ),
    "parts": (
        "number INTEGER PRIMARY KEY -- 1 for the beginning; one more each time the session was resumed",
        "start_s REAL NOT NULL",
        "facts TEXT NOT NULL -- JSON: started_utc, clock_origin, tracker, software, experimenter, after (why)",
    ),
    "recalibrations": (
        "number INTEGER PRIMARY KEY -- the last one counts",
        "from_time_s REAL -- gaze from here on is moved, on top of the corrections in force",
        "made_utc TEXT",
        "what TEXT -- applied, taken back",
        "kind TEXT -- shift, scale, affine, smooth, drift",
        "shift_x_deg REAL -- to the right",
        "shift_y_deg REAL -- down",
        "gain_deg REAL -- expected",
        "probability REAL -- that gaze is nearer to the truth with it",
        "n_images INTEGER",
        "n_fixations INTEGER",
        "correction TEXT -- JSON; NULL: taken back",
        "finding TEXT -- JSON: what it was found by, whole",
        "software TEXT -- version that wrote it",
    ),
}

Migration = Callable[[sqlite3.Connection], None]


def _add_eye_streams(connection: sqlite3.Connection) -> None:
    for name in ("openness", "eye_images"):
        _create_table(connection, name, SESSION_TABLES[name])


def _add_parts(connection: sqlite3.Connection) -> None:
    _create_table(connection, "parts", SESSION_TABLES["parts"])


def _add_recalibrations(connection: sqlite3.Connection) -> None:
    _create_table(connection, "recalibrations", SESSION_TABLES["recalibrations"])


def _keep_tables(_connection: sqlite3.Connection) -> None:
    """From version 5 on maps are packed otherwise (`map_bytes`): an earlier program would take them for damaged."""


SESSION_MIGRATIONS: Mapping[int, Migration] = {
    1: _add_eye_streams,
    2: _add_parts,
    3: _add_recalibrations,
    4: _keep_tables,
}
"""Schema version found → what brings it to the next version. Those of a study are in `study_migration`."""


def create_tables(
    connection: sqlite3.Connection,
    tables: Mapping[str, tuple[str, ...]],
    version: int,
    application_id: int,
) -> None:
    """Make an empty database of this schema; units and meanings stay readable in the stored SQL."""
    connection.execute(f"PRAGMA application_id = {application_id}")
    connection.execute(f"PRAGMA user_version = {version}")
    add_tables(connection, tables)


def add_tables(connection: sqlite3.Connection, tables: Mapping[str, tuple[str, ...]]) -> None:
    """Make empty tables."""
    for name, columns in tables.items():
        _create_table(connection, name, columns)


def _create_table(connection: sqlite3.Connection, name: str, columns: tuple[str, ...]) -> None:
    connection.execute(f"CREATE TABLE {name} (\n  {_sql(columns)}\n)")


def require_schema(
    connection: sqlite3.Connection,
    path: Path,
    version: int,
    application_id: int,
    *,
    oldest: int | None = None,
) -> None:
    """Refuse what this version of the program did not write and cannot use as it is.

    Args:
        connection: Of the file.
        path: Named in messages.
        version: The schema of this program.
        application_id: Of the kind of file.
        oldest: Oldest schema that will do; None for `version` alone.

    Raises:
        UnsupportedSchema: A newer or unknown version.
        StoreError: Another program's database.
        DamagedSession: Not a database at all.
    """
    try:
        (found_id,) = connection.execute("PRAGMA application_id").fetchone()
        (found,) = connection.execute("PRAGMA user_version").fetchone()
    except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter from names in a damaged file
        raise DamagedSession(
            f"{path}: cannot be read as a database ({error}); try gazeapp recover {path.parent}"
        ) from error
    if found_id != application_id:
        raise StoreError(f"{path}: a database, but not one of gazeapp")
    require_tables_only(connection, path)
    if not (version if oldest is None else oldest) <= found <= version:
        raise UnsupportedSchema(
            f"{path}: schema {found}, this version of gazeapp reads {version}; "
            + ("update gazeapp" if found > version else f"gazeapp recover {path.parent} brings it up to date"),
            found=found,
            supported=version,
        )


def require_tables_only(connection: sqlite3.Connection, path: Path) -> None:
    """DamagedSession for a file in which reading or writing a table would do more than that.

    Views, triggers, virtual tables, indexes and columns that are computed carry SQL of whoever made the file. This
    program makes none.
    """
    try:
        rows = connection.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE NOT (type = 'index' AND sql IS NULL)"
        ).fetchmany(_MOST_TABLES)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise DamagedSession(
            f"{path}: cannot be read as a database ({error}); try gazeapp recover {path.parent}"
        ) from error
    for kind, name, definition in rows:
        if kind == "table" and not computes(str(definition)):
            continue
        what = "computing table" if kind == "table" else kind
        raise DamagedSession(
            f"{path}: holds the {what} {str(name)[:40]!r}, which gazeapp never makes; another program "
            f"changed the file, gazeapp recover {path.parent} takes the data out of it",
            found=kind,
        )


def migrate(
    connection: sqlite3.Connection,
    migrations: Mapping[int, Migration],
    version: int,
) -> None:
    """Bring an older database to `version`, one step a transaction; leaves it alone where a step is missing.

    Args:
        connection: In autocommit mode (`isolation_level=None`).
        migrations: By the version they start from.
        version: Wanted.
    """
    while True:
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        if found >= version or found not in migrations:
            return
        connection.execute("BEGIN IMMEDIATE")
        try:
            # another program may have been faster
            if connection.execute("PRAGMA user_version").fetchone() == (found,):
                migrations[found](connection)
                connection.execute(f"PRAGMA user_version = {found + 1}")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


def _sql(columns: tuple[str, ...]) -> str:
    lines = []
    for index, column in enumerate(columns):
        code, _, comment = column.partition(" -- ")
        comma = "," if index < len(columns) - 1 else ""
        lines.append(code + comma + (f" -- {comment}" if comment else ""))
    return "\n  ".join(lines)
