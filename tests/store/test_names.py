"""Neither the machine nor its user nor a folder of it is named in a session, a report or an export."""

from __future__ import annotations

import getpass
import platform
import socket
from pathlib import Path

import pytest

from gazeapp.__main__ import main
from gazeapp.store.export.formats import FORMATS


@pytest.mark.slow
def test_a_session_its_reports_and_its_exports_name_no_machine_user_or_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(platform, "node", lambda: "laboratory-machine")
    monkeypatch.setattr(socket, "gethostname", lambda: "laboratory-machine")
    monkeypatch.setattr(getpass, "getuser", lambda: "doctor-who")
    for name in ("USER", "LOGNAME", "USERNAME"):
        monkeypatch.setenv(name, "doctor-who")
    home = tmp_path / "home-of-doctor-who"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    lab = home / "lab"
    assert main(["demo", "--headless", "--n-images", "3", "--seed", "1", "--out", str(lab)]) == 0
    (study,) = [path.parent for path in lab.rglob("study.sqlite")]
    out = home / "out"  # the study notes where copies lie, below the home folder without its name
    for form in FORMATS:
        assert main(["export", str(study), "--format", form, "--include-embeddings", "-o", str(out / form)]) == 0
    for source in (study, next((study / "sessions").iterdir())):
        for ending in ("html", "pdf"):
            assert main(["report", str(source), "-o", str(out / f"{source.name}.{ending}")]) == 0
    names = (b"laboratory-machine", b"doctor-who", str(tmp_path).encode(), str(Path.cwd()).encode())
    found = {
        f"{path.name}: {name.decode()}"
        for folder in (lab, out)
        for path in folder.rglob("*")
        if path.is_file()
        for name in names
        if name in path.read_bytes()
    }
    assert not found
