"""Files of other laboratories that were read wrong once, each with its right value."""

from __future__ import annotations

import json

import numpy as np
import pytest

from gazeapp.__main__ import main
from gazeapp.store.study import Study
from tests.conftest import CHECKOUT

DISPLAY = ("--display", "1920,1080,531,299,650")
TWO_PLACES = [(480, 270), (1440, 810)]
XDF_PLACES = [(400, 300), (1500, 800)]


@pytest.fixture(scope="session")
def cases():
    folder = CHECKOUT.parent / "shared" / "cases"
    if not folder.is_dir():
        pytest.skip("the small files of other laboratories are not beside this checkout (../shared/cases)")
    return folder


@pytest.fixture
def lab(tmp_path, capsys):
    return Laboratory(tmp_path, capsys)


class Laboratory:
    """Runs commands and looks at what they left."""

    def __init__(self, folder, capsys):
        self.study, self.capsys = folder / "study", capsys

    def run(self, *arguments):
        code = main([str(a) for a in arguments])
        said = self.capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out, said.err

    def import_(self, *arguments, expect=0):
        code, out, err = self.run(
            "import", *arguments, "--study", self.study, "--participant", "P1", "--consent", "--json"
        )
        assert code == expect, err
        return (json.loads(out) if out else {}), err

    def session(self):
        with Study.open(self.study) as study:
            return study.sessions("P1")[-1]

    def places(self):
        code, out, err = self.run("fixations", self.session().path, "--json")
        assert code == 0, err
        return [(round(f["x_px"]), round(f["y_px"])) for f in json.loads(out)["fixations"]]


# Units


@pytest.mark.parametrize("option", ["units", "unit"])
@pytest.mark.parametrize("name", ["height", "deg", "cm"])
def test_a_unit_of_iohub_that_the_range_does_not_tell_is_asked_for(cases, lab, name, option):
    file = cases / "iohub_units" / f"{name}.hdf5"
    _, err = lab.import_(file, "--format", "iohub", *DISPLAY, expect=2)
    assert "units=" in err
    assert not lab.study.exists()
    lab.import_(file, "--format", "iohub", *DISPLAY, "--option", f"{option}={name}")
    assert lab.places() == TWO_PLACES


def test_iohub_says_which_eye_and_which_pupil(cases, lab):
    document, err = lab.import_(cases / "iohub_units" / "right_eye.hdf5", "--format", "iohub", *DISPLAY)
    assert document["sessions"][0]["eyes"] == "right"
    assert "pupil sizes are left out" not in err
    assert "taken as pixels" in err
    with lab.session().reader() as reader:
        assert np.isfinite(reader.samples().right_pupil_mm).all()


@pytest.mark.parametrize("name", ["deg", "mm", "wrong"])
def test_units_of_a_stream_are_those_of_its_channels_unless_the_values_belie_them(cases, lab, name):
    _, err = lab.import_(cases / "xdf_units" / f"{name}.xdf", "--format", "xdf", *DISPLAY)
    assert lab.places() == XDF_PLACES
    assert ("look normalised" in err) == (name == "wrong")


# Channels


@pytest.mark.parametrize("name", "abcd")
def test_eyes_are_told_by_every_way_of_labelling_them(cases, lab, name):
    document, _ = lab.import_(cases / "xdf_left_right_labels" / f"{name}.xdf", "--format", "xdf", *DISPLAY)
    assert document["sessions"][0]["eyes"] == "binocular"
    with lab.session().reader() as reader:
        samples = reader.samples()
    np.testing.assert_allclose(samples.left_px[0], [400, 300], atol=1e-3)
    np.testing.assert_allclose(samples.right_px[0], [420, 300], atol=1e-3)
    if name == "d":
        np.testing.assert_allclose([samples.left_pupil_mm[0], samples.right_pupil_mm[0]], [3.1, 3.3], atol=1e-6)


# Codes of lost gaze


@pytest.mark.parametrize("name", ["zero", "minus1", "eyelink", "eyelink2"])
def test_a_number_that_stands_for_lost_gaze_is_no_fixation(cases, lab, name):
    code, out, err = lab.run("fixations", cases / "lost_sentinels" / f"{name}.csv", *DISPLAY, "--json")
    assert code == 0
    found = json.loads(out)["fixations"]
    assert [(round(f["x_px"]), round(f["y_px"])) for f in found] == [(600, 400), (600, 400)]
    assert "40 of 250 samples" in err


def test_eyelink_writes_lost_gaze_as_a_number_too(cases, lab):
    lab.import_(cases / "lost_sentinels" / "miss.asc", "--format", "eyelink-asc", *DISPLAY)
    assert all(0 < x < 1920 and 0 < y < 1080 for x, y in lab.places())


# Time


