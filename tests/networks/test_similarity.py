"""Whether two embeddings are of one person: a ratio that grows with evidence, symmetric, and calibrated."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch

from gazeapp.__main__ import main
from gazeapp.networks.similarity import SUPPORT_SIZES, Similarity, probability, shares
from gazeapp.store.embedding import UserEmbedding, write_embedding
from gazeapp.store.study import Study
from trainer.methods.similarity import fit_similarity


class Averaging:
    """An encoder whose embedding is the mean of what pairs say."""

    dim, feature_size, backbone_sha256 = 4, 5, None

    def encode(self, viewed):
        raise NotImplementedError

    def pool(self, total_BS):
        return total_BS[:, :4] / total_BS[:, 4:].clamp_min(1)


def people(n_images=60, n_people=40, seed=0):
    rng = np.random.default_rng(seed)
    place = rng.normal(size=(n_people, 4)) * [2.0, 1.0, 0.5, 0.0]
    said = place + rng.normal(size=(n_images, n_people, 4)) * 3
    return torch.from_numpy(np.concatenate([said, np.ones((n_images, n_people, 1))], axis=2)).float()


@pytest.fixture(scope="module")
def similarity():
    made = Similarity(dim=4, n_axes=4)
    fit_similarity(made, Averaging(), [people()], seed=0)
    return made


def embedding(statistics, person, images):
    return Averaging().pool(statistics[images, person].sum(dim=0)[None])[0]


def ratios(similarity, m, *, same, seed=1):
    new = people(seed=seed)
    found = []
    for person in range(new.shape[1]):
        other = person if same else (person + 1) % new.shape[1]
        first, second = embedding(new, person, slice(0, m)), embedding(new, other, slice(m, 2 * m))
        found.append(similarity.log_likelihood_ratio(first, m, second, m))
    return np.array(found)


def test_people_not_fitted_on_are_told_from_others(similarity):
    # means of five populations of forty hang on a few far pairs (.24 and -3.4), so the side of even is looked at: .71
    # and .76 of pairs are right, because two of the four numbers hardly differ between people
    right = [
        (np.sign(ratios(similarity, 16, same=same, seed=seed)) == sign).mean()
        for same, sign in ((True, 1), (False, -1))
        for seed in range(1, 6)
    ]
    assert np.mean(right[:5]) > 0.67
    assert np.mean(right[5:]) > 0.72


def test_more_pairs_say_more(similarity):
    assert ratios(similarity, 30, same=True).mean() > ratios(similarity, 4, same=True).mean()


def test_probabilities_are_calibrated_on_new_people(similarity):
    cases = [(same, seed) for seed in range(1, 10) for same in (True, False)]
    said = np.array([[probability(x) for x in ratios(similarity, 8, same=same, seed=seed)] for same, seed in cases])
    truth = np.array([[float(same)] * 40 for same, _ in cases])
    for low, high in ((0.0, 0.4), (0.4, 0.7)):  # eight pairs hardly ever say more
        chosen = (said >= low) & (said < high)
        # measured -.04 and -.06: where the laboratory may be any, the ratio says less than it could at home
        assert -0.11 < said[chosen].mean() - truth[chosen].mean() < 0.02


def far_away(people_NOS, by=4.0):
    """The same people under another tracker: all of them moved alike."""
    moved = people_NOS.clone()
    moved[..., :4] += by
    return moved


def strangers(similarity, m, *, among=0, by=4.0):
    """Ratios of pairs of different people of a laboratory far from that of training."""
    new = far_away(people(seed=7), by=by)
    found = []
    for person in range(20):
        first, second = embedding(new, person, slice(0, m)), embedding(new, person + 20, slice(m, 2 * m))
        others = [(embedding(new, k, slice(0, m)), m) for k in range(20) if k != person][:among]
        found.append(similarity.log_likelihood_ratio(first, m, second, m, similarity.laboratory(others)))
    return np.array(found)


@pytest.mark.parametrize("by", [2.0, 4.0, 100.0])
def test_people_of_a_strange_laboratory_do_not_look_like_each_other(similarity, by):
    # before laboratories were thought of, nearly all of these looked like one person, with odds of e^6 and more
    assert np.mean(strangers(similarity, 16, by=by) > math.log(9)) < 0.1
    assert np.median(strangers(similarity, 16, by=by)) < 0


def test_others_of_the_laboratory_make_it_surer(similarity):
    alone, among = strangers(similarity, 8), strangers(similarity, 8, among=12)
    assert np.logaddexp(0, among).mean() < np.logaddexp(0, alone).mean()


def test_a_laboratory_known_from_many_lies_where_its_people_do(similarity):
    new = far_away(people(n_people=200, seed=3), by=0.0)
    known = similarity.laboratory([(embedding(new, k, slice(0, 32)), 32) for k in range(200)])
    assert float(known.place_L[0].abs()) < 0.3
    assert float(known.open_L[0]) < 0.05
    assert float(similarity.laboratory().open_L.min()) == 1.0


def test_the_ratio_does_not_depend_on_who_is_named_first(similarity):
    a, b = torch.tensor([1.0, 2, 0, -1]), torch.tensor([0.5, -1, 1, 0])
    there, back = similarity.log_likelihood_ratio(a, 4, b, 32), similarity.log_likelihood_ratio(b, 32, a, 4)
    assert there == pytest.approx(back, abs=1e-4)
    assert math.isfinite(similarity.log_likelihood_ratio(a * 1e6, 1, b, 10_000))


def test_nothing_learnt_says_nothing():
    assert not Similarity(dim=3).is_learnt
    assert Similarity(dim=3).log_likelihood_ratio(torch.ones(3), 4, torch.ones(3), 4) == 0


def test_shares_of_candidates_sum_to_one():
    assert sum(shares([-800.0, 3.0, 900.0])) == pytest.approx(1)
    assert shares([]) == []
    assert len(SUPPORT_SIZES) == 6


@pytest.fixture
def folder(tmp_path):
    from gazeapp.networks.predictors import Predictors

    networks = Predictors.load(device="cpu")
    rng = np.random.default_rng(0)
    for name in ("ada", "bob", "cleo"):
        vector = tuple(rng.normal(size=networks.dim).tolist())
        write_embedding(own(networks, vector), tmp_path / f"{name}.json")
        if name == "bob":
            again = tuple((np.array(vector) + 0.1 * rng.normal(size=networks.dim)).tolist())
            write_embedding(own(networks, again), tmp_path / "asked" / "who.json")
    return tmp_path


def own(networks, vector):
    return UserEmbedding(
        vector=vector,
        n_pairs=32,
        spread=0.1,
        model_name=networks.name,
        model_sha256=networks.sha256,
        sigma_deg=1.0,
    )


def test_identify_names_the_nearest_person_first(folder, capsys):
    assert main(["identify", str(folder / "asked" / "who.json"), "--among", str(folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["candidates"][0]["name"] == "bob"
    assert sum(entry["share"] for entry in found["candidates"]) == pytest.approx(1, abs=1e-3)


def test_identify_refuses_embeddings_of_other_weights_and_empty_places(folder, tmp_path, capsys):
    path = folder / "asked" / "who.json"
    document = json.loads(path.read_text())
    document["model"]["sha256"] = "0" * 64
    foreign = folder / "asked" / "foreign.json"
    foreign.write_text(json.dumps(document))
    (tmp_path / "empty").mkdir()
    for asked, among, words in (
        (foreign, folder, "made by other weights"),
        (path, tmp_path / "empty", "holds no EMBEDDING.json files"),
        (path, tmp_path / "absent", "neither a study nor a folder"),
        (path, folder / "asked", "no embedding of the weights in use"),
    ):
        assert main(["identify", str(asked), "--among", str(among)]) == 2
        error = capsys.readouterr().err.strip()
        assert words in error
        assert "\n" not in error


def test_identify_names_a_file_that_is_no_embedding_and_goes_on(folder, tmp_path, capsys):
    (folder / "settings.json").write_text("{}")
    (folder / "cut.json").write_text('{"schema": 1, "vec')
    assert main(["identify", str(folder / "asked" / "who.json"), "--among", str(folder), "--json"]) == 0
    told = capsys.readouterr()
    found = json.loads(told.out)
    assert found["candidates"][0]["name"] == "bob"
    assert found["unreadable"] == ["cut", "settings"]
    assert "cut.json" in told.err
    assert "settings.json" in told.err
    (tmp_path / "only").mkdir()
    (tmp_path / "only" / "settings.json").write_text("{}")
    assert main(["identify", str(folder / "asked" / "who.json"), "--among", str(tmp_path / "only")]) == 2
    assert "no file in it is an embedding" in capsys.readouterr().err


def test_identify_says_which_study_to_pass_where_one_lies_a_level_below(folder, tmp_path, capsys):
    demo = tmp_path / "my demo"
    with Study.open_or_create(demo / "study") as study:
        study.add_participant("P-001")
    asked = folder / "asked" / "who.json"
    (demo / "embedding.json").write_text("{}")
    for name, words in (("embedding.json", "no file in it is an embedding"), ("", "holds no EMBEDDING.json files")):
        if not name:
            (demo / "embedding.json").unlink()
        assert main(["identify", str(asked), "--among", str(demo)]) == 2
        error = capsys.readouterr().err
        assert words in error
        assert f"pass the study in it: --among '{demo / 'study'}'" in error
        assert error.count("\n") == 1
    assert main(["identify", str(asked), "--among", str(demo / "study")]) == 2
    assert "no participant of this study has an embedding" in capsys.readouterr().err


@pytest.mark.slow
def test_fitting_leaves_the_caution_for_strangers_alone(monkeypatch):
    scales = []
    for caution in (1.0, 0.5):
        for module in ("gazeapp.networks.similarity", "trainer.methods.similarity"):
            monkeypatch.setattr(f"{module}.CAUTION", caution)
        made = Similarity(dim=4, n_axes=4)
        fit_similarity(made, Averaging(), [people()], seed=0)
        scales.append(float(made.scale))
    assert scales[1] == pytest.approx(scales[0], rel=1e-3)
