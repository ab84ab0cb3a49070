"""Losses against what they promise."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gazeapp.errors import NotEnoughData
from gazeapp.networks.map_grid import to_density
from trainer.engine.losses import correlation, density_loss, draw_image_sets, step_size, triplet_loss
from trainer.reports.statistics import holm


def distinct_people(n_images=9, noise=0.0):
    torch.manual_seed(0)
    person_O1D = torch.eye(4)[:, None]
    return person_O1D.expand(4, n_images, 4) + noise * torch.randn(4, n_images, 4)


def image_sets():
    """The same for every caller."""
    size = step_size(2, n_observers=4, n_images=9, n_embeddings=16)
    return torch.from_numpy(draw_image_sets(np.random.default_rng(0), size))


@pytest.mark.parametrize("m", [1, 2, 4, 8, 32, 64])
def test_no_two_embeddings_of_a_step_are_of_the_same_pairs(m):
    size = step_size(m, n_observers=8, n_images=600, n_embeddings=256)
    weights_SKN = draw_image_sets(np.random.default_rng(0), size)
    assert weights_SKN.shape[:2] == (3, 10)
    assert np.array_equal((weights_SKN > 0).sum(axis=-1), np.full((3, 10), m))
    for own_KN in weights_SKN:
        assert len(np.unique(own_KN, axis=0)) == 10
    used_SN = (weights_SKN > 0).any(axis=1)
    assert (used_SN.sum(axis=0) <= 1).all()


def test_more_pairs_than_the_images_hold_are_refused_in_one_line():
    with pytest.raises(NotEnoughData, match=r"^m = 64: 3 sets .* need 195 images, there are 190; use a smaller m"):
        step_size(64, n_observers=8, n_images=190, n_embeddings=256)


def test_few_images_make_fewer_embeddings_instead_of_equal_ones():
    size = step_size(2, n_observers=2, n_images=9, n_embeddings=256)
    assert (size.images_each, size.per_observer) == (3, 3)


@pytest.mark.parametrize("hard", [False, True], ids=["semi-hard", "hard"])
def test_triplet_loss_vanishes_for_distinct_people(hard):
    loss, hits = triplet_loss(distinct_people(), image_sets(), margin=0.05, hard=hard)
    assert float(loss) == 0
    assert float(hits) == 1


def test_triplet_loss_is_the_margin_when_everyone_is_alike():
    loss, _ = triplet_loss(torch.ones(4, 9, 4), image_sets(), margin=0.05, hard=True)
    assert float(loss) == pytest.approx(0.05, abs=1e-6)


def test_triplet_gradient_pulls_a_person_together():
    feature_OND = distinct_people(noise=2.0).requires_grad_()
    loss, _ = triplet_loss(feature_OND, image_sets(), margin=0.5, hard=True)
    (gradient,) = torch.autograd.grad(loss, feature_OND)
    pulled_OND = feature_OND.detach() - 0.1 * gradient
    better, _ = triplet_loss(pulled_OND, image_sets(), margin=0.5, hard=True)
    assert float(better) < float(loss.detach())


def test_density_loss_is_zero_for_the_truth():
    truth = to_density(torch.rand(2, 6, 8))
    loss, kld, cc = density_loss(truth.log(), truth, 1.0)
    assert float(loss) == pytest.approx(0, abs=1e-5)
    assert float(kld) == pytest.approx(0, abs=1e-5)
    assert float(cc) == pytest.approx(1, abs=1e-5)


def test_correlation_equals_numpys():
    a, b = torch.rand(3, 50), torch.rand(3, 50)
    expected = [np.corrcoef(x, y)[0, 1] for x, y in zip(a.numpy(), b.numpy(), strict=True)]
    np.testing.assert_allclose(correlation(a, b), expected, rtol=1e-4)


def test_holm_steps_down():
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06])
