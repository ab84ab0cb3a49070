"""Every format that is read, as `fuzz_files` takes it: small whole files to begin with, its words, and its reader."""

from __future__ import annotations

import gzip
import importlib
import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from gazeapp.errors import GazeAppError

NUMBERS = (b"nan", b"inf", b"1e308", b"-1e9", b"", b'"', b",,", b"\t", b";")
JSON_WORDS = (b"[", b"{", b"1e999", b"null", b"-1", b'""', b"[" * 60, b"1" * 5000)


@dataclass
class Target:
    name: str
    ending: str
    read: Callable[[Path], object]
    parents: list[bytes]
    words: tuple[bytes, ...] = ()
    warm: bool = True
    """Whether its own file is read once before there are children, so that what it loads is no mutant's doing."""
    seen: set[str] = field(default_factory=set)


Builder = Callable[[Path], list[Target]]


def _imported(name: str, form: str, writers: str, *words: bytes, **options: str) -> Builder:
    """An import format; its files are written by `tests.field.foreign_files`."""

    def build(folder: Path) -> list[Target]:
        from gazeapp.gaze.display import Display
        from gazeapp.store.imports.formats import read_recording
        from gazeapp.store.imports.recording import ImportSettings
        from tests.field import foreign_files as files

        made = [getattr(files, f"write_{writer}")(folder) for writer in writers.split()]
        settings = ImportSettings(display=Display.parse(files.DISPLAY), options=options)
        ending = "".join(made[0].suffixes)
        return [
            Target(
                name,
                ending,
                lambda path: read_recording(path, form, settings),
                [_short(path) for path in made],
                (*NUMBERS, *words),
            )
        ]

    return build


def _short(path: Path) -> bytes:
    """The first rows of a text table, which are as good as all for a mutant; other files whole."""
    data = path.read_bytes()
    if path.suffix in (".csv", ".tsv", ".txt", ".asc") and b"\0" not in data[:200]:
        return b"\n".join(data.split(b"\n")[:80]) + b"\n"
    return data


def _file(path_of: Callable[[Path], bytes], name: str, form: str, ending: str, *words: bytes) -> Builder:
    def build(folder: Path) -> list[Target]:
        from gazeapp.store.imports.formats import read_recording
        from gazeapp.store.imports.recording import ImportSettings

        settings = ImportSettings()
        return [Target(name, ending, lambda path: read_recording(path, form, settings), [path_of(folder)], words)]

    return build


def _study_folder(folder: Path) -> Path:
    from tests.store.example_study import make_study

    if not (folder / "study").exists():
        study, _ = make_study(folder / "study")
        study.close()
    return folder / "study"


def _exported(folder: Path, form: str, ending: str) -> bytes:
    from gazeapp.store.export.formats import ExportRequest, export

    export(ExportRequest(source=_study_folder(folder), form=form, dest=folder / form))
    (found,) = (folder / form).rglob(f"samples{ending}") if form != "xdf" else (folder / form).rglob("*.xdf")
    return found.read_bytes()


def _tables(folder: Path) -> list[Target]:
    from gazeapp.store.sample_table import read_fixations, read_samples, read_targets

    table = b"\n".join(_exported(folder, "csv", ".csv").split(b"\n")[:200]) + b"\n"
    wide = b"time_ms\tx_px\ty_px\ttarget_id\ttarget_x_px\ttarget_y_px\n" + b"".join(
        b"%d\t%d\t400\t1\t500\t400\n" % (4 * i, 500 + i % 3) for i in range(100)
    )
    fixations = b"onset_s,duration_s,x_px,y_px\n0.1,0.2,3,4\n0.5,0.2,5,6\n"
    targets = b"target_id,onset_s,duration_s,x_px,y_px\n1,0.1,0.2,3,4\n2,0.5,0.2,5,6\n"
    return [
        Target("samples CSV", ".csv", read_samples, [table, wide], NUMBERS),
        Target("samples CSV, gzip", ".csv.gz", read_samples, [gzip.compress(table), gzip.compress(wide)]),
        Target("fixations CSV", ".csv", read_fixations, [fixations], NUMBERS),
        Target("targets CSV", ".csv", read_targets, [targets], NUMBERS),
    ]


