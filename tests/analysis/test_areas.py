"""Areas of interest and their measures, against a second, plain computation."""

from __future__ import annotations

import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gazeapp.analysis.area import Area, ImageAreas, areas_of_labels
from gazeapp.analysis.area_files import read_areas, write_areas
from gazeapp.analysis.area_measures import measure_area, measure_areas, summarize_areas
from gazeapp.analysis.heat_map import compare, gaze_plot, heat_map
from gazeapp.analysis.table import write_table
from gazeapp.analysis.viewing import Viewing
from gazeapp.errors import UnreadableTable
from gazeapp.gaze.fixations import Fixation

SIZE = (200, 100)
BOX = Area(name="box", shape="box", points_px=((20, 10), (60, 50)))


def viewing(points, durations=None, *, person="P1", group="", shown_s=5.0, image="scene.png"):
    durations = [0.2] * len(points) if durations is None else durations
    onsets = shown_s + 0.1 + np.concatenate([[0.0], np.cumsum(np.add(durations, 0.05))[:-1]]) if len(points) else []
    return Viewing(
        participant=person,
        group=group,
        session=f"S-{person}",
        folder=Path(),
        trial=0,
        phase="enrol",
        stimulus_id="abc",
        image=image,
        size_wh=SIZE,
        shown_s=shown_s,
        hidden_s=shown_s + 3,
        px_per_deg=20.0,
        fixations=tuple(
            Fixation(onset_s=float(t), duration_s=float(d), x_px=float(x), y_px=float(y))
            for (x, y), t, d in zip(points, onsets, durations, strict=True)
        ),
        data_loss=0.0,
    )


def plain(view, inside):
    """The measures once more, by a loop over fixations; `inside(x, y)` says whether a point is in the area."""
    hits = [k for k, f in enumerate(view.fixations) if inside(f.x_px, f.y_px)]
    on = [f for f in view.fixations if 0 <= f.x_px < SIZE[0] and 0 <= f.y_px < SIZE[1]]
    visits = sum(1 for k in hits if k - 1 not in hits)
    total = sum(f.duration_s for f in on)
    dwell = sum(view.fixations[k].duration_s for k in hits)
    first = view.fixations[hits[0]] if hits else None
    return {
        "first_fixation": hits[0] + 1 if hits else math.nan,
        "time_to_first_s": first.onset_s - view.shown_s if first else math.nan,
        "first_duration_s": first.duration_s if first else math.nan,
        "n_fixations": len(hits),
        "dwell_s": dwell,
        "n_visits": visits,
        "n_revisits": max(0, visits - 1),
        "share": dwell / total if total else math.nan,
        "hit": int(bool(hits)),
    }


def winding(x, y, corners):
    """Even-odd by angles rather than by crossings; for convex outlines."""
    n = len(corners)
    sides = [
        (corners[(k + 1) % n][0] - corners[k][0]) * (y - corners[k][1])
        - (corners[(k + 1) % n][1] - corners[k][1]) * (x - corners[k][0])
        for k in range(n)
    ]
    return all(s > 0 for s in sides) or all(s < 0 for s in sides)


SHAPES = {
    "box": (BOX, lambda x, y: 20 <= x < 60 and 10 <= y < 50),
    "ellipse": (
        Area(name="e", shape="ellipse", points_px=((100, 50), (40, 20)), turn_deg=30),
        lambda x, y: (
            abs(complex(x - 100, y - 50) * complex(math.cos(math.pi / 6), -math.sin(math.pi / 6))) >= 0
            and (
                ((x - 100) * math.cos(math.pi / 6) + (y - 50) * math.sin(math.pi / 6)) ** 2 / 1600
                + ((y - 50) * math.cos(math.pi / 6) - (x - 100) * math.sin(math.pi / 6)) ** 2 / 400
            )
            <= 1
        ),
    ),
    "polygon": (
        Area(name="p", shape="polygon", points_px=((30.5, 5.5), (150.5, 20.5), (90.5, 90.5))),
        lambda x, y: winding(x, y, [(30.5, 5.5), (150.5, 20.5), (90.5, 90.5)]),
    ),
}


@pytest.mark.parametrize("kind", SHAPES)
@settings(max_examples=60, deadline=None)
@given(
    points=st.lists(st.tuples(st.integers(-10, 210), st.integers(-10, 110)), max_size=15),
    seed=st.integers(0, 999),
)
def test_measures_equal_a_plain_computation(kind, points, seed):
    area, inside = SHAPES[kind]
    view = viewing(points, np.random.default_rng(seed).uniform(0.06, 0.6, len(points)))
    found, expected = measure_area(view, area), plain(view, inside)
    for key, value in expected.items():
        assert getattr(found, key) == pytest.approx(value, abs=1e-9, nan_ok=True), key


