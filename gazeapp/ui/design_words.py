"""What the page of plans says of a step: what it shows, how large, and what its order saves."""

from __future__ import annotations

import math
from pathlib import Path

from gazeapp.experiment.plan_images import StepImages
from gazeapp.experiment.step_order import IMAGES
from gazeapp.gaze.display import Display
from gazeapp.ui.error_words import error_words
from gazeapp.ui.formatting import UNKNOWN, format_clock
from gazeapp.ui.models.design_model import DesignModel
from gazeapp.ui.plan_words import size_words
from gazeapp.ui.translation import tr

ADAPTIVE_SAVES = 1.5
"""Images that the adaptive order saves, as measured in `runtime.stimulus_selection`."""


def step_detail(model: DesignModel, kind: str, n_images: int | None, points: object) -> str:
    """How much of it there is: images, or targets."""
    if kind in IMAGES:
        return tr("{0} images").format(UNKNOWN if n_images is None else n_images)
    if kind in ("calibrate", "validate") and model.document is not None:
        key, usual = ("points", 9) if kind == "calibrate" else ("validation_points", 5)
        return tr("{0} points").format(points or model.document.value("calibration", key) or usual)
    return ""


def step_words(kind: str, images: StepImages) -> str:
    """What is to be known of the chosen step, beside its name."""
    if kind not in IMAGES:
        return ""
    own = tr("its own images") if images.is_own else tr("the plan's images, shared among its steps")
    return error_words(images.problem) or own


def target_words(kind: str) -> str:
    """What a step with targets does, and where that is set up."""
    if kind == "drift":
        return tr("One target in the middle: how far gaze has moved since the calibration.")
    return tr("How targets look and how gaze is fitted is chosen in Record, on the page of the calibration.")


def seen_words(model: DesignModel, display: Display | None, key: str) -> str:
    """How large an image appears to the participant, and what the adaptive order saves.

    Args:
        model: The plan.
        display: The participant's screen, where it is known.
        key: File of the image that is looked at; the first one where it is empty.
    """
    words = _size_words(model, display, key)
    is_adaptive = model.value("trials", "order") == "informative" and model.step.get("kind") == "enrol"
    if is_adaptive and math.isfinite(model.trial_s):
        more = tr(
            "Adaptive: each next image is unlike those seen, on which gaze spreads as on most; it saves an image or "
            "two, about {0} min."
        ).format(format_clock(ADAPTIVE_SAVES * model.trial_s))
        words = "\n".join(filter(None, [words and words + ".", more]))
    return words


def _size_words(model: DesignModel, display: Display | None, key: str) -> str:
    paths = model.images(model.selected).paths
    plan = model.check.plan
    key = key or (str(paths[0]) if paths else "")
    mark = next(iter(model.marks.marks([Path(key)])), None) if key else None
    if display is None or plan is None or mark is None or not mark.size_wh[0]:
        return ""
    return size_words(display, plan.look_of(model.selected), mark.size_wh)
