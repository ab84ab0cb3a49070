"""A session in which gaze is off by a known shift, on images and at the targets of a validation."""

from __future__ import annotations

import cv2
import numpy as np

from gazeapp.gaze.display import Display, place_stimulus
from gazeapp.gaze.fixations import Fixation
from gazeapp.gaze.samples import GazeSamples
from gazeapp.saliency.maps import fixation_density
from gazeapp.store import events
from gazeapp.store.records import PredictionRow, StimulusRow, TrialRow
from gazeapp.store.study import Study

DISPLAY = Display(width_px=1600, height_px=1200, width_mm=400, height_mm=300, distance_mm=600)
IMAGE_WH = (400, 300)
PLACES = ((400.0, 300.0), (1200.0, 300.0), (400.0, 900.0), (1200.0, 900.0))


def make_shifted_study(
    folder, shift_px=(80.0, -40.0), n_images=12, seed=4, *, cross_only=False, map_of=lambda m: m, n_fixations=9
):
    """A study with one such session of P017; returns the session's folder.

    Args:
        folder: Of the study.
        shift_px: By which gaze is off.
        n_images: How many were viewed.
        seed: Of all that is drawn.
        cross_only: The person never looks away from the middle.
        map_of: What is stored of each image's map.
        n_fixations: On each image.
    """
    with Study.create(folder) as study:
        study.add_participant("P017")
        study.record_consent("P017")
        session = study.new_session("P017", "pilot")
        rng, shift = np.random.default_rng(seed), np.array(shift_px)
        (folder / "images").mkdir()
        with session.writer() as writer:
            writer.set_meta({"display": DISPLAY, "sigma_deg": 1.0, "detection": {"algorithm": "ivt", "parameters": {}}})
            time_s = np.arange(0, 12.0 + 4 * n_images, 0.01)
            gaze = (
                np.array(PLACES)[np.clip((time_s / 2).astype(int), 0, 3)] + shift + rng.normal(0, 2, (len(time_s), 2))
            )
            writer.write_samples(GazeSamples.build(time_s, eyes="binocular", left_px=gaze, right_px=gaze))
            for k, (x, y) in enumerate(PLACES):
                writer.write_event(events.TargetShown(time_s=2.0 * k, target_id=k, x_px=x, y_px=y, purpose="validate"))
                writer.write_event(events.TargetHidden(time_s=2.0 * k + 1.9, target_id=k))
            for trial in range(n_images):
                _view(session, writer, trial, rng, shift, folder / "images", cross_only, map_of, n_fixations)
    return session.path


def _view(session, writer, trial, rng, shift, folder, cross_only, map_of, n_fixations):
    path = folder / f"image-{trial:02}.png"
    cv2.imwrite(str(path), rng.integers(60, 200, (IMAGE_WH[1] // 10, IMAGE_WH[0] // 10, 3)).repeat(10, 0).repeat(10, 1))
    stimulus_id = session.stimuli.add(path)
    frame = place_stimulus(DISPLAY, stimulus_id, *IMAGE_WH)
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
    spots = rng.uniform([40, 30], [360, 270], (4, 2))
    looked_at = np.array([IMAGE_WH]) / 2 if cross_only else spots[rng.integers(0, 4, 9)]
    points = looked_at + rng.normal(0, 4, (9, 2)) + shift / frame.scale
    shown_s = 12.0 + 4 * trial
    writer.write_event(events.StimulusShown(time_s=shown_s, trial=trial, frame=frame, onset_kind="virtual"))
    writer.write_event(events.StimulusHidden(time_s=shown_s + 3, trial=trial))
    writer.write_trial(
        TrialRow(
            trial=trial,
            phase="enrol",
            frame=frame,
            shown_s=shown_s,
            hidden_s=shown_s + 3,
            onset_kind="virtual",
            fixations=tuple(
                Fixation(onset_s=shown_s + 0.1 + 0.3 * n, duration_s=0.25, x_px=float(x), y_px=float(y))
                for n, (x, y) in enumerate(points[:n_fixations])
            ),
            carried_over=(),
            n_samples=300,
            data_loss=0.0,
        )
    )
    writer.write_prediction(
        PredictionRow(
            trial=trial,
            stimulus_id=stimulus_id,
            time_s=shown_s + 3.2,
            final=True,
            universal=map_of(fixation_density(spots, IMAGE_WH, 10.0).astype(np.float32)),
            personal=None,
            embedding=None,
            model_sha256="",
            elapsed_s=0.1,
        )
    )
