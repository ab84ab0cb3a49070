from __future__ import annotations

import pytest

from gazeapp.__main__ import main

pytestmark = pytest.mark.slow


def test_a_folder_without_a_session_is_named(tmp_path, capsys):
    assert main(["recalibrate", str(tmp_path), "--universal", "signature-centre"]) == 2
    assert str(tmp_path) in capsys.readouterr().err


def test_a_proposal_never_overwrites(tmp_path, capsys):
    out = tmp_path / "correction.json"
    out.write_text("{}")
    assert main(["recalibrate", str(tmp_path), "-o", str(out)]) == 2
    assert "exists" in capsys.readouterr().err
    assert out.read_text() == "{}"
