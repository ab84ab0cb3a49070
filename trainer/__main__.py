"""`python -m trainer`: prepare data, train, evaluate, export; its commands are the modules of `trainer.commands`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from gazeapp.command_line import Program, run_program

COMMANDS: dict[str, str] = {
    "prepare": "a published data set becomes one memory-mapped folder",
    "backbone": "the published weights of EfficientNet-Lite become the file that all saliency networks see through",
    "synthesise": "synthetic data: drawn faces, or a set of images with categories",
    "train": "train one network",
    "evaluate": "predictions times metrics, with paired tests",
    "analyse": "who can be told from whom, and how alike observers look",
    "categories": "mixtures weighted by category, with the right, a wrong, a predicted and no category",
    "table": "rebuild a table from stored results",
    "plot": "figures of stored results and of runs",
    "reproduce": "a paper's tables and figures, part by part, beside the printed values",
    "export": "weights that the application loads, with a model card",
    "bench": "speed of training and scoring, each figure beside its peer's",
}
PROGRAM = Program(
    name="trainer",
    call="python -m trainer",
    package="trainer.commands",
    summary="Train and evaluate the networks of gazeapp.",
    commands=COMMANDS,
    example="python -m trainer prepare osie --root data/osie -o DATA",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0 on success, 2 for wrong usage or bad input, 1 for a failure while running.
    """
    return run_program(PROGRAM, argv)


if __name__ == "__main__":
    sys.exit(main())
