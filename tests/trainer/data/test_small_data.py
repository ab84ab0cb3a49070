"""Data too small to learn people from are refused in one sentence that says what to do."""

from __future__ import annotations

import pytest

from gazeapp.errors import NotEnoughData
from gazeapp.networks.checkpoint import save_checkpoint
from gazeapp.networks.universal import UniversalNetwork
from tests.trainer.synthetic_people import N_IMAGES, write_people
from trainer.__main__ import main
from trainer.data.dataset import open_data
from trainer.data.tensors import TensorDataset
from trainer.methods.basis_features import require_pairs


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    return write_people(tmp_path_factory.mktemp("small"))


@pytest.mark.slow
def test_embedding_of_eight_images_is_refused_before_anything_is_computed(people, tmp_path, capsys):
    left_out = tmp_path / "out.txt"
    left_out.write_text("\n".join(map(str, range(8, N_IMAGES))))
    network = {"width": 8}
    save_checkpoint(
        tmp_path / "u.safetensors",
        architecture="universal",
        config=network,
        provenance={},
        tensors=UniversalNetwork(**network).state_dict(),
    )
    code = main(
        [
            "train",
            "embedding",
            "--data",
            str(people),
            "--exclude-images",
            str(left_out),
            "--device",
            "cpu",
            "--universal",
            str(tmp_path / "u.safetensors"),
            "-o",
            str(tmp_path / "run"),
        ]
    )
    assert code == 2
    error = capsys.readouterr().err.strip()
    assert "8 images to train on; at least 12 are needed, some to make embeddings from" in error
    assert len(error.splitlines()) == 1


def test_observers_who_saw_too_few_images_are_named(people):
    part = TensorDataset(open_data(people))
    part.has_map_NO[1:, 2] = False
    part.has_map_NO[:, 4] = False
    with pytest.raises(NotEnoughData, match="fewer than 2 images from") as found:
        require_pairs(part, 12, predicted=False)
    names = part.dataset.observer_names
    assert f"observers {names[2]}, {names[4]};" in str(found.value)
