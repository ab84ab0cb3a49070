"""gazeapp fixations and gazeapp quality as a person or a script calls them."""

import csv
import json
from pathlib import Path

import pytest

from gazeapp.__main__ import main
from gazeapp.gaze.detection.registry import ALGORITHMS, detect_fixations
from tests.gaze.gaze_scenes import DISPLAY, scanpath, scene

SCREEN = ["--display", str(DISPLAY)]


def write_samples(path, samples, targets=""):
    header = "time_s,left_x_px,left_y_px,right_x_px,right_y_px"
    if targets:
        header += ",target_id,target_x_px,target_y_px"
    rows = [
        f"{t!r},{lx!r},{ly!r},{rx!r},{ry!r}" + targets
        for t, (lx, ly), (rx, ry) in zip(
            samples.time_s.tolist(),
            samples.left_px.tolist(),
            samples.right_px.tolist(),
            strict=True,
        )
    ]
    path.write_text("\n".join([header, *rows]) + "\n")
    return str(path)


@pytest.fixture
def gaze_file(tmp_path):
    return write_samples(tmp_path / "gaze.csv", scanpath(5, 250, seed=1))


def test_fixations_are_printed_as_a_table(gaze_file, capsys):
    assert main(["fixations", gaze_file, *SCREEN]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    expected = detect_fixations(scanpath(5, 250, seed=1), DISPLAY)
    assert list(rows[0]) == ["onset_s", "duration_s", "x_px", "y_px"]
    assert [float(row["onset_s"]) for row in rows] == pytest.approx([f.onset_s for f in expected], abs=1e-6)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_json_holds_fixations_algorithm_and_parameters(gaze_file, capsys, algorithm):
    assert main(["fixations", gaze_file, *SCREEN, "--algorithm", algorithm, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["algorithm"] == algorithm
    assert len(document["fixations"]) > 5
    assert list(document["fixations"][0]) == ["onset_s", "duration_s", "x_px", "y_px"]
    assert document["parameters"]


def test_options_reach_the_algorithm_and_the_table_a_file(gaze_file, tmp_path, capsys):
    out = tmp_path / "fixations.csv"
    arguments = ["fixations", gaze_file, *SCREEN, "--option", "min_duration_ms=250", "-o", str(out)]
    assert main(arguments) == 0
    durations = [float(row["duration_s"]) for row in csv.DictReader(out.read_text().splitlines())]
    assert min(durations) >= 0.25
    assert f"{len(durations)} fixations written" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["--algorithm", "best"],
            "unknown algorithm 'best'; choose one of ivt, idt, i2mc, adaptive",
        ),
        (
            ["--option", "threshold=3"],
            "ivt has no option 'threshold'; did you mean 'threshold_deg_s'",
        ),
        (["--option", "threshold_deg_s"], "say KEY=VALUE, got 'threshold_deg_s'"),
        (["--option", "merge=maybe"], "merge: say true or false, got 'maybe'"),
        (["--display", "1920,1080"], "--display: a display is W_PX,H_PX,W_MM,H_MM,DIST_MM"),
        (["--display", "1920,1080,0,300,600"], "--display: display width_mm must be above 0"),
    ],
)
def test_wrong_usage_is_one_line_and_code_2(gaze_file, capsys, arguments, words):
    assert main(["fixations", gaze_file, *arguments]) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""


@pytest.mark.parametrize("command", ["fixations", "quality"])
def test_a_file_that_is_no_sample_table_is_one_line_and_code_2(tmp_path, capsys, command):
    path = tmp_path / "table.csv"
    path.write_text("name,age\nx,3\n")
    assert main([command, str(path)]) == 2
    error = capsys.readouterr().err
    assert "found: name, age; needed: time_s" in error
    assert error.count("\n") == 1


def test_an_assumed_display_is_said(gaze_file, capsys):
    assert main(["fixations", gaze_file, "--json"]) == 0
    captured = capsys.readouterr()
    assert "no --display given; assuming 1920,1080,531,299,650" in captured.err
    json.loads(captured.out)


def test_quality_reads_targets_from_the_samples(tmp_path, capsys):
    gaze = scene(250).look_at(960, 540, 1.0).samples(noise_px=2)
    path = write_samples(
        tmp_path / "gaze.csv",
        type(gaze).build(gaze.time_s, eyes="binocular", left_px=gaze.left_px, right_px=gaze.left_px),
        ",4,960,540",
    )
    assert main(["quality", path, *SCREEN]) == 0
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert [(row["eye"], row["target_id"]) for row in document["targets"]] == [
        ("left", 4),
        ("right", 4),
    ]
    assert document["verdict"] == "pass"
    assert "Good: gaze is" in captured.err


