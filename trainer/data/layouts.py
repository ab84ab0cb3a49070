"""Published data sets as their authors lay them out on disk, read into one form."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from gazeapp.errors import DatasetIncomplete
from trainer.data.foreign_layouts import (
    read_cat2000,
    read_id,
    read_mit1003,
    read_salicon,
    read_sessions,
)
from trainer.data.recording import Recording, fixation_table, load_mat, need


def read_layout(source: str, root: Path, stimuli: Path | None) -> Recording:
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


def read_osie(root: Path, stimuli: Path | None) -> Recording:
    """OSIE (Xu et al. 2014): 800x600 px, one degree is 24 px."""
    return _read_subject_structs("osie", root, stimuli, (800, 600), 24.0)


def read_crowd(root: Path, stimuli: Path | None) -> Recording:
    """EyeCrowd (Jiang et al. 2014) scaled to 640x480 px, where one degree is 19 px."""
    return _read_subject_structs("crowd", root, stimuli, (640, 480), 19.0)


def read_ps(root: Path, stimuli: Path | None) -> Recording:
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
    return Recording(
        source="ps",
        image_paths=tuple(available[name] for name in names),
        observers=tuple(file.stem.removeprefix("ImfixData_") for file in files),
        image_size_wh=(800, 600),
        px_per_deg=36.0,
        fixations=fixation_table([(index[row[0]], *row[1:]) for row in rows]),
    )


LAYOUTS: dict[str, Callable[[Path, Path | None], Recording]] = {
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
) -> Recording:
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
    return Recording(
        source=source,
        image_paths=tuple(paths),
        observers=tuple(str(k) for k in range(n_observers)),
        image_size_wh=image_size_wh,
        px_per_deg=px_per_deg,
        fixations=fixation_table(rows),
    )
