"""Interestingness of objects, little gaze, exposure, encoders, training sizes: on people who differ on purpose."""

from __future__ import annotations

import json

import numpy as np
import pytest

from gazeapp.errors import DatasetIncomplete, NotEnoughData, UnreadableTable
from gazeapp.networks.checkpoint import save_checkpoint
from gazeapp.networks.universal import UniversalNetwork
from tests.trainer.synthetic_people import N_IMAGES, N_OBSERVERS, write_people
from trainer.__main__ import main
from trainer.analyses.ablation import part_of
from trainer.analyses.image_exposure import exposed
from trainer.analyses.object_interest import interest, read_face_labels
from trainer.analyses.object_shapes import Box, coverage, read_objects
from trainer.analyses.short_viewing import first_seconds, onsets
from trainer.analyses.training_size import all_sizes
from trainer.data.dataset import open_data
from trainer.data.source import fixation_table
from trainer.data.tensors import TensorDataset

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_people(tmp_path_factory.mktemp("people"))


@pytest.fixture(scope="module")
def people(folder):
    return open_data(folder)


@pytest.fixture(scope="module")
def tested(folder, tmp_path_factory):
    """Arguments of the analyses that train: tested on the last images and observers."""
    made = tmp_path_factory.mktemp("tested")
    (made / "images.txt").write_text("\n".join(str(i) for i in range(16, N_IMAGES)))
    (made / "observers.txt").write_text("4\n5\n")
    network = UniversalNetwork(width=8)
    save_checkpoint(
        made / "universal.safetensors",
        architecture="universal",
        config={"width": 8},
        tensors=network.state_dict(),
        provenance={},
    )
    return [
        "--data",
        str(folder),
        "--images",
        str(made / "images.txt"),
        "--observers",
        str(made / "observers.txt"),
        "--universal",
        str(made),
        "--steps",
        "2",
        "--draws",
        "2",
    ]


def each(items, _label, _total):
    return items


def halves_of(people):
    """The left half of every image is one kind of object, the whole image another."""
    return [
        Box(image=name, name=kind, x_px=0, y_px=0, w_px=width, h_px=60)
        for name in people.image_names
        for kind, width in (("left", 40), ("everything", 80))
    ]


def test_people_who_prefer_a_side_differ_in_their_interest_in_it(people):
    rows, summary = interest(people, halves_of(people), seed=0, progress=each)
    left = {row["observer"]: row["value"] for row in rows if row["model"] == "left"}
    assert min(left[f"person-{k}"] for k in (0, 2, 4)) > max(left[f"person-{k}"] for k in (1, 3, 5))
    (found,) = (entry for entry in summary if entry["model"] == "left")
    assert found["area"] == pytest.approx(0.5)
    assert found["split_half_r"] > 0.8
    assert found["p"] < 0.01


def test_the_whole_image_holds_all_gaze(people):
    rows, _ = interest(people, halves_of(people), seed=0, progress=each)
    whole = [row for row in rows if row["model"] == "everything"]
    assert all(row["value"] == pytest.approx(1) for row in whole)
    assert len(whole) == N_OBSERVERS


def test_people_alike_do_not_differ_more_than_chance(people):
    rng = np.random.default_rng(3)
    boxes = [
        Box(image=name, name="spot", x_px=x, y_px=y, w_px=10, h_px=10)
        for name, (x, y) in zip(people.image_names, rng.uniform(0, 50, (N_IMAGES, 2)), strict=True)
    ]
    alike = people.only(None, ["0", "2", "4"])
    shuffled = np.array(alike.maps)
    for row in shuffled:
        row[[0, 2, 4]] = row[rng.permutation([0, 2, 4])]
    from dataclasses import replace

    _, summary = interest(replace(alike, maps=shuffled), boxes, seed=0, progress=each)
    assert summary[0]["p"] > 0.05


def test_overlapping_boxes_count_once_and_cut_cells_in_part():
    box = Box(image="a", name="x", x_px=0, y_px=0, w_px=15, h_px=10)
    found = coverage([box, box], (40, 20), (2, 4))
    assert found.tolist() == [[1, 0.5, 0, 0], [0, 0, 0, 0]]


def test_objects_of_a_table_are_read_and_bad_lines_named(tmp_path):
    table = tmp_path / "objects.csv"
    table.write_text("image,object,x_px,y_px,w_px,h_px\n000.png,cup,1,2,3,4\n")
    assert read_objects(table) == [Box(image="000.png", name="cup", x_px=1, y_px=2, w_px=3, h_px=4)]
    table.write_text("image,object,x_px,y_px,w_px,h_px\n000.png,cup,1,2,nan,4\n")
    with pytest.raises(UnreadableTable, match="line 2"):
        read_objects(table)
    table.write_text("image,x_px\n")
    with pytest.raises(UnreadableTable, match="object"):
        read_objects(table)
    with pytest.raises(UnreadableTable):
        read_objects(tmp_path / "none.csv")


