"""A recorded session is opened, looked at in every way, saved as pictures, and what does not count is left out."""

import re
import shutil
import subprocess
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PySide6.QtCore import QLocale, QSize, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from gazeapp.analysis.heat_map import gaze_plot
from gazeapp.analysis.map_gain import summarize_gains
from gazeapp.store.detection_choice import Detection
from gazeapp.store.exclusion import Exclusion
from gazeapp.store.study import Study
from gazeapp.ui.formatting import format_signed
from gazeapp.ui.models.recording import read_recording, read_trial, shrunk
from gazeapp.ui.pages.page import PageState
from tests.store.example_study import make_study


@pytest.fixture
def page(qtbot, window, setup, monkeypatch):
    monkeypatch.setattr("gazeapp.ui.models.recording.is_simulated", lambda _meta: False)  # else nothing is scored
    study, _ = make_study(setup.study_dir)
    study.close()
    setup.study.open(setup.study_dir)
    qtbot.waitUntil(lambda: not setup.study.is_loading)
    window.open_page("analyse")
    qtbot.waitUntil(lambda: window.analyse.model.view is not None)
    return window.analyse


def test_the_keys_that_are_told_are_those_of_the_moment(page, window):
    assert "P Save picture" in window.status._keys.text()


def test_the_newest_session_opens_with_its_images_maps_and_figures(qtbot, page):
    assert len(page.images.list.items) == 3
    assert [scene.name for scene in page.board.scenes] == ["Universal", "Personal", "Difference", "Gaze plot"]
    assert page.board.scenes[0].overlay_rgba is not None
    assert page.banner.isHidden(), "the pictures need the room"
    qtbot.waitUntil(lambda: bool(page.model.scores))
    page.images.order.setCurrentIndex(1)
    page.images.order.activated.emit(1)
    listed = [page.model.gain(v.trial, -9) for v in page.model.listed()]
    assert listed == sorted(listed, reverse=True)


def test_what_the_personal_map_was_worth_is_told_of_the_session_without_what_is_left_out(qtbot, page):
    model = page.model
    qtbot.waitUntil(lambda: bool(model.scores) and not model.is_scoring)
    phase = {v.trial: v.phase for v in model.recording.viewings if v.trial in model.scores}
    assert set(phase.values()) == {"enrol", "overlay"}
    kept = [trial for trial in phase if phase[trial] == "overlay"]
    found = model.session_gain()
    assert (found.n, found.mean) == (len(kept), pytest.approx(np.mean([model.gain(trial) for trial in kept])))
    assert np.isnan(found.low), "an interval of so few images tells nothing"
    assert page.facts.session.gain.text().startswith("The personal map predicted gaze better on ")
    model.exclude(
        Exclusion(pseudonym="P017", session_id=model.session_id, trial=kept[0], reason="talked", excluded_utc="")
    )
    left = [trial for trial in phase if phase[trial] == "enrol"] if len(kept) == 1 else kept[1:]
    qtbot.waitUntil(lambda: (gain := model.session_gain()) is not None and gain.n == len(left))


def test_scores_follow_the_fixations(qtbot, page):
    model = page.model
    qtbot.waitUntil(lambda: bool(model.scores) and not model.is_scoring)
    before = dict(model.scores)
    model.choose_detection(Detection(algorithm="idt", options={}))
    qtbot.waitUntil(lambda: model.detection is not None and not model.is_scoring)
    assert set(model.scores) == set(before)
    assert any(model.scores[trial] != before[trial] for trial in before)


def test_gains_have_an_interval_once_there_are_enough_images():
    few, many = summarize_gains([0.1, -0.1]), summarize_gains([0.02, 0.05, -0.01, 0.04, 0.03, 0.06])
    assert (few.n, few.n_better) == (2, 1)
    assert np.isnan(few.low)
    assert 0 < many.low < many.mean < many.high
    assert np.isnan(summarize_gains([]).mean)


