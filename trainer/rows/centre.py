"""Where the group looks whatever the image: the centre bias."""

from __future__ import annotations

import torch
from torch import Tensor

from trainer.rows.floor import with_floor
from trainer.rows.row import Case
from trainer.rows.scene import Scene, mean_density

_FLOOR = 1e-3
"""Share of uniform mass: as the baseline of information gain it must be positive everywhere."""


class CentreRow:
    """Mean density of the group's maps of the learning images, without the target."""

    name, wrong_name, needs_support = "centre", "", False

    def __init__(self) -> None:
        self._of: dict[int, Tensor] = {}

    def fit(self, scene: Scene) -> None:
        """Average every observer of the group."""
        self._of = {observer: mean_density(scene, observer, scene.usable(observer)) for observer in scene.group}

    def density(self, observer: int) -> Tensor:
        """(H, W) for one target, or, with -1, of the whole group."""
        mean_HW = torch.stack([d for o, d in self._of.items() if o != observer]).mean(dim=0)
        return with_floor(mean_HW / mean_HW.sum(), _FLOOR)

    def predict(self, scene: Scene, case: Case) -> Tensor:
        """Densities (N, H, W) of the images of a case."""
        return self.density(case.observer).expand(len(case.images), -1, -1)
