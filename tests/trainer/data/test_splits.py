"""Left-out images: fixed by seed, disjoint, complete."""

from __future__ import annotations

import pytest

from trainer.data.splits import split_images


@pytest.mark.parametrize("n_images", [10, 450, 631])
def test_every_image_is_in_one_part(n_images):
    parts = split_images(n_images)
    together = [i for positions in parts.values() for i in positions]
    assert sorted(together) == list(range(n_images))
    assert len(parts["validation"]) == len(parts["test"]) == round(n_images / 10)


def test_seed_decides_the_split():
    assert split_images(100, seed=3) == split_images(100, seed=3)
    assert split_images(100, seed=3) != split_images(100, seed=4)
