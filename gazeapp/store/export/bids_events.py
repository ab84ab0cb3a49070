"""Events of the eyes and of the screen as BIDS tells them beside the gaze."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from gazeapp.gaze.blinks import find_losses
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store import events
from gazeapp.store.detection_choice import trials_in_use
from gazeapp.store.exclusion import session_exclusions
from gazeapp.store.reader import SessionReader
from gazeapp.store.records import Json

_LONGEST_SACCADE_S = 0.2
COLUMNS = ("onset", "duration", "trial_type", "message", "blink")


@dataclass(frozen=True, slots=True, kw_only=True)
class EyeEvent:
    """One row of a table of events."""

    onset_s: float
    duration_s: float = math.nan
    kind: str = ""
    message: str = ""


def eye_events(reader: SessionReader) -> list[EyeEvent]:
    """Fixations of the trials, saccades between them, blinks of the whole session, and what was shown or said."""
    found: list[EyeEvent] = []
    losses = find_losses(GazeSamples.concatenate([*reader.sample_chunks()] or [GazeSamples.empty(reader.eyes)]))
    found += [EyeEvent(onset_s=e.onset_s, duration_s=e.duration_s, kind="blink") for e in losses if e.kind == "blink"]
    for trial in trials_in_use(reader):
        fixations = sorted((*trial.carried_over, *trial.fixations), key=lambda f: f.onset_s)
        found += [EyeEvent(onset_s=f.onset_s, duration_s=f.duration_s, kind="fixation") for f in fixations]
        for before, after in pairwise(fixations):
            begin_s, end_s = before.onset_s + before.duration_s, after.onset_s
            was_lost = any(e.onset_s < end_s and e.onset_s + e.duration_s > begin_s for e in losses)
            if 0 < end_s - begin_s <= _LONGEST_SACCADE_S and not was_lost:
                found.append(EyeEvent(onset_s=begin_s, duration_s=end_s - begin_s, kind="saccade"))
    left_out = session_exclusions(reader.folder)
    names = {row.stimulus_id: row.name for row in reader.stimulus_rows()}
    for event in reader.events():
        if isinstance(event, events.StimulusShown):
            image = names.get(event.frame.stimulus_id) or event.frame.stimulus_id
            found.append(EyeEvent(onset_s=event.time_s, message=f"stimulus shown: {image}"))
            if why := left_out.why(event.trial):
                found.append(EyeEvent(onset_s=event.time_s, message=f"excluded from analysis: {why}"))
        elif isinstance(event, events.StimulusHidden):
            found.append(EyeEvent(onset_s=event.time_s, message="stimulus hidden"))
        elif isinstance(event, events.Note):
            found.append(EyeEvent(onset_s=event.time_s, message=event.text))
    return sorted(found, key=lambda event: event.onset_s)


def events_sidecar(task: str) -> Json:
    """What the columns mean."""
    return {
        "TaskName": task,
        "Description": "Fixations, saccades, blinks, messages, and what was on the screen",
        "Columns": list(COLUMNS),
        "OnsetSource": "timestamp",
        "onset": {"Description": "On the clock of the timestamp column", "Units": "s"},
        "duration": {
            "Description": "From an event's first sample to its last; EyeLink counts one sampling interval more",
            "Units": "s",
        },
        "trial_type": {
            "Description": "Kind of event",
            "Levels": {
                "fixation": "Found in both eyes' mean gaze",
                "saccade": "Between two fixations of a trial, where gaze was not lost",
                "blink": "Both eyes were lost for as long as lids stay down",
            },
        },
        "blink": {"Description": "Whether the eyes were closed", "Levels": {"0": "open", "1": "closed"}},
        "message": {"Description": "What happened on the screen, or was written into the recording"},
    }
