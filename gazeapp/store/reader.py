"""Reading a session, finished or interrupted, with typed errors for damage."""

from __future__ import annotations

import contextlib
import itertools
import math
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, TypeVar, cast

import numpy as np

from gazeapp.errors import DamagedSession, StoreError
from gazeapp.gaze.correction import Correction
from gazeapp.gaze.correction_late import LateCorrection
from gazeapp.gaze.display import Display
from gazeapp.gaze.eye_openness import EyeOpenness
from gazeapp.gaze.fixations import Fixation
from gazeapp.gaze.samples import Eyes, Floats, GazeSamples
from gazeapp.store import schema, stream_rows
from gazeapp.store import session_rows as rows
from gazeapp.store.events import Event
from gazeapp.store.identifier import require_name
from gazeapp.store.records import (
    CalibrationRow,
    ClockOffsetRow,
    CorrectionRow,
    EmbeddingHistoryRow,
    EyeImageRow,
    Json,
    PartRow,
    PredictionRow,
    ProblemRow,
    RecalibrationRow,
    StimulusRow,
    TrialRow,
    ValidationRow,
)
from gazeapp.store.sample_pages import NotPlain, read_rows
from gazeapp.store.sealed_file import WorkingCopy
from gazeapp.store.session_file import find_session, open_read_only
from gazeapp.store.stimuli import StimulusStore
from gazeapp.store.storage_errors import database_error
from gazeapp.store.untrusted.queries import QueryBudget

T = TypeVar("T")
_ROWS_AT_ONCE = 50_000
_COUNT = "coalesce(sum(1), 0)"
"""count(*) walks over a table in one step, which no budget of steps can interrupt."""
_LATER_TABLES = ("openness", "eye_images", "parts", "recalibrations")  # not in sessions of earlier schemas


