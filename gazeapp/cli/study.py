"""Move, copy, back up a study, take another one into it, or encrypt it.

backup copies it into a folder of backups under its name and the date. merge takes participants, sessions, plans, areas
and choices of OTHER in; a pseudonym that is in both is asked about: --same P017 for one person, --rename P017=P117 for
two. Where else the two disagree, what STUDY says stays, and what was done is told.

encrypt keeps closed sessions and embeddings encrypted from now on; whatever reads them asks for the passphrase once, on
a terminal or from GAZEAPP_PASSPHRASE. A lost passphrase is final: nobody can read the data again. Plain stay the list
of participants, the images shown, reports, exports, and a session while it is recorded or interrupted. Again, it
encrypts what is plain still. decrypt undoes it; passphrase changes it (GAZEAPP_NEW_PASSPHRASE without a terminal).

remember puts the study's key into the key store of this computer (Keychain, Credential Locker, GNOME Keyring, KWallet;
pip install 'gazeapp[keyring]'): your account opens the study without the passphrase then, until forget takes it out.
"""

from __future__ import annotations

import argparse
from pathlib import Path

EXAMPLE = "gazeapp study merge my-study other-study --same P017 --rename P018=P118"
_PLACES = ("copy", "move", "backup", "merge")
_KEYS = ("encrypt", "decrypt", "passphrase", "remember", "forget")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=(*_PLACES, *_KEYS))
    parser.add_argument("study", metavar="STUDY", type=Path, help="folder of the study")
    parser.add_argument(
        "other", metavar="OTHER", type=Path, nargs="?", help="where to; for merge the study that is taken in"
    )
    parser.add_argument("--same", action="append", default=[], metavar="ID", help="merge: one person in both studies")
    parser.add_argument("--rename", action="append", default=[], metavar="OLD=NEW", help="merge: another pseudonym")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int | None:
    from gazeapp.cli.console import print_json
    from gazeapp.errors import SettingsError
    from gazeapp.experiment.study_merge import merge_study
    from gazeapp.store.study_transfer import back_up, copy_study, move_study

    if (args.other is None) == (args.what in _PLACES):
        needs = "needs OTHER, the second folder" if args.other is None else "takes one study"
        raise SettingsError(f"study {args.what}: {needs}", key="other")
    if args.what not in _PLACES:
        _encryption(args)
        return None
    if args.what == "merge":
        pairs = [text.partition("=") for text in args.rename]
        if any(not (old and equals and new) for old, equals, new in pairs):
            raise SettingsError("--rename: must be OLD=NEW", key="rename")
        try:
            done = merge_study(args.study, args.other, same=args.same, renamed={old: new for old, _, new in pairs})
        except ValueError as error:
            raise SettingsError(f"--rename: {error}", key="rename") from error
        if args.json:
            facts = {"participants": list(done.participants), "n_sessions": done.n_sessions, "notes": list(done.notes)}
            print_json(facts)
        else:
            print(f"{args.study}: took in {len(done.participants)} participants and {done.n_sessions} sessions")
            for note in done.notes:
                print(f"  {note}")
        return None
    place = {"copy": copy_study, "move": move_study, "backup": back_up}[args.what](args.study, args.other)
    if args.json:
        print_json({"study": str(place)})
    else:
        print(f"{args.study}: {'moved to' if args.what == 'move' else 'copied to'} {place}")
    return None


def _encryption(args: argparse.Namespace) -> None:
    from dataclasses import asdict

    from gazeapp.cli.console import print_json
    from gazeapp.cli.passphrase import NEW_VARIABLE, new_passphrase
    from gazeapp.store import study_key
    from gazeapp.store.study import Study
    from gazeapp.store.study_encryption import decrypt_study, encrypt_study
    from gazeapp.store.study_key import FINAL, PASSPHRASE_VARIABLE, is_encrypted

    Study.open(args.study).close()
    facts: dict[str, object] = {}
    if args.what == "passphrase":
        study_key.key_of(args.study)
        study_key.change_passphrase(args.study, new_passphrase(args.study, NEW_VARIABLE))
        words = f"the passphrase is another one; {FINAL}"
    elif args.what == "remember":
        study_key.keep_in_key_store(args.study)
        words = f"the key store of this computer opens it from now on; elsewhere, {FINAL}"
    elif args.what == "forget":
        study_key.drop_from_key_store(args.study)
        words = "the passphrase is asked for again on this computer"
    elif args.what == "decrypt":
        done = decrypt_study(args.study)
        facts = asdict(done)
        words = f"decrypted {done.n_sessions} sessions and {done.n_embeddings} embeddings; the key is destroyed"
    else:
        begins = not is_encrypted(args.study)
        done = encrypt_study(args.study, new_passphrase(args.study, PASSPHRASE_VARIABLE) if begins else "")
        facts = asdict(done)
        words = f"encrypted {done.n_sessions} sessions and {done.n_embeddings} embeddings"
        if done.plain:
            words += f"; still plain, resume or recover them: {', '.join(done.plain)}"
        words += f"; {FINAL}" if begins else ""
    if args.json:
        print_json({"study": str(args.study), "encrypted": is_encrypted(args.study), **facts})
    else:
        print(f"{args.study}: {words}")
