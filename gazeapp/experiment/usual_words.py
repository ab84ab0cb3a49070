"""What the participant reads where the plan says nothing, in the languages that the program speaks."""

from __future__ import annotations

from gazeapp.experiment.plan import PlanStep, Wording


def _step(kind: str, en: str, de: str) -> PlanStep:
    return PlanStep(kind=kind, text=(Wording(language="en", text=en), Wording(language="de", text=de)))


BREAK = _step(
    "break",
    "A short break.\nRest your eyes and keep your head where it is.",
    "Eine kurze Pause.\nRuhen Sie Ihre Augen aus, und lassen Sie den Kopf, wo er ist.",
)
PAUSE = _step("instruction", "One moment, please.", "Einen Moment bitte.")
THANKS = _step("thanks", "That was all.\nThank you.", "Das war alles.\nVielen Dank.")


def of(kind: str) -> PlanStep:
    """What is said in a step of words without any of its own."""
    return {"break": BREAK, "thanks": THANKS}.get(kind, PAUSE)
