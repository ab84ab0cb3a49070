"""What the participant reads: words and pictures of the plan's steps, in their language."""

from __future__ import annotations

from gazeapp.experiment.participant_display import Blank, Message, ParticipantDisplay
from gazeapp.experiment.plan import ExperimentPlan, PlanStep


class ParticipantWords:
    """Puts words on the participant's screen.

    Args:
        plan: Its background, and the folder that pictures are named from.
        screen: The participant's.
        language: What the participant reads.
    """

    def __init__(self, plan: ExperimentPlan, screen: ParticipantDisplay, language: str) -> None:
        self._plan, self._screen, self._language = plan, screen, language

    def of(self, *steps: PlanStep) -> Message | None:
        """The words of steps as the participant sees them; None without any."""
        own = next((step.look.background for step in steps if step.look is not None), "")
        background = own or self._plan.stimuli.background
        text = "\n\n".join(words for step in steps if (words := step.words(self._language).strip()))
        picture = next((step.picture for step in steps if step.picture), "")
        if not text and not picture:
            return None
        image_file = str(self._plan.folder / picture) if picture else ""
        return Message(background=background, text=text, image_file=image_file)

    def show(self, words: Message | None = None) -> None:
        """Show words; without any, nothing but the background."""
        self._screen.show(words or Blank(background=self._plan.stimuli.background), lambda _at_s, _kind: None)
