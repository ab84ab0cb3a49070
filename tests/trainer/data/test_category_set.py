"""The small data set with categories: what moves with the image, and that `prepare cat2000` reads it."""

import numpy as np
import pytest

from tests.trainer.synthetic_data import write_synthetic
from trainer.data.category_set import VERSIONS, write_category_set
from trainer.data.dataset import open_data
from trainer.data.prepare import write_data
from trainer.data.readers.registry import read_published


def look_at_the_disc(version):
    image = np.full((240, 320, 3), 90, np.uint8)
    image[40:60, 100:120] = (250, 240, 20)
    return VERSIONS[version](image, np.array([[110.0, 50.0]]), np.random.default_rng(3))


@pytest.mark.parametrize("version", ["Original", "Inverted", "Jumbled", "BlackWhite", "LowResolution"])
def test_fixation_stays_on_what_was_looked_at(version):
    image, points = look_at_the_disc(version)
    x, y = points[0].astype(int)
    assert image[y, x].mean() > image.mean() + 40


@pytest.mark.parametrize("version", ["Negative", "Noisy", "Sketch", "LineDrawing"])
def test_versions_of_light_and_line_leave_the_gaze(version):
    image, points = look_at_the_disc(version)
    assert image.shape == (240, 320, 3)
    assert image.dtype == np.uint8
    assert points.tolist() == [[110.0, 50.0]]


def test_set_is_read_as_cat2000_with_its_categories(tmp_path):
    source = write_synthetic(tmp_path / "images", n_images=30, n_observers=3)
    n = write_category_set([source], tmp_path / "root", versions=2)
    read = read_published("cat2000", tmp_path / "root", None)
    assert len(read.image_paths) == n
    assert set(read.categories) == set(VERSIONS)
    taken = (tmp_path / "root" / "taken.txt").read_text().split()
    assert taken == [f"synthetic:{i}" for i in range(1, 30, 2)]
    write_data(read, tmp_path / "DATA", map_size_wh=(32, 24))
    data = open_data(tmp_path / "DATA")
    assert data.categories == read.categories
    assert data.image_names[0].startswith("BlackWhite/synthetic-")
    assert len(set(data.image_names)) == n
