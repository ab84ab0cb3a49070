"""The command line of the application; its commands are the modules of `gazeapp.cli`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from gazeapp.cli.passphrase import ask_passphrase
from gazeapp.command_line import Program, run_program
from gazeapp.store.study_key import ask_with

COMMANDS: dict[str, str] = {
    "demo": "the whole main job with a simulated observer, on shipped images and weights",
    "run": "run an experiment plan with a participant",
    "devices": "list tracker backends and every tracker found",
    "doctor": "check this machine and say how to mend what is wrong",
    "fixations": "detect fixations in a sample file",
    "quality": "accuracy, precision and data loss of a sample file",
    "map": "blur fixations into a saliency map",
    "universal": "predict where people look in images",
    "enrol": "compute a user embedding from (image, fixations) pairs",
    "identify": "tell which of several people an embedding belongs to",
    "predict": "predict where one person looks in images",
    "recalibrate": "propose a gaze correction from saliency",
    "verify": "compute a session's fixations and maps again and say whether they are equal",
    "report": "write the report of a session or a study",
    "areas": "what areas of interest were looked at, as a table",
    "detection": "find the fixations of a study anew, with another detector",
    "exclude": "leave people, sessions or trials out of analysis, with the reason",
    "export": "export a study or session",
    "import": "import gaze recorded elsewhere as a session",
    "recover": "make a session readable after a crash",
    "participants": "list, add and describe the participants of a study",
    "consent": "show or change what participants agree to",
    "study": "copy, move, back up, merge or encrypt studies",
    "erase": "erase a participant's data from a study",
    "stream": "publish gaze on Lab Streaming Layer",
    "bench": "speed of every live stage on this machine",
    "completion": "print a script that lets bash, zsh or fish complete commands",
}

PROGRAM = Program(
    name="gazeapp",
    call="gazeapp",
    package="gazeapp.cli",
    summary="Personal saliency with a stationary eye tracker. Without a command, the application opens.",
    commands=COMMANDS,
    example="gazeapp demo --headless --out demo-study",
    default="app",
    logged=frozenset({"app", "run", "demo", "stream"}),
    takes_defaults=True,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0 on success, 2 for wrong usage or bad input, 1 for a failure while running.
    """
    ask_with(ask_passphrase)
    return run_program(PROGRAM, argv)


if __name__ == "__main__":
    sys.exit(main())
