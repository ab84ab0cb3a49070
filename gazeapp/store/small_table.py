"""Small tables that people write by hand or in a spreadsheet: a list of participants, the conditions of images."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from gazeapp.errors import UnreadableTable
from gazeapp.store.untrusted.files import TooLarge, read_bytes

MAX_BYTES = 5_000_000
MAX_ROWS = 20_000


class _Semicolon(csv.excel):
    delimiter = ";"


def read_rows(path: Path, what: str = "table") -> list[list[str]]:
    """The rows of a table, the header first, without empty ones.

    UTF-8 (with or without a mark), UTF-16 with a mark, or Latin-1 as Excel writes it; comma, semicolon or tab.

    Args:
        path: The file.
        what: What it is called in messages.

    Raises:
        UnreadableTable: Not such a table.
        OSError: It cannot be read.
    """
    text = _decode(path, what)
    first = next((line for line in text.splitlines() if line.strip()), "")
    counts = {csv.excel: first.count(","), _Semicolon: first.count(";"), csv.excel_tab: first.count("\t")}
    dialect = max(counts, key=lambda kind: counts[kind])
    try:
        read = csv.reader(io.StringIO(text, newline=""), dialect)
        rows = [row for row in read if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise UnreadableTable(f"{path}: not a readable table ({error}); save the {what} as CSV again") from error
    if not rows:
        raise UnreadableTable(f"{path}: the {what} is empty")
    if len(rows) > MAX_ROWS:
        raise UnreadableTable(f"{path}: more than {MAX_ROWS} rows")
    return rows


def _decode(path: Path, what: str) -> str:
    try:
        data = read_bytes(path, MAX_BYTES)
    except TooLarge as error:
        raise UnreadableTable(f"{path}: {error}; a {what} is small") from error
    form = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(form)
    except UnicodeDecodeError:
        try:
            text = data.decode("cp1252")
        except UnicodeDecodeError as error:
            raise UnreadableTable(f"{path}: neither UTF-8 nor Windows-1252; save it as UTF-8") from error
    if "\0" in text:
        raise UnreadableTable(f"{path}: no text file; save the {what} as CSV")
    lines = text.lstrip().splitlines()
    if lines and lines[0].lower().startswith("sep="):  # as Excel writes it
        text = "\n".join(lines[1:])
    return text
