"""A report as blocks, and the blocks as HTML and as PDF with text that can be searched and copied."""

from __future__ import annotations

import html
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import AlreadyExists
from gazeapp.store.export.destination import write_file
from gazeapp.store.export.svg import picture
from gazeapp.store.new_file import replacing
from gazeapp.store.storage_errors import disk_error

_A4_IN = (8.27, 11.69)
_MARGIN_IN = 0.75
_INK, _DIM, _LINE = "#1b2029", "#586174", "#dde1e8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """Of a section."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """Running text."""

    text: str
    is_dim: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table; numbers are text already."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """A picture with words below it; pictures in a row stand side by side."""

    rgb: NDArray[np.uint8]
    """(H, W, 3)."""
    caption: str


Block = Heading | Paragraph | Grid | Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A whole report."""

    title: str
    subtitle: str
    blocks: tuple[Block, ...]


_STYLE = """
body{margin:0;background:#f6f7f9;color:#1b2029;font:13px/1.55 system-ui,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:980px;margin:0 auto;padding:24px 20px 64px}h1{font-size:20px;margin:0}
h2{font-size:11px;letter-spacing:.08em;text-transform:uppercase;color:#586174;margin:28px 0 8px}
p{max-width:78ch;margin:0 0 8px}.dim{color:#586174}.scroll{overflow-x:auto}
table{border-collapse:collapse}th{text-align:left;font-weight:500;color:#586174}
th,td{padding:5px 10px 5px 0;border-bottom:1px solid #dde1e8;vertical-align:top}
figure{display:inline-block;width:300px;margin:0 12px 12px 0;vertical-align:top}
figure img{width:100%;height:auto;border-radius:4px;display:block}figcaption{color:#586174;overflow-wrap:anywhere}
@media print{body{background:#fff}figure{break-inside:avoid}}
"""


def render_html(page: Page) -> str:
    """The report as one HTML file that needs nothing else."""
    parts = []
    for block in page.blocks:
        match block:
            case Heading():
                parts.append(f"<h2>{html.escape(block.text)}</h2>")
            case Paragraph():
                dim = ' class="dim"' if block.is_dim else ""
                parts.append(f"<p{dim}>{html.escape(block.text)}</p>")
            case Grid():
                head = "".join(f"<th>{html.escape(name)}</th>" for name in block.columns)
                rows = "".join(
                    "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in block.rows
                )
                parts.append(f'<div class="scroll"><table><tr>{head}</tr>{rows}</table></div>')
            case Picture():
                image = picture(block.rgb, block.caption)
                parts.append(f"<figure>{image}<figcaption>{html.escape(block.caption)}</figcaption></figure>")
    title = html.escape(page.title)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
        f'</head>\n<body><main><h1>{title}</h1><p class="dim">{html.escape(page.subtitle)}</p>\n'
        + "\n".join(parts)
        + "\n</main></body></html>\n"
    )


def write_pdf(page: Page, path: Path) -> None:
    """The report on A4; OSError when it cannot be written."""
    import matplotlib
    from matplotlib.backends.backend_pdf import PdfPages

    with (
        warnings.catch_warnings(),
        matplotlib.rc_context({"pdf.fonttype": 42, "font.family": "DejaVu Sans"}),
        PdfPages(path, metadata={"Title": page.title, "Creator": "gazeapp"}) as pdf,
    ):
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # a pseudonym of a script the font has not
        flow = _Flow(pdf)
        flow.write(page.title, 15)
        flow.write(page.subtitle, 9, color=_DIM)
        waiting: list[Picture] = []
        for block in page.blocks:
            if isinstance(block, Picture):
                waiting.append(block)
                continue
            flow.draw_pictures(waiting)
            waiting = []
            match block:
                case Heading():
                    flow.need(0.9)
                    flow.space(0.18)
                    flow.write(block.text, 11)
                case Paragraph():
                    flow.write(block.text, 9, color=_DIM if block.is_dim else _INK)
                case Grid():
                    flow.draw_grid(block)
        flow.draw_pictures(waiting)
        flow.end()


