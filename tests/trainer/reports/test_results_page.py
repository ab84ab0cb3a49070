"""The pages of results show what their commands print from the stored results."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from trainer.__main__ import main

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
PAGES = ("RESULTS.md", "UNIVERSAL.md", "CHECKS.md", "RECALIBRATION.md", "EVIDENCE.md", "PAPERS.md")
COMMAND = re.compile(r"^`python -m (trainer table [^`]+)`", re.MULTILINE)


def commands():
    for page in PAGES:
        text = (ROOT / "trainer" / page).read_text(encoding="utf-8")
        for match in COMMAND.finditer(text):
            yield pytest.param(page, match[1], id=match[1].split("results/")[1])


@pytest.mark.parametrize(("page", "command"), list(commands()))
def test_page_holds_what_its_command_prints(page, command, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    main(shlex.split(command)[1:])
    printed = capsys.readouterr().out.strip()
    text = (ROOT / "trainer" / page).read_text(encoding="utf-8")
    _, found, after = text.partition(f"`python -m {command}`")
    assert found
    assert printed in after, f"{page}: run `python -m {command}` and put its output below it"
