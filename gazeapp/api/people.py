"""Where people look, where one person looks, and what their gaze says of its own error."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
from numpy.typing import ArrayLike

from gazeapp.api.arguments import (
    TableLike,
    choice,
    fixation_table,
    image_of,
    map_of,
    mapping_of,
    naming,
    path_of,
    positive,
    several,
    text_of,
)
from gazeapp.errors import ArgumentError
from gazeapp.networks import universal_models
from gazeapp.networks.universal_models import DEFAULT, Universal, UniversalChoice
from gazeapp.saliency.maps import is_inside, normalise
from gazeapp.store import embedding as embedding_file
from gazeapp.store.embedding import UserEmbedding
from gazeapp.types import Map

if TYPE_CHECKING:
    from gazeapp.networks.predictors import Predictors
    from gazeapp.saliency.alignment import Alignment

MIN_IMAGE_DEG, MAX_IMAGE_DEG = 0.5, 180.0


class Pair(NamedTuple):
    """One image and one person's fixations on it."""

    image: ArrayLike
    """(H, W, 3) RGB or (H, W) grey, uint8."""
    fixations: TableLike
    """(N, 2) image pixels, or a table with `x_px`, `y_px` and, where known, `duration_s`."""
    px_per_deg: float | None = None
    """Image pixels per degree of visual angle; None takes the image's width / 33.3."""
    name: str = ""
    """The image's file name; the universal model `folder` finds its map by it."""


class Maps(NamedTuple):
    """What `predict` returns."""

    universal: Map
    """(H, W) float32, sums to 1: where people look."""
    personal: Map
    """(H, W) float32, sums to 1: where this person looks."""
    discrepancy: Map
    """(H, W) float32, personal minus universal: what is this person's own."""


def universal(
    image: ArrayLike,
    *,
    model: str | Universal = DEFAULT,
    weights: Path | str | None = None,
    options: Mapping[str, str] | None = None,
    name: str = "",
) -> Map:
    """Predict where people look in an image.

    Args:
        image: (H, W, 3) RGB or (H, W) grey, uint8.
        model: A model's name (`gazeapp universal --help` lists them), the path of an ONNX file, weights or maps, or a
            model from `load_universal`.
        weights: File of a model that needs one.
        options: Of the model, as text.
        name: The image's file name; the model `folder` finds its map by it.

    Returns:
        (H, W) float32 that sums to 1, `map[y, x]`.

    Raises:
        ArgumentError: The image has another shape or type.
        SettingsError: Unknown model or option.
        CheckpointError: Weights that are missing, damaged or foreign.

    >>> import numpy as np
    >>> density = universal(np.zeros((60, 80, 3), np.uint8), model="centre-bias")
    >>> density.shape, round(float(density.sum()), 3)
    ((60, 80), 1.0)
    """
    return _universal(model, weights, options)(image_of(image), text_of(name, "name"))


def enrol(
    pairs: Iterable[Pair | tuple[Any, ...]], *, px_per_deg: float | None = None, weights: Path | None = None
) -> UserEmbedding:
    """Compute a user embedding: where a person lies among people, from how they looked at images.

    Args:
        pairs: `Pair`s, or tuples (image, fixations) or (image, fixations, px_per_deg). Taken one at a time. Fixations
            beside an image are ignored; the more images, the better known is the person: 10 say something, 30 a lot.
        px_per_deg: Image pixels per degree of visual angle, for pairs that do not say; their width / 33.3 otherwise.
        weights: Folder with other weights.

    Returns:
        The embedding: vectors of one model compare by cosine, `spread` says how much it would change with other images.

    Raises:
        ArgumentError: No pair, or one with a wrong image or without a fixation on it; names its number.
        CheckpointError: Weights that are missing, damaged or foreign.

    Source:
        Strohm et al. (2024), Learning user embeddings from human gaze for personalised saliency prediction. Changed:
        the embedding is a posterior over basis maps in closed form.

    >>> import numpy as np
    >>> scene = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    >>> person = enrol([(scene, [(20, 30), (25, 31)]), (scene, [(60, 30)])])
    >>> person.n_pairs, all(abs(value) < 1 for value in person.vector)
    (2, True)
    """
    predictors = predictors_of(weights)
    features = []
    for number, given in enumerate(several(pairs, "pairs")):
        pair = _pair(given, f"pairs[{number}]")
        where = pair.name or f"pairs[{number}]"
        image = image_of(pair.image, f"{where} image")
        places, durations, _ = fixation_table(pair.fixations, f"{where} fixations")
        size = image.shape[1], image.shape[0]
        inside = is_inside(places, size)
        if not inside.any():
            raise ArgumentError(f"{where}: no fixation lies on the {size[0]}×{size[1]} image", argument="pairs")
        scale = _scale(px_per_deg if pair.px_per_deg is None else pair.px_per_deg, size, where)
        features.append(
            predictors.encode(image, places[inside], scale, None, None if durations is None else durations[inside])
        )
    if not features:
        raise ArgumentError("pairs is empty: an embedding needs at least one image with fixations", argument="pairs")
    return predictors.combine(features)


