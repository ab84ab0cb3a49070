"""Every universal model by name: what it is, what it needs, and the one place where it is loaded.

Reading this module loads neither PyTorch nor NumPy; `load_universal` imports what the chosen model needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gazeapp.errors import SettingsError

if TYPE_CHECKING:
    from gazeapp.types import Image, Map

DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class UniversalModel:
    """What a person should know before choosing a model."""

    name: str
    title: str
    """In a few words."""
    weights: Literal["none", "optional", "needed"]
    files: str = ""
    """What `--weights` names; empty where there is nothing to name."""
    centre_bias: str
    """How the model knows that people look at the middle."""
    categories: bool = False
    """Whether it can be told the category of the image."""
    licence: str
    options: Mapping[str, str] = field(default_factory=dict)
    """Option to what it says, the present default first."""


_OURS = "MIT, as this program"
_CENTRE_GAUSSIAN = "fixed Gaussian"

MODELS = (
    UniversalModel(
        name=DEFAULT,
        title="the shipped network",
        weights="optional",
        files="universal.safetensors, or a folder or run with one",
        centre_bias="learnt from OSIE and EyeCrowd",
        licence=_OURS,
    ),
    UniversalModel(
        name="deepgaze",
        title="DeepGaze IIE (Linardos et al. 2021)",
        weights="needed",
        files="deepgaze2e.pth as its authors publish it, else looked for in the torch hub cache; or a .safetensors of "
        "one's own readouts (`trainer train universal --preset category-weights`)",
        centre_bias="from its file, else a fixed Gaussian",
        licence="the weights are their authors'; none is shipped",
        categories=True,
        options={
            "centre": "file with a log density of the centre bias",
            "category": "of the image, with one's own readouts: predicted, unknown, or a name they know",
            "sha256": "what the published weights' sha256 must be",
            "size": "1024: longest side in pixels at which larger images are predicted; own: as published",
        },
    ),
    UniversalModel(
        name="signature",
        title="image signature (Hou et al. 2012)",
        weights="none",
        centre_bias="none",
        licence=_OURS,
    ),
    UniversalModel(
        name="signature-centre",
        title="image signature × centre bias",
        weights="none",
        centre_bias=_CENTRE_GAUSSIAN,
        licence=_OURS,
    ),
    UniversalModel(
        name="spectral-residual",
        title="spectral residual (Hou & Zhang 2007)",
        weights="none",
        centre_bias="none",
        licence=_OURS,
    ),
    UniversalModel(
        name="bms",
        title="boolean map saliency (Zhang & Sclaroff 2013)",
        weights="none",
        centre_bias="none",
        licence=_OURS,
    ),
    UniversalModel(
        name="bms-centre",
        title="boolean map saliency × centre bias",
        weights="none",
        centre_bias=_CENTRE_GAUSSIAN,
        licence=_OURS,
    ),
    UniversalModel(
        name="centre-bias",
        title="centre bias alone",
        weights="none",
        centre_bias=_CENTRE_GAUSSIAN,
        licence=_OURS,
    ),
    UniversalModel(
        name="onnx",
        title="your own model as an ONNX file",
        weights="needed",
        files="FILE.onnx with all its weights inside",
        centre_bias="as your model has it",
        licence="that of your model",
        options={
            "layout": "auto, nchw or nhwc: order of the input's axes",
            "colour": "rgb or bgr",
            "range": "0-1, 0-255, -1-1 or imagenet: what the input's values span",
            "size": "WIDTHxHEIGHT of the input, where the file leaves it open (about 640x480, the image's aspect)",
            "output": "density or log: what the output's values are",
            "timeout-s": "60: longest time for one image, seconds",
        },
    ),
    UniversalModel(
        name="folder",
        title="maps made elsewhere, read from a folder",
        weights="needed",
        files="folder with NAME.universal.npy, NAME.npy or NAME.png (grey) for each image NAME",
        centre_bias="as in the maps",
        licence="that of the maps",
        options={"output": "density or log: what the maps' values are"},
    ),
)
"""Every model, the default first."""

NAMES = tuple(model.name for model in MODELS)


@dataclass(frozen=True, slots=True, kw_only=True)
class UniversalChoice:
    """Which model, with which files and options; nothing of it is checked before it is loaded."""

    model: str = DEFAULT
    weights: Path | None = None
    options: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str, weights: Path | None = None, options: Mapping[str, str] | None = None) -> UniversalChoice:
        """A choice as typed: a model's name, or the path of a model, whose kind its name tells.

        Args:
            text: One of `NAMES`; or `FILE.onnx`, `FILE.pth`, `FILE.safetensors`, a run, or a folder of maps.
            weights: Weights for a model given by name.
            options: Of the model.

        Raises:
            SettingsError: Neither a name nor a path that exists; lists the names.
        """
        options = dict(options or {})
        if text in NAMES:
            return cls(model=text, weights=weights, options=options)
        path = Path(text)
        if not path.exists():
            raise SettingsError(
                f"universal model {text!r} is not known, and no such file exists; use one of {', '.join(NAMES)}, or a "
                f"path",
                key="model",
            )
        if weights is not None:
            raise SettingsError(
                f"universal model {text!r} is a path itself; give it, or a name with --weights",
                key="weights",
            )
        return cls(model=_kind_of(path), weights=path, options=options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Universal:
    """A loaded model. Use it from the thread that loaded it."""

    model: UniversalModel
    name: str
    """Short name for reports."""
    sha256: str
    """SHA-256 of the weights; empty for a model without."""
    predict: Callable[[Image, str], Map]
    """What `__call__` wraps: the model's own output."""
    on_grid: Callable[[Image], Map] | None = None
    """The same density on the model's own, coarser grid, where it has one."""

    def __call__(self, image_rgb: Image, image_name: str = "") -> Map:
        """Where people look.

        Args:
            image_rgb: (H, W, 3) uint8.
            image_name: The image's file name; the model `folder` finds its map by it.

        Returns:
            (H, W) float32 density of the image's size: finite, not negative, sums to 1.

        Raises:
            CheckpointError: The model's output is no such map; names the model.
            UnreadableTable: A map in a folder is missing or cannot be read.
        """
        import numpy as np

        from gazeapp.errors import CheckpointError

        density = np.asarray(self.predict(image_rgb, image_name), dtype=np.float32)
        if density.shape != image_rgb.shape[:2] or not np.isfinite(density).all():
            raise CheckpointError(
                f"universal model {self.name}: its map is not finite, or {density.shape} instead of the image's "
                f"{image_rgb.shape[:2]}"
            )
        return density


