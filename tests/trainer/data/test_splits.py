"""Left-out images and observers: fixed by seed, disjoint, complete."""

from __future__ import annotations

import pytest

from trainer.data.dataset import open_data, read_names
from trainer.data.prepare import write_data
from trainer.data.splits import observer_folds, split_images, write_splits
from trainer.data.synthetic import write_synthetic


@pytest.mark.parametrize("n_images", [10, 450, 631])
def test_every_image_is_in_one_part(n_images):
    parts = split_images(n_images)
    together = [i for positions in parts.values() for i in positions]
    assert sorted(together) == list(range(n_images))
    assert len(parts["validation"]) == len(parts["test"]) == round(n_images / 10)


def test_seed_decides_the_split():
    assert split_images(100, seed=3) == split_images(100, seed=3)
    assert split_images(100, seed=3) != split_images(100, seed=4)


def test_every_observer_is_left_out_once():
    folds = observer_folds(20)
    assert sorted(o for fold in folds for o in fold) == list(range(20))


def test_lists_leave_out_what_they_name(tmp_path):
    source = write_synthetic(tmp_path / "images", n_images=10, n_observers=4)
    write_data(source, tmp_path / "DATA", map_size_wh=(32, 24))
    data = open_data(tmp_path / "DATA")
    write_splits([data], tmp_path / "lists", seed=1)
    held_out = read_names(tmp_path / "lists" / "held-out.txt")
    kept = data.without(held_out, read_names(tmp_path / "lists" / "fold-1.txt"))
    train = read_names(tmp_path / "lists" / "synthetic-train.txt")
    assert kept.image_index.tolist() == data.only(train, None).image_index.tolist()
    assert kept.observer_index.tolist() == [0, 2, 3]


def test_images_of_a_data_set_that_only_tests_are_not_trained_on(tmp_path):
    source = write_synthetic(tmp_path / "images", n_images=10, n_observers=4)
    write_data(source, tmp_path / "DATA", map_size_wh=(32, 24))
    data = open_data(tmp_path / "DATA")
    write_splits([data], tmp_path / "lists", test_only={"synthetic": data})
    assert read_names(tmp_path / "lists" / "synthetic-train.txt") == []
