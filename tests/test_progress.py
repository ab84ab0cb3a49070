"""Progress of long work: lines elsewhere than on a terminal, a bar that goes on one."""

from __future__ import annotations

import sys

from gazeapp.progress import ProgressBar, track


def test_elsewhere_than_on_a_terminal_the_end_is_one_line(capsys):
    assert list(track("abc", "letters", 3)) == ["a", "b", "c"]
    said = capsys.readouterr()
    assert said.err == "letters: 3/3\n"
    assert said.out == ""


def test_a_line_comes_when_something_else_goes_on_and_not_twice_for_the_end(capsys):
    with ProgressBar("run", unit="images") as bar:
        for n_done, what in [
            (0, "calibrate"),
            (0, "calibrate"),
            (1, "enrol"),
            (2, "enrol"),
            (2, "enrol"),
            (2, "enrol"),
        ]:
            if bar.is_due(n_done, what):
                bar.show(n_done, what, total=2)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(",")[0] for line in lines] == [
        "run: 0/2 images calibrate",
        "run: 1/2 images enrol",
        "run: 2/2 images enrol",
    ]


def test_a_bar_on_a_terminal_leaves_what_is_piped_alone(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    before = sys.stdout
    for letter in track("ab", "letters", 2):
        print(letter)
        assert sys.stdout is before
    said = capsys.readouterr()
    assert said.out == "a\nb\n"
    assert "2/2" in said.err
