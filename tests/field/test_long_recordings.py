"""Long recordings lie in a file while they are read: memory holds their times, and values are those of short ones."""

from __future__ import annotations

import gzip
import struct
import tracemalloc

import numpy as np
import pytest

from gazeapp.errors import StoreError, UnreadableTable
from gazeapp.gaze.blinks import find_losses
from gazeapp.gaze.detection.registry import detect_fixations
from gazeapp.gaze.display import Display
from gazeapp.gaze.quality import TargetWindow, measure_quality
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store import delimited, spool
from gazeapp.store.imports import (
    bids_physio,
    eyelink_asc,
    hdf5_file,
    iohub_hdf5,
    own_export,
    table_gaze,
    xdf_chunks,
    xdf_gaze,
)
from gazeapp.store.imports.formats import read_recording
from gazeapp.store.imports.recording import ImportSettings
from gazeapp.store.spool import LongSamples, Spool
from tests.field.foreign_files import write_bids, write_titta_hdf5
from tests.field.random_streams import draw, write_xdf
from tests.field.test_foreign_formats import FORMATS

DISPLAY = Display(width_px=1600, height_px=900, width_mm=531, height_mm=299, distance_mm=650)
_COLUMNS = ("time_s", "device_time_s", "left_px", "right_px", "left_valid", "right_valid", "left_pupil_mm")


@pytest.fixture
def everything_is_long(monkeypatch):
    for module in (spool, table_gaze, bids_physio, xdf_gaze, iohub_hdf5):
        monkeypatch.setattr(module, "CHUNK_ROWS", 70)
    monkeypatch.setattr(own_export, "_BATCH_ROWS", 61)
    monkeypatch.setattr(spool, "LONG_ROWS", 1)
    monkeypatch.setattr(delimited, "_LARGE_BYTES", 0)
    monkeypatch.setattr(delimited, "_BLOCK_ROWS", 53)


