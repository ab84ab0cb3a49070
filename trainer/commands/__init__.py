"""One module per command; each is imported when its command runs."""

from __future__ import annotations

import argparse
from importlib import import_module

_MODULES = {
    "prepare": "prepare",
    "train": "train",
    "evaluate": "evaluate",
    "analyse": "analyse",
    "categories": "categories",
    "table": "results",
    "plot": "results",
    "export": "results",
    "bench": "bench",
}


def run(args: argparse.Namespace) -> None:
    """Run the command named by `args.command`."""
    module = import_module(f"trainer.commands.{_MODULES[args.command]}")
    getattr(module, args.command)(args)
