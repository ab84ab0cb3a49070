"""Published data sets as their authors lay them out on disk, read into one form."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from gazeapp.errors import DatasetIncomplete
from gazeapp.gaze.detection.registry import detect_fixations
from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.identifier import require_below
from gazeapp.store.stimuli import image_size
from trainer.data.source import DatasetSource, fixation_table, load_mat, need

_MIT_RATE_HZ = 240.0
# 1024 px wide images subtend about 29 degrees (Judd et al. 2009): 35 px each
_MIT_DISPLAY = Display(width_px=1280, height_px=1024, width_mm=376.0, height_mm=301.0, distance_mm=587.0)
_CAT2000_PX_PER_DEG = 38.0
# 640 x 480 px images; mouse-contingent blur was set for about 30 px to a degree (Jiang et al. 2015)
_SALICON_PX_PER_DEG = 30.0
_ID_COLUMNS = ("image", "observer", "x_px", "y_px", "duration_s")


def read_mit1003(root: Path, stimuli: Path | None) -> DatasetSource:
    """MIT1003 (Judd et al. 2009): raw 240 Hz gaze per observer; fixations are detected by this program's I-VT.

    The published MATLAB detector is not used: the count of fixations differs somewhat from other loaders'.
    """
    folder = stimuli or need(root / "ALLSTIMULI", "the folder of images")
    data = need(root / "DATA", "the folder with one folder of gaze per observer")
    paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in (".jpeg", ".jpg"))
    observers = sorted(p.name for p in data.iterdir() if p.is_dir())
    if not paths or not observers:
        raise DatasetIncomplete(f"{root}: {len(paths)} images and {len(observers)} observers found")
    rows, absent = [], []
    for image, path in enumerate(paths):
        width, height = image_size(path)
        for observer, name in enumerate(observers):
            file = data / name / f"{path.stem}.mat"
            if not file.is_file():
                absent.append(f"{name}/{file.name}")
                continue
            gaze = _mit_gaze(file)
            points = gaze[:, :2].astype(float)
            points[(points <= 0).any(axis=1)] = np.nan
            samples = GazeSamples.build(np.arange(len(points)) / _MIT_RATE_HZ, eyes="cyclopean", left_px=points)
            for order, f in enumerate(detect_fixations(samples, _MIT_DISPLAY)):
                if 0 <= f.x_px < width and 0 <= f.y_px < height:
                    rows.append((image, observer, 1, order, f.x_px, f.y_px, f.duration_s))
    if absent:
        raise DatasetIncomplete(
            f"{data}: {len(absent)} gaze files are missing, the first is {absent[0]}",
            missing=absent,
        )
    return DatasetSource(
        source="mit1003",
        image_paths=tuple(paths),
        observers=tuple(observers),
        image_size_wh=None,
        px_per_deg=_MIT_DISPLAY.px_per_deg,
        fixations=fixation_table(rows),
    )


def _mit_gaze(file: Path) -> Any:  # Any: (N, 3) array out of a MATLAB struct
    content = load_mat(file)
    # MATLAB cuts variable names at 63 characters, so the file has one variable of nearly its own name
    variable = next(value for key, value in content.items() if not key.startswith("__"))
    first = np.atleast_1d(variable["DATA"])[0]
    return np.atleast_2d(first["eyeData"])


def read_cat2000(root: Path, stimuli: Path | None) -> DatasetSource:
    """CAT2000 train set (Borji and Itti 2015): fixation locations of all observers together, as one "observer".

    `allFixData.mat` keeps observers apart, but in a MATLAB class that only MATLAB reads; universal networks do not
    need it, and personal ones cannot be trained from it.
    """
    folder = stimuli or need(root / "Stimuli", "the folder of categories")
    locations = need(root / "FIXATIONLOCS", "the folder with fixation locations by category")
    paths = sorted(p for p in folder.glob("*/*.jpg") if "output" not in p.parent.name.lower())
    if not paths:
        raise DatasetIncomplete(f"{folder}: holds no CATEGORY/NNN.jpg")
    rows = []
    for image, path in enumerate(paths):
        file = need(locations / path.parent.name / f"{path.stem}.mat", f"fixations of {path.name}")
        ys, xs = np.nonzero(load_mat(file)["fixLocs"])
        rows += [
            (image, 0, 1, order, x + 0.5, y + 0.5, np.nan) for order, (x, y) in enumerate(zip(xs, ys, strict=True))
        ]
    return DatasetSource(
        source="cat2000",
        image_paths=tuple(paths),
        observers=("all",),
        image_size_wh=None,
        px_per_deg=_CAT2000_PX_PER_DEG,
        fixations=fixation_table(rows),
        categories=tuple(path.parent.name for path in paths),
    )


def read_salicon(root: Path, stimuli: Path | None) -> DatasetSource:
    """SALICON (Jiang et al. 2015), train part: mouse fixations of people who saw different images.

    Whoever was n-th on an image becomes observer n; the same number on two images is not the same person, so this
    data set trains universal networks only.
    """
    images = stimuli or need(root / "images" / "train", "the training images")
    folder = need(root / "fixations" / "train", "the folder with one .mat per image")
    rows: list[tuple[float, ...]] = []
    paths: list[Path] = []
    most = 0
    for file in sorted(folder.glob("*.mat")):
        path = need(images / f"{file.stem}.jpg", "an image that has fixations")
        people = np.atleast_1d(load_mat(file)["gaze"])
        for observer, person in enumerate(people):
            points = np.asarray(person["fixations"], dtype=float).reshape(-1, 2)
            rows += [(len(paths), observer, 1, order, x - 0.5, y - 0.5, np.nan) for order, (x, y) in enumerate(points)]
        most = max(most, len(people))
        paths.append(path)
    if not paths:
        raise DatasetIncomplete(f"{folder}: holds no .mat files")
    return DatasetSource(
        source="salicon",
        image_paths=tuple(paths),
        observers=tuple(f"viewer-{k}" for k in range(most)),
        image_size_wh=(640, 480),
        px_per_deg=_SALICON_PX_PER_DEG,
        fixations=fixation_table(rows),
    )


def read_id(root: Path, stimuli: Path | None) -> DatasetSource:
    """Individual differences (de Haas et al. 2019) on OSIE's images, from a table `fixations.csv`.

    Columns image, observer, x_px, y_px, duration_s, rows in the order of viewing; image pixels of 800x600.
    """
    table = need(root / "fixations.csv", f"fixations as a table with columns {','.join(_ID_COLUMNS)}")
    folder = stimuli or need(root / "stimuli", "the folder of OSIE's images")
    with table.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        lacking = [name for name in _ID_COLUMNS if name not in (reader.fieldnames or [])]
        if lacking:
            raise DatasetIncomplete(
                f"{table}: columns {', '.join(lacking)} are missing; found {', '.join(reader.fieldnames or [])}"
            )
        lines = list(reader)
    images = sorted({line["image"] for line in lines})
    observers = sorted({line["observer"] for line in lines})
    paths = [need(require_below(folder, name, table), "an image that has fixations") for name in images]
    order: dict[tuple[str, str], int] = {}
    rows = []
    for number, line in enumerate(lines, start=2):
        pair = (line["image"], line["observer"])
        order[pair] = order.get(pair, -1) + 1
        try:
            values = float(line["x_px"]), float(line["y_px"]), float(line["duration_s"])
        except (TypeError, ValueError) as error:
            raise DatasetIncomplete(f"{table}, line {number}: {error}") from error
        rows.append((images.index(pair[0]), observers.index(pair[1]), 1, order[pair], *values))
    return DatasetSource(
        source="id",
        image_paths=tuple(paths),
        observers=tuple(observers),
        image_size_wh=(800, 600),
        px_per_deg=24.0,
        fixations=fixation_table(rows),
    )


def read_sessions(root: Path, stimuli: Path | None) -> DatasetSource:
    """A study of one's own: every participant is an observer, every repetition of an image a viewing.

    An image that was taken off before its time was not viewed: it came again.
    """
    from gazeapp.store.session_state import viewed
    from gazeapp.store.study import Study

    images: dict[str, int] = {}
    paths: list[Path] = []
    scales: list[float] = []
    rows = []
    seen: dict[tuple[int, int], int] = {}
    with Study.open(root) as study:
        observers = [p.pseudonym for p in study.participants()]
        for session in study.sessions():
            with session.reader() as reader:
                px_per_deg = reader.display.px_per_deg
                observer = observers.index(reader.pseudonym)
                for trial in viewed(reader.trials()):
                    stimulus = trial.frame.stimulus_id
                    if stimulus not in images:
                        images[stimulus] = len(paths)
                        paths.append(reader.stimuli.path(stimulus))
                        scales.append(px_per_deg / trial.frame.scale)
                    image = images[stimulus]
                    viewing = seen[image, observer] = seen.get((image, observer), 0) + 1
                    rows += [
                        (image, observer, viewing, order, f.x_px, f.y_px, f.duration_s)
                        for order, f in enumerate(trial.fixations)
                    ]
    if not rows:
        raise DatasetIncomplete(f"{root}: no session with fixations on images")
    return DatasetSource(
        source="sessions",
        image_paths=tuple(paths),
        observers=tuple(observers),
        image_size_wh=None,
        px_per_deg=tuple(scales),
        fixations=fixation_table(rows),
    )


def read_layout(source: str, root: Path, stimuli: Path | None) -> DatasetSource:
    """Read a published data set.

    Args:
        source: Name in `LAYOUTS`.
        root: Folder that holds the data set as its authors publish it.
        stimuli: Folder of images where the data set comes without them.

    Raises:
        DatasetIncomplete: Says which file or folder is missing.
    """
    if not root.is_dir():
        raise DatasetIncomplete(f"{root}: no such folder; --root takes the data set's folder")
    return LAYOUTS[source](root, stimuli)


def read_osie(root: Path, stimuli: Path | None) -> DatasetSource:
    """OSIE (Xu et al. 2014): 800x600 px, one degree is 24 px."""
    return _read_subject_structs("osie", root, stimuli, (800, 600), 24.0)


def read_crowd(root: Path, stimuli: Path | None) -> DatasetSource:
    """EyeCrowd (Jiang et al. 2014) scaled to 640x480 px, where one degree is 19 px."""
    return _read_subject_structs("crowd", root, stimuli, (640, 480), 19.0)


def read_ps(root: Path, stimuli: Path | None) -> DatasetSource:
    """Personalised saliency (Xu et al. 2017): 1920x1080 screen, images fitted to its height.

    Only images found under `stimuli` are kept: the data come without images, and those whose names are OSIE's are
    800x600 px, shown 1440x1080. Degrees: 36 OSIE pixels each.
    """
    folder = need(root / "Data" / "fixData", "the folder with ImfixData_Sub_N.mat")
    if stimuli is None or not stimuli.is_dir():
        raise DatasetIncomplete(
            "ps comes without its images: pass --stimuli with a folder that holds some of them (59 are OSIE's)"
        )
    files = sorted(folder.glob("ImfixData_Sub_*.mat"), key=lambda p: int(p.stem.split("_")[-1]))
    if not files:
        raise DatasetIncomplete(f"{folder}: holds no ImfixData_Sub_N.mat")
    available = {path.stem: path for path in sorted(stimuli.iterdir()) if path.suffix in _IMAGES}
    rows: list[tuple[str, int, int, int, float, float, float]] = []
    for observer, file in enumerate(files):
        for record in np.atleast_1d(load_mat(file)["ImfixDataALL"]):
            name = Path(str(record["im_name"])).stem
            if name not in available:
                continue
            # fix_X is the row, fix_Y the column of the screen
            y_px = np.atleast_1d(record["fix_X"]) * (600 / 1080)
            x_px = (np.atleast_1d(record["fix_Y"]) - 240) * (600 / 1080)
            # a struct holds all viewings of one image, one testID per fixation
            columns = (record["testID"], x_px, y_px, record["duration"])
            for order, row in enumerate(zip(*map(np.atleast_1d, columns), strict=True)):
                viewing, x, y, d = row
                rows.append((name, observer, int(viewing), order, x, y, d))
    names = sorted({row[0] for row in rows})
    index = {name: i for i, name in enumerate(names)}
    if not names:
        raise DatasetIncomplete(f"{stimuli}: holds none of the images of {folder}")
    return DatasetSource(
        source="ps",
        image_paths=tuple(available[name] for name in names),
        observers=tuple(file.stem.removeprefix("ImfixData_") for file in files),
        image_size_wh=(800, 600),
        px_per_deg=36.0,
        fixations=fixation_table([(index[row[0]], *row[1:]) for row in rows]),
    )


LAYOUTS: dict[str, Callable[[Path, Path | None], DatasetSource]] = {
    "osie": read_osie,
    "crowd": read_crowd,
    "ps": read_ps,
    "id": read_id,
    "mit1003": read_mit1003,
    "cat2000": read_cat2000,
    "salicon": read_salicon,
    "sessions": read_sessions,
}
_IMAGES = {".jpg", ".jpeg", ".png", ".bmp"}


def _read_subject_structs(
    source: str,
    root: Path,
    stimuli: Path | None,
    image_size_wh: tuple[int, int],
    px_per_deg: float,
) -> DatasetSource:
    eye = need(root / "data" / "eye" / "fixations.mat", "the fixations")
    folder = stimuli or need(root / "data" / "stimuli", "the folder of images")
    records = np.atleast_1d(load_mat(eye)["fixations"])
    paths = [folder / str(record["img"]) for record in records]
    absent = [path.name for path in paths if not path.is_file()]
    if absent:
        raise DatasetIncomplete(
            f"{folder}: {len(absent)} of {len(paths)} images are missing, the first is {absent[0]}",
            missing=absent,
        )
    rows = []
    for image, record in enumerate(records):
        for observer, subject in enumerate(np.atleast_1d(record["subjects"])):
            x_px, y_px = np.atleast_1d(subject["fix_x"]), np.atleast_1d(subject["fix_y"])
            duration_s = np.atleast_1d(subject["fix_duration"]) / 1000
            for order, (x, y, d) in enumerate(zip(x_px, y_px, duration_s, strict=True)):
                rows.append((image, observer, 1, order, x, y, d))
    n_observers = len(np.atleast_1d(records[0]["subjects"]))
    return DatasetSource(
        source=source,
        image_paths=tuple(paths),
        observers=tuple(str(k) for k in range(n_observers)),
        image_size_wh=image_size_wh,
        px_per_deg=px_per_deg,
        fixations=fixation_table(rows),
    )
