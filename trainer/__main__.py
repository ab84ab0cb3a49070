"""`python -m trainer`: prepare data, train, evaluate, export. Heavy imports happen inside the commands."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from gazeapp.errors import Cancelled, GazeAppError

SOURCES = ("osie", "crowd", "ps", "id", "mit1003", "cat2000", "salicon", "sessions")
GAZE_SOURCES = ("gazecapture", "mpiifacegaze")
"""Sets of faces that look at known points, for `train gaze`."""
TASKS = ("embedding", "personal", "multicnn", "multitask", "universal", "gaze")
PRESETS = ("paper", "best", "tiny")
READOUT_PRESETS = ("backbone", "readout", "category-weights")
ANALYSES = (
    "consistency",
    "repeats",
    "interest",
    "identification",
    "training-size",
    "exposure",
    "little-gaze",
    "encoder",
)


def build_parser() -> argparse.ArgumentParser:
    """The command line of the trainer; every command imports its own module when it runs."""
    parser = argparse.ArgumentParser(
        prog="python -m trainer",
        description="Train and evaluate the networks of gazeapp.",
        epilog="example: python -m trainer prepare osie --root data/osie -o DATA",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    prepare = _command(
        commands,
        "prepare",
        "a published data set becomes one memory-mapped folder",
        "python -m trainer prepare osie --root data/osie -o osie-data",
    )
    prepare.add_argument("source", choices=(*SOURCES, *GAZE_SOURCES))
    prepare.add_argument("--root", type=Path, required=True, help="the data set's folder")
    prepare.add_argument("--stimuli", type=Path, help="images, where the data set lacks them")
    prepare.add_argument("-o", "--out", type=Path, required=True, help="DATA to write")
    prepare.add_argument("--size", default="160x120", help="map size, WIDTHxHEIGHT cells")
    prepare.add_argument("--sigma-deg", type=float, default=1.0, help="blur, degrees (default 1)")

    train = _command(
        commands,
        "train",
        "train one network",
        "python -m trainer train embedding --data osie-data -o run-embedding --preset best",
    )
    train.add_argument("task", choices=TASKS)
    train.add_argument("--data", type=Path, action="append", required=True, help="repeat to combine")
    train.add_argument("-o", "--out", type=Path, required=True, help="RUN folder to write")
    train.add_argument(
        "--preset",
        choices=(*PRESETS, *READOUT_PRESETS),
        default="best",
        help="of universal also: backbone (our network on one view of the image, --set view=colour|grey|coarse|fine), "
        "readout (DeepGaze-style readouts on frozen backbones), category-weights (their mixture weighted by category)",
    )
    train.add_argument(
        "--from",
        dest="start",
        type=Path,
        metavar="RUN|WEIGHTS",
        help="weights that training starts from: of multicnn an unconditioned personal network of the paper, of "
        "multitask "
        "a multitask network, of which new observers train the last three layers; of gaze an estimator, which is then "
        "personalised on --set person=NAME",
    )
    train.add_argument(
        "--backbone",
        action="append",
        default=[],
        metavar="NAME[=FILE]",
        help="of readout and category-weights, repeat for several: NAME=RUN of the backbone preset, shipped, or one of "
        "resnet50, resnext50, densenet201, efficientnet_b5, shapenet_c with FILE its torchvision-compatible state dict",
    )
    train.add_argument(
        "--categories",
        type=Path,
        metavar="CSV",
        help="image,category a line, where DATA names none",
    )
    train.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    train.add_argument("--seed", type=int, default=0)
    train.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    train.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="override")
    train.add_argument("--embedding", type=Path, help="RUN or WEIGHTS with the embedding network")
    train.add_argument(
        "--universal",
        type=Path,
        action="append",
        default=[],
        help="RUN or WEIGHTS with a universal network; repeat for folds: an image is predicted by those not trained on "
        "it",
    )
    train.add_argument("--exclude-images", type=Path, help="names or positions, one a line")
    train.add_argument("--exclude-observers", type=Path, help="names or positions, one a line")
    train.add_argument(
        "--validation-observers",
        type=Path,
        help="not trained on; training stops when identifying (embedding) or predicting them (personal) gets no better",
    )
    train.add_argument(
        "--validation-images",
        type=Path,
        help="not trained on; for universal, training stops when their KLD gets no better",
    )
    train.add_argument("--validate-every", type=int, default=50, metavar="K", help="steps between two looks (50)")
    train.add_argument("--patience", type=int, default=5, metavar="N", help="looks without a better one (5)")

    evaluate = _command(
        commands,
        "evaluate",
        "predictions times metrics, with paired tests",
        "python -m trainer evaluate WEIGHTS --data osie-data --protocol open --observers o.txt -o RESULTS",
    )
    evaluate.add_argument("models", type=Path, nargs="*", metavar="RUN|WEIGHTS")
    evaluate.add_argument("--data", type=Path, action="append", required=True)
    evaluate.add_argument("--protocol", choices=("closed", "open", "cross"), required=True)
    evaluate.add_argument(
        "--usm",
        default="true",
        help="`true`, or a universal model as `gazeapp universal --model` takes it: a name, an ONNX file, weights, a "
        "run, "
        "a folder of maps",
    )
    evaluate.add_argument("--m", default="32", help="support sizes, comma-separated")
    evaluate.add_argument(
        "--as",
        dest="name",
        metavar="NAME",
        help="of ours in the results instead of personal_best, such as personal_single",
    )
    evaluate.add_argument("--draws", type=int, default=10, help="support sets per observer")
    evaluate.add_argument("--images", type=Path, help="score just these, one a line")
    evaluate.add_argument("--observers", type=Path, help="score just these, one a line")
    evaluate.add_argument(
        "--support-images",
        type=Path,
        help="embeddings from just these, one a line (default: all that are not scored)",
    )
    evaluate.add_argument("--rows", help="just these models, comma-separated (default: all there are)")
    evaluate.add_argument(
        "--maps",
        choices=("plain", "metric-specific", "both"),
        default="plain",
        help="score the density itself, or the map derived from it that is best for each metric",
    )
    evaluate.add_argument("--pictures", action="store_true", help="store embeddings and example maps for `plot`")
    evaluate.add_argument("--seed", type=int, default=0)
    evaluate.add_argument("-o", "--out", type=Path, required=True)

    analyse = _command(
        commands,
        "analyse",
        "who can be told from whom, and how alike observers look",
        "python -m trainer analyse identification --data osie-data --run WEIGHTS -o RESULTS",
    )
    analyse.add_argument("analysis", choices=ANALYSES)
    analyse.add_argument("--data", type=Path, action="append", required=True)
    analyse.add_argument("--run", type=Path, help="RUN or WEIGHTS with the embedding network")
    analyse.add_argument("--usm", default="true", help="`true`, or a universal network's file")
    analyse.add_argument("--sigma-deg", default="1,1.5", help="blurs for consistency, comma-separated degrees")
    analyse.add_argument("--m", default="4,8,16,32,64", help="support sizes, comma-separated")
    analyse.add_argument("--draws", type=int, default=200, help="random splits per m")
    analyse.add_argument(
        "--images",
        type=Path,
        help="use just these, one a line; of exposure, encoder, training-size: test on these, train on the others",
    )
    analyse.add_argument("--observers", type=Path, help="the same of observers")
    analyse.add_argument(
        "--objects", type=Path, metavar="CSV", help="of interest: image,object,x_px,y_px,w_px,h_px a line"
    )
    analyse.add_argument(
        "--labels", type=Path, metavar="MAT", help="of interest: the face boxes of EyeCrowd, labels.mat"
    )
    analyse.add_argument("--seconds", default="0.5,1,2", help="of little-gaze: viewings end after these (0.5,1,2)")
    analyse.add_argument(
        "--universal",
        type=Path,
        help="of exposure, encoder, training-size: RUN or WEIGHTS of a universal network not trained on what is tested",
    )
    analyse.add_argument(
        "--steps",
        type=int,
        default=100,
        help="of each network of the best recipe in these analyses (100)",
    )
    analyse.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="of encoder: override a setting of the Siamese networks, for example steps",
    )
    analyse.add_argument("--shares", default="1,0.75,0.5,0.25", help="of exposure: of the images each observer saw")
    analyse.add_argument("--basis", default="4,12,24,48", help="of encoder: numbers of basis maps (4,12,24,48)")
    analyse.add_argument(
        "--train-images", metavar="N", help="images to train on; of training-size several (100,200,400)"
    )
    analyse.add_argument(
        "--train-observers", metavar="N", help="observers to train on; of training-size several (4,6,8)"
    )
    analyse.add_argument("--seed", type=int, default=0)
    analyse.add_argument("-o", "--out", type=Path, required=True)

    categories = _command(
        commands,
        "categories",
        "mixtures weighted by category, with the right, a wrong, a predicted and no category",
        "python -m trainer categories run-readout run-category-weights --data categories-data -o RESULTS",
    )
    categories.add_argument("runs", type=Path, nargs="+", metavar="RUN")
    categories.add_argument("--data", type=Path, action="append", required=True)
    categories.add_argument("--categories", type=Path, metavar="CSV", help="image,category a line, as in training")
    categories.add_argument("--seed", type=int, default=0)
    categories.add_argument("-o", "--out", type=Path, required=True)

    table = _command(
        commands,
        "table",
        "rebuild a table from stored results",
        "python -m trainer table RESULTS --format md",
    )
    table.add_argument("results", type=Path, nargs="+", metavar="RESULTS")
    table.add_argument("--format", choices=("md", "csv", "latex", "json"), default="md")
    table.add_argument(
        "--shape",
        choices=("scores", "paper", "intervals", "tests", "curve"),
        default="scores",
        help="paper: CC SIM AUC NSS KLD; intervals: with 95 %% intervals; tests: differences and Holm-corrected p",
    )
    table.add_argument("--m", type=int, help="just this number of pairs, and rows that need none")
    table.add_argument("--merge", action="store_true", help="folds and data sets as one table and one test")
    table.add_argument("-o", "--out", type=Path, metavar="RESULTS", help="with --merge: store it")

    plot = _command(
        commands,
        "plot",
        "figures of stored results and of runs",
        "python -m trainer plot RESULTS RUN -o figures",
    )
    plot.add_argument("sources", type=Path, nargs="+", metavar="RESULTS|RUN")
    plot.add_argument("-o", "--out", type=Path, required=True, metavar="DIR")

    export = _command(
        commands,
        "export",
        "weights that the application loads, with a model card",
        "python -m trainer export run-universal run-embedding run-personal -o WEIGHTS",
    )
    export.add_argument("runs", type=Path, nargs="+", metavar="RUN")
    export.add_argument("-o", "--out", type=Path, required=True, help="WEIGHTS folder")
    export.add_argument("--dtype", choices=("float32", "float16"), default="float32")
    export.add_argument("--results", type=Path, action="append", default=[], help="RESULTS to quote")

    bench = _command(
        commands,
        "bench",
        "speed of training and scoring, each figure beside its peer's",
        "python -m trainer bench --json",
    )
    bench.add_argument("--json", action="store_true", help="one JSON object on stdout")
    bench.add_argument("--data", type=Path, action="append", help="DATA (default: made up)")
    bench.add_argument(
        "--preset",
        action="append",
        choices=("paper", "tiny"),
        help="default: paper",
    )
    bench.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    bench.add_argument("--seconds", type=float, default=5.0, help="of each measurement (5)")
    bench.add_argument(
        "--clock",
        choices=("wall", "processor"),
        default="wall",
        help="processor: seconds in which this process had a processor, for a machine that is busy otherwise",
    )
    bench.add_argument(
        "--pysaliency",
        type=Path,
        metavar="PYTHON",
        help="interpreter that has pysaliency (tests/benchmarks/peers/requirements.txt): scores the same maps beside "
        "ours",
    )
    bench.add_argument("--workers", type=int, default=0, help="processes of the plain loader (0)")
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    summary: str,
    example: str,
) -> argparse.ArgumentParser:
    return commands.add_parser(name, help=summary, description=summary, epilog=f"example: {example}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0 on success, 2 for wrong usage or bad input, 1 for a failure while running.
    """
    try:
        code = _run(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of our output went away, as `| head` does
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def _run(arguments: list[str]) -> int:
    parser = build_parser()
    if not arguments:
        parser.print_help(sys.stderr)
        return 2
    try:
        args = parser.parse_args(arguments)
    except SystemExit as stop:  # argparse: 0 for --help, 2 for wrong usage, message already shown
        return stop.code if isinstance(stop.code, int) else 2
    logging.basicConfig(
        level=os.environ.get("GAZEAPP_LOG", "WARNING").upper(),
        format="%(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    label = f"trainer {args.command}"
    try:
        from trainer import commands

        commands.run(args)
    except BrokenPipeError:
        raise
    except (Cancelled, KeyboardInterrupt) as stop:
        print(f"{label}: {str(stop) or 'stopped; what was written is kept'}", file=sys.stderr)
        return 1
    except GazeAppError as error:
        print(f"{label}: {error.message}", file=sys.stderr)
        return 2
    except Exception as error:
        logging.getLogger(__name__).debug("unexpected failure", exc_info=True)
        print(
            f"{label}: failed: {type(error).__name__}: {error} (GAZEAPP_LOG=DEBUG shows where)",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
