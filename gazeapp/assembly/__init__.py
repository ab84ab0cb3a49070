"""Builds the services of a run from its options; used by the command line and the windows alike. No Qt."""

from __future__ import annotations

from gazeapp.assembly.build import build_run
from gazeapp.assembly.options import RunOptions
from gazeapp.assembly.run import Run
from gazeapp.assembly.summary import RunSummary

__all__ = ["Run", "RunOptions", "RunSummary", "build_run"]
