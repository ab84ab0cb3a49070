"""Areas go to the study that they were drawn in, also where another one is opened while they are written."""

from __future__ import annotations

from types import SimpleNamespace

from PySide6.QtCore import QObject, Signal

from gazeapp.analysis.area import Area
from gazeapp.analysis.study_areas import read_study_areas, write_study_areas
from gazeapp.ui.models.area_model import AreaModel


class LateBridge:
    """Works when it is told to."""

    def __init__(self):
        self.waiting = []

    def run(self, work, done):
        self.waiting.append((work, done))

    def work_one(self):
        work, done = self.waiting.pop(0)
        done(work())


class OneOfSeveral(QObject):
    """What areas ask of a study model."""

    opened = Signal()

    def __init__(self, folder):
        super().__init__()
        self.bridge, self.folder = LateBridge(), folder

    def open(self, folder):
        self.folder = folder
        self.opened.emit()

    def ask(self, work, done):
        folder = self.folder
        self.bridge.run(work, lambda result: done(result) if folder == self.folder else None)


def viewing(name):
    return SimpleNamespace(image=name, stimulus_id=name[:1] * 64, size_wh=(100, 80))


def box(name):
    return Area(name=name, points_px=((1.0, 1.0), (50.0, 1.0), (50.0, 40.0)), shape="polygon")


def test_what_waits_to_be_written_goes_to_its_own_study(qtbot, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    study = OneOfSeveral(tmp_path / "a")
    model = AreaModel(study)
    study.open(tmp_path / "a")
    study.bridge.work_one()
    model.put(viewing("one.png"), [box("face")])
    model.put(viewing("one.png"), [box("face"), box("hand")])  # waits for the first
    study.open(tmp_path / "b")
    while study.bridge.waiting:
        study.bridge.work_one()
    (image,) = read_study_areas(tmp_path / "a")
    assert [area.name for area in image.areas] == ["face", "hand"]
    assert read_study_areas(tmp_path / "b") == ()


def test_what_is_drawn_before_the_file_was_read_adds_to_it(qtbot, tmp_path):
    study = OneOfSeveral(tmp_path)
    model = AreaModel(study)
    model.put(viewing("one.png"), [box("kept")])
    stored = model.images
    write_study_areas(tmp_path, stored)
    study.open(tmp_path)
    model.put(viewing("two.png"), [box("new")])
    while study.bridge.waiting:
        study.bridge.work_one()
    assert [image.image for image in read_study_areas(tmp_path)] == ["one.png", "two.png"]
