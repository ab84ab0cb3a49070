"""A small study with one session that holds a bit of everything; used by the tests of exports and reports."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np

from gazeapp.gaze.correction import Correction
from gazeapp.gaze.display import Display, place_stimulus
from gazeapp.gaze.fixations import Fixation
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store import events
from gazeapp.store.embedding import UserEmbedding
from gazeapp.store.records import (
    CalibrationRow,
    CorrectionRow,
    EmbeddingHistoryRow,
    PredictionRow,
    ProblemRow,
    StimulusRow,
    TrialRow,
    ValidationRow,
)
from gazeapp.store.study import SessionFolder, Study

DISPLAY = Display(width_px=1920, height_px=1080, width_mm=531.36, height_mm=298.89, distance_mm=650)
RATE_HZ = 300.0
CORRECTION = Correction.shift([10.0, -5.0], [8.0, -6.0])
CORRECTED_FROM_S = 10.0
N_TRIALS = 3
IMAGE_WH = (320, 240)
EMBEDDING = UserEmbedding(
    vector=tuple(
        float(v) for v in np.array([3.0, -1, 2, 0.5, -2, 1, 0, 4]) / np.linalg.norm([3, 1, 2, 0.5, 2, 1, 0, 4])
    ),
    n_pairs=N_TRIALS,
    spread=0.08,
    model_name="personal-1",
    model_sha256="c0ffee" + "0" * 58,
    sigma_deg=1.0,
)


def make_study(folder: Path) -> tuple[Study, SessionFolder]:
    """The caller closes the study."""
    study = Study.create(folder)
    study.add_participant("P017")
    study.record_consent("P017")
    session = study.new_session("P017", "pilot")
    record_session(session)
    study.save_embedding("P017", EMBEDDING, session_id=session.session_id)
    return study, session


def picture(seed: int) -> np.ndarray:
    """(H, W, 3) uint8: a few bright things on a gradient."""
    rng = np.random.default_rng(seed)
    width, height = IMAGE_WH
    y, x = np.mgrid[:height, :width]
    image = np.stack([60 + 60 * x / width, 70 + 50 * y / height, np.full((height, width), 90.0)], axis=-1)
    for _ in range(5):
        centre, radius = rng.uniform([30, 30], [width - 30, height - 30]), rng.uniform(10, 30)
        inside = (x - centre[0]) ** 2 + (y - centre[1]) ** 2 < radius**2
        image[inside] = rng.uniform(60, 250, 3)
    return image.astype(np.uint8)


def density(points_px: np.ndarray, sigma_px: float) -> np.ndarray:
    width, height = IMAGE_WH
    y, x = np.mgrid[:height, :width] + 0.5
    total = sum(np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * sigma_px**2)) for px, py in points_px)
    return (total / total.sum()).astype(np.float32)


def gaze(stop_s: float, seed: int) -> GazeSamples:
    rng = np.random.default_rng(seed)
    n = int(stop_s * RATE_HZ)
    time_s = np.arange(n) / RATE_HZ
    where = np.stack([960 + 400 * np.sin(time_s), 540 + 200 * np.cos(0.7 * time_s)], axis=1)
    left, right = where + rng.normal(0, 3, (n, 2)), where + rng.normal(0, 3, (n, 2))
    left[400:460], right[430:460] = np.nan, np.nan
    return GazeSamples.build(
        time_s,
        eyes="binocular",
        left_px=left,
        right_px=right,
        left_pupil_mm=rng.normal(3.2, 0.05, n),
        right_pupil_mm=rng.normal(3.1, 0.05, n),
        device_time_s=5000 + time_s,
        receive_time_s=time_s + 0.004,
    )


def quality_report() -> dict:
    targets = [
        {
            "eye": eye,
            "target_id": i,
            "x_px": x,
            "y_px": y,
            "accuracy_deg": 0.3 + 0.3 * i,
            "offset_azimuth_deg": 0.2,
            "offset_elevation_deg": -0.1 * i,
            "rms_s2s_deg": 0.05,
            "std_deg": 0.1,
            "bcea_deg2": 0.04,
            "data_loss": 0.01,
            "effective_hz": 297.0,
            "n_samples": 300,
        }
        for eye in ("left", "right")
        for i, (x, y) in enumerate([(480.0, 270.0), (1440.0, 270.0), (960.0, 810.0)])
    ]
    return {
        "targets": targets,
        "summary": {
            "accuracy_deg": 0.6,
            "accuracy_max_deg": 0.9,
            "rms_s2s_deg": 0.05,
            "std_deg": 0.1,
            "data_loss": 0.01,
            "bcea_deg2": 0.04,
            "effective_hz": 297.0,
        },
        "verdict": "warn",
        "reasons": ["accuracy 0.90° at target 2 is above 0.5°"],
        "sentence": "Usable with care: gaze is 0.60° off on average and 0.90° at the worst point.",
        "limits": {"pass_deg": 0.5, "warn_deg": 1.0, "max_loss": 0.1},
    }


def record_session(session: SessionFolder) -> None:
    source = session.path.parent.parent / "images"
    source.mkdir(exist_ok=True)
    with session.writer() as writer:
        writer.set_meta(
            {
                "display": DISPLAY,
                "seed": 7,
                "sigma_deg": 1.0,
                "plan": {"plan": {"name": "pilot", "seed": 7}},
                "tracker": {
                    "backend": "simulated",
                    "name": "Model observer",
                    "serial": "none",
                    "rate_hz": RATE_HZ,
                    "eyes": "binocular",
                },
                "detection": {"algorithm": "ivt", "parameters": {"velocity_deg_s": 30.0, "min_duration_s": 0.06}},
                "weights": {"universal": "aa" * 32, "personal": EMBEDDING.model_sha256},
                "clock_origin": {"kind": "virtual", "zero_utc": None, "monotonic_s": None},
            }
        )
        writer.write_samples(gaze(24.0, 1))
        points = tuple(
            {
                "target_id": i,
                "x_px": 300.0 * i,
                "y_px": 200.0 * i,
                "state": "accepted",
                "n_samples": 90,
                "left_x_px": 300.0 * i - 9,
                "left_y_px": 200.0 * i + 5,
                "right_x_px": math.nan,
                "right_y_px": math.nan,
            }
            for i in range(1, 6)
        )
        for number, status in ((1, "failed"), (2, "ok")):
            writer.write_calibration(
                CalibrationRow(
                    number=number,
                    time_s=4.0 * number,
                    start_s=4.0 * number - 3,
                    status=status,
                    points=points,
                    correction=CORRECTION.to_json() if status == "ok" else None,
                    residual_left_deg=0.4,
                    residual_right_deg=0.5,
                )
            )
        writer.write_correction(
            CorrectionRow(
                time_s=8.0,
                from_time_s=CORRECTED_FROM_S,
                source="calibration",
                correction=CORRECTION.to_json(),
                calibration=2,
            )
        )
        for i in range(3):
            writer.write_event(
                events.TargetShown(time_s=1.0 + i, target_id=i, x_px=300.0 * i, y_px=200.0, purpose="validate")
            )
            writer.write_event(events.TargetHidden(time_s=1.8 + i, target_id=i))
        writer.write_validation(
            ValidationRow(time_s=9.5, start_s=8.5, purpose="validate", report=quality_report(), calibration=2)
        )
        writer.write_problem(ProblemRow(time_s=9.0, kind="gap", message="12 ms without samples", gap_s=0.012))
        for trial in range(N_TRIALS):
            _record_trial(session, writer, trial, source)


def _record_trial(session: SessionFolder, writer, trial: int, source: Path) -> None:
    rng = np.random.default_rng(trial)
    path = source / f"scene-{trial}.png"
    cv2.imwrite(str(path), picture(trial)[:, :, ::-1])
    stimulus_id = session.stimuli.add(path)
    frame = place_stimulus(DISPLAY, stimulus_id, *IMAGE_WH)
    shown_s = 11.0 + 4 * trial
    where = rng.uniform([20, 20], [IMAGE_WH[0] - 20, IMAGE_WH[1] - 20], (8, 2))
    looks = tuple(
        Fixation(onset_s=shown_s + 0.1 + 0.35 * i, duration_s=0.28, x_px=float(x), y_px=float(y))
        for i, (x, y) in enumerate(where)
    )
    under_way = Fixation(onset_s=shown_s, duration_s=0.09, x_px=160.0, y_px=120.0)
    writer.write_stimulus(
        StimulusRow(
            stimulus_id=stimulus_id,
            name=path.name,
            file=session.stimuli.path(stimulus_id).name,
            width_px=IMAGE_WH[0],
            height_px=IMAGE_WH[1],
            source="images",
        )
    )
    writer.write_event(events.StimulusShown(time_s=shown_s, trial=trial, frame=frame, onset_kind="virtual"))
    writer.write_event(events.StimulusHidden(time_s=shown_s + 3, trial=trial))
    writer.write_trial(
        TrialRow(
            trial=trial,
            phase="enrol" if trial < 2 else "overlay",
            frame=frame,
            shown_s=shown_s,
            hidden_s=shown_s + 3,
            onset_kind="virtual",
            fixations=looks,
            carried_over=(under_way,),
            n_samples=900,
            data_loss=0.02,
        )
    )
    universal = density(np.vstack([where[:3], [[160, 120]]]), 30.0)
    writer.write_prediction(
        PredictionRow(
            trial=trial,
            stimulus_id=stimulus_id,
            time_s=shown_s + 3.2,
            final=True,
            universal=universal,
            personal=density(where, 22.0) if trial else None,
            embedding=EMBEDDING if trial else None,
            model_sha256=EMBEDDING.model_sha256,
            elapsed_s=0.21,
        )
    )
    vector = tuple(v * (1 - 0.3 / (trial + 1)) for v in EMBEDDING.vector)
    writer.write_growth(
        EmbeddingHistoryRow(
            time_s=shown_s + 3.2,
            trial=trial,
            n_pairs=trial + 1,
            spread=0.3 / (trial + 1) if trial else math.nan,
            vector=vector,
        )
    )
