"""What a caller gives, checked where it enters: every refusal names the argument and says what to give instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from gazeapp.errors import ArgumentError, GazeAppError
from gazeapp.gaze.display import Display
from gazeapp.types import Floats, Image, Map, Points

DisplayLike = Display | Sequence[float] | str
"""A `Display`, or (width px, height px, width mm, height mm, distance mm), also as text with commas."""
TableLike = Any
"""A table with named columns: a data frame, a structured array, a mapping of columns, or a sequence of mappings.
Any: pandas, Polars and NumPy share no type."""


@contextmanager
def naming(*arguments: str) -> Iterator[None]:
    """Turn the ValueError of a core function, whose message begins with an argument's name, into an ArgumentError."""
    try:
        yield
    except GazeAppError:
        raise
    except (ValueError, TypeError) as error:
        text = str(error)
        found = [argument for argument in arguments if text.startswith(argument)]
        argument = max(found, key=len) if found else arguments[0]
        raise ArgumentError(text if found else f"{argument}: {text}", argument=argument) from error


def numbers(values: Any, argument: str, *, ndim: tuple[int, ...] = (1,)) -> Floats:  # Any: array-like
    """A float64 array of one of some dimensions; NaN is left in."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"{argument} must be numbers ({error})", argument=argument) from error
    if array.ndim not in ndim:
        wanted = " or ".join(f"{n}-D" for n in ndim)
        raise ArgumentError(f"{argument} must be {wanted}, got shape {array.shape}", argument=argument)
    if np.isinf(array).any():
        raise ArgumentError(f"{argument} holds infinite values; missing gaze is NaN", argument=argument)
    return array


def times(values: Any, argument: str = "time_s") -> Floats:  # Any: array-like
    """(N,) seconds that grow; N is 1 or more."""
    time_s = numbers(values, argument)
    if not len(time_s):
        raise ArgumentError(f"{argument} is empty: there are no samples", argument=argument)
    if np.isnan(time_s).any():
        raise ArgumentError(f"{argument} holds NaN: every sample needs its time", argument=argument)
    steps = np.diff(time_s)
    if (steps < 0).any():
        where = int(np.argmax(steps < 0)) + 1
        raise ArgumentError(
            f"{argument} goes back at sample {where}: sort the samples, or give one recording at a time",
            argument=argument,
        )
    if len(steps) > 1 and float(np.median(steps)) > 0.5:
        raise ArgumentError(
            f"{argument} steps by {float(np.median(steps)):g} from sample to sample: it must be seconds; divide "
            "milliseconds by 1000 and microseconds by 1000000",
            argument=argument,
        )
    return time_s


def display_of(display: DisplayLike, argument: str = "display") -> Display:
    """The screen, refused where no screen has such sizes."""
    if isinstance(display, Display):
        return display
    with naming(argument):
        text = display if isinstance(display, str) else ",".join(str(part) for part in display)
        return Display.parse(text)


def image_of(image: Any, argument: str = "image") -> Image:  # Any: array-like
    """(H, W, 3) uint8 of an RGB or grey image."""
    if isinstance(image, str) or hasattr(image, "__fspath__"):
        raise ArgumentError(f"{argument} is a path; read it first: gazeapp.api.read_image(path)", argument=argument)
    array = np.asarray(image)
    if array.dtype != np.uint8:
        hint = (
            "multiply by 255, round and convert: (image * 255).round().astype(numpy.uint8)"
            if array.dtype.kind == "f"
            else "convert values of 0 to 255 with image.astype(numpy.uint8)"
        )
        raise ArgumentError(f"{argument} must be uint8, got {array.dtype}; {hint}", argument=argument)
    if array.ndim == 3 and array.shape[2] == 4:
        raise ArgumentError(f"{argument} has 4 channels; drop the transparent one: image[..., :3]", argument=argument)
    if array.size == 0 or not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] == 3)):
        raise ArgumentError(
            f"{argument} must be (H, W, 3) RGB or (H, W) grey, got shape {array.shape}", argument=argument
        )
    return np.ascontiguousarray(array if array.ndim == 3 else np.repeat(array[..., None], 3, axis=2))


def map_of(values: Any, argument: str) -> Map:  # Any: array-like
    """(H, W) finite numbers."""
    array = numbers(values, argument, ndim=(2,))
    if array.size == 0 or np.isnan(array).any():
        what = "is empty" if array.size == 0 else "holds NaN"
        raise ArgumentError(f"{argument} {what}; a map is (H, W) finite numbers", argument=argument)
    return array.astype(np.float32)


def size_of(size_wh: Sequence[int], argument: str = "size_wh") -> tuple[int, int]:
    """Width and height, whole pixels."""
    try:
        width, height = (int(part) for part in size_wh)
        exact = (width, height) == tuple(size_wh)
    except (TypeError, ValueError):
        width = height = 0
        exact = False
    if not exact or not (0 < width <= 20000 and 0 < height <= 20000):
        raise ArgumentError(
            f"{argument} must be (width, height) in whole pixels from 1 to 20000, got {size_wh!r}", argument=argument
        )
    return width, height


def positive(value: float, argument: str) -> float:
    """A finite number above 0."""
    found = numbers(value, argument, ndim=(0,))
    if not found > 0:
        raise ArgumentError(f"{argument} must be above 0, got {value!r}", argument=argument)
    return float(found)


def columns_of(table: TableLike, names: Sequence[str], argument: str) -> dict[str, Any]:
    """Columns of a table by name, as arrays; those that are not there are left out."""
    if isinstance(table, Sequence) and not isinstance(table, str) and table and isinstance(table[0], Mapping):
        return {name: np.asarray([row[name] for row in table]) for name in names if all(name in row for row in table)}
    known = table.dtype.names if isinstance(table, np.ndarray) else getattr(table, "columns", None)
    if known is None and isinstance(table, Mapping):
        known = table.keys()
    if known is None:
        raise ArgumentError(f"{argument} must be a table with the columns {', '.join(names)}", argument=argument)
    return {name: np.asarray(table[name]) for name in names if name in list(known)}


def fixation_table(fixations: TableLike, argument: str = "fixations") -> tuple[Points, Floats | None, Floats | None]:
    """Places (N, 2), and where the table has them durations and onsets (N,), of fixations given in any form."""
    is_bare = isinstance(fixations, list | tuple) and not (len(fixations) and isinstance(fixations[0], Mapping))
    if is_bare or (isinstance(fixations, np.ndarray) and fixations.dtype.names is None):
        points = np.asarray(fixations)
        if points.dtype.kind not in "fiu" or (points.size and (points.ndim != 2 or points.shape[1] != 2)):
            raise ArgumentError(
                f"{argument} must be (N, 2) pixels (x, y), or a table with x_px and y_px, got shape {points.shape}",
                argument=argument,
            )
        places, durations, onsets = points.astype(np.float64).reshape(-1, 2), None, None
    else:
        found = columns_of(fixations, ("x_px", "y_px", "duration_s", "onset_s"), argument)
        missing = [name for name in ("x_px", "y_px") if name not in found]
        if missing:
            raise ArgumentError(f"{argument} lacks the column {missing[0]}", argument=argument)
        cells = {name: numbers(values, f"{argument} ({name})") for name, values in found.items()}
        places = np.stack([cells["x_px"], cells["y_px"]], axis=1)
        durations, onsets = cells.get("duration_s"), cells.get("onset_s")
    for name, values in (("a coordinate", places), ("a duration", durations), ("an onset", onsets)):
        if values is not None and np.isnan(values).any():
            raise ArgumentError(f"{argument} has NaN as {name}: drop such rows first", argument=argument)
    if not np.isfinite(places).all():
        raise ArgumentError(f"{argument} holds an infinite coordinate", argument=argument)
    if durations is not None and (durations < 0).any():
        raise ArgumentError(f"{argument} has a duration below 0", argument=argument)
    return places, durations, onsets


def some_fixations(places: Points, argument: str = "fixations") -> Points:
    """The places; refused where there are none."""
    if not len(places):
        raise ArgumentError(f"{argument} is empty", argument=argument)
    return places
