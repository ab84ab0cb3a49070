"""What areas were looked at: the measures of the field for each area and viewing, and over people."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from gazeapp.analysis.area import Area, ImageAreas
from gazeapp.analysis.viewing import Viewing
from gazeapp.store.image_variables import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaMeasures:
    """One area in one viewing: a row of the long table."""

    participant: str
    group: str
    session: str
    trial: int
    phase: str
    image: str
    stimulus_id: str
    area: str
    first_fixation: float
    """Number, from 1, of the first fixation in the area among all of the viewing; NaN when there is none."""
    time_to_first_s: float
    """From the image's appearance to the onset of that fixation; NaN likewise."""
    first_duration_s: float
    """Of that fixation; NaN likewise."""
    n_fixations: int
    dwell_s: float
    """Duration of all fixations in the area."""
    n_visits: int
    """Runs of fixations in the area, one after another."""
    n_revisits: int
    """Visits after the first."""
    share: float
    """Dwell as a share of the duration of all fixations on the image, 0 to 1; NaN without any."""
    hit: int
    """1 when it was looked at."""
    variables: Mapping[str, Value] = field(default_factory=dict, hash=False)
    """What the study's table says of the image, as its condition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaSummary:
    """One area over the people of a group: the mean of each person's mean."""

    group: str
    """Empty for all people."""
    image: str
    stimulus_id: str
    area: str
    n_people: int
    hit_rate: float
    """Share of people who looked at it (for several viewings: in what share of them, on average)."""
    time_to_first_s: float
    """Over those who did."""
    n_fixations: float
    dwell_s: float
    n_revisits: float
    share: float
    variables: Mapping[str, Value] = field(default_factory=dict, hash=False)
    """Of the image; one that is not the same in all viewings is left out."""


def measure_area(viewing: Viewing, area: Area) -> AreaMeasures:
    """The measures of one area in one viewing."""
    inside = area.contains(viewing.points_px) & viewing.is_on_image
    durations_s = viewing.durations_s
    total_s = float(durations_s[viewing.is_on_image].sum())
    dwell_s = float(durations_s[inside].sum())
    n_visits = int(np.count_nonzero(np.diff(inside.astype(np.int8), prepend=0) == 1))
    first = int(np.argmax(inside)) if inside.any() else -1
    fixation = viewing.fixations[first] if first >= 0 else None
    return AreaMeasures(
        participant=viewing.participant,
        group=viewing.group,
        session=viewing.session,
        trial=viewing.trial,
        phase=viewing.phase,
        image=viewing.image,
        stimulus_id=viewing.stimulus_id,
        area=area.name,
        first_fixation=float(first + 1) if fixation else math.nan,
        time_to_first_s=fixation.onset_s - viewing.shown_s if fixation else math.nan,
        first_duration_s=fixation.duration_s if fixation else math.nan,
        n_fixations=int(inside.sum()),
        dwell_s=dwell_s,
        n_visits=n_visits,
        n_revisits=max(0, n_visits - 1),
        share=dwell_s / total_s if total_s > 0 else math.nan,
        hit=int(inside.any()),
        variables=viewing.variables,
    )


def measure_areas(viewings: Iterable[Viewing], images: Sequence[ImageAreas]) -> list[AreaMeasures]:
    """A row for each area of each viewing whose image has areas; people, sessions and trials in their order."""
    rows = []
    for viewing in viewings:
        for areas in images:
            if areas.is_of(viewing.stimulus_id, viewing.image):
                rows += [measure_area(viewing, area) for area in areas.areas]
    return rows


def summarize_areas(rows: Sequence[AreaMeasures]) -> list[AreaSummary]:
    """Each area over all people, then over each group where there are groups."""
    groups = sorted({row.group for row in rows if row.group})
    found = []
    for group in ["", *groups]:
        chosen = [row for row in rows if not group or row.group == group]
        for image, stimulus_id, area in dict.fromkeys((row.image, row.stimulus_id, row.area) for row in chosen):
            mine = [row for row in chosen if (row.stimulus_id, row.area) == (stimulus_id, area)]
            people = [[row for row in mine if row.participant == p] for p in dict.fromkeys(r.participant for r in mine)]
            found.append(
                AreaSummary(
                    group=group,
                    image=image,
                    stimulus_id=stimulus_id,
                    area=area,
                    n_people=len(people),
                    hit_rate=_mean_of_means(people, "hit"),
                    time_to_first_s=_mean_of_means(people, "time_to_first_s"),
                    n_fixations=_mean_of_means(people, "n_fixations"),
                    dwell_s=_mean_of_means(people, "dwell_s"),
                    n_revisits=_mean_of_means(people, "n_revisits"),
                    share=_mean_of_means(people, "share"),
                    variables=_common([row.variables for row in mine]),
                )
            )
    return found


def _common(variables: Sequence[Mapping[str, Value]]) -> Mapping[str, Value]:
    first, *others = variables
    return {name: value for name, value in first.items() if all(other.get(name) == value for other in others)}


def _mean_of_means(people: Sequence[Sequence[AreaMeasures]], key: str) -> float:
    means = [_mean([float(getattr(row, key)) for row in rows]) for rows in people]
    return _mean(means)


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return math.fsum(known) / len(known) if known else math.nan
