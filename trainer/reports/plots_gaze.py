"""Figures of the gaze estimator: error over epochs, and where the views were salient."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gazeapp.types import Json
from trainer.reports.plot_style import GREY, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def epoch_curves(document: Json) -> Figure:
    """Mean error after each epoch of personalising, one line a model; the first point is before."""
    figure, (axis,) = new_figure(1, size=(5.0, 3.6))
    for k, (model, errors) in enumerate(document["epochs"].items()):
        axis.plot(range(len(errors)), errors, color=f"C{k}", label=model)
    axis.axhline(next(iter(document["epochs"].values()))[0], color=GREY, linestyle=":")
    axis.set_xlabel("epochs")
    axis.set_ylabel("error (cm)")
    axis.legend(fontsize=7)
    return figure


def average_saliency(document: Json) -> Figure:
    """Share of the views in which a place was salient, in centimetres from the camera."""
    found = document["average_saliency"]
    share = np.array(found["share"])
    half = found["cell_cm"] / 2
    left, top = found["left_cm"] - half, found["top_cm"] - half
    figure, (axis,) = new_figure(1, size=(5.0, 3.6))
    extent = (left, left + share.shape[1] * found["cell_cm"], top + share.shape[0] * found["cell_cm"], top)
    image = axis.imshow(share, extent=extent, cmap="magma", vmin=0.0)
    axis.set_xlabel("right of the camera (cm)")
    axis.set_ylabel("below it (cm)")
    figure.colorbar(image, label="share of the views")
    return figure
