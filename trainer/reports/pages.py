"""Pages that hold tables of stored results, each below the command that prints it."""

from __future__ import annotations

import re
from pathlib import Path

from trainer.reports.results import read_results
from trainer.reports.tables import format_table

_TABLE = re.compile(r"^(`python -m trainer table (\S+)`\n\n)(?:(?:\*\*|\|).*\n|\n(?=\*\*|\|))*", re.MULTILINE)
# the command on a line of its own, and the captions and tables below it


def rebuild_page(page: Path) -> int:
    """Print every table of a page anew into its place; returns how many there are.

    Args:
        page: Its commands name results as seen from the current folder.

    Raises:
        UnreadableTable: Results that are not there.
    """
    text, n_tables = _TABLE.subn(
        lambda found: f"{found[1]}{format_table([read_results(Path(found[2]))], 'md').strip()}\n",
        page.read_text(encoding="utf-8"),
    )
    page.write_text(text, encoding="utf-8")
    return n_tables
