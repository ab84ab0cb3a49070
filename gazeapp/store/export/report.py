"""The report of a session: one HTML file that needs nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from gazeapp.errors import DamagedSession, UnreadableImage
from gazeapp.store.copies import remember_copy
from gazeapp.store.events import TrackerEvent
from gazeapp.store.exclusion import session_exclusions
from gazeapp.store.export.destination import write_file
from gazeapp.store.export.methods import is_simulated, last_validation, literature, methods_paragraph
from gazeapp.store.export.svg import EYE_COLORS, growth_plot, validation_plot
from gazeapp.store.export.trial_pictures import TrialMaps, legends, trial_pictures
from gazeapp.store.reader import SessionReader
from gazeapp.store.records import Json, TrialRow
from gazeapp.store.recovery.session import find_gaps
from gazeapp.store.session_state import SessionState, SessionSummary, summarize, used, viewed

AreaTable = tuple[Sequence[str], Sequence[Sequence[str]]]
_TEMPLATE = "report.html.j2"
_VERDICT_WORDS = {"pass": "Good.", "warn": "Usable with care.", "fail": "Not good enough."}
_QUALITY_LINES = (
    ("Accuracy, mean °", "accuracy_deg", "mean", "pass_deg"),
    ("Accuracy, worst °", "accuracy_deg", "max", "pass_max_deg"),
    ("Precision, RMS-S2S °", "rms_s2s_deg", "mean", None),
    ("Precision, SD °", "std_deg", "mean", None),
    ("BCEA, deg²", "bcea_deg2", "mean", None),
    ("Data loss, %", "data_loss", "mean", "max_loss"),
    ("Effective rate, Hz", "effective_hz", "mean", None),
)
_EYES = {
    "binocular": (("left", "left"), ("right", "right")),
    "left": (("left", "left"),),
    "right": (("right", "right"),),
    "cyclopean": (("left", "residual"),),
}
"""For each kind of source: where its residuals are kept, and what the column is called."""
_UNKNOWN = "–"
_LEAST_SHARE = 0.05  # of a map's peak: smaller differences are not blown up to full colour


def write_report(
    session: Path,
    dest: Path,
    *,
    overwrite: bool = False,
    areas: AreaTable | None = None,
    each: Callable[[Sequence[TrialRow]], Iterable[TrialRow]] = iter,
) -> None:
    """Write a session's report.

    Args:
        session: The session's folder.
        dest: The HTML file.
        overwrite: Replace a file that is there.
        areas: What the areas of its images were looked at: heads, and rows of cells.
        each: Wraps the list of trials, to show progress or to cancel by raising.

    Raises:
        StoreError: No session there, or it cannot be read.
        AlreadyExists: `dest` is there already.
    """
    with SessionReader(session) as reader:
        content = render_report(reader, areas=areas, each=each)
    write_file(dest, content, overwrite=overwrite)
    if not dest.absolute().is_relative_to(session.absolute()):  # what lies in the session goes with it
        remember_copy(session, None, "report", dest, "gaze, fixations, personal maps")


def render_report(
    reader: SessionReader,
    *,
    areas: AreaTable | None = None,
    each: Callable[[Sequence[TrialRow]], Iterable[TrialRow]] = iter,
) -> str:
    """The report as HTML text."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    meta = reader.meta
    trials = used(reader)
    n_interrupted = len(reader.trials()) - len(viewed(reader.trials()))
    summary = summarize(reader.folder)
    return environment.get_template(_TEMPLATE).render(
        session_id=reader.session_id,
        pseudonym=reader.pseudonym,
        plan_name=meta.get("plan_name") or "",
        started=str(meta.get("started_utc") or "")[:16].replace("T", " "),
        is_simulated=is_simulated(meta),
        unfinished=_unfinished(summary),
        excluded=_excluded(reader),
        quality=_quality(reader),
        recording=_recording(reader, meta),
        calibrations=_calibrations(reader),
        eyes=[label for _, label in _EYES[reader.eyes]],
        trials=_trials(reader, trials, each),
        trials_sentence=_trials_sentence(trials, n_interrupted),
        aspect=_aspect(trials),
        legends=legends(),
        areas=areas,
        embedding=_embedding(reader),
        methods=methods_paragraph(reader),
        literature=literature(reader),
        provenance=_provenance(meta),
    )