def write(tmp_path, n):
    rng = np.random.default_rng(4)
    looks = np.repeat(rng.uniform(200, 800, (n // 60 + 1, 2)), 60, axis=0)[:n] + rng.normal(0, 2, (n, 2))
    lost = (np.arange(n) % 500) > 470
    table = ["time_s,left_x_px,left_y_px,right_x_px,right_y_px,left_pupil_mm,word"]
    asc = [
        "MSG\t1 DISPLAY_COORDS 0 0 1599 899",
        "START\t1 LEFT RIGHT SAMPLES",
        "SAMPLES\tGAZE\tLEFT\tRIGHT\tRATE\t250.00",
    ]
    for i, ((x, y), is_lost) in enumerate(zip(looks.tolist(), lost.tolist(), strict=True)):
        cells = ("", "", "NA", ".") if is_lost else (f"{x:.2f}", f"{y:.2f}", f"{x + 4:.2f}", f"{y:.2f}")
        table.append(f"{i * 0.004:.3f},{','.join(cells)},3.{i % 90 + 10},{'word' if i % 7 else i}")
        eyes = ("." * 4) if is_lost else cells
        asc.append(f"{10 + 4 * i}\t{eyes[0]}\t{eyes[1]}\t900.0\t{eyes[2]}\t{eyes[3]}\t900.0\t.....")
    (tmp_path / "a.csv").write_text("\n".join(table) + "\n")
    (tmp_path / "a.asc").write_text("\n".join(asc) + "\n")


def read(path):
    return read_recording(path, "auto", ImportSettings(display=DISPLAY))


@pytest.mark.parametrize("name", ["a.csv", "a.asc"])
def test_a_long_recording_is_read_as_a_short_one(name, tmp_path, request):
    write(tmp_path, 2000)
    short = read(tmp_path / name)
    assert isinstance(short.samples, GazeSamples)
    request.getfixturevalue("everything_is_long")
    long = read(tmp_path / name)
    assert isinstance(long.samples, LongSamples)
    assert (long.notes, long.rate_hz, long.images) == (short.notes, short.rate_hz, short.images)
    for column in _COLUMNS:
        np.testing.assert_array_equal(getattr(long.samples[:], column), getattr(short.samples, column), column)
        part = long.samples.between(1.0, 3.5)
        np.testing.assert_array_equal(getattr(part, column), getattr(short.samples.between(1.0, 3.5), column), column)
    assert detect_fixations(long.samples, DISPLAY) == detect_fixations(short.samples, DISPLAY)
    assert find_losses(long.samples) == find_losses(short.samples)
    targets = [TargetWindow(target_id=n, onset_s=n, duration_s=0.4, x_px=500, y_px=500) for n in (1, 2, 5)]
    assert repr(measure_quality(long.samples, targets, DISPLAY)) == repr(
        measure_quality(short.samples, targets, DISPLAY)
    )


@pytest.mark.parametrize(("form", "make", "eyes", "images_told", "pupils", "atol"), FORMATS)
def test_every_format_is_read_in_chunks_as_at_once(form, make, eyes, images_told, pupils, atol, tmp_path, request):
    path = make(tmp_path)
    short = read_recording(path, form, ImportSettings(display=DISPLAY))
    request.getfixturevalue("everything_is_long")
    long = read_recording(path, form, ImportSettings(display=DISPLAY))
    assert (long.notes, long.rate_hz, long.images) == (short.notes, short.rate_hz, short.images)
    assert (long.messages, long.display) == (short.messages, short.display)
    assert long.samples.eyes == short.samples.eyes == eyes
    for column in _COLUMNS:
        np.testing.assert_array_equal(getattr(long.samples[:], column), getattr(short.samples, column), column)


def test_streams_and_eyes_are_read_in_chunks_as_at_once(tmp_path, request):
    stream = draw(7)
    stream.time_s[10:14] = stream.time_s[10:14][::-1]  # a sender in a hurry
    xdf = write_xdf(stream, tmp_path / "a.xdf", parts=((0, 40), (40, 10**9)))
    bids = write_bids(tmp_path)
    lines = gzip.decompress(bids.read_bytes()).splitlines(keepends=True)
    bids.write_bytes(gzip.compress(b"".join(line for n, line in enumerate(lines) if n % 9)))  # the eyes differ in times
    settings = ImportSettings(display=DISPLAY, options=stream.options)
    short = [read_recording(xdf, "xdf", settings), read(bids)]
    assert any("different times" in note for note in short[1].notes)
    request.getfixturevalue("everything_is_long")
    for before, now in zip(short, [read_recording(xdf, "xdf", settings), read(bids)], strict=True):
        assert now.notes == before.notes
        for column in _COLUMNS:
            np.testing.assert_array_equal(getattr(now.samples[:], column), getattr(before.samples, column), column)


def test_of_a_large_xdf_only_what_matters_is_read_and_too_much_is_refused(tmp_path, monkeypatch):
    stream = draw(3)
    gaze = write_xdf(stream, tmp_path / "gaze.xdf").read_bytes()
    other = write_xdf(stream, tmp_path / "eeg.xdf").read_bytes().replace(b"<type>Gaze", b"<type>EEG ")
    renamed = other.replace(b"<name>random", b"<name>brains").replace(struct.pack("<I", 1), struct.pack("<I", 9))
    both = tmp_path / "both.xdf"
    both.write_bytes(gaze + renamed[4:])
    settings = ImportSettings(display=DISPLAY, options=stream.options)
    monkeypatch.setattr(xdf_chunks, "_LARGE_BYTES", 1000)
    found = xdf_chunks.look_through(both)
    assert {head.kind for head in found.values()} == {"Gaze", "EEG"}
    n_gaze = next(head.n_bytes for head in found.values() if head.kind == "Gaze")
    monkeypatch.setattr(xdf_chunks, "_MOST_BYTES", n_gaze)
    np.testing.assert_array_equal(
        read_recording(both, "xdf", settings).samples.left_px,
        read_recording(tmp_path / "gaze.xdf", "xdf", settings).samples.left_px,
    )
    monkeypatch.setattr(xdf_chunks, "_MOST_BYTES", n_gaze - 1)
    with pytest.raises(UnreadableTable, match=r"both\.xdf: holds .* GB of samples \('random' the most\); at most"):
        read_recording(both, "xdf", settings)


def test_hdf5_beyond_the_budget_is_refused_before_memory_is_taken(tmp_path, monkeypatch):
    path = write_titta_hdf5(tmp_path)
    monkeypatch.setattr(hdf5_file, "MAX_BYTES", 10_000)
    with pytest.raises(UnreadableTable, match=r"the gaze in gaze takes .* at most .* are read at once"):
        read_recording(path, "titta", ImportSettings(display=DISPLAY))


@pytest.mark.slow
def test_memory_holds_a_part_of_a_long_table(tmp_path, monkeypatch):
    monkeypatch.setattr(spool, "LONG_ROWS", 1)
    monkeypatch.setattr(delimited, "_LARGE_BYTES", 0)
    write(tmp_path, 20_000)
    tracemalloc.start()
    samples = read(tmp_path / "a.csv").samples
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(samples, LongSamples)
    assert peak < 16e6  # 24 MB when it was read at once


def test_a_full_disk_is_told(monkeypatch):
    class Full:
        def seek(self, _):
            pass

        def write(self, _):
            raise OSError(28, "No space left on device")

        def close(self):
            pass

    monkeypatch.setattr(spool.tempfile, "TemporaryFile", lambda **_: Full())
    with pytest.raises(StoreError, match=r"no room for the samples .*No space left"):
        Spool().keep(np.zeros(3))


def test_rows_are_taken_evenly_across_chunks(monkeypatch):
    monkeypatch.setattr(spool, "CHUNK_ROWS", 7)
    rows = eyelink_asc.Rows(2)
    for i in range(40):
        rows.append((i, 2 * i))
    assert rows.every(3)[:, 0].tolist() == list(range(0, 40, 3))
    assert len(rows) == 40
