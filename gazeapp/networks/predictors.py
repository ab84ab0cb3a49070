"""NumPy in, NumPy out: the only door from the application to the networks.

Images, fixations and densities of any size come in; sizes, scales, devices and evaluation mode are dealt with here.
Use from one thread: the one that loaded it.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from gazeapp.errors import CheckpointError, SettingsError
from gazeapp.gaze.viewing_statistics import viewing_habits
from gazeapp.locations import assets_dir
from gazeapp.networks.checkpoint import Checkpoint, build_network, load_checkpoint
from gazeapp.networks.map_grid import (
    Image,
    Map,
    image_on_grid,
    image_tensor,
    map_size,
    personal_map_on_grid,
    scale_to_one,
    scale_to_peak,
    upsample_density,
)
from gazeapp.networks.personal_saliency import PersonalNetwork
from gazeapp.networks.universal import UniversalNetwork, predict_density
from gazeapp.networks.user_embedding import UserEncoder
from gazeapp.networks.user_posterior import BasisPersonalNetwork, UserPosterior
from gazeapp.saliency.maps import resize_map
from gazeapp.store.embedding import UserEmbedding

UNIVERSAL, EMBEDDING, PERSONAL = (
    "universal.safetensors",
    "embedding.safetensors",
    "personal.safetensors",
)
RUN_WEIGHTS = "weights.safetensors"
"""What a finished training run holds."""
DEFAULT_PX_PER_DEG_SHARE = 1 / 33.3
"""Pixels per degree as a share of the image's width, where nothing is known: OSIE's viewing geometry."""
_N_BOOTSTRAP = 200

Feature = NDArray[np.float32]


class UniversalPredictor:
    """Predicts where people look, from the image alone.

    Args:
        path: Weights file, or a folder or training run with one; None takes the shipped one.
        device: `auto`, `cpu` or `cuda`.
    """

    def __init__(self, path: Path | None = None, device: str = "auto") -> None:
        path = weights_dir() / UNIVERSAL if path is None else path
        if path.is_dir():
            of_run = path / RUN_WEIGHTS
            path = of_run if of_run.is_file() else path / UNIVERSAL
        checkpoint = load_checkpoint(path, architectures=("universal",))
        network = build_network(checkpoint, path)
        assert isinstance(network, UniversalNetwork)
        self.device = choose_device(device)
        self.sha256 = checkpoint.sha256
        self.name = model_name(checkpoint)
        self._network = network.to(self.device)

    def predict(self, image_rgb: Image) -> Map:
        """Density of the image's size.

        Args:
            image_rgb: (H, W, 3) or grey (H, W), uint8, any size.

        Returns:
            (H, W) float32, sums to 1.
        """
        return upsample_density(self.on_grid(image_rgb), _size_wh(image_rgb))

    def on_grid(self, image_rgb: Image) -> Map:
        """Density on the image's map grid (`grid.map_size`)."""
        image = image_on_grid(image_rgb, map_size(_size_wh(image_rgb)))
        self._network.eval()
        with torch.inference_mode():
            density_BHW = predict_density(self._network, image_tensor(image, self.device))
        return np.asarray(density_BHW[0].cpu().numpy(), dtype=np.float32)


