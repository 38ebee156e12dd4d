"""Media servers that answer a question to everybody on the network: Plex (GDM), Jellyfin and Emby, UPnP.

An answer is believed about its own sender only: nobody may send us elsewhere.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from wizard.core.addresses import Kind, kind_of, parse_address
from wizard.core.servers import Candidate, Source
from wizard.net import ssdp
from wizard.net.datagrams import receive, send
from wizard.net.deadline import Deadline
from wizard.net.interfaces import own_networks

GDM_GROUP, GDM_PORT = "239.0.0.250", 32414
GDM_QUESTION = b"M-SEARCH * HTTP/1.0"
HELLO_PORT = 7359
HELLO_QUESTIONS = {Source.JELLYFIN: b"who is JellyfinServer?", Source.EMBY: b"who is EmbyServer?"}
MEDIA_SERVER = "urn:schemas-upnp-org:device:MediaServer:1"
_PLEX_DLNA = 32469
_AGAIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Where:
    """Where the questions go: the groups and ports of the protocols, on `networks` (own address -> network).

    Others only in tests. `broadcast` empty: the broadcast address of each network.
    """

    networks: Mapping[str, str] = field(default_factory=dict)
    gdm: tuple[str, int] = (GDM_GROUP, GDM_PORT)
    upnp: tuple[str, int] = (ssdp.GROUP, ssdp.PORT)
    broadcast: str = ""
    hello_port: int = HELLO_PORT


def home_networks() -> dict[str, str]:
    """The private IPv4 networks of this machine. A tailnet carries no broadcasts."""
    found = {}
    for own, network in own_networks().items():
        address = parse_address(own)
        if address is not None and address.version == 4 and kind_of(address) is Kind.PRIVATE:
            found[own] = network
    return found


def ask_plex(where: Where, deadline: Deadline) -> Iterator[Candidate]:
    """Every Plex server that answers GDM."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        for turn in _turns(deadline):
            for own in where.networks:
                with contextlib.suppress(OSError):
                    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(own))
                send(sock, GDM_QUESTION, where.gdm)
            for packet, sender in receive(sock, turn):
                if (found := read_gdm(packet, sender)) is not None:
                    yield found


def read_gdm(packet: bytes, sender: str) -> Candidate | None:
    """The server of one GDM answer; None for anything else. Values may contain colons."""
    lines = packet.decode("utf-8", "replace").splitlines()
    if not lines or "200 OK" not in lines[0]:
        return None
    fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    if fields.get("content-type") != "plex/media-server":  # players answer too
        return None
    return Candidate(sender, _port(fields.get("port", ""), 32400), "http", fields.get("name", ""), "plex", Source.GDM)


def ask_hello(source: Source, where: Where, deadline: Deadline) -> Iterator[Candidate]:
    """Every server of one kind that answers its question. The answers look alike, so each is asked by itself."""
    targets = [where.broadcast] if where.broadcast else [_broadcast(text) for text in where.networks.values()]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        for turn in _turns(deadline):
            for target in targets:
                send(sock, HELLO_QUESTIONS[source], (target, where.hello_port))
            for packet, sender in receive(sock, turn):
                if (found := read_hello(packet, sender, source)) is not None:
                    yield found


def read_hello(packet: bytes, sender: str, source: Source) -> Candidate | None:
    """The server of one answer. Of its `Address`, which may be on the internet, only scheme and port are believed."""
    try:
        told = json.loads(packet)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or not isinstance(told.get("Id"), str):
        return None
    name = told.get("Name")
    scheme, port = "http", 8096
    try:
        parts = urlsplit(str(told.get("Address", "")))
        is_own = parse_address(parts.hostname or "") is not None
        if is_own and parts.scheme in {"http", "https"}:
            scheme, port = parts.scheme, parts.port or (8096 if parts.scheme == "http" else 8920)
    except ValueError:
        pass
    return Candidate(sender, port, scheme, name if isinstance(name, str) else "", str(source), source)


def ask_upnp(where: Where, deadline: Deadline) -> Iterator[Candidate]:
    """Media servers that announce themselves by UPnP on a port of a known kind. Plex's is 32469."""
    group, port = where.upnp
    for found in ssdp.search(tuple(where.networks), (), deadline, group=group, port=port, wanted=(MEDIA_SERVER,)):
        at = urlsplit(found.location).port or 80
        if at == _PLEX_DLNA:
            yield Candidate(found.address, 32400, "http", "", "plex", Source.SSDP)
        elif at == 8096:
            yield Candidate(found.address, at, "http", "", "", Source.SSDP)


def _turns(deadline: Deadline) -> Iterator[Deadline]:
    """Ask twice, because datagrams get lost; then listen until the end."""
    with contextlib.suppress(TimeoutError):
        yield deadline.within(_AGAIN_SECONDS)
        yield deadline.within(deadline.left())


def _broadcast(network: str) -> str:
    return str(ipaddress.IPv4Network(network, strict=False).broadcast_address)


def _port(text: str, usual: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 65535 else usual
