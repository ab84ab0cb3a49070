"""Chooses one of the gaze streams on the network."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path

from platformdirs import user_config_path

from gazeapp.devices.lsl.inlet import StreamDescription, find_streams
from gazeapp.errors import TrackerNotFound
from gazeapp.store.new_file import write_whole


def search_stream(wanted: str, wait_s: float) -> StreamDescription:
    """Search in rounds that grow: a stream close by is there in half a second, a slow network needs more."""
    round_s = min(0.5, wait_s)
    while True:
        try:
            return choose_stream(find_streams(round_s, wanted), wanted)
        except TrackerNotFound:
            wait_s -= round_s
            if wait_s <= 0:
                raise
            round_s = min(2 * round_s, wait_s)


def choose_stream(streams: list[StreamDescription], wanted: str) -> StreamDescription:
    """The stream of that name or source id; without one, the only one there is.

    Raises:
        TrackerNotFound: None, or several and none was named.
    """
    fitting = [s for s in streams if not wanted or wanted in (s.name, s.source_id)]
    listed = ", ".join(f"{s.name} ({s.source_id or 'no source id'})" for s in streams) or "none"
    if not fitting:
        raise TrackerNotFound(
            f"no LSL gaze stream{f' {wanted!r}' if wanted else ''} was found (there are: {listed}); start the sender, "
            "and let the firewall pass UDP 16571 to 16604 and TCP 16572 to 16604",
            found=listed,
        )
    if len(fitting) > 1:
        raise TrackerNotFound(
            f"several LSL gaze streams fit ({listed}); name one with --device-option stream=SOURCE_ID",
            found=listed,
        )
    return fitting[0]


_log = logging.getLogger(__name__)

SCHEMA = 1
KEYS = ("unit", "origin", "columns", "coordinates")


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
        write_whole(path, json.dumps({"schema": SCHEMA, "sources": known}, indent=1))
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
