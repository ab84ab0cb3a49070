"""Sample, target and fixation files: what is read, and how wrong ones are refused."""

import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gazeapp.errors import UnreadableTable
from gazeapp.gaze.display import Display
from gazeapp.gaze.fixations import Fixation
from gazeapp.store.imports.recording import ASSUMED_DISPLAY
from gazeapp.store.sample_table import (
    read_fixations,
    read_samples,
    read_targets,
    write_fixations,
)

DISPLAY = Display(width_px=1000, height_px=500, width_mm=500, height_mm=250, distance_mm=600)


@pytest.fixture
def write(tmp_path):
    def write_file(text, name="gaze.csv", encoding="utf-8"):
        path = tmp_path / name
        data = text.encode(encoding)
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path

    return write_file


BINOCULAR = "time_s,left_x_px,left_y_px,right_x_px,right_y_px\n0.0,1,2,3,4\n0.01,nan,nan,5,6\n0.02,,,7,8\n"


@pytest.mark.parametrize(
    ("text", "name", "encoding"),
    [
        (BINOCULAR, "gaze.csv", "utf-8"),
        (BINOCULAR, "gaze.csv.gz", "utf-8"),
        (BINOCULAR.replace(",", "\t"), "gaze.tsv", "utf-8"),
        (BINOCULAR.replace(",", ";").replace(".", ","), "gaze.csv", "utf-8"),
        ("# made by hand\n\n" + BINOCULAR, "gaze.csv", "utf-8-sig"),
        (BINOCULAR.replace("\n", "\r\n"), "gaze.csv", "utf-16"),
    ],
    ids=["csv", "gz", "tsv", "semicolons and decimal commas", "comment and byte order mark", "utf-16"],
)
def test_a_table_is_read_however_it_is_written(write, text, name, encoding):
    samples = read_samples(write(text, name, encoding), DISPLAY).samples
    assert samples.eyes == "binocular"
    assert samples.time_s.tolist() == [0.0, 0.01, 0.02]
    assert samples.left_valid.tolist() == [True, False, False]
    assert samples.right_px.tolist() == [[3, 4], [5, 6], [7, 8]]


@pytest.mark.parametrize(("name", "factor"), [("time_s", 1), ("time_ms", 1e3), ("time_us", 1e6)])
def test_the_unit_of_time_is_in_its_name(write, name, factor):
    samples = read_samples(write(f"{name},x_px,y_px\n{0.25 * factor},1,2\n"), DISPLAY).samples
    assert samples.time_s.tolist() == pytest.approx([0.25])
    assert samples.eyes == "cyclopean"


def test_the_unit_of_gaze_is_in_its_name(write):
    norm = read_samples(write("time_s,left_x_norm,left_y_norm\n0,0.25,0.5\n"), DISPLAY).samples
    assert norm.left_px.tolist() == [[250, 250]]
    assert norm.eyes == "left"
    deg = read_samples(write("time_s,right_x_deg,right_y_deg\n0,5,2\n"), DISPLAY).samples
    assert DISPLAY.px_to_deg(deg.right_px)[0] == pytest.approx([5, 2])
    assert deg.eyes == "right"


def test_validity_columns_make_gaze_missing(write):
    text = "time_s,left_x_px,left_y_px,left_valid,left_pupil_mm\n0,1,2,1,3.5\n1,1,2,0,\n2,1,2,true,3.6\n"
    samples = read_samples(write(text), DISPLAY).samples
    assert samples.left_valid.tolist() == [True, False, True]
    assert np.isnan(samples.left_px[1]).all()
    assert samples.left_pupil_mm.tolist()[::2] == [3.5, 3.6]


