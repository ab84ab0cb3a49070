"""Studies and sessions made to reach what is not theirs: every command refuses in one line and touches nothing else."""

from __future__ import annotations

import csv
import os
import shutil
import sqlite3
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from gazeapp.__main__ import main
from gazeapp.store import study_key
from gazeapp.store.study import Study
from gazeapp.store.study_migration import UNSEEN_SESSION
from gazeapp.store.study_place import STUDY_NAME
from tests.cli.hostile_lab import ATTACKS, SECRET

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")


COMMANDS = {
    "export csv": lambda lab: ["export", str(lab.study), "--format", "csv", "-o", str(lab.out)],
    "export bids": lambda lab: ["export", str(lab.study), "--format", "bids", "-o", str(lab.out)],
    "export pysaliency": lambda lab: ["export", str(lab.study), "--format", "pysaliency", "-o", str(lab.out)],
    "report": lambda lab: ["report", str(lab.session), "-o", str(lab.out / "report.html")],
    "recover session": lambda lab: ["recover", str(lab.session)],
    "verify": lambda lab: ["verify", str(lab.session)],
    "participants": lambda lab: ["participants", str(lab.study)],
    "areas": lambda lab: ["areas", str(lab.study), "--areas", str(lab.areas), "-o", str(lab.out / "areas.csv")],
    "exclude": lambda lab: ["exclude", str(lab.study), "--participant", "P017", "--reason", "talked"],
    "include": lambda lab: ["exclude", str(lab.study), "--participant", "P017", "--include"],
    "copy": lambda lab: ["study", "copy", str(lab.study), str(lab.out / "copy")],
    "backup": lambda lab: ["study", "backup", str(lab.study), str(lab.out)],
    "merge": lambda lab: ["study", "merge", str(lab.empty), str(lab.study)],
    "encrypt": lambda lab: ["study", "encrypt", str(lab.study)],
    "decrypt": lambda lab: ["study", "decrypt", str(lab.study)],
    "erase": lambda lab: ["erase", str(lab.study), "--participant", "P017", "--yes"],  # last: it may do its work
}

REFUSED = {
    "erase": {attack for attack in ATTACKS if not attack.startswith(("own ", "stimulus id", "trial's id"))},
    "export csv": set(ATTACKS),
}
"""Where the attack lies in the way of the command; elsewhere it is enough that nothing is touched."""


@pytest.mark.slow
@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_outside_is_read_written_or_erased(lab, capsys, attack, monkeypatch):
    monkeypatch.setattr(study_key, "_COST", {"n": 1 << 8, "r": 8, "p": 1})
    monkeypatch.setenv(study_key.PASSPHRASE_VARIABLE, "four words no sentence")
    ATTACKS[attack](lab)
    before = lab.outside()
    for name, command in COMMANDS.items():
        shutil.rmtree(lab.out, ignore_errors=True)
        code = main(["-q", *command(lab)])
        error = capsys.readouterr().err
        assert lab.outside() == before, name
        written = [path for path in lab.out.rglob("*") if path.is_file()] if lab.out.exists() else []
        lies_inside = attack == "session of another study" and name in ("copy", "backup")
        assert lies_inside or not [path for path in written if SECRET in path.read_bytes()], name
        if code != 0:
            assert (code, error.count("\n"), written) == (2, 1, []), (name, error)
        assert code == 2 or attack not in REFUSED.get(name, ()), name


def _journal_that_names(victim: Path) -> bytes:
    """A rollback journal of one page that is to be undone, with another journal's name at its end."""
    head = bytes.fromhex("d9d505f920a163d7") + struct.pack(">5I", 0, 0, 1, 512, 4096)
    name = os.fsencode(victim)
    return head.ljust(512, b"\0") + struct.pack(">I", 0) + name + struct.pack(">2I", len(name), sum(name)) + head[:8]


