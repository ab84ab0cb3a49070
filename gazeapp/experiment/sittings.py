"""How often a participant comes: which sitting of a plan is next, how many are left, when it is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from gazeapp.experiment.plan import SittingsPlan
from gazeapp.store.session_state import SessionRecord, SessionState


@dataclass(frozen=True, slots=True, kw_only=True)
class Sittings:
    """Where a participant stands in a plan of several sittings."""

    count: int
    """Sittings of the plan."""
    n_done: int
    """Complete ones."""
    is_open: bool
    """Whether one was interrupted and waits to be continued."""
    due_utc: datetime | None
    """When the next is due; None where none is left."""

    @property
    def n_left(self) -> int:
        """Sittings that are still to come, one that waits included."""
        return max(self.count - self.n_done, 0)

    def is_due(self, now_utc: datetime) -> bool:
        """Whether the next may be recorded."""
        return self.due_utc is not None and now_utc >= self.due_utc


def sittings_of(plan_name: str, plan: SittingsPlan, sessions: Sequence[SessionRecord]) -> Sittings:
    """What is left of a plan for one participant.

    Args:
        plan_name: Sessions of other plans do not count.
        plan: How often, and how far apart.
        sessions: Of the participant, in any order. Complete ones count, and interrupted ones that were left so do not;
            one that waits to be continued is the next sitting.
    """
    own = [session for session in sessions if session.plan_name == plan_name]
    done = [session for session in own if session.state is SessionState.COMPLETE]
    is_open = any(session.state is SessionState.INTERRUPTED and not session.is_left for session in own)
    due = None
    if len(done) < plan.count:
        last = max((_when(session) for session in done), default=datetime.min.replace(tzinfo=timezone.utc))
        due = last if is_open or not done else last + timedelta(days=plan.gap_days)
    return Sittings(count=plan.count, n_done=len(done), is_open=is_open, due_utc=due)


def _when(session: SessionRecord) -> datetime:
    """When a session began."""
    try:
        found = datetime.fromisoformat(session.created_utc.replace("Z", "+00:00"))
    except ValueError:
        return datetime.min.replace(tzinfo=timezone.utc)
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)
