"""Print a script with which a shell completes commands and options.

bash: source <(gazeapp completion bash), for good in ~/.bashrc. zsh: the same in ~/.zshrc, after compinit. fish: gazeapp
completion fish > ~/.config/fish/completions/gazeapp.fish.
"""

from __future__ import annotations

import argparse
import sys

EXAMPLE = "gazeapp completion bash >> ~/.bash_completion"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=("bash", "zsh", "fish"))


def run(args: argparse.Namespace) -> int:
    from gazeapp.__main__ import PROGRAM
    from gazeapp.shell_completion import completion_script

    sys.stdout.write(completion_script(PROGRAM, args.shell))
    return 0
