"""Which images are left out: 80/10/10 by seed."""

from __future__ import annotations

import numpy as np

PARTS = ("train", "validation", "test")
_HELD_OUT_SHARE = 0.1


def split_images(n_images: int, seed: int = 0) -> dict[str, list[int]]:
    """Positions of the training (80 %), validation (10 %) and test (10 %) images, each sorted.

    >>> {part: len(positions) for part, positions in split_images(630).items()}
    {'train': 504, 'validation': 63, 'test': 63}
    """
    order = np.random.default_rng(seed).permutation(n_images)
    n_held_out = round(n_images * _HELD_OUT_SHARE)
    cuts = np.split(order, [n_images - 2 * n_held_out, n_images - n_held_out])
    return {part: sorted(cut.tolist()) for part, cut in zip(PARTS, cuts, strict=True)}
