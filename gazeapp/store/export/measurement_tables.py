"""How gaze was measured, and how well: targets, calibrations, corrections, validations, clocks, trouble."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from gazeapp.store.events import Event, TargetHidden, TargetShown, dump_json, encode_event
from gazeapp.store.export.table import Table, table_of
from gazeapp.store.reader import SessionReader
from gazeapp.store.recalibration import describe_application
from gazeapp.store.records import CalibrationRow, CorrectionRow, Json, ValidationRow


def events_table(reader: SessionReader) -> Table:
    """Everything that happened."""

    def rows() -> Iterator[tuple[Event, str, str]]:
        for event in reader.events():
            yield event, *encode_event(event)

    return table_of(
        "events",
        "everything that happened",
        rows,
        ("time_s", "float", "session clock", lambda r: r[0].time_s),
        ("kind", "text", "kind of event", lambda r: r[1]),
        ("trial", "int", "trial, where it has one", lambda r: getattr(r[0], "trial", None)),
        ("payload", "text", "all its facts, JSON", lambda r: r[2]),
    )


def targets_table(reader: SessionReader) -> Table:
    """Targets with the time they were seen, as `gazeapp quality --targets` reads them."""

    def rows() -> Iterator[tuple[TargetShown, float]]:
        shown: TargetShown | None = None
        for event in reader.events():
            if isinstance(event, TargetShown):
                shown = event
            elif isinstance(event, TargetHidden) and shown is not None:
                yield shown, event.time_s
                shown = None

    return table_of(
        "targets",
        "targets of calibration, validation and drift checks, as gazeapp quality --targets reads them",
        rows,
        ("target_id", "int", "number", lambda r: r[0].target_id),
        ("onset_s", "float", "appeared, session clock", lambda r: r[0].time_s),
        ("duration_s", "float", "time on the screen", lambda r: r[1] - r[0].time_s),
        ("x_px", "float", "display pixels from the left", lambda r: r[0].x_px),
        ("y_px", "float", "display pixels from the top", lambda r: r[0].y_px),
        ("purpose", "text", "calibrate, validate or drift", lambda r: r[0].purpose),
    )


def calibration_table(reader: SessionReader) -> Table:
    """Every calibration attempt, target by target."""
    in_use = reader.calibration_in_use()

    def rows() -> Iterator[tuple[CalibrationRow, Json]]:
        for attempt in reader.calibrations():
            for point in attempt.points or ({},):
                yield attempt, point

    def point(key: str) -> Callable[[tuple[CalibrationRow, Json]], object]:
        return lambda r: r[1].get(key)

    left_out = (
        "what the correction leaves when this target is left out of the fit; of a calibration by the tracker: how far "
        "off its own fit is here"
    )
    return table_of(
        "calibration",
        "every calibration attempt, one row for each target",
        rows,
        ("calibration", "int", "number of the attempt", lambda r: r[0].number),
        ("time_s", "float", "end of the attempt", lambda r: r[0].time_s),
        ("status", "text", "ok or failed", lambda r: r[0].status),
        ("in_use", "int", "1: the one in force at the end", lambda r: int(r[0].number == in_use)),
        ("kind", "text", "shift, affine, second_order", lambda r: _kind(r[0])),
        (
            "mean_residual_left_deg",
            "float",
            "left eye (or the one gaze point of a source without eyes), all targets",
            lambda r: r[0].residual_left_deg,
        ),
        ("mean_residual_right_deg", "float", "right eye, all targets", lambda r: r[0].residual_right_deg),
        ("target_id", "int", "target", point("target_id")),
        ("x_px", "float", "target, display pixels", point("x_px")),
        ("y_px", "float", "target, display pixels", point("y_px")),
        ("state", "text", "what became of the point", point("state")),
        ("n_samples", "int", "samples collected", point("n_samples")),
        ("left_x_px", "float", "raw gaze at the target", point("left_x_px")),
        ("left_y_px", "float", "raw gaze at the target", point("left_y_px")),
        ("right_x_px", "float", "raw gaze at the target", point("right_x_px")),
        ("right_y_px", "float", "raw gaze at the target", point("right_y_px")),
        ("residual_left_deg", "float", left_out, point("residual_left_deg")),
        ("residual_right_deg", "float", "the same for the right eye", point("residual_right_deg")),
    )


def corrections_table(reader: SessionReader) -> Table:
    """Corrections as they came into force while recording."""
    return table_of(
        "corrections",
        "which gaze correction was in force from when",
        reader.corrections,
        ("time_s", "float", "decided", lambda c: c.time_s),
        ("from_time_s", "float", "in force from here until the next row", lambda c: c.from_time_s),
        ("source", "text", "calibration, drift, saliency, none", lambda c: c.source),
        ("calibration", "int", "attempt it comes from", lambda c: c.calibration),
        ("kind", "text", "shift, affine, second_order", _kind),
        ("residual_deg", "float", "what it leaves", lambda c: c.residual_deg),
        ("note", "text", "remark", lambda c: c.note),
        ("correction", "text", "coefficients, JSON", lambda c: dump_json(c.correction)),
    )


def recalibrations_table(reader: SessionReader) -> Table:
    """Corrections from the images, applied afterwards."""
    return table_of(
        "recalibrations",
        "corrections from the images, applied after the recording: the last row holds for all gaze and fixations here",
        reader.recalibrations,
        (
            "from_time_s",
            "float",
            "gaze from here on is moved, on top of the corrections in force",
            lambda r: r.from_time_s,
        ),
        ("made_utc", "text", "when it was decided", lambda r: r.made_utc),
        (
            "what",
            "text",
            "applied, taken back",
            lambda r: "applied" if r.correction is not None else "taken back",
        ),
        ("finding", "text", "what it was found by", describe_application),
        ("software", "text", "version that wrote it", lambda r: r.software),
        ("correction", "text", "coefficients and drift, JSON", lambda r: dump_json(r.correction)),
    )


def validation_table(reader: SessionReader) -> Table:
    """Gaze quality at each target."""

    def rows() -> Iterator[tuple[int, ValidationRow, Json]]:
        for number, validation in enumerate(reader.validations(), start=1):
            targets: list[Json] = validation.report.get("targets") or [{}]
            for target in targets:
                yield number, validation, target

    def target(key: str) -> Callable[[tuple[int, ValidationRow, Json]], object]:
        def value(row: tuple[int, ValidationRow, Json]) -> object:
            found: Any = row[2].get(key)  # Any: a JSON value
            return found if isinstance(found, str | int | float) else math.nan

        return value

    return table_of(
        "validation",
        "accuracy and precision, one row for each eye and target",
        rows,
        ("validation", "int", "number", lambda r: r[0]),
        ("time_s", "float", "end", lambda r: r[1].time_s),
        ("purpose", "text", "validate or drift", lambda r: r[1].purpose),
        ("calibration", "int", "attempt it checks", lambda r: r[1].calibration),
        (
            "verdict",
            "text",
            "of the whole validation: pass, warn, fail",
            lambda r: r[1].report.get("verdict", ""),
        ),
        ("eye", "text", "left, right or cyclopean", target("eye")),
        ("target_id", "text", "target", target("target_id")),
        ("x_px", "float", "target, display pixels", target("x_px")),
        ("y_px", "float", "target, display pixels", target("y_px")),
        ("accuracy_deg", "float", "angle between target and mean gaze", target("accuracy_deg")),
        ("offset_azimuth_deg", "float", "gaze right of the target is positive", target("offset_azimuth_deg")),
        ("offset_elevation_deg", "float", "gaze above the target is positive", target("offset_elevation_deg")),
        ("rms_s2s_deg", "float", "precision, sample to sample", target("rms_s2s_deg")),
        ("std_deg", "float", "precision, standard deviation", target("std_deg")),
        ("bcea_deg2", "float", "area of the ellipse that holds 68 % of the gaze", target("bcea_deg2")),
        ("data_loss", "float", "share of invalid samples, 0 to 1", target("data_loss")),
        ("effective_hz", "float", "valid samples per second", target("effective_hz")),
        ("n_samples", "int", "samples", target("n_samples")),
    )


def clock_offsets_table(reader: SessionReader) -> Table:
    """The tracker's clock against the computer's."""
    return table_of(
        "clock_offsets",
        "the tracker's clock against this computer's, as measured while recording",
        reader.clock_offsets,
        ("time_s", "float", "session clock: when it was measured", lambda c: c.time_s),
        ("offset_s", "float", "added to device_time_s it gives this computer's clock", lambda c: c.offset_s),
        ("uncertainty_s", "float", "half the round trip of the measurement", lambda c: c.uncertainty_s),
    )


def problems_table(reader: SessionReader) -> Table:
    """Trouble during the recording."""
    return table_of(
        "problems",
        "trouble during the recording",
        reader.problems,
        ("time_s", "float", "session clock", lambda p: p.time_s),
        ("kind", "text", "kind", lambda p: p.kind),
        ("message", "text", "in words", lambda p: p.message),
        ("gap_s", "float", "time without samples", lambda p: p.gap_s),
    )


def _kind(row: CalibrationRow | CorrectionRow) -> str:
    return str((row.correction or {}).get("kind", ""))
