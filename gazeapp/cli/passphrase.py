"""Passphrases of encrypted studies on the terminal, and for scripts from the environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path

NEW_VARIABLE = "GAZEAPP_NEW_PASSPHRASE"


def ask_passphrase(study: Path, wrong: str) -> str | None:
    """Ask on the terminal; None where there is none."""
    import getpass

    if not sys.stdin.isatty():
        return None
    if wrong:
        print(wrong, file=sys.stderr)
    try:
        return getpass.getpass(f"Passphrase of {study}: ", stream=sys.stderr)
    except EOFError:
        return None


def new_passphrase(study: Path, variable: str) -> str:
    """A new one, typed twice, or from the environment; StudyLocked where there is neither."""
    import getpass

    from gazeapp.errors import StudyLocked

    if given := os.environ.get(variable):
        return given
    if not sys.stdin.isatty():
        raise StudyLocked(f"{study}: give the new passphrase on a terminal, or in {variable}", path=study)
    try:
        first = getpass.getpass(f"New passphrase of {study}: ", stream=sys.stderr)
        second = getpass.getpass("Once more: ", stream=sys.stderr)
    except EOFError:
        first, second = "", "-"
    if first != second:
        raise StudyLocked(f"{study}: the two differ; nothing was changed", path=study)
    return first
