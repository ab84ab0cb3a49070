"""Who and what is trained on, watched and tested in each fold: nested, and the same for every network of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gazeapp.errors import NotEnoughData
from trainer.data.dataset import Dataset
from trainer.data.splits import split_images

N_FOLDS = 3
_LEAST_OBSERVERS = 2 * N_FOLDS
"""Two to test, two to train on, and one to watch, in every fold."""
_WATCHED_EVERY = 4
"""One in so many of those who are not tested is watched: the paper's 5 of 25."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """One fold of one data set, as lists of `SOURCE:POSITION`."""

    number: int
    test_observers: tuple[str, ...]
    validation_observers: tuple[str, ...]
    """Watched by early stopping, and what every choice is made on; never tested in this fold."""
    test_images: tuple[str, ...]
    validation_images: tuple[str, ...]
    left_out_images: tuple[str, ...]
    """Not trained on: the test images, and images that another data set tests or watches by."""

    def write(self, folder: Path) -> dict[str, Path]:
        """One file a list, for the commands' options."""
        folder.mkdir(parents=True, exist_ok=True)
        found = {}
        for name in ("test_observers", "validation_observers", "test_images", "validation_images", "left_out_images"):
            found[name] = folder / f"{name}.txt"
            found[name].write_text("".join(f"{entry}\n" for entry in getattr(self, name)), encoding="utf-8")
        unseen = {
            "unseen_images": (*self.left_out_images, *self.validation_images),
            "unseen_observers": (*self.test_observers, *self.validation_observers),
        }
        for name, entries in unseen.items():
            found[name] = folder / f"{name}.txt"
            found[name].write_text("".join(f"{entry}\n" for entry in dict.fromkeys(entries)), encoding="utf-8")
        return found


def unseen_names(dataset: Dataset, *, seed: int) -> set[str]:
    """Names of the images on which a data set is tested or watched."""
    parts = split_images(len(dataset.image_names), seed)
    return {dataset.image_names[i] for part in ("validation", "test") for i in parts[part]}


def folds_of(dataset: Dataset, others: set[str], *, seed: int) -> list[Fold]:
    """Every observer is tested in one fold; images are 80/10/10 by seed, the same in all folds.

    Args:
        dataset: All of a data set.
        others: Names of images on which the other data sets at hand are tested or watched; not trained on here either.
        seed: Of the images.

    Raises:
        NotEnoughData: Fewer observers than three folds need.
    """
    n = dataset.n_observers
    if n < _LEAST_OBSERVERS:
        raise NotEnoughData(
            f"{dataset.source}: {n} observers; {N_FOLDS} folds with people to train on, to watch and to test need "
            f"{_LEAST_OBSERVERS}"
        )
    parts = split_images(len(dataset.image_names), seed)
    shared = {i for i, name in enumerate(dataset.image_names) if name in others} - set(parts["validation"])
    found = []
    for number in range(N_FOLDS):
        test = list(range(number, n, N_FOLDS))
        rest = [o for o in range(n) if o not in test]
        watched = rest[1::_WATCHED_EVERY]

        def named(positions: list[int]) -> tuple[str, ...]:
            return tuple(f"{dataset.source}:{position}" for position in positions)

        found.append(
            Fold(
                number=number,
                test_observers=named(test),
                validation_observers=named(watched),
                test_images=named(parts["test"]),
                validation_images=named(parts["validation"]),
                left_out_images=named(sorted({*parts["test"], *shared})),
            )
        )
    return found
