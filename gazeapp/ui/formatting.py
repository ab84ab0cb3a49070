"""Formats numbers: tabular, with a unit, and a dash where nothing is known."""

from __future__ import annotations

import math

UNKNOWN = "–"
NO_EYE = "\u2007"
"""In the place of a second eye where the source has one gaze point: not unknown, but none."""


_decimal_point = "."


def use_decimal_point(sign: str) -> None:
    """Write numbers as the interface's language does, from now on."""
    global _decimal_point
    _decimal_point = sign


def format_figure(value: float | None, digits: int = 2, unit: str = "") -> str:
    """A number with fixed digits and its unit; a dash for None and NaN.

    >>> format_figure(0.4219, 2, "°"), format_figure(float("nan"), 2, "°"), format_figure(1200.0, 0, " Hz")
    ('0.42°', '–', '1200 Hz')
    """
    if value is None or not math.isfinite(value):
        return UNKNOWN
    return f"{value:.{digits}f}".replace("-", "−").replace(".", _decimal_point) + unit


def format_score(value: float | None, digits: int = 2) -> str:
    """A score between -1 and 1 without its leading zero, as journals print it.

    >>> format_score(0.613), format_score(-0.07), format_score(1.0), format_score(None)
    ('.61', '−.07', '1.00', '–')
    """
    text = format_figure(value, digits)
    zero = f"0{_decimal_point}"
    return text.replace(zero, _decimal_point, 1) if text.startswith((zero, f"−{zero}")) else text


def format_share(value: float | None, digits: int = 1) -> str:
    """A share of 0 to 1 in percent.

    >>> format_share(0.013)
    '1.3 %'
    """
    return format_figure(None if value is None else 100 * value, digits, " %")


def format_clock(seconds: float | None) -> str:
    """Minutes and seconds.

    >>> format_clock(192.4), format_clock(3725)
    ('03:12', '1:02:05')
    """
    if seconds is None or not math.isfinite(seconds):
        return UNKNOWN
    whole = int(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes:02d}:{whole % 60:02d}"
