"""The pages of the documentation: links lead somewhere, commands are as they are typed, and mkdocs builds them."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors import safe_open

from gazeapp.__main__ import PROGRAM
from trainer.__main__ import PROGRAM as TRAINER

CHECKOUT = Path(__file__).parents[1]


def load_hooks():
    spec = importlib.util.spec_from_file_location("gazeapp_docs", CHECKOUT / "packaging" / "docs_hooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


documents = load_hooks()
HELP = CHECKOUT / "assets" / "help"
PAGES = sorted(HELP.rglob("*.md"))
MADE = dict(documents.made_pages())
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


TYPED = {
    path.relative_to(CHECKOUT).as_posix(): path
    for path in [*PAGES, CHECKOUT / "README.md", *(CHECKOUT / source for source in documents.RESULTS.values())]
}
COMMAND = re.compile(r"(?:gazeapp|python3? -m (?:gazeapp|trainer)|torchrun .*-m trainer|gazeapp-trainer)(?: .+)?")


def commands_of(text):
    """What a page has a reader type, and whether it is a whole line: then it is complete."""
    joined = re.sub(r" *\\\n *", " ", text)
    lines = re.findall(r"^(?:    )*(?:OMP_NUM_THREADS=\d )?(.+)$", joined, re.MULTILINE)
    spans = re.findall(r"`(?:OMP_NUM_THREADS=\d )?([^`\n]+)`", text)
    typed = [*((line, True) for line in lines), *((span, False) for span in spans)]
    return [(line, is_whole) for line, is_whole in typed if COMMAND.fullmatch(line)]


@pytest.mark.parametrize("page", TYPED.values(), ids=TYPED)
def test_commands_are_typed_as_the_parsers_take_them(page, capsys):
    for line, is_whole in commands_of(page.read_text(encoding="utf-8")):
        words = shlex.split(line, comments=True)
        program = TRAINER if "trainer" in words[:6] or words[0] == "gazeapp-trainer" else PROGRAM
        words = words[words.index(program.name) + 1 :] if program.name in words else words[1:]
        words = [word for word in words if word not in ("--quiet", "-q", "-v")]
        command = program.default if not words or words[0].startswith("-") else words.pop(0)
        if not words or "--help" in words or (command and command.isupper()):  # `gazeapp COMMAND --help`
            continue
        assert command in {*program.commands, program.default}, line
        parser = program.parser(command)
        if is_whole and "$" not in line:
            try:
                parser.parse_args(words)
            except SystemExit:
                pytest.fail(f"{line}: {capsys.readouterr().err}")
        else:
            assert {word for word in words if word.startswith("--")} <= options_of(parser), line


def options_of(parser):
    """Of the parser and of those below it."""
    below = [p for action in parser._actions if isinstance(action.choices, dict) for p in action.choices.values()]
    own = {option for action in parser._actions for option in action.option_strings}
    return own.union(*(options_of(one) for one in below))


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


def test_methods_tell_the_sizes_of_the_shipped_embedding():
    with safe_open(CHECKOUT / "assets" / "weights" / "embedding.safetensors", "numpy") as weights:
        n_basis, n_habits = (weights.get_slice(name).get_shape()[1] for name in ("basis.weight", "habit_axes"))
    text = (HELP / "methods.md").read_text(encoding="utf-8")
    assert f"{n_basis} *basis maps*" in text
    assert f"{n_habits} directions of viewing habits" in text


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
