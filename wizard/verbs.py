"""The verbs of the command line that work on proxy hosts and on Caddy. Prints; decides nothing."""

from __future__ import annotations

import argparse
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wizard.core.refusal import Refusal

if TYPE_CHECKING:
    from tasks.workplace import Workplace
    from wizard.store.hosts import SavedHost

OK, BAD, USAGE, UNKNOWN = 0, 1, 2, 3
_MARKS = {"ok": "✓", "note": "✓", "unknown": "?", "warning": "!", "failure": "✗"}


def add_host(commands: Any) -> None:
    """`porthole host add`, `host list`, `host remove`."""
    host = commands.add_parser("host", help="add, list or remove proxy hosts").add_subparsers(required=True)
    add = host.add_parser("add", help="add a proxy host and apply it")
    add.add_argument("--domain", required=True, help="external domain, such as plex.example.com")
    add.add_argument("--upstream", required=True, help="home address, such as http://192.168.1.20:32400")
    add.add_argument("--media", default="", help="plex, jellyfin, emby or other (default: whoever answers)")
    add.add_argument("--method", default="direct", help="way in (default: direct)")
    add.add_argument("--plex", action=argparse.BooleanOptionalAction, default=None, help="Plex Mode")
    add.add_argument("--no-forward-ip", action="store_true", help="do not forward client-IP headers")
    add.add_argument("--no-websocket", action="store_true", help="refuse WebSocket connections")
    add.add_argument("--no-verify", action="store_true", help="do not verify the certificate of an https upstream")
    add.add_argument("--anyway", action="store_true", help="add it although nothing answers there")
    add.set_defaults(verb=_host_add)
    listed = host.add_parser("list", help="list proxy hosts")
    listed.add_argument("--json", action="store_true")
    listed.set_defaults(verb=_host_list)
    remove = host.add_parser("remove", help="remove a proxy host and apply")
    remove.add_argument("domain")
    remove.set_defaults(verb=_host_remove)


def add_caddy(commands: Any) -> None:
    """`porthole apply`, `check`, `config`."""
    apply = commands.add_parser("apply", help="give Caddy its configuration")
    apply.set_defaults(verb=_apply)
    check = commands.add_parser("check", help="check a proxy host, link by link")
    check.add_argument("domain")
    check.add_argument("--json", action="store_true")
    check.set_defaults(verb=_check)
    config = commands.add_parser("config", help="print the Caddy configuration of a proxy host")
    config.add_argument("domain")
    config.add_argument("--format", choices=("caddyfile", "json"), default="caddyfile")
    config.set_defaults(verb=_config)


def _place() -> Workplace | int:
    from tasks.workplace import open_workplace  # noqa: PLC0415 -- only verbs that need it pay for it
    from wizard.settings import Settings  # noqa: PLC0415
    from wizard.store.session import migrate  # noqa: PLC0415

    settings = Settings.read(os.environ)
    if isinstance(settings, Refusal):
        return _complain(settings.message, USAGE)
    migrate(settings.database_url)
    return open_workplace(settings)


def _host_add(parsed: argparse.Namespace) -> int:
    from wizard.adding import Wish, make_host  # noqa: PLC0415 -- see _place
    from wizard.store import hosts  # noqa: PLC0415

    place = _place()
    if isinstance(place, int):
        return place
    wish = Wish(
        domain=parsed.domain,
        upstream=parsed.upstream,
        media=parsed.media,
        method=parsed.method,
        plex_mode=parsed.plex,
        forward_client_ip=not parsed.no_forward_ip,
        websocket=not parsed.no_websocket,
        verifies=not parsed.no_verify,
        anyway=parsed.anyway,
    )
    made = make_host(place.net, wish)
    if isinstance(made, Refusal):
        return _complain(made.message)
    host, server = made
    same = hosts.find_host(place.database, host.domain.name)
    if same is not None:
        host = replace(host, key=same.host.key)
    hosts.save_host(place.database, host, server=server)
    sys.stdout.write(f"{'Changed' if same else 'Added'} {host.domain} → {host.upstream.url}\n")
    return _applied(place, f"Added {host.domain} on the command line")


def _host_list(parsed: argparse.Namespace) -> int:
    from wizard.store import hosts  # noqa: PLC0415 -- see _place

    place = _place()
    if isinstance(place, int):
        return place
    rows = [_host_row(place, saved) for saved in hosts.list_hosts(place.database)]
    if parsed.json:
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
        return OK
    for row in rows:
        sys.stdout.write(f"{row['domain']}\t{row['upstream']}\t{row['method']}\t{row['standing']}\n")
    return OK


def _host_row(place: Workplace, saved: SavedHost) -> dict[str, Any]:
    from wizard.store import runs  # noqa: PLC0415 -- see _place

    run = runs.latest_run(place.database, saved.host.key)
    host = saved.host
    return {
        "domain": host.domain.name,
        "upstream": host.upstream.url,
        "media": host.upstream.media,
        "method": host.method,
        "plex_mode": host.plex_mode,
        "forward_client_ip": host.forward_client_ip,
        "websocket": host.websocket,
        "paused": host.paused,
        "custom_server_access_url": host.custom_server_access_url(place.edge),
        "standing": "paused" if host.paused else str(run.standing) if run else "not-checked",
    }


