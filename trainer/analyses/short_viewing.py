"""Identification from little gaze: few pairs, and only the beginning of each viewing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gazeapp.networks.checkpoint import Checkpoint
from trainer.analyses.identification import run_identification
from trainer.data.dataset import Dataset
from trainer.evaluation.identify import rebuilt_maps


def first_seconds(dataset: Dataset, limit_s: float) -> Dataset:
    """The data set as if every viewing had ended early, with personal maps made anew.

    Tables hold durations and no onsets: a fixation's onset is the sum of the durations before it in its viewing.
    Saccades
    are not counted, so a second of this kind lasts a little longer on the clock. A fixation that has begun counts, with
    the part of its duration that is left.
    """
    table = np.array(dataset.fixations)
    onset_s = onsets(table)
    kept = onset_s < limit_s
    table["duration_s"] = np.minimum(table["duration_s"], limit_s - onset_s)
    return rebuilt_maps(dataset, table[kept])


def onsets(table: NDArray[np.void]) -> NDArray[np.float64]:
    """(F,) seconds of fixations before each fixation of a sorted table, within its viewing."""
    total = np.cumsum(table["duration_s"], dtype=np.float64) - table["duration_s"]
    starts = np.ones(len(table), dtype=bool)
    keys = np.stack([table[name] for name in ("image", "observer", "viewing")])
    starts[1:] = (keys[:, 1:] != keys[:, :-1]).any(axis=0)
    viewing = np.cumsum(starts) - 1
    onset: NDArray[np.float64] = total - total[starts][viewing]
    return onset


def little_gaze(
    checkpoint: Checkpoint,
    where: Path,
    used: Dataset,
    *,
    support_sizes: Sequence[int],
    seconds: Sequence[float],
    seed: int,
    draws: int,
) -> list[dict[str, Any]]:  # Any: JSON values
    """Identification by an existing embedding, as rows of results.json, one set for each length of a viewing."""
    rows = []
    for limit in (None, *seconds):
        dataset = used if limit is None else first_seconds(used, limit)
        label = "whole viewing" if limit is None else f"first {limit:g} s"
        found = run_identification(
            checkpoint,
            where,
            dataset,
            support_sizes,
            universal=None,
            seed=seed,
            draws=draws,
            is_controlled=False,
        )
        rows += [{**row, "model": f"{row['model']}, {label}"} for row in found]
    return rows