def describe(name: str) -> UniversalModel:
    """A model by name; SettingsError lists those that exist."""
    for model in MODELS:
        if model.name == name:
            return model
    raise SettingsError(f"universal model {name!r} is not known; use one of {', '.join(NAMES)}", key="model")


def load_universal(choice: UniversalChoice, *, device: str = "auto") -> Universal:
    """Load a model; slow for networks, so call it in the thread that will predict.

    Args:
        choice: Which one.
        device: `auto`, `cpu` or `cuda`; of our network.

    Raises:
        SettingsError: Unknown name or option, weights missing or given to a model without any.
        CheckpointError: Weights that cannot be used.
        UnreadableTable: A folder without maps.
    """
    model = describe(choice.model)
    for key in choice.options:
        if key not in model.options:
            known = ", ".join(model.options) or "none"
            raise SettingsError(f"universal model {model.name}: option {key!r} is not known; it has {known}", key=key)
    if model.weights == "none" and choice.weights is not None:
        raise SettingsError(f"--weights: {model.name} is training-free and takes none", key="weights")
    match model.name:
        case "default":
            from gazeapp.networks.universal_predictor import UniversalPredictor

            ours = UniversalPredictor(choice.weights, device)
            return replace(
                _loaded(model, ours.predict, name=ours.name, sha256=ours.sha256),
                on_grid=ours.on_grid,
            )
        case "deepgaze":
            if _is_own(choice):
                from gazeapp.networks.deepgaze.own_predictor import ReadoutPredictor

                category = choice.options.get("category", "predicted")
                readouts = ReadoutPredictor(
                    _needed(model, choice.weights), None if category == "predicted" else category
                )
                return _loaded(model, readouts.predict, name=readouts.name, sha256=readouts.sha256)
            from gazeapp.networks.deepgaze.weights import DeepGazePredictor

            deepgaze = DeepGazePredictor(
                choice.weights,
                centre=_centre_beside(choice),
                pin_sha256=choice.options.get("sha256"),
                max_side_px=_longest_side(choice.options.get("size")),
            )
            return _loaded(model, deepgaze.predict, name="deepgaze2e", sha256=deepgaze.sha256)
        case "onnx":
            from gazeapp.networks.onnx_predictor import OnnxOptions, OnnxPredictor

            options = OnnxOptions.parse(choice.options)
            onnx = OnnxPredictor(_needed(model, choice.weights), options)
            return _loaded(model, onnx.predict, name=onnx.name, sha256=onnx.sha256)
        case "folder":
            from gazeapp.store.map_folder import MapFolder

            maps = MapFolder(_needed(model, choice.weights), choice.options.get("output", ""))
            return Universal(model=model, name=maps.name, sha256="", predict=maps.predict)
        case name:
            return _loaded(model, _training_free(name), name=name)


