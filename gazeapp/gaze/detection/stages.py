"""Three frames for a detector's stages, by what a row must wait for: nothing, its neighbours, or a decision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from gazeapp.gaze.detection.rows import NO_ROWS, Rows
from gazeapp.gaze.filters import TIME_TOLERANCE_S


class Stage(Protocol):
    """Takes rows, returns those that became final, usually with more columns; cutting the stream changes nothing."""

    def push(self, rows: Rows, *, at_end: bool) -> Rows:
        """Take the next rows; at the end, return all that are left and start afresh."""
        ...


class RowStage:
    """A stage that looks at each row alone.

    Args:
        label: From rows to the same number of rows.
    """

    def __init__(self, label: Callable[[Rows], Rows]) -> None:
        self._label = label

    def push(self, rows: Rows, *, at_end: bool) -> Rows:
        """Label the rows; none waits."""
        return self._label(rows) if len(rows) else rows


class WindowRule(Protocol):
    """Says something about each row from the rows around it."""

    @property
    def half_s(self) -> float:
        """How far it looks before and after a row."""
        ...

    def label(self, rows: Rows, new: slice) -> Rows:
        """The `new` ones of `rows`, labelled; the others are the rows around them."""
        ...

    def reset(self) -> None:
        """The stream ended."""
        ...


class WindowStage:
    """A stage that looks at a centred window around each row.

    A row is ready once a row beyond its window is known: nothing that comes later can be inside.

    Args:
        rule: What is said about a row.
    """

    def __init__(self, rule: WindowRule) -> None:
        self._rule = rule
        self._half_s = rule.half_s + TIME_TOLERANCE_S
        self._rows = NO_ROWS
        self._n_done = 0

    def push(self, rows: Rows, *, at_end: bool) -> Rows:
        """Return the rows whose whole window is known, labelled."""
        rows = self._rows = self._rows.joined(rows)
        done = self._advance(rows, at_end=at_end) if len(rows) else NO_ROWS
        if at_end:
            self._rows, self._n_done = NO_ROWS, 0
            self._rule.reset()
        return done

    def _advance(self, rows: Rows, *, at_end: bool) -> Rows:
        time_s = rows["time_s"]
        n = len(rows)
        n_ready = n if at_end else int(np.searchsorted(time_s + self._half_s, time_s[-1], side="left"))
        if n_ready <= self._n_done:
            return NO_ROWS
        new = slice(self._n_done, n_ready)
        if not at_end:
            # keep what the next windows reach back to, and one row more to see where a run begins
            reach = int(np.searchsorted(time_s, time_s[n_ready] - self._half_s, side="left"))
            first = max(0, min(reach, n_ready - 1) - 1)
            self._rows = rows.part(slice(first, None))
            self._n_done = n_ready - first
        return self._rule.label(rows, new)


class WaitingRule(Protocol):
    """Decides about rows once what follows them allows it."""

    def decide(self, rows: Rows, *, at_end: bool) -> Rows:
        """The leading ones of `rows` that are decided, labelled; at the end all of them."""
        ...

    def reset(self) -> None:
        """The stream ended."""
        ...


class WaitingStage:
    """A stage whose rows wait for a decision: the end of a block, a saccade, a pursuit.

    Args:
        rule: What decides.
    """

    def __init__(self, rule: WaitingRule) -> None:
        self._rule = rule
        self._waiting = NO_ROWS

    def push(self, rows: Rows, *, at_end: bool) -> Rows:
        """Return the rows that are decided, labelled."""
        rows = self._waiting.joined(rows)
        decided = self._rule.decide(rows, at_end=at_end) if len(rows) else NO_ROWS
        if at_end:
            self._waiting = NO_ROWS
            self._rule.reset()
        else:
            self._waiting = rows.part(slice(len(decided), None)) if len(decided) else rows
        return decided