def test_target_columns_become_windows(write):
    rows = "".join(
        f"{k / 100},1,2,{target},{x},{y}\n"
        for k, (target, x, y) in enumerate(
            [(3, 10, 20)] * 4 + [("", "", "")] * 2 + [(-1, -1, -1)] * 2 + [(1, 30, 40)] * 5 + [(3, 10, 20)] * 2
        )
    )
    table = read_samples(write("time_s,x_px,y_px,target_id,target_x_px,target_y_px\n" + rows), DISPLAY)
    assert [(t.target_id, t.x_px, t.y_px) for t in table.targets] == [
        (3, 10, 20),
        (1, 30, 40),
        (3, 10, 20),
    ]
    first = table.targets[0]
    assert first.onset_s == 0.0
    assert 0.03 < first.duration_s < 0.04


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("time_s,x_px,y_px\n", "there is no row below the column names"),
        ("time_s,x_px,y_px\n0,1,2\n1,3\n", r"line 3: 2 of 3 columns; is the file cut"),
        ("time_s,x_px,y_px\n0,1,2\n1,3,oops\n", r"line 3, column y_px: 'oops' is not a number"),
        ("time_s,x_px,y_px\n0,1,2\n,3,4\n", r"line 3, column time_s: '' is not a time"),
        ("time_s,x_px,y_px,valid\n0,1,2,perhaps\n", r"column valid: 'perhaps' is not 1 or 0"),
        ("a,b\n1,2\n", r"the columns are not understood; found: a, b; needed: time_s"),
        ("time,left_x,left_y\n1,2,3\n", r"time, left_x, left_y carry no unit: add _px"),
        ("x_px,y_px\n1,2\n", r"needed: time_s"),
        ("time_s,x_px\n1,2\n", r"found: time_s, x_px"),
        ("time_s,x_px,y_px\n0,1,2\0\n", "not a text table"),
    ],
)
def test_a_wrong_table_is_refused_in_words(write, text, message):
    with pytest.raises(UnreadableTable, match=message) as caught:
        read_samples(write(text), DISPLAY)
    assert "gaze.csv" in caught.value.message


@pytest.mark.parametrize(
    ("unit", "scale", "hint"),
    [("px", 1, "name the columns _norm"), ("norm", 900, "_px"), ("deg", 900, "_px")],
)
def test_a_unit_that_the_values_belie_is_refused(write, unit, scale, hint):
    random = np.random.default_rng(0)
    rows = "".join(f"{k / 100},{x},{y}\n" for k, (x, y) in enumerate(random.uniform(0, scale, (50, 2))))
    with pytest.raises(UnreadableTable, match=f"columns x_{unit}, y_{unit}: .*{hint}"):
        read_samples(write(f"time_s,x_{unit},y_{unit}\n" + rows), DISPLAY)


def test_a_missing_and_a_cut_file_are_refused(tmp_path, write):
    with pytest.raises(UnreadableTable, match="no such file"):
        read_samples(tmp_path / "none.csv", DISPLAY)
    path = write(BINOCULAR * 50, "gaze.csv.gz")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UnreadableTable, match="cut or damaged"):
        read_samples(path, DISPLAY)


def test_without_a_display_one_is_assumed_and_said(write):
    table = read_samples(write(BINOCULAR))
    assert table.display_assumed
    assert table.display == ASSUMED_DISPLAY


def test_tobii_pro_lab_exports_are_read(write):
    text = (
        "Recording timestamp [μs]\tSensor\tGaze point left X [DACS px]\tGaze point left Y [DACS px]\t"
        "Gaze point right X [DACS px]\tGaze point right Y [DACS px]\tPupil diameter left [mm]\t"
        "Validity left\tValidity right\n"
        "1000\tEye Tracker\t100\t200\t110\t210\t3,25\tValid\tInvalid\n"
        "1500\tMouse\t\t\t\t\t\t\t\n"
        "9333\tEye Tracker\t101\t201\t111\t211\t3,30\tValid\tValid\n"
    )
    table = read_samples(write(text, "lab.tsv", "utf-16"), DISPLAY)
    assert table.layout == "tobii-lab"
    assert table.samples.time_s.tolist() == pytest.approx([0.001, 0.009333])
    assert table.samples.left_px.tolist() == [[100, 200], [101, 201]]
    assert table.samples.right_valid.tolist() == [False, True]
    assert table.samples.left_pupil_mm.tolist() == [3.25, 3.30]


