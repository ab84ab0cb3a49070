"""Remembers, per LSL source, how a person said its channels are to be read."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path

from platformdirs import user_config_path

_log = logging.getLogger(__name__)

SCHEMA = 1
KEYS = ("unit", "origin", "columns")


def remember(source_id: str, overrides: Mapping[str, str]) -> None:
    """Keep what was said about a source; sources without an id cannot be recognised again."""
    said = {key: overrides[key] for key in KEYS if overrides.get(key)}
    if not source_id or not said:
        return
    known = _read()
    if known.get(source_id) != said:
        _write({**known, source_id: said})


def forget(source_id: str) -> None:
    """Read a source's channels as they describe themselves again."""
    known = _read()
    if known.pop(source_id, None) is not None:
        _write(known)


def recall(source_id: str) -> dict[str, str]:
    """What was said about a source before; empty when nothing was."""
    return _read().get(source_id, {})


def _write(known: Mapping[str, Mapping[str, str]]) -> None:
    path = _path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps({"schema": SCHEMA, "sources": known}, indent=1), encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        _log.warning("%s: what was said about the stream is not remembered (%s)", path, error)


def _path() -> Path:
    return user_config_path("gazeapp", appauthor=False) / "lsl-sources.json"


def _read() -> dict[str, dict[str, str]]:
    path = _path()
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["schema"] != SCHEMA:
            raise ValueError(f"schema {document['schema']}")
        return {
            str(source): {key: str(said[key]) for key in KEYS if key in said}
            for source, said in document["sources"].items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        # a damaged memory must not stop a recording: it is set aside, and what it held is asked again
        _log.warning("%s cannot be read (%s) and is set aside", path, error)
        if path.exists():
            path.replace(path.with_suffix(".damaged.json"))
        return {}
