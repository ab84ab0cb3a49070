"""The protocol: who is scored on what, and that scores are those of the metrics' definition."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from gazeapp.errors import NotEnoughData, SettingsError
from gazeapp.networks.checkpoint import Checkpoint
from gazeapp.saliency.metrics import evaluate_map
from tests.trainer.synthetic_people import (
    LEARNING_IMAGES,
    SCORED_IMAGES,
    UNKNOWN,
    open_group,
    write_people,
)
from trainer.__main__ import main
from trainer.data.dataset import open_data
from trainer.evaluation.baselines.ridge import RidgeModel
from trainer.evaluation.baselines.universal import CentreModel, UniversalModel
from trainer.evaluation.evaluate import draw_supports, evaluate
from trainer.evaluation.metric_maps import SPECIFIC, MetricMaps
from trainer.evaluation.protocol import assign
from trainer.evaluation.scoring import METRIC_SPECIFIC, PLAIN

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    return write_people(tmp_path_factory.mktemp("people"))


def each(items, _label, _total):
    return items


def run(data, rows, **changes):
    settings = {"observers": UNKNOWN, "images": SCORED_IMAGES, "support_sizes": [4], "n_draws": 3}
    return evaluate(rows, data, **(settings | changes), progress=each)


def weights(**provenance):
    facts = {"data": [{"source": "synthetic"}], **provenance}
    return Checkpoint(architecture="personal_paper", config={}, tensors={}, provenance=facts, sha256="")


def parts(people, checkpoints, protocol, **changes):
    settings = {"images": None, "observers": None, "learning_images": None}
    return assign(open_data(people), checkpoints, protocol, **(settings | changes))


def test_scores_are_those_of_the_definition(people):
    data = open_group(people)
    (found,) = run(data, [UniversalModel()])
    base = data.base(4, SCORED_IMAGES).double().numpy()
    truth = data.personal(4, SCORED_IMAGES).numpy()
    names = ("cc", "sim", "auc", "auc_judd", "nss", "kld")
    for n, points in enumerate(data.fixations(4, SCORED_IMAGES)):
        expected = evaluate_map(base[n], truth=truth[n], fixations_px=points, metrics=names)
        for name, value in expected.items():
            assert found.values[name][0, n] == pytest.approx(value, abs=2e-5), name


def test_information_gain_of_the_baseline_over_itself_is_nearly_nothing(people):
    (found,) = run(open_group(people), [CentreModel()])
    assert np.abs(found.values["ig"]).max() < 0.01


def test_row_that_uses_pairs_is_scored_with_the_right_and_a_wrong_user(people):
    found = {s.model: s for s in run(open_group(people), [UniversalModel(), RidgeModel()], support_sizes=[4, 8])}
    assert {name: s.m for name, s in found.items()} == {"usm": 0, "ridge": 8, "ridge_wrong_user": 8}
    right, wrong = found["ridge"].values["cc"], found["ridge_wrong_user"].values["cc"]
    assert right.shape == (2, len(SCORED_IMAGES))
    assert right.mean() > wrong.mean()


def test_support_pairs_are_the_observers_own_learning_images_and_the_same_for_every_row(people):
    data = open_group(people)
    first, second = (draw_supports(data, [4], 6, 10) for _ in range(2))
    assert len(first) == 10
    for one, other in zip(first, second, strict=True):
        assert one.observer == 4
        assert len(np.unique(one.images)) == 6
        assert np.isin(one.images, LEARNING_IMAGES).all()
        assert np.array_equal(one.images, other.images)
    assert any(not np.array_equal(first[0].images, each_.images) for each_ in first[1:])


def test_wrong_users_are_taken_in_turn(people):
    supports = draw_supports(open_group(people), [0, 1, 5], 4, 4)
    assert [support.observer for support in supports] == [0, 1, 5, 0]
    assert len(draw_supports(open_group(people), [0, 1, 5], 4, 1)) == 3


def test_image_that_an_observer_did_not_look_at_has_no_score(people):
    data = open_group(people)
    data.tensors.has_map_NO[SCORED_IMAGES[2], 5] = False
    (found,) = run(data, [UniversalModel()])
    assert np.isnan(found.values["cc"][1, 2])
    assert np.isfinite(np.delete(found.values["cc"].ravel(), len(SCORED_IMAGES) + 2)).all()


def test_more_pairs_than_images_to_draw_them_from_are_refused(people):
    with pytest.raises(NotEnoughData, match="m = 32"):
        run(open_group(people), [RidgeModel()], support_sizes=[32])


def test_metric_specific_scores_are_of_the_metrics_that_have_another_map(people):
    found = run(open_group(people), [UniversalModel()], maps=(PLAIN, METRIC_SPECIFIC))
    plain, specific = found
    assert set(specific.values) == set(SPECIFIC)
    assert {"cc", "nss", "auc_judd"} <= set(plain.values)
    assert specific.values["sauc"].mean() != plain.values["sauc"].mean()


def test_floor_keeps_a_wrong_prediction_from_diverging():
    maps = MetricMaps(sigma_cells=2.0, n_fixations=3, other_HW=torch.ones(24, 32), seed=0)
    density = torch.zeros(1, 24, 32)
    density[0, :12] = 1 / (12 * 32)
    lifted = maps.of("kld", density, 0.1)
    assert float(lifted.sum()) == pytest.approx(1, abs=1e-5)
    assert float(lifted.min()) == pytest.approx(0.1 / (24 * 32), rel=1e-4)


def test_map_for_the_similarity_shares_more_with_drawn_maps_than_the_density_does():
    rng = np.random.default_rng(0)
    other_HW = torch.full((24, 32), 1.0)
    density = torch.full((24, 32), 0.05)
    density[6:9, 4:28] = 1.0
    maps = MetricMaps(sigma_cells=1.5, n_fixations=8, other_HW=other_HW, seed=0)
    from gazeapp.saliency.maps import blur, fixation_density

    learnt = blur((density / density.sum()).numpy(), 1.5)
    made = maps.of("sim", torch.from_numpy(learnt).float()[None], 0.0)[0].numpy()
    rows, columns = np.nonzero(density.numpy())
    chance = density.numpy().ravel().astype(float) / float(density.double().sum())
    shared = []
    for _ in range(100):
        pick = rng.choice(len(rows), size=8, p=chance)
        points = np.stack([columns[pick], rows[pick]], axis=1) + 0.5
        drawn = fixation_density(points, (32, 24), 1.5)
        shared.append([np.minimum(m / m.sum(), drawn).sum() for m in (made, learnt)])
    for_similarity, plain = np.mean(shared, axis=0)
    assert for_similarity > plain


def test_open_protocol_scores_unknown_observers_on_unseen_images(people):
    checkpoint = weights(exclude_images=[str(i) for i in SCORED_IMAGES], exclude_observers=["4", "5"])
    found = parts(people, [checkpoint], "open", images=[str(i) for i in SCORED_IMAGES], observers=["4", "5"])
    assert found.group.tolist() == [0, 1, 2, 3]
    assert found.scored_observers.tolist() == [4, 5]
    assert found.learning_images.tolist() == LEARNING_IMAGES.tolist()


def test_closed_protocol_scores_the_observers_whom_the_weights_know(people):
    checkpoint = weights(exclude_images=["20", "21"], exclude_observers=["4", "5"])
    found = parts(people, [checkpoint], "closed", images=["20", "21"])
    assert found.scored_observers.tolist() == found.group.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("protocol", "facts", "message"),
    [
        ("open", {"exclude_observers": ["4", "5"]}, "of the images to score"),
        ("open", {"exclude_images": ["20"]}, "were trained on observers"),
        ("closed", {"exclude_images": ["20"], "exclude_observers": ["4"]}, "do not know observers"),
        ("cross", {}, "were trained on synthetic"),
    ],
)
def test_weights_are_never_scored_on_what_the_protocol_forbids(people, protocol, facts, message):
    with pytest.raises(SettingsError, match=message):
        parts(people, [weights(**facts)], protocol, images=["20"], observers=["4", "5"])


def test_without_a_list_a_tenth_of_the_images_is_scored_and_the_training_part_is_for_learning(
    people,
):
    unseen = weights(data=[{"source": "elsewhere"}])
    found = parts(people, [unseen], "cross")
    assert (len(found.scored_images), len(found.learning_images)) == (2, 20)
    assert not np.intersect1d(found.scored_images, found.learning_images).size


def test_cross_protocol_takes_everybody_as_the_group(people):
    unseen = weights(data=[{"source": "elsewhere"}])
    found = parts(people, [unseen], "cross", images=["20", "21"])
    assert found.group.tolist() == found.scored_observers.tolist() == list(range(6))


def test_command_scores_without_any_weights_and_its_folds_merge(people, tmp_path, capsys):
    (tmp_path / "i.txt").write_text("\n".join(map(str, SCORED_IMAGES)))
    for fold, names in enumerate(("0\n1\n2\n", "3\n4\n5\n")):
        (tmp_path / f"{fold}.txt").write_text(names)
        code = main(
            [
                "evaluate",
                "--data",
                str(people),
                "--protocol",
                "open",
                "--observers",
                str(tmp_path / f"{fold}.txt"),
                "--images",
                str(tmp_path / "i.txt"),
                "--m",
                "4",
                "--draws",
                "2",
                "--maps",
                "both",
                "--rows",
                "usm,ridge,ridge_wrong_user",
                "-o",
                str(tmp_path / f"R{fold}"),
            ]
        )
        assert code == 0
    capsys.readouterr()
    folds = [str(tmp_path / "R0"), str(tmp_path / "R1")]
    merged = str(tmp_path / "M")
    assert main(["table", *folds, "--merge", "-o", merged, "--shape", "tests", "--m", "4"]) == 0
    shown = capsys.readouterr().out
    assert "| ridge | ridge_wrong_user | true | 4 | plain | 6 |" in shown
    document = json.loads((tmp_path / "M" / "results.json").read_text())
    assert document["meta"]["n_observers"] == 6
    assert document["meta"]["n_merged"] == 2
    assert {row["maps"] for row in document["rows"]} == {"plain", "metric-specific"}
    assert main(["table", merged, "--shape", "tests", "--m", "4"]) == 0
    assert capsys.readouterr().out == shown


def test_controls_are_scored_only_where_asked_for(people):
    found = run(open_group(people), [UniversalModel(), RidgeModel()], names=["usm", "ridge"])
    assert {s.model for s in found} == {"usm", "ridge"}


def test_unknown_row_is_refused_by_name(people, tmp_path, capsys):
    code = main(
        [
            "evaluate",
            "--data",
            str(people),
            "--protocol",
            "open",
            "--observers",
            str(tmp_path / "none"),
            "--rows",
            "crystal_ball",
            "-o",
            str(tmp_path),
        ]
    )
    assert code == 2
    (tmp_path / "o.txt").write_text("5\n")
    (tmp_path / "i.txt").write_text("20\n")
    code = main(
        [
            "evaluate",
            "--data",
            str(people),
            "--protocol",
            "open",
            "--observers",
            str(tmp_path / "o.txt"),
            "--images",
            str(tmp_path / "i.txt"),
            "--rows",
            "crystal_ball",
            "-o",
            str(tmp_path),
        ]
    )
    assert code == 2
    assert "no 'crystal_ball' here" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["signature", "folder"])
def test_personal_rows_build_on_any_universal_model(kind, people, tmp_path):
    dataset = open_data(people)
    usm = "signature"
    if kind == "folder":
        maps = tmp_path / "made-elsewhere"
        maps.mkdir()
        for name in dataset.image_names:
            values = np.random.default_rng(len(name)).random((24, 32)).astype(np.float32)
            np.save(maps / f"{name.partition('.')[0]}.npy", values)
        usm = str(maps)
    (tmp_path / "observers.txt").write_text("4\n5\n")
    code = main(
        [
            "evaluate",
            "--data",
            str(people),
            "--protocol",
            "open",
            "--observers",
            str(tmp_path / "observers.txt"),
            "--usm",
            usm,
            "--m",
            "4",
            "--draws",
            "1",
            "--rows",
            "usm,ridge",
            "-o",
            str(tmp_path / "R"),
        ]
    )
    assert code == 0
    document = json.loads((tmp_path / "R" / "results.json").read_text())
    assert document["meta"]["usm_model"] == {"signature": usm, "folder": "made_elsewhere"}[kind]
    assert {row["model"] for row in document["summary"]} == {"usm", "ridge"}
