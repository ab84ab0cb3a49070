"""Mutates a file of every format that is read, and looks what reading it does to the machine.

`python -m tests.benchmarks.fuzz_files --n 20000 --seed 1 [--only FORMAT] [--seeds DIR] [-o FUZZ.md]`

Each mutant is read in a child with a gigabyte of memory and ten seconds. It may be read or refused by one of our own
errors with one line; everything else (a crash, a hang, running out of memory, another error) is kept under `found/` and
listed. Mutants follow from the seed: flipped, cut, doubled and exchanged bytes, extreme numbers in all widths, and
words of the format. What reached new error messages or results becomes a parent itself: a coverage of outcomes.
Linux only: children are forks.
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import io
import os
import random
import re
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from gazeapp.errors import GazeAppError

MEMORY_BYTES = 1 << 30
SECONDS = 10
EXTREMES = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1]


@dataclass
class Target:
    name: str
    ending: str
    read: Callable[[Path], object]
    parents: list[bytes]
    words: tuple[bytes, ...] = ()
    seen: set[str] = field(default_factory=set)


def targets(folder: Path, seeds: Path | None = None) -> list[Target]:
    """Every format with small whole files of it."""
    for heavy in ("torch", "onnxruntime", "h5py", "pyxdf", "scipy.io", "gazeapp.networks.checkpoint"):
        importlib.import_module(heavy)  # here, so that no child has to within its memory
    from gazeapp.experiment.plan_reader import read_plan
    from gazeapp.store.embedding import read_embedding
    from gazeapp.store.export.formats import ExportRequest, export
    from gazeapp.store.imports.formats import read_recording
    from gazeapp.store.imports.recording import ImportSettings
    from gazeapp.store.map_folder import read_map
    from gazeapp.store.sample_table import read_fixations, read_samples
    from gazeapp.store.stimuli import decode_image
    from tests.store.example_study import make_study
    from trainer.data.source import load_mat
    from trainer.reports.results import read_results

    study, _ = make_study(folder / "study")
    study.close()
    export(ExportRequest(source=folder / "study", form="csv", dest=folder / "csv", include_embeddings=True))
    export(ExportRequest(source=folder / "study", form="xdf", dest=folder / "xdf"))
    (samples,) = (folder / "csv").glob("*/samples.csv*")
    table = samples.read_bytes()
    table = gzip.decompress(table) if table[:2] == b"\x1f\x8b" else table
    table = b"\n".join(table.split(b"\n")[:200]) + b"\n"
    picture = np.random.default_rng(0).integers(0, 255, (24, 32, 3), dtype=np.uint8)

    def importing(form: str) -> Callable[[Path], object]:
        return lambda path: read_recording(path, form, ImportSettings())

    made = [
        Target("samples CSV", ".csv", read_samples, [table], (b"nan", b"inf", b"1e308", b",,", b'"', b"\t", b";")),
        Target("samples CSV, gzip", ".csv.gz", read_samples, [gzip.compress(table)]),
        Target("fixations CSV", ".csv", read_fixations, [b"onset_s,duration_s,x_px,y_px\n0.1,0.2,3,4\n0.5,0.2,5,6\n"]),
        Target(
            "EyeLink ASC", ".asc", importing("eyelink-asc"), [_asc()], (b"MSG", b"SAMPLES", b"GAZE_COORDS", b"-1e9")
        ),
        Target("Tobii TSV", ".tsv", importing("tobii-tsv"), [_tobii()], (b"\t\t", b"1920*1080")),
        Target("XDF", ".xdf", importing("xdf"), [p.read_bytes() for p in (folder / "xdf").rglob("*.xdf")]),
        Target("ioHub HDF5", ".hdf5", importing("iohub"), [_iohub(folder)]),
        Target("map NPY", ".npy", read_map, [_npy()], (b"'O'", b"|O", b"<f8", b"999999999", b"True")),
        Target("embedding JSON", ".json", read_embedding, [_embedding(folder)], (b"[", b"{", b"1e999", b"null", b"-1")),
        Target("results JSON", ".json", read_results, [b'{"schema": 1, "rows": [], "dataset": "x"}'], (b"[[", b"{}")),
        Target("plan TOML", ".toml", read_plan, [_plan()], (b"[[", b"a.b.c.", b'"""', b"1e999", b"[plan]", b"[" * 40)),
        Target("session SQLite", ".sqlite", _session, [_small_session(folder)]),
        Target("session SQLite, recovered", ".sqlite", _recover, [_small_session(folder)]),
        Target("study SQLite", ".sqlite", _study, [(folder / "study" / "study.sqlite").read_bytes()]),
        Target("MATLAB", ".mat", load_mat, _mats()),
        Target("LSL header XML", ".xml", _header, [_xml()], (b"<!DOCTYPE", b"&x;", b"<desc>", b"999999999", b"-1")),
    ]
    for ending in (".png", ".jpg", ".tif", ".bmp", ".webp", ".gif", ".ppm"):
        done, encoded = cv2.imencode(ending, picture)
        if done:
            made.append(Target(f"image {ending[1:].upper()}", ending, decode_image, [encoded.tobytes()]))
    with_torch = [
        Target("weights safetensors", ".safetensors", _weights, [_safetensors(folder)], (b"BOOL", b"F64", b"99999999")),
        Target("ONNX", ".onnx", _onnx, [_onnx_file()]),
    ]
    extra = [p for p in (seeds.rglob("*") if seeds else ()) if p.is_file() and p.stat().st_size < 1 << 20]
    for target in made:
        target.parents += [p.read_bytes() for p in extra if p.name.lower().endswith(target.ending)]
    return [target for target in (*made, *with_torch) if target.parents and all(target.parents)]