def _areas(folder: Path) -> list[Target]:
    import cv2

    from gazeapp.analysis.area import Area, ImageAreas
    from gazeapp.analysis.area_files import read_areas, write_areas

    shapes = (
        Area(name="left", shape="box", points_px=((2.0, 3.0), (12.0, 13.0))),
        Area(name="face", shape="polygon", points_px=((20.0, 3.0), (30.0, 3.0), (25.0, 12.0))),
    )
    mask = np.zeros((24, 32), bool)
    mask[15:20, 4:9] = True
    images = (ImageAreas(image="a.png", areas=(*shapes, Area(name="m", shape="mask", mask=mask)), size_wh=(32, 24)),)
    write_areas(images, folder / "areas.json")
    write_areas((ImageAreas(image="a.png", areas=shapes, size_wh=(32, 24)),), folder / "areas.csv")
    labels = np.zeros((24, 32), np.uint8)
    labels[3:9, 4:12] = 7

    def masks(path: Path) -> object:
        place = path.parent / "mutant-labels"
        place.mkdir(exist_ok=True)
        shutil.copy(path, place / "a.png")
        return read_areas(place)

    return [
        Target("areas JSON", ".json", read_areas, [(folder / "areas.json").read_bytes()], JSON_WORDS),
        Target("areas CSV", ".csv", read_areas, [(folder / "areas.csv").read_bytes()], NUMBERS),
        Target("areas PNG", ".png", masks, [cv2.imencode(".png", labels)[1].tobytes()]),
    ]


def _people(folder: Path) -> list[Target]:
    from gazeapp.store.embedding import read_embedding, write_embedding
    from gazeapp.store.participant_list import read_list
    from gazeapp.store.study_variables import StudyVariable
    from tests.store.example_study import EMBEDDING

    variables = (StudyVariable(name="age", kind="number"), StudyVariable(name="hand", kind="text"))
    people = b"participant,age,hand,note\nP001,31,left,\nP002,42.5,right,late\n"
    write_embedding(EMBEDDING, folder / "embedding.json")
    embedding = (folder / "embedding.json").read_bytes()
    return [
        Target("participant list", ".csv", lambda path: read_list(path, variables), [people], NUMBERS),
        Target("embedding JSON", ".json", read_embedding, [embedding], JSON_WORDS),
    ]


def _plans(folder: Path) -> list[Target]:
    from gazeapp.experiment.plan_reader import read_plan
    from gazeapp.experiment.settings import load_settings
    from gazeapp.locations import assets_dir
    from trainer.reports.results import read_results

    words = (b"[[", b"a.b.c.", b'"""', b"1e999", b"[plan]", b"[" * 40, b"[[steps]]", b"kind = ", b"1" * 5000)
    plans = [path.read_bytes() for path in sorted((assets_dir() / "plans").glob("*.toml"))]
    steps = (
        b'[plan]\nname = "steps"\n[stimuli]\nfolders = ["a"]\n[[steps]]\nkind = "calibrate"\n'
        b'[[steps]]\nkind = "instruction"\ntext = "Look."\n[[steps]]\nkind = "enrol"\n'
    )
    results = (
        b'{"schema": 1, "protocol": "closed", "dataset": "x", "rows": [{"model": "m"}], "summary": [], "meta": {}}'
    )
    settings = b'schema = 1\n[appearance]\ntheme = "dark"\n[last]\nstudy = "a"\n[detection]\nalgorithm = "ivt"\n'
    return [
        Target("plan TOML", ".toml", read_plan, [*plans, steps], words, warm=False),
        Target("settings TOML", ".toml", load_settings, [settings], words),
        Target("results JSON", ".json", read_results, [results], JSON_WORDS),
    ]


def _maps(folder: Path) -> list[Target]:
    from gazeapp.store.map_folder import read_map
    from gazeapp.store.untrusted.arrays import load_arrays
    from trainer.data.source import load_mat

    buffer = io.BytesIO()
    np.savez_compressed(buffer, a=np.ones((12, 16), np.float32), b=np.arange(5))

    def arrays(path: Path) -> object:
        try:
            return load_arrays(path)
        except (OSError, ValueError) as error:  # named by whoever reads them
            raise GazeAppError(str(error)) from error

    words = (b"'O'", b"|O", b"<f8", b"999999999", b"True")
    return [
        Target("map NPY", ".npy", read_map, [_npy()], words),
        Target("arrays NPZ", ".npz", arrays, [buffer.getvalue()], words),
        Target("MATLAB", ".mat", load_mat, _mats()),
    ]


