"""The variables that every new study offers, in the interface's language; others are called as the study calls them."""

from __future__ import annotations

from gazeapp.store.study_variables import OFFERED, StudyVariable, Value
from gazeapp.ui.formatting import format_value
from gazeapp.ui.translation import tr


def variable_words(variable: StudyVariable) -> str:
    """What a variable is called in the windows; files keep its own name."""
    names = {"group": tr("group"), "age": tr("age"), "hand": tr("hand")}
    return names.get(variable.name, variable.name)


def value_words(variable: StudyVariable, value: Value | None) -> str:
    """A value as the windows show it; empty for none."""
    if variable in OFFERED and variable.name == "hand":
        return {"left": tr("left"), "right": tr("right"), "both": tr("both")}.get(str(value), format_value(value))
    return format_value(value)
