"""Files made to exhaust or hang the machine: each is refused in one line, in little memory and time."""

from __future__ import annotations

import gzip
import io
import json
import os
import sqlite3
import struct
import sys
import time
import zipfile
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from gazeapp.analysis.area_files import read_areas, read_labels
from gazeapp.errors import DatasetIncomplete, GazeAppError, PlanError, SettingsError, UnreadableImage, UnreadableTable
from gazeapp.experiment.plan_check import check_plan
from gazeapp.experiment.plan_reader import read_plan
from gazeapp.experiment.settings import load_settings
from gazeapp.store.embedding import read_embedding
from gazeapp.store.imports.formats import read_recording
from gazeapp.store.imports.recording import ImportSettings, images_from_messages
from gazeapp.store.map_folder import read_map
from gazeapp.store.participant_list import read_list
from gazeapp.store.reader import SessionReader
from gazeapp.store.recovery.session import recover
from gazeapp.store.sample_table import read_fixations, read_samples
from gazeapp.store.stimuli import decode_image, image_size
from gazeapp.store.untrusted.arrays import load_arrays
from tests.field.foreign_files import write_titta_hdf5
from tests.store.example_study import make_study
from trainer.data.source import load_mat


def peak_kb():
    resource = pytest.importorskip("resource", reason="only systems that count memory this way")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)


@pytest.fixture(autouse=True)
def small_and_quick():
    """Whatever a test does, it takes little memory and ends soon."""
    before_kb, begin_s = peak_kb(), time.process_time()
    yield
    assert peak_kb() - before_kb < 700 << 10
    assert time.process_time() - begin_s < 20


def refused(kind, call, *args):
    with pytest.raises(kind) as caught:
        call(*args)
    assert isinstance(caught.value, GazeAppError)
    assert "\n" not in caught.value.message
    return caught.value.message


# Text.


@pytest.mark.slow
def test_a_packed_table_that_grows_without_end(tmp_path):
    path = tmp_path / "bomb.csv.gz"
    row = b"0.001,1,1,1,1\n" * 1000
    with gzip.open(path, "wb", compresslevel=9) as file:
        file.write(b"time_s,left_x_px,left_y_px,right_x_px,right_y_px\n")
        for _ in range(5000):
            file.write(row)
    assert path.stat().st_size < 400_000
    assert "unpacks to more than" in refused(UnreadableTable, read_samples, path)


@pytest.mark.skipif(sys.platform == "win32", reason="no such devices")
def test_a_device_or_pipe_is_no_table(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    assert "not a file" in refused(UnreadableTable, read_samples, tmp_path / "pipe.csv")
    assert "not a file" in refused(UnreadableTable, read_samples, Path("/dev/zero"))


def test_a_line_feed_within_a_row_or_a_number_of_thousands_of_digits_is_one_typed_line(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"onset_s,dura\rtion_s,x_px,y_px\n0.1,0.2,3,4\n0.5,0\r.2,5,6\n")
    refused(UnreadableTable, read_samples, path)
    refused(UnreadableTable, read_fixations, path)
    path.write_bytes(b"participant,age\nP0\r01,31\n")
    refused(UnreadableTable, read_list, path, ())
    path.write_bytes(b"[plan]\nseed = " + b"1" * 5000)
    refused(PlanError, read_plan, path)
    assert "reset to their defaults" in load_settings(path).message


def test_a_stream_header_in_an_encoding_that_there_is_not(tmp_path):
    header = b'<?xml version="1.0" encoding="utf-255"?><info><version>1.0</version></info>'
    path = tmp_path / "a.xdf"
    path.write_bytes(b"XDF:" + b"\x01" + bytes([len(header) + 2]) + b"\x01\x00" + header)
    assert "utf-255" in refused(UnreadableTable, read_recording, path, "xdf", ImportSettings())


def test_json_and_toml_nested_without_end(tmp_path):
    path = tmp_path / "deep.json"
    path.write_text("[" * 100_000 + "]" * 100_000)
    refused(UnreadableTable, read_embedding, path)
    path.write_text("[" * 60 + "]" * 60)
    refused(UnreadableTable, read_embedding, path)
    plan = tmp_path / "deep.toml"
    plan.write_text("a = " + "[" * 50_000 + "]" * 50_000)
    refused(PlanError, read_plan, plan)


def test_settings_of_gigabytes(tmp_path):
    path = tmp_path / "large.toml"
    with path.open("wb") as file:
        file.truncate(5 << 30)
    assert "larger than" in refused(PlanError, read_plan, path)


# Patterns.


@pytest.mark.parametrize(
    "pattern", [r"(?P<image>(a+)+)$", r"(?P<image>(\w+\s?)*)!", r"(?P<image>.*.*.*.*.*)x", "(?P<image>"]
)
def test_patterns_that_take_for_ever_are_refused(pattern):
    settings = ImportSettings(onset_pattern=pattern)
    refused(SettingsError, images_from_messages, [(0.0, "a" * 40 + "!")], settings, 1.0)


def test_usual_patterns_are_quick_also_on_messages_made_against_them():
    for text in (" " * 900, "image on" + " " * 900, "!V IMGLOAD CENTER " + "1 " * 450, "a" * 10_000_000):
        images_from_messages([(n / 10, text) for n in range(20)], ImportSettings(), 10.0)
    own = ImportSettings(onset_pattern=r"^show\s+(?P<image>\S+\.png)\s*$")
    (shown,) = images_from_messages([(0.0, "show a.png")], own, 1.0)
    assert shown.name == "a.png"


# Images.


def tiff(tags, data=b"\0" * 300):
    head = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(tags))
    at = 8 + 2 + 12 * len(tags) + 4
    body = b"".join(struct.pack("<HHII", tag, 4, 1, at if value is None else value) for tag, value in tags)
    return head + body + struct.pack("<I", 0) + data


