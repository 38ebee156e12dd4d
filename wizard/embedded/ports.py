"""On which ports Caddy and the pages can listen on this machine: tried by opening them for a moment.

Only ever binds to local ports; must not dial anything.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from wizard.core.refusal import Refusal
from wizard.settings import Settings
from wizard.settings_kinds import parse_dial


class Opening(StrEnum):
    """What came of opening a port."""

    FREE = "free"
    NOT_PERMITTED = "this user may not open it"
    TAKEN = "another program listens on it"
    NO_SUCH_ADDRESS = "this machine does not have that address"


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports for Caddy, and what the person has to know about them; empty when all is as usual."""

    http: int
    https: int
    notice: str = ""


def try_port(port: int, host: str = "") -> Opening:
    """Open a TCP port on a host, or on all addresses, and close it again."""
    try:
        with _bound(host, port):
            return Opening.FREE
    except PermissionError:
        return Opening.NOT_PERMITTED
    except OSError as problem:
        if problem.errno in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT} or isinstance(problem, socket.gaierror):
            return Opening.NO_SUCH_ADDRESS
        return Opening.TAKEN


def _bound(host: str, port: int) -> socket.socket:
    if host:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        opened = socket.socket(family, kind, protocol)
        wanted: tuple[object, ...] = address
    else:
        both = socket.has_dualstack_ipv6()
        opened = socket.socket(socket.AF_INET6 if both else socket.AF_INET)
        if both:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        wanted = (host, port)
    try:
        # connections that ended a moment ago must not count; Linux still refuses a port with a listener
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(wanted)
        opened.listen(1)
    except OSError:
        opened.close()
        raise
    return opened


_ROWS = (
    # setting, usual port, port to fall back to
    ("PORTHOLE_CADDY_HTTP_PORT", 80, 8080),
    ("PORTHOLE_CADDY_HTTPS_PORT", 443, 8443),
)


def choose_ports(settings: Settings) -> Ports | Refusal:
    """The ports Caddy can really open: a port that was set is used or refused, a usual one may be replaced."""
    chosen: list[int] = []
    reasons: dict[int, tuple[Opening, int]] = {}
    for (name, usual, fallback), wanted in zip(
        _ROWS, (settings.caddy_http_port, settings.caddy_https_port), strict=True
    ):
        opening = try_port(wanted)
        if opening is Opening.FREE:
            chosen.append(wanted)
        elif name in settings.given:
            return Refusal(f"{name} is {wanted}, but {_why(opening, wanted)}. Set {name} to another port.")
        elif try_port(fallback) is Opening.FREE:
            chosen.append(fallback)
            reasons[usual] = (opening, fallback)
        else:
            return Refusal(
                f"Caddy cannot listen on port {usual} ({opening}) and port {fallback} is taken as well. "
                f"Set {name} to a free port."
            )
    http, https = chosen
    return Ports(http, https, _notice(reasons, is_demo=settings.demo))


def refuse_listen(settings: Settings) -> Refusal | None:
    """Why the pages cannot listen where they should, None when they can."""
    host, port = parse_dial(settings.listen)
    opening = try_port(port, host)
    if opening is Opening.FREE:
        return None
    return Refusal(
        f"The pages cannot listen on {settings.listen}: {_why(opening, port)}. Set PORTHOLE_LISTEN to another one."
    )


def _why(opening: Opening, port: int) -> str:
    match opening:
        case Opening.NOT_PERMITTED:
            return f"this user may not open port {port}"
        case Opening.NO_SUCH_ADDRESS:
            return "this machine does not have that address"
        case _:
            return f"another program listens on port {port}"


def _notice(reasons: Mapping[int, tuple[Opening, int]], *, is_demo: bool) -> str:
    sentences = []
    for opening in dict.fromkeys(opening for opening, _ in reasons.values()):
        moved = {usual: fallback for usual, (why, fallback) in reasons.items() if why is opening}
        usual, fallback = " and ".join(map(str, moved)), " and ".join(map(str, moved.values()))
        ports = f"port {usual}" if len(moved) == 1 else f"ports {usual}"
        who = "This user may not open" if opening is Opening.NOT_PERMITTED else "Another program listens on"
        sentences.append(f"{who} {ports}, so Caddy listens on {fallback}.")
    if sentences and not is_demo:
        routes = " and ".join(f"port {usual} to {fallback}" for usual, (_, fallback) in reasons.items())
        sentences.append(f"So that viewers reach it, let your router forward {routes} of this machine.")
    return "\n".join(sentences)
