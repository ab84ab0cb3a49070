"""CSV and Parquet exports read back by other libraries."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from gazeapp.errors import AlreadyExists, StoreError
from gazeapp.store.embedding import read_embedding
from gazeapp.store.export.formats import ExportRequest, export
from gazeapp.store.export.session_tables import session_tables
from gazeapp.store.reader import SessionReader
from gazeapp.store.sample_table import read_fixations, read_samples, read_targets
from tests.store.example_study import CORRECTED_FROM_S, EMBEDDING, make_study


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    study, session = make_study(tmp_path_factory.mktemp("example") / "study")
    study.close()
    return study.path, session


def rows(path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_csv_holds_every_table_and_every_map(recorded, tmp_path):
    source, session = recorded
    written = export(ExportRequest(source=source, form="csv", dest=tmp_path / "out", include_embeddings=True))
    folder = tmp_path / "out" / session.session_id
    assert {path.name for path in folder.iterdir()} == {
        "samples.csv",
        "fixations.csv",
        "trials.csv",
        "events.csv",
        "targets.csv",
        "stimuli.csv",
        "calibration.csv",
        "corrections.csv",
        "recalibrations.csv",
        "validation.csv",
        "predictions.csv",
        "problems.csv",
        "embedding_growth.csv",
        "embedding.json",
        "maps",
        "records.json",
        "stimuli",
        "session.json",
        "columns.json",
    }
    assert all(path.is_file() for path in written)
    with SessionReader(session.path) as reader:
        (*_, last) = reader.predictions()
    found = np.load(folder / rows(folder / "predictions.csv")[2]["personal_file"])
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, last.personal)


def test_samples_come_back_exactly_with_raw_and_corrected_gaze(recorded, tmp_path):
    source, session = recorded
    export(ExportRequest(source=source, form="csv", dest=tmp_path / "out"))
    table = rows(tmp_path / "out" / session.session_id / "samples.csv")
    with SessionReader(session.path) as reader:
        raw, corrected = reader.samples(), reader.samples(corrected=True)

    def column(name):
        return np.array([float(row[name] or "nan") for row in table])

    np.testing.assert_array_equal(column("time_s"), raw.time_s)
    np.testing.assert_array_equal(column("left_raw_x_px"), raw.left_px[:, 0])
    np.testing.assert_array_equal(column("left_x_px"), corrected.left_px[:, 0])
    late = (raw.time_s >= CORRECTED_FROM_S) & raw.left_valid
    np.testing.assert_allclose((corrected.left_px - raw.left_px)[late], [[10, -5]] * late.sum(), atol=1e-9)
    early = (raw.time_s < CORRECTED_FROM_S) & raw.left_valid
    np.testing.assert_array_equal(corrected.left_px[early], raw.left_px[early])
    assert {row["trial"] for row in table} == {"", "0", "1", "2"}


def test_fixations_start_with_the_columns_that_all_tools_share(recorded, tmp_path):
    _, session = recorded
    export(ExportRequest(source=session.path, form="csv", dest=tmp_path / "out"))
    with (tmp_path / "out" / session.session_id / "fixations.csv").open() as file:
        assert file.readline().startswith("onset_s,duration_s,x_px,y_px,")
    table = rows(tmp_path / "out" / session.session_id / "fixations.csv")
    assert sum(row["carried_over"] == "1" for row in table) == 3
    with SessionReader(session.path) as reader:
        first = reader.trials()[0].fixations[0]
    assert float(table[0]["x_px"]) == first.x_px
    assert table[0]["stimulus"] == "scene-0.png"


def test_exported_samples_and_targets_are_read_by_our_own_commands(recorded, tmp_path):
    source, session = recorded
    export(ExportRequest(source=source, form="csv", dest=tmp_path / "out"))
    folder = tmp_path / "out" / session.session_id
    found = read_samples(folder / "samples.csv").samples
    with SessionReader(session.path) as reader:
        expected = reader.samples(corrected=True)
    np.testing.assert_array_equal(found.time_s, expected.time_s)
    np.testing.assert_array_equal(found.left_px, expected.left_px)
    np.testing.assert_array_equal(found.right_valid, expected.right_valid)
    assert [target.target_id for target in read_targets(folder / "targets.csv")] == [0, 1, 2]
    assert len(read_fixations(folder / "fixations.csv")) == 27


def test_no_folder_of_this_machine_is_exported(tmp_path):
    study, session = make_study(tmp_path / "study")
    study.close()
    with session.writer() as writer:
        writer.set_meta({"plan": {"folders": [str(tmp_path / "images"), "C:\\Users\\anna\\images", "images"]}})
    export(ExportRequest(source=session.path, form="csv", dest=tmp_path / "out"))
    document = json.loads((tmp_path / "out" / session.session_id / "session.json").read_text())
    assert document["plan"]["folders"] == ["images", "images", "images"]
    assert str(tmp_path) not in (tmp_path / "out" / session.session_id / "session.json").read_text()


def test_every_column_is_explained(recorded, tmp_path):
    source, session = recorded
    export(ExportRequest(source=source, form="csv", dest=tmp_path / "out"))
    folder = tmp_path / "out" / session.session_id
    explained = json.loads((folder / "columns.json").read_text())["tables"]
    for path in folder.glob("*.csv"):
        with path.open() as file:
            names = file.readline().strip().split(",")
        assert list(explained[path.stem]["columns"]) == names
        assert all(explained[path.stem]["columns"][name]["meaning"] for name in names)
    assert explained["samples"]["columns"]["left_x_px"]["unit"] == "px"


def test_embeddings_are_left_out_unless_asked_for(recorded, tmp_path):
    source, session = recorded
    export(ExportRequest(source=source, form="csv", dest=tmp_path / "without"))
    for path in (tmp_path / "without").rglob("*"):
        assert "embedding" not in path.name
        assert not path.is_file() or repr(EMBEDDING.vector[0]).encode() not in path.read_bytes()
    export(ExportRequest(source=source, form="csv", dest=tmp_path / "with", include_embeddings=True))
    assert read_embedding(tmp_path / "with" / session.session_id / "embedding.json") == EMBEDDING
    assert read_embedding(tmp_path / "with" / "embeddings" / "P017.json") == EMBEDDING
    assert len(rows(tmp_path / "with" / session.session_id / "embedding_growth.csv")) == 3


def test_nothing_is_overwritten_unasked(recorded, tmp_path):
    source, session = recorded
    request = ExportRequest(source=source, form="csv", dest=tmp_path / "out")
    export(request)
    with pytest.raises(AlreadyExists, match="--overwrite"):
        export(request)
    (tmp_path / "out" / "mine.txt").write_text("notes")
    (tmp_path / "out" / session.session_id / "trials.csv").write_text("old")
    export(ExportRequest(source=source, form="csv", dest=tmp_path / "out", overwrite=True))
    assert (tmp_path / "out" / "mine.txt").read_text() == "notes"
    assert len(rows(tmp_path / "out" / session.session_id / "trials.csv")) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_failed_export_leaves_nothing_behind(recorded, tmp_path):
    def fail(folders):
        yield from folders
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(ExportRequest(source=recorded[0], form="csv", dest=tmp_path / "out"), each=fail)
    assert list(tmp_path.iterdir()) == []


def test_parquet_holds_the_same_values_as_csv(recorded, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    source, session = recorded
    export(ExportRequest(source=source, form="parquet", dest=tmp_path / "out"))
    with SessionReader(session.path) as reader:
        for table in session_tables(reader):
            found = parquet.read_table(tmp_path / "out" / session.session_id / f"{table.name}.parquet")
            assert found.column_names == [column.name for column in table.all_columns]
            assert found.schema.field(0).metadata[b"meaning"]
        samples = parquet.read_table(tmp_path / "out" / session.session_id / "samples.parquet")
        raw = reader.samples()
    np.testing.assert_array_equal(samples["left_raw_y_px"].to_numpy(), raw.left_px[:, 1])
    assert samples["left_raw_x_px"].null_count == np.isnan(raw.left_px[:, 0]).sum()


def test_only_the_participants_named_are_exported(recorded, tmp_path):
    with pytest.raises(StoreError, match="P018"):
        export(ExportRequest(source=recorded[0], form="csv", dest=tmp_path / "a", participants=["P018"]))
    with pytest.raises(StoreError, match="P017"):
        export(ExportRequest(source=recorded[1].path, form="csv", dest=tmp_path / "b", participants=["P018"]))
    export(ExportRequest(source=recorded[0], form="csv", dest=tmp_path / "c", participants=["P017"]))


def test_what_is_neither_study_nor_session_is_named(tmp_path):
    with pytest.raises(StoreError, match="neither a study"):
        export(ExportRequest(source=tmp_path, form="csv", dest=tmp_path / "out"))