PLAIN = [(258, 8), (259, 1), (262, 1), (273, None), (277, 1), (278, 1 << 20), (279, 300)]


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ([(256, 18000), (256, 100), (257, 18000), (257, 100), *PLAIN], "there twice"),
        ([(256, 100), (256, 18000), (257, 100), (257, 18000), *PLAIN], "there twice"),
        ([(256, 40000), (257, 40000), *PLAIN], "million pixels"),
        ([(256, 10), (257, 10), *PLAIN[:-3], (277, 1), (322, 1 << 20), (323, 1 << 14)], "tiles"),
    ],
    ids=["small-last", "small-first", "large", "giant-tiles"],
)
def test_tiffs_that_would_allocate_more_than_they_say(tmp_path, tags, said):
    path = tmp_path / "bomb.tif"
    path.write_bytes(tiff(tags))
    assert said in refused(UnreadableImage, decode_image, path)
    assert said in refused(UnreadableImage, image_size, path)


def test_a_jpeg_of_endless_passes(tmp_path):
    picture = np.zeros((4000, 4000), np.uint8)
    _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])
    data = encoded.tobytes()
    scan = data.rindex(b"\xff\xda")
    path = tmp_path / "slow.jpg"
    path.write_bytes(data[:scan] + data[scan:-2] * 200 + data[-2:])
    assert "passes" in refused(UnreadableImage, decode_image, path)


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
        + chunk(b"IEND", b""),
        b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0, 0, 0) + b"\x2c" + bytes(9) + b"\0\0;",
        b"BM" + struct.pack("<IIIIiiHHI", 100, 0, 54, 40, 60_000, 60_000, 1, 24, 1) + bytes(40),
        b"RIFF"
        + struct.pack("<I", 30)
        + b"WEBPVP8X"
        + struct.pack("<I", 10)
        + bytes(4)
        + b"\xff\x3f\0\xff\x3f\0"
        + bytes(8),
        b"P6 60000 60000 255 ",
    ],
    ids=["png", "gif", "bmp", "webp", "ppm"],
)
def test_images_of_billions_of_pixels(tmp_path, data):
    path = tmp_path / "bomb"
    path.write_bytes(data)
    refused(UnreadableImage, decode_image, path)


# Arrays.


def npy(shape, dtype="<f4", data=b""):
    header = repr({"descr": dtype, "fortran_order": False, "shape": shape}).encode()
    header += b" " * (118 - len(header)) + b"\n"
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header + data


