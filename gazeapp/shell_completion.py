"""Scripts that let a shell complete commands and options; made from the parsers, and needing nothing at run time."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gazeapp.command_line import Program

Shell = Literal["bash", "zsh", "fish"]
SHELLS: tuple[Shell, ...] = ("bash", "zsh", "fish")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandOptions:
    """What can be typed after one command."""

    options: Mapping[str, str]
    """Option to what it does, in a few words."""
    choices: Mapping[str, tuple[str, ...]]
    """Option to the values that it takes, where these are known."""


def completion_script(program: Program, shell: Shell) -> str:
    """The script of one shell for all commands of a program; file names are completed wherever a value may be one."""
    commands = {name: _options(program.parser(name)) for name in program.commands}
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](program, commands)


def _options(parser: argparse.ArgumentParser) -> CommandOptions:
    options: dict[str, str] = {}
    choices: dict[str, tuple[str, ...]] = {}
    for action in parser._actions:  # argparse has no other way to ask a parser for its options
        words = "" if action.help in (None, argparse.SUPPRESS) else str(action.help)
        for option in action.option_strings:
            options[option] = words.partition(";")[0].partition("(")[0].strip().replace("%%", "%")
            if action.choices:
                choices[option] = tuple(str(choice) for choice in action.choices)
    return CommandOptions(options=options, choices=choices)


def _bash(program: Program, commands: Mapping[str, CommandOptions]) -> str:
    cases = "\n".join(f"        {name}) words='{' '.join(c.options)}' ;;" for name, c in commands.items())
    values = "\n".join(
        f"        {name}:{option}) COMPREPLY=($(compgen -W '{' '.join(known)}' -- \"$current\")); return ;;"
        for name, c in commands.items()
        for option, known in c.choices.items()
    )
    function = f"_{program.name}_complete"
    return f"""{function}() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} command='' words='' word
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case $word in -*) ;; *) command=$word; break ;; esac
    done
    if [ -z "$command" ]; then
        COMPREPLY=($(compgen -W '{" ".join(commands)} --help --version --quiet --verbose' -- "$current")); return
    fi
    case $command:$previous in
{values}
    esac
    case $command in
{cases}
    esac
    case $current in
        -*) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
        *) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$current")) ;;
    esac
}}
complete -F {function} {program.name}
"""


def _zsh(program: Program, commands: Mapping[str, CommandOptions]) -> str:
    names = "\n".join(f"        {_zsh_pair(name, program.commands[name])}" for name in commands)
    cases = []
    for name, c in commands.items():
        lines = " \\\n                ".join(
            _quoted(f"*{option}[{_zsh_text(words)}]" + _zsh_value(c.choices.get(option)))
            for option, words in c.options.items()
        )
        cases.append(f"            {name}) _arguments -s {lines} '*:file:_files' ;;")
    body = "\n".join(cases)
    return f"""#compdef {program.name}
_{program.name}() {{
    local -a commands
    commands=(
{names}
    )
    if (( CURRENT == 2 )); then
        _describe command commands
    else
        local command=$words[2]
        shift words; (( CURRENT-- ))
        case $command in
{body}
        esac
    fi
}}
compdef _{program.name} {program.name}
"""


def _zsh_value(known: tuple[str, ...] | None) -> str:
    return f":value:({' '.join(known)})" if known else ""


def _zsh_text(text: str) -> str:
    return text.replace("\\", "").replace("[", "(").replace("]", ")").replace(":", " ")


def _zsh_pair(name: str, words: str) -> str:
    return _quoted(f"{name}:{_zsh_text(words)}")


def _quoted(text: str) -> str:
    """In single quotes of any of the shells' ancestors."""
    return "'" + text.replace("'", "'\\''") + "'"


def _fish(program: Program, commands: Mapping[str, CommandOptions]) -> str:
    lines = [
        f"complete -c {program.name} -n __fish_use_subcommand -f -a {name} -d {_fish_text(program.commands[name])}"
        for name in commands
    ]
    for name, c in commands.items():
        for option, words in c.options.items():
            known = c.choices.get(option)
            kind = "l" if option.startswith("--") else "s"
            value = f" -x -a {_fish_text(' '.join(known))}" if known else ""
            about = f" -d {_fish_text(words)}" if words else ""
            lines.append(
                f"complete -c {program.name} -n '__fish_seen_subcommand_from {name}' -{kind} "
                f"{option.lstrip('-')}{value}{about}"
            )
    return "\n".join(lines) + "\n"


def _fish_text(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