def _host_remove(parsed: argparse.Namespace) -> int:
    from wizard.store import hosts  # noqa: PLC0415 -- see _place

    found = _find(parsed.domain)
    if isinstance(found, int):
        return found
    place, saved = found
    hosts.remove_host(place.database, saved.host.key)
    sys.stdout.write(f"Removed {saved.host.domain}\n")
    return _applied(place, f"Removed {saved.host.domain} on the command line")


def _apply(_parsed: argparse.Namespace) -> int:
    place = _place()
    return place if isinstance(place, int) else _applied(place, "Applied on the command line")


def _applied(place: Workplace, cause: str) -> int:
    from tasks.applying import apply_revision  # noqa: PLC0415 -- see _place
    from tasks.queueing import send  # noqa: PLC0415
    from wizard.store import revisions  # noqa: PLC0415

    revision_id = revisions.create_revision(place.database, cause)
    ended = apply_revision(place, revision_id)
    revision = revisions.load_revision(place.database, revision_id)
    if revision is None:
        return UNKNOWN
    for sentence in revision.sentences:
        sys.stdout.write(f"{sentence}\n")
    if revision.trouble is not None:
        if ended.try_again and send("apply", revision_id):
            _complain(f"{revision.trouble.summary}. The background worker goes on trying", UNKNOWN)
            return UNKNOWN
        return _complain(revision.trouble.summary, UNKNOWN if ended.try_again else BAD)
    return OK if revision.is_good else BAD


def _check(parsed: argparse.Namespace) -> int:
    from tasks.checking import carry_out  # noqa: PLC0415 -- see _place
    from tasks.queueing import NEEDS  # noqa: PLC0415
    from wizard.checks import CHECKS  # noqa: PLC0415
    from wizard.store import progress, runs  # noqa: PLC0415

    found = _find(parsed.domain)
    if isinstance(found, int):
        return found
    place, saved = found
    run = progress.create_run(place.database, saved.host.key, tuple(CHECKS))
    with ThreadPoolExecutor(len(CHECKS)) as pool:
        while todo := progress.plan_run(place.database, run.id, NEEDS):
            jobs = {pool.submit(carry_out, place, run.id, name, attempt): name for name, attempt in todo}
            for job in as_completed(jobs):
                job.result()
                if not parsed.json:
                    _print_row(runs.load_run(place.database, run.id), jobs[job])
    ended = runs.load_run(place.database, run.id)
    if ended is None:
        return UNKNOWN
    if parsed.json:
        sys.stdout.write(json.dumps(_run_document(ended), indent=2, ensure_ascii=False) + "\n")
    else:
        for result in ended.results:
            if str(result.state) == "skipped":
                sys.stdout.write(f"– {result.check}: skipped, {result.reason}\n")
    return {"working": OK, "warnings": OK, "not-working": BAD}.get(str(ended.standing), UNKNOWN)


def _print_row(run: Any, name: str) -> None:
    result = run.result(name) if run else None
    for verdict in result.verdicts if result else ():
        sys.stdout.write(f"{_MARKS[verdict.level]} {name}: {verdict.summary}\n")
        if verdict.remedy is not None:
            sys.stdout.write(f"    {verdict.remedy.action}\n")
    sys.stdout.flush()


def _run_document(run: Any) -> dict[str, Any]:
    import msgspec  # noqa: PLC0415 -- see _place

    return {
        "standing": str(run.standing),
        "vantage": "this machine",
        "checks": [
            {
                "check": result.check,
                "state": str(result.state),
                "level": str(result.level) if result.level else None,
                "reason": result.reason,
                "seconds": round(result.seconds, 3),
                "verdicts": [msgspec.to_builtins(verdict) for verdict in result.verdicts],
            }
            for result in run.results
        ],
    }


def _config(parsed: argparse.Namespace) -> int:
    from wizard.caddy.caddyfile import caddyfile  # noqa: PLC0415 -- see _place
    from wizard.caddy.config import build  # noqa: PLC0415
    from wizard.caddy.version import UNKNOWN as UNKNOWN_VERSION  # noqa: PLC0415
    from wizard.core.verdicts import Trouble  # noqa: PLC0415
    from wizard.methods import placed  # noqa: PLC0415

    found = _find(parsed.domain)
    if isinstance(found, int):
        return found
    place, saved = found
    version = place.caddy.version()
    known = UNKNOWN_VERSION if isinstance(version, Trouble) else version
    wanted = [placed(saved.host)]
    if parsed.format == "json":
        text = json.dumps(build(wanted, place.edge, known, {}).config, indent=2) + "\n"
    else:
        text = caddyfile(wanted, place.edge, known)
    sys.stdout.write(text)
    return OK


def _find(domain: str) -> tuple[Workplace, SavedHost] | int:
    from wizard.store import hosts  # noqa: PLC0415 -- see _place

    place = _place()
    if isinstance(place, int):
        return place
    saved = hosts.find_host(place.database, domain)
    if saved is None:
        return _complain(f"there is no proxy host {domain}. See porthole host list", USAGE)
    return place, saved


def _complain(sentence: str, code: int = BAD) -> int:
    sys.stderr.write(f"porthole: {sentence}\n")
    return code
