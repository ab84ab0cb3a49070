"""What a wheel holds: all that runs and is shown, and nothing that was only measured."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
MOST_BYTES = 20_000_000


@pytest.mark.slow
def test_the_wheel_holds_what_runs_and_nothing_else(tmp_path):
    builders = pytest.importorskip("hatchling.builders.wheel", reason="hatchling is not installed here")
    (wheel,) = builders.WheelBuilder(str(CHECKOUT)).build(directory=str(tmp_path), versions=["standard"])
    assert Path(wheel).stat().st_size < MOST_BYTES
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    modules = {
        path.relative_to(CHECKOUT).as_posix()
        for top in ("gazeapp", "trainer")
        for path in (CHECKOUT / top).rglob("*.py")
    }
    assert {name for name in held if name.endswith(".py")} == modules
    assets = [path for path in (CHECKOUT / "assets").rglob("*") if path.is_file()]
    assert {f"gazeapp/_assets/{path.relative_to(CHECKOUT / 'assets').as_posix()}" for path in assets} <= held
    assert {"gazeapp/py.typed", "trainer/py.typed", "gazeapp/store/export/report.html.j2"} <= held
    assert not {name for name in held if name.startswith(("tests/", "packaging/", "trainer/results/"))}
