"""The findings about Plex's two lists of addresses, part of the `exposure` check. Pure.

One list says who needs no sign-in, the other who counts as Local. The address that Caddy asks from belongs on
neither: whoever Plex takes for Caddy would inherit what is allowed there.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from wizard.checks.words import HERE, reason, remedy
from wizard.core.addresses import Kind, kind_of, parse_address
from wizard.core.verdicts import Level, Remedy, Verdict

if TYPE_CHECKING:
    from wizard.checks.exposure import Subject
    from wizard.checks.exposure_seen import Lists, Seen

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def judge_lists(subject: Subject, seen: Seen) -> tuple[Verdict, ...]:
    """Nothing without a token; UNKNOWN where the lists could not be read."""
    lists = seen.lists
    if lists is None:
        return ()
    if lists.allowed_networks is None and lists.lan_networks is None:
        return (_could_not_read(subject, lists),)
    caddy = parse_address(seen.caddys_address)
    if caddy is None:
        return (_caddy_unknown(),)
    found = []
    if entry := _entry_with(lists.allowed_networks or "", str(caddy)):
        found.append(_allowed(subject, str(caddy), entry))
    if entry := _entry_with(lists.lan_networks or "", str(caddy)):
        found.append(_lan(lists, str(caddy), entry))
    return tuple(found)


def _entry_with(text: str, address: str) -> str:
    """The first entry of a list that covers an address; empty for none. Plex takes addresses and address/netmask."""
    wanted = parse_address(address)
    for entry in (part.strip() for part in text.split(",")):
        network = _network(entry)
        if network is not None and wanted is not None and wanted.version == network.version and wanted in network:
            return entry
    return ""


def _network(text: str) -> _Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _allowed(subject: Subject, caddy: str, entry: str) -> Verdict:
    forwards = subject.forward_client_ip
    why = (
        "As long as Plex believes what Caddy tells it about viewers, they need a sign-in. Where it does not, "
        "as was seen with IPv6 viewers, they pass for Caddy and need none."
        if forwards
        else "Client IP headers are off, so every viewer passes for Caddy and needs no sign-in."
    )
    return Verdict(
        "exposure-allowed-networks",
        Level.WARNING if forwards else Level.FAILURE,
        f"Plex lets {caddy} in without a sign-in, and Caddy asks from there ({entry} is on the list)",
        why,
        f"{HERE} allowedNetworks holds {entry}",
        remedy(
            "exposure-allowed-networks",
            f"Take {entry} off the list of addresses that are allowed without auth.",
            "In Plex, open Settings, your server, Network, and choose Show Advanced.",
            f"Remove {entry} from the list of addresses and networks that are allowed without auth.",
            "Choose Save Changes, then check again.",
        ),
    )


def _lan(lists: Lists, caddy: str, entry: str) -> Verdict:
    if _is_home(entry, lists.peer_address):
        return Verdict(
            "exposure-lan-networks",
            Level.NOTE,
            f"Caddy's address {caddy} lies in your home network {entry}, which counts as Local",
            "That is usual. But a viewer whose real address does not arrive would count as Local.",
            f"{HERE} LanNetworksBandwidth holds {entry}",
        )
    return Verdict(
        "exposure-lan-networks",
        Level.WARNING,
        f"Plex counts {caddy} as Local, and Caddy asks from there ({entry} is in LAN Networks)",
        "Viewers whose real address does not arrive would count as Local, and your limits would not apply to them.",
        f"{HERE} LanNetworksBandwidth holds {entry}",
        remedy(
            "exposure-lan-networks",
            f"Take {entry} out of LAN Networks.",
            "In Plex, open Settings, your server, Network, and choose Show Advanced.",
            f"Remove {entry} from LAN Networks. Keep the network that your own devices are in.",
            "Choose Save Changes, then check again.",
        ),
    )


def _is_home(entry: str, plex: str) -> bool:
    """A network that Plex itself is in, and other devices, too: then it is listed for their sake."""
    network, address = _network(entry), parse_address(plex)
    if network is None or address is None or kind_of(address) is Kind.LOOPBACK:
        return False
    return network.num_addresses > 1 and address.version == network.version and address in network


def _could_not_read(subject: Subject, lists: Lists) -> Verdict:
    if lists.status in {401, 403}:
        return Verdict(
            "exposure-could-not-look",
            Level.UNKNOWN,
            f"Plex did not show its lists of addresses: it refused our token (status {lists.status})",
            "Only the owner's token may read them.",
            HERE,
            Remedy(
                "Give the app a new token of the owner, or remove it, then check again.",
                "troubleshooting#websocket-token-refused",
            ),
        )
    said = f"status {lists.status}" if lists.status else reason(lists.fault)
    return Verdict(
        "exposure-could-not-look",
        Level.UNKNOWN,
        f"We could not read Plex's lists of addresses at {subject.upstream.dial} ({said})",
        "Whether Caddy's address stands on one of them is not known.",
        f"{HERE} {lists.detail}".rstrip(),
        Remedy(
            "Check “Media server answers at home” first, then check again.", "troubleshooting#check-could-not-run"
        ),
    )


def _caddy_unknown() -> Verdict:
    return Verdict(
        "exposure-could-not-look",
        Level.UNKNOWN,
        "We could not tell from which address Caddy asks Plex",
        "Whether that address stands on one of Plex's lists is not known.",
        HERE,
        Remedy("Look at the checks above this one, then check again.", "troubleshooting#check-could-not-run"),
    )
