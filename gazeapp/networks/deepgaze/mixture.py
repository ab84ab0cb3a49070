"""Readouts on any backbones, mixed by weights that depend on the category of the image.

Every member has one readout on each backbone, weights, a classifier of the category and a centre bias of its own;
members differ in what they were trained on. A prediction is the mean of the members' densities.

Shape legend: B images, K backbones, N categories, C channels, H W map rows and columns, D description.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from gazeapp.networks.deepgaze.category_weights import CategoryWeights
from gazeapp.networks.deepgaze.model import BackboneMixture
from gazeapp.networks.deepgaze.own_backbones import build_spec
from gazeapp.networks.deepgaze.readout import read_out, select

MIXTURES = ("plain", "category", "report", "report-log")
Taps = list[list[Tensor]]
"""Features that every backbone gives, (B, C, rows, columns) each."""
MAP_FACTOR = 4
"""Pixels of the image per cell of the map on which readouts are mixed, along each axis."""
_HIDDEN = 64


class CategoryClassifier(nn.Module):
    """The category of an image from the mean and deviation of every tapped channel."""

    def __init__(self, n_inputs: int, n_categories: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.BatchNorm1d(n_inputs, affine=False),
            nn.Linear(n_inputs, _HIDDEN),
            nn.ReLU(),
            nn.Dropout(0.3),
            nn.Linear(_HIDDEN, n_categories),
        )

    def forward(self, description_BD: Tensor) -> Tensor:
        """(B, N) scores before the softmax."""
        scores: Tensor = self.layers(description_BD)
        return scores


PUBLISHED = "published"
"""Kind of a backbone whose densities are the published network's, by its own readouts: nothing of it learns."""


class GivenDensity(nn.Module):
    """Stands where a backbone with readouts would: its only tap is the log density itself, (B, 1, H, W)."""

    channels = 1


