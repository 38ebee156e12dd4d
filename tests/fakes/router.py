"""A scripted home router that speaks UPnP IGD, NAT-PMP (RFC 6886) and PCP (RFC 6887) as real ones do.

It forwards nothing: only what it says is scripted. In a network namespace, as a process:

    python -m tests.fakes.router --listen 192.168.1.1 --wan 100.64.0.2
    python -m tests.fakes.router --listen 192.168.1.1 --wan 10.0.0.7 --upnp empty --nat-pmp silent --pcp mismatch
"""

from __future__ import annotations

import argparse
import contextlib
import ipaddress
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

from tests.fakes.igd_pages import IgdPages
from tests.fakes.serving import serve_until_ended
from tests.fakes.udp import UdpServer

PORTMAP_PORT, SSDP_PORT, SSDP_GROUP = 5351, 1900, "239.255.255.250"


class Says(StrEnum):
    """How a router answers over one protocol."""

    TELLS = "tells"  # its WAN address, whatever that is
    EMPTY = "empty"  # no address, though the line is up: miniupnpd with a private WAN address
    REFUSES = "refuses"  # not authorized
    MISMATCH = "mismatch"  # PCP: another NAT stands between (RFC 6887, section 7.4)
    SILENT = "silent"


@dataclass
class Script:
    """What the router says; may be changed while it runs. `mappings` are PCP's, by nonce."""

    wan: str = "203.0.113.20"
    upnp: Says = Says.TELLS
    nat_pmp: Says = Says.TELLS
    pcp: Says = Says.TELLS
    name: str = "Home Router"
    is_connected: bool = True
    service: str = "urn:schemas-upnp-org:service:WANIPConnection:1"
    mappings: dict[bytes, tuple[str, int]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


class Router:
    """The router on one address; ports 0 are chosen by the system. A context manager."""

    def __init__(
        self,
        script: Script,
        *,
        host: str = "127.0.0.1",
        portmap_port: int = 0,
        ssdp_port: int = 0,
        page_port: int = 0,
        group: str = "",
    ) -> None:
        self.script = script
        self._started_at = time.monotonic()
        self._stack = contextlib.ExitStack()
        self.pages = IgdPages(script, host, page_port)
        self._portmap = UdpServer(self._answer_portmap, host=host, port=portmap_port)
        self._ssdp = UdpServer(self._answer_search, host=host, port=ssdp_port, group=group)

    def __enter__(self) -> Self:
        for part in (self.pages, self._portmap, self._ssdp):
            self._stack.enter_context(part)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def about(self) -> dict[str, Any]:
        """Where it listens."""
        return {
            "address": self._portmap.host,
            "portmap_port": self._portmap.port,
            "ssdp_port": self._ssdp.port,
            "description": self.pages.description,
        }

    def _answer_search(self, packet: bytes, _sender: tuple[str, int]) -> bytes | None:
        text = packet.decode("latin-1")
        lines = {
            name.strip().upper(): value.strip()
            for name, mark, value in (line.partition(":") for line in text.split("\r\n"))
            if mark
        }
        wanted = lines.get("ST", "")
        is_search = text.startswith("M-SEARCH * HTTP/1.1\r\n") and lines.get("MAN") == '"ssdp:discover"'
        if self.script.upnp is Says.SILENT or not is_search or wanted not in self._answers_to():
            return None
        self.script.asked.append("ssdp")
        answer = (
            "HTTP/1.1 200 OK",
            "CACHE-CONTROL: max-age=120",
            f"ST: {wanted}",
            f"USN: uuid:5f1c1f3e-0000-4000-8000-000000000001::{wanted}",
            "EXT:",
            "SERVER: Linux/6.1 UPnP/1.1 MiniUPnPd/2.3.7",
            f"LOCATION: {self.pages.description}",
        )
        return "\r\n".join((*answer, "", "")).encode()

    def _answers_to(self) -> tuple[str, ...]:
        return (
            "ssdp:all",
            "upnp:rootdevice",
            "urn:schemas-upnp-org:device:InternetGatewayDevice:1",
            self.script.service,
        )

    def _answer_portmap(self, packet: bytes, sender: tuple[str, int]) -> bytes | None:
        if packet[:1] == b"\0":
            return self._answer_nat_pmp(packet)
        if packet[:1] == b"\2":
            return self._answer_pcp(packet, sender[0])
        return None

    def _answer_nat_pmp(self, packet: bytes) -> bytes | None:
        """Section 3.2; a PCP server that knows no NAT-PMP answers with its own version (RFC 6887, appendix A)."""
        if self.script.nat_pmp is Says.SILENT or len(packet) < 2:
            return None
        self.script.asked.append("nat-pmp")
        opcode, epoch = packet[1], self._epoch()
        if opcode != 0:
            return struct.pack("!BBHI", 0, 128 | opcode, 5, epoch)  # unsupported opcode
        result = {Says.REFUSES: 2, Says.EMPTY: 3}.get(self.script.nat_pmp, 0)
        address = ipaddress.IPv4Address("0.0.0.0" if result else self.script.wan).packed
        return struct.pack("!BBHI4s", 0, 128, result, epoch, address)

    def _answer_pcp(self, packet: bytes, sender: str) -> bytes | None:
        """Sections 7.2 and 11.1. A request that names another client address than its sender's is a mismatch."""
        if self.script.pcp is Says.SILENT or len(packet) < 24 or len(packet) > 1100:
            return None
        opcode, lifetime = packet[1] & 0x7F, int.from_bytes(packet[4:8])
        named = ipaddress.IPv6Address(packet[8:24]).ipv4_mapped
        result = 12 if self.script.pcp is Says.MISMATCH or str(named) != sender else 0
        result = {Says.REFUSES: 2, Says.EMPTY: 7}.get(self.script.pcp, result)  # not authorized; network failure
        if opcode == 1 and len(packet) < 60:
            result = 3  # malformed
        elif opcode not in {0, 1}:
            result = 4  # unsupported opcode
        self.script.asked.append("pcp-delete" if opcode == 1 and lifetime == 0 else "pcp")
        head = struct.pack("!BBBBII12x", 2, 0x80 | opcode, 0, result, lifetime if not result else 30, self._epoch())
        if opcode == 0 and not result:
            return head
        return head + self._map(packet[24:60], lifetime, sender, is_success=not result)

    def _map(self, body: bytes, lifetime: int, sender: str, *, is_success: bool) -> bytes:
        nonce, protocol, port = body[:12], body[12:13], int.from_bytes(body[16:18])
        if not is_success:
            return body
        if lifetime:
            self.script.mappings[nonce] = (sender, port)
        else:
            self.script.mappings.pop(nonce, None)
        wan = bytes(10) + b"\xff\xff" + ipaddress.IPv4Address(self.script.wan).packed
        return nonce + protocol + bytes(3) + struct.pack("!HH", port, port) + wan

    def _epoch(self) -> int:
        return int(time.monotonic() - self._started_at)


def main(arguments: Sequence[str] | None = None) -> None:
    """The router as a process, on the ports of the standards."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.router", description=__doc__)
    parser.add_argument("--listen", default="127.0.0.1", help="its address on the home network")
    parser.add_argument("--wan", default="203.0.113.20", help="the address it says it has outside")
    for option in ("--upnp", "--nat-pmp", "--pcp"):
        parser.add_argument(option, type=Says, choices=list(Says), default=Says.TELLS)
    parser.add_argument("--name", default="Home Router")
    parser.add_argument("--disconnected", action="store_true", help="UPnP says that the line is down")
    parser.add_argument("--portmap-port", type=int, default=PORTMAP_PORT)
    parser.add_argument("--ssdp-port", type=int, default=SSDP_PORT)
    parser.add_argument("--page-port", type=int, default=80, help="of its description and its page for people")
    typed = parser.parse_args(arguments)
    script = Script(typed.wan, typed.upnp, typed.nat_pmp, typed.pcp, typed.name, is_connected=not typed.disconnected)
    is_real = not ipaddress.ip_address(typed.listen).is_loopback
    with Router(
        script,
        host=typed.listen,
        portmap_port=typed.portmap_port,
        ssdp_port=typed.ssdp_port,
        page_port=typed.page_port,
        group=SSDP_GROUP if is_real else "",
    ) as router:
        serve_until_ended(router.about)


if __name__ == "__main__":
    main()
