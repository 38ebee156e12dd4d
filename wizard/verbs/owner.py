"""`porthole setup-code` and `porthole reset-password`."""

from __future__ import annotations

import argparse
import getpass
import sys

from tasks.workplace import Workplace
from wizard.store import owners
from wizard.verbs.saying import OK, complain, say


def setup_code(place: Workplace, _typed: argparse.Namespace) -> int:
    """Print the link that makes its first visitor the owner."""
    if owners.is_claimed(place.database):
        return complain("this installation has an owner already. Sign in, or run porthole reset-password")
    say(f"{place.settings.web_url}/claim?code={owners.setup_code(place.database)}")
    return OK


def reset_password(place: Workplace, _typed: argparse.Namespace) -> int:
    """Set a new password, typed unseen or read as one line from standard input."""
    owner = owners.only_owner(place.database)
    if owner is None:
        return complain("nobody has created an account yet. Open the link from porthole setup-code")
    password = getpass.getpass(f"New password for {owner.username}: ") if sys.stdin.isatty() else sys.stdin.readline()
    password = password.rstrip("\r\n")
    if len(password) < owners.MIN_PASSWORD:
        return complain(f"the password must be {owners.MIN_PASSWORD} characters or more")
    owners.set_password(place.database, owner.username, password)
    say(f"The password of {owner.username} is changed. Every browser is signed out.")
    return OK
