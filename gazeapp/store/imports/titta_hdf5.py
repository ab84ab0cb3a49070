"""Recordings of Titta: HDF5 as pandas writes it, and tables."""

from __future__ import annotations

import pickletools
from pathlib import Path
from typing import Any

import numpy as np

from gazeapp.errors import UnreadableTable
from gazeapp.store.delimited import Delimited
from gazeapp.store.imports.hdf5_file import is_hdf5, open_hdf5, own_dataset, read_dataset, require_room
from gazeapp.store.imports.lab_tables import table_recording
from gazeapp.store.imports.recording import ImportedRecording, ImportSettings
from gazeapp.store.imports.table_gaze import TableForm
from gazeapp.store.imports.tobii_tsv import read_tobii_tsv
from gazeapp.types import Floats

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
        gaze = _own(file, "gaze", path)
        require_room(
            path, "gaze", sum(part.nbytes for part in gaze.values()) if isinstance(gaze, dict) else gaze.nbytes
        )
        columns = _columns(path, gaze)
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
        # PyTables keeps its search trees beside a table, in groups of this name
        names = [f"{name}/{key}" for key in file[name] if not key.startswith("_i_")]
        found = {place.rpartition("/")[2]: own_dataset(file, place, path) for place in names}
    else:
        found = {name: own_dataset(file, name, path)}
    if lost := next((place for place, dataset in found.items() if dataset is None), ""):
        raise UnreadableTable(f"{path}: damaged, its list of contents names {lost}, and there is none")
    return found if isinstance(file[name], h5py.Group) else found[name]


def _columns(path: Path, node: Any) -> dict[str, Any]:  # Any: h5py has no types
    """Columns of numbers of a data frame: pandas' fixed layout or its table, or one data set per column."""
    if not hasattr(node, "keys"):
        return {name: values for name, values in _fields(path, node).items() if isinstance(values, np.ndarray)}
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
    if "table" in node:
        return _columns(path, node["table"])
    for key in node:
        values = node[key]
        if hasattr(values, "dtype") and values.dtype.kind in "fiub" and values.ndim == 1:
            columns[key] = np.asarray(read_dataset(path, values), dtype=np.float64)
    return columns


def _fields(path: Path, node: Any) -> dict[str, Floats | list[str]]:  # Any: h5py has no types
    """Columns of a table of named fields; pandas joins columns of one type to a block and names them beside it."""
    table = read_dataset(path, node)
    if table.dtype.names is None:
        raise UnreadableTable(f"{path}: {node.name} has no named columns")
    found: dict[str, Floats | list[str]] = {}
    for field in table.dtype.names:
        values = table[field]
        if field == "index" and f"{field}_kind" in node.attrs:
            continue
        names = [field]
        if values.ndim == 2:
            kind = node.attrs.get(f"{field}_kind")
            names = _pickled_texts(bytes(kind), values.shape[1]) if isinstance(kind, bytes) else []
        for number, name in enumerate(names):
            column = values[:, number] if values.ndim == 2 else values
            if column.dtype.kind in "fiub":
                found[name] = np.asarray(column, dtype=np.float64)
            elif column.dtype.kind == "S":
                found[name] = [_text(cell) for cell in column.tolist()]
    return found


def _messages(path: Path, node: Any) -> tuple[tuple[float, str], ...]:  # Any: h5py has no types
    """Stamps and texts; pandas pickles texts, so their letters are looked for without running anything."""
    try:
        stamps: Floats = next(iter(_columns(path, node).values()))
    except (StopIteration, UnreadableTable):
        return ()
    texts: list[str] = []
    table = node.get("table") if hasattr(node, "keys") else node
    if table is not None:
        texts = next((cells for cells in _fields(path, table).values() if isinstance(cells, list)), [])
    elif hasattr(node, "keys"):
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
