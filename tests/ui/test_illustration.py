"""A model observer is an illustration: its maps are shown, and no score is quoted for them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from gazeapp.devices.tracker import TrackerInfo
from gazeapp.runtime.run import Run


@pytest.mark.parametrize(
    ("backend", "serial", "expected"),
    [
        ("simulated", "model-ada-0", True),
        ("simulated", "pointer", False),
        ("simulated", "scanpaths-observer-2", False),
        ("lsl", "model-x", False),
    ],
    ids=["model", "mouse", "recorded person", "tracker"],
)
def test_only_a_model_observer_is_an_illustration(backend, serial, expected):
    info = TrackerInfo(
        backend=backend,
        name="x",
        serial=serial,
        rate_hz=500.0,
        rates_hz=(500.0,),
        eyes="binocular",
        capabilities=frozenset(),
    )
    run = SimpleNamespace(tracker=SimpleNamespace(info=info))
    assert Run.is_illustration.fget(run) is expected
