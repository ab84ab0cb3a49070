from __future__ import annotations

import pytest

from gazeapp.errors import DamagedSession
from gazeapp.store.export.methods import methods_paragraph
from gazeapp.store.export.session_tables import session_tables
from gazeapp.store.reader import SessionReader
from gazeapp.store.records import ClockOffsetRow
from gazeapp.store.writer import SessionWriter

OFFSETS = [[1.0, 0.25, 0.0001], [6.0, 0.2501, 0.0002]]


@pytest.fixture
def make(tmp_path):
    def write(**meta):
        with SessionWriter(tmp_path / "session.sqlite") as writer:
            writer.set_meta({"session_id": "one", **meta})
        return SessionReader(tmp_path)

    return write


def test_measurements_of_the_trackers_clock_are_read_back_exported_and_told(make):
    with make(clock_offsets=OFFSETS) as reader:
        assert reader.clock_offsets() == [ClockOffsetRow(time_s=t, offset_s=o, uncertainty_s=u) for t, o, u in OFFSETS]
        table = next(t for t in session_tables(reader) if t.name == "clock_offsets")
        assert [list(map(list, chunk)) for chunk in table.chunks()] == [[[1.0, 6.0], [0.25, 0.2501], [0.0001, 0.0002]]]
        assert "measured 2 times against this computer's" in methods_paragraph(reader)
        assert "at most 0.2 ms" in methods_paragraph(reader)


def test_a_tracker_on_this_computers_clock_has_none(make):
    with make() as reader:
        assert reader.clock_offsets() == []
        assert "clock_offsets" not in [table.name for table in session_tables(reader)]
        assert "clock was measured" not in methods_paragraph(reader)


def test_measurements_that_are_none_are_damage(make):
    with make(clock_offsets=[["soon"]]) as reader, pytest.raises(DamagedSession):
        reader.clock_offsets()
