"""What each shape of table shows of stored results."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.trainer.reports.test_statistics import document_of, people_who_gain
from trainer.__main__ import main
from trainer.reports.beside import beside
from trainer.reports.tables import format_table, table_rows


@pytest.fixture(scope="module")
def document():
    return document_of(people_who_gain(models=("usm", "personal_wrong_user", "ridge", "personal_best")))


def test_paper_shape_has_its_five_columns_and_controls_after_their_row(document):
    header, *rows = table_rows(document, "paper")
    assert header[-5:] == ["CC", "SIM", "AUC", "NSS", "KLD"]
    assert [row[0] for row in rows] == ["usm", "ridge", "personal_best", "personal_wrong_user"]


def test_tests_name_both_sides_the_number_of_observers_and_p(document):
    header, *rows = table_rows(document, "tests")
    assert header[:2] == ["model", "minus"]
    found = {(row[0], row[1]): row for row in rows}
    assert ("personal_best", "personal_wrong_user") in found
    assert found["personal_best", "ridge"][5] == "12"
    assert "(12/12, p 0.0024)" in found["personal_best", "personal_wrong_user"][6]


def test_intervals_surround_the_mean(document):
    for row in table_rows(document, "intervals")[1:]:
        mean, low, high = (float(x) for x in row[4].replace("[", "").replace("]", "").replace(",", "").split())
        assert low < mean < high


def test_one_support_size_keeps_rows_that_need_none(document):
    assert len(table_rows(document, "paper", m=32)) == 5
    assert [row[0] for row in table_rows(document, "paper", m=8)[1:]] == ["usm"]


def test_caption_names_sizes_blur_seed_and_weights(document):
    caption = format_table([document], "md").splitlines()[0]
    for fact in ("osie, open", "n_images 5", "sigma_px 24.0", "seed 0", "weights ab"):
        assert fact in caption


def test_curve_has_the_numbers_of_pairs_side_by_side():
    rows = [
        {"model": model, "m": m, "p_at_1": 0.1 * m}
        for model, m in [("embedding", 1), ("embedding", 4), ("map alone", 4)]
    ]
    assert table_rows({"protocol": "identification", "rows": rows}, "curve") == [
        ["precision@1", "m = 1", "m = 4"],
        ["embedding", "0.100", "0.400"],
        ["map alone", "", "0.400"],
    ]


@pytest.mark.parametrize("shape", ["scores", "paper", "intervals", "tests"])
def test_every_format_holds_the_same_cells(document, shape):
    rows = table_rows(document, shape)
    assert json.loads(format_table([document], "json", shape)) == [rows]
    assert list(csv.reader(io.StringIO(format_table([document], "csv", shape)))) == rows
    assert format_table([document], "latex", shape).count(r"\\") == len(rows)
    assert len(format_table([document], "md", shape).splitlines()) == len(rows) + 3


def test_former_figures_stand_in_brackets_where_they_differ():
    today = [["model", "m", "CC"], ["usm", "", "0.59"], ["ours", "32", "0.60"], ["new", "", "0.10"]]
    former = [["model", "m", "CC"], ["usm", "", "0.59"], ["ours", "32", "0.55"], ["ours", "8", "0.51"]]
    assert beside(today, former) == [
        ["model", "m", "CC (former)"],
        ["usm", "", "0.59"],
        ["ours", "32", "0.60 (0.55)"],
        ["new", "", "0.10"],
    ]


def test_a_page_is_filled_with_what_its_commands_print_and_keeps_its_words(tmp_path, capsys):
    results = (Path(__file__).resolve().parents[3] / "trainer" / "results" / "evidence_ps").as_posix()
    page = tmp_path / "PAGE.md"
    page.write_text(
        f"# Page\n\n`python -m trainer table {results}`\n\n**old, evidence** (n 1)\n\n| old |\n|---|\n\nWords.\n"
    )
    for _ in range(2):  # filling again changes nothing
        assert main(["table", "--fill", str(page)]) == 0
    text = page.read_text()
    assert "old" not in text
    assert "**ps, evidence**" in text
    assert text.endswith("|\n\nWords.\n")
    capsys.readouterr()
    assert main(["table", "--fill", str(tmp_path / "none.md")]) == 2
    assert "cannot be read" in capsys.readouterr().err
