"""Formats numbers: tabular, with a unit and the language's decimal sign, and a dash where nothing is known."""

from __future__ import annotations

import math

from gazeapp.store.study_variables import Value, write_value
from gazeapp.ui.translation import with_decimal_sign

UNKNOWN = "–"
NO_EYE = "\u2007"
"""In the place of a second eye where the source has one gaze point: not unknown, but none."""


def format_figure(value: float | None, digits: int = 2, unit: str = "") -> str:
    """A number with fixed digits and its unit; a dash for None and NaN.

    >>> format_figure(0.4219, 2, "°"), format_figure(float("nan"), 2, "°"), format_figure(1200.0, 0, " Hz")
    ('0.42°', '–', '1200 Hz')
    """
    if value is None or not math.isfinite(value):
        return UNKNOWN
    return with_decimal_sign(f"{value:.{digits}f}").replace("-", "−") + unit


def format_score(value: float | None, digits: int = 2) -> str:
    """A score between -1 and 1, written as every other figure.

    >>> format_score(0.613), format_score(-0.07), format_score(1.0), format_score(None)
    ('0.61', '−0.07', '1.00', '–')
    """
    return format_figure(value, digits)


def counted(n: int, one: str, many: str, *more: object) -> str:
    """A number with its noun: `one` for 1, else `many`; {0} is the number, {1} and on are `more`.

    >>> counted(1, "{0} person", "{0} people"), counted(0, "{0} person", "{0} people")
    ('1 person', '0 people')
    """
    return (one if n == 1 else many).format(n, *more)


def format_signed(value: float) -> str:
    """A difference of scores with its sign.

    >>> format_signed(0.07)
    '+0.07'
    >>> format_signed(-0.001)
    '0.00'
    """
    text = format_score(value)
    if text.strip("−.,0") == "":
        return text.lstrip("−")
    return ("+" if value > 0 else "") + text


def format_share(value: float | None, digits: int = 1) -> str:
    """A share of 0 to 1 in percent.

    >>> format_share(0.013)
    '1.3 %'
    """
    return format_figure(None if value is None else 100 * value, digits, " %")


def format_value(value: Value | None) -> str:
    """A value of a study variable as one types it; empty for none."""
    return write_value(value) if isinstance(value, str) else with_decimal_sign(write_value(value))


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
