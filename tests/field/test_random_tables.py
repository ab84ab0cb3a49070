"""Invented tables of every spelling, beside what pandas reads of them when it is told how they are written.

What is read is equal or refused in one typed line, whether the table is held in memory or in a spool.
"""

from __future__ import annotations

import csv
import io
import math
import random
import re

import numpy as np
import pytest

from gazeapp.errors import UnreadableTable
from gazeapp.store import delimited
from gazeapp.store.delimited import read_delimited

pandas = pytest.importorskip("pandas", reason="pandas is not installed", exc_type=ImportError)
WORDS = (
    "image 1.png",
    "Bäume",
    'he said "look"',
    "a, b; c\td|e",
    "first\nsecond",
    "1e5",
    "100000",
    "007",
    "0x1F",
)
NAMES = ("", "a", "x_px", "Gaze [px]", "größe")


class Table:
    """One invented table: how it is written, its text, and what it says."""

    def __init__(self, seed: int) -> None:
        self.chance = chance = random.Random(seed)
        self.delimiter = chance.choice(",;\t|")
        self.decimal = chance.choice("..,")
        self.thousands = chance.choice(("", "", ",."[self.decimal == ","]))
        self.encoding = chance.choice(("utf-8", "utf-8-sig", "utf-16", "cp1252"))
        self.end = chance.choice(("\n", "\r\n"))
        n, self.header, self.cells = chance.randrange(2, 60), [], []
        for place in range(chance.randrange(2, 6)):
            kind = chance.choice(("whole", "tenths", "exact", "large", "words", "flags", "stamps"))
            self.header.append(f"{kind}_{chance.choice(NAMES)}{place}")
            missing = chance.choice(("", "NaN", ".", "n/a", "-"))
            share = chance.choice((0, 0, 0.2))
            self.cells.append([missing if chance.random() < share else self._cell(kind, row) for row in range(n)])

    def _cell(self, kind: str, row: int) -> str:
        chance = self.chance
        match kind:
            case "whole":
                return self._written(chance.randrange(-2000, 3000), 0)
            case "tenths":
                return self._written(chance.uniform(-3000, 3000), chance.choice((1, 2, 3, 3, 6)))
            case "exact":
                return chance.choice((repr(chance.gauss(0, 1e3)), f"{chance.gauss(0, 1):.3e}", ".5", "5.")).replace(
                    ".", self.decimal
                )
            case "large":  # beyond what a float tells apart, and neighbours of it
                return str(2**53 + chance.randrange(4))
            case "flags":
                return chance.choice(("true", "false"))
            case "stamps":
                return self._written(0.996 + row / 250, 3)
            case _:
                return chance.choice(WORDS)

    def _written(self, value: float, digits: int) -> str:
        text = f"{value:{',' * bool(self.thousands)}.{digits}f}"
        return text.translate(str.maketrans(",.", ".,")) if self.decimal == "," else text

    def data(self) -> bytes:
        target = io.StringIO(newline="")
        quoting = self.chance.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
        writer = csv.writer(target, delimiter=self.delimiter, lineterminator=self.end, quoting=quoting)
        writer.writerows([self.header, *zip(*self.cells, strict=True)])
        return target.getvalue().encode(self.encoding)


def values(table, name):
    """What a column of numbers says, as pandas reads it."""
    return pandas.to_numeric(table[name].str.strip(), errors="coerce").to_numpy(np.float64)


def numbers_or_question(table, name):
    try:
        return table.numbers(name)
    except UnreadableTable as error:
        return error.message


def read_numbers(path):
    table = read_delimited(path)
    return [table.numbers(name) for name in table.header]


@pytest.fixture(params=["memory", "spool"])
def place(request, monkeypatch):
    if request.param == "spool":
        monkeypatch.setattr(delimited, "_LARGE_BYTES", 0)
        monkeypatch.setattr(delimited, "_BLOCK_ROWS", 7)
    return request.param


@pytest.mark.slow
def test_what_is_read_of_an_invented_table_is_what_pandas_reads(place, tmp_path):
    read, asked = 0, 0
    for seed in range(150):
        made = Table(seed)
        path = tmp_path / "a.csv"
        path.write_bytes(made.data())
        table = read_delimited(path)
        options = {"sep": made.delimiter, "encoding": made.encoding, "keep_default_na": False, "dtype": str}
        peer = pandas.read_csv(path, **options)
        assert list(peer.columns) == table.header, seed
        for name in table.header:
            assert table.text(name) == tuple(cell.strip() for cell in peer[name]), (seed, name)
            kind = name.partition("_")[0]
            if kind in ("words", "flags"):
                continue
            small = {cell for cell in peer[name] if re.fullmatch(r"-?\d{1,3}", cell)}
            if kind == "whole" and made.thousands == "." and len(small) < 3:
                continue  # 1.832 and nothing beside it that would be written otherwise if it were 1832
            text = peer[name].str.replace(made.thousands, "") if made.thousands and kind != "exact" else peer[name]
            expected = values({name: text.str.replace(made.decimal, ".")}, name)
            found = numbers_or_question(table, name)
            if isinstance(found, str):
                assert "can be read in two ways" in found, (seed, found)
                asked += 1
                continue
            np.testing.assert_array_equal(found, expected, f"{seed}, {name}, {made.decimal!r}, {made.thousands!r}")
            read += 1
    assert read > 15 * asked, (read, asked)


