"""Every kind of row on people who differ on purpose, and what none of them may see."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gazeapp.errors import CheckpointError
from gazeapp.networks.checkpoint import save_checkpoint
from gazeapp.networks.personal_saliency import PersonalNetwork
from gazeapp.networks.user_embedding import UserEncoder
from gazeapp.networks.user_posterior import BasisPersonalNetwork, UserPosterior
from tests.trainer.synthetic_people import (
    LEARNING_IMAGES,
    SCORED_IMAGES,
    UNKNOWN,
    closed_group,
    open_group,
    with_other_gaze,
    write_people,
)
from trainer.evaluation.baselines.interface import Query, SupportSet
from trainer.evaluation.baselines.per_observer import Bank, ChosenOnSupportModel, OracleModel, OwnNetworkModel
from trainer.evaluation.baselines.personal import Embedder, MeanUserModel, PersonalModel
from trainer.evaluation.baselines.posterior import (
    AverageObserverModel,
    PersonalBasisModel,
    PosteriorEmbedder,
    ProjectedImages,
)
from trainer.evaluation.baselines.registry import CLASSIC, load_models
from trainer.evaluation.baselines.ridge import RidgeModel
from trainer.evaluation.baselines.uniform_mixing import best_share, with_floor
from trainer.evaluation.baselines.universal import CentreModel, SelfInclusiveModel, SpatialPriorModel, UniversalModel
from trainer.evaluation.metrics import evaluate_maps

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    return write_people(tmp_path_factory.mktemp("people"))


def query_of(data, observer, whose=None, n_pairs=12):
    whose = observer if whose is None else whose
    support = SupportSet(observer=whose, images=LEARNING_IMAGES[:n_pairs])
    base_NHW = data.base(observer, SCORED_IMAGES)
    return Query(observer=observer, images=SCORED_IMAGES, base_NHW=base_NHW, support=support)


def mean_cc(data, row, observer, whose=None):
    predicted = row.predict(data, query_of(data, observer, whose))
    truth = data.personal(observer, SCORED_IMAGES)
    return float(evaluate_maps(predicted, truth_BHW=truth, metrics=("cc",))["cc"].mean())


def models_of_networks(seed=0):
    torch.manual_seed(seed)
    paper, embedder = (
        PersonalNetwork(dim=4, widths=(8, 8, 8)),
        Embedder(UserEncoder(widths=(4, 4, 8, 8), dim=4)),
    )
    best, posterior = (
        BasisPersonalNetwork(n_axes=8, n_basis=2, dim=4),
        UserPosterior(n_axes=8, n_basis=2, n_habits=2),
    )
    projected = ProjectedImages(best.basis)
    return [
        PersonalModel(paper, embedder, name="p", wrong_name="", peak=0.5),
        MeanUserModel(paper, embedder, name="m", peak=0.5),
        PersonalBasisModel(best, PosteriorEmbedder(posterior), projected),
        AverageObserverModel(best, projected),
    ]


def test_universal_map_of_an_open_group_is_the_mean_of_the_known_observers(people):
    data = open_group(people)
    maps = data.tensors.maps(SCORED_IMAGES)
    torch.testing.assert_close(data.base(4, SCORED_IMAGES), maps[:, :4].mean(dim=1))


def test_universal_map_of_a_closed_group_leaves_the_target_out(people):
    data = closed_group(people)
    maps = data.tensors.maps(SCORED_IMAGES)
    others = maps[:, [0, 1, 3, 4, 5]].mean(dim=1)
    torch.testing.assert_close(data.base(2, SCORED_IMAGES), others, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("build", [*CLASSIC.values()], ids=[*CLASSIC])
def test_every_row_predicts_densities(build, people):
    data, row = open_group(people), build()
    row.fit(data)
    density_NHW = row.predict(data, query_of(data, 4))
    assert density_NHW.shape == (len(SCORED_IMAGES), 24, 32)
    assert float(density_NHW.min()) >= 0
    assert density_NHW.sum(dim=(1, 2)).tolist() == pytest.approx([1] * len(SCORED_IMAGES), abs=1e-4)


@pytest.mark.parametrize("kind", ["open", "closed"])
def test_no_row_but_the_labelled_one_sees_the_gaze_that_it_is_scored_on(kind, people):
    data = {"open": open_group, "closed": closed_group}[kind](people)
    changed = with_other_gaze(data, 4, SCORED_IMAGES)
    for build in (*CLASSIC.values(), *(lambda k=k: models_of_networks()[k] for k in range(4))):
        predicted = []
        for each in (data, changed):
            row = build()
            row.fit(each)
            predicted.append(row.predict(each, query_of(each, 4)))
        is_same = torch.allclose(*predicted, atol=1e-7, rtol=1e-4)
        assert is_same is not isinstance(row, SelfInclusiveModel), row.name


@pytest.mark.parametrize("build", [RidgeModel, SpatialPriorModel])
def test_own_pairs_tell_more_than_those_of_somebody_who_looks_elsewhere(build, people):
    data, row = open_group(people), build()
    row.fit(data)
    left, right = UNKNOWN
    for observer, other in ((left, right), (right, left)):
        own = mean_cc(data, row, observer)
        assert own > mean_cc(data, row, observer, whose=other)
        assert own > mean_cc(data, UniversalModel(), observer)


@pytest.mark.parametrize("build", [RidgeModel, SpatialPriorModel])
def test_few_pairs_move_a_prediction_less_than_many(build, people):
    data, row = open_group(people), build()
    row.fit(data)
    plain = (
        row.predict(data, query_of(data, 4, n_pairs=12)),
        row.predict(data, query_of(data, 4, n_pairs=1)),
    )
    base = UniversalModel().predict(data, query_of(data, 4))
    many, few = (float((p - with_floor(base, row.floor)).abs().sum()) for p in plain)
    assert few < many


def test_self_inclusive_map_flatters(people):
    data = open_group(people)
    assert mean_cc(data, SelfInclusiveModel(), 4) > mean_cc(data, UniversalModel(), 4) + 0.02


def test_centre_bias_leaves_the_target_out_and_is_positive_everywhere(people):
    data = closed_group(people)
    row = CentreModel()
    row.fit(data)
    assert float(row.density(0).min()) > 0
    changed = with_other_gaze(data, 0, LEARNING_IMAGES)
    other = CentreModel()
    other.fit(changed)
    torch.testing.assert_close(row.density(0), other.density(0))
    assert not torch.allclose(row.density(1), other.density(1))


def test_floor_is_what_the_divergence_asks_for():
    truth = torch.full((1, 2, 2), 0.25)
    concentrated = torch.tensor([[[0.5, 0.5], [0.0, 0.0]]])
    assert best_share([truth], [truth])[0] == 0.0
    assert best_share([concentrated], [truth])[0] == 0.2


def test_embedding_of_an_unknown_person_uses_only_the_support_pairs(people):
    data = open_group(people)
    changed = with_other_gaze(data, 4, LEARNING_IMAGES[12:])
    for k in (0, 2):
        first = models_of_networks()[k].predict(data, query_of(data, 4))
        second = models_of_networks()[k].predict(changed, query_of(changed, 4))
        torch.testing.assert_close(first, second)


def save(folder, architecture, network, config, **provenance):
    path = folder / f"{architecture}.safetensors"
    save_checkpoint(
        path,
        architecture=architecture,
        config=config,
        tensors=network.state_dict(),
        provenance={"usm_peak": 0.5, **provenance},
    )
    return path


def test_weights_become_rows_by_their_architecture(tmp_path):
    config = {"dim": 4, "widths": (4, 4, 8, 8)}
    encoder = save(tmp_path, "user_embedding", UserEncoder(**config), config)
    config = {"dim": 4, "widths": (8, 8, 8)}
    paper = save(tmp_path, "personal_paper", PersonalNetwork(**config), config)
    rows, checkpoints = load_models([encoder, paper])
    assert [row.name for row in rows] == ["personal_paper", "personal_paper_mean_user"]
    assert rows[0].wrong_name == "personal_paper_wrong_user"
    assert len(checkpoints) == 2


def test_refiner_that_was_trained_without_users_is_one_row(tmp_path):
    config = {"dim": 4, "widths": (4, 4, 8, 8)}
    encoder = save(tmp_path, "user_embedding", UserEncoder(**config), config)
    config = {"dim": 4, "widths": (8, 8, 8), "conditioned": False}
    refiner = save(tmp_path, "personal_paper", PersonalNetwork(**config), config)
    assert [row.name for row in load_models([encoder, refiner])[0]] == ["unconditioned"]


def test_personal_network_without_an_embedding_network_is_refused(tmp_path):
    config = {"dim": 4, "widths": (8, 8, 8)}
    paper = save(tmp_path, "personal_paper", PersonalNetwork(**config), config)
    with pytest.raises(CheckpointError, match="needs an embedding network"):
        load_models([paper])


def test_images_without_fixations_are_no_support(people):
    data = open_group(people)
    data.tensors.has_map_NO[3, 4] = False
    assert 3 not in data.usable(4)
    assert len(data.usable(4)) == len(LEARNING_IMAGES) - 1
    assert np.array_equal(data.usable(5), LEARNING_IMAGES)


class LeftOrRight(torch.nn.Module):
    """Networks of people who look left (even) or right (odd) whatever the image."""

    universal = True

    def discrepancies(self, image_BOCHW, usm_BOHW, observers):
        delta = torch.zeros(len(image_BOCHW), 1, 3, 4)
        delta[..., :2] = -0.5 if observers.start % 2 else 0.5
        return [-delta, delta]


def bank(n=4, source="synthetic"):
    return Bank(LeftOrRight(), [f"{source}:person-{k}" for k in range(n)], 0.5)


def test_known_observers_have_their_own_network_and_unknown_ones_those_of_others(people):
    own, oracle, chosen = (build(bank(), "x") for build in (OwnNetworkModel, OracleModel, ChosenOnSupportModel))
    closed, unknown = closed_group(people), open_group(people)
    assert [row.applies(closed, [0, 3]) for row in (own, oracle, chosen)] == [True, False, False]
    assert [row.applies(unknown, UNKNOWN) for row in (own, oracle, chosen)] == [False, True, True]
    somebody_else = OwnNetworkModel(Bank(LeftOrRight(), ["synthetic:person-1"], 0.5), "x")
    assert mean_cc(closed, own, 1) > mean_cc(closed, somebody_else, 1)


def test_network_chosen_on_support_pairs_is_that_of_somebody_alike(people):
    data = open_group(people)
    chosen, oracle = ChosenOnSupportModel(bank(), "x"), OracleModel(bank(), "y")
    for observer in UNKNOWN:
        query = query_of(data, observer)
        side = LeftOrRight().discrepancies(torch.zeros(1), None, slice(observer, observer + 1))[-1]
        delta = torch.nn.functional.interpolate(side, size=(24, 32), mode="bilinear")[:, 0]
        expected = (query.base_NHW + delta).clamp_min(0)
        expected = expected / expected.sum(dim=(1, 2), keepdim=True)
        torch.testing.assert_close(chosen.predict(data, query), expected)
        assert mean_cc(data, oracle, observer) >= mean_cc(data, chosen, observer)


def test_networks_of_another_data_set_are_candidates_where_there_are_no_nearer_ones(people):
    data = open_group(people)
    assert bank(source="elsewhere").candidates(data, 4) == [0, 1, 2, 3]
    mixed = Bank(LeftOrRight(), ["elsewhere:a", "synthetic:person-0", "synthetic:person-4"], 0.5)
    assert mixed.candidates(data, 4) == [1]
    assert mixed.own(data, 4) == 2
