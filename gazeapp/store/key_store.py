"""Keys of studies in the key store of the computer, for whoever asks for that: Keychain, Credential Locker, GNOME
Keyring or KWallet, which open with the account. The optional package `keyring` reaches them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from types import ModuleType

from gazeapp.errors import StoreError

_SERVICE = "gazeapp"
_SAFE = 1.0
"""Priority from which on `keyring` holds a store for one to be used; files in plain text and the like lie below."""


def keep_key(key_id: str, secret: bytes) -> None:
    """Put a key into the store; StoreError where there is none, or it refuses."""
    with _store() as keyring:
        keyring.set_password(_SERVICE, key_id, secret.hex())


def recall_key(key_id: str) -> bytes | None:
    """A key that was kept here; None where it was not. StoreError where there is no store, or it stays locked."""
    with _store() as keyring:
        kept = keyring.get_password(_SERVICE, key_id)
    try:
        secret = bytes.fromhex(kept or "")
    except ValueError:
        return None
    return secret if len(secret) == 32 else None


def drop_key(key_id: str) -> None:
    """Take a key out of the store, if it is there; StoreError where there is no store, or it refuses."""
    with _store() as keyring:
        if keyring.get_password(_SERVICE, key_id) is not None:
            keyring.delete_password(_SERVICE, key_id)


@contextlib.contextmanager
def _store() -> Iterator[ModuleType]:
    try:
        import keyring
    except ImportError as error:
        raise StoreError(
            "the key store of this computer is reached by the package keyring: pip install 'gazeapp[keyring]'"
        ) from error
    try:
        backend = keyring.get_keyring()
        has_store = backend.priority >= _SAFE
    except Exception as error:  # backends ask the system, and raise what it says
        raise _refusal(error) from error
    if not has_store:
        raise StoreError(
            "this computer has no key store that is safe (Keychain, Credential Locker, GNOME Keyring or KWallet); the "
            "passphrase is asked for instead"
        )
    try:
        yield keyring
    except StoreError:
        raise
    except Exception as error:  # the same
        raise _refusal(error) from error


def _refusal(error: Exception) -> StoreError:
    return StoreError(
        f"the key store of this computer refuses ({error or type(error).__name__}); unlock it, or give the passphrase"
    )
