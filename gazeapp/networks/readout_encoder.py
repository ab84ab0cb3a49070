"""Backbones that need no ImageNet weights: the universal network, shown a view of the image.

Shape legend: B images, C channels, H W rows and columns.
"""

from __future__ import annotations

from torch import Tensor, nn

from gazeapp.networks.readout_views import VIEWS
from gazeapp.networks.universal import UniversalNetwork

TAPS = ("network.stages.2", "network.fuse", "network.stages.4")
"""Parts and fused features, at an eighth of what the network is given, and the deepest stage."""


class SaliencyEncoder(nn.Module):
    """A universal network that sees one view of the image.

    Args:
        view: Name in `VIEWS`.
        network: Arguments of `UniversalNetwork`; none are its own defaults.
    """

    def __init__(self, *, view: str = "colour", **network: object) -> None:
        super().__init__()
        if view not in VIEWS:
            raise ValueError(f"view {view!r}: must be one of {', '.join(VIEWS)}")
        self.view = view
        self.network = UniversalNetwork(**network)  # type: ignore[arg-type]  # arguments of a file

    def forward(self, image_BCHW: Tensor) -> Tensor:
        """(B, H, W) log density at half the size of the view, for RGB in [-1, 1]."""
        log_BHW: Tensor = self.network(VIEWS[self.view](image_BCHW))
        return log_BHW
