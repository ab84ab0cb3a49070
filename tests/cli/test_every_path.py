"""Every path that a command takes, from the parsers themselves: pipes, loops, junk and swaps end in one line each."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from gazeapp import __main__ as app
from gazeapp.store.embedding import write_embedding
from tests.store.example_study import EMBEDDING, make_study
from tests.trainer.synthetic_data import write_synthetic
from trainer import __main__ as trainer
from trainer.data.prepare import write_data

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes with names are of Unix")
PROGRAMS = {"gazeapp": app, "trainer": trainer}

CALLS = {
    "gazeapp": [
        "demo --headless --images {images} --n-images 1 --out {new} --weights {weights}",
        "run {plan} --check",
        "run {plan} --headless --device simulated --participant P1 --consent --study {study} --weights {weights} "
        "--universal deepgaze --universal-weights {weights_file}",
        "fixations {samples} -o {new}",
        "quality {samples} --targets {targets} -o {new}",
        "map {fixations} --image-size 32,24 --sigma-px 2 -o {new}.npy",
        "universal {image} --model deepgaze --weights {weights_file} -o {new}",
        "enrol --pairs {images} --weights {weights} -o {new}",
        "enrol --study {study} --participant P017",
        "identify {embedding} --among {study} --weights {weights}",
        "predict {image} --embedding {embedding} --universal deepgaze --universal-weights {weights_file} "
        "--weights {weights} -o {new}",
        "predict {image} --study {study} --participant P017",
        "choose {images} --weights {weights} -o {new}",
        "recalibrate {session} --universal deepgaze --weights {weights_file} -o {new}",
        "recalibrate --pairs {images}",
        "verify {session} --weights {weights}",
        "report {study} -o {new}.html",
        "areas {study} --areas {areas} -o {new}.csv --summary {new}2.csv",
        "detection {study}",
        "exclude {study} --participant P017 --reason x",
        "export {study} --format csv -o {new}",
        "import {samples} --study {study} --participant P1 --consent --stimuli {images}",
        "recover {session}",
        "participants {study} --import {people}",
        "consent {study} --set {text}",
        "study copy {study} {new}",
        "erase {study} --participant P017 --dry-run --look-in {images}",
        "stream --duration 0.1 --images {images}",
        "bench --seconds 0.1 --weights {weights}",
    ],
    "trainer": [
        "prepare id --root {set} --stimuli {set} -o {new}",
        "backbone {weights_file} -o {new}",
        "synthesise faces --images {images} --viewing {data} -o {new}",
        "synthesise categories --osie {data} --crowd {data} -o {new}",
        "train embedding --preset tiny --data {data} --exclude-images {names} --exclude-observers {names} "
        "--validation-images {names} --validation-observers {names} -o {new}",
        "train personal --preset tiny --data {data} --embedding {run} --universal {run} -o {new}",
        "train multitask --preset tiny --data {data} --from {run} --categories {names} -o {new}",
        "evaluate {run} --data {data} --protocol closed --images {names} --observers {names} --support-images {names} "
        "-o {new}",
        "analyse evidence --data {data} --run {run} --personal {run} --folds {run} --write {new} --images {names} "
        "--observers {names} --objects {names} --labels {names} --universal {run} -o {new}2",
        "categories {run} --data {data} --categories {names} -o {new}",
        "table {results} --shape paper --former {results} -o {new}",
        "table --fill {page}",
        "plot {results} -o {new}",
        "reproduce strohm --data {data} --objects {names} -o {new}",
        "reproduce strohm --data {data} --labels {names} -o {new}",
        "export {run} --results {results} -o {new}",
        "bench --data {data} --seconds 0.1 --pysaliency {run}",
    ],
}
"""What a person would type, with a place for each path."""
LATE = {("train", "{new}"), ("bench", "{weights}"), ("bench", "{run}"), ("demo", "{new}"), ("stream", "{images}")}
"""Looked at only after minutes of work, or given to another program."""


def _paths(parser: argparse.ArgumentParser) -> dict[str, object]:
    """Every argument that is a path, those of commands within the command too, and its default."""
    found = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                found |= _paths(inner)
        elif action.type is Path:
            found[action.dest] = action.default
    return found


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_path_of_every_command_is_in_the_table(name):
    program = PROGRAMS[name].PROGRAM
    missing = []
    for command in program.commands:
        paths = _paths(program.parser(command))
        tried = set()
        for call in CALLS[name]:
            first, *rest = call.split()
            if first == command:
                args = vars(program.parser(command).parse_args(rest))
                tried |= {key for key, default in paths.items() if args.get(key, default) != default}
        missing += [f"{command} {key}" for key in sorted(paths.keys() - tried)]
    assert missing == []


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """What each place of the table stands for."""
    root = tmp_path_factory.mktemp("place")
    study, session = make_study(root / "study")
    study.close()
    (root / "images").mkdir()
    cv2.imwrite(str(root / "images" / "a.png"), np.random.default_rng(0).integers(0, 255, (24, 32, 3), np.uint8))
    write_embedding(EMBEDDING, root / "embedding.json")
    texts = {
        "images/a.csv": "onset_s,duration_s,x_px,y_px\n0,0.2,5,6\n0.3,0.2,20,10\n",
        "plan.toml": '[plan]\nname = "a"\nphases = ["enrol"]\n[stimuli]\nfolders = ["images"]\n',
        "samples.csv": "time_ms,x_px,y_px\n" + "".join(f"{4 * n},{500 + n % 3},400\n" for n in range(99)),
        "targets.csv": "target_id,onset_s,duration_s,x_px,y_px\n1,0,0.3,500,400\n",
        "areas.csv": "image,area,shape,points_px,turn_deg,color\nscene-0.png,all,box,0 0;9 9,0,#5b9dff\n",
        "people.csv": "participant\nP200\n",
        "text.txt": "I agree.\n",
        "page.md": "# A page\n",
        "names.txt": "000.png\n",
        "results.json": '{"schema": 1, "protocol": "closed", "dataset": "x", "rows": [], "summary": [], "meta": {}}',
    }
    for name, text in texts.items():
        (root / name).write_text(text)
    write_data(write_synthetic(root / "set", n_images=2, n_observers=2), root / "data", map_size_wh=(16, 12))
    (root / "run").mkdir()
    (root / "weights").mkdir()
    (root / "w.safetensors").write_bytes(b"none")
    return {
        "study": root / "study",
        "session": session.path,
        "image": root / "images" / "a.png",
        "fixations": root / "images" / "a.csv",
        "embedding": root / "embedding.json",
        "weights_file": root / "w.safetensors",
        **{name: root / name for name in ("images", "set", "data", "run", "weights")},
        **{Path(name).stem: root / name for name in texts if "/" not in name},
        "new": root / "new" / "file",
    }


def _hostile(kind: str, root: Path, like: Path) -> Path:
    path = root / f"hostile{like.suffix}"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "junk":
        path.write_bytes(b"\x93\x00\xff(" * 3000)
    elif like.is_dir():  # a file in the place of a folder, and the other way round
        path.write_bytes(b"")
    else:
        path.mkdir()
    return path


def _cases():
    for name, calls in CALLS.items():
        for call in calls:
            for token in dict.fromkeys(word for word in call.split() if word.startswith("{")):
                if (call.split()[0], token.partition("}")[0] + "}") not in LATE:
                    yield pytest.param(name, call, token, id=f"{name} {call.split()[0]} {token}"[:60])


@pytest.mark.slow
@pytest.mark.parametrize(("name", "call", "token"), list(_cases()))
def test_a_path_made_against_a_command_is_one_line(name, call, token, place, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    key = token.strip("{").partition("}")[0]
    kinds = ["loop", "swap"] if key in ("new", "weights", "run", "image") else ["pipe", "loop", "junk", "swap"]
    for kind in kinds:
        shutil.rmtree(tmp_path / "here", ignore_errors=True)
        (tmp_path / "here").mkdir()
        copy = {**place, "new": tmp_path / "here" / "new" / "file"}
        for own in ("study", "session"):  # what a command may write into
            if f"{{{own}}}" in call and own != key:
                shutil.copytree(place["study"], tmp_path / "here" / "study", dirs_exist_ok=True)
                copy["study"] = tmp_path / "here" / "study"
                copy["session"] = copy["study"] / "sessions" / place["session"].name
        if key == "new":
            copy["new"].parent.mkdir()
        ending = token.partition("}")[2]
        made = _hostile(kind, tmp_path / "here", Path(f"{copy[key]}{ending}") if key == "new" else place[key])
        if key == "new":
            made = made.rename(f"{copy['new']}{ending}")
        else:
            copy[key] = made
        words = [word.format(**{k: str(v) for k, v in copy.items()}) for word in call.split()]
        code = PROGRAMS[name].main(["-q", *words])
        error = capsys.readouterr().err
        assert code in (0, 2), (kind, error)
        assert code == 0 or error.count("\n") == 1, (kind, error)
        assert code == 2 or key == "new" or kind in ("loop", "swap", "junk"), (kind, words)
