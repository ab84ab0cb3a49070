"""Converts what the Tobii SDK delivers (`sdk.py`) to this program's own values, on the session clock."""

from __future__ import annotations

import base64
import struct
from typing import Any

import numpy as np

from gazeapp.devices.tobii import sdk
from gazeapp.devices.tracker import Capability, Place, TrackerInfo
from gazeapp.gaze.display import Display
from gazeapp.gaze.eye_openness import EyeOpenness
from gazeapp.gaze.samples import Floats, GazeSamples
from gazeapp.store.records import EyeImageRow

CAN_CALIBRATE = "capability_can_do_screen_based_calibration"
_CAPABILITIES = {
    CAN_CALIBRATE: Capability.ON_DEVICE_CALIBRATION,
    "capability_has_eye_openness_data": Capability.EYE_OPENNESS,
    "capability_has_eye_images": Capability.EYE_IMAGES,
}


def to_place(values: list[float] | None) -> Place | None:
    """x, y, z; None for an eye that is not seen."""
    return None if values is None else (values[0], values[1], values[2])


def to_samples(table: Floats, time_s: Floats, received_s: float, display: Display) -> GazeSamples:
    """(N, 20) rows of `sdk.ROW` → samples. Numbers of invalid eyes are masked: the SDK may leave them in."""
    eyes: dict[str, Any] = {}  # Any: gaze and validity of each eye
    for eye, first in (("left", 2), ("right", 11)):
        part = table[:, first : first + 9]
        eyes[f"{eye}_px"] = part[:, 0:2] * display.size_px
        eyes[f"{eye}_valid"] = part[:, 2] > 0
        eyes[f"{eye}_pupil_mm"] = np.where(part[:, 4] > 0, part[:, 3], np.nan)
        eyes[f"{eye}_origin_mm"] = np.where(part[:, 8:9] > 0, part[:, 5:8], np.nan)
    return GazeSamples.build(
        time_s,
        eyes="binocular",
        device_time_s=table[:, 0] / 1e6,
        receive_time_s=np.full(len(table), received_s),
        **eyes,
    )


def to_openness(rows: bytes, base_s: float, received_s: float) -> EyeOpenness:
    """Rows of `sdk.OPENNESS_ROW` on the session clock."""
    table = np.frombuffer(rows, dtype="<f8").reshape(-1, sdk.OPENNESS_ROW.size // 8)
    return EyeOpenness.build(
        time_s=table[:, 1] / 1e6 + base_s,
        device_time_s=table[:, 0] / 1e6,
        receive_time_s=np.full(len(table), received_s),
        left_mm=table[:, 2],
        left_valid=table[:, 3] > 0,
        right_mm=table[:, 4],
        right_valid=table[:, 5] > 0,
    )


def to_eye_image(event: dict[str, Any], base_s: float) -> EyeImageRow:  # Any: JSON values
    """A picture of the eyes on the session clock; the SDK gives them as GIF files."""
    image = base64.b64decode(event["image"])
    is_gif = image[:6] in (b"GIF87a", b"GIF89a") and len(image) >= 10
    width_px, height_px = struct.unpack_from("<HH", image, 6) if is_gif else (0, 0)
    return EyeImageRow(
        time_s=event["system_us"] / 1e6 + base_s,
        device_time_s=event["device_us"] / 1e6,
        camera=event["camera"],
        region=event["region"],
        kind=event["type"],
        left_px=event["left"],
        top_px=event["top"],
        width_px=width_px,
        height_px=height_px,
        format="gif" if is_gif else "unknown",
        image=image,
    )


def to_measured_targets(
    calibration: dict[str, Any],  # Any: JSON values
) -> dict[tuple[float, float], tuple[Floats, Floats]]:
    """Target → (N, 2) of the left and the right eye, 0 to 1; what the SDK did not use is NaN."""
    found: dict[tuple[float, float], tuple[Floats, Floats]] = {}
    for point in calibration.get("points", ()):
        eyes = []
        for eye in ("left", "right"):
            table = np.array(point[eye], dtype=np.float64).reshape(-1, 3)
            eyes.append(np.where(table[:, 2:3] > 0, table[:, 0:2], np.nan))
        x_norm, y_norm = point["target"]
        found[x_norm, y_norm] = eyes[0], eyes[1]
    return found


def describe(facts: dict[str, Any]) -> TrackerInfo:
    """What the SDK says about an eye tracker, as TrackerInfo."""
    capabilities = {Capability.SELECTABLE_RATE, Capability.POSITION_GUIDE}
    capabilities |= {ours for theirs, ours in _CAPABILITIES.items() if theirs in facts["capabilities"]}
    return TrackerInfo(
        backend="tobii",
        name=f"{facts['model']} {facts['name']}".strip(),
        serial=facts["serial"],
        rate_hz=facts["rate_hz"],
        rates_hz=tuple(facts["rates_hz"]),
        eyes="binocular",
        capabilities=frozenset(capabilities),
        firmware=facts["firmware"],
        manufacturer="Tobii",
        model=facts["model"],
    )