def _training_free(name: str) -> Callable[[Image], Map]:
    from gazeapp.saliency import bms, classic

    def centre_bias(image_rgb: Image) -> Map:
        return classic.centre_bias((image_rgb.shape[1], image_rgb.shape[0]))

    free: dict[str, Callable[[Any], Map]] = {  # Any: aliases of one array type
        "signature": classic.image_signature,
        "signature-centre": classic.signature_with_centre,
        "spectral-residual": classic.spectral_residual,
        "bms": bms.boolean_map_saliency,
        "bms-centre": bms.bms_with_centre,
        "centre-bias": centre_bias,
    }
    return free[name]


def _loaded(model: UniversalModel, predict: Callable[[Image], Map], *, name: str, sha256: str = "") -> Universal:
    return Universal(model=model, name=name, sha256=sha256, predict=lambda image, _name: predict(image))


def _needed(model: UniversalModel, weights: Path | None) -> Path:
    if weights is None:
        raise SettingsError(
            f"universal model {model.name}: name its files by --weights ({model.files})",
            key="weights",
        )
    return weights


def _is_own(choice: UniversalChoice) -> bool:
    """Whether the weights are one's own readouts; a category, which the published network does not take, needs them."""
    path = choice.weights
    own = path is not None and (path.suffix == ".safetensors" or path.is_dir())
    if "category" in choice.options and not own:
        raise SettingsError(
            "category: the published DeepGaze IIE takes none; give weights of one's own readouts", key="category"
        )
    for key in ("sha256", "size"):
        if own and key in choice.options:
            raise SettingsError(f"{key}: of the published DeepGaze IIE; one's own readouts take none", key=key)
    return own


def _longest_side(text: str | None) -> int | None:
    """DeepGaze's option `size`."""
    from gazeapp.networks.deepgaze.weights import MAX_SIDE_PX

    if text is None:
        return MAX_SIDE_PX
    if text == "own":
        return None
    if not text.isdecimal() or int(text) < 32:
        raise SettingsError(f"size {text!r} of the model deepgaze: a number of pixels from 32, or own", key="size")
    return int(text)


def _centre_beside(choice: UniversalChoice) -> Path | None:
    from gazeapp.networks.deepgaze.weights import CENTRE_BIAS_NAME

    if "centre" in choice.options:
        return Path(choice.options["centre"])
    beside = choice.weights.parent / CENTRE_BIAS_NAME if choice.weights is not None else None
    return beside if beside is not None and beside.is_file() else None


def _kind_of(path: Path) -> str:
    kinds = {".onnx": "onnx", ".pth": "deepgaze", ".pt": "deepgaze", ".safetensors": DEFAULT}
    if path.is_dir():
        return DEFAULT if any(path.glob("*.safetensors")) else "folder"
    if path.suffix.lower() not in kinds:
        raise SettingsError(
            f"{path}: unknown model type; known are {', '.join(kinds)} and folders of maps",
            key="model",
        )
    return kinds[path.suffix.lower()]
