"""The model observer that a simulated run looks through: an illustration, not a person."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gazeapp.assembly.options import RunOptions


def device_options(options: RunOptions) -> dict[str, str]:
    """The device's options; a simulated observer's choices follow the plan's seed unless its own is given."""
    given = dict(options.device_options)
    if options.device == "simulated" and given.get("observer") != "mouse":
        given.setdefault("seed", str(options.plan.seed))
    return given


def model_saliency(image_rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(H, W) density that model observers follow: training-free, so that no network is asked what it then predicts."""
    from gazeapp.saliency.classic import signature_with_centre

    return signature_with_centre(image_rgb)