def test_tobii_studio_exports_are_read(write):
    text = (
        "RecordingTimestamp\tGazePointLeftX (ADCSpx)\tGazePointLeftY (ADCSpx)\tGazePointRightX (ADCSpx)\t"
        "GazePointRightY (ADCSpx)\tValidityLeft\tValidityRight\n16\t1\t2\t3\t4\t0\t4\n33\t1\t2\t3\t4\t1\t0\n"
    )
    samples = read_samples(write(text, "studio.tsv"), DISPLAY).samples
    assert samples.time_s.tolist() == pytest.approx([0.016, 0.033])
    assert samples.left_valid.tolist() == [True, True]
    assert samples.right_valid.tolist() == [False, True]


@pytest.mark.slow
def test_recordings_of_real_trackers_are_read(shared_data):
    folder = shared_data / "recordings"
    table = read_samples(folder / "etdq" / "Tobii_Spectrum_1200Hz.tsv", ASSUMED_DISPLAY)
    assert table.layout == "etdqualitizer"
    assert 1 / np.median(np.diff(table.samples.time_s)) == pytest.approx(1200, rel=0.01)
    assert sorted(target.target_id for target in table.targets) == list(range(1, 10))
    monocular = read_samples(folder / "etdq" / "EyeLink_1000+_left_1000Hz.tsv", ASSUMED_DISPLAY)
    assert monocular.samples.eyes == "left"
    tobii = read_samples(folder / "i2mc" / "participant1" / "1.tsv", ASSUMED_DISPLAY).samples
    assert 0.5 < tobii.left_valid.mean() < 1
    assert np.nanmedian(tobii.left_origin_mm[:, 2]) == pytest.approx(630, abs=50)
    assert not tobii.left_valid[0]


numbers = st.floats(-1e4, 1e4)


@given(
    st.lists(st.tuples(numbers, st.floats(0, 100), numbers, numbers)),
    st.sampled_from(["f.csv", "f.csv.gz"]),
)
def test_fixations_survive_a_file(tmp_path_factory, rows, name):
    path = tmp_path_factory.mktemp("fixations") / name
    fixations = [Fixation(onset_s=a, duration_s=b, x_px=c, y_px=d) for a, b, c, d in rows]
    write_fixations(path, fixations)
    for stored, fixation in zip(read_fixations(path), fixations, strict=True):
        assert stored.onset_s == pytest.approx(fixation.onset_s, abs=1e-6)
        assert stored.x_px == pytest.approx(fixation.x_px, abs=1e-3)


def test_fixation_and_target_tables_name_what_is_missing(write):
    with pytest.raises(UnreadableTable, match=r"y_px missing; found: onset_s, duration_s, x_px"):
        read_fixations(write("onset_s,duration_s,x_px\n1,2,3\n"))
    with pytest.raises(UnreadableTable, match=r"target_id missing"):
        read_targets(write("onset_s,duration_s,x_px,y_px\n1,2,3,4\n"))
    with pytest.raises(UnreadableTable, match=r"line 2, column x_px: 'nan' is not a number"):
        read_fixations(write("onset_s,duration_s,x_px,y_px,more\n1,2,nan,4,x\n"))


@pytest.mark.parametrize("name", ["--5", "²", "9" * 5000], ids=["two signs", "raised", "longer than a number"])
def test_a_target_is_called_whatever_it_is_called(write, name):
    (target,) = read_targets(write(f"target_id,onset_s,duration_s,x_px,y_px\n{name},0,1.5,100,200\n"))
    assert target.target_id == name


def test_targets_are_read(write):
    text = "target_id,onset_s,duration_s,x_px,y_px\n1,0,1.5,100,200\nlast,2,1,300,400\n"
    first, last = read_targets(write(text))
    assert (first.target_id, first.duration_s, last.target_id, last.x_px) == ("1", 1.5, "last", 300)
