"""Write the golden sessions: two short recordings and what the live path found in them.

    python -m tests.golden.make_golden

Run it only when a change of results is meant, and say why in the commit.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from gazeapp.gaze.clock import ManualClock
from gazeapp.gaze.correction import Correction
from gazeapp.gaze.detection.registry import make_detector, parameters
from gazeapp.gaze.display import Display, place_stimulus
from gazeapp.gaze.samples import GazeSamples
from gazeapp.runtime.pipeline import Pipeline
from gazeapp.runtime.recorder import Recorder
from gazeapp.runtime.snapshot import TrialRecord
from gazeapp.saliency.maps import fixation_density
from gazeapp.store.events import StimulusHidden, StimulusShown
from gazeapp.store.records import CorrectionRow, TrialRow
from gazeapp.store.writer import SessionWriter
from tests.fakes import ListCursor, in_chunks, look_at

FOLDER = Path(__file__).parent
DISPLAY = Display(width_px=1920, height_px=1080, width_mm=531, height_mm=299, distance_mm=650)
FRAMES = {1: place_stimulus(DISPLAY, "a", 800, 600), 2: place_stimulus(DISPLAY, "b", 600, 800)}
SHOWN_S = {1: (0.5, 2.0), 2: (2.0, 3.5)}


def calm() -> GazeSamples:
    """A good binocular recording at 250 Hz."""
    gaze = look_at((960, 540), for_s=0.72)
    for place in ((700, 300), (1200, 420), (980, 800), (620, 700), (1300, 250), (900, 500)):
        gaze = gaze.then(place, for_s=0.45)
    return gaze.samples(250, noise_px=3, seed=1, latency_s=0.008)


def rough() -> GazeSamples:
    """One eye at 60 Hz, noisy, with a blink and a hole in the time stamps."""
    gaze = look_at((960, 540), for_s=0.6).then((700, 300), for_s=0.5).then(blink_s=0.15)
    gaze = gaze.then((720, 330), for_s=0.6).then((1150, 800), for_s=0.9).then((800, 600), for_s=1.2)
    samples = gaze.samples(60, noise_px=4, seed=2, eyes="left", latency_s=0.03)
    hole = (samples.time_s > 2.6) & (samples.time_s < 2.75)
    return samples[~hole]


SESSIONS = {"calm": (calm, "ivt", 250.0), "rough": (rough, "idt", 60.0)}
CORRECTION = Correction.shift((12.0, -7.0), (9.0, -5.0))


def record(samples: GazeSamples, algorithm: str, rate_hz: float, path: Path) -> list[TrialRecord]:
    """Run the live path in virtual time and leave a session file."""
    clock = ManualClock()
    detector = make_detector(algorithm, DISPLAY)
    writer = SessionWriter(path)
    writer.set_meta(
        {
            "session_id": path.parent.name,
            "display": DISPLAY,
            "tracker": {"rate_hz": rate_hz},
            "sigma_deg": 1.0,
            "detection": {"algorithm": algorithm, "parameters": parameters(detector)},
        }
    )
    recorder = Recorder(writer, clock, inline=True)
    cursor = ListCursor()
    pipeline = Pipeline(cursor, lambda: make_detector(algorithm, DISPLAY), rate_hz=rate_hz)
    pipeline.set_correction(CORRECTION, 0.1)
    recorder.take(CorrectionRow(time_s=0.1, from_time_s=0.1, source="calibration", correction=CORRECTION.to_json()))
    to_tell = [
        event
        for trial, (shown_s, hidden_s) in SHOWN_S.items()
        for event in (
            StimulusShown(time_s=shown_s, trial=trial, frame=FRAMES[trial], onset_kind="virtual"),
            StimulusHidden(time_s=hidden_s, trial=trial),
        )
    ]
    for chunk in in_chunks(samples, [3, 1, 8]):
        now_s = float(chunk.time_s[-1])
        clock.set(now_s)
        cursor.push(chunk)
        recorder.take_samples(chunk)
        while to_tell and to_tell[0].time_s <= now_s:
            event = to_tell.pop(0)
            pipeline.on_event(event)
            recorder.take(event)
        pipeline.advance(now_s)
    pipeline.finish(clock.now_s())
    records = pipeline.take_trials()
    for trial in records:
        row = TrialRow(
            trial=trial.trial,
            phase="enrol",
            frame=trial.frame,
            shown_s=trial.shown_s,
            hidden_s=trial.hidden_s,
            onset_kind="virtual",
            fixations=trial.fixations,
            carried_over=trial.carried_over,
            n_samples=trial.n_samples,
            data_loss=trial.data_loss,
        )
        recorder.take(row)
    assert recorder.close().problem == ""
    return records


def expected(records: list[TrialRecord]) -> dict:
    """What is kept beside the session: fixations to 1e-6, and the map on a grid a person can read."""
    return {
        "trials": [
            {
                "trial": record.trial,
                "n_samples": record.n_samples,
                "data_loss": round(record.data_loss, 9),
                "fixations": [fixation_row(f) for f in record.fixations],
                "carried_over": [fixation_row(f) for f in record.carried_over],
                "map_8x6": coarse_map(record),
            }
            for record in records
        ]
    }


def fixation_row(fixation) -> list[float]:
    values = (fixation.onset_s, fixation.duration_s, fixation.x_px, fixation.y_px)
    return [round(value, 6) for value in values]


def coarse_map(record: TrialRecord) -> list[list[float]]:
    """Mass in 8 by 6 cells of the density at map resolution."""
    frame = record.frame
    scale = min(160 / frame.image_width_px, 120 / frame.image_height_px, 1.0)
    width, height = round(frame.image_width_px * scale), round(frame.image_height_px * scale)
    scale_x, scale_y = width / frame.image_width_px, height / frame.image_height_px
    points = [(f.x_px * scale_x, f.y_px * scale_y) for f in record.fixations]
    density = fixation_density(points, (width, height), DISPLAY.px_per_deg / frame.scale * scale).astype(float)
    rows = np.array_split(density, 6, axis=0)
    return [[round(float(cell.sum()), 5) for cell in np.array_split(row, 8, axis=1)] for row in rows]


def main() -> None:
    for name, (build, algorithm, rate_hz) in SESSIONS.items():
        folder = FOLDER / name
        folder.mkdir(exist_ok=True)
        (folder / "session.sqlite").unlink(missing_ok=True)
        records = record(build(), algorithm, rate_hz, folder / "session.sqlite")
        (folder / "expected.json").write_text(json.dumps(expected(records), indent=1) + "\n")
        print(name, [(len(r.carried_over), len(r.fixations), r.data_loss) for r in records])


if __name__ == "__main__":
    main()
