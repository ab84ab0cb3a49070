"""A study of one's own beside what belongs to others, and everything a study file may say to reach that."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from pathlib import Path

from gazeapp.store.study import Study
from gazeapp.store.study_place import STUDY_NAME
from tests.store.example_study import make_study

SECRET = b"of somebody else"


def make_lab(root: Path) -> tuple[Path, str, Path]:
    """A study with one session, and beside it what belongs to others: a study with a session, and a file."""
    study, session = make_study(root / "study")
    study.close()
    with Study.create(root / "others") as others:
        others.add_participant("P099")
        others.record_consent("P099", initials=SECRET.decode())
        victim = others.new_session("P099", "plan")
    victim.stimuli.folder.mkdir()
    (victim.stimuli.folder / "image.png").write_bytes(SECRET)
    (root / "secret.png").write_bytes(SECRET)
    return root, session.session_id, victim.path.relative_to(root)


class Lab:
    def __init__(self, root: Path, session_id: str, victim: Path) -> None:
        self.root, self.session_id = root, session_id
        self.study, self.victim = root / "study", root / victim
        self.session = self.study / "sessions" / session_id
        self.out = root / "out"
        self.areas = self.study / "areas.csv"
        rows = "image,area,shape,points_px,turn_deg,color\nscene-0.png,all,box,0 0;9 9,0,#5b9dff\n"
        self.areas.write_text(rows, "utf-8")

    @property
    def empty(self) -> Path:
        """A new study, which others may be taken into."""
        shutil.rmtree(self.root / "empty", ignore_errors=True)
        Study.create(self.root / "empty").close()
        return self.root / "empty"

    def in_study(self, sql: str, *values: object) -> None:
        self._change(self.study / STUDY_NAME, sql, *values)

    def in_session(self, sql: str, *values: object) -> None:
        self._change(self.session / "session.sqlite", sql, *values)

    def _change(self, database: Path, sql: str, *values: object) -> None:
        connection = sqlite3.connect(database)
        with connection:
            connection.execute(sql, values)
        connection.close()

    def become_link(self, path: Path, target: Path) -> None:
        if path.exists():
            path.rename(path.with_name(path.name + "-moved"))
        path.symlink_to(target)

    def become_second_name(self, path: Path, target: Path) -> None:
        path.unlink(missing_ok=True)
        os.link(target, path)

    @property
    def stimulus(self) -> Path:
        return min((self.session / "stimuli").iterdir())

    def outside(self) -> dict[str, str]:
        """Everything but the study and the destinations."""
        own = (self.study, self.out, self.root / "empty")
        return {
            str(path.relative_to(self.root)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in self.root.rglob("*")
            if path.is_file() and not any(path.is_relative_to(place) for place in own)
        }


def _session_id(text: str):
    def attack(lab: Lab) -> None:
        lab.in_study("UPDATE sessions SET session_id = ?", text.format(victim=lab.victim, outside=lab.root))

    return attack


def _own_id(text: str):
    def attack(lab: Lab) -> None:
        value = text.format(victim=lab.victim, outside=lab.root)
        lab.in_session("UPDATE meta SET value = ? WHERE key = 'session_id'", f'"{value}"')

    return attack


def _pseudonym(lab: Lab) -> None:
    for table in ("participants", "consents", "sessions", "embeddings"):
        lab.in_study(f"UPDATE {table} SET pseudonym = '../../others'")


ATTACKS = {
    "absolute id": _session_id("{victim}"),
    "id that leads up": _session_id("../../others/sessions"),
    "empty id": _session_id(""),
    "dots": _session_id(".."),
    "dot": _session_id("."),
    "separator": _session_id("a/b"),
    "separator of Windows": _session_id("..\\..\\others"),
    "drive": _session_id("C:x"),
    "reserved name": _session_id("NUL"),
    "reserved name with ending": _session_id("com1.txt"),
    "dot at the end": _session_id("x."),
    "space at the end": _session_id("x "),
    "line break": _session_id("x\ny"),
    "zero byte": _session_id("x\0y"),
    "turned writing": _session_id("x‮y"),
    "pseudonym that leads up": _pseudonym,
    "own id absolute": _own_id("{outside}/made"),
    "own id leads up": _own_id("../made"),
    "own pseudonym leads up": lambda lab: lab.in_session(
        "UPDATE meta SET value = '\"../../others\"' WHERE key = 'pseudonym'"
    ),
    "session of another study": lambda lab: (shutil.rmtree(lab.session), shutil.copytree(lab.victim, lab.session)),
    "session is a link": lambda lab: lab.become_link(lab.session, lab.victim),
    "sessions is a link": lambda lab: lab.become_link(lab.study / "sessions", lab.victim.parent),
    "database is a link": lambda lab: lab.become_link(lab.session / "session.sqlite", lab.victim / "session.sqlite"),
    "database has a second name": lambda lab: lab.become_second_name(
        lab.session / "session.sqlite", lab.victim / "session.sqlite"
    ),
    "log is a link": lambda lab: lab.become_link(lab.session / "session.sqlite-wal", lab.root / "secret.png"),
    "journal is a link": lambda lab: lab.become_link(lab.session / "session.sqlite-journal", lab.root / "secret.png"),
    "stimuli is a link": lambda lab: lab.become_link(lab.session / "stimuli", lab.victim / "stimuli"),
    "stimulus is a link": lambda lab: lab.become_link(lab.stimulus, lab.root / "secret.png"),
    "stimulus has a second name": lambda lab: lab.become_second_name(lab.stimulus, lab.root / "secret.png"),
    "stimulus id leads up": lambda lab: lab.in_session("UPDATE stimuli SET stimulus_id = '../../../../secret'"),
    "trial's id leads up": lambda lab: lab.in_session("UPDATE trials SET stimulus_id = '../../../../secret'"),
    "study is a link": lambda lab: lab.become_link(lab.study / STUDY_NAME, lab.victim.parent.parent / STUDY_NAME),
    "study has a second name": lambda lab: lab.become_second_name(
        lab.study / STUDY_NAME, lab.victim.parent.parent / STUDY_NAME
    ),
    "study's journal is a link": lambda lab: lab.become_link(
        lab.study / f"{STUDY_NAME}-journal", lab.root / "secret.png"
    ),
}
