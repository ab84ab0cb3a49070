"""A study of three people in real windows: every row and every exported file checked against what was done."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gazeapp.store.session_state import SessionState, viewed
from gazeapp.store.study import Study
from gazeapp.store.study_place import STUDY_NAME
from tests.ui.test_whole_session import CHECKOUT, MONITORS, SIZE, images, needs_x  # noqa: F401  a fixture


def sitting(tmp_path: Path, pictures: Path, name: str) -> dict | None:
    """One start of the program; None for the one that is killed."""
    lsl = tmp_path / "lsl.cfg"
    lsl.write_text("[multicast]\nResolveScope = machine\n[lab]\nSessionID = gazeapp-ui-test\n[ports]\nIPv6 = disable\n")
    environment = {
        key: value for key, value in os.environ.items() if key not in ("DISPLAY", "QT_QPA_PLATFORM", "WAYLAND_DISPLAY")
    }
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    environment |= {"PYTHONPATH": str(CHECKOUT), "LSLAPICFG": str(lsl), "OMP_NUM_THREADS": "1", "HOME": str(home)}
    command = ["xvfb-run", "-a", "-s", f"-screen 0 {SIZE[2]}x24 -noreset", "bash", "-c"]
    command += [f'{MONITORS[2]} >/dev/null 2>&1; exec "$@"', "bash", sys.executable, "-m", "tests.ui.drive_study"]
    command += [str(tmp_path / "study"), str(pictures), "--sitting", name, "--timeout-s", "600"]
    with (
        (tmp_path / "stderr.txt").open("w") as told,
        subprocess.Popen(
            command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, stderr=told, text=True
        ) as process,
    ):
        said = ""
        for line in process.stdout:
            said += line
            if line.startswith("KILL "):
                os.kill(int(line.split()[1]), signal.SIGKILL)
                process.wait()
                return None
    report = json.loads(said.strip().splitlines()[-1])
    assert report["error"] == "", (report, (tmp_path / "stderr.txt").read_text()[-2000:])
    assert report["n_failures"] == 0
    return report


@needs_x
@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_three_people_by_mouse_and_keys(tmp_path, images):  # noqa: F811
    assert sitting(tmp_path, images, "killed") is None
    with Study.open(tmp_path / "study") as study:
        killed = study.session_records("P-002")[0]
        assert killed.state is SessionState.INTERRUPTED
        n_before = killed.summary.n_done
        assert n_before >= 1
    report = sitting(tmp_path, images, "rest")
    assert report is not None
    assert report["log"][-1] == "exported"
    with Study.open(tmp_path / "study") as study:
        people = {person.pseudonym: person for person in study.participants()}
        assert sorted(people) == ["P-001", "P-002"], "who withdrew is no row"
        assert [e.is_withdrawal for e in study.erasures()] == [True]
        assert study.was_erased("P-003")
        for person in people.values():
            assert [(c.purpose, c.language) for c in person.consents] == [("gaze", "en")], "asked once, ticked once"
            assert len(person.sessions) == 2
        records = study.session_records()
        assert [r.state for r in records] == [SessionState.COMPLETE] * 4
        assert [(r.summary.n_done, r.summary.n_images) for r in records] == [(4, 4)] * 4
        assert {r.figures.source for r in records} == {"gaze"}, "a mouse is led by somebody"
        assert {r.pseudonym: (dict(people[r.pseudonym].variables), people[r.pseudonym].note) for r in records} == {
            name: ({}, "") for name in ("P-001", "P-002")
        }, "nothing else was typed"
        for record in records:
            session = study.session(record.session_id)
            assert session.pseudonym == record.pseudonym
            with session.reader() as reader:
                assert reader.pseudonym == record.pseudonym, "header, study and file say the same name"
                whole = viewed(reader.trials())
                assert len({trial.frame.stimulus_id for trial in whole}) == 4
                is_resumed = record.session_id == killed.session_id
                assert len(reader.parts()) == (2 if is_resumed else 1)
                if is_resumed:
                    second_s = reader.parts()[1].start_s
                    assert sum(trial.shown_s < second_s for trial in whole) == n_before
                    assert [row.kind for row in reader.problems()].count("resumed") == 1
        # what was known the first time is joined with the second
        for name in ("P-001", "P-002"):
            pairs = [embedding.n_pairs for embedding in study.embeddings(name)]
            assert pairs[-1] > pairs[0], (name, pairs)
    everything = b"".join(path.read_bytes() for path in (tmp_path / "study").rglob("*") if path.is_file())
    assert b"P-003" not in everything
    exported = sorted(path.parent for path in (tmp_path / "export").rglob("trials.csv"))
    assert [path.name for path in exported] == sorted(r.session_id for r in records)
    for path, record in zip(exported, sorted(records, key=lambda r: r.session_id), strict=True):
        with (path / "trials.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert sum(row["interrupted"] == "0" for row in rows) == 4
        meta = json.loads(next(path.glob("*.json")).read_text())
        assert record.pseudonym in json.dumps(meta)
    assert (tmp_path / "study" / STUDY_NAME).is_file()
