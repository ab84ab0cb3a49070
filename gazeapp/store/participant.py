"""Who takes part in a study: a pseudonym, what is known about it, and what remains after erasure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PSEUDONYM = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,30}[A-Za-z0-9])?")
_RESERVED = re.compile(r"(?i)con|prn|aux|nul|com\d|lpt\d")  # no folder may have these names on Windows


def require_pseudonym(text: str) -> str:
    """Return the pseudonym, or ValueError saying what one looks like.

    It becomes part of folder and file names on every system, so letters, digits, - and _ it is. That also keeps out
    what must not be here: names with spaces, dates with slashes, mail addresses.
    """
    if not _PSEUDONYM.fullmatch(text) or _RESERVED.fullmatch(text):
        raise ValueError(
            f"participant {text!r}: a pseudonym has 1 to 32 letters, digits, - or _, such as P017; never a name or an "
            f"address"
        )
    return text


NOBODY_VERSIONS = frozenset({"simulated", "replay"})
"""Versions of the notes kept for simulated and replayed gaze: they are nobody's consent."""

EYE_IMAGES_MARK = "+eye-images"
"""End of the version of a consent whose text names pictures of the eyes."""
EYE_IMAGES_TEXT = (
    "The eye tracker's pictures of my eyes, about one a second, are stored as well. They can tell who I am; they are "
    "erased with everything else."
)
"""What such a consent says beyond the usual text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """What a study knows about a participant."""

    pseudonym: str
    created_utc: str
    consented_utc: str | None
    """Of the consent that holds; None without one, or after withdrawal."""
    consent_version: str | None
    sessions: tuple[str, ...]
    n_embeddings: int
    erased_utc: str | None
    """When the data were erased; what is left is this record."""

    @property
    def consented_in_person(self) -> bool:
        """Whether a person's own consent holds, not the note kept for a simulation or a recording."""
        return self.consented_utc is not None and self.consent_version not in NOBODY_VERSIONS

    def consented_to(self, *, eye_images: bool) -> bool:
        """Whether a person's own consent holds that covers pictures of the eyes, where such are to be stored."""
        return self.consented_in_person and (not eye_images or self.allows_eye_images)

    @property
    def allows_eye_images(self) -> bool:
        """Whether the consent that holds names pictures of the eyes."""
        return (self.consent_version or "").endswith(EYE_IMAGES_MARK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """The record that remains of an erased participant."""

    pseudonym: str
    erased_utc: str
    reason: str
    n_sessions: int
    n_embeddings: int
