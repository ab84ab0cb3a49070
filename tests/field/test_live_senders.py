"""Public senders on the network: read where gaze was, or refused with the reason."""

import pytest

from tests.field.live_senders import NAMES, is_where_it_was, listen, senders_are_there


@pytest.mark.slow
@pytest.mark.parametrize("name", ["eyelink", "gazepoint", "neon", "tobii_et"])
def test_a_public_sender_is_read_right_or_refused_in_words(name):
    pytest.importorskip("pylsl", exc_type=ImportError)
    if senders_are_there() is None:
        pytest.skip("the senders are not beside this checkout (../shared/cases/lsl_senders.py)")
    heard = listen(name, 0.3)
    assert name in NAMES
    if name == "neon":
        assert heard.samples is None
        assert "scene camera" in heard.problem
    else:
        assert is_where_it_was(heard.samples), heard
        assert heard.problem == ""