def test_face_labels_are_brought_to_the_size_of_the_images(people, tmp_path):
    from scipy.io import savemat

    face = {"left": 512.0, "top": 384.0, "width": 102.4, "height": 76.8}
    labels = [{"img": "000.png", "faces": [face, face]}, {"img": "elsewhere.jpg", "faces": [face]}]
    savemat(tmp_path / "labels.mat", {"labels": labels})
    boxes = read_face_labels(tmp_path / "labels.mat", people)
    assert len(boxes) == 2
    assert (boxes[0].x_px, boxes[0].y_px, boxes[0].w_px, boxes[0].h_px) == pytest.approx((40, 30, 8, 6))
    savemat(tmp_path / "other.mat", {"boxes": labels})
    with pytest.raises(DatasetIncomplete, match="labels"):
        read_face_labels(tmp_path / "other.mat", people)


def test_interest_is_tabulated_by_the_command(folder, people, tmp_path, capsys):
    lines = [f"{b.image},{b.name},{b.x_px},{b.y_px},{b.w_px},{b.h_px}" for b in halves_of(people)]
    (tmp_path / "o.csv").write_text("\n".join(["image,object,x_px,y_px,w_px,h_px", *lines]))
    command = ["analyse", "interest", "--data", str(folder), "-o", str(tmp_path / "out")]
    assert main(command) == 2
    assert "--objects" in capsys.readouterr().err
    assert main([*command, "--objects", str(tmp_path / "o.csv")]) == 0
    assert main(["table", str(tmp_path / "out")]) == 0
    shown = capsys.readouterr().out
    assert "| left | person-0 |" in shown
    assert "| left, mean offset removed | person-0 |" in shown


def test_onsets_start_anew_with_every_viewing():
    table = fixation_table(
        [
            (0, 0, 1, 0, 1, 1, 0.2),
            (0, 0, 1, 1, 1, 1, 0.3),
            (0, 0, 2, 0, 1, 1, 0.4),
            (0, 1, 1, 0, 1, 1, 0.4),
            (1, 1, 1, 0, 1, 1, 0.4),
        ]
    )
    assert onsets(table) == pytest.approx([0, 0.2, 0, 0, 0], abs=1e-6)


def test_viewings_end_early_and_maps_follow(people):
    short = first_seconds(people, 0.3)
    assert len(short.fixations) == 2 * N_IMAGES * N_OBSERVERS
    assert short.fixations["duration_s"].sum() == pytest.approx(0.3 * N_IMAGES * N_OBSERVERS, rel=1e-4)
    whole = first_seconds(people, 100)
    assert np.array_equal(whole.fixations, people.fixations)
    assert not np.array_equal(short.maps, whole.maps)


