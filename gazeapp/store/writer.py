"""Writing a session while it is recorded: one WAL database, short transactions."""

from __future__ import annotations

import dataclasses
import logging
import math
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gazeapp.errors import DiskFull, StoreError
from gazeapp.gaze.display import Display
from gazeapp.gaze.eye_openness import EyeOpenness
from gazeapp.gaze.samples import Eyes, GazeSamples
from gazeapp.store import schema, stream_rows
from gazeapp.store import session_rows as rows
from gazeapp.store.events import Event, dump_json
from gazeapp.store.folder_lock import FolderLock
from gazeapp.store.identifier import require_own_database
from gazeapp.store.private import make_private_file
from gazeapp.store.records import (
    CalibrationRow,
    CorrectionRow,
    EmbeddingHistoryRow,
    EyeImageRow,
    PartRow,
    PredictionRow,
    ProblemRow,
    RecalibrationRow,
    StimulusRow,
    TrialRow,
    ValidationRow,
)
from gazeapp.store.storage_errors import database_error, disk_error
from gazeapp.store.untrusted.files import parse_json
from gazeapp.store.write_ahead_log import fold_log, reserve_log, sync_log

_log = logging.getLogger(__name__)

_META = "INSERT OR REPLACE INTO meta VALUES (?, ?)"
_SAMPLE_MARKS = f"({', '.join('?' * len(schema.SAMPLE_COLUMNS))})"
_ROWS_AT_ONCE = 1000 if sqlite3.sqlite_version_info >= (3, 32) else 50
"""Samples in one statement; SQLite takes 32 766 values at once, and older ones 999."""
_OPENNESS = f"INSERT INTO openness VALUES ({', '.join('?' * len(schema.SESSION_TABLES['openness']))})"
_MOVE_PERIOD_S = 20.0
"""A log of this long takes a quarter of what is reserved for it at 1200 Hz."""
_WRONG_ROW = (
    sqlite3.ProgrammingError,
    sqlite3.InterfaceError,
    sqlite3.IntegrityError,
    sqlite3.DataError,
    OverflowError,
)


Kept = (
    GazeSamples
    | Event
    | EyeOpenness
    | EyeImageRow
    | ProblemRow
    | PartRow
    | StimulusRow
    | CalibrationRow
    | CorrectionRow
    | ValidationRow
    | TrialRow
    | PredictionRow
    | EmbeddingHistoryRow
    | Mapping[str, Any]  # Any: JSON values
)
"""Everything that a session keeps; a mapping holds facts about the session."""


