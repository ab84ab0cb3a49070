"""The variables that every new study offers, in the interface's language; others are called as the study calls them."""

from __future__ import annotations

from gazeapp.store.study_variables import StudyVariable, Value, VariableKind
from gazeapp.ui.formatting import format_value
from gazeapp.ui.translation import tr


def variable_words(variable: StudyVariable, *, is_title: bool = False) -> str:
    """What a variable is called in the windows, in a form with a capital; files keep its own name."""
    names = {"group": tr("group"), "age": tr("age"), "hand": tr("hand")}
    words = names.get(variable.name)
    if words is None:
        return variable.name
    return words[:1].upper() + words[1:] if is_title else words


def value_words(variable: StudyVariable, value: Value | None) -> str:
    """A value as the windows show it; empty for none."""
    if variable.name == "hand" and variable.kind == "choice":
        return {"left": tr("left"), "right": tr("right"), "both": tr("both")}.get(str(value), format_value(value))
    return format_value(value)


def choice_words(variable: StudyVariable) -> str:
    """The choices of a variable, separated by commas."""
    return ", ".join(_shown(variable))


def read_variable(shown: StudyVariable, name: str, kind: VariableKind, choices: str) -> StudyVariable:
    """What somebody made of a variable that was shown: a word that stayed stands for what it was shown for."""
    own_name = shown.name if name == variable_words(shown) else name.strip()
    own = _shown(shown)
    found = (part.strip() for part in choices.split(","))
    return StudyVariable(name=own_name, kind=kind, choices=tuple(own.get(c, c) for c in found if c))


def _shown(variable: StudyVariable) -> dict[str, str]:
    """Words of each choice → the choice; the choices themselves where two have the same words."""
    found = {value_words(variable, choice): choice for choice in variable.choices}
    return found if len(found) == len(variable.choices) else {choice: choice for choice in variable.choices}
