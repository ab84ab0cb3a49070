"""Options that one does not want to type each time: `defaults.toml` in the user's configuration folder.

A table for each command, a key for each option, such as

    [run]
    display = "1920,1080,531,299,650"
    study = "/data/pilot"

They stand before what is typed, so that what is typed counts. What concerns one person, or gives away or removes
something, is said each time and never by default.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from gazeapp.errors import SettingsError

SAID_EACH_TIME = frozenset(
    {
        *("consent", "participant", "initials", "add", "rename"),  # whose it is, and who did it
        *("yes", "overwrite", "again", "apply", "undo", "recorded"),  # what cannot be taken for granted
        *("include_embeddings", "include_eye_images", "include_excluded"),
    }
)
_MOST_BYTES = 100_000


def defaults_path() -> Path:
    """Where they lie on this machine."""
    import platformdirs

    return Path(platformdirs.user_config_dir("gazeapp", appauthor=False)) / "defaults.toml"


def with_defaults(
    parser: argparse.ArgumentParser, command: str, typed: Sequence[str], known: Collection[str]
) -> list[str]:
    """The arguments of a command, those of the file first.

    Args:
        parser: The command's.
        command: Its name.
        typed: What was typed after it.
        known: The names of all commands.

    Raises:
        SettingsError: The file is not TOML, or names a command or an option that there is none of.
    """
    path = defaults_path()
    if not path.is_file() or {"-h", "--help"} & set(typed):
        return list(typed)
    tables = _read(path)
    if strange := next((name for name in tables if name not in known), ""):
        raise SettingsError(
            f"{path}: [{strange}] is no command of `{parser.prog.split()[0]}`", file=str(path), key=strange
        )
    given = tables.get(command, {})
    if not isinstance(given, dict):
        raise SettingsError(f"{path}: [{command}] must be a table of options", file=str(path), key=command)
    options = {action.dest: action for action in parser._actions if action.option_strings}
    before: list[str] = []
    for key, value in given.items():
        name = key.replace("-", "_")
        action = options.get(name)
        if action is None or name in ("help", *SAID_EACH_TIME):
            why = "must be typed each time" if name in SAID_EACH_TIME else f"is no option of `{parser.prog}`"
            raise SettingsError(f"{path}: [{command}] {key} {why}", file=str(path), key=f"{command}.{key}")
        if not _is_answered(parser, action, typed):
            before += _words(action, value, f"{path}: [{command}] {key}")
    return [*before, *typed]


def _read(path: Path) -> dict[str, Any]:  # Any: TOML values
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise SettingsError(
                f"{path}: is larger than {_MOST_BYTES} bytes; defaults are small", file=str(path), key=""
            )
        return dict(tomllib.loads(data.decode("utf-8")))
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"{path}: is not valid TOML ({error})", file=str(path), key="") from error


def _is_answered(parser: argparse.ArgumentParser, action: argparse.Action, typed: Sequence[str]) -> bool:
    """Whether the option, or another that cannot stand beside it, was typed."""
    rivals = [group._group_actions for group in parser._mutually_exclusive_groups if action in group._group_actions]
    names = {name for rival in (rivals[0] if rivals else [action]) for name in rival.option_strings}
    return any(word.partition("=")[0] in names for word in typed)


def _words(action: argparse.Action, value: object, where: str) -> list[str]:
    name = action.option_strings[-1]
    if action.nargs == 0:
        if not isinstance(value, bool):
            raise SettingsError(f"{where}: must be true or false", key=name)
        return [name] * value
    values = value if isinstance(value, list) else [value]
    if any(isinstance(one, bool | dict | list) for one in values):
        raise SettingsError(f"{where}: must be text or a number, as it would be typed", key=name)
    return [f"{name}={one}" for one in values]
