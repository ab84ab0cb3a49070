"""Markdown, as tables in results, cards and benchmarks are written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a bar within a cell does not end it.

    >>> print(markdown_table(["model", "cc"], [["usm", ".61"]]))
    | model | cc |
    |---|---|
    | usm | .61 |
    """
    lines = ["| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in [header, *rows]]
    return "\n".join([lines[0], "|" + "---|" * len(header), *lines[1:]])
