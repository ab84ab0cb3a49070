"""User embeddings for rows: every pair is encoded once, draws average what is there.

Shape legend: N images, M pairs, D embedding size.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from gazeapp.networks.user_embedding import UserEncoder
from trainer.rows.row import Support
from trainer.rows.scene import Scene

_CHUNK = 32
_N_KNOWN = 96
"""Learning images per observer of the group for the mean user: more change its direction by less than 1 degree."""


class Embedder:
    """One encoder's view of the people of a scene.

    Args:
        encoder: The network.
    """

    def __init__(self, encoder: UserEncoder) -> None:
        self._encoder = encoder.eval()
        self._known: dict[tuple[int, int], Tensor] = {}

    def embed(self, scene: Scene, support: Support) -> Tensor:
        """(D,) unit embedding from one observer's pairs."""
        feature_MD = self.features(scene, support.observer, support.images)
        return functional.normalize(feature_MD.mean(dim=0), dim=0)

    def mean_user(self, scene: Scene, left_out: int) -> Tensor:
        """(D,) mean of the group's embeddings without the target: nobody in particular.

        Not brought to unit length, which would make an extreme somebody of it.
        """
        users = []
        for observer in scene.others(left_out) or list(scene.group):
            usable = scene.usable(observer)
            rng = np.random.default_rng([scene.seed, 11, observer])
            picked = np.sort(rng.choice(usable, min(_N_KNOWN, len(usable)), replace=False))
            users.append(self.embed(scene, Support(observer=observer, images=picked)))
        return torch.stack(users).mean(dim=0)

    @torch.inference_mode()
    def features(self, scene: Scene, observer: int, images: NDArray[np.int64]) -> Tensor:
        """(M, D) features of single pairs."""
        wanted = images.tolist()
        missing = np.array([i for i in wanted if (observer, i) not in self._known], np.int64)
        for k in range(0, len(missing), _CHUNK):
            part = missing[k : k + _CHUNK]
            feature_BD = self._encoder(scene.data.images(part), scene.personal(observer, part))
            for image, feature_D in zip(part.tolist(), feature_BD, strict=True):
                self._known[observer, image] = feature_D
        return torch.stack([self._known[observer, i] for i in wanted])