def test_a_journal_does_not_remove_the_file_that_it_names(lab, capsys):
    for database in (lab.study / STUDY_NAME, lab.session / "session.sqlite"):
        database.with_name(database.name + "-journal").write_bytes(_journal_that_names(lab.root / "secret.png"))
    for command in COMMANDS.values():
        if (code := main(command(lab))) == 2:
            assert "names another file" in capsys.readouterr().err
        assert code in (0, 2)
        assert (lab.root / "secret.png").exists()


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TRIGGER stay AFTER DELETE ON participants "
        "BEGIN INSERT INTO participants VALUES (old.pseudonym, '', '', '{}', old.folded); END",
        "CREATE VIEW more AS SELECT * FROM participants",
    ],
    ids=["trigger", "view"],
)
def test_a_study_that_carries_its_own_sql_is_refused_and_recovered(lab, capsys, sql):
    lab.in_study(sql)
    erase = COMMANDS["erase"](lab)
    assert main(erase) == 2
    assert "gazeapp never makes" in capsys.readouterr().err
    assert main(["recover", str(lab.study)]) == 0
    assert main(erase) == 0
    with Study.open(lab.study) as study:
        assert study.participants() == []


def test_rows_with_names_that_lead_away_are_left_out_by_recover(lab, capsys):
    lab.in_study(f"INSERT INTO sessions VALUES {UNSEEN_SESSION}", "../../others", "P017", "", "")
    assert main(["participants", str(lab.study)]) == 2
    assert "leaves that row out" in capsys.readouterr().err
    assert main(["recover", str(lab.study)]) == 0
    with Study.open(lab.study) as study:
        assert [session.session_id for session in study.sessions()] == [lab.session_id]


@pytest.mark.parametrize("place", ["out", "out/P017"])
def test_an_export_is_not_written_through_a_link(lab, place, capsys):
    command = [*COMMANDS["export csv"](lab), "--overwrite"]
    target = lab.out / lab.session_id if place != "out" else lab.out
    target.parent.mkdir(exist_ok=True)
    (lab.root / "elsewhere").mkdir()
    target.symlink_to(lab.root / "elsewhere")
    code = main(command)
    assert list((lab.root / "elsewhere").iterdir()) == [] or place == "out"
    assert code == (0 if place == "out" else 2)  # the folder that the person named may be a link of theirs


def test_a_file_is_never_made_through_a_link_that_waits_under_its_name(lab):
    secret = lab.root / "secret.png"
    report = lab.root / "out" / "report.html"
    report.parent.mkdir()
    for path in (report, report.with_name("report.html.part"), report.with_suffix(".part")):
        path.symlink_to(secret)
    assert main(["report", str(lab.session), "-o", str(report), "--overwrite"]) == 0
    assert secret.read_bytes() == SECRET
    assert not report.is_symlink()
    database = lab.session / "session.sqlite"
    database.with_name("session.sqlite.part").symlink_to(secret)
    data = bytearray(database.read_bytes())
    data[4096:8192] = bytes(4096)
    database.write_bytes(data)
    assert main(["recover", str(lab.session)]) == 0
    assert secret.read_bytes() == SECRET


def test_two_sessions_whose_names_are_one_on_some_systems_are_not_exported_together(lab, capsys):
    twin = lab.study / "sessions" / lab.session_id.lower()
    shutil.copytree(lab.session, twin)
    lab.in_study(f"INSERT INTO sessions VALUES {UNSEEN_SESSION}", twin.name, "P017", "", "")
    connection = sqlite3.connect(twin / "session.sqlite")
    with connection:
        connection.execute("UPDATE meta SET value = ? WHERE key = 'session_id'", (f'"{twin.name}"',))
    connection.close()
    assert main(COMMANDS["export csv"](lab)) == 2
    assert "would be one file" in capsys.readouterr().err


def test_cells_that_a_spreadsheet_would_run_are_made_inert(lab):
    lab.in_session("UPDATE stimuli SET name = '=HYPERLINK(\"http://x\")'")
    lab.in_session("UPDATE problems SET message = '@SUM(1;=2)'")
    for form in ("csv", "bids"):
        shutil.rmtree(lab.out, ignore_errors=True)
        assert main(["export", str(lab.study), "--format", form, "-o", str(lab.out)]) == 0
        for path in [*lab.out.rglob("*.csv"), *lab.out.rglob("*.tsv")]:
            delimiter = "," if path.suffix == ".csv" else "\t"
            for row in csv.reader(path.read_text("utf-8").splitlines(), delimiter=delimiter):
                for cell in row:
                    assert cell[:1] not in tuple("=+@") or cell[1:2].isdigit(), (path.name, cell)
                    assert ";=" not in cell
    assert any("'=HYPERLINK" in path.read_text("utf-8") for path in lab.out.rglob("*.tsv"))


