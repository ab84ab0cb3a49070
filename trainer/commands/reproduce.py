"""A paper's tables and figures made anew, in parts that can be resumed, beside the printed values.

strohm and xu take prepared data sets; salgaze many people who look at points and people with sessions of free viewing;
acw a data set with categories, and others to train backbones on. What was not run stands as missing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shlex
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from gazeapp.errors import DatasetIncomplete, SettingsError

EXAMPLE = "python -m trainer reproduce strohm --data osie-data -o strohm --quick"
PAPERS = ("strohm", "xu", "salgaze", "acw")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("paper", choices=PAPERS)
    parser.add_argument("--data", type=Path, action="append", required=True, help="repeat for several")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="DIR", help="runs, parts, tables, figures")
    parser.add_argument("--quick", action="store_true", help="a few steps of small networks: whether all of it runs")
    parser.add_argument("--resume", action="store_true", help="go on with what is not done")
    parser.add_argument("--part", metavar="K/N", help="just the parts of job K of N, for a scheduler's array jobs")
    parser.add_argument("--only", metavar="TEXT", help="just the parts whose name contains this")
    parser.add_argument(
        "--steps",
        type=int,
        metavar="N",
        help="(not salgaze) at most N steps in each training, of acw in that of a backbone; the tables say which were "
        "cut short",
    )
    parser.add_argument("--list", action="store_true", help="show the parts and which are done, and stop")
    objects = parser.add_mutually_exclusive_group()
    objects.add_argument("--objects", type=Path, metavar="CSV", help="(xu only) as `analyse interest` takes it")
    objects.add_argument("--labels", type=Path, metavar="MAT", help="(xu only) the face boxes of EyeCrowd, labels.mat")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--seed", type=int, default=0)


def run(args: argparse.Namespace) -> None:
    """Make what is missing, and write the page."""
    import matplotlib

    from trainer.reproduction.parts import Workplace, make_parts, open_workplace, share_of

    matplotlib.use("Agg")
    paper = import_module(f"trainer.reproduction.{args.paper}")
    if args.steps is not None and args.steps < 1:
        raise SettingsError(f"--steps {args.steps}: needs a number from 1", key="steps")
    if args.steps is not None and args.paper == "salgaze":
        raise SettingsError("reproduce salgaze: --steps belongs to the other papers", key="steps")
    place = Workplace(
        folder=args.out,
        data=tuple(args.data),
        is_quick=args.quick,
        seed=args.seed,
        device=args.device,
        steps=args.steps,
    )
    objects = {option: path for option in ("objects", "labels") if (path := getattr(args, option)) is not None}
    for option, path in objects.items():
        if args.paper != "xu":
            raise SettingsError(f"reproduce {args.paper}: --{option} belongs to xu", key=option)
        place = replace(place, objects=(f"--{option}", path.resolve()))
    parts = paper.parts_of(place)
    chosen = [part for part in share_of(parts, args.part) if not args.only or args.only in part.name]
    if args.list:
        for part in chosen:
            print(f"{place.state(part.name):10} {part.name:40} {part.title}")
        return
    settings = {
        "paper": args.paper,
        "quick": args.quick,
        "seed": args.seed,
        "data": [_hash_of(folder) for folder in args.data],
        "objects": {option: _sha256(path) for option, path in objects.items()} or None,
    }
    open_workplace(place, settings, resume=args.resume or args.part is not None)
    try:
        make_parts(place, chosen)
    finally:
        page = paper.show(place, _call(args, objects))
        page.shortened = place.shortened(parts)
        path = page.write(args.out)
    states = [place.state(part.name) for part in parts]
    impossible = f", {states.count('impossible')} impossible with these data" * ("impossible" in states)
    print(f"{path}: {states.count('done')} of {len(parts)} parts done{impossible}")


def _call(args: argparse.Namespace, objects: dict[str, Path]) -> str:
    """The call that makes all of it, with the names of files alone."""
    words = ["python", "-m", "trainer", "reproduce", args.paper]
    words += [word for folder in args.data for word in ("--data", folder.name)]
    words += [word for option, path in objects.items() for word in (f"--{option}", path.name)]
    words += ["--seed", str(args.seed)] * bool(args.seed) + ["--quick"] * args.quick
    return shlex.join([*words, "-o", args.out.name])


def _sha256(path: Path) -> str:
    """Of a file of objects: a reproduction is never continued with others."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})", key="objects") from error


def _hash_of(folder: Path) -> str:
    """The data set's hash: a reproduction is never continued on other data."""
    try:
        return str(json.loads((folder / "meta.json").read_text(encoding="utf-8"))["sha256"])
    except (OSError, ValueError, KeyError) as error:
        raise DatasetIncomplete(f"{folder}: not a complete DATA folder ({error})") from error
