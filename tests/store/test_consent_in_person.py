from __future__ import annotations

import pytest

from gazeapp.store.study import Study


@pytest.mark.parametrize("source", ["simulated", "replay"])
def test_a_note_for_a_simulation_is_nobodys_consent(tmp_path, source):
    with Study.open_or_create(tmp_path / "study") as study:
        study.add_participant("P001")
        assert not study.participant("P001").consented_in_person
        study.note_nobody("P001", source)
        assert not study.participant("P001").consented_in_person
        assert study.participant("P001").consent_version == source
        study.record_consent("P001")
        assert study.participant("P001").consented_in_person