def predict(
    image: ArrayLike, person: UserEmbedding, *, universal: ArrayLike | None = None, weights: Path | None = None
) -> Maps:
    """Predict where one person looks in an image.

    Args:
        image: (H, W, 3) RGB or (H, W) grey, uint8.
        person: From `enrol` or `read_embedding`.
        universal: (H, W) density of where people look, of another model; predicted otherwise.
        weights: Folder with the weights that the embedding was made by, where these are not the shipped ones.

    Returns:
        The universal and the personal density and their difference, each (H, W) float32.

    Raises:
        ArgumentError: An image or map of another shape or type.
        CheckpointError: The embedding was made by other weights.

    >>> import numpy as np
    >>> scene = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    >>> maps = predict(scene, enrol([(scene, [(20, 30), (25, 31)])]))
    >>> maps.personal.shape, bool(abs(maps.discrepancy.sum()) < 1e-4)
    ((60, 80), True)
    """
    rgb = image_of(image)
    if not isinstance(person, UserEmbedding):
        raise ArgumentError(
            f"person must be a UserEmbedding (from enrol or read_embedding), got {type(person).__name__}",
            argument="person",
        )
    predictors = predictors_of(weights)
    person.require_model(predictors.sha256, where="person")
    base = predictors.universal(rgb) if universal is None else _density(universal, rgb.shape[:2])
    personal = predictors.personal(rgb, base, person)
    return Maps(universal=base, personal=personal, discrepancy=personal - base)


def recalibrate(
    pairs: Iterable[Pair | tuple[Any, ...]],
    *,
    px_per_deg: float | None = None,
    model: str | Universal = DEFAULT,
    weights: Path | str | None = None,
    up_to: str = "drift",
) -> Alignment:
    """Find a constant error of gaze from images that were viewed freely: gaze should lie where people look.

    Args:
        pairs: As in `enrol`, in the order in which the images were shown; fixations beside an image count, too.
        px_per_deg: As in `enrol`.
        model: Universal model that says where people look; as in `universal`.
        weights: Of the model.
        up_to: The furthest correction to try: `shift`, `scale`, `affine`, `smooth` or `drift`.

    Returns:
        The proposal: `shift_deg` (2,) to add to gaze (right, down), `shift_ci_deg` (2, 2), `is_supported`, and what
        lies beyond a shift. Nothing is changed by it; fewer than 5 images or 20 fixations say nothing.

    Raises:
        ArgumentError: As `enrol`.

    Source:
        Chang et al. (2019), SalGaze. Changed: compares each image's gaze with other images' maps.

    >>> import numpy as np
    >>> scene = np.zeros((60, 80, 3), np.uint8)
    >>> recalibrate([(scene, [(20, 30)])], model="centre-bias").told.value
    'too little gaze'
    """
    from gazeapp.saliency.alignment import align
    from gazeapp.saliency.gaze_evidence import ViewedImage

    look = _universal(model, weights, None)
    viewed = []
    for number, given in enumerate(several(pairs, "pairs")):
        pair = _pair(given, f"pairs[{number}]")
        where = pair.name or f"pairs[{number}]"
        image = image_of(pair.image, f"{where} image")
        places, _, _ = fixation_table(pair.fixations, f"{where} fixations")
        size = image.shape[1], image.shape[0]
        viewed.append(
            ViewedImage(
                density=look(image, pair.name),
                fixations=places,
                size_px=size,
                px_per_deg=_scale(px_per_deg if pair.px_per_deg is None else pair.px_per_deg, size, where),
                time_s=float(number),
            )
        )
    if not viewed:
        raise ArgumentError("pairs is empty: a correction needs images that were viewed", argument="pairs")
    with naming("up_to"):
        return align(viewed, up_to=text_of(up_to, "up_to"))


