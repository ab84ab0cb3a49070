"""Who looked where on which image: every viewing of a session or a study, ready for analysis."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import GazeAppError, StoreError
from gazeapp.gaze.fixations import Fixation
from gazeapp.saliency.maps import is_inside
from gazeapp.store.detection_choice import Detection, chosen_detection, trial_anew
from gazeapp.store.exclusion import SessionExclusions, StudyExclusions
from gazeapp.store.export.sources import find_sessions
from gazeapp.store.image_variables import ImageVariables, Value
from gazeapp.store.reader import SessionReader
from gazeapp.store.session_state import PRACTICE, viewed
from gazeapp.store.study import Study
from gazeapp.store.study_place import STUDY_NAME, study_of_session
from gazeapp.store.study_variables import write_value


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewing:
    """One image viewed to its end by one person."""

    participant: str
    group: str
    """Value of the study variable that groups people; empty where there is none."""
    session: str
    folder: Path
    """Of the session, where the image lies."""
    trial: int
    phase: str
    stimulus_id: str
    image: str
    """File name."""
    size_wh: tuple[int, int]
    shown_s: float
    hidden_s: float
    px_per_deg: float
    """Of the image."""
    fixations: tuple[Fixation, ...]
    """Image pixels, those beside the image too; one that was under way when the image appeared is none of them."""
    data_loss: float
    excluded: str = ""
    """Why it is left out; empty for one that counts."""
    detection: str = ""
    """How the fixations were found, where not as recorded."""
    variables: Mapping[str, Value] = field(default_factory=dict, hash=False)
    """What the study's table says of the image, as its condition."""

    @property
    def points_px(self) -> NDArray[np.float64]:
        """(N, 2) fixations, image pixels."""
        return np.array([(f.x_px, f.y_px) for f in self.fixations], dtype=np.float64).reshape(-1, 2)

    @property
    def durations_s(self) -> NDArray[np.float64]:
        """(N,) of the fixations."""
        return np.array([f.duration_s for f in self.fixations], dtype=np.float64)

    @property
    def is_on_image(self) -> NDArray[np.bool_]:
        """(N,) whether each fixation lies on the image."""
        return is_inside(self.points_px, self.size_wh)


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewingSet:
    """What was read."""

    viewings: tuple[Viewing, ...]
    """Those that count."""
    excluded: tuple[Viewing, ...] = ()
    """Those that somebody left out, with the reason."""
    problems: tuple[str, ...] = ()
    """Sessions that could not be read, and why."""

    def of_image(self, stimulus_id: str) -> tuple[Viewing, ...]:
        """Those of one image."""
        return tuple(viewing for viewing in self.viewings if viewing.stimulus_id == stimulus_id)


def read_viewings(
    path: Path,
    *,
    group_by: str = "group",
    participants: Sequence[str] = (),
    stimulus_id: str = "",
    detection: Detection | None = None,
    each: Callable[[list[Path]], Iterable[Path]] = iter,
) -> ViewingSet:
    """Every viewing of a session or a study.

    Args:
        path: A session's folder or a study's.
        group_by: Study variable whose value is a person's group.
        participants: Pseudonyms to keep; all when empty.
        stimulus_id: Only viewings of this image; all when empty.
        detection: Find fixations anew from the stored gaze; what was recorded stays as it is. None takes what was
            chosen for the study.
        each: Wraps the sessions, to show progress or to cancel by raising.

    Raises:
        StoreError: Nothing there, or nothing of it can be read.
        SettingsError: No such algorithm or option.
    """
    folders = find_sessions(path, participants)
    study = path if (path / STUDY_NAME).is_file() else study_of_session(folders[0])
    is_of_study = (study / STUDY_NAME).is_file()
    groups = _groups(study, group_by) if is_of_study else {}
    exclusions = StudyExclusions.read(study) if is_of_study else StudyExclusions()
    if detection is None and is_of_study:
        detection = chosen_detection(study)
    found: list[Viewing] = []
    problems = []
    for folder in each(folders):
        try:
            with SessionReader(folder) as reader:
                found += _viewings(reader, groups, exclusions.of(folder), detection, stimulus_id)
        except StoreError as error:
            problems.append(error.message)
    if problems and not found:
        raise StoreError(problems[0])
    return ViewingSet(
        viewings=tuple(viewing for viewing in found if not viewing.excluded),
        excluded=tuple(viewing for viewing in found if viewing.excluded),
        problems=tuple(problems),
    )


def _groups(study: Path, variable: str) -> dict[str, str]:
    try:
        with Study.open(study) as opened:
            return {p.pseudonym: write_value(p.variables.get(variable)) for p in opened.participants()}
    except GazeAppError:
        return {}  # a session can be looked at where its study cannot


def _viewings(
    reader: SessionReader,
    groups: dict[str, str],
    exclusions: SessionExclusions,
    detection: Detection | None,
    stimulus_id: str,
) -> list[Viewing]:
    names = {row.stimulus_id: row.name for row in reader.stimulus_rows()}
    trials = viewed(reader.trials(stimulus_id))
    if not trials:
        return []
    display, session, person = reader.display, reader.session_id, reader.pseudonym
    variables = ImageVariables.read(reader)
    if detection is not None:
        trials = [trial_anew(reader, trial, detection) for trial in trials]
    return [
        Viewing(
            participant=person,
            group=groups.get(person, ""),
            session=session,
            folder=reader.folder,
            trial=trial.trial,
            phase=trial.phase,
            stimulus_id=trial.frame.stimulus_id,
            image=names.get(trial.frame.stimulus_id) or trial.frame.stimulus_id[:12],
            size_wh=(trial.frame.image_width_px, trial.frame.image_height_px),
            shown_s=trial.shown_s,
            hidden_s=trial.hidden_s,
            px_per_deg=display.px_per_deg / trial.frame.scale,
            fixations=trial.fixations,
            data_loss=trial.data_loss,
            excluded=exclusions.why(trial.trial) or (PRACTICE if trial.phase == PRACTICE else ""),
            detection=detection.words if detection is not None else "",
            variables=variables.of_image.get(trial.frame.stimulus_id, {}),
        )
        for trial in trials
    ]
