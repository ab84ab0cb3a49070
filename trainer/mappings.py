"""Which of the training observers' networks serves a person that none was trained for.

A *mapping* is one observer's part of a `MultiCnn` or `MultiTaskNetwork`: image and universal map to a discrepancy.

Shape legend: K mappings, B images, C channels, H W map grid rows and columns.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gazeapp.networks.multicnn import MultiCnn
from gazeapp.networks.multitask import MultiTaskNetwork
from trainer.losses import correlation

MappingNetwork = MultiCnn | MultiTaskNetwork

_CHUNK = 16


@torch.inference_mode()
def predict_discrepancies(
    network: MappingNetwork, image_BCHW: Tensor, usm_BHW: Tensor, observer: int
) -> Tensor:
    """Discrepancies (B, H, W) by one mapping, some images at a time; add the universal map and clip at 0 for a PSM.

    Args:
        network: All mappings.
        image_BCHW: RGB in [-1, 1].
        usm_BHW: Universal maps in the training maps' scale (personal maps of maximum 1, averaged).
        observer: Which mapping, 0 to K - 1.
    """
    network.eval()
    parts = [
        network.predict(image_BCHW[i : i + _CHUNK], usm_BHW[i : i + _CHUNK], observer)
        for i in range(0, len(image_BCHW), _CHUNK)
    ]
    return torch.cat(parts)


def mapping_cc(
    network: MappingNetwork, image_BCHW: Tensor, usm_BHW: Tensor, psm_BHW: Tensor
) -> NDArray[np.float64]:
    """(K, B) CC of every mapping's personal map with a person's true one.

    Args:
        network: All mappings.
        image_BCHW: RGB in [-1, 1] of the images that the person viewed.
        usm_BHW: Their universal maps, without the person.
        psm_BHW: The person's maps, maximum 1.
    """
    rows = []
    for observer in range(network.n_observers):
        delta_BHW = predict_discrepancies(network, image_BCHW, usm_BHW, observer)
        predicted_BHW = (usm_BHW + delta_BHW).clamp_min(0)
        rows.append(correlation(predicted_BHW.flatten(1), psm_BHW.flatten(1)))
    return torch.stack(rows).double().cpu().numpy()


def deployable_mapping(
    network: MappingNetwork, image_BCHW: Tensor, usm_BHW: Tensor, psm_BHW: Tensor
) -> int:
    """The mapping with the best mean CC on a person's m support images: what one could do in practice.

    Args:
        network: All mappings.
        image_BCHW: RGB in [-1, 1] of the support images.
        usm_BHW: Their universal maps, without the person.
        psm_BHW: The person's maps, maximum 1.
    """
    return int(mapping_cc(network, image_BCHW, usm_BHW, psm_BHW).mean(axis=1).argmax())


def oracle_mapping(values_KB: NDArray[np.float64], *, larger_is_better: bool = True) -> int:
    """The mapping with the best mean score on the very images that are scored: a bound, not a method.

    Args:
        values_KB: One metric of every mapping on every scored image; NaN where the person has no fixation.
        larger_is_better: False for KLD.
    """
    mean_K = np.nanmean(values_KB, axis=1)
    return int(mean_K.argmax() if larger_is_better else mean_K.argmin())
