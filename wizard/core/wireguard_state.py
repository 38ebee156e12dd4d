"""How the tunnel to the VPS stands, from what was seen. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.core.ways import WaySetup, WayState, WayStatus
from wizard.core.wireguard import Tunnel, tunnel_of
from wizard.core.wireguard_findings import no_handshake, no_interface, not_readable, silent, stale

STALE_SECONDS = 180  # Reject-After-Time of the protocol: after that nothing of the old session counts


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen at `at`, seconds since 1970.

    `is_up`: this machine has our address. `is_boxed`: it cannot have it, in a container with a network of its own.
    `trouble` is why `wg` told nothing. `interface` has our address, or our key where `wg` tells. `answered` is the
    port of the far end that answered, 0 for none.
    """

    at: float = 0.0
    is_up: bool = False
    is_boxed: bool = False
    interface: str = ""
    trouble: str = ""
    endpoint: str = ""
    handshake_at: int = 0
    received: int = 0
    sent: int = 0
    answered: int = 0


def judge(setup: WaySetup, seen: Seen) -> WayStatus:
    """How the tunnel stands."""
    tunnel = tunnel_of(setup.values)
    if tunnel is None:
        return WayStatus(WayState.NOT_SET_UP, "No tunnel to a VPS is set up here")
    far = tunnel.address(tunnel.porthole.other)
    facts = _facts(tunnel, seen)
    if seen.answered:
        return WayStatus(WayState.CONNECTED, f"{far} answers through the tunnel", facts)
    if seen.is_boxed:
        unread = not_readable("Porthole runs in a container, and the tunnel ends outside it")
        return WayStatus(WayState.UNKNOWN, f"{far} does not answer from inside this container", facts, (unread,))
    if not seen.is_up:
        finding = no_interface(tunnel)
        return WayStatus(WayState.WAITING, finding.summary, facts, (finding,))
    if seen.trouble or not seen.interface:
        finding = silent(tunnel)
        return WayStatus(WayState.TROUBLE, finding.summary, facts, (finding, not_readable(seen.trouble)))
    if not seen.handshake_at:
        finding = no_handshake(tunnel)
        return WayStatus(WayState.WAITING, finding.summary, facts, (finding,))
    age = round(seen.at - seen.handshake_at)
    finding = stale(tunnel, age) if age > STALE_SECONDS else silent(tunnel, age)
    return WayStatus(WayState.TROUBLE, finding.summary, facts, (finding,))


def _facts(tunnel: Tunnel, seen: Seen) -> tuple[tuple[str, str], ...]:
    end = tunnel.porthole
    where = "outside this container" if seen.is_boxed else "up" if seen.is_up else "not up"
    facts = [("Address here", f"{tunnel.address(end)}, {where}")]
    if seen.handshake_at:
        facts.append(("Last handshake", f"{max(round(seen.at - seen.handshake_at), 0)} seconds before we looked"))
    elif seen.interface:
        facts.append(("Last handshake", "Never"))
    if seen.endpoint:
        facts.append(("The other side’s address", seen.endpoint))
    if seen.interface:
        facts.append(("Carried", f"{seen.received:,} bytes received, {seen.sent:,} sent"))
    if seen.trouble:
        facts.append(("wg", seen.trouble))
    return tuple(facts)