def test_revisits_first_fixation_and_share_of_a_constructed_scan_path():
    view = viewing([(100, 50), (30, 20), (40, 30), (100, 50), (30, 20)], [0.2, 0.3, 0.1, 0.2, 0.2])
    found = measure_area(view, BOX)
    assert (found.first_fixation, found.n_fixations, found.n_visits, found.n_revisits) == (2, 3, 2, 1)
    assert found.time_to_first_s == pytest.approx(0.1 + 0.2 + 0.05)
    assert found.dwell_s == pytest.approx(0.6)
    assert found.share == pytest.approx(0.6)


def test_who_never_looked_has_no_time_to_first_fixation_and_a_share_of_zero():
    found = measure_area(viewing([(150, 80)]), BOX)
    assert math.isnan(found.time_to_first_s)
    assert (found.share, found.hit, found.n_revisits) == (0, 0, 0)
    assert math.isnan(measure_area(viewing([]), BOX).share)


def test_hit_rates_are_over_people_and_groups():
    rows = measure_areas(
        [
            viewing([(30, 20)], person="A", group="young"),
            viewing([(30, 20)], person="B", group="young"),
            viewing([(150, 80)], person="C", group="old"),
            viewing([(30, 20)], person="C", group="old"),
        ],
        [ImageAreas(image="SCENE.png", areas=(BOX,))],
    )
    found = {row.group: row for row in summarize_areas(rows)}
    assert {group: row.n_people for group, row in found.items()} == {"": 3, "old": 1, "young": 2}
    assert found["young"].hit_rate == 1
    assert found["old"].hit_rate == 0.5
    assert found[""].hit_rate == pytest.approx((1 + 1 + 0.5) / 3)


def test_areas_come_back_equal_from_json_csv_and_label_images(tmp_path):
    mask = np.zeros((100, 200), bool)
    mask[70:, 150:] = True
    shapes = (
        BOX,
        SHAPES["polygon"][0],
        Area(name="=tab, le", shape="ellipse", points_px=((9, 9), (4.5, 3)), turn_deg=12),
    )
    whole = ImageAreas(image="scene.png", areas=(*shapes, Area(name="m", shape="mask", mask=mask)), size_wh=SIZE)
    write_areas([whole], tmp_path / "areas.json")
    write_areas([ImageAreas(image="scene.png", areas=shapes)], tmp_path / "areas.csv")
    back = read_areas(tmp_path / "areas.json")[0]
    assert [(a.name, a.shape, a.points_px, a.turn_deg, a.color) for a in back.areas] == [
        (a.name, a.shape, a.points_px, a.turn_deg, a.color) for a in whole.areas
    ]
    assert (back.areas[3].mask == mask).all()
    again = read_areas(tmp_path / "areas.csv")[0]
    assert [(a.name, a.shape, a.points_px) for a in again.areas] == [(a.name, a.shape, a.points_px) for a in shapes]
    apart = ImageAreas(image="scene.png", areas=(BOX, Area(name="m", shape="mask", mask=mask)), size_wh=SIZE)
    write_areas([apart], tmp_path / "masks")
    masks = read_areas(tmp_path / "masks")[0]
    assert (masks.image, [a.name for a in masks.areas]) == ("scene.png", ["box", "m"])
    assert (masks.areas[0].mask == BOX.raster(SIZE)).all()
    with pytest.raises(ValueError, match="overlap"):
        write_areas([whole], tmp_path / "other")


def test_a_label_image_proposes_outlines_of_the_same_pixels():
    labels = np.zeros((40, 60), np.uint8)
    labels[5:20, 10:30] = 3
    labels[25:35, 40:55] = 7
    found = areas_of_labels(labels, {3: "face"}, as_outlines=True)
    assert [area.name for area in found] == ["face", "area 7"]
    for area, label in zip(found, (3, 7), strict=True):
        different = area.raster((60, 40)) ^ (labels == label)
        assert different.sum() <= 0.05 * (labels == label).sum()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.json", "{", "not valid JSON"),
        ("a.json", "[]", "no areas"),
        ("a.json", '{"kind":"gazeapp-areas","schema":2,"images":[]}', "schema 2"),
        ("a.json", json.dumps({"kind": "gazeapp-areas", "schema": 1, "images": [{"image": "x"}]}), r"images\[0\]"),
        ("a.csv", "a,b\n", "columns area, image"),
        ("a.csv", "image,area,shape,points_px\nx,y,box,1 1;0 0\n", "line 2: a box needs"),
        ("a.csv", "image,area,shape,points_px\nx,y,star,1 1;0 0\n", "line 2: shape must be"),
        ("a.csv", "image,area,shape,points_px\nx,y,polygon,1 1;nan 2;3 3\n", "not a finite"),
    ],
)
def test_a_file_of_areas_that_is_not_understood_is_refused_with_its_place(tmp_path, name, content, said):
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(UnreadableTable, match=said):
        read_areas(tmp_path / name)