def mutate(data: bytes, words: tuple[bytes, ...], chance: random.Random) -> bytes:
    """One to eight changes."""
    content = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 2, 4, 8))):
        # headers are where the danger lies
        reach = min(len(content), 4096) if chance.random() < 0.6 else len(content)
        at = chance.randrange(reach + 1)
        match chance.randrange(8):
            case 0 if content:
                content[at % len(content)] ^= 1 << chance.randrange(8)
            case 1:
                content = content[:at] if chance.random() < 0.3 else content
            case 2:
                width, order = chance.choice((1, 2, 4, 8)), chance.choice(("little", "big"))
                number = chance.choice(EXTREMES) & (1 << 8 * width) - 1
                content[at : at + width] = number.to_bytes(width, order)
            case 3:
                stop = at + chance.randrange(1, 200)
                place = chance.randrange(len(content) + 1)
                content[place:place] = content[at:stop] * chance.choice((1, 1, 2, 50))
            case 4:
                del content[at : at + chance.choice((1, 2, 4, 8, 64))]
            case 5 if words:
                content[at:at] = chance.choice(words) * chance.choice((1, 1, 3, 2000))
            case 6:
                numbers = list(re.finditer(rb"\d+", bytes(content[:20_000])))
                if numbers:
                    found = chance.choice(numbers)
                    text = str(chance.choice((*EXTREMES, -1, 10**30))).encode()
                    content[found.start() : found.end()] = text
            case _:
                content[at : at + 4] = chance.randbytes(4)
    return bytes(content[: 4 << 20])


