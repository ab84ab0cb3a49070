"""Everything that was decided while networks were trained, and on whom: shown from the runs' own files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gazeapp.errors import CheckpointError
from gazeapp.types import Json
from trainer.engine.runs import read_metrics, read_settings
from trainer.reproduction.page import Table

_PREFIX = "validation_"


def decisions_of(runs: Path, tested: dict[str, tuple[str, ...]], choices: Sequence[Json]) -> Table:
    """One row a decision: where every training stopped, and what was chosen among trainings.

    Args:
        runs: Folder of the run folders.
        tested: Run's folder (relative) to the people who are tested with it, `SOURCE:POSITION`.
        choices: Of the parts: what, among, by, chosen, observers.

    Returns:
        The table; its last column says whether any of the fold's test people was trained on or decided on.

    Raises:
        CheckpointError: A test person was read before the test.
    """
    rows = []
    for name, people in sorted(tested.items()):
        folder = runs / name
        if not (folder / "run.json").is_file():
            rows.append((name, "not shown: its run folder is gone", "not known", "not known"))
            continue
        settings = read_settings(folder)
        images, watched, *_ = settings.get("validation", [[], []])
        read = _overlap(people, watched, settings)
        if read:
            raise CheckpointError(f"{folder}: test people {', '.join(read)} were trained on or decided on")
        rows.append((name, _stopped(folder), f"{' '.join(watched) or 'nobody'}; {len(images)} images", _none(people)))
    for choice in choices:
        read = sorted(set(choice["observers"]) & set(choice["tested"]))
        if read:
            raise CheckpointError(f"{choice['what']}: decided on test people {', '.join(read)}")
        rows.append((choice["what"], _chosen(choice), " ".join(choice["observers"]), _none(choice["tested"])))
    return Table(
        name="decisions",
        title="Everything that was decided, on whom, and whether a test person was read before the test",
        header=("what", "decision", "decided on", "test people read before"),
        rows=rows,
    )


def _chosen(choice: Json) -> str:
    among = [f"{name} {value:.3f}" for name, value in choice["among"].items()]
    if len(among) == 1:
        return f"no choice: {choice['chosen']} was the only one trained"
    return f"{choice['chosen']} among {', '.join(among)}"


def best_measured(run: Path) -> tuple[int, float] | None:
    """Step and value of the best validation of a run; None where nothing was measured."""
    rows = [(int(row["step"]), name, row[name]) for row in read_metrics(run) for name in row if _is_measure(name)]
    if not rows:
        return None
    sign = -1 if rows[0][1].endswith("kld") else 1
    step, _, value = max(rows, key=lambda row: sign * row[2])
    return step, value


def _stopped(run: Path) -> str:
    found = best_measured(run)
    if found is None:
        return "trained to its last step"
    name = next(name for row in read_metrics(run) for name in row if _is_measure(name))
    return f"weights of step {found[0]}: {name.removeprefix(_PREFIX)} {found[1]:.3f}"


def _is_measure(name: str) -> bool:
    return name.startswith(_PREFIX)


def _overlap(people: Sequence[str], watched: Sequence[str], settings: Json) -> list[str]:
    """Test people whom a training, or one that it learnt from, did not leave out."""
    seen = set(people) & set(watched)
    for facts in (settings, *settings.get("learnt_from", [])):
        sources = {entry["source"] for entry in facts.get("data", [])}
        own = {person for person in people if person.partition(":")[0] in sources}
        seen |= own - set(facts.get("exclude_observers", []))
    return sorted(seen)


def _none(people: Sequence[str]) -> str:
    return f"none of {' '.join(people)}"
