"""A session as tidy tables: what every tabular export writes, with the meaning of each column."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from gazeapp.gaze.samples import Eyes, GazeSamples
from gazeapp.store import events
from gazeapp.store.detection_choice import session_detection, trials_in_use
from gazeapp.store.events import dump_json, encode_event
from gazeapp.store.exclusion import session_exclusions
from gazeapp.store.image_variables import COLUMN, ImageVariables, Value, meaning
from gazeapp.store.reader import SessionReader
from gazeapp.store.recalibration import describe_application
from gazeapp.store.records import Json, TrialRow

Kind = Literal["float", "int", "text"]
Side = Literal["left", "right"]
Chunk = Sequence[Sequence[Any]]  # Any: numbers, text or None, one sequence per column


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column; its unit is the end of its name."""

    name: str
    kind: Kind
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table, delivered in chunks so that long recordings need little memory."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    chunks: Callable[[], Iterator[Chunk]]
    """Columns of equal length, in the order of `columns`; missing is None or NaN."""
    constants: tuple[tuple[Column, str], ...] = ()
    """Columns of text that say the same in every row, behind the others: tables of several sessions pool by them."""

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The columns as they are written."""
        return (*self.columns, *(column for column, _ in self.constants))


def session_tables(reader: SessionReader, *, include_embeddings: bool = False) -> list[Table]:
    """All tables of a session; embeddings, and maps that they can be computed from, only when asked for."""
    tables = [
        _samples(reader),
        _fixations(reader),
        _trials(reader),
        _events(reader),
        _targets(reader),
        _stimuli(reader),
        _calibration(reader),
        _corrections(reader),
        _recalibrations(reader),
        _validation(reader),
        _predictions(reader, with_personal=include_embeddings),
        _problems(reader),
    ]
    if reader.clock_offsets():
        tables.append(_clock_offsets(reader))
    if include_embeddings:
        tables.append(_growth(reader))
    return [pooled(table, reader) for table in tables]


def pooled(table: Table, reader: SessionReader) -> Table:
    """The table with whose and which session's it is in every row."""
    session = Column(name="session", kind="text", meaning="session it is from")
    participant = Column(name="participant", kind="text", meaning="pseudonym of the participant")
    return replace(table, constants=((participant, reader.pseudonym), (session, reader.session_id)))


_EXCLUDED = "why somebody left it out of analysis; empty: it counts"
_INTERRUPTED = "1: the image was taken off before its time and came again; it does not count as viewed"


def map_file(trial: int, kind: str) -> str:
    """Where an export keeps the map of a trial."""
    return f"maps/trial-{trial:04d}.{kind}.npy"


_SIDES: dict[Eyes, tuple[tuple[Side, str, str], ...]] = {
    "binocular": (("left", "left_", "left eye"), ("right", "right_", "right eye")),
    "left": (("left", "left_", "left eye"),),
    "right": (("right", "right_", "right eye"),),
    "cyclopean": (("left", "", "gaze"),),
}
"""For each kind of source: where its gaze is kept, how its columns begin, and whose it is."""


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


def _samples(reader: SessionReader) -> Table:
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


def _sample_columns(raw: GazeSamples, corrected: GazeSamples, trials: list[TrialRow]) -> Chunk:
    trial: list[int | None] = [None] * len(raw)
    for row in trials:
        first, last = np.searchsorted(raw.time_s, [row.shown_s, row.hidden_s])
        trial[first:last] = [row.trial] * int(last - first)
    sides = [side for side, _, _ in _SIDES[raw.eyes]]

    def columns(samples: GazeSamples, what: str) -> list[list[Any]]:
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


