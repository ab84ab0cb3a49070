"""In Analyse areas are drawn and measured, sides compared, fixations found anew, and lost images searched for."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pyqtgraph
import pytest
from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from gazeapp.analysis.area import Area, ImageAreas
from gazeapp.analysis.area_files import read_areas
from gazeapp.analysis.study_areas import write_study_areas
from gazeapp.store.detection_choice import Detection, choose_detection, detection_history
from gazeapp.store.study import Study
from gazeapp.ui.models.group_model import Side
from gazeapp.ui.picture_scene import Zoom
from gazeapp.ui.study_menu import StudyMenu
from tests.store.example_study import DISPLAY, IMAGE_WH, gaze, make_study, record_session

PEOPLE = ("P018", "P019", "P020")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Four people of two groups saw the same images."""
    folder = tmp_path_factory.mktemp("recorded") / "study"
    study, _ = make_study(folder)
    with study:
        for number, name in enumerate(PEOPLE):
            study.add_participant(name)
            study.record_consent(name)
            record_session(study.new_session(name, "pilot"))
            study.describe_participant(name, variables={"group": "AB"[number % 2]})
    return folder


@pytest.fixture
def page(qtbot, window, setup, recorded):
    shutil.copytree(recorded, setup.study_dir)
    setup.study.open(setup.study_dir)
    qtbot.waitUntil(lambda: not setup.study.is_loading)
    window.open_page("analyse")
    qtbot.waitUntil(lambda: window.analyse.model.view is not None)
    return window.analyse


def place(page, x, y):
    """Where a pixel of the image lies on the board."""
    board = page.board
    middle = QPointF(board.rect().center())
    (x0, y0), (x1, y1) = (board.image_point(middle + QPointF(way, way)) for way in (0, 20))
    return (middle + QPointF((x - x0) * 20 / (x1 - x0), (y - y0) * 20 / (y1 - y0))).toPoint()


def drag(page, start, stop):
    QTest.mousePress(page.board, Qt.MouseButton.LeftButton, pos=place(page, *start))
    QTest.mouseMove(page.board, place(page, *stop))
    QTest.mouseRelease(page.board, Qt.MouseButton.LeftButton, pos=place(page, *stop))


def areas(page):
    return page.areas.of(page.model.viewing)


def press(page, key, modifier=Qt.KeyboardModifier.NoModifier):
    QTest.keyClick(page.window(), key, modifier)


