"""Which texts may name a file, which never."""

from __future__ import annotations

import doctest

import pytest

from gazeapp.errors import UnsafeName
from gazeapp.store import identifier
from gazeapp.store.export import inert_cell as cells
from gazeapp.store.export.inert_cell import inert_cell
from gazeapp.store.identifier import fault_of_name, require_distinct, require_name


@pytest.mark.parametrize("module", [identifier, cells], ids=lambda module: module.__name__)
def test_examples_of_the_docstrings_hold(module):
    assert doctest.testmod(module).failed == 0


GOOD = ["P017", "Zoë-3", "学生 一", "20261121T014500Z-P017-02", "a.b", "console", "comet1", "-1"]
BAD = [
    *(
        "",
        " ",
        ".",
        "..",
        "/",
        "/etc",
        "a/b",
        "..\\a",
        "C:",
        "C:a",
        "a|b",
        "a*",
        "a?",
        "<a>",
        'a"',
        "a\n",
        "a\0b",
        "\x7f",
    ),
    *("a.", "a ", " a", "con", "CON", "Nul.txt", "com1", "LPT9.tar.gz", "COM¹", "conin$", "con .x", "aux ."),
    *("a\u202eb", "a\u200bb", "a\u2028b", "\ud800", "x" * 201, "ü" * 101, 7, None, b"a", ["a"]),
]


@pytest.mark.parametrize("name", GOOD)
def test_names_that_every_file_system_bears_are_allowed(name):
    assert require_name(name, "id", "file") == name


@pytest.mark.parametrize("name", BAD, ids=ascii)
def test_everything_else_is_refused_with_a_reason(name):
    assert fault_of_name(name)
    with pytest.raises(UnsafeName, match="the id"):
        require_name(name, "id", "file")


@pytest.mark.parametrize(("one", "two"), [("a", "A"), ("ß", "SS"), ("é", "e\u0301"), ("İ", "i\u0307")])
def test_names_that_are_one_on_some_file_systems_are_told(one, two):
    with pytest.raises(UnsafeName):
        require_distinct([one, "other", two], "id", "file")


@pytest.mark.parametrize(
    ("text", "inert"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("\t=1", "'\t'=1"),
        ("a\n=1", "a\n'=1"),
        ("a;=1", "a;'=1"),
        ("-3", "-3"),
        ("[1,-5,-3e2]", "[1,-5,-3e2]"),
        ("+1.5e-3", "+1.5e-3"),
        ("a=1", "a=1"),
        ("", ""),
    ],
)
def test_cells_are_made_inert(text, inert):
    assert inert_cell(text) == inert