class ReadoutMixture(nn.Module):
    """DeepGaze-style readouts on frozen backbones with adaptive category weights.

    Args:
        backbones: Plain values of each (`readout_backbones`).
        n_members: Members, each trained on other images or from another beginning.
        categories: Names; without any there are no weights by category.
        mixture: Name in `MIXTURES`.
        bicubic: Enlarge readouts by progressive bicubic steps.
        centre_hw: Map size of the members' centre bias.

    Source:
        Linardos et al. (2021), DeepGaze IIE; Galván Díaz, adaptive category weights.
    """

    def __init__(
        self,
        *,
        backbones: Sequence[dict[str, Any]],  # Any: JSON values
        n_members: int = 1,
        categories: Sequence[str] = (),
        mixture: str = "plain",
        bicubic: bool = True,
        centre_hw: tuple[int, int] = (60, 80),
    ) -> None:
        super().__init__()
        if mixture not in MIXTURES:
            raise ValueError(f"mixture {mixture!r}: must be one of {', '.join(MIXTURES)}")
        specs = [None if plain.get("kind") == PUBLISHED else build_spec(plain) for plain in backbones]
        self.mixture = mixture
        self.n_members = n_members
        self.categories = tuple(categories)
        self.names = tuple(_name(plain) for plain in backbones)
        self.backbones = nn.ModuleList(
            GivenDensity() if spec is None else BackboneMixture(spec, n_members) for spec in specs
        )
        for model in self.mixtures():
            for finalizer in model.finalizers:
                finalizer.bicubic = bicubic  # type: ignore[assignment]  # a list of modules
        names = self.categories or ("any",)
        self.weights = nn.ModuleList(CategoryWeights(len(specs), names) for _ in range(n_members))
        n_inputs = 2 * sum(GivenDensity.channels if spec is None else spec.channels for spec in specs)
        self.classifiers = nn.ModuleList(CategoryClassifier(n_inputs, len(names)) for _ in range(n_members))
        self.register_buffer("centre_MHW", torch.full((n_members, *centre_hw), -math.log(math.prod(centre_hw))))

    def train(self, mode: bool = True) -> ReadoutMixture:
        """Train the readouts; backbones always stay as they are."""
        super().train(mode)
        for model in self.mixtures():
            model.train(mode)
        return self

    def mixtures(self) -> list[BackboneMixture]:
        """One for each backbone that has readouts here."""
        return [model for model in self.backbones if isinstance(model, BackboneMixture)]

    def forward(self, image_BCHW: Tensor, category: str | None = None) -> Tensor:
        """(B, H, W) log density at a `MAP_FACTOR`-th of the images' size.

        Args:
            image_BCHW: RGB in 0 to 255.
            category: Of the images; None lets every member's classifier say, a name that is not known takes mean
                weights.
        """
        image_hw = (image_BCHW.shape[-2], image_BCHW.shape[-1])
        return self.of_taps(self.read_taps(image_BCHW), image_hw, category)

    def of_taps(self, taps: Taps, image_hw: tuple[int, int], category: str | None = None) -> Tensor:
        """(B, H, W) log density of what backbones gave, or of given log densities, for images of that size."""
        members = []
        for member in range(self.n_members):
            belief_BN = (
                self.predict_category(describe(taps), member).softmax(dim=1)
                if category is None
                else self.one_hot(category, len(taps[0][0]))
            )
            mixed = self.mix(self.densities(taps, image_hw, member), belief_BN, member)
            members.append(mixed - mixed.logsumexp(dim=(1, 2), keepdim=True))
        return torch.stack(members).logsumexp(dim=0) - math.log(self.n_members)

    def read_taps(self, image_BCHW: Tensor) -> Taps:
        """What the readouts and the classifier see; it never changes, so it can be stored."""
        return [model.read_taps(image_BCHW) for model in self.mixtures()]

    def densities(self, taps: Taps, image_hw: tuple[int, int], member: int) -> Tensor:
        """(B, K, H, W) log density of each backbone's readout, at a `MAP_FACTOR`-th of the images' size."""
        size_hw = (image_hw[0] // MAP_FACTOR, image_hw[1] // MAP_FACTOR)
        centre_HW = self.centre(member, size_hw)
        each = []
        for model, seen in zip(self.backbones, taps, strict=True):
            if not isinstance(model, BackboneMixture):
                each.append(seen[0][:, 0])
                continue
            readout = read_out(seen, model.grid(image_hw), [model.saliency_networks[member]])
            readout = select(readout, [model.fixation_selection_networks[member]])
            score = model.finalizers[member](readout, centre_HW[None])
            each.append(score - score.logsumexp(dim=(1, 2), keepdim=True))
        return torch.stack(each, dim=1)

    def mix(self, each_BKHW: Tensor, belief_BN: Tensor | None, member: int) -> Tensor:
        """(B, H, W) log density (`plain`, `category`), or what the report's formulations have in its place.

        Args:
            each_BKHW: Of `densities`.
            belief_BN: Probabilities of the categories; None where the category is unknown: mean weights.
            member: Whose weights.
        """
        weights = self.weights[member]
        assert isinstance(weights, CategoryWeights)
        if belief_BN is None:
            unknown_B = torch.full((len(each_BKHW),), -1, device=each_BKHW.device)
            if self.mixture == "category":
                return weights(each_BKHW, unknown_B)  # type: ignore[no-any-return]  # a module's call
            belief_BN = weights.one_hot(unknown_B)
        by_name: dict[str, Callable[[], Tensor]] = {
            "plain": lambda: each_BKHW.logsumexp(dim=1) - math.log(each_BKHW.shape[1]),
            "category": lambda: weights.forward_soft(each_BKHW, belief_BN),
            "report": lambda: weights.multiply_maps(each_BKHW, belief_BN),
            "report-log": lambda: weights.multiply_log_maps(each_BKHW, belief_BN),
        }
        return by_name[self.mixture]()

    def predict_category(self, description_BD: Tensor, member: int) -> Tensor:
        """(B, N) scores of the categories before the softmax, for what `describe` says of the images."""
        scores: Tensor = self.classifiers[member](description_BD)
        return scores

    def one_hot(self, category: str, n_images: int) -> Tensor | None:
        """(B, N) certainty of one category; None for a name that is not among them."""
        if category not in self.categories:
            return None
        weights = self.weights[0]
        assert isinstance(weights, CategoryWeights)
        index = torch.full((n_images,), self.categories.index(category))
        return weights.one_hot(index.to(weights.weights_NK.device))

    def centre(self, member: int, size_hw: tuple[int, int]) -> Tensor:
        """(H, W) log density of a member's centre bias, enlarged bilinearly."""
        stored = self.centre_MHW[member]  # type: ignore[index]  # a buffer
        if stored.shape != size_hw:
            stored = nn.functional.interpolate(stored[None, None], size_hw, mode="bilinear", align_corners=False)[0, 0]
        centred: Tensor = stored - stored.logsumexp(dim=(0, 1))
        return centred


def describe(taps: Taps) -> Tensor:
    """(B, D) mean and deviation of every tapped channel."""
    parts = [
        part for seen in taps for tap in seen for part in (tap.mean(dim=(2, 3)), tap.std(dim=(2, 3), correction=0))
    ]
    return torch.cat(parts, dim=1)


def _name(plain: dict[str, Any]) -> str:  # Any: JSON values
    return str(plain.get("name") or plain.get("view"))
