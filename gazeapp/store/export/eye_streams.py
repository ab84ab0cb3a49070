"""Eye openness and pictures of the eyes, as exports write them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gazeapp.gaze.samples import Floats
from gazeapp.store.export.table import Chunk, Column, Table
from gazeapp.store.reader import SessionReader
from gazeapp.store.records import EyeImageRow

IMAGE_FOLDER = "eye_images"


def eye_stream_tables(reader: SessionReader, *, include_images: bool) -> list[Table]:
    """Tables of what this session has of them; the pictures, which show a person, only when asked for."""
    tables = [_openness(reader)] if reader.has_openness() else []
    if include_images and next(reader.eye_images(), None) is not None:
        tables.append(_images(reader))
    return tables


def write_images(reader: SessionReader, folder: Path) -> None:
    """The pictures as files that `eye_images` names, as the tracker sent them."""
    for number, image in enumerate(reader.eye_images(), start=1):
        path = folder / _file(number, image)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(image.image)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OpennessByStamp:
    """Looks up how far an eye was open in a sample of gaze: both streams carry the device's stamps."""

    device_time_s: Floats
    """(M,) ascending."""
    left_mm: Floats
    right_mm: Floats

    @classmethod
    def read(cls, reader: SessionReader) -> OpennessByStamp:
        """All of a session."""
        chunks = list(reader.openness_chunks())
        columns = {
            name: np.concatenate([np.empty(0), *(getattr(chunk, name) for chunk in chunks)]) for name in cls.__slots__
        }
        order = np.argsort(columns["device_time_s"], kind="stable")
        return cls(**{name: values[order] for name, values in columns.items()})

    def of_samples(self, device_time_s: Floats, side: str) -> Floats:
        """(N,) mm for each sample of gaze; NaN where nothing has its stamp, or the eye was not known."""
        values: Floats = getattr(self, f"{side}_mm")
        if not len(values):
            return np.full(len(device_time_s), np.nan)
        index = np.minimum(np.searchsorted(self.device_time_s, device_time_s), len(values) - 1)
        return np.where(self.device_time_s[index] == device_time_s, values[index], np.nan)


def _openness(reader: SessionReader) -> Table:
    def chunks() -> Iterator[Chunk]:
        for c in reader.openness_chunks():
            yield [
                c.time_s.tolist(),
                c.left_mm.tolist(),
                c.right_mm.tolist(),
                c.left_valid.astype(int).tolist(),
                c.right_valid.astype(int).tolist(),
                c.device_time_s.tolist(),
                c.receive_time_s.tolist(),
            ]

    return Table(
        name="eye_openness",
        meaning="how far the eyes were open, as the tracker measured it; stamps as in samples",
        columns=(
            Column(name="time_s", kind="float", meaning="session clock: when the eyes were imaged"),
            Column(name="left_openness_mm", kind="float", meaning="how far the lids of the left eye were apart"),
            Column(name="right_openness_mm", kind="float", meaning="how far the lids of the right eye were apart"),
            Column(name="left_valid", kind="int", meaning="1: the tracker knew it (left eye)"),
            Column(name="right_valid", kind="int", meaning="1: the tracker knew it (right eye)"),
            Column(name="device_time_s", kind="float", meaning="the device's own stamp, raw"),
            Column(name="receive_time_s", kind="float", meaning="session clock: when it arrived"),
        ),
        chunks=chunks,
    )


def _images(reader: SessionReader) -> Table:
    def chunks() -> Iterator[Chunk]:
        rows: list[tuple[Any, ...]] = [  # Any: numbers and text
            (
                i.time_s,
                _file(number, i),
                i.kind,
                i.camera,
                i.region,
                i.left_px,
                i.top_px,
                i.width_px,
                i.height_px,
                i.device_time_s,
            )
            for number, i in enumerate(reader.eye_images(), start=1)
        ]
        yield list(zip(*rows, strict=True))

    return Table(
        name="eye_images",
        meaning="pictures of the eyes by the tracker's cameras",
        columns=(
            Column(name="time_s", kind="float", meaning="session clock: when the picture was taken"),
            Column(name="file", kind="text", meaning="the picture"),
            Column(name="kind", kind="text", meaning="full (eyes not found), cropped, multi_roi, unknown"),
            Column(name="camera", kind="int", meaning="number of the camera"),
            Column(name="region", kind="int", meaning="number of the part of the picture"),
            Column(name="left_px", kind="int", meaning="left edge in the camera's picture"),
            Column(name="top_px", kind="int", meaning="top edge in the camera's picture"),
            Column(name="width_px", kind="int", meaning="width"),
            Column(name="height_px", kind="int", meaning="height"),
            Column(name="device_time_s", kind="float", meaning="the device's own stamp, raw"),
        ),
        chunks=chunks,
    )


def _file(number: int, image: EyeImageRow) -> str:
    suffix = image.format if image.format.isalnum() else "bin"
    return f"{IMAGE_FOLDER}/{number:06d}.{suffix}"
