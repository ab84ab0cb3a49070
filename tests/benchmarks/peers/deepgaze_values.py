"""What the published DeepGaze IIE says with generated weights, at some places of five images.

The published code has no licence to pass it on: it is read from a checkout and nothing of it is kept. In an environment
with torch and the torchvision that belongs to it:

    python tests/benchmarks/peers/deepgaze_values.py CHECKOUT_OF_matthias-k/DeepGaze

writes tests/golden/deepgaze2e.npz. The stored values were made with torch 2.13.0, torchvision 0.28.0 and the checkout's
own EfficientNet 0.6.3.
"""

from __future__ import annotations

import sys
from collections import OrderedDict
from pathlib import Path
from types import ModuleType

import numpy as np
import torch
from torch import nn

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

from tests.networks.generated_weights import (  # noqa: E402  # the repository is not installed there
    N_COMPONENTS,
    SIZES_WH,
    generated_centre,
    generated_image,
    generated_state,
    places,
)


def build(checkout: Path) -> nn.Module:
    """The published network, its backbones from where the published code takes them, none with trained weights."""
    # its package imports networks of other models, which need more than is needed here
    package = ModuleType("deepgaze_pytorch")
    package.__path__ = [str(checkout / "deepgaze_pytorch")]
    sys.modules["deepgaze_pytorch"] = package
    import torchvision
    from deepgaze_pytorch import deepgaze2e
    from deepgaze_pytorch.features.efficientnet_pytorch import EfficientNet
    from deepgaze_pytorch.features.normalizer import Normalizer

    print("torch", torch.__version__, "torchvision", torchvision.__version__)
    networks = {
        "RGBShapeNetC": lambda: nn.Sequential(OrderedDict(module=torchvision.models.resnet50(weights=None))),
        "RGBEfficientNetB5": lambda: EfficientNet.from_name("efficientnet-b5"),
        "RGBDenseNet201": lambda: torchvision.models.densenet201(weights=None),
        "RGBResNext50": lambda: torchvision.models.resnext50_32x4d(weights=None),
    }
    # the published classes would download trained weights
    deepgaze2e.import_class = lambda name: lambda: nn.Sequential(Normalizer(), networks[name.rsplit(".", 1)[1]]())
    mixtures = [deepgaze2e.build_deepgaze_mixture(config, components=N_COMPONENTS) for config in deepgaze2e.BACKBONES]
    return deepgaze2e.MixtureModel(mixtures)


@torch.no_grad()
def main() -> None:
    model = build(Path(sys.argv[1]))
    model.load_state_dict(generated_state(model.state_dict()))
    model.eval()
    found = {}
    for size_wh in SIZES_WH:
        image = torch.from_numpy(generated_image(size_wh)).permute(2, 0, 1)[None].float()
        centre = torch.from_numpy(generated_centre(size_wh))[None]
        rows, columns = places(size_wh)
        outputs = [mixture(image, centre) for mixture in model.models] + [model(image, centre)]
        values = [output.reshape(size_wh[1], size_wh[0]).numpy()[rows, columns] for output in outputs]
        found["{}x{}".format(*size_wh)] = np.array(values, dtype=np.float32)
        print(size_wh, [f"{value.min():.2f}..{value.max():.2f}" for value in values])
    np.savez_compressed(ROOT / "tests" / "golden" / "deepgaze2e.npz", **found)


if __name__ == "__main__":
    main()
