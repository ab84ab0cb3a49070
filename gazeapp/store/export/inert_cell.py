"""Text that stays text when a table is opened in a spreadsheet."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_FORMULA = re.compile(rf"(^|[\t\r\n;,])(?=[=+\-@\t\r＝＋－＠])(?!{_NUMBER.pattern}[\]}},;])")
"""At the start of a cell, also of one that another separator or a line break within the text would make; not before a
number of a JSON list, which is no formula and would be no JSON any more."""

_INERT = re.compile(r"(^|[\t\r\n;,])'(?=[=+\-@\t\r＝＋－＠])")


def inert_cell(text: str) -> str:
    """The text with an apostrophe before what a spreadsheet would run; a plain number stays as it is.

    >>> inert_cell("=HYPERLINK(1)"), inert_cell("-1.5"), inert_cell("scene.png")
    ("'=HYPERLINK(1)", '-1.5', 'scene.png')
    """
    return text if _NUMBER.fullmatch(text) else _FORMULA.sub(r"\1'", text)


def original_cell(text: str) -> str:
    """The text that `inert_cell` made inert.

    >>> original_cell("'=HYPERLINK(1)"), original_cell("it's")
    ('=HYPERLINK(1)', "it's")
    """
    return _INERT.sub(r"\1", text)