def _sessions(folder: Path) -> list[Target]:
    _study_folder(folder)
    session, study = _small_session(folder), (folder / "study" / "study.sqlite").read_bytes()
    words = (b"CREATE VIEW", b"WITHOUT ROWID", b"CHECK", b"../x", b"\x00", b"samples")
    return [
        Target("session SQLite", ".sqlite", _session, [session], words),
        Target("session SQLite, recovered", ".sqlite", _recover, [session]),
        Target("study SQLite", ".sqlite", _study, [study], words),
        Target("study SQLite, recovered", ".sqlite", _recover_study, [study]),
        Target("study SQLite, merged", ".sqlite", _merge, [study], words),
    ]


def _encrypted(folder: Path) -> list[Target]:
    from gazeapp.store import study_key
    from gazeapp.store.study_encryption import encrypt_study

    study = _study_folder(folder)
    study_key._COST.update(n=1 << 8)  # a mutant of the key would take half a second otherwise
    encrypt_study(study, "four words no sentence")
    (sealed,) = study.rglob("session.sealed")

    def in_place_of(name: str, read: Callable[[Path], object]) -> Callable[[Path], object]:
        def placed(path: Path) -> object:
            copy = path.parent / "mutant-study"
            shutil.copytree(study, copy)
            (place,) = copy.rglob(name)
            shutil.copy(path, place)
            return read(place)

        return placed

    key = (study / study_key.KEY_NAME).read_bytes()
    words = (b'"key_id"', b'"n": ', b'"size": ', b"P017", b"../x")
    return [
        Target("sealed session", ".sealed", in_place_of("session.sealed", _session), [sealed.read_bytes()], words),
        Target(
            "key of a study",
            ".json",
            in_place_of("encryption.json", lambda path: study_key.unlock(path.parent, "four words no sentence")),
            [key],
            (*JSON_WORDS, *words),
        ),
    ]


def _images(_: Path) -> list[Target]:
    import cv2

    from gazeapp.store.stimuli import decode_image

    picture = np.random.default_rng(0).integers(0, 255, (24, 32, 3), dtype=np.uint8)
    made = []
    for ending in (".png", ".jpg", ".tif", ".bmp", ".webp", ".gif", ".ppm"):
        done, encoded = cv2.imencode(ending, picture)
        if done:
            made.append(Target(f"image {ending[1:].upper()}", ending, decode_image, [encoded.tobytes()]))
    return made


def _networks(folder: Path) -> list[Target]:
    for heavy in ("torch", "onnxruntime", "gazeapp.networks.checkpoint"):
        importlib.import_module(heavy)
    words = (b"BOOL", b"F64", b"99999999", b'"shape":[', b"data_offsets")
    return [
        Target("weights safetensors", ".safetensors", _weights, [_safetensors(folder)], words),
        Target("ONNX", ".onnx", _onnx, [_onnx_file()], warm=False),  # its threads would not survive a fork
    ]


def _streams(_: Path) -> list[Target]:
    importlib.import_module("gazeapp.devices.lsl.inlet")
    words = (b"<!DOCTYPE", b"&x;", b"<desc>", b"999999999", b"-1")
    return [Target("LSL header XML", ".xml", _header, [_xml()], words)]


def _bids(folder: Path) -> list[Target]:
    from gazeapp.gaze.display import Display
    from gazeapp.store.imports.formats import read_recording
    from gazeapp.store.imports.recording import ImportSettings
    from tests.field import foreign_files as files

    table = files.write_bids(folder)
    settings = ImportSettings(display=Display.parse(files.DISPLAY))
    sidecar = table.with_name(table.name.replace(".tsv.gz", ".json"))
    root = folder / "bids" if (folder / "bids").is_dir() else table.parents[1]

    def beside(name: str) -> Callable[[Path], object]:
        def read(path: Path) -> object:
            copy = path.parent / "mutant-bids"
            shutil.copytree(root, copy, dirs_exist_ok=True, ignore=shutil.ignore_patterns("parent*", "mutant*"))
            (place,) = [found for found in copy.rglob(name) if found.is_file()][:1]
            shutil.copy(path, place)
            (content,) = [found for found in copy.rglob(table.name) if found.is_file()][:1]
            return read_recording(content, "bids", settings)

        return read

    return [
        Target("BIDS physio, gzip", ".tsv.gz", beside(table.name), [table.read_bytes()]),
        Target("BIDS sidecar", ".json", beside(sidecar.name), [sidecar.read_bytes()], JSON_WORDS),
    ]


def _xdf(folder: Path) -> list[Target]:
    from gazeapp.store.imports.formats import read_recording
    from gazeapp.store.imports.recording import ImportSettings

    settings = ImportSettings()
    return [
        Target("XDF", ".xdf", lambda path: read_recording(path, "xdf", settings), [_exported(folder, "xdf", ".xdf")])
    ]


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


