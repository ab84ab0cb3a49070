"""Backbones made ready for prediction alone: the same results with fewer passes over memory.

A batch norm that follows a convolution directly is one more factor and one more constant of that convolution. It is
folded in wherever nobody reads the convolution's own output. Weights are laid out channels last, which convolutions on
processors like better (measured, 800×600, one thread: 21 to 24 % less time than fused alone). State dicts no longer fit
afterwards.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from gazeapp.networks.backbones import FOLLOWED_BY_NORM
from gazeapp.networks.deepgaze import BackboneMixture


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