def load_universal(
    model: str | Path = DEFAULT,
    *,
    weights: Path | str | None = None,
    options: Mapping[str, str] | None = None,
    device: str = "auto",
) -> Universal:
    """Load a universal model, to be given to `universal` and `recalibrate` and used by the thread that loaded it.

    Args:
        model: As in `universal`.
        weights: File of a model that needs one.
        options: Of the model, as text.
        device: `auto`, `cpu` or `cuda`.

    Raises:
        ArgumentError: No such device.
        SettingsError: Unknown model or option.
        CheckpointError: Weights that are missing, damaged or foreign.

    >>> load_universal("centre-bias").name
    'centre-bias'
    """
    where = choice(device, ("auto", "cpu", "cuda"), "device")
    return universal_models.load_universal(_choice(model, weights, options), device=where)


def read_embedding(path: Path | str) -> UserEmbedding:
    """Read an embedding that `write_embedding` or `gazeapp enrol` wrote; UnreadableTable says what is wrong."""
    return embedding_file.read_embedding(path_of(path))


def write_embedding(embedding: UserEmbedding, path: Path | str) -> None:
    """Write an embedding as JSON, readable by its owner alone: it can tell people apart."""
    if not isinstance(embedding, UserEmbedding):
        raise ArgumentError(
            f"embedding must be a UserEmbedding (from enrol), got {type(embedding).__name__}", argument="embedding"
        )
    embedding_file.write_embedding(embedding, path_of(path))


class _Loaded(threading.local):
    """The networks used last: loading takes a second, and each may be used by the thread alone that loaded it."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[object, object]] = {}

    def take(self, kind: str, key: object, load: Callable[[], object]) -> object:
        """What was loaded last under the same key, or what is loaded now."""
        if kind not in self.kept or self.kept[kind][0] != key:
            self.kept[kind] = (key, load())
        return self.kept[kind][1]


_loaded = _Loaded()


def predictors_of(weights: Path | None) -> Predictors:
    """The networks of a weights folder, kept for the next call of this thread."""
    from gazeapp.networks.predictors import Predictors

    folder = None if weights is None else path_of(weights, "weights")
    return cast(Predictors, _loaded.take("person", folder, partial(Predictors.load, folder)))


def _universal(model: str | Universal, weights: Path | str | None, options: Mapping[str, str] | None) -> Universal:
    if isinstance(model, Universal):
        return model
    wanted = _choice(model, weights, options)
    key = (wanted.model, wanted.weights, tuple(sorted(wanted.options.items())))
    return cast(Universal, _loaded.take("universal", key, partial(universal_models.load_universal, wanted)))


def _choice(model: str | Path, weights: Path | str | None, options: Mapping[str, str] | None) -> UniversalChoice:
    file = None if weights is None else path_of(weights, "weights")
    given = {key: text_of(value, f"options ({key})") for key, value in mapping_of(options, "options").items()}
    return UniversalChoice.parse(str(path_of(model, "model")), file, given)


def _pair(given: Pair | tuple[Any, ...], where: str) -> Pair:
    if isinstance(given, Pair):
        return given
    if not isinstance(given, tuple | list) or not 2 <= len(given) <= 4:
        raise ArgumentError(
            f"{where} must be (image, fixations) or (image, fixations, px_per_deg), got {type(given).__name__}",
            argument="pairs",
        )
    return Pair(*given)


def _scale(px_per_deg: float | None, size: tuple[int, int], where: str) -> float:
    from gazeapp.networks.predictors import DEFAULT_PX_PER_DEG_SHARE

    scale = size[0] * DEFAULT_PX_PER_DEG_SHARE if px_per_deg is None else positive(px_per_deg, "px_per_deg")
    size_deg = max(size) / scale
    if px_per_deg is not None and not MIN_IMAGE_DEG <= size_deg <= MAX_IMAGE_DEG:
        raise ArgumentError(
            f"px_per_deg {scale:g}: {where} would be {size_deg:.3g} degrees large; give the image's pixels per degree "
            "of visual angle",
            argument="px_per_deg",
        )
    return scale


def _density(values: ArrayLike, shape: tuple[int, ...]) -> Map:
    density = map_of(values, "universal")
    if density.shape != shape:
        raise ArgumentError(f"universal has shape {density.shape}, the image {shape}", argument="universal")
    if density.min() >= 0 and abs(float(density.sum(dtype=np.float64)) - 1) < 1e-4:
        return density  # one already: another division would change its last bits
    with naming("universal"):
        return normalise(density)
