"""Configurations of the posterior embedding and of the personal network that goes with it: the preset `best`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PosteriorConfig:
    """Posterior embedding: basis maps, prior and evidence, learnt by predicting gaze on other images."""

    steps: int = 300
    learning_rate: float = 1e-2
    cc_weight: float = 1.0
    sim_weight: float = 2.0
    """KLD alone rewards maps that are too flat for SIM."""
    n_basis: int = 24
    n_habits: int = 8
    query_images: int = 32
    """Predicted in each step."""
    observers_per_step: int = 4
    m_min: int = 4
    m_max: int = 64
    """Pairs per embedding in training; the closed form holds for any number."""
    predicted_usm: float = 0.5
    """Share of steps on the universal map that the universal network predicts for images it was not trained on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BasisPersonalConfig:
    """Personal network on a posterior embedding's coefficients."""

    steps: int = 200
    batch: int = 32
    learning_rate: float = 3e-3
    cc_weight: float = 1.0
    sim_weight: float = 2.0
    m_min: int = 4
    m_max: int = 64
    predicted_usm: float = 0.5
    """As for the embedding."""
