"""Tables of a reproduction: beside the printed values, as Markdown, CSV and JSON, and the page that holds them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gazeapp.errors import UnreadableTable
from gazeapp.store.new_file import write_whole
from trainer.reports.markdown import markdown_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_README = "README.md"
_PRINTED = "*printed"
"""How rows of the paper's own numbers begin."""
MISSING = "missing"
"""Stands for a part that was not run; never a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of a paper, ours beside it."""

    name: str
    """Also its files."""
    title: str
    header: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    differs: tuple[str, ...] = ()
    """What differs from the paper in data and protocol."""

    def write(self, folder: Path) -> None:
        """NAME.md, NAME.csv and NAME.json."""
        folder.mkdir(parents=True, exist_ok=True)
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerows([self.header, *self.rows])
        content = {
            "schema": 1,
            "title": self.title,
            "header": self.header,
            "rows": self.rows,
            "differs": self.differs,
        }
        for suffix, text in (
            ("md", self.markdown() + "\n"),
            ("csv", buffer.getvalue()),
            ("json", json.dumps(content, indent=1) + "\n"),
        ):
            write_whole(folder / f"{self.name}.{suffix}", text.encode())

    def markdown(self) -> str:
        """Title, table, and what differs; one line where no part of it was run."""
        own = [row for row in self.rows if not row[0].startswith(_PRINTED)]
        if own and not any(cell not in (MISSING, "–", "0", "") for row in own for cell in row[1:]):
            return f"**{self.title}**: {MISSING}; no part of it was run.\n"
        differs = "".join(f"- {text}\n" for text in self.differs)
        return f"**{self.title}**\n\n{markdown_table(self.header, self.rows)}\n" + (f"\n{differs}" if differs else "")


@dataclass(kw_only=True)
class Page:
    """What a reproduction shows for itself."""

    title: str
    command: str
    findings: list[str] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    figures: list[tuple[str, str]] = field(default_factory=list)
    """File's stem and caption."""
    shortened: dict[int, list[str]] = field(default_factory=dict)
    """Steps to the parts whose training `--steps` cut to so many."""

    def draw(self, folder: Path, stem: str, caption: str, figure: Figure) -> None:
        """Store a figure as PNG and SVG."""
        target = folder / "figures"
        target.mkdir(parents=True, exist_ok=True)
        for suffix in ("png", "svg"):
            figure.savefig(target / f"{stem}.{suffix}", dpi=150)
        self.figures.append((stem, caption))

    def write(self, folder: Path) -> Path:
        """The tables' files, and README.md: findings first."""
        for table in self.tables:
            table.write(folder / "tables")
        parts = [f"# {self.title}\n", "".join(f"- {text}\n" for text in self.findings)]
        parts += [table.markdown() for table in self.tables]
        parts += [f"![{caption}](figures/{stem}.png)\n\n{caption}\n" for stem, caption in self.figures]
        cut = "".join(f"; with `--steps {n}` {', '.join(names)}" for n, names in self.shortened.items())
        parts.append(f"Made by `{self.command}`{cut}. The tables are also in `tables/` as CSV and JSON.\n")
        path = folder / _README
        write_whole(path, "\n".join(part for part in parts if part).encode())
        return path


def number(value: float | None, digits: int = 3) -> str:
    """A number as tables print it; `missing` where there is none."""
    return MISSING if value is None else f"{value:.{digits}f}"


def ranged(values: Sequence[float], digits: int = 3) -> str:
    """Mean over folds, and the lowest and highest where there are several; `missing` without any.

    >>> ranged([0.5, 0.7], 2), ranged([0.5], 2), ranged([])
    ('0.60 [0.50-0.70], 2 folds', '0.50, 1 fold', 'missing')
    """
    if not values:
        return MISSING
    mean = sum(values) / len(values)
    if len(values) == 1:
        return f"{mean:.{digits}f}, 1 fold"
    return f"{mean:.{digits}f} [{min(values):.{digits}f}-{max(values):.{digits}f}], {len(values)} folds"


def is_page(folder: Path) -> bool:
    """Whether a reproduction lies there."""
    return (folder / _README).is_file() and (folder / "tables").is_dir()


def read_page(folder: Path) -> str:
    """A reproduction's page; instead of its figures, where they are."""
    text = (folder / _README).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("![")]
    return "\n".join(lines).strip() + f"\n\nFigures: `{folder.as_posix()}/figures`.\n"


def read_table(folder: Path, name: str) -> str:
    """One table of a reproduction as Markdown.

    Raises:
        UnreadableTable: It has no such table; lists those that it has.
    """
    path = folder / "tables" / f"{name}.md"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in (folder / "tables").glob("*.md"))) or "none"
        raise UnreadableTable(f"{folder}: has no table {name!r}; it has {known}")
    return path.read_text(encoding="utf-8")
