"""The images on which people differ most, by what the weights learnt."""

from __future__ import annotations

import json

import numpy as np
import pytest

from gazeapp.__main__ import main
from gazeapp.locations import assets_dir
from gazeapp.runtime.best_images import choose_best, gain_bits, most_telling


def along(*axes: float) -> np.ndarray:
    return np.diag(np.array(axes, dtype=np.float64))


def test_an_image_is_worth_what_it_tells_and_the_same_again_less():
    assert gain_bits([along(3, 0)]) == pytest.approx(1.0)
    assert gain_bits([along(3, 0), along(0, 3)]) == pytest.approx(2.0)
    assert gain_bits([along(3, 0), along(3, 0)]) < 1.5
    assert gain_bits([]) == 0


def test_of_images_that_tell_the_same_one_is_taken():
    images = [along(3, 0), along(2.9, 0), along(0, 1), along(0.1, 0.1)]
    best = choose_best(images, 2)
    assert best.chosen == (0, 2)
    assert best.bits == pytest.approx(gain_bits([images[0], images[2]]))
    assert most_telling(along(3, 0), np.array(images)) == 2


def test_what_is_saved_is_counted_against_random_choices():
    rng = np.random.default_rng(0)
    images = [np.outer(v, v) for v in rng.normal(0, 1, (60, 8)) * np.repeat([1.0, 0.2], 30)[:, None]]
    best = choose_best(images, 15)
    assert 20 < best.n_random <= 60
    by_hand = [
        next(m for m in range(1, 61) if gain_bits([images[i] for i in order[:m]]) >= best.bits - 1e-9)
        for order in (np.random.default_rng(5).permutation(60) for _ in range(1))
    ]
    assert abs(best.n_random - by_hand[0]) < 20
    same = choose_best([along(1, 1)] * 10, 5)
    assert same.n_saved == 0


def test_all_images_are_taken_where_there_are_no_more():
    assert choose_best([along(1), along(2)], 9).chosen == (1, 0)


@pytest.mark.slow
def test_the_command_names_the_most_telling_images_first(capsys, tmp_path):
    folder = assets_dir() / "stimuli"
    files = [str(folder / name) for name in ("photo-galaxies.jpg", "photo-astronaut.jpg", "drawn-kitchen.jpg")]
    assert main(["choose", *files, "-k", "2", "--json", "-o", str(tmp_path / "best.txt")]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [image["file"] for image in found["images"]] == [files[1], files[2]]
    assert (tmp_path / "best.txt").read_text().splitlines() == [files[1], files[2]]
    assert found["n_random"] >= 2
    assert found["images"][0]["bits"] > found["images"][1]["bits"] > 0
