"""Options that choose a universal model, the same in every command, and the table of models for their help."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from gazeapp.errors import SettingsError
from gazeapp.networks.universal_models import DEFAULT, MODELS, UniversalChoice


def add_model_arguments(parser: argparse.ArgumentParser, *, model: str, weights: str, option: str) -> None:
    """Add the three options under a command's own names, and the table of models."""
    parser.add_argument(
        model,
        dest="universal_model",
        default=DEFAULT,
        metavar="NAME|PATH",
        help="universal model: a name from the table below, or the path of one",
    )
    parser.add_argument(weights, dest="universal_weights", type=Path, metavar="FILE", help="its weights")
    parser.add_argument(
        option,
        dest="universal_options",
        action="append",
        default=[],
        metavar="K=V",
        help="option of the model; may be repeated",
    )
    parser.add_argument_group("universal models", model_table(option))


def model_choice(args: argparse.Namespace) -> UniversalChoice:
    """What was chosen; SettingsError for an unknown name or an option that is not `K=V`."""
    options: dict[str, str] = {}
    for text in args.universal_options:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise SettingsError(f"option {text!r} of the universal model: must be KEY=VALUE", key="option")
        options[key] = value
    return UniversalChoice.parse(args.universal_model, args.universal_weights, options)


def model_table(option: str) -> str:
    """Every model with what it needs, knows and may be told."""
    lines = []
    for model in MODELS:
        needs = {"none": "", "optional": f"; other weights: {model.files}", "needed": f"; needs {model.files}"}
        lines.append(f"{model.name:<18}{model.title}{needs[model.weights]}")
        lines.append(f"{'':<18}centre bias: {model.centre_bias}; licence: {model.licence}")
        lines += [f"{'':<18}{option} {key}=…  {text}" for key, text in model.options.items()]
    return "\n".join(lines)


def require_images(images: Sequence[Path]) -> None:
    """Look at every image before networks are loaded, which takes seconds.

    Raises:
        UnreadableImage: A file that is missing or no image.
        SettingsError: Two of one name: what is written is called after the image, and the second would replace the
            first.
    """
    from gazeapp.store.stimuli import image_size

    for path in images:
        image_size(path)
    first: dict[str, Path] = {}
    for path in images:
        other = first.setdefault(path.stem, path)
        if other is not path:
            raise SettingsError(
                f"{other} and {path} would both be written as {path.stem}.*; rename one, or give them in two calls "
                f"with "
                "different -o",
                key="IMAGE",
            )