@pytest.mark.parametrize("kind", ["external link", "soft link", "external data", "virtual", "huge"])
def test_hdf5_that_lies_elsewhere_or_is_too_large_is_refused(lab, capsys, kind):
    h5py = pytest.importorskip("h5py")
    place = "data_collection/events/eyetracker/BinocularEyeSampleEvent"
    kinds = np.dtype([(name, "f8") for name in ("time", "left_gaze_x", "left_gaze_y", "right_gaze_x", "right_gaze_y")])
    with h5py.File(lab.root / "other.hdf5", "w") as file:
        file[place] = np.zeros(3, kinds)
    (lab.root / "raw.bin").write_bytes(SECRET * 100)
    crafted = lab.study / "crafted.hdf5"
    with h5py.File(crafted, "w") as file:
        group = file.create_group(place.rpartition("/")[0])
        name = place.rpartition("/")[2]
        if kind == "external link":
            group[name] = h5py.ExternalLink(str(lab.root / "other.hdf5"), place)
        elif kind == "soft link":
            group[name] = h5py.SoftLink("/elsewhere")
        elif kind == "external data":
            group.create_dataset(name, (10,), kinds, external=[(str(lab.root / "raw.bin"), 0, 10 * kinds.itemsize)])
        elif kind == "virtual":
            layout = h5py.VirtualLayout((3,), kinds)
            layout[:] = h5py.VirtualSource(str(lab.root / "other.hdf5"), place, (3,), kinds)
            group.create_virtual_dataset(name, layout)
        else:
            group.create_dataset(name, (300_000_000,), kinds, chunks=(100_000,), compression="gzip")
    code = main(
        [
            "import",
            str(crafted),
            "--format",
            "iohub",
            "--study",
            str(lab.root / "new"),
            "--participant",
            "P1",
            "--consent",
            "gaze",
        ]
    )
    error = capsys.readouterr().err
    assert (code, error.count("\n")) == (2, 1), error
    assert str(crafted) in error
    assert not (lab.root / "new").exists()


@pytest.mark.parametrize("kind", ["link", "second name"])
def test_an_image_that_a_recording_names_is_no_link(lab, capsys, kind):
    folder = lab.root / "pictures"
    folder.mkdir()
    shutil.copy(lab.stimulus, lab.root / "real.png")
    if kind == "link":
        (folder / "gaze.png").symlink_to(lab.root / "real.png")
    else:
        os.link(lab.root / "real.png", folder / "gaze.png")
    recording = lab.root / "gaze.asc"
    recording.write_text(
        "SAMPLES GAZE LEFT RATE 1000\n" + "".join(f"{t} 960.0 540.0 1000.0\n" for t in range(500)), encoding="utf-8"
    )
    command = ["import", str(recording), "--format", "eyelink-asc", "--study", str(lab.root / "new")]
    assert main([*command, "--participant", "P1", "--consent", "gaze", "--stimuli", str(folder)]) == 2
    assert "gaze.png" in capsys.readouterr().err
    with Study.open(lab.root / "new") as study:
        assert study.sessions() == []


TARGET = '[stimuli]\nfolders = ["shipped"]\n[calibration]\ntarget = "image"\ntarget_image = '


