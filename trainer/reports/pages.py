"""Pages of results: below each command stands what it prints, and one command prints all of them again."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

_COMMAND = re.compile(r"^`python -m trainer (table [^`]+)`$")
_CAPTION = re.compile(r"\*\*[^*]+, [a-z-]+\*\* \(")


def fill(text: str, run: Callable[[list[str]], str]) -> str:
    r"""The page with the tables below its commands printed anew; words stay as they are.

    Args:
        text: Of the page. A command stands alone on a line, in backquotes.
        run: Arguments after `python -m trainer` to what is printed.

    >>> page = "Words.\n\n`python -m trainer table A`\n\n**a, two-parts** (n 1)\n\n| x |\n|---|\n\nMore words."
    >>> fill(page, lambda arguments: f"| {arguments[1]} |")
    'Words.\n\n`python -m trainer table A`\n\n| A |\n\nMore words.\n'
    """
    filled: list[str] = []
    is_table = False
    for line in text.rstrip().splitlines():
        if is_table and (not line or line.startswith("|") or _CAPTION.match(line)):
            continue
        is_table = False
        filled.append(line)
        if found := _COMMAND.match(line):
            filled += ["", run(shlex.split(found[1])).strip(), ""]
            is_table = True
    return "\n".join(filled).rstrip() + "\n"
