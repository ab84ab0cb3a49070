"""Areas in files: JSON (everything), CSV (shapes), and label images (masks); untrusted like any file."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gazeapp.analysis.area import COLORS, SHAPES, Area, ImageAreas, areas_of_labels, labels_of_areas
from gazeapp.errors import UnreadableTable
from gazeapp.store.cells import whole_number
from gazeapp.store.export.inert_cell import inert_cell
from gazeapp.store.identifier import require_own
from gazeapp.store.new_file import write_whole
from gazeapp.store.stimuli import image_size
from gazeapp.store.untrusted.files import TooLarge, read_text
from gazeapp.store.untrusted.limits import CORNERS, MASK_PIXELS

KIND = "gazeapp-areas"
CSV_COLUMNS = ("image", "area", "shape", "points_px", "turn_deg", "color")
MAX_BYTES = 50_000_000
MAX_AREAS = 10_000
MAX_IMAGES = 100_000
_NAMES = "areas.csv"


def read_areas(path: Path, *, keeps_outside: bool = False) -> tuple[ImageAreas, ...]:
    """Read areas from JSON, from CSV, or from a folder of label images.

    Args:
        path: File or folder.
        keeps_outside: Also areas that lie beside their image, for somebody who is shown them and can mend them.

    Raises:
        UnreadableTable: Not understood; names the file, the place in it and what is needed.
    """
    require_own(path)
    if path.is_dir():
        return _read_masks(path)
    found = parse_areas(path, _text(path))
    for image in found:
        for area in image.areas:
            if image.size_wh and not keeps_outside and not area.touches(image.size_wh):
                width, height = image.size_wh
                raise UnreadableTable(
                    f"{path}: area {area.name!r} lies beside its image {image.image!r} ({width}×{height} pixels)"
                )
    return found


def _text(path: Path) -> str:
    try:
        text = read_text(path, MAX_BYTES).removeprefix("\ufeff")
        return text.replace("\r\n", "\n").replace("\r", "\n")
    except OSError as error:
        raise UnreadableTable(f"{path}: cannot be read ({error.strerror or error})") from error
    except TooLarge as error:
        raise UnreadableTable(f"{path}: {error}; areas are never that large") from error
    except UnicodeDecodeError as error:
        raise UnreadableTable(f"{path}: is not UTF-8 text ({error})") from error


def parse_areas(path: Path, text: str) -> tuple[ImageAreas, ...]:
    """Areas in a text: JSON where its name ends so, else CSV; UnreadableTable as `read_areas`."""
    return _read_json(path, text) if path.suffix.lower() == ".json" else _read_csv(path, text)


def areas_text(images: Sequence[ImageAreas]) -> str:
    """Areas as JSON, everything of them."""
    document = {"schema": 1, "kind": KIND, "images": [_image_json(image) for image in images]}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def read_labels(path: Path) -> tuple[Area, ...]:
    """Areas proposed by a label image, as outlines that can be edited; UnreadableTable or UnreadableImage."""
    try:
        return areas_of_labels(_labels(path), as_outlines=True)
    except ValueError as error:
        raise UnreadableTable(f"{path}: {error}") from error


def write_areas(images: Sequence[ImageAreas], path: Path) -> None:
    """Write areas as JSON, as CSV, or, where the path has no ending, as a folder of label images.

    Raises:
        ValueError: Masks in a CSV; or areas that overlap, or of an image of unknown size, in label images.
    """
    match path.suffix.lower():
        case ".json":
            write_whole(path, areas_text(images))
        case ".csv":
            write_whole(path, _csv_text(images))
        case "":
            _write_masks(images, path)
        case other:
            raise ValueError(f"areas are written as .json, .csv or a folder of label images, not as {other}")


# JSON


def _image_json(image: ImageAreas) -> dict[str, Any]:  # Any: JSON values
    document: dict[str, Any] = {"image": image.image, "sha256": image.sha256}  # Any: JSON values
    if image.size_wh:
        document["width_px"], document["height_px"] = image.size_wh
    document["areas"] = [
        {"name": area.name, "shape": area.shape, "color": area.color, "turn_deg": area.turn_deg}
        | ({"runs": _runs(area)} if area.mask is not None else {"points_px": [list(p) for p in area.points_px]})
        for area in image.areas
    ]
    return document


def _runs(area: Area) -> dict[str, Any]:  # Any: JSON values
    """A mask as the lengths of its runs, outside first, row by row."""
    assert area.mask is not None
    height, width = area.mask.shape
    flat = area.mask.ravel().astype(np.int8)
    edges = np.flatnonzero(np.diff(flat, prepend=0))
    lengths = np.diff([0, *edges, flat.size])
    return {"width_px": width, "height_px": height, "lengths": [int(length) for length in lengths]}


def _read_json(path: Path, text: str) -> tuple[ImageAreas, ...]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableTable(f"{path}: is not valid JSON ({error})") from error
    if not isinstance(document, dict) or document.get("kind") != KIND or not isinstance(document.get("images"), list):
        raise UnreadableTable(f'{path}: no areas: an object with "kind": "{KIND}" and "images" is needed')
    if len(document["images"]) > MAX_IMAGES:
        raise UnreadableTable(f"{path}: more than {MAX_IMAGES} images")
    if document.get("schema") != 1:
        raise UnreadableTable(f"{path}: schema {document.get('schema')!r}; this version of gazeapp reads 1")
    found = []
    n_left, budget = MAX_AREAS, _Budget()
    for number, item in enumerate(document["images"]):
        try:
            areas = tuple(_area_of_json(entry, budget) for entry in list(item["areas"])[: n_left + 1])
            n_left -= len(areas)
            size = (int(item["width_px"]), int(item["height_px"])) if "width_px" in item else None
            image = ImageAreas(
                image=str(item["image"]), sha256=str(item.get("sha256") or ""), areas=areas, size_wh=size
            )
        except (KeyError, TypeError, ValueError, OverflowError, MemoryError) as error:
            said = f"key {error} is missing" if isinstance(error, KeyError) else str(error)
            raise UnreadableTable(f"{path}: images[{number}]: {said}") from error
        if n_left < 0:
            raise UnreadableTable(f"{path}: more than {MAX_AREAS} areas")
        found.append(image)
    return tuple(found)


class _Budget:
    """Counts what the areas of a file take; ValueError when it becomes too much."""

    def __init__(self) -> None:
        self._pixels, self._corners = MASK_PIXELS, CORNERS

    def take_pixels(self, n_pixels: int) -> None:
        """Those of a mask."""
        self._pixels -= n_pixels
        if self._pixels < 0:
            raise ValueError(
                f"its masks have more than {MASK_PIXELS / 1e6:.3g} million pixels in all; draw outlines, or read the "
                "images in several parts"
            )

    def take_corners(self, n_corners: int) -> None:
        """Those of an outline."""
        self._corners -= n_corners
        if self._corners < 0:
            raise ValueError(f"its outlines have more than {CORNERS} corners in all; draw them more coarsely")


def _area_of_json(entry: dict[str, Any], budget: _Budget) -> Area:  # Any: JSON values
    shape = entry["shape"]
    if shape not in SHAPES:
        raise ValueError(f"shape must be one of {', '.join(SHAPES)}, found {shape!r}")
    common = {"name": str(entry["name"]), "color": str(entry.get("color", COLORS[0])), "shape": shape}
    if shape != "mask":
        points = tuple((float(x), float(y)) for x, y in entry["points_px"])
        budget.take_corners(len(points))
        return Area(points_px=points, turn_deg=float(entry.get("turn_deg", 0.0)), **common)
    runs = entry["runs"]
    width, height, lengths = int(runs["width_px"]), int(runs["height_px"]), [int(n) for n in runs["lengths"]]
    if not 0 < width * height <= 200_000_000 or min(width, height) < 1 or min(lengths, default=0) < 0:
        raise ValueError("a mask of impossible size")
    if sum(lengths) != width * height:
        raise ValueError("the runs of a mask do not fill it")
    budget.take_pixels(width * height)
    mask = np.repeat(np.arange(len(lengths)) % 2 == 1, lengths).reshape(height, width)
    return Area(mask=mask, **common)


# CSV


def _csv_text(images: Sequence[ImageAreas]) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for image in images:
        for area in image.areas:
            if area.mask is not None:
                raise ValueError(f"{area.name}: a mask has no corners for a CSV; write .json or label images")
            points = ";".join(f"{x!r} {y!r}" for x, y in area.points_px)
            writer.writerow(
                [inert_cell(image.image), inert_cell(area.name), area.shape, points, repr(area.turn_deg), area.color]
            )
    return file.getvalue()


def _read_csv(path: Path, text: str) -> tuple[ImageAreas, ...]:
    rows = csv.DictReader(io.StringIO(text))
    missing = {"image", "area", "shape", "points_px"} - set(rows.fieldnames or ())
    if missing:
        raise UnreadableTable(
            f"{path}: columns {', '.join(sorted(missing))} are missing; found {', '.join(rows.fieldnames or ['none'])}",
            found=rows.fieldnames,
            needed=CSV_COLUMNS,
        )
    areas: dict[str, list[Area]] = {}
    budget = _Budget()
    try:
        for n_read, row in enumerate(rows):
            if n_read >= MAX_AREAS:
                raise UnreadableTable(f"{path}: more than {MAX_AREAS} areas")
            try:
                areas.setdefault(str(row["image"] or ""), []).append(_area_of_row(row, n_read, budget))
            except (ValueError, TypeError, AttributeError) as error:
                raise UnreadableTable(f"{path}, line {rows.line_num}: {error}") from error
    except csv.Error as error:
        raise UnreadableTable(f"{path}, line {rows.line_num}: {error}") from error
    return tuple(ImageAreas(image=image, areas=tuple(found)) for image, found in areas.items())


def _area_of_row(row: dict[str, str], number: int, budget: _Budget) -> Area:
    shape = row["shape"].strip()
    if shape not in SHAPES or shape == "mask":
        raise ValueError(f"shape must be box, ellipse or polygon, found {shape!r}")
    points = []
    for text in row["points_px"].split(";"):
        if text.strip():
            x, _, y = text.strip().partition(" ")
            points.append((float(x), float(y)))
    budget.take_corners(len(points))
    return Area(
        name=re.sub(r"^'(?=[=+\-@])", "", row["area"]),  # as it was before it was made inert
        shape=shape,
        points_px=tuple(points),
        turn_deg=float(row.get("turn_deg") or 0.0),
        color=row.get("color") or COLORS[number % len(COLORS)],
    )


# label images


def _write_masks(images: Sequence[ImageAreas], folder: Path) -> None:
    made = []
    for image in images:
        if image.size_wh is None:
            raise ValueError(f"{image.image}: the size of the image is not known, so no mask of it can be made")
        labels = labels_of_areas(image.areas, image.size_wh)
        done, data = cv2.imencode(".png", labels)
        if not done:
            raise ValueError(f"{image.image}: the mask cannot be written as PNG")
        name = f"{Path(image.image).name}.png"
        made.append((name, data.tobytes(), [(name, n, area) for n, area in enumerate(image.areas, start=1)]))
    folder.mkdir(parents=True, exist_ok=True)
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["mask", "label", "area", "color"])
    for name, content, rows in made:
        write_whole(folder / name, content)
        writer.writerows([[inert_cell(mask), label, inert_cell(area.name), area.color] for mask, label, area in rows])
    write_whole(folder / _NAMES, file.getvalue())


def _read_masks(folder: Path) -> tuple[ImageAreas, ...]:
    names: dict[str, dict[int, tuple[str, str]]] = {}
    if (folder / _NAMES).is_file():
        try:
            rows = list(csv.DictReader(io.StringIO(_text(require_own(folder / _NAMES)))))
        except csv.Error as error:
            raise UnreadableTable(f"{folder / _NAMES}: {error}") from error
        for row in rows:
            label = str(row.get("label") or "")
            if (number := whole_number(label)) is not None:
                of_mask = names.setdefault(str(row.get("mask")), {})
                of_mask[number] = (str(row.get("area") or ""), str(row.get("color") or ""))
    found, budget = [], _Budget()
    for path in sorted(folder.glob("*.png")):
        labels = _labels(path)
        known = {label: name for label, (name, _) in names.get(path.name, {}).items() if name}
        colors = {name: color for name, color in names.get(path.name, {}).values()}
        try:
            areas = areas_of_labels(labels, known)
            budget.take_pixels(len(areas) * labels.size)
        except ValueError as error:
            raise UnreadableTable(f"{path}: {error}") from error
        try:
            areas = tuple(replace(area, color=colors.get(area.name) or area.color) for area in areas)
        except ValueError as error:
            raise UnreadableTable(f"{folder / _NAMES}: {path.name}: {error}") from error
        height, width = labels.shape
        found.append(ImageAreas(image=path.name.removesuffix(".png"), areas=areas, size_wh=(width, height)))
    if not found:
        raise UnreadableTable(f"{folder}: no label images (.png) here")
    return tuple(found)


def _labels(path: Path) -> NDArray[Any]:
    """(H, W) of a label image."""
    image_size(require_own(path))  # refuses what is no image, or a bomb, before it is decoded
    labels = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    if labels is None or labels.ndim != 2 or labels.dtype.kind not in "ui":
        raise UnreadableTable(f"{path}: no label image: one channel of whole numbers is needed, 0 for no area")
    return np.asarray(labels)
