"""The key of a study whose closed sessions and embeddings are encrypted: made, wrapped by a passphrase, asked for once.

`encryption.json` in the study's folder holds a random key, encrypted with what scrypt makes of the passphrase. Without
the file or the passphrase nothing can be read any more, by anybody: there is no other way in.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gazeapp.errors import AlreadyExists, DamagedSession, StudyLocked, UnsafeName
from gazeapp.store.identifier import require_own
from gazeapp.store.new_file import write_whole
from gazeapp.store.shredding import shred_file
from gazeapp.store.storage_errors import disk_error
from gazeapp.store.untrusted.files import parse_json, read_text

KEY_NAME = "encryption.json"
PASSPHRASE_VARIABLE = "GAZEAPP_PASSPHRASE"  # its name, not a passphrase
LEAST_CHARACTERS = 10
FINAL = (
    "without the passphrase and encryption.json nothing can be read again, by anybody; keep both in a safe place too"
)
_COST = {"n": 1 << 17, "r": 8, "p": 1}
"""A guess takes 128 MB and about half a second."""
_MOST_MEMORY = 512 << 20
_FILE_BYTES = 1 << 14

Ask = Callable[[Path, str], str | None]
"""(study, what is wrong with the last answer or "") → a passphrase; None when nobody answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyKey:
    """What encrypts and decrypts a study."""

    key_id: str
    """Tells keys apart; says nothing about them."""
    secret: bytes = field(repr=False)
    """32 random bytes; every file and embedding has a key of its own, derived from them."""

    def derive(self, salt: bytes, purpose: str) -> bytes:
        """32 bytes for one file or row (HKDF-SHA256)."""
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        return HKDF(algorithm=SHA256(), length=32, salt=salt, info=f"gazeapp {purpose}".encode()).derive(self.secret)


_opened: dict[str, StudyKey] = {}
"""Of this process, so that it is asked once; by key id."""
_ask: Ask | None = None


def ask_with(ask: Ask | None) -> None:
    """How a person is asked for a passphrase: on the terminal, or by nobody where windows ask when a study opens."""
    global _ask
    _ask = ask


def is_encrypted(study: Path) -> bool:
    """Whether what is closed in a study gets encrypted."""
    return os.path.lexists(study / KEY_NAME)


def is_open(study: Path) -> bool:
    """Whether the passphrase of an encrypted study was given already."""
    return str(_read(study)["key_id"]) in _opened


def create_key(study: Path, passphrase: str) -> StudyKey:
    """Make the key of a study, once.

    Raises:
        StudyLocked: The passphrase is too short.
        AlreadyExists: The study has one.
        DiskFull: It cannot be kept.
    """
    if is_encrypted(study):
        raise AlreadyExists(f"{study}: is encrypted already; gazeapp study passphrase {study} changes the passphrase")
    key = StudyKey(key_id=secrets.token_hex(8), secret=secrets.token_bytes(32))
    _write(study, key, passphrase)
    _opened[key.key_id] = key
    return key


def change_passphrase(study: Path, passphrase: str) -> None:
    """Wrap the key by another passphrase; copies of `encryption.json` made before still open with the old one."""
    _write(study, key_of(study), passphrase)


def remove_key(study: Path) -> None:
    """The study is not encrypted any more."""
    _opened.pop(str(_read(study)["key_id"]), None)
    shred_file(study / KEY_NAME)


def key_of(study: Path) -> StudyKey:
    """The key of an encrypted study, from the first time it was asked for on.

    Raises:
        StudyLocked: Nobody gives the passphrase, or it is wrong.
        DamagedSession: `encryption.json` cannot be read.
    """
    facts = _read(study)
    known = _opened.get(str(facts["key_id"]))
    if known is not None:
        return known
    if given := os.environ.get(PASSPHRASE_VARIABLE):
        return unlock(study, given)
    wrong = ""
    for _ in range(3):
        answer = _ask(study, wrong) if _ask else None
        if not answer:
            break
        try:
            return unlock(study, answer)
        except StudyLocked as error:
            wrong = error.message
    where = f"on a terminal, or in {PASSPHRASE_VARIABLE}" if _ask else f"in {PASSPHRASE_VARIABLE}"
    raise StudyLocked(wrong or f"{study}: is encrypted; give its passphrase {where}", path=study)


def unlock(study: Path, passphrase: str) -> StudyKey:
    """Open a study with its passphrase, for as long as this process runs; StudyLocked when it is another one."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    facts = _read(study)
    salt, nonce, wrapped = (bytes.fromhex(facts[name]) for name in ("salt", "nonce", "wrapped"))
    try:
        secret = AESGCM(_wrapping(passphrase, salt, facts)).decrypt(nonce, wrapped, facts["key_id"].encode())
    except InvalidTag as error:
        raise StudyLocked(f"{study}: that is not the passphrase of this study", path=study) from error
    key = StudyKey(key_id=facts["key_id"], secret=secret)
    _opened[key.key_id] = key
    return key


def lock_all() -> None:
    """Forget the keys: the next one who reads is asked again."""
    _opened.clear()


def _write(study: Path, key: StudyKey, passphrase: str) -> None:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(passphrase) < LEAST_CHARACTERS:
        raise StudyLocked(
            f"the passphrase must have at least {LEAST_CHARACTERS} characters; four words that belong to no sentence "
            "are a good one",
            path=study,
        )
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    wrapped = AESGCM(_wrapping(passphrase, salt, _COST)).encrypt(nonce, key.secret, key.key_id.encode())
    facts = {
        "schema": 1,
        "key_id": key.key_id,
        "kdf": "scrypt",
        **_COST,
        "salt": salt.hex(),
        "nonce": nonce.hex(),
        "wrapped": wrapped.hex(),
    }
    try:
        require_own(study / KEY_NAME)
        write_whole(study / KEY_NAME, json.dumps(facts, indent=1) + "\n", is_private=True, is_durable=True)
    except OSError as error:
        raise disk_error(error, study) from error


def _wrapping(passphrase: str, salt: bytes, cost: dict[str, Any]) -> bytes:  # Any: JSON values
    import hashlib
    import unicodedata

    text = unicodedata.normalize("NFC", passphrase).encode()  # one keyboard composes ü, another does not
    n, r, p = cost["n"], cost["r"], cost["p"]
    return hashlib.scrypt(text, salt=salt, n=n, r=r, p=p, dklen=32, maxmem=_MOST_MEMORY)


def _read(study: Path) -> dict[str, Any]:  # Any: JSON values
    path = require_own(study / KEY_NAME)
    try:
        facts = parse_json(read_text(path, _FILE_BYTES))
        known = facts["schema"] == 1 and facts["kdf"] == "scrypt"
        n, r, p = (int(facts[name]) for name in ("n", "r", "p"))
        sizes = [len(bytes.fromhex(facts[name])) for name in ("salt", "nonce", "wrapped")]
        if not known or sizes != [16, 12, 48] or not isinstance(facts["key_id"], str) or len(facts["key_id"]) != 16:
            raise ValueError("not the key of a study")
        if not (n > 1 and n & (n - 1) == 0 and 1 <= r <= 32 and 1 <= p <= 4 and 128 * n * r <= _MOST_MEMORY // 2):
            raise ValueError("an impossible cost")
    except UnsafeName:
        raise
    except (OSError, ValueError, TypeError, KeyError, UnicodeDecodeError) as error:
        raise DamagedSession(
            f"{path}: the key of the study cannot be read ({error}); restore the file from a backup: without it "
            "nothing that is encrypted can be read"
        ) from error
    return dict(facts, n=n, r=r, p=p)
