"""The key of a study in the key store of the computer: the second way to it, for whoever asks for that."""

from __future__ import annotations

import sys

import pytest

from gazeapp.__main__ import main
from gazeapp.errors import StoreError, StudyLocked
from gazeapp.store import study_key
from gazeapp.store.study import Study
from gazeapp.store.study_encryption import decrypt_study

keyring = pytest.importorskip("keyring", reason="keyring is not installed")
from keyring.backend import KeyringBackend  # noqa: E402  # after the question whether it is there
from keyring.backends import fail, null  # noqa: E402
from keyring.errors import KeyringLocked, PasswordDeleteError  # noqa: E402

WORDS = "four words no sentence"


class InMemory(KeyringBackend):
    priority = 5.0

    def __init__(self):
        super().__init__()
        self.kept = {}
        self.n_asked = 0
        self.is_locked = False

    def get_password(self, service, username):
        self.n_asked += 1
        if self.is_locked:
            raise KeyringLocked("dismissed")
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self.kept[service, username] = password

    def delete_password(self, service, username):
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError


@pytest.fixture
def store(monkeypatch):
    before = keyring.get_keyring()
    keyring.set_keyring(made := InMemory())
    yield made
    keyring.set_keyring(before)


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Encrypted, and locked."""
    monkeypatch.setattr(study_key, "_COST", {"n": 1 << 8, "r": 8, "p": 1})
    monkeypatch.setattr(study_key, "_opened", {})
    monkeypatch.delenv(study_key.PASSPHRASE_VARIABLE, raising=False)
    study_key.ask_with(None)
    Study.create(tmp_path / "study").close()
    study_key.create_key(tmp_path / "study", WORDS)
    study_key.lock(tmp_path / "study")
    return tmp_path / "study"


def kept(study):
    study_key.unlock(study, WORDS)
    study_key.keep_in_key_store(study)
    study_key.lock(study)


def test_a_study_that_is_kept_opens_without_the_passphrase_until_it_is_forgotten(study, store):
    kept(study)
    assert study_key.is_in_key_store(study)
    assert WORDS not in str(store.kept), "it is the key that lies there, not what a person chose"
    assert study_key.key_of(study).secret == study_key.unlock(study, WORDS).secret
    study_key.change_passphrase(study, "another good passphrase")
    study_key.lock(study)
    assert study_key.key_of(study), "the key is the same, whatever it is wrapped by"
    study_key.lock(study)
    study_key.drop_from_key_store(study)
    study_key.drop_from_key_store(study)
    with pytest.raises(StudyLocked):
        study_key.key_of(study)


def test_nobody_asks_the_store_about_a_study_that_was_never_put_there(study, store):
    with pytest.raises(StudyLocked):
        study_key.key_of(study)
    assert not study_key.is_in_key_store(study)
    assert store.n_asked == 0


def test_decrypting_takes_the_key_out(study, store):
    kept(study)
    decrypt_study(study)
    assert not store.kept


@pytest.mark.parametrize("content", ["", "no key", "00" * 31, "zz" * 32], ids=["empty", "words", "short", "no digits"])
def test_what_is_no_key_in_the_store_opens_nothing(study, store, content):
    kept(study)
    store.kept = dict.fromkeys(store.kept, content)
    with pytest.raises(StudyLocked, match="give its passphrase"):
        study_key.key_of(study)


def test_a_store_that_stays_locked_leaves_the_passphrase(study, store):
    kept(study)
    store.is_locked = True
    with pytest.raises(StudyLocked, match="give its passphrase"):
        study_key.key_of(study)
    study_key.ask_with(lambda _study, _wrong: WORDS)
    assert study_key.key_of(study)
    study_key.ask_with(None)
    with pytest.raises(StoreError, match=r"refuses \(dismissed\)"):
        study_key.drop_from_key_store(study)


@pytest.mark.parametrize("backend", [fail.Keyring, null.Keyring], ids=["none", "one that keeps nothing"])
def test_where_there_is_no_store_it_is_said_and_the_passphrase_is_asked_for(study, store, backend):
    kept(study)
    keyring.set_keyring(backend())
    with pytest.raises(StudyLocked, match="give its passphrase"):
        study_key.key_of(study)
    study_key.unlock(study, WORDS)
    with pytest.raises(StoreError, match="no key store that is safe"):
        study_key.keep_in_key_store(study)


def test_without_the_package_it_is_named(study, monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    study_key.unlock(study, WORDS)
    with pytest.raises(StoreError, match=r"gazeapp\[keyring\]"):
        study_key.keep_in_key_store(study)


def test_commands_remember_and_forget(study, store, monkeypatch, capsys):
    assert main(["study", "remember", str(study)]) == 2
    assert "GAZEAPP_PASSPHRASE" in capsys.readouterr().err
    monkeypatch.setenv("GAZEAPP_PASSPHRASE", WORDS)
    assert main(["study", "remember", str(study)]) == 0
    monkeypatch.delenv("GAZEAPP_PASSPHRASE")
    assert "by anybody" in capsys.readouterr().out
    study_key.lock(study)
    assert main(["study", "encrypt", str(study)]) == 0
    assert main(["study", "forget", str(study)]) == 0
    study_key.lock(study)
    assert main(["study", "encrypt", str(study)]) == 2
    keyring.set_keyring(fail.Keyring())
    capsys.readouterr()
    assert main(["study", "forget", str(study)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
