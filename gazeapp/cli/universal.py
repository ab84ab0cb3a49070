"""Predict where people look in images: one density for each, written as NAME.universal.npy or .png.

A .npy file holds float32 (H, W), indexed [y, x], that sums to 1; a .png file shows it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from gazeapp.cli.universal_models import add_model_arguments, model_choice, require_images

EXAMPLE = "gazeapp universal photo.jpg -o maps --format png"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("images", type=Path, nargs="+", metavar="IMAGE")
    add_model_arguments(parser, model="--model", weights="--weights", option="--option")
    parser.add_argument("--category", metavar="NAME", help="short for --option category=NAME of the model deepgaze")
    parser.add_argument("-o", "--out", type=Path, default=Path(), metavar="DIR")
    parser.add_argument("--format", choices=("npy", "png"), default="npy")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    from gazeapp.api import universal
    from gazeapp.cli.console import print_json
    from gazeapp.networks.universal_models import load_universal
    from gazeapp.progress import track
    from gazeapp.store.map_folder import write_map
    from gazeapp.store.stimuli import decode_image

    require_images(args.images)
    if args.category is not None:
        args.universal_options.append(f"category={args.category}")
    model = load_universal(model_choice(args))
    if model.sha256:
        print(f"{model.name}: sha256 of the weights {model.sha256}", file=sys.stderr)
    written = []
    for path in track(args.images, "universal", len(args.images)):
        rgb = decode_image(path).rgb
        destination = args.out / f"{path.stem}.universal.{args.format}"
        write_map(universal(rgb, model=model, name=path.name), destination, rgb)
        written.append(str(destination))
        if not args.json:
            print(destination)
    if args.json:
        print_json({"files": written, "model": {"name": model.name, "sha256": model.sha256}})
    return 0
