"""A plan as TOML: whatever differs from the defaults."""

from __future__ import annotations

from dataclasses import asdict, fields, is_dataclass
from typing import Any

import tomlkit

from gazeapp.experiment.plan import ExperimentPlan, PlanStep, TrialsPlan
from gazeapp.experiment.plan_text import Value, step_text

_TABLES = ("stimuli", "trials", "blocks", "screens", "quality", "calibration", "sittings")


def write_plan(plan: ExperimentPlan) -> str:
    """A plan as TOML, without what is as it would be anyway."""
    document = tomlkit.document()
    head: dict[str, Any] = {"name": plan.name, "seed": plan.seed}  # Any: TOML values
    if not plan.steps:
        head["phases"] = list(plan.phases)
    document["plan"] = head
    for name in _TABLES:
        part = getattr(plan, name)
        changed = _changes(part, type(part)())
        if changed:
            document[name] = changed
    text = document.as_string()
    for step in plan.steps:
        text += "\n" + step_text(_step_values(step, plan))
    return text


def _changes(part: Any, default: Any) -> dict[str, Any]:  # Any: dataclasses of a plan
    assert is_dataclass(part)
    found = {}
    for field in fields(part):
        value = getattr(part, field.name)
        if value != getattr(default, field.name):
            found[field.name] = list(value) if isinstance(value, tuple) else value
    return found


def _step_values(step: PlanStep, plan: ExperimentPlan) -> dict[str, Value]:
    values: dict[str, Value] = {"kind": step.kind}
    texts = {wording.language: wording.text for wording in step.text}
    if texts:
        values["text"] = texts[""] if set(texts) == {""} else texts
    if step.picture:
        values["picture"] = step.picture
    default_s = plan.blocks.break_s if step.kind == "break" else 0.0
    if step.duration_s != default_s:
        values["duration_s"] = step.duration_s
    for key in ("folders", "files"):
        if getattr(step, key):
            values[key] = list(getattr(step, key))
    for key in ("n_max", "points"):
        if getattr(step, key):
            values[key] = getattr(step, key)
    if step.look is not None:
        usual = plan.look_of(len(plan.line))
        values |= {key: value for key, value in asdict(step.look).items() if value != getattr(usual, key)}
    if step.trials is not None:
        base: TrialsPlan = plan.trials
        values |= {key: value for key, value in asdict(step.trials).items() if value != getattr(base, key)}
    return values
