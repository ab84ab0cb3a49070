"""A short run of the fuzz campaign; `tests/benchmarks/fuzz_files.py` is the long one."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gazeapp.store.imports.format_names import FORMATS

pytest.importorskip("onnxruntime", reason="onnxruntime is not installed", exc_type=ImportError)
pytest.importorskip("pyxdf", reason="pyxdf is not installed", exc_type=ImportError)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="children are forks with limits")
def test_every_import_format_is_among_them():
    from tests.benchmarks.fuzz_formats import IMPORTS

    assert list(IMPORTS) == list(FORMATS)


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="children are forks with limits")
def test_mutants_of_every_format_neither_crash_nor_hang_nor_exhaust(tmp_path):
    command = [sys.executable, "-m", "tests.benchmarks.fuzz_files", "--n", "2", "--seed", "11"]
    done = subprocess.run([*command, "--found", str(tmp_path / "found")], capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
