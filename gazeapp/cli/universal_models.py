"""Universal models by the name a user types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import SettingsError

Predict = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""(H, W, 3) uint8 to (H, W) float32 density."""

NAMES = (
    "default",
    "deepgaze",
    "signature",
    "signature-centre",
    "spectral-residual",
    "bms",
    "bms-centre",
    "centre-bias",
)


def load_universal(name: str, weights: Path | None) -> Predict:
    """The function that predicts with a model.

    Args:
        name: One of `NAMES`.
        weights: Weights file for `default` or `deepgaze` (its published file; `centerbias_mit1003.npy` beside it is
            used too); the others have none.

    Raises:
        SettingsError: Unknown name, or weights for a model without any.
        CheckpointError: Weights that cannot be used.
    """
    if name not in NAMES:
        raise SettingsError(
            f"universal model {name!r} is not known; use one of {', '.join(NAMES)}", key="model"
        )
    if name == "default":
        from gazeapp.networks.predictors import UniversalPredictor

        return UniversalPredictor(weights).predict
    if name == "deepgaze":
        from gazeapp.networks.deepgaze_weights import CENTRE_BIAS_NAME, DeepGazePredictor

        beside = weights.parent / CENTRE_BIAS_NAME if weights is not None else None
        return DeepGazePredictor(
            weights, centre=beside if beside is not None and beside.is_file() else None
        ).predict
    if weights is not None:
        raise SettingsError(f"--weights: {name} is training-free and takes none", key="weights")
    from gazeapp.saliency.bms import bms_with_centre, boolean_map_saliency
    from gazeapp.saliency.classic import (
        centre_bias,
        image_signature,
        signature_with_centre,
        spectral_residual,
    )

    free: dict[str, Predict] = {
        "signature": image_signature,
        "signature-centre": signature_with_centre,
        "spectral-residual": spectral_residual,
        "bms": boolean_map_saliency,
        "bms-centre": bms_with_centre,
        "centre-bias": lambda image: centre_bias((image.shape[1], image.shape[0])),
    }
    return free[name]


def require_own_names(images: Sequence[Path]) -> None:
    """Refuse two images of one name: what is written is called after the image, and the second would replace the first."""
    first: dict[str, Path] = {}
    for path in images:
        other = first.setdefault(path.stem, path)
        if other is not path:
            raise SettingsError(
                f"{other} and {path} would both be written as {path.stem}.*; rename one, or give them in two calls with "
                "different -o",
                key="IMAGE",
            )
