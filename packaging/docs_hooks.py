"""Pages that are made when the documentation is built, from what they describe."""

from __future__ import annotations

import ast
import inspect
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT))

RESULTS = {
    "people": "trainer/RESULTS.md",
    "evidence": "trainer/EVIDENCE.md",
    "universal": "trainer/UNIVERSAL.md",
    "papers": "trainer/PAPERS.md",
    "checks": "trainer/CHECKS.md",
    "recalibration": "trainer/RECALIBRATION.md",
    "category-weights": "trainer/CATEGORY_WEIGHTS.md",
    "gaze-estimator": "trainer/GAZE.md",
    "speed": "tests/benchmarks/SPEED.md",
    "installing": "tests/benchmarks/INSTALL.md",
    "peers": "tests/benchmarks/peers/README.md",
    "analyse": "tests/benchmarks/ANALYSE.md",
    "best-images": "tests/benchmarks/BEST_IMAGES.md",
    "large-files": "tests/benchmarks/LARGE.md",
    "soak": "tests/benchmarks/SOAK.md",
    "faults": "tests/benchmarks/FAULTS.md",
    "fuzzing": "tests/benchmarks/FUZZ.md",
    "erasing": "tests/benchmarks/ERASE.md",
    "trust": "tests/benchmarks/PEOPLE.md",
    "formats": "tests/field/KINDS.md",
    "readers": "tests/field/READERS.md",
}
"""Pages of measurements: what was found is one page, the tables behind it are another."""
LONG_PAGE = 1200
"""Words from which on the tables have a page of their own."""
_CAPTION = 400
COPIES = {
    "reference/json.md": "gazeapp/cli/JSON.md",
    "reference/model-card.md": "assets/weights/MODEL_CARD.md",
    "house.md": ".github/CONTRIBUTING.md",
}


def on_files(files: Any, *, config: Any) -> Any:  # Any: mkdocs' own types
    """Add the pages."""
    from mkdocs.structure.files import File

    for uri, content in made_pages():
        files.append(File.generated(config, uri, content=content))
    return files


def made_pages() -> Iterator[tuple[str, str]]:
    """Path and Markdown of each."""
    yield "reference/commands.md", commands_page()
    yield "reference/plan.md", plan_page()
    for uri, source in COPIES.items():
        yield uri, (CHECKOUT / source).read_text(encoding="utf-8")
    for name, source in RESULTS.items():
        text = (CHECKOUT / source).read_text(encoding="utf-8")
        if len(text.split()) <= LONG_PAGE:
            yield f"results/{name}.md", text
            continue
        link = f"All tables, with the commands that make them: [{name}](../tables/{name}.md)."
        yield f"results/{name}.md", f"{findings_of(text)}\n\n{link}\n"
        yield f"tables/{name}.md", text


def findings_of(text: str) -> str:
    """The prose of a page: without tables, their captions and commands, and headings of nothing else."""
    blocks = re.split(r"\n\n+", text)
    is_table = [bool(re.match(r"\||```|    |`|\*\*[^*]+\*\* \(|<!--", block)) for block in blocks]
    kept = [
        block
        for block, this, following in zip(blocks, is_table, [*is_table[1:], False], strict=True)
        if not this and not (following and block.rstrip().endswith(":") and len(block) < _CAPTION)
    ]
    level = [len(block) - len(block.lstrip("#")) for block in kept]
    pairs = zip(kept, level, [*level[1:], 1], strict=True)
    return "\n\n".join(block for block, this, following in pairs if not (this and 0 < following <= this))


def commands_page() -> str:
    """Every command of the application with its options, as `--help` shows them."""
    from gazeapp.__main__ import PROGRAM

    os.environ["COLUMNS"] = "100"
    parts = ["# Commands", "", "`gazeapp --help` lists them, `gazeapp COMMAND --help` shows the same as here.", ""]
    for name, summary in PROGRAM.commands.items():
        parts += [f"## {name}", "", f"{summary[0].upper()}{summary[1:]}.", ""]
        parts += ["```text", PROGRAM.parser(name).format_help().rstrip(), "```", ""]
    return "\n".join(parts)


def plan_page() -> str:
    """Every key of a plan with its default and meaning, from the classes that hold it."""
    from gazeapp.experiment import plan
    from gazeapp.experiment.step_order import STEP_KINDS

    tables = {
        "stimuli": plan.StimuliPlan,
        "trials": plan.TrialsPlan,
        "blocks": plan.BlocksPlan,
        "screens": plan.ScreensPlan,
        "quality": plan.QualityPlan,
        "calibration": plan.CalibrationPlan,
    }
    parts = [
        "# Plan keys",
        "",
        "`[plan]` has `name`, `seed` and `phases`, or there are any number of `[[steps]]`, each with its `kind`: "
        f"{', '.join(f'`{kind}`' for kind in STEP_KINDS)}. `gazeapp run --check PLAN.toml` tells every mistake.",
        "",
    ]
    for table, kind in tables.items():
        parts += [f"## [{table}]", "", f"{inspect.getdoc(kind)}", "", "| key | default | |", "|---|---|---|"]
        parts += [f"| `{key}` | `{default}` | {said} |" for key, default, said in fields_of(kind)] + [""]
    parts += ["## [[steps]]", "", f"{inspect.getdoc(plan.PlanStep)}", "", "| key | default | |", "|---|---|---|"]
    parts += [f"| `{key}` | `{default}` | {said} |" for key, default, said in fields_of(plan.PlanStep)]
    return "\n".join(parts) + "\n"


def fields_of(kind: type) -> Iterator[tuple[str, str, str]]:
    """Name, default and docstring of the fields of a dataclass."""
    (definition,) = ast.parse(inspect.getsource(kind).strip()).body
    body = definition.body  # type: ignore[attr-defined]  # a class, always
    for node, following in zip(body, [*body[1:], None], strict=True):
        if not isinstance(node, ast.AnnAssign):
            continue
        is_said = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
        said = " ".join(str(following.value.value).split()) if is_said else ""
        options = re.findall(r'"([^"]+)"', ast.unparse(node.annotation).replace("'", '"'))
        choices = f"one of {', '.join(f'`{option}`' for option in options)}. " if len(options) > 1 else ""
        default = "" if node.value is None else ast.unparse(node.value)
        yield ast.unparse(node.target), default or "–", (choices + said.replace("|", "\\|")).strip()