def test_another_image_is_looked_at_with_the_arrow_keys(qtbot, page):
    first = page.model.view
    page.images.list.setFocus()
    QTest.keyClick(page.images.list, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: page.model.view is not first)
    assert page.model.view.viewing.trial == page.model.trial != first.viewing.trial


def test_the_gaze_plot_numbers_every_fixation_on_the_image(page):
    page.set_view("plot")
    [scene] = page.board.scenes
    assert [p.number for p in scene.points] == list(range(1, len(scene.points) + 1))
    assert [p.x_px for p in scene.points] == [p.x_px for p in gaze_plot(page.model.viewing)]


def test_the_replay_shows_the_gaze_of_the_moment_and_plays_by_the_clock(qtbot, page):
    page.set_view("replay")
    view = page.model.view
    page.replay_bar.time.move_to(1.0)
    [scene] = page.board.scenes
    seen = (view.time_s > 0.5) & (view.time_s <= 1.0)
    np.testing.assert_array_equal(scene.trail_px, view.gaze_px[seen])
    assert all(p.onset_s <= 1.0 for p in scene.points)
    QTest.keyClick(page.window(), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: page.replay_bar.time.position_s > 1.1)
    QTest.keyClick(page.window(), Qt.Key.Key_2)
    assert not page.replay_bar.time.is_playing


@pytest.mark.parametrize("who", ["person", "group", "all"])
def test_heat_maps_of_a_person_a_group_and_all(qtbot, page, who):
    page.group.set_heat(who, "count")
    page.set_view("heat")
    qtbot.waitUntil(lambda: not page.group.is_working)
    assert (page.group.result.n_people, page.group.result.n_viewings) == ((1,), (1,))
    assert page.group.result.heat.sum() == pytest.approx(1.0, abs=1e-4)


def test_a_trial_is_excluded_with_a_reason_and_included_again(qtbot, page, setup):
    trial = page.model.trial
    QTest.keyClick(page.window(), Qt.Key.Key_X)
    assert not page.dialog.go.isEnabled(), "never without a reason"
    page.dialog.reason.setText("talked")
    page.dialog.go.click()
    qtbot.waitUntil(lambda: page.model.viewing is not None and page.model.viewing.excluded == "talked")
    with Study.open(setup.study_dir) as study:
        [made] = study.exclusions.present()
    assert (made.trial, made.reason) == (trial, "talked")
    assert "talked" in page.facts.image.excluded.text()
    assert page.images.list.items[0].is_faded
    QTest.keyClick(page.window(), Qt.Key.Key_X)
    qtbot.waitUntil(lambda: page.model.viewing is not None and not page.model.viewing.excluded)


def test_pictures_are_saved_as_png_svg_and_pdf_with_words_as_words(page, tmp_path):
    page.set_view("plot")
    size = page.board.size()
    for kind in ("png", "svg", "pdf"):
        page.files.save_picture(tmp_path / f"plot.{kind}")
        assert page.state is PageState.DONE
    picture = QImage(str(tmp_path / "plot.png"))
    assert picture.size() == size * 2
    root = ET.parse(tmp_path / "plot.svg").getroot()
    assert float(root.get("width").removesuffix("mm")) == pytest.approx(size.width() / 96 * 25.4, abs=0.01)
    words = "".join(root.itertext())
    assert "Gaze plot" in words
    assert " ms" in words
    assert (
        len(root.findall(".//{http://www.w3.org/2000/svg}path")) > 3 or "<circle" in (tmp_path / "plot.svg").read_text()
    )
    assert (tmp_path / "plot.pdf").read_bytes().startswith(b"%PDF")
    page.board.save(tmp_path / "small.png", "", size=QSize(300, 200))
    assert QImage(str(tmp_path / "small.png")).width() == 600
    page.files.save_picture(tmp_path / "plot.gif")
    assert page.state is PageState.FAILED
    assert ".svg" in page.banner.text


