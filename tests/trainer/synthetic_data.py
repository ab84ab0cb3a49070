"""A tiny synthetic data set of people who differ on purpose, for tests and first tries without any download."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from trainer.data.source import FIXATION, DatasetSource


def write_synthetic(folder: Path, *, n_images: int = 12, n_observers: int = 4, seed: int = 0) -> DatasetSource:
    """Write random images with bright discs, and observers of whom each prefers one colour and one side.

    Args:
        folder: Gets `000.png` and so on, 80x60 pixels; made where absent.
        n_images: Number of images.
        n_observers: Number of observers.
        seed: Same seed, same data.

    Returns:
        The data set, for `write_data`; 4 pixels per degree.
    """
    import cv2

    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    width, height, n_discs = 80, 60, 4
    paths, rows = [], []
    for image in range(n_images):
        canvas = rng.integers(90, 140, (height, width, 3), dtype=np.uint8)
        centres = rng.uniform([8, 8], [width - 8, height - 8], (n_discs, 2))
        for disc, centre in enumerate(centres):
            colour = [0, 0, 0]
            colour[disc % 3] = 255
            cv2.circle(canvas, (int(centre[0]), int(centre[1])), 5, colour, -1)
        path = folder / f"{image:03d}.png"
        cv2.imwrite(str(path), canvas)
        paths.append(path)
        for observer in range(n_observers):
            pull = np.array([n_discs if d % 3 == observer % 3 else 1.0 for d in range(n_discs)])
            pull *= np.exp((centres[:, 0] / width - 0.5) * (6 if observer % 2 else -6))
            for order in range(6):
                disc = rng.choice(n_discs, p=pull / pull.sum())
                x, y = np.clip(centres[disc] + rng.normal(0, 2, 2), 0, [width - 1, height - 1])
                rows.append((image, observer, 1, order, x, y, 0.25))
    return DatasetSource(
        name="synthetic",
        image_paths=tuple(paths),
        observers=tuple(f"person-{k}" for k in range(n_observers)),
        image_size_wh=(width, height),
        px_per_deg=4.0,
        fixations=np.array(rows, dtype=FIXATION),
    )
