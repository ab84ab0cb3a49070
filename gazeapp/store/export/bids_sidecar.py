"""What BIDS wants to know of the tracker and its calibration; what the source did not say is left out."""

from __future__ import annotations

import numpy as np

from gazeapp.store.export.methods import last_validation
from gazeapp.store.reader import SessionReader
from gazeapp.store.recalibration import describe_application
from gazeapp.store.records import Json

_UNSAID = frozenset({"", "todo", "unknown", "none", "n/a", "null"})
_NEAR_MM, _FAR_MM = 150.0, 3000.0
"""Between these an eye may be away from its tracker."""


def device_facts(reader: SessionReader) -> Json:
    """Maker, model and serial number as the tracker or its sender says, and how far from the eyes it measured to be."""
    tracker = reader.meta.get("tracker")
    values = tracker if isinstance(tracker, dict) else {}
    keys = {"Manufacturer": "manufacturer", "ManufacturersModelName": "model", "DeviceSerialNumber": "serial"}
    found: Json = {
        name: str(values[key])
        for name, key in keys.items()
        if str(values.get(key) or "").strip().lower() not in _UNSAID
    }
    if values.get("firmware"):
        found["SoftwareVersions"] = str(values["firmware"])
    distance_mm = _distance_mm(reader)
    if _NEAR_MM < distance_mm < _FAR_MM:
        found["EyeTrackerDistance"] = round(distance_mm / 1000, 4)
    return found


def _distance_mm(reader: SessionReader) -> float:
    """Median distance of the eyes from the tracker's origin; NaN where it does not tell where they are."""
    parts = []
    for chunk in reader.sample_chunks():
        for origin in (chunk.left_origin_mm, chunk.right_origin_mm):
            distance = np.linalg.norm(origin, axis=1)
            parts.append(distance[np.isfinite(distance) & (distance > 0)])
    known = np.concatenate(parts) if parts else np.empty(0)
    return float(np.median(known)) if len(known) else float("nan")


def calibration_facts(reader: SessionReader, eye: str) -> Json:
    """How often and where it was calibrated, and with what error; nothing for gaze that was calibrated elsewhere."""
    found: Json = {}
    done = [c for c in reader.calibrations() if c.status == "ok"]
    is_imported = bool(reader.meta.get("imported_from"))
    if done or not is_imported:
        found["CalibrationCount"] = len(done)
    used = [c for c in done if c.number == reader.calibration_in_use()]
    if used:
        points = used[0].points
        found["CalibrationType"] = f"{len(points)} points"
        found["CalibrationPosition"] = [[p["x_px"], p["y_px"]] for p in points if "x_px" in p and "y_px" in p]
        found["CalibrationUnit"] = "pixel"
    if applied := [row for row in reader.recalibrations()[-1:] if row.correction is not None]:
        found["Recalibration"] = describe_application(applied[0])
    validation = last_validation(reader)
    targets = validation.report.get("targets") or [] if validation else []
    errors = [
        float(t["accuracy_deg"])
        for t in targets
        if t.get("eye") == eye and isinstance(t.get("accuracy_deg"), int | float)
    ]
    if errors:
        found["AverageCalibrationError"] = sum(errors) / len(errors)
        found["MaximalCalibrationError"] = max(errors)
    return found
