"""The options that a run is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gazeapp.experiment.plan import ExperimentPlan
from gazeapp.gaze.display import Display
from gazeapp.networks.universal_models import UniversalChoice

DEFAULT_DISPLAY = Display(width_px=1920, height_px=1080, width_mm=531.0, height_mm=299.0, distance_mm=650.0)
"""A 24-inch screen at arm's length, where nothing else is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """Everything that the services of a run depend on."""

    plan: ExperimentPlan
    study: Path
    participant: str
    """Pseudonym; must be in the study and have consented."""
    display: Display = DEFAULT_DISPLAY
    device: str = "simulated"
    device_options: Mapping[str, str] = field(default_factory=dict)
    algorithm: str = "ivt"
    detector_options: Mapping[str, str | float] = field(default_factory=dict)
    weights: Path | None = None
    """Folder of weights; None takes the shipped ones."""
    universal: UniversalChoice = field(default_factory=UniversalChoice)
    """Which universal model; the default is the one among the weights."""
    resume: str = ""
    """Id of the interrupted session to go on with; empty for a new one. Plan and screen are then that session's."""
    language: str = "en"
    """What the participant reads, where the plan says it in several languages."""
    experimenter: str = ""
    """Initials of who leads the session."""
    publish: str = ""
    """Publish gaze, fixations and markers as LSL streams of this name; empty for none."""
    publish_on_network: bool = False
    """Also to other machines; LSL has no authentication."""

    has_networks: bool = True
    """Whether maps and the embedding are computed; a rehearsal has nobody to learn of."""

    @property
    def wants_eye_images(self) -> bool:
        """Whether the tracker's pictures of the eyes are to be stored, which the consent must then name."""
        return self.device_options.get("eye_images") == "record"
