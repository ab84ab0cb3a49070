"""Blur fixations into a saliency map: an isotropic Gaussian, one unit of mass per fixation.

The `.npy` is a density: float32 (H, W), map[y, x], sums to 1. The `.png` is for looking at.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

EXAMPLE = "gazeapp map fixations.csv --image-size 800,600 --sigma-px 24 -o map.npy"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("fixations", type=Path, metavar="FIXATIONS.csv")
    parser.add_argument("--image-size", required=True, metavar="W,H", help="size of the image, px")
    parser.add_argument("--sigma-px", required=True, type=float, metavar="S", help="blur, px")
    parser.add_argument("--weight", choices=("count", "duration"), default="count")
    parser.add_argument("-o", "--out", type=Path, default=Path("map.npy"), metavar="OUT.npy|png")
    parser.add_argument("--json", action="store_true", help="print what was done as JSON")


def run(args: argparse.Namespace) -> int:
    import numpy as np

    from gazeapp.api import saliency_map
    from gazeapp.cli.console import print_json
    from gazeapp.errors import SettingsError, UnreadableTable
    from gazeapp.saliency.maps import n_outside
    from gazeapp.store.map_folder import write_map
    from gazeapp.store.sample_table import read_fixations

    try:
        width, height = (int(part) for part in args.image_size.split(","))
    except ValueError:
        width = height = 0
    if not (0 < width <= 20000 and 0 < height <= 20000):
        raise SettingsError(f"--image-size is W,H in pixels (1 to 20000), got {args.image_size!r}", key="image-size")
    if not (np.isfinite(args.sigma_px) and args.sigma_px >= 0):
        raise SettingsError(f"--sigma-px must be 0 or more, got {args.sigma_px:g}", key="sigma-px")
    if args.out.suffix not in (".npy", ".png"):
        raise SettingsError(f"-o {args.out}: name a .npy or .png file", key="out")
    fixations = read_fixations(args.fixations)
    points = np.array([(f.x_px, f.y_px) for f in fixations], dtype=np.float64).reshape(-1, 2)
    beside = n_outside(points, (width, height))
    if beside == len(points):
        raise UnreadableTable(
            f"{args.fixations}: none of {len(points)} fixations lies on the {width}×{height} image; "
            "check --image-size and that the coordinates are image pixels"
        )
    weights = [f.duration_s for f in fixations] if args.weight == "duration" else None
    write_map(saliency_map(points, (width, height), args.sigma_px, weights=weights), args.out)
    if args.json:
        print_json(
            {
                "file": str(args.out),
                "n_fixations": len(points),
                "n_outside": beside,
                "sigma_px": args.sigma_px,
                "image_size": [width, height],
            }
        )
        return 0
    if beside:
        print(f"{beside} of {len(points)} fixations lie beside the image; left out", file=sys.stderr)
    print(args.out)
    return 0
