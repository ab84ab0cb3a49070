"""Going on with an interrupted session: the plan it was begun with, what is left of it, and where the numbers stand."""

from __future__ import annotations

import dataclasses
import math
import re
import time
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from gazeapp.errors import SessionError
from gazeapp.experiment.plan import ExperimentPlan
from gazeapp.experiment.schedule import PlannedTrial
from gazeapp.gaze.display import Display
from gazeapp.store.events import Event, Note
from gazeapp.store.reader import SessionReader
from gazeapp.store.records import TrialRow
from gazeapp.store.session_state import SessionState, SessionSummary, summarize, viewed

_ENDED = re.compile(r"(enrol|overlay)(?: \(step (\d+)\))? ended early: ")  # as the controller notes it


@dataclass(frozen=True, slots=True, kw_only=True)
class Continuation:
    """Everything that a resumed session takes from its earlier part."""

    session_id: str
    pseudonym: str
    plan: ExperimentPlan
    display: Display
    schedule: tuple[PlannedTrial, ...]
    """What was viewed to its end, in order, then what is left; phases that were ended early are left out."""
    n_done: int
    """How many of it were viewed to their end."""
    n_exposures: int
    """Images shown so far, interrupted ones too: the next one gets this number."""
    n_attempts: int
    """Calibrations so far."""
    names: Mapping[str, str]
    """Stimulus → its file name when the session was begun."""
    images: tuple[Path, ...]
    """In the session's own folder: the originals may be gone."""
    eyes: str
    backend: str
    """Of the tracker."""
    tracker: str
    """Its name."""
    last_s: float
    """Time of the last thing that happened."""
    zero_s: float
    """Unix time of the session clock's zero; NaN where it ran in virtual time."""
    clock_offsets: tuple[tuple[float, float, float], ...]
    """Measurements of the tracker's clock so far: time, offset, uncertainty."""
    why: str
    """Why the part before ended."""
    experimenter: str

    @property
    def next_image(self) -> int:
        """Number of the image it goes on with, counted from 1."""
        return self.n_done + 1

    def start_s(self) -> float:
        """Where the session clock goes on: it never stood still, but always after what was recorded."""
        now_s = time.time() - self.zero_s
        return max(self.last_s + 1.0, now_s) if math.isfinite(now_s) else self.last_s + 1.0


def read_continuation(folder: Path) -> Continuation:
    """Read what is needed to go on with a session.

    Raises:
        SessionError: It cannot be continued: it is complete, imported, being recorded, or of a version that did not
            keep its schedule.
        StoreError: It cannot be read.
    """
    summary = summarize(folder)
    with SessionReader(folder) as reader:
        meta = reader.meta
        where = f"session {reader.session_id}"
        _require_interrupted(summary, where)
        planned, document = meta.get("schedule"), meta.get("plan")
        if not isinstance(planned, list) or not isinstance(document, dict):
            raise SessionError(
                f"{where} does not say what was planned (an earlier version recorded it); record a new session"
            )
        trials = reader.trials()
        plan = plan_from_json(document, where)
        schedule, n_done = _schedule(planned, viewed(trials), _ended(reader.events()), plan, where)
        origin = meta.get("clock_origin")
        zero = origin.get("zero_utc") if isinstance(origin, dict) else None
        tracker = meta.get("tracker")
        facts = tracker if isinstance(tracker, dict) else {}
        rows = {row.stimulus_id: row for row in reader.stimulus_rows()}
        wanted = dict.fromkeys(trial.stimulus_id for trial in schedule)
        return Continuation(
            session_id=reader.session_id,
            pseudonym=reader.pseudonym,
            plan=plan,
            display=reader.display,
            schedule=schedule,
            n_done=n_done,
            n_exposures=_n_exposures(reader, trials),
            n_attempts=max((row.number for row in reader.calibrations()), default=0),
            names={stimulus_id: row.name for stimulus_id, row in rows.items()},
            images=tuple(reader.stimuli.path(stimulus_id) for stimulus_id in wanted),
            eyes=reader.eyes if reader.n_samples else "",
            backend=str(facts.get("backend") or ""),
            tracker=str(facts.get("name") or ""),
            last_s=_last_s(reader, summary),
            zero_s=datetime.fromisoformat(zero.replace("Z", "+00:00")).timestamp() if zero else math.nan,
            clock_offsets=tuple((row.time_s, row.offset_s, row.uncertainty_s) for row in reader.clock_offsets()),
            why=summary.why,
            experimenter=str(meta.get("experimenter") or ""),
        )


