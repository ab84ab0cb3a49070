"""Searches a raw file-system image, mounted by a loop device, for what an erased participant left on the disk.

    sudo python tests/benchmarks/erase_image.py [--quick] [--markdown tests/benchmarks/ERASE.md]

Makes a small disk in a file, records on it two people with all that a session can hold (one session is killed and
recovered), erases one, unmounts, and searches every byte of the file. Needs root, loop devices and mkfs; says what is
missing elsewhere, and ends with 3. The image lies in a temporary folder and is removed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import cv2
import numpy as np

from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store import events
from gazeapp.store.embedding import UserEmbedding
from gazeapp.store.map_bytes import pack_map
from gazeapp.store.records import EmbeddingHistoryRow, PredictionRow
from gazeapp.store.study import Study

SIZE_BYTES = 192 << 20
MAKERS = {
    "ext4": ["mkfs.ext4", "-q", "-F"],
    "ext4 without journal": ["mkfs.ext4", "-q", "-F", "-O", "^has_journal"],
    "xfs": ["mkfs.xfs", "-q", "-f"],
    "vfat": ["mkfs.vfat"],
}


def missing() -> str:
    """What this machine lacks for a loop-mounted image; empty when nothing."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "not root"
    if not shutil.which("losetup") or not shutil.which("mkfs.ext4"):
        return "losetup or mkfs.ext4 is not installed"
    try:
        with tempfile.TemporaryDirectory() as folder, mounted(Path(folder), "ext4"):
            return ""
    except (subprocess.CalledProcessError, OSError):
        return "no loop device can be mounted here"


@contextlib.contextmanager
def mounted(folder: Path, kind: str) -> Iterator[tuple[Path, Path]]:
    """(image, mount point) of a new file system; unmounted at the end."""
    image, place = folder / "disk.img", folder / "disk"
    place.mkdir(exist_ok=True)
    with image.open("wb") as file:
        file.truncate(SIZE_BYTES if kind != "xfs" else 2 * SIZE_BYTES)
    subprocess.run([*MAKERS[kind], str(image)], check=True, capture_output=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(place)], check=True, capture_output=True)
    try:
        yield image, place
    finally:
        subprocess.run(["umount", str(place)], check=True, capture_output=True)


class Person:
    """Data of one person, with marks that can be found again byte by byte."""

    def __init__(self, pseudonym: str, seed: int, n_samples: int) -> None:
        rng = np.random.default_rng(seed)
        self.pseudonym, self.n_samples = pseudonym, n_samples
        self.x_px = 900 + rng.random()
        self.vector = tuple(float(v) for v in rng.random(8))
        self.density = rng.random((60, 80), np.float32)
        self.picture = cv2.imencode(".png", rng.integers(0, 255, (48, 64, 3), np.uint8))[1].tobytes()
        self.note = f"note-{rng.integers(1 << 60):x}"
        self.consent = f"consent-{rng.integers(1 << 60):x}"

    @property
    def marks(self) -> dict[str, bytes]:
        """What to look for."""
        return {
            "gaze samples": struct.pack(">d", self.x_px),
            "embedding": repr(self.vector[0]).encode(),
            "map": pack_map(self.density)[40:72],
            "stimulus": self.picture[100:140],
            "note": self.note.encode(),
            "consent": self.consent.encode(),
        }

    def record(self, study: Study, *, killed: bool) -> Path:
        """One session; a killed one is left as SIGKILL leaves it."""
        session = study.new_session(self.pseudonym, "plan")
        source = study.path / "picture.png"
        source.write_bytes(self.picture)
        session.stimuli.add(source)
        source.write_bytes(bytes(len(self.picture)))
        os.sync()
        source.unlink()
        child = os.fork()
        if child:
            os.waitpid(child, 0)
            return session.path
        writer = session.writer()
        display = Display(width_px=1920, height_px=1080, width_mm=531, height_mm=299, distance_mm=650)
        writer.set_meta({"display": display})
        time_s = np.arange(self.n_samples) / 1200
        embedding = UserEmbedding(
            vector=self.vector, n_pairs=3, spread=0.1, model_name="m", model_sha256="c", sigma_deg=1.0
        )
        for first in range(0, self.n_samples, 300):
            part = slice(first, first + 300)
            points = np.full((len(time_s[part]), 2), self.x_px)
            writer.write_samples(GazeSamples.build(time_s[part], eyes="left", left_px=points))
            writer.write_event(events.Note(time_s=float(time_s[first]), text=self.note))
            writer.commit()
            if first % 3000 == 0:
                os.sync()  # also what is in the log at this moment reaches the disk
        writer.write_growth(EmbeddingHistoryRow(time_s=1.0, trial=0, n_pairs=1, spread=0.1, vector=self.vector))
        writer.write_prediction(
            PredictionRow(
                trial=0,
                stimulus_id="a",
                time_s=1.0,
                final=True,
                universal=self.density,
                personal=self.density,
                embedding=embedding,
                model_sha256="c",
                elapsed_s=0.1,
            )
        )
        writer.commit()
        os.sync()
        if not killed:
            writer.close()
        os._exit(0)

    def join(self, study: Study) -> None:
        """Everything that a study keeps of a person, with changes that go through the journal."""
        study.add_participant(self.pseudonym)
        study.record_consent(self.pseudonym, initials=self.consent)
        for n_pairs in range(1, 6):
            embedding = UserEmbedding(
                vector=self.vector, n_pairs=n_pairs, spread=0.1, model_name="m", model_sha256="c", sigma_deg=1.0
            )
            study.save_embedding(self.pseudonym, embedding)
            os.sync()


