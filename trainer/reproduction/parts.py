"""A reproduction is a table of parts; each is done once, in its own folder, and can be resumed."""

from __future__ import annotations

import io
import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from gazeapp.errors import AlreadyExists, CheckpointError, NotEnoughData, SettingsError
from gazeapp.store.new_file import write_whole
from gazeapp.types import Json

_DONE = "part.json"
_SETTINGS = "reproduction.json"
_IMPOSSIBLE = "impossible"
"""Why the data did not allow a part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """Where a reproduction lies and what it is made from."""

    folder: Path
    data: tuple[Path, ...]
    is_quick: bool
    """Smallest networks, few steps: whether everything runs, and no more."""
    seed: int
    device: str
    steps: int | None = None
    """At most so many in each training; what is shorter for it says so in every table."""
    objects: tuple[str | Path, ...] = ()
    """What `analyse interest` is told of objects: `--objects FILE` or `--labels FILE`."""

    def limited(self, settings: Sequence[str]) -> tuple[list[str], Json]:
        """Settings of a training with its steps cut to `steps`, and the facts to keep of that."""
        found, facts = [], {}
        for setting in settings:
            key, _, value = setting.partition("=")
            if key == "steps" and self.steps is not None and int(value) > self.steps:
                setting, facts = f"steps={self.steps}", {"steps": self.steps, "of_steps": int(value)}
            found.append(setting)
        return found, facts

    def told_steps(self, name: str) -> str:
        """What a table adds to the name of a part whose training was cut short; nothing for the others."""
        facts = self.facts(name) or {}
        return f", {facts['steps']} of {facts['of_steps']} steps" if "steps" in facts else ""

    def shortened(self, parts: Sequence[Part]) -> dict[int, list[str]]:
        """Steps to the parts that were made with `--steps` of so many."""
        found: dict[int, list[str]] = {}
        for part in parts:
            if steps := (self.facts(part.name) or {}).get("steps"):
                found.setdefault(int(steps), []).append(part.name)
        return dict(sorted(found.items()))

    def part(self, name: str) -> Path:
        """Results of a part."""
        return self.folder / "parts" / name

    def run(self, name: str) -> Path:
        """A training's run folder."""
        return self.folder / "runs" / name

    def is_done(self, name: str) -> bool:
        """Whether a part was finished; one that the data did not allow is not, and is tried again."""
        facts = self.facts(name)
        return facts is not None and _IMPOSSIBLE not in facts

    def state(self, name: str) -> str:
        """`done`, `impossible` or `missing`."""
        facts = self.facts(name)
        return "missing" if facts is None else "impossible" if _IMPOSSIBLE in facts else "done"

    def facts(self, name: str) -> Json | None:
        """What a finished part says of itself; None while it is missing."""
        path = self.part(name) / _DONE
        try:
            found: Json = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise CheckpointError(f"{path}: damaged ({error}); delete it, and the part is made again") from error
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One training or analysis: one fold, one data set, one m, one network."""

    name: str
    """Also its folder."""
    title: str
    make: Callable[[], Json]
    """Does the work, resuming what is there; returns facts for the tables."""
    needs: tuple[str, ...] = ()
    """Parts that come before it."""
    chain: str = ""
    """Parts of one chain are given to the same job of `--part K/N`."""


def open_workplace(place: Workplace, settings: Json, *, resume: bool) -> None:
    """Begin a reproduction, or go on with the same.

    Raises:
        AlreadyExists: The folder holds one and `resume` is false.
        SettingsError: Resuming with other data or settings; what was not given at first (None) may be added.
    """
    path = place.folder / _SETTINGS
    if not path.is_file():
        if place.folder.is_dir() and any(place.folder.iterdir()):
            raise AlreadyExists(f"{place.folder}: holds other things; choose an empty -o")
        place.folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, (json.dumps(settings, indent=1) + "\n").encode())
        return
    if not resume:
        raise AlreadyExists(f"{place.folder}: holds a reproduction already; pass --resume, or another -o")
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path}: damaged ({error}); delete the folder and begin again") from error
    for key in sorted(set(stored) | set(settings)):
        if stored.get(key) is not None and stored[key] != settings.get(key):
            raise SettingsError(
                f"{place.folder}: --resume with another {key} ({settings.get(key)!r} now, {stored.get(key)!r} then)",
                key=key,
            )
    if stored != settings:
        write_whole(path, (json.dumps(settings, indent=1) + "\n").encode())


def share_of(parts: Sequence[Part], text: str | None) -> list[Part]:
    """The parts of job K of N, as whole chains.

    Args:
        parts: All.
        text: `K/N`, K from 1; None takes all.

    Raises:
        SettingsError: No such share.
    """
    if text is None:
        return list(parts)
    first, slash, of = text.partition("/")
    if not (slash and first.isdigit() and of.isdigit() and 1 <= int(first) <= int(of)):
        raise SettingsError(f"--part {text!r}: needs K/N with K from 1 to N", key="part")
    chains = list(dict.fromkeys(part.chain or part.name for part in parts))
    own = set(chains[int(first) - 1 :: int(of)])
    return [part for part in parts if (part.chain or part.name) in own]


def make_parts(place: Workplace, parts: Sequence[Part]) -> None:
    """Do what is not done yet, telling the time left; parts whose needs are missing are left for another job."""
    todo = [part for part in parts if not place.is_done(part.name)]
    took_s: list[float] = []
    for k, part in enumerate(todo):
        left = f", about {_span(sum(took_s) / len(took_s) * (len(todo) - k))} left" if took_s else ""
        missing = [name for name in part.needs if not place.is_done(name)]
        if missing:
            print(f"reproduce: {part.title}: waits for {', '.join(missing)}", file=sys.stderr)
            continue
        print(f"reproduce: part {k + 1} of {len(todo)}: {part.title}{left}", file=sys.stderr, flush=True)
        begun_s = time.monotonic()
        try:
            facts = part.make()
        except NotEnoughData as error:
            print(f"reproduce: {part.title}: {error}", file=sys.stderr)
            facts = {_IMPOSSIBLE: str(error)}
        took_s.append(time.monotonic() - begun_s)
        folder = place.part(part.name)
        folder.mkdir(parents=True, exist_ok=True)
        content = {"title": part.title, "seconds": round(took_s[-1]), **facts}
        write_whole(folder / _DONE, (json.dumps(content, indent=1) + "\n").encode())


def command(*words: str | Path) -> None:
    """One of the trainer's commands, as it would be typed; its tables are not printed, errors are raised."""
    texts = [str(word) for word in words]
    module = import_module(f"trainer.commands.{texts[0]}")
    parser = ArgumentParser(prog=f"python -m trainer {texts[0]}")
    module.add_arguments(parser)
    with redirect_stdout(io.StringIO()):
        module.run(parser.parse_args(texts[1:]))


def _span(seconds: float) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{max(1, minutes)} min"