@pytest.mark.parametrize(
    "data",
    [
        npy((60_000, 60_000)),
        npy((10**12,), "<f8"),
        npy((2, 2), "|O", b"cos\nsystem\n(S'x'\ntR."),
        npy((2**62, 4)),
        npy((-1, 3)),
    ],
    ids=["claims-14-gb", "claims-8-tb", "pickle", "overflow", "negative"],
)
def test_arrays_that_claim_more_than_they_hold(tmp_path, data):
    path = tmp_path / "bomb.npy"
    path.write_bytes(data)
    refused(UnreadableTable, read_map, path)


def test_an_archive_of_arrays_that_grows_without_end(tmp_path):
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", npy((200 << 20,), "|u1") + bytes(200 << 20))
    assert path.stat().st_size < 1 << 20
    with pytest.raises(ValueError, match="more than its size is worth"):
        load_arrays(path)


def mat(content):
    return b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\x01IM" + content


def element(kind, body):
    return struct.pack("<II", kind, len(body)) + body + bytes(-len(body) % 8)


def test_matlab_files_that_grow_or_nest_without_end(tmp_path):
    path = tmp_path / "bomb.mat"
    path.write_bytes(mat(element(15, zlib.compress(bytes(100 << 20), 9))))
    assert "more than its size is worth" in refused(DatasetIncomplete, load_mat, path)
    nested = b""
    for _ in range(3000):
        flags = element(6, struct.pack("<II", 1, 0)) + element(5, struct.pack("<ii", 1, 1)) + element(1, b"a")
        nested = element(14, flags + nested)
    path.write_bytes(mat(nested))
    assert "nested" in refused(DatasetIncomplete, load_mat, path)


def test_hdf5_tables_that_claim_more_than_they_hold(tmp_path):
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "bomb.hdf5"
    kind = [("session_id", "<u4"), ("time", "<f8"), ("left_gaze_x", "<f4"), ("left_gaze_y", "<f4")]
    kind += [("right_gaze_x", "<f4"), ("right_gaze_y", "<f4"), ("status", "u1")]
    with h5py.File(path, "w") as file:
        place = "data_collection/events/eyetracker/BinocularEyeSampleEvent"
        file.create_dataset(place, (30_000_000,), np.dtype(kind), chunks=(65536,), compression="gzip")
    refused(UnreadableTable, read_recording, path, "iohub", ImportSettings())


def test_hdf5_whose_list_of_contents_names_what_there_is_not(tmp_path):
    pytest.importorskip("h5py")
    path = write_titta_hdf5(tmp_path)
    content = path.read_bytes()
    for name in (b"axis0\0", b"block0_values\0"):
        path.write_bytes(content.replace(name, b"~" + name[1:], 1))  # out of its order, by which it is looked for
        with pytest.raises(UnreadableTable, match="its list of contents names ~"):
            read_recording(path, "titta", ImportSettings())


def test_areas_with_every_end_of_line(tmp_path):
    header, row = "image,area,shape,points_px,turn_deg,color", "a.png,left,box,2 3;12 13,0,#5b9dff"
    for end in ("\n", "\r\n", "\r"):
        (tmp_path / "a.csv").write_bytes(end.join([header, row, ""]).encode())
        assert [area.name for image in read_areas(tmp_path / "a.csv") for area in image.areas] == ["left"]


# SQLite.


@pytest.fixture
def session(tmp_path):
    study, made = make_study(tmp_path / "study")
    study.close()
    return made


def changed(session, *statements):
    connection = sqlite3.connect(session.database)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def read_all(session):
    with SessionReader(session.path) as reader:
        reader.counts()
        return reader.samples(), reader.events(), reader.problems()


@pytest.mark.parametrize(
    "statements",
    [
        ("ALTER TABLE problems ADD COLUMN x AS (hex(zeroblob(900000000)))",),
        ("CREATE INDEX slow ON samples (time_s || hex(zeroblob(10)))",),
        ("CREATE TABLE more (a DEFAULT (randomblob(900000000)))",),
        ("CREATE VIEW v AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x FROM n) SELECT * FROM n",),
    ],
    ids=["computed-column", "computed-index", "computed-default", "endless-view"],
)
def test_databases_that_compute_are_not_read_and_recovered_without_that(session, statements):
    before = read_all(session)
    changed(session, *statements)
    assert "which gazeapp never makes" in refused(GazeAppError, read_all, session)
    assert recover(session.path).was == "damaged"
    after = read_all(session)
    assert len(after[0]) == len(before[0])
    assert after[1] == before[1]


