"""The `porthole` command: what can be typed, and which verb does it. Verbs are loaded when they are called.

Exit codes: 0 done or works, 1 refused or not working, 2 could not tell, not reached, or wrong words on the line.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from typing import Any

from wizard.core.refusal import Refusal
from wizard.data_folder import make_folders, read_decided
from wizard.settings import Settings
from wizard.verbs.saying import INTERRUPTED, OK, UNKNOWN, USAGE, complain

# a verb is named, not imported: `porthole up` must not load what only the others need
_VERBS = "wizard.verbs"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; gives its exit code."""
    typed = build_parser().parse_args(arguments)
    typed.colours = not os.environ.get("NO_COLOR")  # no-color.org
    try:
        if typed.starts:
            return int(_verb(typed.verb)(os.environ, typed))
        return _with_place(os.environ, typed)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # `porthole config … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK


def _verb(name: str) -> Callable[[Any, argparse.Namespace], int]:
    module, _, function = name.partition(":")
    verb: Callable[[Any, argparse.Namespace], int] = getattr(importlib.import_module(f"{_VERBS}.{module}"), function)
    return verb


def _with_place(environ: Mapping[str, str], typed: argparse.Namespace) -> int:
    from tasks.workplace import open_workplace  # noqa: PLC0415 -- see _VERBS
    from wizard.store.session import Unavailable, migrate  # noqa: PLC0415 -- see _VERBS

    settings = _settings(environ)
    if isinstance(settings, Refusal):
        return complain(settings.message, USAGE)
    if (refused := make_folders(settings)) is not None:
        return complain(refused.message)
    try:
        migrate(settings.database_url)
        with open_workplace(settings) as place:
            return _verb(typed.verb)(place, typed)
    except Unavailable as problem:
        return complain(f"the database does not answer ({problem.orig}). See that it runs, then try again", UNKNOWN)


def _settings(environ: Mapping[str, str]) -> Settings | Refusal:
    """The settings with the ports on which the system of this data folder really listens, unless others are given."""
    settings = Settings.read(environ)
    if isinstance(settings, Refusal) or "PORTHOLE_CADDY_ADMIN" in settings.given:
        return settings
    return Settings.read({**read_decided(settings), **environ})