def test_the_rate_of_rounded_stamps_is_that_of_the_recording(cases, lab):
    folder = cases / "rate_from_rounded_ms"
    code, out, _ = lab.run("quality", folder / "a.csv", "--targets", folder / "t.csv", *DISPLAY, "--json")
    document = json.loads(out)
    assert code == 0
    assert document["rate_hz"] == 300
    assert document["summary"]["data_loss_expected"] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "rate_hz"), [("prolab", 120), ("prolab_de", 120), ("prolab300", 300), ("prolab60", 60)]
)
def test_pro_lab_in_whole_milliseconds(cases, lab, name, rate_hz):
    document, _ = lab.import_(cases / f"{name}.tsv", "--format", "tobii-tsv")
    assert document["sessions"][0]["rate_hz"] == pytest.approx(rate_hz, rel=1e-3)
    with lab.session().reader() as reader:
        assert np.nanmedian(reader.samples().left_pupil_mm) == pytest.approx(3.12)


def test_precision_of_gaze_that_does_not_move_is_zero(cases, lab, tmp_path):
    folder = cases / "quality_zero_rms"
    code, out, _ = lab.run(
        "quality", folder / "a.csv", "--targets", folder / "t.csv", *DISPLAY, "-o", tmp_path / "q.json"
    )
    assert code == 0
    assert "precision is 0.00°" in out


# Markers


def test_messages_on_another_clock_are_told_and_show_no_image(cases, lab):
    folder = cases / "xdf_markers"
    document, err = lab.import_(folder / "far.xdf", "--format", "xdf", "--stimuli", folder / "img", *DISPLAY)
    assert document["sessions"][0]["n_trials"] == 0
    assert "outside the time of the gaze" in err
    assert "no clock offsets" in err
    assert "damaged" not in err


@pytest.mark.parametrize(("name", "texts"), [("int", ["10", "20"]), ("two", ["image_onset scene.png"])])
def test_markers_of_every_type_are_kept(cases, lab, name, texts):
    folder = cases / "xdf_markers"
    lab.import_(folder / f"{name}.xdf", "--format", "xdf", "--stimuli", folder / "img", *DISPLAY)
    with lab.session().reader() as reader:
        kept = [event.text for event in reader.events() if type(event).__name__ == "Note"]
    assert kept[: len(texts)] == texts


def test_samples_that_share_a_stamp_have_the_rate_of_their_stream(cases, lab):
    document, err = lab.import_(cases / "xdf_markers" / "chunk.xdf", "--format", "xdf", *DISPLAY)
    assert document["sessions"][0]["rate_hz"] == 300
    assert "share a time stamp" in err
    assert lab.places() == XDF_PLACES


# EyeLink


@pytest.mark.parametrize(
    ("name", "frame"),
    [
        ("center", (640, 300, 640, 480)),
        ("center_wh", (560, 240, 800, 600)),
        ("topleft", (100, 50, 640, 480)),
        ("fill", (0, 0, 1920, 1080)),
        ("umlaut", (0, 0, 1920, 1080)),
        ("offset", (0, 0, 1920, 1080)),
    ],
)
def test_an_image_lies_where_the_message_says_and_appears_when_it_says(cases, lab, name, frame):
    folder = cases / "asc_imgload"
    document, _ = lab.import_(folder / f"{name}.asc", "--format", "eyelink-asc", "--stimuli", folder / "img", *DISPLAY)
    assert document["sessions"][0]["missing_images"] == []
    with lab.session().reader() as reader:
        (trial,) = reader.trials()
    f = trial.frame
    assert (f.left_px, f.top_px, f.width_px, f.height_px) == frame
    assert trial.shown_s == pytest.approx(0.2)


def test_samples_alone_are_told_and_read_with_their_events(cases, lab, tmp_path):
    file = cases / "asc_samples_only" / "samples.asc"
    _, err = lab.import_(file, "--format", "eyelink-asc", *DISPLAY, expect=2)
    assert "START and SAMPLES" in err
    assert "edf2asc" in err
    first = file.read_text().split()[0]
    (tmp_path / "x_samples.asc").write_text(file.read_text())
    (tmp_path / "x_events.asc").write_text(
        f"MSG {first} DISPLAY_COORDS 0 0 1919 1079\nSTART {first} LEFT SAMPLES EVENTS\nEVENTS GAZE LEFT RATE 1000.00\n"
    )
    document, _ = lab.import_(tmp_path / "x_samples.asc", *DISPLAY)
    assert document["sessions"][0]["n_samples"] == 50
    assert document["sessions"][0]["eyes"] == "left"


# Tobii


def test_rows_that_only_tell_an_event_are_no_samples(cases, lab):
    folder = cases / "tobii_event_rows"
    code, out, _ = lab.run("quality", folder / "a.tsv", "--targets", folder / "targets.csv", *DISPLAY, "--json")
    document = json.loads(out)
    assert (code, document["n_samples"], document["summary"]["data_loss"]) == (0, 120, 0.0)
    document, _ = lab.import_(folder / "nosensor.tsv", "--format", "tobii-tsv", "--stimuli", folder / "img", *DISPLAY)
    made = document["sessions"][0]
    assert (made["n_trials"], made["n_samples"]) == (1, 120)


