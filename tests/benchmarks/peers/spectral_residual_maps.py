"""OpenCV's spectral residual on the images of a DATA folder, as maps that `--usm FOLDER` and `--model FOLDER` read.

Needs opencv-contrib-python-headless, which overwrites the `cv2` of gazeapp: run it with the peers' Python.
    peers/bin/python tests/benchmarks/peers/spectral_residual_maps.py osie-data opencv-spectral-residual
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument(
        "--sigma-px",
        type=float,
        default=9.6,
        help="blur of the map, pixels of the stored image (default: 1 degree at 320x240)",
    )
    args = parser.parse_args()
    names = json.loads((args.data / "meta.json").read_text())["images"]
    images = np.load(args.data / "images.npy", mmap_mode="r")
    args.out.mkdir(parents=True, exist_ok=True)
    model = cv2.saliency.StaticSaliencySpectralResidual_create()
    for name, image in zip(names, images, strict=True):
        done, saliency = model.computeSaliency(np.ascontiguousarray(image[..., ::-1]))
        assert done, name
        saliency = cv2.GaussianBlur(saliency, (0, 0), args.sigma_px)
        # a little mass everywhere: it leaves whole regions at 0, where no density can have a logarithm
        density = saliency.astype(np.float64) + 1e-3 * saliency.max()
        np.save(args.out / f"{Path(name).stem}.npy", (density / density.sum()).astype(np.float32))
    print(f"{args.out}: {len(names)} maps by OpenCV {cv2.__version__}")


if __name__ == "__main__":
    main()
