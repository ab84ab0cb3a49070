"""Objects are outlined by boxes, polygons and masks; what cannot be one is refused by line."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from gazeapp.errors import UnreadableTable
from trainer.analyses.object_shapes import Box, Mask, Polygon, coverage, read_objects

SIZE_WH, GRID_HW = (40, 20), (4, 8)


def outline(corners):
    return Polygon(image="a", name="animal", corners_px=tuple(corners))


def test_a_polygon_with_the_corners_of_a_box_covers_what_the_box_does():
    box = Box(image="a", name="x", x_px=2.5, y_px=5, w_px=20, h_px=10)
    corners = [(2.5, 5), (22.5, 5), (22.5, 15), (2.5, 15)]
    for turned in (corners, corners[::-1], corners[2:] + corners[:2]):
        np.testing.assert_allclose(outline(turned).covered(SIZE_WH, GRID_HW), box.covered(SIZE_WH, GRID_HW))


def test_a_triangle_covers_half_of_its_box_and_a_hole_is_no_part():
    triangle = outline([(0, 0), (40, 0), (0, 20)])
    assert triangle.covered(SIZE_WH, GRID_HW).mean() == pytest.approx(0.5, abs=0.02)
    ring = outline([(0, 0), (40, 0), (40, 20), (0, 20), (0, 0), (10, 5), (10, 15), (30, 15), (30, 5), (10, 5)])
    covered = ring.covered(SIZE_WH, GRID_HW)
    assert covered.mean() == pytest.approx(0.75, abs=0.02)
    assert covered[2, 4] == 0


def test_what_leaves_the_image_is_cut_off():
    assert outline([(-40, -20), (20, -20), (20, 60), (-40, 60)]).covered(SIZE_WH, GRID_HW).mean() == 0.5


@pytest.mark.parametrize("scale", [1, 0.1, 4])
def test_a_mask_is_bright_where_the_object_is(scale, tmp_path):
    picture = np.zeros((round(20 * scale), round(40 * scale)), np.uint8)
    picture[:, : round(20 * scale)] = 255
    cv2.imwrite(str(tmp_path / "m.png"), picture)
    covered = Mask(image="a", name="text", path=tmp_path / "m.png").covered(SIZE_WH, GRID_HW)
    expected = np.repeat([1.0, 0.0], 4)[None].repeat(4, axis=0)
    np.testing.assert_allclose(covered, expected)


def test_a_table_may_hold_all_three(tmp_path):
    cv2.imwrite(str(tmp_path / "m.png"), np.full((20, 40), 255, np.uint8))
    table = tmp_path / "objects.csv"
    table.write_text(
        "image,object,x_px,y_px,w_px,h_px,polygon,mask\n"
        "a,face,0,0,10,10,,\n"
        "a,animal,,,,,0 0 20 0 0 20,\n"
        "a,text,,,,,,m.png\n"
    )
    found = read_objects(table)
    assert [type(shape).__name__ for shape in found] == ["Box", "Polygon", "Mask"]
    assert [shape.name for shape in found] == ["face", "animal", "text"]
    assert coverage(found, SIZE_WH, GRID_HW).min() == pytest.approx(1)


@pytest.mark.parametrize(
    ("header", "line", "said"),
    [
        ("polygon", "0 0 1 1", "3 to 10000 corners"),
        ("polygon", "0 0 1 1 2", "corners x y"),
        ("polygon", "0 0 1 1 2 inf", "finite numbers"),
        ("polygon", "a b c d e f", "could not convert"),
        ("mask", "../secret.png", "outside the table's folder"),
        ("mask", "/etc/passwd", "outside the table's folder"),
        ("mask", "none.png", "is missing"),
        ("mask", "", "no outline"),
    ],
)
def test_what_is_no_outline_is_refused_by_its_line(header, line, said, tmp_path):
    table = tmp_path / "objects.csv"
    table.write_text(f"image,object,{header}\na,text,{line}\n")
    with pytest.raises(UnreadableTable, match=f"line 2: .*{said}"):
        read_objects(table)


def test_a_mask_of_another_picture_or_no_picture_is_refused(tmp_path):
    cv2.imwrite(str(tmp_path / "m.png"), np.zeros((20, 20), np.uint8))
    (tmp_path / "n.png").write_text("not a picture")
    with pytest.raises(UnreadableTable, match="20 x 20 pixels are no mask of a, which has 40 x 20"):
        Mask(image="a", name="text", path=tmp_path / "m.png").covered(SIZE_WH, GRID_HW)
    with pytest.raises(UnreadableTable, match=r"n\.png"):
        Mask(image="a", name="text", path=tmp_path / "n.png").covered(SIZE_WH, GRID_HW)


def test_a_table_without_any_outline_says_which_there_are(tmp_path):
    table = tmp_path / "objects.csv"
    table.write_text("image,object\na,face\n")
    with pytest.raises(UnreadableTable, match="x_px,y_px,w_px,h_px or polygon or mask"):
        read_objects(table)
