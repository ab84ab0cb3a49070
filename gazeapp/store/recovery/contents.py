"""What a session says about itself, held against what is there: rows that cannot be read, trials that are missing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import Eyes
from gazeapp.store import schema
from gazeapp.store import session_rows as rows
from gazeapp.store.events import Event, StimulusHidden, StimulusShown
from gazeapp.store.identifier import fault_of_name
from gazeapp.store.reader import SessionReader
from gazeapp.store.records import TrialRow

_LATEST_S = 1e12
"""No session lasts 30 000 years: a time beyond is no time."""


def _fact(row: rows.Row) -> None:
    """A row of meta; the facts that readers depend on must be what they are called."""
    key, value = rows.decode_fact(row)
    match key:
        case "eyes" if value not in get_args(Eyes):
            raise ValueError("no such eyes")
        case "display" if value is not None:
            Display(**value)
        case "session_id" | "pseudonym" if fault_of_name(value):
            raise ValueError("no name")
        case "clock_offsets":
            _ = [(float(t), float(offset), float(uncertainty)) for t, offset, uncertainty in value]


_READ: Mapping[str, Callable[[rows.Row], object]] = {
    "meta": _fact,
    "events": rows.decode_event_row,
    "problems": rows.decode_problem,
    "growth": rows.decode_growth,
    "stimuli": rows.decode_stimulus,
    "fixations": rows.decode_fixation,
    "corrections": rows.decode_correction,
    "validations": rows.decode_validation,
    "calibrations": rows.decode_calibration,
    "predictions": rows.decode_prediction,
    "trials": lambda row: rows.decode_trial(row, (), ()),
    "eye_images": rows.decode_eye_image,
    "parts": lambda row: dict(rows.decode_json(row[2])),
    "recalibrations": lambda row: rows.decode_recalibration(row).late,
}
"""Table → what makes a record of a row."""
_STREAMS = ("samples", "openness")


@dataclass(frozen=True, slots=True, kw_only=True)
class LostTrial:
    """An image that was shown and of which something is missing."""

    trial: int
    stimulus: str
    """Name of the image; its id where the name is not known."""
    shown_s: float
    what: str
    """In words: what is missing."""


def unreadable_rows(connection: sqlite3.Connection) -> Iterator[tuple[str, int]]:
    """(table, row number) of every row that is in the file and that nothing can be made of."""
    present = {str(name) for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for table in schema.SESSION_TABLES:
        if table not in present:
            continue
        if table in _STREAMS:
            numbers = [column.split()[0] for column in schema.SESSION_TABLES[table]]
            fine = " AND ".join(f"typeof({name}) IN ('real', 'integer', 'null')" for name in numbers)
            time = f"typeof(time_s) != 'null' AND abs(time_s) < {_LATEST_S:g}"
            for (number,) in connection.execute(f"SELECT rowid FROM {table} WHERE NOT ({fine} AND {time})"):
                yield table, int(number)
            continue
        read = _READ[table]
        for number, *row in connection.execute(f"SELECT rowid, * FROM {table}"):
            try:
                read(tuple(row))
            except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError):
                yield table, int(number)


def leave_out_unreadable(connection: sqlite3.Connection) -> dict[str, int]:
    """Remove such rows from a file that is made anew; how many of each table."""
    removed: dict[str, int] = {}
    for table, number in list(unreadable_rows(connection)):
        connection.execute(f"DELETE FROM {table} WHERE rowid = ?", (number,))
        removed[table] = removed.get(table, 0) + 1
    return removed


def lost_trials(reader: SessionReader) -> list[LostTrial]:
    """Trials that the events tell of and that are not there, or not whole."""
    names = {row.stimulus_id: row.name for row in reader.stimulus_rows()}
    trials = {trial.trial: trial for trial in reader.recorded_trials()}
    return list(_compare(reader.events(), trials, names, reader))


def _compare(
    events: Sequence[Event], trials: Mapping[int, TrialRow], names: Mapping[str, str], reader: SessionReader
) -> Iterator[LostTrial]:
    hidden = {event.trial for event in events if isinstance(event, StimulusHidden)}
    shown = {event.trial: event for event in events if isinstance(event, StimulusShown)}
    for number, event in sorted(shown.items()):
        stimulus_id = event.frame.stimulus_id
        name = names.get(stimulus_id, stimulus_id)
        trial = trials.get(number)
        if trial is None:
            what = "its fixations were not stored" if number in hidden else "the session ended while it was shown"
            yield LostTrial(trial=number, stimulus=name, shown_s=event.time_s, what=what)
    for number, trial in sorted(trials.items()):
        found = reader.count_samples(trial.shown_s, trial.hidden_s)
        name = names.get(trial.frame.stimulus_id, trial.frame.stimulus_id)
        if found < trial.n_samples:
            what = f"{trial.n_samples - found} of its {trial.n_samples} samples are gone"
            yield LostTrial(trial=number, stimulus=name, shown_s=trial.shown_s, what=what)
        elif shown and number not in shown:
            yield LostTrial(trial=number, stimulus=name, shown_s=trial.shown_s, what="its events are gone")