def _require_interrupted(summary: SessionSummary, where: str) -> None:
    if summary.state is SessionState.INTERRUPTED:
        return
    reasons = {
        SessionState.COMPLETE: "is complete",
        SessionState.IMPORTED: "was imported",
        SessionState.RUNNING: "is being recorded",
    }
    raise SessionError(f"{where} {reasons[summary.state]}: there is nothing to continue; record a new session")


def _schedule(
    planned: list[Any], done: list[TrialRow], ended: frozenset[str | int], plan: ExperimentPlan, where: str
) -> tuple[tuple[PlannedTrial, ...], int]:
    """What was viewed, in the order it was; then the rest, in the planned order."""
    try:
        phases = [step.kind for step in plan.line]
        rows = [
            (str(phase), int(block), int(repeat), str(stimulus), int(step[0]) if step else phases.index(str(phase)))
            for phase, block, repeat, stimulus, *step in planned
        ]
    except (TypeError, ValueError) as error:
        raise SessionError(f"{where}: its schedule cannot be read ({error}); record a new session") from error
    left = list(rows)
    first: list[tuple[str, int, int, str, int]] = []
    for trial in done:
        key = trial.phase, trial.timing.get("repeat", 0), trial.frame.stimulus_id
        match = next((row for row in left if (row[0], row[2], row[3]) == key), None)
        if match is not None:
            left.remove(match)
            first.append(match)
    rest = [row for row in left if not {row[0], row[4]} & ended]
    return tuple(
        PlannedTrial(number=n, phase=phase, block=block, repeat=repeat, stimulus_id=stimulus, step=step)
        for n, (phase, block, repeat, stimulus, step) in enumerate((*first, *rest))
    ), len(first)


def _ended(events: list[Event]) -> frozenset[str | int]:
    """Phases, and steps of the line, that were ended early."""
    notes = (_ENDED.match(event.text) for event in events if isinstance(event, Note))
    return frozenset(int(match[2]) - 1 if match[2] else match[1] for match in notes if match)


def _n_exposures(reader: SessionReader, trials: list[TrialRow]) -> int:
    """An image that was on the screen when the program was killed has an event and no trial."""
    shown = [getattr(event, "trial", -1) for event in reader.events()]
    return max([-1, *shown, *(trial.trial for trial in trials)]) + 1


def _last_s(reader: SessionReader, summary: SessionSummary) -> float:
    times = [summary.last_s, *(event.time_s for event in reader.events()[-1:])]
    return max((t for t in times if math.isfinite(t)), default=0.0)


def plan_from_json(document: Mapping[str, Any], where: str) -> ExperimentPlan:
    """A plan as a session keeps it; SessionError for one that this version does not understand."""
    known = {key: value for key, value in document.items() if key not in ("folder",)}
    try:
        plan = _build(ExperimentPlan, known)
    except (TypeError, ValueError, KeyError) as error:
        raise SessionError(
            f"{where}: this version does not understand its plan ({error}); record a new session"
        ) from error
    assert isinstance(plan, ExperimentPlan)
    return plan


def _build(kind: type, values: Any) -> Any:  # Any: a dataclass of the plan from JSON
    hints = typing.get_type_hints(kind)
    # what only describes (the hash of a target's picture) is no field
    fields = {field.name for field in dataclasses.fields(kind)}
    made = {}
    for name, value in dict(values).items():
        if name in fields:
            made[name] = _value(hints[name], value, name)
        elif not name.endswith("_sha256"):
            raise ValueError(f"unknown key {name}")
    return kind(**made)


def _value(hint: Any, value: Any, name: str) -> Any:  # Any: a field's type and its JSON
    origin = typing.get_origin(hint)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _build(hint, value)
    if origin is tuple:
        (of, *_) = typing.get_args(hint)
        return tuple(_value(of, item, name) for item in value)
    if origin is typing.Literal:
        if value not in typing.get_args(hint):
            raise ValueError(f"{name}: {value!r}")
        return value
    if origin in (typing.Union, types.UnionType):
        options = typing.get_args(hint)
        if value is None and type(None) in options:
            return None
        return _value(next(option for option in options if option is not type(None)), value, name)
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if isinstance(hint, type) and isinstance(value, hint) and not (hint is int and isinstance(value, bool)):
        return value
    raise ValueError(f"{name}: {value!r}")
