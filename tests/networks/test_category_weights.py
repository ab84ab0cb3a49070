"""Category weights: a mixture that stays a density, and the formulations that lose it."""

import pytest
import torch
from torch import nn

from gazeapp.networks.deepgaze.category_weights import CategoryWeights


@pytest.fixture
def each():
    torch.manual_seed(4)
    return torch.randn(3, 4, 6, 8).flatten(2).log_softmax(dim=2).view(3, 4, 6, 8)


def test_weights_at_the_start_are_the_plain_mixture(each):
    mixed = CategoryWeights(4)(each, torch.tensor([0, 7, -1]))
    torch.testing.assert_close(mixed.exp(), each.exp().mean(dim=1))


def test_uneven_weights_give_densities_where_the_report_loses_them(each):
    weights = CategoryWeights(4, ("a", "b"))
    with torch.no_grad():
        weights.weights_NK.copy_(torch.tensor([[3.0, -2.0, 0.0, 1.0], [0.5, 0.0, 5.0, -1.0]]))
    category = torch.tensor([0, 1, -1])
    torch.testing.assert_close(weights(each, category).exp().sum(dim=(1, 2)), torch.ones(3))
    belief = torch.tensor([[0.2, 0.8], [1.0, 0.0], [0.5, 0.5]])
    torch.testing.assert_close(weights.forward_soft(each, belief).exp().sum(dim=(1, 2)), torch.ones(3))
    for lost in (weights.multiply_maps, weights.multiply_log_maps):
        assert (lost(each, belief).exp().sum(dim=(1, 2)) - 1).abs().min() > 0.1


def test_certain_belief_equals_the_category(each):
    weights = CategoryWeights(4, ("a", "b"))
    nn.init.normal_(weights.weights_NK)
    category = torch.tensor([0, 1, 1])
    torch.testing.assert_close(weights.forward_soft(each, weights.one_hot(category)), weights(each, category))
    assert weights.one_hot(torch.tensor([-1])).tolist() == [[0.5, 0.5]]


def test_unknown_category_takes_the_mean_weights(each):
    weights = CategoryWeights(4, ("a", "b"))
    nn.init.normal_(weights.weights_NK)
    assert weights.index("a") == 0
    assert weights.index("elsewhere") == -1
    mean = weights.weights_NK.mean(dim=0).softmax(dim=0)
    expected = (each[:1].exp() * mean[None, :, None, None]).sum(dim=1)
    torch.testing.assert_close(weights(each[:1], torch.tensor([-1])).exp(), expected)


def test_weights_learn_which_component_suits_a_category(each):
    weights = CategoryWeights(4, ("a", "b"))
    descent = torch.optim.Adam(weights.parameters(), lr=0.1)
    category = torch.zeros(3, dtype=torch.long)
    target = each[:, 2].exp()
    for _ in range(60):
        descent.zero_grad()
        (-(target * weights(each, category)).sum()).backward()
        descent.step()
    assert weights.log_weights(torch.tensor([0])).argmax() == 2
    assert weights.weights_NK[1].abs().max() == 0
