"""NumPy in, NumPy out: the only door from the application to the networks.

Images, fixations and densities of any size come in; sizes, scales, devices and evaluation mode are dealt with here.
Use from one thread: the one that loaded it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray

from gazeapp.errors import CheckpointError
from gazeapp.gaze.viewing_statistics import viewing_habits
from gazeapp.networks.checkpoint import build_network, load_checkpoint
from gazeapp.networks.encoder import Encoder, PersonalModel, SeenImage, ViewedImage
from gazeapp.networks.map_grid import (
    Image,
    Map,
    image_on_grid,
    image_tensor,
    map_size,
    personal_map_on_grid,
    scale_to_one,
    upsample_density,
)
from gazeapp.networks.placement import on_device
from gazeapp.networks.universal_predictor import UniversalPredictor, model_name, size_wh
from gazeapp.networks.weights_folder import EMBEDDING, PERSONAL, UNIVERSAL, joined_sha256, weights_dir
from gazeapp.saliency.maps import resize_map
from gazeapp.store.embedding import UserEmbedding

PAIRED = {"user_embedding": "personal_paper", "user_posterior": "personal_basis"}
"""Embedding architecture to the personal one that understands it."""
DEFAULT_PX_PER_DEG_SHARE = 1 / 33.3
"""Pixels per degree as a share of the image's width, where nothing is known: OSIE's viewing geometry."""
_N_BOOTSTRAP = 200

Feature = NDArray[np.float32]


class Predictors:
    """The universal, embedding and personal networks of one weights folder; made by `load`."""

    def __init__(
        self,
        universal: UniversalPredictor,
        encoder: Encoder,
        personal: PersonalModel,
        *,
        name: str,
        sha256: str,
        sigma_deg: float,
    ) -> None:
        self._universal = universal
        self.placement = universal.placement
        """Where all three run."""
        self._encoder = encoder
        self._personal = personal
        self._latest: tuple[Map, Map] | None = None
        """The last universal density that was given, and the same on the map grid."""
        self.name = name
        """Name of the embedding and personal family."""
        self.sha256 = sha256
        """SHA-256 of the embedding and personal weights together; embeddings carry it."""
        self.sigma_deg = sigma_deg

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
        together = PAIRED[embedding.architecture]
        if encoder.dim != network.dim or personal.architecture != together:
            raise CheckpointError(
                f"{folder}: the embedding ({embedding.architecture}, {encoder.dim} dimensions) and the personal "
                f"network ({personal.architecture}, {network.dim}) come from different exports"
            )
        own = UniversalPredictor(folder / UNIVERSAL if universal is None else universal, device)
        for part, path in ((encoder, EMBEDDING), (network, PERSONAL)):
            if part.backbone_sha256 not in (None, "", own.eye.backbone.sha256):
                raise CheckpointError(
                    f"{folder / path}: stands on backbone {part.backbone_sha256!s:.8}, the universal network on "
                    f"{own.eye.backbone.sha256:.8}; take weights of one export",
                    found=own.eye.backbone.sha256,
                    supported=(str(part.backbone_sha256),),
                )
        return cls(
            own,
            cast(Encoder, encoder),
            cast(PersonalModel, network),
            name=f"{model_name(embedding)}+{model_name(personal)}",
            sha256=joined_sha256(embedding.sha256, personal.sha256),
            sigma_deg=float(embedding.provenance.get("sigma_deg", 1.0)),
        )

    @property
    def device(self) -> torch.device:
        """Where the networks run now."""
        return self.placement.device

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

    @on_device
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
        size = size_wh(image_rgb)
        grid = map_size(size)
        psm = personal_map_on_grid(fixations_px, size, grid, px_per_deg, self.sigma_deg)
        if not psm.any():
            raise ValueError("fixations_px: no fixation lies on the image")
        points = np.asarray(fixations_px, dtype=np.float64).reshape(-1, 2)
        n_on_image = int(((points >= 0) & (points < size)).all(axis=1).sum())
        with torch.inference_mode():
            seen, density_BHW = self._inputs(self._encoder, image_rgb, grid, universal)
            viewed = ViewedImage(
                image_BCHW=seen.image_BCHW,
                features=seen.features,
                psm_BHW=scale_to_one(torch.from_numpy(psm)[None].to(self.device)),
                density_BHW=density_BHW,
                n_fixations_B=torch.tensor([float(n_on_image)], device=self.device),
                habits_BT=self._habits(fixations_px, durations_s, px_per_deg),
            )
            feature_BS = self.placement.of(self._encoder).encode(viewed)
        return np.asarray(feature_BS[0].cpu().numpy(), dtype=np.float32)

    @property
    def tells_information(self) -> bool:
        """Whether these weights know what an image will tell about a person before anybody looked at it."""
        return self._encoder.has_posterior

    @on_device
    def information(self, image_rgb: Image, universal: Map | None = None) -> NDArray[np.float64]:
        """What a typical viewing of an image is expected to tell about a person's coefficients.

        Args:
            image_rgb: (H, W, 3) or grey (H, W), uint8.
            universal: (H, W) universal density of the image, if at hand; predicted otherwise.

        Returns:
            (K, K) Fisher information, in units of the coefficients' deviation over people: before anything is seen,
            the precision is the identity.

        Raises:
            CheckpointError: Weights that cannot tell; see `tells_information`.
        """
        grid = map_size(size_wh(image_rgb))
        with torch.inference_mode():
            seen, density_BHW = self._inputs(self._encoder, image_rgb, grid, universal)
            fisher_BKK = self.placement.of(self._encoder).expected_information(seen.features, density_BHW)
        if fisher_BKK is None:
            raise CheckpointError(
                f"{self.name}: these weights do not tell which images are telling; use the shipped ones"
            )
        return np.asarray(fisher_BKK[0].cpu().double().numpy())

    def combine(self, features: Sequence[Feature]) -> UserEmbedding:
        """The embedding of a person from the features of their pairs.

        Its spread is 1 - the mean cosine between the embedding and those of bootstrap samples of the pairs.

        Raises:
            ValueError: No feature, or features of another size.
        """
        size = self._encoder.feature_size
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

    @on_device
    def certainty(self, features: Sequence[Feature]) -> float | None:
        """Expected cosine between the embedding of these pairs and where more of them would settle it.

        Returns:
            0 to 1; None where the embedding network has no posterior.
        """
        with torch.inference_mode():
            summed_BS = np.sum(np.stack(features), axis=0, dtype=np.float64, keepdims=True)
            total_BS = torch.from_numpy(summed_BS).float().to(self.device)
            encoder = self.placement.of(self._encoder)
            open_B = encoder.open_variance(total_BS)
            if open_B is None:
                return None
            length_B = encoder.pool(total_BS).square().sum(dim=1)
            return float((length_B / (length_B + open_B).clamp_min(1e-12)).sqrt())

    @on_device
    def _pool(self, counts: NDArray[np.float64] | NDArray[np.int64], pairs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Embeddings (B, D) of people who saw each of the pairs (M, S) so many times as `counts` (B, M) says."""
        with torch.inference_mode():
            total_BS = torch.from_numpy(counts @ pairs).float().to(self.device)
            return np.asarray(self.placement.of(self._encoder).pool(total_BS).cpu().double().numpy())

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

    @on_device
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
        self._require_own(embedding)
        size = size_wh(image_rgb)
        with torch.inference_mode():
            seen, density_BHW = self._inputs(self._personal, image_rgb, map_size(size), universal)
            user_BD = torch.tensor([embedding.vector], dtype=torch.float32, device=self.device)
            personal_BHW = self.placement.of(self._personal).densities(seen, density_BHW, user_BD)
        return upsample_density(personal_BHW[0].cpu().numpy(), size)

    @property
    def tells_people(self) -> bool:
        """Whether these weights learnt to tell people apart."""
        similarity = self._personal.similarity
        return similarity is not None and similarity.is_learnt

    def compare(
        self, asked: UserEmbedding, known: Sequence[UserEmbedding], *, of_one_laboratory: bool = False
    ) -> list[float]:
        """Log-likelihood ratios that an embedding and each of others are of one person; see `Similarity`.

        Args:
            asked: Of whom.
            known: Others, each of another person.
            of_one_laboratory: All were recorded in one laboratory: the others tell where its average person lies.

        Raises:
            CheckpointError: An embedding of other weights or length, or weights that cannot tell.
        """
        for embedding in (asked, *known):
            self._require_own(embedding)
        similarity = self._personal.similarity
        if similarity is None or not similarity.is_learnt:
            raise CheckpointError(f"{self.name}: these weights do not tell people apart; use the shipped ones")
        first = torch.tensor(asked.vector)
        people = [(torch.tensor(other.vector), other.n_pairs) for other in known]
        found = []
        for k, (vector, n_pairs) in enumerate(people):
            besides = people[:k] + people[k + 1 :] if of_one_laboratory else ()
            laboratory = similarity.laboratory(besides)
            found.append(similarity.log_likelihood_ratio(first, asked.n_pairs, vector, n_pairs, laboratory))
        return found

    def _require_own(self, embedding: UserEmbedding) -> None:
        embedding.require_model(self.sha256, where="embedding")
        if len(embedding.vector) != self.dim:
            raise CheckpointError(
                f"the embedding holds {len(embedding.vector)} numbers where the weights need {self.dim}; its file was "
                "changed: enrol again",
                found=len(embedding.vector),
                supported=self.dim,
            )

    def _inputs(
        self, network: Encoder | PersonalModel, image_rgb: Image, grid_wh: tuple[int, int], universal: Map | None
    ) -> tuple[SeenImage, torch.Tensor]:
        """What a network is given of an image: it looks through the backbone, or at the image itself."""
        looks = network.backbone_sha256 is not None
        density = self._universal.on_grid(image_rgb) if universal is None else self._on_grid(image_rgb, universal)
        seen = SeenImage(
            # at two pixels per map cell; networks that look at the map grid average it themselves, as in training
            image_BCHW=torch.empty(0) if looks else image_tensor(image_on_grid(image_rgb, grid_wh), self.device),
            features=self._universal.eye.look(image_rgb) if looks else (),
        )
        return seen, torch.from_numpy(np.ascontiguousarray(density))[None].to(self.device)

    def _on_grid(self, image_rgb: Image, universal: Map) -> Map:
        """A universal density on the map grid; of one that nobody can change any more it is remembered."""
        if universal.shape != image_rgb.shape[:2]:
            raise ValueError(f"universal has shape {universal.shape}, the image {image_rgb.shape[:2]}")
        if self._latest is not None and self._latest[0] is universal:
            return self._latest[1]
        density = resize_map(universal, map_size(size_wh(image_rgb)))
        self._latest = None if universal.flags.writeable else (universal, density)
        return density
