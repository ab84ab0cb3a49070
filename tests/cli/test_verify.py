"""`gazeapp verify`: the fixations and maps of a session, computed again."""

from __future__ import annotations

import contextlib
import json
import sqlite3

import numpy as np
import pytest

from gazeapp.__main__ import main
from gazeapp.runtime.replay import MapComparison, reproduce_maps
from gazeapp.saliency.maps import normalise
from gazeapp.store.embedding import UserEmbedding
from gazeapp.store.reader import SessionReader
from gazeapp.store.records import PredictionRow
from gazeapp.store.writer import SessionWriter
from tests.golden.make_golden import SESSIONS, record


@pytest.fixture
def session(tmp_path):
    build, algorithm, rate_hz = SESSIONS["calm"]
    record(build(), algorithm, rate_hz, tmp_path / "session.sqlite")
    return tmp_path


def test_an_untouched_session_is_equal_to_the_bit(session, capsys):
    assert main(["verify", str(session), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["equal"] is found["equal_to_the_bit"] is True
    assert [trial["trial"] for trial in found["trials"]] == [1, 2]
    assert main(["verify", str(session)]) == 0
    assert "all 2 trials equal to the bit" in capsys.readouterr().out


def test_a_changed_sample_is_a_difference(session, capsys):
    with contextlib.closing(sqlite3.connect(session / "session.sqlite")) as db, db:
        db.execute("UPDATE samples SET left_x_px = left_x_px + 5 WHERE time_s > 2.5")
    assert main(["verify", str(session)]) == 1
    said = capsys.readouterr().out
    assert "1 of 2 trials came out differently (2)" in said
    assert said.endswith("DIFFERENT\n")


def test_a_folder_without_a_session_is_one_line(tmp_path, capsys):
    assert main(["verify", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


class Networks:
    sha256, universal_sha256 = "person", "everyone"

    def universal(self, image_rgb):
        return normalise(image_rgb[:, :, 0].astype(float) + 1)

    def personal(self, image_rgb, universal, embedding):
        return universal * (1 + embedding.vector[0])


def with_maps(folder, png_file, *, model="person", change=0.0):
    """A session with one trial's maps, of these weights, the personal one changed in a corner."""
    with contextlib.closing(SessionWriter(folder / "session.sqlite")) as writer:
        with SessionReader(folder / "session.sqlite") as reader:
            stimulus_id = reader.stimuli.add(png_file)
            image = reader.stimuli.load(stimulus_id).rgb
        universal = Networks().universal(image)
        embedding = UserEmbedding(
            vector=(0.5,), n_pairs=1, spread=0.1, model_name="n", model_sha256=model, sigma_deg=1.0
        )
        personal = normalise(Networks().personal(image, universal, embedding))
        personal[0, 0] += change * personal.max()
        writer.set_meta({"weights": {"n": model, "u": "everyone"}})
        writer.write_prediction(
            PredictionRow(
                trial=3,
                stimulus_id=stimulus_id,
                time_s=1.0,
                final=True,
                universal=universal,
                personal=personal,
                embedding=embedding,
                model_sha256=model,
                elapsed_s=0.1,
            )
        )


@pytest.fixture
def png_file(tmp_path):
    import cv2

    path = tmp_path / "image.png"
    cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 255, (12, 16, 3), dtype=np.uint8))
    return path


@pytest.mark.parametrize("change", [0.0, 0.01], ids=["same", "changed"])
def test_maps_are_compared_with_what_the_networks_give_again(tmp_path, png_file, change):
    with_maps(tmp_path, png_file, change=change)
    with SessionReader(tmp_path / "session.sqlite") as reader:
        maps, n_other = reproduce_maps(reader, Networks())
    assert n_other == 0
    assert maps[0] == MapComparison(trial=3, kind="universal", largest_difference=0.0)
    assert maps[1].largest_difference == pytest.approx(change, rel=0.1, abs=1e-9)


def test_maps_of_other_weights_are_counted_and_left_out(tmp_path, png_file):
    with_maps(tmp_path, png_file, model="somebody")
    with SessionReader(tmp_path / "session.sqlite") as reader:
        maps, n_other = reproduce_maps(reader, Networks())
    assert [found.kind for found in maps] == ["universal"]
    assert n_other == 1
