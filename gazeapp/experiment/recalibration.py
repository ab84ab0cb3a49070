"""A correction of a recorded session's gaze from saliency alone, and what it does at known targets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import NotEnoughData
from gazeapp.gaze.correction import IDENTITY, Correction, CorrectionKind
from gazeapp.gaze.display import Display
from gazeapp.gaze.quality import QualityReport, TargetWindow, measure_quality
from gazeapp.gaze.samples import GazeSamples
from gazeapp.saliency.alignment import Alignment, ViewedImage, align
from gazeapp.saliency.loss_map import loss_map
from gazeapp.saliency.maps import resize_map
from gazeapp.store.records import TrialRow

_MAP_WIDTH_PX = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalibration:
    """A proposal; nothing is changed by it."""

    alignment: Alignment
    correction: Correction
    """In display pixels, to be applied after the correction in force."""
    before: QualityReport | None
    """At the validation targets; None where the session has none."""
    after: QualityReport | None


def propose_recalibration(
    trials: Iterable[TrialRow],
    *,
    display: Display,
    image_rgb: Callable[[str], NDArray[np.uint8]],
    universal: Callable[[NDArray[np.uint8], str], NDArray[np.float32]],
    samples: GazeSamples,
    targets: tuple[TargetWindow, ...],
    kind: CorrectionKind = "shift",
    power: int = 1,
    seed: int = 0,
) -> Recalibration:
    """Fit a correction to the free viewing of a session.

    Args:
        trials: With fixations in image pixels, as corrected while recording.
        display: The participant's screen.
        image_rgb: Image of a stimulus id.
        universal: Where people look in an image of a stimulus id.
        samples: Corrected gaze of the session, for the effect at the targets.
        targets: Validation targets; may be empty.
        kind: "shift" or "affine".
        power: 1 for the map loss, 2 for its square.
        seed: Of the bootstrap.

    Raises:
        NotEnoughData: Too few images or fixations.
    """
    viewed = [_viewed(trial, display, image_rgb, universal) for trial in trials if trial.fixations]
    if not viewed:
        raise NotEnoughData("no image of this session has fixations; view images freely first")
    alignment = align(viewed, kind=kind, power=power, seed=seed)
    correction = display_correction(alignment, display)
    before = after = None
    if targets:
        before = measure_quality(samples, targets, display)
        after = measure_quality(correction.apply(samples), targets, display)
    return Recalibration(alignment=alignment, correction=correction, before=before, after=after)


def display_correction(alignment: Alignment, display: Display) -> Correction:
    """The alignment in display pixels, around the screen's centre."""
    centre = display.size_px / 2
    shift_px = alignment.shift_deg * display.px_per_deg
    coefficients = IDENTITY.copy()
    coefficients[:, 1:3] = alignment.matrix
    coefficients[:, 0] = centre - alignment.matrix @ centre + shift_px
    kind: CorrectionKind = "affine" if alignment.kind == "affine" else "shift"
    return Correction(kind=kind, left=coefficients, right=coefficients)


def mean_accuracy_deg(report: QualityReport) -> float:
    """Mean over eyes and targets that have gaze."""
    values = [target.accuracy_deg for target in report.targets]
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")


def _viewed(
    trial: TrialRow,
    display: Display,
    image_rgb: Callable[[str], NDArray[np.uint8]],
    universal: Callable[[NDArray[np.uint8], str], NDArray[np.float32]],
) -> ViewedImage:
    frame = trial.frame
    width, height = frame.image_width_px, frame.image_height_px
    small = (min(_MAP_WIDTH_PX, width), max(1, round(height * min(1.0, _MAP_WIDTH_PX / width))))
    stimulus_id = frame.stimulus_id
    density = resize_map(universal(image_rgb(stimulus_id), stimulus_id), small)
    return ViewedImage(
        loss=loss_map(density, size_wh=(width, height)),
        fixations=np.array([(f.x_px, f.y_px) for f in trial.fixations], dtype=np.float64),
        units_per_deg=display.px_per_deg / frame.scale,
    )
