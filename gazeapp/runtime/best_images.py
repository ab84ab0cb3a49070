"""Images on which people differ most: how much each, and a set of them, would tell about a person.

The weights know along which basis maps people differ, and by how much. Of an image they tell, before anybody has looked
at it, the Fisher information about a person's coefficients that a viewing brings; of several images these add up. The
expected gain from a set is then half the log determinant of what is known after it beside before it, in bits
(D-optimal design). Each further image is worth less where it tells of the same differences again, which is why a set
is chosen, and not the images one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import GazeAppError

if TYPE_CHECKING:
    from gazeapp.networks.predictors import Predictors

Information = NDArray[np.float64]
"""(K, K) Fisher information of one viewing."""
_N_DRAWS = 40
"""Random choices that the chosen one is held against."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BestImages:
    """What was chosen, and what it saves."""

    chosen: tuple[int, ...]
    """Positions among the images, the most telling first."""
    bits: float
    """What they are expected to tell about a person."""
    n_random: int
    """Images drawn at random that are expected to tell as much; all of them, where no fewer do."""

    @property
    def n_saved(self) -> int:
        """Images that a person need not look at."""
        return self.n_random - len(self.chosen)


def gain_bits(informations: Sequence[Information]) -> float:
    """What viewings are expected to tell about a person of whom nothing is known."""
    if not informations:
        return 0.0
    total = np.eye(len(informations[0])) + np.sum(informations, axis=0)
    return float(np.linalg.slogdet(total)[1] / (2 * np.log(2)))


def most_telling(known: Information, candidates: NDArray[np.float64]) -> int:
    """Which of some images (N, K, K) tells most beyond what is known (K, K); the first of equal ones."""
    precision = np.eye(len(known)) + known
    return int(np.argmax(np.linalg.slogdet(precision + candidates)[1]))


def choose_best(informations: Sequence[Information], k: int, seed: int = 0) -> BestImages:
    """Choose k images, each the one that tells most beyond those before it.

    Greedy choice reaches at least 63 % of the best gain there is (Nemhauser et al. 1978, of submodular functions).

    Args:
        informations: Of each image.
        k: How many; all where there are fewer.
        seed: Of the random choices it is held against.
    """
    images = np.asarray(informations, dtype=np.float64)
    left = list(range(len(images)))
    known = np.zeros(images.shape[1:])
    chosen: list[int] = []
    while left and len(chosen) < k:
        best = left.pop(most_telling(known, images[left]))
        chosen.append(best)
        known = known + images[best]
    bits = gain_bits([known])
    rng = np.random.default_rng(seed)
    needed = [_needed(images[rng.permutation(len(images))], bits) for _ in range(_N_DRAWS)]
    n_random = max(round(float(np.mean(needed))), len(chosen))
    return BestImages(chosen=tuple(chosen), bits=bits, n_random=n_random)


def _needed(images: NDArray[np.float64], bits: float) -> int:
    """How many of the first images tell as much."""
    low, high = 0, len(images)
    total = np.cumsum(images, axis=0)
    eye = np.eye(images.shape[1])
    while low < high:
        middle = (low + high) // 2
        gained = np.linalg.slogdet(eye + total[middle])[1] / (2 * np.log(2))
        low, high = (low, middle) if gained >= bits - 1e-9 else (middle + 1, high)
    return min(low + 1, len(images))


def read_informations(
    images: Iterable[Path],
    predictors: Predictors,
    on_image: Callable[[int], bool] = lambda _n: True,
) -> tuple[list[Path], list[Information], list[str]]:
    """The information of each image file.

    Args:
        images: The files.
        predictors: The networks, of the calling thread.
        on_image: Told how many are done; False ends it.

    Returns:
        The images that could be read, what each tells, and why others could not be read.
    """
    from gazeapp.store.stimuli import decode_image

    paths: list[Path] = []
    found: list[Information] = []
    problems: list[str] = []
    seen: set[str] = set()
    for n, path in enumerate(images):
        if not on_image(n):
            break
        try:
            image = decode_image(path)
        except GazeAppError as error:
            problems.append(error.message)
            continue
        if image.stimulus_id in seen:  # the same image twice tells nothing new
            continue
        seen.add(image.stimulus_id)
        paths.append(path)
        found.append(predictors.information(image.rgb))
    return paths, found, problems
