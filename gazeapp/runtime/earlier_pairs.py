"""What sessions of a person taught: images with where they looked, for an enrolment that goes on or begins anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import DamagedSession, GazeAppError, UnreadableImage
from gazeapp.saliency.maps import is_inside
from gazeapp.store.consent import NOBODY_TEXTS
from gazeapp.store.reader import SessionReader
from gazeapp.store.session_state import used
from gazeapp.store.stimuli import StimulusStore
from gazeapp.store.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewedPair:
    """One image that was viewed to its end while enrolling."""

    stimuli: StimulusStore
    stimulus_id: str
    points_px: NDArray[np.float64]
    """(N, 2) fixations on the image, image pixels."""
    durations_s: NDArray[np.float64]
    px_per_deg: float
    session_id: str

    def image_rgb(self) -> NDArray[np.uint8]:
        """(H, W, 3) pixels."""
        return self.stimuli.load(self.stimulus_id).rgb


def viewed_pairs(study: Study, pseudonym: str, *, is_nobody: bool = False) -> list[ViewedPair]:
    """Every pair of every readable session of a participant, oldest first.

    Args:
        study: Where to look.
        pseudonym: Of the participant.
        is_nobody: Take simulated and replayed gaze instead of a person's: the two never mix.
    """
    found: list[ViewedPair] = []
    for session in study.sessions(pseudonym):
        try:
            with session.reader() as reader:
                tracker = reader.meta.get("tracker")
                backend = tracker.get("backend") if isinstance(tracker, dict) else ""
                if (backend in NOBODY_TEXTS) == is_nobody:
                    found += _pairs(reader)
        except GazeAppError:
            continue  # that session needs recovering; the others still teach
    return found


def _pairs(reader: SessionReader) -> Iterator[ViewedPair]:
    stimuli, display = reader.stimuli, reader.display
    for trial in used(reader):
        if trial.phase != "enrol":
            continue
        frame = trial.frame
        points = np.array([(f.x_px, f.y_px) for f in trial.fixations], dtype=np.float64).reshape(-1, 2)
        inside = is_inside(points, (frame.image_width_px, frame.image_height_px))
        try:
            stimuli.path(frame.stimulus_id)
        except (DamagedSession, UnreadableImage):
            continue
        if inside.any():
            yield ViewedPair(
                stimuli=stimuli,
                stimulus_id=frame.stimulus_id,
                points_px=points[inside],
                durations_s=np.array([f.duration_s for f in trial.fixations], dtype=np.float64)[inside],
                px_per_deg=display.px_per_deg / frame.scale,
                session_id=reader.session_id,
            )
