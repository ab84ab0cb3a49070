"""Fixations found anew: another detector for a whole study, chosen by somebody and written down.

What was recorded stays as it is. The choice is a file of the study, `detection.json`, with everything that was ever
chosen; exports, reports, area tables, enrolment and training take the fixations of the last one and say so.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from gazeapp import __version__
from gazeapp.errors import SettingsError, StoreError
from gazeapp.gaze.detection.carried_over import split_carried_over
from gazeapp.gaze.detection.registry import Option, detect_fixations, detection_parameters
from gazeapp.gaze.fixations import Fixation
from gazeapp.store.new_file import write_whole
from gazeapp.store.provenance import now_utc
from gazeapp.store.reader import SessionReader
from gazeapp.store.records import TrialRow
from gazeapp.store.storage_errors import disk_error
from gazeapp.store.study_place import study_around
from gazeapp.store.untrusted.files import TooLarge, parse_json, read_text

_log = logging.getLogger(__name__)
CHOICE_NAME = "detection.json"
_SCHEMA = 1
_MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """Another way to find fixations than the one of the recording."""

    algorithm: str
    options: Mapping[str, Option] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """As a table or report names it."""
        listed = ", ".join(f"{key}={value}" for key, value in self.options.items())
        return self.algorithm + (f" ({listed})" if listed else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionChoice:
    """One decision."""

    algorithm: str
    """Empty: as each session was recorded."""
    options: Mapping[str, Option]
    chosen_utc: str
    chosen_by: str
    """Initials."""
    software: str

    @property
    def detection(self) -> Detection | None:
        """What is to be done; None for what was recorded."""
        return Detection(algorithm=self.algorithm, options=self.options) if self.algorithm else None


def detection_history(study: Path) -> tuple[DetectionChoice, ...]:
    """Everything that was chosen for a study, oldest first; StoreError where its file is not understood."""
    path = study / CHOICE_NAME
    if not path.exists():
        return ()
    try:
        document = parse_json(read_text(path, _MAX_BYTES))
        if document["schema"] != _SCHEMA:
            raise ValueError(f"schema {document['schema']!r}; this version of gazeapp reads {_SCHEMA}")
        return tuple(_choice(entry) for entry in document["choices"])
    except OSError as error:
        raise disk_error(error, path) from error
    except (ValueError, TypeError, KeyError, UnicodeDecodeError, TooLarge, SettingsError) as error:
        said = error.message if isinstance(error, SettingsError) else str(error)
        raise StoreError(f"{path}: which fixations count is not understood ({said}); mend or remove it") from error


def _choice(entry: Mapping[str, object]) -> DetectionChoice:
    algorithm, options = str(entry["algorithm"]), entry["options"]
    if not isinstance(options, dict):
        raise ValueError("options is no object")
    return DetectionChoice(
        algorithm=algorithm,
        options=detection_parameters(algorithm, options) if algorithm else {},
        chosen_utc=str(entry.get("chosen_utc", "")),
        chosen_by=str(entry.get("chosen_by", "")),
        software=str(entry.get("software", "")),
    )


def chosen_detection(study: Path) -> Detection | None:
    """How the fixations of a study are found now; None for those that were recorded; StoreError as above."""
    history = detection_history(study)
    return history[-1].detection if history else None


def choose_detection(study: Path, detection: Detection | None, *, initials: str = "") -> None:
    """Take other fixations from now on, or with None the recorded ones again.

    Raises:
        SettingsError: No such algorithm or option.
        StoreError: The file cannot be read or written.
    """
    algorithm = detection.algorithm if detection else ""
    made = DetectionChoice(
        algorithm=algorithm,
        options=detection_parameters(algorithm, detection.options) if detection else {},
        chosen_utc=now_utc(),
        chosen_by=initials,
        software=__version__,
    )
    _write(study / CHOICE_NAME, (*detection_history(study), made))


def _write(path: Path, choices: Sequence[DetectionChoice]) -> None:
    document = {"schema": _SCHEMA, "choices": [asdict(choice) for choice in choices]}
    try:
        write_whole(path, json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    except OSError as error:
        raise disk_error(error, path) from error


def join_choices(study: Path, other: Path, path: Path) -> str:
    """Write into a file what was chosen for both of two studies; what `study` uses now stays in use.

    Returns:
        That the other study used other fixations, in words; empty where both use the same. Nothing is written where
        nothing was chosen for the other.
    """
    ours, theirs = detection_history(study), detection_history(other)
    if not theirs:
        return ""
    now, then = (history[-1].detection if history else None for history in (ours, theirs))
    last = ours[-1:] or (
        DetectionChoice(algorithm="", options={}, chosen_utc=now_utc(), chosen_by="", software=__version__),
    )
    new = (choice for choice in theirs if choice not in ours)  # a copy that comes back shares what was chosen before
    earlier = sorted((*ours[:-1], *new), key=lambda choice: choice.chosen_utc)
    _write(path, (*earlier, *last))
    if now == then:
        return ""
    used, left = (detection.words if detection else "as recorded" for detection in (now, then))
    return f"fixations: found in the other study by {left}; here, and in what was taken in, by {used}"


def session_detection(folder: Path) -> Detection | None:
    """How the fixations of a session are found now, as the study says in which it lies."""
    study = study_around(folder)
    return None if study is None else chosen_detection(study)


def trials_in_use(reader: SessionReader) -> list[TrialRow]:
    """The trials of a session, with the fixations that were chosen for its study; the file stays as it is."""
    detection, trials = session_detection(reader.folder), reader.trials()
    return trials if detection is None else [trial_anew(reader, trial, detection) for trial in trials]


def trial_anew(reader: SessionReader, trial: TrialRow, detection: Detection) -> TrialRow:
    """A trial with fixations of another detector, found in its stored, corrected gaze.

    The samples of the trial alone are looked at and what is under way at its beginning is left out, as in a recording:
    its own detector and parameters find its own fixations again.
    """
    samples = reader.samples(trial.shown_s, trial.hidden_s, corrected=True)
    found = detect_fixations(samples, reader.display, detection.algorithm, **detection.options)
    n = len(samples)
    own, carried = split_carried_over(
        found,
        float(samples.time_s[0]) if n else trial.shown_s,
        float(np.median(np.diff(samples.time_s))) if n > 1 else 0.0,
    )
    return replace(trial, fixations=_on_image(own, trial), carried_over=_on_image(carried, trial))


def _on_image(fixations: Sequence[Fixation], trial: TrialRow) -> tuple[Fixation, ...]:
    points = trial.frame.to_image(np.array([(f.x_px, f.y_px) for f in fixations]).reshape(-1, 2))
    return tuple(
        replace(fixation, x_px=float(x), y_px=float(y)) for fixation, (x, y) in zip(fixations, points, strict=True)
    )