def test_areas_are_drawn_named_undone_copied_and_kept_with_the_study(qtbot, page, setup, tmp_path):
    page.set_view("areas")
    drag(page, (20, 20), (120, 100))
    press(page, Qt.Key.Key_O)
    drag(page, (160, 60), (260, 160))
    press(page, Qt.Key.Key_G)
    for corner in ((40, 140), (120, 150), (80, 220)):
        QTest.mouseClick(page.board, Qt.MouseButton.LeftButton, pos=place(page, *corner))
    QTest.keyClick(page.board, Qt.Key.Key_Return)
    assert [area.shape for area in areas(page)] == ["box", "ellipse", "polygon"]
    assert np.ravel(areas(page)[0].points_px) == pytest.approx([20, 20, 120, 100], abs=3)
    assert np.ravel(areas(page)[1].points_px) == pytest.approx([210, 110, 50, 50], abs=3)
    qtbot.waitUntil(lambda: not page.group.is_working and len(page.area_panel.table.rows) == 3)
    assert all(row.everyone.n_people == 4 for row in page.area_panel.table.rows)
    press(page, Qt.Key.Key_S)
    before = areas(page)[0]
    drag(page, (60, 60), (80, 70))
    assert np.ravel(areas(page)[0].points_px) == pytest.approx([40, 30, 140, 110], abs=4)
    press(page, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert areas(page)[0].points_px == before.points_px
    page.area_panel.table.rename(0)
    field = page.area_panel.table.findChild(QLineEdit)
    field.setText("  the   sun ")
    QTest.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: areas(page)[0].name == "the sun")
    page.area_panel.copy()
    page.images.list.setFocus()
    QTest.keyClick(page.images.list, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: page.model.view is not None and page.model.view.viewing.trial == page.model.trial)
    assert not areas(page)
    page.area_panel.paste()
    assert [area.name for area in areas(page)] == ["the sun", "area 2", "area 3"]
    page.area_panel.editor.choose(1)
    page.area_panel.editor.remove()
    qtbot.waitUntil(lambda: len(read_areas(setup.study_dir / "areas.json")) == 2)
    qtbot.waitUntil(lambda: len(read_areas(setup.study_dir / "areas.json")[1].areas) == 2)
    page.areas.export_table(tmp_path / "table.csv")
    qtbot.waitUntil(lambda: "table.csv" in page.files.said)
    lines = (tmp_path / "table.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + 4 * (3 + 2)


def test_imported_areas_beside_the_image_are_shown_and_marked_and_damaged_ones_refused(qtbot, page, setup, tmp_path):
    page.set_view("areas")
    viewing = page.model.viewing
    far = {"name": "far", "shape": "box", "points_px": [[900, 0], [950, 9]], "color": "#5b9dff"}
    entry = {"image": viewing.image, "width_px": IMAGE_WH[0], "height_px": IMAGE_WH[1], "areas": [far]}
    strange = {"image": "never.png", "areas": [far]}
    document = {"kind": "gazeapp-areas", "schema": 1, "images": [entry, strange]}
    (tmp_path / "in.json").write_text(json.dumps(document), encoding="utf-8")
    page.areas.import_areas(tmp_path / "in.json")
    qtbot.waitUntil(lambda: bool(areas(page)) and not page.group.is_working)
    [row] = page.area_panel.table.rows
    assert row.is_outside
    index = page.area_panel.table.model().index(0, 4)
    assert index.data() == "–"
    assert "beside the image" in index.data(Qt.ItemDataRole.ToolTipRole)
    assert "never.png" in page.files.said
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    page.areas.import_areas(tmp_path / "bad.json")
    qtbot.waitUntil(lambda: "bad.json" in page.banner.text)
    assert [area.name for area in areas(page)] == ["far"], "what was there stays"


def test_two_groups_are_compared_with_intervals_and_saved_at_a_chosen_size(qtbot, page, tmp_path):
    page.areas.put(page.model.viewing, [Area(name="left", shape="box", points_px=((0, 0), (160, 240)))])
    page.set_view("compare")
    qtbot.waitUntil(lambda: not page.group.is_working)
    assert page.group.result.n_people == (1, 3), "the person beside everybody else"
    page.group.set_side(0, Side(kind="group", name="A"))
    page.group.set_side(1, Side(kind="all"))
    qtbot.waitUntil(lambda: not page.group.is_working)
    assert page.group.result.n_people == (2, 4)
    assert [scene.name for scene in page.board.scenes] == ["group A", "all", "Difference"]
    [found] = page.group.result.comparison.areas
    assert found.low <= found.difference <= found.high
    assert page.facts.comparison.table.names == ["left"]
    press(page, Qt.Key.Key_P)
    assert page.dialog.size_points == page.board.size()
    page.dialog.kind.setCurrentIndex(1)
    page.dialog.width_box.setValue(900)
    assert page.dialog.size_points.width() == 900
    page.dialog.reject()
    page.files.save_picture(tmp_path / "x.png", QSize(400, 300), 3.0)
    assert QImage(str(tmp_path / "x.png")).size() == QSize(1200, 900)


def test_all_panes_zoom_and_move_together_and_never_beside_the_picture(page):
    board = page.board
    board.zoom_by(4.0, QPointF(board.width() / 4, board.height() / 4))
    assert board.zoom.factor == 4
    QTest.keyClick(board, Qt.Key.Key_Left)
    for _ in range(40):
        QTest.keyClick(board, Qt.Key.Key_Right)
    assert board.zoom.x == pytest.approx(1 - 0.5 / 4)
    board.grab()
    press(page, Qt.Key.Key_0)
    assert board.zoom == Zoom()


def test_other_fixations_are_tried_chosen_written_down_and_taken_back(qtbot, page, setup):
    recorded = page.model.viewing.fixations
    press(page, Qt.Key.Key_F)
    dialog = page.dialog
    dialog.algorithm.setCurrentIndex(dialog.algorithm.findData("idt"))
    name = next(iter(dialog.fields))
    dialog.fields[name].setText("-3")
    assert not dialog.go.isEnabled()
    assert name in dialog.problem.text()
    dialog.algorithm.setCurrentIndex(dialog.algorithm.findData("ivt"))
    qtbot.waitUntil(lambda: "recorded" in dialog.result_words.text())
    dialog.go.click()
    qtbot.waitUntil(lambda: page.model.detection is not None and not page.model.is_loading)
    assert "ivt" in page.facts.session.detection.text()
    assert page.model.viewing.fixations != recorded
    page.model.choose_detection(None)
    qtbot.waitUntil(lambda: page.model.detection is None and not page.model.is_loading)
    assert page.model.viewing.fixations == recorded
    assert [choice.algorithm for choice in detection_history(setup.study_dir)] == ["ivt", ""]


def test_a_person_is_excluded_listed_and_included_again(qtbot, page, setup):
    press(page, Qt.Key.Key_X)
    person = page.model.viewing.participant
    page.dialog.choices[2][0].setChecked(True)
    page.dialog.reason.setText("no consent for analysis")
    page.dialog.go.click()
    qtbot.waitUntil(lambda: all(v.excluded for v in page.model.recording.viewings))
    with Study.open(setup.study_dir) as study:
        [made] = study.exclusions.present()
    assert (made.pseudonym, made.session_id, made.trial) == (person, "", None)
    qtbot.waitUntil(lambda: not setup.study.is_loading)
    press(page, Qt.Key.Key_L)
    qtbot.waitUntil(lambda: bool(getattr(page.dialog, "buttons", None)))
    page.dialog.buttons[0].click()
    qtbot.waitUntil(lambda: not any(v.excluded for v in page.model.recording.viewings))


def test_a_lost_image_is_found_by_its_content_and_one_of_its_name_is_asked_about(qtbot, page, tmp_path):
    viewing = page.model.viewing
    file = page.model.recording.image_files[viewing.stimulus_id]
    content = file.read_bytes()
    file.unlink()
    page.model.choose(page.model.listed()[1].trial)
    qtbot.waitUntil(lambda: page.model.view is not None and page.model.view.viewing.trial == page.model.trial)
    other = page.model.recording.image_files[page.model.viewing.stimulus_id]
    page.model.choose(viewing.trial)
    qtbot.waitUntil(lambda: page.model.view is not None and page.model.view.is_lost)
    assert page.board.scenes[-1].points, "gaze is shown on an empty ground"
    (tmp_path / "disk" / "deep").mkdir(parents=True)
    alike = tmp_path / "disk" / viewing.image.upper()
    alike.write_bytes(other.read_bytes())
    page.model.search_image(tmp_path / "disk")
    qtbot.waitUntil(lambda: page.dialog is not None)
    page.dialog.buttons["Show it"].click()
    qtbot.waitUntil(lambda: not page.model.view.is_lost)
    assert not file.exists(), "another content is shown, never stored"
    page.model.instead.clear()
    (tmp_path / "disk" / "deep" / "renamed.png").write_bytes(content)
    page.model.search_image(tmp_path / "disk")
    qtbot.waitUntil(file.exists)
    assert file.read_bytes() == content


def test_people_are_dots_with_names_and_a_dot_opens_its_person(qtbot, page, setup):
    with Study.open(setup.study_dir) as study:
        embedding = study.load_embedding("P017")
        for number, name in enumerate(PEOPLE):
            vector = np.roll(embedding.vector, number + 1)
            made = type(embedding)(
                vector=tuple(vector),
                n_pairs=3,
                spread=0.1,
                model_name="m",
                model_sha256=embedding.model_sha256,
                sigma_deg=1.0,
            )
            study.save_embedding(name, made)
    page.set_view("people")
    qtbot.waitUntil(lambda: page.scatter is not None)
    plane = page.plane.plane
    assert plane.names == ("P017", *PEOPLE)
    assert "%" in page.scatter.plot.getAxis("bottom").labelText
    number = plane.names.index("P018")
    plots = [item for item in page.scatter.plot.items() if isinstance(item, pyqtgraph.ScatterPlotItem)]
    spot = next(point for plot in plots for point in plot.points() if point.data() == number)
    page.scatter._clicked(plots[0], [spot])
    assert page.model.record.pseudonym == "P018"


def test_a_recording_without_images_is_shown_on_the_empty_screen(qtbot, page, setup):
    with Study.open(setup.study_dir) as study:
        session = study.new_session("P018", "imported")
        with session.writer() as writer:
            writer.set_meta({"display": DISPLAY, "detection": {"algorithm": "ivt"}})
            writer.write_samples(gaze(4.0, 1))
    setup.study.reload()
    qtbot.waitUntil(lambda: not setup.study.is_loading)
    page.show_session(session.session_id)
    qtbot.waitUntil(lambda: page.model.view is not None and page.model.view.viewing.session == session.session_id)
    assert "no images" in page.banner.text
    assert page.model.view.viewing.fixations
    for view in page.view_bar.buttons:
        page.set_view(view)
        qtbot.waitUntil(lambda: not page.group.is_working)
    page.set_view("replay")
    page.replay_bar.time.move_to(1.0)
    [scene] = page.board.scenes
    assert len(scene.trail_px) > 100
    page.board.grab()


def take(qtbot, box, words):
    """Choose from a box as a mouse does."""
    QTest.mouseClick(box, Qt.MouseButton.LeftButton)
    qtbot.wait(QApplication.doubleClickInterval() + 50)  # a list that was opened just now takes no click
    listed = box.view()
    place = listed.visualRect(box.model().index(box.findText(words), 0)).center()
    QTest.mouseClick(listed.viewport(), Qt.MouseButton.LeftButton, pos=place)


@pytest.mark.slow
def test_a_heat_map_of_a_person_a_group_and_all_is_asked_for_with_the_mouse(qtbot, page):
    QTest.mouseClick(page.view_bar.buttons["heat"], Qt.MouseButton.LeftButton)
    own, shown = page.model.viewing, {}
    assert (own.participant, own.group) == ("P020", "A")
    for words, said in (
        ("this person", "P020 · people: 1"),
        ("group", "group A · people: 2"),
        ("all", "all · people: 4"),
    ):
        take(qtbot, page.heat_form.who, words)
        qtbot.waitUntil(lambda: not page.group.is_working)
        [scene] = page.board.scenes
        assert scene.caption.startswith(said)
        assert scene.overlay_rgba is not None
        shown[words] = page.group.result.heat
    take(qtbot, page.heat_form.by, "by number of fixations")
    qtbot.waitUntil(lambda: not page.group.is_working)
    assert page.group.by == "count"
    assert page.board.scenes[0].overlay_rgba is not None
    page.model.open(next(record.session_id for record in page.model.sessions if record.pseudonym == "P017"))
    take(qtbot, page.heat_form.who, "group")
    qtbot.waitUntil(lambda: not page.group.is_working and page.model.viewing.participant == "P017")
    assert page.board.scenes[0].caption.startswith("everybody without a group · people: 1")


@pytest.mark.slow
def test_a_study_that_is_taken_in_brings_its_areas_and_none_is_written_over(qtbot, page, setup, window, tmp_path):
    other, _ = make_study(tmp_path / "other")
    other.close()
    viewing = page.model.viewing
    face = Area(name="face", shape="box", points_px=((0.0, 0.0), (160.0, 240.0)))
    areas_of_it = ImageAreas(image=viewing.image, sha256=viewing.stimulus_id, areas=(face,), size_wh=viewing.size_wh)
    write_study_areas(tmp_path / "other", [areas_of_it])
    choose_detection(tmp_path / "other", Detection(algorithm="idt"))
    menu = StudyMenu(window, setup.study, lambda: False)
    menu.merge(tmp_path / "other")
    qtbot.waitUntil(lambda: menu.dialog is not None)
    QTest.mouseClick(list(menu.dialog.buttons.values())[1], Qt.MouseButton.LeftButton)  # another person
    qtbot.waitUntil(lambda: menu.dialog is not None and "idt" in menu.dialog.text.text())
    QTest.keyClick(menu.dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not setup.study.is_loading and bool(page.areas.images))
    assert {person.person.pseudonym for person in setup.study.rows} == {"P017", "P017-2", *PEOPLE}
    page.areas.put(viewing, [*page.areas.of(viewing), replace(face, name="drawn")])
    names = ["face", "drawn"]
    qtbot.waitUntil(lambda: [a.name for a in read_areas(setup.study_dir / "areas.json")[0].areas] == names)