def try_file(read: Callable[[Path], object], path: Path) -> tuple[str, str]:
    """How reading ended: ("read" or "refused" or what went wrong, words)."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(out)
        _in_child(read, path, into)
    os.close(into)
    answer, deadline = b"", time.monotonic() + SECONDS
    while True:
        ready, _, _ = select.select([out], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            os.kill(child, signal.SIGKILL)
            break
        part = os.read(out, 65536)
        if not part:
            break
        answer += part
    os.close(out)
    _, status = os.waitpid(child, 0)
    if not ready:
        return "hang", ""
    if os.WIFSIGNALED(status):
        return "crash", signal.Signals(os.WTERMSIG(status)).name
    kind, _, words = answer.decode(errors="replace").partition("\n")
    return kind or "crash", words


def _in_child(read: Callable[[Path], object], path: Path, into: int) -> None:
    code = 0
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY_BYTES,) * 2)
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        warnings.simplefilter("ignore")
        try:
            read(path)
            said = "read\n"
        except GazeAppError as error:
            said = f"refused\n{type(error).__name__}: {error.message}"
        except MemoryError:
            said = f"memory\n{traceback.format_exc()[-1500:]}"
        except BaseException:
            said = f"untyped\n{traceback.format_exc()[-1500:]}"
        os.write(into, said.encode(errors="replace")[:60_000])
    except BaseException:
        code = 1
    os._exit(code)


def run(n: int, seed: int, only: str, seeds: Path | None, found: Path) -> tuple[dict[str, Counter[str]], list[str]]:
    """Counts of outcomes by format, and a line for each that must not be."""
    chance = random.Random(seed)
    counts: dict[str, Counter[str]] = {}
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        all_of = [t for t in targets(folder, seeds) if only.lower() in t.name.lower()]
        for target in all_of:
            if target.read is _weights:  # what torch loads on its first call is no mutant's doing
                (folder / "first").write_bytes(target.parents[0])
                target.read(folder / "first")
            path = folder / f"parent{target.ending}"
            path.write_bytes(target.parents[0])
            outcome, words = try_file(target.read, path)
            if outcome != "read":
                print(f"{target.name}: its own seed is not read: {outcome} {words[-400:]}", file=sys.stderr)
        for number in range(n):
            target = all_of[number % len(all_of)]
            data = mutate(chance.choice(target.parents), target.words, chance)
            path = folder / f"mutant{target.ending}"
            path.write_bytes(data)
            outcome, words = try_file(target.read, path)
            counts.setdefault(target.name, Counter())[outcome] += 1
            shape = outcome + re.sub(r"[\d.]+|'.*?'|\".*?\"|/\S+", "", words)[:80]
            if shape not in target.seen:
                target.seen.add(shape)
                if len(target.parents) < 60:
                    target.parents.append(data)
            if outcome not in ("read", "refused"):
                found.mkdir(parents=True, exist_ok=True)
                kept = found / f"{len(wrong):04d}-{outcome}{target.ending}"
                shutil.copy(path, kept)
                last = words.strip().splitlines()[-1:] or [""]
                wrong.append(f"{target.name}: {outcome} {last[0][:160]} ({kept.name})")
                print(wrong[-1], file=sys.stderr)
                kept.with_suffix(kept.suffix + ".txt").write_text(words)
            for left in folder.glob("mutant*"):
                shutil.rmtree(left) if left.is_dir() else left.unlink()
            if number % 1000 == 999:
                print(f"{number + 1} of {n}, {len(wrong)} wrong", file=sys.stderr)
    return counts, wrong


# Files to begin with, and readers that take more than one call.


def _asc() -> bytes:
    lines = [
        "** CONVERTED FROM x.edf",
        "MSG\t100 DISPLAY_COORDS 0 0 1919 1079",
        "MSG\t100 !MODE RECORD CR 500 2 1 L",
        "START\t100 \tLEFT\tSAMPLES\tEVENTS",
        "SAMPLES\tGAZE\tLEFT\tRATE\t 500.00\tTRACKING\tCR",
        "MSG\t101 !V IMGLOAD CENTER a.png 960 540",
        *(f"{102 + 2 * i}\t  {500 + i}.1\t  400.2\t 1200.0\t..." for i in range(60)),
        "MSG\t230 TRIAL_RESULT 0",
        "END\t240 \tSAMPLES\tEVENTS\tRES\t  33.00\t  33.00",
    ]
    return ("\n".join(lines) + "\n").encode()


def _tobii() -> bytes:
    names = ["Recording timestamp [us]", "Gaze point left X", "Gaze point left Y"]
    names += ["Gaze point right X", "Gaze point right Y"]
    names += ["Recording resolution width", "Recording resolution height", "Presented Stimulus name"]
    rows = [f"{i * 3333}\t{500 + i}\t400\t{500 + i}\t400\t1920\t1080\ta.png" for i in range(60)]
    return ("\t".join(names) + "\n" + "\n".join(rows) + "\n").encode()


def _iohub(folder: Path) -> bytes:
    import h5py

    kind = [("session_id", "<u4"), ("time", "<f8"), ("left_gaze_x", "<f4"), ("left_gaze_y", "<f4")]
    kind += [("right_gaze_x", "<f4"), ("right_gaze_y", "<f4"), ("status", "u1")]
    rows = np.zeros(100, kind)
    rows["time"] = np.arange(100) / 100
    rows["left_gaze_x"] = rows["right_gaze_x"] = np.linspace(-600, 600, 100)
    rows["left_gaze_y"] = rows["right_gaze_y"] = np.linspace(-400, 300, 100)
    with h5py.File(folder / "io.hdf5", "w") as file:
        place = "data_collection/events/eyetracker/BinocularEyeSampleEvent"
        file.create_dataset(place, data=rows, compression="gzip", chunks=(64,))
    return (folder / "io.hdf5").read_bytes()


def _npy() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.ones((12, 16), np.float32))
    return buffer.getvalue()


def _embedding(folder: Path) -> bytes:
    from gazeapp.store.embedding import write_embedding
    from tests.store.example_study import EMBEDDING

    write_embedding(EMBEDDING, folder / "embedding.json")
    return (folder / "embedding.json").read_bytes()


def _plan() -> bytes:
    from gazeapp.locations import assets_dir

    return (assets_dir() / "plans" / "example.toml").read_bytes()


def _small_session(folder: Path) -> bytes:
    (database,) = (folder / "study" / "sessions").glob("*/session.sqlite")
    return database.read_bytes()


def _session(path: Path) -> None:
    from gazeapp.store.reader import SessionReader

    with SessionReader(path) as reader:
        reader.counts()
        reader.passes_check()
        reader.samples(corrected=True)
        for rows in (reader.events, reader.trials, reader.calibrations, reader.validations, reader.growth):
            rows()
        _ = reader.meta, reader.display, list(reader.predictions()), reader.problems(), reader.stimulus_rows()


def _recover(path: Path) -> None:
    from gazeapp.store.recovery.session import recover

    folder = path.parent / "mutant-session"
    folder.mkdir(exist_ok=True)
    shutil.copy(path, folder / "session.sqlite")
    recover(folder)


def _study(path: Path) -> None:
    from gazeapp.store.study import Study

    folder = path.parent / "mutant-study"
    (folder / "sessions").mkdir(parents=True, exist_ok=True)
    shutil.copy(path, folder / "study.sqlite")
    with Study.open(folder) as study:
        for person in study.participants():
            if person.n_embeddings:
                study.load_embedding(person.pseudonym)
        study.sessions()
        study.erasures()


def _mats() -> list[bytes]:
    from scipy.io import savemat

    made = []
    for packed in (False, True):
        buffer = io.BytesIO()
        savemat(buffer, {"fixLocs": np.eye(20), "cell": np.array([{"a": 1.0}], object)}, do_compression=packed)
        made.append(buffer.getvalue())
    return made


def _xml() -> bytes:
    channels = "".join(
        f"<channel><label>{axis}</label><type>Screen{axis.upper()}</type><unit>pixels</unit></channel>" for axis in "xy"
    )
    return (
        "<info><name>g</name><type>Gaze</type><channel_count>2</channel_count><nominal_srate>60</nominal_srate>"
        "<channel_format>double64</channel_format><source_id>a</source_id><uid>u</uid><hostname>h</hostname>"
        f"<desc><channels>{channels}</channels></desc></info>"
    ).encode()


def _header(path: Path) -> None:
    from xml.etree import ElementTree

    from gazeapp.devices.lsl.inlet import parse_description

    try:
        parse_description(path.read_text(encoding="utf-8", errors="replace"))
    except ElementTree.ParseError as error:  # named where streams are looked for
        raise GazeAppError(str(error)) from error


def _safetensors(folder: Path) -> bytes:
    import torch

    from gazeapp.locations import assets_dir

    torch.set_num_threads(1)
    shutil.copy(assets_dir() / "weights" / "embedding.safetensors", folder / "w.safetensors")
    return (folder / "w.safetensors").read_bytes()


def _weights(path: Path) -> None:
    from gazeapp.networks.checkpoint import build_network, load_checkpoint

    build_network(load_checkpoint(path), path)


def _onnx_file() -> bytes:
    from tests.networks import onnx_writer

    made: bytes = onnx_writer.brightness()
    return made


def _onnx(path: Path) -> None:
    from gazeapp.networks.onnx_predictor import OnnxPredictor

    OnnxPredictor(path)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", metavar="FORMAT")
    parser.add_argument("--seeds", type=Path, help="more files to begin with")
    parser.add_argument("--found", type=Path, default=Path("found"), help="where what went wrong is kept")
    parser.add_argument("-o", "--output", type=Path, help="table to write")
    args = parser.parse_args()
    begin_s = time.monotonic()
    counts, wrong = run(args.n, args.seed, args.only, args.seeds, args.found)
    kinds = ("read", "refused", "crash", "hang", "memory", "untyped")
    lines = [f"| format | mutants | {' | '.join(kinds)} |", "|---" * (len(kinds) + 2) + "|"]
    for name, count in sorted(counts.items()):
        lines.append(f"| {name} | {count.total()} | {' | '.join(str(count[kind]) for kind in kinds)} |")
    total = sum(counts.values(), Counter())
    lines.append(f"| all | {total.total()} | {' | '.join(str(total[kind]) for kind in kinds)} |")
    text = "\n".join(lines) + f"\n\nSeed {args.seed}, {time.monotonic() - begin_s:.0f} s.\n"
    print(text)
    if args.output:
        args.output.write_text(__doc__.split("\n")[0] + "\n\n" + text + "".join(f"- {line}\n" for line in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
