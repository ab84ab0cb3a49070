"""Builds the services of a run from its options; used by the command line and the windows alike. No Qt."""

from __future__ import annotations

from gazeapp.runtime.build import build_run
from gazeapp.runtime.options import RunOptions
from gazeapp.runtime.run import Run
from gazeapp.runtime.run_summary import RunSummary

__all__ = ["Run", "RunOptions", "RunSummary", "build_run"]
