#!/usr/bin/env python3
"""Bring the translations up to date: run after any change of a sentence, and after translating.

    python packaging/translate.py           what the windows say → assets/translations/gazeapp_LANGUAGE.ts and .qm

New sentences are marked unfinished in the .ts file, which Qt Linguist and any text editor open; sentences that are not
said any more are dropped. Needs PySide6's own tools, no network.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
TRANSLATIONS = CHECKOUT / "assets" / "translations"
BELOW = ("gazeapp/experiment/findings.py", "gazeapp/store/quality_text.py")
"""Modules below the interface that make sentences with `tr`."""


def core_words() -> list[str]:
    """What the interface translates of the core's data: models of universal saliency, what people look at more."""
    from gazeapp.networks.universal_models import MODELS

    told = json.loads((CHECKOUT / "assets" / "weights" / "preferences.json").read_text(encoding="utf-8"))
    words: list[str] = [entry["name"] for entry in told["attributes"]]
    for model in MODELS:
        words += [model.title, model.centre_bias, model.licence, model.files, *model.options, *model.options.values()]
    return sorted({word for word in words if word})


def update(ts: Path) -> None:
    """Bring a .ts file up to date with what the windows say; it is made if it is not there."""
    with tempfile.TemporaryDirectory() as folder:
        core = Path(folder) / "core_words.py"
        core.write_text("".join(f"tr({_quoted(word)})\n" for word in core_words()), encoding="utf-8")
        sources = [*sorted((CHECKOUT / "gazeapp" / "ui").rglob("*.py")), *(CHECKOUT / path for path in BELOW), core]
        language = ts.stem.rpartition("_")[2]
        _run(
            "lupdate",
            *sources,
            *("-no-obsolete", "-locations", "none", "-source-language", "en", "-target-language", language),
            *("-disable-heuristic", "similartext", "-ts", ts),
        )


def release(ts: Path, qm: Path) -> None:
    """Make the .qm file that the windows load."""
    _run("lrelease", ts, "-qm", qm)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _run(tool: str, *arguments: str | Path) -> None:
    command = [sys.executable, "-c", f"from PySide6.scripts.pyside_tool import {tool}; {tool}()", *map(str, arguments)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{tool} failed: {done.stderr.strip() or done.stdout.strip()}")


def main() -> int:
    """Every language."""
    sys.path.insert(0, str(CHECKOUT))
    for ts in sorted(TRANSLATIONS.glob("gazeapp_*.ts")):
        update(ts)
        release(ts, ts.with_suffix(".qm"))
        n_left = ts.read_text(encoding="utf-8").count('type="unfinished"')
        print(f"{ts.name}: {n_left} sentences to translate")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
