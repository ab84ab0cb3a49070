"""A participant: pseudonym, study variables, consents, and what remains after erasure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from gazeapp.store.consent import EYE_IMAGES, GAZE, NOBODY_TEXTS, Consent

MAX_CHARACTERS, MAX_BYTES = 64, 128
"""Longest pseudonym: it is part of file names, which most systems limit to 255 bytes."""
REFUSED = '<>:"/\\|?*@'
"""Characters that some file system cannot bear, and @, which only an address has."""
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?")  # names of devices on Windows
_FORMULA = "=+-"  # at the start, a spreadsheet would run them


def require_pseudonym(text: str) -> str:
    r"""Return the pseudonym in its one spelling (NFC), or ValueError saying what one looks like.

    Letters, digits and signs of any script, as far as every file system bears them. White space is refused too: it
    cannot be seen at the ends, and keeps out names and dates.

    >>> require_pseudonym("P-017"), require_pseudonym("Gu\u0308nes")
    ('P-017', 'Günes')
    """
    name = unicodedata.normalize("NFC", text)
    wrong = [c for c in name if c in REFUSED or c.isspace() or unicodedata.category(c)[0] in "CZ"]
    if not name:
        reason = "it is empty"
    elif wrong:
        shown = ", ".join(dict.fromkeys(_shown(c) for c in wrong))
        reason = f"{shown} cannot be in it"
    elif name[0] in _FORMULA or name[0] in ".~":
        reason = f"it cannot begin with {name[0]}"
    elif name[-1] == ".":
        reason = "it cannot end with a full stop"
    elif _RESERVED.fullmatch(name):
        reason = "Windows keeps that name for a device"
    elif len(name) > MAX_CHARACTERS or len(name.encode()) > MAX_BYTES:
        reason = f"it is longer than {MAX_CHARACTERS} characters or {MAX_BYTES} bytes"
    else:
        return name
    raise ValueError(
        f"participant {text!r}: {reason}; a pseudonym is letters, digits and signs of any script without white space "
        f"and without {' '.join(REFUSED)}, such as P017; never a name or an address"
    )


def _shown(character: str) -> str:
    if character.isspace():
        return "white space"
    if unicodedata.category(character)[0] in "CZ":
        return f"the invisible character U+{ord(character):04X}"
    return character


def folded(pseudonym: str) -> str:
    """What two pseudonyms must differ in: file systems that ignore case would make one of two that differ in it."""
    return unicodedata.normalize("NFC", pseudonym.casefold())


KDF = "scrypt n=131072 r=8 p=1"
"""How `fingerprint` computes it, as the record of an erasure says: a guess costs 128 MB and about half a second."""
_KDF = re.compile(r"scrypt n=(\d{1,7}) r=(\d{1,2}) p=(\d{1,2})")
_MOST_BYTES = 256 << 20


def fingerprint(pseudonym: str, salt: bytes, kdf: str = KDF) -> str:
    """Slow salted fingerprint of an erased pseudonym: it keeps the pseudonym from being given away again.

    Short pseudonyms can be guessed from it all the same.

    Raises:
        ValueError: `kdf` names another method, or a cost that would take more than 256 MB.
    """
    found = _KDF.fullmatch(kdf)
    n, r, p = map(int, found.groups()) if found else (0, 0, 0)
    if not (n > 1 and r > 0 and 0 < p <= 16 and 128 * n * r <= _MOST_BYTES):
        raise ValueError(f"fingerprints made by {kdf!r} are not known")
    content = folded(pseudonym).encode()
    return hashlib.scrypt(content, salt=salt, n=n, r=r, p=p, dklen=32, maxmem=_MOST_BYTES + (1 << 20)).hex()


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """What a study knows about a participant."""

    pseudonym: str
    created_utc: str
    note: str = ""
    variables: Mapping[str, str | float] = field(default_factory=dict)
    """By the names of the study's variables; what is not known is absent."""
    consents: tuple[Consent, ...] = ()
    """All that were given, also those that hold no more, oldest first."""
    sessions: tuple[str, ...] = ()
    n_embeddings: int = 0

    def consent_to(self, purpose: str) -> Consent | None:
        """The newest consent for a purpose that holds."""
        return next((c for c in reversed(self.consents) if c.purpose == purpose and c.holds), None)

    def consented_to(self, *, eye_images: bool = False) -> bool:
        """Whether the person's own consent holds, which covers pictures of the eyes where such are to be stored."""
        return self.consented_in_person and (not eye_images or self.allows_eye_images)

    @property
    def consented_in_person(self) -> bool:
        """Whether a person's own consent to storing gaze holds, not the note kept for a simulation or a recording."""
        return self.consent_to(GAZE) is not None

    @property
    def allows_eye_images(self) -> bool:
        """Whether a consent to pictures of the eyes holds."""
        return self.consent_to(EYE_IMAGES) is not None

    @property
    def is_nobody(self) -> bool:
        """Whether only notes about simulated or replayed gaze are there."""
        return bool(self.consents) and all(c.purpose in NOBODY_TEXTS for c in self.consents)

    @property
    def consented_utc(self) -> str | None:
        """When the person's own consent to storing gaze that holds was given; None for a rehearsal's note."""
        known = self.consent_to(GAZE)
        return known.given_utc if known else None

    @property
    def consent_version(self) -> str | None:
        """Version of the text of that consent; of a simulation or a recording "simulated" or "replay"."""
        known = self._in_force()
        return None if known is None else known.purpose if known.purpose in NOBODY_TEXTS else known.version

    def _in_force(self) -> Consent | None:
        return next((found for purpose in (GAZE, *NOBODY_TEXTS) if (found := self.consent_to(purpose))), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """The record that remains of an erased participant: who it was cannot be read from it."""

    erased_utc: str
    reason: str
    n_sessions: int
    n_embeddings: int
    salt: str
    fingerprint: str
    kdf: str

    @property
    def is_withdrawal(self) -> bool:
        """Whether the person withdrew the consent."""
        return "withdrawn" in self.reason
