"""A plan in words: kinds of steps, mistakes, how large an image appears."""

from __future__ import annotations

from collections.abc import Sequence

from gazeapp.experiment.plan import Look
from gazeapp.experiment.plan_reader import PlanMistake
from gazeapp.gaze.display import Display, place_stimulus
from gazeapp.ui.error_words import error_words
from gazeapp.ui.formatting import UNKNOWN, format_figure
from gazeapp.ui.translation import tr

MAX_SHOWN_MISTAKES = 30


def kind_name(kind: str) -> str:
    """What a kind of step is called."""
    names = {
        "instruction": tr("Instruction"),
        "calibrate": tr("Calibrate"),
        "validate": tr("Validate"),
        "drift": tr("Drift check"),
        "practice": tr("Practice"),
        "enrol": tr("Enrol"),
        "overlay": tr("Overlay"),
        "break": tr("Break"),
        "thanks": tr("Thanks"),
    }
    return names.get(kind, kind or UNKNOWN)


def mistake_words(mistakes: Sequence[PlanMistake]) -> str:
    """Everything that is wrong, each with its line."""
    lines = [
        (tr("line {0}: ").format(m.line) if m.line else "")
        + error_words(m.fault)
        + (" " + tr("(of a newer version: it is kept)") if m.is_unknown else "")
        for m in mistakes
    ]
    shown = [f"{n}. {line}" for n, line in enumerate(lines[:MAX_SHOWN_MISTAKES], start=1)]
    if len(lines) > len(shown):
        shown.append(tr("and {0} more").format(len(lines) - len(shown)))
    return "\n\n".join(shown)


def size_words(display: Display, look: Look, size_wh: tuple[int, int]) -> str:
    """How large an image appears to the participant."""
    frame = place_stimulus(display, "", *size_wh, scale=look.scale, width_deg=look.width_deg or None)
    middle = display.height_px / 2
    left, right = (display.px_to_deg((x, middle))[0] for x in (frame.left_px, frame.left_px + frame.width_px))
    words = tr("{0} wide on the participant's screen").format(format_figure(float(right - left), 1, "°"))
    return words + (tr(", enlarged {0} times").format(format_figure(frame.scale, 1)) if frame.scale > 1.05 else "")
