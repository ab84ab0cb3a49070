"""DeepGaze IIE from files the user has: the published weights and centre bias, or one's own of the same layout.

Nothing is ever downloaded, and reading a file never executes anything in it.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from gazeapp.errors import CheckpointError
from gazeapp.networks.deepgaze.backbones import FOLLOWED_BY_NORM
from gazeapp.networks.deepgaze.model import BackboneMixture, BackboneSpec, DeepGazeIIE
from gazeapp.saliency.classic import centre_bias
from gazeapp.saliency.maps import Map
from gazeapp.store.untrusted.arrays import load_array


def fuse(model: BackboneMixture) -> None:
    """Fold the batch norms of a mixture's backbone into its convolutions, in place; evaluation mode only."""
    network = model.features.network
    tapped = set(model.spec.taps)
    for name, module in network.named_modules():
        for before, norm in FOLLOWED_BY_NORM:
            path = f"{name}.{before}" if name else before
            convolution, following = getattr(module, before, None), getattr(module, norm, None)
            if path in tapped or f"{name}.{norm}" in tapped:
                continue
            if isinstance(convolution, nn.Conv2d) and isinstance(following, nn.BatchNorm2d):
                setattr(module, before, fuse_conv_bn_eval(convolution, following))
                setattr(module, norm, nn.Identity())
    model.features.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it


WEIGHTS_NAME = "deepgaze2e.pth"
CENTRE_BIAS_NAME = "centerbias_mit1003.npy"
MAX_SIDE_PX = 1024
_SOURCE = "release v1.0.0 of https://github.com/matthias-k/DeepGaze"
_NAMED = 5
# keys that an error spells out


def find_file(name: str, given: Path | None = None) -> Path | None:
    """A file as given, or from the cache folder of torch hub; None if it is in neither place."""
    if given is not None:
        return given
    cached = Path(torch.hub.get_dir()) / "checkpoints" / name
    return cached if cached.is_file() else None


def load_deepgaze(
    path: Path | None = None,
    *,
    pin_sha256: str | None = None,
    backbones: dict[str, BackboneSpec] | None = None,
    n_components: int | None = None,
) -> tuple[DeepGazeIIE, str]:
    """Build the network with the weights of a file.

    Args:
        path: The file; None looks for `deepgaze2e.pth` in the cache of torch hub.
        pin_sha256: What the file's sha256 must be; None accepts any.
        backbones: Other than the published ones, for one's own files.
        n_components: Other than the published 30.

    Returns:
        The network in evaluation mode, and the sha256 of the file.

    Raises:
        CheckpointError: No file, another sha256, not a state dict, or keys or shapes that differ; it says which.
    """
    found = find_file(WEIGHTS_NAME, path)
    if found is None or not found.is_file():
        raise CheckpointError(
            f"no weights of DeepGaze IIE at {found or 'the torch hub cache'}; "
            f"get {WEIGHTS_NAME} from {_SOURCE} and name it by --weights"
        )
    sha256 = _sha256(found)
    if pin_sha256 is not None and sha256 != pin_sha256.lower():
        raise CheckpointError(
            f"{found}: sha256 is {sha256}, expected {pin_sha256}; the file is damaged or another one",
            found=sha256,
            supported=pin_sha256,
        )
    given = {} if n_components is None else {"n_components": n_components}
    with torch.device("meta"):  # no memory for weights that are replaced at once
        network = DeepGazeIIE(backbones, **given)
    tensors = _read(found)
    _require_layout(found, tensors, network.state_dict())
    network.load_state_dict(tensors, strict=False, assign=True)
    network.eval().requires_grad_(False)
    return network, sha256


