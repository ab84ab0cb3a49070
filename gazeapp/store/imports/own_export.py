"""Our own tables, CSV and Parquet: sample tables alone, or an exported session with all that lies beside them."""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import numpy as np

from gazeapp.errors import UnreadableTable
from gazeapp.gaze.display import Display, StimulusFrame
from gazeapp.gaze.fixations import Fixation
from gazeapp.gaze.samples import Eyes, GazeSamples
from gazeapp.store.delimited import Delimited, read_delimited
from gazeapp.store.events import decode_event
from gazeapp.store.export.inert_cell import original_cell
from gazeapp.store.export.tables import RECORDS_NAME, missing_library
from gazeapp.store.imports.lab_tables import open_table, own_table
from gazeapp.store.imports.one_recording import one_recording
from gazeapp.store.imports.recording import ImportedRecording, ImportSettings, Place, ShownImage
from gazeapp.store.records import CalibrationRow, CorrectionRow, RecalibrationRow, TrialRow, ValidationRow
from gazeapp.store.typed_path import is_file
from gazeapp.store.untrusted.files import open_plain, parse_json, read_text
from gazeapp.store.untrusted.limits import DOCUMENT_BYTES, UNPACKED_FACTOR, UNPACKED_FLOOR
from gazeapp.types import Floats

_MOST_BYTES = 8 << 30
_BATCH_ROWS = 20_000
_KEPT_META = ("tracker", "detection", "sigma_deg", "seed", "image_variables")
_LOST = (
    "an export of this program: samples, calibrations, corrections, validations, events, trials and fixations are as "
    "they were; maps, predictions and embeddings are not taken over, they are computed again"
)
R = TypeVar("R")


def read_csv(path: Path, settings: ImportSettings) -> ImportedRecording:
    """Read a table whose columns carry their units, or ETDQualitizer's; of an exported session, all of it."""
    if _is_export(path, "csv"):
        if settings.is_alone:
            return own_table(open_table(path, settings), _with_display(path, settings))
        return _read_export(
            path,
            settings,
            lambda name: read_delimited(path.with_name(f"{name}.csv"), may_be_empty=True, progress=settings.progress),
        )
    return own_table(open_table(path, settings), settings)


def read_parquet(path: Path, settings: ImportSettings) -> ImportedRecording:
    """Read the same from Parquet files."""
    if _is_export(path, "parquet"):
        if settings.is_alone:
            return own_table(one_recording(parquet_table(path), settings), _with_display(path, settings))
        return _read_export(path, settings, lambda name: parquet_table(path.with_name(f"{name}.parquet")))
    return own_table(one_recording(parquet_table(path), settings), settings)


