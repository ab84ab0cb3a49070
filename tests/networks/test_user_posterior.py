"""The posterior embedding: grows with evidence, adds up pairs, and predicts what it was told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from gazeapp.gaze.viewing_statistics import HABITS, viewing_habits
from gazeapp.networks.encoder import SeenImage, ViewedImage
from gazeapp.networks.gaze_basis import on_basis_grid
from gazeapp.networks.map_grid import to_density
from gazeapp.networks.user_posterior import (
    COEFFICIENT_WIDTH,
    FIXATIONS_OF_IMAGE,
    TYPICAL_FIXATIONS,
    BasisPersonalNetwork,
    UserPosterior,
)

GRID = (24, 32)
CHANNELS = (6, 8)


@pytest.fixture(scope="module")
def encoder() -> UserPosterior:
    torch.manual_seed(0)
    made = UserPosterior(channels=CHANNELS, n_axes=5, n_basis=4, n_habits=2).eval()
    made.basis.axes.normal_(std=0.3)
    return made


def seen(n: int, grid: tuple[int, int] = GRID) -> dict[str, Any]:
    features = [torch.randn(n, c, grid[0] // s, grid[1] // s) for c, s in zip(CHANNELS, (4, 8), strict=True)]
    return {"image_BCHW": torch.rand(n, 3, *grid), "features": features}


def pairs(n: int, seed: int = 0, **changes: Any) -> ViewedImage:
    torch.manual_seed(seed)
    density = torch.rand(n, *GRID) + 0.01
    values = {
        **seen(n),
        "psm_BHW": torch.rand(n, *GRID),
        "density_BHW": density / density.sum(dim=(1, 2), keepdim=True),
        "n_fixations_B": torch.full((n,), 9.0),
    }
    return ViewedImage(**(values | changes))


def test_nothing_seen_is_the_average_observer(encoder: UserPosterior) -> None:
    assert not encoder.pool(torch.zeros(1, encoder.feature_size)).any()


def test_order_of_pairs_does_not_matter(encoder: UserPosterior) -> None:
    with torch.no_grad():
        statistics = encoder.encode(pairs(5))
        forward, backward = (encoder.pool(order.sum(dim=0)[None]) for order in (statistics, statistics.flip(0)))
    torch.testing.assert_close(forward, backward)


def test_a_viewing_is_worth_as_much_as_it_has_fixations(encoder: UserPosterior) -> None:
    with torch.no_grad():
        few, many = (encoder.encode(pairs(1, n_fixations_B=torch.tensor([n]))) for n in (5.0, 10.0))
        torch.testing.assert_close(encoder.pool(2 * few), encoder.pool(many))
        assert encoder.pool(many).norm() > encoder.pool(few).norm()


def test_people_who_share_a_universal_map_get_the_statistics_they_get_alone(encoder: UserPosterior) -> None:
    looked = on_basis_grid(torch.rand(3, *GRID), (6, 8))
    usm = on_basis_grid(torch.rand(1, *GRID), (6, 8))
    with torch.no_grad():
        projected = encoder.basis.project(seen(1)["features"])
        together = encoder.shared_statistics(projected, looked[None], usm)[0]
        alone = encoder.spatial_statistics(projected.expand(3, -1, -1, -1), looked, usm.expand(3, -1, -1))
    torch.testing.assert_close(together, alone)


def test_more_of_the_same_evidence_makes_the_embedding_longer_and_surer(
    encoder: UserPosterior,
) -> None:
    with torch.no_grad():
        one = encoder.encode(pairs(1))
        lengths = [float(encoder.pool(one * m).norm()) for m in (1, 4, 16)]
        precisions = [float(torch.logdet(encoder.precision(one * m))) for m in (0, 1, 4, 16)]
    assert lengths == sorted(lengths)
    assert precisions == sorted(precisions)
    assert precisions[0] == pytest.approx(0.0, abs=1e-6)


def test_one_newton_step_raises_the_likelihood_of_what_was_seen(encoder: UserPosterior) -> None:
    viewed = pairs(8, seed=3)
    looked = viewed.psm_BHW**8
    viewed = replace(viewed, psm_BHW=looked)
    with torch.no_grad():
        user = encoder.pool(encoder.encode(viewed).sum(dim=0)[None]).expand(8, -1)
        projected = encoder.basis.project(viewed.features)
        truth, base = on_basis_grid(looked, (6, 8)), on_basis_grid(viewed.density_BHW, (6, 8))
        told = (encoder.log_density(projected, base, user) * truth).sum()
        untold = (encoder.log_density(projected, base, user * 0) * truth).sum()
    assert told > untold


def test_unknown_habits_leave_the_embedding_as_it_is(encoder: UserPosterior) -> None:
    unknown = torch.full((3, len(HABITS)), float("nan"))
    with torch.no_grad():
        without, with_unknown = (
            encoder.pool(encoder.encode(pairs(3, habits_BT=habits)).sum(dim=0)[None]) for habits in (None, unknown)
        )
    assert torch.equal(with_unknown, without)
    assert not without[:, -2:].any()


def test_personal_maps_are_densities_on_any_grid() -> None:
    torch.manual_seed(0)
    network = BasisPersonalNetwork(channels=CHANNELS, n_axes=5, n_basis=4, dim=6).eval()
    for grid in (GRID, (32, 24), (16, 64)):
        with torch.no_grad():
            universal = to_density(torch.rand(2, *grid))
            density = network.densities(SeenImage(**seen(2, grid)), universal, torch.randn(2, 6))
        assert density.shape == (2, *grid)
        torch.testing.assert_close(density.sum(dim=(1, 2)), torch.ones(2))


def test_the_average_observer_looks_as_the_universal_map_says() -> None:
    torch.manual_seed(0)
    network = BasisPersonalNetwork(channels=CHANNELS, n_axes=5, n_basis=4, dim=6).eval()
    network.basis.axes.normal_()
    universal = to_density(torch.rand(2, *GRID) ** 8)
    image = SeenImage(**seen(2))
    with torch.no_grad():
        average, somebody = (
            network.densities(image, universal, user) for user in (torch.zeros(2, 6), torch.ones(2, 6))
        )
    assert 0.5 * (average - universal).abs().sum(dim=(1, 2)).max() < 1.1e-3
    assert 0.5 * (somebody - universal).abs().sum(dim=(1, 2)).max() > 0.01


def test_habits_do_not_depend_on_where_the_image_lies() -> None:
    rng = np.random.default_rng(0)
    points, durations = rng.uniform(0, 20, (12, 2)), rng.uniform(0.1, 0.6, 12)
    np.testing.assert_allclose(viewing_habits(points, durations), viewing_habits(points + 7, durations), rtol=1e-5)


def habit(name: str, points: list[tuple[float, float]], durations: list[float] | None = None) -> float:
    found = viewing_habits(np.array(points, dtype=float), np.array(durations or [0.2] * len(points)))
    assert np.isfinite(found).all()
    return float(found[HABITS.index(name)])


def test_habits_tell_the_course_and_the_direction_of_saccades() -> None:
    staircase = [(0, 0), (5, 0), (10, 0), (15, 0)]
    there_and_back = [(0, 0), (5, 0), (0.5, 0), (5.5, 0)]
    assert habit("rightward", staircase) == pytest.approx(1)
    assert habit("level_axis", staircase) == pytest.approx(1)
    assert habit("falling_axis", [(0, 0), (3, 3)]) == pytest.approx(1)  # y goes down
    assert (habit("onward_turns", staircase), habit("backward_turns", staircase)) == (1, 0)
    assert (habit("onward_turns", there_and_back), habit("backward_turns", there_and_back)) == (0, 1)
    assert (habit("returns", staircase), habit("returns", there_and_back)) == (0, 1)
    assert habit("log_duration_slope", staircase, [0.1, 0.2, 0.4, 0.8]) > 0
    assert habit("log_third_duration", staircase, [0.1, 0.2, 0.4, 0.8]) == pytest.approx(np.log(0.4))


def test_two_fixations_on_one_spot_have_habits_too() -> None:
    assert np.isfinite(viewing_habits(np.zeros((2, 2)), np.full(2, 0.2))).all()


def test_saccades_do_not_cross_from_one_viewing_to_the_next() -> None:
    points = np.array([[0.0, 0], [1, 0], [30, 0], [31, 0]])
    durations = np.full(4, 0.2)
    together = viewing_habits(points, durations)
    apart = viewing_habits(points, durations, np.array([1, 1, 2, 2]))
    amplitude = HABITS.index("log_amplitude_mean")
    assert apart[amplitude] == pytest.approx(np.log(1.3))
    assert together[amplitude] > apart[amplitude]


@pytest.mark.parametrize("n", [0, 1], ids=["no_fixation", "one_fixation"])
def test_habits_of_too_few_fixations_are_unknown(n: int) -> None:
    assert np.isnan(viewing_habits(np.zeros((n, 2)), np.full(n, 0.2))).all()


def test_what_is_left_open_shrinks_with_every_pair():
    torch.manual_seed(0)
    network = UserPosterior(channels=(4,), n_axes=3, n_basis=5, n_habits=2)
    pair_BS = torch.zeros(1, network.feature_size)
    k = network.basis.n_basis
    rows, columns = torch.triu_indices(k, k)
    pair_BS[0, k : k + len(rows)] = (rows == columns).float()  # a Fisher information of 1 in every direction
    pair_BS[0, [k + len(rows), k + len(rows) + 1, -1]] = 1.0  # a typical viewing, with habits
    with torch.no_grad():
        opened = [float(network.open_variance(n * pair_BS)[0]) for n in (0, 1, 4, 16)]
    # before anything is seen: calibrated variance of 5 coefficients, and of 2 habits at half their weight
    width = COEFFICIENT_WIDTH * (1 + TYPICAL_FIXATIONS / FIXATIONS_OF_IMAGE)
    assert opened[0] == pytest.approx(5 * width + 2 * 0.25 * 1.4)
    assert opened[1] == pytest.approx(5 * width / 2 + 2 * 0.25 * 1.4 / 2)
    assert opened == sorted(opened, reverse=True)


def test_fixations_on_one_image_settle_less_than_as_many_on_several(encoder: UserPosterior) -> None:
    with torch.no_grad():
        once = encoder.encode(pairs(1, n_fixations_B=torch.tensor([10.0])))
        at_once = encoder.encode(pairs(1, n_fixations_B=torch.tensor([40.0])))
        torch.testing.assert_close(encoder.pool(at_once), encoder.pool(4 * once))
        assert encoder.width(at_once) == pytest.approx(
            float(encoder.width(4 * once)) * (1 + 40 / 13.6) / (1 + 10 / 13.6)
        )


def test_statistics_of_one_person_look_more_like_each_other_than_those_of_two():
    torch.manual_seed(0)
    network = UserPosterior(channels=(4,), n_axes=3, n_basis=4, n_habits=2)
    k = network.basis.n_basis
    rows, columns = torch.triu_indices(k, k)

    def viewings(place, habit, n):
        total = torch.zeros(1, network.feature_size)
        total[0, :k] = n * torch.tensor(place)
        total[0, k : k + len(rows)] = n * (rows == columns).float()
        total[0, -3:-1] = n * habit
        total[0, -1] = n
        return total

    person = viewings([1.0, -1.0, 0.5, 0.0], 1.0, 8)

    @torch.no_grad()
    def ratio(other):
        return float(network.log_marginal(person + other) - network.log_marginal(person) - network.log_marginal(other))

    alike = ratio(viewings([1.1, -0.9, 0.5, 0.1], 0.9, 8))
    other_place = ratio(viewings([-1.0, 1.0, -0.5, 0.0], 1.0, 8))
    other_habit = ratio(viewings([1.1, -0.9, 0.5, 0.1], -1.0, 8))
    nothing = ratio(viewings([0.0] * 4, 0.0, 0))
    assert alike > 0 > other_place
    assert other_habit < alike
    assert nothing == pytest.approx(0.0, abs=1e-5)
