"""Predict how people look at images: one density for each, written as NAME.universal.npy or .png.

A .npy file holds float32 (H, W), indexed [y, x], that sums to 1; a .png file shows it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

EXAMPLE = "gazeapp universal photo.jpg -o maps --format png"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("images", type=Path, nargs="+", metavar="IMAGE")
    parser.add_argument(
        "--model", default="default", metavar="NAME",
        help="default (the shipped network), deepgaze (DeepGaze IIE, needs its published weights), signature, "
        "signature-centre, spectral-residual, bms, bms-centre or centre-bias",
    )  # fmt: skip
    parser.add_argument("--weights", type=Path, metavar="FILE", help="other universal weights")
    parser.add_argument("-o", "--out", type=Path, default=Path(), metavar="DIR")
    parser.add_argument("--format", choices=("npy", "png"), default="npy")


def run(args: argparse.Namespace) -> int:
    from gazeapp.cli.console import progress
    from gazeapp.cli.universal_models import load_universal, require_own_names
    from gazeapp.store.map_files import write_map
    from gazeapp.store.stimuli import decode_image

    require_own_names(args.images)
    predict = load_universal(args.model, args.weights)
    for path in progress(args.images, "universal", len(args.images)):
        rgb = decode_image(path).rgb
        destination = args.out / f"{path.stem}.universal.{args.format}"
        write_map(predict(rgb), destination, rgb)
        print(destination)
    return 0
