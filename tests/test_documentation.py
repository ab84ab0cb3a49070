"""The pages of the documentation: links lead somewhere, commands are as they are typed, and mkdocs builds them."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from gazeapp.__main__ import PROGRAM

CHECKOUT = Path(__file__).parents[1]


def made_pages():
    spec = importlib.util.spec_from_file_location("gazeapp_docs", CHECKOUT / "packaging" / "docs_hooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return dict(module.made_pages())


HELP = CHECKOUT / "assets" / "help"
PAGES = sorted(HELP.rglob("*.md"))
MADE = made_pages()
"""Pages that exist in the built documentation alone: path and text."""


def named(path: Path) -> str:
    return path.relative_to(HELP).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_to_pages_that_exist(page):
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        path = (page.parent / target.partition("#")[0]).resolve()
        assert path.is_file() or path.relative_to(HELP.resolve()).as_posix() in MADE, target


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_files_that_are_named_exist(page):
    for name in re.findall(r"`((?:assets|packaging|trainer|tests)/[\w./-]+\.\w+)`", page.read_text(encoding="utf-8")):
        assert (CHECKOUT / name).is_file(), name


@pytest.mark.parametrize("page", [*PAGES, CHECKOUT / "README.md"], ids=lambda page: page.name)
def test_commands_are_typed_as_the_parsers_take_them(page):
    text = page.read_text(encoding="utf-8")
    typed = re.findall(r"^gazeapp .+$", text, re.MULTILINE) + re.findall(r"`(gazeapp [a-z][^`]*)`", text)
    for line in typed:
        words = shlex.split(line)[1:]
        command = PROGRAM.default if words[0].startswith("-") else words.pop(0)
        if command.isupper():  # `gazeapp COMMAND --help`
            continue
        assert command in {*PROGRAM.commands, PROGRAM.default}, line
        known = {option for action in PROGRAM.parser(command)._actions for option in action.option_strings}
        assert {word for word in words if word.startswith("-")} <= known | {"--quiet"}, line


def test_every_page_is_in_the_navigation():
    config = (CHECKOUT / "packaging" / "mkdocs.yml").read_text(encoding="utf-8")
    listed = set(re.findall(r"- ([\w/-]+\.md)$", config, re.MULTILINE))
    written = {named(page) for page in PAGES if not re.search(r"\.[a-z]{2}\.md$", page.name)}
    assert listed == written | {uri for uri in MADE if not uri.startswith("tables/")}


def test_the_examples_of_the_tutorial_and_readme_use_names_that_exist():
    import gazeapp.api as ga

    for page in [*PAGES, CHECKOUT / "README.md"]:
        for name in re.findall(r"\bga\.(\w+)", page.read_text(encoding="utf-8")):
            assert name in ga.__all__, (page.name, name)


def test_findings_come_without_the_tables_behind_them():
    assert "|" in MADE["tables/people.md"]
    assert not re.search(r"^\|", MADE["results/people.md"], re.MULTILINE)
    assert "(../tables/people.md)" in MADE["results/people.md"]


def test_every_key_of_a_plan_is_on_its_page():
    for key in ("fixation_cross_s", "max_loss", "target_color", "kind"):
        assert f"| `{key}` |" in MADE["reference/plan.md"]


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("mkdocstrings") is None, reason="mkdocs is not installed here")
def test_the_documentation_builds_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path):
    command = [sys.executable, "packaging/build_docs.py", "-o", str(tmp_path)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for page in tmp_path.rglob("*.html"):
        assert not re.search(r'<(?:script|link|img)[^>]+(?:src|href)="https?://', page.read_text(encoding="utf-8"))