class SessionReader:
    """Reads one session, also while it is recorded; never changes it.

    Every method raises DamagedSession when what it needs cannot be read; the rest stays readable.
    """

    def __init__(self, path: Path) -> None:
        """Open a session.

        Args:
            path: A session's folder, or its `session.sqlite`.

        Raises:
            StoreError: No session there, or another program's database.
            UnsupportedSchema: Written by another version.
            StudyLocked: It is encrypted, and nobody gives the passphrase.
            DamagedSession: Not readable as a database.
        """
        self._path = find_session(path)
        self._copy = None if self._path.is_file() else WorkingCopy(self._path)
        self._file = self._copy.path if self._copy else self._path
        try:
            self._open()
        except BaseException:
            if self._copy:
                self._copy.close()
            raise

    def _open(self) -> None:
        if self._file.stat().st_size == 0:
            raise DamagedSession(f"{self._path}: the file is empty; there is nothing to recover")
        self._db = open_read_only(self._file)
        self._budget = QueryBudget(self._db, self._file)
        try:
            schema.require_schema(
                self._db,
                self._path,
                schema.SESSION_SCHEMA,
                schema.SESSION_APPLICATION_ID,
                oldest=schema.OLDEST_SESSION_SCHEMA,
            )
        except BaseException:
            self._db.close()
            raise

    @property
    def path(self) -> Path:
        """The database file, also where it lies there sealed."""
        return self._path

    @property
    def file(self) -> Path:
        """The file that is read: the database, or a private copy of it while the reader is open."""
        return self._file

    @property
    def folder(self) -> Path:
        """The session's folder."""
        return self._path.parent

    @property
    def stimuli(self) -> StimulusStore:
        """The images of the session."""
        return StimulusStore(self.folder / "stimuli")

    @property
    def meta(self) -> Json:
        """All facts about the session; keys as in `SessionWriter.set_meta`."""
        return dict(self._each("SELECT * FROM meta", rows.decode_fact))

    @property
    def session_id(self) -> str:
        """The session's id; the folder's name where the file does not say. UnsafeName when it is no plain name."""
        found = self.meta.get("session_id")
        return require_name(found, "session id", self._path) if found else self.folder.absolute().name

    @property
    def pseudonym(self) -> str:
        """The participant; empty where the file does not say. UnsafeName when it is no plain name."""
        found = self.meta.get("pseudonym")
        return require_name(found, "pseudonym", self._path) if found else ""

    @property
    def state(self) -> str:
        """One of "recording" (or interrupted while recording), "finished", "recovered"."""
        return str(self.meta.get("state", ""))

    @property
    def display(self) -> Display:
        """The participant's screen; DamagedSession when it was not stored."""
        values = self.meta.get("display")
        if not isinstance(values, dict):
            raise DamagedSession(f"{self._path}: the participant's screen was not stored")
        with self._decoding("meta (display)"):
            return Display(**values)

    @property
    def eyes(self) -> Eyes:
        """Which eyes the tracker delivered."""
        eyes = self.meta.get("eyes", "binocular")
        if eyes not in ("binocular", "left", "right", "cyclopean"):
            raise DamagedSession(f"{self._path}: eyes {eyes!r} are not known")
        return cast(Eyes, eyes)

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return int(self._rows(f"SELECT {_COUNT} FROM samples")[0][0])

    @property
    def n_valid_samples(self) -> int:
        """Samples in which at least one eye is valid."""
        sql = "SELECT count(*) FROM samples WHERE left_valid = 1 OR right_valid = 1"
        return int(self._rows(sql)[0][0])

    def count_samples(self, start_s: float, stop_s: float) -> int:
        """Samples with start_s <= time_s < stop_s."""
        with self._decoding("samples"):
            found = self._db.execute("SELECT count(*) FROM samples WHERE time_s >= ? AND time_s < ?", (start_s, stop_s))
            return int(found.fetchone()[0])

    def has_pupil(self, eye: Literal["left", "right"]) -> bool:
        """Whether the tracker delivered any pupil of this eye."""
        return bool(self._rows(f"SELECT 1 FROM samples WHERE {eye}_pupil_mm IS NOT NULL LIMIT 1"))

    def passes_check(self) -> bool:
        """Whether SQLite finds every page of the file in order; reads the whole file."""
        return self._rows("PRAGMA quick_check(1)") == [("ok",)]

    def counts(self) -> dict[str, int]:
        """Table → number of rows."""
        return {
            name: int(self._rows(f"SELECT {_COUNT} FROM {name}")[0][0])
            if name not in _LATER_TABLES or self._has(name)
            else 0
            for name in schema.SESSION_TABLES
        }

    def samples(
        self,
        start_s: float = -math.inf,
        stop_s: float = math.inf,
        *,
        corrected: bool = False,
    ) -> GazeSamples:
        """Samples with start_s <= time_s < stop_s, in the order in which they came.

        Args:
            start_s: Session clock.
            stop_s: Session clock.
            corrected: Apply to each sample the correction that was in force at its time; else gaze is raw.
        """
        chunks = list(self.sample_chunks(start_s, stop_s))
        samples = GazeSamples.concatenate(chunks) if chunks else GazeSamples.empty(self.eyes)
        return self.corrected(samples) if corrected else samples

    def sample_chunks(
        self,
        start_s: float = -math.inf,
        stop_s: float = math.inf,
        n_rows: int = _ROWS_AT_ONCE,
    ) -> Iterator[GazeSamples]:
        """The same raw samples in chunks, for sessions that are larger than the memory."""
        eyes = self.eyes
        where, bounds = "", ()
        if math.isfinite(start_s) or math.isfinite(stop_s):
            where, bounds = "WHERE time_s >= ? AND time_s < ?", (start_s, stop_s)  # type: ignore[assignment]
        with self._decoding("samples"):
            n_read = 0
            if not where:
                for samples in self._quick_chunks(eyes, n_rows):
                    n_read += len(samples)
                    yield _timed(samples)
            cursor = self._db.execute(
                f"SELECT {', '.join(schema.SAMPLE_COLUMNS)} FROM samples {where} ORDER BY rowid LIMIT -1 OFFSET "
                f"{n_read}",
                bounds,
            )
            while chunk := cursor.fetchmany(n_rows):
                yield _timed(stream_rows.decode_samples(chunk, eyes))

    def _quick_chunks(self, eyes: Eyes, n_rows: int) -> Iterator[GazeSamples]:
        """Samples of a session at rest, read by the page; ends early where only SQLite should read on."""
        waiting = np.empty((0, len(schema.SAMPLE_COLUMNS)))
        with contextlib.suppress(NotPlain):
            for table in read_rows(self._db, self._file, "samples", waiting.shape[1]):
                waiting = np.concatenate([waiting, table]) if len(waiting) else table
                n_whole = len(waiting) // n_rows * n_rows
                for first in range(0, n_whole, n_rows):
                    yield stream_rows.decode_samples(waiting[first : first + n_rows], eyes)
                waiting = waiting[n_whole:]
            if len(waiting):
                yield stream_rows.decode_samples(waiting, eyes)

    def sample_times(self) -> Floats:
        """(N,) time of every sample, much faster than the samples themselves."""
        with self._decoding("samples"):
            times = self._db.execute("SELECT time_s FROM samples ORDER BY rowid")
            found = np.array([row[0] for row in times], dtype=np.float64)
            return found[np.isfinite(found)]

    def last_sample_s(self) -> float:
        """Time of the last sample; NaN without any."""
        found = self._rows("SELECT time_s FROM samples ORDER BY rowid DESC LIMIT 1")
        return float(found[0][0]) if found and isinstance(found[0][0], float) else math.nan

    def parts(self) -> list[PartRow]:
        """The stretches in which the session was recorded; empty for sessions of earlier versions."""
        if not self._has("parts"):
            return []
        return self._each(
            "SELECT * FROM parts ORDER BY number",
            lambda row: PartRow(start_s=float(row[1]), facts=dict(rows.decode_json(row[2]))),
        )

    def openness_chunks(self, n_rows: int = _ROWS_AT_ONCE) -> Iterator[EyeOpenness]:
        """How far the eyes were open, in the order in which it came; nothing where the tracker did not tell."""
        if not self._has("openness"):
            return
        with self._decoding("openness"):
            cursor = self._db.execute("SELECT * FROM openness ORDER BY rowid")
            while chunk := cursor.fetchmany(n_rows):
                yield stream_rows.decode_openness(chunk)

    def has_openness(self) -> bool:
        """Whether there is any of it."""
        return self._has("openness") and bool(self._rows("SELECT 1 FROM openness LIMIT 1"))

    def eye_images(self) -> Iterator[EyeImageRow]:
        """Pictures of the eyes in order, one at a time; none unless they were asked for when the session was
        recorded.
        """
        if not self._has("eye_images"):
            return
        with self._decoding("eye_images"):
            for row in self._db.execute("SELECT * FROM eye_images ORDER BY number"):
                yield rows.decode_eye_image(row)

    def corrections(self) -> list[CorrectionRow]:
        """Corrections in the order in which they came into force."""
        return self._each("SELECT * FROM corrections ORDER BY from_time_s, number", rows.decode_correction)

    def recalibrations(self) -> list[RecalibrationRow]:
        """What was applied to the session afterwards and taken back again, in order; the last one counts."""
        if not self._has("recalibrations"):
            return []
        return self._each("SELECT * FROM recalibrations ORDER BY number", rows.decode_recalibration)

    def late_correction(self) -> LateCorrection | None:
        """What is applied on top of the corrections that were in force while recording; None without any."""
        applied = self.recalibrations()
        with self._decoding("recalibrations"):
            return applied[-1].late if applied else None

    def corrected(self, samples: GazeSamples, *, as_recorded: bool = False) -> GazeSamples:
        """Samples of this session with the correction that was in force at the time of each.

        Args:
            samples: Raw gaze.
            as_recorded: Leave out what was applied afterwards.
        """
        corrections = self.corrections()
        if corrections and len(samples):
            # samples are cut where a correction came into force; before the first one gaze stays raw
            in_force = np.searchsorted([row.from_time_s for row in corrections], samples.time_s, side="right")
            edges = [0, *(np.flatnonzero(np.diff(in_force)) + 1), len(samples)]
            parts = []
            for first, last in itertools.pairwise(edges):
                part, index = samples[slice(int(first), int(last))], int(in_force[first]) - 1
                content = corrections[index].correction if index >= 0 else None
                with self._decoding("corrections"):
                    parts.append(part if content is None else Correction.from_json(content).apply(part))
            samples = GazeSamples.concatenate(parts)
        late = None if as_recorded else self.late_correction()
        return samples if late is None else late.apply(samples)

    def events(self) -> list[Event]:
        """All events in the order in which they were recorded."""
        return self._each("SELECT * FROM events ORDER BY number", rows.decode_event_row)

    def problems(self) -> list[ProblemRow]:
        """Trouble during the recording."""
        return self._each("SELECT * FROM problems ORDER BY number", rows.decode_problem)

    def clock_offsets(self) -> list[ClockOffsetRow]:
        """Measurements of the tracker's clock, in order; empty for trackers on this computer's clock."""
        found = self.meta.get("clock_offsets", [])
        try:
            return [ClockOffsetRow(time_s=float(t), offset_s=float(o), uncertainty_s=float(u)) for t, o, u in found]
        except (TypeError, ValueError) as error:
            raise DamagedSession(f"{self._path}: the clock offsets cannot be read ({error})") from error

    def stimulus_rows(self) -> list[StimulusRow]:
        """The images used."""
        return self._each("SELECT * FROM stimuli ORDER BY number", rows.decode_stimulus)

    def calibrations(self) -> list[CalibrationRow]:
        """All attempts, also failed ones."""
        return self._each("SELECT * FROM calibrations ORDER BY number", rows.decode_calibration)

    def calibration_in_use(self) -> int | None:
        """Number of the calibration that the last correction in force came from."""
        numbers = [row.calibration for row in self.corrections()]
        return numbers[-1] if numbers else None

    def validations(self) -> list[ValidationRow]:
        """Validations and drift checks in order."""
        return self._each("SELECT * FROM validations ORDER BY number", rows.decode_validation)

    def trials(self, stimulus_id: str = "") -> list[TrialRow]:
        """All finished trials with their fixations, where a correction that was applied afterwards puts them.

        Args:
            stimulus_id: Those of one image.
        """
        found, late = self.recorded_trials(stimulus_id), self.late_correction()
        return found if late is None else [trial.moved(late.move) for trial in found]

    def recorded_trials(self, stimulus_id: str = "") -> list[TrialRow]:
        """The same with their fixations as they were found while recording."""
        quoted = stimulus_id.replace("'", "''")
        which = f"WHERE stimulus_id = '{quoted}'" if stimulus_id else ""
        among = f"WHERE trial IN (SELECT trial FROM trials {which})" if which else ""
        found: dict[tuple[int, int], list[Fixation]] = {}
        for trial, carried, fixation in self._each(
            f"SELECT * FROM fixations {among} ORDER BY trial, carried_over, position", rows.decode_fixation
        ):
            found.setdefault((trial, carried), []).append(fixation)
        return self._each(
            f"SELECT * FROM trials {which} ORDER BY trial",
            lambda row: rows.decode_trial(row, found.get((row[0], 0), ()), found.get((row[0], 1), ())),
        )

    def predictions(self, *, final_only: bool = False) -> Iterator[PredictionRow]:
        """Predictions in order, one at a time: maps are large."""
        where = "WHERE final = 1" if final_only else ""
        with self._decoding("predictions"):
            for row in self._db.execute(f"SELECT * FROM predictions {where} ORDER BY number"):
                yield rows.decode_prediction(row)

    def prediction(self, trial: int) -> PredictionRow | None:
        """The last prediction for a trial, the final one where there is one; None without any."""
        order = "ORDER BY final DESC, number DESC LIMIT 1"
        found = self._each(f"SELECT * FROM predictions WHERE trial = {int(trial)} {order}", rows.decode_prediction)
        return found[0] if found else None

    def growth(self) -> list[EmbeddingHistoryRow]:
        """How the embedding settled."""
        return self._each("SELECT * FROM growth ORDER BY number", rows.decode_growth)

    def close(self) -> None:
        """Close the file; closing twice is allowed."""
        self._db.close()
        if self._copy:
            self._copy.close()

    def __enter__(self) -> SessionReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _has(self, table: str) -> bool:
        """Whether the file has a table; older sessions lack those that came later."""
        sql = f"SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '{table}'"
        return bool(self._rows(sql))

    def _rows(self, sql: str) -> list[rows.Row]:
        self._budget.begin()
        try:
            return self._db.execute(sql).fetchall()
        except sqlite3.Error as error:
            raise self._damaged(error) from error
        except UnicodeDecodeError as error:  # a damaged column name, seen by Python before SQLite
            raise DamagedSession(f"{self._path}: a name in the file cannot be read ({error})") from error

    def _each(self, sql: str, make: Callable[[rows.Row], T]) -> list[T]:
        found = self._rows(sql)
        with self._decoding(sql.split("FROM ")[1].split()[0]):
            return [make(row) for row in found]

    @contextlib.contextmanager
    def _decoding(self, table: str) -> Iterator[None]:
        self._budget.begin()
        try:
            yield
        except sqlite3.Error as error:
            raise self._damaged(error) from error
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
            raise DamagedSession(f"{self._path}: a value in {table} cannot be read ({error})") from error

    def _damaged(self, error: sqlite3.Error) -> StoreError:
        return database_error(error, self._path)


def _timed(samples: GazeSamples) -> GazeSamples:
    """Without those that have no time; sessions of earlier versions may hold some."""
    timed = np.isfinite(samples.time_s)
    return samples if timed.all() else samples[timed]