def _pupil() -> bytes:
    header = "world_timestamp,world_index,gaze_timestamp,x_norm,y_norm,x_scaled,y_scaled,on_surf,confidence"
    rows = [f"{1 + i / 60:.4f},{i},{1 + i / 120:.4f},0.{40 + i % 9},0.6,1,1,True,0.9{i % 10}" for i in range(60)]
    return ("\n".join([header, *rows]) + "\n").encode()


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


def _recover_study(path: Path) -> None:
    from gazeapp.store.recovery.study import recover_study

    folder = path.parent / "mutant-study"
    (folder / "sessions").mkdir(parents=True, exist_ok=True)
    shutil.copy(path, folder / "study.sqlite")
    recover_study(folder)


def _merge(path: Path) -> None:
    from gazeapp.experiment.study_merge import merge_study
    from gazeapp.store.study import Study

    folder, into = path.parent / "mutant-study", path.parent / "mutant-into"
    shutil.copytree(path.parent / "study", folder)
    shutil.copy(path, folder / "study.sqlite")
    Study.create(into).close()
    merge_study(into, folder)


def _elsewhere(name: str) -> Builder:
    """A builder of `fuzz_trainer`, which loads more than the others need."""
    return lambda folder: getattr(importlib.import_module("tests.benchmarks.fuzz_trainer"), name)(folder)


IMPORTS: dict[str, dict[str, Builder]] = {
    "auto": {
        "auto": _imported("whatever it is", "auto", "own smi webgazer gazepoint pygaze_tobii", b"XDF:", b"PAR1", b"[{")
    },
    "tobii-tsv": {
        "tobii": _imported(
            "Tobii TSV", "tobii-tsv", "titta_tsv prolab studio2", b"1920*1080", b"[us]", b"ImageStimulus"
        ),
        "tobii-utf16": _imported("Tobii Studio TSV, UTF-16", "tobii-tsv", "studio1"),
    },
    "eyelink-asc": {
        "asc": _file(
            lambda _: _asc(), "EyeLink ASC", "eyelink-asc", ".asc", b"MSG", b"SAMPLES", b"GAZE_COORDS", b"-1e9"
        )
    },
    "pupil": {"pupil": _file(lambda _: _pupil(), "Pupil Core CSV", "pupil", ".csv", *NUMBERS)},
    "neon": {"neon": _imported("Pupil Neon CSV", "neon", "neon", b"[ns]")},
    "xdf": {"xdf": _xdf},
    "iohub": {"iohub": _file(_iohub, "ioHub HDF5", "iohub", ".hdf5")},
    "bids": {"bids": _bids},
    "csv": {"own": _imported("own CSV", "csv", "own")},
    "parquet": {"parquet": _imported("own Parquet", "parquet", "parquet")},
    "smi": {"smi": _imported("SMI text", "smi", "smi smi_begaze3", b"## ", b"Calibration Area:", b"# Message: ")},
    "gazepoint": {"gazepoint": _imported("Gazepoint CSV", "gazepoint", "gazepoint", b"TIME(", b"TIMETICK(f=")},
    "titta": {"titta": _imported("Titta HDF5", "titta", "titta_hdf5 titta_table")},
    "webgazer": {"webgazer": _imported("WebGazer JSON", "webgazer", "webgazer", *JSON_WORDS)},
    "pygaze": {"pygaze": _imported("PyGaze TSV", "pygaze", "pygaze_eyetribe pygaze_tobii", b"MSG")},
    "table": {
        "table": _imported("any table", "table", "own", b"time", b"gaze_x"),
        "columns": _imported("table with columns", "table", "own", columns="time:time_s,x:left_x_px,y:left_y_px"),
    },
}
"""By the name of each import format (a test compares it with the program's list)."""

FORMATS: dict[str, Builder] = {
    "tables": _tables,
    "images": _images,
    "maps": _maps,
    "people": _people,
    "plans": _plans,
    "settings": _elsewhere("settings"),
    "areas": _areas,
    "sessions": _sessions,
    "encrypted": _encrypted,
    "networks": _networks,
    "data": _elsewhere("data_folder"),
    "data sets": _elsewhere("data_sets"),
    "streams": _streams,
    **{group: builder for groups in IMPORTS.values() for group, builder in groups.items()},
}
"""Groups of formats; each is built in a process of its own."""