def _quality(reader: SessionReader) -> Json:
    validation = last_validation(reader)
    if validation is None:
        return {
            "verdict": "",
            "verdict_word": "",
            "sentence": "Accuracy is not known: nothing was validated in this session.",
            "reasons": [],
            "eyes": [],
        }
    report = validation.report
    verdict = str(report.get("verdict", ""))
    targets = report.get("targets") or []
    eyes = list(dict.fromkeys(str(target.get("eye", "")) for target in targets))
    limits = report.get("limits") or {}
    lines = []
    for label, key, how, limit in _QUALITY_LINES:
        factor = 100 if key == "data_loss" else 1
        values = [_summary([t.get(key) for t in targets if str(t.get("eye", "")) == eye], how) for eye in eyes]
        lines.append(
            {
                "label": label,
                "cells": [_figure(v * factor, key) for v in values],
                "limit": _figure(_number(limits.get(limit)) * factor, key) if limit else _UNKNOWN,
            }
        )
    sentence = str(report.get("sentence") or "")
    word = _VERDICT_WORDS.get(verdict, "")
    if sentence.lower().startswith(word.rstrip(".").lower()):
        sentence = sentence[len(word) - 1 :].lstrip(":. ")
        sentence = sentence[:1].upper() + sentence[1:]
    try:
        plot = Markup(validation_plot(report, reader.display))
    except DamagedSession:
        plot = Markup("")
    return {
        "verdict": verdict,
        "verdict_word": word,
        "sentence": sentence or "The validation left no sentence.",
        "reasons": report.get("reasons") or [],
        "eyes": eyes,
        "lines": lines,
        "plot": plot,
        "colors": EYE_COLORS,
    }


def _recording(reader: SessionReader, meta: Json) -> Json:
    time_s = reader.sample_times()
    n_samples = len(time_s)
    n_invalid = n_samples - reader.n_valid_samples
    tracker = meta.get("tracker") if isinstance(meta.get("tracker"), dict) else {}
    rate_hz = _number((tracker or {}).get("rate_hz"))
    gaps, n_expected = find_gaps(time_s, rate_hz if math.isfinite(rate_hz) else None)
    duration_s = float(time_s[-1] - time_s[0]) if n_samples > 1 else 0.0
    n_missing = max(0, n_expected - n_samples)
    if not n_samples:
        sentence = "No gaze was recorded."
    elif not gaps:
        sentence = (
            "Every sample that the tracker should have delivered was saved."
            if n_missing <= 1
            else (f"{n_missing} of {n_expected} samples are missing, spread over the recording.")
        )
    else:
        longest_s = max(gap.stop_s - gap.start_s for gap in gaps)
        sentence = f"{_count(len(gaps), 'gap')} without gaze, the longest {longest_s:.2f} s."
    figures = [
        {"value": f"{duration_s / 60:.1f}", "label": "minutes of gaze"},
        {"value": f"{n_samples:,}".replace(",", " "), "label": "samples saved"},
        {"value": f"{rate_hz:g}" if math.isfinite(rate_hz) else _UNKNOWN, "label": "Hz"},
        {
            "value": f"{100 * n_invalid / n_samples:.1f}" if n_samples else _UNKNOWN,
            "label": "% without gaze",
        },
    ]
    problems = [
        {"at": f"{p.time_s:.2f}", "message": p.message or p.kind, "gap": f"{p.gap_s:.3f}" if p.gap_s else _UNKNOWN}
        for p in reader.problems()
    ]
    problems += [
        {"at": f"{event.time_s:.2f}", "message": event.message, "gap": _UNKNOWN}
        for event in reader.events()
        if isinstance(event, TrackerEvent) and event.kind == "assumed"
    ]
    return {"sentence": sentence, "figures": figures, "problems": problems}


def _calibrations(reader: SessionReader) -> list[Json]:
    used = reader.calibration_in_use()
    return [
        {
            "number": c.number,
            "at": f"{c.time_s:.1f}",
            "status": c.status,
            "points": len(c.points),
            "kind": str((c.correction or {}).get("kind", "")).replace("_", "-")
            or ("by the tracker" if c.device_blob else _UNKNOWN),
            "residuals": [_figure(getattr(c, f"residual_{side}_deg"), "") for side, _ in _EYES[reader.eyes]],
            "used": c.number == used,
        }
        for c in reader.calibrations()
    ]


