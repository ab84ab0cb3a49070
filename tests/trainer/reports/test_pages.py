"""Tables of a page are rebuilt below their commands; its words stay."""

from __future__ import annotations

import json

import pytest

from trainer.__main__ import main

RESULTS = {
    "schema": 1,
    "protocol": "webcam-video",
    "dataset": "faces",
    "meta": {},
    "rows": [],
    "summary": dict.fromkeys(
        ("before_cm", "points_cm", "views_cm", "both_cm", "found", "find_ms", "estimate_ms", "frames_per_s"), 2.5
    ),
}


def test_a_page_gets_its_tables_and_keeps_its_words(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "results.json").write_text(json.dumps(RESULTS))
    page = tmp_path / "PAGE.md"
    page.write_text("# Title\n\n`python -m trainer table results`\n\n**old**\n\n| a |\n|---|\n| 1 |\n\nWords | stay.\n")
    assert main(["table", "--page", str(page)]) == 0
    text = page.read_text()
    assert text.startswith("# Title\n\n`python -m trainer table results`\n\n")
    assert text.endswith("|\n\nWords | stay.\n")
    assert "old" not in text
    assert "| 2.5 |" in text
    assert main(["table", "--page", str(page)]) == 0
    assert page.read_text() == text, "a second time changes nothing"


@pytest.mark.parametrize("text", ["`python -m trainer table absent`\n\n", "no table\n"])
def test_a_page_without_its_results_stays_as_it_is(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "PAGE.md"
    page.write_text(text)
    assert main(["table", "--page", str(page)]) == (2 if "absent" in text else 0)
    assert page.read_text() == text
