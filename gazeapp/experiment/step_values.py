"""What counts for a step of a plan: what it says itself, or else what the plan says for all; and its words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gazeapp.experiment.plan import Look, TrialsPlan
from gazeapp.experiment.plan_document import PlanDocument
from gazeapp.experiment.plan_text import Value
from gazeapp.experiment.step_order import WORDS

OWN: Mapping[str, frozenset[str]] = {
    "trials": frozenset(TrialsPlan.__dataclass_fields__),
    "stimuli": frozenset(Look.__dataclass_fields__),
}
"""Table → its keys that a step may say for itself alone."""


def own_keys(step: Mapping[str, object]) -> list[str]:
    """The keys of timing and look that a step says itself."""
    return [key for key in step if any(key in keys for keys in OWN.values())]


def value_at(document: PlanDocument, number: int, table: str, key: str) -> Any:  # Any: a TOML value
    """What counts for a step; None where neither it nor the plan says anything."""
    step = document.steps[number] if number < len(document.steps) else {}
    return step[key] if key in OWN.get(table, ()) and key in step else document.value(table, key)


def set_value_at(
    document: PlanDocument, number: int, table: str, key: str, value: Value | None, *, is_own: bool
) -> None:
    """Change what counts: for the step alone where that is wanted and possible, else for all."""
    is_of_words = document.steps[number].get("kind") in WORDS and key == "background"
    if is_of_words or (is_own and key in OWN.get(table, ())):
        document.set_step(number, key, value)
    else:
        document.set_value(table, key, value)


def share_values(document: PlanDocument, number: int) -> None:
    """Have a step the timing and look of the plan again."""
    with document.as_one():
        for key in own_keys(document.steps[number]):
            document.set_step(number, key, None)


def set_words(document: PlanDocument, number: int, language: str, text: str, *, spoken: str) -> None:
    """Change what the participant reads.

    Args:
        document: The plan.
        number: Of the step.
        language: Of the text; "" is the only one of a plan without languages.
        text: The words.
        spoken: In which language a text without one was written.
    """
    said = document.steps[number].get("text")
    words = {str(k): str(v) for k, v in said.items()} if isinstance(said, dict) else {}
    if language:
        if isinstance(said, str) and said:
            words = {spoken: said}
        words[language] = text
        document.set_step(number, "text", words)
    elif not words:
        document.set_step(number, "text", text or None)


def remove_words(document: PlanDocument, number: int, language: str) -> None:
    """Leave a language out; the last one is not called by its name any more."""
    said = document.steps[number].get("text")
    if isinstance(said, dict):
        words = {str(k): str(v) for k, v in said.items() if k != language}
        document.set_step(number, "text", words if len(words) > 1 else next(iter(words.values()), None) or None)
