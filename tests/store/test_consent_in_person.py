from __future__ import annotations

import pytest

from gazeapp.store.study import Study


@pytest.mark.parametrize(("version", "expected"), [("1", True), ("simulated", False), ("replay", False)])
def test_a_note_for_a_simulation_is_nobodys_consent(tmp_path, version, expected):
    with Study.open_or_create(tmp_path / "study") as study:
        study.add_participant("P001")
        assert not study.participant("P001").consented_in_person
        study.record_consent("P001", "text", version)
        assert study.participant("P001").consented_in_person is expected
