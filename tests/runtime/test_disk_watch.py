"""A disk that fills: said in time, and nothing is lost."""

from __future__ import annotations

import math

import pytest

from gazeapp.runtime.disk_watch import LOOK_PERIOD_S, RESERVE_BYTES, DiskNews, DiskWatch
from gazeapp.store import file_system

MB = 1 << 20


class Disk:
    def __init__(self, folder, free):
        self.folder, self.free = folder, free
        self.file = folder / "session.sqlite"
        self.file.touch()

    def write(self, n_bytes):
        with self.file.open("ab") as file:
            file.truncate(self.file.stat().st_size + n_bytes)
        self.free -= n_bytes


@pytest.fixture
def disk(tmp_path):
    return Disk(tmp_path, 100_000 * MB)


def watch(disk):
    return DiskWatch(disk.folder, lambda _: disk.free)


def test_a_large_disk_is_no_news(disk):
    watching = watch(disk)
    for n in range(50):
        disk.write(MB)
        assert watching.look(n * LOOK_PERIOD_S) is None
    assert watching.minutes_left > 1000


def test_it_is_said_once_how_many_minutes_are_left(disk):
    disk.free = RESERVE_BYTES + 700 * MB
    watching = watch(disk)
    news = []
    for n in range(20):
        disk.write(MB)  # half a MB per second: the disk lasts less than 24 minutes
        news.append(watching.look(n * LOOK_PERIOD_S))
    assert [new for new in news if new] == [DiskNews.LOW]
    assert 15 < watching.minutes_left < 25
    assert "minutes at the present rate" in watching.words


def test_before_it_is_full_a_pause_is_called_for_and_space_ends_it(disk):
    watching = watch(disk)
    watching.look(0)
    disk.free = RESERVE_BYTES - 1
    assert watching.look(10) is DiskNews.NEARLY_FULL
    assert watching.is_full
    assert watching.look(20) is None
    disk.free = RESERVE_BYTES + 1
    assert watching.look(30) is None, "not back and forth at the limit"
    disk.free = 3 * RESERVE_BYTES
    assert watching.look(40) is DiskNews.SPACE_AGAIN
    assert not watching.is_full


def test_a_disk_that_cannot_be_asked_is_no_news(tmp_path):
    def refuses(_):
        raise OSError("no such disk")

    watching = DiskWatch(tmp_path, refuses)
    assert watching.look(0) is None
    assert math.isinf(watching.minutes_left)


MOUNTS = """\
22 1 0:20 / /proc rw - proc proc rw
28 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 28 0:45 /@data {data} rw - btrfs /dev/sdb1 rw
41 40 0:50 / {data}/in\\040it rw - tmpfs tmpfs rw
"""


def test_a_file_system_that_copies_what_is_written_is_told_apart_and_named(disk, tmp_path, monkeypatch):
    data = tmp_path / "data"
    (data / "in it").mkdir(parents=True)
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS.format(data=data))
    monkeypatch.setattr(file_system, "_MOUNTS", mounts)
    assert file_system.copies_on_write(data / "in it") == ""
    assert file_system.copies_on_write(tmp_path) == ""
    assert file_system.copies_on_write(data / "later") == "btrfs"
    watching = DiskWatch(data, lambda _: RESERVE_BYTES)
    watching.look(0.0)
    assert watching.words.endswith("btrfs keeps no room for what comes once it is full")
    assert "keeps no room" not in watch(disk).words
    mounts.write_bytes(b"\xff broken\n\n - \n")
    assert file_system.copies_on_write(data) == ""