def _trials(
    reader: SessionReader,
    trials: list[TrialRow],
    each: Callable[[Sequence[TrialRow]], Iterable[TrialRow]],
) -> list[Json]:
    names = {row.stimulus_id: row.name for row in reader.stimulus_rows()}
    maps = {p.trial: TrialMaps.of(p) for p in reader.predictions(final_only=True)}
    strongest = max([_LEAST_SHARE, *(m.difference_share for m in maps.values())])
    shown = []
    for trial in each(trials):
        try:
            image = reader.stimuli.load(trial.frame.stimulus_id).rgb
        except (DamagedSession, UnreadableImage):
            image = None
        facts = [
            _count(len(trial.fixations), "fixation"),
            f"{trial.hidden_s - trial.shown_s:.1f} s",
            trial.phase,
        ]
        if trial.data_loss > 0:
            facts.append(f"{100 * trial.data_loss:.1f} % without gaze")
        shown.append(
            {
                "title": f"{trial.trial + 1}. {names.get(trial.frame.stimulus_id) or trial.frame.stimulus_id[:12]}",
                "facts": " · ".join(facts),
                "pictures": trial_pictures(
                    trial, image, maps.get(trial.trial), reader.pseudonym, strongest_share=strongest
                ),
            }
        )
    return shown


def _unfinished(summary: SessionSummary) -> str:
    """What is missing of the session, in words; empty for one that came to the end of its plan."""
    if summary.state is SessionState.RUNNING:
        return "This session is still being recorded; what is shown is what was stored so far."
    if summary.state is not SessionState.INTERRUPTED:
        return ""
    why = summary.why[:1].upper() + summary.why[1:]
    return (
        f"This session stopped at image {summary.n_done} of {summary.n_images}: {why}. "
        "What was recorded until then is complete."
    )


def _excluded(reader: SessionReader) -> list[str]:
    """What somebody left out, with the reason."""
    exclusions = session_exclusions(reader.folder)
    found = [f"The whole session is excluded: {exclusions.whole}"] if exclusions.whole else []
    return found + [f"Trial {trial + 1} is excluded: {why}" for trial, why in sorted(exclusions.trials.items())]


def _trials_sentence(trials: list[TrialRow], n_interrupted: int) -> str:
    n = sum(len(trial.fixations) for trial in trials)
    empty = sum(not trial.fixations for trial in trials)
    text = f"{_count(n, 'fixation')} on {_count(len(trials), 'image')}."
    if n_interrupted:
        text += f" {_count(n_interrupted, 'image')} taken off before the time are not counted."
    return text + (f" On {empty} of them nothing was fixated." if empty else "")


def _aspect(trials: list[TrialRow]) -> str:
    return f"{trials[0].frame.image_width_px} / {trials[0].frame.image_height_px}" if trials else "4 / 3"


def _embedding(reader: SessionReader) -> Json:
    growth = reader.growth()
    if not growth:
        return {
            "sentence": "No embedding was computed in this session.",
            "plot": "",
            "explanation": "",
        }
    last = growth[-1]
    sentence = f"Computed from {_count(last.n_pairs, 'image')} with the fixations on them"
    if math.isfinite(last.spread):
        sentence += f"; its spread is {last.spread:.3f}" if last.spread >= 0.001 else "; its spread is below 0.001"
    sentence += "."
    return {
        "sentence": sentence,
        "plot": Markup(growth_plot(growth)),
        "explanation": "Spread: 1 minus the mean cosine between the embedding and those computed from resampled "
        "images. "
        "It falls while the embedding settles. The embedding itself is not in this report, because it can tell people "
        "apart.",
    }


def _provenance(meta: Json) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key in (
        "started_utc",
        "seed",
        "software",
        "weights",
        "tracker",
        "display",
        "detection",
        "sigma_deg",
        "clock_origin",
    ):
        value = meta.get(key)
        if value is None:
            continue
        text = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else str(value)
        rows.append((key.replace("_", " "), text))
    return rows


def _summary(values: list[Any], how: str) -> float:  # Any: JSON values
    known = [float(v) for v in values if isinstance(v, int | float) and math.isfinite(v)]
    if not known:
        return math.nan
    return max(known) if how == "max" else sum(known) / len(known)


def _figure(value: float, key: str) -> str:
    if not math.isfinite(value):
        return _UNKNOWN
    return f"{value:.0f}" if key == "effective_hz" else f"{value:.1f}" if key == "data_loss" else f"{value:.2f}"


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
