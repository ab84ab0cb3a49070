"""What a caller gives, checked where it enters: every refusal names the argument and says what to give instead."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
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
    """A float64 array of one of some dimensions; NaN is left in, and is what a masked value becomes."""
    try:
        if isinstance(values, np.ma.MaskedArray):
            values = np.ma.filled(values.astype(np.float64), np.nan)
        found = np.asarray(values)
        if found.dtype.kind not in "fiubO":
            raise TypeError(f"they are {found.dtype}")
        array = found.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ArgumentError(f"{argument} must be numbers ({_line(error)})", argument=argument) from error
    if array.ndim not in ndim:
        wanted = " or ".join("one number" if n == 0 else f"{n}-D" for n in ndim)
        raise ArgumentError(f"{argument} must be {wanted}, got shape {array.shape}", argument=argument)
    if np.isinf(array).any():
        raise ArgumentError(f"{argument} holds infinite values; missing gaze is NaN", argument=argument)
    return array


def choice(value: Any, known: Sequence[str], argument: str) -> str:  # Any: whatever a caller gives
    """One of a few words."""
    if not isinstance(value, str) or value not in known:
        given = repr(value) if isinstance(value, str) else type(value).__name__
        raise ArgumentError(f"{argument} must be {' or '.join(known)}, got {given}", argument=argument)
    return value


def text_of(value: Any, argument: str) -> str:  # Any: whatever a caller gives
    """Text."""
    if not isinstance(value, str):
        raise ArgumentError(f"{argument} must be text, got {type(value).__name__}", argument=argument)
    return value


def path_of(value: Any, argument: str = "path") -> Path:  # Any: whatever a caller gives
    """A path, given as one or as text."""
    path = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if not isinstance(path, str) or not path or "\0" in path:
        given = repr(value) if isinstance(value, str) else type(value).__name__
        raise ArgumentError(f"{argument} must be a path, got {given}", argument=argument)
    return Path(path)


def mapping_of(value: Any, argument: str) -> dict[str, Any]:  # Any: whatever a caller gives
    """Names and values; none for None."""
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise ArgumentError(f"{argument} must be a dict of names, got {type(value).__name__}", argument=argument)
    return dict(value)


def several(values: Any, argument: str) -> Iterable[Any]:  # Any: whatever a caller gives
    """Something to go through."""
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise ArgumentError(f"{argument} must be a list or the like, got {type(values).__name__}", argument=argument)
    return values


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


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
        text = display if isinstance(display, str) else ",".join(f"{part}" for part in several(display, argument))
        return Display.parse(text)


def image_of(image: Any, argument: str = "image") -> Image:  # Any: array-like
    """(H, W, 3) uint8 of an RGB or grey image."""
    if isinstance(image, str) or hasattr(image, "__fspath__"):
        raise ArgumentError(f"{argument} is a path; read it first: gazeapp.api.read_image(path)", argument=argument)
    try:
        array = np.asarray(image)
    except ValueError as error:
        raise ArgumentError(f"{argument} must be an array ({_line(error)})", argument=argument) from error
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


_LARGEST_SIDE = 20_000


def size_of(size_wh: Sequence[int], argument: str = "size_wh") -> tuple[int, int]:
    """Width and height, whole pixels."""
    sides = list(several(size_wh, argument))
    if len(sides) != 2 or not all(_is_whole(side) and 0 < side <= _LARGEST_SIDE for side in sides):
        given = " × ".join(str(side) for side in sides)[:60]
        raise ArgumentError(
            f"{argument} must be (width, height) in whole pixels from 1 to {_LARGEST_SIDE}, got {given}",
            argument=argument,
        )
    width, height = (int(side) for side in sides)
    return width, height


def _is_whole(value: object) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and float(value).is_integer()


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
        try:
            points = np.asarray(fixations)
        except ValueError:
            points = np.empty(0, dtype=object)
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
        if len({len(values) for values in cells.values()}) > 1:
            raise ArgumentError(f"{argument} has columns of different lengths", argument=argument)
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