def _fixations(reader: SessionReader) -> Table:
    def rows() -> Iterator[Sequence[Any]]:
        names, exclusions = _names(reader), session_exclusions(reader.folder)
        anew = session_detection(reader.folder)
        for trial in trials_in_use(reader):
            for carried, fixations in ((0, trial.fixations), (1, trial.carried_over)):
                for position, f in enumerate(fixations):
                    x, y = trial.frame.to_display([f.x_px, f.y_px])
                    yield (
                        f.onset_s,
                        f.duration_s,
                        f.x_px,
                        f.y_px,
                        trial.trial,
                        position,
                        trial.frame.stimulus_id,
                        names.get(trial.frame.stimulus_id, ""),
                        trial.phase,
                        carried,
                        float(x),
                        float(y),
                        f.onset_s - trial.shown_s,
                        f"{reader.session_id}-{trial.trial:04d}",
                        int(trial.is_interrupted),
                        exclusions.why(trial.trial),
                        anew.words if anew else "",
                    )

    return _table(
        "fixations",
        "fixations of each trial",
        rows,
        ("onset_s", "float", "start, session clock"),
        ("duration_s", "float", "duration, first to last sample (EyeLink counts one sample more)"),
        ("x_px", "float", "image pixels from the left"),
        ("y_px", "float", "image pixels from the top"),
        ("trial", "int", "trial"),
        ("position", "int", "order within the trial, from 0"),
        ("stimulus_id", "text", "SHA-256 of the image file"),
        ("stimulus", "text", "name of the image"),
        ("phase", "text", "phase of the plan"),
        ("carried_over", "int", "1: under way when the image appeared, not used in any map"),
        ("display_x_px", "float", "display pixels from the left"),
        ("display_y_px", "float", "display pixels from the top"),
        ("latency_s", "float", "start, from the appearance of the image"),
        ("trial_id", "text", "the trial among those of all sessions"),
        ("interrupted", "int", _INTERRUPTED),
        ("excluded", "text", _EXCLUDED),
        ("detection", "text", "how it was found anew; empty: as it was recorded"),
    )


def _trials(reader: SessionReader) -> Table:
    variables, values = _image_variables(reader)

    def rows() -> Iterator[Sequence[Any]]:
        names, exclusions = _names(reader), session_exclusions(reader.folder)
        for t in reader.trials():
            f = t.frame
            yield (
                t.trial,
                t.phase,
                f.stimulus_id,
                names.get(f.stimulus_id, ""),
                t.shown_s,
                t.hidden_s,
                t.hidden_s - t.shown_s,
                t.onset_kind,
                f.image_width_px,
                f.image_height_px,
                f.left_px,
                f.top_px,
                f.width_px,
                f.height_px,
                len(t.fixations),
                t.n_samples,
                t.data_loss,
                *(t.timing.get(key) for key in ("n_frames", "n_late", "longest_s")),
                f"{reader.session_id}-{t.trial:04d}",
                int(t.is_interrupted),
                exclusions.why(t.trial),
                *values(f.stimulus_id),
            )

    return _table(
        "trials",
        "one row for each image shown",
        rows,
        ("trial", "int", "number, from 0"),
        ("phase", "text", "phase of the plan"),
        ("stimulus_id", "text", "SHA-256 of the image file"),
        ("stimulus", "text", "name of the image"),
        ("shown_s", "float", "the image appeared, session clock"),
        ("hidden_s", "float", "the image went"),
        ("duration_s", "float", "time on the screen"),
        ("onset_kind", "text", "how the onset was timed: swap (buffer swap), raster (paint), virtual (no screen)"),
        ("image_width_px", "int", "the image's own pixels"),
        ("image_height_px", "int", "the image's own pixels"),
        ("left_px", "float", "left edge on the display"),
        ("top_px", "float", "top edge on the display"),
        ("width_px", "float", "width on the display"),
        ("height_px", "float", "height on the display"),
        ("n_fixations", "int", "fixations on the image"),
        ("n_samples", "int", "samples while it was shown"),
        ("data_loss", "float", "share of invalid samples, 0 to 1"),
        ("n_frames", "int", "frames drawn"),
        ("n_late_frames", "int", "frames later than 1.5 periods"),
        ("longest_frame_s", "float", "longest frame interval"),
        ("trial_id", "text", "the trial among those of all sessions"),
        ("interrupted", "int", _INTERRUPTED),
        ("excluded", "text", _EXCLUDED),
        *variables,
    )


