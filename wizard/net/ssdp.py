"""Finding UPnP gateways: M-SEARCH by multicast on every home network, and straight to routers that are known.

UPnP Device Architecture 2.0, section 1.3. Answers are believed only from private addresses about themselves.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from wizard.core.addresses import Kind, kind_of, parse_address
from wizard.net.datagrams import receive, send
from wizard.net.deadline import Deadline

GROUP, PORT = "239.255.255.250", 1900
GATEWAYS = (
    "urn:schemas-upnp-org:device:InternetGatewayDevice:1",
    "urn:schemas-upnp-org:device:InternetGatewayDevice:2",
    "urn:schemas-upnp-org:service:WANIPConnection:1",
)
_RETRY_SECONDS = 0.6
_MOST_FOUND = 16


@dataclass(frozen=True, slots=True)
class Found:
    """A device that answered: its address, and the URL of its description."""

    address: str
    location: str


def search(
    interfaces: Sequence[str],
    routers: Sequence[str],
    deadline: Deadline,
    *,
    group: str = GROUP,
    port: int = PORT,
    wanted: Sequence[str] = GATEWAYS,
) -> tuple[Found, ...]:
    """Ask on the networks of these own IPv4 addresses, and these routers themselves: everybody who answers."""
    found: dict[str, Found] = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 2)
        for _ in range(2):  # datagrams get lost
            _ask(sock, interfaces, routers, wanted, (group, port))
            try:
                turn = deadline.within(_RETRY_SECONDS)
            except TimeoutError:
                break
            _listen(sock, found, turn)
        with contextlib.suppress(TimeoutError):
            if not found:
                _listen(sock, found, deadline.within(2 * _RETRY_SECONDS))
    return tuple(found.values())


def _listen(sock: socket.socket, found: dict[str, Found], turn: Deadline) -> None:
    for packet, sender in receive(sock, turn):
        location = read_location(packet)
        if len(found) < _MOST_FOUND and location and is_own_page(location, sender):
            found.setdefault(location, Found(sender, location))


def _ask(
    sock: socket.socket,
    interfaces: Sequence[str],
    routers: Sequence[str],
    kinds: Sequence[str],
    where: tuple[str, int],
) -> None:
    group, port = where
    for own in interfaces:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(own))
            for wanted in kinds:
                send(sock, build_search(wanted, group, port), (group, port))
    for router in routers:
        for wanted in kinds:
            send(sock, build_search(wanted, router, port), (router, port))


def build_search(wanted: str, host: str, port: int) -> bytes:
    """One M-SEARCH, to be answered within a second."""
    lines = ("M-SEARCH * HTTP/1.1", f"HOST: {host}:{port}", 'MAN: "ssdp:discover"', "MX: 1", f"ST: {wanted}")
    return "\r\n".join((*lines, "", "")).encode()


def read_location(packet: bytes) -> str:
    """The LOCATION of a search response; empty for anything else."""
    lines = packet.decode("latin-1").split("\r\n")
    if not lines[0].startswith("HTTP/1.") or " 200" not in lines[0]:
        return ""
    for line in lines[1:]:
        name, _, value = line.partition(":")
        if name.strip().lower() == "location":
            return value.strip()
    return ""


def is_own_page(url: str, sender: str) -> bool:
    """True for an http URL at a private address: nobody may send us elsewhere. Loopback only from loopback."""
    try:
        parts = urlsplit(url)
        address, port = parse_address(parts.hostname or ""), parts.port
    except ValueError:
        return False
    own = parse_address(sender)
    if parts.scheme != "http" or address is None or own is None or port == 0 or "@" in parts.netloc:
        return False
    kinds = {kind_of(address), kind_of(own)}
    return kinds <= {Kind.PRIVATE, Kind.LINK_LOCAL} or kinds == {Kind.LOOPBACK}