@pytest.mark.slow
def test_pages_that_refer_to_each_other_end(session):
    """An inner page of a table whose every child is the next one down: a walk would take 300 ** 5 steps."""
    with sqlite3.connect(session.database) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'events'").fetchone()
    connection.close()
    data = bytearray(session.database.read_bytes())
    size, n_pages = 4096, len(data) // 4096
    leaf = None
    for number in range(2, n_pages + 1):
        if data[(number - 1) * size] == 0x0D and data[(number - 1) * size + 4]:
            leaf = number
    chain = [root, *range(n_pages + 1, n_pages + 6)]
    data += bytes(5 * size)
    for here, below in zip(chain, [*chain[1:], leaf], strict=True):
        n = 300
        page = bytearray(size)
        page[0] = 0x05
        struct.pack_into(">HHHBI", page, 1, 0, n, size - 5 * n, 0, below)
        for i in range(n):
            at = size - 5 * (i + 1)
            struct.pack_into(">IB", page, at, below, i & 0x7F)
            struct.pack_into(">H", page, 12 + 2 * i, at)
        data[(here - 1) * size : here * size] = page
    struct.pack_into(">I", data, 28, n_pages + 5)
    session.database.write_bytes(data)
    with pytest.raises(GazeAppError), SessionReader(session.path) as reader:
        reader.events()
    recover(session.path)
    read_all(session)


def test_json_in_a_database_nested_without_end(session):
    deep = "[" * 90_000 + "]" * 90_000
    changed(session, f"INSERT OR REPLACE INTO meta VALUES ('plan', '{deep}')")
    with SessionReader(session.path) as reader:
        refused(GazeAppError, lambda: reader.meta)


def test_lines_on_a_terminal_stay_one(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"schema": "x\n\x1b[2J"}))
    refused(UnreadableTable, read_embedding, path)


def test_a_cut_archive_is_named(tmp_path):
    path = tmp_path / "cut.csv.gz"
    buffer = io.BytesIO(gzip.compress(b"time_s,x_px,y_px\n" + b"1,2,3\n" * 1000))
    path.write_bytes(buffer.getvalue()[:-20])
    assert "cut or damaged" in refused(UnreadableTable, read_samples, path)


# Areas.


def areas_document(*areas):
    return json.dumps({"kind": "gazeapp-areas", "schema": 1, "images": [{"image": "a.png", "areas": list(areas)}]})


@pytest.mark.slow
def test_masks_of_a_few_kilobytes_do_not_fill_the_memory(tmp_path):
    runs = {"width_px": 14_000, "height_px": 14_000, "lengths": [14_000 * 14_000]}
    mask = {"name": "m", "shape": "mask", "runs": runs}
    (tmp_path / "a.json").write_text(areas_document(*[mask] * 500))
    assert "million pixels" in refused(UnreadableTable, read_areas, tmp_path / "a.json")