def test_the_screen_of_a_file_counts_everywhere(cases, lab):
    folder = cases / "tobii_own_screen"
    code, out, _ = lab.run("fixations", folder / "a.tsv", "--json")
    width, height, width_mm, height_mm, _ = map(float, json.loads(out)["display"].split(","))
    assert (code, width, height) == (0, 1280, 1024)
    assert width_mm / width == pytest.approx(height_mm / height, rel=1e-3)  # square pixels
    document, _ = lab.import_(folder / "studio.tsv", "--format", "tobii-tsv")
    assert document["sessions"][0]["display"].startswith("1280,1024,")


# Several files


def test_all_files_are_read_before_one_is_stored(cases, lab, tmp_path):
    good = cases / "import_several_files" / "good.asc"
    bad = tmp_path / "bad.asc"
    bad.write_text(good.read_text().replace("100500\t", "100500\tx", 1))
    document, err = lab.import_(good, bad, *DISPLAY, expect=2)
    assert document["sessions"] == []
    assert "bad.asc" in document["error"]
    assert "stored: nothing" in err
    assert not lab.study.exists()
    lab.import_(good, *DISPLAY)
    document, _ = lab.import_(good, cases / "import_several_files" / "bad.asc", *DISPLAY)
    assert [one["already_there"] for one in document["sessions"]] == [True, False]
    with Study.open(lab.study) as study:
        assert len(study.sessions()) == 2


# Detectors


@pytest.mark.parametrize("algorithm", ["ivt", "idt", "i2mc", "adaptive"])
def test_places_reached_within_a_sample_are_eight_fixations(cases, lab, algorithm):
    file = cases / "adaptive_step" / "a.csv"
    code, out, _ = lab.run("fixations", file, "--algorithm", algorithm, "--display", "1680,1050,474,297,550", "--json")
    assert (code, len(json.loads(out)["fixations"])) == (0, 8)


def test_a_file_that_asks_for_more_memory_than_it_holds_is_refused(cases, lab):
    _, err = lab.import_(cases / "hostile" / "bomb.hdf5", expect=2)
    assert "bomb.hdf5" in err


def test_a_pair_of_samples_and_events_is_one_recording(lab, tmp_path):
    rows = [f"{5000 + i}\t 528.2\t 374.1\t 887.0\t..." for i in range(50)]
    (tmp_path / "p_s.asc").write_text("\n".join(rows) + "\n")
    (tmp_path / "p_e.asc").write_text(
        "MSG\t4990 DISPLAY_COORDS = 0 0 1920 1080\nSTART\t5000\tRIGHT\tSAMPLES\tEVENTS\n"
        "EVENTS\tGAZE\tRIGHT\tRATE\t1000.00\n"
        "MSG\t5010 hello\n"
    )
    document, err = lab.import_(tmp_path / "p_s.asc", tmp_path / "p_e.asc", *DISPLAY)
    (made,) = document["sessions"]
    assert (made["eyes"], made["n_samples"], made["n_messages"]) == ("right", 50, 1)
    assert "come from p_e.asc" in err
    with lab.session().reader() as reader:
        assert reader.samples().right_px[0].tolist() == [528.2, 374.1]  # told by its size, so no half pixel


def test_pursuit_is_told_apart_where_the_stimulus_moves(tmp_path, lab):
    t = np.arange(0, 2, 0.002)
    deg = np.stack([np.where(t < 0.6, -8.0, -8.0 + 12 * (t - 0.6)), np.zeros_like(t)], axis=1)
    rows = [f"{a:.3f},{x:.4f},{y:.4f}" for a, (x, y) in zip(t, deg, strict=True)]
    (tmp_path / "p.csv").write_text("time_s,x_deg,y_deg\n" + "\n".join(rows) + "\n")
    command = ["fixations", tmp_path / "p.csv", *DISPLAY, "--json", "--algorithm", "adaptive"]
    still = json.loads(lab.run(*command)[1])["fixations"]
    moving = json.loads(lab.run(*command, "--stimulus", "moving")[1])["fixations"]
    assert sum(f["duration_s"] for f in still) > 1.8
    assert sum(f["duration_s"] for f in moving) < 0.9
    code, _, err = lab.run("fixations", tmp_path / "p.csv", "--stimulus", "moving")
    assert code == 2
    assert "adaptive" in err


def test_what_was_assumed_is_kept_with_the_session_and_told_in_its_report(cases, lab, tmp_path):
    lab.import_(cases / "xdf_units" / "wrong.xdf", *DISPLAY)
    session = lab.session()
    with session.reader() as reader:
        assert any("look normalised" in note for note in reader.meta["assumptions"])
    assert lab.run("report", session.path, "-o", tmp_path / "r.html")[0] == 0
    assert "look normalised" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_many_samples_are_read_once_more_and_not_held(cases, lab, monkeypatch):
    from gazeapp.runtime import import_files

    monkeypatch.setattr(import_files, "_MOST_HELD", 1500)
    folder = cases / "import_several_files"
    document, _ = lab.import_(folder / "good.asc", folder / "bad.asc", *DISPLAY)
    assert [one["n_samples"] for one in document["sessions"]] == [1000, 1000]
