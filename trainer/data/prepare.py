"""A data set becomes DATA: memory-mapped images and personal maps, a fixation table, and provenance."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path

import numpy as np

from gazeapp.networks.backbone import feature_image_size
from gazeapp.networks.map_grid import IMAGE_SCALE, SIGMA_DEG, personal_map_on_grid, resize_image
from gazeapp.progress import Track
from gazeapp.store.stimuli import decode_image
from trainer.data.dataset import SCHEMA
from trainer.data.source import DatasetSource


def write_data(
    source: DatasetSource,
    folder: Path,
    *,
    map_size_wh: tuple[int, int] = (160, 120),
    sigma_deg: float = SIGMA_DEG,
    progress: Track = lambda items, _label, _total: items,
) -> None:
    """Write DATA; meta.json comes last, so that a folder with it is complete.

    Args:
        source: What a reader of `trainer.data.readers` found.
        folder: Destination; made where absent, its arrays replaced.
        map_size_wh: (width, height) of the maps, cells. Images are kept at `IMAGE_SCALE` times that.
        sigma_deg: Blur, degrees of visual angle.
        progress: Wraps the loop over images.

    Raises:
        UnreadableImage: An image cannot be decoded, or is cut off.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "meta.json").unlink(missing_ok=True)
    for stale in folder.glob("features-*.npy"):
        stale.unlink()
    n_images, n_observers = len(source.image_paths), len(source.observers)
    width, height = map_size_wh
    image_wh = (width * IMAGE_SCALE, height * IMAGE_SCALE)
    images = np.lib.format.open_memmap(folder / "images.npy", "w+", np.uint8, (n_images, image_wh[1], image_wh[0], 3))
    feature_wh = feature_image_size(map_size_wh)
    feature_images = np.lib.format.open_memmap(
        folder / "feature_images.npy", "w+", np.uint8, (n_images, feature_wh[1], feature_wh[0], 3)
    )
    maps = np.lib.format.open_memmap(folder / "maps.npy", "w+", np.float16, (n_images, n_observers, height, width))
    np.save(folder / "fixations.npy", source.fixations)
    digest = hashlib.sha256(source.fixations.tobytes())
    px_per_deg = np.broadcast_to(source.px_per_deg, n_images).astype(float).tolist()
    sizes: list[tuple[int, int]] = []
    first = np.searchsorted(source.fixations["image"], np.arange(n_images + 1))
    for i in progress(range(n_images), f"prepare {source.name}", n_images):
        path = source.image_paths[i]
        content = path.read_bytes()
        rgb = decode_image(content, name=str(path)).rgb
        digest.update(content)
        images[i] = resize_image(rgb, image_wh)
        feature_images[i] = resize_image(rgb, feature_wh)
        size = source.image_size_wh or (rgb.shape[1], rgb.shape[0])
        sizes.append(size)
        rows = source.fixations[first[i] : first[i + 1]]
        for observer in range(n_observers):
            own = rows[rows["observer"] == observer]
            density = personal_map_on_grid(
                np.stack([own["x_px"], own["y_px"]], axis=1).astype(np.float64),
                size,
                map_size_wh,
                px_per_deg[i],
                sigma_deg,
            )
            maps[i, observer] = density / max(float(density.max()), 1e-12)
    images.flush()
    feature_images.flush()
    maps.flush()
    cells_per_px = [math.sqrt(width * height / (w * h)) for w, h in sizes]
    meta = {
        "schema": SCHEMA,
        "source": source.name,
        "images": _image_names(source),
        "categories": list(source.categories),
        "observers": list(source.observers),
        "image_sizes_px": [list(size) for size in sizes],
        "map_size": [width, height],
        "px_per_deg": px_per_deg,
        "sigma_deg": sigma_deg,
        "sigma_px": sigma_deg * source.median_px_per_deg,
        "sigma_cells": sigma_deg * float(np.median(np.multiply(px_per_deg, cells_per_px))),
        "scale": "each personal map is scaled to maximum 1",
        "sha256": digest.hexdigest(),
    }
    (folder / "meta.json").write_text(json.dumps(meta, indent=1) + "\n", encoding="utf-8")


def _image_names(source: DatasetSource) -> list[str]:
    """File names; with their category where there is one, because categories repeat each other's names."""
    names = [path.name for path in source.image_paths]
    if not source.categories:
        return names
    return [f"{category}/{name}" for category, name in zip(source.categories, names, strict=True)]