class _Flow:
    """Puts things below each other, on a new sheet where the old one is full."""

    def __init__(self, pdf: Any) -> None:  # Any: matplotlib has no types
        self._pdf = pdf
        self._figure: Any = None  # Any: a matplotlib figure
        self._n_sheets = 0
        self._y_in = 0.0
        self._width_in = _A4_IN[0] - 2 * _MARGIN_IN

    def need(self, height_in: float) -> None:
        """A new sheet where less than this is left."""
        if self._figure is None or self._y_in - height_in < _MARGIN_IN:
            self._turn()

    def space(self, height_in: float) -> None:
        self._y_in -= height_in

    def write(self, text: str, size_pt: float, *, color: str = _INK) -> None:
        """A paragraph, broken into lines that fit."""
        for line in _lines(text, size_pt, self._width_in):
            height_in = size_pt * 1.45 / 72
            self.need(height_in)
            self._y_in -= height_in
            self._text(_MARGIN_IN, line, size_pt, color)
        self._y_in -= 0.05

    def draw_grid(self, grid: Grid) -> None:
        """A table; its head comes again on each sheet."""
        size_pt = 7.5
        height_in = size_pt * 1.6 / 72
        widest = [
            max(_width_in(cell, size_pt) for cell in column) for column in zip(grid.columns, *grid.rows, strict=True)
        ]
        scale = min(1.0, self._width_in / sum(width + 0.15 for width in widest))
        widths = [(width + 0.15) * scale for width in widest]
        for number, row in enumerate([grid.columns, *grid.rows]):
            cells = [_lines(cell, size_pt, width - 0.1) for cell, width in zip(row, widths, strict=True)]
            n_lines = max(map(len, cells))
            if self._figure is None or self._y_in - n_lines * height_in < _MARGIN_IN:
                self._turn()
                if number:
                    self._row(
                        [_lines(c, size_pt, w - 0.1) for c, w in zip(grid.columns, widths, strict=True)],
                        widths,
                        size_pt,
                        _DIM,
                    )
            self._row(cells, widths, size_pt, _INK if number else _DIM)
        self._y_in -= 0.1

    def _row(self, cells: Sequence[Sequence[str]], widths: Sequence[float], size_pt: float, color: str) -> None:
        height_in = size_pt * 1.6 / 72
        for line in range(max(map(len, cells))):
            self._y_in -= height_in
            x_in = _MARGIN_IN
            for cell, width in zip(cells, widths, strict=True):
                if line < len(cell):
                    self._text(x_in, cell[line], size_pt, color)
                x_in += width

    def draw_pictures(self, pictures: Sequence[Picture]) -> None:
        """Three side by side."""
        if pictures:
            self.space(0.08)
        for first in range(0, len(pictures), 3):
            row = pictures[first : first + 3]
            width_in = (self._width_in - 0.3) / 3
            heights = [width_in * item.rgb.shape[0] / item.rgb.shape[1] for item in row]
            captions = [_lines(item.caption, 7.5, width_in) for item in row]
            below_in = max(map(len, captions)) * 7.5 * 1.45 / 72
            tallest_in = min(max(heights), 7.0)
            self.need(tallest_in + below_in + 0.1)
            top_in = self._y_in
            for column, (item, height_in, lines) in enumerate(zip(row, heights, captions, strict=True)):
                height_in = min(height_in, tallest_in)
                x_in = _MARGIN_IN + column * (width_in + 0.15)
                axes = self._figure.add_axes(
                    (x_in / _A4_IN[0], (top_in - height_in) / _A4_IN[1], width_in / _A4_IN[0], height_in / _A4_IN[1])
                )
                axes.imshow(item.rgb, interpolation="lanczos")
                axes.set_axis_off()
                for line, text in enumerate(lines):
                    self._y_in = top_in - tallest_in - (line + 1) * 7.5 * 1.45 / 72
                    self._text(x_in, text, 7.5, _DIM)
            self._y_in = top_in - tallest_in - below_in - 0.12

    def end(self) -> None:
        if self._figure is not None:
            self._pdf.savefig(self._figure)
            self._figure = None

    def _turn(self) -> None:
        from matplotlib.figure import Figure

        self.end()
        self._n_sheets += 1
        self._figure = Figure(figsize=_A4_IN)
        self._y_in = 0.4
        self._text(_A4_IN[0] - _MARGIN_IN, str(self._n_sheets), 7.5, _DIM)
        self._y_in = _A4_IN[1] - _MARGIN_IN

    def _text(self, x_in: float, text: str, size_pt: float, color: str) -> None:
        # what a name holds is never read as a formula
        self._figure.text(
            x_in / _A4_IN[0], self._y_in / _A4_IN[1], text, fontsize=size_pt, color=color, parse_math=False
        )


def _width_in(text: str, size_pt: float) -> float:
    """Of a line; each word is measured once, for measuring is slow."""
    words = text.split(" ")
    return sum(_word_width_in(word, size_pt) for word in words) + (len(words) - 1) * _word_width_in(" ", size_pt)


@lru_cache(maxsize=20_000)
def _word_width_in(text: str, size_pt: float) -> float:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    width_pt, _, _ = text_to_path.get_text_width_height_descent(text, FontProperties(size=size_pt), ismath=False)
    return float(width_pt) / 72


def _lines(text: str, size_pt: float, width_in: float) -> list[str]:
    """Text in lines that fit, broken between words, and within one that is longer than a line."""
    found = []
    for paragraph in text.splitlines() or [""]:
        line, line_in = "", 0.0
        for word in paragraph.split(" "):
            longer_in = line_in + _width_in(f" {word}" if line else word, size_pt)
            if longer_in <= width_in:
                line, line_in = f"{line} {word}" if line else word, longer_in
                continue
            if line:
                found.append(line)
            while len(word) > 1 and _width_in(word, size_pt) > width_in:
                n = max(1, int(len(word) * width_in / _width_in(word, size_pt)))
                found.append(word[:n])
                word = word[n:]
            line, line_in = word, _width_in(word, size_pt)
        found.append(line)
    return found


def write_page(page: Page, dest: Path, *, overwrite: bool = False) -> None:
    """Write a report as its file's ending says: .pdf, else HTML.

    Raises:
        AlreadyExists: The file is there, and is not to be replaced.
        StoreError: It cannot be written.
    """
    if dest.suffix.lower() != ".pdf":
        write_file(dest, render_html(page), overwrite=overwrite)
        return
    if dest.exists() and not overwrite:
        raise AlreadyExists(f"{dest}: exists already; choose another name, or pass --overwrite")
    try:
        dest.parent.mkdir(parents=True, exist_ok=True)
        with replacing(dest) as part:
            write_pdf(page, part)
    except OSError as error:
        raise disk_error(error, dest) from error
