"""Individual differences (de Haas et al. 2019) on the images of OSIE."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from gazeapp.errors import DatasetIncomplete
from gazeapp.store.identifier import require_below
from trainer.data.source import DatasetSource, fixation_table, load_text, need

_COLUMNS = ("image", "observer", "x_px", "y_px", "duration_s")


def read_individual_differences(root: Path, stimuli: Path | None) -> DatasetSource:
    """Individual differences (de Haas et al. 2019) on OSIE's images, from a table `fixations.csv`.

    Columns image, observer, x_px, y_px, duration_s, rows in the order of viewing; image pixels of 800x600.
    """
    table = need(root / "fixations.csv", f"fixations as a table with columns {','.join(_COLUMNS)}")
    folder = stimuli or need(root / "stimuli", "the folder of OSIE's images")
    reader = csv.DictReader(io.StringIO(load_text(table), newline=""))
    try:
        header, lines = reader.fieldnames or [], list(reader)
    except csv.Error as error:
        raise DatasetIncomplete(f"{table}, line {reader.line_num}: {error}") from error
    lacking = [name for name in _COLUMNS if name not in header]
    if lacking:
        raise DatasetIncomplete(f"{table}: columns {', '.join(lacking)} are missing; found {', '.join(header)}")
    if short := next((n for n, line in enumerate(lines, start=2) if None in line.values() or None in line), 0):
        raise DatasetIncomplete(f"{table}, line {short}: has not as many cells as the first line")
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
        name="id",
        image_paths=tuple(paths),
        observers=tuple(observers),
        image_size_wh=(800, 600),
        px_per_deg=24.0,
        fixations=fixation_table(rows),
    )
