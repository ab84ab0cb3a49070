"""PS (Xu et al. 2017), the data of personalised saliency."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gazeapp.errors import DatasetIncomplete
from trainer.data.source import DatasetSource, fixation_table, load_mat, need

_IMAGES = {".jpg", ".jpeg", ".png", ".bmp"}


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
        name="ps",
        image_paths=tuple(available[name] for name in names),
        observers=tuple(file.stem.removeprefix("ImfixData_") for file in files),
        image_size_wh=(800, 600),
        px_per_deg=36.0,
        fixations=fixation_table([(index[row[0]], *row[1:]) for row in rows]),
    )
