"""Any universal predictor that a person brings as an ONNX file, behind the interface of the others.

The file is untrusted: it is inspected first (`onnx_file`), runs with standard operators on the processor only, and for
a limited time.
"""

from __future__ import annotations

import functools
import hashlib
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import CheckpointError, SettingsError
from gazeapp.networks.map_grid import IMAGE_SCALE, Image, Map, map_size, resize_image, upsample_density
from gazeapp.networks.onnx_file import read_onnx
from gazeapp.store.untrusted.limits import NETWORK_RUN_BYTES

CHOICES = {
    "layout": ("auto", "nchw", "nhwc"),
    "colour": ("rgb", "bgr"),
    "range": ("0-1", "0-255", "-1-1", "imagenet"),
    "output": ("density", "log"),
}
"""Option to its values, the default first."""
_IMAGENET_MEAN, _IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_OPEN_SIZE_SCALE = 2
"""Input pixels per pixel of our own network's image grid, for a file that leaves its size open."""
_SIDES_PX = (16, 4096)
_LEAST_OUTPUT_CELLS = 4
_NEGATIVE_SHARE = 1e-3
"""Negative mass that interpolation may leave in a density."""
_TYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
}
_METADATA = "gazeapp."


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxOptions:
    """How the file wants its image, and what it answers; empty where the file's metadata or a default decides."""

    layout: str = ""
    colour: str = ""
    range: str = ""
    output: str = ""
    size_wh: tuple[int, int] | None = None
    timeout_s: float = 60.0

    @classmethod
    def parse(cls, texts: Mapping[str, str]) -> OnnxOptions:
        """From `KEY=VALUE` texts; SettingsError names a wrong value."""
        options = cls()
        for key, text in texts.items():
            if key == "size":
                options = replace(options, size_wh=_size(text))
            elif key == "timeout-s":
                options = replace(options, timeout_s=_seconds(text))
            elif key not in CHOICES or text not in CHOICES[key]:
                allowed = ", ".join(CHOICES.get(key, ())) or f"one of {', '.join(CHOICES)}"
                raise SettingsError(f"option {key}={text!r}: must be {allowed}", key=key)
            else:
                changed: dict[str, Any] = {key: text}  # Any: one of the four texts
                options = replace(options, **changed)
        return options


