"""Photographs that packages ship under clear licences."""

from __future__ import annotations

import bz2
import importlib.util
import zipfile
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

PHOTOGRAPHS = (
    ("astronaut", "Eileen Collins in front of a flag", "skimage", "data/astronaut.png", "public domain", "NASA Great Images, https://flic.kr/p/r9qvLn", "NASA"),
    ("chelsea", "Chelsea the cat", "skimage", "data/chelsea.png", "CC0 1.0", "scikit-image", "Stéfan van der Walt"),
    ("coffee", "A cup of coffee", "skimage", "data/coffee.png", "CC0 1.0", "scikit-image", "Rachel Michetti, courtesy of Pikolo Espresso Bar"),
    ("rocket", "A rocket is launched", "skimage", "data/rocket.jpg", "public domain", "SpaceX Photos, https://www.flickr.com/photos/spacexphotos/16511594820", "SpaceX"),
    ("cameraman", "A photographer with a tripod", "skimage", "data/camera.png", "CC0 1.0", "scikit-image", "Lav Varshney"),
    ("coins", "Greek coins from Pompeii", "skimage", "data/coins.png", "no known copyright restrictions", "Brooklyn Museum Collection, archives image 51611", "Brooklyn Museum"),
    ("galaxies", "Hubble Extreme Deep Field", "skimage", "data/hubble_deep_field.jpg", "public domain", "HubbleSite, release 2012-37", "NASA, ESA"),
    ("china", "A temple roof in China", "sklearn", "datasets/images/china.jpg", "CC BY 2.0", "https://www.flickr.com/photos/danielbuechele/6061409035", "danielbuechele"),
    ("flower", "A dahlia", "sklearn", "datasets/images/flower.jpg", "CC BY 2.0", "https://www.flickr.com/photos/vultilion/6056698931", "vultilion (scikit-learn's note also names danielbuechele)"),
    ("hopper", "Grace Hopper", "matplotlib", "mpl-data/sample_data/grace_hopper.jpg", "public domain", "matplotlib sample data; official portrait", "United States Navy"),
    ("raccoon", "A raccoon", "scipy-wheel", "scipy/misc/face.dat", "public domain", "SciPy 1.9.3; http://www.public-domain-image.com", "not named by the source"),
)  # fmt: skip
LARGEST_PX = 900


def collect(destination: Path, scipy_wheel: Path | None) -> list[dict[str, str]]:
    """Write each photograph that its package holds, and return all entries of the index."""
    index = []
    for name, title, package, inner, licence, source, credit in PHOTOGRAPHS:
        image = _decode(package, inner, scipy_wheel)
        path = destination / f"photo-{name}.jpg"
        if image is not None:
            scale = min(1.0, LARGEST_PX / max(image.shape[:2]))
            if scale < 1:
                image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 86])
            path.write_bytes(data.tobytes() if done else b"")
        if path.exists():
            index.append({"file": path.name, "name": title, "kind": "photograph", "licence": licence, "source": source, "credit": credit})  # fmt: skip
    return index


def _decode(package: str, inner: str, scipy_wheel: Path | None) -> NDArray[np.uint8] | None:
    if package == "scipy-wheel":
        if scipy_wheel is None:
            return None
        raw = bz2.decompress(zipfile.ZipFile(scipy_wheel).read(inner))
        rgb = np.frombuffer(raw, np.uint8).reshape(768, 1024, 3)
        return np.ascontiguousarray(rgb[..., ::-1])
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        return None
    path = Path(found.origin).parent / inner
    if not path.exists():
        return None
    image: NDArray[np.uint8] = cv2.imdecode(
        np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR
    )
    return image
