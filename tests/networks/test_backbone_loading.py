"""Loading the backbone changes nothing but what is loaded."""

from __future__ import annotations

import torch

from gazeapp.networks import backbone


def test_loading_draws_no_random_numbers():
    backbone._load.cache_clear()
    torch.manual_seed(3)
    backbone.find_backbone()
    after_loading = torch.rand(1)
    torch.manual_seed(3)
    assert torch.equal(torch.rand(1), after_loading)
