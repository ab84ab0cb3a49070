"""A BIDS data set with eye tracking (BIDS 1.11): gaze per eye, fixations, stimuli and the screen."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import json
import math
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from gazeapp.errors import DamagedSession
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store import events
from gazeapp.store.events import dump_json
from gazeapp.store.export.eye_streams import OpennessByStamp
from gazeapp.store.export.inert_cell import inert_cell
from gazeapp.store.export.methods import last_validation
from gazeapp.store.provenance import software_versions
from gazeapp.store.reader import SessionReader
from gazeapp.store.records import Json

BIDS_VERSION = "1.11.0"
_MISSING = "n/a"


@dataclass(slots=True)
class _Labels:
    """BIDS labels are letters and digits only; two pseudonyms must not become one."""

    subjects: dict[str, str] = field(default_factory=dict)
    n_sessions: dict[str, int] = field(default_factory=dict)

    def subject(self, pseudonym: str) -> str:
        if pseudonym not in self.subjects:
            plain = _label(pseudonym) or "unknown"
            label, n = plain, 1
            while label in self.subjects.values():
                n += 1
                label = f"{plain}x{n}"
            self.subjects[pseudonym] = label
        return self.subjects[pseudonym]

    def session(self, subject: str) -> str:
        self.n_sessions[subject] = self.n_sessions.get(subject, 0) + 1
        return f"{self.n_sessions[subject]:02d}"


def export_bids(sessions: Iterable[Path], root: Path) -> None:
    """Write sessions as one BIDS data set.

    Gaze is corrected as it was in force. Times are seconds on each session's own clock; the events table has them too.

    Args:
        sessions: Session folders in order of time.
        root: Folder of the data set.
    """
    labels = _Labels()
    listed: dict[str, list[tuple[str, str]]] = {}
    for path in sessions:
        with SessionReader(path) as reader:
            subject = labels.subject(reader.pseudonym)
            session = labels.session(subject)
            listed.setdefault(subject, []).append((session, str(reader.meta.get("started_utc") or _MISSING)))
            _write_session(reader, root, subject, session)
    _write_json(
        root / "dataset_description.json",
        {
            "Name": "gazeapp export",
            "BIDSVersion": BIDS_VERSION,
            "DatasetType": "raw",
            "License": "not stated",
            "Authors": ["not stated"],
            "GeneratedBy": [{"Name": "gazeapp", "Version": software_versions()["gazeapp"]}],
        },
    )
    (root / "README.md").write_text(
        "# Free viewing of images with eye tracking\n\nWritten by gazeapp. Gaze lies in `beh/` as `_physio.tsv.gz`, "
        "one file "
        "per eye and without a header row; the columns are named in the JSON file beside it. `participants.tsv` holds "
        "the "
        "pseudonyms under which the study keeps its participants. Complete name, licence and authors in "
        "`dataset_description.json` before you publish the data.\n",
        encoding="utf-8",
    )
    _write_tsv(
        root / "participants.tsv",
        ("participant_id", "pseudonym"),
        [(f"sub-{label}", pseudonym or _MISSING) for pseudonym, label in sorted(labels.subjects.items())],
    )
    _write_json(
        root / "participants.json",
        {"pseudonym": {"Description": "Pseudonym in the study that was exported"}},
    )
    for subject, rows in listed.items():
        _write_tsv(
            root / f"sub-{subject}" / f"sub-{subject}_sessions.tsv",
            ("session_id", "acq_time"),
            [(f"ses-{session}", started[:19]) for session, started in rows],
        )


def _write_session(reader: SessionReader, root: Path, subject: str, session: str) -> None:
    folder = root / f"sub-{subject}" / f"ses-{session}" / "beh"
    folder.mkdir(parents=True)
    task = _label(str(reader.meta.get("plan_name") or "")) or "freeviewing"
    stem = f"sub-{subject}_ses-{session}_task-{task}"
    eyes = {"binocular": ("left", "right"), "cyclopean": ("cyclopean",)}.get(reader.eyes, (reader.eyes,))
    names = {eye: f"{stem}_recording-eye{number}" for number, eye in enumerate(eyes, start=1)}
    _write_gaze(reader, folder, names)
    times = reader.sample_times()
    for eye, name in names.items():
        _write_gaze_sidecar(reader, folder, name, task, eye, times)
        _write_physio_events(reader, folder, name, task)
    _write_events(reader, root, folder, stem, task)


def _write_gaze(reader: SessionReader, folder: Path, names: dict[str, str]) -> None:
    """All eyes in one pass over the samples."""
    with contextlib.ExitStack() as stack:
        files = {eye: stack.enter_context(_gzip_text(folder / f"{name}_physio.tsv.gz")) for eye, name in names.items()}
        pupils = {eye: reader.has_pupil(_side(eye)) for eye in names}
        openness = OpennessByStamp.read(reader) if reader.has_openness() else None
        for chunk in reader.sample_chunks():
            corrected = reader.corrected(chunk)
            for eye, file in files.items():
                columns = [corrected.time_s, *_column(corrected, _side(eye), "px").T]
                if pupils[eye]:
                    columns.append(_column(corrected, _side(eye), "pupil_mm"))
                if openness is not None:
                    columns.append(openness.of_samples(corrected.device_time_s, _side(eye)))
                lines = "\n".join("\t".join(map(repr, row)) for row in np.stack(columns, axis=1).tolist())
                file.write(lines.replace("nan", _MISSING) + "\n")


def _side(eye: str) -> Literal["left", "right"]:
    """The one point of a source without eyes is in the left columns."""
    return "right" if eye == "right" else "left"


def _write_gaze_sidecar(
    reader: SessionReader,
    folder: Path,
    name: str,
    task: str,
    eye: str,
    time_s: np.ndarray[Any, np.dtype[np.float64]],
) -> None:
    n = len(time_s)
    has_pupil = reader.has_pupil(_side(eye))
    rate_hz = _rate_hz(reader, n, float(time_s[-1] - time_s[0]) if n else 0.0)
    sidecar: Json = {
        "TaskName": task,
        "SamplingFrequency": rate_hz,
        "StartTime": float(time_s[0]) if n else 0.0,
        "Columns": [
            "timestamp",
            "x_coordinate",
            "y_coordinate",
            *(["pupil_size"] if has_pupil else []),
            *(["eye_openness"] if reader.has_openness() else []),
        ],
        "PhysioType": "eyetrack",
        "RecordedEye": eye,
        "SampleCoordinateSystem": "gaze-on-screen",
        "timestamp": {"Description": "When the eye was imaged, on the session clock", "Units": "s"},
        "x_coordinate": {"Description": "Gaze from the left edge of the display", "Units": "pixel"},
        "y_coordinate": {"Description": "Gaze from the top edge of the display", "Units": "pixel"},
    }
    if has_pupil:
        sidecar["pupil_size"] = {"Description": "Pupil diameter", "Units": "mm"}
    if reader.has_openness():
        sidecar["eye_openness"] = {"Description": "How far the lids are apart", "Units": "mm"}
    _write_json(folder / f"{name}_physio.json", sidecar | _device(reader) | _calibration(reader, eye))


def _device(reader: SessionReader) -> Json:
    tracker = reader.meta.get("tracker")
    values = tracker if isinstance(tracker, dict) else {}
    keys = {
        "Manufacturer": "backend",
        "ManufacturersModelName": "name",
        "DeviceSerialNumber": "serial",
    }
    found: Json = {name: str(values[key]) for name, key in keys.items() if values.get(key)}
    try:
        found["EyeTrackerDistance"] = reader.display.distance_mm / 1000
    except DamagedSession:
        return found
    return found


def _calibration(reader: SessionReader, eye: str) -> Json:
    found: Json = {"CalibrationCount": len(reader.calibrations())}
    used = [c for c in reader.calibrations() if c.number == reader.calibration_in_use()]
    if used:
        points = used[0].points
        found["CalibrationType"] = f"{len(points)} points"
        found["CalibrationPosition"] = [[p["x_px"], p["y_px"]] for p in points if "x_px" in p and "y_px" in p]
        found["CalibrationUnit"] = "pixel"
    validation = last_validation(reader)
    targets = validation.report.get("targets") or [] if validation else []
    errors = [
        float(t["accuracy_deg"])
        for t in targets
        if t.get("eye") == eye and isinstance(t.get("accuracy_deg"), int | float)
    ]
    if errors:
        found["AverageCalibrationError"] = sum(errors) / len(errors)
        found["MaximalCalibrationError"] = max(errors)
    return found


def _write_physio_events(reader: SessionReader, folder: Path, name: str, task: str) -> None:
    rows: list[tuple[float, float, str, str]] = []
    for trial in reader.trials():
        rows.extend((f.onset_s, f.duration_s, "fixation", _MISSING) for f in (*trial.carried_over, *trial.fixations))
    names = {row.stimulus_id: row.name for row in reader.stimulus_rows()}
    for event in reader.events():
        if isinstance(event, events.StimulusShown):
            image = names.get(event.frame.stimulus_id) or event.frame.stimulus_id
            rows.append((event.time_s, math.nan, _MISSING, f"stimulus shown: {image}"))
        elif isinstance(event, events.StimulusHidden):
            rows.append((event.time_s, math.nan, _MISSING, "stimulus hidden"))
    with _gzip_text(folder / f"{name}_physioevents.tsv.gz") as file:
        for onset_s, duration_s, kind, message in sorted(rows, key=lambda row: row[0]):
            file.write("\t".join((_cell(onset_s), _cell(duration_s), kind, inert_cell(_plain(message)))) + "\n")
    _write_json(
        folder / f"{name}_physioevents.json",
        {
            "TaskName": task,
            "Description": "Fixations, and what was on the screen",
            "Columns": ["onset", "duration", "trial_type", "message"],
            "OnsetSource": "timestamp",
            "onset": {"Description": "On the clock of the timestamp column", "Units": "s"},
            "duration": {"Description": "Duration of the fixation", "Units": "s"},
            "trial_type": {"Description": "Kind of event", "Levels": {"fixation": "Found in both eyes' mean gaze"}},
            "message": {"Description": "What happened on the screen"},
        },
    )


def _write_events(reader: SessionReader, root: Path, folder: Path, stem: str, task: str) -> None:
    names = {row.stimulus_id: row.name for row in reader.stimulus_rows()}
    rows = []
    for trial in reader.trials():
        stimulus_id = trial.frame.stimulus_id
        try:
            source = reader.stimuli.path(stimulus_id)
        except DamagedSession:
            file = _MISSING
        else:
            file = source.name
            (root / "stimuli").mkdir(exist_ok=True)
            if not (root / "stimuli" / file).exists():
                shutil.copyfile(source, root / "stimuli" / file)
        f = trial.frame
        rows.append(
            (
                _cell(trial.shown_s),
                _cell(trial.hidden_s - trial.shown_s),
                trial.phase or _MISSING,
                file,
                trial.trial,
                _plain(names.get(stimulus_id) or _MISSING),
                _cell(f.left_px),
                _cell(f.top_px),
                _cell(f.width_px),
                _cell(f.height_px),
                int(trial.is_interrupted),
            )
        )
    columns = (
        "onset",
        "duration",
        "trial_type",
        "stim_file",
        "trial",
        "stimulus",
        "left",
        "top",
        "width",
        "height",
        "interrupted",
    )
    _write_tsv(folder / f"{stem}_events.tsv", columns, rows)
    document: Json = {
        "TaskName": task,
        "TaskDescription": "Free viewing of images",
        "onset": {"Description": "When the image appeared, on the clock of the gaze's timestamps", "Units": "s"},
        "duration": {"Description": "Time on the screen", "Units": "s"},
        "trial_type": {"Description": "Phase of the experiment"},
        "stim_file": {"Description": "Image in stimuli/, named by its SHA-256"},
        "trial": {"Description": "Number of the trial, from 0"},
        "stimulus": {"Description": "Name of the image in the experiment"},
        **{key: {"Description": f"{key} of the image on the display", "Units": "pixel"} for key in columns[-5:-1]},
        "interrupted": {"Description": "1: taken off before its time; does not count as viewed, and came again"},
    }
    try:
        display = reader.display
    except DamagedSession:
        pass
    else:
        document["StimulusPresentation"] = {
            "ScreenDistance": display.distance_mm / 1000,
            "ScreenOrigin": ["top", "left"],
            "ScreenResolution": [display.width_px, display.height_px],
            "ScreenSize": [display.width_mm / 1000, display.height_mm / 1000],
            "SoftwareName": "gazeapp",
            "SoftwareVersion": str((reader.meta.get("software") or {}).get("gazeapp", _MISSING)),
        }
    _write_json(folder / f"{stem}_events.json", document)


def _rate_hz(reader: SessionReader, n: int, duration_s: float) -> float:
    tracker = reader.meta.get("tracker")
    rate_hz = tracker.get("rate_hz") if isinstance(tracker, dict) else None
    if isinstance(rate_hz, int | float):
        return float(rate_hz)
    return (n - 1) / duration_s if n > 1 and duration_s > 0 else 0.0


def _column(samples: GazeSamples, side: str, name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    values: np.ndarray[Any, np.dtype[np.float64]] = getattr(samples, f"{side}_{name}")
    return values


def _cell(value: float) -> str:
    return repr(float(value)) if math.isfinite(value) else _MISSING


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip() or _MISSING


def _label(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", text)


@contextlib.contextmanager
def _gzip_text(path: Path) -> Iterator[io.TextIOWrapper]:
    # neither name nor time stamp inside, so that the same session always gives the same bytes
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="\n") as file,
    ):
        yield file


def _write_tsv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
        writer.writerow(columns)
        writer.writerows([inert_cell(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)


def _write_json(path: Path, document: Json) -> None:
    path.write_text(
        json.dumps(json.loads(dump_json(document)), indent=1, ensure_ascii=False) + "\n",
        encoding="utf-8",
    )
