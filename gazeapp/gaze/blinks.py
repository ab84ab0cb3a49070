"""Blinks and other losses of gaze."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gazeapp.gaze.channels.timing import usual_step
from gazeapp.gaze.filters import TIME_TOLERANCE_S
from gazeapp.gaze.samples import SampleSource, in_chunks

SHORTEST_BLINK_S = 0.050  # Nyström et al. (2024), What is a blink?: eyelids stay down for 50 to 500 ms
LONGEST_BLINK_S = 0.500


@dataclass(frozen=True, slots=True, kw_only=True)
class GazeLoss:
    """A stretch without gaze of either eye."""

    onset_s: float
    """Time of the last sample before it (of the first lost one at the start of a recording)."""
    duration_s: float
    """To the first sample after it."""
    kind: Literal["blink", "gap"]
    """"blink": both eyes were lost at once, for as long as a lid stays down; "gap": anything else."""


def find_losses(samples: SampleSource, *, shortest_s: float = 0.0) -> list[GazeLoss]:
    """Find where gaze was lost.

    A loss is a blink when its length is that of a blink and both eyes went and came back nearly together; one eye long
    before the other is a head that turns away or a reflection. Holes in the time stamps count as losses, since some
    trackers send nothing then.

    Args:
        samples: In time order.
        shortest_s: Leave out shorter losses.

    Returns:
        Losses in time order.
    """
    time_s = samples.time_s
    if len(time_s) < 2:
        return []
    interval_s = usual_step(time_s)
    known = np.concatenate([part.time_s[part.valid] for part in in_chunks(samples)])
    if not len(known):
        whole_s = float(time_s[-1] - time_s[0])
        return [GazeLoss(onset_s=float(time_s[0]), duration_s=whole_s, kind="gap")]
    edges_s = np.concatenate([time_s[:1], known, time_s[-1:]])
    steps_s = np.diff(edges_s)
    losses = []
    is_binocular = samples.eyes == "binocular" and _has_both(samples)
    for index in np.flatnonzero(steps_s > 1.5 * interval_s):
        onset_s, end_s = float(edges_s[index]), float(edges_s[index + 1])
        if end_s - onset_s < shortest_s - TIME_TOLERANCE_S:
            continue
        inside = 0 < index < len(steps_s) - 1  # a loss that begins or ends the recording may be anything
        is_blink = (
            inside
            and SHORTEST_BLINK_S <= end_s - onset_s <= LONGEST_BLINK_S
            and (not is_binocular or _together(samples, onset_s, end_s))
        )
        losses.append(GazeLoss(onset_s=onset_s, duration_s=end_s - onset_s, kind="blink" if is_blink else "gap"))
    return losses


def _together(samples: SampleSource, onset_s: float, end_s: float) -> bool:
    """Whether both eyes of a binocular source are seen within 50 ms of both ends."""
    near_s = 0.05
    flanks: Sequence[tuple[float, float]] = ((onset_s - near_s, onset_s), (end_s, end_s + near_s))
    seen = [samples.between(start_s, stop_s + TIME_TOLERANCE_S) for start_s, stop_s in flanks]
    return all(part.left_valid.any() and part.right_valid.any() for part in seen)


def _has_both(samples: SampleSource) -> bool:
    """Whether each eye is seen at all: there are recordings of one eye in a binocular layout."""
    seen = np.array([(part.left_valid.any(), part.right_valid.any()) for part in in_chunks(samples)])
    return bool(seen.any(axis=0).all())