def test_a_mask_that_claims_to_be_huge_is_refused(tmp_path):
    runs = {"width_px": 10**9, "height_px": 10**9, "lengths": [10**18]}
    area = {"name": "m", "shape": "mask", "runs": runs}
    document = {"kind": "gazeapp-areas", "schema": 1, "images": [{"image": "x", "areas": [area]}]}
    (tmp_path / "a.json").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(UnreadableTable, match="impossible size"):
        read_areas(tmp_path / "a.json")


def test_an_area_beside_its_image_is_refused(tmp_path):
    far = ImageAreas(image="x", areas=(Area(name="far", shape="box", points_px=((300, 0), (310, 9))),), size_wh=SIZE)
    write_areas([far], tmp_path / "a.json")
    with pytest.raises(UnreadableTable, match="lies beside its image"):
        read_areas(tmp_path / "a.json")


def test_the_long_table_has_a_row_for_each_person_and_area_and_empty_cells_for_what_is_not_known(tmp_path):
    rows = measure_areas(
        [viewing([(30, 20)], person="A"), viewing([(150, 80)], person="B")],
        [ImageAreas(image="scene.png", areas=(BOX,))],
    )
    write_table(rows, tmp_path / "t.csv")
    lines = (tmp_path / "t.csv").read_text(encoding="utf-8").splitlines()
    header = lines[0].split(",")
    assert header[:8] == ["participant", "group", "session", "trial", "phase", "image", "stimulus_id", "area"]
    assert [line.split(",")[header.index("time_to_first_s")] for line in lines[1:]][1] == ""
    assert [line.split(",")[header.index("hit")] for line in lines[1:]] == ["1", "0"]


def test_a_heat_map_weighs_every_viewing_the_same():
    one, many = viewing([(50, 50)], person="A"), viewing([(150, 50)] * 9, person="B")
    density = heat_map([one, many], weighting="count", sigma_deg=0.5)
    assert density.sum() == pytest.approx(1, abs=1e-5)
    assert density[:, :100].sum() == pytest.approx(0.5, abs=1e-3)
    by_time = heat_map([viewing([(50, 50), (150, 50)], [0.3, 0.1])], weighting="duration", sigma_deg=0.5)
    assert by_time[:, :100].sum() == pytest.approx(0.75, abs=1e-3)


def test_a_gaze_plot_numbers_fixations_on_the_image_and_measures_the_way_between():
    points = gaze_plot(viewing([(10, 10), (500, 10), (10, 50)]))
    assert [point.number for point in points] == [1, 2]
    assert points[1].saccade_deg == pytest.approx(40 / 20)
    assert points[1].saccade_s == pytest.approx(0.05 + 0.2 + 0.05)
    assert math.isnan(points[0].saccade_deg)


def test_two_groups_differ_where_they_look_differently_and_the_interval_says_so():
    rng = np.random.default_rng(0)
    left = [viewing(rng.normal((40, 30), 5, (8, 2)), person=f"L{n}") for n in range(8)]
    right = [viewing(rng.normal((150, 60), 5, (8, 2)), person=f"R{n}") for n in range(8)]
    found = compare(left, right, [BOX])
    assert found.overlap < 0.1
    assert found.difference.sum() == pytest.approx(0, abs=1e-5)
    assert found.areas[0].difference > 0.9
    assert found.areas[0].low > 0.5
    same = compare(left[:4], left[4:], [BOX])
    assert same.areas[0].low <= 0 <= same.areas[0].high or same.areas[0].high - same.areas[0].low < 0.2
    alone = compare(left[:1], right[:1], [BOX])
    assert math.isnan(alone.areas[0].low)


def test_masks_that_are_photographs_are_refused(tmp_path):
    (tmp_path / "m").mkdir()
    cv2.imwrite(str(tmp_path / "m" / "x.png"), np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(UnreadableTable, match="one channel"):
        read_areas(tmp_path / "m")