def try_kind(kind: str, n_samples: int) -> dict[str, dict[str, int]]:
    """Mark → how often it is found before and after; of the erased person and of the one who stays."""
    gone, stays = Person("QUOKKA17", 1, n_samples), Person("P018", 2, n_samples)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with mounted(folder, kind) as (image, place):
            with Study.create(place / "study") as study:
                for person in (gone, stays):
                    person.join(study)
                    person.record(study, killed=False)
                    _command("recover", str(person.record(study, killed=True)))
            os.sync()
            before = _count(image, gone)
            _command("erase", str(place / "study"), "--participant", gone.pseudonym, "--yes")
            os.sync()
        return {"before": before, "after": _count(image, gone), "of the other": _count(image, stays)}


def _command(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "gazeapp", *words], check=True, capture_output=True, env=_environment())


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}


def _count(image: Path, person: Person) -> dict[str, int]:
    content = image.read_bytes()
    counts = {mark: content.count(needle) for mark, needle in person.marks.items()}
    return {**counts, "pseudonym (name of a folder)": content.count(person.pseudonym.encode())}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one file system, little data")
    parser.add_argument("--markdown", type=Path)
    arguments = parser.parse_args()
    if why := missing():
        print(f"skipped: {why}")
        return 3
    lines = [
        "| file system | mark | before | after erasing | of the person who stays |",
        "|---|---|---|---|---|",
    ]
    worst = 0
    for kind, maker in list(MAKERS.items())[: 1 if arguments.quick else None]:
        if not shutil.which(maker[0]):
            lines.append(f"| {kind} | not tried: {maker[0]} is not installed | | | |")
            continue
        found = try_kind(kind, 3_000 if arguments.quick else 30_000)
        for mark in found["before"]:
            counts = [found[column][mark] for column in ("before", "after", "of the other")]
            lines.append(f"| {kind} | {mark} | " + " | ".join(map(str, counts)) + " |")
            if not mark.startswith("pseudonym"):
                worst = max(worst, counts[1])
    print("\n".join(lines))
    if arguments.markdown:
        head = (
            "# What erasing leaves on a disk\n\n"
            f"`{Path(__file__).name}`: occurrences in every byte of an unmounted file-system image. Names of folders\n"
            "are the file system's own; it may keep old ones in its directories and its journal.\n\n"
        )
        arguments.markdown.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    return 1 if worst else 0


if __name__ == "__main__":
    sys.exit(main())