def _events(reader: SessionReader) -> Table:
    def rows() -> Iterator[Sequence[Any]]:
        for event in reader.events():
            kind, payload = encode_event(event)
            yield event.time_s, kind, getattr(event, "trial", None), payload

    return _table(
        "events",
        "everything that happened",
        rows,
        ("time_s", "float", "session clock"),
        ("kind", "text", "kind of event"),
        ("trial", "int", "trial, where it has one"),
        ("payload", "text", "all its facts, JSON"),
    )


def _targets(reader: SessionReader) -> Table:
    def rows() -> Iterator[Sequence[Any]]:
        shown: events.TargetShown | None = None
        for event in reader.events():
            if isinstance(event, events.TargetShown):
                shown = event
            elif isinstance(event, events.TargetHidden) and shown is not None:
                yield (
                    shown.target_id,
                    shown.time_s,
                    event.time_s - shown.time_s,
                    shown.x_px,
                    shown.y_px,
                    shown.purpose,
                )
                shown = None

    return _table(
        "targets",
        "targets of calibration, validation and drift checks, as gazeapp quality --targets reads them",
        rows,
        ("target_id", "int", "number"),
        ("onset_s", "float", "appeared, session clock"),
        ("duration_s", "float", "time on the screen"),
        ("x_px", "float", "display pixels from the left"),
        ("y_px", "float", "display pixels from the top"),
        ("purpose", "text", "calibrate, validate or drift"),
    )


def _stimuli(reader: SessionReader) -> Table:
    variables, values = _image_variables(reader)

    def rows() -> Iterator[Sequence[Any]]:
        for s in reader.stimulus_rows():
            yield s.stimulus_id, s.name, s.file, s.width_px, s.height_px, s.source, *values(s.stimulus_id)

    return _table(
        "stimuli",
        "the images used",
        rows,
        ("stimulus_id", "text", "SHA-256 of the image file"),
        ("name", "text", "name of the image"),
        ("file", "text", "file in stimuli/"),
        ("width_px", "int", "width"),
        ("height_px", "int", "height"),
        ("source", "text", "where it came from"),
        *variables,
    )


_POINT_KEYS = (
    "target_id",
    "x_px",
    "y_px",
    "state",
    "n_samples",
    "left_x_px",
    "left_y_px",
    "right_x_px",
    "right_y_px",
    "residual_left_deg",
    "residual_right_deg",
)


def _calibration(reader: SessionReader) -> Table:
    def rows() -> Iterator[Sequence[Any]]:
        in_use = reader.calibration_in_use()
        for c in reader.calibrations():
            for point in c.points or ({},):
                yield (
                    c.number,
                    c.time_s,
                    c.status,
                    int(c.number == in_use),
                    (c.correction or {}).get("kind", ""),
                    c.residual_left_deg,
                    c.residual_right_deg,
                    *(point.get(key) for key in _POINT_KEYS),
                )

    return _table(
        "calibration",
        "every calibration attempt, one row for each target",
        rows,
        ("calibration", "int", "number of the attempt"),
        ("time_s", "float", "end of the attempt"),
        ("status", "text", "ok or failed"),
        ("in_use", "int", "1: the one in force at the end"),
        ("kind", "text", "shift, affine, second_order"),
        ("mean_residual_left_deg", "float", "left eye (or the one gaze point of a source without eyes), all targets"),
        ("mean_residual_right_deg", "float", "right eye, all targets"),
        ("target_id", "int", "target"),
        ("x_px", "float", "target, display pixels"),
        ("y_px", "float", "target, display pixels"),
        ("state", "text", "what became of the point"),
        ("n_samples", "int", "samples collected"),
        ("left_x_px", "float", "raw gaze at the target"),
        ("left_y_px", "float", "raw gaze at the target"),
        ("right_x_px", "float", "raw gaze at the target"),
        ("right_y_px", "float", "raw gaze at the target"),
        (
            "residual_left_deg",
            "float",
            "what the correction leaves when this target is left out of the fit; of a calibration by "
            "the tracker: how far off its own fit is here",
        ),
        ("residual_right_deg", "float", "the same for the right eye"),
    )


