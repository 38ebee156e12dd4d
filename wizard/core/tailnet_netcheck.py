"""What `tailscale netcheck --format=json` reports, and what it means for direct paths. Pure and lenient.

Field names of `net/netcheck.Report`; its optional booleans are true, false or null.
"""

from __future__ import annotations

from dataclasses import dataclass

from wizard.core.addresses import parse_address


@dataclass(frozen=True, slots=True)
class NetCheck:
    """One report. None stands for "could not be told". `address` is the public IPv4 address that was seen."""

    udp: bool | None = None
    varies: bool | None = None
    is_mapped: bool | None = None
    has_ipv6: bool | None = None
    address: str = ""

    @property
    def sentence(self) -> str:
        """What it means for a direct path, in one or two sentences."""
        if self.udp is None:
            return "Netcheck told nothing about UDP"
        seen = f" Seen from outside as {self.address}." if self.address else ""
        if not self.udp:
            return "UDP is blocked on the way out, so every path is relayed. Allow outgoing UDP in the firewall"
        if self.is_mapped:
            return f"Direct paths are easy: the router opens a port for Tailscale.{seen}"
        if self.varies and not self.has_ipv6:
            return (
                "This side has a strict translator: a direct path needs an easy address at the other end, "
                f"such as a VPS has.{seen}"
            )
        return f"UDP passes, and this side is easy to reach for a direct path.{seen}"


def read_netcheck(report: object) -> NetCheck:
    """A report as a value; whatever is missing or of another type could not be told."""
    found = report if isinstance(report, dict) else {}

    def told(key: str) -> bool | None:
        value = found.get(key)
        return value if isinstance(value, bool) else None

    mappings = [told(key) for key in ("UPnP", "PMP", "PCP")]
    is_mapped = True if True in mappings else None if None in mappings else False
    endpoint = found.get("GlobalV4")
    address = parse_address(endpoint.rpartition(":")[0]) if isinstance(endpoint, str) else None
    return NetCheck(told("UDP"), told("MappingVariesByDestIP"), is_mapped, told("IPv6"), str(address or ""))
