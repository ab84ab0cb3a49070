"""The multi-task network for people it has not met: a task of their own, trained on their support pairs.

Shape legend: N images, H W map grid rows and columns.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from gazeapp.networks.grid import scale_to_peak, to_density
from gazeapp.networks.multitask import MultiTaskNetwork
from trainer.rows.multicnn import Bank
from trainer.rows.row import Case, Rows
from trainer.rows.scene import Scene
from trainer.tasks.multitask import adapt_task

_CHUNK = 32


class AdaptedTaskRow:
    """Trains the last three layers anew for every set of support pairs; the shared convolutions stay.

    Source:
        Xu et al. (2017), where a new observer trains the last three layers.
    """

    needs_support = True

    def __init__(self, network: MultiTaskNetwork, bank: Bank, *, name: str, wrong_name: str, peak: float) -> None:
        self.name, self.wrong_name = name, wrong_name
        self._network, self._bank, self._peak = network, bank, peak
        self._last: tuple[tuple[int, ...], MultiTaskNetwork] | None = None

    def fit(self, scene: Scene) -> None:
        """Nothing is learnt."""

    def predict(self, scene: Scene, case: Case) -> Tensor:
        """Densities (N, H, W) of the images of a case."""
        assert case.support is not None
        support = case.support
        key = (support.observer, *support.images.tolist())
        if self._last is None or self._last[0] != key:
            usm_MHW = self._scaled(scene, scene.base(support.observer, support.images))
            adapted = adapt_task(
                self._network,
                scene.data.images(support.images),
                usm_MHW,
                scene.personal(support.observer, support.images),
            )
            self._last = key, adapted
        return self._densities(self._last[1], scene, case.images, case.base_NHW)

    @torch.inference_mode()
    def _densities(self, network: MultiTaskNetwork, scene: Scene, images: Rows, base_NHW: Tensor) -> Tensor:
        usm_NHW = self._scaled(scene, base_NHW)
        parts = []
        for i in range(0, len(images), _CHUNK):
            chunk = slice(i, i + _CHUNK)
            delta_NHW = network.predict(scene.data.images(images[chunk]), usm_NHW[chunk], 0)
            parts.append(to_density(usm_NHW[chunk] + delta_NHW))
        return torch.cat(parts)

    def _scaled(self, scene: Scene, base_NHW: Tensor) -> Tensor:
        # a true map has the training maps' scale already
        return base_NHW if scene.usm == "true" else scale_to_peak(base_NHW, self._peak)

    def applies(self, scene: Scene, observers: Sequence[int]) -> bool:
        """Whether none of the observers has a task."""
        return not self._bank.n_known(scene, observers)
