"""The paper's recipe: its figures, its losses, and what half precision may change."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gazeapp.errors import SettingsError
from gazeapp.networks.personal_saliency import PersonalNetwork
from gazeapp.networks.user_embedding import UserEncoder
from trainer.engine import configs
from trainer.engine.distributed import autocast
from trainer.engine.losses import discrepancy_loss, draw_image_sets, step_size, triplet_loss

pytestmark = pytest.mark.slow

CPU = torch.device("cpu")


def test_embedding_is_trained_as_the_paper_says():
    config = configs.embedding("paper")
    assert (config.margin, config.batch, config.image_sets) == (0.05, 256, 3)
    assert (config.learning_rate, config.weight_decay, config.dropout) == (1e-3, 0.0, 0.5)
    assert (config.widths, config.dim, config.pool_hw) == ((32, 64, 128, 256), 32, (1, 1))
    assert (config.downsample, config.normalisation) == (1, "batch")
    assert 0 < config.hard_from < 1
    assert len(config.m) > 1


def test_personal_network_is_trained_as_the_paper_says():
    config = configs.personal("paper")
    assert (config.optimizer, config.learning_rate, config.weight_decay) == ("sgd", 0.02, 5e-4)
    assert config.batch == 32
    assert (config.schedule, config.halve_every, config.pool) == ("halving", 25, 100)


def test_networks_have_the_sizes_that_were_read_into_the_paper():
    def n_parameters(network):
        return sum(p.numel() for p in network.parameters())

    assert n_parameters(UserEncoder()) == pytest.approx(398e3, rel=0.01)
    assert n_parameters(PersonalNetwork()) == pytest.approx(1.3e6, rel=0.03)


def image_sets(m, *, n_observers, n_images, n_embeddings):
    size = step_size(m, n_observers=n_observers, n_images=n_images, n_embeddings=n_embeddings)
    return torch.from_numpy(draw_image_sets(np.random.default_rng(0), size))


@pytest.mark.parametrize("hard", [False, True], ids=["semi-hard", "hard"])
def test_anchor_positive_and_negative_share_no_image(hard):
    # with a feature dimension per image, embeddings are as similar as the images they share: not at all
    feature_OND = torch.eye(9).expand(4, 9, 9)
    sets = image_sets(2, n_observers=4, n_images=9, n_embeddings=48)
    loss, _ = triplet_loss(feature_OND, sets, margin=0.05, hard=hard)
    assert float(loss) == pytest.approx(0.05, abs=1e-7)


def test_triplet_loss_of_two_people_is_what_the_equation_says():
    # one embedding of each person per third; the angle between the two people is 60 degrees
    person = torch.tensor([[1.0, 0.0], [0.5, 3**0.5 / 2]])
    feature_OND = person[:, None].expand(2, 6, 2)
    sets = image_sets(1, n_observers=2, n_images=6, n_embeddings=6)
    for hard in (False, True):
        loss, hits = triplet_loss(feature_OND, sets, margin=0.7, hard=hard)
        assert float(loss) == pytest.approx(0.5 - 1 + 0.7, abs=1e-6)
        assert float(hits) == 1


def test_personal_loss_sums_three_mean_squared_errors():
    delta = torch.arange(12.0).view(1, 3, 4) / 12
    fine = delta.repeat_interleave(8, dim=1).repeat_interleave(8, dim=2)
    maps = [torch.zeros(1, 3, 4), delta + 0.5, delta + 0.1]
    loss, values = discrepancy_loss(maps, fine)
    square = float((np.arange(12) / 12) ** 2 @ np.ones(12) / 12)
    assert float(loss) == pytest.approx(square + 0.25 + 0.01, rel=1e-5)
    assert float(values["explained"]) == pytest.approx(1 - 0.01 / square, rel=1e-4)


def test_unconditioned_refiner_gives_everybody_the_mean_persons_map():
    torch.manual_seed(0)
    network = PersonalNetwork(dim=4, widths=(16, 8, 4), conditioned=False)
    network.mean_user.fill_(0.5)
    image, usm = torch.rand(2, 3, 24, 32), torch.rand(2, 24, 32)
    with torch.no_grad():
        a, b = (network(image, usm, user) for user in (torch.zeros(2, 4), torch.ones(2, 4)))
    assert torch.equal(a, b)


def test_half_precision_changes_features_by_less_than_a_percent():
    torch.manual_seed(0)
    encoder = UserEncoder(widths=(8, 8, 16, 16)).eval()
    image, psm = torch.rand(4, 3, 48, 64), torch.rand(4, 48, 64)
    features = []
    for precision in ("float32", "bfloat16"):
        with torch.no_grad(), autocast(precision, CPU):
            features.append(encoder(image, psm))
    assert features[1].dtype == torch.float32
    assert float((features[1] - features[0]).norm() / features[0].norm()) < 0.01


def test_unknown_precision_is_refused():
    with pytest.raises(SettingsError, match="precision=half: needs one of auto, float32, bfloat16"):
        autocast("half", CPU)