FAULTS = {
    "a row too short": lambda rows: [*rows[:3], rows[3].rpartition(",")[0], *rows[4:]],
    "a row too long": lambda rows: [*rows[:3], rows[3] + ",7", *rows[4:]],
    "a quotation mark that stays open": lambda rows: [*rows[:3], rows[3].rpartition(",")[0] + ',"late', *rows[4:]],
    "text behind a quotation mark": lambda rows: [*rows[:3], '"1"2,3,4', *rows[4:]],
    "a zero byte": lambda rows: [*rows[:3], "1\0,2,3", *rows[4:]],
    "a zero byte in a number": lambda rows: [*rows[:600], "1,2\0,3", *rows[600:]],
    "more than a number holds": lambda rows: [*rows[:3], "1,1e400,3", *rows[4:]],
    "hexadecimal": lambda rows: [*rows[:3], "1,0x1F,3", *rows[4:]],
    "Fortran": lambda rows: [*rows[:3], "1,1.5d3,3", *rows[4:]],
    "Python": lambda rows: [*rows[:3], "1,1_000,3", *rows[4:]],
    "percent": lambda rows: [*rows[:3], "1,50%,3", *rows[4:]],
    "two numbers": lambda rows: [*rows[:3], "1,12 13,3", *rows[4:]],
    "points and commas": lambda rows: [*rows[:3], '1,"2,5",3', '2,"3.5",3', *rows[5:]],
    "thousands and tenths": lambda rows: [*rows[:3], '1,"1,234,567",3', '2,"3,14",3', *rows[5:]],
    "tenths and thousands": lambda rows: [*rows[:3], '2,"3,14",3', '1,"1,234,567",3', *rows[5:]],
    "wrong thousands": lambda rows: [*rows[:3], '1,"12,34,567",3', *rows[5:]],
    "points as thousands and not": lambda rows: [*rows[:3], '1,"1.234,5",3', '1,"2.5",3', *rows[5:]],
    "columns of one name": lambda rows: [rows[0].replace("z", "y"), *rows[1:]],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_a_table_is_one_typed_line(fault, place, tmp_path):
    rows = ["x,y,z", *(f"{n},{n}.5,{n}" for n in range(1000))]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(FAULTS[fault](rows)) + "\n")
    with pytest.raises(UnreadableTable) as info:
        read_numbers(path)
    assert str(path) in info.value.message
    assert "\n" not in info.value.message


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["997", "998", "999", "1,000"], [997, 998, 999, 1000]),
        (["1.234.567", "1.234"], [1234567, 1234]),
        (["1,234.5", "1,234"], [1234.5, 1234]),
        (["3,14", "1.234"], [3.14, 1234]),
        (["-1.#IND", "#N/A", "nan(ind)", "2"], None),
        (["1.#QNAN", "-1.#IND", "#N/A", "2"], [math.nan, math.nan, math.nan, 2]),
        (["Infinity", "-inf", "+5", "1E3"], [math.inf, -math.inf, 5, 1000]),
        (["0,512", "1,024"], [0.512, 1.024]),
    ],
)
def test_points_and_commas_of_one_column_are_of_one_kind(cells, expected, place, tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("x\ty\tz\n" + "".join(f"{cell}\t{n}\t{n}\n" for n, cell in enumerate(cells)))
    if expected is None:
        with pytest.raises(UnreadableTable, match="line 4, column x: 'nan\\(ind\\)' is not a number"):
            read_delimited(path).numbers("x")
    else:
        np.testing.assert_array_equal(read_delimited(path).numbers("x"), expected)


def test_people_and_recordings_are_told_apart_by_what_is_written(place, tmp_path):
    names = [str(2**53), str(2**53 + 1), "1e3", "1000", "1.10", "1.1", "07", "7"]
    path = tmp_path / "a.csv"
    path.write_text("id,x,y\n" + "".join(f"{name},{n},{n}\n" for n in range(9) for name in names))
    assert read_delimited(path).distinct("id") == names
    assert read_delimited(path).text("id") == tuple(names) * 9
    some = read_delimited(path).select(np.arange(72) % 8 == 1)
    assert some.distinct("id") == [names[1]]


@pytest.mark.parametrize("above", ["", "Recorded by A, B, on Monday, C\n", "Date;1,2;3,4;x\n"])
@pytest.mark.parametrize("name", ["image-1,png", "eins; zwei", "a"])
@pytest.mark.parametrize("n_columns", [2, 5, 8])
def test_semicolons_part_cells_however_many_commas_part_tenths(n_columns, name, above, tmp_path):
    header = ["time_s", *(f"c{n}_px" for n in range(n_columns)), "name"]
    rows = [[f"{t / 250:.3f}", *(f"{500 + t + n}.25" for n in range(n_columns))] for t in range(80)]
    lines = [";".join([*(cell.replace(".", ",") for cell in row), f'"{name}"']) for row in rows]
    (tmp_path / "a.csv").write_text(above + "\n".join([";".join(header), *lines]) + "\n")
    table = read_delimited(tmp_path / "a.csv")
    assert table.header == header
    assert table.numbers("c1_px")[1] == 502.25
    assert table.distinct("name") == [name]
