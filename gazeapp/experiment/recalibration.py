"""A correction of gaze from the images a person viewed freely, and what it does at known targets."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gazeapp.gaze.correction import IDENTITY, Correction, CorrectionKind
from gazeapp.gaze.correction_late import LateCorrection
from gazeapp.gaze.display import Display, StimulusFrame
from gazeapp.gaze.fixations import Fixation
from gazeapp.gaze.quality import QualityReport, TargetWindow, measure_quality
from gazeapp.gaze.samples import GazeSamples
from gazeapp.progress import Track
from gazeapp.saliency.alignment import Alignment, KnownShift, Told, align
from gazeapp.saliency.gaze_evidence import ViewedImage
from gazeapp.store.reader import SessionReader
from gazeapp.store.records import CalibrationRow, CorrectionRow
from gazeapp.store.sample_table import validation_windows

SINCE_TARGETS_DEG = 0.4
"""How far gaze usually moves between targets and images, on each axis."""
UNTOLD_DEG = 1.0
"""How far gaze is off at single targets where nothing tells."""
_CORRECTIONS: dict[str, tuple[CorrectionKind, int]] = {
    "shift": ("shift", 1),
    "scale": ("affine", 3),
    "affine": ("affine", 3),
    "smooth": ("second_order", 6),
}
# how each kind of finding is kept, and how many of the polynomial's terms that takes
DensityOf = Callable[[str], NDArray[np.float32]]
"""Stimulus id → (H, W) where people look in the image."""


class ViewedTrial(Protocol):
    """One image that was viewed; a `TrialRow` is one."""

    @property
    def frame(self) -> StimulusFrame:
        """Where the image lay on the screen."""
        ...

    @property
    def fixations(self) -> tuple[Fixation, ...]:
        """Image pixels."""
        ...

    @property
    def shown_s(self) -> float:
        """When it appeared, session clock."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalibration:
    """A proposal; nothing is changed by it."""

    alignment: Alignment
    """From images and targets together."""
    from_images: Alignment
    """From the images alone: its effect at the targets can be checked there."""
    correction: Correction
    """What is supported, in display pixels, to be applied after the correction in force; drift is not part of it."""
    late: LateCorrection | None = None
    """The same with drift, for the stretch of a session that the images are from; None where nothing is supported."""
    before: QualityReport | None = None
    """At the validation targets; None where the session has none."""
    after: QualityReport | None = None
    """The same with the correction from images alone."""

    @property
    def is_supported(self) -> bool:
        """Whether there is anything to apply."""
        return not self.correction.is_identity or (self.late is not None and any(self.late.drift_px_s))

    @classmethod
    def from_images_alone(cls, found: Alignment) -> Recalibration:
        """Of images without a session: no screen that a correction would be for, and no targets."""
        return cls(alignment=found, from_images=found, correction=Correction.identity())


def recalibrate_session(
    session: SessionReader,
    density_of: DensityOf,
    *,
    up_to: str = "drift",
    progress: Track = lambda items, _label, _total: items,
) -> Recalibration:
    """Find a correction from what was viewed freely since the last correction came into force, as it was recorded.

    Args:
        session: Over or not.
        density_of: Where people look.
        up_to: The furthest correction to try; see `align`.
        progress: Wraps the loop over images.
    """
    display, trials, corrections = session.display, session.recorded_trials(), session.corrections()
    in_force = corrections[-1] if corrections else None
    since_s = in_force.from_time_s if in_force is not None else -math.inf
    targets = tuple(target for target in validation_windows(session) if target.onset_s >= since_s)
    chunks = [session.samples(target.onset_s, target.onset_s + target.duration_s) for target in targets]
    samples = GazeSamples.concatenate(chunks) if chunks else GazeSamples.empty(session.eyes)
    return propose_recalibration(
        (trials[k] for k in progress(range(len(trials)), "images", len(trials))),
        display=display,
        density_of=density_of,
        samples=session.corrected(samples, as_recorded=True),
        targets=targets,
        known=calibration_shift(session.calibrations(), in_force),
        since_s=since_s,
        up_to=up_to,
    )


def propose_recalibration(
    trials: Iterable[ViewedTrial],
    *,
    display: Display,
    density_of: DensityOf,
    samples: GazeSamples,
    targets: tuple[TargetWindow, ...],
    known: Sequence[KnownShift] = (),
    since_s: float = -math.inf,
    up_to: str = "drift",
    seed: int = 0,
) -> Recalibration:
    """Find a correction from the free viewing of a session.

    Args:
        trials: With fixations in image pixels, as corrected while recording.
        display: The participant's screen.
        density_of: Where people look.
        samples: Corrected gaze of the session, for the targets.
        targets: Of validations; may be empty.
        known: What else is known of the shift.
        since_s: When the correction in force began: images and targets before it say nothing of it.
        up_to: The furthest correction to try; see `align`.
        seed: Of what is drawn.
    """
    viewed = []
    for trial in trials:
        if trial.fixations and trial.shown_s >= since_s:
            viewed.append(viewed_image(trial, display, density_of(trial.frame.stimulus_id)))
    targets = tuple(target for target in targets if target.onset_s >= since_s)
    known = (*known, *known_shift(samples, targets, display))
    from_images = align(viewed, up_to=up_to, seed=seed)
    alignment = with_known(viewed, from_images, known, seed=seed)
    begins_s = min([*(image.time_s for image in viewed), *(target.onset_s for target in targets)], default=0.0)
    from_s = since_s if math.isfinite(since_s) else begins_s
    before = after = None
    if targets:
        alone = late_correction(from_images, display, from_s)
        before = measure_quality(samples, targets, display)
        after = measure_quality(samples if alone is None else alone.apply(samples), targets, display)
    return Recalibration(
        alignment=alignment,
        from_images=from_images,
        correction=display_correction(alignment, display),
        late=late_correction(alignment, display, from_s),
        before=before,
        after=after,
    )


