"""The laboratory that attacks are tried in, a copy for each test."""

from __future__ import annotations

import shutil

import pytest

from tests.cli.hostile_lab import Lab, make_lab


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_lab(tmp_path_factory.mktemp("made"))


@pytest.fixture
def lab(made, tmp_path):
    root, session_id, victim = made
    shutil.copytree(root, tmp_path / "lab")
    return Lab(tmp_path / "lab", session_id, victim)
