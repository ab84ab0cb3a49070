"""What was shown, where gaze went, and what was predicted of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

import numpy as np

from gazeapp.gaze.fixations import Fixation
from gazeapp.gaze.samples import Eyes, GazeSamples
from gazeapp.store.detection_choice import session_detection, trials_in_use
from gazeapp.store.exclusion import session_exclusions
from gazeapp.store.export.table import Chunk, Column, Kind, Row, Table, table_of
from gazeapp.store.image_variables import COLUMN, ImageVariables, meaning
from gazeapp.store.reader import SessionReader
from gazeapp.store.records import StimulusRow, TrialRow

Side = Literal["left", "right"]
_EXCLUDED = "why somebody left it out of analysis; empty: it counts"
_INTERRUPTED = "1: the image was taken off before its time and came again; it does not count as viewed"
_SIDES: dict[Eyes, tuple[tuple[Side, str, str], ...]] = {
    "binocular": (("left", "left_", "left eye"), ("right", "right_", "right eye")),
    "left": (("left", "left_", "left eye"),),
    "right": (("right", "right_", "right eye"),),
    "cyclopean": (("left", "", "gaze"),),
}
"""For each kind of source: where its gaze is kept, how its columns begin, and whose it is."""


def samples_table(reader: SessionReader) -> Table:
    """Every sample."""
    trials = reader.trials()

    def chunks() -> Iterator[Chunk]:
        for raw in reader.sample_chunks():
            yield _sample_columns(raw, reader.corrected(raw), trials)

    return Table(
        name="samples",
        meaning="every sample; columns are of the eyes that the tracker has, or of its one gaze point",
        columns=_sample_layout(reader.eyes),
        chunks=chunks,
    )


def _sample_layout(eyes: Eyes) -> tuple[Column, ...]:
    sides = _SIDES[eyes]
    return (
        Column(name="time_s", kind="float", meaning="session clock: when the eye was imaged"),
        *(
            Column(
                name=f"{prefix}{axis}_px",
                kind="float",
                meaning=f"{who} on the display, corrected as in force at that time",
            )
            for _, prefix, who in sides
            for axis in "xy"
        ),
        *(
            Column(name=f"{prefix}valid", kind="int", meaning=f"1: the tracker saw it ({who})")
            for _, prefix, who in sides
        ),
        *(
            Column(name=f"{prefix}pupil_mm", kind="float", meaning=f"pupil diameter ({who})")
            for _, prefix, who in sides
        ),
        Column(name="trial", kind="int", meaning="trial whose stimulus was on the screen; empty between trials"),
        *(
            Column(name=f"{prefix}raw_{axis}_px", kind="float", meaning=f"{who} as the tracker delivered it")
            for _, prefix, who in sides
            for axis in "xy"
        ),
        *(
            Column(
                name=f"{prefix}origin_{axis}_mm",
                kind="float",
                meaning=f"eye position in the tracker's coordinates ({who})",
            )
            for _, prefix, who in sides
            for axis in "xyz"
        ),
        Column(name="device_time_s", kind="float", meaning="the device's own stamp, raw"),
        Column(name="receive_time_s", kind="float", meaning="session clock: when the sample arrived"),
    )


def _sample_columns(raw: GazeSamples, corrected: GazeSamples, trials: list[TrialRow]) -> Chunk:
    trial: list[int | None] = [None] * len(raw)
    for row in trials:
        first, last = np.searchsorted(raw.time_s, [row.shown_s, row.hidden_s])
        trial[first:last] = [row.trial] * int(last - first)
    sides = [side for side, _, _ in _SIDES[raw.eyes]]

    def columns(samples: GazeSamples, what: str) -> list[list[Any]]:  # Any: numbers
        return [c for side in sides for c in np.atleast_2d(getattr(samples, f"{side}_{what}").T).tolist()]

    return [
        raw.time_s.tolist(),
        *columns(corrected, "px"),
        *([int(v) for v in column] for column in columns(raw, "valid")),
        *columns(raw, "pupil_mm"),
        trial,
        *columns(raw, "px"),
        *columns(raw, "origin_mm"),
        raw.device_time_s.tolist(),
        raw.receive_time_s.tolist(),
    ]


class _Fixated(NamedTuple):
    trial: TrialRow
    fixation: Fixation
    position: int
    carried_over: int
    display_px: tuple[float, float]


def fixations_table(reader: SessionReader) -> Table:
    """Fixations of each trial, as they were chosen for the study."""
    names, exclusions = _names(reader), session_exclusions(reader.folder)
    anew = session_detection(reader.folder)

    def rows() -> Iterator[_Fixated]:
        for trial in trials_in_use(reader):
            for carried, fixations in ((0, trial.fixations), (1, trial.carried_over)):
                for position, fixation in enumerate(fixations):
                    x, y = trial.frame.to_display([fixation.x_px, fixation.y_px])
                    yield _Fixated(trial, fixation, position, carried, (float(x), float(y)))

    return table_of(
        "fixations",
        "fixations of each trial",
        rows,
        ("onset_s", "float", "start, session clock", lambda r: r.fixation.onset_s),
        (
            "duration_s",
            "float",
            "duration, first to last sample (EyeLink counts one sample more)",
            lambda r: r.fixation.duration_s,
        ),
        ("x_px", "float", "image pixels from the left", lambda r: r.fixation.x_px),
        ("y_px", "float", "image pixels from the top", lambda r: r.fixation.y_px),
        ("trial", "int", "trial", lambda r: r.trial.trial),
        ("position", "int", "order within the trial, from 0", lambda r: r.position),
        ("stimulus_id", "text", "SHA-256 of the image file", lambda r: r.trial.frame.stimulus_id),
        ("stimulus", "text", "name of the image", lambda r: names.get(r.trial.frame.stimulus_id, "")),
        ("phase", "text", "phase of the plan", lambda r: r.trial.phase),
        (
            "carried_over",
            "int",
            "1: under way when the image appeared, not used in any map",
            lambda r: r.carried_over,
        ),
        ("display_x_px", "float", "display pixels from the left", lambda r: r.display_px[0]),
        ("display_y_px", "float", "display pixels from the top", lambda r: r.display_px[1]),
        (
            "latency_s",
            "float",
            "start, from the appearance of the image",
            lambda r: r.fixation.onset_s - r.trial.shown_s,
        ),
        ("trial_id", "text", "the trial among those of all sessions", lambda r: _trial_id(reader, r.trial)),
        ("interrupted", "int", _INTERRUPTED, lambda r: int(r.trial.is_interrupted)),
        ("excluded", "text", _EXCLUDED, lambda r: exclusions.why(r.trial.trial)),
        (
            "detection",
            "text",
            "how it was found anew; empty: as it was recorded",
            lambda _: anew.words if anew else "",
        ),
    )


def trials_table(reader: SessionReader) -> Table:
    """One row for each image shown."""
    names, exclusions = _names(reader), session_exclusions(reader.folder)
    onsets = "how the onset was timed: swap (buffer swap), raster (paint), virtual (no screen)"
    return table_of(
        "trials",
        "one row for each image shown",
        reader.trials,
        ("trial", "int", "number, from 0", lambda t: t.trial),
        ("phase", "text", "phase of the plan", lambda t: t.phase),
        ("stimulus_id", "text", "SHA-256 of the image file", lambda t: t.frame.stimulus_id),
        ("stimulus", "text", "name of the image", lambda t: names.get(t.frame.stimulus_id, "")),
        ("shown_s", "float", "the image appeared, session clock", lambda t: t.shown_s),
        ("hidden_s", "float", "the image went", lambda t: t.hidden_s),
        ("duration_s", "float", "time on the screen", lambda t: t.hidden_s - t.shown_s),
        ("onset_kind", "text", onsets, lambda t: t.onset_kind),
        ("image_width_px", "int", "the image's own pixels", lambda t: t.frame.image_width_px),
        ("image_height_px", "int", "the image's own pixels", lambda t: t.frame.image_height_px),
        ("left_px", "float", "left edge on the display", lambda t: t.frame.left_px),
        ("top_px", "float", "top edge on the display", lambda t: t.frame.top_px),
        ("width_px", "float", "width on the display", lambda t: t.frame.width_px),
        ("height_px", "float", "height on the display", lambda t: t.frame.height_px),
        ("n_fixations", "int", "fixations on the image", lambda t: len(t.fixations)),
        ("n_samples", "int", "samples while it was shown", lambda t: t.n_samples),
        ("data_loss", "float", "share of invalid samples, 0 to 1", lambda t: t.data_loss),
        ("n_frames", "int", "frames drawn", lambda t: t.timing.get("n_frames")),
        ("n_late_frames", "int", "frames later than 1.5 periods", lambda t: t.timing.get("n_late")),
        ("longest_frame_s", "float", "longest frame interval", lambda t: t.timing.get("longest_s")),
        ("trial_id", "text", "the trial among those of all sessions", lambda t: _trial_id(reader, t)),
        ("interrupted", "int", _INTERRUPTED, lambda t: int(t.is_interrupted)),
        ("excluded", "text", _EXCLUDED, lambda t: exclusions.why(t.trial)),
        *_variables(reader, _stimulus_of_trial),
    )


def stimuli_table(reader: SessionReader) -> Table:
    """The images used."""
    return table_of(
        "stimuli",
        "the images used",
        reader.stimulus_rows,
        ("stimulus_id", "text", "SHA-256 of the image file", lambda s: s.stimulus_id),
        ("name", "text", "name of the image", lambda s: s.name),
        ("file", "text", "file in stimuli/", lambda s: s.file),
        ("width_px", "int", "width", lambda s: s.width_px),
        ("height_px", "int", "height", lambda s: s.height_px),
        ("source", "text", "where it came from", lambda s: s.source),
        *_variables(reader, _stimulus_of_image),
    )


def map_file(trial: int, kind: str) -> str:
    """Where an export keeps the map of a trial."""
    return f"maps/trial-{trial:04d}.{kind}.npy"


def predictions_table(reader: SessionReader, *, with_personal: bool) -> Table:
    """The final prediction for each image."""
    names = _names(reader)
    personal = "density of this person, float32 (H, W), sum 1; only with embeddings"
    return table_of(
        "predictions",
        "the final prediction for each image",
        lambda: reader.predictions(final_only=True),
        ("trial", "int", "trial", lambda p: p.trial),
        ("stimulus_id", "text", "SHA-256 of the image file", lambda p: p.stimulus_id),
        ("stimulus", "text", "name of the image", lambda p: names.get(p.stimulus_id, "")),
        ("time_s", "float", "session clock", lambda p: p.time_s),
        (
            "universal_file",
            "text",
            "density of people in general, float32 (H, W), sum 1",
            lambda p: map_file(p.trial, "universal") if p.universal is not None else None,
        ),
        (
            "personal_file",
            "text",
            personal,
            lambda p: map_file(p.trial, "personal") if with_personal and p.personal is not None else None,
        ),
        (
            "n_pairs",
            "int",
            "images the embedding was computed from",
            lambda p: p.embedding.n_pairs if p.embedding else 0,
        ),
        ("model_sha256", "text", "weights in use", lambda p: p.model_sha256),
        ("elapsed_s", "float", "time the prediction took", lambda p: p.elapsed_s),
        ("error", "text", "what went wrong; empty when nothing did", lambda p: p.error),
    )


def growth_table(reader: SessionReader) -> Table:
    """The embedding after each image."""
    growth = reader.growth()
    n = max((len(row.vector) for row in growth), default=0)

    def component(index: int) -> Callable[[Any], object]:  # Any: a row of growth
        return lambda g: g.vector[index] if index < len(g.vector) else None

    return table_of(
        "embedding_growth",
        "the embedding after each image",
        lambda: growth,
        ("time_s", "float", "session clock", lambda g: g.time_s),
        ("trial", "int", "trial", lambda g: g.trial),
        ("n_pairs", "int", "images so far", lambda g: g.n_pairs),
        ("spread", "float", "bootstrap spread, 1 - mean cosine", lambda g: g.spread),
        *((f"e{i:03d}", "float", "component of the embedding", component(i)) for i in range(n)),
    )


def _variables(
    reader: SessionReader, stimulus_of: Callable[[Row], str]
) -> list[tuple[str, Kind, str, Callable[[Row], object]]]:
    """Columns of what the study's table says of each image."""
    known = ImageVariables.read(reader)

    def column(name: str) -> tuple[str, Kind, str, Callable[[Row], object]]:
        kind: Kind = "text" if known.is_text(name) else "float"
        return COLUMN + name, kind, meaning(name), lambda row: known.value(stimulus_of(row), name)

    return [column(name) for name in known.names]


def _stimulus_of_trial(trial: TrialRow) -> str:
    return trial.frame.stimulus_id


def _stimulus_of_image(image: StimulusRow) -> str:
    return image.stimulus_id


def _names(reader: SessionReader) -> dict[str, str]:
    return {row.stimulus_id: row.name for row in reader.stimulus_rows()}


def _trial_id(reader: SessionReader, trial: TrialRow) -> str:
    return f"{reader.session_id}-{trial.trial:04d}"