def _corrections(reader: SessionReader) -> Table:
    def rows() -> Iterator[Sequence[Any]]:
        for c in reader.corrections():
            yield (
                c.time_s,
                c.from_time_s,
                c.source,
                c.calibration,
                (c.correction or {}).get("kind", ""),
                c.residual_deg,
                c.note,
                dump_json(c.correction),
            )

    return _table(
        "corrections",
        "which gaze correction was in force from when",
        rows,
        ("time_s", "float", "decided"),
        ("from_time_s", "float", "in force from here until the next row"),
        ("source", "text", "calibration, drift, saliency, none"),
        ("calibration", "int", "attempt it comes from"),
        ("kind", "text", "shift, affine, second_order"),
        ("residual_deg", "float", "what it leaves"),
        ("note", "text", "remark"),
        ("correction", "text", "coefficients, JSON"),
    )


def _recalibrations(reader: SessionReader) -> Table:
    def rows() -> Iterator[Sequence[Any]]:
        for row in reader.recalibrations():
            yield (
                row.from_time_s,
                row.made_utc,
                "applied" if row.correction is not None else "taken back",
                describe_application(row),
                row.software,
                dump_json(row.correction),
            )

    return _table(
        "recalibrations",
        "corrections from the images, applied after the recording: the last row holds for all gaze and fixations here",
        rows,
        ("from_time_s", "float", "gaze from here on is moved, on top of the corrections in force"),
        ("made_utc", "text", "when it was decided"),
        ("what", "text", "applied, taken back"),
        ("finding", "text", "what it was found by"),
        ("software", "text", "version that wrote it"),
        ("correction", "text", "coefficients and drift, JSON"),
    )


_QUALITY_KEYS = (
    "eye",
    "target_id",
    "x_px",
    "y_px",
    "accuracy_deg",
    "offset_azimuth_deg",
    "offset_elevation_deg",
    "rms_s2s_deg",
    "std_deg",
    "bcea_deg2",
    "data_loss",
    "effective_hz",
    "n_samples",
)


def _validation(reader: SessionReader) -> Table:
    def rows() -> Iterator[Sequence[Any]]:
        for number, v in enumerate(reader.validations(), start=1):
            targets: list[Json] = v.report.get("targets") or [{}]
            for target in targets:
                yield (
                    number,
                    v.time_s,
                    v.purpose,
                    v.calibration,
                    v.report.get("verdict", ""),
                    *(_text_or_number(target.get(key)) for key in _QUALITY_KEYS),
                )

    return _table(
        "validation",
        "accuracy and precision, one row for each eye and target",
        rows,
        ("validation", "int", "number"),
        ("time_s", "float", "end"),
        ("purpose", "text", "validate or drift"),
        ("calibration", "int", "attempt it checks"),
        ("verdict", "text", "of the whole validation: pass, warn, fail"),
        ("eye", "text", "left, right or cyclopean"),
        ("target_id", "text", "target"),
        ("x_px", "float", "target, display pixels"),
        ("y_px", "float", "target, display pixels"),
        ("accuracy_deg", "float", "angle between target and mean gaze"),
        ("offset_azimuth_deg", "float", "gaze right of the target is positive"),
        ("offset_elevation_deg", "float", "gaze above the target is positive"),
        ("rms_s2s_deg", "float", "precision, sample to sample"),
        ("std_deg", "float", "precision, standard deviation"),
        ("bcea_deg2", "float", "area of the ellipse that holds 68 % of the gaze"),
        ("data_loss", "float", "share of invalid samples, 0 to 1"),
        ("effective_hz", "float", "valid samples per second"),
        ("n_samples", "int", "samples"),
    )


