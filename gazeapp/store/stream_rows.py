"""Rows of what a tracker delivers many times a second, whole stretches at once, both ways."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gazeapp.gaze.eye_openness import EyeOpenness
from gazeapp.gaze.samples import Eyes, Floats, GazeSamples

Row = tuple[Any, ...]  # Any: what SQLite stores


def encode_samples(samples: GazeSamples) -> list[Row]:
    """Rows in the order of `schema.SAMPLE_COLUMNS`."""
    columns: list[list[Any]] = [
        samples.time_s.tolist(),
        samples.device_time_s.tolist(),
        samples.receive_time_s.tolist(),
        *samples.left_px.T.tolist(),
        *samples.right_px.T.tolist(),
        samples.left_valid.astype(np.int64).tolist(),
        samples.right_valid.astype(np.int64).tolist(),
        samples.left_pupil_mm.tolist(),
        samples.right_pupil_mm.tolist(),
        *samples.left_origin_mm.T.tolist(),
        *samples.right_origin_mm.T.tolist(),
    ]
    return list(zip(*columns, strict=True))


def decode_samples(rows: Sequence[Row] | Floats, eyes: Eyes) -> GazeSamples:
    """Inverse of `encode_samples`; rows may be an (N, columns) array already."""
    table = np.array(rows, dtype=np.float64)
    return GazeSamples.build(
        table[:, 0],
        eyes=eyes,
        device_time_s=table[:, 1],
        receive_time_s=table[:, 2],
        left_px=table[:, 3:5],
        right_px=table[:, 5:7],
        left_valid=table[:, 7] == 1,
        right_valid=table[:, 8] == 1,
        left_pupil_mm=table[:, 9],
        right_pupil_mm=table[:, 10],
        left_origin_mm=table[:, 11:14],
        right_origin_mm=table[:, 14:17],
    )


def encode_openness(openness: EyeOpenness) -> list[Row]:
    """Rows of the openness table."""
    return list(
        zip(
            openness.time_s.tolist(),
            openness.device_time_s.tolist(),
            openness.receive_time_s.tolist(),
            openness.left_mm.tolist(),
            openness.right_mm.tolist(),
            openness.left_valid.astype(np.int64).tolist(),
            openness.right_valid.astype(np.int64).tolist(),
            strict=True,
        )
    )


def decode_openness(rows: Sequence[Row] | Floats) -> EyeOpenness:
    """Inverse of `encode_openness`."""
    table = np.array(rows, dtype=np.float64).reshape(-1, 7)
    return EyeOpenness.build(
        time_s=table[:, 0],
        device_time_s=table[:, 1],
        receive_time_s=table[:, 2],
        left_mm=table[:, 3],
        right_mm=table[:, 4],
        left_valid=table[:, 5] == 1,
        right_valid=table[:, 6] == 1,
    )