def build_parser() -> argparse.ArgumentParser:
    """All that can be typed. The page of all commands is written from it: `wizard.manual`."""
    parser = argparse.ArgumentParser(prog="porthole", description="Makes a media server behind CGNAT reachable.")
    parser.add_argument("--version", action="version", version=f"porthole {metadata.version('porthole')}")
    parser.set_defaults(starts=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_starting(commands)
    _add_hosts(commands.add_parser("host", help="add, list or remove proxy hosts").add_subparsers(required=True))
    _add_caddy(commands)
    _add_doctor(commands)
    _add_traffic(commands.add_parser("traffic", help="read access logs").add_subparsers(required=True))
    found = commands.add_parser("servers", help="look for media servers on this network and tailnet, and list them")
    found.add_argument("--json", action="store_true", help="for programs to read")
    found.set_defaults(verb="servers:list_")
    reset = commands.add_parser("reset-password", help="set a new password for the owner")
    reset.set_defaults(verb="owner:reset_password")
    code = commands.add_parser("setup-code", help="print the link with the set-up code")
    code.set_defaults(verb="owner:setup_code")
    return parser


def _add_starting(commands: Any) -> None:
    up = commands.add_parser("up", help="start everything on this machine")
    demo = commands.add_parser("demo", help="start everything with a stand-in Plex server")
    demo.add_argument("--fault", default="", help="seed one fault, to see what a failing check says")
    for command, verb in ((up, "starting:up"), (demo, "starting:demo")):
        command.add_argument("--verbose", action="store_true", help="show what every part writes")
        command.set_defaults(verb=verb, starts=True)
    vantage = commands.add_parser("vantage", help="look from this machine, for a Porthole that runs elsewhere")
    vantage.add_argument("--name", required=True, help="what this place is called, such as paris")
    vantage.add_argument("--broker", default="", help="its broker, such as redis://:PASSWORD@HOST:6379/0")
    vantage.add_argument("--nameserver", action="append", default=[], help="ask this name server, not the system's")
    vantage.set_defaults(verb="vantage:vantage", starts=True)


def _add_doctor(commands: Any) -> None:
    doctor = commands.add_parser("doctor", help="look at this machine's internet connection: is CGNAT in the way?")
    doctor.add_argument("--json", action="store_true", help="for programs to read, and to paste into Porthole")
    doctor.add_argument("--pcp", action="store_true", help="also ask by PCP, which makes a mapping for a moment")
    doctor.add_argument("--wan", default="", help="the IPv4 address that your router's page shows, or none")
    doctor.add_argument("--at", choices=("home", "server"), default="", help="where this machine stands")
    doctor.set_defaults(verb="doctor:doctor", starts=True)


def _add_hosts(host: Any) -> None:
    add = host.add_parser("add", help="add a proxy host, or change it, and apply")
    add.add_argument("--domain", required=True, help="external domain, such as plex.example.com")
    add.add_argument("--upstream", required=True, help="home address, such as http://192.168.1.20:32400")
    add.add_argument("--media", default="", help="plex, jellyfin, emby or other (default: whoever answers)")
    add.add_argument("--method", default="", help="way in (default: direct)")
    add.add_argument("--plex", action=argparse.BooleanOptionalAction, default=None, help="Plex Mode")
    add.add_argument("--no-forward-ip", action="store_true", help="do not forward client-IP headers")
    add.add_argument("--no-websocket", action="store_true", help="refuse WebSocket connections")
    verify = add.add_mutually_exclusive_group()
    verify.add_argument("--server-name", default="", help="the name in the certificate of an https upstream")
    verify.add_argument("--pin", action="store_true", help="accept exactly the certificate it shows now")
    verify.add_argument("--no-verify", action="store_true", help="do not verify its certificate")
    add.add_argument("--anyway", action="store_true", help="add it although nothing answers there")
    add.set_defaults(verb="hosts:add")
    listed = host.add_parser("list", help="list proxy hosts")
    listed.add_argument("--json", action="store_true", help="for programs to read")
    listed.set_defaults(verb="hosts:list_")
    remove = host.add_parser("remove", help="remove a proxy host and apply")
    remove.add_argument("domain", help="external domain of the proxy host")
    remove.set_defaults(verb="hosts:remove")


def _add_caddy(commands: Any) -> None:
    apply = commands.add_parser("apply", help="give Caddy its configuration")
    apply.set_defaults(verb="caddy:apply")
    check = commands.add_parser("check", help="check a proxy host, link by link")
    check.add_argument("domain", help="external domain of the proxy host")
    check.add_argument("--deep", action="store_true", help="also make the checks that take minutes")
    check.add_argument("--json", action="store_true", help="for programs to read")
    check.set_defaults(verb="checks:check")
    phone = commands.add_parser("phone", help="make a one-time link for a phone, and wait for what it sees")
    phone.add_argument("domain", help="external domain of the proxy host")
    phone.add_argument("--json", action="store_true", help="for programs to read: the link, then what was found")
    phone.set_defaults(verb="phone:phone")
    config = commands.add_parser("config", help="print the Caddy configuration of a proxy host")
    config.add_argument("domain", help="external domain of the proxy host")
    config.add_argument(
        "--format", choices=("caddyfile", "json"), default="caddyfile", help="how it is written (default: caddyfile)"
    )
    config.set_defaults(verb="caddy:config")


def _add_traffic(traffic: Any) -> None:
    classify = traffic.add_parser("classify", help="say who was Local and who Remote in any Caddy access log")
    classify.add_argument("file", help="the log, as JSON lines; may be compressed with gzip")
    classify.add_argument("--json", action="store_true", help="for programs to read")
    classify.add_argument("--media", default="plex", help="whose rules count: plex, jellyfin, emby (default: plex)")
    classify.add_argument("--lan", action="append", default=[], metavar="NETWORK", help="a LAN network of the server")
    classify.add_argument("--proxy", default="127.0.0.1", help="the address Caddy comes from (default: 127.0.0.1)")
    classify.add_argument("--mask", action="store_true", help="hide the last part of addresses")
    classify.set_defaults(verb="traffic:classify", starts=True)


if __name__ == "__main__":
    sys.exit(main())
