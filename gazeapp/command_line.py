"""Programs with commands: finds the command, imports it alone, and turns errors into one line and an exit code.

A command is a module of the program's package with a docstring, an `EXAMPLE`, `add_arguments(parser)` and `run(args)`;
a name that is a Python keyword has an underscore behind it. Nothing heavy is imported to show help.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import keyword
import logging
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import NoReturn

from gazeapp import __version__
from gazeapp.command_defaults import with_defaults
from gazeapp.errors import Cancelled, GazeAppError, words_of_path
from gazeapp.progress import being_quiet
from gazeapp.termination import end_as_by_keyboard

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One program and its commands."""

    name: str
    """Stands before its messages."""
    call: str
    """How a person starts it."""
    package: str
    """Holds a module for each command."""
    summary: str
    commands: Mapping[str, str]
    """Name to what it does, in one line."""
    example: str
    default: str = ""
    """Command that runs when none is named, of which help does not tell; empty: one must be named."""
    logged: frozenset[str] = frozenset()
    """Commands that also write what they do to the log file."""
    takes_defaults: bool = False
    """Whether options may be given by the user's file of defaults."""

    def module(self, command: str) -> ModuleType:
        """The module of a command."""
        return importlib.import_module(f"{self.package}.{command}{'_' * keyword.iskeyword(command)}")

    def parser(self, command: str) -> argparse.ArgumentParser:
        """The options of a command."""
        module = self.module(command)
        parser = _Parser(
            prog=self.call if command == self.default else f"{self.call} {command}",
            description=module.__doc__,
            epilog=f"example: {module.EXAMPLE}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(parser)
        return parser


class _Parser(argparse.ArgumentParser):
    """Answers wrong usage in one line; argparse would print the whole usage before it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} ({self.prog} --help shows the options)\n")


def run_program(program: Program, argv: Sequence[str] | None = None) -> int:
    """Run one command of a program.

    Args:
        program: Its commands.
        argv: What was typed after the program's name; None takes it from `sys.argv`.

    Returns:
        0 on success, 2 for wrong usage or bad input, 1 for a failure while running.
    """
    for stream in (sys.stdout, sys.stderr):  # a name that the terminal cannot show must not end the work
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _dispatch(program, list(sys.argv[1:] if argv is None else argv))
        if sys.stdout is not None:  # a program without a console has none
            sys.stdout.flush()
    except BrokenPipeError:  # the reader of our output went away, as `| head` does
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def _dispatch(program: Program, arguments: list[str]) -> int:
    is_verbose = bool(arguments) and arguments[0] in ("-v", "--verbose")
    is_quiet = bool(arguments) and (arguments[0] == "-q" or "--quiet" in arguments)
    if is_verbose or arguments[:1] == ["-q"]:
        arguments.pop(0)
    if "--quiet" in arguments:  # no command has an option of this name: it may stand behind one, too
        arguments.remove("--quiet")
    if arguments and arguments[0] in ("-h", "--help"):
        print(_help(program))
        return 0
    if arguments and arguments[0] == "--version":
        print(f"{program.name} {__version__}")
        return 0
    if not arguments and not program.default:
        print(_help(program), file=sys.stderr)
        return 2
    usual = "INFO" if is_verbose else "ERROR" if is_quiet else "WARNING"
    level = os.environ.get("GAZEAPP_LOG", usual).upper()
    if level not in _LEVELS:
        print(f"{program.name}: GAZEAPP_LOG={level}: must be one of {', '.join(_LEVELS)}", file=sys.stderr)
        return 2
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    # options without a command are those of the default one
    is_named = bool(arguments) and not (program.default and arguments[0].startswith("-"))
    command = arguments.pop(0) if is_named else program.default
    if command not in program.commands and command != program.default:
        close = f"; did you mean {guess!r}?" if (guess := _closest(command, program)) else ""
        print(f"{program.name}: unknown command {command!r}{close} ({program.call} --help lists them)", file=sys.stderr)
        return 2
    with being_quiet(is_quiet), _log_file(command in program.logged and not {"-h", "--help"} & set(arguments)):
        return _run(program, command, arguments)


@contextlib.contextmanager
def _log_file(is_wanted: bool) -> Iterator[None]:
    if not is_wanted:
        yield
        return
    from gazeapp.log_file import logging_to_file

    for handler in logging.getLogger().handlers:  # the terminal hears what it heard, whatever the file takes
        handler.setLevel(max(handler.level, logging.getLogger().level))
    with logging_to_file():
        yield


def _help(program: Program) -> str:
    commands = "[COMMAND ...]" if program.default else "COMMAND ..."
    width = max(map(len, program.commands)) + 1
    rows = "\n".join(f"  {name:<{width}}{summary}" for name, summary in program.commands.items())
    return (
        f"usage: {program.call} [--version] [-v | -q] {commands}\n\n"
        f"{program.summary}\n\n"
        f"commands:\n{rows}\n\n"
        f"-v tells more on the way, -q neither progress nor warnings; errors are always told.\n"
        f"`{program.call} COMMAND --help` shows a command's options and an example.\n"
        f"example: {program.example}"
    )


def _run(program: Program, command: str, arguments: list[str]) -> int:
    label = program.name if command == program.default else f"{program.name} {command}"
    set_back = end_as_by_keyboard()
    try:
        parser = program.parser(command)
        if program.takes_defaults:
            arguments = with_defaults(parser, command, arguments, {*program.commands, program.default})
        args = parser.parse_args(arguments)
        return int(program.module(command).run(args) or 0)
    except SystemExit as stop:  # argparse: 0 for --help, 2 for wrong usage, message already shown
        return stop.code if isinstance(stop.code, int) else 2
    except (Cancelled, KeyboardInterrupt) as stop:
        print(f"{label}: {str(stop) or 'stopped; what was written is kept'}", file=sys.stderr)
        return 1
    except GazeAppError as error:
        print(f"{label}: {_one_line(error.message)}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        raise
    except Exception as error:
        if words := words_of_path(error):
            print(f"{label}: {_one_line(words)}", file=sys.stderr)
            return 2
        return _unexpected(error, label, program)
    finally:
        set_back()


def _one_line(message: str) -> str:
    """A message may quote a file; line breaks and what would steer the terminal are shown, not sent."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in message)


def _unexpected(error: Exception, label: str, program: Program) -> int:
    logging.getLogger(__name__).debug("unexpected failure", exc_info=error)
    print(
        f"{label}: failed: {type(error).__name__}: {error} (GAZEAPP_LOG=DEBUG {program.call} ... shows where)",
        file=sys.stderr,
    )
    return 1


def _closest(name: str, program: Program) -> str | None:
    import difflib

    found = difflib.get_close_matches(name, program.commands, n=1)
    return found[0] if found else None