class OnnxPredictor:
    """A model from an ONNX file.

    The file has one input, an image of one batch and three channels, and its first output is one map. What an option
    leaves open is read from the file's metadata (`gazeapp.layout`, `gazeapp.range`, ...), then a default is taken.

    Args:
        path: The file.
        options: How it wants its image.

    Raises:
        CheckpointError: onnxruntime is missing; or the file is damaged, refers to others, or has no such input.
    """

    def __init__(self, path: Path, options: OnnxOptions | None = None) -> None:
        content = read_onnx(path)
        self.sha256 = hashlib.sha256(content).hexdigest()
        self.name = f"onnx {path.name}"
        self._runtime = _runtime()
        self._errors = _runtime_errors()
        settings = self._runtime.SessionOptions()
        settings.log_severity_level = 4  # what is wrong is said by the error, once
        settings.add_session_config_entry("session.use_env_allocators", "1")  # of `_limit_memory`
        try:
            # from the bytes that were inspected: the file could be another one by now
            # and once: a second try after a failure prints what the error says already
            self._session = self._runtime.InferenceSession(
                content, settings, providers=["CPUExecutionProvider"], enable_fallback=0
            )
            facts, inputs = self._session.get_modelmeta().custom_metadata_map, self._session.get_inputs()
        except self._errors as error:
            raise CheckpointError(f"{path}: onnxruntime cannot run it ({_first_line(error)})") from error
        self._path = path
        self._options = _completed(options or OnnxOptions(), facts, path)
        if len(inputs) != 1 or inputs[0].type not in _TYPES or len(inputs[0].shape) != 4:
            found = ", ".join(f"{i.name} {i.type} {i.shape}" for i in inputs) or "none"
            raise CheckpointError(
                f"{path}: needs exactly one input, an image (1, 3, H, W) or (1, H, W, 3); it has {found}"
            )
        self._input = inputs[0]
        self._is_channels_last = self._channels_last()

    def predict(self, image_rgb: Image) -> Map:
        """(H, W, 3) uint8 of any size to (H, W) float32 density.

        Raises:
            CheckpointError: It fails, takes too long, or answers with something else than one map.
        """
        height, width = image_rgb.shape[:2]
        values = self._prepared(resize_image(image_rgb, self._size_for((width, height))))
        limits = self._runtime.RunOptions()
        timer = threading.Timer(self._options.timeout_s, setattr, (limits, "terminate", True))
        timer.daemon = True
        timer.start()
        try:
            answer = self._session.run(None, {self._input.name: values}, limits)[0]
        except self._errors as error:
            if "AllocateRaw" in str(error) or "Available memory" in str(error):
                raise CheckpointError(
                    f"{self._path}: needs more than {NETWORK_RUN_BYTES >> 30} GB of memory for an image of "
                    f"{width}×{height}; give a smaller --option size=WIDTHxHEIGHT"
                ) from error
            raise CheckpointError(
                f"{self._path}: {'took longer than' if limits.terminate else 'failed within'} "
                f"{self._options.timeout_s:g} s on an image of {width}×{height} ({_first_line(error)})"
            ) from error
        except MemoryError as error:
            raise CheckpointError(
                f"{self._path}: needs more memory than there is for an image of {width}×{height}"
            ) from error
        finally:
            timer.cancel()
            timer.join()
        return upsample_density(self._density(answer), (width, height))

    def _channels_last(self) -> bool:
        shape = self._input.shape
        last = {"nchw": False, "nhwc": True}.get(self._options.layout)
        if last is None:
            if (shape[1] == 3) == (shape[3] == 3):
                raise CheckpointError(
                    f"{self._path}: its input {shape} does not tell where the colours are; give --option layout=nchw "
                    f"or nhwc"
                )
            last = shape[3] == 3
        if isinstance(shape[3 if last else 1], int) and shape[3 if last else 1] != 3:
            raise CheckpointError(f"{self._path}: its input {shape} has not three colours")
        if isinstance(shape[0], int) and shape[0] != 1:
            raise CheckpointError(f"{self._path}: its input {shape} wants more than one image")
        return bool(last)

    def _size_for(self, image_wh: tuple[int, int]) -> tuple[int, int]:
        """(width, height) of the input: the file's own, else the option's, else the image's aspect."""
        rows, columns = self._input.shape[1:3] if self._is_channels_last else self._input.shape[2:4]
        open_wh = self._options.size_wh
        if open_wh is None:
            scale = IMAGE_SCALE * _OPEN_SIZE_SCALE
            grid = map_size(image_wh)
            open_wh = (grid[0] * scale, grid[1] * scale)
        size = (
            columns if isinstance(columns, int) else open_wh[0],
            rows if isinstance(rows, int) else open_wh[1],
        )
        if not all(_SIDES_PX[0] <= side <= _SIDES_PX[1] for side in size):
            raise CheckpointError(
                f"{self._path}: an input of {size[0]}×{size[1]} is out of range ({_SIDES_PX[0]} to {_SIDES_PX[1]})"
            )
        return size

    def _prepared(self, image_rgb: Image) -> NDArray[Any]:  # Any: the type the file wants
        image = image_rgb[..., ::-1] if self._options.colour == "bgr" else image_rgb
        kind = _TYPES[self._input.type]
        values: NDArray[Any] = image.astype(np.float32)
        if kind is np.uint8:
            values = image  # has a range of its own
        elif self._options.range == "0-1":
            values = values / 255
        elif self._options.range == "-1-1":
            values = values / 127.5 - 1
        elif self._options.range == "imagenet":
            mean, deviation = np.array(_IMAGENET_MEAN), np.array(_IMAGENET_STD)
            if self._options.colour == "bgr":
                mean, deviation = mean[::-1], deviation[::-1]
            values = (values / 255 - mean) / deviation
        values = values[None] if self._is_channels_last else values.transpose(2, 0, 1)[None]
        return np.ascontiguousarray(values, dtype=kind)

    def _density(self, answer: object) -> Map:
        """One map of densities from whatever came back."""
        array = np.asarray(answer)
        if array.dtype.kind not in "fiu":
            raise CheckpointError(f"{self._path}: its first output holds no numbers")
        values = np.squeeze(array).astype(np.float64)
        if values.ndim != 2 or min(values.shape) < _LEAST_OUTPUT_CELLS:
            raise CheckpointError(f"{self._path}: its first output is {array.shape}; one map (H, W) is needed")
        if self._options.output == "log":
            # minus infinity is a density of 0
            if np.isnan(values).any() or not np.isfinite(values.max()):
                raise CheckpointError(f"{self._path}: its log density is not finite")
            return np.asarray(np.exp(values - values.max()), dtype=np.float32)
        if not np.isfinite(values).all():
            raise CheckpointError(f"{self._path}: its map holds NaN or infinite values")
        negative, positive = -values[values < 0].sum(), values[values > 0].sum()
        if negative > _NEGATIVE_SHARE * positive:
            raise CheckpointError(
                f"{self._path}: its map holds negative values; if they are log densities, give --option output=log"
            )
        if not positive > 0:
            raise CheckpointError(f"{self._path}: its map is empty")
        return np.asarray(np.maximum(values, 0) / values.max(), dtype=np.float32)


