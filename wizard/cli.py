"""The `porthole` command: thin verbs over the same functions the pages use.

Exit codes: 0 done or works, 1 refused or not working, 2 wrong words on the line, 3 could not tell or not reached.
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Sequence
from importlib import metadata

from wizard.core.refusal import Refusal
from wizard.settings import Settings

OK, BAD, USAGE, UNKNOWN = 0, 1, 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; gives its exit code."""
    parsed = _parser().parse_args(arguments)
    try:
        return int(parsed.verb(parsed))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `porthole config … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK


def complain(sentence: str, code: int = BAD) -> int:
    """Say what is wrong where errors go."""
    sys.stderr.write(f"porthole: {sentence}\n")
    return code


def _parser() -> argparse.ArgumentParser:
    from wizard import verbs  # noqa: PLC0415 -- `porthole up` must not load what only the other verbs need

    parser = argparse.ArgumentParser(prog="porthole", description="Makes a media server behind CGNAT reachable.")
    parser.add_argument("--version", action="version", version=f"porthole {metadata.version('porthole')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    up = commands.add_parser("up", help="start everything on this machine")
    up.add_argument("--verbose", action="store_true", help="show what every part writes")
    up.set_defaults(verb=_up)

    demo = commands.add_parser("demo", help="start everything with a stand-in Plex server")
    demo.add_argument("--fault", default="", help="seed one fault, to see what a failing check says")
    demo.add_argument("--verbose", action="store_true", help="show what every part writes")
    demo.set_defaults(verb=_demo)

    verbs.add_host(commands)
    verbs.add_caddy(commands)

    reset = commands.add_parser("reset-password", help="set a new password for the owner")
    reset.set_defaults(verb=_reset_password)
    code = commands.add_parser("setup-code", help="print the link with the set-up code")
    code.set_defaults(verb=_setup_code)
    return parser


def _settings() -> Settings | int:
    settings = Settings.read(os.environ)
    return complain(settings.message, USAGE) if isinstance(settings, Refusal) else settings


def _up(parsed: argparse.Namespace) -> int:
    from wizard.embedded.start import up  # noqa: PLC0415 -- see _parser

    settings = _settings()
    if isinstance(settings, int):
        return settings
    return complain(up(settings, os.environ, verbose=parsed.verbose).message)


def _demo(parsed: argparse.Namespace) -> int:
    from wizard.embedded.demo import demo  # noqa: PLC0415 -- see _parser

    return complain(demo(os.environ, parsed.fault, verbose=parsed.verbose).message)


def _reset_password(_parsed: argparse.Namespace) -> int:
    from wizard.store import owners  # noqa: PLC0415 -- see _parser
    from wizard.store.session import migrate, open_database  # noqa: PLC0415

    settings = _settings()
    if isinstance(settings, int):
        return settings
    migrate(settings.database_url)
    database = open_database(settings.database_url)
    owner = owners.only_owner(database)
    if owner is None:
        return complain("nobody has created an account yet. Open the link from porthole setup-code")
    password = getpass.getpass(f"New password for {owner.username}: ") if sys.stdin.isatty() else sys.stdin.readline()
    password = password.rstrip("\n")
    if len(password) < owners.MIN_PASSWORD:
        return complain(f"the password must be {owners.MIN_PASSWORD} characters or more")
    owners.set_password(database, owner.username, password)
    sys.stdout.write(f"The password of {owner.username} is changed. Every browser is signed out.\n")
    return OK


def _setup_code(_parsed: argparse.Namespace) -> int:
    from wizard.store import owners  # noqa: PLC0415 -- see _parser
    from wizard.store.session import migrate, open_database  # noqa: PLC0415

    settings = _settings()
    if isinstance(settings, int):
        return settings
    migrate(settings.database_url)
    database = open_database(settings.database_url)
    if owners.is_claimed(database):
        return complain("this installation has an owner already. Sign in, or run porthole reset-password")
    sys.stdout.write(f"{settings.web_url}/claim?code={owners.setup_code(database)}\n")
    return OK


if __name__ == "__main__":
    sys.exit(main())
