"""The methods paragraph of a session: what a paper has to say about how it was recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gazeapp.errors import DamagedSession
from gazeapp.store.detection_choice import Detection, session_detection
from gazeapp.store.reader import SessionReader
from gazeapp.store.recalibration import describe_application
from gazeapp.store.records import Json, TrialRow, ValidationRow
from gazeapp.store.session_state import used

_ALGORITHMS = {
    "ivt": "a velocity threshold (I-VT; Salvucci & Goldberg, 2000)",
    "idt": "a dispersion threshold (I-DT; Salvucci & Goldberg, 2000)",
    "i2mc": "two-means clustering (I2MC; Hessels et al., 2017)",
    "adaptive": "an adaptive velocity threshold (Nyström & Holmqvist, 2010)",
}
_LITERATURE = {
    "ivt": "Salvucci, D. D., & Goldberg, J. H. (2000). Identifying fixations and saccades in eye-tracking protocols. "
    "ETRA 2000, 71–78.",
    "idt": "Salvucci, D. D., & Goldberg, J. H. (2000). Identifying fixations and saccades in eye-tracking protocols. "
    "ETRA 2000, 71–78.",
    "i2mc": "Hessels, R. S., Niehorster, D. C., Kemner, C., & Hooge, I. T. C. (2017). Noise-robust fixation detection "
    "in eye movement data: Identification by two-means clustering (I2MC). Behavior Research Methods, 49, 1802–1823.",
    "adaptive": "Nyström, M., & Holmqvist, K. (2010). An adaptive algorithm for fixation, saccade, and glissade "
    "detection in eyetracking data. Behavior Research Methods, 42, 188–204.",
    "quality": "Holmqvist, K., Nyström, M., & Mulvey, F. (2012). Eye tracker data quality: What it is and how to "
    "measure it. ETRA 2012, 45–52.",
    "maps": "Wooding, D. S. (2002). Fixation maps: Quantifying eye-movement traces. ETRA 2002, 31–36.",
}
_EYES = {
    "binocular": "both eyes",
    "left": "the left eye",
    "right": "the right eye",
    "cyclopean": "a source that gives one gaze point for both eyes",
}
_ONSETS = {
    "swap": "at the buffer swap",
    "raster": "when the window was painted",
    "virtual": "by the session clock, without a screen",
}


def methods_paragraph(reader: SessionReader) -> str:
    """Sentences from what was stored; what was not stored is not claimed."""
    meta = reader.meta
    plan = meta.get("plan") if isinstance(meta.get("plan"), dict) else {}
    trials = used(reader)
    sentences = [
        *_recording(reader, meta),
        *_clock(reader),
        *_calibration(reader),
        *_validation(reader),
        *_viewing(trials, plan),
        *_fixations(meta, trials, session_detection(reader.folder)),
        *_maps(reader, meta),
    ]
    version = (meta.get("software") or {}).get("gazeapp", "")
    sentences.append(f"Everything was done with gazeapp {version}.".replace(" .", "."))
    if is_simulated(meta):
        sentences.append("The observer was simulated: nothing here is a finding about people.")
    return " ".join(sentences)


def literature(reader: SessionReader) -> list[str]:
    """What a paper cites for the methods of a session, with the fixations that count in its study."""
    chosen, recorded = session_detection(reader.folder), reader.meta.get("detection")
    own = recorded.get("algorithm") if isinstance(recorded, dict) else None
    keys = ("quality", "maps", chosen.algorithm if chosen is not None else str(own))
    return sorted(_LITERATURE[key] for key in keys if key in _LITERATURE)


def is_simulated(meta: Json) -> bool:
    """Whether the gaze came from a model, not from a person."""
    tracker = meta.get("tracker")
    return isinstance(tracker, dict) and "simulat" in str(tracker.get("backend", "")).lower()


def last_validation(reader: SessionReader) -> ValidationRow | None:
    """The newest validation, not counting drift checks."""
    rows = [row for row in reader.validations() if row.purpose == "validate"]
    return rows[-1] if rows else None


def plan_value(plan: Mapping[str, Any] | None, table: str, key: str) -> Any:  # Any: TOML values
    """One value of a stored plan, or None."""
    values = (plan or {}).get(table)
    return values.get(key) if isinstance(values, dict) else None


def _recording(reader: SessionReader, meta: Json) -> list[str]:
    tracker = meta.get("tracker") if isinstance(meta.get("tracker"), dict) else {}
    name = (tracker or {}).get("name") or "an eye tracker"
    rate_hz = (tracker or {}).get("rate_hz")
    text = f"Gaze of {_EYES[reader.eyes]} was recorded with {name}"
    if isinstance(rate_hz, int | float):
        text += f" at {rate_hz:g} Hz"
    try:
        display = reader.display
    except DamagedSession:
        return [f"{text}."]
    return [
        f"{text} in front of a display of {display.width_px} × {display.height_px} px "
        f"({display.width_mm / 10:.1f} × {display.height_mm / 10:.1f} cm) at {display.distance_mm / 10:.1f} cm "
        f"({display.px_per_deg:.1f} px per degree at its centre)."
    ]


def _clock(reader: SessionReader) -> list[str]:
    offsets = reader.clock_offsets()
    if not offsets:
        return []
    worst_ms = 1000 * max(offset.uncertainty_s for offset in offsets)
    times = "once" if len(offsets) == 1 else f"{len(offsets)} times"
    return [
        f"The tracker's clock was measured {times} against this computer's, with an uncertainty of at most "
        f"{worst_ms:.2g} ms."
    ]


def _calibration(reader: SessionReader) -> list[str]:
    number = reader.calibration_in_use()
    rows = reader.calibrations()
    used = [row for row in rows if row.number == number]
    late = [describe_application(row) for row in reader.recalibrations()[-1:] if row.correction is not None]
    if not used:
        return late
    row = used[0]
    kind = str((row.correction or {}).get("kind", "")).replace("_", "-")
    text = f"A {len(row.points)}-point calibration"
    if kind:
        article = "an" if kind[0] in "aeiou" else "a"
        text += f" with {article} {kind} correction"
    residuals = [v for v in (row.residual_left_deg, row.residual_right_deg) if np.isfinite(v)]
    if residuals:
        where = (
            "by the tracker itself left {:.2f}° at its own targets"
            if row.device_blob
            else "left {:.2f}° at targets outside the fit"
        )
        text += " " + where.format(np.mean(residuals))
    else:
        text += " was used"
    return [text + (f" (attempt {row.number} of {len(rows)})." if len(rows) > 1 else "."), *late]


def _validation(reader: SessionReader) -> list[str]:
    validation = last_validation(reader)
    if validation is None:
        return ["Accuracy was not validated."]
    summary = validation.report.get("summary") or {}
    n = len({target.get("target_id") for target in validation.report.get("targets") or []})
    figures = [
        form.format(factor * value)
        for key, form, factor in (
            ("accuracy_deg", "mean accuracy {:.2f}°", 1),
            ("rms_s2s_deg", "precision {:.2f}° (RMS-S2S)", 1),
            ("std_deg", "{:.2f}° (SD)", 1),
            ("data_loss", "{:.1f} % data loss", 100),
        )
        if isinstance(value := summary.get(key), int | float)
    ]
    if not figures:
        return [f"Validation at {n} other points gave no gaze."]
    return [f"Validation at {n} other points gave {', '.join(figures)}."]


def _viewing(trials: list[TrialRow], plan: Json | None) -> list[str]:
    if not trials:
        return ["No image was shown."]
    durations = np.array([t.hidden_s - t.shown_s for t in trials])
    order = plan_value(plan, "trials", "order")
    kinds = sorted({_ONSETS.get(t.onset_kind, t.onset_kind) for t in trials})
    n = "1 image was" if len(trials) == 1 else f"{len(trials)} images were"
    text = f"{n} viewed freely for {np.nanmedian(durations):.2g} s each"
    if order:
        text += f" in {order} order"
    cross_s = plan_value(plan, "trials", "fixation_cross_s")
    if isinstance(cross_s, int | float) and cross_s > 0:
        text += f", each after a fixation cross of {cross_s:g} s"
    return [f"{text}; onsets were timed {' and '.join(kinds)}."]


def _fixations(meta: Json, trials: list[TrialRow], anew: Detection | None) -> list[str]:
    detection = meta.get("detection")
    if anew is not None:
        detection = {"algorithm": anew.algorithm, "parameters": anew.options}
    if not isinstance(detection, dict) or not trials:
        return []
    parameters = detection.get("parameters") or {}
    listed = ", ".join(
        f"{key} {value:g}" if isinstance(value, float) else f"{key} {value}" for key, value in parameters.items()
    )
    n = sum(len(t.fixations) for t in trials)
    algorithm = str(detection.get("algorithm", ""))
    when = "anew, after the recording, " if anew else ""
    return [
        f"Fixations were found {when}with {_ALGORITHMS.get(algorithm, algorithm)}"
        + (f" ({listed})" if listed else "")
        + f": {n} on the images, {n / len(trials):.1f} per image; those already under way when an image appeared were "
        f"left out."
    ]


def _maps(reader: SessionReader, meta: Json) -> list[str]:
    n = 0
    n_pairs = 0
    for prediction in reader.predictions(final_only=True):
        n += prediction.universal is not None
        n_pairs = max(n_pairs, prediction.embedding.n_pairs if prediction.embedding else 0)
    if not n:
        return []
    weights = meta.get("weights") if isinstance(meta.get("weights"), dict) else {}
    listed = ", ".join(f"{name} {str(sha)[:12]}" for name, sha in sorted((weights or {}).items()))
    sigma = meta.get("sigma_deg")
    text = "Fixations became maps"
    if isinstance(sigma, int | float):
        text += f" with a Gaussian of {sigma:g}° standard deviation"
    text += "; universal and personal saliency were predicted by neural networks"
    if listed:
        text += f" (weights by SHA-256: {listed})"
    return [f"{text}, the personal map from an embedding of {n_pairs} images with their fixations."]