def with_known(
    viewed: Sequence[ViewedImage], from_images: Alignment, known: Sequence[KnownShift], *, seed: int = 0
) -> Alignment:
    """One estimate of images and what is known of the shift; what images say beyond the shift stays, and where that
    is a drift, targets say where gaze was at their time.
    """
    if not known:
        return from_images
    drifts = [one for one in from_images.deformations if one.kind == "drift" and one.is_supported]
    for drift in drifts:
        known = [
            replace(one, shift_deg=one.shift_deg - drift.displacement(np.zeros((1, 2)), np.array([one.time_s]))[0])
            for one in known
        ]
    both = align(viewed, known=known, up_to="shift", seed=seed)
    return replace(both, deformations=from_images.deformations)


def calibration_shift(calibrations: Sequence[CalibrationRow], in_force: CorrectionRow | None) -> tuple[KnownShift, ...]:
    """The correction in force says that gaze was right when it was made: at a calibration's targets, or at the one of
    a drift check. Nothing where there is none, or where images made it.
    """
    if in_force is None or in_force.source not in ("calibration", "drift"):
        return ()
    used = next((row for row in calibrations if row.number == in_force.calibration), None)
    residuals = (used.residual_left_deg, used.residual_right_deg) if used is not None else ()
    told = [residual for residual in residuals if math.isfinite(residual)]
    off = float(np.mean(told)) if told else UNTOLD_DEG
    n_targets = 1
    if used is not None and in_force.source == "calibration":
        n_targets = max(1, sum(point["n_samples"] > 0 for point in used.points))
    sd_deg = math.hypot(SINCE_TARGETS_DEG, off / math.sqrt(n_targets))
    return (KnownShift(shift_deg=np.zeros(2), sd_deg=sd_deg, time_s=in_force.from_time_s),)


def known_shift(samples: GazeSamples, targets: Sequence[TargetWindow], display: Display) -> tuple[KnownShift, ...]:
    """What targets say of the shift; nothing without gaze at them."""
    offsets, times_s = [], []
    for target in targets:
        inside = (samples.time_s >= target.onset_s) & (samples.time_s <= target.onset_s + target.duration_s)
        eyes = np.stack([samples.left_px[inside], samples.right_px[inside]])
        seen = eyes[np.isfinite(eyes).all(axis=2)]
        if len(seen):
            offsets.append((np.array([target.x_px, target.y_px]) - np.median(seen, axis=0)) / display.px_per_deg)
            times_s.append(target.onset_s)
    if not offsets:
        return ()
    spread = np.std(offsets, axis=0, ddof=1).mean() if len(offsets) > 1 else UNTOLD_DEG
    sd_deg = float(np.hypot(SINCE_TARGETS_DEG, spread / np.sqrt(len(offsets))))
    return (KnownShift(shift_deg=np.median(offsets, axis=0), sd_deg=sd_deg, time_s=float(np.mean(times_s))),)


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


def late_correction(found: Alignment, display: Display, from_time_s: float) -> LateCorrection | None:
    """What is supported of a finding, with drift, for gaze from a time on; None where nothing is."""
    correction = display_correction(found, display)
    drifts = [one for one in found.deformations if one.kind == "drift" and one.is_supported]
    if found.told is not Told.YES or (correction.is_identity and not drifts):
        return None
    speed, middle_s = np.zeros(2), from_time_s
    for drift in drifts:
        speed, middle_s = drift.coefficients * display.px_per_deg / drift.length_s, drift.middle_s
        # the drift of the gaze that was seen is 0 in the mean, not in the middle of the time
        correction = correction.shifted(-drift.centre * drift.coefficients * display.px_per_deg)
    return LateCorrection(
        from_time_s=from_time_s,
        correction=correction,
        drift_px_s=(float(speed[0]), float(speed[1])),
        middle_s=middle_s,
    )


def mean_accuracy_deg(report: QualityReport) -> float:
    """Mean over eyes and targets that have gaze."""
    values = [target.accuracy_deg for target in report.targets]
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")


def viewed_image(trial: ViewedTrial, display: Display, density: NDArray[np.float32]) -> ViewedImage:
    """A trial as evidence: where gaze lay in the image, and where the image lay on the screen."""
    frame = trial.frame
    centre_px = np.array([frame.left_px + frame.width_px / 2, frame.top_px + frame.height_px / 2]) - display.size_px / 2
    centre = centre_px / display.px_per_deg
    return ViewedImage(
        density=density,
        fixations=np.array([(f.x_px, f.y_px) for f in trial.fixations], dtype=np.float64).reshape(-1, 2),
        size_px=(frame.image_width_px, frame.image_height_px),
        px_per_deg=display.px_per_deg / frame.scale,
        centre_deg=(float(centre[0]), float(centre[1])),
        time_s=trial.shown_s,
    )
