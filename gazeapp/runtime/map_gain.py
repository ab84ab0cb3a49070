"""On how many images of a session the personal map predicted gaze better than the universal one."""

from __future__ import annotations

import numpy as np

from gazeapp.saliency.prediction_score import score_predictions
from gazeapp.store.reader import SessionReader
from gazeapp.store.session_state import used


def count_better(reader: SessionReader) -> tuple[int, int]:
    """(images on which the personal map had the higher CC, images compared), from the maps that were stored.

    Images of the overlay count where there are any, as they taught nothing; else those of the enrolment, whose
    personal maps were predicted before their gaze was learnt. Images without gaze, or left out by somebody, do not
    count.
    """
    trials = {trial.trial: trial for trial in used(reader)}
    px_per_deg, blur_deg = reader.display.px_per_deg, reader.meta.get("sigma_deg")
    if not isinstance(blur_deg, int | float) or not blur_deg > 0:
        return 0, 0
    gains: dict[str, dict[int, float]] = {}
    for row in reader.predictions(final_only=True):
        trial = trials.get(row.trial)
        if trial is None or row.universal is None or row.personal is None:
            continue
        points = np.array([(f.x_px, f.y_px) for f in trial.fixations], dtype=np.float64).reshape(-1, 2)
        frame = trial.frame
        universal, personal = score_predictions(row.universal, row.personal, points, px_per_deg / frame.scale, blur_deg)
        if universal is not None and personal is not None:
            gains.setdefault(trial.phase, {})[row.trial] = personal.cc - universal.cc
    found = list(gains.get("overlay", gains.get("enrol", {})).values())
    return sum(gain > 0 for gain in found), len(found)
