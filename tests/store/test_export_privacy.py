"""What an export gives away of a person, and what it names."""

from __future__ import annotations

import getpass
import json
import platform
from pathlib import Path

import numpy as np
import pytest

from gazeapp.errors import StoreError
from gazeapp.store.export.formats import FORMATS, ExportRequest, export
from gazeapp.store.study import Study
from tests.store.example_study import EMBEDDING, make_study


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "study"
    made, _ = make_study(folder)
    made.close()
    return folder


def exported(study, tmp_path, form, **options):
    export(ExportRequest(source=study, form=form, dest=tmp_path / "out", **options))
    return {path.relative_to(tmp_path / "out"): path.read_bytes() for path in (tmp_path / "out").rglob("*.*")}


@pytest.mark.parametrize("form", FORMATS)
def test_a_default_export_holds_no_embedding_and_no_map_that_gives_one_away(study, tmp_path, form):
    files = exported(study, tmp_path, form)
    assert not [path for path in files if "personal" in path.name or "embedding" in path.name]
    with_all = exported(study, tmp_path / "all", "csv", include_embeddings=True)
    personal = [content[-400:] for path, content in with_all.items() if path.name.endswith("personal.npy")]
    assert len(personal) >= 2, "the example has maps that two of would give the embedding"
    everything = b"".join(files.values())
    assert not any(end in everything for end in personal)
    for value in EMBEDDING.vector[:3]:
        assert str(value).encode() not in everything
        assert np.float64(value).tobytes() not in everything


def test_with_embeddings_the_maps_come_along(study, tmp_path):
    files = exported(study, tmp_path, "csv", include_embeddings=True)
    assert [path for path in files if path.name.endswith("personal.npy")]
    assert [path for path in files if path.name == "P017.json"]


@pytest.mark.parametrize("form", FORMATS)
def test_every_export_says_that_fixations_allow_enrolment(study, tmp_path, form):
    files = exported(study, tmp_path, form)
    assert any(b"(enrolment)" in content for content in files.values())


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_names_neither_machine_nor_user_nor_folders(study, tmp_path, form):
    everything = b"".join(exported(study, tmp_path, form).values())
    for name in (platform.node(), str(study.parent), str(Path.home())):
        if len(name) > 5:
            assert name.encode() not in everything
    assert f'"{getpass.getuser()}"'.encode() not in everything


def test_what_is_included_is_written_beside_it(study, tmp_path):
    files = exported(study, tmp_path, "csv")
    told = json.loads(files[Path("export.json")])
    assert told["embeddings_included"] is told["personal_maps_included"] is False


@pytest.mark.parametrize("place", [".", "sessions/out", "sessions"])
def test_an_export_among_the_studys_own_files_is_refused(study, place):
    before = sorted(study.rglob("*"))
    for source in (study, next((study / "sessions").iterdir())):
        with pytest.raises(StoreError, match="own files"):
            export(ExportRequest(source=source, form="csv", dest=study / place, overwrite=True))
    assert sorted(study.rglob("*")) == before


def test_erasing_names_an_export_that_lies_below_the_study(tmp_path):
    made, _ = make_study(tmp_path / "study")
    made.close()
    export(ExportRequest(source=tmp_path / "study", form="csv", dest=tmp_path / "study" / "exports" / "pilot"))
    with Study.open(tmp_path / "study") as study:
        assert [copy.place for copy in study.plan_erasure("P017").copies] == ["exports/pilot"]
