"""Pages that are made when the documentation is built: the commands from their parsers, and what `--json` prints."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT))


def on_files(files: Any, *, config: Any) -> Any:  # Any: mkdocs' own types
    """Add the pages."""
    from mkdocs.structure.files import File

    pages = {
        "reference/commands.md": commands_page(),
        "reference/json.md": (CHECKOUT / "gazeapp" / "cli" / "JSON.md").read_text(encoding="utf-8"),
    }
    for uri, content in pages.items():
        files.append(File.generated(config, uri, content=content))
    return files


def commands_page() -> str:
    """Every command of the application with its options, as `--help` shows them."""
    from gazeapp.__main__ import PROGRAM

    os.environ["COLUMNS"] = "100"
    parts = ["# Commands", "", "`gazeapp --help` lists them, `gazeapp COMMAND --help` shows the same as here.", ""]
    for name, summary in PROGRAM.commands.items():
        parts += [f"## {name}", "", f"{summary[0].upper()}{summary[1:]}.", ""]
        parts += ["```text", PROGRAM.parser(name).format_help().rstrip(), "```", ""]
    return "\n".join(parts)