def test_quality_takes_targets_from_a_file_and_writes_json(gaze_file, tmp_path, capsys):
    targets = tmp_path / "targets.csv"
    targets.write_text("target_id,onset_s,duration_s,x_px,y_px\n1,0,1,100,100\n2,1,1,900,500\n")
    out = tmp_path / "quality.json"
    arguments = [
        "quality",
        gaze_file,
        *SCREEN,
        "--targets",
        str(targets),
        "-o",
        str(out),
        "--warn-deg",
        "0.7",
    ]
    assert main(arguments) == 0
    document = json.loads(out.read_text())
    assert document["verdict"] == "fail"
    assert document["limits"]["warn_deg"] == 0.7
    assert document["reasons"]
    assert capsys.readouterr().out.startswith("Not good enough")


def test_quality_without_targets_says_what_is_needed(gaze_file, capsys):
    assert main(["quality", gaze_file, *SCREEN]) == 2
    assert "add the columns target_id, target_x_px, target_y_px, or give --targets FILE" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["fixations", "quality"])
def test_an_output_that_cannot_be_written_is_one_line_and_code_2(tmp_path, capsys, command):
    gaze = scene(250).look_at(960, 540, 1.0).samples()
    path = write_samples(
        tmp_path / "gaze.csv",
        type(gaze).build(gaze.time_s, eyes="binocular", left_px=gaze.left_px, right_px=gaze.left_px),
        ",4,960,540",
    )
    assert main([command, path, *SCREEN, "-o", str(tmp_path / "none" / "out")]) == 2
    error = capsys.readouterr().err
    assert "cannot be written: there is no such folder" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "gazeapp fixations: the following arguments are required: SAMPLES"),
        (["gaze.csv", "--bogus"], "gazeapp fixations: unrecognized arguments: --bogus"),
    ],
)
def test_a_call_the_parser_refuses_is_one_line_and_code_2(capsys, arguments, words):
    assert main(["fixations", *arguments]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert "--help" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--pass-deg", "-3"], "--pass-deg -3: must be 0 to 180 degrees"),
        (["--warn-deg", "nan"], "--warn-deg nan: must be 0 to 180 degrees"),
        (["--max-loss", "20"], "--max-loss 20: must be a share from 0 to 1"),
        (["--pass-deg", "2", "--warn-deg", "1"], "--pass-deg 2 is above --warn-deg 1"),
        (["--max-loss", ".5", "--warn-loss", ".1"], "--max-loss 0.5 is above --warn-loss 0.1"),
    ],
)
def test_limits_that_mean_nothing_are_refused(gaze_file, capsys, arguments, words):
    assert main(["quality", gaze_file, *SCREEN, *arguments]) == 2
    assert words in capsys.readouterr().err


def test_targets_of_another_time_are_refused(gaze_file, tmp_path, capsys):
    targets = tmp_path / "targets.csv"
    targets.write_text("target_id,onset_s,duration_s,x_px,y_px\n1,4000,1000,100,100\n")
    assert main(["quality", gaze_file, *SCREEN, "--targets", str(targets)]) == 2
    assert "no target lies within" in capsys.readouterr().err


def test_a_negative_duration_is_refused_by_line(gaze_file, tmp_path, capsys):
    targets = tmp_path / "targets.csv"
    targets.write_text("target_id,onset_s,duration_s,x_px,y_px\n1,0,1,5,5\n2,1,-1,9,9\n")
    assert main(["quality", gaze_file, *SCREEN, "--targets", str(targets)]) == 2
    assert "line 3, column duration_s: '-1'" in capsys.readouterr().err


def test_a_failed_write_is_one_line_even_with_an_assumed_display(gaze_file, tmp_path, capsys):
    out = str(tmp_path / "none" / "fixations.csv")
    assert main(["fixations", gaze_file, "-o", out]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_time_that_goes_back_is_said(gaze_file, tmp_path, capsys):
    header, *rows = Path(gaze_file).read_text().splitlines()
    shuffled = tmp_path / "shuffled.csv"
    shuffled.write_text("\n".join([header, *rows[300:], *rows[:300]]) + "\n")
    assert main(["fixations", str(shuffled), *SCREEN]) == 0
    assert "time goes back 1 times in the file" in capsys.readouterr().err
