"""Stimuli and fixations for pysaliency: `stimuli.hdf5` (FileStimuli) and `fixations.hdf5` (FixationTrains).

Source: pysaliency 0.2.22, `FileStimuli.to_hdf5` (2.1) and `FixationTrains.to_hdf5` (1.2): layout and attribute names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import StoreError
from gazeapp.store.export.tables import missing_library
from gazeapp.store.map_folder import png_of
from gazeapp.store.reader import SessionReader
from gazeapp.store.records import TrialRow
from gazeapp.store.session_state import used


@dataclass(slots=True)
class _Scanpaths:
    x_px: list[NDArray[np.float64]] = field(default_factory=list)
    y_px: list[NDArray[np.float64]] = field(default_factory=list)
    time_s: list[NDArray[np.float64]] = field(default_factory=list)
    duration_s: list[NDArray[np.float64]] = field(default_factory=list)
    stimulus: list[int] = field(default_factory=list)
    subject: list[int] = field(default_factory=list)
    n_outside: int = 0


def export_pysaliency(sessions: Iterable[Path], root: Path) -> None:
    """Write all trials of these sessions as scan paths.

    Images are written as PNG, upright and in 8-bit RGB, so that another reader sees the pixels that were shown.
    Fixations beside the image are left out (their number is in `subjects.json`), as pysaliency cannot hold them; times
    count from the image's appearance.

    Args:
        sessions: Session folders.
        root: Folder to fill.

    Raises:
        BackendUnavailable: h5py is not installed.
        StoreError: No fixation on any image.
    """
    try:
        import h5py
    except ImportError as error:
        raise missing_library("h5py", "pysaliency") from error
    (root / "stimuli").mkdir(parents=True)
    subjects: list[str] = []
    images: dict[str, tuple[str, tuple[int, int]]] = {}
    paths = _Scanpaths()
    for folder in sessions:
        with SessionReader(folder) as reader:
            if reader.pseudonym not in subjects:
                subjects.append(reader.pseudonym)
            for trial in used(reader):
                _add_image(reader, trial, root, images)
                index = list(images).index(trial.frame.stimulus_id)
                _add_scanpath(paths, trial, index, subjects.index(reader.pseudonym))
    if not paths.x_px:
        raise StoreError("no fixation lies on any image: there is nothing that pysaliency could hold")
    with h5py.File(root / "stimuli.hdf5", "w") as file:
        _write_stimuli(file, images, h5py.special_dtype)
    with h5py.File(root / "fixations.hdf5", "w") as file:
        _write_fixations(file, paths)
    document = {"subjects": subjects, "n_fixations_beside_image": paths.n_outside}
    (root / "subjects.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _add_image(
    reader: SessionReader,
    trial: TrialRow,
    root: Path,
    images: dict[str, tuple[str, tuple[int, int]]],
) -> None:
    stimulus_id = trial.frame.stimulus_id
    if stimulus_id in images:
        return
    image = reader.stimuli.load(stimulus_id)
    name = f"stimuli/{_file_name(reader, stimulus_id, {n for n, _ in images.values()})}"
    (root / name).write_bytes(png_of(image.rgb))
    images[stimulus_id] = name, (image.height_px, image.width_px)


def _file_name(reader: SessionReader, stimulus_id: str, taken: Collection[str]) -> str:
    """The image's own name, as far as every disk takes it; a number tells images of one name apart."""
    named = next((row.name for row in reader.stimulus_rows() if row.stimulus_id == stimulus_id), "")
    stem = re.sub(r'[<>:"/\\|?*\x00-\x1f]', "_", named.rpartition(".")[0] or named).strip(" .") or stimulus_id
    used = {name.casefold() for name in taken}
    numbered = (stem if n == 1 else f"{stem}-{n}" for n in count(1))
    return next(f"{name}.png" for name in numbered if f"stimuli/{name}.png".casefold() not in used)


def _add_scanpath(paths: _Scanpaths, trial: TrialRow, stimulus: int, subject: int) -> None:
    inside = [
        f
        for f in trial.fixations
        if 0 <= f.x_px < trial.frame.image_width_px and 0 <= f.y_px < trial.frame.image_height_px
    ]
    paths.n_outside += len(trial.fixations) - len(inside)
    if not inside:
        return
    paths.x_px.append(np.array([f.x_px for f in inside]))
    paths.y_px.append(np.array([f.y_px for f in inside]))
    paths.time_s.append(np.array([f.onset_s - trial.shown_s for f in inside]))
    paths.duration_s.append(np.array([f.duration_s for f in inside]))
    paths.stimulus.append(stimulus)
    paths.subject.append(subject)


def _write_stimuli(file: Any, images: dict[str, tuple[str, tuple[int, int]]], special_dtype: Any) -> None:
    # Any: h5py has no types
    _mark(file, "FileStimuli", "2.1", [])
    text = special_dtype(vlen=str)
    file.create_dataset("filenames", data=np.array([name.encode() for name, _ in images.values()]), dtype=text)
    shapes = file.create_dataset("shapes", (len(images),), dtype=special_dtype(vlen=np.dtype("int64")))
    for index, (_, size) in enumerate(images.values()):
        shapes[index] = np.array([*size, 3])
    file.attrs["size"] = len(images)


def _write_fixations(file: Any, paths: _Scanpaths) -> None:  # Any: h5py has no types
    _mark(file, "FixationTrains", "1.2", [])
    for name, rows in (
        ("train_xs", paths.x_px),
        ("train_ys", paths.y_px),
        ("train_ts", paths.time_s),
    ):
        file.create_dataset(name, data=_padded(rows))
    file.create_dataset("train_ns", data=np.array(paths.stimulus, dtype=np.int64))
    file.create_dataset("train_subjects", data=np.array(paths.subject, dtype=np.int64))
    file.attrs["scanpath_attribute_mapping"] = np.bytes_(json.dumps({"durations": "duration"}))
    file.create_group("scanpath_attributes").attrs["__attributes__"] = np.bytes_("[]")
    group = file.create_group("scanpath_fixation_attributes")
    group.create_dataset("durations", data=_padded(paths.duration_s))
    group.attrs["__attributes__"] = np.bytes_(json.dumps(["durations"]))


def _mark(file: Any, kind: str, version: str, attributes: list[str]) -> None:  # Any: h5py has no types
    file.attrs["type"] = np.bytes_(kind)
    file.attrs["version"] = np.bytes_(version)
    file.attrs["__attributes__"] = np.bytes_(json.dumps(attributes))


def _padded(rows: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """(N, longest) with NaN behind the end of each row."""
    table = np.full((len(rows), max(map(len, rows))), np.nan)
    for index, row in enumerate(rows):
        table[index, : len(row)] = row
    return table
