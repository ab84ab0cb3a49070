"""Figures of embeddings, example maps and scores against the number of pairs."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gazeapp.errors import UnreadableTable
from gazeapp.networks.checkpoint import save_checkpoint
from gazeapp.networks.personal_saliency import PersonalNetwork
from gazeapp.networks.user_embedding import UserEncoder
from tests.trainer.synthetic_people import SCORED_IMAGES, write_people
from trainer.__main__ import main
from trainer.reports.plots_people import embedding_map

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    people = write_people(folder)
    torch.manual_seed(0)
    runs = []
    for architecture, network, config in (
        ("user_embedding", UserEncoder, {"dim": 4, "widths": (4, 4, 8, 8)}),
        ("personal_paper", PersonalNetwork, {"dim": 4, "widths": (8, 8, 8)}),
    ):
        runs.append(str(folder / f"{architecture}.safetensors"))
        save_checkpoint(
            folder / f"{architecture}.safetensors",
            architecture=architecture,
            config=config,
            tensors=network(**config).state_dict(),
            provenance={"usm_peak": 0.5},
        )
    (folder / "o.txt").write_text("3\n4\n5\n")
    (folder / "i.txt").write_text("\n".join(map(str, SCORED_IMAGES)))
    code = main(
        [
            "evaluate",
            *runs,
            "--data",
            str(people),
            "--protocol",
            "open",
            "--observers",
            str(folder / "o.txt"),
            "--images",
            str(folder / "i.txt"),
            "--m",
            "2,8",
            "--draws",
            "2",
            "--rows",
            "usm,personal_paper",
            "--pictures",
            "-o",
            str(folder / "R"),
        ]
    )
    assert code == 0
    return folder / "R"


def test_twenty_embeddings_of_every_scored_person_are_kept(results):
    with np.load(results / "embeddings.npz") as file:
        assert file["people"].tolist() == ["person-3", "person-4", "person-5"]
        assert file["m8"].shape == (3, 20, 4)
        np.testing.assert_allclose(np.linalg.norm(file["m8"], axis=2), 1, atol=1e-5)


def test_examples_are_the_images_on_which_two_people_differ_most(results):
    with np.load(results / "examples.npz") as file:
        assert file["truth"].shape == file["predicted"].shape == (2, 3, 24, 32)
        first, second = file["truth"].astype(float)
        alike = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(first, second, strict=True)]
    assert alike == sorted(alike)


def test_every_figure_of_an_evaluation_is_drawn(results, tmp_path, capsys):
    assert main(["plot", str(results), "-o", str(tmp_path)]) == 0
    names = [line.rsplit("/", 1)[-1] for line in capsys.readouterr().out.split()]
    assert names == ["R-m-curve.png", "R-embeddings.png", "R-examples.png", "R-scores.png"]
    assert all((tmp_path / name).stat().st_size > 5000 for name in names)


def test_damaged_picture_data_is_named(tmp_path):
    (tmp_path / "embeddings.npz").write_bytes(b"PK no")
    with pytest.raises(UnreadableTable, match="--pictures"):
        embedding_map(tmp_path / "embeddings.npz")
