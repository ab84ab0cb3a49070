"""Former figures beside those of today, in the same table."""

from __future__ import annotations

Table = list[list[str]]

_NAMES = ("model", "usm", "m", "maps", "precision@1")
"""Headers of columns that say what a row is of."""


def beside(today: Table, former: Table) -> Table:
    """Today's table with the former figure in brackets, where there was another.

    >>> beside([["model", "CC"], ["usm", "0.59"], ["new", "0.60"]], [["model", "CC"], ["usm", "0.52"]])
    [['model', 'CC (former)'], ['usm', '0.59 (0.52)'], ['new', '0.60']]
    """
    header, *rows = today
    former_header, *former_rows = former
    n_names = sum(name in _NAMES for name in header)
    known = {
        (*row[:n_names], name): cell
        for row in former_rows
        for name, cell in zip(former_header[n_names:], row[n_names:], strict=True)
        if cell
    }

    def both(row: list[str], name: str, cell: str) -> str:
        before = known.get((*row[:n_names], name))
        return cell if before in (None, cell) or not cell else f"{cell} ({before})"

    return [
        [*header[:n_names], *(f"{name} (former)" for name in header[n_names:])],
        *([*row[:n_names], *map(both, [row] * len(header), header[n_names:], row[n_names:])] for row in rows),
    ]