def parquet_table(path: Path) -> Delimited:
    """A Parquet file as a table.

    Raises:
        UnreadableTable: No Parquet file, or one that claims more than memory holds.
        BackendUnavailable: pyarrow is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise missing_library("pyarrow", "parquet") from error
    try:
        with open_plain(path), parquet.ParquetFile(path, pre_buffer=False) as file:
            meta = file.metadata
            n_bytes = sum(meta.row_group(i).total_byte_size for i in range(meta.num_row_groups))
            # a value that repeats takes nothing in the file, and eight bytes here
            n_bytes = max(n_bytes, 8 * meta.num_rows * meta.num_columns)
            most = min(_MOST_BYTES, max(UNPACKED_FLOOR, path.stat().st_size * UNPACKED_FACTOR))
            if n_bytes > most:
                raise UnreadableTable(
                    f"{path}: {meta.num_rows} rows of {n_bytes / 1e9:.2g} GB are more than a file of its size is "
                    f"given; at most {most / 1e9:.2g} GB are read"
                )
            batches = file.iter_batches(batch_size=_BATCH_ROWS)
            blocks = ([_cells(column, pyarrow.types) for column in batch.columns] for batch in batches)
            return Delimited.of_blocks(path, file.schema_arrow.names, blocks, n_bytes)
    except (OSError, pyarrow.ArrowException) as error:
        raise UnreadableTable(f"{path}: not a readable Parquet file ({error})") from error


def _cells(column: Any, types: Any) -> list[str] | Floats:  # Any: pyarrow has no types
    import pyarrow

    kind = column.type
    if types.is_floating(kind) or types.is_integer(kind) or types.is_boolean(kind):
        with contextlib.suppress(pyarrow.ArrowInvalid):  # whole numbers beyond 2**53 stay what they are, as text
            return np.array(column.cast("float64").to_numpy(zero_copy_only=False), dtype=np.float64)
    return ["" if cell is None else str(cell) for cell in column.to_pylist()]


def _is_export(path: Path, ending: str) -> bool:
    return path.name == f"samples.{ending}" and all(
        path.with_name(name).is_file() for name in ("session.json", "columns.json", f"trials.{ending}")
    )


def _with_display(path: Path, settings: ImportSettings) -> ImportSettings:
    """With the screen that the export names, unless a person says another one."""
    values = _json(path.with_name("session.json")).get("display")
    if settings.display is not None or not isinstance(values, dict):
        return settings
    try:
        return dataclasses.replace(settings, display=Display(**values))
    except (TypeError, ValueError) as error:
        raise UnreadableTable(f"{path.parent}: a damaged export of this program ({error})") from error


def _read_export(path: Path, settings: ImportSettings, table: Callable[[str], Delimited]) -> ImportedRecording:
    """Everything of one session, on its own clock; what is damaged in it is said and refused."""
    meta = _json(path.with_name("session.json"))
    try:
        display = settings.display or Display(**meta["display"])
        samples = _samples(table("samples"), str(meta.get("eyes", "binocular")))
        names = _stimulus_files(path.parent, table("stimuli"))
        trials = _trials(table("trials"), table("fixations"))
        events = _events(table("events"))
        rows = _records(path.with_name(RECORDS_NAME))
        applied = [row for row in rows if isinstance(row, RecalibrationRow)]
        if applied and (late := applied[-1].late) is not None:
            # the export holds fixations where that correction put them; the session keeps them as they were found
            trials = tuple(trial.moved(late.unmove) for trial in trials)
    except (KeyError, TypeError) as error:
        raise UnreadableTable(f"{path.parent}: a damaged export of this program ({error})") from error
    images = tuple(
        ShownImage(
            name=names.get(trial.frame.stimulus_id, (trial.frame.stimulus_id, None))[0],
            shown_s=trial.shown_s,
            hidden_s=trial.hidden_s,
            place=Place(
                left_px=trial.frame.left_px,
                top_px=trial.frame.top_px,
                width_px=trial.frame.width_px,
                height_px=trial.frame.height_px,
            ),
            file=names.get(trial.frame.stimulus_id, ("", None))[1],
        )
        for trial in trials
    )
    tracker = meta.get("tracker")
    facts = tracker if isinstance(tracker, dict) else {}
    rate_hz = facts.get("rate_hz")
    return ImportedRecording(
        samples=samples,
        display=display,
        display_assumed=bool(meta.get("display_assumed")),
        tracker=str(facts.get("name") or "gazeapp"),
        images=images,
        notes=(_LOST,),
        nominal_hz=float(rate_hz) if isinstance(rate_hz, int | float) else math.nan,
        form="gazeapp export",
        keeps_clock=True,
        rows=(*rows, *events),
        trials=trials,
        meta={key: meta[key] for key in _KEPT_META if key in meta},
    )


def _json(path: Path) -> dict[str, Any]:  # Any: JSON values
    try:
        document = parse_json(read_text(path, DOCUMENT_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        raise UnreadableTable(f"{path}: not a JSON file ({error})") from error
    if not isinstance(document, dict):
        raise UnreadableTable(f"{path}: not a JSON object")
    return document


def _samples(table: Delimited, eyes: str) -> GazeSamples:
    """Raw gaze and all that came with it."""
    kind: Eyes = eyes if eyes in ("binocular", "left", "right") else "cyclopean"  # type: ignore[assignment]  # narrowed
    prefixes = {"binocular": ("left_", "right_"), "left": ("left_",), "right": ("right_",), "cyclopean": ("",)}[kind]
    parts: dict[str, Any] = {}
    for prefix in prefixes:
        side = prefix or "left_"
        parts[f"{side}px"] = np.stack([table.numbers(f"{prefix}raw_{axis}_px") for axis in "xy"], axis=1)
        parts[f"{side}valid"] = table.numbers(f"{prefix}valid") > 0
        parts[f"{side}pupil_mm"] = table.numbers(f"{prefix}pupil_mm")
        parts[f"{side}origin_mm"] = np.stack([table.numbers(f"{prefix}origin_{axis}_mm") for axis in "xyz"], axis=1)
    return GazeSamples.build(
        table.numbers("time_s"),
        eyes=kind,
        device_time_s=table.numbers("device_time_s"),
        receive_time_s=table.numbers("receive_time_s"),
        **parts,
    )


def _stimulus_files(folder: Path, table: Delimited) -> dict[str, tuple[str, Path | None]]:
    """Stimulus id → its name, and its file where it is there; nothing outside the export's own folder."""
    found: dict[str, tuple[str, Path | None]] = {}
    for stimulus_id, name, file in zip(table.text("stimulus_id"), table.text("name"), table.text("file"), strict=True):
        path = folder / "stimuli" / Path(file).name
        found[stimulus_id] = (original_cell(name) or stimulus_id, path if is_file(path) else None)
    return found


