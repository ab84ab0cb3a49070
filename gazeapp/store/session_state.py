"""How far a session came, and why it is not complete: read from the session's own file."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from gazeapp.errors import DamagedSession, GazeAppError, StudyLocked
from gazeapp.store.consent import NOBODY_TEXTS
from gazeapp.store.detection_choice import trials_in_use
from gazeapp.store.events import StateChanged
from gazeapp.store.exclusion import session_exclusions
from gazeapp.store.folder_lock import is_locked
from gazeapp.store.reader import SessionReader
from gazeapp.store.records import TrialRow
from gazeapp.store.session_file import DATABASE_NAME

PRACTICE = "practice"
"""Phase of trials that only show a participant how it goes."""
STOPPED = "the program or the computer stopped"
"""Why a session ended that nobody closed."""
DAMAGED = "its file is damaged; gazeapp recover saves what can be read"


class SessionState(Enum):
    """What became of a session."""

    RUNNING = "running"
    COMPLETE = "complete"
    INTERRUPTED = "interrupted"
    IMPORTED = "imported"

    @property
    def is_open(self) -> bool:
        """Whether it may still change."""
        return self in (SessionState.RUNNING, SessionState.INTERRUPTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSummary:
    """One session in one line."""

    state: SessionState
    why: str = ""
    """Why it is not complete, in words; empty for one that is."""
    n_done: int = 0
    """Images viewed to their end."""
    n_images: int = 0
    """Images planned; 0 where nothing says."""
    accuracy_deg: float = math.nan
    """Mean accuracy in the last validation."""
    data_loss: float = math.nan
    """Mean share over the images viewed to their end."""
    last_s: float = math.nan
    """Time of the last thing that happened, session clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFigures:
    """Whose gaze a session holds, and how often the personal map predicted it better."""

    source: str = ""
    """`consent.GAZE` of a person, or "simulated" or "replay" for nobody's; empty for sessions of earlier versions."""
    n_better: int = 0
    """Images on which the personal map had the higher CC."""
    n_compared: int = 0
    """Images with both maps and with gaze; 0 for nobody's gaze."""

    @property
    def is_rehearsal(self) -> bool:
        """Whether nobody was recorded."""
        return self.source in NOBODY_TEXTS


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    """One session as the study lists it."""

    session_id: str
    pseudonym: str
    plan_name: str
    created_utc: str
    summary: SessionSummary
    experimenter: str = ""
    """Initials."""
    note: str = ""
    is_left: bool = False
    """Interrupted, and somebody decided to leave it so."""
    last_utc: str = ""
    """When it was last recorded into."""
    figures: SessionFigures = field(default_factory=lambda: SessionFigures())

    @property
    def state(self) -> SessionState:
        """What became of it."""
        return self.summary.state


def summarize(folder: Path) -> SessionSummary:
    """Look into a session's file; never raises for what is damaged, and says so in `why`.

    Raises:
        StudyLocked: The session is encrypted, and nobody gives the passphrase.
    """
    is_running = is_locked(folder)
    try:
        with SessionReader(folder / DATABASE_NAME) as reader:
            return _read(reader, is_running=is_running)
    except StudyLocked:
        raise
    except GazeAppError:
        state = SessionState.RUNNING if is_running else SessionState.INTERRUPTED
        return SessionSummary(state=state, why="" if is_running else DAMAGED)


def viewed(trials: list[TrialRow]) -> list[TrialRow]:
    """Trials whose image was shown to its end; one that was taken off before was not viewed, and came again."""
    return [trial for trial in trials if not trial.is_interrupted]


def used(reader: SessionReader) -> list[TrialRow]:
    """Trials of a session that count: viewed to their end, no practice, and not left out by anybody; with the fixations
    in use.
    """
    exclusions = session_exclusions(reader.folder)
    trials = viewed(trials_in_use(reader))
    return [trial for trial in trials if trial.phase != PRACTICE and not exclusions.why(trial.trial)]


def _read(reader: SessionReader, *, is_running: bool) -> SessionSummary:
    meta = reader.meta
    whole = viewed(reader.trials())
    planned = meta.get("n_images")
    n_images = int(planned) if isinstance(planned, int) and planned >= 0 else _planned(reader, meta)
    losses = [trial.data_loss for trial in whole if math.isfinite(trial.data_loss)]
    changes = [event for event in _events(reader) if isinstance(event, StateChanged)]
    state, why = SessionState.COMPLETE, ""
    if meta.get("imported_from"):
        state = SessionState.IMPORTED
    elif is_running:
        state = SessionState.RUNNING
    elif reader.state != "finished":
        state, why = SessionState.INTERRUPTED, STOPPED
    elif changes and (changes[-1].reason or changes[-1].new != "finished"):
        state, why = SessionState.INTERRUPTED, changes[-1].reason.rstrip(".")
    times = [reader.last_sample_s(), *(trial.hidden_s for trial in whole[-1:]), *(e.time_s for e in changes[-1:])]
    return SessionSummary(
        state=state,
        why=why,
        n_done=len(whole),
        n_images=max(n_images, len(whole)) if state is not SessionState.IMPORTED else len(whole),
        accuracy_deg=_accuracy(reader),
        data_loss=sum(losses) / len(losses) if losses else math.nan,
        last_s=max((t for t in times if math.isfinite(t)), default=math.nan),
    )


def _events(reader: SessionReader) -> list[object]:
    try:
        return list(reader.events())
    except DamagedSession:
        return []


def _planned(reader: SessionReader, meta: dict[str, object]) -> int:
    """Sessions of earlier versions list the images of their plan, and how often each came."""
    plan = meta.get("plan")
    trials = plan.get("trials") if isinstance(plan, dict) else None
    repeats = trials.get("repeats") if isinstance(trials, dict) else None
    return len(reader.stimulus_rows()) * (repeats if isinstance(repeats, int) and repeats > 0 else 1)


def _accuracy(reader: SessionReader) -> float:
    for row in reversed(reader.validations()):
        summary = row.report.get("summary") if row.purpose == "validate" else None
        value = summary.get("accuracy_deg") if isinstance(summary, dict) else None
        if isinstance(value, int | float):
            return float(value)
    return math.nan
