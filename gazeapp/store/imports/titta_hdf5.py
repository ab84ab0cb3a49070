"""Recordings of Titta: HDF5 as pandas writes it, and tables."""

from __future__ import annotations

import pickletools
from pathlib import Path
from typing import Any

import numpy as np

from gazeapp.errors import UnreadableTable
from gazeapp.store.delimited import Delimited, Floats
from gazeapp.store.imports.hdf5_file import is_hdf5, open_hdf5, own_dataset, read_dataset
from gazeapp.store.imports.lab_tables import table_recording
from gazeapp.store.imports.recording import ImportedRecording, ImportSettings
from gazeapp.store.imports.table_gaze import TableForm
from gazeapp.store.imports.tobii_tsv import read_tobii_tsv

__all__ = ["read_titta", "read_tobii_tsv"]
_MOST_MESSAGES = 1_000_000


def read_titta(path: Path, settings: ImportSettings) -> ImportedRecording:
    """Read a recording of Titta: gaze in shares of the display area, stamps in µs, messages on the same clock.

    Raises:
        UnreadableTable: No gaze that can be understood.
        BackendUnavailable: h5py is not installed.
    """
    if not is_hdf5(path):
        return read_tobii_tsv(path, settings)
    with open_hdf5(path, "titta") as file:
        if "gaze" not in file:
            raise UnreadableTable(f"{path}: no group gaze; found: {', '.join(file) or 'nothing'}", found=list(file))
        columns = _columns(path, _own(file, "gaze", path))
        messages = _messages(path, _own(file, "msg", path)) if "msg" in file else ()
    numbers = {name: values for name, values in columns.items() if isinstance(values, np.ndarray)}
    if not numbers:
        raise UnreadableTable(f"{path}: the gaze in it is stored as objects, which are not opened; export it as TSV")
    table = Delimited.of_columns(path, numbers)
    time = next((name for name in ("system_time_stamp", "device_time_stamp") if name in table), None)
    if time is None:
        raise UnreadableTable(f"{path}: no system_time_stamp; found: {', '.join(numbers)}", found=list(numbers))
    return table_recording(
        table,
        settings,
        tracker="Tobii (Titta)",
        name="titta",
        messages=tuple((t / 1e6, text) for t, text in messages),
        form=TableForm(time=time, time_unit="us", unit="normalised"),
    )


def _own(file: Any, name: str, path: Path) -> Any:  # Any: h5py has no types
    """A group as its data sets by name, or a data set; nothing of it lies elsewhere."""
    import h5py

    place = file.get(name, getlink=True)
    if isinstance(place, h5py.HardLink) and isinstance(file[name], h5py.Group):
        return {key: own_dataset(file, f"{name}/{key}", path) for key in file[name]}
    return own_dataset(file, name, path)


def _columns(path: Path, node: Any) -> dict[str, Any]:  # Any: h5py has no types
    """Columns of a data frame: pandas' fixed layout, a table of named fields, or one data set per column."""
    if not hasattr(node, "keys"):
        table = read_dataset(path, node)
        if table.dtype.names is None:
            raise UnreadableTable(f"{path}: {node.name} has no named columns")
        return {
            name: np.asarray(table[name], dtype=np.float64)
            for name in table.dtype.names
            if table[name].dtype.kind in "fiub"
        }
    columns: dict[str, Any] = {}
    for key in node:
        if key.endswith("_items"):
            names = [_text(name) for name in read_dataset(path, node[key])]
            values = node[key.removesuffix("_items") + "_values"]
            if values.dtype.kind not in "fiub":
                continue
            block = np.asarray(read_dataset(path, values), dtype=np.float64)
            columns.update({name: block[:, index] for index, name in enumerate(names)})
    if columns:
        return columns
    if "table" in node and node["table"].dtype.names:
        table = read_dataset(path, node["table"])
        return {
            name: np.asarray(table[name], dtype=np.float64)
            for name in table.dtype.names or ()
            if table[name].dtype.kind in "fiub" and table[name].ndim == 1
        }
    for key in node:
        values = node[key]
        if hasattr(values, "dtype") and values.dtype.kind in "fiub" and values.ndim == 1:
            columns[key] = np.asarray(read_dataset(path, values), dtype=np.float64)
    return columns


def _messages(path: Path, node: Any) -> tuple[tuple[float, str], ...]:  # Any: h5py has no types
    """Stamps and texts; pandas pickles texts, so their letters are looked for without running anything."""
    try:
        stamps: Floats = next(iter(_columns(path, node).values()))
    except (StopIteration, UnreadableTable):
        return ()
    texts: list[str] = []
    if hasattr(node, "keys"):
        for key in node:
            values = node[key]
            if key.endswith("_values") and values.dtype.kind == "O":
                texts = _pickled_texts(bytes(np.asarray(values[0]).tobytes()), len(stamps))
            elif getattr(getattr(values, "dtype", None), "kind", "") in "SO" and not key.endswith(("items", "axis0")):
                texts = texts or [_text(cell) for cell in values[: len(stamps)]]
    if len(texts) != len(stamps) or len(texts) > _MOST_MESSAGES:
        return ()
    return tuple(zip(stamps.tolist(), texts, strict=True))


def _pickled_texts(data: bytes, n: int) -> list[str]:
    """The last n texts of a pickled array of texts, in order."""
    found: list[str] = []
    memo: list[str | None] = []
    last: str | None = None
    try:
        for opcode, argument, _ in pickletools.genops(data):
            number = argument if isinstance(argument, int) else 0
            if "UNICODE" in opcode.name:
                last = str(argument)
                found.append(last)
            elif opcode.name == "MEMOIZE":
                memo.append(last)
            elif opcode.name in ("BINPUT", "LONG_BINPUT"):
                memo += [None] * (number + 1 - len(memo))
                memo[number] = last
            elif opcode.name in ("BINGET", "LONG_BINGET"):
                known = memo[number] if number < len(memo) else None
                if known is not None:
                    found.append(known)
            else:
                last = None
    except ValueError:
        return []
    return found[-n:] if n else []


def _text(value: Any) -> str:  # Any: h5py has no types
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
