"""DATA opened for training: memory-mapped images and maps, the fixation table, and parts left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import DatasetIncomplete
from gazeapp.gaze.viewing_statistics import HABITS, viewing_habits
from gazeapp.store.untrusted.arrays import map_array
from trainer.data.source import FIXATION, load_meta, load_text

SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dataset:
    """One prepared data set, or a part of it."""

    source: str
    sha256: str
    image_names: tuple[str, ...]
    observer_names: tuple[str, ...]
    image_index: NDArray[np.int64]
    """(N,) rows of the stored arrays that are in use."""
    observer_index: NDArray[np.int64]
    """(O,) observers of the stored arrays that are in use."""
    images: NDArray[np.uint8]
    """(all images, 2h, 2w, 3), memory-mapped."""
    feature_images: NDArray[np.uint8]
    """(all images, rows, columns, 3) at the size the shared backbone sees, memory-mapped."""
    maps: NDArray[np.float16]
    """(all images, all observers, h, w) personal maps scaled to maximum 1, memory-mapped."""
    fixations: NDArray[np.void]
    """(F,) of `layouts.FIXATION`, sorted; all images and observers."""
    image_sizes_px: NDArray[np.int64]
    """(all images, 2) width and height in which the fixations are given."""
    px_per_deg: NDArray[np.float64]
    """(all images,) pixels of that size per degree of visual angle."""
    sigma_deg: float
    folder: Path
    """Where it lies; features of its images are kept there."""
    categories: tuple[str, ...] = ()
    """Category of each stored image, where the data set has categories."""

    @property
    def n_images(self) -> int:
        """Images in use."""
        return len(self.image_index)

    @property
    def sigma_px(self) -> float:
        """Blur in image pixels; the median where images were shown at several scales."""
        return self.sigma_deg * float(np.median(self.px_per_deg))

    def fixations_of(self, image: int, observer: int) -> NDArray[np.void]:
        """Rows of one observer on one stored image."""
        first, last = np.searchsorted(self.fixations["image"], [image, image + 1])
        rows = self.fixations[first:last]
        own: NDArray[np.void] = rows[rows["observer"] == observer]
        return own

    def size_of(self, image: int) -> tuple[int, int]:
        """(width, height) of a stored image in the pixels of its fixations."""
        width, height = self.image_sizes_px[image].tolist()
        return width, height

    @property
    def n_observers(self) -> int:
        """Observers in use."""
        return len(self.observer_index)

    def without(self, images: Sequence[str], observers: Sequence[str]) -> Dataset:
        """Leave out images and observers given by name or 0-based position."""
        return self._part(
            self._positions(images, self.image_names),
            self._positions(observers, self.observer_names),
            keep=False,
        )

    def only(self, images: Sequence[str] | None, observers: Sequence[str] | None) -> Dataset:
        """Keep images and observers given by name or 0-based position; None keeps all."""
        every_image, every_observer = (
            set(self.image_index.tolist()),
            set(self.observer_index.tolist()),
        )
        return self._part(
            every_image if images is None else self._positions(images, self.image_names),
            every_observer if observers is None else self._positions(observers, self.observer_names),
            keep=True,
        )

    def _part(self, images: set[int], observers: set[int], *, keep: bool) -> Dataset:
        from dataclasses import replace

        image_index = [i for i in self.image_index.tolist() if (i in images) is keep]
        observer_index = [o for o in self.observer_index.tolist() if (o in observers) is keep]
        return replace(
            self,
            image_index=np.array(image_index, dtype=np.int64),
            observer_index=np.array(observer_index, dtype=np.int64),
        )

    def _positions(self, entries: Sequence[str], names: Sequence[str]) -> set[int]:
        """Positions of entries such as `1001.jpg`, `17` or `osie:17`; those of other data sets are skipped."""
        known = {name: i for i, name in enumerate(names)}
        found = set()
        for entry in entries:
            source, _, text = entry.rpartition(":")
            if source and source != self.source:
                continue
            if text in known:
                found.add(known[text])
            elif text.isdigit() and int(text) < len(names):
                found.add(int(text))
        return found

    def overlap(self) -> float:
        """Share of (image, observer) pairs in use in which the observer fixated the image."""
        if not self.n_images or not self.n_observers:
            return 0.0
        seen = np.zeros((len(self.image_names), len(self.observer_names)), dtype=bool)
        seen[self.fixations["image"], self.fixations["observer"]] = True
        return float(seen[np.ix_(self.image_index, self.observer_index)].mean())


def open_data(folder: Path) -> Dataset:
    """Open DATA.

    Raises:
        DatasetIncomplete: Not a folder that `prepare` finished, or of another schema.
    """
    meta = load_meta(folder, SCHEMA)
    try:
        images = map_array(folder / "images.npy")
        feature_images = map_array(folder / "feature_images.npy")
        maps = map_array(folder / "maps.npy")
        fixations = map_array(folder / "fixations.npy")
    except (OSError, ValueError) as error:
        raise DatasetIncomplete(
            f"{folder}: not a complete DATA folder ({error}); make one with `python -m trainer prepare`"
        ) from error
    try:
        dataset = Dataset(
            source=str(meta["source"]),
            sha256=str(meta["sha256"]),
            image_names=tuple(map(str, meta["images"])),
            observer_names=tuple(map(str, meta["observers"])),
            image_index=np.arange(len(meta["images"])),
            observer_index=np.arange(len(meta["observers"])),
            images=images,
            feature_images=feature_images,
            maps=maps,
            fixations=fixations,
            image_sizes_px=np.array(meta["image_sizes_px"], dtype=np.int64).reshape(-1, 2),
            px_per_deg=np.array(meta["px_per_deg"], dtype=np.float64),
            sigma_deg=float(meta["sigma_deg"]),
            folder=folder,
            categories=tuple(map(str, meta.get("categories", ()))),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise DatasetIncomplete(f"{folder / 'meta.json'}: damaged ({error!r}); prepare it again") from error
    _require_whole(dataset)
    return dataset


def _require_whole(dataset: Dataset) -> None:
    """What was written together belongs together: DatasetIncomplete where an index or a size leads beyond it."""
    n_images, n_observers, table = len(dataset.image_names), len(dataset.observer_names), dataset.fixations
    lengths = [len(dataset.images), len(dataset.feature_images), len(dataset.image_sizes_px), len(dataset.px_per_deg)]
    places = {"image": n_images, "observer": n_observers}
    if (
        dataset.maps.ndim != 4
        or dataset.maps.shape[:2] != (n_images, n_observers)
        or any(length != n_images for length in lengths)
        or (dataset.categories and len(dataset.categories) != n_images)
        or table.dtype != FIXATION
        or any(len(table) and not (0 <= table[key].min() <= table[key].max() < n) for key, n in places.items())
    ):
        raise DatasetIncomplete(f"{dataset.folder}: its files do not belong together; prepare it again")


def read_names(path: Path | None) -> list[str]:
    """Names or positions from a text file, one a line; empty lines and `#` comments are skipped."""
    if path is None:
        return []
    return [text for line in load_text(path).splitlines() if (text := line.split("#")[0].strip())]


def fixation_counts(dataset: Dataset) -> NDArray[np.float32]:
    """(N, O) fixations on the images by the observers in use."""
    counts = np.zeros((len(dataset.image_names), len(dataset.observer_names)), dtype=np.float32)
    np.add.at(counts, (dataset.fixations["image"], dataset.fixations["observer"]), 1)
    return np.asarray(counts[np.ix_(dataset.image_index, dataset.observer_index)])


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