class SessionWriter:
    """Writes one session; usable from any thread, one call at a time.

    What is handed over waits in memory until `commit` writes it in one transaction. When that fails, nothing is
    lost or written twice: the next `commit` tries again with all that waits, and `rollback` forgets it.

    A transaction of samples, events, predictions and growth survives a crash of the program; a power cut may take
    the last ones. One that holds a calibration, correction, validation, trial or setting survives a power cut too: when
    `commit` returns, or after `go_live` when `settle` does.
    """

    def __init__(self, path: Path, on_closed: Callable[[], None] = lambda: None) -> None:
        """Open the database of a session folder, and create it where there is none.

        Args:
            path: `session.sqlite`.
            on_closed: Called once when the file is closed, before anybody else may record into the session.

        Raises:
            UnsupportedSchema: The file was written by another version.
            FolderInUse: Another program records into this session.
            UnsafeName: The file, or one of those that SQLite keeps beside it, is a link.
            StoreError: The file cannot be opened or written.
        """
        self._path = path
        self._on_closed = on_closed
        self._lock = threading.RLock()
        self._chunks: list[GazeSamples] = []
        self._rows: list[tuple[str, rows.Row]] = []
        self._eyes: Eyes | None = None
        self._n_samples = 0
        self._confirmed = False
        self._durable = self._unsettled = False
        self._beside: sqlite3.Connection | None = None
        self._move_due_s = -math.inf
        is_new = not require_own_database(path).exists()
        self._hold = FolderLock(path.parent)
        try:
            make_private_file(path)
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
            try:
                self._db.execute("PRAGMA schema_version")  # opens the file, by its name
                require_own_database(path)  # which may have been exchanged since it was looked at
                self._open(is_new)
            except BaseException:
                self._db.close()
                raise
        except sqlite3.Error as error:
            self._hold.release()
            raise database_error(error, path) from error
        except BaseException:
            self._hold.release()
            raise

    def _open(self, is_new: bool) -> None:
        if is_new:
            self._db.execute("PRAGMA page_size = 4096")
            self._use_log()
            self._db.execute("BEGIN")
            schema.create_tables(
                self._db,
                schema.SESSION_TABLES,
                schema.SESSION_SCHEMA,
                schema.SESSION_APPLICATION_ID,
            )
            self._db.execute("COMMIT")
        else:
            schema.require_tables_only(self._db, self._path)
            schema.migrate(self._db, schema.SESSION_MIGRATIONS, schema.SESSION_SCHEMA)
            schema.require_schema(self._db, self._path, schema.SESSION_SCHEMA, schema.SESSION_APPLICATION_ID)
            self._use_log()
            (self._n_samples,) = self._db.execute("SELECT count(*) FROM samples").fetchone()
            for (eyes,) in self._db.execute("SELECT value FROM meta WHERE key = 'eyes'"):
                self._eyes = parse_json(eyes)
        self._db.execute("PRAGMA synchronous = NORMAL")
        self.set_meta({"state": "recording"})
        self.commit()

    def go_live(self) -> None:
        """From now on `commit` hardly waits for the disk, as whoever calls `settle` every now and then makes up for.

        Only one in `_MOVE_PERIOD_S`, which begins the log anew, waits until the log's first page is on the disk: what a
        power cut leaves could otherwise be the old log under new transactions.

        Room is reserved as well: what comes while the disk is full, and the end of the session, still find a place.

        Raises:
            StoreError: The file cannot be opened a second time.
        """
        try:
            self._beside = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=0)
            self._db.execute("PRAGMA wal_autocheckpoint = 0")
        except sqlite3.Error as error:
            raise database_error(error, self._path) from error
        reserve_log(self._path)

    def _use_log(self) -> None:
        (mode,) = self._db.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":  # as on many network shares
            raise StoreError(
                f"{self._path}: this disk cannot keep a write-ahead log; record to a local disk and copy the study "
                f"later"
            )

    @property
    def path(self) -> Path:
        """The database file."""
        return self._path

    @property
    def n_samples(self) -> int:
        """Samples that reached the disk."""
        return self._n_samples

    @property
    def n_waiting(self) -> int:
        """Samples and rows handed over that no transaction has taken yet."""
        with self._lock:
            return sum(map(len, self._chunks)) + len(self._rows)

    @property
    def confirmed(self) -> bool:
        """Whether the first samples were read back from the disk and found equal."""
        return self._confirmed

    def write(self, item: Kept) -> None:
        """Take anything that a session keeps."""
        match item:
            case GazeSamples():
                self.write_samples(item)
            case Event():
                self.write_event(item)
            case EyeOpenness():
                self.write_openness(item)
            case EyeImageRow():
                self.write_eye_image(item)
            case ProblemRow():
                self.write_problem(item)
            case StimulusRow():
                self.write_stimulus(item)
            case CalibrationRow():
                self.write_calibration(item)
            case CorrectionRow():
                self.write_correction(item)
            case ValidationRow():
                self.write_validation(item)
            case TrialRow():
                self.write_trial(item)
            case PartRow():
                self.write_part(item)
            case PredictionRow():
                self.write_prediction(item)
            case EmbeddingHistoryRow():
                self.write_growth(item)
            case Mapping():
                self.set_meta(item)
            case _:
                raise TypeError(f"a session does not keep {type(item).__name__}")

    def set_meta(self, values: Mapping[str, Any]) -> None:  # Any: JSON values
        """Set facts about the session, durably.

        Known keys: session_id, pseudonym, plan_name, plan, seed, software, weights (name → SHA-256), display (a
        `Display`), tracker, detection (algorithm and parameters), sigma_deg, started_utc, clock_origin, state, eyes,
        clock_offsets ([time_s, offset_s, uncertainty_s] each), schedule ([phase, block, repeat, stimulus_id] each),
        n_images, experimenter.
        """
        for key, value in values.items():
            if isinstance(value, Display):
                value = dataclasses.asdict(value)
            self._put(_META, (key, dump_json(value)), durable=True)

    def write_samples(self, samples: GazeSamples) -> None:
        """Take raw (uncorrected) samples in time order."""
        if not len(samples):
            return
        with self._lock:
            if self._eyes is None:
                self._eyes = samples.eyes
            elif samples.eyes != self._eyes:
                raise ValueError(f"the session holds {self._eyes} samples, got {samples.eyes}")
            self._chunks.append(samples)

    def write_event(self, event: Event) -> None:
        """Take an event."""
        self._add("events", rows.encode_event_row(event))

    def write_openness(self, openness: EyeOpenness) -> None:
        """Take how far the eyes were open, in time order."""
        with self._lock:
            for row in stream_rows.encode_openness(openness):
                self._put(_OPENNESS, row)

    def write_eye_image(self, image: EyeImageRow) -> None:
        """Take a picture of the eyes, which only a consent to it allows."""
        self._add("eye_images", rows.encode_eye_image(image))

    def write_problem(self, problem: ProblemRow) -> None:
        """Take a problem."""
        self._add("problems", rows.encode_problem(problem))

    def write_part(self, part: PartRow) -> None:
        """Begin a stretch of the session, durably."""
        self._add("parts", (float(part.start_s), dump_json(part.facts)), durable=True)

    def write_stimulus(self, stimulus: StimulusRow) -> None:
        """Take an image's facts; its file is put into the folder by `StimulusStore`."""
        self._add("stimuli", rows.encode_stimulus(stimulus))

    def write_calibration(self, calibration: CalibrationRow) -> None:
        """Take a calibration attempt, durably; one of the same number is replaced."""
        self._put(_replace("calibrations"), rows.encode_calibration(calibration), durable=True)

    def write_correction(self, correction: CorrectionRow) -> None:
        """Put a correction in force, durably."""
        self._add("corrections", rows.encode_correction(correction), durable=True)

    def write_recalibration(self, recalibration: RecalibrationRow) -> None:
        """Have gaze and fixations read as a correction that was found afterwards puts them, durably."""
        self._add("recalibrations", rows.encode_recalibration(recalibration), durable=True)

    def write_validation(self, validation: ValidationRow) -> None:
        """Take a validation or drift check, durably."""
        self._add("validations", rows.encode_validation(validation), durable=True)

    def write_trial(self, trial: TrialRow) -> None:
        """Take a finished trial with its fixations, durably; one of the same number is replaced."""
        with self._lock:
            self._put(_replace("trials"), rows.encode_trial(trial), durable=True)
            self._put("DELETE FROM fixations WHERE trial = ?", (int(trial.trial),))
            for row in rows.encode_fixations(trial):
                self._add("fixations", row)

    def write_prediction(self, prediction: PredictionRow) -> None:
        """Take the maps predicted for a stimulus; ValueError when they differ in shape."""
        self._add("predictions", rows.encode_prediction(prediction))

    def write_growth(self, growth: EmbeddingHistoryRow) -> None:
        """Take the embedding after one more pair."""
        self._add("growth", rows.encode_growth(growth))

    def commit(self) -> None:
        """Write everything that waits in one transaction.

        Raises:
            DiskFull: No space; everything stays in memory and the next call tries again.
            StoreError: The database cannot be written, or does not return what was written.
            ValueError: A record that SQLite cannot hold, which is a mistake of the caller.
        """
        with self._lock:
            if not self._chunks and not self._rows:
                return
            samples = stream_rows.encode_samples(GazeSamples.concatenate(self._chunks)) if self._chunks else []
            try:
                if self._n_samples and not self._rows and len(samples) <= _ROWS_AT_ONCE:
                    self._insert(samples)  # a transaction of its own
                else:
                    self._db.execute("BEGIN IMMEDIATE")
                    if samples and not self._n_samples:
                        self._db.execute(_META, ("eyes", dump_json(self._eyes)))
                    for first in range(0, len(samples), _ROWS_AT_ONCE):
                        self._insert(samples[first : first + _ROWS_AT_ONCE])
                    for sql, row in self._rows:
                        self._db.execute(sql, row)
                    self._db.execute("COMMIT")
            except BaseException as error:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                if isinstance(error, _WRONG_ROW):
                    raise ValueError(f"a record cannot be stored ({error})") from error
                if isinstance(error, sqlite3.Error):
                    raise database_error(error, self._path) from error
                raise
            self._unsettled = self._unsettled or self._durable
            self.rollback()
            is_first = bool(samples) and not self._n_samples
            self._n_samples += len(samples)
            if is_first:
                self._read_back(samples)
            if self._beside is None:
                try:
                    self._sync()
                except StoreError as error:  # it is written: raising would have it written again; `close` tries again
                    _log.warning("a power cut may take what was written: %s", error.message)

    def _insert(self, samples: list[rows.Row]) -> None:
        """One statement: for each, Python gives the interpreter away and has to wait for it on a busy machine."""
        marks = ", ".join([_SAMPLE_MARKS] * len(samples))
        self._db.execute(f"INSERT INTO samples VALUES {marks}", [value for row in samples for value in row])

    def settle(self) -> None:
        """Have what was committed survive a power cut too; `commit` need not wait for it.

        Every now and then the log is moved into the database, so that it does not grow for ever.

        Raises:
            StoreError: The disk fails. A full one only lets the log grow.
        """
        self._unsettled = self._unsettled or self._beside is not None
        self._sync()
        if self._beside is None or time.monotonic() < self._move_due_s:
            return
        try:
            self._beside.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            self._move_due_s = time.monotonic() + _MOVE_PERIOD_S
        except sqlite3.Error as error:
            failure = database_error(error, self._path)
            if not isinstance(failure, DiskFull) and "locked" not in str(error):
                raise failure from error
            _log.debug("the log of %s waits: %s", self._path.parent.name, error)

    def _sync(self) -> None:
        """Bring the log to the disk where a row asked for it."""
        if not self._unsettled:
            return
        self._unsettled = False
        try:
            sync_log(self._path)
        except OSError as error:
            self._unsettled = True
            raise disk_error(error, self._path) from error

    def rollback(self) -> None:
        """Forget what waits."""
        with self._lock:
            self._chunks.clear()
            self._rows.clear()
            self._durable = False

    def _read_back(self, written: list[rows.Row]) -> None:
        """Tables that stay empty although saving is on were found by others only after the experiment."""
        n = min(len(written), 100)
        try:
            other = sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)
            try:
                found = other.execute(f"SELECT * FROM samples LIMIT {n}").fetchall()
            finally:
                other.close()
        except sqlite3.Error as error:
            raise database_error(error, self._path) from error
        expected = [tuple(None if v != v else v for v in row) for row in written[:n]]
        if found != expected:
            raise StoreError(
                f"{self._path}: the first {n} samples were written but do not read back as written; stop, and record "
                f"to "
                "a local disk"
            )
        self._confirmed = True

    def _add(self, table: str, row: rows.Row, *, durable: bool = False) -> None:
        marks = ", ".join("?" * len(row))
        self._put(f"INSERT INTO {table} VALUES (NULL, {marks})", row, durable=durable)

    def _put(self, sql: str, row: rows.Row, *, durable: bool = False) -> None:
        with self._lock:
            self._rows.append((sql, row))
            self._durable = self._durable or durable

    def close(self, *, state: str = "finished") -> None:
        """Write what waits, move everything into the one file and close it. Closing twice is allowed.

        Raises:
            DiskFull: What still waited could not be written and is lost.
        """
        with self._lock:
            if self._db is None:
                return
            try:
                if self._beside is not None:
                    self._beside.close()
                    self._beside = None
                self.set_meta({"state": state})
                self.commit()
                # a reader that is still open keeps the log; then the file stays as readable as during recording
                fold_log(self._db, self._path)
            except OSError as error:
                raise disk_error(error, self._path) from error
            except sqlite3.OperationalError as error:
                if "locked" not in str(error):
                    raise database_error(error, self._path) from error
            finally:
                self._db.close()
                self._db = None  # type: ignore[assignment]  # closed; only `close` may follow
                try:
                    self._on_closed()
                finally:
                    self._hold.release()

    def __enter__(self) -> SessionWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _replace(table: str) -> str:
    return f"INSERT OR REPLACE INTO {table} VALUES ({', '.join('?' * len(schema.SESSION_TABLES[table]))})"