def load_centre_bias(path: Path | None, size_wh: tuple[int, int]) -> NDArray[np.float32]:
    """(H, W) log density of the centre bias at an image's size.

    Args:
        path: A `.npy` log density such as `centerbias_mit1003.npy`; None looks in the cache of torch hub, then takes
            the Gaussian of `saliency.classic`.
        size_wh: Width and height of the image.

    Raises:
        CheckpointError: Not a (H, W) array of finite numbers.
    """
    found = find_file(CENTRE_BIAS_NAME, path)
    if found is None:
        gaussian: NDArray[np.float32] = np.log(centre_bias(size_wh) + np.float32(1e-20))
        return gaussian
    try:
        stored = load_array(found)
    except (OSError, ValueError, EOFError) as error:
        raise CheckpointError(f"{found}: not a readable .npy centre bias ({error})") from error
    if stored.ndim != 2 or stored.dtype.kind != "f" or not np.isfinite(stored).all():
        raise CheckpointError(f"{found}: a centre bias is one (H, W) array of finite log densities")
    width, height = size_wh
    resized = functional.interpolate(
        torch.from_numpy(stored.astype(np.float32))[None, None],
        size=(height, width),
        mode="bilinear",
    )[0, 0]
    log: NDArray[np.float32] = (resized - resized.logsumexp(dim=(0, 1))).numpy()
    return log


class DeepGazePredictor:
    """DeepGaze IIE with NumPy in and out.

    Args:
        weights: As in `load_deepgaze`.
        centre: As in `load_centre_bias`.
        pin_sha256: As in `load_deepgaze`.
        max_side_px: Larger images are predicted at this size, about the 35 pixels per degree of its training, and
            enlarged; None predicts every image at its own, as the published code does.
    """

    def __init__(
        self,
        weights: Path | None = None,
        *,
        centre: Path | None = None,
        pin_sha256: str | None = None,
        max_side_px: int | None = MAX_SIDE_PX,
    ) -> None:
        self._network, self.sha256 = load_deepgaze(weights, pin_sha256=pin_sha256)
        for model in self._network.mixtures():
            fuse(model)
        self._centre = centre
        self._max_side_px = max_side_px

    @torch.inference_mode()
    def predict(self, image_rgb: NDArray[np.uint8]) -> Map:
        """(H, W, 3) uint8 to (H, W) float32 density."""
        image_BCHW = torch.from_numpy(np.ascontiguousarray(image_rgb)).permute(2, 0, 1)[None].float()
        height, width = image_rgb.shape[:2]
        scale = 1.0 if self._max_side_px is None else min(1.0, self._max_side_px / max(height, width))
        size_hw = (max(32, round(height * scale)), max(32, round(width * scale)))
        if size_hw != (height, width):
            image_BCHW = functional.interpolate(image_BCHW, size=size_hw, mode="bilinear", antialias=True)
        centre = torch.from_numpy(load_centre_bias(self._centre, size_hw[::-1]))
        log_BHW = self._network(image_BCHW, centre[None])
        if size_hw != (height, width):
            log_BHW = functional.interpolate(log_BHW[None], size=(height, width), mode="bilinear")[0]
        density: Map = log_BHW[0].flatten().softmax(dim=0).view(height, width).numpy()
        return density


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _read(path: Path) -> dict[str, Tensor]:
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, EOFError, RuntimeError, ValueError, KeyError, pickle.UnpicklingError) as error:
        # torch's own message advises to load the file without protection: it is not passed on
        raise CheckpointError(
            f"{path}: not a file of weights alone, or damaged; get {WEIGHTS_NAME} from {_SOURCE}"
        ) from error
    if not isinstance(stored, Mapping) or not all(isinstance(v, Tensor) for v in stored.values()):
        raise CheckpointError(f"{path}: not a state dict; it must map names to tensors")
    return dict(stored)


def _require_layout(path: Path, tensors: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> None:
    # counters of batch norm: older files lack them and prediction never reads them
    needed = {name for name in wanted if not name.endswith("num_batches_tracked")}
    problems = []
    if missing := sorted(needed - set(tensors)):
        problems.append(f"{len(missing)} missing keys ({_some(missing)})")
    if unexpected := sorted(set(tensors) - set(wanted)):
        problems.append(f"{len(unexpected)} unexpected keys ({_some(unexpected)})")
    misshapen = [
        f"{name} {tuple(tensors[name].shape)} instead of {tuple(wanted[name].shape)}"
        for name in sorted(needed & set(tensors))
        if tensors[name].shape != wanted[name].shape
    ]
    if misshapen:
        problems.append(f"{len(misshapen)} wrong shapes ({_some(misshapen)})")
    if problems:
        raise CheckpointError(
            f"{path}: does not hold DeepGaze IIE: {'; '.join(problems)}",
            missing=tuple(missing),
            unexpected=tuple(unexpected),
        )


def _some(names: list[str]) -> str:
    return ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