def _clock_offsets(reader: SessionReader) -> Table:
    def rows() -> Iterator[Sequence[Any]]:
        for c in reader.clock_offsets():
            yield c.time_s, c.offset_s, c.uncertainty_s

    return _table(
        "clock_offsets",
        "the tracker's clock against this computer's, as measured while recording",
        rows,
        ("time_s", "float", "session clock: when it was measured"),
        ("offset_s", "float", "added to device_time_s it gives this computer's clock"),
        ("uncertainty_s", "float", "half the round trip of the measurement"),
    )


def _predictions(reader: SessionReader, *, with_personal: bool) -> Table:
    def rows() -> Iterator[Sequence[Any]]:
        names = _names(reader)
        for p in reader.predictions(final_only=True):
            yield (
                p.trial,
                p.stimulus_id,
                names.get(p.stimulus_id, ""),
                p.time_s,
                map_file(p.trial, "universal") if p.universal is not None else None,
                map_file(p.trial, "personal") if with_personal and p.personal is not None else None,
                p.embedding.n_pairs if p.embedding else 0,
                p.model_sha256,
                p.elapsed_s,
                p.error,
            )

    return _table(
        "predictions",
        "the final prediction for each image",
        rows,
        ("trial", "int", "trial"),
        ("stimulus_id", "text", "SHA-256 of the image file"),
        ("stimulus", "text", "name of the image"),
        ("time_s", "float", "session clock"),
        ("universal_file", "text", "density of people in general, float32 (H, W), sum 1"),
        ("personal_file", "text", "density of this person, float32 (H, W), sum 1; only with embeddings"),
        ("n_pairs", "int", "images the embedding was computed from"),
        ("model_sha256", "text", "weights in use"),
        ("elapsed_s", "float", "time the prediction took"),
        ("error", "text", "what went wrong; empty when nothing did"),
    )


def _problems(reader: SessionReader) -> Table:
    def rows() -> Iterator[Sequence[Any]]:
        for p in reader.problems():
            yield p.time_s, p.kind, p.message, p.gap_s

    return _table(
        "problems",
        "trouble during the recording",
        rows,
        ("time_s", "float", "session clock"),
        ("kind", "text", "kind"),
        ("message", "text", "in words"),
        ("gap_s", "float", "time without samples"),
    )


def _growth(reader: SessionReader) -> Table:
    growth = reader.growth()
    n = max((len(row.vector) for row in growth), default=0)

    def rows() -> Iterator[Sequence[Any]]:
        for g in growth:
            yield (
                g.time_s,
                g.trial,
                g.n_pairs,
                g.spread,
                *g.vector,
                *[None] * (n - len(g.vector)),
            )

    return _table(
        "embedding_growth",
        "the embedding after each image",
        rows,
        ("time_s", "float", "session clock"),
        ("trial", "int", "trial"),
        ("n_pairs", "int", "images so far"),
        ("spread", "float", "bootstrap spread, 1 - mean cosine"),
        *((f"e{i:03d}", "float", "component of the embedding") for i in range(n)),
    )


def _table(
    name: str,
    meaning: str,
    rows: Callable[[], Iterable[Sequence[Any]]],
    *columns: tuple[str, Kind, str],
) -> Table:
    made = tuple(Column(name=n, kind=kind, meaning=text) for n, kind, text in columns)

    def chunks() -> Iterator[Chunk]:
        everything = list(rows())
        yield (list(zip(*everything, strict=True)) if everything else [()] * len(made))

    return Table(name=name, meaning=meaning, columns=made, chunks=chunks)


def _image_variables(
    reader: SessionReader,
) -> tuple[list[tuple[str, Kind, str]], Callable[[str], list[Value | None]]]:
    """Columns of what the study knows about each image, and the values of one."""
    known = ImageVariables.read(reader)
    columns: list[tuple[str, Kind, str]] = [
        (COLUMN + name, "text" if known.is_text(name) else "float", meaning(name)) for name in known.names
    ]
    return columns, lambda stimulus_id: [known.value(stimulus_id, name) for name in known.names]


def _names(reader: SessionReader) -> dict[str, str]:
    return {row.stimulus_id: row.name for row in reader.stimulus_rows()}


def _text_or_number(value: object) -> object:
    return value if isinstance(value, str | int | float) else math.nan
