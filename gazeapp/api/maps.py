"""From fixations to maps, how well a map predicts them, and what areas of an image were looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gazeapp.analysis.area import Area, areas_of_labels
from gazeapp.analysis.area_measures import AreaMeasures, measure_area
from gazeapp.analysis.viewing import Viewing
from gazeapp.api.arguments import (
    TableLike,
    fixation_table,
    map_of,
    naming,
    numbers,
    several,
    size_of,
    some_fixations,
    text_of,
)
from gazeapp.errors import ArgumentError
from gazeapp.gaze.fixations import Fixation
from gazeapp.saliency.maps import fixation_density, is_inside
from gazeapp.saliency.metrics import METRICS, evaluate_map
from gazeapp.types import Map


def saliency_map(
    fixations: TableLike,
    size_wh: Sequence[int],
    sigma_px: float,
    *,
    weights: ArrayLike | Literal["duration"] | None = None,
) -> Map:
    """Blur fixations into a density.

    Args:
        fixations: (N, 2) image pixels (x, y), or a table with `x_px` and `y_px`. Those beside the image are left out.
        size_wh: Width and height of the image, pixels.
        sigma_px: Standard deviation of the Gaussian, pixels; about one degree of visual angle is usual. 0: no blur.
        weights: (N,) mass of each fixation, `"duration"` for the table's `duration_s`, or None: one each.

    Returns:
        (H, W) float32 that sums to 1, `map[y, x]`.

    Raises:
        ArgumentError: No fixation on the image, or an argument that cannot be; named in the message.

    >>> density = saliency_map([(20.5, 10.5)], (40, 30), sigma_px=3)
    >>> density.shape, divmod(int(density.argmax()), 40)
    ((30, 40), (10, 20))
    """
    places, durations, _ = fixation_table(fixations)
    size = size_of(size_wh)
    sigma = float(numbers(sigma_px, "sigma_px", ndim=(0,)))
    mass: ArrayLike | None
    if isinstance(weights, str):
        if weights != "duration":
            raise ArgumentError(f"weights must be numbers or 'duration', got {weights!r}", argument="weights")
        if durations is None:
            raise ArgumentError("weights is 'duration', but fixations lacks the column duration_s", argument="weights")
        mass = durations
    else:
        mass = None if weights is None else numbers(weights, "weights")
    places = some_fixations(places)
    if not is_inside(places, size).any():
        raise ArgumentError(
            f"fixations: none of {len(places)} lies on the {size[0]}×{size[1]} image; are they pixels of the image?",
            argument="fixations",
        )
    with naming("fixations", "sigma_px", "weights"):
        return fixation_density(places, size, sigma, mass)


def metrics(
    prediction: ArrayLike,
    *,
    truth: ArrayLike | None = None,
    fixations: TableLike | None = None,
    other_fixations: TableLike | None = None,
    baseline: ArrayLike | None = None,
    names: Iterable[str] = METRICS,
) -> dict[str, float]:
    """Score a map against another map, or against fixations: every metric that what is given allows.

    Args:
        prediction: (H, W) map of any scale; clipped at 0 where a density is needed.
        truth: (H, W) density, for `cc`, `sim`, `kld`.
        fixations: (N, 2) pixels of the map or a table with `x_px`, `y_px`, for `nss`, `auc`, `auc_judd`, `sauc`, `ig`.
        other_fixations: (M, 2) fixations on other images, for `sauc`.
        baseline: (H, W) density that is positive at every fixation, for `ig`.
        names: Metrics to compute.

    Returns:
        Metric to score: `cc` -1 to 1, `sim` 0 to 1, `kld` nats (lower is better), `nss` standard deviations, the AUCs
        0 to 1, `ig` bit per fixation. Equal to pysaliency's to 1e-6.

    Raises:
        ArgumentError: Shapes that differ, fixations beside the map, NaN, no mass, an unknown name, or nothing to score
            against.

    Source:
        Bylinskii et al. (2019), What do different evaluation metrics tell us about saliency models?

    >>> import numpy as np
    >>> ramp = np.tile(np.arange(8.0), (4, 1))
    >>> scores = metrics(ramp, fixations=[(7.5, 1.5)], truth=ramp)
    >>> round(scores["cc"], 3), scores["auc"]
    (1.0, 0.9375)
    """
    if truth is None and fixations is None:
        raise ArgumentError("truth or fixations is needed to score against", argument="truth")
    scored = numbers(prediction, "prediction", ndim=(2,))
    wanted = [text_of(name, "names") for name in several(names, "names")]
    places = others = None
    if fixations is not None:
        places = some_fixations(fixation_table(fixations)[0])
    if other_fixations is not None:
        others = some_fixations(fixation_table(other_fixations, "other_fixations")[0], "other_fixations")
    arguments = ("prediction", "truth", "fixations", "other_fixations", "baseline")
    try:
        with naming(*arguments):
            return evaluate_map(
                scored,
                truth=None if truth is None else numbers(truth, "truth", ndim=(2,)),
                fixations_px=places,
                other_fixations_px=others,
                baseline=None if baseline is None else map_of(baseline, "baseline"),
                metrics=wanted,
            )
    except ArgumentError as error:
        if error.message.startswith("prediction: metrics holds"):
            raise ArgumentError(error.message.replace("prediction: metrics", "names"), argument="names") from error
        raise


def areas(
    fixations: TableLike,
    areas: Sequence[Area] | ArrayLike,
    size_wh: Sequence[int],
    *,
    shown_s: float = 0.0,
) -> NDArray[np.void]:
    """Measure what areas of interest of one image were looked at in one viewing.

    Args:
        fixations: Table with `onset_s`, `duration_s`, `x_px`, `y_px` (image pixels), in order of time.
        areas: `Area`s, or an (H, W) label image of whole numbers, 0 for none.
        size_wh: Width and height of the image, pixels.
        shown_s: When the image appeared, in the time of `onset_s`.

    Returns:
        (A,) structured array, a row for each area: `area`, `first_fixation` (number from 1), `time_to_first_s`,
        `first_duration_s`, `n_fixations`, `dwell_s`, `n_visits`, `n_revisits`, `share` (of all dwell on the image),
        `hit`. NaN where the area was not looked at.

    Raises:
        ArgumentError: A table without these columns, labels of another size than the image, or no area.

    >>> import numpy as np
    >>> table = dict(onset_s=[0.2, 0.5], duration_s=[0.2, 0.3], x_px=[10, 60], y_px=[20, 20])
    >>> box = Area(name="left", shape="box", points_px=((0, 0), (50, 50)))
    >>> found = areas(table, [box], (100, 50))
    >>> found["area"][0].item(), round(found["dwell_s"][0].item(), 3), round(found["share"][0].item(), 3)
    ('left', 0.2, 0.4)
    """
    places, durations, onsets = fixation_table(fixations)
    size = size_of(size_wh)
    if durations is None or onsets is None:
        missing = "duration_s" if durations is None else "onset_s"
        raise ArgumentError(f"fixations lacks the column {missing}", argument="fixations")
    chosen = _areas(areas, size)
    viewing = Viewing(
        participant="",
        group="",
        session="",
        folder=Path(),
        trial=0,
        phase="",
        stimulus_id="",
        image="",
        size_wh=size,
        shown_s=float(numbers(shown_s, "shown_s", ndim=(0,))),
        hidden_s=np.nan,
        px_per_deg=np.nan,
        fixations=tuple(
            Fixation(onset_s=onset, duration_s=duration, x_px=x, y_px=y)
            for onset, duration, (x, y) in zip(onsets.tolist(), durations.tolist(), places.tolist(), strict=True)
        ),
        data_loss=np.nan,
    )
    return area_array([measure_area(viewing, area) for area in chosen])


_MEASURES = (
    ("first_fixation", "f8"),
    ("time_to_first_s", "f8"),
    ("first_duration_s", "f8"),
    ("n_fixations", "i8"),
    ("dwell_s", "f8"),
    ("n_visits", "i8"),
    ("n_revisits", "i8"),
    ("share", "f8"),
    ("hit", "i8"),
)


def area_array(rows: Sequence[AreaMeasures]) -> NDArray[np.void]:
    """Measures as the structured array that `areas` returns."""
    width = max((len(row.area) for row in rows), default=1)
    cells = [(row.area, *(getattr(row, name) for name, _ in _MEASURES)) for row in rows]
    return np.array(cells, dtype=np.dtype([("area", f"U{width}"), *_MEASURES]))


def _areas(areas: Sequence[Area] | ArrayLike, size: tuple[int, int]) -> tuple[Area, ...]:
    if isinstance(areas, list | tuple) and areas and all(isinstance(area, Area) for area in areas):
        return tuple(areas)
    numbers(areas, "areas", ndim=(0, 1, 2, 3))
    labels = np.asarray(areas)
    if labels.shape != (size[1], size[0]):
        raise ArgumentError(
            f"areas must be a list of Area, or a label image of shape {(size[1], size[0])}, got {labels.shape}",
            argument="areas",
        )
    with naming("areas"):
        found = areas_of_labels(labels)
    if not found:
        raise ArgumentError("areas is empty: the label image holds only 0", argument="areas")
    return found
