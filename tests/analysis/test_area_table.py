"""The table of areas as a statistician reads it: with pandas, against the exported fixations and nothing of ours."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from gazeapp.__main__ import main
from gazeapp.analysis.area import Area, ImageAreas
from gazeapp.analysis.study_areas import write_study_areas
from gazeapp.analysis.viewing import read_viewings
from tests.store.example_study import IMAGE_WH, make_study, record_session

KEYS = ["participant", "session", "trial"]


@pytest.fixture
def study(tmp_path):
    made, _ = make_study(tmp_path / "study")
    with made:
        for name, group in (("P018", "A"), ("P019", "B")):
            made.add_participant(name)
            made.record_consent(name)
            made.describe_participant(name, variables={"group": group})
            record_session(made.new_session(name, "pilot"))
    return tmp_path / "study"


def test_pandas_finds_the_same_measures_in_the_exported_fixations(study, tmp_path):
    box, ellipse = ((40, 30), (200, 170)), ((200, 120), (90, 60))
    areas = (
        Area(name="box", shape="box", points_px=box),
        Area(name="ellipse", shape="ellipse", points_px=ellipse),
    )
    shown = {v.stimulus_id: v.image for v in read_viewings(study).viewings}
    images = [ImageAreas(image=name, sha256=key, areas=areas, size_wh=IMAGE_WH) for key, name in shown.items()]
    write_study_areas(study, images)
    assert main(["areas", str(study), "-o", str(tmp_path / "areas.csv")]) == 0
    assert main(["export", str(study), "--format", "csv", "-o", str(tmp_path / "csv")]) == 0
    table = pd.read_csv(tmp_path / "areas.csv")
    folders = [path for path in (tmp_path / "csv").iterdir() if path.is_dir()]
    fixations = pd.concat([pd.read_csv(folder / "fixations.csv") for folder in folders])
    trials = pd.concat([pd.read_csv(folder / "trials.csv") for folder in folders])
    fixations = fixations[fixations["carried_over"] == 0].merge(trials[[*KEYS, "shown_s"]], on=KEYS)
    x, y = fixations["x_px"], fixations["y_px"]
    fixations["on"] = (x >= 0) & (x < IMAGE_WH[0]) & (y >= 0) & (y < IMAGE_WH[1])
    inside = {
        "box": (x >= box[0][0]) & (x < box[1][0]) & (y >= box[0][1]) & (y < box[1][1]),
        "ellipse": ((x - 200) / 90) ** 2 + ((y - 120) / 60) ** 2 <= 1,
    }
    assert len(table) == 3 * 3 * 2
    assert set(table["group"].dropna()) == {"A", "B"}
    assert {"participant", "group", "session", "image", "area"} <= set(table.columns)
    for name, is_in in inside.items():
        own = fixations.assign(hit=is_in & fixations["on"]).sort_values([*KEYS, "onset_s"])
        for key, found in table[table["area"] == name].set_index(KEYS).iterrows():
            path = own[(own[KEYS] == list(key)).all(axis=1)]
            hits = path[path["hit"]]
            visits = int((path["hit"] & ~path["hit"].shift(fill_value=False)).sum())
            assert found["n_fixations"] == len(hits)
            assert found["dwell_s"] == pytest.approx(hits["duration_s"].sum())
            assert found["share"] == pytest.approx(hits["duration_s"].sum() / path[path["on"]]["duration_s"].sum())
            assert (found["n_visits"], found["n_revisits"]) == (visits, max(0, visits - 1))
            first = (hits["onset_s"] - hits["shown_s"]).min() if len(hits) else math.nan
            assert found["time_to_first_s"] == pytest.approx(first, nan_ok=True)
