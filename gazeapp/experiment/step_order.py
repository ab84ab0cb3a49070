"""Which order of steps makes sense, and why not where it does not."""

from __future__ import annotations

from collections.abc import Sequence

STEP_KINDS = ("instruction", "calibrate", "validate", "drift", "practice", "enrol", "overlay", "break", "thanks")
TARGETS = ("calibrate", "validate")
SHARING = ("enrol", "overlay")
"""Those that share the images of `[stimuli]`; practice has its own."""
IMAGES = (*SHARING, "practice")
WORDS = ("instruction", "break", "thanks")


def order_faults(kinds: Sequence[str]) -> list[tuple[int, str]]:
    """Every step that cannot stand where it stands, with the reason; empty for an order that makes sense.

    >>> order_faults(["thanks", "enrol"])
    [(0, 'thanks ends the session: nothing can follow it')]
    """
    faults = []
    for n, kind in enumerate(kinds):
        fault = _fault(kind, kinds[:n], kinds[n + 1 :])
        if fault:
            faults.append((n, fault))
    return faults


def _fault(kind: str, before: Sequence[str], after: Sequence[str]) -> str:
    # words between two steps change nothing about what was measured
    last = next((other for other in reversed(before) if other not in WORDS), "")
    match kind:
        case "thanks" if after:
            return "thanks ends the session: nothing can follow it"
        case "break" if not before or not set(after) - {"thanks"}:
            return "a break needs a step before it and a step after it"
        case "break" if before[-1] == "break":
            return "two breaks follow each other: make one of them longer"
        case "calibrate" if last == "calibrate":
            return "two calibrations with nothing measured between them: the first would be thrown away"
        case "validate" if last == "validate":
            return "two validations of the same calibration follow each other"
        case "practice" if not set(after) & set(SHARING):
            return "practice prepares for the images: put it before the enrol or overlay that it is for"
        case "drift" if not {"calibrate", "validate", *IMAGES} & set(before):
            return "a drift check needs something before it whose drift it checks: a calibration, or images"
        case "drift" if last == "drift":
            return "two drift checks follow each other"
        case "overlay" if "enrol" in after and "enrol" not in before:
            return "the overlay shows what enrolment learnt: put the first enrol before it"
    return ""
