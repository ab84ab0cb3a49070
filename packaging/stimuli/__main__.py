"""Draw the scenes and collect the photographs of assets/stimuli.

    python packaging/stimuli DESTINATION

Scenes need PySide6 and the DejaVu fonts. Photographs come from the wheels of scikit-image, scikit-learn, matplotlib and
SciPy 1.9.3 (`pip download scipy==1.9.3 --no-deps`; `--scipy-wheel FILE` names it); what is not there is left as it is.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parent))

import home
import nature
import public
import town
from canvas import Canvas
from photographs import collect
from PySide6.QtGui import QGuiApplication

SCENES = (
    town.street,
    nature.picnic,
    nature.beach,
    nature.farm,
    nature.lake,
    nature.reef,
    town.night_city,
    town.station,
    nature.savanna,
    nature.winter,
    town.football,
    town.playground,
    town.rain,
    town.harbour,
    nature.space,
    town.market,
    home.living_room,
    home.kitchen,
    public.classroom,
    home.breakfast,
    home.desk,
    home.party,
    public.concert,
    home.family,
    home.toys,
    public.museum,
    public.cafe,
    public.library,
    public.airport,
)


def main() -> None:
    """Write every stimulus and index.json."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("destination", type=Path)
    parser.add_argument("--scipy-wheel", type=Path)
    args = parser.parse_args()
    application = QGuiApplication([])  # text needs one
    args.destination.mkdir(parents=True, exist_ok=True)
    index = collect(args.destination, args.scipy_wheel)
    for seed, scene in enumerate(SCENES, start=1):
        canvas = Canvas(seed)
        scene(canvas)
        name = f"drawn-{scene.__name__.replace('_', '-')}.jpg"
        canvas.save(args.destination / name)
        index.append({
            "file": name, "name": (scene.__doc__ or "").rstrip("."), "kind": "drawn", "licence": "MIT",
            "source": "packaging/stimuli of this project", "credit": "the gazeapp authors",
        })  # fmt: skip
    text = json.dumps({"schema": 1, "stimuli": index}, indent=1, ensure_ascii=False)
    (args.destination / "index.json").write_text(text + "\n", encoding="utf-8")
    application.quit()


if __name__ == "__main__":
    main()
