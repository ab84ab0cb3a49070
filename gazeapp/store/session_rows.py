"""Rows of a session's tables and what they mean, both ways: the one place that knows the order of columns.

Encoders give a row without its number, which SQLite assigns, except where the record has one of its own (calibrations,
trials). Decoders take a whole row and raise ValueError, TypeError or KeyError for invalid values.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from gazeapp.gaze.display import StimulusFrame
from gazeapp.gaze.fixations import Fixation
from gazeapp.store.embedding import UserEmbedding
from gazeapp.store.events import Event, decode_event, dump_json, encode_event
from gazeapp.store.identifier import fault_of_name
from gazeapp.store.map_bytes import pack_map, unpack_map
from gazeapp.store.records import (
    CalibrationRow,
    CorrectionRow,
    EmbeddingHistoryRow,
    EyeImageRow,
    Json,
    PredictionRow,
    ProblemRow,
    RecalibrationRow,
    StimulusRow,
    TrialRow,
    ValidationRow,
)
from gazeapp.store.untrusted.files import parse_json

_OBJECTS = frozenset({"tracker", "software", "weights", "detection", "clock_origin", "display"})
"""Facts about a session that are objects."""
Row = tuple[Any, ...]  # Any: what SQLite stores


def encode_eye_image(image: EyeImageRow) -> Row:
    """Row of the eye_images table."""
    return (
        float(image.time_s),
        float(image.device_time_s),
        int(image.camera),
        int(image.region),
        image.kind,
        int(image.left_px),
        int(image.top_px),
        int(image.width_px),
        int(image.height_px),
        image.format,
        image.image,
    )


def decode_eye_image(row: Row) -> EyeImageRow:
    """Inverse of `encode_eye_image`."""
    return EyeImageRow(
        time_s=_float(row[1]),
        device_time_s=_float(row[2]),
        camera=int(row[3]),
        region=int(row[4]),
        kind=str(row[5]),
        left_px=int(row[6]),
        top_px=int(row[7]),
        width_px=int(row[8]),
        height_px=int(row[9]),
        format=str(row[10]),
        image=bytes(row[11]),
    )


def encode_event_row(event: Event) -> Row:
    """Row of the events table."""
    kind, payload = encode_event(event)
    return float(event.time_s), kind, payload


def decode_event_row(row: Row) -> Event:
    """Inverse of `encode_event_row`."""
    return decode_event(_float(row[1]), str(row[2]), row[3])


def encode_problem(problem: ProblemRow) -> Row:
    """Row of the problems table."""
    return float(problem.time_s), problem.kind, problem.message, float(problem.gap_s)


def decode_problem(row: Row) -> ProblemRow:
    """Inverse of `encode_problem`."""
    return ProblemRow(time_s=_float(row[1]), kind=str(row[2]), message=str(row[3]), gap_s=_float(row[4]))


def encode_growth(growth: EmbeddingHistoryRow) -> Row:
    """Row of the growth table."""
    vector = dump_json([float(value) for value in growth.vector])
    return (
        float(growth.time_s),
        int(growth.trial),
        int(growth.n_pairs),
        float(growth.spread),
        vector,
    )


def decode_growth(row: Row) -> EmbeddingHistoryRow:
    """Inverse of `encode_growth`."""
    return EmbeddingHistoryRow(
        time_s=_float(row[1]),
        trial=int(row[2]),
        n_pairs=int(row[3]),
        spread=_float(row[4]),
        vector=tuple(float(value) for value in decode_json(row[5])),
    )


def encode_stimulus(stimulus: StimulusRow) -> Row:
    """Row of the stimuli table."""
    return (
        stimulus.stimulus_id,
        stimulus.name,
        stimulus.file,
        int(stimulus.width_px),
        int(stimulus.height_px),
        stimulus.source,
    )


def decode_stimulus(row: Row) -> StimulusRow:
    """Inverse of `encode_stimulus`."""
    return StimulusRow(
        stimulus_id=_name(row[1]),
        name=str(row[2]),
        file=_name(row[3]),
        width_px=int(row[4]),
        height_px=int(row[5]),
        source=str(row[6]),
    )


def _name(value: object) -> str:
    """An id or file name that must not lead anywhere else."""
    if fault := fault_of_name(value):
        raise ValueError(f"the name {str(value)[:80]!r} {fault}")
    return str(value)


def encode_recalibration(row: RecalibrationRow) -> Row:
    """Row of the recalibrations table, without its number; figures of the finding stand beside the whole."""
    found = row.finding
    shift = found.get("shift_deg") or (None, None)
    return (
        float(row.from_time_s),
        row.made_utc,
        "taken back" if row.correction is None else "applied",
        str(found.get("kind", "")),
        *shift,
        *(found.get(key) for key in ("expected_gain_deg", "probability_better", "n_images", "n_fixations")),
        None if row.correction is None else dump_json(row.correction),
        dump_json(found),
        row.software,
    )


def decode_recalibration(row: Row) -> RecalibrationRow:
    """Inverse of `encode_recalibration`, of the row with its number; ValueError or TypeError where it is none."""
    datetime.fromisoformat(row[2])
    return RecalibrationRow(
        from_time_s=_float(row[1]),
        made_utc=str(row[2]),
        correction=None if row[11] is None else _object(row[11]),
        finding=_object(row[12]) or {},
        software=str(row[13]),
    )


def encode_correction(correction: CorrectionRow) -> Row:
    """Row of the corrections table."""
    content = correction.correction
    return (
        float(correction.time_s),
        float(correction.from_time_s),
        correction.source,
        correction.calibration,
        _kind(content),
        dump_json(content),
        correction.note,
        float(correction.residual_deg),
    )


def decode_correction(row: Row) -> CorrectionRow:
    """Inverse of `encode_correction`."""
    return CorrectionRow(
        time_s=_float(row[1]),
        from_time_s=_float(row[2]),
        source=str(row[3]),
        calibration=_optional_int(row[4]),
        correction=_object(row[6]),
        note=str(row[7]),
        residual_deg=_float(row[8]),
    )


def encode_validation(validation: ValidationRow) -> Row:
    """Row of the validations table; figures of the summary stand beside the whole report."""
    summary = validation.report.get("summary") or {}
    figures = [summary.get(key) for key in ("accuracy_deg", "rms_s2s_deg", "data_loss")]
    return (
        float(validation.time_s),
        float(validation.start_s),
        validation.purpose,
        validation.calibration,
        str(validation.report.get("verdict", "")),
        *(float(f) if isinstance(f, int | float) else math.nan for f in figures),
        dump_json(validation.report),
    )


def decode_validation(row: Row) -> ValidationRow:
    """Inverse of `encode_validation`."""
    return ValidationRow(
        time_s=_float(row[1]),
        start_s=_float(row[2]),
        purpose=str(row[3]),
        calibration=_optional_int(row[4]),
        report=decode_json(row[9]),
    )


def encode_calibration(calibration: CalibrationRow) -> Row:
    """Row of the calibrations table, with its number."""
    return (
        int(calibration.number),
        float(calibration.time_s),
        float(calibration.start_s),
        calibration.status,
        len(calibration.points),
        dump_json(calibration.points),
        _kind(calibration.correction),
        dump_json(calibration.correction),
        float(calibration.residual_left_deg),
        float(calibration.residual_right_deg),
        calibration.device_blob,
    )


def decode_calibration(row: Row) -> CalibrationRow:
    """Inverse of `encode_calibration`; numbers of its points that were NaN are None."""
    return CalibrationRow(
        number=int(row[0]),
        time_s=_float(row[1]),
        start_s=_float(row[2]),
        status=str(row[3]),
        points=tuple(decode_json(row[5])),
        correction=_object(row[7]),
        residual_left_deg=_float(row[8]),
        residual_right_deg=_float(row[9]),
        device_blob=bytes(row[10] or b""),
    )


def encode_trial(trial: TrialRow) -> Row:
    """Row of the trials table, with its number; fixations are rows of their own."""
    frame = trial.frame
    return (
        int(trial.trial),
        trial.phase,
        frame.stimulus_id,
        float(trial.shown_s),
        float(trial.hidden_s),
        trial.onset_kind,
        int(frame.image_width_px),
        int(frame.image_height_px),
        float(frame.left_px),
        float(frame.top_px),
        float(frame.width_px),
        float(frame.height_px),
        int(trial.n_samples),
        float(trial.data_loss),
        dump_json(trial.timing),
    )


def decode_trial(row: Row, fixations: Sequence[Fixation], carried_over: Sequence[Fixation]) -> TrialRow:
    """Inverse of `encode_trial`, joined with its fixations."""
    return TrialRow(
        trial=int(row[0]),
        phase=str(row[1]),
        frame=StimulusFrame(
            stimulus_id=_name(row[2]),
            image_width_px=int(row[6]),
            image_height_px=int(row[7]),
            left_px=_float(row[8]),
            top_px=_float(row[9]),
            width_px=_float(row[10]),
            height_px=_float(row[11]),
        ),
        shown_s=_float(row[3]),
        hidden_s=_float(row[4]),
        onset_kind=row[5],
        fixations=tuple(fixations),
        carried_over=tuple(carried_over),
        n_samples=int(row[12]),
        data_loss=_float(row[13]),
        timing=decode_json(row[14]),
    )


def encode_fixations(trial: TrialRow) -> Iterator[Row]:
    """Rows of the fixations table."""
    for carried, fixations in ((0, trial.fixations), (1, trial.carried_over)):
        for position, f in enumerate(fixations):
            yield (
                int(trial.trial),
                position,
                float(f.onset_s),
                float(f.duration_s),
                float(f.x_px),
                float(f.y_px),
                carried,
            )


def decode_fixation(row: Row) -> tuple[int, int, Fixation]:
    """Trial, whether it was carried over, and the fixation."""
    fixation = Fixation(onset_s=_float(row[3]), duration_s=_float(row[4]), x_px=_float(row[5]), y_px=_float(row[6]))
    return int(row[1]), int(row[7]), fixation


def encode_prediction(prediction: PredictionRow) -> Row:
    """Row of the predictions table; ValueError when the two maps differ in shape."""
    maps = [m for m in (prediction.universal, prediction.personal) if m is not None]
    if len({m.shape for m in maps}) > 1:
        raise ValueError(f"maps of one image differ in shape: {[m.shape for m in maps]}")
    height, width = maps[0].shape if maps else (0, 0)
    embedding = prediction.embedding
    return (
        int(prediction.trial),
        prediction.stimulus_id,
        float(prediction.time_s),
        int(prediction.final),
        width,
        height,
        *(None if m is None else pack_map(m) for m in (prediction.universal, prediction.personal)),
        dump_json(None if embedding is None else dataclasses.asdict(embedding)),
        prediction.model_sha256,
        float(prediction.elapsed_s),
        prediction.error,
    )


def decode_prediction(row: Row) -> PredictionRow:
    """Inverse of `encode_prediction`, bit for bit."""
    width, height = int(row[5]), int(row[6])
    universal, personal = (None if data is None else unpack_map(data, width, height) for data in row[7:9])
    return PredictionRow(
        trial=int(row[1]),
        stimulus_id=_name(row[2]),
        time_s=_float(row[3]),
        final=bool(row[4]),
        universal=universal,
        personal=personal,
        embedding=_embedding(decode_json(row[9])),
        model_sha256=str(row[10]),
        elapsed_s=_float(row[11]),
        error=str(row[12]),
    )


def decode_fact(row: Row) -> tuple[str, Any]:  # Any: JSON values
    """Key and value of a row of meta; ValueError or TypeError where the value is not what its key needs."""
    key, value = str(row[0]), decode_json(row[1])
    if key in _OBJECTS and value is not None and not isinstance(value, dict):
        raise ValueError(f"{key} is no JSON object")
    return key, value


def decode_json(text: object) -> Any:  # Any: JSON values
    """A JSON value; ValueError or TypeError for anything else."""
    try:
        return parse_json(text)  # type: ignore[arg-type]  # a damaged file may hold anything
    except RecursionError as error:
        raise ValueError("JSON nested without end") from error


def _object(text: object) -> Json | None:
    """A JSON object or null; ValueError or TypeError for anything else."""
    found = decode_json(text)
    if found is not None and not isinstance(found, dict):
        raise ValueError("no JSON object")
    return found


def _embedding(values: Json | None) -> UserEmbedding | None:
    if values is None:
        return None
    spread = values["spread"]
    return UserEmbedding(
        vector=tuple(float(v) for v in values["vector"]),
        n_pairs=int(values["n_pairs"]),
        spread=math.nan if spread is None else float(spread),
        model_name=str(values["model_name"]),
        model_sha256=str(values["model_sha256"]),
        sigma_deg=float(values["sigma_deg"]),
    )


def _kind(correction: Json | None) -> str:
    return str(correction.get("kind", "")) if correction else ""


def _optional_int(value: object) -> int | None:
    return None if value is None else int(value)  # type: ignore[call-overload]  # checked by int


def _float(value: object) -> float:
    if value is None:
        return math.nan
    if isinstance(value, int | float):
        return float(value)
    raise ValueError(f"{value!r} is not a number")