def test_words_of_a_pdf_can_be_searched_and_copied(page, tmp_path):
    page.set_view("plot")
    page.files.save_picture(tmp_path / "plot.pdf")
    content = (tmp_path / "plot.pdf").read_bytes()
    meanings = b"".join(re.findall(rb"beginbfrange(.*?)endbfrange", content, re.DOTALL)).lower()
    assert b"<0069>" in meanings, "what each sign means is told"
    assert b"<fb01>" not in meanings, "no sign stands for two letters"
    if shutil.which("pdftotext"):
        said = subprocess.run(["pdftotext", tmp_path / "plot.pdf", "-"], capture_output=True, text=True, check=True)
        assert "8 fixations" in said.stdout


@pytest.mark.slow
@pytest.mark.parametrize(("is_study", "kind"), [(False, "html"), (False, "pdf"), (True, "html")])
def test_reports_are_written_from_the_window(qtbot, page, tmp_path, monkeypatch, is_study, kind):
    monkeypatch.setattr("gazeapp.ui.analysis_files.QDesktopServices.openUrl", lambda _url: True)
    dest = tmp_path / f"report.{kind}"
    page.files.write_report(dest, is_study=is_study)
    qtbot.waitUntil(lambda: not page.files.is_writing, timeout=30_000)
    assert page.state is PageState.DONE
    assert dest.stat().st_size > 1000


def test_an_image_that_is_gone_is_told_and_the_rest_stays(qtbot, page, setup):
    folder = setup.study_dir / "sessions" / page.model.session_id
    recording = read_recording(folder)
    viewing = recording.viewings[-1]
    recording.image_files[viewing.stimulus_id].unlink()
    view = read_trial(viewing)
    assert "missing" in view.image_problem
    assert view.maps.universal is not None
    page.model.choose(viewing.trial)
    qtbot.waitUntil(lambda: page.model.view is not None and page.model.view.viewing.trial == viewing.trial)
    page.grab()
    assert page.board.scenes[0].overlay_rgba is not None, "the maps are shown without it"
    assert "missing" in page.banner.text


def test_a_damaged_session_is_told(qtbot, page, setup):
    (setup.study_dir / "sessions" / page.model.session_id / "session.sqlite").write_bytes(b"not a database" * 99)
    page.show_session(page.model.session_id)
    qtbot.waitUntil(lambda: page.state is PageState.FAILED)
    assert "session.sqlite" in page.banner.text


def test_losses_are_the_stretches_without_gaze(page):
    view = page.model.view
    missing = sum(end - begin for begin, end, _kind in view.losses)
    share = float(np.isnan(view.gaze_px[:, 0]).mean())
    assert missing / view.shown_s == pytest.approx(share, abs=0.02)


def test_a_viewing_of_a_smaller_copy_keeps_its_angles(page):
    viewing = page.model.viewing
    small = shrunk(viewing, viewing.size_wh[0] // 2)
    assert small.px_per_deg == pytest.approx(viewing.px_per_deg / 2)
    np.testing.assert_allclose(small.points_px, viewing.points_px / 2)


def test_a_gain_of_nothing_has_no_sign_in_any_language(qapp):
    before = QLocale()
    QLocale.setDefault(QLocale("de_DE"))
    try:
        assert format_signed(0.001) == format_signed(-0.001) == "0,00"
        assert format_signed(0.07) == "+0,07"
    finally:
        QLocale.setDefault(before)


def test_a_session_that_only_began_says_so(qtbot, page, setup):
    with Study.open(setup.study_dir) as study:
        session = study.new_session("P017", "pilot")
        session.writer().close()
    setup.study.reload()
    qtbot.waitUntil(lambda: not setup.study.is_loading)
    page.show_session(session.session_id)
    qtbot.waitUntil(lambda: page.model.recording is not None)
    assert page.state is PageState.EMPTY
    assert "No image" in page.banner.text
