"""The command line: finds the command, imports it alone, and turns errors into one line and an exit code."""

from __future__ import annotations

import argparse
import contextlib
import errno
import importlib
import io
import keyword
import logging
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from gazeapp import __version__
from gazeapp.errors import GazeAppError

COMMANDS: dict[str, str] = {
    "demo": "the whole main job with a simulated observer, on shipped images and weights",
    "run": "run an experiment plan with a participant",
    "devices": "list tracker backends and every tracker found",
    "doctor": "check this machine and say how to mend what is wrong",
    "fixations": "detect fixations in a sample file",
    "quality": "accuracy, precision and data loss of a sample file",
    "map": "blur fixations into a saliency map",
    "universal": "predict how people look at images",
    "enrol": "compute a user embedding from (image, fixations) pairs",
    "predict": "predict how one person looks at images",
    "recalibrate": "propose a gaze correction from saliency",
    "report": "write a session's report",
    "export": "export a study or session",
    "import": "import gaze recorded elsewhere as a session",
    "recover": "make a session readable after a crash",
    "participants": "list the participants of a study",
    "erase": "erase a participant's data from a study",
    "stream": "publish gaze on Lab Streaming Layer",
    "bench": "speed of every live stage on this machine",
}


class _Parser(argparse.ArgumentParser):
    """Answers wrong usage in one line; argparse would print the whole usage before it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} ({self.prog} --help shows the options)\n")


def _help() -> str:
    rows = "\n".join(f"  {name:<13}{summary}" for name, summary in COMMANDS.items())
    return (
        "usage: gazeapp [--version] [-v] [COMMAND ...]\n\n"
        "Personal saliency with a stationary eye tracker. Without a command, the application opens.\n\n"
        f"commands:\n{rows}\n\n"
        "`gazeapp COMMAND --help` shows a command's options and an example.\n"
        "example: gazeapp demo --headless --out demo-study"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0 on success, 2 for wrong usage or bad input, 1 for a failure while running.
    """
    for stream in (sys.stdout, sys.stderr):  # a name that the terminal cannot show must not end the work
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _dispatch(list(sys.argv[1:] if argv is None else argv))
        if sys.stdout is not None:  # a program without a console has none
            sys.stdout.flush()
    except BrokenPipeError:  # the reader of our output went away, as `| head` does
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def _dispatch(arguments: list[str]) -> int:
    verbose = bool(arguments) and arguments[0] in ("-v", "--verbose")
    if verbose:
        arguments.pop(0)
    if arguments and arguments[0] in ("-h", "--help"):
        print(_help())
        return 0
    if arguments and arguments[0] == "--version":
        print(f"gazeapp {__version__}")
        return 0
    level = os.environ.get("GAZEAPP_LOG", "INFO" if verbose else "WARNING").upper()
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    name = arguments.pop(0) if arguments else "app"
    if name not in COMMANDS and name != "app":
        close = f"; did you mean {guess!r}?" if (guess := _closest(name)) else ""
        print(f"gazeapp: unknown command {name!r}{close} (gazeapp --help lists them)", file=sys.stderr)
        return 2
    module = importlib.import_module(f"gazeapp.cli.{name}{'_' * keyword.iskeyword(name)}")
    parser = _Parser(
        prog=f"gazeapp {name}" if name != "app" else "gazeapp",
        description=module.__doc__,
        epilog=f"example: {module.EXAMPLE}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.add_arguments(parser)
    return _run(module.run, parser, arguments, f"gazeapp {name}" if name != "app" else "gazeapp")


def _run(run, parser: argparse.ArgumentParser, arguments: list[str], label: str) -> int:  # type: ignore[no-untyped-def]  # modules are found by name
    try:
        return int(run(parser.parse_args(arguments)) or 0)
    except SystemExit as stop:  # argparse: 0 for --help, 2 for wrong usage, message already shown
        return stop.code if isinstance(stop.code, int) else 2
    except GazeAppError as error:
        print(f"{label}: {_one_line(error.message)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{label}: stopped; what was written is kept", file=sys.stderr)
        return 1
    except BrokenPipeError:
        raise
    except OSError as error:  # a file or folder that the user named and nothing below spoke for
        if error.filename is None and error.errno != errno.ENOSPC:
            return _unexpected(error, label)
        where = f"{error.filename}: " if error.filename is not None else ""
        print(
            f"{label}: {where}cannot be read or written ({error.strerror}); check the path, permissions and free space",
            file=sys.stderr,
        )
        return 2
    except Exception as error:
        return _unexpected(error, label)


def _one_line(message: str) -> str:
    """A message may quote a file; line breaks and what would steer the terminal are shown, not sent."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in message)


def _unexpected(error: Exception, label: str) -> int:
    logging.getLogger(__name__).debug("unexpected failure", exc_info=error)
    print(
        f"{label}: failed: {type(error).__name__}: {error} (GAZEAPP_LOG=DEBUG gazeapp ... shows where)",
        file=sys.stderr,
    )
    return 1


def _closest(name: str) -> str | None:
    import difflib

    found = difflib.get_close_matches(name, COMMANDS, n=1)
    return found[0] if found else None


if __name__ == "__main__":
    sys.exit(main())