def _trials(table: Delimited, fixations: Delimited) -> tuple[TrialRow, ...]:
    on: dict[int, tuple[list[Fixation], list[Fixation]]] = {}
    columns = [
        fixations.numbers(name).tolist() for name in ("trial", "carried_over", "onset_s", "duration_s", "x_px", "y_px")
    ]
    for trial, carried, onset, duration, x, y in zip(*columns, strict=True):
        place = on.setdefault(int(trial), ([], []))
        place[int(carried)].append(Fixation(onset_s=onset, duration_s=duration, x_px=x, y_px=y))
    numbers = {
        name: table.numbers(name).tolist()
        for name in (
            "trial",
            "shown_s",
            "hidden_s",
            "image_width_px",
            "image_height_px",
            "left_px",
            "top_px",
            "width_px",
            "height_px",
            "n_samples",
            "data_loss",
            "n_frames",
            "n_late_frames",
            "longest_frame_s",
        )
    }
    texts = {name: table.text(name) for name in ("phase", "stimulus_id", "onset_kind")}
    made = []
    for row in range(len(table)):
        value = {name: column[row] for name, column in numbers.items()}
        found, carried_over = on.get(int(value["trial"]), ([], []))
        timing = {
            "n_frames": value["n_frames"],
            "n_late": value["n_late_frames"],
            "longest_s": value["longest_frame_s"],
        }
        made.append(
            TrialRow(
                trial=int(value["trial"]),
                phase=texts["phase"][row],
                frame=StimulusFrame(
                    stimulus_id=texts["stimulus_id"][row],
                    image_width_px=int(value["image_width_px"]),
                    image_height_px=int(value["image_height_px"]),
                    left_px=value["left_px"],
                    top_px=value["top_px"],
                    width_px=value["width_px"],
                    height_px=value["height_px"],
                ),
                shown_s=value["shown_s"],
                hidden_s=value["hidden_s"],
                onset_kind=texts["onset_kind"][row],  # type: ignore[arg-type]  # as this program wrote it
                fixations=tuple(found),
                carried_over=tuple(carried_over),
                n_samples=int(value["n_samples"]),
                data_loss=value["data_loss"],
                timing={key: v for key, v in timing.items() if math.isfinite(v)},
            )
        )
    return tuple(made)


def _events(table: Delimited) -> tuple[object, ...]:
    times = table.numbers("time_s").tolist()
    rows = zip(times, table.text("kind"), table.text("payload"), strict=True)
    return tuple(decode_event(time_s, kind, original_cell(payload)) for time_s, kind, payload in rows)


def _records(path: Path) -> tuple[object, ...]:
    """Calibrations, corrections and validations, as they were stored."""
    if not path.is_file():
        return ()
    document = _json(path)
    return (
        *_rows(CalibrationRow, document.get("calibrations", ())),
        *_rows(CorrectionRow, document.get("corrections", ())),
        *_rows(RecalibrationRow, document.get("recalibrations", ())),
        *_rows(ValidationRow, document.get("validations", ())),
    )


def _rows(kind: type[R], documents: Sequence[dict[str, Any]]) -> list[R]:  # Any: JSON values
    hints = get_type_hints(kind)
    names = {field.name for field in dataclasses.fields(kind)}  # type: ignore[arg-type]  # all kinds are data classes
    made = []
    for document in documents:
        if not isinstance(document, dict):
            raise TypeError(f"{kind.__name__} is no object")
        values = {key: value for key, value in document.items() if key in names and key != "device_blob"}
        for key, value in values.items():
            if hints[key] is float and value is None:
                values[key] = math.nan
            elif isinstance(value, list):
                values[key] = tuple(value)
        made.append(kind(**values))
    return made