@pytest.mark.slow
def test_label_images_of_noise_are_no_areas(tmp_path):
    noise = np.random.default_rng(0).integers(0, 65_535, (1000, 1000), np.uint16)
    (tmp_path / "masks").mkdir()
    cv2.imwrite(str(tmp_path / "masks" / "a.png"), noise)
    assert "no areas of interest" in refused(UnreadableTable, read_areas, tmp_path / "masks")
    assert "no areas of interest" in refused(UnreadableTable, read_labels, tmp_path / "masks" / "a.png")
    points = np.zeros((1500, 1500), np.uint8)
    points[::2, ::2] = 1
    cv2.imwrite(str(tmp_path / "b.png"), points)
    assert "is noise" in refused(UnreadableTable, read_labels, tmp_path / "b.png")


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".json", ".csv"])
def test_outlines_of_endless_corners(tmp_path, ending):
    corners = [[n % 1000, n // 1000] for n in range(10_000)]
    path = tmp_path / f"a{ending}"
    if ending == ".json":
        path.write_text(areas_document(*[{"name": "m", "shape": "polygon", "points_px": corners}] * 60))
    else:
        row = ";".join(f"{x} {y}" for x, y in corners)
        path.write_text("image,area,shape,points_px\n" + f"a.png,m,polygon,{row}\n" * 60)
    assert "corners" in refused(UnreadableTable, read_areas, path)


def test_a_zero_byte_in_a_name_of_a_plan_is_refused(tmp_path):
    for line in ('[stimuli]\nfiles = ["a\\u0000.png"]', '[stimuli]\nvariables = "a\\U00000000.csv"'):
        (tmp_path / "plan.toml").write_text(line)
        assert "zero byte" in refused(PlanError, read_plan, tmp_path / "plan.toml")


def test_parquet_of_one_value_repeated_without_end(tmp_path):
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    from pyarrow import parquet

    columns = {name: pyarrow.array(np.zeros(1_000_000)) for name in ("time_s", "left_x_px", "left_y_px")}
    table = pyarrow.table(columns)
    with parquet.ParquetWriter(tmp_path / "a.parquet", table.schema, compression="zstd") as writer:
        for _ in range(20):
            writer.write_table(table)
    assert (tmp_path / "a.parquet").stat().st_size < 1 << 20
    said = refused(UnreadableTable, read_recording, tmp_path / "a.parquet", "auto", ImportSettings())
    assert "more than a file of its size" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[plan]\n" + ".".join(["a"] * 100_000) + " = 1\n", "nested too deeply"),
        ("[plan]\n" + "".join(f"k{n} = 1\n" for n in range(50_000)), "unknown key"),
        ("[plan]\nphases = [" + "1, " * 200_000 + "]\n", "found"),
        ("[stimuli]\nfiles = [" + ", ".join(f'"{n}.png"' for n in range(5000)) + "]\n", "no such file"),
    ],
    ids=["a key of many parts", "many unknown keys", "a long value", "many images that are gone"],
)
def test_a_plan_of_many_mistakes_is_read_soon_and_told_in_short(tmp_path, text, said):
    (tmp_path / "plan.toml").write_text(text)
    mistakes = check_plan(tmp_path / "plan.toml").mistakes
    assert any(said in mistake.fault for mistake in mistakes)
    assert len(mistakes) <= 5000
    assert max(len(mistake.fault) for mistake in mistakes) < 2000


def test_an_xdf_header_nested_without_end(tmp_path):
    pytest.importorskip("pyxdf", reason="pyxdf is not installed")

    def chunk(tag, body):
        return b"\x08" + struct.pack("<QH", len(body) + 2, tag) + body

    header = b"<info>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</info>"
    start = b"XDF:" + chunk(1, b"<?xml version='1.0'?><info><version>1.0</version></info>")
    (tmp_path / "a.xdf").write_bytes(start + chunk(2, struct.pack("<I", 1) + header))
    assert "XDF" in refused(UnreadableTable, read_recording, tmp_path / "a.xdf", "auto", ImportSettings())


@pytest.mark.parametrize(("n", "said"), [(5000, "columns are not understood"), (100_000, "100000 columns")])
def test_a_table_of_endless_columns(tmp_path, n, said):
    (tmp_path / "a.csv").write_text(",".join(f"c{k % 10}" for k in range(n)) + "\n" + ",".join("1" * n) + "\n")
    assert said in refused(UnreadableTable, read_recording, tmp_path / "a.csv", "auto", ImportSettings())


def test_blank_lines_below_the_names_and_utf_16_that_is_cut(tmp_path):
    rows = "".join(f"{n / 100},{500 + n},400\n" for n in range(20))
    (tmp_path / "a.csv").write_text("time_s,x_px,y_px\n" + "\n" * 5000 + rows)
    assert len(read_recording(tmp_path / "a.csv", "auto", ImportSettings()).samples) == 20
    (tmp_path / "b.csv").write_bytes(b"\xff\xfe" + f"time_s,x_px,y_px\n{rows}".encode("utf-16-le") + b"\xd8")
    assert "not a text table" in refused(UnreadableTable, read_recording, tmp_path / "b.csv", "auto", ImportSettings())
