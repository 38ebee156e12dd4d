"""The faults a demonstration can be started with: one row each, and the check whose row then turns bad."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from wizard.core.refusal import Refusal


class Upstream(StrEnum):
    """What answers at the media server's address."""

    PLEX = "plex"
    NOBODY = "nobody"
    ROUTER = "router"


@dataclass(frozen=True, slots=True)
class DemoFault:
    """One seeded fault. `hop` are arguments of the hop that then stands between viewers and Caddy, if any.

    `certificate` names the one that hop presents. The last three are what the wizard starts with.
    """

    name: str
    check: str
    shows: str
    upstream: Upstream = Upstream.PLEX
    plex: tuple[str, ...] = ("--secure", "preferred")  # said each time: the stand-in remembers an earlier one
    hop: tuple[str, ...] = ()
    certificate: str = ""
    domain: str = "plex.localhost"
    forward_ip: bool = True
    websocket: bool = True

    @property
    def is_of_the_host(self) -> bool:
        """Whether it shows on a proxy host made with what the wizard starts with, and not on any earlier one."""
        return self.domain != HEALTHY.domain or not self.forward_ip or not self.websocket


HEALTHY = DemoFault("", "", "")
FAULTS: tuple[DemoFault, ...] = (
    DemoFault("upstream-down", "upstream", "nothing listens where Plex should", upstream=Upstream.NOBODY),
    DemoFault(
        "upstream-required",
        "upstream",
        "Plex has Secure connections set to Required and answers no plain HTTP",
        plex=("--secure", "required"),
    ),
    DemoFault("not-plex", "upstream", "a router's page answers where Plex should", upstream=Upstream.ROUTER),
    DemoFault("dns", "dns", "the domain does not exist", domain="plex.porthole.invalid"),
    DemoFault(
        "tls-expired",
        "tls",
        "viewers are shown a certificate that ran out yesterday",
        hop=("--fault", "terminate"),
        certificate="expired",
    ),
    DemoFault(
        "wrong-server",
        "identity",
        "the public address leads to another Plex",
        hop=("--fault", "wrong-server"),
        certificate="fresh",
    ),
    DemoFault(
        "headers-hop",
        "headers",
        "another hop stands in front of Caddy, so that every viewer looks like that hop",
        hop=("--fault", "pass", "--source", "127.0.0.2"),
    ),
    DemoFault(
        "websocket-stripped",
        "websocket",
        "something in front of Caddy takes the WebSocket upgrade away",
        hop=("--fault", "strip-upgrade"),
        certificate="fresh",
    ),
    DemoFault("headers-off", "headers", "client-IP headers are off for this proxy host", forward_ip=False),
    DemoFault("websocket-off", "websocket", "WebSocket support is off for this proxy host", websocket=False),
)


def find_fault(name: str) -> DemoFault | Refusal:
    """The fault of that name; no name is the healthy demonstration. An unknown name gets the list."""
    for fault in (HEALTHY, *FAULTS):
        if fault.name == name:
            return fault
    rows = "\n".join(f"  {fault.name:<20} {fault.shows} (row: {fault.check})" for fault in FAULTS)
    opening = "The faults are" if name == "list" else f"There is no fault named {name}. Choose one of these"
    return Refusal(f"{opening}:\n{rows}")