def _completed(options: OnnxOptions, metadata: Mapping[str, str], path: Path) -> OnnxOptions:
    """Options with the file's metadata where they are open, then defaults."""
    stated = {key.removeprefix(_METADATA): text for key, text in metadata.items() if key.startswith(_METADATA)}
    usable = {k: v for k, v in stated.items() if k in CHOICES or k == "size"}
    try:
        from_file = OnnxOptions.parse(usable)
    except SettingsError as error:
        raise CheckpointError(f"{path}: its metadata: {error.message}") from error
    chosen: dict[str, Any] = {  # Any: the four texts
        key: getattr(options, key) or getattr(from_file, key) or values[0] for key, values in CHOICES.items()
    }
    return replace(options, size_wh=options.size_wh or from_file.size_wh, **chosen)


def _runtime() -> Any:  # Any: an untyped library
    try:
        import onnxruntime
    except ImportError as error:
        raise CheckpointError(
            "models in ONNX files need onnxruntime; install it by: pip install 'gazeapp[onnx]'"
        ) from error
    _limit_memory(onnxruntime)
    return onnxruntime


@functools.cache
def _limit_memory(onnxruntime: Any) -> None:  # Any: an untyped library
    """One allocator for all sessions, which stops where a file asks for more than it may."""
    kind, place = onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, onnxruntime.OrtMemType.DEFAULT
    memory = onnxruntime.OrtMemoryInfo("Cpu", kind, 0, place)
    onnxruntime.create_and_register_allocator(memory, onnxruntime.OrtArenaCfg(NETWORK_RUN_BYTES, -1, -1, -1))


def _runtime_errors() -> tuple[type[Exception], ...]:
    """Every error of the runtime; they have no root of their own."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    own = [kind for kind in vars(state).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    return (*own, UnicodeDecodeError)  # for a name in a damaged file that is no text


def _first_line(error: Exception) -> str:
    """What the runtime says, without the source files it names."""
    text = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return re.sub(r"\S*/\S*", "…", text)[:200]


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise SettingsError(f"option size={text!r}: must be WIDTHxHEIGHT, such as 640x480", key="size")
    return int(width), int(height)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise SettingsError(f"option timeout-s={text!r}: must be seconds up to 3600", key="timeout-s")
    return seconds