def test_what_an_observer_was_not_shown_is_gone(people):
    part = exposed(people, 0.25, seed=0)
    seen = part.has_map_NO.numpy()
    assert (seen.sum(axis=0) == N_IMAGES // 4).all()
    assert (part.maps_NOHW.amax(dim=(2, 3)) > 0).numpy().tolist() == seen.tolist()
    assert part.dataset.overlap() == pytest.approx(0.25)
    everything = exposed(people, 1.0, seed=0)
    assert everything.maps_NOHW.equal(TensorDataset(people).maps_NOHW)


def test_a_smaller_part_lies_within_a_larger_one(people):
    small, large = part_of(people, 5, 2, seed=1), part_of(people, 10, 4, seed=1)
    assert set(small.image_index) < set(large.image_index)
    assert set(small.observer_index) < set(large.observer_index)
    with pytest.raises(NotEnoughData, match="asked for"):
        part_of(people, 5, 7, seed=1)


def test_sizes_grow_along_one_axis_at_a_time():
    assert all_sizes([100, 200], [4, 6, 8]) == [(100, 8), (200, 4), (200, 6), (200, 8)]


def test_exposure_recognises_people_for_every_share(tested, tmp_path):
    command = ["analyse", "exposure", *tested, "--shares", "1,0.5", "--m", "2,4"]
    assert main([*command, "-o", str(tmp_path)]) == 0
    document = json.loads((tmp_path / "results.json").read_text())
    models = {row["model"] for row in document["rows"]}
    assert "50% seen, unseen people" in models
    assert "100% seen, training people" in models
    assert {row["m"] for row in document["rows"]} == {2, 4}
    assert document["meta"]["n_training_observers"] == N_OBSERVERS - 2


def test_every_encoder_is_tried_on_unseen_and_training_people(tested, tmp_path):
    command = ["analyse", "encoder", *tested, "--basis", "2,4", "--m", "2"]
    settings = ["--set", "steps=1", "--set", "m=1"]
    assert main([*command, *settings, "-o", str(tmp_path)]) == 0
    document = json.loads((tmp_path / "results.json").read_text())
    models = {row["model"].rpartition(", ")[0] for row in document["rows"]}
    changed = (
        "half width",
        "double width",
        "three blocks",
        "five blocks",
        "half resolution",
        "full resolution",
        "pooled to 2x3",
        "not normalised",
        "standardised",
        "recurrent pooling",
        "transformer pooling",
    )
    assert models == {
        "posterior, 2 basis maps",
        "posterior, 4 basis maps",
        "Siamese",
        *(f"Siamese, {c}" for c in changed),
    }
    assert {row["model"].rpartition(", ")[2] for row in document["rows"]} == {
        "unseen people",
        "training people",
    }
    assert document["meta"]["siamese"]["steps"] == 1


def test_training_sizes_are_scored_with_right_and_wrong_users(tested, tmp_path, capsys):
    command = ["analyse", "training-size", *tested, "--m", "4"]
    sizes = ["--train-images", "12,16", "--train-observers", "2,4"]
    assert main([*command, *sizes, "-o", str(tmp_path)]) == 0
    summary = json.loads((tmp_path / "results.json").read_text())["summary"]
    best = [e for e in summary if e["model"] == "16 images 4 people" and e["metric"] == "cc"]
    assert best[0]["vs_wrong_user"]["model"] == "16 images 4 people_wrong_user"
    assert {e["model"] for e in summary} >= {"usm", "12 images 4 people", "16 images 2 people"}
    assert main([*command, "--train-images", "99", "-o", str(tmp_path / "no")]) == 2
    assert "asked for" in capsys.readouterr().err
    assert main([*command, "--train-images", "8", "--train-observers", "4", "-o", str(tmp_path)]) == 2
    assert "too few" in capsys.readouterr().err


def test_little_gaze_uses_an_embedding_as_it_is_on_people_and_images_it_has_not_seen(tested, folder, tmp_path, capsys):
    run, (images, observers) = tmp_path / "run", (tested[3], tested[5])
    embedding = ["train", "embedding", "--data", str(folder), "--preset", "paper", "--set=steps=1", "--set=m=1"]
    unseen = ["--exclude-images", images, "--exclude-observers", observers]
    assert main([*embedding, *unseen, "-o", str(run)]) == 0
    command = ["analyse", "little-gaze", "--data", str(folder), "--draws", "2", "--m", "1,2"]
    command += ["-o", str(tmp_path / "out")]
    assert main(command) == 2
    assert "--run" in capsys.readouterr().err
    command += ["--run", str(run)]
    assert main(command) == 2
    assert "analyse little-gaze: the weights were trained on 16 of the images to score" in capsys.readouterr().err
    assert main([*command, "--images", images]) == 2
    assert "the weights were trained on observers [0, 1, 2, 3] of those to score" in capsys.readouterr().err
    command += ["--images", images, "--observers", observers]
    assert main([*command, "--seconds", "0,1"]) == 2
    assert "--seconds" in capsys.readouterr().err
    assert main([*command, "--seconds", "0.5"]) == 0
    rows = json.loads((tmp_path / "out" / "results.json").read_text())["rows"]
    assert {row["model"] for row in rows} >= {"embedding, whole viewing", "embedding, first 0.5 s"}


def test_siamese_network_is_checked_without_a_universal_network(tested, tmp_path):
    words = [word for word in tested if word != "--universal"]
    words.remove(tested[tested.index("--universal") + 1])
    siamese = ["--siamese", "--set=steps=1", "--set=m=1", "--set=widths=4,4", "--shares", "0.5", "--m", "2"]
    assert main(["analyse", "exposure", *words, *siamese, "-o", str(tmp_path)]) == 0
    document = json.loads((tmp_path / "results.json").read_text())
    assert document["meta"]["siamese"]["widths"] == [4, 4]
    assert {row["model"] for row in document["rows"]} == {"50% seen, unseen people", "50% seen, training people"}


def test_added_errors_of_gaze_are_scored_for_every_method(folder, tmp_path, capsys):
    arguments = ["analyse", "recalibration", "--data", str(folder), "--usm", "true", "--m", "6", "--draws", "1"]
    assert main([*arguments, "-o", str(tmp_path / "found")]) == 0
    assert "left of 1.5°" in capsys.readouterr().out
    document = json.loads((tmp_path / "found" / "results.json").read_text())
    found = {(row["model"], row["m"], row["observer"], row["metric"]): row["value"] for row in document["rows"]}
    assert {model for model, *_ in found} == {"nothing", "centre of gaze", "loss map", "ours"}
    assert len({observer for _, _, observer, _ in found}) == N_OBSERVERS
    for (model, _, _, metric), value in found.items():
        if metric.startswith("remaining") and model == "nothing":
            assert value == float(metric.removeprefix("remaining_"))
        if metric.startswith(("covered", "supported")):
            assert 0 <= value <= 1


def test_recalibration_needs_some_images(folder, tmp_path, capsys):
    arguments = ["analyse", "recalibration", "--data", str(folder), "--m", "4000", "-o", str(tmp_path / "none")]
    assert main(arguments) == 2
    assert "images" in capsys.readouterr().err
