"""Viewing habits of every observer on every image of a data set."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gazeapp.gaze.viewing_habits import HABITS, viewing_habits
from trainer.data.dataset import Dataset


def habits_of(dataset: Dataset) -> NDArray[np.float32]:
    """(N, O, T) `viewing_habits` of the images and observers in use; NaN where they cannot be told."""
    table = np.asarray(dataset.fixations)
    found = np.full((dataset.n_images, dataset.n_observers, len(HABITS)), np.nan, dtype=np.float32)
    first = np.searchsorted(table["image"], np.arange(len(dataset.image_names) + 1))
    for n, image in enumerate(dataset.image_index.tolist()):
        rows = table[first[image] : first[image + 1]]
        for k, observer in enumerate(dataset.observer_index.tolist()):
            own = rows[rows["observer"] == observer]
            points = np.stack([own["x_px"], own["y_px"]], axis=1).astype(np.float64)
            found[n, k] = viewing_habits(
                points / float(dataset.px_per_deg[image]),
                own["duration_s"].astype(np.float64),
                own["viewing"].astype(np.int64),
            )
    return found
