from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gazeapp.experiment.plan import BlocksPlan, ExperimentPlan, StimuliPlan, TrialsPlan
from gazeapp.experiment.schedule import break_positions, build_schedule, split_stimuli, williams_row

IDS = tuple(f"image-{i}" for i in range(12))


def plan(order="random", seed=3, repeats=1, size=40, phases=("enrol", "overlay"), **stimuli):
    return ExperimentPlan(
        name="x",
        seed=seed,
        phases=phases,
        stimuli=StimuliPlan(folders=("a",), **stimuli),
        trials=TrialsPlan(order=order, repeats=repeats),
        blocks=BlocksPlan(size=size),
    )


def test_the_same_seed_gives_the_same_order_and_another_seed_another_one():
    first = build_schedule(plan(), IDS, ())
    assert first == build_schedule(plan(), IDS, ())
    assert first != build_schedule(plan(seed=4), IDS, ())


def test_fixed_order_is_the_order_of_the_plan():
    assert [t.stimulus_id for t in build_schedule(plan("fixed"), IDS, ())] == list(IDS)


def test_each_repeat_shows_every_image_once():
    trials = build_schedule(plan(repeats=3), IDS, ())
    for repeat in range(3):
        assert sorted(t.stimulus_id for t in trials if t.repeat == repeat) == sorted(IDS)


def test_blocks_have_the_size_of_the_plan_and_never_span_two_phases():
    trials = build_schedule(plan(size=5), IDS[:8], IDS[8:])
    assert Counter(t.block for t in trials) == {0: 5, 1: 3, 2: 4}
    assert {t.phase for t in trials if t.block == 2} == {"overlay"}
    assert [t.number for t in trials] == list(range(12))


def test_no_image_is_in_both_phases_and_none_is_lost():
    enrol, overlay = split_stimuli(plan(), (*IDS, IDS[0]))
    assert len(enrol) == 9
    assert sorted(enrol + overlay) == sorted(IDS)


@pytest.mark.parametrize(
    ("phases", "expected"), [(("enrol",), (12, 0)), (("overlay",), (0, 12)), (("enrol", "overlay"), (9, 3))]
)
def test_a_phase_that_does_not_run_takes_no_images(phases, expected):
    enrol, overlay = split_stimuli(plan(phases=phases), IDS)
    assert (len(enrol), len(overlay)) == expected


def test_the_number_of_images_is_limited_by_the_plan():
    enrol, overlay = split_stimuli(plan(n_max=6, n_enrol=4), IDS)
    assert (len(enrol), len(overlay)) == (4, 2)


@given(st.integers(1, 15))
def test_in_a_latin_square_every_item_stands_once_at_every_position(n):
    square = [williams_row(n, row) for row in range(n)]
    for column in zip(*square, strict=True):
        assert sorted(column) == list(range(n))


@given(st.integers(1, 7))
def test_an_even_latin_square_balances_which_image_follows_which(half):
    n = 2 * half
    pairs = Counter(
        pair for row in range(n) for pair in zip(williams_row(n, row), williams_row(n, row)[1:], strict=False)
    )
    assert set(pairs.values()) <= {1}
    assert len(pairs) == n * (n - 1)


def test_a_repeated_session_shows_another_order_of_the_same_images():
    first = build_schedule(plan(), IDS, ())
    second = build_schedule(plan(), IDS, (), session_index=1)
    assert first != second
    assert sorted(t.stimulus_id for t in first) == sorted(t.stimulus_id for t in second)


def test_a_break_comes_after_each_whole_block_and_not_between_short_phases():
    assert break_positions([t.block for t in build_schedule(plan(size=5), IDS[:8], IDS[8:])], 5) == {5}
    assert break_positions([t.block for t in build_schedule(plan(size=4), IDS[:8], IDS[8:])], 4) == {4, 8}
    assert break_positions([t.block for t in build_schedule(plan(size=40), IDS[:8], IDS[8:])], 40) == frozenset()


@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 12))
def test_the_estimate_counts_the_breaks_that_come(n_enrol, n_overlay, size):
    made = plan(size=size)
    ids = [f"image-{n}" for n in range(n_enrol + n_overlay)]
    schedule = build_schedule(made, ids[:n_enrol], ids[n_enrol:])
    n_breaks = len(break_positions([trial.block for trial in schedule], size))
    assert made.estimate(n_enrol, n_overlay).breaks_s == n_breaks * made.blocks.break_s
