"""Directions in which people differ more than one person differs from image to image.

Shape legend: N images, O observers, T features, L directions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def discriminant(
    values_NOT: Sequence[Values], n_directions: int, *, shrinkage: float = 0.1
) -> tuple[Values, Values, Values]:
    """Fit between- and within-person covariances and diagonalise both.

    Args:
        values_NOT: (N, O, T) features of each data set, which may differ in people and images; NaN rows are left out.
        n_directions: L.
        shrinkage: Share of the within-person covariance that is replaced by its diagonal.

    Returns:
        Mean (T,), axes (T, L) along which the variance within a person is 1, and the variance over people (L,) along
        them, never negative.

    Source:
        Ioffe (2006), Probabilistic linear discriminant analysis.
    """
    size = values_NOT[0].shape[-1]
    within, between = np.zeros((size, size)), np.zeros((size, size))
    n_within = n_between = 0
    images_per_person = []
    for values in values_NOT:
        person_OT = np.nanmean(values, axis=0)
        rest = (values - person_OT).reshape(-1, size)
        rest = rest[np.isfinite(rest).all(axis=1)]
        within += rest.T @ rest
        n_within += len(rest) - len(person_OT)
        centred = person_OT - person_OT.mean(axis=0)
        between += centred.T @ centred
        n_between += len(person_OT) - 1
        images_per_person.append(len(rest) / len(person_OT))
    within /= max(1, n_within)
    # the means of people carry what is left of the noise within them
    between = between / max(1, n_between) - within / float(np.mean(images_per_person))
    within = (1 - shrinkage) * within + shrinkage * np.diag(np.diag(within))
    eigenvalues, vectors = np.linalg.eigh(within)
    whitening = vectors / np.sqrt(np.maximum(eigenvalues, 1e-10 * eigenvalues.max()))
    variance, rotation = np.linalg.eigh(whitening.T @ between @ whitening)
    order = np.argsort(-variance)[:n_directions]
    mean = np.mean([np.nanmean(values, axis=(0, 1)) for values in values_NOT], axis=0)
    return mean, whitening @ rotation[:, order], np.maximum(variance[order], 0.0)