@pytest.mark.parametrize(
    ("lines", "key"),
    [
        ('[stimuli]\nfiles = ["secret.txt"]', "stimuli.files"),
        ('[stimuli]\nfiles = ["/etc/passwd"]', "stimuli.files"),
        ('[stimuli]\nfiles = ["link.png"]', "stimuli.files"),
        ('[stimuli]\nfiles = ["second.png"]', "stimuli.files"),
        ('[stimuli]\nfiles = ["pipe.png"]', "stimuli.files"),
        ('[stimuli]\nfiles = ["text.png"]', "text.png"),
        ('[stimuli]\nfolders = ["links"]', "stimuli.folders"),
        ('[stimuli]\nfolders = ["linked"]', "stimuli.folders"),
        (
            '[stimuli]\nfolders = ["shipped"]\n[calibration]\ntarget = "image"\ntarget_image = "secret.txt"',
            "target_image",
        ),
        (
            '[stimuli]\nfolders = ["shipped"]\n[calibration]\ntarget = "image"\ntarget_image = "/dev/zero"',
            "target_image",
        ),
        (
            '[stimuli]\nfolders = ["shipped"]\n[calibration]\ntarget = "image"\ntarget_image = "link.png"',
            "target_image",
        ),
    ],
)
def test_a_plan_names_images_and_nothing_else(lab, capsys, lines, key):
    folder = lab.root / "plans"
    (folder / "links").mkdir(parents=True)
    (folder / "secret.txt").write_bytes(SECRET)
    (folder / "text.png").write_bytes(SECRET)
    (folder / "link.png").symlink_to(lab.stimulus)
    (folder / "links" / "a.png").symlink_to(lab.stimulus)
    (folder / "linked").symlink_to(lab.session / "stimuli")
    os.link(lab.stimulus, folder / "second.png")
    os.mkfifo(folder / "pipe.png")
    plan = folder / "plan.toml"
    plan.write_text(lines, encoding="utf-8")
    assert main(["run", str(plan), "--check"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert key in error


def test_data_sets_name_files_within_them_only(lab, capsys):
    from trainer.__main__ import main as trainer_main

    root = lab.root / "id"
    (root / "stimuli").mkdir(parents=True)
    for name in ("../../secret.png", str(lab.root / "secret.png")):
        (root / "fixations.csv").write_text(f"image,observer,x_px,y_px,duration_s\n{name},1,5,5,.2\n", "utf-8")
        assert trainer_main(["prepare", "id", "--root", str(root), "-o", str(lab.out)]) == 2
        assert "file name" in capsys.readouterr().err


def test_a_refusal_is_one_line_that_cannot_steer_the_terminal(lab, capsys):
    lab.in_session("UPDATE meta SET value = '\"a\\n\\u001b[2J\"' WHERE key = 'session_id'")
    assert main(["report", str(lab.session), "-o", str(lab.out / "a.html")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "\x1b" not in error


@pytest.mark.parametrize("place", ["stimuli", "file"])
def test_what_is_exchanged_while_it_is_erased_is_not_followed(lab, monkeypatch, place):
    from gazeapp.store import shredding

    looked = shredding.require_own_tree

    def exchange(folder):
        looked(folder)
        if place == "stimuli":  # a folder becomes a link between the look and the overwriting
            lab.become_link(lab.session / "stimuli", lab.victim / "stimuli")
        else:  # a file becomes another name of somebody else's
            lab.become_second_name(lab.stimulus, lab.root / "secret.png")

    monkeypatch.setattr(shredding, "require_own_tree", exchange)
    before = lab.outside()
    assert main(COMMANDS["erase"](lab)) in (0, 2)
    assert lab.outside() == before


@pytest.mark.parametrize("which", ["study", "session"])
def test_a_database_exchanged_for_a_link_while_it_is_opened_is_not_written(lab, monkeypatch, which):
    from gazeapp.errors import UnsafeName
    from gazeapp.store import study_database, writer

    module = study_database if which == "study" else writer
    file = lab.study / STUDY_NAME if which == "study" else lab.session / "session.sqlite"
    target = lab.victim.parent.parent / STUDY_NAME if which == "study" else lab.victim / "session.sqlite"
    looked = module.make_private_file

    def exchange(path):
        looked(path)
        if path == file and not file.is_symlink():
            lab.become_link(file, target)

    monkeypatch.setattr(module, "make_private_file", exchange)
    before = lab.outside()
    with pytest.raises(UnsafeName):
        Study.open(lab.study) if which == "study" else writer.SessionWriter(file)
    assert lab.outside() == before
