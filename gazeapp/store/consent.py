"""What a person agreed to: texts by purpose and language, told apart by their content."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

GAZE = "gaze"
EYE_IMAGES = "eye-images"
PURPOSES = (GAZE, EYE_IMAGES)
"""What a person can agree to, each for itself."""

NOBODY_TEXTS = {
    "simulated": "A simulated observer: no person took part, and nothing here says anything about a person.",
    "replay": "A recording played again: nobody was recorded in this session.",
}
"""What is noted in place of a consent for gaze behind which nobody sits: purpose → text. It is nobody's consent."""

DEFAULT_TEXTS: dict[str, dict[str, str]] = {
    GAZE: {
        "en": (
            "I agree that my eye movements are recorded while I look at images. From them the program computes maps of "
            "where I look, and an embedding: a list of numbers that sums up what I look at more or less than other "
            "people do, and by which I could be recognised. All of it is stored under a pseudonym. I can stop at any "
            "time and ask that everything about me is erased."
        ),
        "de": (
            "Ich bin einverstanden, dass meine Blickbewegungen aufgezeichnet werden, während ich Bilder ansehe. Daraus "
            "berechnet das Programm Karten davon, wohin ich schaue, und ein Embedding: eine Liste von Zahlen, die "
            "zusammenfasst, was ich mehr oder weniger ansehe als andere, und an der man mich wiedererkennen könnte. "
            "Alles wird unter einem Pseudonym gespeichert. Ich kann jederzeit aufhören und verlangen, dass alles über "
            "mich gelöscht wird."
        ),
    },
    EYE_IMAGES: {
        "en": (
            "I agree that pictures of my eyes by the eye tracker, about one a second, are stored as well. They can "
            "tell who I am. They are erased with everything else."
        ),
        "de": (
            "Ich bin einverstanden, dass auch Bilder meiner Augen vom Eyetracker gespeichert werden, etwa eines je "
            "Sekunde. Sie können verraten, wer ich bin. Sie werden mit allem anderen gelöscht."
        ),
    },
}
"""What a new study asks: purpose → language → text. A study keeps its own copy, which its owner may change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentText:
    """One text of a study."""

    version: str
    """`text_version` of its content."""
    purpose: str
    language: str
    text: str
    since_utc: str
    is_current: bool
    """Whether an agreement to it holds; a text that was changed since asks again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """That a person agreed to one text."""

    purpose: str
    """One of PURPOSES, or a key of NOBODY_TEXTS for a note about gaze that is nobody's."""
    version: str
    language: str
    given_utc: str
    initials: str
    """Initials of who asked; empty where nobody said."""
    holds: bool
    """Neither withdrawn nor given to a text that was changed since."""


def text_version(purpose: str, language: str, text: str) -> str:
    """The version of a text: 16 hexadecimal digits of its content's SHA-256, so that no change goes unseen.

    >>> text_version("gaze", "en", "I agree.") == text_version("gaze", "en", "I agree. ")
    False
    """
    content = unicodedata.normalize("NFC", "\0".join((purpose, language, text)))
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def parse_purposes(text: str) -> tuple[str, ...]:
    """Purposes from a comma-separated list; ValueError names what is not one.

    >>> parse_purposes("gaze,eye-images")
    ('gaze', 'eye-images')
    """
    found = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    unknown = [part for part in found if part not in PURPOSES]
    if unknown or not found:
        raise ValueError(
            f"{unknown[0] if unknown else text!r}: a consent is for {' or '.join(PURPOSES)}, or both with a comma"
        )
    return found


def choose_text(texts: Iterable[ConsentText], purpose: str, language: str) -> ConsentText | None:
    """The current text of a purpose in a language, else in English, else in any; the newest where there are several."""
    current = sorted((t for t in texts if t.purpose == purpose and t.is_current), key=lambda t: t.since_utc)
    for wanted in (language, language.partition("_")[0], "en"):
        for text in reversed(current):
            if text.language == wanted:
                return text
    return current[-1] if current else None
