from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from gazeapp.__main__ import main
from gazeapp.saliency.maps import fixation_density
from gazeapp.store.reader import SessionReader
from tests.store.shifted_session import make_shifted_study

pytestmark = pytest.mark.slow
PX_PER_DEG = 12.0


@pytest.fixture
def pairs(tmp_path):
    """Twelve images with three places each that gaze lands on, and maps made elsewhere; writes the tables."""
    folder, maps = tmp_path / "pairs", tmp_path / "maps"
    folder.mkdir()
    maps.mkdir()
    rng = np.random.default_rng(2)
    landed = {}
    for k in range(12):
        cv2.imwrite(str(folder / f"image-{k:02}.png"), np.full((300, 400, 3), 120, np.uint8))
        spots = rng.uniform([40, 30], [360, 270], (3, 2))
        np.save(maps / f"image-{k:02}.npy", fixation_density(spots, (400, 300), PX_PER_DEG))
        landed[f"image-{k:02}"] = spots[rng.integers(0, 3, 9)] + rng.normal(0, 6, (9, 2))

    def write(shift_deg, *, n_images=12, n_fixations=9, at_the_cross=False):
        for path in folder.glob("*.csv"):
            path.unlink()
        for name, points in list(landed.items())[:n_images]:
            places = np.full((n_fixations, 2), (200.0, 150.0)) if at_the_cross else points[:n_fixations]
            rows = [f"{i * 0.3:.2f},0.2,{x:.2f},{y:.2f}" for i, (x, y) in enumerate(places + PX_PER_DEG * shift_deg)]
            (folder / f"{name}.csv").write_text("\n".join(["onset_s,duration_s,x_px,y_px", *rows]) + "\n")
        return ["recalibrate", "--pairs", str(folder), "--px-per-deg", str(PX_PER_DEG), "--universal", str(maps)]

    return write


def test_a_folder_of_pairs_says_what_to_add_to_gaze(pairs, capsys):
    assert main([*pairs(np.array([2.0, -1.0])), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["shift_deg"] == pytest.approx([-2.0, 1.0], abs=0.4)
    (low_x, low_y), (high_x, high_y) = found["shift_ci95_deg"]
    assert low_x < -2.0 < high_x
    assert low_y < 1.0 < high_y
    assert found["kind"] == "shift"
    assert found["supported"] is True
    assert found["expected_gain_deg"] > 1.0


def test_the_finding_is_one_sentence(pairs, capsys):
    assert main(pairs(np.array([2.0, 0.0]))) == 0
    said = capsys.readouterr().out
    assert "Gaze has probably shifted" in said
    assert "to the left" in said


@pytest.mark.parametrize(
    "little",
    [
        {"n_images": 12, "at_the_cross": True},
        {"n_images": 5, "n_fixations": 2},
        {"n_images": 3},
        {"n_images": 12, "n_fixations": 0},
    ],
)
def test_nothing_is_told_from_too_little(pairs, little, capsys):
    arguments = pairs(np.zeros(2), **little)
    assert main(arguments) == 0
    assert "No correction can be told from this" in capsys.readouterr().out
    assert main([*arguments, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["kind"] == "none"
    assert found["supported"] is False
    assert found["shift_deg"] == [0.0, 0.0]


def test_maps_that_are_even_tell_nothing(pairs, tmp_path, capsys):
    arguments = pairs(np.array([2.0, 0.0]))
    for path in (tmp_path / "maps").glob("*.npy"):
        np.save(path, np.ones((300, 400), np.float32))
    assert main(arguments) == 0
    assert "No correction can be told from this" in capsys.readouterr().out


def test_a_folder_without_pairs_is_refused(pairs, tmp_path, capsys):
    arguments = pairs(np.zeros(2), n_images=0)
    assert main(arguments) == 2
    assert str(tmp_path / "pairs") in capsys.readouterr().err


@pytest.mark.parametrize(("value", "said"), [("0", "above 0"), ("nan", "above 0"), ("0.1", "degrees")])
def test_pixels_per_degree_that_cannot_be_are_refused(pairs, value, said, capsys):
    assert main([*pairs(np.zeros(2)), "--px-per-deg", value]) == 2
    assert said in capsys.readouterr().err


def test_a_session_knows_its_screen(tmp_path, capsys):
    assert main(["recalibrate", str(tmp_path), "--px-per-deg", "24"]) == 2
    assert "--px-per-deg" in capsys.readouterr().err


def test_a_folder_without_a_session_is_named(tmp_path, capsys):
    assert main(["recalibrate", str(tmp_path), "--universal", "signature-centre"]) == 2
    assert str(tmp_path) in capsys.readouterr().err


def test_a_proposal_never_overwrites(tmp_path, capsys):
    out = tmp_path / "correction.json"
    out.write_text("{}")
    assert main(["recalibrate", str(tmp_path), "-o", str(out)]) == 2
    assert "exists" in capsys.readouterr().err
    assert out.read_text() == "{}"


@pytest.fixture
def shifted(tmp_path):
    """A session with gaze off by 2 degrees, and the command that looks at it."""
    return session_with_maps(tmp_path)


def session_with_maps(tmp_path, **about):
    """A session's folder, and the command with a folder that holds a map of each of its images."""
    folder, maps = make_shifted_study(tmp_path / "study", **about), tmp_path / "maps"
    maps.mkdir()
    with SessionReader(folder) as session:
        names = {row.stimulus_id: row.name for row in session.stimulus_rows()}
        for row in session.predictions():
            np.save(maps / f"{names[row.stimulus_id].partition('.')[0]}.npy", row.universal)
    return folder, ["recalibrate", str(folder), "--universal", str(maps)]


def test_a_session_is_corrected_verified_and_uncorrected(shifted, capsys):
    folder, command = shifted
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["applied"] is False
    assert found["validation"]["accuracy_after_deg"] < 0.3 * found["validation"]["accuracy_before_deg"]
    assert main([*command, "--apply"]) == 0
    assert "Applied" in capsys.readouterr().out
    assert main([*command]) == 0
    assert "is applied to this session already" in capsys.readouterr().out
    assert main(["recalibrate", str(folder), "--undo", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"applied": False, "undone": True}
    assert main(["recalibrate", str(folder), "--undo"]) == 0
    assert "No correction from images was applied" in capsys.readouterr().out


def test_maps_that_say_nothing_apply_nothing(shifted, capsys):
    folder, _ = shifted
    assert main(["recalibrate", str(folder), "--universal", "centre-bias", "--apply"]) == 0
    said = capsys.readouterr().out
    assert "No correction can be told from this" in said
    assert "Nothing was applied" in said
    with SessionReader(folder) as session:
        assert session.recalibrations() == []


@pytest.mark.parametrize(
    "about",
    [{"cross_only": True}, {"map_of": np.ones_like}, {"n_images": 1}, {"n_images": 5, "n_fixations": 2}],
    ids=["cross only", "even maps", "one image", "ten fixations"],
)
def test_a_session_that_tells_nothing_is_left_as_it_is(tmp_path, about, capsys):
    folder, command = session_with_maps(tmp_path, **about)
    assert main([*command, "--apply"]) == 0
    said = capsys.readouterr().out
    assert "No correction can be told from this" in said
    assert "Nothing was applied" in said
    with SessionReader(folder) as session:
        assert session.recalibrations() == []


def test_pairs_are_never_changed(pairs, capsys):
    assert main([*pairs(np.array([2.0, 0.0])), "--apply"]) == 2
    assert "never changed" in capsys.readouterr().err
