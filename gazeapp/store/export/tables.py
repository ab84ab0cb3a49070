"""Tidy CSV or Parquet tables, maps as NPY, and a data dictionary: one folder per session."""

from __future__ import annotations

import csv
import dataclasses
import json
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from gazeapp.errors import BackendUnavailable, DamagedSession, UnavailableReason
from gazeapp.store.embedding import write_embedding
from gazeapp.store.events import dump_json
from gazeapp.store.export.eye_streams import eye_stream_tables, write_images
from gazeapp.store.export.inert_cell import inert_cell
from gazeapp.store.export.session_tables import pooled, session_tables
from gazeapp.store.export.sources import last_embedding
from gazeapp.store.export.table import Table
from gazeapp.store.export.viewing_tables import map_file
from gazeapp.store.provenance import without_folders
from gazeapp.store.reader import SessionReader

RECORDS_NAME = "records.json"
"""Calibrations, corrections, recalibrations and validations of a session, whole: tables hold them by target."""
TableFormat = Literal["csv", "parquet"]


def export_session_tables(
    reader: SessionReader,
    folder: Path,
    form: TableFormat,
    *,
    include_embeddings: bool = False,
    include_eye_images: bool = False,
) -> None:
    """Write one session.

    Args:
        reader: The session.
        folder: Filled with one file per table, `maps/`, `stimuli/`, `session.json`, `records.json` and `columns.json`.
        form: File format of the tables.
        include_embeddings: Also the embedding, its growth, and personal maps, which it can be computed from: they can
            tell people apart.
        include_eye_images: Also pictures of the eyes, where there are any: `eye_images/`, and a table of them.
    """
    write = {"csv": _write_csv, "parquet": _write_parquet}[form]
    tables = session_tables(reader, include_embeddings=include_embeddings)
    tables += [pooled(table, reader) for table in eye_stream_tables(reader, include_images=include_eye_images)]
    folder.mkdir(parents=True, exist_ok=True)
    for table in tables:
        write(table, folder / f"{table.name}.{form}")
    _write_maps(reader, folder, with_personal=include_embeddings)
    if include_eye_images:
        write_images(reader, folder)
    _copy_stimuli(reader, folder / "stimuli")
    if include_embeddings and (embedding := last_embedding(reader)) is not None:
        write_embedding(embedding, folder / "embedding.json")
    (folder / "session.json").write_text(_readable_json(without_folders(reader.meta)), encoding="utf-8")
    (folder / RECORDS_NAME).write_text(_readable_json(_records(reader)), encoding="utf-8")
    (folder / "columns.json").write_text(_readable_json(_dictionary(tables)), encoding="utf-8")


def _records(reader: SessionReader) -> dict[str, Any]:  # Any: JSON values
    """Rows as they are stored; what a tracker computed in its own format stays with it."""
    return {
        "calibrations": [{**dataclasses.asdict(row), "device_blob": None} for row in reader.calibrations()],
        "corrections": [dataclasses.asdict(row) for row in reader.corrections()],
        "recalibrations": [dataclasses.asdict(row) for row in reader.recalibrations()],
        "validations": [dataclasses.asdict(row) for row in reader.validations()],
    }


def _write_csv(table: Table, path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([column.name for column in table.all_columns])
        same = [inert_cell(text) for _, text in table.constants]
        tail = "".join(f",{text}" for text in same)
        needs_quotes = any(mark in tail for mark in '"\n\r') or tail.count(",") > len(same)
        is_text = [column.kind == "text" for column in table.columns]
        for chunk in table.chunks():
            if needs_quotes or any(is_text):
                cells = [_cells(values, is_text=text) for values, text in zip(chunk, is_text, strict=True)]
                writer.writerows((*row, *same) for row in zip(*cells, strict=True))
            elif chunk[0]:  # samples, and there may be millions: numbers need no quoting
                rows_of_numbers = (",".join(map(repr, row)) for row in zip(*chunk, strict=True))
                lines = "\n".join(row.replace("nan", "").replace("None", "") + tail for row in rows_of_numbers)
                file.write(lines + "\n")


def _cells(values: Sequence[Any], *, is_text: bool) -> Iterable[Any]:  # Any: numbers, text, None
    # the shortest decimal that gives the same float again, and nothing for what is missing
    cells = ["" if value is None or value != value else value for value in values]
    return [inert_cell(str(cell)) for cell in cells] if is_text else cells


def _write_parquet(table: Table, path: Path) -> None:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise missing_library("pyarrow", "parquet") from error
    types = {"float": pyarrow.float64(), "int": pyarrow.int64(), "text": pyarrow.string()}
    fields = [pyarrow.field(c.name, types[c.kind], metadata={"meaning": c.meaning}) for c in table.all_columns]
    schema = pyarrow.schema(fields, metadata={"meaning": table.meaning})
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for chunk in table.chunks():
            arrays = [
                pyarrow.array(_typed(values, column.kind), types[column.kind], from_pandas=True)
                for values, column in zip(chunk, table.columns, strict=True)
            ]
            arrays += [pyarrow.array([text] * len(chunk[0]), pyarrow.string()) for _, text in table.constants]
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))


def _typed(values: Sequence[Any], kind: str) -> list[Any]:  # Any: numbers, text, None
    cast: Callable[[Any], Any] = {"float": float, "int": int, "text": str}[kind]
    return [None if value is None or value != value else cast(value) for value in values]


def missing_library(name: str, form: str) -> BackendUnavailable:
    """The error for an export whose library is not installed."""
    return BackendUnavailable(
        f"the {form} format needs {name}, which is not installed: pip install gazeapp[export]",
        reason=UnavailableReason.LIBRARY_MISSING,
        hint="pip install gazeapp[export]",
    )


def _write_maps(reader: SessionReader, folder: Path, *, with_personal: bool) -> None:
    """The maps; two personal ones are enough to compute the embedding, so they belong to it."""
    for prediction in reader.predictions(final_only=True):
        for kind, density in (
            ("universal", prediction.universal),
            ("personal", prediction.personal),
        ):
            if density is not None and (with_personal or kind == "universal"):
                path = folder / map_file(prediction.trial, kind)
                path.parent.mkdir(exist_ok=True)
                np.save(path, density.astype(np.float32))


def _copy_stimuli(reader: SessionReader, folder: Path) -> None:
    for row in reader.stimulus_rows():
        try:
            source = reader.stimuli.path(row.stimulus_id)
        except DamagedSession:
            continue  # the tables say which image it was
        folder.mkdir(exist_ok=True)
        shutil.copyfile(source, folder / source.name)


def _dictionary(tables: list[Table]) -> dict[str, Any]:  # Any: JSON values
    return {
        "conventions": "times are seconds on the session clock; pixels count from the top left; missing is empty; in "
        "CSV, text that a spreadsheet would run as a formula has an apostrophe before it",
        "tables": {
            table.name: {
                "meaning": table.meaning,
                "columns": {
                    c.name: {"type": c.kind, "unit": _unit(c.name), "meaning": c.meaning} for c in table.all_columns
                },
            }
            for table in tables
        },
    }


def _unit(name: str) -> str:
    units = {"s": "s", "px": "px", "mm": "mm", "deg": "deg", "deg2": "deg²", "hz": "Hz"}
    return units.get(name.rpartition("_")[2], "") if "_" in name else ""


def _readable_json(value: Any) -> str:  # Any: JSON values
    return json.dumps(json.loads(dump_json(value)), indent=1, ensure_ascii=False) + "\n"