class Predictors:
    """The universal, embedding and personal networks of one weights folder; made by `load`."""

    def __init__(
        self,
        universal: UniversalPredictor,
        encoder: UserEncoder | UserPosterior,
        personal: PersonalNetwork | BasisPersonalNetwork,
        *,
        name: str,
        sha256: str,
        sigma_deg: float,
        usm_peak: float,
        device: torch.device,
    ) -> None:
        self._universal = universal
        self._encoder = encoder.to(device)
        self._personal = personal.to(device)
        self.name = name
        """Name of the embedding and personal family."""
        self.sha256 = sha256
        """SHA-256 of the embedding and personal weights together; embeddings carry it."""
        self.sigma_deg = sigma_deg
        self.device = device
        self._usm_peak = usm_peak

    @classmethod
    def load(
        cls,
        weights: Path | None = None,
        device: str = "auto",
        *,
        universal: Path | None = None,
    ) -> Predictors:
        """Load the three networks.

        Args:
            weights: Folder with the weights; None takes the shipped ones.
            device: `auto` (CUDA where usable), `cpu` or `cuda`.
            universal: Another universal network's weights file.

        Raises:
            CheckpointError: A file is missing, damaged, foreign, or does not fit the others.
            SettingsError: `cuda` without a usable GPU.
        """
        folder = weights_dir() if weights is None else weights
        if not folder.is_dir():
            raise CheckpointError(f"{folder}: no such weights folder; pass one to --weights")
        embedding = load_checkpoint(folder / EMBEDDING, architectures=("user_embedding", "user_posterior"))
        personal = load_checkpoint(folder / PERSONAL, architectures=("personal_paper", "personal_basis"))
        encoder = build_network(embedding, folder / EMBEDDING)
        network = build_network(personal, folder / PERSONAL)
        assert isinstance(encoder, UserEncoder | UserPosterior)
        assert isinstance(network, PersonalNetwork | BasisPersonalNetwork)
        is_posterior = isinstance(encoder, UserPosterior)
        if encoder.dim != network.dim or is_posterior != isinstance(network, BasisPersonalNetwork):
            raise CheckpointError(
                f"{folder}: the embedding ({embedding.architecture}, {encoder.dim} dimensions) and the personal "
                f"network "
                f"({personal.architecture}, {network.dim}) come from different exports"
            )
        facts = embedding.provenance
        return cls(
            UniversalPredictor(folder / UNIVERSAL if universal is None else universal, device),
            encoder,
            network,
            name=f"{model_name(embedding)}+{model_name(personal)}",
            sha256=hashlib.sha256((embedding.sha256 + personal.sha256).encode()).hexdigest(),
            sigma_deg=float(facts.get("sigma_deg", 1.0)),
            usm_peak=float(facts.get("usm_peak", 0.5)),
            device=choose_device(device),
        )

    @property
    def dim(self) -> int:
        """Numbers in an embedding."""
        return self._encoder.dim

    @property
    def universal_sha256(self) -> str:
        """SHA-256 of the universal weights."""
        return self._universal.sha256

    @property
    def universal_name(self) -> str:
        """Name of the universal network."""
        return self._universal.name

    def universal(self, image_rgb: Image) -> Map:
        """(H, W) float32 density of the image's size: where people look."""
        return self._universal.predict(image_rgb)

    def encode(
        self,
        image_rgb: Image,
        fixations_px: NDArray[np.float64],
        px_per_deg: float,
        universal: Map | None = None,
        durations_s: NDArray[np.float64] | None = None,
    ) -> Feature:
        """What one viewed image says about its viewer.

        Args:
            image_rgb: (H, W, 3) or grey (H, W), uint8.
            fixations_px: (N, 2) image pixels; those beside the image are ignored.
            px_per_deg: Image pixels per degree of visual angle, as the image was shown.
            universal: (H, W) universal density of the image, if at hand; predicted otherwise.
            durations_s: (N,) durations of the fixations; without them nothing is learnt of viewing habits.

        Returns:
            (S,) feature, for `combine`.

        Raises:
            ValueError: No fixation on the image, or `px_per_deg` not above 0.
        """
        if not px_per_deg > 0:
            raise ValueError(f"px_per_deg must be above 0, got {px_per_deg}")
        size = _size_wh(image_rgb)
        grid = map_size(size)
        psm = personal_map_on_grid(fixations_px, size, grid, px_per_deg, self.sigma_deg)
        if not psm.any():
            raise ValueError("fixations_px: no fixation lies on the image")
        image, density_BHW = self._inputs(image_rgb, grid, universal)
        self._encoder.eval()
        with torch.inference_mode():
            psm_BHW = scale_to_one(torch.from_numpy(psm)[None].to(self.device))
            if isinstance(self._encoder, UserPosterior):
                usm_BHW = scale_to_peak(density_BHW, self._usm_peak)
                habits_BT = self._habits(fixations_px, durations_s, px_per_deg)
                feature_BS = self._encoder(image, psm_BHW, usm_BHW, habits_BT)
            else:
                feature_BS = self._encoder(image, psm_BHW)
        return np.asarray(feature_BS[0].cpu().numpy(), dtype=np.float32)

    def combine(self, features: Sequence[Feature]) -> UserEmbedding:
        """The embedding of a person from the features of their pairs.

        Its spread is 1 - the mean cosine between the embedding and those of bootstrap samples of the pairs.

        Raises:
            ValueError: No feature, or features of another size.
        """
        size = self._feature_size
        if not features or any(feature.shape != (size,) for feature in features):
            raise ValueError(f"features must be one or more arrays of {size} numbers")
        pairs = np.stack(features).astype(np.float64)
        vector = self._pool(np.ones((1, len(pairs))), pairs)[0]
        spread = math.nan
        if len(pairs) > 1:
            # a fixed seed: the same pairs give the same number
            rng = np.random.default_rng(0)
            index = rng.integers(len(pairs), size=(_N_BOOTSTRAP, len(pairs)))
            counts = np.stack([np.bincount(row, minlength=len(pairs)) for row in index])
            samples = self._pool(counts, pairs)
            norms = (np.linalg.norm(samples, axis=1) * np.linalg.norm(vector)).clip(1e-12)
            spread = float(1 - (samples @ vector / norms).mean())
        return UserEmbedding(
            vector=tuple(vector.tolist()),
            n_pairs=len(pairs),
            spread=spread,
            model_name=self.name,
            model_sha256=self.sha256,
            sigma_deg=self.sigma_deg,
        )

    @property
    def _feature_size(self) -> int:
        encoder = self._encoder
        return encoder.n_statistics if isinstance(encoder, UserPosterior) else encoder.dim

    def _pool(self, counts: NDArray[np.float64] | NDArray[np.int64], pairs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Embeddings (B, D) of people who saw each of the pairs (M, S) so many times as `counts` (B, M) says."""
        total_BS = counts @ pairs
        if isinstance(self._encoder, UserPosterior):
            with torch.inference_mode():
                encoder = self._encoder
                total = torch.from_numpy(total_BS).float().to(self.device)
                return np.asarray(encoder.posterior_mean(total).cpu().double().numpy())
        return np.asarray(total_BS / np.linalg.norm(total_BS, axis=1, keepdims=True).clip(1e-12), dtype=np.float64)

    def _habits(
        self,
        fixations_px: NDArray[np.float64],
        durations_s: NDArray[np.float64] | None,
        px_per_deg: float,
    ) -> torch.Tensor | None:
        if durations_s is None:
            return None
        habits = viewing_habits(np.asarray(fixations_px) / px_per_deg, durations_s)
        return torch.from_numpy(habits)[None].to(self.device)

    def personal(self, image_rgb: Image, universal: Map | None, embedding: UserEmbedding) -> Map:
        """Where one person looks.

        Args:
            image_rgb: (H, W, 3) or grey (H, W), uint8.
            universal: (H, W) universal density of the image; None predicts it.
            embedding: The person, from `combine`.

        Returns:
            (H, W) float32 density of the image's size.

        Raises:
            CheckpointError: The embedding was made by other weights, or has another length.
        """
        embedding.require_model(self.sha256, where="embedding")
        if len(embedding.vector) != self.dim:
            raise CheckpointError(
                f"the embedding holds {len(embedding.vector)} numbers where the weights need {self.dim}; its file was "
                "changed: enrol again",
                found=len(embedding.vector),
                supported=self.dim,
            )
        size = _size_wh(image_rgb)
        image, density_BHW = self._inputs(image_rgb, map_size(size), universal)
        self._personal.eval()
        with torch.inference_mode():
            user_BD = torch.tensor([embedding.vector], dtype=torch.float32, device=self.device)
            personal_BHW = self._personal(image, density_BHW, user_BD)
        return upsample_density(personal_BHW[0].cpu().numpy(), size)

    def _inputs(
        self, image_rgb: Image, grid_wh: tuple[int, int], universal: Map | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if universal is None:
            density = self._universal.on_grid(image_rgb)
        else:
            if universal.shape != image_rgb.shape[:2]:
                raise ValueError(f"universal has shape {universal.shape}, the image {image_rgb.shape[:2]}")
            density = resize_map(universal, grid_wh)
        # at two pixels per map cell; networks that look at the map grid average it themselves, as in training
        image_BCHW = image_tensor(image_on_grid(image_rgb, grid_wh), self.device)
        return image_BCHW, torch.from_numpy(np.ascontiguousarray(density))[None].to(self.device)


def weights_dir() -> Path:
    """The shipped weights."""
    return assets_dir() / "weights"


def choose_device(name: str) -> torch.device:
    """`auto` is CUDA where usable; SettingsError for `cuda` without one."""
    if name not in ("auto", "cpu", "cuda"):
        raise SettingsError(f"device {name!r}: must be auto, cpu or cuda", key="device")
    usable = torch.cuda.is_available()
    if name == "cuda" and not usable:
        raise SettingsError("device cuda: no CUDA GPU is usable here; use cpu or auto", key="device")
    return torch.device("cuda" if usable and name != "cpu" else "cpu")


def model_name(checkpoint: Checkpoint) -> str:
    """Short name for reports: architecture and preset."""
    preset = checkpoint.provenance.get("preset", "")
    return f"{checkpoint.architecture}-{preset}" if preset else checkpoint.architecture


def _size_wh(image_rgb: Image) -> tuple[int, int]:
    if image_rgb.ndim not in (2, 3) or 0 in image_rgb.shape:
        raise ValueError(f"image_rgb must be (H, W, 3) or (H, W), got shape {image_rgb.shape}")
    return int(image_rgb.shape[1]), int(image_rgb.shape[0])
