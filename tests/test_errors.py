"""Errors carry typed facts and a message that may grow."""

from __future__ import annotations

import copy
import inspect
import pickle

import pytest

from gazeapp import errors
from gazeapp.errors import GazeAppError, InvalidTransition, SettingsError, words_of

KINDS = [kind for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, GazeAppError)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_is_made_of_a_message_alone_and_survives_a_copy(kind):
    error = kind("what is wrong")
    for same in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(same) is kind
        assert same.message == str(same) == "what is wrong"
        assert vars(same) == vars(error)


def test_facts_are_attributes_and_nothing_else_is():
    error = InvalidTransition("not now", state="calibrating", command="start")
    assert (error.state, error.command) == ("calibrating", "start")
    with pytest.raises(AttributeError):
        error.key  # noqa: B018
    with pytest.raises(TypeError):
        SettingsError("wrong", colour="red")


def test_a_message_can_say_more_on_its_way_up():
    error = SettingsError("a wrong value", key="rate")
    error.say_more("(the session so far: here)")
    assert error.message == str(error) == "a wrong value (the session so far: here)"
    assert error.key == "rate"


def test_an_error_that_nobody_raised_on_purpose_names_its_kind():
    assert words_of(SettingsError("a wrong value")) == "a wrong value"
    assert words_of(OSError("no space")) == "OSError: no space"


def test_a_message_is_one_line_whatever_a_file_put_into_it():
    error = GazeAppError("study: a name\r\n   \x1b[2J\u202ewrong \u2028ü × \U0001f600")
    assert error.message == "study: a name \\x1b[2J\\u202ewrong ü × \U0001f600"
    error.say_more("and\nmore")
    assert error.message.endswith("\U0001f600 and more")
