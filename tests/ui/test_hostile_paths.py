"""Every way in that the windows have, with what was made against it: one sentence each, and nothing outside touched."""

from __future__ import annotations

import os
import sys
from types import SimpleNamespace

import pytest

from gazeapp.store.study import Study
from gazeapp.ui.design_files import DesignFiles
from gazeapp.ui.models.area_model import AreaModel
from gazeapp.ui.models.design_model import DesignModel
from gazeapp.ui.models.gaze_import import GazeImport

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes with names are of Unix")

SECRET = b"of somebody else"
KINDS = ("pipe", "loop", "junk", "folder", "nothing", "too long", "link", "second name", "device", "zero byte")
VIEWING = SimpleNamespace(image="a.png", stimulus_id="a" * 64, size_wh=(32, 24))


def hostile(kind, folder, ending):
    path = folder / f"hostile{ending}"
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "loop":
            path.symlink_to(path)
        case "junk":
            path.write_bytes(b"\x93\x00\xff(" * 3000)
        case "folder":
            path.mkdir()
        case "too long":
            path = folder / ("n" * 300 + ending)
        case "link":
            path.symlink_to(folder / f"secret{ending}")
        case "second name":
            os.link(folder / f"secret{ending}", path)
        case "device":
            path.symlink_to("/dev/zero")
        case "zero byte":
            path = folder / f"a\0b{ending}"
    return path


WAYS = (
    "areas.json",
    "areas.csv",
    "labels.png",
    "people.csv",
    "plan.toml",
    "image.png",
    "picture.png",
    "table.csv",
    "gaze.csv",
    "gaze.asc",
    "study",
    "study.sqlite",
)


NOT_YET = {
    *(("gaze.asc", kind) for kind in ("junk", "link", "second name")),  # it is read when it is imported
    ("study", "zero byte"),  # a name that no dialog gives
    *(("study.sqlite", kind) for kind in ("too long", "zero byte")),
}


@pytest.fixture
def said(qtbot, setup, bridge, tmp_path):
    """Opens a path by one of the windows' ways in, and returns what the window says."""
    with Study.create(tmp_path / "study") as study:
        study.add_participant("P-001")
    model, design, imports = setup.study, DesignModel(setup), GazeImport(bridge)
    files, areas = DesignFiles(None, design), AreaModel(model)
    model.open(tmp_path / "study")
    qtbot.waitUntil(lambda: not model.is_loading)

    def failing(signal, do):
        with qtbot.waitSignal(signal, timeout=20_000) as told:
            do()
        return told.args[0]

    def opened(way, path):
        if way == "study.sqlite":
            (path.parent / "inner").mkdir()
            if os.path.lexists(path):
                path.rename(path.parent / "inner" / "study.sqlite")
            path = path.parent / "inner"
        model.open(path)
        qtbot.waitUntil(lambda: not model.is_loading, timeout=20_000)
        return model.problem

    def designed(do, path):
        design.begin()
        do(path)
        paths = design.images(design.selected).paths
        qtbot.waitUntil(lambda: all(mark.is_known for mark in design.marks.marks(paths)), timeout=20_000)
        faults = [mark.fault for mark in design.marks.marks(paths)]
        return next(filter(None, (design.problem, *faults, *(m.fault for m in design.mistakes()))), "")

    def looked_at(path):
        imports.forget()
        imports.add([path])
        qtbot.waitUntil(lambda: not imports.is_looking, timeout=20_000)
        return imports.files[0].problem

    def said(way, path):
        match way.partition(".")[0]:
            case "areas":
                return failing(areas.failed, lambda: areas.import_areas(path))
            case "labels":
                return failing(areas.failed, lambda: areas.propose(VIEWING, path))
            case "people":
                return failing(model.failed, lambda: model.import_list(path, lambda _names: None))
            case "plan":
                return designed(design.open, path)
            case "image":
                return designed(lambda path: files.take([path]), path)
            case "picture":
                return designed(design.set_picture, path)
            case "table":
                return designed(design.set_table, path)
            case "gaze":
                return looked_at(path)
            case "study":
                return opened(way, path)

    return said


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_a_path_made_against_a_window_is_one_sentence(said, way, tmp_path):
    ending = "." + way.partition(".")[2] if "." in way else ""
    wrong = []
    for kind in KINDS:
        if (way, kind) in NOT_YET:
            continue
        place = tmp_path / kind.replace(" ", "-")
        place.mkdir()
        secret = place / f"secret{ending}"
        secret.write_bytes(SECRET)
        path = hostile(kind, place, ending)
        words = said(way, path)
        is_new_study = (way == "study" and kind in ("nothing", "folder")) or (way, kind) == ("study.sqlite", "nothing")
        if bool(words) == is_new_study or "\n" in words or any(sign in words for sign in ("Error", "Errno")):
            wrong.append(f"{kind}: {words!r}")
        assert secret.read_bytes() == SECRET
    assert wrong == []
