"""The key of a study whose closed sessions and embeddings are encrypted: made, wrapped by a passphrase, asked for once.

`encryption.json` in the study's folder holds a random key, encrypted with what scrypt makes of the passphrase. Without
the file or the passphrase nothing can be read any more, by anybody: there is no other way in. Whoever asks for it has
the key itself in the key store of their computer, too, which opens the study without the passphrase.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gazeapp.errors import AlreadyExists, DamagedSession, StoreError, StudyLocked, UnsafeName
from gazeapp.store.identifier import require_own
from gazeapp.store.key_store import drop_key, keep_key, recall_key
from gazeapp.store.new_file import write_whole
from gazeapp.store.shredding import shred_file
from gazeapp.store.storage_errors import disk_error
from gazeapp.store.untrusted.files import parse_json, read_text

_log = logging.getLogger(__name__)

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
_KEPT = "may_be_in_key_store"

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
    _write(study, key_of(study), passphrase, may_be_kept=_may_be_kept(_read(study)))


def remove_key(study: Path) -> None:
    """The study is not encrypted any more."""
    facts = _read(study)
    if _may_be_kept(facts):
        try:
            drop_key(facts["key_id"])
        except StoreError as error:  # it opens nothing any more
            _log.info("the key store keeps the key: %s", error.message)
    lock(study)
    shred_file(study / KEY_NAME)


def keep_in_key_store(study: Path) -> None:
    """Put the key into the key store of this computer, so that its account opens the study without the passphrase.

    `encryption.json` notes that somebody did, because only then key stores are asked: they may ask for a password.

    Raises:
        StudyLocked: Nobody gives the passphrase.
        StoreError: There is no key store, it refuses, or the note cannot be written.
    """
    key, facts = key_of(study), _read(study)
    keep_key(key.key_id, key.secret)
    if not _may_be_kept(facts):
        _write_facts(study, {**facts, _KEPT: True})


def drop_from_key_store(study: Path) -> None:
    """Take the key out of the key store of this computer; StoreError where there is none, or it refuses."""
    drop_key(_read(study)["key_id"])


def is_in_key_store(study: Path) -> bool:
    """Whether the key store of this computer opens the study."""
    return _kept_key(_read(study)) is not None


def _may_be_kept(facts: dict[str, Any]) -> bool:  # Any: JSON values
    return facts.get(_KEPT) is True


def _kept_key(facts: dict[str, Any]) -> StudyKey | None:  # Any: JSON values
    if not _may_be_kept(facts):
        return None
    try:
        secret = recall_key(facts["key_id"])
    except StoreError as error:
        _log.info("%s", error.message)
        return None
    return None if secret is None else StudyKey(key_id=facts["key_id"], secret=secret)


def key_of(study: Path) -> StudyKey:
    """The key of an encrypted study, from the first time it was asked for on.

    It comes from the passphrase in the environment, the key store of this computer, or a person, in this order.

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
    if (kept := _kept_key(facts)) is not None:
        return _opened.setdefault(kept.key_id, kept)
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


def lock(study: Path) -> None:
    """Forget the key of a study that is closed: the next one who reads is asked again."""
    try:
        _opened.pop(str(_read(study)["key_id"]), None)
    except StoreError:  # whoever opens it next is told
        return


def _write(study: Path, key: StudyKey, passphrase: str, *, may_be_kept: bool = False) -> None:
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
        **({_KEPT: True} if may_be_kept else {}),
    }
    _write_facts(study, facts)


def _write_facts(study: Path, facts: dict[str, Any]) -> None:  # Any: JSON values
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
