"""A correction of gaze from the images a person viewed freely, and what it does at known targets."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gazeapp.gaze.correction import IDENTITY, Correction, CorrectionKind
from gazeapp.gaze.display import Display
from gazeapp.gaze.quality import QualityReport, TargetWindow, measure_quality
from gazeapp.gaze.samples import GazeSamples
from gazeapp.saliency.alignment import Alignment, KnownShift, Told, align
from gazeapp.saliency.gaze_evidence import ViewedImage
from gazeapp.store.records import TrialRow

SINCE_TARGETS_DEG = 0.4
"""How far gaze may have moved between a validation and the images, on each axis."""
_CORRECTIONS: dict[str, tuple[CorrectionKind, int]] = {
    "shift": ("shift", 1),
    "scale": ("affine", 3),
    "affine": ("affine", 3),
    "smooth": ("second_order", 6),
}
# how each kind of finding is kept, and how many of the polynomial's terms that takes


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalibration:
    """A proposal; nothing is changed by it."""

    alignment: Alignment
    """From images and targets together."""
    from_images: Alignment
    """From the images alone: its effect at the targets can be checked there."""
    correction: Correction
    """What is supported, in display pixels, to be applied after the correction in force; drift is not part of it."""
    before: QualityReport | None
    """At the validation targets; None where the session has none."""
    after: QualityReport | None
    """The same with the correction from images alone."""

    @classmethod
    def from_images_alone(cls, found: Alignment) -> Recalibration:
        """Of images without a session: no screen that a correction would be for, and no targets."""
        return cls(alignment=found, from_images=found, correction=Correction.identity(), before=None, after=None)


def propose_recalibration(
    trials: Iterable[TrialRow],
    *,
    display: Display,
    image_rgb: Callable[[str], NDArray[np.uint8]],
    universal: Callable[[NDArray[np.uint8], str], NDArray[np.float32]],
    samples: GazeSamples,
    targets: tuple[TargetWindow, ...],
    since_s: float = -math.inf,
    up_to: str = "drift",
    seed: int = 0,
) -> Recalibration:
    """Find a correction from the free viewing of a session.

    Args:
        trials: With fixations in image pixels, as corrected while recording.
        display: The participant's screen.
        image_rgb: Image of a stimulus id.
        universal: Where people look in an image of a stimulus id.
        samples: Corrected gaze of the session, for the targets.
        targets: Of validations; may be empty.
        since_s: When the correction in force began: images and targets before it say nothing of it.
        up_to: The furthest correction to try; see `align`.
        seed: Of what is drawn.
    """
    viewed = [
        _viewed(trial, display, image_rgb, universal)
        for trial in trials
        if trial.fixations and trial.shown_s >= since_s
    ]
    targets = tuple(target for target in targets if target.onset_s >= since_s)
    known = known_shift(samples, targets, display)
    from_images = align(viewed, up_to=up_to, seed=seed)
    alignment = from_images
    if known:
        # targets speak of the shift alone: what was found beyond it stays
        both = align(viewed, known=known, up_to="shift", seed=seed)
        alignment = replace(both, deformations=from_images.deformations)
    before = after = None
    if targets:
        before = measure_quality(samples, targets, display)
        after = measure_quality(display_correction(from_images, display).apply(samples), targets, display)
    return Recalibration(
        alignment=alignment,
        from_images=from_images,
        correction=display_correction(alignment, display),
        before=before,
        after=after,
    )


def known_shift(samples: GazeSamples, targets: Sequence[TargetWindow], display: Display) -> tuple[KnownShift, ...]:
    """What targets say of the shift; nothing without gaze at them."""
    offsets = []
    for target in targets:
        inside = (samples.time_s >= target.onset_s) & (samples.time_s <= target.onset_s + target.duration_s)
        eyes = np.stack([samples.left_px[inside], samples.right_px[inside]])
        seen = eyes[np.isfinite(eyes).all(axis=2)]
        if len(seen):
            offsets.append((np.array([target.x_px, target.y_px]) - np.median(seen, axis=0)) / display.px_per_deg)
    if not offsets:
        return ()
    spread = np.std(offsets, axis=0, ddof=1).mean() if len(offsets) > 1 else 1.0
    sd_deg = float(np.hypot(SINCE_TARGETS_DEG, spread / np.sqrt(len(offsets))))
    return (KnownShift(shift_deg=np.median(offsets, axis=0), sd_deg=sd_deg),)


def display_correction(found: Alignment, display: Display) -> Correction:
    """What is supported of a finding in display pixels, drift aside."""
    if found.told is not Told.YES:
        return Correction.identity()
    supported = [one for one in found.deformations if one.is_supported and one.kind != "drift"]
    if not (supported or found.is_supported):
        return Correction.identity()
    # a polynomial of second order is known from its values at 3 x 3 places
    share = np.array([(x, y) for y in (0.0, 0.5, 1.0) for x in (0.0, 0.5, 1.0)])
    place = (share - 0.5) * display.size_px / display.px_per_deg
    moved = np.zeros_like(place) + (found.shift_deg if found.is_supported else 0.0)
    for one in supported:
        moved += one.displacement(place, np.full(len(place), one.middle_s))
    x, y = share.T
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)
    fitted = np.linalg.lstsq(terms, moved * display.px_per_deg, rcond=None)[0].T
    width, height = display.size_px
    fitted = fitted / np.array([1.0, width, height, width * width, width * height, height * height])
    kind, n_terms = _CORRECTIONS[supported[-1].kind if supported else "shift"]
    coefficients = IDENTITY.copy()
    coefficients[:, :n_terms] += fitted[:, :n_terms]
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
    centre_px = np.array([frame.left_px + frame.width_px / 2, frame.top_px + frame.height_px / 2]) - display.size_px / 2
    centre = centre_px / display.px_per_deg
    return ViewedImage(
        density=universal(image_rgb(frame.stimulus_id), frame.stimulus_id),
        fixations=np.array([(f.x_px, f.y_px) for f in trial.fixations], dtype=np.float64),
        size_px=(frame.image_width_px, frame.image_height_px),
        px_per_deg=display.px_per_deg / frame.scale,
        centre_deg=(float(centre[0]), float(centre[1])),
        time_s=trial.shown_s,
    )
