from __future__ import annotations

from types import SimpleNamespace

from gazeapp.assembly.run import Run
from gazeapp.devices.tracker import TrackerProblem


def test_samples_that_arrived_before_a_loss_are_not_its_end():
    told = []
    run = SimpleNamespace(
        _n_received=500,
        _n_heard=480,
        _is_silent=False,
        _heard_s=0.0,
        _archive=SimpleNamespace(keep_problem=lambda _: None),
        pipeline=SimpleNamespace(note_problem=lambda _: None),
        controller=SimpleNamespace(report_problem=lambda p, _: told.append(p.kind)),
    )
    Run._on_problem(run, TrackerProblem(time_s=1.0, kind="lost", message="unplugged"), 1.0)
    assert run._is_silent
    assert run._n_heard == run._n_received
    assert told == ["lost"]
